"""What is read off a course: its peak, its half-life, and how far it is from a published one.

Where hardly a cell is whole any more there is no lysate, and the course of a band ends: nan from there on.
A laboratory has no lane there either, so a course is judged on the part that was seen. A **peak** is the highest of
what was seen; a **half-life** that was not reached is longer than what was seen; a **series** is compared at the times
that gave a number, if they are at least half of those published and two.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FLAT = 1e-3
"""A course that moves by less than this share of its largest value has no peak."""
FEWEST_POINTS = 2
"""Of a course: one point has no shape."""
NO_NUMBER = "the model gave no number"


def peak(times: Floats, line: Floats) -> tuple[float, str]:
    """Return when a course (times,) is highest, or nan and why it has no peak."""
    there = np.isfinite(line)
    if there.sum() < FEWEST_POINTS:
        return math.nan, NO_NUMBER
    seen = line[there]
    if np.ptp(seen) <= FLAT * np.abs(seen).max():
        return math.nan, "the course is flat"
    return float(times[there][np.argmax(seen)]), ""


def half_life(times: Floats, line: Floats) -> tuple[float, float, str]:
    """Return the interval of the half-life in hours after the first time, or nan twice and why there is none."""
    there = np.isfinite(line)
    if not there[0] or there.sum() < FEWEST_POINTS:
        return math.nan, math.nan, NO_NUMBER
    if line[0] <= 0:
        return math.nan, math.nan, "there is nothing at the beginning"
    times, line = times[there], line[there]
    fallen = line <= line[0] / 2
    if not fallen.any():
        return float(times[-1] - times[0]), math.inf, ""
    after = int(np.argmax(fallen))
    share = (line[after - 1] - line[0] / 2) / (line[after - 1] - line[after])
    found = float(times[after - 1] + share * (times[after] - times[after - 1]) - times[0])
    return found, found, ""


def seen_until(times: Floats, lines: Floats) -> float | None:
    """Return the last time at which any of the lines (lines, times) gave a number; None where all times did."""
    there: NDArray[np.bool_] = np.atleast_1d(np.isfinite(lines).any(axis=0))
    if there[-1] or not there.any():
        return None
    return float(times[there][-1])


def normalised(values: Floats, normalise: str) -> Floats:
    """Return values (n,) relative to their largest or first, over those that are numbers; as they are if that is 0."""
    there = values[np.isfinite(values)]
    if normalise == "none" or not there.size:
        return values
    divisor = float(there.max() if normalise == "max" else values[0])
    return values / divisor if divisor > 0 else values


def distance(model: Floats, data: Floats, normalise: str) -> tuple[float, str]:
    """Return the normalised root mean square difference, or nan and why there is none.

    Points (n,) at which the model gave no number are left out of both before they are normalised.
    """
    there = np.isfinite(model)
    if there.sum() < max(FEWEST_POINTS, model.size / 2):
        return math.nan, NO_NUMBER if not there.any() else f"only {there.sum()} of {model.size} points gave a number"
    if normalise == "first" and not there[0]:
        return math.nan, "the first point, which the others are relative to, gave no number"
    model, data = model[there], data[there]
    if normalise != "none":
        divisors = [float(values.max() if normalise == "max" else values[0]) for values in (model, data)]
        if min(divisors) <= 0:
            whose = "model" if divisors[0] <= 0 else "published"
            return math.nan, f"the {whose} {'maximum' if normalise == 'max' else 'first value'} is not above 0"
        model, data = normalised(model, normalise), normalised(data, normalise)
    if np.ptp(data) == 0:
        return math.nan, "the published values are all the same"
    return float(np.sqrt(np.mean((model - data) ** 2)) / np.ptp(data)), ""
