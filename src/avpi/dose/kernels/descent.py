"""Find the best four-parameter logistic of each curve: starts in several basins, Newton's method, boxes; compiled.

The two parameters that ``logistic`` leaves, p and k = ln slope, are found by Newton's method with the exact
Hessian, with steps made shorter where they do not help. A residual surface of few doses has several minima: a start is
taken from each class of slopes, and where a box binds from further places. The best minimum is kept.

All curves of a block go their way together, a step of each at a time.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avpi.compute.compiled import compiled
from avpi.dose.kernels.logistic import GK, GP, HELD, HKK, HPK, HPP, LENGTH, RSS, Curves, evaluate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

P_LOW, P_HIGH, K_LOW, K_HIGH = range(4)
"""Places in the boxes of p and k."""
MOST_STEPS = 80
LONGEST_STEP = 1.2
"""In log10 dose and ln slope: further than that the quadratic is not believed."""
CONVERGED = 1e-8
"""Expected fall of the residual sum of squares, relative to it, at which a minimum is reached."""
SAME_BASIN = 0.03
"""So near to a minimum that is known already, in log10 dose and ln slope, a start is given up."""
SAME_AIM = 0.1
"""So near to a known minimum Newton's step need only aim, where the surface curves up, for a start to be given up."""
HOPELESS = 8.0
"""Newton's method promises a fall; where so many times as much would not beat the best minimum yet, a start is left."""
STUCK = 1e6
"""So many times shorter than Newton's a step is given up."""
FLAT = 1e-4
"""Promised fall, relative to the residual sum, that after all steps still counts as arrived: a curve on its plateau."""
_LEAST = 1e-300
_NO_DOSE = -1000.0
"""log10 of the dose of a control, as ``avpi.dose.design`` has it: far below the others."""
NEGLIGIBLE = 1e-24
"""Half a residual sum of squares, relative to that of the responses themselves, that is rounding."""
POOR = 0.4
"""Residual sum of squares, relative to a flat line's, above which a curve may have minima that no slope class shows."""
APART = 3
"""Starts of a class, side by side, within which the second best is not looked for."""
MOST_STARTS = 1024
"""Starts that a design may have."""
MOST_BASINS = 16
"""Starts that a fit may have."""
_NOT_BEGUN, _GOING, _GIVEN_UP, _ARRIVED = range(4)


class Starts(NamedTuple):
    """Where the fits of a design begin.

    Attributes
    ----------
    grid : (starts, 2) p and k; the starts of a class of slopes are side by side.
    bounds : (classes + 1,) where each class begins, and the end.
    sigmoids : (starts, doses) their curves, centred, of unit length in the weights of the design and multiplied with
        these.
    more : (further, 2) starts that are tried where a box binds, the fit is poor, or its EC50 outside the doses.
    """

    grid: Floats
    bounds: Ints
    sigmoids: Floats
    more: Floats


class Descents(NamedTuple):
    """The curves of a block on their way down.

    Attributes
    ----------
    p, k : (curves,) where each is; ``to_p``, ``to_k`` where it tries to go.
    here, there : (curves, 9) the values at these places.
    damping, fall : (curves,) how much shorter than Newton's a step is, and what was promised of it.
    ended : (curves,) whether a descent was not begun, goes on, was given up or arrived.
    best : (curves, 9) values at the best minimum yet, ``best_p`` and ``best_k`` (curves,) where it is.
    done : (curves,) whether it converged.
    floor, poor : (curves,) half a residual sum that counts as none, and one above which a curve may have more minima.
    known : (curves, basins, 2) minima that were found, ``number_known`` (curves,) how many.
    chosen, likeness : (curves, basins) the starts and how well they fit.
    scores : (starts,) how well each start fits a curve.
    jobs, left : (curves,) lists of curves.
    """

    p: Floats
    k: Floats
    to_p: Floats
    to_k: Floats
    here: Floats
    there: Floats
    damping: Floats
    fall: Floats
    ended: Ints
    best: Floats
    best_p: Floats
    best_k: Floats
    done: Ints
    floor: Floats
    poor: Floats
    known: Floats
    number_known: Ints
    chosen: Ints
    likeness: Floats
    scores: Floats
    jobs: Ints
    left: Ints


def descents_for(curves: int) -> Descents:
    """Return room for so many curves."""
    p, k, to_p, to_k, damping, fall, best_p, best_k, floor, poor = (np.zeros(curves) for _ in range(10))
    here, there, best = (np.zeros((curves, LENGTH)) for _ in range(3))
    ended, done, number_known, jobs, left = (np.zeros(curves, np.int64) for _ in range(5))
    known, likeness = np.zeros((curves, MOST_BASINS, 2)), np.zeros((curves, MOST_BASINS))
    return Descents(
        p, k, to_p, to_k, here, there, damping, fall, ended, best, best_p, best_k, done, floor, poor, known,
        number_known, np.zeros((curves, MOST_BASINS), np.int64), likeness, np.zeros(MOST_STARTS), jobs, left,
    )  # fmt: skip


