"""From an expectation to the experiments it needs, and from simulated experiments to the numbers it compares.

A panel gives one number for each line; where one number is wanted it is the **median line**, of those lines that gave a
number. A course that is watched for its peak or half-life is sampled densely, with steps that grow with the time
since it began, because signalling is fast first and slow later.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.errors import OurFault
from avpi.facts.curve import ec50, emax
from avpi.facts.read_measures import curve_of
from avpi.facts.schema import (
    CURVE_MEASURES,
    EVENT_MEASURES,
    Arm,
    DoseResponse,
    Ec50Ratio,
    Expectation,
    Fact,
    HalfLife,
    Measure,
    PeakAt,
    Series,
)
from avpi.facts.simulator import NotInModel, Outcome

WATCHED_POINTS = 60
FIRST_STEP_HOURS = 1 / 60
"""A course is watched from a minute after its beginning on."""

OutcomeOf = Callable[[Arm], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A number, or the interval in which it is known to lie; both ends nan where there is none.

    ``silent_lines`` counts the lines of a panel that gave no number and are left out.
    """

    low: float
    high: float
    silent_lines: int = 0

    @property
    def value(self) -> float:
        """The number; nan where only an interval is known."""
        return self.low if self.low == self.high else math.nan

    @property
    def exists(self) -> bool:
        """Whether there is a number or an interval at all."""
        return not (math.isnan(self.low) or math.isnan(self.high))


def arms_of(expectation: Expectation) -> tuple[str, ...]:
    """Return the names of the arms that an expectation compares."""
    fields = ("arm", "numerator", "denominator", "less", "treated", "rescued", "reference")
    named = [getattr(expectation, name) for name in fields if hasattr(expectation, name)]
    return (*named, *getattr(expectation, "arms", ()))


def curve_measured(expectation: Expectation, arm: Arm) -> DoseResponse | None:
    """Return the dose response that an expectation reads of an arm; None where it reads the arm as it is."""
    measure = expectation.measure
    if measure.kind in CURVE_MEASURES or isinstance(expectation, Series | Ec50Ratio):
        return measure.dose_response or arm.dose_response
    return None


def needed(fact: Fact) -> Iterator[tuple[Arm, tuple[float, ...]]]:
    """Yield the experiments that a fact needs, each with times at which it is measured.

    Raises
    ------
    NotInModel
        If a measurement is none that avpi knows.
    """
    for expectation in fact.expect:
        for name in arms_of(expectation):
            arm = fact.arm(name)
            curve = curve_measured(expectation, arm)
            measure = expectation.measure if curve is None else curve_of(expectation.measure, curve)
            if not measure.known:
                what = f"measurement '{measure.kind}'"
                raise NotInModel(what)
            times = times_of(expectation, arm, measure)
            doses = (0.0,) if curve is None else (0.0, *curve.doses)
            yield from ((at_dose(arm, curve, dose), times) for dose in doses)


def at_dose(arm: Arm, curve: DoseResponse | None, dose: float) -> Arm:
    """Return an arm at one dose of a dose response that may come from the measure."""
    return Arm.at_dose(_with(arm, curve), dose)


def _with(arm: Arm, curve: DoseResponse | None) -> Arm:
    return Arm(
        line=arm.line,
        panel=arm.panel,
        genotype=arm.genotype,
        add=arm.add,
        shared_tnf=arm.shared_tnf,
        dose_response=curve,
    )


def times_of(expectation: Expectation, arm: Arm, measure: Measure) -> tuple[float, ...]:
    """Return the times at which an arm is measured for an expectation."""
    times = measure.times_hours
    if isinstance(expectation, HalfLife):
        return watched(arm.dosed_at_hours, times)
    if isinstance(expectation, PeakAt) and len(times) <= 2:  # two times are a beginning and an end
        return watched(0.0 if len(times) == 1 else min(times), times)
    return (max(times),) if measure.kind in EVENT_MEASURES else times


