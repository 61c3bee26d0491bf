"""Room for text in a figure: how wide words are, how to shorten them, and how to keep labels apart."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avpi.report.drawing import MM_PER_INCH, SMALL_PT, sheet
from avpi.report.fonts import figure_font

Floats = NDArray[np.float64]

LINE_MM: Final = 2.3
"""Height of a line of 5 pt with its spacing."""
TAIL: Final = 0.5
"""Share of what is kept of a name that stands after the ellipsis."""


@lru_cache(maxsize=4096)
def words_mm(text: str, size_pt: float = SMALL_PT) -> float:
    """Return the width of words in the figures' font, the widest of those that an SVG may fall back on."""
    figure = sheet(10, 10)
    drawn = figure.text(0, 0, text, size=size_pt, family=figure_font(), parse_math=False)
    return float(drawn.get_window_extent().width) / figure.dpi * MM_PER_INCH


def shorten(text: str, room_mm: float, size_pt: float = SMALL_PT, *, middle: bool = False) -> str:
    """Return the text, or as much of it as there is room for, with an ellipsis at its end or in its middle.

    Parameters
    ----------
    middle : for names, which often differ at their end: "line 11", "line 12".
    """
    if words_mm(text, size_pt) <= room_mm:
        return text
    for kept in range(len(text) - 1, 0, -1):
        tail = int(TAIL * kept) if middle else 0
        short = f"{text[: kept - tail].rstrip()}…{text[len(text) - tail :].lstrip()}"
        if words_mm(short, size_pt) <= room_mm:
            return short
    return "…"


def spread(wanted: Floats, gap: float, low: float, high: float) -> Floats:
    """Return places (n,) that are ``gap`` apart, in the same order and as near as can be to those wanted.

    The least-squares answer: an isotonic regression of the places less their ranks. Where there is not room for all
    between ``low`` and ``high`` they stand closer.
    """
    if wanted.size == 0:
        return wanted.copy()
    gap = min(gap, (high - low) / max(wanted.size - 1, 1))
    order = np.argsort(wanted, kind="stable")
    blocks: list[tuple[float, int]] = []
    for rank, place in enumerate(wanted[order]):
        mean, size = float(place) - rank * gap, 1
        while blocks and blocks[-1][0] >= mean:
            before, many = blocks.pop()
            mean, size = (before * many + mean * size) / (many + size), many + size
        blocks.append((mean, size))
    level = np.concatenate([np.full(size, mean) for mean, size in blocks])
    found = np.empty(wanted.size)
    last = high - (wanted.size - 1) * gap
    found[order] = np.clip(level, low, max(last, low)) + gap * np.arange(wanted.size)
    return found
