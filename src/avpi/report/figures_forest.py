"""A forest plot: ratios or differences with their ranges, one row each, and the published one among them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from avpi.report.drawing import DOUBLE_MM, SMALL_PT, TEXT_PT, panel, sheet, style
from avpi.report.figure_files import PrintedFigure, print_figure
from avpi.report.palette import BLUE, FAINT, INK, MUTED, VERMILLION
from avpi.report.text_room import shorten

ROW_MM, LEFT_MM, RIGHT_MM, HEAD_MM, FOOT_MM = 5.0, 66.0, 36.0, 5.0, 11.0
TICKS: Final = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """One row.

    Attributes
    ----------
    value, low, high : nan where there is none. ``published`` : drawn as a diamond, not as a square.
    group : heading under which it stands; empty for none.
    """

    label: str
    value: float
    low: float
    high: float
    published: bool = False
    group: str = ""


def draw_forest(
    rows: Sequence[ForestRow], *, name: str, title: str, axis: str, caption: str, ratio: bool = True
) -> PrintedFigure:
    """Draw rows from top to bottom; the line of no effect is at 1 for ratios, at 0 for differences."""
    lines: list[ForestRow | str] = []
    group = ""
    for row in rows:
        if row.group != group:
            lines.append(row.group)
        group = row.group
        lines.append(row)
    with style():
        figure = sheet(DOUBLE_MM, HEAD_MM + ROW_MM * len(lines) + FOOT_MM)
        width = DOUBLE_MM - LEFT_MM - RIGHT_MM
        axes = panel(figure, left_mm=LEFT_MM, top_mm=HEAD_MM, width_mm=width, height_mm=ROW_MM * len(lines))
        side = axes.get_yaxis_transform()
        ends = [value for row in rows for value in (row.low, row.high, row.value) if math.isfinite(value)]
        low, high = (min(ends, default=0.5), max(ends, default=2.0))
        if ratio:
            axes.set_xscale("log")
            axes.set_xlim(min(low, 0.9) / 1.08, max(high, 1.1) * 1.08)
            shown = [tick for tick in TICKS if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
            axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
            axes.minorticks_off()
        else:
            room = 0.05 * (high - low or 1)
            axes.set_xlim(min(low, 0) - room, max(high, 0) + room)
        axes.axvline(1 if ratio else 0, color=MUTED, lw=0.6, ls=(0, (2, 2)), zorder=0)
        axes.set_ylim(len(lines) - 0.5, -0.5)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(axis)
        for y, own in enumerate(lines):
            if isinstance(own, str):
                axes.text(-(LEFT_MM - 2) / width, y, own, transform=side, size=TEXT_PT, weight="bold", va="center")
                axes.plot((-(LEFT_MM - 2) / width, 1 + (RIGHT_MM - 2) / width), [y - 0.5] * 2, color=FAINT, lw=0.5,
                          clip_on=False, transform=side)  # fmt: skip
                continue
            text = shorten(own.label, LEFT_MM - 6)
            axes.text(-(LEFT_MM - 4) / width, y, text, transform=side, size=TEXT_PT, va="center", color=INK)
            colour = VERMILLION if own.published else BLUE
            if math.isfinite(own.low) and math.isfinite(own.high):
                axes.plot([own.low, own.high], [y, y], color=colour, lw=1.0)
            if math.isfinite(own.value):
                axes.plot([own.value], [y], ls="", marker="D" if own.published else "s", ms=3.2, color=colour)
            axes.text(1.03, y, _words(own), transform=side, size=SMALL_PT, va="center", color=MUTED)
        return print_figure(
            figure,
            name=name,
            title=title,
            alt="; ".join(f"{row.group} {row.label}: {_words(row)}".strip() for row in rows),
            caption=caption,
            points=pd.DataFrame(
                {
                    "group": [row.group for row in rows], "row": [row.label for row in rows],
                    "value": np.array([row.value for row in rows]), "low": np.array([row.low for row in rows]),
                    "high": np.array([row.high for row in rows]), "published": [row.published for row in rows],
                }
            ),
        )  # fmt: skip


def _words(row: ForestRow) -> str:
    if not math.isfinite(row.value):
        return "not estimable"
    value = f"{round(row.value, 2) + 0.0:.2f}"  # no minus before a zero
    if not (math.isfinite(row.low) and math.isfinite(row.high)):
        return value.replace("-", "−")
    to = " to " if row.low < 0 else "–"
    return f"{value} ({row.low:.2f}{to}{row.high:.2f})".replace("-", "−")
