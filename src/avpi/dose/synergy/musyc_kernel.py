"""The MuSyC surface and its least-squares descents in compiled code; the equation is derived in ``musyc_surface``.

Given the eight parameters that are not linear, theta = ln (C1, C2, h1, h2, alpha12, alpha21, gamma12, gamma21), the
response is linear in the effects of the four states. They are solved for at once, and what remains is a problem of
theta alone: variable projection (Golub & Pereyra 1973 SIAM J Numer Anal 10:413), with Kaufman's derivative (1975 BIT
15:49, doi:10.1007/BF01932995). The steps are those of Levenberg and Marquardt with scaled variables, cut at the boxes.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avpi.dose.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

C1, C2, H1, H2, ALPHA12, ALPHA21, GAMMA12, GAMMA21 = range(8)
"""Places in theta."""
CURVED, STATES = 8, 4
FAR = -1e9
"""Logarithm that stands for that of dose 0."""
_CLIP = 200.0
"""Beyond e^200 a rate is as good as infinite; the product of three is still a double."""
_DEPENDENT = 1e-9
"""Length, of its own, that a column must have beyond those before it; else its effect is not to be seen."""
_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-2, 1e-14, 1e14
NO_GAIN = 1e-11
"""Promised and real fall of the residual sum, relative to it, at which a minimum is reached."""
_ROUNDING = 1e-20
"""A promised fall that cannot be seen in a double."""
NEGLIGIBLE = 1e-28
"""Residual sum of squares, of the responses' own about 0, that is rounding."""
_EDGE_TURNS = 8
"""Times that effects are put to, or taken from, the edges of their boxes."""


class Surface(NamedTuple):
    """One surface as the kernels take it.

    Attributes
    ----------
    xa, xb : (rows,) and (columns,) ln dose; ``FAR`` for 0.
    row, column : (cells,) which doses each cell has.
    y, root : (cells,) mean response, and root of its weight.
    basis, shift : (k, 4) and (4,): the effects of the states are ``e @ basis + shift`` with e free.
    e_low, e_high : (k,) boxes of e.
    low, high : (8,) boxes of theta; equal ends hold a parameter.
    """

    xa: Floats
    xb: Floats
    row: Ints
    column: Ints
    y: Floats
    root: Floats
    basis: Floats
    shift: Floats
    e_low: Floats
    e_high: Floats
    low: Floats
    high: Floats


class Room(NamedTuple):
    """Room for the work on a surface: rates by row and column, shares of the states, columns, residuals."""

    by_row: Floats
    by_column: Floats
    shares: Floats
    q: Floats
    r: Floats
    effects: Floats
    columns: Floats


def room_for(rows: int, columns: int, cells: int) -> Room:
    """Return room for a surface of so many doses and cells."""
    return Room(
        np.empty((4, rows)),
        np.empty((4, columns)),
        np.empty((STATES, cells)),
        np.empty((STATES, cells)),
        np.empty(cells),
        np.empty(STATES),
        np.empty((CURVED, cells)),
    )


@compiled(nogil=True)
def _rates(place: Floats, c: float, h: float, alpha: float, gamma: float, out: Floats) -> None:  # pragma: no cover
    """Fill the logarithms of the rate of one compound alone and beside the other, and these rates."""
    for i in range(place.size):
        u = min(max(h * (place[i] - c), -_CLIP), _CLIP)
        v = min(max(gamma * h * (place[i] - c + alpha), -_CLIP), _CLIP)
        out[0, i], out[1, i] = u, v
        out[2, i], out[3, i] = math.exp(u), math.exp(v)


