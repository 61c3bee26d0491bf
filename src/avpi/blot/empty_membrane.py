"""What the fit of a row finds where there is no band: how much the membrane's texture adds to the pixels' noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avpi.blot.band_shape import shape_at
from avpi.blot.bands import Box, Trace
from avpi.blot.pixel_noise import PixelNoise
from avpi.blot.row_fit import LINE_TERMS, RowFit

Values = NDArray[np.float64]

FEWEST = 12
"""Fewer empty places than this say nothing of their spread (assumed)."""
UNKNOWN = 1.5
"""What texture is then taken to multiply the noise by (assumed: the median of drawn blots of all levels is 1.3)."""
MOST = 20.0
"""Texture is never taken for more: what looks so is bands that were not seen."""
PLACES = 10
"""Most heights at which the membrane is tried, the nearest to the row."""
APART_SDS, CLEAR_SDS = 4.0, 5.0
"""Heights that are tried lie so many thicknesses (sd) apart, and their windows so far from every band."""


def texture(values: NDArray[np.float64], noise: PixelNoise, fit: RowFit, trace: Trace, boxes: tuple[Box, ...]) -> float:
    """Return how many times larger the spread of volumes on empty membrane is than the pixels' noise makes it.

    The same bands and the same bent line are fitted at heights where no lane has a band; never less than 1.
    """
    sd = float(np.median(fit.sd_px))
    places = _empty_heights(values.shape[0], fit, trace, boxes, sd)
    ratios: list[float] = []
    for lane, box in enumerate(boxes):
        columns = box.columns(values.shape[1])
        profile = values[:, columns].mean(axis=1)
        sure = np.sqrt((columns.stop - columns.start) / noise.variance(profile))
        ratios += _found(profile, sure, fit, lane, box.y_px + places)
    if len(ratios) < FEWEST:
        return UNKNOWN
    return float(np.clip(1.4826 * np.median(np.abs(ratios)), 1.0, MOST))


def _empty_heights(height: int, fit: RowFit, trace: Trace, boxes: tuple[Box, ...], sd: float) -> NDArray[np.float64]:
    """Return distances from the row at which every lane's window lies on the image and free of bands."""
    low, high = float(fit.window_px[0]), float(fit.window_px[-1])
    tried = np.arange(-height, height, APART_SDS * sd)
    free = np.ones(tried.size, bool)
    for box, busy in zip(boxes, trace.busy, strict=True):
        at = box.y_px + tried
        free &= (at + low >= 0) & (at + high < height)
        for band in (*busy, box.y_px, *(box.y_px + gap for gap in fit.gaps_px)):
            free &= (band < at + low - CLEAR_SDS * sd) | (band > at + high + CLEAR_SDS * sd)
    kept = tried[free]
    nearest: NDArray[np.float64] = kept[np.argsort(np.abs(kept), kind="stable")][:PLACES]
    return nearest


def _found(profile: Values, sure: Values, fit: RowFit, lane: int, y_px: Values) -> list[float]:
    """Return the target's volume at empty heights over its standard deviation by noise; nothing off the image."""
    rows = np.rint(y_px).astype(int)[:, None] + fit.window_px.astype(int)[None, :]
    inside = (rows[:, 0] >= 0) & (rows[:, -1] < profile.size)
    if not inside.any():
        return []
    rows, y_px = rows[inside], y_px[inside]
    v = (rows[:, :, None] - y_px[:, None, None] - fit.gaps_px[None, None, :]) / fit.sd_px[lane]
    u = fit.window_px / float(np.abs(fit.window_px).max())
    line = np.stack([u**power for power in range(LINE_TERMS)], axis=1)
    bands = shape_at(v, fit.shape).value
    design = np.concatenate([bands, np.broadcast_to(line, (rows.shape[0], *line.shape))], axis=2)
    weighted = design * sure[rows][:, :, None]
    turned = np.swapaxes(weighted, 1, 2)
    normal = turned @ weighted
    size = np.trace(normal, axis1=1, axis2=2)[:, None, None]
    inverse = np.linalg.inv(normal + 1e-12 * size * np.eye(normal.shape[1]))
    height = (inverse[:, :1] @ turned @ (profile[rows] * sure[rows])[:, :, None])[:, 0, 0]
    found: list[float] = (height / np.sqrt(inverse[:, 0, 0])).tolist()
    return found
