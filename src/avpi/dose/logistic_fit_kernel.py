"""Find the best four-parameter logistic of a curve: starts in several basins, Newton's method, boxes; compiled.

The two parameters that ``logistic_kernel`` leaves, p and k = ln slope, are found by Newton's method with the exact
Hessian, with steps made shorter where they do not help. A residual surface of few doses has several minima: a start is
taken from each class of slopes, and where a box binds from further places. The best minimum is kept.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avpi.dose.compiled import compiled
from avpi.dose.logistic_kernel import (
    GK,
    GP,
    HELD,
    HKK,
    HPK,
    HPP,
    LENGTH,
    RSS,
    Curve,
    reduced,
)

Floats = NDArray[np.float64]

P_LOW, P_HIGH, K_LOW, K_HIGH = range(4)
"""Places in the boxes of p and k."""
MOST_STEPS = 40
LONGEST_STEP = 1.2
"""In log10 dose and ln slope: further than that the quadratic is not believed."""
CONVERGED = 1e-8
"""Expected fall of the residual sum of squares, relative to it, at which a minimum is reached."""
SAME_BASIN = 0.03
"""So near to a minimum that is known already, in log10 dose and ln slope, a start is given up."""
HOPELESS = 8.0
"""Newton's method promises a fall; where so many times as much would not beat the best minimum yet, a start is left."""
STUCK = 1e6
"""So many times shorter than Newton's a step is given up."""
FLAT = 1e-5
"""Promised fall, relative to the residual sum, that after all steps still counts as arrived: a curve on its plateau."""
_LEAST = 1e-300
NEGLIGIBLE = 1e-24
"""Half a residual sum of squares, relative to that of the responses themselves, that is rounding."""


@compiled()
def descend(
    p: float,
    k: float,
    curve: Curve,
    here: Floats,
    there: Floats,
    known: Floats,
    number_known: int,
    to_beat: float,
    floor: float,
) -> tuple[float, float, bool]:  # pragma: no cover - compiled
    """Return the minimum (p, k) reached from a start, and whether it was reached; ``here`` then holds its values.

    ``known`` (basins, 2) are minima found before, near which the descent is given up, as it is where ``to_beat`` is out
    of reach. ``floor`` is half a residual sum that counts as none.
    """
    box = curve.box
    p, k = min(max(p, box[P_LOW]), box[P_HIGH]), min(max(k, box[K_LOW]), box[K_HIGH])
    reduced(p, k, curve, here)
    damping = 0.0
    for _ in range(MOST_STEPS):
        gp, gk = here[GP], here[GK]
        p_held = (p <= box[P_LOW] and gp > 0) or (p >= box[P_HIGH] and gp < 0)
        k_held = (k <= box[K_LOW] and gk > 0) or (k >= box[K_HIGH] and gk < 0)
        if here[RSS] <= floor or (p_held and k_held):
            return p, k, True
        for i in range(number_known):
            if abs(p - known[i, 0]) < SAME_BASIN and abs(k - known[i, 1]) < SAME_BASIN:
                return p, k, False
        dp, dk, fall = _step(here, 1 if p_held else (2 if k_held else 0))
        if fall <= CONVERGED * here[RSS]:
            return p, k, True
        if here[RSS] - HOPELESS * fall > to_beat:
            return p, k, False
        shorter = max(max(abs(dp), abs(dk)) / LONGEST_STEP, 1.0) * (1.0 + damping)
        dp, dk = dp / shorter, dk / shorter
        to_p = min(max(p + dp, box[P_LOW]), box[P_HIGH])
        to_k = min(max(k + dk, box[K_LOW]), box[K_HIGH])
        reduced(to_p, to_k, curve, there)
        if there[RSS] <= here[RSS]:
            if to_p == p and to_k == k:
                return p, k, True
            p, k = to_p, to_k
            for i in range(LENGTH):
                here[i] = there[i]
            damping = 0.0 if damping <= 1.0 else damping / 8
        elif damping > STUCK:
            return p, k, True  # no step helps any more: rounding
        else:
            damping = 4 * damping + 1
    return p, k, fall <= FLAT * here[RSS]


