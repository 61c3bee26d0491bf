"""The figure of one curve of dose and response: points, band, EC50s, residuals, profile likelihood."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from avpi.dose.likelihood_profile import Profile, profile_of_ec50
from avpi.report.curve_captions import CurveWords, curve_caption, curves_alt, profile_rows, require_journal_width
from avpi.report.curve_key import KEY_LINE_MM, KEY_MM, BarRow, draw_bars, draw_key, half_of_control, key_of
from avpi.report.curve_panels import (
    Look,
    draw_line,
    draw_points,
    draw_profile,
    draw_residuals,
    limit_responses,
    look_of,
)  # fmt: skip
from avpi.report.dose_axis import DoseAxis, dose_axis, dress_dose_axis
from avpi.report.drawing import DOUBLE_MM, MM_PER_INCH, SMALL_PT, TEXT_PT, TITLE_PT, panel, sheet, style
from avpi.report.drawn_curve import KINDS, DrawnCurve, MeasuredCurve, curve_rows, dose_words, measure_curve
from avpi.report.figure_files import PrintedFigure, print_figure
from avpi.report.palette import DARK, INK, MUTED, REDDISH_PURPLE
from avpi.report.text_room import shorten, words_mm
from avpi.report.words import slug

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEFT_MM, TOP_MM, EDGE_MM, GAP_MM, TICKS_MM, LABEL_MM = 12.0, 6.5, 2.0, 3.0, 3.5, 4.0
"""Of a sheet: margins, room between panels, of tick labels and of an axis label."""
MAIN_MM, RESIDUALS_MM, PROFILE_MM, ROW_MM = 42.0, 15.0, 30.0, 3.4
"""Heights of the panels, and of a bar."""
LARGEST_KEY: Final = 0.42
"""Of the width of a sheet that a column of words may take."""
PROFILE_FROM: Final = 0.64
"""Where the profile begins that stands beside a curve, of the width of the sheet."""
PROFILE_LEFT_MM, LEVEL_MM = 12.0, 8.0
"""Left of the profile that stands beside a curve, and right of it for the words of its threshold."""
BOLD_WIDER: Final = 1.12
"""Bold words against plain ones of the same size."""
LETTER_MM: Final = 1.15
"""Mean width of a letter of 5 pt, on the safe side."""
ABSOLUTE: Final = Look(colour=REDDISH_PURPLE, marker="D", line=(0, (4, 1.5)))
RELATIVE: Final = Look(colour=DARK, marker="o")


def draw_curve(
    curve: DrawnCurve,
    *,
    words: CurveWords | None = None,
    level: float = 0.95,
    width_mm: float = DOUBLE_MM,
    name: str = "",
) -> PrintedFigure:
    """Draw one curve: points by experiment, fit with band, EC50s, residuals and profile likelihood.

    Parameters
    ----------
    level : coverage of the band, the intervals and the threshold.
    width_mm : 89, 120 or 183; the profile stands below the curve in the narrow ones.
    name : of the files; made of the label where none is given.

    Raises
    ------
    InputError
        If the width is another, or there are experiments for some points only.
    """
    require_journal_width(width_mm)
    measured = measure_curve(curve, level=level)
    profiles = _profiles(measured, level)
    with style():
        return _curve_figure(measured, profiles, words or CurveWords(), level, width_mm, name or slug(curve.label))


def _profiles(measured: MeasuredCurve, level: float) -> list[Profile]:
    """Return the profiles that a figure shows: of the absolute EC50 only where it has a closed form, for its time."""
    if not measured.used:
        return []
    fit = measured.curve.fit
    kinds = KINDS if fit.shape.dose_of_share is not None else KINDS[:1]
    found = [profile_of_ec50(fit, which, level=level) for which in kinds]
    return [profile for profile in found if not profile.why_none]


def _curve_figure(
    measured: MeasuredCurve, profiles: Sequence[Profile], words: CurveWords, level: float, width_mm: float, name: str
) -> PrintedFigure:
    curve = measured.curve
    axis = dose_axis(curve.fit.points.doses_molar)
    looks = [look_of(i) for i in range(len(curve.experiment_names))]
    key = key_of(measured, looks, level)
    rows = [
        BarRow(label=which, estimate=measured.ec50s[which], look=look)
        for which, look in zip(KINDS, (RELATIVE, ABSOLUTE), strict=True)
    ]
    beside = width_mm == DOUBLE_MM
    whole = PROFILE_FROM * width_mm if beside else width_mm
    widest = max(*(KEY_MM + words_mm(text) for _, text in key), *(words_mm(dose_words(row.estimate)) for row in rows))
    column = min(widest + 0.5, LARGEST_KEY * whole)
    wide = whole - LEFT_MM - GAP_MM - column - EDGE_MM
    main, strip = max(MAIN_MM, KEY_LINE_MM * len(key)), ROW_MM * len(KINDS)
    tops = [TOP_MM, TOP_MM + main + GAP_MM, TOP_MM + main + strip + 2 * GAP_MM]
    foot = TICKS_MM + LABEL_MM
    under = tops[2] + RESIDUALS_MM + foot
    figure = sheet(width_mm, under + (0 if beside else 2 * GAP_MM + PROFILE_MM + foot))
    write_title(figure, curve.label)
    upper, bars, lower = (
        panel(figure, left_mm=LEFT_MM, top_mm=top, width_mm=wide, height_mm=tall)
        for top, tall in zip(tops, (main, strip, RESIDUALS_MM), strict=True)
    )
    _draw_main(upper, measured, axis, looks, words, wide)
    draw_key(figure, key, left_mm=LEFT_MM + wide + GAP_MM, top_mm=TOP_MM, room_mm=column - KEY_MM)
    draw_bars(bars, rows, axis, width_mm=wide, words_mm=column)
    dress_dose_axis(lower, axis, width_mm=wide)
    draw_residuals(lower, curve, axis, looks)
    lower.set_xlabel(words.dose, labelpad=1.5)
    left = whole + PROFILE_LEFT_MM if beside else LEFT_MM
    place = {
        "left_mm": left,
        "top_mm": TOP_MM if beside else under + 2 * GAP_MM,
        "width_mm": width_mm - left - LEVEL_MM if beside else wide,
        "height_mm": main if beside else PROFILE_MM,
    }
    _draw_profiles(panel(figure, **place), place["width_mm"], measured, profiles, words)
    return print_figure(
        figure,
        name=name,
        title=f"{curve.label}: dose and response",
        alt=curves_alt([measured], words),
        caption=curve_caption(measured, profiles, level),
        points=pd.concat([curve_rows(measured), profile_rows(curve, profiles)], ignore_index=True),
    )


def write_title(figure: Figure, text: str) -> None:
    """Write the heading of a sheet, shortened to its width."""
    width, height = (float(inches) * MM_PER_INCH for inches in figure.get_size_inches())
    figure.text(
        EDGE_MM / width, 1 - 1.3 / height, shorten(text, (width - 2 * EDGE_MM) / BOLD_WIDER, TITLE_PT),
        size=TITLE_PT, weight="bold", va="top", color=INK,
    )  # fmt: skip


def _draw_profiles(
    axes: Axes, width_mm: float, measured: MeasuredCurve, profiles: Sequence[Profile], words: CurveWords
) -> None:
    """Draw the profiles, or the words that say why there are none."""
    if not profiles:
        axes.set_axis_off()
        why = measured.why_unused or measured.ec50s["relative"].method.rpartition(": ")[2] or "the shape has no EC50"
        lines = textwrap.wrap(f"No EC50: {why}", max(12, int(width_mm / LETTER_MM)))
        axes.text(0, 1, "\n".join(lines), transform=axes.transAxes, size=SMALL_PT, va="top", color=MUTED)
        return
    looks = {"relative": RELATIVE, "absolute": ABSOLUTE}
    places = np.concatenate([profile.log10_ec50 for profile in profiles])
    axis = dose_axis(10.0**places)
    dress_dose_axis(axes, axis, width_mm=width_mm)
    draw_profile(axes, profiles, [looks[profile.which] for profile in profiles], axis)
    axes.annotate(
        f"{100 * profiles[0].level:g} %", (1.0, profiles[0].threshold), xycoords=("axes fraction", "data"),
        xytext=(5, 0), textcoords="offset points", size=SMALL_PT, va="center", color=INK, annotation_clip=False,
    )  # fmt: skip
    axes.set_title("profile likelihood", pad=3, size=TEXT_PT, weight="normal")
    axes.set_xlabel(f"EC50 of {words.dose}" if words.dose != "dose" else "EC50", labelpad=1.5)


def _draw_main(
    axes: Axes, measured: MeasuredCurve, axis: DoseAxis, looks: Sequence[Look], words: CurveWords, wide: float
) -> None:
    fit, scale = measured.curve.fit, words.scale
    limit_responses(axes, [measured], scale)
    dress_dose_axis(axes, axis, width_mm=wide, labelled=False)
    if measured.used and (half := half_of_control(measured)) is not None:
        axes.axhline(scale * half, color=MUTED, lw=0.4, ls=(0, (4, 2)), zorder=0)
    draw_line(axes, measured, axis, Look(colour=INK, marker=""), scale, band=True)
    draw_points(axes, measured.curve, axis, scale * fit.points.responses, looks)
    bottom = axes.get_ylim()[0]
    for which, look in zip(KINDS, (RELATIVE, ABSOLUTE), strict=True):
        found = measured.ec50s[which]
        if found.state == "measured":
            x, y = math.log10(found.value), scale * float(fit.response([found.value])[0])
            axes.plot([x, x], [bottom, y], color=look.colour, lw=0.6, ls=(0, (1, 1.2)), zorder=2)
    axes.set_ylabel(words.response_label, labelpad=1.5)