@compiled(inner=True)
def fit_all(
    curves: Curves, wanted: Ints, number: int, each: Ints, starts: Starts, way: Descents, lanes: Floats
) -> None:  # pragma: no cover - compiled
    """Fill ``best``, ``best_p``, ``best_k`` and ``done`` of the first ``number`` curves in ``wanted``.

    ``each`` (curves,) counts from 0: job q is curve q.
    """
    classes = starts.bounds.size - 1
    first = curves.x[0] if curves.x[0] > 0.5 * _NO_DOSE else curves.x[1]
    for i in range(number):
        c = wanted[i]
        _best_starts(curves.y[c], starts.sigmoids, starts.bounds, way.chosen[c], way.likeness[c], way.scores)
        size, whole, mean = 0.0, 0.0, 0.0
        for j in range(curves.x.size):
            size += curves.w[c, j] * curves.y[c, j] * curves.y[c, j]
            mean += curves.w[c, j] * curves.y[c, j]
            whole += curves.w[c, j]
        way.floor[c] = NEGLIGIBLE * size
        way.poor[c] = 0.5 * POOR * (size - mean * mean / whole)
        way.best[c, RSS] = math.inf
        way.done[c], way.number_known[c], way.ended[c] = 0, 0, _NOT_BEGUN
    for turn in range(2 * classes + starts.more.shape[0]):
        jobs = 0
        for i in range(number):
            c = wanted[i]
            if turn >= classes and way.best[c, RSS] < way.poor[c]:
                binds = _binds(way.best_p[c], way.best_k[c], way.best[c], curves.box)
                outside = way.best_p[c] < first or way.best_p[c] > curves.x[-1]
                if turn < 2 * classes or not (binds or outside):
                    continue
            if turn < 2 * classes:
                start = way.chosen[c, turn]
                way.p[c], way.k[c] = starts.grid[start, 0], starts.grid[start, 1]
            else:
                way.p[c], way.k[c] = starts.more[turn - 2 * classes, 0], starts.more[turn - 2 * classes, 1]
            way.jobs[jobs] = c
            jobs += 1
        if jobs == 0:
            return
        _descend(curves, jobs, each, way, lanes)
        for i in range(number):
            c = wanted[i]
            if way.ended[c] != _NOT_BEGUN:
                _keep_best(c, way)
            way.ended[c] = _NOT_BEGUN


@compiled(inner=True, forceinline=True)
def _keep_best(c: int, way: Descents) -> None:  # pragma: no cover - compiled
    """Take the end of a descent into what is known of the curve."""
    if way.ended[c] == _ARRIVED:
        at = way.number_known[c]
        way.known[c, at, 0], way.known[c, at, 1] = way.p[c], way.k[c]
        way.number_known[c] = at + 1
    if way.here[c, RSS] < way.best[c, RSS]:
        way.best_p[c], way.best_k[c] = way.p[c], way.k[c]
        if way.ended[c] == _ARRIVED:
            way.done[c] = 1
        for i in range(LENGTH):
            way.best[c, i] = way.here[c, i]


@compiled(inner=True)
def _descend(curves: Curves, jobs: int, each: Ints, way: Descents, lanes: Floats) -> None:  # pragma: no cover
    """Go down from (p, k) with the curves in ``jobs``, a step of all at a time; ``here`` holds the values at the end.

    Near the minima that are known already a descent is given up, as it is where the best yet is out of reach.
    """
    box = curves.box
    for i in range(jobs):
        c = way.jobs[i]
        way.p[c] = min(max(way.p[c], box[P_LOW]), box[P_HIGH])
        way.k[c] = min(max(way.k[c], box[K_LOW]), box[K_HIGH])
        way.damping[c], way.ended[c] = 0.0, _GOING
    evaluate(curves, lanes, way.jobs, jobs, each, way.p, way.k, way.here)
    for _ in range(MOST_STEPS):
        tried = 0
        for i in range(jobs):
            c = way.jobs[i]
            _propose(c, way, box)
            if way.ended[c] == _GOING:
                way.left[tried] = c
                tried += 1
        if tried == 0:
            return
        evaluate(curves, lanes, way.left, tried, each, way.to_p, way.to_k, way.there)
        jobs = 0
        for i in range(tried):
            c = way.left[i]
            _judge(c, way)
            if way.ended[c] == _GOING:
                way.jobs[jobs] = c
                jobs += 1
    for i in range(jobs):
        c = way.jobs[i]
        way.ended[c] = _ARRIVED if way.fall[c] <= FLAT * way.here[c, RSS] else _GIVEN_UP


