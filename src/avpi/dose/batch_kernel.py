"""A block of curves of one design, fitted one after the other without Python; compiled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from avpi.dose.compiled import compiled
from avpi.dose.logistic_fit_kernel import K_HIGH, K_LOW, P_HIGH, P_LOW, Starts, fit_one
from avpi.dose.logistic_kernel import BOTTOM, HELD, LENGTH, LN10, RSS, TOP, Curve, Room, fall
from avpi.dose.profile_kernel import profile_end

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
_DEPENDENT = 1e-10
"""Length that a column of the scaled design must have beyond those before it."""


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
    work: Room,
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
    m = x.size
    y, w, best = np.empty(m), np.empty(m), np.empty(LENGTH)
    curve = Curve(x, y, w, plateaus, box, work)
    for c in range(responses.shape[0]):
        n, within, flat, mean = _gather(responses[c], groups, weights, y, w)
        out[c, :] = math.nan
        out[c, OUT_N], out[c, OUT_MEAN] = n, mean
        used = 0
        for j in range(m):
            used += w[j] > 0.0
        if n <= PARAMETERS or used < PARAMETERS:
            state[c] = TOO_FEW
            continue
        p, k, reached = fit_one(curve, starts, best)
        out[c, OUT_P], out[c, OUT_K], out[c, OUT_BOTTOM], out[c, OUT_TOP] = p, k, best[BOTTOM], best[TOP]
        rss = 2 * best[RSS] + within
        out[c, OUT_RSS], out[c, OUT_RSS_FLAT] = rss, flat
        state[c] = _state(p, k, best, box, reached)
        _errors(p, k, best, curve, rss / (n - PARAMETERS), out[c])
        rise = 0.5 * rss * rises[n]
        if not math.isnan(rise):
            out[c, OUT_LOW] = profile_end(-1.0, p, k, best, rise, curve)
            out[c, OUT_HIGH] = profile_end(1.0, p, k, best, rise, curve)


@compiled(nogil=True)
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


@compiled(nogil=True)
def _state(p: float, k: float, best: Floats, box: Floats, reached: bool) -> int:  # noqa: FBT001  # pragma: no cover
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


@compiled(nogil=True)
def _errors(
    p: float, k: float, best: Floats, curve: Curve, variance: float, out: Floats
) -> None:  # pragma: no cover - compiled
    """Fill the standard errors of (p, k, bottom, top): those of the free ones, given that the held ones stay.

    By orthogonalising the scaled columns of the derivatives, never by the normal equations, whose condition is squared.
    """
    w, box, m = curve.w, curve.box, curve.x.size
    fall(p, math.exp(k), curve.x, curve.work)
    u, s = curve.work[0], curve.work[1]
    span, hl = best[TOP] - best[BOTTOM], math.exp(k) * LN10
    q, r, free = np.empty((PARAMETERS, m)), np.zeros((PARAMETERS, PARAMETERS)), np.empty(PARAMETERS, np.int64)
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
        length = math.sqrt(np.sum(q[a] * q[a]))
        if length == 0.0:
            return
        q[a] /= length
        for _ in range(2):  # twice is enough (Giraud 2005 Numer Math 101:87)
            for b in range(a):
                along = np.sum(q[a] * q[b])
                r[b, a] += along * length
                q[a] -= along * q[b]
        rest = math.sqrt(np.sum(q[a] * q[a]))
        if rest < _DEPENDENT:
            return
        r[a, a] = rest * length
        q[a] /= rest
    row = np.zeros(number)
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
