"""Values that no measurement gives: left out of every number, with the value kept and the well named.

A reader writes 0 for a failed or empty read, spreadsheets turn codes into huge numbers, and a subtraction by hand
makes light negative. Such values say nothing of the cells, so that a mean with them would be wrong without a word.
This is not a test for outliers: a well that merely disagrees with its replicates is reported and kept (see
``outliers.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from avpi.errors import NotAnalysed
from avpi.estimate import Finding
from avpi.names import Condition
from avpi.plate.normalise import readings_of
from avpi.plate.results import Well

Floats = NDArray[np.float64]

LARGEST_COUNT = 1e12
"""Above it no reader counts: photomultipliers end near 1e8 per second (assumed, with a wide margin)."""
MOST_VEHICLES = 50.0
"""Times the plate's vehicle above which a reading is of no cells: treated wells cannot hold so much ATP (assumed)."""
MOST_BEYOND = 0.5
"""Share of treated wells beyond that limit from which on it is the vehicle that is wrong (assumed)."""
NOISE_SDS = 6.0
"""SDs of the blank wells that a reading may lie below them before noise does not explain it (assumed)."""
LEAST_NOISE = 0.001
"""Of the vehicle: noise that is always allowed for, because two or three blanks hardly show theirs (assumed)."""
FAR_ABOVE = 0.05
"""Of the vehicle above background, at and beyond which a failed read cannot be a dead well: killed wells read about
1 % (assumed)."""


def set_aside_impossible(wells: Sequence[Well], plate: str) -> tuple[list[Well], list[Finding]]:
    """Return the wells with impossible values ``excluded``, and the finding that names them.

    Raises
    ------
    NotAnalysed
        ``vehicle_far_below_samples``: most treated wells read more than ``MOST_VEHICLES`` times the vehicle.
    """
    reasons = _too_large(wells, plate)
    reasons |= _negative(_without(wells, reasons))
    reasons |= _failed_reads(_without(wells, reasons))
    if not reasons:
        return list(wells), []
    kept = [replace(well, state="excluded") if well.name in reasons else well for well in wells]
    return kept, [_finding([well for well in wells if well.name in reasons], reasons, plate)]


def _without(wells: Sequence[Well], reasons: Mapping[str, str]) -> list[Well]:
    return [well for well in wells if well.state == "used" and well.name not in reasons]


def _too_large(wells: Sequence[Well], plate: str) -> dict[str, str]:
    used = [well for well in wells if well.state == "used"]
    reasons = {well.name: f"above {LARGEST_COUNT:g}" for well in used if abs(well.raw) > LARGEST_COUNT}
    rest = _without(used, reasons)
    vehicle = _positive_median(readings_of(rest, "vehicle"))
    if not vehicle > 0:
        return reasons
    # Controls are left alone: where vehicle and blanks are exchanged the plate's scale has to see both.
    beyond = [w for w in rest if w.role in ("sample", "vehicle") and w.raw > MOST_VEHICLES * vehicle]
    treated = [well for well in rest if well.role == "sample"]
    above = [well for well in beyond if well.role == "sample"]
    if treated and len(above) > MOST_BEYOND * len(treated):
        why = (
            f"{len(above)} of {len(treated)} treated wells of plate {plate} read more than {MOST_VEHICLES:g} times "
            f"the DMSO wells ({vehicle:.4g}): the layout or the read is not this plate's."
        )
        raise NotAnalysed(code="vehicle_far_below_samples", why=why)
    return reasons | {well.name: f"more than {MOST_VEHICLES:g} times DMSO" for well in beyond}


def _negative(wells: Sequence[Well]) -> dict[str, str]:
    """Return the wells below zero by more than the blanks scatter."""
    blank, vehicle = readings_of(wells, "blank"), _positive_median(readings_of(wells, "vehicle"))
    level = float(np.median(blank)) if len(blank) else 0.0
    noise = max(float(np.std(blank, ddof=1)) if len(blank) > 1 else 0.0, LEAST_NOISE * vehicle)
    lowest = min(level, 0.0) - NOISE_SDS * noise
    return {
        well.name: "negative beyond the noise"
        for well in wells
        if well.role in ("sample", "vehicle") and well.raw < lowest
    }


def _failed_reads(wells: Sequence[Well]) -> dict[str, str]:
    """Return the wells of 0 or less where replicates read far above the background, or empty wells surely more."""
    vehicle = _positive_median(readings_of(wells, "vehicle"))
    blank = readings_of(wells, "blank")
    background = float(np.median(blank)) if len(blank) else 0.0
    far = background + FAR_ABOVE * max(vehicle - background, 0.0)
    groups: dict[Condition | None, list[Well]] = {}
    for well in wells:
        if well.role in ("sample", "vehicle"):
            groups.setdefault(well.condition, []).append(well)
    reasons: dict[str, str] = {}
    if _empty_wells_read_more_than_zero(blank):
        every = [well for group in groups.values() for well in group]
        reasons |= {well.name: f"empty wells read {background:.4g}" for well in every if well.raw == 0}
    for group in groups.values():
        others = [well.raw for well in group if well.raw > 0]
        if others and vehicle > 0 and float(np.median(others)) > far:
            reasons |= {well.name: "no light beside replicates far above it" for well in group if well.raw <= 0}
    return reasons


def _empty_wells_read_more_than_zero(blank: Floats) -> bool:
    """Return True if every blank lies above 0 by more than they scatter, and than counts must scatter at least."""
    if len(blank) < 2 or float(np.min(blank)) <= 0:
        return False
    level = float(np.median(blank))
    return level > NOISE_SDS * max(float(np.std(blank, ddof=1)), float(np.sqrt(level)))


def _positive_median(values: Floats) -> float:
    """Return the median of the positive values; 0 where there is none."""
    positive = values[values > 0]
    return float(np.median(positive)) if len(positive) else 0.0


def _finding(wells: Sequence[Well], reasons: Mapping[str, str], plate: str) -> Finding:
    named = "; ".join(f"{well.name} {well.raw:.4g} ({reasons[well.name]})" for well in wells[:8])
    more = f" and {len(wells) - 8} more" if len(wells) > 8 else ""
    text = (
        f"Not measurements, and left out: {named}{more}. Their arms rest on the other wells; the table of wells keeps "
        "the values. Look at the reader's own file."
    )
    return Finding(code="impossible_values", severity="warning", text=text, subject=plate)
