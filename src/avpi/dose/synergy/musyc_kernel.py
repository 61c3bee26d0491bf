"""The MuSyC surface, its derivatives and its best effects, compiled; the equation is derived in ``musyc_surface``.

Given the eight parameters that are not linear, theta = ln (C1, C2, h1, h2, alpha12, alpha21, gamma12, gamma21), the
response is linear in the effects of the four states. They are solved for at once, and what remains is a problem of
theta alone: variable projection (Golub & Pereyra 1973 SIAM J Numer Anal 10:413), with Kaufman's derivative (1975 BIT
15:49, doi:10.1007/BF01932995). The descents are in ``musyc_descent``.

A loop fills one row and reads few others: only then does the compiler take several cells at once.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avpi.compute.compiled import compiled

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
_EDGE_TURNS = 8
"""Times that effects are put to, or taken from, the edges of their boxes."""
_FAST = {"contract", "reassoc", "nsz", "arcp"}


class Surface(NamedTuple):
    """One surface as the kernels take it.

    Attributes
    ----------
    xa, xb : (rows,) and (columns,) ln dose; ``FAR`` for 0.
    row, column : (cells,) which doses each cell has.
    cell_a, cell_b : (cells,) these doses, ln.
    y, root : (cells,) mean response, and root of its weight.
    basis, shift : (k, 4) and (4,): the effects of the states are ``e @ basis + shift`` with e free.
    e_low, e_high : (k,) boxes of e.
    low, high : (8,) boxes of theta; equal ends hold a parameter.
    """

    xa: Floats
    xb: Floats
    row: Ints
    column: Ints
    cell_a: Floats
    cell_b: Floats
    y: Floats
    root: Floats
    basis: Floats
    shift: Floats
    e_low: Floats
    e_high: Floats
    low: Floats
    high: Floats


class Room(NamedTuple):
    """Room for the work on a surface.

    Attributes
    ----------
    by_row, by_column : (2, rows) and (2, columns) rates of a compound alone and beside the other.
    rates : (4, cells) f1, g1, f2, g2 of each cell; ``work`` (7, cells).
    shares, q, columns, r : (4, cells), (4, cells), (8, cells), (cells,) shares of the states, what they span, the
        derivatives, the residuals.
    effects, kept, e, along, upper, held, which : of the solution for the effects.
    to, step, scale, uphill, normal, factor, free : of a step in theta.
    """

    by_row: Floats
    by_column: Floats
    rates: Floats
    work: Floats
    shares: Floats
    q: Floats
    columns: Floats
    r: Floats
    effects: Floats
    kept: Floats
    e: Floats
    along: Floats
    upper: Floats
    held: Ints
    which: Ints
    to: Floats
    step: Floats
    scale: Floats
    uphill: Floats
    normal: Floats
    factor: Floats
    free: Ints


@compiled(nogil=True)
def room_for(rows: int, columns: int, cells: int) -> Room:  # pragma: no cover - compiled
    """Return room for a surface of so many doses and cells."""
    return Room(
        np.zeros((2, rows)), np.zeros((2, columns)), np.zeros((4, cells)), np.zeros((7, cells)),
        np.zeros((STATES, cells)), np.zeros((STATES, cells)), np.zeros((CURVED, cells)), np.zeros(cells),
        np.zeros(STATES), np.zeros(STATES), np.zeros(STATES), np.zeros(STATES), np.zeros((STATES, STATES)),
        np.zeros(STATES, np.int64), np.zeros(STATES, np.int64), np.zeros(CURVED), np.zeros(CURVED), np.zeros(CURVED),
        np.zeros(CURVED), np.zeros((CURVED, CURVED)), np.zeros((CURVED, CURVED)), np.zeros(CURVED, np.int64),
    )  # fmt: skip


@compiled(inner=True, error_model="numpy")
def fill_rates(place: Floats, c: float, h: float, out: Floats) -> None:  # pragma: no cover - compiled
    """Fill the rates at which a compound of potency c and slope h binds, by dose."""
    for i in range(place.size):
        out[i] = math.exp(min(max(h * (place[i] - c), -_CLIP), _CLIP))


@compiled(inner=True)
def spread(values: Floats, index: Ints, out: Floats) -> None:  # pragma: no cover - compiled
    """Fill what each cell has of values by row or by column."""
    for j in range(index.size):
        out[j] = values[index[j]]


@compiled(inner=True, fastmath=_FAST, error_model="numpy")
def fill_shares(theta: Floats, at: Surface, room: Room) -> None:  # pragma: no cover - compiled
    """Fill the shares (4, cells) of the states: free, with compound 1, with 2, with both."""
    h1, h2, m = math.exp(theta[H1]), math.exp(theta[H2]), at.y.size
    fill_rates(at.xa, theta[C1], h1, room.by_row[0])
    fill_rates(at.xa, theta[C1] - theta[ALPHA21], h1 * math.exp(theta[GAMMA21]), room.by_row[1])
    fill_rates(at.xb, theta[C2], h2, room.by_column[0])
    fill_rates(at.xb, theta[C2] - theta[ALPHA12], h2 * math.exp(theta[GAMMA12]), room.by_column[1])
    f1, g1, f2, g2, scale = room.rates[0], room.rates[1], room.rates[2], room.rates[3], room.work[0]
    spread(room.by_row[0], at.row, f1)
    spread(room.by_row[1], at.row, g1)
    spread(room.by_column[0], at.column, f2)
    spread(room.by_column[1], at.column, g2)
    free, one, two, both = room.shares[0], room.shares[1], room.shares[2], room.shares[3]
    for j in range(m):
        a, b, c, d = f1[j], g1[j], f2[j], g2[j]
        whole = 2.0 + b + d + a * (2.0 + b + d) + c * (2.0 + b + d) + a * d + c * b + (a + c) * b * d
        scale[j] = 1.0 / whole
    for j in range(m):
        free[j] = (2.0 + g1[j] + g2[j]) * scale[j]
    for j in range(m):
        one[j] = (f1[j] * (2.0 + g1[j]) + f2[j] * g1[j]) * scale[j]
    for j in range(m):
        two[j] = (f2[j] * (2.0 + g2[j]) + f1[j] * g2[j]) * scale[j]
    for j in range(m):
        a, b, c, d = f1[j], g1[j], f2[j], g2[j]
        both[j] = (a * d + c * b + (a + c) * b * d) * scale[j]


@compiled(inner=True, fastmath=_FAST, error_model="numpy")
def fill_columns(theta: Floats, at: Surface, room: Room) -> None:  # pragma: no cover - compiled
    """Fill the derivatives (8, cells) of the weighted response, effects held; after ``fill_shares`` of this theta."""
    h1, h2, m = math.exp(theta[H1]), math.exp(theta[H2]), at.y.size
    gh1, gh2 = h1 * math.exp(theta[GAMMA21]), h2 * math.exp(theta[GAMMA12])
    e0, e1, e2, e3 = room.effects[0], room.effects[1], room.effects[2], room.effects[3]
    f1, g1, f2, g2 = room.rates[0], room.rates[1], room.rates[2], room.rates[3]
    p0, p1, p2, p3 = room.shares[0], room.shares[1], room.shares[2], room.shares[3]
    over, y, work = room.work[0], room.work[1], room.work[2:]
    for j in range(m):
        y[j] = p0[j] * e0 + p1[j] * e1 + p2[j] * e2 + p3[j] * e3
    root, by_f1, by_g1, by_f2, by_g2 = at.root, work[0], work[1], work[2], work[3]
    for j in range(m):
        over[j] *= root[j]
    for j in range(m):
        a, b, d, to = f1[j], g1[j], g2[j], y[j]
        by_f1[j] = over[j] * a * ((2.0 + b) * (e1 - to) + d * (e2 - to) + (d + b * d) * (e3 - to))
    for j in range(m):
        c, b, d, to = f2[j], g1[j], g2[j], y[j]
        by_f2[j] = over[j] * c * (b * (e1 - to) + (2.0 + d) * (e2 - to) + (b + b * d) * (e3 - to))
    for j in range(m):
        a, b, c, d, to = f1[j], g1[j], f2[j], g2[j], y[j]
        by_g1[j] = over[j] * b * (e0 - to + (a + c) * (e1 - to) + (c + (a + c) * d) * (e3 - to))
    for j in range(m):
        a, b, c, d, to = f1[j], g1[j], f2[j], g2[j], y[j]
        by_g2[j] = over[j] * d * (e0 - to + (a + c) * (e2 - to) + (a + (a + c) * b) * (e3 - to))
    out = room.columns
    _of_compound(at.cell_a, theta[C1], theta[ALPHA21], h1, gh1, by_f1, by_g1, out[C1], out[H1], out[ALPHA21],
                 out[GAMMA21])  # fmt: skip
    _of_compound(at.cell_b, theta[C2], theta[ALPHA12], h2, gh2, by_f2, by_g2, out[C2], out[H2], out[ALPHA12],
                 out[GAMMA12])  # fmt: skip


@compiled(inner=True, fastmath=_FAST, error_model="numpy")
def _of_compound(
    x: Floats,
    c: float,
    alpha: float,
    h: float,
    gh: float,
    by_f: Floats,
    by_g: Floats,
    by_c: Floats,
    by_h: Floats,
    by_alpha: Floats,
    by_gamma: Floats,
) -> None:  # pragma: no cover - compiled
    """Turn derivatives by ln rates into those by potency, slope, alpha and gamma."""
    m = x.size
    for j in range(m):
        by_gamma[j] = by_g[j] * min(max(gh * (x[j] - c + alpha), -_CLIP), _CLIP)
    for j in range(m):
        by_h[j] = by_f[j] * min(max(h * (x[j] - c), -_CLIP), _CLIP) + by_gamma[j]
    for j in range(m):
        by_alpha[j] = gh * by_g[j]
    for j in range(m):
        by_c[j] = -h * by_f[j] - by_alpha[j]


@compiled(nogil=True)
def derivatives_of(theta: Floats, at: Surface, effects: Floats) -> tuple[Floats, Floats]:  # pragma: no cover - compiled
    """Return the shares (4, cells) and the derivatives (8, cells) of the weighted response, effects held."""
    room = room_for(at.xa.size, at.xb.size, at.y.size)
    for s in range(STATES):
        room.effects[s] = effects[s]
    fill_shares(theta, at, room)
    fill_columns(theta, at, room)
    return room.shares, room.columns


@compiled(inner=True, fastmath=_FAST)
def inner_product(a: Floats, b: Floats) -> float:  # pragma: no cover - compiled
    """Return the sum of a b."""
    total = 0.0
    for j in range(a.size):
        total += a[j] * b[j]
    return total


@compiled(inner=True, fastmath=_FAST)
def take_away(a: Floats, b: Floats, times: float) -> None:  # pragma: no cover - compiled
    """Take so many times b from a."""
    for j in range(a.size):
        a[j] -= times * b[j]


@compiled(inner=True, fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def _solve(at: Surface, room: Room) -> int:  # pragma: no cover - compiled
    """Solve for the effects that no edge holds; fill ``e``, the residuals and q; return how many columns q has."""
    k, m = at.basis.shape[0], at.y.size
    shares, q, r, e, root = room.shares, room.q, room.r, room.e, at.root
    upper, along, which, held, y = room.upper, room.along, room.which, room.held, at.y
    for j in range(m):
        r[j] = y[j]
    for s in range(STATES):
        known = at.shift[s]
        for i in range(k):
            if held[i] != 0:
                known += e[i] * at.basis[i, s]
        if known != 0.0:
            take_away(r, shares[s], known)
    for j in range(m):
        r[j] *= root[j]
    number = 0
    for i in range(k):
        if held[i] != 0:
            continue
        e[i] = 0.0
        own = q[number]
        for j in range(m):
            own[j] = 0.0
        for s in range(STATES):
            if at.basis[i, s] != 0.0:
                take_away(own, shares[s], -at.basis[i, s])
        for j in range(m):
            own[j] *= root[j]
        length = inner_product(own, own)
        for b in range(number):
            upper[b, number] = 0.0
        for _ in range(2):  # twice is enough (Giraud 2005 Numer Math 101:87)
            for b in range(number):
                inner = inner_product(own, q[b])
                upper[b, number] += inner
                take_away(own, q[b], inner)
        rest = inner_product(own, own)
        if rest <= _DEPENDENT * _DEPENDENT * length or rest == 0.0:
            continue
        rest = math.sqrt(rest)
        upper[number, number] = rest
        over = 1.0 / rest
        for j in range(m):
            own[j] *= over
        along[number] = inner_product(own, r)
        take_away(r, own, along[number])
        which[number] = i
        number += 1
    for a in range(number - 1, -1, -1):
        value = along[a]
        for b in range(a + 1, number):
            value -= upper[a, b] * e[which[b]]
        e[which[a]] = value / upper[a, a]
    return number


@compiled(inner=True, error_model="numpy")
def reduced(theta: Floats, at: Surface, room: Room) -> tuple[float, int]:  # pragma: no cover - compiled
    """Return the residual sum of squares with the best effects, and the number of their columns in ``room.q``."""
    fill_shares(theta, at, room)
    k, held, e = at.basis.shape[0], room.held, room.e
    for i in range(STATES):
        held[i], e[i] = 0, 0.0
    number = 0
    for _ in range(_EDGE_TURNS):
        number = _solve(at, room)
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
    for s in range(STATES):
        value = at.shift[s]
        for i in range(k):
            value += min(max(e[i], at.e_low[i]), at.e_high[i]) * at.basis[i, s]
        room.effects[s] = value
    return inner_product(room.r, room.r), number
