"""Readings that may be intervals: their quotient, their difference, and whether they are within a bound."""

from __future__ import annotations

import math

from avpi.facts.readings import Reading
from avpi.facts.schema import Bound

ROUNDING = 1e-9
"""What floating point may take from a number that lies on its limit, as a share of it."""


def over(a: Reading, b: Reading) -> Reading:
    """Divide; nothing where the denominator is 0 or may be. What is finite is nothing of what never comes (inf)."""
    silent = a.silent_lines + b.silent_lines
    if not (a.exists and b.exists) or b.low == b.high == 0 or (math.isinf(a.low) and math.isinf(b.low)):
        return Reading(low=math.nan, high=math.nan, silent_lines=silent)
    if a.low == a.high and b.low == b.high:
        return Reading(low=a.low / b.low, high=a.low / b.low, silent_lines=silent)
    low = 0.0 if math.isinf(b.high) else a.low / b.high
    high = math.inf if b.low == 0 or math.isinf(a.high) else a.high / b.low
    return Reading(low=low, high=high, silent_lines=silent)


def less(a: Reading, b: Reading) -> Reading:
    """Subtract; nothing where both are infinite."""
    silent = a.silent_lines + b.silent_lines
    low = -math.inf if math.isinf(b.high) and not math.isinf(a.low) else a.low - b.high
    return Reading(low=low, high=a.high - b.low, silent_lines=silent)


def inside(reading: Reading, bound: Bound) -> bool:
    """Return whether the whole interval is within a bound."""
    if not reading.exists:
        return False
    low, high = reading.low, reading.high
    censored = low != high
    slack = ROUNDING * max(map(abs, bound.within)) if bound.within else 0.0
    return (
        (bound.above is None or low > bound.above or (censored and low == bound.above))
        and (bound.below is None or high < bound.below or (censored and high == bound.below))
        and (bound.within is None or (low >= bound.within[0] - slack and high <= bound.within[1] + slack))
    )
