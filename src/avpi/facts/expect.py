"""Each expectation against simulated experiments: whether it holds, what was expected, and what came out.

**Rescue** is ``(rescued - treated) / (reference - treated)``: of viability the share of the loss that is restored, of a
dead fraction the share of the deaths that do not happen; the formula is the same. Where treatment changes less than
:data:`LEAST_LOSS` there is nothing to rescue and the expectation does not hold.

**Series** are compared by the root mean square difference over the range of the published values, both normalised
first. **Half-life** counts from the last addition, at whose time the amount is 1. An expectation at several times must
hold at each, so one that names a time at which there is no number does not hold, and says why there is none; a course
is judged on what was seen of it (``courses``). A number that is known only to lie in an interval (an EC50 above the
highest dose) is within a bound if the whole interval is.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.facts.courses import NO_NUMBER, distance, half_life, normalised, peak, seen_until
from avpi.facts.intervals import ROUNDING, inside, less, over
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
from avpi.facts.words import at_times, bounded, hours, interval, measured, no_number, number, with_unit

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
            numbers = [
                _Number(reading=reading, why=judging.silence({arm: reading}, place))
                for place, reading in enumerate(judging.of(arm))
            ]
            return judging.against(expectation.bound, arm, numbers, unit)
        case Ratio(numerator=a, denominator=b):
            return judging.against(expectation.bound, f"{a} / {b}", judging.pairs(a, b, over, " / ", unit), "")
        case Ec50Ratio(numerator=a, denominator=b):
            numbers = judging.pairs(a, b, over, " / ", "dose")
            return judging.against(expectation.bound, f"{a} / {b}", numbers, "")
        case Difference(arm=a, less=b):
            numbers = judging.pairs(a, b, less, " - ", unit)
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
            numbers = [judging.peak(arm)]
            return judging.against(expectation.bound, f"peak of {arm}", numbers, "h", when=judging.until(arm))
        case HalfLife(arm=arm):
            numbers = [judging.half_life(arm)]
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
            _Number(
                reading=join(x, y),
                made_of=_say(x, unit, dose) + sign + _say(y, unit, dose),
                why=self.silence({a: x, b: y}, place) or (f"{b} is 0" if y.low == y.high == 0 else ""),
            )
            for place, (x, y) in enumerate(zip(self.of(a), self.of(b), strict=True))
        ]

    def silence(self, readings_of: Mapping[str, Reading], place: int) -> str:
        """Return why some of the readings at one time do not exist; an empty string where all do."""
        silent = [arm for arm, reading in readings_of.items() if not reading.exists]
        if not silent:
            return ""
        curve = curve_measured(self.expectation, self.fact.arm(silent[0]))
        times = self.times()
        when = times[place] if len(times) == 1 else None  # of several, each number is followed by its time
        why = NO_NUMBER if curve is not None else no_number(self.measure, when)
        return why if len(readings_of) == 1 else f"{why} in {' and '.join(silent)}"

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
        return Judged(passed=all(inside(n.reading, bound) for n in numbers), expected=expected, got=", ".join(texts))

    def order(self, expectation: Order) -> Judged:
        """Return whether the arms rise in their order, each step by the margin."""
        unit, dose = self.measure.unit, self.dose_unit(expectation.arms[0])
        step = f", each step at least {with_unit(expectation.margin, unit, dose)}" if expectation.margin else ""
        expected = f"{self.heading(' < '.join(expectation.arms))}{step}"
        columns = [self.of(arm) for arm in expectation.arms]
        passed, texts = True, []
        for place, time in enumerate(self.times()):
            values = [column[place] for column in columns]
            why = self.silence(dict(zip(expectation.arms, values, strict=True)), place)
            steps = [less(later, earlier) for earlier, later in itertools.pairwise(values)]
            passed &= all(s.exists and s.low >= expectation.margin * (1 - ROUNDING) and s.low > 0 for s in steps)
            shown = (f"{arm} {_say(v, unit, dose)}" for arm, v in zip(expectation.arms, values, strict=True))
            text = ", ".join(shown) + (f" ({why})" if why else "")
            texts.append(text + (f" {at_times([time])}" if len(self.times()) > 1 else ""))
        return Judged(passed=passed, expected=expected, got="; ".join(texts))

    def rescue(self, expectation: Rescue) -> Judged:
        """Return the share of the loss that is restored."""
        names = (expectation.treated, expectation.rescued, expectation.reference)
        unit, dose = self.measure.unit, self.dose_unit(names[0])
        numbers = []
        for place, (treated, rescued, reference) in enumerate(zip(*map(self.of, names), strict=True)):
            loss = less(reference, treated)
            share = over(less(rescued, treated), loss)
            nothing = loss.exists and abs(loss.value) <= LEAST_LOSS * max(abs(reference.value), abs(treated.value))
            if math.isinf(loss.low) and rescued.exists:  # a time of death that the reference never reaches
                share, nothing = (Reading(low=1.0, high=1.0) if math.isinf(rescued.low) else share), False
            if nothing:
                share = Reading(low=math.nan, high=math.nan)
            shown = (treated, rescued, reference)
            made = ", ".join(f"{name} {_say(one, unit, dose)}" for name, one in zip(names, shown, strict=True))
            why = self.silence(dict(zip(names, shown, strict=True)), place)
            why = f"{names[0]} and {names[2]} hardly differ" if nothing else why
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
        published = ", ".join(number(value) for value in normalised(data, expectation.normalise))
        tolerance = number(expectation.tolerance)
        expected = f"{heading}: {how[expectation.normalise]}within {tolerance} (normalised RMSD) of {published}"
        far, why = distance(model, data, expectation.normalise)
        if not np.isfinite(model).all() and curve is None:
            when = self.times()[int(np.argmax(~np.isfinite(model)))]
            why = no_number(self.measure, when) if why == NO_NUMBER else why
            left_out = f", without {int((~np.isfinite(model)).sum())} points ({no_number(self.measure, when)})"
        else:
            left_out = ""
        # Beside published values that are relative, as the text of the expectation says, so are these.
        shown = model if why else normalised(model, expectation.normalise)
        came = ", ".join(number(value) for value in shown) + left_out
        got = f"no comparison, because {why}: {came}" if why else f"{number(far)}: {came}"
        return Judged(passed=not why and far <= expectation.tolerance, expected=expected, got=got)

    def watched_lines(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (times,) and (lines, times) of a course that is watched."""
        arm = self.fact.arm(name)
        times = times_of(self.expectation, arm, self.measure)
        return np.array(times), course(self.outcome_of, arm, self.measure, times)

    def peak(self, name: str) -> _Number:
        """Return when the course of an arm is highest."""
        times, lines = self.watched_lines(name)
        found = [peak(times, line) for line in lines]
        when = np.array([one[0] for one in found])
        return self.course_number(median_line(when, when), times, lines, [one[1] for one in found])

    def half_life(self, name: str) -> _Number:
        """Return how long the course of an arm takes to fall to half, from the last addition on."""
        times, lines = self.watched_lines(name)
        found = [half_life(times, line) for line in lines]
        ends = np.array([one[:2] for one in found])
        return self.course_number(median_line(ends[:, 0], ends[:, 1]), times, lines, [one[2] for one in found])

    def course_number(
        self, reading: Reading, times: NDArray[np.float64], lines: NDArray[np.float64], whys: Sequence[str]
    ) -> _Number:
        """Return what was read off a course, with why there is nothing and how much of it was seen."""
        last = seen_until(times, lines)
        why = next(filter(None, whys), "")
        if why == NO_NUMBER:
            why = no_number(self.measure, float(times[0]))
        seen = "" if last is None else f"seen until {hours(last)}, then {no_number(self.measure, None)}"
        return _Number(reading=reading, made_of=seen, why=why)


def _say(reading: Reading, unit: Unit, dose: DoseUnit) -> str:
    text = interval(reading.low, reading.high, unit, dose)
    return f"{text}, without {reading.silent_lines} lines" if reading.silent_lines and reading.exists else text
