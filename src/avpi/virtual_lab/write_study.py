"""The texts of a simulated study: study.yaml with comments for a human reader, and README.md."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from avpi.quantity import format_molar
from avpi.virtual_lab.cells import VEHICLE_LIVE
from avpi.virtual_lab.day import Rows
from avpi.virtual_lab.design import DOSE_RANGE, DOSES, TIME_COURSE, Design, Lane, ReaderName
from avpi.virtual_lab.file_names import FileNames
from avpi.virtual_lab.plate_wells import ROWS, SAMPLE_ROWS
from avpi.virtual_lab.plates import PROGRAMS
from avpi.virtual_lab.truth import Truth

PLATE_TIME = "48 h"
"""When viability is read (assumed; common for Smac mimetics)."""
TUBE_TIME = "24 h"
"""When Annexin V and PI are read (assumed, common): after a day what died has not fallen apart yet, and what lives has
not outgrown it. By 48 h a tube would show half as many dead cells."""
COMMENT_COLUMN = 32
"""Where the comments of the head of study.yaml begin."""

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
READER_WORDS: Mapping[ReaderName, str] = {
    "envision": "in the layout of an EnVision export",
    "victor": "as the plate list of a Wallac VICTOR",
    "excel": "as an Excel workbook with the reader's matrix",
}

_PLAIN = re.compile(r"^[A-Za-z][\w-]*$")
_YAML_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
"""Words that YAML takes for something else than text."""


def study_text(truth: Truth, design: Design, rows: Mapping[str, Mapping[str, Rows]]) -> str:
    """Return study.yaml.

    Parameters
    ----------
    truth : the names and the working dose that the files show; nothing else of it is told.
    design : what was done.
    rows : experiment -> name of a membrane -> where its bands lie.
    """
    dose = format_molar(truth.working_dose_molar)
    lines = [
        f"# {truth.title}.",
        "# Every file in raw/ was simulated by avpi (README.md); truth.json says what was put in.",
        "",
        _noted("schema: 1", "version of this file's format: docs/study-format.md"),
        f"title: {_quoted(truth.title)}",
        _noted(f"compound: {_scalar(truth.compound)}", f"{truth.compound_is}; 'SM' below means this compound"),
        f"cell_line: {_quoted(truth.cell_line)}",
        _noted(f"working_dose: {dose}", "dose of SM wherever none is written"),
        "",
        _noted("doses:", "of the other reagents, wherever none is written"),
        *(f"  {reagent}: {DOSES[reagent]}" for reagent in design.reagents),
        "",
        "# Independent experiments: different days, different passages. These are the n of every number.",
        f"experiments: [{', '.join(design.experiments)}]",
        "",
        *_blots(truth, design, rows),
        *_plates(design),
        *_cytometry(design),
    ]
    return "\n".join(lines) + "\n"


def _blots(truth: Truth, design: Design, rows: Mapping[str, Mapping[str, Rows]]) -> Iterator[str]:
    xiap = any(blot.xiap is not None for cells in truth.cells for blot in cells.blots.values())
    probes = "probed for cIAP1, then for XIAP, then for actin" if xiap else "probed for cIAP1, then for actin"
    yield f"# Protocol A, target engagement: one membrane an experiment, {probes}."
    yield "# Lanes as loaded, left to right. Rows are pixels from the top, in the middle of the image; elsewhere"
    yield "# a band lies a few pixels off, with the smile of the gel."
    if DOSE_RANGE in design.membranes:
        yield f"# A second membrane holds a range of doses after {design.membranes[DOSE_RANGE][-1].time}."
    yield "blots:"
    for number, experiment in enumerate(design.experiments):
        for name, lanes in design.membranes.items():
            row, blot = rows[experiment][name], truth.of(number).blots[name]
            # The antibody sees cIAP2 too, just below.
            neighbour = blot.ciap2 is not None
            yield from _blot((experiment, name, "cIAP1"), row.target_px, row.control_px, neighbour=neighbour)
            yield from _lanes(lanes, truth.working_dose_molar)
            if blot.xiap is not None:
                yield from _blot((experiment, name, "XIAP"), row.xiap_px, row.control_px)
                yield from _lanes(lanes, truth.working_dose_molar)
    yield ""


def _blot(what: tuple[str, str, str], row_px: int, control_px: int, *, neighbour: bool = False) -> Iterator[str]:
    """Yield the head of a blot; ``what`` is its experiment, its membrane and its target."""
    experiment, membrane, target = what
    names = FileNames(experiment=experiment)
    on = experiment if membrane == TIME_COURSE else f"{experiment} {membrane.replace('_', ' ')}"
    yield f"  - name: {on} blot" if target == "cIAP1" else f"  - name: {on} blot of {target}"
    yield f"    experiment: {experiment}"
    yield f"    membrane: {on}"
    yield f"    image: {names.probe(membrane, target)}"
    yield f"    target: {target}"
    yield f"    target_row: {row_px}"
    if neighbour:
        yield "    neighbours: [{name: cIAP2, side: below}]   # the antibody sees cIAP2 too, just below"
    yield f"    loading_control: {{name: actin, image: {names.probe(membrane, 'actin')}, row: {control_px}}}"
    yield "    lanes:"


def _lanes(lanes: Sequence[Lane], working_dose_molar: float) -> Iterator[str]:
    for lane in lanes:
        written = f"      - {{time: {lane.time}, dose: {format_molar(working_dose_molar * lane.working_doses)}}}"
        yield written if lane.working_doses else f"{written}        # vehicle"


def _plates(design: Design) -> Iterator[str]:
    yield "# Protocol B, viability: every plate has its own vehicle, kill and medium wells; conditions are randomised."
    if not design.whole_plate:
        yield "# Outer wells without an entry in the layout hold medium only."
    yield "plates:"
    for experiment in design.experiments:
        names = FileNames(experiment=experiment)
        for plate in design.plates:
            yield f"  - name: {experiment} plate {plate}"
            yield f"    experiment: {experiment}"
            yield f"    file: {names.plate(plate, PROGRAMS[design.reader][0])}"
            yield f"    layout: {{file: {names.layout(plate, design.layout_format)}, unlabelled: empty}}"
            yield "    readout: CellTiter-Glo"
            yield f"    time: {PLATE_TIME}"
    yield ""


def _cytometry(design: Design) -> Iterator[str]:
    yield "# Protocol B, death: Annexin V and PI, of attached and floating cells, while the dead are still whole."
    yield "# Control tubes set thresholds and compensation."
    yield "cytometry:"
    yield "  readout: annexin_v_pi"
    yield "  channels: {annexin_v: FITC-A, pi: PE-A}"
    yield "  controls:"
    for experiment in design.experiments:
        names = FileNames(experiment=experiment)
        yield f"    - experiment: {experiment}"
        yield f"      unstained: {names.unstained}"
        yield f"      single_stains: {{annexin_v: {names.single_stain('annexin_v')}, pi: {names.single_stain('pi')}}}"
    yield ""
    yield "samples:"
    for experiment in design.experiments:
        for condition in design.samples:
            yield f"  - name: {experiment} cells {condition}"
            yield f"    experiment: {experiment}"
            yield f"    file: {FileNames(experiment=experiment).sample(condition)}"
            yield f"    condition: {condition}"
            yield f"    time: {TUBE_TIME}"


def readme_text(truth: Truth, design: Design, *, faults: int = 0) -> str:
    """Return README.md; ``faults`` is how many were put in, which are told in truth.json only."""
    plates = "\n".join(f"  - plate `{plate}`: {', '.join(labels)}" for plate, labels in design.plates.items())
    missing = f", and names what is missing: {', '.join(truth.missing)}" if truth.missing else ""
    wells = ROWS if design.whole_plate else len(SAMPLE_ROWS)
    call = {"not_determined": "ends undecided (`not_determined`)"}.get(truth.leaf, f"calls `{truth.leaf}`")
    return f"""# {truth.title}

