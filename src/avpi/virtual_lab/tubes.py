"""The tubes of one experiment as FCS files: unstained, single stains, then the samples with both stains."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from avpi.formats.fcs_write import write_fcs
from avpi.virtual_lab import cells
from avpi.virtual_lab.day import Day, stream
from avpi.virtual_lab.design import Design
from avpi.virtual_lab.faults import Fault, Trace, strength_in
from avpi.virtual_lab.file_names import FileNames
from avpi.virtual_lab.truth import Quadrants

STAINS = ("annexin_v", "pi")
FAILING_STAIN = "annexin_v"
"""The control that a dead single stain hits: FITC is the dye whose spill into PE has to be taken out."""


def write_tubes(day: Day, design: Design, seed: int, folder: Path, faults: Sequence[Fault] = ()) -> tuple[Trace, ...]:
    """Write the control tubes and the stained samples of one experiment; return what faults did to them."""
    names, traces = FileNames(experiment=day.name), []
    failed = strength_in(faults, "dead_single_stain", day.name)
    dimmer = strength_in(faults, "batch_effect", day.name)
    tubes: list[tuple[str, Quadrants, tuple[str, ...]]] = [(names.unstained, cells.healthy(), ())]
    for stain in STAINS:
        positive = cells.POSITIVE_IN_CONTROL
        if stain == FAILING_STAIN and failed is not None:
            positive *= 1 - failed
            what = f"the control of {stain} holds {positive:.0%} positive cells, not {cells.POSITIVE_IN_CONTROL:.0%}"
            file = names.single_stain(stain)
            traces.append(Trace(fault="dead_single_stain", experiment=day.name, files=(file,), what=what))
        tubes.append((names.single_stain(stain), cells.control_shares(positive), (stain,)))
    tubes += [(names.sample(label), day.cells.quadrants[label], STAINS) for label in design.samples]
    for path, shares, stains in tubes:
        events = cells.acquire(
            shares, stains, stream(seed, day.name, path), brightness=1.0 if dimmer is None else 1 - dimmer
        )
        spillover = (cells.SPILL_CHANNELS, cells.SPILLOVER) if len(stains) > 1 else None
        keywords = {"$CYT": "avpi virtual lab (simulated)", "$FIL": Path(path).name}
        write_fcs(folder / path, events, cells.CHANNELS, stains=cells.STAINS, spillover=spillover, keywords=keywords)
    return tuple(traces)
