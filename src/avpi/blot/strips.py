"""Lanes cut into strips along their length, around one row of bands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avpi.blot.bands import Box
from avpi.blot.pixel_noise import PixelNoise
from avpi.blot.polarity import Signal
from avpi.blot.row_parts import Strips

STRIPS, NARROWEST_PX = 13, 3.0
"""Strips of a lane, fewer where they would be narrower than this: odd, so that one lies in the middle."""
FINE_STRIPS, NARROWEST_FINE_PX = 37, 1.5
"""The same once shape and places are known."""
REACH_SDS = 7.0
"""How far above and below the bands the background is seen, in thicknesses (sd) of a band (assumed)."""
CLEAR_SDS = 4.0
"""Rows nearer than this to a band that is not fitted are not used."""


def cut_strips(
    signal: Signal,
    noise: PixelNoise,
    boxes: tuple[Box, ...],
    sd_px: float,
    near_px: tuple[float, ...],
    far_px: tuple[float, ...],
    *,
    fine: bool = False,
) -> Strips:
    """Return the strips of a row's lanes.

    Parameters
    ----------
    boxes : one for each lane; strips are as wide together as the box.
    near_px, far_px : distances of other bands that will be fitted, and that will not: rows around the latter are left
        out.
    fine : as many strips as show where one lane ends and the next begins.
    """
    width = float(np.median([box.width_px for box in boxes]))
    narrowest, most = (NARROWEST_FINE_PX, FINE_STRIPS) if fine else (NARROWEST_PX, STRIPS)
    count = int(np.clip(width // narrowest, 1, most))
    count -= 1 - count % 2
    above, below = min([0.0, *near_px]), max([0.0, *near_px])
    rows = np.arange(int(above - REACH_SDS * sd_px), int(np.ceil(below + REACH_SDS * sd_px)) + 1)
    use = np.ones(rows.size, bool)
    for gap in far_px:
        beyond = rows < gap + CLEAR_SDS * sd_px if gap < 0 else rows > gap - CLEAR_SDS * sd_px
        use &= ~beyond
    x, y = np.array([box.x_px for box in boxes]), np.array([box.y_px for box in boxes])
    base = np.rint(y)
    lean = np.gradient(y, x) if x.size > 1 and np.all(np.diff(x) > 0) else np.zeros(x.size)
    values = np.zeros((x.size, count, rows.size))
    weight, columns, middle = np.zeros_like(values), np.zeros((x.size, count)), np.zeros((x.size, count))
    for lane, box in enumerate(boxes):
        strips = _lane(signal, noise, box, base[lane] + rows, count)
        values[lane], weight[lane], columns[lane], middle[lane] = strips
        weight[lane] *= use
    return Strips(
        values=values,
        weight=weight,
        rows_px=rows.astype(np.float64),
        base_px=base,
        expected_px=y - base,
        across=(np.arange(count, dtype=np.float64) - (count - 1) / 2) / max((count - 1) / 2, 1.0),
        x_px=middle,
        columns=columns,
        lean_px=lean * width / 2 if count > 1 else np.zeros(x.size),
        held=np.array([box.manual for box in boxes]),
    )


def _lane(
    signal: Signal, noise: PixelNoise, box: Box, rows: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return one lane's strips (strips, rows), their weights, how many columns each has, and their middles."""
    height, width = signal.values.shape
    at = rows.astype(int)
    inside = (at >= 0) & (at < height)
    at = np.clip(at, 0, height - 1)
    span = box.columns(width)
    ends = np.unique(np.rint(np.linspace(span.start, span.stop, count + 1)).astype(int))
    block = signal.values[at, span]
    lost = signal.saturated[at, span]
    sums = np.add.reduceat(block, ends[:-1] - span.start, axis=1)
    bad = np.add.reduceat(lost.astype(np.int64), ends[:-1] - span.start, axis=1)
    wide = np.diff(ends)
    means = (sums / wide).T
    known = inside[None, :] & (bad.T == 0)
    weight = np.where(known, np.sqrt(wide[:, None] / noise.variance(means)), 0.0)
    middle = (ends[:-1] + ends[1:] - 1) / 2
    missing = count - wide.size
    if missing:
        means, weight = np.pad(means, ((0, missing), (0, 0))), np.pad(weight, ((0, missing), (0, 0)))
        wide, middle = np.pad(wide, (0, missing)), np.pad(middle, (0, missing), mode="edge")
    return means, weight, wide.astype(np.float64), middle
