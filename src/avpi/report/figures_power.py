"""Power and assurance over the size of a trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avpi.report.drawing import MIDDLE_MM, SMALL_PT, panel, sheet, style
from avpi.report.figure_files import PrintedFigure, print_figure
from avpi.report.palette import MUTED, SERIES

Floats = NDArray[np.float64]
TALL_MM, LEFT_MM, RIGHT_MM = 46.0, 13.0, 40.0
USUAL_POWER = (0.8, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PowerCurve:
    """One curve: (n,) sizes, (n,) shares, and their Monte Carlo standard errors where they were simulated."""

    sizes: Floats
    shares: Floats
    errors: Floats | None = None


def draw_power(
    curves: Mapping[str, PowerCurve], *, name: str, title: str, axis: str, caption: str, ylabel: str = "power"
) -> PrintedFigure:
    """Draw curves of power or assurance, each with its own colour and marker and its name at its end."""
    with style():
        figure = sheet(MIDDLE_MM, TALL_MM + 18)
        axes = panel(figure, left_mm=LEFT_MM, top_mm=5, width_mm=MIDDLE_MM - LEFT_MM - RIGHT_MM, height_mm=TALL_MM)
        for mark in USUAL_POWER:
            axes.axhline(mark, color=MUTED, lw=0.4, ls=(0, (2, 2)), zorder=0)
        for (_, curve), (colour, marker) in zip(curves.items(), _looks(len(curves)), strict=True):
            every = max(len(curve.sizes) // 8, 1)
            axes.plot(curve.sizes, curve.shares, color=colour, marker=marker, markevery=every, ms=2.8)
            if curve.errors is not None:
                band = 1.96 * curve.errors
                axes.fill_between(curve.sizes, curve.shares - band, curve.shares + band, color=colour, alpha=0.15, lw=0)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel(axis)
        axes.set_ylabel(ylabel)
        _label_ends(axes, curves)
        return print_figure(
            figure,
            name=name,
            title=title,
            alt="; ".join(f"{label}: {curve.shares[-1]:.2f} at {curve.sizes[-1]:g}" for label, curve in curves.items()),
            caption=caption,
            points=_points(curves),
        )


def _looks(number: int) -> Sequence[tuple[str, str]]:
    return [SERIES[i % len(SERIES)] for i in range(number)]


def _label_ends(axes: object, curves: Mapping[str, PowerCurve]) -> None:
    """Write each curve's name at its end, moved apart where ends are close."""
    ends = sorted((float(curve.shares[-1]), i, label) for i, (label, curve) in enumerate(curves.items()))
    place = -1.0
    for value, i, label in ends:
        place = max(value, place + 0.055)
        end = max(float(curve.sizes[-1]) for curve in curves.values())
        axes.annotate(  # type: ignore[attr-defined]
            label, (end, min(place, 1.02)), xytext=(4, 0), textcoords="offset points", size=SMALL_PT, va="center",
            color=_looks(len(curves))[i][0], annotation_clip=False,
        )  # fmt: skip


def _points(curves: Mapping[str, PowerCurve]) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "curve": label, "size": curve.sizes, "share": curve.shares,
                    "standard_error": curve.errors if curve.errors is not None else np.nan,
                }
            )
            for label, curve in curves.items()
        ],
        ignore_index=True,
    )  # fmt: skip
