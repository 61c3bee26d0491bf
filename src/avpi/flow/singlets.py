"""Single cells: pulse area in proportion to pulse height.

Two cells that pass together have twice the area at about the height of one, so their ratio of area to height
lies above that of single cells. The ratio of single cells is taken from its mode and from the half below it,
which doublets do not reach.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avpi.flow.density import half_sample_mode

_ABOVE = 3.0  # robust standard deviations of the log ratio: loses about 0.1 % of single cells
_BELOW = 5.0  # wide: nothing but noise lies there
_MAD_TO_SD = 1.4826  # of a normal distribution
_LARGEST_LOG = 709.0  # of a ratio that a float can hold; ratios beyond it come from heights that are no heights
_LEAST_SPREAD = 0.01  # of the log ratio; assumed: below the instruments' own noise


def singlet_ratios(area: NDArray[np.float64], height: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the lowest and highest ratio of area to height of single cells; None if no event has both.

    Parameters
    ----------
    area, height : (n,) linear forward scatter of cells.
    """
    usable = (area > 0) & (height > 0)
    if usable.sum() < 2:
        return None
    log_ratio = np.log(area[usable]) - np.log(height[usable])
    centre = half_sample_mode(log_ratio)
    below = centre - log_ratio[log_ratio <= centre]
    spread = max(_MAD_TO_SD * float(np.median(below)), _LEAST_SPREAD)
    bounds = np.clip([centre - _BELOW * spread, centre + _ABOVE * spread], -_LARGEST_LOG, _LARGEST_LOG)
    lowest, highest = np.exp(bounds)
    return float(lowest), float(highest)


def are_single(
    area: NDArray[np.float64], height: NDArray[np.float64], ratios: tuple[float, float]
) -> NDArray[np.bool_]:
    """Return which events (n,) are single cells."""
    with np.errstate(over="ignore", under="ignore"):  # a bound beyond the largest float is no bound
        return (height > 0) & (area >= ratios[0] * height) & (area <= ratios[1] * height)
