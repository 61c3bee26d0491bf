"""Where a fitted curve of degradation is lowest and where its falling limb crosses a level.

Profiles ask for these thousands of times, so a hook is looked at on a fixed grid of doses and the answer is made exact
by a few Newton steps; a plain logistic has both in closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.dose.fit_shape import ShapeFit
from avpi.dose.shapes import HOOK

Floats = NDArray[np.float64]

LN10 = math.log(10.0)
LOOKED_AT = 161
"""Doses of the grid; a parabola through three of them places the lowest point to a thousandth of a decade."""
BEYOND_LOG10 = 1.0
"""How far below the doses a crossing is looked for; a decade, as for viability."""
NEWTON_STEPS = 6
STEEPEST_EXPONENT = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmarks:
    """The places of one curve, for any parameters (p,) of its shape."""

    hook: bool
    first: float
    last: float

    def lowest(self, b: Floats) -> tuple[float, float]:
        """Return log10 dose and response of the lowest point within the tested doses."""
        if not self.hook:
            return self.last, self.response(self.last, b)
        x = np.linspace(self.first, self.last, LOOKED_AT)
        y = _hook(x, b)
        i = int(np.argmin(y))
        if i in (0, LOOKED_AT - 1):
            return float(x[i]), float(y[i])
        left, middle, right = float(y[i - 1]), float(y[i]), float(y[i + 1])
        bend = left - 2 * middle + right
        shift = 0.5 * (left - right) / bend if bend > 0 else 0.0
        return float(x[i] + shift * (x[1] - x[0])), middle - 0.25 * (left - right) * shift

    def crossing(self, b: Floats, wanted: float) -> float:
        """Return the log10 dose at which the falling limb reaches a level; nan if it does not."""
        if not self.hook:
            bottom, top, position, slope = (float(value) for value in b)
            share = (wanted - bottom) / (top - bottom) if top != bottom else math.nan
            return position + math.log10(1 / share - 1) / slope if 0 < share < 1 else math.nan
        x = np.linspace(self.first - BEYOND_LOG10, self.last, LOOKED_AT)
        y = _hook(x, b) - wanted
        end = int(np.argmin(y))
        begin = int(np.argmax(y[: end + 1]))
        under = np.flatnonzero(y[begin : end + 1] <= 0)
        if not under.size or under[0] == 0:
            return math.nan
        i = begin + int(under[0])
        low, high = float(x[i - 1]), float(x[i])
        at = low + (high - low) * float(y[i - 1] / (y[i - 1] - y[i]))
        for _ in range(NEWTON_STEPS):
            height, slope = _height_and_slope(at, b)
            moved = at - (height - wanted) / slope if slope != 0 else math.nan
            if not low <= moved <= high:
                break
            at = moved
        return at

    def response(self, log10_dose: float, b: Floats) -> float:
        """Return the curve at one dose."""
        if self.hook:
            return _height_and_slope(log10_dose, b)[0]
        bottom, top, position, slope = (float(value) for value in b)
        return bottom + (top - bottom) * _share(log10_dose, position, slope)


def landmarks(fit: ShapeFit) -> Landmarks:
    """Return what finds the places of a four-parameter logistic or a hook."""
    given = fit.points.given
    return Landmarks(hook=fit.shape.name == HOOK.name, first=math.log10(given[0]), last=math.log10(given[-1]))


def _hook(x: Floats, b: Floats) -> Floats:
    fall = 1 / (1 + np.exp(np.clip(LN10 * b[5] * (x - b[3]), -STEEPEST_EXPONENT, STEEPEST_EXPONENT)))
    rise = 1 / (1 + np.exp(np.clip(-LN10 * b[6] * (x - b[3] - b[4]), -STEEPEST_EXPONENT, STEEPEST_EXPONENT)))
    found: Floats = b[0] + (b[1] - b[0]) * fall + b[2] * rise
    return found


def _height_and_slope(x: float, b: Floats) -> tuple[float, float]:
    fall = _share(x, float(b[3]), float(b[5]))
    rise = 1 - _share(x, float(b[3] + b[4]), float(b[6]))
    height = b[0] + (b[1] - b[0]) * fall + b[2] * rise
    slope = LN10 * (-(b[1] - b[0]) * b[5] * fall * (1 - fall) + b[2] * b[6] * rise * (1 - rise))
    return float(height), float(slope)


def _share(x: float, position: float, slope: float) -> float:
    exponent = LN10 * slope * (x - position)
    return 1 / (1 + math.exp(min(max(exponent, -STEEPEST_EXPONENT), STEEPEST_EXPONENT)))
