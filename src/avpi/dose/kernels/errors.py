"""Standard errors of fitted curves by linearisation, and of what is read off them; compiled."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avpi.compute.compiled import compiled
from avpi.dose.kernels.columns import NEAR_EDGE, OUT_HALF, OUT_LAST, OUT_SE_HALF, OUT_SE_LAST, OUT_SE_P, PARAMETERS
from avpi.dose.kernels.descent import K_HIGH, K_LOW, P_HIGH, P_LOW
from avpi.dose.kernels.logistic import BOTTOM, HELD, TOP, Curves, fall
from avpi.dose.kernels.wide_sums import LN10

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_DEPENDENT = 1e-10
"""Length that a column of the scaled design must have beyond those before it."""


class ErrorRoom(NamedTuple):
    """Room for the standard errors of a curve.

    Attributes
    ----------
    u, s : (doses,) h (x - p) ln 10 and the sigmoid.
    q, r : (4, doses), (4, 4) the derivatives, orthogonalised.
    row, z : (4,) ; ``free`` (4,) which parameters are not held.
    """

    u: Floats
    s: Floats
    q: Floats
    r: Floats
    row: Floats
    z: Floats
    free: Ints


def errors_for(doses: int) -> ErrorRoom:
    """Return room for a curve of so many doses."""
    n = PARAMETERS
    return ErrorRoom(
        np.zeros(doses), np.zeros(doses), np.zeros((n, doses)), np.zeros((n, n)), np.zeros(n), np.zeros(n),
        np.zeros(n, np.int64),
    )  # fmt: skip


@compiled(inner=True)
def fill_errors(
    p: float,
    k: float,
    best: Floats,
    curves: Curves,
    w: Floats,
    variance: float,
    control: float,
    room: ErrorRoom,
    out: Floats,
) -> None:  # pragma: no cover - compiled
    """Fill the standard errors of (p, k, bottom, top) and what is read off the curve, given that what is held stays.

    By orthogonalising the scaled columns of the derivatives, never by the normal equations, whose condition is squared.
    """
    box, m, u, s, q, r, free, row = curves.box, curves.x.size, room.u, room.s, room.q, room.r, room.free, room.row
    fall(p, math.exp(k), curves.x, u, s)
    span, hl = best[TOP] - best[BOTTOM], math.exp(k) * LN10
    s_last, u_last = s[m - 1], u[m - 1]
    share = (0.5 * control - best[BOTTOM]) / span if span != 0.0 else math.nan
    out[OUT_LAST] = best[BOTTOM] + span * s_last
    if 0.0 < share < 1.0:
        out[OUT_HALF] = p + math.log10(1.0 / share - 1.0) / math.exp(k)
    r[:] = 0.0
    held = int(best[HELD])
    number = 0
    if box[P_LOW] + NEAR_EDGE < p < box[P_HIGH] - NEAR_EDGE:
        free[number], number = 0, number + 1
    if box[K_LOW] + NEAR_EDGE < k < box[K_HIGH] - NEAR_EDGE:
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
    steep = s_last * (1.0 - s_last) * span
    _set(row, steep * hl, -steep * u_last, 1.0 - s_last, s_last)
    out[OUT_SE_LAST] = math.sqrt(variance * _length(row, free, number, r, room.z))
    if 0.0 < share < 1.0:
        by_share = -1.0 / (hl * share * (1.0 - share))
        _set(row, 1.0, -(out[OUT_HALF] - p), -by_share * (1.0 - share) / span, -by_share * share / span)
        out[OUT_SE_HALF] = math.sqrt(variance * _length(row, free, number, r, room.z))


@compiled(inner=True)
def _set(row: Floats, p: float, k: float, bottom: float, top: float) -> None:  # pragma: no cover - compiled
    row[0], row[1], row[2], row[3] = p, k, bottom, top


@compiled(inner=True)
def _length(row: Floats, free: Ints, number: int, r: Floats, z: Floats) -> float:  # pragma: no cover - compiled
    """Return the variance, in units of that of a response, of what has the derivatives ``row`` (4,)."""
    total = 0.0
    for a in range(number):
        value = row[free[a]]
        for b in range(a):
            value -= r[b, a] * z[b]
        z[a] = value / r[a, a]
        total += z[a] * z[a]
    return total


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