@compiled(nogil=True, fastmath={"contract", "reassoc", "nsz", "arcp"}, error_model="numpy")
def fill_shares(theta: Floats, at: Surface, room: Room) -> None:  # pragma: no cover - compiled
    """Fill the shares (4, cells) of the states: free, with compound 1, with 2, with both."""
    h1, h2 = math.exp(theta[H1]), math.exp(theta[H2])
    _rates(at.xa, theta[C1], h1, theta[ALPHA21], math.exp(theta[GAMMA21]), room.by_row)
    _rates(at.xb, theta[C2], h2, theta[ALPHA12], math.exp(theta[GAMMA12]), room.by_column)
    shares = room.shares
    for j in range(at.y.size):
        a, b = at.row[j], at.column[j]
        f1, g1, f2, g2 = room.by_row[2, a], room.by_row[3, a], room.by_column[2, b], room.by_column[3, b]
        free = 2.0 + g1 + g2
        one = f1 * (2.0 + g1) + f2 * g1
        two = f2 * (2.0 + g2) + f1 * g2
        both = f1 * g2 + f2 * g1 + (f1 + f2) * g1 * g2
        whole = free + one + two + both
        shares[0, j], shares[1, j], shares[2, j], shares[3, j] = free / whole, one / whole, two / whole, both / whole


