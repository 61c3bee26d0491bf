"""Descent to a least-squares minimum within boxes, in doubles: Levenberg and Marquardt with scaled variables.

Each step solves the least-squares problem ``[J; sqrt(damping) D] step = [r; 0]`` by singular values (normal equations
would square the condition number). D holds the lengths of the columns of J, so that units do not matter. Parameters at
an edge whose gradient points outwards are held; a step that crosses an edge is cut there.
Marquardt 1963 J SIAM 11:431, doi:10.1137/0111030; Moré 1978 LNM 630:105, doi:10.1007/BFb0067700.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_STEPS = 400
MOST_DAMPING = 1e20
NO_GAIN = 1e-14
"""Of the sum of squares: predicted and real gains below this are rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Descent:
    """Where a descent ended.

    Attributes
    ----------
    parameters : (p,).
    rss : sum of squared residuals there.
    steps : how many Jacobians were taken.
    """

    parameters: Floats
    rss: float
    steps: int


def descend(
    residuals: Callable[[Floats], Floats],
    jacobian: Callable[[Floats], Floats],
    start: Floats,
    low: Floats,
    high: Floats,
    *,
    damping: float = 1e-3,
    remember_scale: bool = True,
    most_steps: int = MOST_STEPS,
    no_gain: float = NO_GAIN,
) -> Descent:
    """Return the minimum that lies downhill of ``start``.

    Parameters
    ----------
    residuals : parameters (p,) -> weighted y - f (n,); nan and infinities are steps too far.
    jacobian : parameters (p,) -> weighted df/db (n, p).
    low, high : (p,) edges of the boxes; infinite where there are none.
    damping : the first one; a large one begins with short steps.
    no_gain : share of the sum of squares; a step that gains and promised less is the last.
    remember_scale : whether D is the longest each column has ever been (Moré) or as long as it is now (Marquardt).
    """
    b = np.clip(start, low, high)
    r = residuals(b)
    rss, scale, growth = float(r @ r), np.zeros(b.size), 2.0
    for step_number in range(most_steps):
        columns = jacobian(b)
        if not np.all(np.isfinite(columns)):
            return Descent(parameters=b, rss=rss, steps=step_number)
        lengths = np.sqrt(np.sum(columns**2, axis=0))
        scale = np.maximum(scale, lengths) if remember_scale else lengths.copy()
        scale[scale == 0] = 1.0
        uphill = columns.T @ r
        free = ~(((b <= low) & (uphill < 0)) | ((b >= high) & (uphill > 0))) & (high > low)
        if not np.any(free):
            return Descent(parameters=b, rss=rss, steps=step_number)
        left, values, right = np.linalg.svd(columns[:, free] / scale[free], full_matrices=False)
        turned = left.T @ r
        moved = False
        while damping < MOST_DAMPING:
            scaled = right.T @ (turned * values / (values**2 + damping))
            to = b.copy()
            to[free] = np.clip(b[free] + scaled / scale[free], low[free], high[free])
            predicted = float(np.sum(turned**2 * (1 - (damping / (values**2 + damping)) ** 2)))
            if np.array_equal(to, b) or predicted <= NO_GAIN * NO_GAIN * rss:
                break
            there = residuals(to)
            new = float(there @ there)
            if np.isfinite(new) and new < rss:
                gain = (rss - new) / max(predicted, 1e-300)
                damping = max(damping * max(1 / 5, 1 - (2 * gain - 1) ** 3), 1e-16)
                growth, moved = 2.0, True
                little = rss - new <= no_gain * rss and predicted <= no_gain * rss
                b, r, rss = to, there, new
                if little:
                    return Descent(parameters=b, rss=rss, steps=step_number + 1)
                break
            damping, growth = damping * growth, growth * 2
        if not moved:
            return Descent(parameters=b, rss=rss, steps=step_number + 1)
    return Descent(parameters=b, rss=rss, steps=most_steps)
