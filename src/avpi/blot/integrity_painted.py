"""Patches painted over with one grey level: every pixel of a camera has noise, a painted one has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, label

BLOCK = 6
"""Side of the blocks whose pixels are compared, px."""
FEWEST_BLOCKS = 4
"""Neighbouring blocks of one level from which on a patch counts as painted: 144 equal pixels."""
NOISY_SD = 1.5
"""Noise, in grey levels, from which on 36 pixels in a row are never equal (arithmetic: 1 in 10^20)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    """A patch without noise: rows and columns from, to (px), and its grey level as stored."""

    rows: tuple[int, int]
    columns: tuple[int, int]
    level: float


def painted_patch(stored: NDArray[Any], noise_sd: float) -> Painted | None:
    """Find the largest patch of one level inside the picture; None where there is none or noise cannot tell.

    Patches at the picture's lowest or highest level are cut-off values, and ones at its border are frames.
    """
    rows, columns = stored.shape[0] // BLOCK, stored.shape[1] // BLOCK
    if noise_sd < NOISY_SD or rows < 3 or columns < 3:
        return None
    corner = stored[: rows * BLOCK : BLOCK, : columns * BLOCK : BLOCK]
    even = np.ones((rows, columns), bool)
    for row in range(BLOCK):
        for column in range(BLOCK):
            even &= stored[row : rows * BLOCK : BLOCK, column : columns * BLOCK : BLOCK] == corner
    even &= (corner > stored.min()) & (corner < stored.max())
    if np.count_nonzero(even) < FEWEST_BLOCKS:
        return None
    patches, _ = label(even)
    best: Painted | None = None
    most = FEWEST_BLOCKS - 1
    for number, place in enumerate(find_objects(patches), start=1):
        blocks = int(np.count_nonzero(patches[place] == number))
        down, across = place
        inside = down.start > 0 and across.start > 0 and down.stop < rows and across.stop < columns
        if inside and blocks > most:
            most = blocks
            level = float(corner[place][patches[place] == number][0])
            best = Painted(
                rows=(down.start * BLOCK, down.stop * BLOCK),
                columns=(across.start * BLOCK, across.stop * BLOCK),
                level=level,
            )
    return best
