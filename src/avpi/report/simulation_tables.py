"""Simulations as tables, a row for each thing and time, with units in the names of the columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from avpi.facts.proportion import wilson
from avpi.population.fates import MODES
from avpi.population.open_questions import Agreement
from avpi.population.simulated import APPEARING, BANDS, Simulated
from avpi.report.tables import Row, frame

_TEXT, _FLOAT, _INT, _BOOL = "str", "float64", "int64", "bool"
OUTCOMES = {
    "condition": _TEXT, "described": _TEXT, "hours": _FLOAT, "cells": _INT, "viability": _FLOAT,
    "viability_standard_error": _FLOAT, "dead_share": _FLOAT, "dead_low_95": _FLOAT, "dead_high_95": _FLOAT,
    **{f"died_by_{mode}_share": _FLOAT for mode in MODES}, "mode": _TEXT, "tnf_pg_per_ml": _FLOAT,
    "annexin_negative_pi_negative_share": _FLOAT, "annexin_positive_pi_negative_share": _FLOAT,
    "annexin_positive_pi_positive_share": _FLOAT, "annexin_negative_pi_positive_share": _FLOAT,
    **{f"{band}_of_untreated": _FLOAT for band in BANDS},
    **{f"{band}_{unit.replace(' ', '_')}": _FLOAT for band, unit in APPEARING.items()},
}  # fmt: skip
"""Column -> kind of the table of outcomes; ``mode`` is that of the end."""
VARIANTS = {"condition": _TEXT, "variant": _TEXT, "value": _FLOAT, "call": _TEXT, "differs": _BOOL}


def outcome_table(conditions: Sequence[tuple[str, Simulated]], times_hours: Sequence[float]) -> pd.DataFrame:
    """Return a row for each condition and time."""
    rows = [row for label, simulated in conditions for row in _outcomes(label, simulated, times_hours)]
    return frame(rows, OUTCOMES)


def _outcomes(label: str, simulated: Simulated, times_hours: Sequence[float]) -> list[Row]:
    columns: dict[str, Any] = {
        "viability": simulated.viability(times_hours),
        "viability_standard_error": simulated.viability_error(times_hours),
        "dead_share": simulated.dead(times_hours) / simulated.cells,
        "tnf_pg_per_ml": simulated.tnf_pg_per_ml(times_hours),
        **{f"died_by_{mode}_share": simulated.died_by(mode, times_hours) / simulated.cells for mode in MODES},
        **{f"{name}_share": shares for name, shares in simulated.quadrants(times_hours).items()},
        **{f"{band}_of_untreated": simulated.band(band, times_hours) for band in BANDS},
        **{f"{b}_{unit.replace(' ', '_')}": simulated.amount(b, times_hours) for b, unit in APPEARING.items()},
    }
    ranges = [wilson(int(n), simulated.cells) for n in simulated.dead(times_hours)]
    shared = {
        "condition": label,
        "described": simulated.label,
        "cells": simulated.cells,
        "mode": simulated.mode or "",
    }
    return [
        {
            **shared,
            "hours": hours,
            "dead_low_95": ranges[i][0],
            "dead_high_95": ranges[i][1],
            **{name: float(values[i]) for name, values in columns.items()},
        }
        for i, hours in enumerate(times_hours)
    ]


def death_table(simulated: Simulated) -> pd.DataFrame:
    """Return a row for each cell: when and how it died, both missing for one that lived."""
    fates = simulated.well.fates
    died = fates.mode >= 0
    return pd.DataFrame(
        {
            "cell": range(simulated.cells),
            "death_hours": pd.Series(fates.death_hours).where(pd.Series(died)),
            "mode": pd.Series([MODES[mode] if mode >= 0 else "" for mode in fates.mode], dtype=_TEXT),
        }
    )


def variant_table(agreements: Sequence[Agreement]) -> pd.DataFrame:
    """Return a row for each condition and variant of the pathway."""
    rows: list[Row] = [
        {
            "condition": one.label,
            "variant": variant.label,
            "value": reading.value,
            "call": reading.word,
            "differs": variant in one.differing,
        }
        for one in agreements
        for variant, reading in one.readings.items()
    ]
    return frame(rows, VARIANTS)
