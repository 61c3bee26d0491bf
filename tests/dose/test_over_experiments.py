"""One number over experiments: Student's where it must be, honest about days, censored where it is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from avpi.dose.jackknife import jackknife_estimate
from avpi.dose.over_experiments import combine_estimates, error_factors, random_effects, read_experiments
from avpi.errors import InputError
from avpi.estimate import Estimate, not_estimable


def measured(value: float, half: float = 0.2, unit: str = "") -> Estimate:
    return Estimate(value=value, low=value - half, high=value + half, unit=unit, method="profile")


def dose(log10: float, half: float = 0.2) -> Estimate:
    return Estimate(value=10**log10, low=10 ** (log10 - half), high=10 ** (log10 + half), unit="M")


def beyond(value: float) -> Estimate:
    return Estimate(value=value, low=value, high=math.inf, unit="M", state="above")


def test_equal_errors_give_students_t_over_the_experiments() -> None:
    values = [0.31, 0.42, 0.52]
    found = combine_estimates([(f"day {i}", measured(v)) for i, v in enumerate(values)], "floor")
    low, high = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
    assert (found.value, found.low, found.high, found.n) == pytest.approx((np.mean(values), low, high, 3))
    assert "Hartung-Knapp, 2 df" in found.method


def test_experiments_that_agree_by_chance_are_no_surer_than_their_own_errors() -> None:
    """Three days within a hundredth of each other, each known to a fifth: Student's t alone would claim a hundredth."""
    agreeing, half = [0.500, 0.505, 0.510], 0.2
    over = random_effects(agreeing, [half / 1.96] * 3)
    assert over.between_sd == 0
    assert over.error == pytest.approx(half / 1.96 / math.sqrt(3))
    found = combine_estimates([(str(i), measured(v, half)) for i, v in enumerate(agreeing)], "floor")
    assert found.high - found.low == pytest.approx(2 * 4.303 * half / 1.96 / math.sqrt(3), rel=1e-3)


def test_intervals_of_days_that_agree_best_hold_the_truth() -> None:
    random = np.random.Generator(np.random.Philox(5))
    sets = random.standard_normal((2000, 3))
    narrowest = sets[np.argsort(sets.std(axis=1))[:200]]
    held = [random_effects(values, [1.0] * 3).interval(0.95) for values in narrowest]
    assert np.mean([low < 0 < high for low, high in held]) > 0.95


def test_pooling_would_have_been_too_sure_where_days_differ() -> None:
    """Each day is sure of itself to 0.01 while the days lie 0.2 apart."""
    found = combine_estimates([(str(i), measured(v, 0.01)) for i, v in enumerate((0.3, 0.5, 0.7))], "floor")
    assert found.high - found.low > 0.5


def test_an_experiment_that_says_little_counts_for_little() -> None:
    over = random_effects([0.50, 0.52, 0.90], [0.01, 0.01, 0.4])
    assert over.mean == pytest.approx(0.51, abs=0.01)


def test_the_variance_between_experiments_is_that_of_restricted_likelihood() -> None:
    y, se = np.array([0.1, 0.5, 0.9, 0.3]), np.array([0.1, 0.2, 0.1, 0.3])

    def minus_log_likelihood(variance: float) -> float:
        w = 1 / (se**2 + variance)
        mean = np.sum(w * y) / np.sum(w)
        return float(np.sum(-np.log(w)) + np.log(np.sum(w)) + np.sum(w * (y - mean) ** 2))

    grid = np.linspace(0, 1, 2001)
    best = grid[np.argmin([minus_log_likelihood(v) for v in grid])]
    assert random_effects(y, se).between_sd ** 2 == pytest.approx(best, abs=1e-3)


def test_doses_are_combined_as_logarithms() -> None:
    found = combine_estimates([("a", dose(-9)), ("b", dose(-8)), ("c", dose(-7))], "DC50", scale="log10")
    assert found.value == pytest.approx(1e-8)
    assert found.high / found.value == pytest.approx(found.value / found.low)


def test_two_experiments_say_that_they_are_two_and_one_that_it_is_one() -> None:
    two = combine_estimates([("a", measured(0.3)), ("b", measured(0.4))], "floor")
    assert [c.code for c in two.caveats] == ["two_experiments"]
    assert two.high - two.low == pytest.approx(2 * 12.706 * 0.2 / 1.96 / math.sqrt(2), rel=1e-3)
    apart = combine_estimates([("a", measured(0.3)), ("b", measured(0.7))], "floor")
    assert apart.high - apart.low == pytest.approx(2 * 12.706 * 0.2, rel=1e-3)
    one = combine_estimates([("a", measured(0.3)), ("b", not_estimable("too few doses"))], "floor")
    assert one.n == 1
    assert one.low == pytest.approx(0.1)
    assert {c.code for c in one.caveats} == {"experiment_left_out", "single_experiment"}


def test_experiments_beyond_the_doses_are_censored_never_the_largest_dose() -> None:
    parts = [("a", dose(-6.4)), ("b", dose(-6.2)), ("c", beyond(1e-6))]
    found = combine_estimates(parts, "DC50", scale="log10")
    assert found.state == "measured"
    assert found.n == 3
    without = combine_estimates(parts[:2], "DC50", scale="log10")
    as_value = combine_estimates([*parts[:2], ("c", dose(-6.0))], "DC50", scale="log10")
    assert without.value < as_value.value < found.value
    assert found.high > as_value.high


def test_mostly_or_all_beyond_the_doses_is_above_the_nearest_bound() -> None:
    found = combine_estimates([("a", dose(-6.4)), ("b", beyond(1e-6)), ("c", beyond(3e-6))], "DC50", scale="log10")
    assert (found.state, found.value, found.high) == ("above", 1e-6, math.inf)


def test_beyond_on_both_sides_is_no_number() -> None:
    below = Estimate(value=1e-9, low=0.0, high=1e-9, unit="M", state="below")
    found = combine_estimates([("a", beyond(1e-6)), ("b", below)], "DC50", scale="log10")
    assert found.state == "not_estimable"


def test_the_censored_interval_is_students_where_the_bound_lies_far_below() -> None:
    """A lane censored far to the left of all others says nothing that would move them."""
    values = [-6.4, -6.2, -6.3, -6.35]
    found = combine_estimates([*((str(v), dose(v)) for v in values), ("c", beyond(10**-6.5))], "DC50", scale="log10")
    assert math.log10(found.value) == pytest.approx(np.mean(values), abs=0.03)


def test_experiments_that_agree_exactly_fall_back_on_their_own_errors() -> None:
    found = combine_estimates([(str(i), measured(0.4)) for i in range(3)], "floor")
    assert found.low < 0.4 < found.high


def test_no_experiment_gives_no_number_and_says_why_once() -> None:
    found = combine_estimates([(str(i), not_estimable("4 doses are too few")) for i in range(3)], "DC50")
    assert (found.state, found.method, found.n) == ("not_estimable", "4 doses are too few", 3)


def test_scatter_is_shared_between_experiments() -> None:
    assert error_factors([1.0, 4.0], [4, 4], 0.95)[0] == pytest.approx(2 * error_factors([1.0, 4.0], [4, 4], 0.95)[1])


def test_labels_are_one_for_each_point() -> None:
    assert read_experiments(None, 3) == ("", "", "")
    with pytest.raises(InputError, match="2 labels of experiments for 3 points"):
        read_experiments(["a", "b"], 3)
    with pytest.raises(InputError, match="point 2 has no experiment"):
        read_experiments(["a", " ", "b"], 3)


def test_the_jackknife_of_a_mean_is_students_t() -> None:
    values = np.array([1.0, 2.0, 4.0, 4.5])
    left_out = [float(np.delete(values, i).mean()) for i in range(4)]
    found = jackknife_estimate(float(values.mean()), left_out, "mean")
    low, high = stats.t.interval(0.95, 3, values.mean(), stats.sem(values))
    assert (found.low, found.high, found.n) == pytest.approx((low, high, 4))
    assert jackknife_estimate(2.0, [1.0, 3.0], "mean").state == "not_estimable"
