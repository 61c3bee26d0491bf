"""What is read off GR without a curve: the largest effect, and the area over the points."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from avpi.dose.curve_points import CurvePoints
from avpi.dose.fit_shape import ShapeFit
from avpi.dose.hook import level_means
from avpi.estimate import Estimate, not_estimable

Floats = NDArray[np.float64]

HIGHEST_DOSES = 2
"""Of which the lower GR counts as the largest effect: one well that failed does not hide it (Hafner 2016)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """Standard deviation of one GR about its curve, on ``df`` degrees of freedom; nan on 0."""

    sd: float
    df: int

    def half_width(self, sum_of_squares: float, level: float) -> float:
        """Return half of the interval of a weighted sum of GR whose squared weights add up to ``sum_of_squares``."""
        if self.df < 1 or not math.isfinite(self.sd):
            return math.nan
        return float(stats.t.ppf(0.5 + level / 2, self.df)) * self.sd * math.sqrt(sum_of_squares)


def scatter_about(points: CurvePoints, fit: ShapeFit | None, *, flat: bool) -> Scatter:
    """Return the scatter of GR about the fitted curve, or about the mean where the curve is flat or none was fitted."""
    if fit is not None and not flat:
        return Scatter(sd=fit.least_squares.residual_sd, df=fit.least_squares.df)
    df = points.size - 1
    return Scatter(sd=float(np.std(points.responses, ddof=1)) if df and flat else math.nan, df=df if flat else 0)


def lowest_of_last(points: CurvePoints) -> tuple[float, int]:
    """Return the lower of the mean GR at the two highest doses, and how many wells that mean has."""
    means, wells = level_means(points)
    last = means[-HIGHEST_DOSES:]
    at = int(np.argmin(last))
    return float(last[at]), int(wells[-HIGHEST_DOSES:][at])


def estimate_gr_max(points: CurvePoints, scatter: Scatter, *, level: float, n: int) -> Estimate:
    """Return GRmax; that the lower of two was taken makes it a little too low, and the interval does not show it."""
    value, wells = lowest_of_last(points)
    half = scatter.half_width(1 / wells, level)
    method = "lower of the mean GR at the two highest doses, as observed"
    return Estimate(value=value, low=max(value - half, -1.0), high=value + half, level=level, n=n, method=method)


def area_weights(points: CurvePoints) -> Floats:
    """Return the weights (d,) by which the mean GR of the doses add up to the mean GR over log10 dose."""
    gaps = np.diff(np.log10(points.given))
    weights = np.zeros(points.given.size)
    weights[:-1] += gaps / 2
    weights[1:] += gaps / 2
    return np.asarray(weights / gaps.sum())


def area_over_curve(points: CurvePoints) -> float:
    """Return the mean of 1 - GR over log10 dose, by trapezia; nan for one dose."""
    if points.given.size < 2:
        return math.nan
    return float(1 - area_weights(points) @ level_means(points)[0])


def estimate_gr_aoc(points: CurvePoints, scatter: Scatter, *, level: float, n: int) -> Estimate:
    """Return the area over the curve, with the interval that the scatter of single wells leaves it."""
    value = area_over_curve(points)
    if math.isnan(value):
        return not_estimable("one dose has no area", n=n)
    half = scatter.half_width(float(np.sum(area_weights(points) ** 2 / level_means(points)[1])), level)
    method = "mean of 1 - GR over log10 dose by trapezia, as observed"
    return Estimate(value=value, low=value - half, high=value + half, level=level, n=n, method=method)
