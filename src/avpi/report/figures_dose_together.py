"""The figure of several curves of dose and response: one panel, each curve named at its end, EC50s as bars below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from avpi.dose.estimate_dose import Which
from avpi.errors import InputError, Problem
from avpi.report.curve_captions import CurveWords, curves_alt, curves_caption, require_journal_width
from avpi.report.curve_key import BarRow, draw_bars
from avpi.report.curve_panels import Look, draw_line, draw_points, limit_responses, look_of
from avpi.report.dose_axis import DoseAxis, dose_axis, dress_dose_axis
from avpi.report.drawing import MIDDLE_MM, SMALL_PT, panel, sheet, style
from avpi.report.drawn_curve import KINDS, DrawnCurve, MeasuredCurve, curve_rows, measure_curve
from avpi.report.figure_files import PrintedFigure, print_figure
from avpi.report.figures_dose import EDGE_MM, GAP_MM, LABEL_MM, LEFT_MM, MAIN_MM, TICKS_MM, TOP_MM, write_title
from avpi.report.palette import DARK, INK, MUTED
from avpi.report.text_room import LINE_MM, shorten, spread, words_mm

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_WITH_BANDS, MOST_WITH_BOTH, MOST_WITH_POINTS = 6, 4, 8
"""Curves in one panel up to which bands, both EC50s and all points can still be told apart."""
LEADER_MM, MARK_MM = 5.0, 2.6
"""From the end of a curve to its name, and of that the room for its marker."""
BAR_MM, BEFORE_BARS_MM = 3.1, 3.0
SHORT_KINDS: Final[Mapping[Which, str]] = {"relative": "rel. ", "absolute": "abs. "}
LARGEST_NAME, LARGEST_WORDS = 0.26, 0.36
"""Of the width of the sheet, for names left of the bars and for words on the right."""


def draw_curves(
    curves: Sequence[DrawnCurve],
    *,
    words: CurveWords | None = None,
    level: float = 0.95,
    width_mm: float = MIDDLE_MM,
    name: str = "curves",
    title: str = "Dose and response",
) -> PrintedFigure:
    """Draw several curves in one panel, such as the arms SM and SM+TNF.

    Bands, points and absolute EC50s are left out where there are too many curves to tell them apart; the legend says so
    and the CSV has them.

    Raises
    ------
    InputError
        If there is no curve, the width is none of a journal's, or there are experiments for some points only.
    """
    require_journal_width(width_mm)
    if not curves:
        raise InputError(Problem(file="curves", what="there is none to draw", expected="one or more"))
    measured = [measure_curve(curve, level=level) for curve in curves]
    with style():
        return _figure(measured, words or CurveWords(), level, width_mm, name, title)


def _figure(
    measured: Sequence[MeasuredCurve], words: CurveWords, level: float, width_mm: float, name: str, title: str
) -> PrintedFigure:
    many = len(measured)
    axis = dose_axis(np.concatenate([one.curve.fit.points.doses_molar for one in measured]))
    looks = [look_of(i) for i in range(many)]
    kinds = KINDS if many <= MOST_WITH_BOTH else KINDS[:1]
    rows = [
        BarRow(
            label=one.curve.label if which == "relative" else "",
            estimate=one.ec50s[which],
            look=look,
            filled=which == "relative",
            kind=SHORT_KINDS[which] if len(kinds) > 1 else "",
        )
        for one, look in zip(measured, looks, strict=True)
        for which in kinds
    ]
    widest = max(words_mm(row.label) for row in rows)
    left = max(LEFT_MM, min(widest + BEFORE_BARS_MM, LARGEST_NAME * width_mm))
    rows = [replace(row, label=shorten(row.label, left - BEFORE_BARS_MM, middle=True)) for row in rows]
    names = max(LEADER_MM + words_mm(one.curve.label) for one in measured)
    column = min(max(names, *(words_mm(row.words) for row in rows)) + 0.5, LARGEST_WORDS * width_mm)
    wide = width_mm - left - GAP_MM - column - EDGE_MM
    main, strip = max(MAIN_MM, LINE_MM * many), BAR_MM * len(rows)
    top = TOP_MM + main + 2.0 + TICKS_MM
    figure = sheet(width_mm, top + strip + TICKS_MM + LABEL_MM)
    write_title(figure, title)
    upper = panel(figure, left_mm=left, top_mm=TOP_MM, width_mm=wide, height_mm=main)
    bars = panel(figure, left_mm=left, top_mm=top, width_mm=wide, height_mm=strip)
    _draw_main(upper, measured, looks, axis, words, wide)
    _name_curves(figure, upper, measured, looks, words, axis, wide=wide, main=main, left=left, room=column)
    draw_bars(bars, rows, axis, width_mm=wide, words_mm=column)
    dress_dose_axis(bars, axis, width_mm=wide)
    bars.set_xlabel(words.dose, labelpad=1.5)
    return print_figure(
        figure,
        name=name,
        title=title,
        alt=curves_alt(measured, words),
        caption=curves_caption(
            measured, level, bands=many <= MOST_WITH_BANDS, points=many <= MOST_WITH_POINTS, both=len(kinds) > 1
        ),
        points=pd.concat([curve_rows(one) for one in measured], ignore_index=True),
    )


def _draw_main(
    axes: Axes, measured: Sequence[MeasuredCurve], looks: Sequence[Look], axis: DoseAxis, words: CurveWords, wide: float
) -> None:
    limit_responses(axes, measured, words.scale)
    dress_dose_axis(axes, axis, width_mm=wide, labelled=False)
    for one, look in zip(measured, looks, strict=True):
        draw_line(axes, one, axis, look, words.scale, band=len(measured) <= MOST_WITH_BANDS)
        if len(measured) <= MOST_WITH_POINTS:
            # Shape and colour are the curve's here; its experiments are in the CSV
            same = [look] * len(one.curve.experiment_names)
            draw_points(axes, one.curve, axis, words.scale * one.curve.fit.points.responses, same)
    axes.set_ylabel(words.response_label, labelpad=1.5)


def _name_curves(
    figure: Figure,
    axes: Axes,
    measured: Sequence[MeasuredCurve],
    looks: Sequence[Look],
    words: CurveWords,
    axis: DoseAxis,
    *,
    wide: float,
    main: float,
    left: float,
    room: float,
) -> None:
    """Write each curve's name at its end, with its marker, moved apart where curves end together."""
    low, high = axes.get_ylim()
    ends = [words.scale * float(one.band.fitted[-1]) for one in measured]
    from_top = np.array([main * (1 - (min(max(end, low), high) - low) / (high - low)) for end in ends])
    places = spread(from_top, LINE_MM, LINE_MM / 2, main - LINE_MM / 2)
    key = panel(figure, left_mm=left + wide, top_mm=TOP_MM, width_mm=GAP_MM + room, height_mm=main)
    key.set_axis_off()
    key.set_xlim(0, GAP_MM + room)
    key.set_ylim(main, 0)
    key.patch.set_visible(False)
    from_end = -wide * (axis.right - axis.last) / (axis.right - axis.left) + 0.4
    for one, look, start, y in zip(measured, looks, from_top, places, strict=True):
        colour = look.colour if one.used else MUTED
        key.plot(
            [from_end, -0.5, GAP_MM, GAP_MM + 1.0], [start, start, y, y], color=colour, lw=0.5, clip_on=False,
            solid_joinstyle="round",
        )  # fmt: skip
        key.plot([GAP_MM + MARK_MM - 0.5], [y], marker=look.marker, color=look.colour, ms=3.4, mec=DARK, mew=0.4)
        text = one.curve.label if one.used else f"{one.curve.label} (no fit)"
        text = shorten(text, room - LEADER_MM + 1.0, middle=True)
        key.text(GAP_MM + LEADER_MM - 1.0, y, text, size=SMALL_PT, va="center", color=INK)
