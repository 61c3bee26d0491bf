"""Debris: small particles of low forward scatter, told from cells by the valley below the cells' mode.

Dying cells shrink, so the gate must not follow them: only a valley well below the mode of whole cells counts,
and that mode comes from the control tubes where there are any. Without such a valley nothing is removed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avpi.flow.density import density_of

_DEBRIS_BELOW = 0.45  # of the cells' mode; assumed: apoptotic cells keep at least half of the forward scatter
_CELL_PEAK = 0.15  # of the highest peak; assumed: the cells' own peak, with doublets and noise well below it
_DEBRIS_PEAK = 0.01  # of the highest peak; assumed: a lower rise is noise
_VALLEY_DEPTH = 0.8  # of the lower peak beside it; assumed: a shallower dip separates nothing
_BANDWIDTH = 0.02  # of the scale's used part; assumed: populations span about a tenth of it
_TOP_PERCENTILE = 99.5  # of forward scatter: end of the used part of the scale


def cell_mode(forward: NDArray[np.float64]) -> float:
    """Return the forward scatter at which whole cells are most frequent: the rightmost large peak."""
    top = _top(forward)
    density = density_of(forward, low=0.0, high=top, bandwidth=_BANDWIDTH * top)
    peaks = density.peaks(least=_CELL_PEAK)
    return float(density.places[peaks[-1]]) if peaks else float(np.median(forward))


def debris_limit(forward: NDArray[np.float64], *, mode: float) -> float | None:
    """Return the forward scatter below which events are debris; None if there is no population of debris.

    Parameters
    ----------
    forward : (n,) linear forward scatter.
    mode : that of whole cells.
    """
    top = max(_top(forward), mode)
    density = density_of(forward, low=0.0, high=top, bandwidth=_BANDWIDTH * top)
    ceiling = min(int(np.searchsorted(density.places, _DEBRIS_BELOW * mode)), len(density.places) - 1)
    low_peaks = [peak for peak in density.peaks(least=_DEBRIS_PEAK) if peak < ceiling]
    if not low_peaks:
        return None
    debris = max(low_peaks, key=lambda peak: float(density.heights[peak]))
    valley = density.valley(debris, ceiling)
    lower_peak = min(float(density.heights[debris]), float(density.heights[valley:].max()))
    if density.heights[valley] > _VALLEY_DEPTH * lower_peak:
        return None
    return float(density.places[valley])


def _top(forward: NDArray[np.float64]) -> float:
    return max(float(np.percentile(forward, _TOP_PERCENTILE)), 1e-9)
