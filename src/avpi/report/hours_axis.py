"""The time axis of simulated figures: linear up to the first hour, where the IAPs go, and logarithmic beyond."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINEAR_HOURS: Final = 1.0
MARKS: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 24.0, 48.0, 72.0, 96.0, 168.0)
CLOSEST: Final = 2.0
"""Marks of the logarithmic part are at least by this factor apart, so that their numbers do not touch."""
EVEN_STEPS: Final = (1, 2, 4, 6, 12, 24, 48)
MOST_EVEN_MARKS: Final = 7


def bend_hours(axes: Axes, end_hours: float, marks: Sequence[float] = MARKS) -> None:
    """Give axes hours that are stretched at the beginning."""
    axes.set_xscale("symlog", linthresh=LINEAR_HOURS, linscale=0.8)
    axes.minorticks_off()
    shown: list[float] = []
    for mark in sorted((mark for mark in marks if mark <= end_hours), reverse=True):
        if mark <= LINEAR_HOURS or not shown or shown[-1] >= CLOSEST * mark:
            shown.append(mark)
    axes.set_xticks(shown, [f"{mark:g}" for mark in shown])
    axes.set_xlim(0, end_hours * 1.02)
    axes.set_xlabel("hours after the dose", labelpad=1.5)


def even_hours(axes: Axes, end_hours: float) -> None:
    """Give axes hours that are all as long."""
    step = next((s for s in EVEN_STEPS if end_hours / s <= MOST_EVEN_MARKS), EVEN_STEPS[-1])
    marks = [float(mark) for mark in range(0, int(end_hours) + 1, step)]
    axes.set_xticks(marks, [f"{mark:g}" for mark in marks])
    axes.set_xlim(0, end_hours)
    axes.set_xlabel("hours after the dose", labelpad=1.5)
