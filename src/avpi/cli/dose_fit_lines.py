"""Fitted curves as people read them, and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from avpi.quantity import format_molar

MOST_LINES = 40
"""Curves that are printed one by one: what a screen holds."""
SMALLEST_P = 1e-4
"""Smaller p-values are extrapolated, and their digits mean nothing."""


def block_lines(block: Any, curve: Sequence[str], level: float) -> Iterator[str]:
    """Yield a line for each curve of a block."""
    rows = block.to_pylist()
    names = [", ".join(str(row[name]) for name in curve) for row in rows]
    width = max(map(len, names), default=0)
    for name, row in zip(names, rows, strict=True):
        yield f"{name:<{width}}  {ec50_words(row, level)}{_more(row)}"


def ec50_words(row: Mapping[str, Any], level: float) -> str:
    """Return an EC50 with its interval, a bound, or why there is none."""
    state, value = row["ec50_state"], row["ec50_molar"]
    if state == "not_estimable":
        return f"EC50 not estimable: {row['reason']}"
    low, high = row["ec50_low_molar"], row["ec50_high_molar"]
    if state == "measured":
        return f"EC50 {_molar(value)} ({_molar(low)} to {_molar(high)}, {level * 100:g} %)"
    mark = ">" if state == "above" else "<"
    return f"EC50 {mark} {_molar(value)}: {row['reason']}"


def summary_line(curves: int, counts: Mapping[str, int]) -> str:
    """Return how many curves have which kind of EC50."""
    words = {"measured": "measured", "above": "above a bound", "below": "below a bound"}
    parts = [f"{counts[state]:,} {word}" for state, word in words.items()]
    noun = "curve" if curves == 1 else "curves"
    return f"{curves:,} {noun}: EC50 {', '.join(parts)}, {counts['not_estimable']:,} not estimable"


def json_rows(block: Any) -> list[dict[str, Any]]:
    """Return the curves of a block; a number that is not there or not finite is null."""
    return [{name: _plain(value) for name, value in row.items()} for row in block.to_pylist()]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _more(row: Mapping[str, Any]) -> str:
    """Return slope and plateaus where the EC50 is measured, and the p-value."""
    words = ""
    if row["ec50_state"] == "measured":
        words += f", slope {row['hill_slope']:.2g}, from {row['top']:.2f} to {row['bottom']:.2f}"
    if row["ec50_state"] != "not_estimable":
        p = row["p_flat"]
        words += f", p < {SMALLEST_P:g}" if p < SMALLEST_P else f", p = {p:.2g}"
    return words


def _molar(value: float) -> str:
    return format_molar(float(f"{value:.3g}"))
