"""The tables of a run: built from the result, written as CSV for people and Parquet for programs.

Every table has its columns in one order, also when it is empty (``COLUMNS``); units stand in the names, fractions
are 0 to 1. An estimate takes four columns: its value, ``_low``, ``_high`` and ``_state``. Text cells that a
spreadsheet would run as a formula are written with a leading apostrophe in CSV (OWASP's rule: ``= + - @``, tab,
carriage return); numbers and Parquet never are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from avpi.estimate import Estimate
from avpi.result import Result

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""First characters that spreadsheets take for a formula (OWASP, CSV injection)."""

Row = dict[str, Any]


def _estimate_columns(*names: str) -> dict[str, str]:
    kinds = {"": "float64", "_low": "float64", "_high": "float64", "_state": "str"}
    return {f"{name}{end}": kind for name in names for end, kind in kinds.items()}


_TEXT, _FLOAT, _INT, _BOOL = "str", "float64", "int64", "bool"
_LANE: Final = {"blot": _TEXT, "experiment": _TEXT, "lane": _INT}

COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "lanes": {
        **_LANE, "membrane": _TEXT, "target": _TEXT, "loading_control": _TEXT, "label": _TEXT, "condition": _TEXT,
        "dose_molar": _FLOAT, "minutes_after_dose": _FLOAT, "is_vehicle": _BOOL,
        **_estimate_columns("ratio_to_vehicle"), "ratio_log_se": _FLOAT, "origin": _TEXT, "caveats": _TEXT,
    },
    "bands": {
        **_LANE, "role": _TEXT, "protein": _TEXT, "x_px": _FLOAT, "y_px": _FLOAT, "width_px": _FLOAT,
        "height_px": _FLOAT, "volume_grey_levels": _FLOAT, "volume_se_grey_levels": _FLOAT,
        "detection_limit_grey_levels": _FLOAT, "saturated_fraction": _FLOAT, "state": _TEXT, "origin": _TEXT,
    },
    "wells": {
        "plate": _TEXT, "experiment": _TEXT, "well": _TEXT, "role": _TEXT, "condition": _TEXT, "described": _TEXT,
        "raw": _FLOAT, "reading": _FLOAT, "viability": _FLOAT, "state": _TEXT,
    },
    "arms": {
        "plate": _TEXT, "experiment": _TEXT, "condition": _TEXT, "described": _TEXT, "at_working_doses": _BOOL,
        "wells": _INT, **_estimate_columns("viability"), "log_viability": _FLOAT, "log_se": _FLOAT, "used": _BOOL,
    },
    "plate_quality": {
        "plate": _TEXT, "experiment": _TEXT, "readout": _TEXT, "reader": _TEXT, "read": _TEXT, "passes": _BOOL,
        **_estimate_columns(
            "z_prime", "robust_z_prime", "ssmd", "robust_ssmd", "signal_window", "signal_to_background", "vehicle_cv",
            "edge_ratio", "drift_down", "drift_across",
        ),
    },
    "samples": {
        "sample": _TEXT, "experiment": _TEXT, "readout": _TEXT, "condition": _TEXT, "described": _TEXT,
        "at_working_doses": _BOOL, "minutes_after_dose": _FLOAT, "events": _INT, "cells": _INT, "singlets": _INT,
        "population": _TEXT, "count": _INT, **_estimate_columns("fraction"),
        "fraction_with_debris": _FLOAT, "passes": _BOOL,
    },
    "effects": {
        "effect": _TEXT, "label": _TEXT, **_estimate_columns("estimate"), "unit": _TEXT, "level": _FLOAT, "n": _INT,
        "threshold": _FLOAT, "rule": _TEXT, "probability_at_or_above": _FLOAT, "source": _TEXT, "method": _TEXT,
        "caveats": _TEXT,
    },
    "leaves": {"leaf": _TEXT, "probability": _FLOAT, "called": _BOOL, "if_engaged": _FLOAT},
    "findings": {"severity": _TEXT, "code": _TEXT, "subject": _TEXT, "text": _TEXT},
    "advice": {"add": _TEXT, "kind": _TEXT, "why": _TEXT, "expected_gain": _FLOAT, "how": _TEXT},
}  # fmt: skip
"""Table -> column -> kind, in the order in which they are written."""


