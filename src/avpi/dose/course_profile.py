"""Profile likelihood of anything that follows from a fitted course, by refits that are held to a value by a penalty.

A course that hardly falls, or falls at once, lies in a corner of what its parameters may be: no single one of them can
be solved for a wanted value there. A penalty moves all of them and keeps every box.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from avpi.dose.course_fit import CourseFit
from avpi.dose.marquardt import descend

Floats = NDArray[np.float64]
Quantity = Callable[[Floats], float]

HOLDING = 100.0
"""How many times tighter than its standard error a quantity is held: it gives way by a ten-thousandth of the error."""
REACHED = 0.01
"""Of the standard error: how near a refit must come for the value to be one that the model can have."""
STEP = 1e-6
"""Relative, of differences of a quantity."""
MOST_STEPS, NO_GAIN = 60, 1e-6
"""Of a refit: its deviance is then known far better than an end asks."""
MOST_STEPS_OUT, MOST_HALVINGS, WIDER = 24, 30, 1.7
NEAR_ENOUGH = 1e-3
"""Of the root of the rise: how exactly an end is found; a thousandth of the interval's half-width."""


def profile_ends(fit: CourseFit, quantity: Quantity, reach: tuple[float, float], level: float) -> tuple[float, float]:
    """Return the profile-likelihood interval of a quantity.

    An end beyond ``reach`` is infinite. Where the model ends before the likelihood has fallen far enough, as at nothing
    left, the end is the last value that the model can have.
    """
    if fit.df < 1 or not math.isfinite(quantity(fit.parameters)):
        return -math.inf, math.inf
    limit = math.sqrt(float(stats.f.ppf(level, 1, fit.df)))
    return _end(fit, quantity, -1, limit, reach[0]), _end(fit, quantity, 1, limit, reach[1])


def chance_below(fit: CourseFit, quantity: Quantity, bound: float) -> float:
    """Return the confidence that a quantity lies below a bound, by the signed root of its profile likelihood."""
    value = quantity(fit.parameters)
    if fit.df < 1 or not math.isfinite(value):
        return math.nan
    root = refitted(fit, quantity, bound, fit.parameters)[0]
    return float(stats.t.cdf(math.copysign(root, bound - value), fit.df))


def refitted(fit: CourseFit, quantity: Quantity, wanted: float, start: Floats) -> tuple[float, Floats]:
    """Return the root of the rise in deviance of the best course with ``quantity = wanted``, and its parameters (p,).

    The rise is infinite where no course of the model has that value.
    """
    size = _size(fit, quantity)
    tight = size / HOLDING

    def residuals(b: Floats) -> Floats:
        return np.append(fit.residuals(b), (wanted - quantity(b)) / tight)

    def jacobian(b: Floats) -> Floats:
        return np.vstack([fit.jacobian(b), gradient(quantity, b, fit.edges) / tight])

    best: tuple[float, Floats] = (math.inf, start)
    with np.errstate(all="ignore"):
        for begin in (start, *fit.others()):
            end = descend(
                residuals, jacobian, begin, fit.edges[:, 0], fit.edges[:, 1], most_steps=MOST_STEPS, no_gain=NO_GAIN
            )
            if abs(quantity(end.parameters) - wanted) <= REACHED * size:
                rise = float(np.sum(fit.residuals(end.parameters) ** 2)) - fit.deviance
                root = math.sqrt(max(rise, 0.0))
                if root < best[0]:
                    best = root, end.parameters
                break
    return best


def gradient(quantity: Quantity, b: Floats, edges: Floats) -> Floats:
    """Return the derivatives (p,) of a quantity, by differences within the boxes."""
    slopes = np.zeros(b.size)
    for j in np.flatnonzero(edges[:, 1] > edges[:, 0]):
        step = STEP * max(abs(float(b[j])), 1e-2)
        high, low = b.copy(), b.copy()
        high[j], low[j] = min(b[j] + step, edges[j, 1]), max(b[j] - step, edges[j, 0])
        slopes[j] = (quantity(high) - quantity(low)) / (high[j] - low[j])
    return slopes


def delta_error(fit: CourseFit, quantity: Quantity) -> float:
    """Return the standard error of a quantity by the delta method; nan where it is not defined."""
    slopes = gradient(quantity, fit.parameters, fit.edges)
    if not np.all(np.isfinite(slopes)):
        return math.nan
    return math.sqrt(max(float(slopes @ fit.covariance @ slopes), 0.0))


def _size(fit: CourseFit, quantity: Quantity) -> float:
    error = delta_error(fit, quantity)
    smallest = 1e-4 * max(abs(quantity(fit.parameters)), 1e-2)
    return max(error, smallest) if math.isfinite(error) else smallest


def _end(fit: CourseFit, quantity: Quantity, side: int, limit: float, edge: float) -> float:
    """Return where the root of the rise reaches ``limit`` on one side."""
    inside, b, z_inside = quantity(fit.parameters), fit.parameters, -limit
    step = _size(fit, quantity) * limit
    outside, z_outside = math.nan, math.nan
    for _ in range(MOST_STEPS_OUT):
        to = inside + side * step
        if side * (to - edge) >= 0:
            to = edge
        root, there = refitted(fit, quantity, to, b)
        if root >= limit:
            outside, z_outside = to, root - limit
            break
        if to == edge:
            return math.copysign(math.inf, side)
        inside, b, z_inside, step = to, there, root - limit, step * WIDER
    if math.isnan(outside):
        return math.copysign(math.inf, side)
    for turn in range(MOST_HALVINGS):
        share = 0.5 if turn % 3 == 2 or not math.isfinite(z_outside) else z_inside / (z_inside - z_outside)
        to = inside + (outside - inside) * min(max(share, 0.02), 0.98)
        root, there = refitted(fit, quantity, to, b)
        z = root - limit
        if abs(z) < NEAR_ENOUGH * limit or abs(outside - inside) < 1e-4 * _size(fit, quantity):
            return to
        if z < 0:
            inside, b, z_inside = to, there, z
        else:
            outside, z_outside = to, z
    return inside
