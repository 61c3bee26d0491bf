"""Errors that all wells of a GR curve share: those of the untreated count and of the count at time zero.

An error of the control moves every GR of the curve at once, so the scatter of the wells does not show it. Each number
is read again with the control, and with the time zero, one standard error higher; what it moves by is added in
quadrature to its interval.
"""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from avpi.dose.curve_points import CurvePoints
from avpi.dose.fit_shape import ShapeFit, fit_shape
from avpi.dose.growth_rate_observed import area_over_curve, lowest_of_last
from avpi.estimate import Estimate

Floats = NDArray[np.float64]

BY_LOGARITHM = frozenset({"gr50", "gec50", "hill_slope"})
"""Numbers whose interval is wide on both sides alike on a logarithmic scale."""


def shifts_by_controls(points: CurvePoints, fit: ShapeFit | None, errors: tuple[Floats, ...]) -> dict[str, float]:
    """Return by how much one standard error of what is shared moves each number; of several, in quadrature.

    Parameters
    ----------
    fit : the curve fitted to the points; None where only what was observed counts.
    errors : for each thing that is shared, by how much one standard error of it moves each GR (n,); those that are not
        known are nan and count as 0. Where the wells of a curve have different controls their errors count as one.
    """
    before = _numbers(points, fit)
    squares = dict.fromkeys(before, 0.0)
    for each in errors:
        moves = np.nan_to_num(each)
        if not np.any(moves):
            continue
        moved = replace(points, responses=points.responses + moves)
        again = None
        if fit is not None:
            free = [fit.shape.parameters.index(name) for name in fit.shape.free]
            boxes = {fit.shape.parameters[j]: (float(fit.edges[j, 0]), float(fit.edges[j, 1])) for j in free}
            again = fit_shape(fit.shape, moved.doses_molar, moved.responses, boxes=boxes, control=fit.control)
        for name, value in _numbers(moved, again).items():
            squares[name] += (value - before[name]) ** 2
    return {name: math.sqrt(total) for name, total in squares.items()}


def widened(estimate: Estimate, shift: float, *, logarithm: bool) -> Estimate:
    """Return an estimate whose interval also holds what a shared error of one ``shift`` does to it.

    Open ends stay open, and a bound stays as it is.
    """
    if estimate.state != "measured" or shift == 0 or math.isnan(estimate.value):
        return estimate
    if not math.isfinite(shift):
        return estimate.with_caveat(
            "shared_error_unbounded",
            "within one standard error of the control or of time zero the number is lost: its interval is too narrow",
        )
    to, back = (math.log10, lambda x: 10.0**x) if logarithm else (float, float)
    half = NormalDist().inv_cdf(0.5 + estimate.level / 2) * shift
    ends = []
    for end, side in ((estimate.low, -1), (estimate.high, 1)):
        known = math.isfinite(end) and not (logarithm and end <= 0)
        own = abs(to(end) - to(estimate.value)) if known else math.nan
        ends.append(back(to(estimate.value) + side * math.hypot(own, half)) if known else end)
    return replace(estimate, low=ends[0], high=ends[1])


def _numbers(points: CurvePoints, fit: ShapeFit | None) -> dict[str, float]:
    observed = {"gr_max": lowest_of_last(points)[0], "gr_aoc": area_over_curve(points)}
    if fit is None:
        return observed
    return {
        **observed,
        "gr50": fit.log10_absolute_ec50,
        "gec50": fit.log10_relative_ec50,
        "gr_inf": fit.value("bottom"),
        "hill_slope": math.log10(fit.value("hill_slope")),
    }
