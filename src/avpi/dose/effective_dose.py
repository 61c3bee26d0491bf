"""The dose of an effect, read off a fitted curve, and the standard error of anything that follows from parameters."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from avpi.dose.shapes import Shape

Floats = NDArray[np.float64]

LOOKED_AT = 400
"""Places between which a curve without closed form is searched for a crossing."""
BEYOND = 3.0
"""How far beyond the doses a crossing is looked for, log10."""
CLOSER = 2
"""How often the place of a crossing is looked at more closely before it is interpolated: then its error is 1e-12."""
STEP = 1e-5
"""Of a standard error; derivatives by differences."""


def effective_dose(
    shape: Shape, b: Floats, given_molar: Floats, *, share: float | None = None, level: float | None = None
) -> float:
    """Return the log10 dose at which the falling limb of a curve reaches a share of its fall or a level; nan if never.

    Parameters
    ----------
    b : (p,) parameters of ``shape``.
    given_molar : (d,) doses above 0, ascending.
    share : of the way from bottom to top that is left: 0.5 for the relative EC50. For shapes that are not monotone the
        way is that of ``bottom`` and ``top``; of a hook it is the falling sigmoid alone.
    level : of the response.
    """
    k = len(shape.linear)
    if not shape.nonlinear or not np.all(np.isfinite(b)):
        return math.nan
    bottom, top, q = float(b[0]), float(b[1]), [float(value) for value in b[k:]]
    if top == bottom:
        return math.nan
    if share is not None:
        if shape.name == "hook":
            return q[0] + math.log10(1 / share - 1) / q[2]
        wanted = bottom + share * (top - bottom)
    else:
        assert level is not None
        wanted, share = level, (level - bottom) / (top - bottom)
    if shape.dose_of_share is not None:
        return _closed_form(shape, share, q)
    return _crossing(shape, b, given_molar, wanted)


def delta_error(quantity: Callable[[Floats], float], b: Floats, covariance: Floats, edges: Floats) -> float:
    """Return the standard error of ``quantity`` of the parameters by the delta method.

    Parameters held or at an edge of their box count as known. nan where the quantity or the covariance is.
    """
    free = np.isfinite(np.diag(covariance))
    if not np.any(free) or math.isnan(quantity(b)):
        return math.nan
    slopes = np.zeros(b.size)
    for j in np.flatnonzero(free):
        step = STEP * (math.sqrt(covariance[j, j]) if covariance[j, j] > 0 else abs(b[j]))
        step = max(step, 1e-9 * abs(b[j]), 1e-300)
        high, low = b.copy(), b.copy()
        high[j], low[j] = min(b[j] + step, edges[j, 1]), max(b[j] - step, edges[j, 0])
        slopes[j] = (quantity(high) - quantity(low)) / (high[j] - low[j])
    known = np.where(free[:, None] & free[None, :], covariance, 0.0)
    return math.sqrt(max(float(slopes @ known @ slopes), 0.0)) if np.all(np.isfinite(slopes)) else math.nan


def _closed_form(shape: Shape, share: float, q: list[float]) -> float:
    if not 0 < share < 1 or shape.dose_of_share is None:
        return math.nan
    try:
        return float(shape.dose_of_share(share, q))
    except (ValueError, OverflowError, ZeroDivisionError):
        return math.nan


def _crossing(shape: Shape, b: Floats, given_molar: Floats, wanted: float) -> float:
    """Return the crossing on the falling limb: after the highest point, before the deepest."""
    x = np.linspace(math.log10(given_molar[0]) - BEYOND, math.log10(given_molar[-1]) + BEYOND, LOOKED_AT)
    falling = 1.0 if b[1] > b[0] else -1.0

    def above(at: Floats) -> Floats:
        return falling * np.asarray(shape.response(10.0**at, b) - wanted, float)

    y = above(x)
    end = int(np.argmin(y))
    begin = int(np.argmax(y[: end + 1]))
    crossed = [i for i in range(begin, end) if y[i] > 0 >= y[i + 1]]
    if not crossed:
        return math.nan
    i = crossed[0]
    for _ in range(CLOSER):
        x = np.linspace(x[i], x[i + 1], LOOKED_AT // 2)
        y = above(x)
        i = int(np.argmax(y[1:] <= 0))
    return float(x[i] + (x[i + 1] - x[i]) * y[i] / (y[i] - y[i + 1]))
