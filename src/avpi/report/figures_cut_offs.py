"""An assay's cut-offs: the ROC curve of the marker beside the power of an enriched trial at each cut-off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avpi.clinic.design.enrichment import CutOffs
from avpi.report.drawing import DOUBLE_MM, SMALL_PT, panel, sheet, style
from avpi.report.figure_files import PrintedFigure, print_figure
from avpi.report.palette import BLUE, BLUISH_GREEN, MUTED, VERMILLION

Floats = NDArray[np.float64]
TALL_MM = 44.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RocPower:
    """What is drawn: (n,) each, in ascending order of the cut-off.

    Attributes
    ----------
    axis : the cut-off in words, with its unit. ``power`` : of the enriched trial. ``error`` : of a simulated one.
    all_comers : power of a trial of everybody; nan for none.
    """

    cut_off: Floats
    sensitivity: Floats
    specificity: Floats
    called_positive: Floats
    power: Floats
    area: float
    axis: str
    error: Floats | None = None
    all_comers: float = np.nan
    caption: str = ""


def draw_cut_offs(cuts: CutOffs, *, all_comers: float = np.nan) -> PrintedFigure:
    """Draw the cut-offs of a normal marker."""
    return draw_roc_power(
        RocPower(
            cut_off=cuts.cut_off, sensitivity=cuts.sensitivity, specificity=cuts.specificity,
            called_positive=cuts.called_positive, power=cuts.power, area=cuts.area, all_comers=all_comers,
            axis="cut-off, SD above the mean of the negative",
            caption="Power by Schoenfeld's formula for a fixed number of patients screened: a low cut-off dilutes, "
            "a high one leaves few patients.",
        )
    )  # fmt: skip


def draw_roc_power(own: RocPower, *, name: str = "cut-offs", title: str = "Cut-offs of the assay") -> PrintedFigure:
    """Draw the ROC curve at the left and the power over the cut-off at the right; the dot is the best cut-off."""
    best = int(np.argmax(own.power))
    with style():
        figure = sheet(DOUBLE_MM, TALL_MM + 18)
        left = panel(figure, left_mm=13, top_mm=6, width_mm=TALL_MM, height_mm=TALL_MM)
        left.plot([0, 1], [0, 1], color=MUTED, lw=0.5, ls=(0, (2, 2)))
        left.plot(1 - own.specificity, own.sensitivity, color=BLUE)
        left.plot([1 - own.specificity[best]], [own.sensitivity[best]], "o", color=VERMILLION, ms=3.5)
        left.set_xlim(-0.01, 1.01)
        left.set_ylim(-0.01, 1.01)
        left.set_xlabel("1 − specificity")
        left.set_ylabel("sensitivity")
        left.text(0.97, 0.05, f"area {own.area:.2f}", size=SMALL_PT, ha="right")
        right = panel(figure, left_mm=80, top_mm=6, width_mm=66, height_mm=TALL_MM)
        right.plot(own.cut_off, own.power, color=BLUE, marker="o" if own.cut_off.size < 30 else "", ms=2)
        if own.error is not None:
            band = 1.96 * own.error
            right.fill_between(own.cut_off, own.power - band, own.power + band, color=BLUE, alpha=0.15, lw=0)
        right.plot([own.cut_off[best]], [own.power[best]], "o", color=VERMILLION, ms=3.5)
        right.plot(own.cut_off, own.called_positive, color=BLUISH_GREEN, ls="--", lw=0.7)
        if np.isfinite(own.all_comers):
            right.axhline(own.all_comers, color=MUTED, lw=0.6, ls=":")
        right.set_ylim(-0.02, 1.02)
        right.set_xlabel(own.axis)
        right.set_ylabel("share")
        for label, colour, y in _labels(own):
            right.text(1.03, y, label, size=SMALL_PT, color=colour, va="center", transform=right.get_yaxis_transform())
        return print_figure(
            figure,
            name=name,
            title=title,
            alt=f"Area below the ROC curve {own.area:.2f}; power is largest, {own.power[best]:.2f}, at a cut-off of "
            f"{own.cut_off[best]:.2f} with sensitivity {own.sensitivity[best]:.2f} and specificity "
            f"{own.specificity[best]:.2f}.",
            caption=f"{own.caption} Dot: the cut-off with most power.".strip(),
            points=_points(own),
        )


def _labels(own: RocPower) -> list[tuple[str, str, float]]:
    wanted = [
        ("power, enriched", BLUE, float(own.power[-1])),
        ("called positive", BLUISH_GREEN, float(own.called_positive[-1])),
    ]
    if np.isfinite(own.all_comers):
        wanted.append(("power, all comers", MUTED, own.all_comers))
    placed, last = [], -1.0
    for label, colour, y in sorted(wanted, key=lambda row: row[2]):
        last = max(y, last + 0.06)
        placed.append((label, colour, last))
    return placed


def _points(own: RocPower) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cut_off": own.cut_off, "sensitivity": own.sensitivity, "specificity": own.specificity,
            "called_positive": own.called_positive, "power": own.power,
            "standard_error": own.error if own.error is not None else np.nan,
        }
    )  # fmt: skip
