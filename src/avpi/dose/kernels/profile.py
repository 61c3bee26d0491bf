"""The profile-likelihood intervals of the EC50 of four-parameter logistics; compiled.

At each p = log10 EC50 slope, bottom and top are fitted anew, within their boxes. The interval holds every p whose
residual sum of squares stays below a limit (Venzon & Moolgavkar 1988 Appl Stat 37:87; Bates & Watts 1988, ch. 6). An
end that is not found within the box of p is open: the data do not say how far it lies.

Each end is a job; all of them are sought together, a step of each at a time.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avpi.compute.compiled import compiled
from avpi.dose.kernels.descent import K_HIGH, K_LOW, P_HIGH, P_LOW, STUCK, Descents
from avpi.dose.kernels.limits import Limits, factor
from avpi.dose.kernels.logistic import GK, GP, HKK, HPK, HPP, LENGTH, RSS, Curves, evaluate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEAR_ENOUGH = 2e-3
"""Of the square root of the rise to the limit: an end is then known to a few thousandths of its distance."""
MOST_ENDS, MOST_SLOPES = 40, 25
LONGEST = 0.7
"""The first step and every later one, log10 dose."""
MAY_BE_MISSED = 1e-4
"""Of the rise to the limit: what the fit of the slope may leave."""
LEAST_STEP_OUT = 0.02
"""Of a search that has not passed the end yet, log10 dose."""
PROBES = np.log(np.array([0.3, 1.0, 3.0, 9.0]))
"""Slopes at which an end is doubted: a curve of another slope may still fit there."""


class Ends(NamedTuple):
    """The ends of the intervals of a block of curves; job 2 c is the lower one of curve c, 2 c + 1 the upper.

    Attributes
    ----------
    of : (jobs,) the curve of each.
    p, k : (jobs,) where each is looked for.
    here, there, other : (jobs, 9) values there, at slopes that are tried, and at slopes that are doubted.
    to_k, other_k, damping : (jobs,) of the fits of the slope.
    inside, outside : (jobs,) the nearest places known to be within and beyond the interval.
    last_p, last_risen : (jobs,) where it was looked for before, and the root of the relative rise there.
    rise, allowed : (jobs,) by how much half the residual sum may rise by F, and by the limits of the design at p.
    found : (jobs,) the ends.
    jobs, doubted, doubting, inner, left : (jobs,) lists of jobs.
    """

    of: Ints
    p: Floats
    k: Floats
    here: Floats
    there: Floats
    other: Floats
    to_k: Floats
    other_k: Floats
    damping: Floats
    inside: Floats
    outside: Floats
    last_p: Floats
    last_risen: Floats
    rise: Floats
    allowed: Floats
    found: Floats
    jobs: Ints
    doubted: Ints
    doubting: Ints
    inner: Ints
    left: Ints


def ends_for(curves: int) -> Ends:
    """Return room for the ends of so many curves."""
    n = 2 * curves
    p, k, to_k, other_k, damping, inside, outside, rise, allowed, found = (np.zeros(n) for _ in range(10))
    last_p, last_risen = np.zeros(n), np.zeros(n)
    here, there, other = (np.zeros((n, LENGTH)) for _ in range(3))
    jobs, doubted, doubting, inner, left = (np.zeros(n, np.int64) for _ in range(5))
    return Ends(
        np.arange(n) // 2, p, k, here, there, other, to_k, other_k, damping, inside, outside, last_p, last_risen, rise,
        allowed, found, jobs,
        doubted, doubting, inner, left,
    )  # fmt: skip


@compiled(inner=True)
def find_ends(
    curves: Curves,
    wanted: Ints,
    number: int,
    rises: Floats,
    within: Floats,
    wells: Ints,
    limits: Limits,
    fits: Descents,
    ends: Ends,
    lanes: Floats,
) -> None:  # pragma: no cover - compiled
    """Fill ``found`` for both ends of the first ``number`` curves in ``wanted``; infinite where an end is open.

    Parameters
    ----------
    rises : (curves,) by how much half the residual sum may rise by F; ``limits`` multiplies it.
    within, wells : (curves,) scatter within doses and how many wells were used.
    """
    jobs = 0
    for i in range(number):
        c = wanted[i]
        for q in range(2 * c, 2 * c + 2):
            if rises[c] <= 0.0:
                ends.found[q] = fits.best_p[c]
                continue
            _begin(q, rises[c], fits.best[c], fits.best_p[c], fits.best_k[c], ends)
            ends.jobs[jobs] = q
            jobs += 1
    for _ in range(MOST_ENDS):
        if jobs == 0:
            return
        for i in range(jobs):
            q = ends.jobs[i]
            ends.p[q] = min(max(ends.p[q], curves.box[P_LOW]), curves.box[P_HIGH])
        fit_slopes(curves, ends.jobs, jobs, ends, ends.k, ends.here, lanes)
        for i in range(jobs):
            _allow(ends.jobs[i], curves.x, within, wells, limits, ends)
        _doubt(curves, jobs, within, wells, limits, fits, ends, lanes)
        going = 0
        for i in range(jobs):
            q = ends.jobs[i]
            c = ends.of[q]
            if _judge(q, fits.best[c, RSS], curves.box, ends):
                ends.jobs[going] = q
                going += 1
        jobs = going
    for i in range(jobs):
        q = ends.jobs[i]
        ends.found[q] = 0.5 * (ends.inside[q] + ends.outside[q]) if math.isfinite(ends.outside[q]) else ends.outside[q]


@compiled(inner=True, forceinline=True)
def _begin(
    q: int, rise: float, best: Floats, best_p: float, best_k: float, ends: Ends
) -> None:  # pragma: no cover - compiled
    """Go as far as the curvature at the minimum says."""
    side = 1.0 if q % 2 else -1.0
    bend = best[HPP] - best[HPK] * best[HPK] / best[HKK] if best[HKK] > 0 else best[HPP]
    step = min(math.sqrt(2 * rise / bend), LONGEST) if bend > 0 else LONGEST
    ends.rise[q], ends.allowed[q] = rise, rise
    ends.inside[q], ends.outside[q], ends.last_p[q], ends.last_risen[q] = best_p, math.inf * side, best_p, 0.0
    ends.p[q], ends.k[q] = best_p + side * step, best_k


@compiled(inner=True, forceinline=True)
def _allow(
    q: int, x: Floats, within: Floats, wells: Ints, limits: Limits, ends: Ends
) -> None:  # pragma: no cover - compiled
    """Ask how far the residual sum may rise where a job is."""
    c = ends.of[q]
    own = factor(limits, x, ends.p[q], ends.k[q], ends.here[q], within[c], wells[c] - 3.0)
    ends.allowed[q] = ends.rise[q] * own


@compiled(inner=True, forceinline=True)
def _judge(q: int, best: float, box: Floats, ends: Ends) -> bool:  # pragma: no cover - compiled
    """Choose where an end is looked for next; return whether it is still looked for."""
    side, p, rise = 1.0 if q % 2 else -1.0, ends.p[q], ends.allowed[q]
    edge = box[P_HIGH] if side > 0 else box[P_LOW]
    risen = math.sqrt(max(ends.here[q, RSS] - best, 0.0) / rise)
    if risen < 1.0:
        if p == edge:
            ends.found[q] = math.inf * side
            return False
        ends.inside[q] = p
    else:
        ends.outside[q] = p
    inside, outside = ends.inside[q], ends.outside[q]
    if abs(risen - 1.0) < NEAR_ENOUGH or abs(outside - inside) < 1e-4:
        ends.found[q] = p
        return False
    # Of the root, outwards: by the last two places, since the limit moves as well, or by the curve's own derivative
    slope = (risen - ends.last_risen[q]) / (side * (p - ends.last_p[q])) if p != ends.last_p[q] else 0.0
    if not slope > 0 or abs(p - ends.last_p[q]) > LONGEST:
        slope = side * ends.here[q, GP] / (2 * rise * max(risen, 1e-12))
    ends.last_p[q], ends.last_risen[q] = p, risen
    to = p + side * min((1.0 - risen) / slope, LONGEST) if slope > 0 else p + side * LONGEST
    if math.isinf(outside):
        if side * (to - p) < LEAST_STEP_OUT:
            to = p + side * LEAST_STEP_OUT
    elif side * (to - inside) <= 0 or side * (outside - to) <= 0:
        to = 0.5 * (inside + outside)
    ends.p[q] = to
    return True


@compiled(inner=True)
def fit_slopes(
    curves: Curves, listed: Ints, number: int, ends: Ends, k: Floats, values: Floats, lanes: Floats
) -> None:  # pragma: no cover - compiled
    """Fit the slope at the p of the first ``number`` jobs in ``listed``; ``k`` and ``values`` are theirs at the end."""
    box, jobs = curves.box, number
    for i in range(number):
        q = listed[i]
        ends.inner[i], ends.damping[q] = q, 0.0
    evaluate(curves, lanes, ends.inner, jobs, ends.of, ends.p, k, values)
    for _ in range(MOST_SLOPES):
        tried = 0
        for i in range(jobs):
            q = ends.inner[i]
            g, at = values[q, GK], k[q]
            if (at <= box[K_LOW] and g > 0) or (at >= box[K_HIGH] and g < 0):
                continue
            curvature = abs(values[q, HKK]) + 1e-300
            if 0.5 * g * g / curvature <= MAY_BE_MISSED * ends.rise[q]:
                continue
            step = -g / curvature
            step /= max(abs(step), 1.0) * (1.0 + ends.damping[q])
            ends.to_k[q] = min(max(at + step, box[K_LOW]), box[K_HIGH])
            ends.left[tried] = q
            tried += 1
        if tried == 0:
            return
        evaluate(curves, lanes, ends.left, tried, ends.of, ends.p, ends.to_k, ends.there)
        jobs = 0
        for i in range(tried):
            q = ends.left[i]
            damping = ends.damping[q]
            if ends.there[q, RSS] <= values[q, RSS]:
                if ends.to_k[q] == k[q]:
                    continue
                k[q] = ends.to_k[q]
                for j in range(LENGTH):
                    values[q, j] = ends.there[q, j]
                ends.damping[q] = 0.0 if damping <= 1.0 else damping / 8
            elif damping > STUCK:
                continue
            else:
                ends.damping[q] = 4 * damping + 1
            ends.inner[jobs] = q
            jobs += 1


@compiled(inner=True)
def _doubt(
    curves: Curves, jobs: int, within: Floats, wells: Ints, limits: Limits, fits: Descents, ends: Ends, lanes: Floats
) -> None:  # pragma: no cover - compiled
    """Where a job in ``jobs`` lies beyond the limit, look whether a curve of quite another slope stays below it."""
    doubted = 0
    for i in range(jobs):
        q = ends.jobs[i]
        if ends.here[q, RSS] - fits.best[ends.of[q], RSS] > ends.allowed[q]:
            ends.doubted[doubted] = q
            doubted += 1
    for i in range(PROBES.size):
        probe = PROBES[i]
        if probe < curves.box[K_LOW] or probe > curves.box[K_HIGH]:
            continue
        asked = 0
        for j in range(doubted):
            q = ends.doubted[j]
            if abs(probe - ends.k[q]) >= 0.5 and ends.here[q, RSS] - fits.best[ends.of[q], RSS] > ends.allowed[q]:
                ends.other_k[q] = probe
                ends.doubting[asked] = q
                asked += 1
        if asked == 0:
            continue
        evaluate(curves, lanes, ends.doubting, asked, ends.of, ends.p, ends.other_k, ends.other)
        better = 0
        for j in range(asked):
            q = ends.doubting[j]
            if ends.other[q, RSS] < ends.here[q, RSS]:
                ends.doubting[better] = q
                better += 1
        fit_slopes(curves, ends.doubting, better, ends, ends.other_k, ends.other, lanes)
        for j in range(better):
            q = ends.doubting[j]
            if ends.other[q, RSS] < ends.here[q, RSS]:
                ends.k[q] = ends.other_k[q]
                for i_value in range(LENGTH):
                    ends.here[q, i_value] = ends.other[q, i_value]
                _allow(q, curves.x, within, wells, limits, ends)
