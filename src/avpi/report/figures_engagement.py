"""Figures of a simulated Protocol A: bands over time for each dose, and a schematic strip of lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avpi.population.condition_words import hours_words
from avpi.population.engagement import BLOTTED, GONE, RULE_HOURS, Blot
from avpi.quantity import format_molar
from avpi.report.drawing import DOUBLE_MM, SMALL_PT, Drawing, finish, panel, sheet, style
from avpi.report.hours_axis import bend_hours
from avpi.report.palette import DARK, FAINT, INK, MUTED, SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

CELL_MM, TALL_MM, LEFT_MM, GUTTER_MM = 33.5, 30.0, 10.5, 11.5
LANE_MM, BAND_MM, NAME_MM, BETWEEN_MM = 6.4, 5.4, 15.0, 3.0
WIDEST_MM: Final = DOUBLE_MM - NAME_MM - 2
NARROWEST_MM: Final = 78.0
"""Room for the line at the foot, which says that no blot was photographed."""
PIXELS_A_MM: Final = 6
DARKEST: Final = 0.88
"""Ink of a full band; film never gets quite black."""
LOADING: Final = "GAPDH"
FILM: Final = 0.96


def draw_engagement(blot: Blot) -> list[Drawing]:
    """Draw both figures of a blot."""
    with style():
        return [_courses(blot), _strip(blot)]


def _courses(blot: Blot) -> Drawing:
    figure = sheet(DOUBLE_MM, TALL_MM + 24)
    times = np.array(blot.times_hours)
    for i, protein in enumerate(BLOTTED):
        axes = panel(figure, left_mm=LEFT_MM + i * (CELL_MM + GUTTER_MM), top_mm=7, width_mm=CELL_MM, height_mm=TALL_MM)
        axes.set_title(protein, pad=3)
        axes.axhline(1.0, color=MUTED, lw=0.5)
        if protein == "cIAP1":
            axes.axvspan(0, RULE_HOURS, color=FAINT, alpha=0.5, lw=0)
            axes.axhline(1 - GONE, color=INK, lw=0.6, ls=(0, (4, 2)))
        for d, dose in enumerate(blot.doses_molar):
            colour, marker = SERIES[d % len(SERIES)]
            line = "-" if d < len(SERIES) else "--"
            axes.plot(
                times, blot.ratio[protein][d], color=colour, marker=marker, ls=line, ms=3, label=format_molar(dose),
                clip_on=False,
            )  # fmt: skip
        bend_hours(axes, max(float(times.max()), 1.0))
        highest = float(np.nanmax(blot.ratio[protein])) if np.isfinite(blot.ratio[protein]).any() else 1.0
        axes.set_ylim(0, max(1.2, 1.1 * highest))
        axes.set_ylabel("of vehicle", labelpad=1.5)
        axes.locator_params(axis="y", nbins=5)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="lower left", bbox_to_anchor=(LEFT_MM / DOUBLE_MM, 0.01), ncols=min(len(labels), 8),
        handlelength=2, columnspacing=1.4, borderpad=0.1, title=f"{blot.compound}:", title_fontsize=SMALL_PT,
        alignment="left",
    )  # fmt: skip
    return finish(
        figure,
        name="bands",
        title=f"{blot.compound}: bands over time",
        alt=_alt(blot),
        caption="Mean of what a lysate holds (living cells, and dead ones until they open) relative to "
        "vehicle at the same time. In the panel of cIAP1, shaded: the "
        f"first {RULE_HOURS * 60:.0f} min; dashed: {1 - GONE:.0%} left, the guide's criterion of target engagement. "
        "The time axis is linear up to 1 h.",
        points=band_table(blot),
    )


def band_table(blot: Blot) -> pd.DataFrame:
    """Return a row for each dose, time and protein."""
    return pd.DataFrame(
        [
            {
                "compound": blot.compound,
                "dose_molar": dose,
                "hours": hours,
                "protein": protein,
                "ratio_to_vehicle": float(values[d, t]),
                "alive_share": float(blot.alive[d, t]),
            }
            for protein, values in {**blot.ratio, "cIAP1 on TRAF2": blot.pool}.items()
            for d, dose in enumerate(blot.doses_molar)
            for t, hours in enumerate(blot.times_hours)
        ]
    )


def _strip(blot: Blot) -> Drawing:
    """Draw lanes as a blot would show them, dose by dose, as many abreast as the sheet holds."""
    block_mm = LANE_MM * len(blot.times_hours) + BETWEEN_MM
    abreast = max(1, int((WIDEST_MM + BETWEEN_MM) // block_mm))
    lines = [range(i, min(i + abreast, len(blot.doses_molar))) for i in range(0, len(blot.doses_molar), abreast)]
    rows = (*BLOTTED, LOADING)
    line_mm = 9.5 + BAND_MM * len(rows)
    wide = NAME_MM + block_mm * min(abreast, len(blot.doses_molar)) + 2
    figure = sheet(max(min(wide, DOUBLE_MM), NARROWEST_MM), line_mm * len(lines) + 5)
    for number, doses in enumerate(lines):
        for place, dose in enumerate(doses):
            left = NAME_MM + place * block_mm
            _draw_block(figure, blot, dose, rows, left_mm=left, top_mm=number * line_mm + 8, named=place == 0)
    figure.text(
        0.01, 0.01, "Schematic: drawn from simulated numbers, no blot was photographed.", size=SMALL_PT, color=MUTED,
        va="bottom",
    )  # fmt: skip
    return finish(
        figure,
        name="strip",
        title=f"{blot.compound}: schematic blot",
        alt=f"Schematic. {_alt(blot)}",
        caption="Each lane is a lysate; its ink is the band of vehicle at the same time, relative to the darkest one "
        f"of its protein. {LOADING} is drawn alike in all lanes, which are loaded by protein and not by "
        "cells; × where no cell was left to lyse.",
        points=band_table(blot),
    )


def _draw_block(
    figure: Figure, blot: Blot, dose: int, rows: tuple[str, ...], *, left_mm: float, top_mm: float, named: bool
) -> None:
    lanes = len(blot.times_hours)
    for i, protein in enumerate(rows):
        axes = panel(
            figure,
            left_mm=left_mm,
            top_mm=top_mm + i * BAND_MM,
            width_mm=LANE_MM * lanes,
            height_mm=BAND_MM - 0.7,
        )
        axes.imshow(
            _picture(_ink(blot, dose, protein)), cmap="gray", vmin=0, vmax=1, aspect="auto", extent=(0, lanes, 0, 1)
        )
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set(visible=True, color=DARK, linewidth=0.4)
        _mark_missing(axes, blot, dose)
        if named:
            axes.set_ylabel(protein, rotation=0, ha="right", va="center", labelpad=2)
        if i == 0:
            axes.set_title(f"{blot.compound} {format_molar(blot.doses_molar[dose])}", pad=9)
            for lane, hours in enumerate(blot.times_hours):
                words = hours_words(hours) if hours else "0"
                axes.text(lane + 0.5, 1.12, words, size=SMALL_PT - 0.4, ha="center", va="bottom", color=INK)


def _ink(blot: Blot, dose: int, protein: str) -> Floats:
    """Return how dark each lane is, 0 to 1 of the darkest lane of this protein anywhere on the blot."""
    if protein == LOADING:
        return np.asarray(blot.alive[dose] > 0, float)
    values = blot.ratio[protein]
    darkest = max(1.0, float(np.nanmax(values)) if np.isfinite(values).any() else 1.0)
    return np.asarray(np.nan_to_num(values[dose]) / darkest, float)


def _picture(ink: Floats) -> Floats:
    """Return the grey levels of a row of bands, 0 black to 1 white."""
    high, wide = int((BAND_MM - 0.7) * PIXELS_A_MM), int(LANE_MM * PIXELS_A_MM)
    y = np.linspace(-1, 1, high)[:, None]
    x = np.linspace(-1, 1, wide)[None, :]
    shape = np.exp(-((y / 0.36) ** 2)) / (1 + np.exp((np.abs(x) - 0.72) / 0.05))
    return FILM - DARKEST * np.concatenate([shape * value for value in ink], axis=1)


def _mark_missing(axes: Axes, blot: Blot, dose: int) -> None:
    """Mark lanes for which no cell was left to lyse."""
    for lane, alive in enumerate(blot.alive[dose]):
        if not alive:
            axes.text(lane + 0.5, 0.5, "×", size=SMALL_PT, ha="center", va="center", color=DARK)


def _alt(blot: Blot) -> str:
    said = "; ".join(
        f"{format_molar(dose)} {left:.0%}" for dose, left in zip(blot.doses_molar, blot.at_rule, strict=True)
    )
    return f"cIAP1 left at {RULE_HOURS * 60:.0f} min, of vehicle: {said}."
