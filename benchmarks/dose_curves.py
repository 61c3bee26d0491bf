"""Made curves for the measurements of the curve fitter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LN10 = math.log(10.0)
SCREEN_DOSES = np.geomspace(1e-9, 1e-5, 10)
"""Ten doses of four decades, as in the goals of speed and of the best minimum."""


def stream(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed))


def logistic(x: Floats, p: Any, slope: Any, bottom: Any, top: Any) -> Floats:
    """Curves (curves, wells) at log10 doses (wells,), of parameters (curves, 1)."""
    exponent = np.clip(slope * (x - p) * LN10, -700, 700)
    return np.asarray(bottom + (top - bottom) / (1 + np.exp(exponent)), float)


def screen_curves(number: int, noise: float, seed: int, doses: Floats = SCREEN_DOSES) -> Floats:
    """Viabilities (curves, doses) as a screen has them: potent, weak and inert compounds, shallow and steep."""
    random, x = stream(seed), np.log10(doses)
    p = random.uniform(x[0] - 0.5, x[-1] + 0.5, (number, 1))
    slope = np.exp(random.normal(0.2, 0.5, (number, 1)))
    bottom = random.uniform(0.0, 0.9, (number, 1))
    return logistic(x, p, slope, bottom, 1.0) + noise * random.standard_normal((number, doses.size))
