"""The four-parameter logistic in compiled code, four curves at a time: its residuals and their derivatives.

    y = bottom (1 - s) + top s,     s = 1 / (1 + exp(h (x - p)))

``x`` and ``p`` are log10 molar, ``h`` the slope; s is 1 at dose 0 (x = -inf). Given (p, h) the curve is linear in top
and bottom, so they are solved for at once, within their boxes, and two parameters remain: variable projection (Golub &
Pereyra 1973 SIAM J Numer Anal 10:413). Their Hessian is exact: that of all four parameters, with bottom and top
eliminated. The slope is handled as ``k = ln h``.

Replicates enter as their weighted mean: what they scatter about it is the same for every curve and added by the caller.

One curve of ten doses keeps a processor waiting for its own results; four side by side do not. So whoever needs values
collects all places where they are needed, each a *job*, and has them evaluated together.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avpi.compute.compiled import compiled
from avpi.dose.kernels.wide import WIDTH
from avpi.dose.kernels.wide_sums import BOTTOMS, DOSES, EACH, FARTHEST, LN10, SUMS, TOPS, H, P, sum_levels, sum_slopes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RSS, GP, GK, HPP, HPK, HKK, BOTTOM, TOP, HELD = range(9)
"""Places in what ``evaluate`` fills: half the residual sum of squares, its gradient and Hessian in (p, k), the bottom
and top that belong to it, and which of these two a box holds."""
LENGTH = 9
_TINY = 1e-300


class Curves(NamedTuple):
    """Curves as the kernels take them.

    Attributes
    ----------
    x : (doses,) log10 molar.
    y, w : (curves, doses) mean responses and their weights.
    plateaus : (curves, 4) lowest bottom, highest bottom, lowest top, highest top.
    box : (lowest p, highest p, lowest k, highest k).
    """

    x: Floats
    y: Floats
    w: Floats
    plateaus: Floats
    box: Floats


def lanes_for(doses: int) -> Floats:
    """Return room for curves of so many doses."""
    return np.zeros(DOSES + doses * EACH)


@compiled(inner=True, fastmath={"contract"}, error_model="numpy")
def fall(p: float, h: float, x: Floats, u: Floats, s: Floats) -> None:  # pragma: no cover - compiled
    """Fill ``u`` (doses,) with h (x - p) ln 10 and ``s`` with the sigmoid, for one curve."""
    for j in range(x.size):
        u[j] = min(max(h * LN10 * (x[j] - p), -FARTHEST), FARTHEST)
        s[j] = 1.0 / (1.0 + math.exp(u[j]))


@compiled(inner=True, forceinline=True)
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


@compiled(inner=True)
def evaluate(
    curves: Curves, lanes: Floats, jobs: Ints, number: int, of: Ints, p: Floats, k: Floats, out: Floats
) -> None:  # pragma: no cover - compiled
    """Fill ``out[q]`` (9,) for each of the first ``number`` jobs q, with curve ``of[q]`` at (p[q], k[q])."""
    doses = curves.x.size
    for first in range(0, number, WIDTH):
        filled = min(WIDTH, number - first)
        for lane in range(WIDTH):
            q = jobs[first + min(lane, filled - 1)]
            lanes[P + lane], lanes[H + lane] = p[q], k[q]
        c0, c1, c2 = of[jobs[first]], of[jobs[min(first + 1, number - 1)]], of[jobs[min(first + 2, number - 1)]]
        sum_levels(curves.x, curves.y, curves.w, lanes, c0, c1, c2, of[jobs[min(first + 3, number - 1)]])
        for lane in range(filled):
            q, at = jobs[first + lane], SUMS + lane
            bottom, top, held = linear(
                lanes[at], lanes[at + WIDTH], lanes[at + 2 * WIDTH], lanes[at + 3 * WIDTH], lanes[at + 4 * WIDTH],
                curves.plateaus[of[q]],
            )  # fmt: skip
            lanes[BOTTOMS + lane], lanes[TOPS + lane] = bottom, top
            out[q, BOTTOM], out[q, TOP], out[q, HELD] = bottom, top, held
        sum_slopes(doses, lanes)
        for lane in range(filled):
            _reduce(lanes, lane, out[jobs[first + lane]])


@compiled(inner=True, forceinline=True, error_model="numpy")
def _reduce(a: Floats, lane: int, out: Floats) -> None:  # pragma: no cover - compiled
    """Fill ``out`` (9,), which has bottom, top and held already, with the rest: bottom and top eliminated."""
    at, span = SUMS + lane, a[TOPS + lane] - a[BOTTOMS + lane]
    ff, fs, ss = a[at], a[at + WIDTH], a[at + 2 * WIDTH]
    bp, bk = a[at + 11 * WIDTH], -a[at + 12 * WIDTH]
    tp, tk = a[at + 13 * WIDTH], -a[at + 14 * WIDTH]
    hpp, hpk, hkk = a[at + 8 * WIDTH] * span, -a[at + 9 * WIDTH] * span, a[at + 10 * WIDTH] * span
    held = out[HELD]
    if held == 0:
        det = 1.0 / (ff * ss - fs * fs)
        p_bottom, p_top = (ss * bp - fs * tp) * det, (ff * tp - fs * bp) * det
        k_bottom, k_top = (ss * bk - fs * tk) * det, (ff * tk - fs * bk) * det
        hpp -= bp * p_bottom + tp * p_top
        hpk -= bp * k_bottom + tp * k_top
        hkk -= bk * k_bottom + tk * k_top
    elif held == 1 and ss > _TINY:
        hpp -= tp * tp / ss
        hpk -= tp * tk / ss
        hkk -= tk * tk / ss
    elif held == 2 and ff > _TINY:
        hpp -= bp * bp / ff
        hpk -= bp * bk / ff
        hkk -= bk * bk / ff
    out[RSS] = 0.5 * a[at + 5 * WIDTH]
    out[GP], out[GK] = -a[at + 6 * WIDTH] * span, a[at + 7 * WIDTH] * span
    out[HPP], out[HPK], out[HKK] = hpp, hpk, hkk
