"""Course over time and dose curve of one target over several membranes, with the points for their figures.

Every experiment gives one point for each condition: its membranes and lanes are averaged, so that they cannot pass for
replicates. The fits are those of ``avpi.dose``: each experiment by itself, then over experiments, with profile
likelihood within, and Student's t between.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from avpi.blot.membrane_lanes import LaneState, MembraneLane
from avpi.blot.membrane_ratios import membrane_ratio
from avpi.blot.over_blots import course_over_experiments, doses_over_experiments
from avpi.dose.degradation_course import DegradationCourse, fit_course
from avpi.dose.degradation_dose import DegradationCurve, measure_degradation
from avpi.dose.degradation_limb import LEAST_DOSES
from avpi.errors import InputError
from avpi.estimate import Caveat, Estimate

LEAST_TIMES = 2
"""Harvests after the dose without which there is no course."""
HALF = 0.5
"""Of its limit: where a band below detection is laid in a dose curve, whose fit knows no censoring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePoint:
    """One condition on one membrane: ratio to its vehicle. ``x`` is minutes or molar."""

    membrane: str
    experiment: str
    x: float
    remaining: float
    low: float
    high: float
    state: LaneState


@dataclass(frozen=True, slots=True, kw_only=True)
class MembraneCourse:
    """Loss against time; ``fit`` is None for the reason in ``why``. ``points`` has one for each membrane and time."""

    fit: DegradationCourse | None
    why: str
    points: tuple[CoursePoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MembraneDoses:
    """Loss against dose at ``minutes``; ``fit`` is None for the reason in ``why``."""

    fit: DegradationCurve | None
    why: str
    minutes: float | None
    points: tuple[CoursePoint, ...]


def course_of(lanes: Sequence[MembraneLane], *, level: float) -> MembraneCourse:
    """Return the course of a target at one dose.

    Parameters
    ----------
    lanes : vehicle and treated lanes; those without a time are left out.
    """
    treated = [lane for lane in lanes if not lane.is_vehicle and (lane.minutes_after_dose or 0) > 0]
    points = _points(treated, lanes, [lane.minutes_after_dose or 0.0 for lane in treated])
    times = {point.x for point in points}
    if len(times) < LEAST_TIMES:
        return MembraneCourse(fit=None, why=f"there are {len(times)} harvests after the dose", points=points)
    used = [point for point in _by_experiment(points) if point.state != "above"]
    starts = _starts(lanes, {point.experiment for point in used})
    rows = [*starts, *used]
    try:
        fit = fit_course(
            [point.x for point in rows],
            [point.remaining for point in rows],
            experiments=[point.experiment for point in rows],
            below_detection=[point.state == "below" for point in rows],
            level=level,
        )
    except InputError as error:
        return MembraneCourse(fit=None, why=error.problems[0].what, points=(*_start_points(lanes), *points))
    fit = course_over_experiments(fit, level)
    return MembraneCourse(fit=fit, why=fit.why, points=(*_start_points(lanes), *points))


def doses_of(lanes: Sequence[MembraneLane], *, level: float) -> MembraneDoses:
    """Return the dose curve of a target at the time that has most doses."""
    treated = [lane for lane in lanes if not lane.is_vehicle and lane.dose_molar]
    times = sorted({lane.minutes_after_dose for lane in treated}, key=lambda t: (t is None, t or 0.0))

    def given(minutes: float | None) -> int:
        return len({lane.dose_molar for lane in treated if lane.minutes_after_dose == minutes})

    minutes = max(times, key=given, default=None)
    here = [lane for lane in treated if lane.minutes_after_dose == minutes]
    points = _points(here, lanes, [lane.dose_molar or 0.0 for lane in here])
    doses = len({point.x for point in points})
    if doses < LEAST_DOSES:
        why = f"there are {doses} doses at one time, and a dose curve needs {LEAST_DOSES}"
        return MembraneDoses(fit=None, why=why, minutes=minutes, points=points if doses > 1 else ())
    used = [point for point in _by_experiment(points) if point.state != "above"]
    rows = [*_starts(lanes, {point.experiment for point in used}), *used]
    try:
        fit = _dose_fit(rows, level)
    except InputError as error:
        return MembraneDoses(fit=None, why=error.problems[0].what, minutes=minutes, points=points)
    return MembraneDoses(fit=fit, why=fit.why, minutes=minutes, points=(*_start_points(lanes), *points))


def _dose_fit(rows: Sequence[CoursePoint], level: float) -> DegradationCurve:
    """Return the fit; bands below detection are laid at half their limit, and the intervals hold both ends of it."""

    def at(share: float) -> DegradationCurve:
        values = [point.remaining * (share if point.state == "below" else 1.0) for point in rows]
        labels = [point.experiment for point in rows]
        curve = measure_degradation([point.x for point in rows], values, experiments=labels, level=level)
        return doses_over_experiments(curve, level)

    below = sum(point.state == "below" for point in rows)
    middle = at(HALF)
    if not below:
        return middle
    ends = (at(0.0), at(1.0))
    text = (
        f"{below} of {len(rows)} points are below detection. They are laid at half their limit, and the intervals hold "
        "what 0 and the limit itself would give."
    )
    caveat = Caveat(code="below_detection_in_curve", text=text)

    def widened(name: str) -> Estimate:
        ones: list[Estimate] = [getattr(curve, name) for curve in (middle, *ends)]
        first = ones[0]
        if first.state != "measured" or any(one.state != "measured" for one in ones):
            return first if first.state == "not_estimable" else first.with_caveat(caveat.code, caveat.text)
        low, high = (pick(ends_) for pick, ends_ in ((min, [o.low for o in ones]), (max, [o.high for o in ones])))
        return replace(first, low=low, high=high, caveats=(*first.caveats, caveat))

    return replace(
        middle,
        dc50_molar=widened("dc50_molar"),
        dc50_absolute_molar=widened("dc50_absolute_molar"),
        dmax=widened("dmax"),
        dmax_observed=widened("dmax_observed"),
        hook_onset_molar=widened("hook_onset_molar"),
    )


def _points(
    treated: Sequence[MembraneLane], lanes: Sequence[MembraneLane], places: Sequence[float]
) -> tuple[CoursePoint, ...]:
    """Return a point for each membrane and place."""
    found = []
    for membrane in dict.fromkeys(lane.membrane for lane in treated):
        vehicles = [lane for lane in lanes if lane.membrane == membrane and lane.is_vehicle]
        own = [(x, lane) for x, lane in zip(places, treated, strict=True) if lane.membrane == membrane]
        for x in sorted({x for x, _ in own}):
            ratio = membrane_ratio([lane for at, lane in own if at == x], vehicles)
            if isinstance(ratio, str):
                continue
            value, reach = math.exp(ratio.log_ratio), math.exp(1.959964 * math.sqrt(ratio.variance))
            low, high = (value / reach, value * reach) if ratio.variance > 0 else (math.nan, math.nan)
            if ratio.state != "measured":
                low, high = (0.0, value) if ratio.state == "below" else (value, math.inf)
            found.append(
                CoursePoint(
                    membrane=membrane,
                    experiment=ratio.experiment,
                    x=x,
                    remaining=value,
                    low=low,
                    high=high,
                    state=ratio.state,
                )
            )
    return tuple(found)


def _by_experiment(points: Sequence[CoursePoint]) -> list[CoursePoint]:
    """Average the membranes of each experiment: those measured, else the bound that holds for all."""
    groups: dict[tuple[str, float], list[CoursePoint]] = {}
    for point in points:
        groups.setdefault((point.experiment, point.x), []).append(point)
    found = []
    for group in groups.values():
        measured = [point for point in group if point.state == "measured"]
        if measured:
            mean = float(np.exp(np.mean([math.log(point.remaining) for point in measured])))
            found.append(replace(measured[0], remaining=mean))
        else:
            found.append(max(group, key=lambda point: point.remaining))
    return found


def _start_points(lanes: Sequence[MembraneLane]) -> tuple[CoursePoint, ...]:
    """Return the vehicle lanes, each over the geometric mean of its membrane's."""
    found = []
    for membrane in dict.fromkeys(lane.membrane for lane in lanes):
        own = [lane for lane in lanes if lane.membrane == membrane and lane.is_vehicle and lane.state == "measured"]
        if not own:
            continue
        middle = float(np.mean([lane.log_value for lane in own]))
        for lane in own:
            value, reach = lane.value / math.exp(middle), math.exp(1.959964 * lane.log_se)
            low, high = (value / reach, value * reach) if lane.log_se > 0 else (math.nan, math.nan)
            found.append(
                CoursePoint(
                    membrane=membrane,
                    experiment=lane.experiment,
                    x=0.0,
                    remaining=value,
                    low=low,
                    high=high,
                    state="measured",
                )
            )
    return tuple(found)


def _starts(lanes: Sequence[MembraneLane], experiments: set[str]) -> list[CoursePoint]:
    return [point for point in _start_points(lanes) if point.experiment in experiments]
