"""Where the words of a matplotlib figure lie: which overlap, and which are cut off by the edge of the sheet."""

from __future__ import annotations

from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from avpi.report.drawing import style

TOUCH_PX = 1.0
"""At 100 dots an inch: boxes of text have some air of their own."""


def words_of(figure: Figure) -> list[tuple[str, Bbox]]:
    """Return every text that is drawn, with its box in pixels."""
    with style():
        figure.canvas.draw()
        texts: list[Text] = list(figure.texts)
        for axes in figure.axes:
            if not axes.axison:
                texts += axes.texts
                continue
            texts += [*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label]
            texts += [artist for artist in axes.get_children() if isinstance(artist, Text)]
            for axis in (axes.xaxis, axes.yaxis):
                low, high = sorted(axis.get_view_interval())
                for tick in axis.get_major_ticks():
                    if low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                        texts += [label for label in (tick.label1, tick.label2) if label.get_visible()]
        unique = {id(text): text for text in texts if text.get_text().strip() and text.get_visible()}
        return [(text.get_text(), text.get_window_extent()) for text in unique.values()]


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """Return pairs of texts that cover each other."""
    return [
        (one, other)
        for (one, a), (other, b) in combinations(words_of(figure), 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > TOUCH_PX and min(a.y1, b.y1) - max(a.y0, b.y0) > TOUCH_PX
    ]


def cut_off(figure: Figure) -> list[str]:
    """Return texts that reach beyond the sheet."""
    width, height = figure.get_size_inches() * figure.dpi
    return [
        text
        for text, box in words_of(figure)
        if box.x0 < -0.5 or box.y0 < -0.5 or box.x1 > width + 0.5 or box.y1 > height + 0.5
    ]
