"""Times of kinetic reads as programs write them, in seconds: "0:01:30", "0:00.210", "1 h 15 min", "62 min 42 s"."""

from __future__ import annotations

import datetime as dt
import re

_CLOCK = re.compile(r"^(?:(\d+) days?, )?(\d+):(\d{1,2})(?::(\d{1,2}))?([.,]\d+)?$")
_PARTS = re.compile(r"^(?:(\d+(?:[.,]\d+)?)\s*h)?\s*(?:(\d+(?:[.,]\d+)?)\s*min)?\s*(?:(\d+(?:[.,]\d+)?)\s*s)?$")
_SECONDS_IN = {"s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0, "ms": 0.001}
UNIT_IN_BRACKETS = re.compile(r"[(\[]\s*(ms|s|sec|min|h)\s*[)\]]", re.IGNORECASE)
SECONDS_A_DAY = 86_400.0
_SPREADSHEET_DAY_ZERO = dt.datetime(1899, 12, 30)
"""A spreadsheet stores times as days since this one; a run of more than a day comes out as a date."""
_DATE = re.compile(r"^(?:1899-12-3|1900-0)\S+T\d\d:\d\d:\d\d")


def seconds_of(text: str, unit: str = "") -> float | None:
    """Return a time in seconds; None if it is none.

    Parameters
    ----------
    text : "h:mm:ss", "m:ss", "m:ss.fff", "1 day, 0:07:33", parts with "h", "min" and "s", or a bare number.
    unit : of a bare number: "s", "min", "h" or "ms"; without one a bare number is no time.
    """
    text = text.strip()
    if match := _CLOCK.match(text):
        days, first, second, third, fraction = match.groups()
        # Two parts are minutes and seconds, three are hours, minutes and seconds.
        whole = int(first) * 60 + int(second) if third is None else int(first) * 3600 + int(second) * 60 + int(third)
        return int(days or 0) * SECONDS_A_DAY + whole + float((fraction or "0").replace(",", "."))
    if text and (match := _PARTS.match(text)) and any(match.groups()):
        hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in match.groups())
        return hours * 3600 + minutes * 60 + seconds
    if _DATE.match(text):
        return (dt.datetime.fromisoformat(text) - _SPREADSHEET_DAY_ZERO).total_seconds()
    factor = _SECONDS_IN.get(unit.lower())
    try:
        return float(text.replace(",", ".")) * factor if factor and text else None
    except ValueError:
        return None
