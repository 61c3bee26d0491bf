"""Bands that run into the picture's border: part of them was cropped away, and their volume with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d, uniform_filter1d

Real = NDArray[np.float64]
Side = Literal["top", "bottom", "left", "right"]

OUTER_PX = 2
"""Rows (columns) at the border that are averaged."""
INWARD_SHARE = 0.08
"""How far inwards the background is looked for, as a share of the picture's height (assumed)."""
INWARD_PX = (14, 48)
"""Its limits in pixels: a band is gone within three of its thicknesses (assumed)."""
SMOOTH_SHARE = 1 / 120
"""Width over which a border's profile is averaged, as a share of the picture's width: part of a lane (assumed)."""
CUT_SHARE = 0.05
"""Signal at the border, as a share of the picture's strong bands, from which on a band counts as cut: below it less
than 1 % of the volume of a band is missing (arithmetic for a Gaussian)."""
CUT_SDS = 7.0
"""The same in standard deviations of the averaged noise."""
NARROWEST_SHARE = 1 / 45
"""Narrowest run of such columns that can be a lane, as a share of the width: 45 lanes at most; dust is narrower."""
STEEPER_SHARE = 0.6
"""Share of that signal which the slope further in must not explain (assumed)."""
FRAME_SHARE = 0.92
"""Share of a border above which its signal is a frame or a gradient and not bands with gaps between them (assumed)."""
ROUGH_QUANTILE, ROUGH_MULTIPLE = 0.75, 3.0
"""Most rows of a cut lane hold no band: what the border shows at this share of its rows is the membrane's lumps, above
which a band must stand so many times (assumed: lumps of a hundred drawn blots reach 2.5)."""
STRONG_BLOCK_PX = (4, 12)
"""Rows and columns of the blocks whose brightest stands for the strong bands: a band fills one, a speck does not."""
THINNEST_PX = 3
"""Thinnest band."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutBorder:
    """A border that cuts bands: which one, where along it (px from its start), and how strong they are there."""

    side: Side
    at_px: tuple[float, ...]
    share: float


def cut_borders(values: Real, noise_sd: float) -> tuple[CutBorder, ...]:
    """Find borders that bands run into.

    Parameters
    ----------
    values : (rows, columns), bands upwards.
    noise_sd : of one pixel of background.
    """
    strong = strong_band(values)
    if strong <= 0 or strong < CUT_SDS * noise_sd / np.sqrt(np.prod(STRONG_BLOCK_PX)):
        return ()
    found = []
    for side, turned in (("top", values), ("bottom", values[::-1])):
        cut = _along_rows(turned, strong, noise_sd, side)  # type: ignore[arg-type]
        if cut is not None:
            found.append(cut)
    for side, turned in (("left", values), ("right", values[:, ::-1])):
        cut = _along_columns(turned, strong, noise_sd, side)  # type: ignore[arg-type]
        if cut is not None:
            found.append(cut)
    return tuple(found)


def strong_band(values: Real) -> float:
    """Return how high the strongest band stands above the background of its columns."""
    high, wide = STRONG_BLOCK_PX
    rows, columns = values.shape[0] // high, values.shape[1] // wide
    if not rows or not columns:
        return 0.0
    blocks = values[: rows * high, : columns * wide].reshape(rows, high, columns, wide).mean(axis=(1, 3))
    return float((blocks - np.median(blocks, axis=0)).max())


def _along_rows(values: Real, strong: float, noise_sd: float, side: Side) -> CutBorder | None:
    """Compare the outermost rows with the lowest level a little inwards, column by column."""
    rows, columns = values.shape
    inward = int(np.clip(INWARD_SHARE * rows, *INWARD_PX))
    if rows < 2 * inward:
        return None
    wide = max(3, round(SMOOTH_SHARE * columns))
    strip = values[: inward * 2]
    pairs = strip[: strip.shape[0] // OUTER_PX * OUTER_PX].reshape(-1, OUTER_PX, columns).mean(axis=1)
    pairs = uniform_filter1d(pairs, wide, axis=1, mode="nearest")
    excess = pairs[0] - pairs.min(axis=0)
    # The lowest of many noisy rows lies below the background.
    error = noise_sd / np.sqrt(OUTER_PX * wide)
    over = excess > max(CUT_SHARE * strong, (CUT_SDS + 3) * error)
    # A slope of the background goes on further in; a band does not.
    middle = pairs.shape[0] // 2
    near, far = pairs[middle // 2 : middle].min(axis=0), pairs[middle:].min(axis=0)
    steeper = pairs[0] - near - np.maximum(near - far, 0) > STEEPER_SHARE * excess
    return _runs(over & steeper, excess / strong, max(4, round(NARROWEST_SHARE * columns)), side)


def _along_columns(values: Real, strong: float, noise_sd: float, side: Side) -> CutBorder | None:
    """Look for thin peaks along the outermost columns: bands whose lane is cut."""
    outer = values[:, :OUTER_PX].mean(axis=1)
    rows = outer.size
    outer = uniform_filter1d(outer, THINNEST_PX, mode="nearest")
    reach = int(np.clip(INWARD_SHARE * rows, *INWARD_PX)) * 2 + 1
    low = minimum_filter1d(outer, reach, mode="nearest")
    excess = outer - uniform_filter1d(low, reach, mode="nearest")
    error = noise_sd / np.sqrt(OUTER_PX * THINNEST_PX)
    usual = float(np.quantile(excess, ROUGH_QUANTILE))
    over = excess > max(CUT_SHARE * strong, (CUT_SDS + 3) * error, ROUGH_MULTIPLE * usual)
    return _runs(over, excess / strong, THINNEST_PX, side, longest=2 * reach)


def _runs(over: NDArray[np.bool_], share: Real, narrowest: int, side: Side, longest: int = 0) -> CutBorder | None:
    if over.mean() > FRAME_SHARE:
        return None
    edges = np.flatnonzero(np.diff(np.concatenate([[False], over, [False]]).astype(np.int8)))
    starts, stops = edges[::2], edges[1::2]
    length = stops - starts
    kept = (length >= narrowest) & ((length <= longest) if longest else True)
    if not kept.any():
        return None
    at = tuple(float(x) for x in (starts[kept] + stops[kept] - 1) / 2)
    most = max(float(share[a:b].max()) for a, b in zip(starts[kept], stops[kept], strict=True))
    return CutBorder(side=side, at_px=at, share=most)
