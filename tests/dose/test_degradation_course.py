"""Half-life, floor and return: the right numbers from simulated blots, and words where there is no number."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avpi.dose.course_estimates import left_at, lowest_point
from avpi.dose.course_fit import CONSTANT, CourseFit, CoursePoints, Noise, fit_course_model
from avpi.dose.course_model import CourseModel
from avpi.dose.course_profile import chance_below, profile_ends
from avpi.dose.degradation_course import DegradationCourse, fit_course
from avpi.errors import InputError
from avpi.estimate import Estimate

TIMES = np.array([0.0, 5, 10, 15, 30, 60, 120])
DAY = np.array([0.0, 5, 15, 30, 60, 240, 480, 720, 1440])


def loss(minutes: np.ndarray, half_life: float = 8.0, floor: float = 0.06) -> np.ndarray:
    return floor + (1 - floor) * np.exp2(-minutes / half_life)


def lanes(curve: np.ndarray, seed: int, cv: float = 0.08) -> np.ndarray:
    random = np.random.default_rng(seed)
    values = curve * (1 + random.normal(0, cv, curve.size)) + random.normal(0, 0.005, curve.size)
    return np.asarray(values / values[0])


def days(minutes: np.ndarray, curve: np.ndarray, seed: int = 1, **options: object) -> DegradationCourse:
    values = np.concatenate([lanes(curve, seed * 10 + day) for day in range(3)])
    labels = np.repeat(["a", "b", "c"], minutes.size).tolist()
    return fit_course(np.tile(minutes, 3), values, experiments=labels, **options)  # type: ignore[arg-type]


def every(course: DegradationCourse) -> dict[str, Estimate]:
    return {field.name: getattr(course.numbers, field.name) for field in fields(course.numbers)}


def codes(one: Estimate) -> set[str]:
    return {caveat.code for caveat in one.caveats}


def test_three_experiments_give_half_life_and_floor_with_n_3() -> None:
    course = days(TIMES, loss(TIMES), seed=2, noise=CONSTANT)
    found = course.numbers
    assert course.kind == "loss"
    assert found.half_life_minutes.low < 8 < found.half_life_minutes.high
    assert found.half_life_minutes.unit == "min"
    assert found.time_to_half_remaining_minutes.low < 8 * math.log2(0.94 / 0.44) < found.half_life_minutes.high
    assert found.floor.low < 0.06 < found.floor.high
    assert found.remaining_at_30_minutes.low < loss(np.array([30.0]))[0] < found.remaining_at_30_minutes.high
    assert found.half_life_minutes.n == found.floor.n == 3
    assert found.rebound_onset_minutes.state == "not_estimable"
    assert 0 < course.chance_of_90_percent_loss_at_30_minutes < 0.5


def test_a_loss_that_is_nearly_complete_at_30_minutes_is_called_so() -> None:
    course = days(TIMES, loss(TIMES, half_life=4, floor=0.03))
    assert course.chance_of_90_percent_loss_at_30_minutes > 0.95


def test_one_experiment_is_n_1_and_says_that_days_differ() -> None:
    found = fit_course(TIMES, lanes(loss(TIMES), 4)).numbers.half_life_minutes
    assert found.n == 1
    assert "single_experiment" in codes(found)
    assert found.low < 8 < found.high


@pytest.mark.parametrize("number", [2, 3])
def test_two_or_three_times_give_no_half_life(number: int) -> None:
    course = fit_course(TIMES[:number], loss(TIMES[:number]))
    assert all(one.state == "not_estimable" for one in every(course).values())
    assert f"there are {number} different times" in course.numbers.half_life_minutes.method
    assert math.isnan(course.chance_of_90_percent_loss_at_30_minutes)


def test_equal_lanes_and_lanes_that_do_not_fall_have_no_half_life() -> None:
    for values in (np.ones(7), lanes(np.ones(7), 2)):
        course = fit_course(TIMES, values)
        assert course.kind == "none"
        assert course.numbers.half_life_minutes.state == "not_estimable"
        assert "no loss is shown" in course.numbers.floor.method
        assert course.numbers.remaining_at_30_minutes.value == pytest.approx(1, abs=0.1)


def test_a_loss_complete_at_the_first_time_is_below_it() -> None:
    found = fit_course(TIMES, [1, 0.05, 0.06, 0.04, 0.05, 0.05, 0.06]).numbers
    assert (found.half_life_minutes.state, found.half_life_minutes.value) == ("below", 5)
    assert found.time_to_half_remaining_minutes.state == "below"
    assert found.half_life_minutes.low == 0
    assert found.floor.value == pytest.approx(0.052, abs=0.01)


def test_a_loss_below_detection_from_the_first_harvest_on_is_a_loss_with_bounds() -> None:
    shown, hidden = [2.0, 0.2, 0.1, 0.12, 0.1, 0.1, 0.1], [False] + [True] * 6
    course = fit_course(TIMES, shown, below_detection=hidden)
    found = course.numbers
    assert (course.kind, course.pooled) == ("loss", None)
    assert "complete at the harvest at 5 min" in course.why
    for one in (found.half_life_minutes, found.time_to_half_of_loss_minutes, found.time_to_half_remaining_minutes):
        assert (one.state, one.value, one.low, one.unit) == ("below", 5, 0, "min")
    for one in (found.floor, found.lowest_remaining, found.remaining_at_30_minutes):
        assert (one.state, one.value) == ("below", 0.05)
    assert found.lag_minutes.state == found.regained.state == "not_estimable"
    assert "single_experiment" in codes(found.half_life_minutes)
    three = fit_course(
        np.tile(TIMES, 3), shown * 3, experiments=["a"] * 7 + ["b"] * 7 + ["c"] * 7, below_detection=hidden * 3
    )
    assert (three.kind, three.numbers.half_life_minutes.state, three.numbers.half_life_minutes.n) == (
        "loss",
        "below",
        3,
    )


def test_limits_that_do_not_show_a_loss_bound_nothing() -> None:
    late = fit_course(TIMES, [1, 0.8, 0.04, 0.05, 0.05, 0.04, 0.05], below_detection=[False] + [True] * 6).numbers
    assert (late.half_life_minutes.state, late.half_life_minutes.value) == ("below", 10)
    high = fit_course(TIMES, [1] + [0.6] * 6, below_detection=[False] + [True] * 6)
    assert (high.kind, high.numbers.half_life_minutes.state) == ("none", "not_estimable")
    few = fit_course([0, 5, 10], [1, 0.05, 0.05], below_detection=[False, True, True])
    assert few.numbers.half_life_minutes.state == "not_estimable"
    after = fit_course([0, 40, 60, 90, 120, 180], [1] + [0.05] * 5, below_detection=[False] + [True] * 5).numbers
    assert "the first harvest is at 40 min" in after.remaining_at_30_minutes.method
    assert (after.half_life_minutes.state, after.half_life_minutes.value) == ("below", 40)


def test_a_day_without_a_band_after_the_start_enters_as_censored() -> None:
    values = np.concatenate([lanes(loss(TIMES, 2), 1), lanes(loss(TIMES, 2), 2), [1.0] + [0.03] * 6])
    hidden = [False] * 15 + [True] * 6
    labels = np.repeat(["a", "b", "c"], 7).tolist()
    course = fit_course(np.tile(TIMES, 3), values, experiments=labels, below_detection=hidden)
    assert course.kind == "loss"
    assert course.by_experiment[2].fit is None
    assert course.numbers.remaining_at_30_minutes.n == 3
    assert course.numbers.half_life_minutes.n == 3


@pytest.mark.parametrize("anchored", [False, True])
def test_no_fraction_of_a_start_of_nothing_is_given(anchored: bool) -> None:
    with pytest.raises(InputError, match="'0' remains at time 0, and no fraction of a start without protein exists"):
        fit_course(TIMES, np.zeros(7), anchored=anchored)
    labels = ["a"] * 7 + ["b"] * 7
    both = np.concatenate([loss(TIMES), [-0.01, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1]])
    with pytest.raises(InputError, match=r"'-0\.01' remains at time 0 of 'b'"):
        fit_course(np.tile(TIMES, 2), both, experiments=labels, anchored=anchored)
    with pytest.raises(InputError, match="every lane is below detection at time 0"):
        fit_course(TIMES, [0.05] * 7, below_detection=[True] * 7, anchored=anchored)


def test_a_protein_that_stays_above_half_to_the_end_is_above_the_last_time() -> None:
    found = fit_course(TIMES, [1, 0.99, 0.97, 0.98, 0.93, 0.87, 0.74]).numbers
    assert (found.time_to_half_remaining_minutes.state, found.time_to_half_remaining_minutes.value) == ("above", 120)
    assert found.half_life_minutes.high == math.inf


def test_a_floor_above_half_leaves_the_time_to_half_undefined() -> None:
    found = days(TIMES, loss(TIMES, floor=0.65)).numbers
    assert found.time_to_half_remaining_minutes.state == "not_estimable"
    assert "stays above half" in found.time_to_half_remaining_minutes.method
    assert found.half_life_minutes.state == "measured"


def test_a_floor_of_which_most_is_extrapolated_says_so() -> None:
    found = fit_course(TIMES, lanes(loss(TIMES, half_life=60, floor=0.2), 3, cv=0.01)).numbers.floor
    assert "floor_not_reached" in codes(found)


def test_a_return_is_fitted_and_timed() -> None:
    curve = loss(DAY) + 0.6 * (1 - np.exp2(-np.maximum(DAY - 200, 0) / 150))
    course = days(DAY, curve)
    found = course.numbers
    assert course.kind == "loss_and_rebound"
    assert found.half_life_minutes.low < 8 < found.half_life_minutes.high
    assert found.regained.low < 0.6 < found.regained.high
    assert 60 <= found.rebound_onset_minutes.value <= 300
    assert found.recovery_half_life_minutes.state != "not_estimable"
    assert found.floor.value == pytest.approx(0.06, abs=0.04)


def test_a_return_seen_by_one_late_time_is_not_fitted_but_does_not_lift_the_floor() -> None:
    curve = np.append(loss(TIMES), 0.7)
    course = days(np.append(TIMES, 1440.0), curve, seed=2)
    assert course.kind == "loss_until_minimum"
    assert "rebound_not_fitted" in codes(course.numbers.half_life_minutes)
    assert course.numbers.floor.value == pytest.approx(0.06, abs=0.03)
    assert course.numbers.half_life_minutes.low < 8 < course.numbers.half_life_minutes.high


def test_no_return_is_found_where_there_is_none() -> None:
    curve = loss(DAY)
    assert [days(DAY, curve, seed).kind for seed in range(2, 4)] == ["loss"] * 2


def test_a_lag_is_told_from_a_slow_loss() -> None:
    minutes = np.array([0.0, 10, 20, 30, 40, 60, 90, 120, 180])
    curve = loss(np.maximum(minutes - 25, 0.0), half_life=10)
    found = days(minutes, curve, lag=True, noise=CONSTANT).numbers
    assert found.lag_minutes.value == pytest.approx(25, abs=5)
    assert found.half_life_minutes.low < 10 < found.half_life_minutes.high
    assert found.time_to_half_of_loss_minutes.value == pytest.approx(35, abs=5)


def test_lanes_below_detection_are_below_it_and_not_at_it() -> None:
    values = np.concatenate([lanes(loss(TIMES, floor=0.02), seed) for seed in (1, 2, 3)])
    labels = np.repeat(["a", "b", "c"], 7).tolist()
    hidden = values < 0.1
    shown = np.where(hidden, 0.1, values)
    censored = fit_course(np.tile(TIMES, 3), shown, experiments=labels, below_detection=hidden, noise=CONSTANT).numbers
    as_values = fit_course(np.tile(TIMES, 3), shown, experiments=labels, noise=CONSTANT).numbers
    assert as_values.floor.value > 0.07
    assert censored.floor.low == 0
    assert censored.floor.value < 0.06
    assert censored.time_to_half_remaining_minutes.low < 8.24 < censored.time_to_half_remaining_minutes.high
    assert censored.lowest_remaining.high < 0.06


def test_censored_lanes_enter_the_likelihood_as_probabilities() -> None:
    """Of all courses the fitted one has the largest likelihood that is written down here a second time."""
    from scipy import optimize, stats

    values = np.array([1.0, 0.7, 0.44, 0.31, 0.14, 0.1, 0.1])
    hidden = np.array([False] * 5 + [True] * 2)
    points = CoursePoints(minutes=TIMES, remaining=values, below_detection=hidden)
    fit = fit_course_model(CourseModel(), points, anchored=False)
    assert isinstance(fit, CourseFit)

    def minus(b: np.ndarray) -> float:
        fitted = b[0] * (b[1] + (1 - b[1]) * np.exp2(-TIMES / np.exp(b[2])))
        sd = math.exp(b[3])
        seen = stats.norm.logpdf(values[~hidden], fitted[~hidden], sd).sum()
        return -float(seen + stats.norm.logcdf((values[hidden] - fitted[hidden]) / sd).sum())

    start = np.array([1.0, 0.02, math.log(8), math.log(0.02)])
    best = optimize.minimize(
        minus, start, method="Nelder-Mead", bounds=[(0.5, 2), (0, 0.9), (0, 6), (-9, 0)],
        options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 20000, "maxfev": 20000},
    )  # fmt: skip
    assert fit.parameters == pytest.approx(best.x[:3], abs=2e-4)


def test_profiles_of_derived_numbers_agree_with_a_grid() -> None:
    values = lanes(loss(TIMES), 5)
    points = CoursePoints(minutes=TIMES, remaining=values, below_detection=np.zeros(7, bool))
    fit = fit_course_model(CourseModel(), points, anchored=False)
    assert isinstance(fit, CourseFit)
    of = left_at(fit, 30.0)
    low, high = profile_ends(fit, of, (0.0, math.inf), 0.95)
    floors, halves = np.meshgrid(np.linspace(0, 0.4, 801), np.exp(np.linspace(0.5, 4, 800)), indexing="ij")
    shapes = floors[..., None] + (1 - floors[..., None]) * np.exp2(-TIMES / halves[..., None])
    start = shapes @ values / np.sum(shapes**2, axis=-1)
    deviance = np.sum((values - start[..., None] * shapes) ** 2, axis=-1) / fit.sd**2
    from scipy import stats

    inside = deviance - fit.deviance < stats.f.ppf(0.95, 1, fit.df)
    left = (floors + (1 - floors) * np.exp2(-30 / halves))[inside]
    assert (low, high) == pytest.approx((left.min(), left.max()), abs=2e-3)
    assert chance_below(fit, of, high) == pytest.approx(0.975, abs=2e-3)
    assert chance_below(fit, of, of(fit.parameters)) == pytest.approx(0.5, abs=0.01)
    assert lowest_point(fit, fit.parameters)[0] == 120


def test_a_normaliser_that_is_off_lifts_all_lanes_and_changes_nothing_but_when_anchored() -> None:
    values = loss(TIMES) * np.array([1, 1.02, 0.97, 1.01, 1.03, 0.98, 1.0])
    lifted = fit_course(TIMES, 1.2 * values, noise=CONSTANT).numbers
    plain = fit_course(TIMES, values, noise=CONSTANT).numbers
    assert lifted.floor.value == pytest.approx(plain.floor.value, rel=1e-4)
    assert lifted.half_life_minutes.high == pytest.approx(plain.half_life_minutes.high, rel=1e-3)
    anchored = fit_course(TIMES, 1.2 * values, anchored=True, noise=CONSTANT).numbers.half_life_minutes
    assert anchored.value > 1.2 * plain.half_life_minutes.value


def test_without_a_lane_at_time_0_the_course_is_anchored_and_says_so() -> None:
    course = fit_course(TIMES[1:], lanes(loss(TIMES), 3)[1:])
    assert {caveat.code for caveat in course.caveats} == {"start_assumed"}
    assert course.numbers.half_life_minutes.value == pytest.approx(8, rel=0.3)


def test_errors_that_grow_with_the_band_make_the_floor_sharper() -> None:
    plain = days(TIMES, loss(TIMES), noise=CONSTANT).by_experiment[0].numbers.floor
    grown = days(TIMES, loss(TIMES), noise=Noise(relative=0.1, absolute=0.01)).by_experiment[0].numbers.floor
    assert grown.high - grown.low < 0.7 * (plain.high - plain.low)
    with pytest.raises(InputError, match="a lane near 0 would outweigh all others"):
        Noise(relative=0.1, absolute=0.0)


def test_careless_input_is_refused_or_told() -> None:
    with pytest.raises(InputError, match="the time is '-5'") as refused:
        fit_course([-5.0, math.nan, 10, 20], [1, 0.5, math.inf, 0.1])
    assert len(refused.value.problems) == 3
    with pytest.raises(InputError, match="Divide percentages by 100"):
        fit_course(TIMES, 100 * loss(TIMES))
    with pytest.raises(InputError, match="the detection limit is '0'"):
        fit_course(TIMES, [1, 0.5, 0.2, 0.1, 0.1, 0.1, 0], below_detection=[False] * 6 + [True])
    hours = fit_course([0, 0.25, 0.5, 1, 4, 24], [1, 0.5, 0.2, 0.1, 0.11, 0.1])
    assert [caveat.code for caveat in hours.caveats] == ["times_may_be_hours"]


def test_only_times_after_0_can_fall() -> None:
    assert fit_course([0, 0, 0, 0], [1, 0.9, 1.1, 1]).numbers.half_life_minutes.state == "not_estimable"


@given(st.floats(2, 40), st.floats(0.0, 0.4), st.booleans(), st.floats(0.3, 3.0))
@settings(max_examples=25)
def test_lanes_on_a_course_give_it_back(half_life: float, floor: float, anchored: bool, start: float) -> None:
    points = CoursePoints(
        minutes=TIMES,
        remaining=(1.0 if anchored else start) * loss(TIMES, half_life, floor),
        below_detection=np.zeros(7, bool),
    )
    fit = fit_course_model(CourseModel(), points, anchored=anchored, noise=CONSTANT)
    assert isinstance(fit, CourseFit)
    assert math.exp(fit.value("ln_half_life")) == pytest.approx(half_life, rel=1e-4)
    assert fit.value("floor") == pytest.approx(floor, abs=1e-5)
