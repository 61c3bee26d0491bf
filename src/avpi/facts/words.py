"""How measurements, limits and numbers are worded for a scientist."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from avpi.facts.schema import (
    CURVE_MEASURES,
    EVENT_MEASURES,
    OF_WHOLE_CELLS,
    VIABILITY,
    Bound,
    DoseResponse,
    DoseUnit,
    Measure,
    Unit,
)
from avpi.quantity import format_minutes, format_molar, format_ng_per_ml

MINUTES_PER_HOUR = 60
DIGITS = 3

_NAMES: dict[str, str] = {
    "viability": "viability",
    "dead": "dead fraction",
    "band": "{} band",
    "mrna": "{} mRNA",
    "nuclear": "nuclear {}",
    "quadrant": "fraction {}",
    "mode": "share of {} among the dead",
    "elisa": "{} by ELISA",
    "activity": "{} activity",
    "complex": "complex {}",
    "death_time": "{} of the time of death",
    "momp_time": "{} of the time of MOMP",
}


def measured(measure: Measure, curves: Sequence[DoseResponse] = ()) -> str:
    """Return a measure in words: "cIAP1 band", "EC50 of birinapant on viability"."""
    if curves and measure.kind in CURVE_MEASURES:
        name = "EC50" if measure.kind == "ec50" else "Emax"
        of = measure.argument.replace("_", " ") or measured(curves[0].of or VIABILITY)
        return f"{name} of {' / '.join(dict.fromkeys(curve.reagent for curve in curves))} on {of}"
    argument = measure.argument.replace("_", " ")
    return _NAMES.get(measure.kind, measure.kind + " {}").format(argument).strip()


def no_number(measure: Measure, time_hours: float | None) -> str:
    """Return why there is no number at a time, or (None) from some time on: "no cells left to lyse at 48 h".

    A blot needs cells that are whole, a PCR and a stain of the nucleus living ones; a share of the dead needs dead
    cells, a spread two.
    """
    at = "" if time_hours is None else f" at {hours(time_hours)}"
    by = "" if time_hours is None else f" by {hours(time_hours)}"
    if measure.kind in OF_WHOLE_CELLS:
        return f"no cells left to lyse{at}"
    if measure.kind == "mode":
        return f"no cell has died{by}"
    if measure.kind in EVENT_MEASURES:
        event = "died" if measure.kind == "death_time" else "undergone MOMP"
        return f"fewer than two cells have {event}{by}"
    return "the model gave no number"


def at_times(times_hours: Sequence[float]) -> str:
    """Return times in words: "at 30 min and 4 h"."""
    texts = [hours(time) for time in times_hours]
    return "at " + (texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}")


def hours(time: float) -> str:
    """Return a time as people write it."""
    if not math.isfinite(time):
        return number(time)
    minutes = float(f"{time * MINUTES_PER_HOUR:.{DIGITS + 1}g}")
    return format_minutes(minutes) if minutes < MINUTES_PER_HOUR else f"{float(f'{time:.{DIGITS}g}'):g} h"


def number(value: float) -> str:
    """Return a pure number with three digits."""
    return f"{float(f'{value:.{DIGITS}g}'):g}" if math.isfinite(value) else "no number" if math.isnan(value) else "∞"


def with_unit(value: float, unit: Unit, dose_unit: DoseUnit = "molar") -> str:
    """Return a number with its unit."""
    if not math.isfinite(value) or unit == "":
        return number(value)
    if unit == "h":
        return hours(value)
    if unit == "pg/mL":
        return f"{number(value)} pg/mL"
    rounded = float(f"{value:.{DIGITS}g}")
    return format_molar(rounded) if dose_unit == "molar" else format_ng_per_ml(rounded)


def interval(low: float, high: float, unit: Unit, dose_unit: DoseUnit = "molar") -> str:
    """Return a number that is known only to lie in an interval: "above 10 µM"."""
    if low == high or math.isnan(low) or math.isnan(high):
        return with_unit(low if low == high else math.nan, unit, dose_unit)
    if math.isinf(high):
        return f"above {with_unit(low, unit, dose_unit)}"
    if low == 0:
        return f"below {with_unit(high, unit, dose_unit)}"
    return f"{with_unit(low, unit, dose_unit)} to {with_unit(high, unit, dose_unit)}"


def bounded(bound: Bound, unit: Unit, dose_unit: DoseUnit = "molar") -> str:
    """Return a bound in words: "below 0.1", "within 3 to 20"."""
    say: Callable[[float], str] = lambda value: with_unit(value, unit, dose_unit)  # noqa: E731 - one line, used thrice
    parts = []
    if bound.above is not None:
        parts.append(f"above {say(bound.above)}")
    if bound.below is not None:
        parts.append(f"below {say(bound.below)}")
    if bound.within is not None:
        parts.append(f"within {say(bound.within[0])} to {say(bound.within[1])}")
    return " and ".join(parts)
