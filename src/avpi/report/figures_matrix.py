"""Figure of a simulated matrix of conditions: viability of each, with the mode of death in colour, hatch and word."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import pandas as pd

from avpi.population.fates import MODES
from avpi.population.simulated import Simulated
from avpi.report.drawing import MIDDLE_MM, SMALL_PT, TEXT_PT, Drawing, finish, panel, sheet, style
from avpi.report.figures_simulation import MODE_LOOKS
from avpi.report.palette import FAINT, INK, MUTED, PAPER
from avpi.report.words import percent

BAR_MM: Final = 5.2
LABEL_MM: Final = 30.0
WORDS_MM: Final = 30.0
Z_95: Final = 1.96
TO_THE_LEFT: Final = 0.02


def draw_matrix(conditions: Sequence[tuple[str, Simulated]], doses: str) -> Drawing:
    """Draw the conditions by their short names; ``doses`` says what these stand for."""
    with style():
        return _matrix(conditions, doses)


def _matrix(conditions: Sequence[tuple[str, Simulated]], doses: str) -> Drawing:
    tall = BAR_MM * len(conditions)
    figure = sheet(MIDDLE_MM, tall + 17)
    wide = MIDDLE_MM - LABEL_MM - WORDS_MM
    axes = panel(figure, left_mm=LABEL_MM, top_mm=6, width_mm=wide, height_mm=tall)
    end = conditions[0][1].end_hours
    rows = []
    for y, (label, simulated) in enumerate(conditions):
        value, error = float(simulated.viability([end])[0]), float(simulated.viability_error([end])[0])
        died = {mode: int(simulated.died_by(mode, [end])[0]) for mode in MODES}
        mode = simulated.mode
        colour, hatch = (MODE_LOOKS[mode][0], MODE_LOOKS[mode][1]) if mode else (FAINT, "")
        axes.barh(y, 100 * value, height=0.72, facecolor=colour, edgecolor=PAPER, hatch=hatch or None, lw=0.3)
        if error:
            span = [100 * max(value - Z_95 * error, 0), 100 * (value + Z_95 * error)]
            axes.plot(span, [y, y], color=PAPER, lw=2.0, zorder=4)
            axes.plot(span, [y, y], color=INK, lw=0.9, zorder=5)
        share = died[mode] / max(sum(died.values()), 1) if mode else math.nan
        axes.text(
            1.03, y, _mode_words(simulated, mode, share), transform=axes.get_yaxis_transform(), size=SMALL_PT + 0.5,
            va="center", color=INK if mode else MUTED,
        )  # fmt: skip
        rows.append(
            {
                "condition": label, "described": simulated.label, "viability": value, "standard_error": error,
                "cells": simulated.cells, **{f"died_by_{mode}": n for mode, n in died.items()}, "mode": mode or "",
            }
        )  # fmt: skip
    axes.axvline(100, color=MUTED, lw=0.6, zorder=0)
    axes.set_yticks(range(len(conditions)), [label for label, _ in conditions])
    axes.tick_params(axis="y", length=0, labelsize=TEXT_PT)
    axes.set_ylim(len(conditions) - 0.5, -0.5)
    axes.set_xlim(0, max(115.0, axes.get_xlim()[1]))
    axes.set_xlabel(f"viability at {end:g} h, % of untreated", size=TEXT_PT, labelpad=1.5)
    axes.set_title("viability", loc="left", pad=3)
    axes.text(1.03, 1.0, "cells that died, and how", transform=axes.transAxes, size=TEXT_PT, va="bottom", color=INK)
    figure.text(TO_THE_LEFT, 1.2 / (tall + 17), doses, size=SMALL_PT, color=MUTED, va="bottom")
    said = "; ".join(
        f"{label} {percent(float(s.viability([end])[0]))}, {s.mode or 'no mode of death'}" for label, s in conditions
    )
    return finish(
        figure,
        name="matrix",
        title="Viability and mode of death by condition",
        alt=f"Viability at {end:g} h. {said}.",
        caption=f"{doses}. Bars: ATP of the well relative to the untreated one. Lines: 95 % interval that the number "
        "of cells leaves, and nothing else. Colour and hatch: the mode of most deaths, where at least a tenth died.",
        points=pd.DataFrame(rows),
    )


def _mode_words(simulated: Simulated, mode: str | None, share: float) -> str:
    dead = int(simulated.dead([simulated.end_hours])[0]) / simulated.cells
    if mode is None:
        return f"{percent(dead)} died"
    return f"{percent(dead)} died, {mode}" if share > 0.995 else f"{percent(dead)} died, {percent(share)} {mode}"