def watched(start: float, times: Sequence[float]) -> tuple[float, ...]:
    """Return dense times from a start to the last of some times, which are among them."""
    length = max(times) - start
    if length <= 0:
        return (start,)
    steps = np.geomspace(min(FIRST_STEP_HOURS, length / 2), length, WATCHED_POINTS)
    dense = {float(f"{start + step:.9g}") for step in steps[:-1]}
    return tuple(sorted({start, *dense, *(time for time in times if time > start)}))


def course(outcome_of: OutcomeOf, arm: Arm, measure: Measure, times: Sequence[float]) -> NDArray[np.float64]:
    """Return (lines, times) of a measurement; a line that is no panel is one row."""
    found = np.atleast_2d(np.asarray(outcome_of(arm).measure(measure.kind, measure.argument, times), dtype=float))
    if found.ndim != 2 or found.shape[1] != len(times):
        shape = f"a measurement of shape {found.shape} for {len(times)} times"
        raise OurFault(shape)
    return found


def readings(expectation: Expectation, name: str, fact: Fact, outcome_of: OutcomeOf) -> list[Reading]:
    """Return what an expectation compares of an arm: one reading for each time."""
    arm = fact.arm(name)
    curve = curve_measured(expectation, arm)
    if curve is None:
        lows = line_numbers(expectation, arm, outcome_of)
        return [median_line(lows[:, i], lows[:, i]) for i in range(lows.shape[1])]
    low, high = curve_numbers(expectation, arm, curve, outcome_of)
    return [median_line(low[:, i], high[:, i]) for i in range(low.shape[1])]


def curve_numbers(
    expectation: Expectation, arm: Arm, curve: DoseResponse, outcome_of: OutcomeOf
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of the interval of each EC50 or Emax, (lines, times) each."""
    times, grid = dose_grid(expectation, arm, curve, outcome_of)
    places = range(len(times))
    if expectation.measure.kind == "emax" and not isinstance(expectation, Ec50Ratio):
        effects = np.array([[emax(line[1:, i], line[0, i]) for i in places] for line in grid])
        return effects, effects
    doses = np.array(curve.doses)
    found = np.array([[ec50(doses, line[1:, i], line[0, i]) for i in places] for line in grid])
    return found[..., 0], found[..., 1]


def line_numbers(expectation: Expectation, arm: Arm, outcome_of: OutcomeOf) -> NDArray[np.float64]:
    """Return (lines, times) of what an expectation measures of an arm that is read as it is."""
    measure = expectation.measure
    return course(outcome_of, at_dose(arm, None, 0), measure, times_of(expectation, arm, measure))


def dose_grid(
    expectation: Expectation, arm: Arm, curve: DoseResponse, outcome_of: OutcomeOf
) -> tuple[tuple[float, ...], NDArray[np.float64]]:
    """Return the times, and (lines, 1 + doses, times) of a dose response, the undosed experiment first."""
    measure = curve_of(expectation.measure, curve)
    times = times_of(expectation, arm, measure)
    at_doses = [course(outcome_of, at_dose(arm, curve, dose), measure, times) for dose in (0.0, *curve.doses)]
    return times, np.stack(at_doses, axis=1)


def median_line(lows: NDArray[np.float64], highs: NDArray[np.float64]) -> Reading:
    """Return the median over lines, of those that gave a number."""
    there = ~(np.isnan(lows) | np.isnan(highs))
    if not there.any():
        return Reading(low=math.nan, high=math.nan, silent_lines=len(lows))
    low, high = (_median(ends[there]) for ends in (lows, highs))
    return Reading(low=low, high=high, silent_lines=int((~there).sum()))


def _median(values: NDArray[np.float64]) -> float:
    ordered = np.sort(values)
    below, above = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return float(below if below == above else (below + above) / 2)  # infinite ones must not become nan
