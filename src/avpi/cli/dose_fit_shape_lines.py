"""Curves that were fitted in a shape, as lines of a screen, as JSON and as rows of a table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from avpi.cli.dose_fit_lines import SMALLEST_P
from avpi.cli.dose_fit_shapes import KINDS, FittedCurve
from avpi.estimate import Estimate
from avpi.quantity import format_molar


def shape_lines(curves: Sequence[FittedCurve]) -> Iterator[str]:
    """Yield the lines of each curve: its shape, and both EC50s below."""
    for curve in curves:
        p = "" if math.isnan(curve.p_flat) else (
            f", p < {SMALLEST_P:g}" if curve.p_flat < SMALLEST_P else f", p = {curve.p_flat:.2g}"
        )  # fmt: skip
        weight = "" if math.isnan(curve.akaike_weight) else f", Akaike weight {curve.akaike_weight:.2f}"
        shape = "no shape" if curve.fit is None else curve.fit.shape.name.replace("_", " ") + _held(curve)
        yield f"{curve.wells.label}  {shape}{weight}{p}"
        if curve.reason:
            yield f"  EC50 not estimable: {curve.reason}"
            continue
        for which in KINDS:
            yield f"  {which:<8} EC50 {dose_text(curve.ec50s[which])}"


def dose_text(found: Estimate) -> str:
    """Return an EC50 with its interval, a bound, or why there is none."""
    if found.state in ("above", "below"):
        return f"{'>' if found.state == 'above' else '<'} {_molar(found.value)}"
    if not math.isfinite(found.value):
        return f"not estimable: {found.method.rpartition(': ')[2]}"
    low = "open" if found.low <= 0 else _molar(found.low)
    high = "open" if math.isinf(found.high) else _molar(found.high)
    return f"{_molar(found.value)} ({low} to {high}, {found.level * 100:g} %)"


def shape_record(curve: FittedCurve) -> dict[str, Any]:
    """Return a curve as JSON; a number that is not there or not finite is null."""
    fit = curve.fit
    return {
        **{name: None if value is None else str(value) for name, value in curve.wells.named.items()},
        "shape": fit.shape.name if fit is not None else "",
        "held": dict(fit.shape.held) if fit is not None else {},
        "akaike_weight": _number(curve.akaike_weight),
        "suspected_hook": curve.suspected_hook,
        "p_flat": _number(curve.p_flat),
        "reason": curve.reason,
        "ec50_relative": curve.ec50s["relative"].to_json(),
        "ec50_absolute": curve.ec50s["absolute"].to_json(),
        "parameters": _parameters(curve),
        "rss": _number(fit.rss) if fit is not None else None,
        "aicc": _number(fit.aicc) if fit is not None else None,
        "n_wells": int(curve.wells.responses.size),
        "n_experiments": curve.wells.experiment_count,
    }


def shape_row(curve: FittedCurve) -> dict[str, Any]:
    """Return a curve as a row of a table: the fields of its JSON, each EC50 in columns."""
    record = shape_record(curve)
    held = record.pop("held")
    parameters = record.pop("parameters")
    for which in KINDS:
        of_json = record.pop(f"ec50_{which}")
        found = curve.ec50s[which]
        record |= {
            f"ec50_{which}_molar": of_json["value"],
            f"ec50_{which}_low_molar": None if of_json["value"] is None else found.low,
            f"ec50_{which}_high_molar": None if of_json["value"] is None else found.high,
            f"ec50_{which}_state": found.state,
        }
    record["held"] = "; ".join(f"{name}={value:g}" for name, value in held.items())
    record["parameters"] = "; ".join(f"{name}={value:.6g}" for name, value in parameters.items() if value is not None)
    record["caveats"] = " ".join(dict.fromkeys(c.text for found in curve.ec50s.values() for c in found.caveats))
    return record


def reservations(curves: Sequence[FittedCurve]) -> list[str]:
    """Return what qualifies the EC50s, each with the curve it is about."""
    found = []
    for curve in curves:
        texts = dict.fromkeys(c.text for one in curve.ec50s.values() for c in one.caveats)
        found += [f"{curve.wells.label}: {text}" for text in texts]
    return found


def _held(curve: FittedCurve) -> str:
    held = curve.fit.shape.held if curve.fit is not None else ()
    return f" with {' and '.join(f'{name} {value:g}' for name, value in held)} held" if held else ""


def _parameters(curve: FittedCurve) -> dict[str, float | None]:
    fit = curve.fit
    return {} if fit is None else {name: _number(fit.value(name)) for name in fit.shape.parameters}


def _number(x: float) -> float | None:
    return float(x) if math.isfinite(x) else None


def _molar(value: float) -> str:
    return format_molar(float(f"{value:.3g}"))
