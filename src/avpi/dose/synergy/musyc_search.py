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

from avpi.dose.compiled import compiled
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
    NO_GAIN,
    STATES,
    Room,
    Surface,
    descend,
    factor,
    fill_shares,
)

Floats = NDArray[np.float64]

SHORT, LONG = 30, 300
"""Steps of a descent that shows how deep a valley is, and of one to its bottom."""
ROUGHLY = 1e-3
"""A step that gains less of the residual sum shows well enough how deep a valley is."""
MOST_STARTS = 24
_APART = 0.7
"""Starts nearer than this in every parameter, natural logarithms, are one."""


class Plan(NamedTuple):
    """What a search looks at.

    Attributes
    ----------
    places : (p,) shares of the tested range, in ln dose, where potencies are tried.
    slopes : (s,) ln h.
    shifts : (a,) ln alpha.
    bends : (g,) ln gamma.
    followed : valleys that are followed without cooperativity, and with it.
    """

    places: Floats
    slopes: Floats
    shifts: Floats
    bends: Floats
    followed: tuple[int, int]


PLAN = Plan(
    np.array([-0.1, 0.15, 0.4, 0.6, 0.85, 1.1]),
    np.log([0.7, 1.8]),
    np.array([-3.5, -1.5, 0.0, 1.5, 3.5]),
    np.array([-0.9, 0.0, 0.9]),
    (4, 6),
)


@compiled(nogil=True, fastmath={"contract", "reassoc", "nsz", "arcp"}, error_model="numpy")
def glance(theta: Floats, at: Surface, room: Room) -> float:  # pragma: no cover - compiled
    """Return about what ``reduced`` does, of four free effects: by the normal equations, for the choice of starts."""
    fill_shares(theta, at, room)
    p, r = room.shares, room.r
    normal, right = np.empty((CURVED, CURVED)), np.empty(STATES)
    whole = 0.0
    for j in range(at.y.size):
        r[j] = at.root[j] * at.root[j]
        whole += r[j] * at.y[j] * at.y[j]
    for a in range(STATES):
        for b in range(a + 1):
            inner = 0.0
            for j in range(at.y.size):
                inner += r[j] * p[a, j] * p[b, j]
            normal[a, b] = inner
        inner = 0.0
        for j in range(at.y.size):
            inner += r[j] * p[a, j] * at.y[j]
        right[a] = inner
        normal[a, a] += 1e-10 * normal[0, 0] + 1e-300
    if not factor(normal, STATES):
        return math.inf
    for a in range(STATES):
        for b in range(a):
            right[a] -= normal[a, b] * right[b]
        right[a] /= normal[a, a]
        whole -= right[a] * right[a]
    return max(whole, 0.0)


@compiled(nogil=True)
def _held(at: Surface, free: int) -> Surface:  # pragma: no cover - compiled
    """Return the surface with only the first ``free`` parameters free; the others are 1."""
    low, high = at.low.copy(), at.high.copy()
    for i in range(free, CURVED):
        if low[i] < high[i]:
            low[i] = high[i] = min(max(0.0, low[i]), high[i])
    return Surface(at.xa, at.xb, at.row, at.column, at.y, at.root, at.basis, at.shift, at.e_low, at.e_high, low, high)


@compiled(nogil=True)
def _margins(at: Surface) -> Surface:  # pragma: no cover - compiled
    """Return the cells of one compound alone and of none, potency and slope free."""
    keep = np.zeros(at.y.size, np.bool_)
    for j in range(at.y.size):
        keep[j] = at.xa[at.row[j]] == FAR or at.xb[at.column[j]] == FAR
    held = _held(at, 4)
    return Surface(
        at.xa, at.xb, at.row[keep], at.column[keep], at.y[keep], at.root[keep], at.basis, at.shift, at.e_low, at.e_high,
        held.low, held.high,
    )  # fmt: skip


@compiled(nogil=True)
def _span(x: Floats) -> tuple[float, float]:  # pragma: no cover - compiled
    """Return the lowest and the highest tested ln dose."""
    low, high = math.inf, -math.inf
    for value in x:
        if value != FAR:
            low, high = min(low, value), max(high, value)
    return low, high


@compiled(nogil=True)
def _offer(theta: Floats, rss: float, starts: Floats, sums: Floats, most: int) -> None:  # pragma: no cover - compiled
    """Put a start among the best (most, 8), unless a better one lies beside it."""
    place = -1
    for k in range(most):
        if sums[k] == math.inf:
            continue
        apart = 0.0
        for i in range(CURVED):
            apart = max(apart, abs(starts[k, i] - theta[i]))
        if apart < _APART:
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
        starts[place] = theta


