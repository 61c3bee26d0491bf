"""Profile-likelihood intervals of anything that follows from the parameters of one fit.

The interval holds every value t at which the best fit with ``quantity = t`` has a residual sum of squares below
``rss (1 + F(1, n - k) / (n - k))`` (Bates & Watts 1988, ch. 6; Venzon & Moolgavkar 1988 Appl Stat 37:87,
doi:10.2307/2347496). A parameter is held at t. For another quantity one parameter, on which it depends most, is solved
for at each step, so that the quantity is t exactly and the others are fitted freely. An end that is not reached within
the box is infinite.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from avpi.dose.marquardt import descend

Floats = NDArray[np.float64]

MOST_STEPS_OUT, MOST_HALVINGS = 40, 60
WIDER = 1.6
NEAR_ENOUGH = 1e-5
"""Of the root of the rise: how exactly an end is found."""
GRADIENT_STEP, LEAST_STEP = 1e-3, 1e-7
"""Of the change in a parameter that moves the fit by a residual standard deviation, and of the parameter."""
MOST_STEPS, NO_GAIN = 60, 1e-8
"""Of a refit: its sum of squares is then known far better than the limit asks."""
AT_WALL = 0.01
"""How near a parameter lies to a wall that it is stopped by, log10 dose: refits stall just before it."""
MOST_NEWTON, SOLVED = 30, 1e-10
"""Steps to the parameter that gives the quantity its value, and how exactly, of its scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiled:
    """A least-squares problem at its minimum, ready for constrained refits.

    Attributes
    ----------
    residuals : parameters (p,) -> weighted y - f (n,).
    jacobian : parameters (p,) -> weighted df/db (n, p).
    best : (p,) the minimum.
    low, high : (p,) boxes.
    rss : residual sum of squares at the minimum.
    df : points less free parameters.
    others : further starts (p,) for refits that look too bad, such as curves of another slope.
    walls : parameters whose box says only where one stops looking: an end that one of them makes by lying at the edge
        of its box is open.
    """

    residuals: Callable[[Floats], Floats]
    jacobian: Callable[[Floats], Floats]
    best: Floats
    low: Floats
    high: Floats
    rss: float
    df: int
    others: tuple[Floats, ...] = ()
    walls: tuple[int, ...] = ()


def profile_interval(
    problem: Profiled,
    quantity: int | Callable[[Floats], float],
    *,
    scale: float,
    reach: tuple[float, float] = (-math.inf, math.inf),
    level: float = 0.95,
) -> tuple[float, float]:
    """Return the ends of the profile-likelihood interval; infinite where an end is open.

    Parameters
    ----------
    quantity : index of a parameter, or parameters (p,) -> value; nan where it is not defined.
    scale : its standard error, or any length of that order.
    reach : beyond these values an end is open.

    Assumptions: normal errors, independent, of variance ``1 / weight`` up to a common factor. With df < 1 both ends are
    open.
    """
    if problem.df < 1 or problem.rss <= 0:
        at = _value(problem, quantity, problem.best)
        return (at, at) if problem.df >= 1 else (-math.inf, math.inf)
    rise = problem.rss * float(stats.f.ppf(level, 1, problem.df)) / problem.df
    if isinstance(quantity, int):
        reach = (max(reach[0], problem.low[quantity]), min(reach[1], problem.high[quantity]))
    low = _end(problem, quantity, -1, rise, scale, reach[0])
    return low, _end(problem, quantity, 1, rise, scale, reach[1])


def _end(
    problem: Profiled, quantity: int | Callable[[Floats], float], side: int, rise: float, scale: float, edge: float
) -> float:
    best = _value(problem, quantity, problem.best)
    if side * (edge - best) <= 0:
        return math.copysign(math.inf, side)
    step = scale if math.isfinite(scale) and scale > 0 else 0.1 * max(abs(best), 1.0)
    step *= math.sqrt(rise / (problem.rss / problem.df))
    inside, b, z_inside = best, problem.best, -1.0
    outside, z_outside = math.nan, math.nan
    for _ in range(MOST_STEPS_OUT):
        to = inside + side * step
        to = edge if side * (to - edge) > 0 else to
        at, there, rss = _doubted(problem, quantity, to, scale, b, rise)
        z = math.sqrt(max(rss - problem.rss, 0.0) / rise) - 1
        if z >= 0:
            outside, z_outside = at, z
            break
        if to == edge or not side * (at - inside) > 0:
            return math.copysign(math.inf, side)
        inside, b, z_inside, step = at, there, z, step * WIDER
    if math.isnan(outside):
        return math.copysign(math.inf, side)
    for turn in range(MOST_HALVINGS):
        # Secants, and every third time the middle: a profile with a corner defeats secants alone
        share = 0.5 if turn % 3 == 2 or z_outside == math.inf else z_inside / (z_inside - z_outside)
        to = inside + (outside - inside) * min(max(share, 0.02), 0.98)
        at, there, rss = refit_held(problem, quantity, to, scale, b)
        if rss == math.inf:  # perhaps only from here
            at, there, rss = _doubted(problem, quantity, to, scale, b, rise)
        z = math.sqrt(max(rss - problem.rss, 0.0) / rise) - 1
        if abs(z) < NEAR_ENOUGH:
            return math.copysign(math.inf, side) if _at_wall(problem, there) else at
        if abs(outside - inside) <= 1e-10 * max(abs(inside), scale):
            break
        if z < 0:
            inside, b, z_inside = at, there, z
        else:
            outside, z_outside = at, z
    # Where the fit is still good and the next value has none within the boxes, it is they that end here, not the data
    nothing_beyond = z_outside == math.inf or _at_wall(problem, b)
    return math.copysign(math.inf, side) if nothing_beyond else inside


