"""How noisy pixels are at each grey level, from the image itself.

Neighbours along a row differ by noise, and by what the blot draws, which is smooth: the second difference keeps the
noise. Its scatter at the level of the membrane is the camera's, what grows with the level is shot noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

LEVELS = (0.0, 0.5, 0.9, 0.97, 0.99, 0.997, 1.0)
"""Quantiles of the grey levels between which noise is measured: half of a blot is empty membrane."""
MOST_PIXELS = 120_000
"""Rows are skipped in larger images (speed)."""
LEAST_PIXELS = 50
"""Fewer pixels than this at a level say nothing of its noise."""
QUANTISED = 1.0 / 12.0
"""Variance that storing whole grey levels adds; noise is never taken for less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelNoise:
    """Variance of single pixels: ``floor`` at the membrane's level, growing by ``gain`` for each grey level above."""

    level: float
    floor: float
    gain: float

    def variance(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the variance of pixels of these levels."""
        grown: NDArray[np.float64] = self.floor + self.gain * np.maximum(values - self.level, 0.0)
        return grown


def measure_noise(values: NDArray[np.float64], saturated: NDArray[np.bool_]) -> PixelNoise:
    """Return the noise of an image's pixels; saturated ones have none and are left out."""
    if min(values.shape) < 3:
        return PixelNoise(level=0.0, floor=1.0, gain=0.0)
    rows = np.arange(1, values.shape[0] - 1, max(1, values.size // MOST_PIXELS))
    seen, lost = values[rows], saturated[rows]
    second = np.diff(seen, n=2, axis=1) / np.sqrt(6.0)
    # The level comes from the rows above and below: a pixel's own noise must not choose its level.
    level = 0.5 * (values[rows - 1, 1:-1] + values[rows + 1, 1:-1])
    kept = ~(lost[:, :-2] | lost[:, 1:-1] | lost[:, 2:])
    second, level = second[kept], level[kept]
    if level.size < LEAST_PIXELS:
        return PixelNoise(level=0.0, floor=1.0, gain=0.0)
    edges = np.quantile(level, LEVELS)
    places, variances = [], []
    for low, high in pairwise(edges):
        here = (level >= low) & (level <= high)
        if np.count_nonzero(here) >= LEAST_PIXELS:
            places.append(float(np.median(level[here])))
            variances.append((1.4826 * float(np.median(np.abs(second[here])))) ** 2)
    floor = max(variances[0], QUANTISED)
    above = [
        (v - variances[0]) / (p - places[0]) for p, v in zip(places[1:], variances[1:], strict=True) if p > places[0]
    ]
    gain = max(float(np.median(above)), 0.0) if above else 0.0
    return PixelNoise(level=places[0], floor=floor, gain=gain)
