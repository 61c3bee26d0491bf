"""The profile likelihood of an EC50 as a curve: how much worse the fit becomes as the EC50 is held elsewhere.

The ends of ``estimate_ec50`` are where this curve meets its threshold; drawn, it shows whether an interval is lopsided,
and an open end as a branch that never gets there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from avpi.dose.estimate_dose import WIDEST_STEP, Which, ec50_of, profiled
from avpi.dose.fit_shape import ShapeFit
from avpi.dose.likelihood_interval import Profiled, profile_interval, refit_held
from avpi.dose.shape_starts import BEYOND_DOSES_LOG10, position_box

Floats = NDArray[np.float64]

POINTS_OF_A_SIDE = 12
"""Refits on either side of the best EC50: enough for a line in a panel that looks smooth."""
JUMP = 1.5
"""Rise of the sum of squares from one refit to the next, as a factor, that is looked at again from other starts."""
HALVINGS = 1
"""How often such a step is halved: a smaller one often finds the way on."""
MARGIN = 0.35
"""How far beyond the end of an interval the profile goes on, of the distance to that end."""
SHOWN_BEYOND_LOG10 = 1.5
"""How far beyond the doses an open branch is followed, log10 dose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A profile likelihood.

    Attributes
    ----------
    which : ``"relative"`` or ``"absolute"``.
    log10_ec50 : (m,) log10 molar, ascending; empty where ``why_none`` says why.
    rss : (m,) residual sum of squares of the best fit with this EC50; infinite where the shape has none.
    f_statistic : (m,) ``(rss - least rss) / (least rss / df)``.
    threshold : ``F(level; 1, df)``: the interval is where ``f_statistic`` is below.
    best : log10 EC50 of the fit.
    low, high : log10, ends of the interval; infinite where the end is open.
    level : coverage of the interval.
    why_none : empty where there is a profile.
    """

    which: Which
    log10_ec50: Floats
    rss: Floats
    f_statistic: Floats
    threshold: float
    best: float
    low: float
    high: float
    level: float
    why_none: str = ""


def profile_of_ec50(
    fit: ShapeFit, which: Which = "relative", *, level: float = 0.95, points: int = POINTS_OF_A_SIDE
) -> Profile:
    """Return the profile likelihood of an EC50.

    Parameters
    ----------
    points : refits on either side of the best value.

    Assumptions: normal errors, independent, of variance ``1 / weight`` up to a common factor (Bates & Watts 1988
    Nonlinear Regression Analysis and Its Applications, ch. 6).
    """
    best = fit.log10_relative_ec50 if which == "relative" else fit.log10_absolute_ec50
    error = fit.log10_relative_ec50_error if which == "relative" else fit.log10_absolute_ec50_error
    df = fit.least_squares.df
    threshold = float(stats.f.ppf(level, 1, df)) if df >= 1 else math.nan
    if why := _why_none(fit, which, best):
        none = np.zeros(0)
        return Profile(
            which=which, log10_ec50=none, rss=none, f_statistic=none, threshold=threshold, best=math.nan,
            low=-math.inf, high=math.inf, level=level, why_none=why,
        )  # fmt: skip
    problem, quantity = profiled(fit), ec50_of(fit, which)
    scale = error if 0 < error < WIDEST_STEP else WIDEST_STEP
    reach = position_box(fit.points.given, BEYOND_DOSES_LOG10)
    low, high = profile_interval(problem, quantity, scale=scale, reach=reach, level=level)
    edges = position_box(fit.points.given, SHOWN_BEYOND_LOG10)
    first = low - MARGIN * (best - low) if math.isfinite(low) else min(edges[0], best - scale)
    last = high + MARGIN * (high - best) if math.isfinite(high) else max(edges[1], best + scale)
    left = _branch(problem, quantity, _places(best, low, first, points), scale, best)
    right = _branch(problem, quantity, _places(best, high, last, points), scale, best)
    at = np.concatenate([[x for x, _ in left][::-1], [best], [x for x, _ in right]])
    rss = np.concatenate([[y for _, y in left][::-1], [problem.rss], [y for _, y in right]])
    f_statistic = np.maximum(rss - problem.rss, 0.0) / (problem.rss / df)
    return Profile(
        which=which, log10_ec50=at, rss=rss, f_statistic=f_statistic, threshold=threshold, best=best, low=low,
        high=high, level=level,
    )  # fmt: skip


def _why_none(fit: ShapeFit, which: Which, best: float) -> str:
    if not fit.converged:
        return fit.least_squares.reason
    if math.isnan(best):
        return "the curve does not cross half of the control" if which == "absolute" else "the shape has no EC50"
    if fit.least_squares.df < 1:
        return "there are no more points than parameters"
    first, last = position_box(fit.points.given, BEYOND_DOSES_LOG10)
    if not first <= best <= last:
        return f"the EC50 lies more than {BEYOND_DOSES_LOG10:g} decades beyond the doses"
    return "" if fit.rss > 0 else "the curve goes through all points"


def _places(best: float, end: float, last: float, points: int) -> Floats:
    """Return where to refit: up to the end of the interval, at the end itself, and some way on."""
    if not math.isfinite(end):
        return np.linspace(best, last, points + 1)[1:]
    beyond = max(points // 3, 1)
    # Just beyond the end too: where the likelihood falls off a cliff, the line must fall there and not before
    just = end + 1e-3 * (last - end)
    inside = np.linspace(best, end, points - beyond + 1)[1:]
    return np.concatenate([inside, [just], np.linspace(end, last, beyond + 1)[1:]])


def _branch(
    problem: Profiled, quantity: Callable[[Floats], float], places: Floats, scale: float, best: float
) -> list[tuple[float, float]]:
    """Return log10 EC50 and sum of squares along one side; each refit starts from its neighbour."""
    found: list[tuple[float, float]] = []
    place, start, last = best, problem.best, problem.rss
    for to in places:
        rss, there = _walk(problem, quantity, (place, float(to)), (start, last), scale, HALVINGS)
        found.append((float(to), rss))
        if math.isfinite(rss):
            place, start, last = float(to), there, rss
    return found


def _walk(
    problem: Profiled,
    quantity: Callable[[Floats], float],
    way: tuple[float, float],
    neighbour: tuple[Floats, float],
    scale: float,
    halvings: int,
) -> tuple[float, Floats]:
    """Return the sum of squares at the end of a way and its parameters; a leap is taken again in smaller steps."""
    start, last = neighbour
    _, there, rss = refit_held(problem, quantity, way[1], scale, start)
    if rss <= JUMP * last:
        return rss, there
    # A wall may be one of the valley that the refits went along: another may be lower
    others = [refit_held(problem, quantity, way[1], scale, other) for other in (problem.best, *problem.others)]
    if halvings:
        middle = (way[0] + way[1]) / 2
        between = _walk(problem, quantity, (way[0], middle), neighbour, scale, halvings - 1)
        if math.isfinite(between[0]):
            others.append(refit_held(problem, quantity, way[1], scale, between[1]))
    _, there, rss = min(((way[1], there, rss), *others), key=lambda one: one[2])
    return rss, there
