"""Figures of one simulated condition: courses with their spread, what cytometry would count, when cells died."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avpi.population.fates import MODES, Mode
from avpi.population.simulated import FEWEST_FOR_A_BAND, FOLLOWED, Course, Readout, Simulated
from avpi.report.drawing import DOUBLE_MM, MIDDLE_MM, SINGLE_MM, SMALL_PT, Drawing, finish, panel, sheet, style
from avpi.report.hours_axis import bend_hours, even_hours
from avpi.report.palette import BLUE, BLUISH_GREEN, INK, MUTED, ORANGE, PAPER, REDDISH_PURPLE, VERMILLION
from avpi.report.words import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

ABREAST: Final = 4
CELL_MM, TALL_MM, LEFT_MM, HEAD_MM, FOOT_MM, GUTTER_MM = 32.0, 27.0, 11.0, 7.0, 9.0, 13.0
MODE_LOOKS: Final[dict[Mode, tuple[str, str, str]]] = {
    "apoptosis": (BLUE, "", "-"),
    "necroptosis": (VERMILLION, "////", "--"),
    "lysis": (REDDISH_PURPLE, "....", ":"),
}
"""Mode of death -> colour, hatch, line: each can be told without the colour."""
QUADRANT_LOOKS: Final = {
    "annexin_negative_pi_negative": ("live: Annexin−/PI−", BLUISH_GREEN, ""),
    "annexin_positive_pi_negative": ("Annexin+/PI−", ORANGE, "///"),
    "annexin_positive_pi_positive": ("Annexin+/PI+", VERMILLION, "\\\\\\"),
    "annexin_negative_pi_positive": ("PI only", REDDISH_PURPLE, "...."),
}
PICO_PER_NANO: Final = 1000.0
ROOM_ABOVE: Final = 1.12
BINS: Final = 36
VISIBLE_TNF_PG: Final = 1.0
VISIBLE_NM: Final = 0.05
"""Highest value below which a panel shows an empty scale up to it, so that nothing looks like something."""


def draw_simulation(simulated: Simulated) -> list[Drawing]:
    """Draw the three figures of a condition."""
    with style():
        return [_courses(simulated), _fates(simulated), _deaths(simulated)]


def _courses(simulated: Simulated) -> Drawing:
    names = [*(r.title for r in FOLLOWED[:4]), "TNF in the medium", *(r.title for r in FOLLOWED[4:])]
    lines = -(-len(names) // ABREAST)
    figure = sheet(DOUBLE_MM, lines * (HEAD_MM + TALL_MM + FOOT_MM) + 1)
    bare = Simulated(label="untreated", well=simulated.untreated, untreated=simulated.untreated)
    by_title = {readout.title: readout for readout in FOLLOWED}
    rows: list[pd.DataFrame] = []
    for i, name in enumerate(names):
        line, column = divmod(i, ABREAST)
        axes = panel(
            figure,
            left_mm=LEFT_MM + column * (CELL_MM + GUTTER_MM),
            top_mm=HEAD_MM + line * (HEAD_MM + TALL_MM + FOOT_MM),
            width_mm=CELL_MM,
            height_mm=TALL_MM,
        )
        axes.set_title(name, pad=3)
        if name in by_title:
            rows.append(_draw_course(axes, simulated, bare, by_title[name]))
        else:
            rows.append(_draw_tnf(axes, simulated, bare))
        bend_hours(axes, simulated.end_hours)
    return finish(
        figure,
        name="courses",
        title=f"{simulated.label}: time courses",
        alt=_courses_alt(simulated),
        caption="Solid: median of the living cells, shade: 5–95 % of them; dashed: median of untreated cells. A course "
        f"ends, with a cross, where fewer than {FEWEST_FOR_A_BAND} cells live. cIAP1, cIAP2, NIK and p52 relative to "
        "the mean of untreated cells at the start; TNF is one number of the well. The time axis is linear up to 1 h.",
        points=pd.concat(rows, ignore_index=True),
    )


def _draw_course(axes: Axes, simulated: Simulated, bare: Simulated, readout: Readout) -> pd.DataFrame:
    own, untreated = simulated.course(readout), bare.course(readout)
    axes.fill_between(own.times_hours, own.low, own.high, color=BLUE, alpha=0.25, lw=0)
    axes.plot(untreated.times_hours, untreated.median, color=MUTED, ls=(0, (4, 2)), lw=0.8)
    axes.plot(own.times_hours, own.median, color=BLUE, lw=1.1)
    axes.set_ylabel("of untreated" if readout.relative else "nM", labelpad=1.5)
    least = ROOM_ABOVE if readout.relative else VISIBLE_NM
    highest = _highest(own.high, untreated.median)
    axes.set_ylim(0, max(least, ROOM_ABOVE * highest))
    few = not np.isfinite(own.median).any()
    if few or (highest < VISIBLE_NM and not readout.relative):
        words = f"fewer than {FEWEST_FOR_A_BAND} cells" if few else f"below {VISIBLE_NM:g} nM"
        axes.text(0.5, 0.5, words, transform=axes.transAxes, size=SMALL_PT, ha="center", color=MUTED)
    axes.locator_params(axis="y", nbins=4)
    _mark_end(axes, own)
    return pd.concat(
        [_course_rows(readout.title, "condition", own), _course_rows(readout.title, "untreated", untreated)],
        ignore_index=True,
    )


def _mark_end(axes: Axes, course: Course) -> None:
    """Mark where the living cells become too few, so that an ending line is not taken for a missing one."""
    shown = np.flatnonzero(np.isfinite(course.median))
    if shown.size and shown[-1] < course.times_hours.size - 1:
        axes.plot([course.times_hours[shown[-1]]], [course.median[shown[-1]]], marker="x", color=INK, ms=3)


def _highest(*curves: Floats) -> float:
    finite = [float(np.max(curve[np.isfinite(curve)])) for curve in curves if np.isfinite(curve).any()]
    return max(finite, default=0.0)


def _draw_tnf(axes: Axes, simulated: Simulated, bare: Simulated) -> pd.DataFrame:
    times = simulated.well.times_hours
    highest = _highest(simulated.well.tnf_ng_per_ml, bare.well.tnf_ng_per_ml)
    scale, unit = (PICO_PER_NANO, "pg/mL") if highest < 1 else (1.0, "ng/mL")
    own, untreated = (scale * one.well.tnf_ng_per_ml for one in (simulated, bare))
    axes.plot(times, untreated, color=MUTED, ls=(0, (4, 2)), lw=0.8)
    axes.plot(times, own, color=BLUE, lw=1.1)
    axes.set_ylabel(unit, labelpad=1.5)
    axes.set_ylim(0, max(VISIBLE_TNF_PG, ROOM_ABOVE * _highest(own, untreated)))
    axes.locator_params(axis="y", nbins=4)
    nothing = np.full(times.size, np.nan)
    return pd.concat(
        [
            _rows("TNF in the medium", who, times, (nothing, curve, nothing), nothing, unit)
            for who, curve in (("condition", own), ("untreated", untreated))
        ],
        ignore_index=True,
    )


def _course_rows(name: str, who: str, course: Course) -> pd.DataFrame:
    quantiles = (course.low, course.median, course.high)
    return _rows(name, who, course.times_hours, quantiles, course.cells.astype(float), course.unit)


def _rows(name: str, who: str, times: Floats, quantiles: tuple[Floats, ...], cells: Floats, unit: str) -> pd.DataFrame:
    low, median, high = quantiles
    return pd.DataFrame(
        {
            "readout": name,
            "cells_of": who,
            "hours": times,
            "low_5": low,
            "median": median,
            "high_95": high,
            "living_cells": cells,
            "unit": unit,
        }
    )


def course_table(simulated: Simulated) -> pd.DataFrame:
    """Return every course of a condition and of its untreated cells, a row for each readout and time."""
    bare = Simulated(label="untreated", well=simulated.untreated, untreated=simulated.untreated)
    pairs = (("condition", simulated), ("untreated", bare))
    rows = [_course_rows(readout.title, who, one.course(readout)) for readout in FOLLOWED for who, one in pairs]
    return pd.concat(rows, ignore_index=True)


def _courses_alt(simulated: Simulated) -> str:
    said = []
    for readout in FOLLOWED:
        course = simulated.course(readout)
        shown = np.flatnonzero(np.isfinite(course.median))
        if shown.size:
            at = shown[-1]
            said.append(
                f"{readout.title} {number(float(course.median[at]))} {course.unit} at {course.times_hours[at]:g} h"
            )
    return f"Courses in {simulated.cells} cells with {simulated.label}. Last medians: {'; '.join(said)}."


def _fates(simulated: Simulated) -> Drawing:
    times = simulated.well.times_hours
    shares = simulated.well.counts.quadrants
    figure = sheet(SINGLE_MM, 59)
    axes = panel(figure, left_mm=11, top_mm=9, width_mm=SINGLE_MM - 15, height_mm=40)
    base = np.zeros(times.size)
    for name, (words, colour, hatch) in QUADRANT_LOOKS.items():
        top = base + 100 * shares[name]
        axes.fill_between(
            times,
            base,
            top,
            facecolor=colour,
            edgecolor=PAPER,
            hatch=hatch or None,
            lw=0.3,
            label=words,
            rasterized=False,
        )
        base = top
    even_hours(axes, simulated.end_hours)
    axes.set_ylim(0, 100)
    axes.set_ylabel("% of the cells that are counted", labelpad=1.5)
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=2, handlelength=1.6, columnspacing=1.2, borderpad=0.1
    )
    last = {words: 100 * float(shares[name][-1]) for name, (words, _, _) in QUADRANT_LOOKS.items()}
    return finish(
        figure,
        name="fates",
        title=f"{simulated.label}: what cytometry counts",
        alt=f"At {simulated.end_hours:g} h: {'; '.join(f'{words} {number(x)} %' for words, x in last.items())}.",
        caption="Quadrants of Annexin V and propidium iodide over time, as shares of the cells that are counted: live "
        "cells divide, and dead ones fall apart and are no longer counted.",
        points=pd.DataFrame({"hours": times, **{f"{name}_share": shares[name] for name in QUADRANT_LOOKS}}),
    )


def _deaths(simulated: Simulated) -> Drawing:
    fates = simulated.well.fates
    figure = sheet(MIDDLE_MM, 51)
    left = panel(figure, left_mm=11, top_mm=10, width_mm=44, height_mm=32)
    right = panel(figure, left_mm=70, top_mm=10, width_mm=44, height_mm=32)
    moments = {mode: np.sort(fates.death_hours[fates.mode == i]) for i, mode in enumerate(MODES)}
    present = [mode for mode in MODES if moments[mode].size]
    edges = np.linspace(0, simulated.end_hours, BINS + 1)
    base = np.zeros(BINS)
    for mode in present:
        colour, hatch, line = MODE_LOOKS[mode]
        counts = 100 * np.histogram(moments[mode], edges)[0] / simulated.cells
        look: dict[str, Any] = {"facecolor": colour, "edgecolor": PAPER, "hatch": hatch or None, "lw": 0.3}
        words = f"{mode}, {moments[mode].size} cells"
        left.bar(edges[:-1], counts, width=np.diff(edges), bottom=base, align="edge", label=words, **look)
        base += counts
        steps = 100 * np.arange(1, moments[mode].size + 1) / simulated.cells
        x = np.concatenate([[0.0], moments[mode], [simulated.end_hours]])
        right.plot(
            x, np.concatenate([[0.0], steps, steps[-1:]]), drawstyle="steps-post", color=colour, ls=line, label=mode
        )
    for axes in (left, right):
        even_hours(axes, simulated.end_hours)
        if not present:
            axes.text(0.5, 0.5, "no cell died", transform=axes.transAxes, ha="center", va="center", color=MUTED)
    left.set_ylim(0, max(1.0, 1.1 * float(base.max())))
    left.set_ylabel(f"% of cells in {edges[1] * 60:.0f} min", labelpad=1.5)
    left.locator_params(axis="y", nbins=5)
    left.set_title("when cells died", pad=3)
    right.set_ylim(0, 102)
    right.set_ylabel("% of cells dead", labelpad=1.5)
    right.set_title("died by then", pad=3)
    if present:
        figure.legend(
            *left.get_legend_handles_labels(), loc="upper left", bbox_to_anchor=(10 / MIDDLE_MM, 1.0), ncols=3,
            handlelength=1.6, columnspacing=1.2, borderpad=0.1,
        )  # fmt: skip
    died = "; ".join(f"{moments[mode].size} by {mode}" for mode in present) or "none"
    rows = [{"cell": int(i), "death_hours": float(fates.death_hours[i]), "mode": MODES[fates.mode[i]]}
            for i in np.flatnonzero(fates.mode >= 0)]  # fmt: skip
    return finish(
        figure,
        name="deaths",
        title=f"{simulated.label}: single-cell death times",
        alt=f"Deaths of {simulated.cells} cells within {simulated.end_hours:g} h: {died}.",
        caption=f"Left: share of the {simulated.cells} cells that died in each interval, by mode, stacked. Right: "
        "share that had died by then, for each mode.",
        points=pd.DataFrame(rows, columns=["cell", "death_hours", "mode"]),
    )
