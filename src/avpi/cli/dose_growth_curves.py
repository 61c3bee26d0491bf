"""The GR curves of a table of counts, and their means over experiments."""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from avpi.cli.terminal import Terminal
from avpi.dose.growth_rate import (
    GrowthRates,
    Readout,
    growth_rate_from_division_time,
    growth_rate_inhibition,
    trimmed_mean,
)
from avpi.dose.growth_rate_fit import GR_BOUNDS, NUMBERS, GrowthRateFit, fit_growth_rate
from avpi.dose.growth_rate_shared import BY_LOGARITHM
from avpi.dose.over_experiments import combine_estimates
from avpi.estimate import Estimate
from avpi.formats.growth_table import GrowthRow, GrowthTable

WORDS = {
    "gr50": "GR50", "gr_max": "GRmax", "gr_aoc": "GR AOC", "gec50": "GEC50", "gr_inf": "GRinf",
    "hill_slope": "slope of GR",
}  # fmt: skip
"""What each number is called in the sentence that says how it was combined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthCurve:
    """A curve of a table: its wells, their GR, and what was read off."""

    key: tuple[str, ...]
    rows: tuple[GrowthRow, ...]
    rates: GrowthRates
    fit: GrowthRateFit

    @property
    def label(self) -> str:
        """What the curve is of, in a line."""
        return ", ".join(filter(None, self.key)) or "the curve"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentMeans:
    """Numbers of a line and compound over the experiments; ``key`` leaves the experiment out."""

    key: tuple[str, ...]
    numbers: dict[str, Estimate]


def analyse_growth(table: GrowthTable, *, readout: str, terminal: Terminal) -> list[GrowthCurve]:
    """Return the curves of a table, each with its GR and its fit."""
    groups = list(table.curves().items())
    steps = terminal.progress(groups, "curves") if sys.stderr.isatty() else groups
    found = []
    for key, rows in steps:
        rates = _rates(rows, cast("Readout", readout), by_division_time=table.by_division_time)
        fit = fit_growth_rate([row.concentration_molar for row in rows], rates)
        found.append(GrowthCurve(key=key, rows=tuple(rows), rates=rates, fit=fit))
    return found


def experiment_means(curves: Sequence[GrowthCurve], keys: Sequence[str], experiment: str) -> list[ExperimentMeans]:
    """Return each number over the experiments, for every line and compound."""
    at = list(keys).index(experiment)
    groups: dict[tuple[str, ...], list[tuple[str, GrowthRateFit]]] = defaultdict(list)
    for curve in curves:
        groups[(*curve.key[:at], *curve.key[at + 1 :])].append((curve.key[at], curve.fit))
    return [
        ExperimentMeans(
            key=key,
            numbers={name: _over_experiments(name, fits) for name in NUMBERS},
        )
        for key, fits in groups.items()
    ]


def _over_experiments(name: str, fits: Sequence[tuple[str, GrowthRateFit]]) -> Estimate:
    return combine_estimates(
        [(experiment, getattr(fit, name)) for experiment, fit in fits],
        WORDS[name],
        scale="log10" if name in BY_LOGARITHM else "linear",
        bounds=GR_BOUNDS if name == "gr_inf" else (-math.inf, math.inf),
    )


def _rates(rows: Sequence[GrowthRow], readout: Readout, *, by_division_time: bool) -> GrowthRates:
    counts = [row.count for row in rows]
    made = {wells: trimmed_mean(wells) for row in rows for wells in (row.control, row.time_zero)}
    control = np.array([made[row.control].count for row in rows])
    control_errors = np.array([made[row.control].standard_error for row in rows])
    if by_division_time:
        return growth_rate_from_division_time(
            counts,
            control,
            duration_hours=[row.duration_hours for row in rows],
            division_hours=[row.division_hours for row in rows],
            control_errors=control_errors,
            readout=readout,
        )
    return growth_rate_inhibition(
        counts,
        control,
        [made[row.time_zero].count for row in rows],
        control_errors=control_errors,
        time_zero_errors=[made[row.time_zero].standard_error for row in rows],
        readout=readout,
    )
