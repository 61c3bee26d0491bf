"""Kaplan-Meier curves of two arms, with their intervals, censoring marks and the numbers at risk below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avpi.clinic.expected_curves import ExpectedTrial
from avpi.clinic.kaplan_meier import KaplanMeier, numbers_at_risk
from avpi.report.drawing import MIDDLE_MM, SMALL_PT, panel, sheet, style
from avpi.report.figure_files import PrintedFigure, print_figure
from avpi.report.palette import BLUE, INK, MUTED, VERMILLION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
LOOKS: Final = ((BLUE, "-", "control"), (VERMILLION, "--", "experimental"))
"""Colour and line of each arm: told apart without the colour."""
LEFT_MM, RIGHT_MM, TALL_MM, HEAD_MM, ROW_MM = 24.0, 24.0, 48.0, 6.0, 4.0
STEPS_MM: Final = (1, 2, 3, 6, 12, 24, 60, 120)
"""Months between marks of the axis: the smallest that leaves at most MOST_MARKS."""
MOST_MARKS: Final = 9
NAMES_APART: Final = 0.06
"""Least distance of the arms' names, as a share of the axis."""


def draw_kaplan_meier(
    curves: Sequence[KaplanMeier], months: Sequence[Floats], *, names: tuple[str, str], name: str, title: str,
    expected: ExpectedTrial | None = None, caption: str = "", endpoint: str = "without an event",
) -> PrintedFigure:  # fmt: skip
    """Draw two curves.

    Parameters
    ----------
    curves : of the control and the experimental arm. ``months`` : times of all patients of each, for the numbers at
        risk.
    expected : what would be seen without chance; drawn as thin dotted lines.
    """
    end = max(float(curve.followed) for curve in curves)
    marks = _marks(end)
    with style():
        width = MIDDLE_MM - LEFT_MM - RIGHT_MM
        figure = sheet(MIDDLE_MM, HEAD_MM + TALL_MM + 11 + 2 * ROW_MM + 5)
        axes = panel(figure, left_mm=LEFT_MM, top_mm=HEAD_MM, width_mm=width, height_mm=TALL_MM)
        for curve, (colour, line, _) in zip(curves, LOOKS, strict=True):
            _draw_curve(axes, curve, colour, line)
        _name_curves(axes, curves, names, end)
        if expected is not None:
            for values, (colour, _, _) in zip((expected.control, expected.experimental), LOOKS, strict=True):
                axes.plot(expected.months, values, color=colour, lw=0.6, ls=":")
        axes.set_xlim(0, end)
        axes.set_ylim(0, 1.02)
        axes.set_xticks(marks)
        axes.set_xlabel("months")
        axes.set_ylabel(f"share {endpoint}")
        table = panel(figure, left_mm=LEFT_MM, top_mm=HEAD_MM + TALL_MM + 11, width_mm=width, height_mm=2 * ROW_MM + 4)
        _numbers(table, months, names, marks, end)
        return print_figure(
            figure,
            name=name,
            title=title,
            alt="; ".join(_words(curve, label) for curve, label in zip(curves, names, strict=True)),
            caption=caption or _caption(expected),
            points=_points(curves, names),
        )


def _draw_curve(axes: Axes, curve: KaplanMeier, colour: str, line: str) -> None:
    steps = np.append(curve.months, curve.followed)
    axes.step(steps, np.append(curve.survival, curve.survival[-1]), where="post", color=colour, ls=line)
    there = np.isfinite(curve.low)
    if there.any():
        low, high = np.where(there, curve.low, curve.survival), np.where(there, curve.high, curve.survival)
        axes.fill_between(steps, np.append(low, low[-1]), np.append(high, high[-1]), step="post", color=colour,
                          alpha=0.12, lw=0)  # fmt: skip
    if curve.censored.size:
        axes.plot(curve.censored, curve.at(curve.censored), ls="", marker="|", ms=2.2, mew=0.4, color=colour)


def _name_curves(axes: Axes, curves: Sequence[KaplanMeier], names: tuple[str, str], end: float) -> None:
    """Write each arm's name at the height of its curve's end, apart where ends are close."""
    ends = [float(curve.survival[-1]) for curve in curves]
    middle, apart = sum(ends) / 2, max(abs(ends[0] - ends[1]), NAMES_APART)
    above = 0 if ends[0] > ends[1] else 1
    for arm, label in enumerate(names):
        y = middle + (apart / 2 if arm == above else -apart / 2)
        axes.text(end * 1.02, y, label, size=SMALL_PT, color=LOOKS[arm][0], va="center", clip_on=False)


def _numbers(axes: Axes, months: Sequence[Floats], names: tuple[str, str], marks: Floats, end: float) -> None:
    axes.set_xlim(0, end)
    axes.set_ylim(-0.5, 2.2)
    axes.axis("off")
    axes.text(-0.05 * end, 2.0, "at risk", size=SMALL_PT, color=MUTED, ha="right", va="center", clip_on=False)
    for row, (times, (colour, _, _), label) in enumerate(zip(months, LOOKS, names, strict=True)):
        y = 1 - row
        axes.text(-0.05 * end, y, label, size=SMALL_PT, color=colour, ha="right", va="center", clip_on=False)
        for mark, count in zip(marks, numbers_at_risk(times, marks), strict=True):
            axes.text(mark, y, f"{count}", size=SMALL_PT, color=INK, ha="center", va="center", clip_on=False)


def _marks(end: float) -> Floats:
    step = next((own for own in STEPS_MM if end / own <= MOST_MARKS - 1), end / (MOST_MARKS - 1))
    return np.arange(0, end + 1e-9, step)


def _words(curve: KaplanMeier, label: str) -> str:
    median = curve.median[0]
    told = f"median {median:.1f} months" if np.isfinite(median) else "median not reached"
    return f"{label}: {told}, {curve.survival[-1]:.0%} without an event at {curve.followed:.0f} months"


def _caption(expected: ExpectedTrial | None) -> str:
    told = "Kaplan-Meier curves with 95 % intervals (log-log); ticks: end of follow-up. Below: patients still at risk."
    return told + (" Dotted: what is expected without chance." if expected is not None else "")


def _points(curves: Sequence[KaplanMeier], names: tuple[str, str]) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "arm": label, "months": curve.months, "survival": curve.survival, "low": curve.low,
                    "high": curve.high, "at_risk": curve.at_risk, "events": curve.events,
                }
            )
            for curve, label in zip(curves, names, strict=True)
        ],
        ignore_index=True,
    )  # fmt: skip
