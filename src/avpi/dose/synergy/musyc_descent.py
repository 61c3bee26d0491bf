"""Descents on a MuSyC surface by the method of Levenberg and Marquardt, variables scaled, cut at boxes; compiled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from avpi.compute.compiled import compiled
from avpi.dose.synergy.musyc_kernel import (
    CURVED,
    Room,
    Surface,
    fill_columns,
    inner_product,
    reduced,
    room_for,
    take_away,
)

Floats = NDArray[np.float64]

_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-2, 1e-14, 1e14
NO_GAIN = 1e-10
"""Promised and real fall of the residual sum, relative to it, at which a minimum is reached."""
_ROUNDING = 1e-20
"""A promised fall that cannot be seen in a double."""
NEGLIGIBLE = 1e-28
"""Residual sum of squares, of the responses' own about 0, that is rounding."""
_HOPELESS = 8.0
"""Where so many times the promised fall would not beat the best valley yet, a descent is left."""
_NEARLY_FREE = 0.1
"""Damping below which a step promises about what the quadratic has to give."""


@compiled(inner=True)
def copy(given: Floats, to: Floats) -> None:  # pragma: no cover - compiled
    """Fill an array with another."""
    for i in range(given.size):
        to[i] = given[i]


@compiled(inner=True, error_model="numpy")
def factor(a: Floats, n: int) -> bool:  # pragma: no cover - compiled
    """Turn the lower half of ``a`` into its Cholesky factor, the diagonal inverted; False where it is not positive."""
    for i in range(n):
        for j in range(i + 1):
            value = a[i, j]
            for k in range(j):
                value -= a[i, k] * a[j, k]
            if i == j:
                if not value > 0.0:
                    return False
                a[i, i] = 1.0 / math.sqrt(value)
            else:
                a[i, j] = value * a[j, j]
    return True


@compiled(inner=True, error_model="numpy")
def _step(room: Room, n: int, damping: float) -> float:  # pragma: no cover - compiled
    """Fill the damped step (n,) in scaled variables; return the fall of the sum of squares it promises."""
    a, out, uphill = room.factor, room.step, room.uphill
    for i in range(n):
        for j in range(i + 1):
            a[i, j] = room.normal[i, j]
        a[i, i] += damping
    if not factor(a, n):
        return -1.0
    for i in range(n):
        value = uphill[i]
        for k in range(i):
            value -= a[i, k] * out[k]
        out[i] = value * a[i, i]
    for i in range(n - 1, -1, -1):
        value = out[i]
        for k in range(i + 1, n):
            value -= a[k, i] * out[k]
        out[i] = value * a[i, i]
    promised = 0.0
    for i in range(n):
        promised += out[i] * (uphill[i] + damping * out[i])
    return promised


@compiled(inner=True, error_model="numpy")
def _normal(theta: Floats, number: int, at: Surface, room: Room) -> int:  # pragma: no cover - compiled
    """Fill the scaled normal matrix and gradient of the parameters that no edge holds; return how many there are.

    Of the derivatives only what the effects cannot take up counts.
    """
    fill_columns(theta, at, room)
    n, scale, which, uphill = 0, room.scale, room.free, room.uphill
    for i in range(CURVED):
        if at.low[i] == at.high[i]:
            continue
        own = room.columns[i]
        slope = inner_product(own, room.r)
        out_low, out_high = theta[i] <= at.low[i] and slope < 0.0, theta[i] >= at.high[i] and slope > 0.0
        if out_low or out_high:
            continue
        for b in range(number):
            take_away(own, room.q[b], inner_product(own, room.q[b]))
        length = math.sqrt(inner_product(own, own))
        scale[i] = max(scale[i], length)
        if scale[i] == 0.0:
            continue
        which[n], uphill[n] = i, slope / scale[i]
        room.normal[n, n] = (length / scale[i]) ** 2
        for k in range(n):
            room.normal[n, k] = inner_product(own, room.columns[which[k]]) / (scale[i] * scale[which[k]])
        n += 1
    return n


@compiled(inner=True, error_model="numpy")
def walk(
    theta: Floats, at: Surface, room: Room, most_steps: int, no_gain: float, beat: float
) -> tuple[float, bool]:  # pragma: no cover - compiled
    """Walk ``theta`` downhill; return the residual sum of squares there, and whether it is a minimum.

    It is one where a step gains, and promised, less than ``no_gain`` of the residual sum. A way that does not seem to
    lead below ``beat`` is left.
    """
    floor, to, step, scale = 0.0, room.to, room.step, room.scale
    for j in range(at.y.size):
        floor += (at.root[j] * at.y[j]) ** 2
    floor *= NEGLIGIBLE
    for i in range(CURVED):
        scale[i] = 0.0
        to[i] = min(max(theta[i], at.low[i]), at.high[i])
    rss, promised, reached, steps, n = math.inf, 0.0, False, 0, 0
    damping, growth = _FIRST_DAMPING, 2.0
    while True:
        new, number = reduced(to, at, room)
        if new < rss:
            if rss < math.inf:
                gain = (rss - new) / promised
                damping = max(damping * max(0.2, 1.0 - (2.0 * gain - 1.0) ** 3), _LEAST_DAMPING)
                growth, reached = 2.0, rss - new <= no_gain * rss and promised <= no_gain * rss
            copy(to, theta)
            copy(room.effects, room.kept)
            rss, reached = new, reached or new <= floor
            if reached or steps == most_steps:
                break
            steps += 1
            n = _normal(theta, number, at, room)
        else:
            damping, growth = damping * growth, growth * 2.0
        promised = -1.0
        while promised < 0.0 and n > 0 and damping < _MOST_DAMPING:
            promised = _step(room, n, damping)
            if promised < 0.0:
                damping *= 10.0
        if promised <= _ROUNDING * rss or damping >= _MOST_DAMPING:
            reached = rss < math.inf
            break
        if damping < _NEARLY_FREE and rss - _HOPELESS * promised > beat:
            break
        copy(theta, to)
        for k in range(n):
            i = room.free[k]
            to[i] = min(max(theta[i] + step[k] / scale[i], at.low[i]), at.high[i])
    copy(room.kept, room.effects)
    return rss, reached


@compiled(nogil=True)
def descend(
    theta: Floats, at: Surface, effects: Floats, most_steps: int, no_gain: float
) -> tuple[float, bool]:  # pragma: no cover - compiled
    """Walk ``theta`` downhill, as ``walk`` does, and fill the effects (4,) there."""
    room = room_for(at.xa.size, at.xb.size, at.y.size)
    rss, reached = walk(theta, at, room, most_steps, no_gain, math.inf)
    copy(room.effects, effects)
    return rss, reached
