"""Figures of the compounds: affinities as a plot, selectivity as a table, and what happened in patients over the years.

A number that was not read in its source never looks like one that was: its marker is hollow in the plot and its number
carries a letter in the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import pandas as pd

from avpi.compounds.compare import TARGETS, Fold, Selectivity, best_affinity, selectivity
from avpi.compounds.schema import Affinity, CompoundRecord
from avpi.report.drawing import DOUBLE_MM, MIDDLE_MM, SMALL_PT, TEXT_PT, panel, sheet, style
from avpi.report.figure_files import PrintedFigure, print_figure
from avpi.report.palette import FAINT, INK, MUTED, PAPER, SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_MM: Final = 5.2
NAMES_MM: Final = 27.0
FOOT_MM: Final = 11.0
LETTERS: Final = {"read": "", "derived": "d", "secondary": "q", "recalled": "r"}
"""How far a number was verified -> the letter behind it."""
KEY: Final = (
    "q: quoted by others, the original was not read; d: derived; r: recalled, not looked up; c: a potency in cells; "
    "i: IC50, an upper limit of the Kd. –: not published in what was reached."
)
FOLDS: Final = ("cIAP2", "XIAP")
LEAST_NANOMOLAR, MOST_NANOMOLAR = 0.1, 20_000


def draw_affinities(records: Sequence[CompoundRecord]) -> PrintedFigure:
    """Draw the affinities of compounds that have any, a row each, tight to the left."""
    shown = [one for one in records if any(best_affinity(one, target) for target in TARGETS)]
    with style():
        figure = sheet(MIDDLE_MM, ROW_MM * len(shown) + FOOT_MM + 8)
        axes = panel(
            figure, left_mm=NAMES_MM, top_mm=6, width_mm=MIDDLE_MM - NAMES_MM - 4, height_mm=ROW_MM * max(len(shown), 1)
        )
        axes.set_xscale("log")
        axes.set_xlim(LEAST_NANOMOLAR, MOST_NANOMOLAR)
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_yticks(range(len(shown)), [one.name for one in shown])
        axes.tick_params(axis="y", length=0)
        axes.set_xticks([0.1, 1, 10, 100, 1000, 10_000], ["0.1", "1", "10", "100", "1,000", "10,000"])
        axes.set_xlabel("Kd, Ki or IC50, nM", labelpad=1.5)
        for row in range(len(shown)):
            axes.axhline(row, color=FAINT, lw=0.4, zorder=0)
        for number, target in enumerate(TARGETS):
            for row, one in enumerate(shown):
                found = best_affinity(one, target)
                if found is not None:
                    _mark(axes, found, row + 0.16 * (number - 1.5), number)
        handles = [
            axes.plot([], [], ls="", marker=SERIES[i][1], color=SERIES[i][0], label=target)[0]
            for i, target in enumerate(TARGETS)
        ]
        figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(NAMES_MM / MIDDLE_MM, 0.998), ncols=4)
        return print_figure(
            figure,
            name="affinities",
            title="Affinities for the IAPs",
            alt=_alt(shown),
            caption="Binding constants of the best record of each compound and target. Filled: read in the source; "
            "hollow: quoted, derived or recalled; arrow: only a bound is known. IC50s are upper limits of the Kd.",
            points=affinity_table(shown),
        )


def _mark(axes: Axes, found: Affinity, y: float, number: int) -> None:
    colour, marker = SERIES[number]
    fill = colour if found.verified == "read" else PAPER
    axes.plot(
        [found.value_nM],
        [y],
        ls="",
        marker=marker,
        ms=3.2,
        markeredgecolor=colour,
        markerfacecolor=fill,
        mew=0.7,
        zorder=3,
    )
    if found.relation in ("<", ">"):
        far = found.value_nM * (3 if found.relation == ">" else 1 / 3)
        arrow = {"arrowstyle": "->", "color": colour, "lw": 0.6, "shrinkA": 2, "shrinkB": 0}
        axes.annotate("", xy=(far, y), xytext=(found.value_nM, y), arrowprops=arrow)


def _alt(shown: Sequence[CompoundRecord]) -> str:
    said = []
    for one in shown:
        parts = [
            f"{t} {f.relation if f.relation != '=' else ''}{f.value_nM:g}"
            for t in TARGETS
            if (f := best_affinity(one, t))
        ]
        said.append(f"{one.name}: {', '.join(parts)}")
    return f"Affinities in nM. {'; '.join(said)}."


def affinity_table(records: Sequence[CompoundRecord]) -> pd.DataFrame:
    """Return every affinity of compounds, one row each, with its source; the one that is shown is marked."""
    return pd.DataFrame(
        [
            {
                "compound": one.name,
                "target": found.target,
                "domain": found.domain,
                "type": found.type,
                "relation": found.relation,
                "value_nM": found.value_nM,
                "assay": found.assay,
                "cells": found.cells,
                "source": found.source,
                "verified": found.verified,
                "shown": found is best_affinity(one, found.target),
                "excluded": found.excluded,
            }
            for one in records
            for found in one.affinities
        ]
    )


def draw_selectivity(records: Sequence[CompoundRecord]) -> PrintedFigure:
    """Draw the table of affinities and of how many times tighter cIAP1 is bound than cIAP2 and XIAP."""
    rows = [selectivity(one) for one in records]
    heads = ["compound", *(f"{target}, nM" for target in TARGETS), *(f"{target} / cIAP1" for target in FOLDS)]
    lines = [
        [row.compound, *(cell_words(row.affinities[t]) for t in TARGETS), *(fold_words(row.folds[t]) for t in FOLDS)]
        for row in rows
    ]
    starts = [2, 33, 56, 79, 102, 127, 156]
    with style():
        figure = sheet(DOUBLE_MM, ROW_MM * (len(lines) + 1) + FOOT_MM)
        axes = panel(figure, left_mm=0, top_mm=1, width_mm=DOUBLE_MM, height_mm=ROW_MM * (len(lines) + 1))
        axes.set_axis_off()
        axes.set_xlim(0, DOUBLE_MM)
        axes.set_ylim(len(lines) + 1, 0)
        for start, head in zip(starts, heads, strict=True):
            axes.text(start, 0.5, head, size=TEXT_PT, weight="bold", va="center")
        axes.plot([1, DOUBLE_MM - 1], [1, 1], color=MUTED, lw=0.6)
        for number, line in enumerate(lines, 1):
            for start, cell in zip(starts, line, strict=True):
                axes.text(start, number + 0.5, cell, size=TEXT_PT, va="center", color=MUTED if cell == "–" else INK)
            axes.plot([1, DOUBLE_MM - 1], [number + 1, number + 1], color=FAINT, lw=0.4)
        figure.text(0.01, 0.02, KEY, size=SMALL_PT, color=MUTED, va="bottom")
        return print_figure(
            figure,
            name="selectivity",
            title="Selectivity for cIAP1",
            alt="; ".join(f"{line[0]}: XIAP over cIAP1 {line[-1]}" for line in lines),
            caption="Affinity of the best record for each target, and how many times weaker cIAP2 and XIAP are bound "
            "than cIAP1. A ratio stands only where both numbers are of one kind.",
            points=selectivity_table(rows),
        )


def cell_words(found: Affinity | None) -> str:
    """Return an affinity with its bound and the letters of :data:`KEY`."""
    if found is None:
        return "–"
    relation = "" if found.relation == "=" else f"{found.relation} "
    letters = LETTERS.get(found.verified, "") + ("c" if found.assay == "cell" else "i" if found.type == "IC50" else "")
    return f"{relation}{found.value_nM:,g}" + (f" ({letters})" if letters else "")


def fold_words(found: Fold) -> str:
    """Return a fold as the table has it."""
    if found.value is None:
        return "–" if found.state == "unknown" else "not comparable"
    letter = LETTERS.get(found.verified, "") + ("i" if found.of_ic50s else "")
    number = f"{found.value:.3g}" if found.value < 1000 else f"{float(f'{found.value:.3g}'):,.0f}"
    return f"{'' if found.relation == '=' else found.relation + ' '}{number}" + (f" ({letter})" if letter else "")


def selectivity_table(rows: Sequence[Selectivity]) -> pd.DataFrame:
    """Return the table as data, one row for each compound and target."""
    return pd.DataFrame(
        [
            {
                "compound": row.compound,
                "target": target,
                "value_nM": None if found is None else found.value_nM,
                "relation": None if found is None else found.relation,
                "type": None if found is None else found.type,
                "source": None if found is None else found.source,
                "verified": None if found is None else found.verified,
                "fold_over_cIAP1": row.folds[target].value if target in row.folds else None,
                "fold_state": row.folds[target].state if target in row.folds else None,
                "fold_why": row.folds[target].why if target in row.folds else None,
            }
            for row in rows
            for target, found in row.affinities.items()
        ]
    )
