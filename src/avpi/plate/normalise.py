"""A plate's own scale: background to 0, vehicle to 1.

``viability = (y - background) / (vehicle - background)`` with the medians of the plate's own wells. Background
is read from wells without cells; where there are none, from killed wells (kill-control normalisation); where
there are neither it is taken as zero, which is said. Nothing is clipped to [0, 1]: a clipped well would hide
growth above vehicle and bias every mean near the ends.

Limits: medium without cells lacks what dead cells leave behind, so the two kinds of background differ by a
percent or so of the vehicle; vehicle must carry the same share of DMSO as the treated wells.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avpi.errors import NotAnalysed
from avpi.estimate import Finding
from avpi.names import WellRole
from avpi.plate.results import Well

BackgroundKind = Literal["blank", "kill", "none"]

LEAST_SPAN = 1e-9
"""Of the background, or in the reader's unit where that is larger: a vehicle nearer than this is rounding (assumed)."""
_MEDIAN_SE = (1.0, 1.0, 1.160, 1.092, 1.198, 1.135, 1.214, 1.160, 1.223, 1.176)
"""SE of the median over SE of the mean for 1 to 10 normal values (order statistics; W. J. Dixon and F. J. Massey,
Introduction to Statistical Analysis, table of the efficiency of the median)."""
_MEDIAN_SE_LARGE = math.sqrt(math.pi / 2)
"""The same for many values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What a plate's viabilities are measured with: levels in the reader's unit and the wells behind them."""

    background: float
    background_kind: BackgroundKind
    background_values: NDArray[np.float64]
    vehicle: float
    vehicle_values: NDArray[np.float64]

    @property
    def span(self) -> float:
        """Vehicle above background."""
        return self.vehicle - self.background

    def viability(self, raw: float) -> float:
        """Return a reading as a fraction of vehicle; nan stays nan."""
        return (raw - self.background) / self.span


def readings_of(wells: Iterable[Well], role: WellRole) -> NDArray[np.float64]:
    """Return the readings of the used wells of a role."""
    return np.array([well.reading for well in wells if well.role == role and well.state == "used"], dtype=np.float64)


def plate_scale(wells: Sequence[Well], plate: str) -> tuple[Scale, list[Finding]]:
    """Return the scale of a plate, and what a reader must know of it.

    Raises
    ------
    NotAnalysed
        ``no_vehicle_wells``, or ``vehicle_not_above_background``.
    """
    vehicle = readings_of(wells, "vehicle")
    if not len(vehicle):
        lost = [well for well in wells if well.role == "vehicle"]
        odd = next((well for well in lost if well.state == "excluded"), None)
        seen = f": {odd.name} reads {odd.raw:.4g}, which is no measurement" if odd else ""
        why = (
            f"{'No DMSO well could be used' if lost else 'No DMSO well'} on plate {plate}{seen}. Every viability is "
            "relative to DMSO, so Protocol B cannot be called."
        )
        raise NotAnalysed(code="no_vehicle_wells", why=why)
    findings = []
    if len(vehicle) == 1:
        text = (
            "One DMSO well only: every viability rests on it and its error cannot be estimated. "
            "Use at least three, spread over the plate."
        )
        findings.append(Finding(code="single_vehicle_well", severity="warning", text=text, subject=plate))
    kind, background = _background_wells(wells)
    if kind == "none":
        text = (
            "No wells without cells and no killed wells: the background is taken as zero, so that low "
            "viabilities are too high by it."
        )
        findings.append(Finding(code="no_background_wells", severity="note", text=text, subject=plate))
    scale = Scale(
        background=float(np.median(background)) if len(background) else 0.0,
        background_kind=kind,
        background_values=background,
        vehicle=float(np.median(vehicle)),
        vehicle_values=vehicle,
    )
    # Light is never below zero, whatever the background reads.
    if scale.span <= LEAST_SPAN * max(1.0, abs(scale.background)) or scale.vehicle <= 0:
        why = (
            f"DMSO wells of plate {plate} read {scale.vehicle:.4g}, which is not above the background of "
            f"{scale.background:.4g} ({kind} wells): the layout or the read is not this plate's, "
            "or the cells were dead."
        )
        raise NotAnalysed(code="vehicle_not_above_background", why=why)
    return scale, findings


def _background_wells(wells: Sequence[Well]) -> tuple[BackgroundKind, NDArray[np.float64]]:
    blank, kill = readings_of(wells, "blank"), readings_of(wells, "kill")
    if len(blank):
        return "blank", blank
    return ("kill", kill) if len(kill) else ("none", kill)


def normalise(wells: Iterable[Well], scale: Scale) -> tuple[Well, ...]:
    """Return the wells with their viability; nan where a well has no reading or no place in the design."""
    return tuple(
        replace(well, viability=scale.viability(well.reading) if well.state == "used" else math.nan) for well in wells
    )


def median_se(standard_deviation: float, n: int) -> float:
    """Return the standard error of the median of ``n`` normal values."""
    factor = _MEDIAN_SE[n - 1] if n <= len(_MEDIAN_SE) else _MEDIAN_SE_LARGE
    return factor * standard_deviation / math.sqrt(n)