**Nothing here was measured.** Every file was drawn by avpi's virtual lab from {truth.origin} and seeded noise,
to show what avpi does and to check that it gets it right. The cell line lends a name to a behaviour; no number
here is data about it or about {truth.compound}.

A right verdict {call}{missing}.
`truth.json` holds this and the true value of every lane and condition.{_faults_told(faults)}

```
avpi check .
avpi run .
```

## What is in it
- `study.yaml`: the declaration, with comments. `raw/`: files as instruments write them.
- {_counted(len(design.experiments), "experiment").capitalize()}: {", ".join(design.experiments)}.
{_blots_told(truth, design)}
- Plates: 96 wells, CellTiter-Glo, {READER_WORDS[design.reader]}; {_counted(wells, "well")} a condition and plate.
{plates}
- Cells: FCS 3.1, Annexin V and PI with spillover, debris and doublets; about {VEHICLE_LIVE:.0%} of vehicle
  cells are alive.
"""


def _blots_told(truth: Truth, design: Design) -> str:
    lanes, dose = design.membranes[TIME_COURSE], format_molar(truth.working_dose_molar)
    xiap = any(blot.xiap is not None for cells in truth.cells for blot in cells.blots.values())
    probes = "for cIAP1, for XIAP and for actin" if xiap else "for cIAP1 and for actin"
    text = f"- Blots: 16-bit TIFF, one membrane an experiment, probed {probes}; "
    harvests = ", ".join(lane.time for lane in lanes[1:])
    text += f"{_counted(len(lanes), 'lane')}: vehicle, then\n  {harvests} with {dose} {truth.compound}."
    if over := design.overloaded:
        text += f" In {over.experiment} the {lanes[over.lane].time} lane is overloaded: its actin band is saturated."
    if second := design.membranes.get(DOSE_RANGE):
        doses = ", ".join(format_molar(truth.working_dose_molar * lane.working_doses) for lane in second[1:])
        text += f"\n  A second membrane: vehicle, then {doses} for {second[-1].time}."
    return text


def _faults_told(faults: int) -> str:
    if not faults:
        return ""
    were = "fault of the laboratory was" if faults == 1 else "faults of the laboratory were"
    number = NUMBERS[faults].capitalize() if faults < len(NUMBERS) else str(faults)
    return f"\n{number} {were} put in; it says which, and where."


def _counted(number: int, word: str) -> str:
    """Return a number with its word: ``three experiments``."""
    return f"{NUMBERS[number]} {word}{'' if number == 1 else 's'}"


def _noted(text: str, comment: str) -> str:
    """Return a line of the head of study.yaml with its comment."""
    return f"{text:<{COMMENT_COLUMN}}# {comment}"


def _scalar(text: str) -> str:
    """Return a text as YAML: bare where nothing can be taken for something else."""
    return text if _PLAIN.match(text) and text.lower() not in _YAML_WORDS else _quoted(text)


def _quoted(text: str) -> str:
    """Return a text as a quoted YAML scalar (JSON strings are YAML)."""
    return json.dumps(text, ensure_ascii=False)
