"""How much wells of one condition scatter on a plate.

The spread of three wells is known to a factor of about four, that of a whole plate's conditions together to a
few tenths. So one error model is fitted to all groups of equal wells (vehicle, background, each condition)::

    sd(y)^2 = floor^2 + (cv (y - background))^2

ATP luminescence scatters roughly in proportion to the signal, down to a floor of the reader and the empty well.
Each group's variance is ``sd^2 chi2(df) / df``; the two parameters maximise that likelihood by Fisher scoring with
both kept at or above zero. A group that scatters significantly more than the model keeps its own spread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

Floats = NDArray[np.float64]

UNEVEN_P = 0.01
"""Chance below which a group's larger spread is taken for real and kept (assumed)."""
_LARGEST_RATIO = 1e6  # of two SDs: beyond any doubt, and its square is still a number
_MOST_STEPS = 50
_CONVERGED = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A plate's error model.

    Attributes
    ----------
    cv : coefficient of variation of the signal above background; nan where no group has two wells.
    floor : SD that stays at zero signal, in the reader's unit.
    df : degrees of freedom behind both: wells in groups of two or more, less the groups.
    """

    cv: float
    floor: float
    df: int

    def sd(self, signal: float) -> float:
        """Return the SD of one well at a signal above background."""
        return math.hypot(self.floor, self.cv * signal)

    def sd_of_group(self, values: Floats, signal: float) -> tuple[float, int]:
        """Return the SD for one group and its degrees of freedom: the model's, or its own where that is larger."""
        model, n = self.sd(signal), len(values)
        if n < 2 or not model > 0:
            return model, self.df
        own = float(np.std(values, ddof=1))
        ratio = min(own / model, _LARGEST_RATIO)
        if ratio > 1 and float(chdtrc(n - 1, (n - 1) * ratio**2)) < UNEVEN_P:
            return own, n - 1
        return model, self.df


def fit_spread(groups: Sequence[Floats], background: float) -> Spread:
    """Fit the error model to groups of wells that hold the same; groups of one well say nothing."""
    groups = [group for group in groups if len(group) > 1]
    df = np.array([len(group) - 1 for group in groups], dtype=np.float64)
    if not len(df):
        return Spread(cv=math.nan, floor=math.nan, df=0)
    variances = np.array([np.var(group, ddof=1) for group in groups])
    signal = np.array([max(float(np.mean(group)) - background, 0.0) for group in groups])
    floor2, cv2 = _maximise(variances, signal**2, df)
    return Spread(cv=math.sqrt(cv2), floor=math.sqrt(floor2), df=int(df.sum()))


def _maximise(variances: Floats, signal2: Floats, df: Floats) -> tuple[float, float]:
    """Return (floor^2, cv^2): weighted least squares of variances on (1, signal^2), reweighted until it rests."""
    top = float(np.max(variances))
    if top == 0:
        return 0.0, 0.0
    scale = float(np.max(signal2)) or 1.0
    design = np.column_stack([np.ones_like(signal2), signal2 / scale])
    target = variances / top
    # Start from a constant spread; a hundred-millionth keeps the weights finite.
    parameters = np.array([float(np.average(target, weights=df)), 0.0])
    for _ in range(_MOST_STEPS):
        fitted = np.maximum(design @ parameters, 1e-8)
        updated = _non_negative(design, target, df / fitted**2)
        if np.max(np.abs(updated - parameters)) <= _CONVERGED:
            break
        parameters = updated
    return float(parameters[0]) * top, float(parameters[1]) * top / scale


def _non_negative(design: Floats, target: Floats, weights: Floats) -> Floats:
    """Solve the weighted least squares of two columns with both coefficients at or above zero, exactly."""
    normal, right = design.T @ (weights[:, None] * design), design.T @ (weights * target)
    determinant = normal[0, 0] * normal[1, 1] - normal[0, 1] ** 2
    if determinant > 1e-12 * normal[0, 0] * max(normal[1, 1], 1e-300):
        both = np.linalg.solve(normal, right)
        if both.min() >= 0:
            return np.asarray(both)
    # One of the two is zero: keep the other, whichever leaves the smaller sum of squares.
    gains = [right[i] ** 2 / normal[i, i] if normal[i, i] > 0 else 0.0 for i in (0, 1)]
    best = int(np.argmax(gains))
    alone = np.zeros(2)
    alone[best] = right[best] / normal[best, best]
    return alone