def tables(result: Result) -> dict[str, pd.DataFrame]:
    """Return every table of a run by name, each with the columns of ``COLUMNS``."""
    rows: dict[str, Callable[[Result], list[Row]]] = {
        "lanes": _lanes, "bands": _bands, "wells": _wells, "arms": _arms, "plate_quality": _plate_quality,
        "samples": _samples, "effects": _effects, "leaves": _leaves, "findings": _findings, "advice": _advice,
    }  # fmt: skip
    return {name: frame(rows[name](result), COLUMNS[name]) for name in COLUMNS}


def frame(rows: Sequence[Row], columns: Mapping[str, str]) -> pd.DataFrame:
    """Return rows as a table with exactly these columns and kinds, also where there are no rows."""
    return pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=kind) for name, kind in columns.items()})


def write_tables(frames: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write each table as ``<name>.csv`` and ``<name>.parquet``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in frames.items():
        write_csv(table, folder / f"{name}.csv")
        table.to_parquet(folder / f"{name}.parquet", engine="pyarrow", index=False)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write UTF-8 CSV with dot decimals; numbers in full, missing ones empty, texts never a formula."""
    safe = table.copy()
    for column in safe.columns:
        if pd.api.types.is_string_dtype(safe[column].dtype):
            safe[column] = safe[column].map(_cell)
    safe.columns = pd.Index([_cell(str(column)) for column in safe.columns])
    safe.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _cell(text: Any) -> Any:
    """Return a text as CSV holds it; a lone carriage return, which readers take for the end of a row, as line feed."""
    if not isinstance(text, str):
        return text
    escaped = f"'{text}" if text.startswith(FORMULA_STARTS) else text
    return escaped.replace("\r\n", "\n").replace("\r", "\n")


def _estimate(name: str, estimate: Estimate) -> Row:
    return {
        name: estimate.value,
        f"{name}_low": estimate.low,
        f"{name}_high": estimate.high,
        f"{name}_state": estimate.state,
    }


def _caveats(estimate: Estimate) -> str:
    return "; ".join(f"{caveat.code}: {caveat.text}" for caveat in estimate.caveats)


def _or_nan(x: float | None) -> float:
    return math.nan if x is None else x


def _lanes(result: Result) -> list[Row]:
    return [
        {
            "blot": blot.name, "experiment": blot.experiment, "lane": lane.lane, "membrane": blot.membrane,
            "target": blot.target, "loading_control": blot.loading_control, "label": lane.label,
            "condition": lane.condition.label, "dose_molar": _or_nan(lane.dose_molar),
            "minutes_after_dose": _or_nan(lane.minutes_after_dose), "is_vehicle": lane.is_vehicle,
            **_estimate("ratio_to_vehicle", lane.ratio_to_vehicle), "ratio_log_se": lane.ratio_log_se,
            "origin": "manual" if any(band.origin == "manual" for band in lane.bands) else "auto",
            "caveats": _caveats(lane.ratio_to_vehicle),
        }
        for blot in result.blots
        for lane in blot.lanes
    ]  # fmt: skip


def _bands(result: Result) -> list[Row]:
    return [
        {
            "blot": blot.name, "experiment": blot.experiment, "lane": lane.lane, "role": band.role,
            "protein": band.name,
            "x_px": band.x_px, "y_px": band.y_px, "width_px": band.width_px, "height_px": band.height_px,
            "volume_grey_levels": band.volume, "volume_se_grey_levels": band.volume_se,
            "detection_limit_grey_levels": band.detection_limit, "saturated_fraction": band.saturated_fraction,
            "state": band.state, "origin": band.origin,
        }
        for blot in result.blots
        for lane in blot.lanes
        for band in lane.bands
    ]  # fmt: skip


def _wells(result: Result) -> list[Row]:
    describe = result.study.words.describe
    return [
        {
            "plate": plate.name, "experiment": plate.experiment, "well": well.name, "role": well.role,
            "condition": well.condition.label if well.condition else "",
            "described": describe(well.condition) if well.condition else "",
            "raw": well.raw, "reading": well.reading, "viability": well.viability, "state": well.state,
        }
        for plate in result.plates
        for well in plate.wells
    ]  # fmt: skip


def _arms(result: Result) -> list[Row]:
    return [
        {
            "plate": plate.name, "experiment": plate.experiment, "condition": arm.condition.label,
            "described": arm.described, "at_working_doses": arm.at_working_doses, "wells": arm.wells,
            **_estimate("viability", arm.viability), "log_viability": arm.log_viability, "log_se": arm.log_se,
            "used": plate.passes and arm.at_working_doses and not plate.time_zero,
        }
        for plate in result.plates
        for arm in plate.arms
    ]  # fmt: skip


def _plate_quality(result: Result) -> list[Row]:
    return [
        {
            "plate": plate.name, "experiment": plate.experiment, "readout": plate.readout, "reader": plate.reader,
            "read": plate.read, "passes": plate.passes,
            **_estimate("z_prime", plate.quality.z_prime),
            **_estimate("robust_z_prime", plate.quality.robust_z_prime),
            **_estimate("ssmd", plate.quality.ssmd),
            **_estimate("robust_ssmd", plate.quality.robust_ssmd),
            **_estimate("signal_window", plate.quality.signal_window),
            **_estimate("signal_to_background", plate.quality.signal_to_background),
            **_estimate("vehicle_cv", plate.quality.vehicle_cv),
            **_estimate("edge_ratio", plate.quality.edge_ratio),
            **_estimate("drift_down", plate.quality.drift_down),
            **_estimate("drift_across", plate.quality.drift_across),
        }
        for plate in result.plates
    ]  # fmt: skip


def _samples(result: Result) -> list[Row]:
    return [
        {
            "sample": sample.name, "experiment": sample.experiment, "readout": sample.readout,
            "condition": sample.condition.label, "described": sample.described,
            "at_working_doses": sample.at_working_doses,
            "minutes_after_dose": _or_nan(sample.minutes_after_dose),
            "events": sample.events, "cells": sample.cells, "singlets": sample.singlets,
            "population": population, "count": sample.counts.get(population, 0), **_estimate("fraction", fraction),
            "fraction_with_debris": (
                sample.fractions_with_debris[population].value if sample.fractions_with_debris else math.nan
            ),
            "passes": sample.passes,
        }
        for sample in result.samples
        for population, fraction in sample.fractions.items()
    ]  # fmt: skip


def _effects(result: Result) -> list[Row]:
    return [
        {
            "effect": effect.name, "label": effect.label, **_estimate("estimate", effect.estimate),
            "unit": effect.estimate.unit, "level": effect.estimate.level, "n": effect.estimate.n,
            "threshold": effect.threshold, "rule": effect.rule, "probability_at_or_above": effect.probability,
            "source": effect.source, "method": effect.estimate.method, "caveats": _caveats(effect.estimate),
        }
        for effect in result.verdict.effects
    ]  # fmt: skip


def _leaves(result: Result) -> list[Row]:
    verdict = result.verdict
    return [
        {
            "leaf": leaf,
            "probability": p,
            "called": leaf == verdict.called,
            "if_engaged": verdict.leaves_if_engaged.get(leaf, math.nan),
        }
        for leaf, p in verdict.leaves.items()
    ]


def _findings(result: Result) -> list[Row]:
    return [{"severity": f.severity, "code": f.code, "subject": f.subject, "text": f.text} for f in result.findings]


def _advice(result: Result) -> list[Row]:
    return [
        {"add": a.add, "kind": a.kind, "why": a.why, "expected_gain": _or_nan(a.expected_gain), "how": a.how}
        for a in result.verdict.advice
    ]
