"""Populations of one channel: a smoothed histogram, its peaks, and the valley between two of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

_BINS = 256  # of the histogram: fine enough for the narrowest population, which spans about 20 of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Density:
    """Smoothed counts per bin: ``places`` (bins,) are the bins' centres, ``heights`` (bins,) the counts."""

    places: NDArray[np.float64]
    heights: NDArray[np.float64]

    def peaks(self, *, least: float) -> list[int]:
        """Return the bins of the peaks, from the left, that stand out by ``least`` of the highest."""
        padded = np.concatenate(([0.0], self.heights, [0.0]))
        found, _ = find_peaks(padded, prominence=least * float(self.heights.max()))
        return [int(i) - 1 for i in found]

    def valley(self, left: int, right: int) -> int:
        """Return the lowest bin between two bins; the middle one where several are equally low."""
        between = self.heights[left : right + 1]
        lowest = np.flatnonzero(between <= between.min() * (1 + 1e-9))
        return left + int(lowest[len(lowest) // 2])


def density_of(values: NDArray[np.float64], *, low: float, high: float, bandwidth: float) -> Density:
    """Return the density of values between two bounds, smoothed by a Gaussian of that standard deviation."""
    counts, edges = np.histogram(values, bins=_BINS, range=(low, high))
    return smoothed(counts.astype(np.float64), edges, bandwidth=bandwidth)


def smoothed(counts: NDArray[np.float64], edges: NDArray[np.float64], *, bandwidth: float) -> Density:
    """Return a histogram's density."""
    width = float(edges[1] - edges[0])
    # Cells that hardly differ have bins of no width; wider than the histogram a kernel changes nothing.
    kernel = min(bandwidth / width, float(len(counts))) if width > 0 else float(len(counts))
    heights = gaussian_filter1d(counts, kernel, mode="constant", truncate=4.0)
    return Density(places=(edges[:-1] + edges[1:]) / 2, heights=heights)


def half_sample_mode(values: NDArray[np.float64]) -> float:
    """Return the mode by repeatedly keeping the densest half (Bickel, Fruehwirth 2006, CSDA 50:3500-3530)."""
    ordered = np.sort(values)
    while len(ordered) > 3:
        half = (len(ordered) + 1) // 2
        widths = ordered[half - 1 :] - ordered[: len(ordered) - half + 1]
        begin = int(np.argmin(widths))
        ordered = ordered[begin : begin + half]
    return float(ordered.mean())
