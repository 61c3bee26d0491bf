"""A block of curves of one design, fitted together without Python; compiled."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avpi.dose.compiled import compiled
from avpi.dose.kernels.descent import K_HIGH, K_LOW, P_HIGH, P_LOW, Descents, Starts, descents_for, fit_all
from avpi.dose.kernels.logistic import BOTTOM, HELD, RSS, TOP, Curves, fall, lanes_for
from avpi.dose.kernels.profile import Ends, ends_for, find_ends
from avpi.dose.kernels.wide_sums import LN10

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

(
    OUT_P,
    OUT_K,
    OUT_BOTTOM,
    OUT_TOP,
    OUT_SE_P,
    OUT_SE_K,
    OUT_SE_BOTTOM,
    OUT_SE_TOP,
    OUT_RSS,
    OUT_RSS_FLAT,
    OUT_N,
    OUT_LOW,
    OUT_HIGH,
    OUT_MEAN,
) = range(14)
"""Columns of what a block fills: parameters, their standard errors, residual sums of the curve and of a flat line,
wells that were used, the ends of the interval of p, and the mean response."""
COLUMNS = 14
P_LOWEST, P_HIGHEST, K_LOWEST, K_HIGHEST, BOTTOM_HELD, TOP_HELD, NOT_CONVERGED, TOO_FEW = 1, 2, 4, 8, 16, 32, 64, 128
"""Bits of a curve's state: which boxes bind, and why there is no number."""
PARAMETERS = 4
TOGETHER = 256
"""Curves that go their way together: what they need stays near the processor."""
_DEPENDENT = 1e-10
"""Length that a column of the scaled design must have beyond those before it."""


class Room(NamedTuple):
    """Room to fit curves in, made once for many blocks.

    Attributes
    ----------
    y, w : (curves, doses) mean responses and weights.
    plateaus : (curves, 4) the boxes of bottom and top.
    wells, within, rises : (curves,) wells used, their scatter within doses, by how much half the residual sum may rise.
    each, wanted, asked : (curves,) counting from 0; which curves can be fitted; which get an interval.
    ways, ends, lanes : of the fits, of the intervals, and of the kernel.
    u, s, q, r, row, free : (doses,), (doses,), (4, doses), (4, 4), (4,), (4,) for the standard errors.
    """

    y: Floats
    w: Floats
    plateaus: Floats
    wells: Ints
    within: Floats
    rises: Floats
    each: Ints
    wanted: Ints
    asked: Ints
    ways: Descents
    ends: Ends
    lanes: Floats
    u: Floats
    s: Floats
    q: Floats
    r: Floats
    row: Floats
    free: Ints


def room_for(doses: int, curves: int = TOGETHER) -> Room:
    """Return room for so many curves of so many doses."""
    y, w = np.zeros((curves, doses)), np.zeros((curves, doses))
    wells, wanted, asked = (np.zeros(curves, np.int64) for _ in range(3))
    within, rises = np.zeros(curves), np.zeros(curves)
    u, s, q, r = np.zeros(doses), np.zeros(doses), np.zeros((PARAMETERS, doses)), np.zeros((PARAMETERS, PARAMETERS))
    return Room(
        y, w, np.zeros((curves, 4)), wells, within, rises, np.arange(curves), wanted, asked, descents_for(curves),
        ends_for(curves), lanes_for(doses), u, s, q, r, np.zeros(PARAMETERS), np.zeros(PARAMETERS, np.int64),
    )  # fmt: skip


@compiled(nogil=True)
def fit_block(
    responses: Floats,
    groups: Ints,
    x: Floats,
    weights: Floats,
    plateaus: Floats,
    box: Floats,
    starts: Starts,
    rises: Floats,
    room: Room,
    out: Floats,
    state: Ints,
) -> None:  # pragma: no cover - compiled
    """Fill ``out`` (curves, columns) and ``state`` (curves,) for a block of curves.

    Parameters
    ----------
    responses : (curves, wells); nan where a well is missing.
    groups : (wells,) index of each well's dose in ``x`` (doses,), log10 molar.
    weights : (wells,) relative inverse variances.
    rises : (wells + 1,) the rise of the residual sum that an interval allows, relative to it, by the number of wells
        used; nan where no interval is wanted.
    """
    together = room.wells.size
    room.plateaus[:] = plateaus
    curves = Curves(x, room.y, room.w, room.plateaus, box)
    for first in range(0, responses.shape[0], together):
        number = min(together, responses.shape[0] - first)
        _fit_together(responses[first : first + number], groups, weights, curves, starts, rises, room,
                      out[first : first + number], state[first : first + number])  # fmt: skip


@compiled(inner=True)
def _fit_together(
    responses: Floats,
    groups: Ints,
    weights: Floats,
    curves: Curves,
    starts: Starts,
    rises: Floats,
    room: Room,
    out: Floats,
    state: Ints,
) -> None:  # pragma: no cover - compiled
    ways, wanted, asked = room.ways, 0, 0
    for c in range(responses.shape[0]):
        n, within, flat, mean = _gather(responses[c], groups, weights, room.y[c], room.w[c])
        out[c, :] = math.nan
        out[c, OUT_N], out[c, OUT_MEAN], out[c, OUT_RSS_FLAT] = n, mean, flat
        room.wells[c], room.within[c] = n, within
        used = 0
        for j in range(curves.x.size):
            used += room.w[c, j] > 0.0
        if n <= PARAMETERS or used < PARAMETERS:
            state[c], out[c, OUT_RSS_FLAT] = TOO_FEW, math.nan
            continue
        room.wanted[wanted] = c
        wanted += 1
    fit_all(curves, room.wanted, wanted, room.each, starts, ways, room.lanes)
    for i in range(wanted):
        c = room.wanted[i]
        n, best, p, k = room.wells[c], ways.best[c], ways.best_p[c], ways.best_k[c]
        rss = 2 * best[RSS] + room.within[c]
        out[c, OUT_P], out[c, OUT_K], out[c, OUT_BOTTOM], out[c, OUT_TOP] = p, k, best[BOTTOM], best[TOP]
        out[c, OUT_RSS] = rss
        state[c] = _state(p, k, best, curves.box, ways.done[c])
        _errors(p, k, best, curves, room.w[c], rss / (n - PARAMETERS), room, out[c])
        room.rises[c] = 0.5 * rss * rises[n]
        if not math.isnan(room.rises[c]):
            room.asked[asked] = c
            asked += 1
    find_ends(curves, room.asked, asked, room.rises, ways, room.ends, room.lanes)
    for i in range(asked):
        c = room.asked[i]
        out[c, OUT_LOW], out[c, OUT_HIGH] = room.ends.found[2 * c], room.ends.found[2 * c + 1]