def _at_wall(problem: Profiled, b: Floats) -> bool:
    return any(
        not problem.low[j] + AT_WALL < b[j] < problem.high[j] - AT_WALL
        for j in problem.walls
        if problem.low[j] < problem.high[j]
    )


def _doubted(
    problem: Profiled, quantity: int | Callable[[Floats], float], to: float, scale: float, start: Floats, rise: float
) -> tuple[float, Floats, float]:
    """Return what ``refit_held`` does; where that is beyond the limit, the best of refits from further starts."""
    found = refit_held(problem, quantity, to, scale, start)
    if found[2] - problem.rss < rise:
        return found
    further = problem.others if start is problem.best else (problem.best, *problem.others)
    again = [refit_held(problem, quantity, to, scale, other) for other in further]
    return min((found, *again), key=lambda refit: refit[2])


def refit_held(
    problem: Profiled, quantity: int | Callable[[Floats], float], to: float, scale: float, start: Floats
) -> tuple[float, Floats, float]:
    """Refit a problem with a quantity held at a value.

    Parameters
    ----------
    quantity : index of a parameter, or parameters (p,) -> value.
    to : the value.
    scale : a length of the order of the quantity's standard error.
    start : (p,) where the refit begins.

    Returns
    -------
    ``to``, the parameters (p,), and their sum of squares; infinite where no parameters were found that give the value.
    """
    low, high = problem.low.copy(), problem.high.copy()
    with np.errstate(all="ignore"):
        if isinstance(quantity, int):
            low[quantity] = high[quantity] = to
            end = descend(problem.residuals, problem.jacobian, start, low, high, most_steps=MOST_STEPS, no_gain=NO_GAIN)
            return to, end.parameters, end.rss
        lengths = np.sqrt(np.sum(problem.jacobian(start) ** 2, axis=0))
        steps = _steps(problem, start, lengths)
        slopes = _gradient(quantity, start, low, high, steps)
        # The parameter that moves the quantity most for what it costs in fit
        gains = np.where((lengths > 0) & np.isfinite(slopes) & (high > low), np.abs(slopes) / lengths, 0.0)
        if not np.any(gains > 0):
            return to, start, math.inf
        pivot = int(np.argmax(gains))
        solving = _Solving(problem=problem, quantity=quantity, to=to, scale=scale, pivot=pivot, steps=steps)
        begin = solving.whole(start)
        if not np.all(np.isfinite(begin)):
            return to, start, math.inf
        low[solving.pivot] = high[solving.pivot] = start[solving.pivot]
        end = descend(solving.residuals, solving.jacobian, start, low, high, most_steps=MOST_STEPS, no_gain=NO_GAIN)
        return to, solving.whole(end.parameters), end.rss


@dataclass(frozen=True, slots=True, kw_only=True)
class _Solving:
    """A problem in which the parameter ``pivot`` follows from the others, so that the quantity is ``to``."""

    problem: Profiled
    quantity: Callable[[Floats], float]
    to: float
    scale: float
    pivot: int
    steps: Floats

    def whole(self, b: Floats) -> Floats:
        """Return ``b`` (p,) with its pivot solved for, by Newton; nan where that leaves its box."""
        j, low, high = self.pivot, self.problem.low, self.problem.high
        found = b.copy()
        for _ in range(MOST_NEWTON):
            short = self.to - self.quantity(found)
            if abs(short) <= SOLVED * self.scale:
                return found
            slope = _slope(self.quantity, found, j, low, high, self.steps[j])
            moved = found[j] + short / slope if slope != 0 else math.nan
            if not math.isfinite(moved) or not low[j] <= moved <= high[j]:
                break
            found[j] = moved
        return np.full(b.size, np.nan)

    def residuals(self, b: Floats) -> Floats:
        return self.problem.residuals(self.whole(b))

    def jacobian(self, b: Floats) -> Floats:
        whole = self.whole(b)
        columns = self.problem.jacobian(whole)
        slopes = _gradient(self.quantity, whole, self.problem.low, self.problem.high, self.steps)
        return columns - np.outer(columns[:, self.pivot], slopes / slopes[self.pivot])


def _value(problem: Profiled, quantity: int | Callable[[Floats], float], b: Floats) -> float:
    return float(b[quantity]) if isinstance(quantity, int) else float(quantity(b))


def _steps(problem: Profiled, b: Floats, lengths: Floats) -> Floats:
    """Return steps (p,) for differences of a quantity."""
    moves = math.sqrt(problem.rss / problem.df) / np.where(lengths > 0, lengths, np.inf)
    steps = np.maximum(np.minimum(GRADIENT_STEP * moves, GRADIENT_STEP * np.abs(b)), LEAST_STEP * np.abs(b))
    return np.where(steps > 0, steps, np.where(moves > 0, GRADIENT_STEP * moves, LEAST_STEP))


def _gradient(quantity: Callable[[Floats], float], b: Floats, low: Floats, high: Floats, steps: Floats) -> Floats:
    slopes = np.zeros(b.size)
    for j in np.flatnonzero(high > low):
        slopes[j] = _slope(quantity, b, int(j), low, high, steps[j])
    return slopes


def _slope(quantity: Callable[[Floats], float], b: Floats, j: int, low: Floats, high: Floats, step: float) -> float:
    up, down = b.copy(), b.copy()
    up[j], down[j] = min(b[j] + step, high[j]), max(b[j] - step, low[j])
    return float((quantity(up) - quantity(down)) / (up[j] - down[j]))