@compiled(error_model="numpy")
def _step(at: Floats, held: int) -> tuple[float, float, float]:  # pragma: no cover - compiled
    """Return the step (dp, dk) downhill, and how far half the residual sum should fall by it.

    ``held`` is 1 where p stays, 2 where k does. Along each axis of the Hessian the step is Newton's where the surface
    curves up, and as long where it curves down, but then away from the ridge (Dauphin 2014 arXiv:1406.2572).
    """
    gp, gk = at[GP], at[GK]
    app, akk, apk = at[HPP], at[HKK], at[HPK]
    if held == 1:
        size = abs(akk) + _LEAST
        return 0.0, -gk / size, 0.5 * gk * gk / size
    if held == 2:
        size = abs(app) + _LEAST
        return -gp / size, 0.0, 0.5 * gp * gp / size
    middle, half = 0.5 * (app + akk), 0.5 * (app - akk)
    spread = math.sqrt(half * half + apk * apk)
    high, low = middle + spread, middle - spread
    # the axis of the higher eigenvalue: (apk, high - app) or (high - akk, apk), whichever is longer
    if half >= 0:
        ax, ay = high - akk, apk
    else:
        ax, ay = apk, high - app
    length = math.sqrt(ax * ax + ay * ay)
    if length == 0.0:
        ax, ay, length = 1.0, 0.0, 1.0
    ax, ay = ax / length, ay / length
    along, across = ax * gp + ay * gk, ax * gk - ay * gp
    high, low = abs(high) + _LEAST, abs(low) + _LEAST
    one, two = along / high, across / low
    return -(ax * one - ay * two), -(ay * one + ax * two), 0.5 * (along * one + across * two)


@compiled(fastmath={"contract", "reassoc", "nsz"})
def best_starts(
    y: Floats, sigmoids: Floats, classes: int, found: NDArray[np.int64], likeness: Floats
) -> None:  # pragma: no cover - compiled
    """Fill ``found`` (classes,) with the best start of each class of slopes, the best class first.

    The best is that whose sigmoid leaves least of the curve. ``sigmoids`` (starts, doses) are centred, of unit length
    in the weights of the design and multiplied with these; the starts of a class are side by side.
    """
    each, n = sigmoids.shape[0] // classes, y.size
    for c in range(classes):
        best, at = -1.0, c * each
        for g in range(c * each, (c + 1) * each):
            like = 0.0
            for i in range(n):
                like += sigmoids[g, i] * y[i]
            if like * like > best:
                best, at = like * like, g
        place = c
        while place > 0 and likeness[place - 1] < best:
            likeness[place], found[place] = likeness[place - 1], found[place - 1]
            place -= 1
        likeness[place], found[place] = best, at


class Starts(NamedTuple):
    """Where the fits of a design begin.

    Attributes
    ----------
    grid : (starts, 2) p and k; the starts of a class of slopes are side by side.
    sigmoids : (starts, doses) their curves, as ``best_starts`` wants them.
    classes : how many slopes there are.
    more : (further, 2) starts that are tried where a box binds.
    """

    grid: Floats
    sigmoids: Floats
    classes: int
    more: Floats


@compiled()
def fit_one(curve: Curve, starts: Starts, best: Floats) -> tuple[float, float, bool]:  # pragma: no cover - compiled
    """Return the best (p, k) of a curve and whether it converged; ``best`` (9,) gets what belongs to it."""
    classes, more = starts.classes, starts.more
    here, there = np.empty(LENGTH), np.empty(LENGTH)
    chosen = np.empty(classes, np.int64)
    known = np.empty((classes + more.shape[0], 2))
    best_starts(curve.y, starts.sigmoids, classes, chosen, np.empty(classes))
    size = 0.0
    for i in range(curve.x.size):
        size += curve.w[i] * curve.y[i] * curve.y[i]
    best_p = best_k = 0.0
    best[RSS] = math.inf
    done, number = False, 0
    for turn in range(classes + more.shape[0]):
        if turn >= classes and not _binds(best_p, best_k, best, curve.box):
            break
        start_p = starts.grid[chosen[turn], 0] if turn < classes else more[turn - classes, 0]
        start_k = starts.grid[chosen[turn], 1] if turn < classes else more[turn - classes, 1]
        p, k, reached = descend(start_p, start_k, curve, here, there, known, number, best[RSS], NEGLIGIBLE * size)
        if reached:
            known[number, 0], known[number, 1] = p, k
            number += 1
        if here[RSS] < best[RSS]:
            best_p, best_k, done = p, k, reached or done
            for i in range(LENGTH):
                best[i] = here[i]
    return best_p, best_k, done


@compiled()
def _binds(p: float, k: float, at: Floats, box: Floats) -> bool:  # pragma: no cover - compiled
    """Return whether a box holds a parameter at its edge."""
    at_edge = p <= box[P_LOW] or p >= box[P_HIGH] or k <= box[K_LOW] or k >= box[K_HIGH]
    return at_edge or bool(at[HELD] != 0)
