"""The grey levels behind stored numbers: whole levels saved as fractions, and 8 bits spread over 16, are undone.

A picture does not change by being saved as floating point or times 257, but checks that look at whole levels would pass
it unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEW_LEVELS = 256
"""A picture of no more levels than this has 8 bits, whatever it is stored in."""
STEPS = (1.0, 1 / 65535, 1 / 4095, 1 / 255, 257.0, 1 / 65536, 1 / 256)
"""Steps between levels that programs make: none, and scales to 1."""
SINGLE_ERROR = 1.2e-7
"""Relative error of a number of single precision (arithmetic: 2^-23)."""
WHOLE_ERROR = 0.02
"""How far from whole numbers levels may lie."""
TOP = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """Stored values over ``step``, whole numbers where they are so; what they were before they were stored."""

    values: NDArray[Any]
    step: float


def plain_levels(stored: NDArray[Any]) -> Plain:
    """Return the whole grey levels that a picture holds, or the picture as it is where it holds none."""
    if stored.dtype.kind == "f":
        return _whole(stored)
    if stored.dtype == np.uint16:
        counts = np.bincount(stored.ravel(), minlength=TOP + 1)
        used = np.flatnonzero(counts)
        common = int(np.gcd.reduce(used)) if 1 < used.size <= FEW_LEVELS else 1
        if common > 1 and int(used[-1]) // common < FEW_LEVELS:
            return Plain(values=(stored // common).astype(np.uint8), step=float(common))
    return Plain(values=stored, step=1.0)


def _whole(stored: NDArray[Any]) -> Plain:
    """Return a floating-point picture as whole levels where all of it is multiples of one step."""
    low, high = float(stored.min()), float(stored.max())
    some = stored.ravel()[:: max(1, stored.size // 4096)].astype(np.float64)
    for step in STEPS:
        if low < 0 or high / step > TOP + 0.5 or high / step < 2:
            continue
        if high * SINGLE_ERROR / step > WHOLE_ERROR or not _is_whole(some / step):
            continue
        levels = stored / np.float32(step)
        if _is_whole(levels):
            whole = np.rint(levels)
            levelled = plain_levels(whole.astype(np.uint8 if high / step < FEW_LEVELS else np.uint16))
            return Plain(values=levelled.values, step=levelled.step * step)
    return Plain(values=stored, step=1.0)


def _is_whole(levels: NDArray[Any]) -> bool:
    return bool((np.abs(levels - np.rint(levels)) <= WHOLE_ERROR).all())
