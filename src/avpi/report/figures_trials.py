"""The clinical timeline: what was tried in patients, from when to when, and how it ended.

Only dates that a source gives are drawn. A trial whose beginning or end is not known has an open end there; one of
which only the publication is known has a mark at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import pandas as pd

from avpi.compounds.schema import CompoundRecord, Trial
from avpi.report.drawing import DOUBLE_MM, SMALL_PT, TEXT_PT, panel, sheet, style
from avpi.report.figure_files import PrintedFigure, print_figure
from avpi.report.palette import BLUE, BLUISH_GREEN, FAINT, INK, MUTED, ORANGE, SKY_BLUE, VERMILLION
from avpi.report.text_room import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_MM: Final = 4.6
LEFT_MM: Final = 66.0
RIGHT_MM: Final = 58.0
PHASES: Final = {"1": SKY_BLUE, "1/2": BLUISH_GREEN, "2": BLUE, "3": VERMILLION, None: ORANGE}
"""Phase of a trial -> its colour; the phase is written as well."""
DAYS_A_YEAR, MONTHS = 365.25, 12


def year_of(date: str) -> float:
    """Return an ISO date as a year with its fraction; the middle of a month or year whose day is not known."""
    parts = [int(part) for part in date.split("-")]
    if len(parts) == 1:
        return parts[0] + 0.5
    day = parts[2] if len(parts) == 3 else 15
    return parts[0] + (parts[1] - 1) / MONTHS + (day - 1) / DAYS_A_YEAR


def dated(trial: Trial) -> bool:
    """Return True if a trial has a date that belongs to it, beside the day on which somebody looked it up."""
    return bool(trial.started or trial.ended or trial.published or (trial.registry and trial.registry.started))


def draw_trials(records: Sequence[CompoundRecord]) -> PrintedFigure:
    """Draw the trials of compounds that have any, by compound, the earliest first."""
    rows = [(one, trial) for one in records for trial in sorted(one.trials, key=_first)]
    with style():
        figure = sheet(DOUBLE_MM, ROW_MM * max(len(rows), 1) + 17)
        axes = panel(
            figure,
            left_mm=LEFT_MM,
            top_mm=3,
            width_mm=DOUBLE_MM - LEFT_MM - RIGHT_MM,
            height_mm=ROW_MM * max(len(rows), 1),
        )
        years = [year_of(date) for _, trial in rows for date in _dates(trial)]
        axes.set_xlim(min(years, default=2005) - 1, max(years, default=2026) + 1)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.locator_params(axis="x", integer=True, nbins=7)
        last = ""
        for row, (one, trial) in enumerate(rows):
            if one.name != last:
                _name(axes, one.name, row)
                last = one.name
            _draw_trial(axes, trial, row)
        figure.text(
            0.01, 0.015,
            "Bar: from first to last date that a source gives. ◆ published; ◁ ▷ the other end is not known. "
            "Grey: looked up then, no date of its own was reached.",
            size=SMALL_PT, color=MUTED, va="bottom",
        )  # fmt: skip
        return print_figure(
            figure,
            name="trials",
            title="Trials in patients",
            alt="; ".join(f"{one.name}, {trial.label}: {_words(trial)}" for one, trial in rows),
            caption="Trials of each compound that were reached, with their phase, their size and how they ended.",
            points=trial_table(records),
        )


def _name(axes: Axes, name: str, row: int) -> None:
    axes.text(-(LEFT_MM - 2) / (DOUBLE_MM - LEFT_MM - RIGHT_MM), row, name, transform=axes.get_yaxis_transform(), size=TEXT_PT, weight="bold", va="center")  # fmt: skip # noqa: E501
    wide = DOUBLE_MM - LEFT_MM - RIGHT_MM
    ends = (-(LEFT_MM - 2) / wide, 1 + (RIGHT_MM - 2) / wide)
    axes.plot(ends, [row - 0.5] * 2, color=FAINT, lw=0.5, zorder=0, clip_on=False, transform=axes.get_yaxis_transform())


def _draw_trial(axes: Axes, trial: Trial, row: int) -> None:
    width = DOUBLE_MM - LEFT_MM - RIGHT_MM
    side = axes.get_yaxis_transform()
    size = (
        f", n = {trial.participants}" if trial.participants else f", {trial.planned} planned" if trial.planned else ""
    )
    label = f"{trial.label} (phase {trial.phase or '?'}{size})"
    axes.text(-(LEFT_MM - 21) / width, row, shorten(label, LEFT_MM - 22), transform=side, size=SMALL_PT, va="center")
    axes.text(1.02, row, shorten(_words(trial), RIGHT_MM - 3), transform=side, size=SMALL_PT, va="center", color=MUTED)
    colour = PHASES[trial.phase]
    span = _span(trial)
    if len(span) == 2:
        axes.plot(span, [row, row], color=colour, lw=3, solid_capstyle="butt", zorder=2)
    elif span:
        marker = "<" if trial.ended and not trial.started else ">"
        axes.plot(span, [row], ls="", marker=marker, ms=3.4, color=colour, zorder=2)
    if trial.published:
        axes.plot(
            [year_of(trial.published)], [row], ls="", marker="D", ms=2.8, color=colour, mec=INK, mew=0.3, zorder=3
        )
    if not dated(trial):
        axes.plot([year_of(trial.as_of)], [row], ls="", marker="o", ms=2.4, color=FAINT, zorder=2)


def _span(trial: Trial) -> list[float]:
    return [year_of(date) for date in (trial.started, trial.ended) if date]


def _dates(trial: Trial) -> list[str]:
    return [date for date in (trial.started, trial.ended, trial.published) if date] or [trial.as_of]


def _first(trial: Trial) -> float:
    return min(year_of(date) for date in _dates(trial))


def _words(trial: Trial) -> str:
    return trial.status or "status not reached"


def trial_table(records: Sequence[CompoundRecord]) -> pd.DataFrame:
    """Return the trials of compounds, one row each."""
    table = pd.DataFrame(
        [
            {
                "compound": one.name,
                "nct": trial.nct,
                "trial": trial.label,
                "title": trial.title,
                "phase": trial.phase,
                "participants": trial.participants,
                "planned": trial.planned,
                "started": trial.started,
                "ended": trial.ended,
                "published": trial.published,
                "status": trial.status,
                "as_of": trial.as_of,
                "source": trial.source,
                "verified": trial.verified,
            }
            for one in records
            for trial in one.trials
        ]
    )
    counts = [name for name in ("participants", "planned") if name in table]
    return table.astype(dict.fromkeys(counts, "Int64"))
