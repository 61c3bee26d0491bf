"""The four-parameter logistic, one curve at a time, in compiled code: what its residuals and their derivatives are.

    y = bottom (1 - s) + top s,     s = 1 / (1 + exp(h (x - p)))

``x`` and ``p`` are log10 molar, ``h`` the slope; s is 1 at dose 0 (x = -inf). Given (p, h) the curve is linear in top
and bottom, so they are solved for at once, within their boxes, and two parameters remain: variable projection (Golub &
Pereyra 1973 SIAM J Numer Anal 10:413). Their Hessian is exact: that of all four parameters, with bottom and top
eliminated. The slope is handled as ``k = ln h``.

Replicates enter as their weighted mean: what they scatter about it is the same for every curve and added by the caller.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avpi.dose.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LN10 = math.log(10.0)
RSS, GP, GK, HPP, HPK, HKK, BOTTOM, TOP, HELD = range(9)
"""Places in what ``reduced`` fills: half the residual sum of squares, its gradient and Hessian in (p, k), the bottom
and top that belong to it, and which of these two a box holds."""
LENGTH = 9
_TINY = 1e-300


_FAST = {"contract", "reassoc", "nsz", "arcp"}
"""Sums may be taken in any order, so that several doses are done at once; nothing else is given up."""
_MAGIC = 6755399441055744.0
"""1.5 x 2^52: added to a small number it leaves the nearest integer in the last bits."""
_LOG2E, _LN2_HIGH, _LN2_LOW = 1.4426950408889634, 0.6931471803691238, 1.9082149292705877e-10
_FARTHEST = 700.0
"""Beyond e^700 a sigmoid is 0 or 1."""


Room = tuple[Floats, Floats, Floats, Floats, Ints, Ints]


def room(doses: int) -> Room:
    """Return room for so many doses: four rows of numbers, and the last two of them seen as integers."""
    u, s, whole, power = (np.zeros(doses) for _ in range(4))
    return u, s, whole, power, whole.view(np.int64), power.view(np.int64)


class Curve(NamedTuple):
    """One curve as the kernels take it.

    Attributes
    ----------
    x, y, w : (doses,) log10 molar, mean responses, weights.
    plateaus : (lowest bottom, highest bottom, lowest top, highest top).
    box : (lowest p, highest p, lowest k, highest k).
    work : room for the doses.
    """

    x: Floats
    y: Floats
    w: Floats
    plateaus: Floats
    box: Floats
    work: Room


@compiled(fastmath={"contract"}, error_model="numpy")
def fall(p: float, h: float, x: Floats, work: Room) -> None:  # pragma: no cover - compiled
    """Fill the first row of ``work`` with h (x - p) ln 10 and the second with the sigmoid.

    The exponential is written out, so that the compiler does several doses at once: e^u = 2^n e^r with |r| < 0.35, e^r
    by its series to r^13 (1e-17), 2^n from n as the exponent's bits. Each loop reads and writes rows of its own; else
    the compiler must take one dose after the other.
    """
    n = x.size
    slope = h * LN10
    u, s, whole, power, whole_bits, power_bits = work
    for i in range(n):
        u[i] = min(max(slope * (x[i] - p), -_FARTHEST), _FARTHEST)
        whole[i] = u[i] * _LOG2E + _MAGIC
    for i in range(n):
        power_bits[i] = (whole_bits[i] << 52) + (1023 << 52)
    for i in range(n):
        rounded = whole[i] - _MAGIC
        r = (u[i] - rounded * _LN2_HIGH) - rounded * _LN2_LOW
        series = 1.0 / 6227020800.0
        series = series * r + 1.0 / 479001600.0
        series = series * r + 1.0 / 39916800.0
        series = series * r + 1.0 / 3628800.0
        series = series * r + 1.0 / 362880.0
        series = series * r + 1.0 / 40320.0
        series = series * r + 1.0 / 5040.0
        series = series * r + 1.0 / 720.0
        series = series * r + 1.0 / 120.0
        series = series * r + 1.0 / 24.0
        series = series * r + 1.0 / 6.0
        series = series * r + 0.5
        series = series * r + 1.0
        s[i] = 1.0 / (1.0 + (series * r + 1.0) * power[i])


@compiled()
def linear(
    a: float, b: float, c: float, d: float, e: float, boxes: Floats
) -> tuple[float, float, int]:  # pragma: no cover - compiled
    """Return bottom and top of least squares within their boxes, and which a box holds: 0, 1 bottom, 2 top, 3 both.

    ``a, b, c`` are the sums of w f², w f s and w s² with f = 1 - s, ``d, e`` those of w f y and w s y; ``boxes`` is
    (lowest bottom, highest bottom, lowest top, highest top). Exact: the free solution, else the best of the edges.
    """
    low_b, high_b, low_t, high_t = boxes[0], boxes[1], boxes[2], boxes[3]
    det = a * c - b * b
    if det > 1e-12 * (a * c) + _TINY:
        bottom, top = (d * c - e * b) / det, (e * a - d * b) / det
        if low_b <= bottom <= high_b and low_t <= top <= high_t:
            return bottom, top, 0
    elif a <= _TINY and c <= _TINY:
        return min(max(0.0, low_b), high_b), min(max(0.0, low_t), high_t), 3
    best, found_b, found_t, held = math.inf, 0.0, 0.0, 3
    for edge in range(4):
        if not math.isfinite(boxes[edge]):
            continue
        if edge < 2:
            bottom = boxes[edge]
            free = (e - b * bottom) / c if c > _TINY else 0.0
            top = min(max(free, low_t), high_t)
            inside = top == free
        else:
            top = boxes[edge]
            free = (d - b * top) / a if a > _TINY else 0.0
            bottom = min(max(free, low_b), high_b)
            inside = bottom == free
        value = a * bottom * bottom + c * top * top + 2 * (b * bottom * top - d * bottom - e * top)
        if value < best:
            best, found_b, found_t = value, bottom, top
            held = (1 if edge < 2 else 2) if inside else 3
    if not math.isfinite(best):  # no box to lean on and s is constant: one plateau stands for both
        level = (d + e) / (a + 2 * b + c)
        return level, level, 3
    return found_b, found_t, held


@compiled(fastmath=_FAST, error_model="numpy")
def reduced(p: float, k: float, curve: Curve, out: Floats) -> None:  # pragma: no cover - compiled
    """Fill ``out`` at (p, k) with what the places above name."""
    x, y, w = curve.x, curve.y, curve.w
    h, n = math.exp(k), x.size
    fall(p, h, x, curve.work)
    u, s = curve.work[0], curve.work[1]
    a = b = c = d = e = 0.0
    for i in range(n):
        f, wi = 1.0 - s[i], w[i]
        a += wi * f * f
        b += wi * f * s[i]
        c += wi * s[i] * s[i]
        d += wi * f * y[i]
        e += wi * s[i] * y[i]
    bottom, top, held = linear(a, b, c, d, e, curve.plateaus)
    span, hl = top - bottom, h * LN10
    half = gp = gk = hpp = hpk = hkk = bp = bk = tp = tk = 0.0
    for i in range(n):
        si, wi, v = s[i], w[i], u[i]
        f = 1.0 - si
        r = y[i] - bottom * f - top * si
        q = si * f
        bend = q * (f - si)  # second derivative of s by u
        sp, sk = q * hl, -q * v
        wr, ws = wi * r, wi * span
        half += wr * r
        gp -= wr * sp
        gk -= wr * sk
        hpp += ws * sp * sp - wr * (bend * hl * hl)
        hpk += ws * sp * sk - wr * (q - bend * v) * hl
        hkk += ws * sk * sk - wr * (bend * v - q) * v
        bp += ws * f * sp + wr * sp
        bk += ws * f * sk + wr * sk
        tp += ws * si * sp - wr * sp
        tk += ws * si * sk - wr * sk
    gp, gk, hpp, hpk, hkk = gp * span, gk * span, hpp * span, hpk * span, hkk * span
    if held == 0:
        det = a * c - b * b
        hpp -= (bp * (c * bp - b * tp) + tp * (a * tp - b * bp)) / det
        hpk -= (bp * (c * bk - b * tk) + tp * (a * tk - b * bk)) / det
        hkk -= (bk * (c * bk - b * tk) + tk * (a * tk - b * bk)) / det
    elif held == 1 and c > _TINY:
        hpp -= tp * tp / c
        hpk -= tp * tk / c
        hkk -= tk * tk / c
    elif held == 2 and a > _TINY:
        hpp -= bp * bp / a
        hpk -= bp * bk / a
        hkk -= bk * bk / a
    out[RSS], out[GP], out[GK], out[HPP], out[HPK], out[HKK] = 0.5 * half, gp, gk, hpp, hpk, hkk
    out[BOTTOM], out[TOP], out[HELD] = bottom, top, held
