"""Each expectation against simulated experiments: whether it holds, what was expected, and what came out.

**Rescue** is ``(rescued - treated) / (reference - treated)``: of viability the share of the loss that is restored, of a
dead fraction the share of the deaths that do not happen; the formula is the same. Where treatment changes less than
:data:`LEAST_LOSS` there is nothing to rescue and the expectation does not hold.

**Series** are compared by the root mean square difference over the range of the published values, both normalised
first. **Half-life** counts from the last addition, at whose time the amount is 1. An expectation at several times must
hold at each. A number that is known only to lie in an interval (an EC50 above the highest dose) is within a bound if
the whole interval is.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.facts.read_measures import curve_of
from avpi.facts.readings import (
    OutcomeOf,
    Reading,
    arms_of,
    course,
    curve_measured,
    curve_numbers,
    dose_grid,
    line_numbers,
    median_line,
    readings,
    times_of,
)
from avpi.facts.schema import (
    EVENT_MEASURES,
    Bound,
    Difference,
    DoseUnit,
    Ec50Ratio,
    Expectation,
    Fact,
    FractionOfLines,
    HalfLife,
    Measure,
    Order,
    PeakAt,
    Ratio,
    Rescue,
    Series,
    Unit,
    Value,
)
from avpi.facts.words import at_times, bounded, hours, interval, measured, number, with_unit

NO_NUMBER = "the model gave no number"
FLAT = 1e-3
"""A course that moves by less than this share of its largest value has no peak."""

ROUNDING = 1e-9
"""What floating point may take from a number that lies on its limit, as a share of it."""

LEAST_LOSS = 0.05
"""The smallest loss that can be rescued, as a share of the larger of treated and reference; below it, a share of the
loss would be a share of nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Whether an expectation holds, and two sentences with numbers."""

    passed: bool
    expected: str
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    """A number at one time, what it was made of, and why there is none where there is none."""

    reading: Reading
    made_of: str = ""
    why: str = ""


def judge(expectation: Expectation, fact: Fact, outcome_of: OutcomeOf) -> Judged:
    """Return whether an expectation holds.

    Raises
    ------
    NotInModel
        If the model lacks a measurement.
    """
    judging, unit = _Judging(expectation, fact, outcome_of), expectation.measure.unit
    match expectation:
        case Value(arm=arm):
            numbers = [_Number(reading=reading) for reading in judging.of(arm)]
            return judging.against(expectation.bound, arm, numbers, unit)
        case Ratio(numerator=a, denominator=b):
            return judging.against(expectation.bound, f"{a} / {b}", judging.pairs(a, b, _over, " / ", unit), "")
        case Ec50Ratio(numerator=a, denominator=b):
            numbers = judging.pairs(a, b, _over, " / ", "dose")
            return judging.against(expectation.bound, f"{a} / {b}", numbers, "")
        case Difference(arm=a, less=b):
            numbers = judging.pairs(a, b, _less, " - ", unit)
            return judging.against(expectation.bound, f"{a} - {b}", numbers, unit)
        case Order():
            return judging.order(expectation)
        case Rescue():
            return judging.rescue(expectation)
        case FractionOfLines():
            return judging.fraction(expectation)
        case Series():
            return judging.series(expectation)
        case PeakAt(arm=arm):
            numbers = [_Number(reading=judging.peak(arm))]
            return judging.against(expectation.bound, f"peak of {arm}", numbers, "h", when=judging.until(arm))
        case HalfLife(arm=arm):
            numbers = [_Number(reading=judging.half_life(arm))]
            return judging.against(expectation.bound, f"half-life of {arm}", numbers, "h", when=judging.until(arm))


class _Judging:
    """One expectation while it is judged."""

    def __init__(self, expectation: Expectation, fact: Fact, outcome_of: OutcomeOf) -> None:
        self.expectation, self.fact, self.outcome_of = expectation, fact, outcome_of
        self.measure: Measure = expectation.measure

    def of(self, arm: str) -> list[Reading]:
        """Return the readings of an arm, one for each time."""
        return readings(self.expectation, arm, self.fact, self.outcome_of)

    def pairs(
        self, a: str, b: str, join: Callable[[Reading, Reading], Reading], sign: str, unit: Unit
    ) -> list[_Number]:
        """Return two arms joined, time by time."""
        dose = self.dose_unit(a)
        return [
            _Number(reading=join(x, y), made_of=_say(x, unit, dose) + sign + _say(y, unit, dose), why=_why(y, b))
            for x, y in zip(self.of(a), self.of(b), strict=True)
        ]

    def dose_unit(self, arm: str) -> DoseUnit:
        """Return what the doses of an arm's dose response are counted in."""
        curve = curve_measured(self.expectation, self.fact.arm(arm))
        return "molar" if curve is None else curve.unit

    def first_arm(self) -> str:
        """Return an arm that stands for all in what depends on the measure only."""
        return arms_of(self.expectation)[0]

    def times(self) -> tuple[float, ...]:
        """Return the times at which the expectation must hold."""
        arm = self.fact.arm(self.first_arm())
        curve = curve_measured(self.expectation, arm)
        measure = self.measure if curve is None else curve_of(self.measure, curve)
        return times_of(self.expectation, arm, measure)

    def until(self, arm: str) -> str:
        """Return how long a course is watched, in words."""
        return f"watched until {hours(times_of(self.expectation, self.fact.arm(arm), self.measure)[-1])}"

    def heading(self, subject: str, when: str = "") -> str:
        """Return what is looked at, in words: "sm / vehicle, cIAP1 band at 30 min"."""
        arms = [self.fact.arm(name) for name in arms_of(self.expectation)]
        curves = [curve for arm in arms if (curve := curve_measured(self.expectation, arm)) is not None]
        asked = self.measure
        if isinstance(self.expectation, Ec50Ratio):
            of = curve_of(asked, curves[0])
            asked = Measure(kind="ec50", argument=measured(of))
        what = measured(asked, curves)
        if not when:
            times = self.times()
            when = f"until {hours(times[-1])}" if self.measure.kind in EVENT_MEASURES else at_times(times)
        return f"{subject}, {what} {when}"

    def against(self, bound: Bound, subject: str, numbers: Sequence[_Number], unit: Unit, when: str = "") -> Judged:
        """Return whether every number is within a bound."""
        dose = self.dose_unit(self.first_arm())
        expected = f"{self.heading(subject, when)}: {bounded(bound, unit, dose)}"
        times = self.times() if len(numbers) > 1 else ()
        texts = []
        for place, one in enumerate(numbers):
            text = _say(one.reading, unit, dose)
            if not one.reading.exists:
                text += f", because {one.why or NO_NUMBER}"
            if one.made_of:
                text += f" ({one.made_of})"
            texts.append(text + (f" {at_times([times[place]])}" if times else ""))
        return Judged(passed=all(_inside(n.reading, bound) for n in numbers), expected=expected, got=", ".join(texts))

    def order(self, expectation: Order) -> Judged:
        """Return whether the arms rise in their order, each step by the margin."""
        unit, dose = self.measure.unit, self.dose_unit(expectation.arms[0])
        step = f", each step at least {with_unit(expectation.margin, unit, dose)}" if expectation.margin else ""
        expected = f"{self.heading(' < '.join(expectation.arms))}{step}"
        columns = [self.of(arm) for arm in expectation.arms]
        passed, texts = True, []
        for place, time in enumerate(self.times()):
            values = [column[place] for column in columns]
            steps = [_less(later, earlier) for earlier, later in itertools.pairwise(values)]
            passed &= all(s.exists and s.low >= expectation.margin * (1 - ROUNDING) and s.low > 0 for s in steps)
            shown = (f"{arm} {_say(v, unit, dose)}" for arm, v in zip(expectation.arms, values, strict=True))
            texts.append(", ".join(shown) + (f" {at_times([time])}" if len(self.times()) > 1 else ""))
        return Judged(passed=passed, expected=expected, got="; ".join(texts))

    def rescue(self, expectation: Rescue) -> Judged:
        """Return the share of the loss that is restored."""
        names = (expectation.treated, expectation.rescued, expectation.reference)
        unit, dose = self.measure.unit, self.dose_unit(names[0])
        numbers = []
        for treated, rescued, reference in zip(*(self.of(name) for name in names), strict=True):
            loss = _less(reference, treated)
            share = _over(_less(rescued, treated), loss)
            nothing = loss.exists and abs(loss.value) <= LEAST_LOSS * max(abs(reference.value), abs(treated.value))
            if nothing:
                share = Reading(low=math.nan, high=math.nan)
            shown = (treated, rescued, reference)
            made = ", ".join(f"{name} {_say(one, unit, dose)}" for name, one in zip(names, shown, strict=True))
            why = f"{names[0]} and {names[2]} hardly differ" if nothing else ""
            numbers.append(_Number(reading=share, made_of=made, why=why))
        subject = f"rescue of {names[0]} by {names[1]} towards {names[2]}"
        return self.against(expectation.bound, subject, numbers, "")

    def fraction(self, expectation: FractionOfLines) -> Judged:
        """Return the share of lines on one side of the limit."""
        arm = self.fact.arm(expectation.arm)
        dose = self.dose_unit(expectation.arm)
        curve = curve_measured(expectation, arm)
        if curve is None:
            lines = line_numbers(expectation, arm, self.outcome_of)
        else:  # an EC50 above the highest dose is infinite, one below the lowest is the lowest
            lines = curve_numbers(expectation, arm, curve, self.outcome_of)[1]
        numbers = []
        for column in lines.T:
            there = column[~np.isnan(column)]
            hit = there < expectation.limit if expectation.side == "below" else there > expectation.limit
            share = float(hit.mean()) if there.size else math.nan
            made = f"{int(hit.sum())} of {there.size} lines"
            silent = Reading(low=share, high=share, silent_lines=column.size - there.size)
            numbers.append(_Number(reading=silent, made_of=made))
        limit = with_unit(expectation.limit, self.measure.unit, dose)
        subject = f"share of the lines of {expectation.arm} with a value {expectation.side} {limit}"
        return self.against(expectation.bound, subject, numbers, "")

    def series(self, expectation: Series) -> Judged:
        """Return whether a course is near the published one."""
        arm = self.fact.arm(expectation.arm)
        curve = curve_measured(expectation, arm)
        if curve is None:
            lines = line_numbers(expectation, arm, self.outcome_of)
            model = np.array([median_line(column, column).value for column in lines.T])
            heading = self.heading(expectation.arm)
        else:
            _, grid = dose_grid(expectation, arm, curve, self.outcome_of)
            model = np.array([median_line(column, column).value for column in grid[:, 1:, 0].T])
            measure = curve_of(self.measure, curve)
            heading = f"{expectation.arm}, {measured(measure)} over {len(curve.doses)} doses of {curve.reagent}"
            heading += f" {at_times(measure.times_hours)}"
        data = np.array(expectation.values)
        how = {"max": "relative to the largest, ", "first": "relative to the first, ", "none": ""}
        published = ", ".join(number(value) for value in data)
        tolerance = number(expectation.tolerance)
        expected = f"{heading}: {how[expectation.normalise]}within {tolerance} (normalised RMSD) of {published}"
        distance, why = _distance(model, data, expectation.normalise)
        came = ", ".join(number(value) for value in model)
        got = f"no comparison, because {why}: {came}" if why else f"{number(distance)}: {came}"
        return Judged(passed=not why and distance <= expectation.tolerance, expected=expected, got=got)

    def watched_lines(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (times,) and (lines, times) of a course that is watched."""
        arm = self.fact.arm(name)
        times = times_of(self.expectation, arm, self.measure)
        return np.array(times), course(self.outcome_of, arm, self.measure, times)

    def peak(self, name: str) -> Reading:
        """Return when the course of an arm is highest."""
        times, lines = self.watched_lines(name)
        found = np.array([_peak(times, line) for line in lines])
        return median_line(found, found)

    def half_life(self, name: str) -> Reading:
        """Return how long the course of an arm takes to fall to half, from the last addition on."""
        times, lines = self.watched_lines(name)
        found = np.array([_half_life(times, line) for line in lines])
        return median_line(found[:, 0], found[:, 1])


def _peak(times: NDArray[np.float64], line: NDArray[np.float64]) -> float:
    if not np.isfinite(line).all() or np.ptp(line) <= FLAT * np.abs(line).max():
        return math.nan
    return float(times[np.argmax(line)])


def _half_life(times: NDArray[np.float64], line: NDArray[np.float64]) -> tuple[float, float]:
    """Return the interval of the half-life, in hours after the first time."""
    if not np.isfinite(line).all() or line[0] <= 0:
        return math.nan, math.nan
    fallen = line <= line[0] / 2
    if not fallen.any():
        return float(times[-1] - times[0]), math.inf
    after = int(np.argmax(fallen))
    share = (line[after - 1] - line[0] / 2) / (line[after - 1] - line[after])
    found = float(times[after - 1] + share * (times[after] - times[after - 1]) - times[0])
    return found, found


def _distance(model: NDArray[np.float64], data: NDArray[np.float64], normalise: str) -> tuple[float, str]:
    """Return the normalised root mean square difference, and why there is none (else an empty text)."""
    if not np.isfinite(model).all():
        return math.nan, NO_NUMBER
    if normalise != "none":
        divisors = [float(values.max() if normalise == "max" else values[0]) for values in (model, data)]
        if min(divisors) <= 0:
            whose = "model" if divisors[0] <= 0 else "published"
            return math.nan, f"the {whose} {'maximum' if normalise == 'max' else 'first value'} is not above 0"
        model, data = model / divisors[0], data / divisors[1]
    if np.ptp(data) == 0:
        return math.nan, "the published values are all the same"
    return float(np.sqrt(np.mean((model - data) ** 2)) / np.ptp(data)), ""


def _over(a: Reading, b: Reading) -> Reading:
    """Divide intervals; nothing where the denominator is 0 or may be."""
    silent = a.silent_lines + b.silent_lines
    if not (a.exists and b.exists) or b.low == b.high == 0:
        return Reading(low=math.nan, high=math.nan, silent_lines=silent)
    if a.low == a.high and b.low == b.high:
        ratio = a.low / b.low if math.isfinite(b.low) else math.nan
        return Reading(low=ratio, high=ratio, silent_lines=silent)
    low = 0.0 if math.isinf(b.high) else a.low / b.high
    high = math.inf if b.low == 0 or math.isinf(a.high) else a.high / b.low
    return Reading(low=low, high=high, silent_lines=silent)


def _less(a: Reading, b: Reading) -> Reading:
    """Subtract intervals."""
    silent = a.silent_lines + b.silent_lines
    low = a.low - b.high if math.isfinite(b.high) else math.nan
    high = a.high - b.low
    return Reading(low=low, high=high, silent_lines=silent)


def _inside(reading: Reading, bound: Bound) -> bool:
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


def _why(divisor: Reading, name: str) -> str:
    """Return why there may be no ratio."""
    return f"{name} is 0" if divisor.exists and divisor.low == divisor.high == 0 else NO_NUMBER


def _say(reading: Reading, unit: Unit, dose: DoseUnit) -> str:
    text = interval(reading.low, reading.high, unit, dose)
    return f"{text}, without {reading.silent_lines} lines" if reading.silent_lines and reading.exists else text
