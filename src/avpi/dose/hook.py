"""Curves that rise again at high dose: where the lowest point is, and whether the rise is more than scatter.

Degraders (and Smac mimetics that need two partners) lose effect where both partners are saturated apart. A plain
logistic drawn through such a curve gives a wrong EC50 and a wrong depth, so the rise is looked for before one is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from avpi.dose.curve_points import CurvePoints
from avpi.dose.fit_shape import ShapeFit
from avpi.quantity import format_molar

Floats = NDArray[np.float64]

LEAST_BEYOND_MINIMUM = 3
"""Doses above that of the lowest response without which a hook is not fitted."""
SURE, LEAST_RISE = 0.01, 0.1
"""A rise counts as one below this p (for all doses together) and above this share of the span of the curve."""
LEAST_REPLICATION = 3
"""Degrees of freedom of replicates from which their own scatter is used."""
LOOKED_AT = 801


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepestPoint:
    """Where a curve is lowest, observed and fitted, within the tested doses.

    Attributes
    ----------
    observed_dose_molar, observed_response : dose of the lowest mean response, and that mean.
    fitted_dose_molar, fitted_response : the same of the fitted curve; for a hook its onset and its Dmax.
    doses_beyond : tested doses above ``observed_dose_molar``.
    """

    observed_dose_molar: float
    observed_response: float
    fitted_dose_molar: float
    fitted_response: float
    doses_beyond: int


def find_deepest_point(fit: ShapeFit) -> DeepestPoint:
    """Return where a fitted curve is lowest within the tested doses."""
    given = fit.points.given
    means, _ = level_means(fit.points)
    lowest = int(np.argmin(means))
    x = np.linspace(math.log10(given[0]), math.log10(given[-1]), LOOKED_AT)
    curve = fit.response(10.0**x)
    at = int(np.argmin(curve))
    return DeepestPoint(
        observed_dose_molar=float(given[lowest]),
        observed_response=float(means[lowest]),
        fitted_dose_molar=float(10.0 ** x[at]),
        fitted_response=float(curve[at]),
        doses_beyond=given.size - 1 - lowest,
    )


def level_means(points: CurvePoints) -> tuple[Floats, Floats]:
    """Return the weighted mean response (d,) at each dose above 0, ascending, and the summed weight (d,)."""
    groups = points.of_levels[-points.given.size :]
    heights = np.array([np.sum(points.weights[group]) for group in groups])
    sums = np.array([np.sum(points.weights[group] * points.responses[group]) for group in groups])
    return sums / heights, heights


def suspect_hook(plain: ShapeFit) -> str:
    """Return why a curve looks like a hook, or an empty string.

    The mean at each dose beyond the lowest is compared with the lowest mean by a one-sided t test, Bonferroni over the
    doses; the scatter is that of replicates, or of the residuals of ``plain``, a fit without hook, where there are too
    few. The lowest mean was picked for being low, hence the strict level.
    """
    points = plain.points
    means, heights = level_means(points)
    lowest, span = int(np.argmin(means)), float(np.ptp(means))
    beyond = means.size - 1 - lowest
    if beyond == 0 or span <= 0:
        return ""
    spread, df = _scatter(plain)
    if df < 1 or not spread > 0:
        return ""
    rises = means[lowest + 1 :] - means[lowest]
    t = rises / (spread * np.sqrt(1 / heights[lowest + 1 :] + 1 / heights[lowest]))
    p = stats.t.sf(t, df) * means.size
    sure = np.flatnonzero((p < SURE) & (rises > LEAST_RISE * span))
    if not sure.size:
        return ""
    at = int(sure[np.argmax(rises[sure])])
    low, high = (_dose_words(points.given[i]) for i in (lowest, lowest + 1 + at))
    return (
        f"the response rises again by {rises[at] / span:.0%} of its span from {low} to {high}"
        f" (p = {max(float(p[at]), 1e-12):.1g}, {beyond} doses beyond the lowest)"
    )


def _dose_words(dose_molar: float) -> str:
    return format_molar(float(f"{dose_molar:.3g}"))


def _scatter(plain: ShapeFit) -> tuple[float, int]:
    """Return standard deviation and degrees of freedom of one response of weight 1."""
    points = plain.points
    total, df = 0.0, 0
    for group in points.of_levels:
        values, weights = points.responses[group], points.weights[group]
        mean = np.sum(weights * values) / np.sum(weights)
        total += float(np.sum(weights * (values - mean) ** 2))
        df += values.size - 1
    if df >= LEAST_REPLICATION and total > 0:
        return math.sqrt(total / df), df
    return plain.least_squares.residual_sd, plain.least_squares.df
