"""GR curves as people read them, as JSON and as tables."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from avpi.cli.dose_growth_curves import ExperimentMeans, GrowthCurve
from avpi.cli.table_file import write_frame
from avpi.dose.growth_rate_fit import NUMBERS
from avpi.estimate import Estimate
from avpi.formats.growth_table import GrowthTable
from avpi.quantity import format_molar

MOLAR = ("gr50", "gec50")
HEADINGS = ("GR50", "GRmax", "GRinf", "h", "AOC", "growth")
GAP = "  "


def growth_lines(keys: Sequence[str], curves: Sequence[GrowthCurve], means: Sequence[ExperimentMeans]) -> Iterator[str]:
    """Yield a line for each curve, and below them one for each mean over experiments."""
    varying = [at for at in range(len(keys)) if len({curve.key[at] for curve in curves}) > 1] or list(range(len(keys)))
    same = [f"{keys[at]} {curves[0].key[at]}" for at in range(len(keys)) if at not in varying and curves[0].key[at]]
    if same:
        yield ", ".join(same)
    rows = [[*(keys[at] for at in varying), *HEADINGS]]
    for curve in curves:
        fit = curve.fit
        flat = ", flat" if fit.kind == "flat" else ""
        rows.append([
            *(curve.key[at] or "." for at in varying), f"{molar_words(fit.gr50)}{flat}", _number(fit.gr_max),
            _number(fit.gr_inf), _number(fit.hill_slope), _number(fit.gr_aoc), _growth(curve),
        ])  # fmt: skip
    yield from _aligned(rows)
    if means:
        yield ""
        yield "over experiments"
        lines = [[*("" for _ in means[0].key), "n", *HEADINGS[:-1]]]
        for mean in means:
            numbers = mean.numbers
            lines.append([
                *(word or "." for word in mean.key), str(numbers["gr_max"].n), molar_words(numbers["gr50"]),
                _number(numbers["gr_max"]), _number(numbers["gr_inf"]), _number(numbers["hill_slope"]),
                _number(numbers["gr_aoc"]),
            ])  # fmt: skip
        yield from _aligned(lines)


def said(curves: Sequence[GrowthCurve]) -> Iterator[str]:
    """Yield each reservation once, with how many curves have it."""
    counted = Counter((c.code, c.text) for curve in curves for c in curve.fit.caveats)
    by_code = Counter(code for code, _ in counted)
    told = set()
    for (code, text), number in counted.items():
        if by_code[code] == 1:
            yield f"{_of(number, len(curves))}: {text}"
        elif code not in told:
            told.add(code)
            total = sum(n for (other, _), n in counted.items() if other == code)
            yield f"{_of(total, len(curves))}: such as '{text}'"


def metric_rows(curves: Sequence[GrowthCurve], keys: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row of metrics for each curve."""
    rows = []
    for curve in curves:
        fit = curve.fit
        row: dict[str, Any] = dict(zip(keys, curve.key, strict=True))
        for name in NUMBERS:
            estimate: Estimate = getattr(fit, name)
            unit = "_molar" if name in MOLAR else ""
            row |= {
                f"{name}{unit}": estimate.value,
                f"{name}_low{unit}": estimate.low,
                f"{name}_high{unit}": estimate.high,
                f"{name}_state": estimate.state,
            }
        rows.append(row | {
            "kind": fit.kind, "flat_level": fit.flat_level, "r2": fit.r2, "flat_p": fit.flat_p, "points": fit.points,
            "doses": fit.doses, "growth": _least_growth(curve), "why": fit.why,
            "caveats": " ".join(dict.fromkeys(caveat.code for caveat in fit.caveats)),
        })  # fmt: skip
    return rows


def value_rows(curves: Sequence[GrowthCurve], keys: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row of GR for each treated well."""
    return [
        {
            **dict(zip(keys, curve.key, strict=True)),
            "place": row.place,
            "concentration_molar": row.concentration_molar,
            "cell_count": row.count,
            "growth": float(curve.rates.growth[at]),
            "gr": float(curve.rates.values[at]),
            "gr_standard_error": float(curve.rates.standard_errors[at]),
            "why": curve.rates.why[at],
        }
        for curve in curves
        for at, row in enumerate(curve.rows)
    ]


def growth_json(table: GrowthTable, curves: Sequence[GrowthCurve], means: Sequence[ExperimentMeans]) -> dict[str, Any]:
    """Return what ``avpi dose gr --json`` prints."""
    return {
        "table": table.source,
        "keys": list(table.keys),
        "by_division_time": table.by_division_time,
        "notes": list(table.notes),
        "curves": [
            {
                "key": dict(zip(table.keys, curve.key, strict=True)),
                "kind": curve.fit.kind,
                **{name: getattr(curve.fit, name).to_json() for name in NUMBERS},
                "flat_level": _or_none(curve.fit.flat_level),
                "r2": _or_none(curve.fit.r2),
                "flat_p": _or_none(curve.fit.flat_p),
                "points": curve.fit.points,
                "doses": curve.fit.doses,
                "growth": _or_none(_least_growth(curve)),
                "why": curve.fit.why,
            }
            for curve in curves
        ],
        "experiments": [
            {"key": list(mean.key), **{name: estimate.to_json() for name, estimate in mean.numbers.items()}}
            for mean in means
        ],
    }


def write_rows(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write rows as CSV or Parquet, by the ending of the name. The file appears when it is whole."""
    import pandas as pd

    write_frame(pd.DataFrame(list(rows)), path)


def molar_words(estimate: Estimate) -> str:
    """Return a concentration with its interval, as in "85 nM (68 nM to 110 nM)"; a bound as "> 10 µM"."""
    if estimate.state in ("above", "below"):
        return f"{'>' if estimate.state == 'above' else '<'} {_molar(estimate.value)}"
    if math.isnan(estimate.value):
        return estimate.state.replace("_", " ")
    if math.isnan(estimate.low) or math.isnan(estimate.high):
        return f"{_molar(estimate.value)} (no interval)"
    low = _molar(estimate.low) if estimate.low > 0 else "0"
    high = _molar(estimate.high) if math.isfinite(estimate.high) else "no limit"
    return f"{_molar(estimate.value)} ({low} to {high})"


def _molar(value: float) -> str:
    return format_molar(float(f"{value:.3g}"))


def _number(estimate: Estimate) -> str:
    return "." if math.isnan(estimate.value) else f"{estimate.value:.2f}"


def _growth(curve: GrowthCurve) -> str:
    growth = _least_growth(curve)
    return "." if math.isnan(growth) else f"{growth:.3g}x"


def _least_growth(curve: GrowthCurve) -> float:
    """Return the least growth of the untreated wells that a curve is compared with."""
    known = [float(each) for each in curve.rates.growth if math.isfinite(each)]
    return min(known, default=math.nan)


def _of(number: int, curves: int) -> str:
    return ("the curve" if curves == 1 else "all curves") if number == curves else f"{number} of {curves} curves"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        yield GAP.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _or_none(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
