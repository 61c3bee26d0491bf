"""The numbers of one fitted course, with profile-likelihood intervals and with states where there is no number."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from avpi.dose.course_fit import CourseFit
from avpi.dose.course_model import LONGEST
from avpi.dose.course_profile import delta_error, profile_ends
from avpi.estimate import Estimate, State, not_estimable

Floats = NDArray[np.float64]
Quantity = Callable[[Floats], float]

LN2 = math.log(2.0)
LOOKED_AT = 120
"""Times at which a course that returns is looked at for its lowest point and for crossings."""
NOT_AT_FLOOR = 0.1
"""Share of the loss still to come at the last time, above which the floor is an extrapolation."""
SHORTEST = 10.0
"""A half-life of the first time over this leaves a thousandth of the loss there: no lane can tell it from a shorter."""
CLOSER = 40
"""Halvings to a crossing."""

HALF_LIFE = "half-life of the loss (ln 2 / k)"
HALF_OF_LOSS = "time to half of the loss"
HALF_REMAINING = "time until half of the protein is left"
FLOOR = "floor of the loss"
LOWEST = "lowest remaining protein within the times"
RECOVERY = "half-life of the recovery (ln 2 / k2)"
ONSET = "onset of the recovery"
LAG = "lag before the loss"
REGAINED = "protein regained by the last time"


def half_life(fit: CourseFit, level: float) -> Estimate:
    """Return ln 2 / k in minutes: ``below`` the first time where the loss was complete there, ``above`` the last."""
    return _half_life(fit, "ln_half_life", HALF_LIFE, level)


def recovery_half_life(fit: CourseFit, level: float) -> Estimate:
    """Return the half-life of the recovery in minutes."""
    return _half_life(fit, "ln_recovery_half_life", RECOVERY, level)


def _half_life(fit: CourseFit, name: str, named: str, level: float) -> Estimate:
    low, high = fit.interval_of(name, _reach(fit), level)
    return _time(fit, math.exp(fit.value(name)), (math.exp(low), _exp(high)), named, level)


def half_of_loss(fit: CourseFit, level: float) -> Estimate:
    """Return the minutes to half of the loss: from the start to the floor, or to the lowest point of a return."""
    model = fit.model
    if not model.lag and not model.rebound:
        found = half_life(fit, level)
        method = found.method.replace(HALF_LIFE, HALF_OF_LOSS)
        return Estimate(
            value=found.value, low=found.low, high=found.high, level=level, unit="min", n=1, method=method,
            state=found.state,
        )  # fmt: skip

    def middle(b: Floats) -> float:
        bottom = lowest_point(fit, b)[1] if model.rebound else float(b[1])
        return time_to(fit, b, 0.5 * (1 + bottom))

    return _crossing(fit, middle, HALF_OF_LOSS, level)


def half_remaining(fit: CourseFit, level: float) -> Estimate:
    """Return the minutes until half of the protein is left; not estimable where more than half stays."""
    found = _crossing(fit, lambda b: time_to(fit, b, 0.5), HALF_REMAINING, level)
    if found.state != "not_estimable" or math.isfinite(time_to(fit, fit.parameters, 0.5)):
        return found
    last = float(fit.points.times[-1])
    left = lowest_point(fit, fit.parameters)[1]
    why = f"the fitted course stays above half ({left:.0%} at its lowest up to {last:g} min)"
    return not_estimable(f"{HALF_REMAINING} is undefined: {why}", unit="min", n=1)


def floor(fit: CourseFit, level: float) -> Estimate:
    """Return the fraction to which the protein falls; 0 where the fit leaves none (see ``or_less``)."""
    low, high = fit.interval_of("floor", (-math.inf, math.inf), level)
    value = fit.value("floor")
    method = f"{FLOOR} ({fit.model.words}), profile likelihood"
    if low == -math.inf and high == math.inf:
        return not_estimable(f"{method}: the data bound it on neither side", n=1)
    high = min(high, 1.0)
    found = Estimate(value=value, low=max(low, 0.0), high=high, level=level, n=1, method=method)
    half, last = math.exp(fit.value("ln_half_life")), float(fit.points.times[-1])
    to_come = 2.0 ** (-last / half)
    if to_come > NOT_AT_FLOOR:
        text = f"{to_come:.0%} of the loss were still to come at the last time: the floor is extrapolated."
        return found.with_caveat("floor_not_reached", text)
    return found


def or_less(one: Estimate) -> Estimate:
    """Return a fraction of 0 as what it is, ``below`` the upper end of its interval; others as they are."""
    if one.state != "measured" or one.value > 0:
        return one
    return replace(one, value=one.high, low=0.0, state="below")


def lowest(fit: CourseFit, level: float) -> Estimate:
    """Return the smallest fraction of the fitted course within the times."""
    at_end = left_at(fit, float(fit.points.times[-1]))
    of: Quantity = (lambda b: lowest_point(fit, b)[1]) if fit.model.rebound else at_end
    return fraction(fit, of, f"{LOWEST} ({fit.model.words})", level)


def remaining_at(fit: CourseFit, minutes: float, level: float) -> Estimate:
    """Return the fraction left at a time within those of the course."""
    named = f"remaining protein at {minutes:g} min ({fit.model.words})"
    first, last = float(fit.points.times[0]), float(fit.points.times[-1])
    if minutes > last:
        return not_estimable(f"{named}: the last time is {last:g} min", n=1)
    found = fraction(fit, left_at(fit, minutes), named, level)
    times = fit.points.times[fit.points.times > 0]
    if found.state != "not_estimable" and (minutes < first or not np.any(np.abs(np.log2(times / minutes)) <= 1)):
        near = times[np.argmin(np.abs(np.log(times / minutes)))]
        text = f"The nearest harvest is at {near:g} min: the value at {minutes:g} min is the model's."
        return found.with_caveat("no_harvest_near", text)
    return found


def left_at(fit: CourseFit, minutes: float) -> Quantity:
    """Return the function from parameters to the fraction left at a time."""
    at = np.array([minutes])
    return lambda b: float(fit.model.relative(at, b)[0])


def onset(fit: CourseFit, level: float) -> Estimate:
    """Return the minutes after which the protein returns."""
    return _moment(fit, "onset", ONSET, level)


def lag(fit: CourseFit, level: float) -> Estimate:
    """Return the minutes for which nothing happens."""
    return _moment(fit, "lag", LAG, level)


def _moment(fit: CourseFit, name: str, named: str, level: float) -> Estimate:
    low, high = fit.interval_of(name, (-math.inf, math.inf), level)
    value = fit.value(name)
    method = f"{named}, profile likelihood"
    if low == -math.inf and high == math.inf:
        return not_estimable(f"{named}: the data bound it on neither side", unit="min", n=1)
    return Estimate(value=value, low=max(low, 0.0), high=high, level=level, unit="min", n=1, method=method)


def regained(fit: CourseFit, level: float) -> Estimate:
    """Return the fraction of the start that has come back by the last time, counted from the lowest point."""
    last = left_at(fit, float(fit.points.times[-1]))
    return fraction(fit, lambda b: last(b) - lowest_point(fit, b)[1], REGAINED, level, smallest=-math.inf)


def regained_value(fit: CourseFit) -> float:
    """Return the same as a number alone."""
    last = float(fit.points.times[-1])
    return left_at(fit, last)(fit.parameters) - lowest_point(fit, fit.parameters)[1]


def fraction(fit: CourseFit, of: Quantity, named: str, level: float, *, smallest: float = 0.0) -> Estimate:
    """Return any fraction of the start that follows from the parameters."""
    low, high, how = _ends(fit, of, (smallest, math.inf), level)
    method = f"{named}, {how}"
    if low == -math.inf and high == math.inf:
        return not_estimable(f"{method}: the data bound it on neither side", n=1)
    value = of(fit.parameters)
    return Estimate(value=value, low=max(low, smallest), high=high, level=level, n=1, method=method)


def time_to(fit: CourseFit, b: Floats, wanted: float) -> float:
    """Return the minutes at which a course first falls to a fraction of its start; nan if it never does."""
    bottom, ln_half = float(b[1]), float(b[2])
    lag = float(b[3]) if fit.model.lag else 0.0
    if not fit.model.rebound:
        if not bottom < wanted < 1:
            return math.nan
        return lag + math.exp(ln_half) * math.log2((1 - bottom) / (wanted - bottom))
    times, y = _looked_at(fit, b)
    under = np.flatnonzero(y <= wanted)
    if not under.size or under[0] == 0:
        return math.nan
    early, late = float(times[under[0] - 1]), float(times[under[0]])
    for _ in range(CLOSER):
        middle = 0.5 * (early + late)
        if left_at(fit, middle)(b) > wanted:
            early = middle
        else:
            late = middle
    return 0.5 * (early + late)


def lowest_point(fit: CourseFit, b: Floats) -> tuple[float, float]:
    """Return minutes and fraction of the lowest point within the times of the course."""
    last = float(fit.points.times[-1])
    if not fit.model.rebound:
        return last, left_at(fit, last)(b)
    times, y = _looked_at(fit, b)
    i = int(np.argmin(y))
    return float(times[i]), float(y[i])


def _looked_at(fit: CourseFit, b: Floats) -> tuple[Floats, Floats]:
    times = fit.points.times
    first, last = float(times[times > 0][0]), float(times[-1])
    grid = np.concatenate([[0.0], np.geomspace(first / 10, last, LOOKED_AT), [min(max(float(b[-1]), 0.0), last)]])
    grid.sort()
    return grid, fit.model.relative(grid, b)


def _crossing(fit: CourseFit, of: Quantity, named: str, level: float) -> Estimate:
    value = of(fit.parameters)
    if not math.isfinite(value) or value <= 0:
        return not_estimable(f"{named}: the fitted course does not reach it", unit="min", n=1)
    low, high, how = _ends(fit, lambda b: _log(of(b)), _reach(fit), level)
    return _time(fit, value, (math.exp(low), _exp(high)), named, level, how=how)


def _ends(fit: CourseFit, of: Quantity, reach: tuple[float, float], level: float) -> tuple[float, float, str]:
    """Return an interval and how it was obtained: a profile, or linearised where the course returns.

    A return has six parameters and a corner at its onset; its profiles are slow and gain little over linearisation.
    """
    error = delta_error(fit, of) if fit.model.rebound and fit.df >= 1 else 0.0
    if error > 0:
        half, value = error * float(stats.t.ppf(0.5 + level / 2, fit.df)), of(fit.parameters)
        low, high = value - half, value + half
        return (
            low if low >= reach[0] else -math.inf,
            high if high <= reach[1] else math.inf,
            "standard error by linearisation",
        )
    return *profile_ends(fit, of, reach, level), "profile likelihood"


def _reach(fit: CourseFit) -> tuple[float, float]:
    """Return the logarithms of times beyond which the harvests say nothing of a half-life."""
    times = fit.points.times[fit.points.times > 0]
    return math.log(times[0] / SHORTEST), math.log(LONGEST * times[-1])


def _time(
    fit: CourseFit,
    value: float,
    ends: tuple[float, float],
    named: str,
    level: float,
    *,
    how: str = "profile likelihood",
) -> Estimate:
    """Return a time as an estimate: censored at the first or last harvest where the data do not bound it there."""
    low, high = ends
    times = fit.points.times[fit.points.times > 0]
    first, last = float(times[0]), float(times[-1])
    method = f"{named} ({fit.model.words}), {how}"
    state: State = "measured"
    if low == 0.0 and high == math.inf:
        return not_estimable(f"{method}: the data bound it on neither side", unit="min", n=1)
    if low == 0.0 and value <= first:
        state, value = "below", max(first, high)
    elif value > last:
        state, value, high = "above", last, math.inf
    return Estimate(value=value, low=low, high=high, level=level, unit="min", n=1, method=method, state=state)


def _log(value: float) -> float:
    return math.log(value) if value > 0 else math.nan


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf
