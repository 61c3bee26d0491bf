"""Membranes on one scale: values, factors, and intervals that hold the truth as often as they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpi.blot.scaling import scale_membranes
from avpi.blot.truncated_normal import truncated_moments
from avpi.errors import InputError
from tests.blot.lanes_of_studies import lane, membranes

TRUTH = {15.0: 0.4, 30.0: 0.1, 60.0: 0.06, 240.0: 0.3}


def test_exposures_cancel() -> None:
    """Every membrane times its factor is the same fraction of vehicle, where nothing scatters."""
    found = scale_membranes(membranes(TRUTH, seed=1, cv=1e-6))
    for one in found.conditions:
        assert one.remaining.value == pytest.approx(TRUTH.get(one.minutes_after_dose or 0.0, 1.0), rel=1e-4)
    for made in found.lanes:
        assert made.remaining == pytest.approx(TRUTH.get(made.lane.minutes_after_dose or 0.0, 1.0), rel=1e-4)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_intervals_cover_at_any_number_of_membranes(count: int) -> None:
    hits = total = 0
    for seed in range(40):
        for one in scale_membranes(membranes(TRUTH, seed=seed, count=count), fit_absolute=False).conditions:
            if one.minutes_after_dose:
                hits += one.remaining.low <= TRUTH[one.minutes_after_dose] <= one.remaining.high
                total += 1
    assert 0.90 <= hits / total <= 0.99


def test_a_lane_below_detection_enters_as_censored() -> None:
    """Left out, it would leave the others' mean; taken at its limit, it would be at the limit. It is neither."""
    lanes = [*membranes({30.0: 0.05}, seed=2, cv=0.2, vehicles=2)]
    seen = scale_membranes(lanes, fit_absolute=False).conditions[1].remaining
    scaled = {made.lane.membrane: made.remaining for made in scale_membranes(lanes, fit_absolute=False).lanes}
    hidden = [
        replace(one, value=one.value * 0.03 / scaled["blot1"], state="below")
        if one.membrane == "blot1" and not one.is_vehicle
        else one
        for one in lanes
    ]
    censored = scale_membranes(hidden, fit_absolute=False).conditions[1].remaining
    taken = (
        scale_membranes([replace(one, state="measured") for one in hidden], fit_absolute=False).conditions[1].remaining
    )
    assert censored.state == "measured"
    assert censored.value < taken.value
    assert censored.low < seen.low


def test_a_condition_never_seen_is_a_bound() -> None:
    lanes = [lane("a", 1.0, vehicle=True), lane("a", 0.03, state="below"), lane("a", 0.5, minutes=15.0)]
    lanes += [lane("b", 2.0, vehicle=True), lane("b", 0.04, state="below"), lane("b", 1.1, minutes=15.0)]
    found = next(one for one in scale_membranes(lanes).conditions if one.minutes_after_dose == 30.0).remaining
    assert found.state == "below"
    assert found.value == pytest.approx(0.03, rel=0.1)
    assert found.low == 0.0


def test_experiments_that_repeat_membranes_tell_day_from_lane() -> None:
    rng = np.random.Generator(np.random.Philox(8))
    lanes = []
    for day in range(6):
        shift = {minutes: 0.4 * rng.normal() for minutes in TRUTH}
        for repeat in range(2):
            name = f"d{day}m{repeat}"
            lanes.append(lane(name, np.exp(0.05 * rng.normal()), vehicle=True, experiment=f"day {day}"))
            for minutes, left in TRUTH.items():
                value = left * np.exp(shift[minutes] + 0.05 * rng.normal())
                lanes.append(lane(name, float(value), minutes=minutes, experiment=f"day {day}"))
    found = scale_membranes(lanes, fit_absolute=False)
    assert found.between_sd.value == pytest.approx(0.4, rel=0.5)
    assert found.relative_sd.value == pytest.approx(0.05, rel=0.5)
    assert found.experiments == 6
    assert all(one.remaining.n == 6 for one in found.conditions)


def test_one_experiment_and_little_residual_are_said() -> None:
    lanes = [lane("a", 1.0, vehicle=True, experiment="day"), lane("a", 0.1, experiment="day")]
    found = scale_membranes(lanes)
    assert [caveat.code for caveat in found.caveats] == ["single_experiment", "scatter_from_prior"]
    assert found.between_sd.state == "not_estimable"


def test_a_membrane_that_nothing_links_is_left_out() -> None:
    lanes = [*membranes(TRUTH, seed=5), lane("lonely", 3.0, minutes=120.0)]
    found = scale_membranes(lanes)
    assert [name for name, _ in found.left_out] == ["lonely"]


def test_without_vehicle_there_is_no_scale() -> None:
    with pytest.raises(InputError, match="vehicle"):
        scale_membranes([lane("a", 1.0), lane("b", 2.0)])


def test_two_runs_give_the_same_bytes() -> None:
    first, second = (repr(scale_membranes(membranes(TRUTH, seed=3, limit=0.08))) for _ in range(2))
    assert first == second


def test_truncated_moments_are_those_of_draws() -> None:
    rng = np.random.Generator(np.random.Philox(1))
    mean, limits, sides = np.array([0.2, -0.1]), np.array([0.0, 0.3]), np.array([-1.0, 1.0])
    covariance = np.array([[1.0, 0.5], [0.5, 1.5]])
    draws = rng.multivariate_normal(mean, covariance, 400_000)
    kept = draws[np.all(sides * (draws - limits) > 0, axis=1)]
    m, c, log_chance = truncated_moments(mean, covariance, limits, sides)
    assert m == pytest.approx(kept.mean(axis=0), abs=0.02)
    assert c == pytest.approx(np.cov(kept.T), abs=0.03)
    assert log_chance == pytest.approx(np.log(kept.shape[0] / draws.shape[0]), abs=0.02)
