"""The key beside a curve and the bars of its EC50s below it, in a column of words where no point can lie under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from avpi.estimate import Estimate
from avpi.report.curve_panels import BAND_ALPHA, Look, draw_interval
from avpi.report.dose_axis import DoseAxis, dress_dose_axis
from avpi.report.drawing import MM_PER_INCH, SMALL_PT, panel
from avpi.report.drawn_curve import MeasuredCurve, dose_words, shape_words
from avpi.report.palette import DARK, INK, MUTED
from avpi.report.text_room import LINE_MM, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KEY_MM: Final = 5.0
"""Left of a word of the key: its line or marker."""
KEY_LINE_MM: Final = 1.15 * LINE_MM
LINE_LOOKS: Final[dict[str, tuple[str, Any, float]]] = {
    "line": (INK, "-", 1.0), "half": (MUTED, (0, (4, 2)), 0.4), "unused": (MUTED, (0, (1, 1.5)), 1.0),
}  # fmt: skip
"""Entry of the key -> colour, line, width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarRow:
    """An EC50 as a bar: what stands at its left, the number, its look, and its kind, which stands before its words."""

    label: str
    estimate: Estimate
    look: Look
    filled: bool = True
    kind: str = ""

    @property
    def words(self) -> str:
        """What stands at its right."""
        return self.kind + dose_words(self.estimate)


def half_of_control(measured: MeasuredCurve) -> float | None:
    """Return the response that the absolute EC50 is the dose of, where the shape has EC50s."""
    fit = measured.curve.fit
    if not fit.shape.nonlinear:
        return None
    return 0.5 * (fit.control if fit.control is not None else float(fit.response([0.0])[0]))


def key_of(measured: MeasuredCurve, looks: Sequence[Look], level: float) -> list[tuple[Look | str, str]]:
    """Return the key: a look, or a word for what is no series, and the words beside it."""
    names = measured.curve.experiment_names
    entries: list[tuple[Look | str, str]] = [(look, name or "points") for look, name in zip(looks, names, strict=True)]
    if measured.used:
        entries.append(("line", shape_words(measured.curve.fit)))
        if not measured.band.why_none:
            entries.append(("band", f"{100 * level:g} % band, pointwise"))
        if half_of_control(measured) is not None:
            entries.append(("half", "half of control"))
    else:
        entries.append(("unused", "fit that is not used"))
    if not np.all(measured.curve.fit.points.counted):
        entries.append(("left out", "not counted"))
    return entries


def draw_key(
    figure: Figure, key: Sequence[tuple[Look | str, str]], *, left_mm: float, top_mm: float, room_mm: float
) -> None:
    """Draw a key at a place; ``room_mm`` is the room for its words."""
    width = KEY_MM + room_mm
    axes = panel(figure, left_mm=left_mm, top_mm=top_mm, width_mm=width, height_mm=KEY_LINE_MM * len(key))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(len(key) - 0.5, -0.5)
    for y, (what, text) in enumerate(key):
        if isinstance(what, Look):
            axes.plot([1.6], [y], marker=what.marker, color=what.colour, ms=3.6, mec=DARK, mew=0.4)
        elif what == "band":
            axes.fill_between([0.2, 3.0], y - 0.35, y + 0.35, color=INK, alpha=BAND_ALPHA, lw=0)
        elif what == "left out":
            axes.plot([1.6], [y], marker="x", color=INK, ms=2.8)
        else:
            colour, line, thick = LINE_LOOKS[what]
            axes.plot([0.2, 3.0], [y, y], color=colour, ls=line, lw=thick)
        axes.text(KEY_MM - 1.0, y, shorten(text, room_mm + 1.0, middle=True), size=SMALL_PT, va="center", color=INK)


def draw_bars(axes: Axes, rows: Sequence[BarRow], axis: DoseAxis, *, width_mm: float, words_mm: float) -> None:
    """Draw EC50s as bars below each other, their words at the right; ``words_mm`` is the room for these."""
    dress_dose_axis(axes, axis, width_mm=width_mm, labelled=False)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [row.label for row in rows])
    axes.tick_params(axis="y", length=0, pad=4.0)
    axes.spines["left"].set_visible(False)
    for y, row in enumerate(rows):
        draw_interval(axes, y, row.estimate, axis, row.look, filled=row.filled)
        axes.annotate(
            shorten(row.words, words_mm), (1.0, y), xycoords=("axes fraction", "data"),
            xytext=(WORDS_AFTER_MM * 72 / MM_PER_INCH, 0), textcoords="offset points", size=SMALL_PT, va="center",
            color=INK, annotation_clip=False,
        )  # fmt: skip


WORDS_AFTER_MM: Final = 3.0
"""Room between a bar's axes and its words: the head of an arrow stands there."""
