"""Exposure: for what part of a dosing interval the target is engaged, and how patients differ in it.

After a dose the concentration in the tumour falls with one half-life, C(t) = C_max 2^(-t / T). The target is engaged
while C is above a level c*, which is a share of the interval of

    E = min( 1, T log2(C_max / c*) / interval ),   0 where C_max is below c*.

Patients differ log-normally in C_max. The share enters a patient's strength: the effect on the log hazard is taken to
be proportional to the time on target, which is assumed. A single half-life leaves out distribution and accumulation.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from avpi.clinic.checks import Checks, Floats

BIRINAPANT_PLASMA_HALF_LIFE_HOURS = 31.0
"""Of birinapant in plasma (30 to 35 h; Amaravadi RK et al. Mol Cancer Ther 2015;14:2569-2575)."""
BIRINAPANT_TUMOUR_HALF_LIFE_HOURS = 52.0
"""Of birinapant in tumour, as the product's description quotes it; the paper was not read (assumed as it stands)."""
QUANTILES = 33


def engaged_share(peak_over_threshold: ArrayLike, *, half_life_hours: float, interval_hours: float) -> Floats:
    """Return the share of a dosing interval in which the target is engaged, (n,).

    Parameters
    ----------
    peak_over_threshold : (n,) C_max / c*, above 0.
    """
    checks = Checks()
    checks.above_zero("half_life_hours", half_life_hours)
    checks.above_zero("interval_hours", interval_hours)
    for value in np.atleast_1d(np.asarray(peak_over_threshold, float)):
        checks.above_zero("peak_over_threshold", float(value))
    checks.stop()
    folds = np.log2(np.atleast_1d(np.asarray(peak_over_threshold, float)))
    found: Floats = np.clip(half_life_hours * folds / interval_hours, 0.0, 1.0)
    return found


def exposure_strength(
    median_peak_over_threshold: float, *, cv: float, half_life_hours: float, interval_hours: float
) -> tuple[float, ...]:
    """Return evenly spaced quantiles of the engaged share over patients, as a class's ``strength`` takes them.

    Parameters
    ----------
    cv : coefficient of variation of C_max between patients.
    """
    checks = Checks()
    checks.not_below_zero("cv", cv)
    checks.stop()
    sigma = math.sqrt(math.log1p(cv**2))
    z = ndtri((np.arange(QUANTILES) + 0.5) / QUANTILES)
    peaks = median_peak_over_threshold * np.exp(sigma * z)
    shares = engaged_share(peaks, half_life_hours=half_life_hours, interval_hours=interval_hours)
    return tuple(float(share) for share in shares)
