"""Days differ: intervals come from whole experiments, and from nothing else where there are too few of them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from avpi.dose.batch import fit_curves
from avpi.dose.curve_points import read_points
from avpi.dose.estimate_dose import estimate_ec50
from avpi.dose.experiment_bootstrap import (
    ExperimentBootstrap,
    _Reading,
    bootstrap_experiments,
    estimate_over_experiments,
    fit_resampled,
)
from avpi.dose.fit_shape import fit_shape
from avpi.dose.shapes import FOUR_PARAMETERS
from avpi.errors import InputError

Floats = NDArray[np.float64]
Wells = tuple[Floats, Floats, list[str]]

DOSES = np.repeat(np.geomspace(1e-9, 1e-5, 8), 2)
SPREAD = 0.15
"""Of log10 EC50 between experiments."""


def curve(doses: Floats, p: float, bottom: float = 0.2, slope: float = 1.2) -> Floats:
    return np.asarray(bottom + (1 - bottom) / (1 + 10 ** (slope * (np.log10(doses) - p))), float)


def experiments(number: int, random: np.random.Generator, *, p: float = -7.0, noise: float = 0.05) -> Wells:
    responses = [curve(DOSES, p + SPREAD * random.standard_normal()) for _ in range(number)]
    all_responses = np.concatenate(responses) + noise * random.standard_normal(number * DOSES.size)
    return np.tile(DOSES, number), all_responses, [f"day {i // DOSES.size + 1}" for i in range(number * DOSES.size)]


def uneven(number: int, random: np.random.Generator) -> Wells:
    """Every second experiment has other doses and single wells."""
    doses, responses, labels = experiments(number, random)
    kept = np.array([int(label.split()[1]) % 2 == 1 or i % 4 == 0 for i, label in enumerate(labels)])
    return doses[kept], responses[kept], [label for label, keep in zip(labels, kept, strict=True) if keep]


def bootstrapped(wells: Wells, draws: int = 1000) -> ExperimentBootstrap:
    return bootstrap_experiments(*wells, draws=draws)


def test_eight_experiments_cover_the_truth_about_as_often_as_the_level_says() -> None:
    """Plain percentiles would in 87 to 89 of 100 studies."""
    random = np.random.default_rng(12)
    hits = []
    for _ in range(120):
        found = bootstrapped(experiments(8, random)).log10_relative_ec50
        hits.append(found.low <= -7.0 <= found.high)
    assert 0.89 <= np.mean(hits) <= 0.99


def test_for_a_mean_the_interval_is_students() -> None:
    """Resampled means of n values scatter by sqrt((n - 1) / n) of their standard error."""
    n, draws = 8, 200_000
    means = math.sqrt((n - 1) / n) * np.random.default_rng(1).standard_normal(draws)
    low, high = _Reading(level=0.95, n=n).ends(means)
    assert (low, high) == pytest.approx(stats.t.interval(0.95, n - 1), rel=0.02)


def test_a_draw_is_the_fit_of_its_experiments_as_often_as_they_were_drawn() -> None:
    doses, responses, labels = uneven(6, np.random.default_rng(2))
    names, which = np.unique(labels, return_inverse=True)
    times = np.array([3, 0, 1, 2, 0, 0])
    drawn = fit_resampled(read_points(doses, responses), which, times[None, :].astype(float), None, None)
    wells = np.concatenate([np.tile(np.flatnonzero(which == e), n) for e, n in enumerate(times)])
    direct = fit_curves(doses[wells], responses[wells], intervals=False)
    assert names.size == 6
    assert drawn.log10_ec50_molar[0] == pytest.approx(direct.log10_ec50_molar[0], abs=1e-5)
    assert drawn.bottom[0] == pytest.approx(direct.bottom[0], abs=1e-5)
    weights = np.random.default_rng(1).uniform(0.2, 5, doses.size)
    drawn = fit_resampled(read_points(doses, responses, weights), which, np.ones((1, 6)), None, None)
    direct = fit_curves(doses, responses, weights=weights, intervals=False)
    assert drawn.log10_ec50_molar[0] == pytest.approx(direct.log10_ec50_molar[0], abs=1e-4)


def test_the_values_are_those_of_the_curve_of_all_wells() -> None:
    doses, responses, labels = uneven(7, np.random.default_rng(3))
    found = bootstrapped((doses, responses, labels))
    boxes = {"bottom": (0.0, 1.2), "hill_slope": (0.1, 10.0)}
    fit = fit_shape(FOUR_PARAMETERS, doses, responses, None, boxes, control=1.0)
    assert found.log10_relative_ec50.value == pytest.approx(fit.log10_relative_ec50, abs=1e-5)
    assert found.log10_absolute_ec50.value == pytest.approx(fit.log10_absolute_ec50, abs=1e-5)
    assert found.bottom.value == pytest.approx(fit.value("bottom"), abs=1e-5)
    assert found.hill_slope.value == pytest.approx(fit.value("hill_slope"), abs=1e-4)
    assert found.emax.value == pytest.approx(1 - fit.response([1e-5])[0], abs=1e-5)
    assert found.log10_relative_ec50.n == found.experiments == 7


def test_days_that_differ_widen_the_interval_where_wells_alone_would_not() -> None:
    doses, responses, labels = experiments(8, np.random.default_rng(5), noise=0.01)
    found = bootstrapped((doses, responses, labels)).log10_relative_ec50
    wells = estimate_ec50(fit_shape(FOUR_PARAMETERS, doses, responses, control=1.0))
    expected = 2 * 2.36 * SPREAD / math.sqrt(8)
    assert found.high - found.low == pytest.approx(expected, rel=0.6)
    assert found.high - found.low > 2 * math.log10(wells.high / wells.low)


def test_equal_seeds_give_equal_intervals() -> None:
    wells = experiments(6, np.random.default_rng(1))
    assert bootstrapped(wells) == bootstrapped(wells)
    assert bootstrap_experiments(*wells, draws=1000, seed=2) != bootstrapped(wells)


def test_an_ec50_beyond_the_doses_is_censored_there() -> None:
    found = bootstrapped(experiments(6, np.random.default_rng(6), p=-4.5))
    assert found.share_without_absolute_ec50 > 0.95
    absolute = found.log10_absolute_ec50
    assert absolute.state == "above"
    assert absolute.value == pytest.approx(-5.0)
    assert "Infinity" not in json.dumps(absolute.to_json())
    at_the_edge = bootstrapped(experiments(6, np.random.default_rng(6), p=-5.1)).log10_absolute_ec50
    assert at_the_edge.high == math.inf


def test_a_compound_without_effect_has_no_ec50_and_says_how_many_draws_have_none() -> None:
    random = np.random.default_rng(8)
    doses, labels = np.tile(DOSES, 6), [f"day {i // DOSES.size + 1}" for i in range(6 * DOSES.size)]
    found = bootstrapped((doses, 1 + 0.05 * random.standard_normal(doses.size), labels))
    assert found.share_without_absolute_ec50 == 1
    assert found.log10_absolute_ec50.state == "above"
    assert found.share_without_relative_ec50 > 0.02
    relative = found.log10_relative_ec50
    assert relative.state == "not_estimable" or math.isinf(relative.low) or math.isinf(relative.high)
    assert abs(found.emax.value) < 0.1


def test_five_experiments_are_not_resampled_and_the_remedy_is_named() -> None:
    with pytest.raises(InputError, match=r"5 experiments to resample.*6 or more.*estimate_over_experiments"):
        bootstrapped(experiments(5, np.random.default_rng(1)))
    with pytest.raises(InputError, match="'100' draws"):
        bootstrapped(experiments(6, np.random.default_rng(1)), draws=100)


def test_three_experiments_give_students_interval_with_two_degrees_of_freedom() -> None:
    values = np.array([-7.1, -6.9, -7.3])
    found = estimate_over_experiments(values, unit="M")
    low, high = stats.t.interval(0.95, 2, values.mean(), stats.sem(values))
    assert (found.value, found.low, found.high) == pytest.approx((10 ** values.mean(), 10**low, 10**high))
    assert (found.n, found.unit) == (3, "M")
    assert "2 degrees of freedom" in found.method
    linear = estimate_over_experiments([0.1, 0.2, 0.3], scale="linear")
    assert linear.value == pytest.approx(0.2)


def test_the_experiment_that_was_measured_poorly_weighs_less() -> None:
    alike = estimate_over_experiments([-7.0, -7.1, -6.0])
    weighed = estimate_over_experiments([-7.0, -7.1, -6.0], [0.05, 0.05, 2.0])
    assert math.log10(weighed.value) == pytest.approx(-7.05, abs=0.05)
    assert math.log10(alike.value) == pytest.approx(-6.7, abs=0.01)


def test_one_experiment_is_insufficient_and_a_censored_one_is_not_left_out() -> None:
    one = estimate_over_experiments([-7.0])
    assert one.state == "not_estimable"
    assert one.method.startswith("insufficient")
    censored = estimate_over_experiments([-7.0, math.nan, -7.2])
    assert censored.state == "not_estimable"
    assert "experiment 2 of 3 has no value" in censored.method
    with pytest.raises(InputError, match="errors of the shape"):
        estimate_over_experiments([-7.0, -7.1], [0.1])