@compiled(nogil=True, fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def fill_columns(theta: Floats, at: Surface, room: Room) -> None:  # pragma: no cover - compiled
    """Fill the derivatives (8, cells) of the weighted response, effects held; shares and effects are there already."""
    h1, h2 = math.exp(theta[H1]), math.exp(theta[H2])
    gh1, gh2 = h1 * math.exp(theta[GAMMA21]), h2 * math.exp(theta[GAMMA12])
    e, out = room.effects, room.columns
    for j in range(at.y.size):
        a, b = at.row[j], at.column[j]
        f1, g1, f2, g2 = room.by_row[2, a], room.by_row[3, a], room.by_column[2, b], room.by_column[3, b]
        p = room.shares
        y = p[0, j] * e[0] + p[1, j] * e[1] + p[2, j] * e[2] + p[3, j] * e[3]
        scale = at.root[j] * p[0, j] / (2.0 + g1 + g2)
        to0, to1, to2, to3 = e[0] - y, e[1] - y, e[2] - y, e[3] - y
        both = (f1 + f2) * g1 * g2
        by_f1 = scale * (f1 * (2.0 + g1) * to1 + f1 * g2 * to2 + (f1 * g2 + f1 * g1 * g2) * to3)
        by_f2 = scale * (f2 * g1 * to1 + f2 * (2.0 + g2) * to2 + (f2 * g1 + f2 * g1 * g2) * to3)
        by_g1 = scale * (g1 * to0 + (f1 + f2) * g1 * to1 + (f2 * g1 + both) * to3)
        by_g2 = scale * (g2 * to0 + (f1 + f2) * g2 * to2 + (f1 * g2 + both) * to3)
        u1, v1, u2, v2 = room.by_row[0, a], room.by_row[1, a], room.by_column[0, b], room.by_column[1, b]
        out[C1, j], out[C2, j] = -h1 * by_f1 - gh1 * by_g1, -h2 * by_f2 - gh2 * by_g2
        out[H1, j], out[H2, j] = u1 * by_f1 + v1 * by_g1, u2 * by_f2 + v2 * by_g2
        out[ALPHA12, j], out[ALPHA21, j] = gh2 * by_g2, gh1 * by_g1
        out[GAMMA12, j], out[GAMMA21, j] = v2 * by_g2, v1 * by_g1


@compiled(nogil=True, fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def _solve(at: Surface, room: Room, held: Ints, e: Floats) -> int:  # pragma: no cover - compiled
    """Solve for the effects that no edge holds; fill ``e``, the residuals and q; return how many columns q has."""
    k, m = at.basis.shape[0], at.y.size
    shares, q, r = room.shares, room.q, room.r
    upper = np.zeros((STATES, STATES))
    along = np.zeros(STATES)
    which = np.zeros(STATES, np.int64)
    for j in range(m):
        r[j] = at.y[j]
        for s in range(STATES):
            r[j] -= at.shift[s] * shares[s, j]
        for i in range(k):
            if held[i] != 0:
                for s in range(STATES):
                    r[j] -= e[i] * at.basis[i, s] * shares[s, j]
        r[j] *= at.root[j]
    number = 0
    for i in range(k):
        if held[i] != 0:
            continue
        e[i] = 0.0
        length = 0.0
        for j in range(m):
            value = 0.0
            for s in range(STATES):
                value += at.basis[i, s] * shares[s, j]
            value *= at.root[j]
            q[number, j] = value
            length += value * value
        for _ in range(2):  # twice is enough (Giraud 2005 Numer Math 101:87)
            for b in range(number):
                inner = 0.0
                for j in range(m):
                    inner += q[number, j] * q[b, j]
                upper[b, number] += inner
                for j in range(m):
                    q[number, j] -= inner * q[b, j]
        rest = 0.0
        for j in range(m):
            rest += q[number, j] * q[number, j]
        if rest <= _DEPENDENT * _DEPENDENT * length or rest == 0.0:
            for b in range(number):
                upper[b, number] = 0.0
            continue
        rest = math.sqrt(rest)
        upper[number, number] = rest
        inner = 0.0
        for j in range(m):
            q[number, j] /= rest
            inner += q[number, j] * r[j]
        along[number] = inner
        for j in range(m):
            r[j] -= inner * q[number, j]
        which[number] = i
        number += 1
    for a in range(number - 1, -1, -1):
        value = along[a]
        for b in range(a + 1, number):
            value -= upper[a, b] * e[which[b]]
        e[which[a]] = value / upper[a, a]
    return number


@compiled(nogil=True, error_model="numpy")
def reduced(theta: Floats, at: Surface, room: Room) -> tuple[float, int]:  # pragma: no cover - compiled
    """Return the residual sum of squares with the best effects, and the number of their columns in ``room.q``."""
    fill_shares(theta, at, room)
    k = at.basis.shape[0]
    held, e = np.zeros(STATES, np.int64), np.zeros(STATES)
    number = _solve(at, room, held, e)
    for _ in range(_EDGE_TURNS):
        changed = False
        for i in range(k):
            if held[i] == 0 and e[i] < at.e_low[i]:
                held[i], e[i], changed = -1, at.e_low[i], True
            elif held[i] == 0 and e[i] > at.e_high[i]:
                held[i], e[i], changed = 1, at.e_high[i], True
        if not changed:
            for i in range(k):
                if held[i] == 0:
                    continue
                uphill = 0.0
                for j in range(at.y.size):
                    for s in range(STATES):
                        uphill += room.r[j] * at.root[j] * at.basis[i, s] * room.shares[s, j]
                if uphill * held[i] < 0.0:
                    held[i], changed = 0, True
        if not changed:
            break
        number = _solve(at, room, held, e)
    for s in range(STATES):
        value = at.shift[s]
        for i in range(k):
            value += min(max(e[i], at.e_low[i]), at.e_high[i]) * at.basis[i, s]
        room.effects[s] = value
    rss = 0.0
    for j in range(at.y.size):
        rss += room.r[j] * room.r[j]
    return rss, number


@compiled(nogil=True, error_model="numpy")
def factor(a: Floats, n: int) -> bool:  # pragma: no cover - compiled
    """Turn the lower half of ``a`` into its Cholesky factor; False where it is not positive."""
    for i in range(n):
        for j in range(i + 1):
            value = a[i, j]
            for k in range(j):
                value -= a[i, k] * a[j, k]
            if i == j:
                if not value > 0.0:
                    return False
                a[i, i] = math.sqrt(value)
            else:
                a[i, j] = value / a[j, j]
    return True


@compiled(nogil=True, error_model="numpy")
def _step(normal: Floats, uphill: Floats, n: int, damping: float, out: Floats) -> float:  # pragma: no cover
    """Fill the damped step (n,) in scaled variables; return the fall of the sum of squares it promises."""
    a = np.empty((CURVED, CURVED))
    for i in range(n):
        for j in range(i + 1):
            a[i, j] = normal[i, j]
        a[i, i] += damping
    if not factor(a, n):
        return -1.0
    for i in range(n):
        value = uphill[i]
        for k in range(i):
            value -= a[i, k] * out[k]
        out[i] = value / a[i, i]
    for i in range(n - 1, -1, -1):
        value = out[i]
        for k in range(i + 1, n):
            value -= a[k, i] * out[k]
        out[i] = value / a[i, i]
    promised = 0.0
    for i in range(n):
        promised += out[i] * (uphill[i] + damping * out[i])
    return promised


@compiled(nogil=True, fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def _project(theta: Floats, number: int, at: Surface, room: Room) -> None:  # pragma: no cover - compiled
    """Fill ``room.columns`` with the derivatives beyond what the effects can take up."""
    fill_columns(theta, at, room)
    for i in range(CURVED):
        if at.low[i] == at.high[i]:
            continue
        for b in range(number):
            inner = 0.0
            for j in range(at.y.size):
                inner += room.columns[i, j] * room.q[b, j]
            for j in range(at.y.size):
                room.columns[i, j] -= inner * room.q[b, j]


@compiled(nogil=True, fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def _normal(
    theta: Floats, at: Surface, room: Room, scale: Floats, which: Ints, normal: Floats, uphill: Floats
) -> int:  # pragma: no cover - compiled
    """Fill the scaled normal matrix and gradient of the parameters that no edge holds; return how many there are."""
    n, m = 0, at.y.size
    for i in range(CURVED):
        if at.low[i] == at.high[i]:
            continue
        slope, length = 0.0, 0.0
        for j in range(m):
            slope += room.columns[i, j] * room.r[j]
            length += room.columns[i, j] * room.columns[i, j]
        scale[i] = max(scale[i], math.sqrt(length))
        if (theta[i] <= at.low[i] and slope < 0.0) or (theta[i] >= at.high[i] and slope > 0.0) or scale[i] == 0.0:
            continue
        which[n], uphill[n] = i, slope / scale[i]
        for k in range(n + 1):
            inner = 0.0
            for j in range(m):
                inner += room.columns[i, j] * room.columns[which[k], j]
            normal[n, k] = inner / (scale[i] * scale[which[k]])
        n += 1
    return n


@compiled(nogil=True, error_model="numpy")
def descend(
    theta: Floats, at: Surface, room: Room, most_steps: int, no_gain: float
) -> tuple[float, bool]:  # pragma: no cover - compiled
    """Walk ``theta`` downhill; return the residual sum of squares there, and whether it is a minimum.

    It is one where a step gains, and promised, less than ``no_gain`` of the residual sum.
    """
    to, step, scale = np.empty(CURVED), np.empty(CURVED), np.zeros(CURVED)
    normal, uphill, which = np.empty((CURVED, CURVED)), np.empty(CURVED), np.empty(CURVED, np.int64)
    floor = 0.0
    for j in range(at.y.size):
        floor += (at.root[j] * at.y[j]) ** 2
    floor *= NEGLIGIBLE
    for i in range(CURVED):
        theta[i] = min(max(theta[i], at.low[i]), at.high[i])
    rss, number = reduced(theta, at, room)
    damping, growth = _FIRST_DAMPING, 2.0
    reached = rss <= floor
    for _ in range(most_steps):
        if reached:
            break
        _project(theta, number, at, room)
        n = _normal(theta, at, room, scale, which, normal, uphill)
        moved, reached = False, n == 0
        while n > 0 and damping < _MOST_DAMPING:
            promised = _step(normal, uphill, n, damping, step)
            if promised < 0.0:
                damping *= 10.0
                continue
            to[:] = theta
            for k in range(n):
                i = which[k]
                to[i] = min(max(theta[i] + step[k] / scale[i], at.low[i]), at.high[i])
            if promised <= _ROUNDING * rss:
                break
            new, columns = reduced(to, at, room)
            if new < rss:
                gain = (rss - new) / promised
                damping = max(damping * max(0.2, 1.0 - (2.0 * gain - 1.0) ** 3), _LEAST_DAMPING)
                growth, moved = 2.0, True
                reached = (rss - new <= no_gain * rss and promised <= no_gain * rss) or new <= floor
                theta[:] = to
                rss, number = new, columns
                break
            damping, growth = damping * growth, growth * 2.0
        if not moved:
            reached = True
    rss, _ = reduced(theta, at, room)
    return rss, reached
