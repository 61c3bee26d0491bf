"""Rows that no dip parts from a stronger one: they show as a shoulder, by the curvature of the lanes' profiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from avpi.blot.band_shape import FWHM_TO_SD
from avpi.blot.peaks import prominent_peaks
from avpi.blot.rows import SEEN_SNR, LaneProfiles, Row, find_rows

Values = NDArray[np.float64]

SCALE_SHARE = 0.5
"""Scale at which curvature is taken, as a share of a band's thickness (sd): bands 0.9 FWHM apart have two peaks."""
APART = 0.8
"""A shoulder stands at least so many thicknesses (FWHM) from every row: nearer, a flat top has two (assumed)."""
BESIDE = 3.0
"""It stands no farther than this from a stronger row."""
SHOULDER_SHARE = 0.04
"""Least curvature of a shoulder, and least height, as a share of the row that it leans on (assumed)."""
WHITE = 0.46
"""Standard deviation of the scaled curvature of white noise, times the square root of the scale (arithmetic)."""


def every_row(profiles: LaneProfiles, within: NDArray[np.bool_]) -> list[Row]:
    """Return the rows that hold a band in some of the lanes, shoulders included, from top to bottom."""
    rows = find_rows(profiles, within)
    return sorted([*rows, *shoulders(profiles, rows, within)], key=lambda row: row.y_px)


def shoulders(profiles: LaneProfiles, rows: list[Row], within: NDArray[np.bool_]) -> list[Row]:
    """Return rows beside others of which there is no dip.

    Parameters
    ----------
    rows : those that a dip parts.
    within : (lanes,) the lanes that are looked at.
    """
    found: list[Row] = []
    if not rows:
        return found
    strongest = max(rows, key=lambda row: float(row.heights[within].max(initial=0.0)))
    scale = max(1.0, SCALE_SHARE * strongest.fwhm_px / FWHM_TO_SD)
    bent = -(scale**2) * gaussian_filter1d(profiles.means, scale, axis=1, order=2)
    noise = SEEN_SNR * WHITE / np.sqrt(scale) * profiles.noise
    together = np.sqrt(np.maximum(bent[within] / noise[within, None], 0.0)).mean(axis=0)
    at, _ = prominent_peaks(together, 0.02 * float(together.max(initial=0.0)))
    for y in at:
        beside = [row for row in rows if abs(row.y_px - y) <= BESIDE * row.fwhm_px]
        if not beside or any(abs(row.y_px - y) < APART * row.fwhm_px for row in (*rows, *found)):
            continue
        parent = max(beside, key=lambda row: float(row.heights[within].max()))
        heights = profiles.peaks[:, max(0, y - 1) : y + 2].max(axis=1)
        curved, leant_on = bent[:, y], bent[:, round(parent.y_px)]
        seen = within & (curved > noise) & (heights > SEEN_SNR * profiles.noise)
        if np.any(seen & (curved > SHOULDER_SHARE * leant_on) & (heights > SHOULDER_SHARE * parent.heights)):
            found.append(Row(y_px=float(y), fwhm_px=parent.fwhm_px, heights=heights))
    return found
