"""Profile-likelihood intervals of the numbers of a MuSyC surface: each is held, all others are fitted again.

The interval holds the values at which the best residual sum of squares stays below ``rss (1 + F(1, df) / df)`` (Bates
& Watts 1988 Nonlinear Regression Analysis, ch. 6). Beta is held exactly: where compound 1 is the stronger one it makes
E3 a sum of E0 and E1, so that the other effects stay linear; both compounds are tried as the stronger one.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from avpi.dose.synergy.musyc_descent import descend
from avpi.dose.synergy.musyc_fit import MusycFit, theta_of
from avpi.dose.synergy.musyc_kernel import STATES, Surface
from avpi.dose.synergy.musyc_problem import PLACES, model_surface
from avpi.dose.synergy.musyc_surface import EFFECTS

Floats = NDArray[np.float64]
Refit = Callable[[float, Floats], tuple[float, Floats]]

MOST_STEPS, NO_GAIN = 120, 1e-8
"""Of a refit: its sum of squares is then known far better than the limit asks."""
MOST_OUT, WIDER, MOST_INWARD = 30, 1.7, 40
NEAR_ENOUGH = 1e-4
"""Of the root of the rise: how exactly an end is found."""
WIDEST_STEP = 1.0
"""In natural logarithms: a standard error beyond this says nothing about where the end is."""
BETA_REACH = 100.0
"""A combination a hundred times as strong as the stronger compound, or more: the end is open."""


def profile_ends(fit: MusycFit, name: str, error: float, level: float) -> tuple[float, float]:
    """Return the ends of an interval on the scale of the fit (logarithms after E3); infinite where it is open.

    Parameters
    ----------
    name : a parameter, or ``beta``. An effect is meant as fraction affected.
    error : its standard error on that scale, or nan.
    """
    surface = model_surface(fit.problem.surface, fit.model)
    theta = theta_of(fit.parameters)
    if name == "beta":
        best, reach, refit = fit.beta, (-BETA_REACH, BETA_REACH), _beta_refit(surface, fit)
    elif name in EFFECTS:
        s = EFFECTS.index(name)
        best, reach, refit = float(fit.effects[s]), (-math.inf, math.inf), _effect_refit(surface, fit, s)
    else:
        place = PLACES[name]
        best, refit = float(theta[place]), _curved_refit(surface, fit, place)
        reach = (float(surface.low[place]), float(surface.high[place]))
    limit = fit.rss * (1 + float(stats.f.ppf(level, 1, fit.df)) / fit.df)
    scale = min(error, WIDEST_STEP) if error > 0 else 0.3
    scale *= float(stats.t.isf((1 - level) / 2, fit.df))
    return (
        _end(refit, -1, best, reach[0], scale, (fit.rss, limit), [theta, *fit.starts]),
        _end(refit, 1, best, reach[1], scale, (fit.rss, limit), [theta, *fit.starts]),
    )


def _end(
    refit: Refit, side: int, best: float, edge: float, step: float, sums: tuple[float, float], starts: list[Floats]
) -> float:
    """Return where the profile crosses its limit on one side."""
    rss, limit = sums
    rise = max(limit - rss, 1e-300)

    def beyond(to: float, start: Floats) -> tuple[float, Floats]:
        found, there = refit(to, start)
        for other in starts:  # an interval ends where no valley is deep enough, not where this one is left
            if found >= limit and other is not start:
                again, elsewhere = refit(to, other)
                found, there = (again, elsewhere) if again < found else (found, there)
        return math.sqrt(max(found - rss, 0.0) / rise) - 1, there

    if side * (edge - best) <= 0:
        return side * math.inf
    inside, z_inside, start = best, -1.0, starts[0]
    for _ in range(MOST_OUT):
        to = inside + side * step
        to = edge if side * (to - edge) > 0 else to
        z, there = beyond(to, start)
        if z >= 0:
            outside, z_outside = to, z
            break
        if to == edge:
            return side * math.inf
        inside, z_inside, start, step = to, z, there, step * WIDER
    else:
        return side * math.inf
    for turn in range(MOST_INWARD):
        share = 0.5 if turn % 3 == 2 else z_inside / (z_inside - z_outside)
        to = inside + (outside - inside) * min(max(share, 0.05), 0.95)
        z, there = beyond(to, start)
        if abs(z) < NEAR_ENOUGH:
            return to
        if z < 0:
            inside, z_inside, start = to, z, there
        else:
            outside, z_outside = to, z
    return inside


def _descended(surface: Surface, fit: MusycFit, start: Floats) -> tuple[float, Floats, Floats]:
    theta, effects = start.copy(), np.empty(STATES)
    rss, _ = descend(theta, surface, effects, MOST_STEPS, NO_GAIN)
    return float(rss) + fit.problem.within, theta, effects


def _curved_refit(surface: Surface, fit: MusycFit, place: int) -> Refit:
    def refit(to: float, start: Floats) -> tuple[float, Floats]:
        low, high = surface.low.copy(), surface.high.copy()
        low[place] = high[place] = to
        return _descended(surface._replace(low=low, high=high), fit, start)[:2]

    return refit


def _effect_refit(surface: Surface, fit: MusycFit, state: int) -> Refit:
    others = np.delete(np.arange(STATES), state)

    def refit(to: float, start: Floats) -> tuple[float, Floats]:
        shift = np.zeros(STATES)
        shift[state] = to
        return _descended(_narrowed(surface, np.eye(STATES)[others], others, shift), fit, start)[:2]

    return refit


def _beta_refit(surface: Surface, fit: MusycFit) -> Refit:
    kept = np.arange(STATES - 1)

    def refit(to: float, start: Floats) -> tuple[float, Floats]:
        tried = []
        for strong, weak in ((1, 2), (2, 1)):
            basis = np.eye(STATES)[kept]
            basis[0, 3], basis[strong, 3] = -to, 1 + to
            rss, theta, effects = _descended(_narrowed(surface, basis, kept, np.zeros(STATES)), fit, start)
            if effects[strong] < effects[weak]:  # then both are equally strong at the best allowed point
                tie = np.array([[1.0, 0, 0, -to], [0, 1, 1, 1 + to]])
                rss, theta, effects = _descended(_narrowed(surface, tie, kept[:2], np.zeros(STATES)), fit, start)
            if effects[strong] > effects[0]:
                tried.append((rss, theta))
        return min(tried, key=lambda one: one[0]) if tried else (math.inf, start)

    return refit


def _narrowed(surface: Surface, basis: Floats, kept: NDArray[np.int64], shift: Floats) -> Surface:
    return surface._replace(
        basis=np.ascontiguousarray(basis), shift=shift, e_low=surface.e_low[kept], e_high=surface.e_high[kept]
    )


def tied_rss(fit: MusycFit, basis: Floats, held: tuple[int, ...] = ()) -> float:
    """Return the residual sum of squares of the wells where effects are tied by ``basis`` (k, 4), boxes of theirs off.

    ``held`` are places in theta that are 1.
    """
    surface = model_surface(fit.problem.surface, fit.model)
    low, high = surface.low.copy(), surface.high.copy()
    for place in held:
        low[place] = high[place] = 0.0
    tied = surface._replace(
        basis=np.ascontiguousarray(basis, float),
        low=low,
        high=high,
        e_low=np.full(len(basis), -math.inf),
        e_high=np.full(len(basis), math.inf),
    )
    starts = [theta_of(fit.parameters), *fit.starts]
    return min(_descended(tied, fit, start)[0] for start in starts)