@compiled(nogil=True)
def _follow(
    at: Surface, room: Room, starts: Floats, sums: Floats, most: int, best: Floats
) -> float:  # pragma: no cover - compiled
    """Descend from each start, go on from the lowest; fill ``best`` and return its residual sum."""
    for k in range(most):
        if sums[k] < math.inf:
            sums[k], _ = descend(starts[k], at, room, SHORT, ROUGHLY)
    best[:] = starts[int(np.argmin(sums[:most]))]
    rss, _ = descend(best, at, room, LONG, NO_GAIN)
    return rss


@compiled(nogil=True)
def _first(at: Surface, room: Room, plan: Plan, theta: Floats) -> float:  # pragma: no cover - compiled
    """Fill ``theta`` with the best curves without interaction, compound after compound, then both together."""
    trial = np.zeros(CURVED)
    lowest = math.inf
    for turn in range(2):
        x, c, h = (at.xa, C1, H1) if turn == 0 else (at.xb, C2, H2)
        first, last = _span(x)
        trial[:] = theta
        lowest = math.inf
        for share in plan.places:
            for slope in plan.slopes:
                trial[c], trial[h] = first + share * (last - first), slope
                for i in range(CURVED):
                    trial[i] = min(max(trial[i], at.low[i]), at.high[i])
                rss = glance(trial, at, room)
                if rss < lowest:
                    lowest = rss
                    theta[c], theta[h] = trial[c], trial[h]
    rss, _ = descend(theta, at, room, SHORT, ROUGHLY)
    return rss


@compiled(nogil=True)
def _look(
    at: Surface,
    room: Room,
    base: Floats,
    shifts12: Floats,
    shifts21: Floats,
    bends: Floats,
    starts: Floats,
    sums: Floats,
    most: int,
) -> None:  # pragma: no cover - compiled
    """Look at every combination of shifts and bends from a base; offer each as a start."""
    trial = base.copy()
    for a in shifts12:
        for b in shifts21:
            for g in bends:
                for k in bends:
                    trial[ALPHA12], trial[ALPHA21], trial[GAMMA12], trial[GAMMA21] = a, b, g, k
                    for i in range(CURVED):
                        trial[i] = min(max(trial[i], at.low[i]), at.high[i])
                    rss = glance(trial, at, room)
                    _offer(trial, rss, starts, sums, most)


@compiled(nogil=True)
def search(at: Surface, room: Room, plan: Plan, found: Floats, sums: Floats, most: int) -> None:  # pragma: no cover
    """Fill the best theta (3, 8) and residual sums (3,) of 4, 6 and 8 free curved parameters.

    Parameters
    ----------
    most : the largest of these models that is wanted: 0, 1 or 2. Where a basis narrows the effects, so does the search.
    """
    none = np.zeros(1)
    bases = np.zeros((8, CURVED))
    (a_low, a_high), (b_low, b_high) = _span(at.xa), _span(at.xb)
    for k in range(2):
        bases[k, C1], bases[k, C2] = 0.5 * (a_low + a_high), 0.5 * (b_low + b_high)
    alone = _margins(at)
    if alone.y.size >= 6:
        _first(alone, room, plan, bases[0])
    plain = _held(at, 4)
    starts, limits = np.empty((MOST_STARTS, CURVED)), np.full(MOST_STARTS, math.inf)
    _first(plain, room, plan, bases[1])
    starts[0], limits[0] = bases[1], 0.0
    starts[1], limits[1] = bases[0], 0.0
    sums[0] = _follow(plain, room, starts, limits, 2, found[0])
    if most == 0:
        return
    bases[2] = found[0]
    for k in range(4):
        bases[3 + k, C1] = a_low + (0.25 if k < 2 else 0.75) * (a_high - a_low)
        bases[3 + k, C2] = b_low + (0.25 if k % 2 == 0 else 0.75) * (b_high - b_low)
    shifted = _held(at, 6)
    limits[:] = math.inf
    for k in range(7):
        if k != 1:
            _look(shifted, room, bases[k], plan.shifts, plan.shifts, none, starts, limits, plan.followed[0])
    starts[plan.followed[0]], limits[plan.followed[0]] = found[0], sums[0]
    sums[1] = _follow(shifted, room, starts, limits, plan.followed[0] + 1, found[1])
    if most == 1:
        return
    limits[:] = math.inf
    _look(at, room, bases[0], plan.shifts[1:-1], plan.shifts[1:-1], plan.bends, starts, limits, plan.followed[1])
    _look(at, room, found[1], plan.shifts[1:-1], plan.shifts[1:-1], plan.bends, starts, limits, plan.followed[1])
    starts[plan.followed[1]], limits[plan.followed[1]] = found[1], sums[1]
    sums[2] = _follow(at, room, starts, limits, plan.followed[1] + 1, found[2])
