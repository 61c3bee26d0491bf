"""The texts of a simulated study: study.yaml with comments for a human reader, and README.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from avpi.virtual_lab.cells import VEHICLE_LIVE
from avpi.virtual_lab.design import COMPOUND, DOSES, EXPERIMENTS, LANE_TIMES, DemoStudy

HOURS = "48 h"
"""When viability and death are read (assumed; common for Smac mimetics)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNames:
    """Names of one experiment's files below the study folder."""

    experiment: str

    @property
    def target(self) -> str:
        """Image of the membrane probed for cIAP1."""
        return f"raw/{self.experiment}_cIAP1.tif"

    @property
    def control(self) -> str:
        """Image of the same membrane probed for actin."""
        return f"raw/{self.experiment}_actin.tif"

    @property
    def unstained(self) -> str:
        """Tube without stain."""
        return f"raw/{self.experiment}_unstained.fcs"

    def single_stain(self, stain: str) -> str:
        """Tube with one stain."""
        return f"raw/{self.experiment}_only_{stain}.fcs"

    def sample(self, condition: str) -> str:
        """Tube with both stains."""
        return f"raw/{self.experiment}_cells_{condition.replace('+', '_')}.fcs"

    def plate(self, plate: str) -> str:
        """Export of a plate."""
        return f"raw/{self.experiment}_plate_{plate}.csv"

    def layout(self, plate: str, extension: str) -> str:
        """Layout of a plate."""
        return f"raw/{self.experiment}_layout_{plate}.{extension}"


def study_text(study: DemoStudy, rows_px: Mapping[str, tuple[int, int]]) -> str:
    """Return study.yaml.

    Parameters
    ----------
    study : the design.
    rows_px : experiment -> rows of cIAP1 and of actin on its images.
    """
    lines = [
        f"# {study.title}.",
        "# Every file in raw/ was simulated by avpi (README.md); truth.json says what was put in.",
        "",
        "schema: 1                       # version of this file's format: docs/study-format.md",
        f"title: {_quoted(study.title)}",
        f"compound: {COMPOUND:<22}# a bivalent Smac mimetic; 'SM' below means this compound",
        f"cell_line: {_quoted(study.cell_line)}",
        "working_dose: 100 nM            # dose of SM wherever none is written",
        "",
        "doses:                          # of the other reagents, wherever none is written",
        *(f"  {reagent}: {DOSES[reagent]}" for reagent in study.reagents),
        "",
        "# Independent experiments: different days, different passages. These are the n of every number.",
        f"experiments: [{', '.join(EXPERIMENTS)}]",
        "",
        *_blots(study, rows_px),
        *_plates(study),
        *_cytometry(study),
    ]
    return "\n".join(lines) + "\n"


def _blots(study: DemoStudy, rows_px: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    yield "# Protocol A, target engagement: one membrane an experiment, probed for cIAP1, then for actin."
    yield "# Lanes as loaded, left to right. Rows are pixels from the top, in the middle of the image; elsewhere"
    yield "# a band lies a few pixels off, with the smile of the gel."
    yield "blots:"
    for experiment in EXPERIMENTS:
        names, (target, control) = FileNames(experiment=experiment), rows_px[experiment]
        yield f"  - name: {experiment} blot"
        yield f"    experiment: {experiment}"
        yield f"    membrane: {experiment}"
        yield f"    image: {names.target}"
        yield "    target: cIAP1"
        yield f"    target_row: {target}"
        if study.ciap2 is not None:
            yield "    neighbours: [{name: cIAP2, side: below}]   # the antibody sees cIAP2 too, just below"
        yield f"    loading_control: {{name: actin, image: {names.control}, row: {control}}}"
        yield "    lanes:"
        yield f"      - {{time: {LANE_TIMES[0]}, dose: 0 nM}}        # vehicle"
        yield from (f"      - {{time: {time}, dose: 100 nM}}" for time in LANE_TIMES[1:])
    yield ""


def _plates(study: DemoStudy) -> Iterator[str]:
    yield "# Protocol B, viability: every plate has its own vehicle, kill and medium wells; conditions are randomised."
    yield "# Outer wells without an entry in the layout hold medium only."
    yield "plates:"
    for experiment in EXPERIMENTS:
        names = FileNames(experiment=experiment)
        for plate in study.plates:
            yield f"  - name: {experiment} plate {plate}"
            yield f"    experiment: {experiment}"
            yield f"    file: {names.plate(plate)}"
            yield f"    layout: {{file: {names.layout(plate, study.layout_format)}, unlabelled: empty}}"
            yield "    readout: CellTiter-Glo"
            yield f"    time: {HOURS}"
    yield ""


def _cytometry(study: DemoStudy) -> Iterator[str]:
    yield "# Protocol B, death: Annexin V and PI. Control tubes set thresholds and compensation."
    yield "cytometry:"
    yield "  readout: annexin_v_pi"
    yield "  channels: {annexin_v: FITC-A, pi: PE-A}"
    yield "  controls:"
    for experiment in EXPERIMENTS:
        names = FileNames(experiment=experiment)
        yield f"    - experiment: {experiment}"
        yield f"      unstained: {names.unstained}"
        yield f"      single_stains: {{annexin_v: {names.single_stain('annexin_v')}, pi: {names.single_stain('pi')}}}"
    yield ""
    yield "samples:"
    for experiment in EXPERIMENTS:
        for condition in study.samples:
            yield f"  - name: {experiment} cells {condition}"
            yield f"    experiment: {experiment}"
            yield f"    file: {FileNames(experiment=experiment).sample(condition)}"
            yield f"    condition: {condition}"
            yield f"    time: {HOURS}"


def readme_text(study: DemoStudy) -> str:
    """Return README.md."""
    plates = "\n".join(f"  - plate `{plate}`: {', '.join(labels)}" for plate, labels in study.plates.items())
    missing = f", and names what is missing: {', '.join(study.missing)}" if study.missing else ""
    call = {"not_determined": "ends undecided (`not_determined`)"}.get(study.truth, f"calls `{study.truth}`")
    return f"""# {study.title}

**Nothing here was measured.** Every file was drawn by avpi's virtual lab from assumed true values and seeded noise,
to show what avpi does and to check that it gets it right. The cell line lends a name to a behaviour; no number
here is data about it or about {COMPOUND}.

A right verdict {call}{missing}.
`truth.json` holds this and the true value of every lane and condition.

```
avpi check .
avpi run .
```

## What is in it
- `study.yaml`: the declaration, with comments. `raw/`: files as instruments write them.
- Three experiments: {", ".join(EXPERIMENTS)}.
- Blots: 16-bit TIFF, one membrane an experiment, probed for cIAP1 and for actin; six lanes: vehicle, then
  {", ".join(LANE_TIMES[1:])} with 100 nM {COMPOUND}. In exp2 the 24 h lane is overloaded: its actin band is saturated.
- Plates: 96 wells, CellTiter-Glo, in the layout of an EnVision export; six wells a condition and plate.
{plates}
- Cells: FCS 3.1, Annexin V and PI with spillover, debris and doublets; about {VEHICLE_LIVE:.0%} of vehicle
  cells are alive.
"""


def _quoted(text: str) -> str:
    """Return a text as a quoted YAML scalar (JSON strings are YAML)."""
    return json.dumps(text, ensure_ascii=False)
