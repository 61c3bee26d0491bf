"""The study.yaml of a plan: what will be measured, in the words in which ``avpi run`` will read it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from avpi.planning.design import Design
from avpi.planning.harvests import GelLane
from avpi.planning.matrix import usual_doses
from avpi.planning.request import Request
from avpi.quantity import format_minutes, format_molar

PLATE_TIME, TUBE_TIME = "48 h", "24 h"
"""When viability is read, and when Annexin V and PI are (assumed, common for Smac mimetics): by 48 h a tube would hold
half as many dead cells, because the first ones have fallen apart."""
LOADING_CONTROL = "GAPDH"
"""The guide's first choice."""
TIME_ZERO_LAYOUT = "raw/time-zero-layout.csv"
COMMENT_COLUMN = 34
_PLAIN = re.compile(r"^[A-Za-z][\w-]*$")
_YAML_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
"""Words that YAML takes for something else than text."""


def study_text(request: Request, design: Design) -> str:
    """Return study.yaml."""
    doses = working_dose_words(request, design)
    lines = [
        "# What this study will measure, as planned. Put the instruments' files where they are named, then: avpi run .",
        "# `avpi plan lint .` tells before the bench what a verdict could not know. Keys: docs/study-format.md.",
        "schema: 1",
        f"title: {_quoted(f'{request.compound} in {request.cell_line}')}",
        _noted(f"compound: {_scalar(request.compound)}", "'SM' below means this compound"),
        f"cell_line: {_quoted(request.cell_line)}",
        _noted(f"working_dose: {format_molar(request.working_dose_molar)}", "dose of SM wherever none is written"),
        *(["doses:"] if doses else []),
        *(f"  {reagent}: {dose}" for reagent, dose in doses.items()),
        "",
        "# Independent experiments: other days, other passages. They are n; wells, lanes and tubes never are.",
        f"experiments: [{', '.join(design.experiments)}]",
        *_blots(design),
        *_plates(design),
        *_cytometry(design),
    ]
    return "\n".join(lines) + "\n"


def working_dose_words(request: Request, design: Design) -> dict[str, str]:
    """Return the working dose of each reagent that is used beside the mimetic, in words."""
    usual = usual_doses((*design.arms, *design.tubes))
    return {**usual, **{reagent: dose for reagent, dose in request.doses.items() if reagent in usual}}


def layout_file(plate: str) -> str:
    """Return the name of a plate's layout file."""
    return f"raw/{slug(plate)}-layout.csv"


def slug(name: str) -> str:
    """Return a name as part of a file's name."""
    return re.sub(r"[^\w-]+", "_", name.strip())


def _blots(design: Design) -> Iterator[str]:
    if not design.membranes:
        return
    yield ""
    yield "# Protocol A: is cIAP1 gone within 30 minutes? The same vehicle lysate runs on every membrane."
    yield "blots:"
    for membrane in design.membranes:
        file = slug(membrane.name)
        yield f"  - name: {membrane.name}"
        yield f"    experiment: {membrane.experiment}"
        yield f"    image: raw/{file}_ciap1.tif"
        yield "    target: cIAP1"
        yield f"    loading_control: {{name: {LOADING_CONTROL}, image: raw/{file}_{LOADING_CONTROL.lower()}.tif}}"
        yield "    lanes:"
        for lane in membrane.lanes:
            yield f"      - {_lane(lane)}"


def _lane(lane: GelLane) -> str:
    if lane.ladder:
        return "{ladder: true}"
    dose = "0 M" if lane.dose_molar == 0 else format_molar(lane.dose_molar)
    label = f", label: {_quoted(lane.label)}" if lane.reference else ""
    return f"{{time: {format_minutes(lane.minutes)}, dose: {dose}{label}}}"


def _plates(design: Design) -> Iterator[str]:
    if not design.layouts:
        return
    yield ""
    yield "# Protocol B: which death? Every plate has its own vehicle, kill and medium wells."
    yield "plates:"
    for layout in design.layouts:
        yield f"  - name: {layout.plate}"
        yield f"    experiment: {layout.experiment}"
        yield f"    file: raw/{slug(layout.plate)}.csv"
        yield f"    layout: {layout_file(layout.plate)}"
        yield "    readout: CellTiter-Glo"
        yield f"    time: {PLATE_TIME}"
    for experiment in design.experiments if design.time_zero else ():
        yield f"  - name: {experiment} time zero"
        yield f"    experiment: {experiment}"
        yield f"    file: raw/{slug(experiment)}_time_zero.csv"
        yield f"    layout: {TIME_ZERO_LAYOUT}"
        yield "    readout: CellTiter-Glo"
        yield "    time_zero: true"


def _cytometry(design: Design) -> Iterator[str]:
    if not design.tubes:
        return
    yield ""
    yield "# Annexin V and PI: ATP alone shows a loss of viability; this shows death."
    yield "cytometry:"
    yield "  readout: annexin_v_pi"
    yield _noted("  channels: {annexin_v: FITC-A, pi: PE-A}", "as your cytometer names them")
    yield "  controls:"
    for experiment in design.experiments:
        file = f"raw/{slug(experiment)}"
        stains = f"{{annexin_v: {file}_annexin_only.fcs, pi: {file}_pi_only.fcs}}"
        yield f"    - {{experiment: {experiment}, unstained: {file}_unstained.fcs, single_stains: {stains}}}"
    yield "samples:"
    for experiment in design.experiments:
        for tube in design.tubes:
            name = f"{slug(experiment)}_{slug(tube)}"
            yield f"  - name: {experiment} cells {tube}"
            yield f"    experiment: {experiment}"
            yield f"    file: raw/{name}.fcs"
            yield f"    condition: {tube}"
            yield f"    time: {TUBE_TIME}"


def _noted(text: str, comment: str) -> str:
    return f"{text:<{COMMENT_COLUMN - 1}} # {comment}"


def _scalar(text: str) -> str:
    """Return a text as YAML: bare where nothing can be taken for something else."""
    return text if _PLAIN.match(text) and text.lower() not in _YAML_WORDS else _quoted(text)


def _quoted(text: str) -> str:
    """Return a text as a quoted YAML scalar (JSON strings are YAML)."""
    return json.dumps(text, ensure_ascii=False)
