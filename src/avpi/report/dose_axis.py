"""The dose axis of figures: logarithmic, with the control at its left behind a break, in units that people write."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.quantity import format_molar
from avpi.report.drawing import MM_PER_INCH
from avpi.report.palette import MUTED
from avpi.report.text_room import words_mm

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

CLOSEST_LINES_MM: Final = 4.0
"""Labels of an upright axis, which stand below each other, are at least so far apart."""
BETWEEN_MM: Final = 2.2
"""Room between labels beside each other."""
LEAST_SPAN: Final = 0.3
"""Decades that an axis spans at the least, so that one dose has an axis too."""
CONTROL_GAP, SIDE, BREAK_FROM, BREAK_TO = 0.16, 0.06, 0.4, 0.6
"""Control left of the first dose, room at the sides (of the span), and the break (of the way to the control)."""
MOST_DECADES_WITH_MINOR: Final = 8
SLASH_MM: Final = 1.1
STEPS: Final = (
    (1.0, 2.0, 5.0),
    tuple(float(k) for k in range(1, 10)),
    tuple(k / 10 for k in range(10, 100, 5)),
    tuple(k / 10 for k in range(10, 100)),
    tuple(k / 100 for k in range(100, 1000)),
)
"""Marks of an axis of less than two decades, from coarse to fine; the first that give enough are taken."""
FEWEST_MARKS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseAxis:
    """Where doses stand on an axis, in decades.

    Attributes
    ----------
    first, last : log10 of the lowest and highest dose above 0.
    control_at : place of dose 0; nan where there is none.
    left, right : ends of the axis.
    write : dose -> words with unit.
    """

    first: float
    last: float
    control_at: float
    left: float
    right: float
    write: Callable[[float], str]

    @property
    def open_left(self) -> float:
        """Where doses end on the left: right of the break, if there is one."""
        if math.isnan(self.control_at):
            return self.left
        return self.control_at + BREAK_TO * (self.first - self.control_at)

    def place(self, doses: ArrayLike) -> Floats:
        """Return the places (n,) of doses (n,)."""
        given = np.asarray(doses, float)
        return np.where(given > 0, np.log10(np.where(given > 0, given, 1.0)), self.control_at)

    def marks(self, length_mm: float, *, turned: bool = False) -> tuple[list[float], list[str]]:
        """Return places and words of the ticks of an axis of a length; ``turned`` for one that stands upright."""
        decade_mm = length_mm / (self.right - self.left)
        decades = [float(n) for n in range(math.ceil(self.first - 1e-9), math.floor(self.right + 1e-9) + 1)]
        if len(decades) >= 2:
            words = [self.write(float(f"1e{n:.0f}")) for n in decades]
            step = max(1, math.ceil(_closest(words, turned=turned) / decade_mm))
            # Counted from the last decade, for that is where most effects are
            kept = [i for i in range(len(decades)) if (len(decades) - 1 - i) % step == 0]
            return [decades[i] for i in kept], [words[i] for i in kept]
        places: list[float] = []
        words = []
        for steps in STEPS:
            doses = [k * 10.0**n for n in range(math.floor(self.first), math.ceil(self.right) + 1) for k in steps]
            inside = [dose for dose in doses if self.first - 1e-9 <= math.log10(dose) <= self.right]
            closest = _closest([self.write(_three_digits(dose)) for dose in inside], turned=turned)
            shown = _apart(inside, closest / decade_mm)
            places, words = [math.log10(dose) for dose in shown], [self.write(_three_digits(dose)) for dose in shown]
            if len(shown) >= FEWEST_MARKS:
                break
        return places, words


def _closest(words: Sequence[str], *, turned: bool) -> float:
    """Return how far apart labels must stand, in mm."""
    return CLOSEST_LINES_MM if turned else max((words_mm(text) for text in words), default=0.0) + BETWEEN_MM


def _three_digits(dose: float) -> float:
    return float(f"{dose:.3g}")


def _apart(doses: Sequence[float], closest: float) -> list[float]:
    """Return the doses that can be written beside each other, the highest first to be kept."""
    kept: list[float] = []
    for dose in reversed(doses):
        if not kept or math.log10(kept[0] / dose) >= closest:
            kept.insert(0, dose)
    return kept


def dose_axis(
    doses: ArrayLike, write: Callable[[float], str] = format_molar, *, control: bool | None = None
) -> DoseAxis:
    """Return the axis that holds doses (n,).

    Parameters
    ----------
    control : whether there is a place for dose 0; by default if there is such a dose.
    """
    all_doses = np.asarray(doses, float)
    given = np.log10(all_doses[all_doses > 0])
    first, last = (float(given.min()), float(given.max())) if given.size else (0.0, 0.0)
    span = max(last - first, LEAST_SPAN)
    with_control = bool(np.any(all_doses == 0)) if control is None else control
    control_at = first - CONTROL_GAP * span if with_control else math.nan
    return DoseAxis(
        first=first,
        last=last,
        control_at=control_at,
        left=(control_at if with_control else first) - SIDE * span,
        right=last + SIDE * span,
        write=write,
    )


def dress_dose_axis(axes: Axes, axis: DoseAxis, *, width_mm: float, labelled: bool = True) -> None:
    """Give axes of a width their limits, ticks and the break before the control."""
    marks, words = axis.marks(width_mm)
    if math.isfinite(axis.control_at):
        marks, words = [axis.control_at, *marks], ["0", *words]
    axes.set_xlim(axis.left, axis.right)
    axes.set_xticks(marks, words if labelled else [""] * len(marks))
    if axis.last - axis.first <= MOST_DECADES_WITH_MINOR:
        minor = [
            n + math.log10(k) for n in range(math.floor(axis.first), math.ceil(axis.last) + 1) for k in range(2, 10)
        ]
        axes.set_xticks([x for x in minor if axis.first - 1e-9 <= x <= axis.right], minor=True)
        axes.tick_params(axis="x", which="minor", length=1.0, width=0.35)
    _draw_line(axes, axis, width_mm)


def _draw_line(axes: Axes, axis: DoseAxis, width_mm: float) -> None:
    """Draw the axis line by hand where it is broken: two slashes with nothing between."""
    if not math.isfinite(axis.control_at):
        return
    axes.spines["bottom"].set_visible(False)
    gap = axis.first - axis.control_at
    first, second = axis.control_at + BREAK_FROM * gap, axis.control_at + BREAK_TO * gap
    across = axes.get_xaxis_transform()
    for start, end in ((axis.left, first), (second, axis.right)):
        axes.plot([start, end], [0, 0], transform=across, color=MUTED, lw=0.5, clip_on=False, solid_capstyle="butt")
    from matplotlib.figure import Figure

    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    height_mm = axes.get_position().height * float(figure.get_size_inches()[1]) * MM_PER_INCH
    dx = 0.35 * SLASH_MM * (axis.right - axis.left) / width_mm
    dy = 0.7 * SLASH_MM / height_mm
    for at in (first, second):
        axes.plot([at - dx, at + dx], [-dy, dy], transform=across, color=MUTED, lw=0.5, clip_on=False)