@compiled(inner=True)
def _gather(
    wells: Floats, groups: Ints, weights: Floats, y: Floats, w: Floats
) -> tuple[int, float, float, float]:  # pragma: no cover - compiled
    """Fill mean and weight of each dose; return the wells, their scatter within doses and in all, the mean."""
    for j in range(y.size):
        y[j], w[j] = 0.0, 0.0
    n, whole, mean = 0, 0.0, 0.0
    for i in range(wells.size):
        if not math.isnan(wells[i]):
            n += 1
            y[groups[i]] += weights[i] * wells[i]
            w[groups[i]] += weights[i]
            whole += weights[i]
            mean += weights[i] * wells[i]
    for j in range(y.size):
        if w[j] > 0.0:
            y[j] /= w[j]
    mean /= whole if whole > 0.0 else 1.0
    within, flat = 0.0, 0.0
    for i in range(wells.size):
        if not math.isnan(wells[i]):
            within += weights[i] * (wells[i] - y[groups[i]]) ** 2
            flat += weights[i] * (wells[i] - mean) ** 2
    return n, within, flat, mean


@compiled(inner=True)
def _state(p: float, k: float, best: Floats, box: Floats, reached: int) -> int:  # pragma: no cover - compiled
    found = 0 if reached else NOT_CONVERGED
    if p <= box[P_LOW]:
        found |= P_LOWEST
    if p >= box[P_HIGH]:
        found |= P_HIGHEST
    if k <= box[K_LOW]:
        found |= K_LOWEST
    if k >= box[K_HIGH]:
        found |= K_HIGHEST
    held = int(best[HELD])
    if held & 1:
        found |= BOTTOM_HELD
    if held & 2:
        found |= TOP_HELD
    return found


@compiled(inner=True)
def _errors(
    p: float, k: float, best: Floats, curves: Curves, w: Floats, variance: float, room: Room, out: Floats
) -> None:  # pragma: no cover - compiled
    """Fill the standard errors of (p, k, bottom, top): those of the free ones, given that the held ones stay.

    By orthogonalising the scaled columns of the derivatives, never by the normal equations, whose condition is squared.
    """
    box, m, u, s, q, r, free, row = curves.box, curves.x.size, room.u, room.s, room.q, room.r, room.free, room.row
    fall(p, math.exp(k), curves.x, u, s)
    span, hl = best[TOP] - best[BOTTOM], math.exp(k) * LN10
    r[:] = 0.0
    held = int(best[HELD])
    number = 0
    if box[P_LOW] < p < box[P_HIGH]:
        free[number], number = 0, number + 1
    if box[K_LOW] < k < box[K_HIGH]:
        free[number], number = 1, number + 1
    if not held & 1:
        free[number], number = 2, number + 1
    if not held & 2:
        free[number], number = 3, number + 1
    for a in range(number):
        for j in range(m):
            steep = s[j] * (1.0 - s[j]) * span
            root = math.sqrt(w[j])
            if free[a] == 0:
                q[a, j] = root * steep * hl
            elif free[a] == 1:
                q[a, j] = -root * steep * u[j]
            elif free[a] == 2:
                q[a, j] = root * (1.0 - s[j])
            else:
                q[a, j] = root * s[j]
        length = math.sqrt(_along(q[a], q[a]))
        if length == 0.0:
            return
        _take(q[a], q[a], 1.0 - 1.0 / length)
        for _ in range(2):  # twice is enough (Giraud 2005 Numer Math 101:87)
            for b in range(a):
                along = _along(q[a], q[b])
                r[b, a] += along * length
                _take(q[a], q[b], along)
        rest = math.sqrt(_along(q[a], q[a]))
        if rest < _DEPENDENT:
            return
        r[a, a] = rest * length
        _take(q[a], q[a], 1.0 - 1.0 / rest)
    for a in range(number):  # rows of the inverse of r
        row[:] = 0.0
        total = 0.0
        for b in range(a, number):
            value = 1.0 if a == b else 0.0
            for i in range(a, b):
                value -= row[i] * r[i, b]
            row[b] = value / r[b, b]
            total += row[b] * row[b]
        out[OUT_SE_P + free[a]] = math.sqrt(variance * total)


@compiled(inner=True, fastmath={"contract", "reassoc", "nsz"})
def _along(a: Floats, b: Floats) -> float:  # pragma: no cover - compiled
    total = 0.0
    for j in range(a.size):
        total += a[j] * b[j]
    return total


@compiled(inner=True)
def _take(a: Floats, b: Floats, times: float) -> None:  # pragma: no cover - compiled
    """Take so many times ``b`` from ``a``."""
    for j in range(a.size):
        a[j] -= times * b[j]
