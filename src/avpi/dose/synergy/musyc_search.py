"""Where the descents of a MuSyC surface begin, and which of their ends is the best; compiled.

The residual surface has several valleys: a shift of potency can look like another slope, and with cooperativity free
like a shift of the other compound. So the two curves of the compounds alone give first positions and slopes; from
these, and from a few others, a grid of shifts is looked at without a descent; the best that lie apart are followed.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avpi.compute.compiled import compiled
from avpi.dose.synergy.musyc_descent import NO_GAIN, copy, factor, walk
from avpi.dose.synergy.musyc_kernel import (
    ALPHA12,
    ALPHA21,
    C1,
    C2,
    CURVED,
    FAR,
    GAMMA12,
    GAMMA21,
    H1,
    H2,
    STATES,
    Room,
    Surface,
    fill_rates,
    room_for,
    spread,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SHORT, LONG = 25, 300
"""Steps of a descent that shows how deep a valley is, and of one to its bottom."""
ROUGHLY = 1e-3
"""A step that gains less of the residual sum shows well enough how deep a valley is."""
ON_THE_WAY = 1e-6
"""Share of the residual sum that a last step promises, up to which the fit counts as a minimum."""
MOST_STARTS = 24
LEAST_ALONE = 6
"""Cells of compounds alone from which on curves are fitted to these."""
_APART = 0.7
"""Starts nearer than this in every parameter, natural logarithms, are one."""
_SAME = 0.02
"""Ends of short descents nearer than this are those of one valley."""


class Plan(NamedTuple):
    """What a search looks at.

    Attributes
    ----------
    places : (p,) shares of the tested range, in ln dose, where potencies are tried.
    slopes : (s,) ln h.
    shifts : (a,) ln alpha.
    bends : (g,) ln gamma.
    followed : starts that are descended from, without cooperativity and with it.
    few, kept : steps after which the better ones of these are chosen, and how many.
    """

    places: Floats
    slopes: Floats
    shifts: Floats
    bends: Floats
    followed: tuple[int, int]
    few: int
    kept: int


PLAN = Plan(
    np.array([-0.1, 0.15, 0.4, 0.6, 0.85, 1.1]),
    np.log([0.7, 1.8]),
    np.array([-3.5, -1.5, 0.0, 1.5, 3.5]),
    np.array([-0.9, 0.0, 0.9]),
    (4, 8),
    6,
    4,
)


class Rates(NamedTuple):
    """Rates of many trials, cell by cell, and the weights.

    Attributes
    ----------
    f1, f2 : (cells,) of each compound alone; ``g1``, ``g2`` (trials, cells) beside the other.
    weight, weighted : (cells,) weights, and these times the responses.
    moments : (3,) sums of weights, of weighted responses, and of their products with the responses.
    by_dose : (doses,) of one trial.
    """

    f1: Floats
    f2: Floats
    g1: Floats
    g2: Floats
    weight: Floats
    weighted: Floats
    moments: Floats
    by_dose: Floats


@compiled(inner=True, fastmath={"contract", "reassoc", "nsz", "arcp"}, error_model="numpy")
def _glance(rates: Rates, p: int, q: int, room: Room) -> float:  # pragma: no cover - compiled
    """Return about the residual sum with four free effects: by the normal equations, for the choice of starts.

    The shares add up to 1, so that a constant and three of them span the same.
    """
    f1, g1, f2, g2, w, y = rates.f1, rates.g1[p], rates.f2, rates.g2[q], rates.weight, rates.weighted
    n11, n12, n13, n22, n23, n33 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    n1, n2, n3, r1, r2, r3 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(w.size):
        a, b, c, d = f1[j], g1[j], f2[j], g2[j]
        one, two, both = a * (2.0 + b) + c * b, c * (2.0 + d) + a * d, a * d + c * b + (a + c) * b * d
        over = 1.0 / (2.0 + b + d + one + two + both)
        s1, s2, s3, wy = one * over, two * over, both * over, y[j]
        v1, v2, v3 = w[j] * s1, w[j] * s2, w[j] * s3
        n11 += v1 * s1
        n12 += v1 * s2
        n13 += v1 * s3
        n22 += v2 * s2
        n23 += v2 * s3
        n33 += v3 * s3
        n1 += v1
        n2 += v2
        n3 += v3
        r1 += wy * s1
        r2 += wy * s2
        r3 += wy * s3
    normal, right = room.factor, room.along
    n0, r0, whole = rates.moments[0], rates.moments[1], rates.moments[2]
    normal[0, 0], normal[1, 0], normal[1, 1], normal[2, 0], normal[2, 1] = n0, n1, n11, n2, n12
    normal[2, 2], normal[3, 0], normal[3, 1], normal[3, 2], normal[3, 3] = n22, n3, n13, n23, n33
    right[0], right[1], right[2], right[3] = r0, r1, r2, r3
    for i in range(1, STATES):
        normal[i, i] += 1e-10 * n0 + 1e-300
    if not factor(normal, STATES):
        return math.inf
    for i in range(STATES):
        for k in range(i):
            right[i] -= normal[i, k] * right[k]
        right[i] *= normal[i, i]
        whole -= right[i] * right[i]
    return float(max(whole, 0.0))


@compiled(nogil=True)
def _held(at: Surface, free: int) -> Surface:  # pragma: no cover - compiled
    """Return the surface with only the first ``free`` parameters free; the others are 1."""
    low, high = at.low.copy(), at.high.copy()
    for i in range(free, CURVED):
        if low[i] < high[i]:
            low[i] = high[i] = min(max(0.0, low[i]), high[i])
    return Surface(
        at.xa, at.xb, at.row, at.column, at.cell_a, at.cell_b, at.y, at.root, at.basis, at.shift, at.e_low, at.e_high,
        low, high,
    )  # fmt: skip


@compiled(nogil=True)
def _margins(at: Surface) -> Surface:  # pragma: no cover - compiled
    """Return the cells of one compound alone and of none, potency and slope free."""
    keep = np.zeros(at.y.size, np.bool_)
    for j in range(at.y.size):
        keep[j] = at.xa[at.row[j]] == FAR or at.xb[at.column[j]] == FAR
    held = _held(at, 4)
    return Surface(
        at.xa, at.xb, at.row[keep], at.column[keep], at.cell_a[keep], at.cell_b[keep], at.y[keep], at.root[keep],
        at.basis, at.shift, at.e_low, at.e_high, held.low, held.high,
    )  # fmt: skip


@compiled(inner=True)
def _span(x: Floats) -> tuple[float, float]:  # pragma: no cover - compiled
    """Return the lowest and the highest tested ln dose."""
    low, high = math.inf, -math.inf
    for value in x:
        if value != FAR:
            low, high = min(low, value), max(high, value)
    return low, high


@compiled(inner=True)
def _nearness(a: Floats, b: Floats) -> float:  # pragma: no cover - compiled
    """Return the largest difference of two positions."""
    apart = 0.0
    for i in range(CURVED):
        apart = max(apart, abs(a[i] - b[i]))
    return apart


@compiled(inner=True)
def _offer(theta: Floats, rss: float, starts: Floats, sums: Floats, most: int) -> None:  # pragma: no cover - compiled
    """Put a start among the best (most, 8), unless a better one lies beside it."""
    place = -1
    for k in range(most):
        if sums[k] == math.inf:
            continue
        if _nearness(starts[k], theta) < _APART:
            if sums[k] <= rss:
                return
            place = k
    if place < 0:
        place = 0
        for k in range(most):
            if sums[k] > sums[place]:
                place = k
    if rss < sums[place]:
        sums[place] = rss
        copy(theta, starts[place])


@compiled(nogil=True)
def _rates_for(at: Surface, trials: int) -> Rates:  # pragma: no cover - compiled
    m = at.y.size
    weight = at.root * at.root
    moments = np.array([np.sum(weight), np.sum(weight * at.y), np.sum(weight * at.y * at.y)])
    return Rates(
        np.empty(m), np.empty(m), np.empty((trials, m)), np.empty((trials, m)), weight, weight * at.y, moments,
        np.empty(max(at.xa.size, at.xb.size)),
    )  # fmt: skip


@compiled(inner=True)
def _fill_trial(
    x: Floats, index: Ints, c: float, h: float, rates: Rates, out: Floats
) -> None:  # pragma: no cover - compiled
    fill_rates(x, c, h, rates.by_dose)
    spread(rates.by_dose, index, out)


@compiled(inner=True)
def _cut(value: float, at: Surface, i: int) -> float:  # pragma: no cover
    return float(min(max(value, at.low[i]), at.high[i]))


@compiled(inner=True)
def _follow(
    at: Surface,
    room: Room,
    plan: Plan,
    starts: Floats,
    sums: Floats,
    done: Ints,
    most: int,
    best: Floats,
    no_gain: float,
) -> tuple[float, bool]:  # pragma: no cover - compiled
    """Descend from each start, further from the better ones, to the bottom from the lowest, which fills ``best``."""
    lowest, first, reached = math.inf, 0, False
    for turn in range(most + plan.kept + 2):
        k, steps, gain = turn, plan.few, ROUGHLY
        if most <= turn < most + plan.kept:
            k, steps = -1, SHORT
            for i in range(most):
                if done[i] == 0 and sums[i] < math.inf and (k < 0 or sums[i] < sums[k]):
                    k = i
            if k < 0:
                continue
        elif turn >= most + plan.kept:
            if reached or no_gain >= ROUGHLY:
                break
            k, steps, gain, lowest = first, LONG, no_gain, math.inf
            if turn > most + plan.kept:
                steps, gain = 1, ON_THE_WAY
        done[k] = 0 if turn < most else 1
        if sums[k] == math.inf:
            continue
        sums[k], arrived = walk(starts[k], at, room, steps, gain, math.inf if turn < most else lowest)
        for i in range(k if turn < most else 0):
            if _nearness(starts[i], starts[k]) < _SAME:
                sums[i if sums[i] > sums[k] else k] = math.inf
        if turn >= most and sums[k] < lowest:
            lowest, first = sums[k], k
        reached = arrived and turn >= most + plan.kept
    copy(starts[first], best)
    return sums[first], reached


@compiled(inner=True)
def _first(at: Surface, room: Room, plan: Plan, rates: Rates, theta: Floats) -> None:  # pragma: no cover - compiled
    """Fill ``theta`` with the best curves without interaction, compound after compound, then both together."""
    for turn in range(2):
        x, c, h = (at.xa, C1, H1) if turn == 0 else (at.xb, C2, H2)
        first, last = _span(x)
        lowest, best_c, best_h = math.inf, theta[c], theta[h]
        for place in plan.places:
            for slope in plan.slopes:
                theta[c], theta[h] = _cut(first + place * (last - first), at, c), _cut(slope, at, h)
                _fill_base(at, theta, rates)
                copy(rates.f1, rates.g1[0])
                copy(rates.f2, rates.g2[0])
                rss = _glance(rates, 0, 0, room)
                if rss < lowest:
                    lowest, best_c, best_h = rss, theta[c], theta[h]
        theta[c], theta[h] = best_c, best_h
    walk(theta, at, room, SHORT, ROUGHLY, math.inf)


@compiled(inner=True)
def _fill_base(at: Surface, theta: Floats, rates: Rates) -> None:  # pragma: no cover - compiled
    _fill_trial(at.xa, at.row, theta[C1], math.exp(theta[H1]), rates, rates.f1)
    _fill_trial(at.xb, at.column, theta[C2], math.exp(theta[H2]), rates, rates.f2)


@compiled(inner=True)
def _look(
    at: Surface,
    room: Room,
    base: Floats,
    shifts: Floats,
    bends: Floats,
    rates: Rates,
    trial: Floats,
    starts: Floats,
    sums: Floats,
    most: int,
) -> None:  # pragma: no cover - compiled
    """Look at every combination of shifts and bends from a base; offer each as a start."""
    for i in range(CURVED):
        trial[i] = _cut(base[i], at, i)
    _fill_base(at, trial, rates)
    h1, h2, many = math.exp(trial[H1]), math.exp(trial[H2]), bends.size
    for k in range(shifts.size * many):
        shift, bend = shifts[k // many], bends[k % many]
        _fill_trial(at.xa, at.row, trial[C1] - _cut(shift, at, ALPHA21), h1 * math.exp(_cut(bend, at, GAMMA21)),
                    rates, rates.g1[k])  # fmt: skip
        _fill_trial(at.xb, at.column, trial[C2] - _cut(shift, at, ALPHA12), h2 * math.exp(_cut(bend, at, GAMMA12)),
                    rates, rates.g2[k])  # fmt: skip
    for p in range(shifts.size * many):
        trial[ALPHA21], trial[GAMMA21] = _cut(shifts[p // many], at, ALPHA21), _cut(bends[p % many], at, GAMMA21)
        for q in range(shifts.size * many):
            rss = _glance(rates, p, q, room)
            trial[ALPHA12], trial[GAMMA12] = _cut(shifts[q // many], at, ALPHA12), _cut(bends[q % many], at, GAMMA12)
            _offer(trial, rss, starts, sums, most)


@compiled(nogil=True)
def search(
    at: Surface,
    plan: Plan,
    found: Floats,
    sums: Floats,
    effects: Floats,
    reached: Flags,
    most: int,
    only: bool,  # noqa: FBT001 - compiled code takes no keywords
) -> None:  # pragma: no cover - compiled
    """Fill the best theta (3, 8), their residual sums, effects (3, 4), and whether they are minima, by model.

    The models have 4, 6 and 8 free curved parameters.

    Parameters
    ----------
    most : the largest of these models that is wanted: 0, 1 or 2. Where a basis narrows the effects, so does the search.
    only : the smaller ones serve as starts and are not followed to their bottom.
    """
    room = room_for(at.xa.size, at.xb.size, at.y.size)
    trial, bases, done = np.zeros(CURVED), np.zeros((7, CURVED)), np.zeros(MOST_STARTS, np.int64)
    starts, limits = np.empty((MOST_STARTS, CURVED)), np.full(MOST_STARTS, math.inf)
    inner, straight = plan.shifts[1:-1], np.zeros(1)
    rates = _rates_for(at, max(plan.shifts.size, inner.size * plan.bends.size))
    (a_low, a_high), (b_low, b_high) = _span(at.xa), _span(at.xb)
    for k in range(2):
        bases[k, C1], bases[k, C2] = 0.5 * (a_low + a_high), 0.5 * (b_low + b_high)
    for k in range(4):
        bases[3 + k, C1] = a_low + (0.25 if k < 2 else 0.75) * (a_high - a_low)
        bases[3 + k, C2] = b_low + (0.25 if k % 2 == 0 else 0.75) * (b_high - b_low)
    alone = _margins(at)
    own, own_room, own_rates = alone, room_for(at.xa.size, at.xb.size, alone.y.size), _rates_for(alone, 1)
    for k in range(2):
        if k == 1:
            own, own_room, own_rates = _held(at, 4), room, rates
        if k == 1 or alone.y.size >= LEAST_ALONE:
            _first(own, own_room, plan, own_rates, bases[k])
        copy(bases[k], starts[1 - k])
        limits[k] = 0.0
    number = 2
    for size in range(most + 1):
        if size > 0:
            own, number = _held(at, 4 + 2 * size), plan.followed[size - 1]
            limits[:] = math.inf
            copy(found[size - 1], bases[2])
            for k in range(7):
                if k == 0 or k == 2 or (k > 2 and size == 1):
                    shifts, bends = (plan.shifts, straight) if size == 1 else (inner, plan.bends)
                    _look(own, room, bases[k], shifts, bends, rates, trial, starts, limits, number)
            copy(found[size - 1], starts[number])
            limits[number] = sums[size - 1]
            number += 1
        no_gain = ROUGHLY if only and size < most else NO_GAIN
        sums[size], reached[size] = _follow(own, room, plan, starts, limits, done, number, found[size], no_gain)
        copy(room.effects, effects[size])
