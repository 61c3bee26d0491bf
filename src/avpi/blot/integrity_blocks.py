"""Was a picture ever a JPEG: steps along its 8 x 8 px grid, and frequencies that come in multiples of one number only.

JPEG rounds each frequency of each block to multiples of a step (ITU-T T.81, 1992); stored again as TIFF or PNG the
multiples remain (Fan and de Queiroz 2003, doi:10.1109/TIP.2002.807361). Each test compares the grid with grids
beside it, on which an honest picture looks the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

BLOCK = 8
"""Side of JPEG's blocks, px."""
BLOCK_SDS = 8.0
"""Excess of steps across a grid of 8 lines over the other seven, in their own scatter, that JPEG explains: honest
drawn and real pictures stay below 5 (measured)."""
STEPS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24)
"""Steps of rounding that are tried."""
FREQUENCIES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1))
"""Frequencies that are tried: the lowest, which hold most signal."""
MOST_BLOCKS = 2500
"""Blocks that are looked at (speed)."""
FEWEST_BLOCKS = 60
"""Frequencies above one step below which nothing is said."""
MULTIPLES_SHARE, MULTIPLES_SDS = 0.15, 9.0
"""By how much, and by how many of its standard errors, frequencies must agree with multiples more than on a shifted
grid (measured)."""


def was_jpeg(stored: NDArray[Any]) -> bool:
    """Return True for a picture of 8 bits that JPEG has compressed at some time."""
    strength, phase = block_grid(stored)
    if strength > BLOCK_SDS:
        return True
    return any(_multiples(stored, *at) for at in {(0, 0), phase})


def _multiples(stored: NDArray[Any], row: int, column: int) -> bool:
    """Return True if frequencies on a grid come in multiples of one step, and on a shifted grid not."""
    ours, shifted = (_frequencies(stored, row + by, column + by) for by in (0, BLOCK // 2 - 1))
    for at in range(len(FREQUENCIES)):
        for step in STEPS:
            agree, error = _agreement(ours[at], step)
            other, other_error = _agreement(shifted[at], step)
            excess = agree - other
            if excess > MULTIPLES_SHARE and excess > MULTIPLES_SDS * np.hypot(error, other_error):
                return True
    return False


def _frequencies(stored: NDArray[Any], row: int, column: int) -> NDArray[np.float64]:
    """Return the chosen frequencies (frequencies, blocks) of blocks that hold no clipped pixel."""
    rows, columns = (stored.shape[0] - row) // BLOCK, (stored.shape[1] - column) // BLOCK
    if rows < 1 or columns < 1:
        return np.zeros((len(FREQUENCIES), 0))
    part = stored[row : row + rows * BLOCK, column : column + columns * BLOCK]
    blocks = part.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2).reshape(-1, BLOCK, BLOCK)
    low, high = stored.min(), stored.max()
    inner = (blocks.min(axis=(1, 2)) > low) & (blocks.max(axis=(1, 2)) < high)
    # Blocks that hold most signal tell most.
    strong = np.flatnonzero(inner)
    blocks = blocks[strong].astype(np.float64)
    if blocks.shape[0] > MOST_BLOCKS:
        spread = blocks.max(axis=(1, 2)) - blocks.min(axis=(1, 2))
        blocks = blocks[np.argsort(-spread, kind="stable")[:MOST_BLOCKS]]
    waves = fft.dctn(blocks, axes=(1, 2), norm="ortho")
    return np.stack([waves[:, u, v] for u, v in FREQUENCIES])


def _agreement(waves: NDArray[np.float64], step: int) -> tuple[float, float]:
    """Return how far values beyond one step agree with its multiples (0 not, 1 wholly), and the standard error."""
    beyond = waves[np.abs(waves) > 0.75 * step]
    if beyond.size < FEWEST_BLOCKS:
        return 0.0, 1.0
    return float(np.cos(2 * np.pi * beyond / step).mean()), float(np.sqrt(0.5 / beyond.size))


def block_grid(stored: NDArray[Any]) -> tuple[float, tuple[int, int]]:
    """Return how far steps across the strongest grid exceed the others, in their scatter, and where it begins."""
    values = stored.astype(np.float32, copy=False)
    (across, column), (down, row) = _grid(values), _grid(values.T)
    return float(np.hypot(max(0.0, across), max(0.0, down))), (row, column)


def _grid(values: NDArray[Any]) -> tuple[float, int]:
    """Return the excess of one of eight phases of column steps over the other seven, and the column it begins with."""
    columns = values.shape[1]
    if columns < 6 * BLOCK or values.shape[0] < 2 * BLOCK:
        return 0.0, 0
    # What a step adds to the slopes on its two sides: zero for smooth structure.
    step = np.abs(values[:, 1:-2] - values[:, 2:-1]) - 0.5 * (
        np.abs(values[:, :-3] - values[:, 1:-2]) + np.abs(values[:, 2:-1] - values[:, 3:])
    )
    limit = 4 * float(np.abs(step[::7]).mean()) + 1e-6
    profile = np.clip(step, -limit, limit).mean(axis=0)
    profile -= np.median(profile)
    kept = profile.size // BLOCK * BLOCK
    phases = profile[:kept].reshape(-1, BLOCK)
    means = phases.mean(axis=0)
    best = int(np.argmax(means))
    others = np.delete(phases, best, axis=1)
    error = float(others.std()) / np.sqrt(phases.shape[0])
    # Step i stands between columns i + 1 and i + 2.
    return float((means[best] - others.mean()) / max(error, 1e-9)), (best + 2) % BLOCK
