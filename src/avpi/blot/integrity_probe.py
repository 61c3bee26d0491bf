"""Rest of an earlier probe: a membrane that was not stripped well shows the first protein again under the second.

On the picture of one protein a row stands where the other picture of the membrane has its own, and follows the same
pattern over the lanes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.blot.integrity_noise import noise_curve
from avpi.blot.peaks import running_medians
from avpi.estimate import Finding

Real = NDArray[np.float64]

SHIFT_SHARE = 0.06
"""How far a membrane may lie from its first place on the camera, as a share of the picture's height (assumed)."""
HALF_LANE = 0.3
"""Half width of the strip read in each lane, in pitches."""
BACKGROUND_SHARE = 0.15
"""Length of the running median that is taken off, as a share of the picture's height."""
REST_SHARE = 0.02
"""Height of a rest, as a share of the strongest row of its picture, below which it does not matter (assumed)."""
REST_SDS = 6.0
"""The same in standard errors of a lane's profile."""
SAME_PATTERN = 0.7
"""Correlation over the lanes from which on two rows follow one pattern (assumed)."""
SAME_PLACE_PX = 4.0
"""Shift within which a row is the other's even where their patterns tell nothing: a membrane left in place."""
KNOWN_FWHM = 1.5
"""Rows nearer than this to a declared neighbour's are that neighbour (thicknesses)."""
APART_FWHM = 2.0
"""Rows nearer than this to the picture's own row are its own (thicknesses)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """One picture of a membrane: bands upwards, its lanes, and where its own protein stands."""

    values: Real
    lanes_x_px: Real
    pitch_px: float
    row_px: float
    fwhm_px: float
    name: str
    source: str
    known_rows_px: tuple[float, ...] = ()
    """Rows of proteins that are declared beside its own: these are no rest of another probe."""


def earlier_probe_findings(first: Probed, second: Probed, subject: str) -> list[Finding]:
    """Return, for either picture, whether the other's protein still shines on it.

    Both pictures show the same lanes in the same order; one may be shifted against the other.
    """
    found: list[Finding] = []
    if first.lanes_x_px.size != second.lanes_x_px.size:
        return [_unchecked(first, second, "they show different numbers of lanes", subject)]
    for shown, other in ((first, second), (second, first)):
        at = _row_on(shown, other)
        if not 0 <= at < shown.values.shape[0]:
            why = f"where {other.source} has {other.name}, {shown.source} was cropped away"
            found.append(_unchecked(shown, other, why, subject))
            continue
        row = _rest(shown, other, at)
        if row is not None:
            text = (
                f"{shown.source} shows a row at {row:.0f} where {other.source} has {other.name}, with the same pattern "
                f"over the lanes: rest of that probe. It is not read; check that {shown.name} (row {shown.row_px:.0f}) "
                "is the row that was meant, and strip the membrane better."
            )
            found.append(Finding(code="residual_signal", severity="warning", text=text, subject=subject))
    return found


def _unchecked(first: Probed, second: Probed, why: str, subject: str) -> Finding:
    text = f"{first.source} and {second.source} were not searched for the rest of an earlier probe: {why}."
    return Finding(code="residual_not_checked", severity="note", text=text, subject=subject)


def _row_on(shown: Probed, other: Probed) -> float:
    """Return where the other's row lies on this picture: as it is in one frame, else in lanes' pitches from the top."""
    if shown.values.shape == other.values.shape:
        return other.row_px
    return other.row_px * shown.pitch_px / other.pitch_px


def _rest(shown: Probed, other: Probed, at_px: float) -> float | None:
    """Return the row, near the place of the other's, on which its protein still shines; None where there is none."""
    here, there = _profiles(shown), _profiles(other)
    height = here.shape[1]
    reach = max(SAME_PLACE_PX, SHIFT_SHARE * height)
    rows = np.arange(height)
    thick = max(shown.fwhm_px, other.fwhm_px)
    near = (np.abs(rows - at_px) <= reach) & (np.abs(rows - shown.row_px) > APART_FWHM * thick)
    for known in shown.known_rows_px:
        near &= np.abs(rows - known) > KNOWN_FWHM * thick
    if not near.any():
        return None
    mean = here.mean(axis=0)
    peak = (mean >= np.roll(mean, 1)) & (mean >= np.roll(mean, -1))
    noise = noise_curve(shown.values).sd_at(float(np.median(shown.values)))
    error = noise / np.sqrt(max(1.0, 2 * HALF_LANE * shown.pitch_px) * here.shape[0])
    tall = mean > max(REST_SHARE * float(mean.max()), REST_SDS * error)
    pattern = _heights(there, other.row_px)
    for row in sorted(np.flatnonzero(near & peak & tall), key=lambda r: abs(r - at_px)):
        like = _heights(here, float(row))
        told = pattern.size > 2 and pattern.std() > 0.1 * pattern.mean() and like.std() > 0
        same = float(np.corrcoef(pattern, like)[0, 1]) > SAME_PATTERN if told else False
        if same or (not told and abs(row - at_px) <= SAME_PLACE_PX):
            return float(row)
    return None


def _profiles(probed: Probed) -> Real:
    """Return (lanes, rows) levels above a running median."""
    values, half = probed.values, max(1.0, HALF_LANE * probed.pitch_px)
    columns = values.shape[1]
    strips = []
    for x in probed.lanes_x_px:
        left = min(max(0, round(float(x) - half)), columns - 1)
        strips.append(values[:, left : max(left + 1, min(columns, round(float(x) + half) + 1))].mean(axis=1))
    profiles = np.array(strips)
    length = max(9, int(BACKGROUND_SHARE * values.shape[0]) | 1)
    above: Real = profiles - running_medians(profiles, length, mode="nearest")
    return above


def _heights(profiles: Real, row_px: float) -> Real:
    """Return each lane's highest level within a few rows: fronts tilt."""
    reach = max(3, profiles.shape[1] // 60)
    low = max(0, round(row_px) - reach)
    heights: Real = profiles[:, low : round(row_px) + reach + 1].max(axis=1)
    return heights