@compiled(inner=True, forceinline=True)
def _propose(c: int, way: Descents, box: Floats) -> None:  # pragma: no cover - compiled
    """Choose where a curve goes next, or end its descent."""
    here, p, k = way.here[c], way.p[c], way.k[c]
    gp, gk = here[GP], here[GK]
    p_held = (p <= box[P_LOW] and gp > 0) or (p >= box[P_HIGH] and gp < 0)
    k_held = (k <= box[K_LOW] and gk > 0) or (k >= box[K_HIGH] and gk < 0)
    if here[RSS] <= way.floor[c] or (p_held and k_held):
        way.ended[c] = _ARRIVED
        return
    for i in range(way.number_known[c]):
        if abs(p - way.known[c, i, 0]) < SAME_BASIN and abs(k - way.known[c, i, 1]) < SAME_BASIN:
            way.ended[c] = _GIVEN_UP
            return
    dp, dk, fall = _step(here, 1 if p_held else (2 if k_held else 0))
    way.fall[c] = fall
    if here[HPP] > 0 and here[HPP] * here[HKK] > here[HPK] * here[HPK]:
        for i in range(way.number_known[c]):
            if abs(p + dp - way.known[c, i, 0]) < SAME_AIM and abs(k + dk - way.known[c, i, 1]) < SAME_AIM:
                way.ended[c] = _GIVEN_UP
                return
    if fall <= CONVERGED * here[RSS]:
        way.ended[c] = _ARRIVED
        return
    if here[RSS] - HOPELESS * fall > way.best[c, RSS]:
        way.ended[c] = _GIVEN_UP
        return
    shorter = max(max(abs(dp), abs(dk)) / LONGEST_STEP, 1.0) * (1.0 + way.damping[c])
    way.to_p[c] = min(max(p + dp / shorter, box[P_LOW]), box[P_HIGH])
    way.to_k[c] = min(max(k + dk / shorter, box[K_LOW]), box[K_HIGH])


@compiled(inner=True, forceinline=True)
def _judge(c: int, way: Descents) -> None:  # pragma: no cover - compiled
    """Go where a curve tried to, if that is lower; else make the next step shorter."""
    damping = way.damping[c]
    if way.there[c, RSS] <= way.here[c, RSS]:
        if way.to_p[c] == way.p[c] and way.to_k[c] == way.k[c]:
            way.ended[c] = _ARRIVED
            return
        way.p[c], way.k[c] = way.to_p[c], way.to_k[c]
        for i in range(LENGTH):
            way.here[c, i] = way.there[c, i]
        way.damping[c] = 0.0 if damping <= 1.0 else damping / 8
    elif damping > STUCK:
        way.ended[c] = _ARRIVED  # no step helps any more: rounding
    else:
        way.damping[c] = 4 * damping + 1


@compiled(inner=True, forceinline=True, error_model="numpy")
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


@compiled(inner=True, fastmath={"contract", "reassoc", "nsz"})
def _best_starts(
    y: Floats, sigmoids: Floats, bounds: Ints, found: Ints, likeness: Floats, scores: Floats
) -> None:  # pragma: no cover - compiled
    """Fill ``found`` (classes,) with the best start of each class of slopes, the best class first.

    The best is that whose sigmoid leaves least of the curve. ``sigmoids`` (starts, doses) are centred, of unit length
    in the weights of the design and multiplied with these; the starts of a class are side by side.
    """
    classes, n = bounds.size - 1, y.size
    for g in range(bounds[classes]):
        like = 0.0
        for i in range(n):
            like += sigmoids[g, i] * y[i]
        scores[g] = like * like
    for c in range(classes):
        best, at = -1.0, bounds[c]
        for g in range(bounds[c], bounds[c + 1]):
            if scores[g] > best:
                best, at = scores[g], g
        second, then = -1.0, bounds[c]
        for g in range(bounds[c], bounds[c + 1]):
            if scores[g] > second and abs(g - at) >= APART:
                second, then = scores[g], g
        found[classes + c] = then
        place = c
        while place > 0 and likeness[place - 1] < best:
            likeness[place], found[place] = likeness[place - 1], found[place - 1]
            place -= 1
        likeness[place], found[place] = best, at


@compiled(inner=True, forceinline=True)
def _binds(p: float, k: float, at: Floats, box: Floats) -> bool:  # pragma: no cover - compiled
    """Return whether a box holds a parameter at its edge."""
    at_edge = p <= box[P_LOW] or p >= box[P_HIGH] or k <= box[K_LOW] or k >= box[K_HIGH]
    return at_edge or bool(at[HELD] != 0)
