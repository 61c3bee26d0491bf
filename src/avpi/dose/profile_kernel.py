"""The profile-likelihood interval of the EC50 of a four-parameter logistic; compiled.

At each p = log10 EC50 slope, bottom and top are fitted anew, within their boxes. The interval holds every p whose
residual sum of squares stays below a limit (Venzon & Moolgavkar 1988 Appl Stat 37:87; Bates & Watts 1988, ch. 6). An
end that is not found within the box of p is open: the data do not say how far it lies.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from avpi.dose.compiled import compiled
from avpi.dose.logistic_fit_kernel import K_HIGH, K_LOW, P_HIGH, P_LOW, STUCK
from avpi.dose.logistic_kernel import GK, GP, HKK, HPK, HPP, LENGTH, RSS, Curve, reduced

Floats = NDArray[np.float64]

NEAR_ENOUGH = 2e-3
"""Of the square root of the rise to the limit: an end is then known to a few thousandths of its distance."""
MOST_ENDS, MOST_SLOPES = 40, 25
LONGEST = 0.7
"""The first step and every later one, log10 dose."""
MAY_BE_MISSED = 1e-4
"""Of the rise to the limit: what the fit of the slope may leave."""
PROBES = np.log(np.array([0.3, 1.0, 3.0, 9.0]))
"""Slopes at which an end is doubted: a curve of another slope may still fit there."""


@compiled()
def along_slope(
    p: float, k: float, curve: Curve, here: Floats, there: Floats, enough: float
) -> float:  # pragma: no cover - compiled
    """Return the k that fits best at this p; ``here`` then has its values, ``enough`` is what may be missed.

    One dimension of what ``descend`` does in two: that was tried in its place, and took a quarter longer.
    """
    box = curve.box
    reduced(p, k, curve, here)
    damping = 0.0
    for _ in range(MOST_SLOPES):
        g = here[GK]
        if (k <= box[K_LOW] and g > 0) or (k >= box[K_HIGH] and g < 0):
            return k
        curvature = abs(here[HKK]) + 1e-300
        if 0.5 * g * g / curvature <= enough:
            return k
        step = -g / curvature
        step /= max(abs(step), 1.0) * (1.0 + damping)
        to = min(max(k + step, box[K_LOW]), box[K_HIGH])
        reduced(p, to, curve, there)
        if there[RSS] <= here[RSS]:
            if to == k:
                return k
            k = to
            for i in range(LENGTH):
                here[i] = there[i]
            damping = 0.0 if damping <= 1.0 else damping / 8
        elif damping > STUCK:
            return k
        else:
            damping = 4 * damping + 1
    return k


@compiled()
def profile_end(
    side: float,
    best_p: float,
    best_k: float,
    best: Floats,
    rise: float,
    curve: Curve,
) -> float:  # pragma: no cover - compiled
    """Return the end of the interval on one side (-1 or 1) of the best p; infinite where it is open.

    ``best`` holds the values at the minimum, ``rise`` by how much half the residual sum may rise.
    """
    box, enough = curve.box, MAY_BE_MISSED * rise
    edge = box[P_HIGH] if side > 0 else box[P_LOW]
    if rise <= 0.0:
        return best_p
    here, there, other = np.empty(LENGTH), np.empty(LENGTH), np.empty(LENGTH)
    bend = best[HPP] - best[HPK] * best[HPK] / best[HKK] if best[HKK] > 0 else best[HPP]
    step = min(math.sqrt(2 * rise / bend), LONGEST) if bend > 0 else LONGEST
    inside, outside, k = best_p, math.inf * side, best_k
    p = best_p + side * step
    for _ in range(MOST_ENDS):
        if side * (p - edge) > 0:
            p = edge
        k = along_slope(p, k, curve, here, there, enough)
        if here[RSS] - best[RSS] > rise:
            k = _doubted(p, k, curve, best[RSS] + rise, here, there, other, enough)
        risen = math.sqrt(max(here[RSS] - best[RSS], 0.0) / rise)
        if risen < 1.0:
            if p == edge:
                return math.inf * side
            inside = p
        else:
            outside = p
        if abs(risen - 1.0) < NEAR_ENOUGH or abs(outside - inside) < 1e-4:
            return p
        slope = side * here[GP] / (2 * rise * max(risen, 1e-12))  # of the root, outwards
        to = p + side * min((1.0 - risen) / slope, LONGEST) if slope > 0 else p + side * LONGEST
        if math.isinf(outside):
            if side * (to - p) < 0.02:
                to = p + side * 0.02
        elif side * (to - inside) <= 0 or side * (outside - to) <= 0:
            to = 0.5 * (inside + outside)
        p = to
    return 0.5 * (inside + outside) if math.isfinite(outside) else outside


@compiled()
def _doubted(
    p: float, k: float, curve: Curve, limit: float, here: Floats, there: Floats, other: Floats, enough: float
) -> float:  # pragma: no cover - compiled
    """Return the k of a curve of quite another slope where that stays below the limit at p, else the same k."""
    for i in range(PROBES.size):
        probe = PROBES[i]
        if abs(probe - k) < 0.5 or probe < curve.box[K_LOW] or probe > curve.box[K_HIGH]:
            continue
        reduced(p, probe, curve, other)
        if other[RSS] < here[RSS]:
            found = along_slope(p, probe, curve, other, there, enough)
            if other[RSS] < here[RSS]:
                k = found
                for j in range(LENGTH):
                    here[j] = other[j]
                if here[RSS] < limit:
                    return k
    return k
