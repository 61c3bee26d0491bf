"""What scatters more is weighed less: the scatter is learnt from all replicates together, and only if they show it."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from avpi.dose.fit_shape import fit_shape
from avpi.dose.response_variance import ResponseVariance, estimate_variance, fit_weighted
from avpi.dose.shapes import FOUR_PARAMETERS
from avpi.dose.variance_models import MOST_SIMULATED_GROUPS, ReplicateScatter, power_p_value, power_ratio
from avpi.errors import InputError

Floats = NDArray[np.float64]

CONSTANT, PROPORTIONAL = (lambda height: 0.04 + 0 * height), (lambda height: 0.1 * height)


def replicates(
    heights: Floats, wells: int, sd: Callable[[Floats], Floats], random: np.random.Generator
) -> tuple[Floats, list[int]]:
    true = np.repeat(heights, wells)
    return true + sd(true) * random.standard_normal(true.size), list(np.repeat(np.arange(heights.size), wells))


def of(heights: Floats, wells: int, sd: Callable[[Floats], Floats], seed: int = 1) -> ResponseVariance:
    return estimate_variance(*replicates(heights, wells, sd, np.random.default_rng(seed)))


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.5])
def test_the_exponent_of_the_scatter_is_found_and_its_error_is_right(exponent: float) -> None:
    random = np.random.default_rng(4)
    heights = np.geomspace(500, 50_000, 60)
    z = []
    for _ in range(30):
        found = estimate_variance(*replicates(heights, 3, lambda y: 5 * (y / 500) ** exponent, random))
        z.append((found.exponent - exponent) / found.exponent_error)
        assert found.p_against_constant < 1e-3
    assert abs(np.mean(z)) < 0.5
    assert np.std(z) == pytest.approx(1.0, abs=0.25)


def test_a_constant_scatter_is_refuted_as_often_as_the_level_says() -> None:
    random = np.random.default_rng(7)
    heights = np.geomspace(0.1, 1, 8)
    p = [estimate_variance(*replicates(heights, 2, CONSTANT, random)).p_against_constant for _ in range(150)]
    assert np.mean(np.array(p) < 0.05) < 0.09
    assert np.mean(np.array(p) < 0.2) == pytest.approx(0.2, abs=0.08)


@pytest.mark.parametrize(("groups", "wells"), [(4, 2), (4, 3)])
def test_the_p_value_is_right_for_a_handful_of_replicates(groups: int, wells: int) -> None:
    """Chi-square by itself says 0.05 where the truth is 0.07."""
    heights, df = np.geomspace(0.1, 1, groups), np.full(groups, wells - 1.0)
    null = np.random.default_rng(3).chisquare(df, (20_000, groups))
    ratios, _ = power_ratio(heights, df, null)
    for share in (0.2, 0.05, 0.01):
        at = int(np.argsort(ratios)[round((1 - share) * ratios.size)])
        found = power_p_value(ReplicateScatter(heights=heights, df=df, squares=null[at]), seed=1)
        assert found == pytest.approx(share, rel=0.15)


def test_replicates_that_do_not_disagree_leave_all_wells_alike() -> None:
    found = of(np.linspace(0.1, 1, 30), 3, CONSTANT)
    assert found.model == "constant"
    assert found.parameters[0].value == pytest.approx(0.04, rel=0.2)
    assert found.weights([0.1, 1.0]).tolist() == [1.0, 1.0]
    assert "do not refute" in found.why


def test_an_additive_floor_under_a_constant_coefficient_of_variation_is_told_from_a_power() -> None:
    found = of(np.geomspace(0.005, 1, 200), 4, lambda y: np.sqrt(0.01**2 + (0.1 * y) ** 2))
    assert found.model == "additive and multiplicative"
    additive, cv = found.parameters
    assert additive.value == pytest.approx(0.01, abs=4 * additive.standard_error)
    assert cv.value == pytest.approx(0.1, abs=4 * cv.standard_error)
    assert found.aic["power"] > 10
    assert found.weights([0.0, 1.0])[0] / found.weights([0.0, 1.0])[1] == pytest.approx(100, rel=0.3)


def test_weights_follow_the_expected_response_within_the_heights_that_were_replicated() -> None:
    found = of(np.geomspace(0.1, 1, 80), 4, PROPORTIONAL)
    assert found.model == "power"
    weights = found.weights([0.2, 0.4])
    assert weights[0] / weights[1] == pytest.approx(4, rel=0.4)
    assert weights.mean() == pytest.approx(1.0)
    # A fitted plateau of 0 or less does not get all the weight of the curve
    assert found.weights([-0.5, 0.0, found.lowest, 0.5])[:3] == pytest.approx(
        found.weights([found.lowest, 0.5])[0], rel=2
    )
    assert np.ptp(found.weights([-0.5, 0.0, found.lowest, 0.5])[:3]) == 0


@settings(max_examples=20)
@given(st.floats(1e-6, 1e6))
def test_the_unit_of_the_response_does_not_matter(unit: float) -> None:
    responses, groups = replicates(np.geomspace(0.05, 1, 12), 3, PROPORTIONAL, np.random.default_rng(2))
    here, there = estimate_variance(responses, groups), estimate_variance(unit * responses, groups)
    assert there.exponent == pytest.approx(here.exponent, abs=1e-6)
    assert there.p_against_constant == pytest.approx(here.p_against_constant, rel=1e-6)
    assert there.model == here.model
    assert there.weights(unit * responses) == pytest.approx(here.weights(responses), rel=1e-4)


def test_a_missing_well_and_a_single_one_tell_nothing() -> None:
    responses, groups = replicates(np.geomspace(0.1, 1, 20), 3, PROPORTIONAL, np.random.default_rng(3))
    more = estimate_variance([*responses, math.nan, 0.7], [*groups, 0, "alone"])
    assert more == estimate_variance(responses, groups)


def test_thousands_of_groups_are_put_together_for_the_test_alone() -> None:
    few, many = MOST_SIMULATED_GROUPS, 5 * MOST_SIMULATED_GROUPS
    assert of(np.geomspace(0.1, 1, many), 2, PROPORTIONAL).groups == many
    assert of(np.geomspace(0.1, 1, many), 2, CONSTANT).p_against_constant > 0.05
    assert of(np.geomspace(0.1, 1, few + 1), 2, PROPORTIONAL).p_against_constant < 1e-6


def test_responses_of_0_and_below_count_as_low_ones() -> None:
    found = of(np.concatenate([[-0.02, 0.0], np.linspace(0.1, 1, 20)]), 3, CONSTANT)
    assert found.lowest > 0
    assert np.isfinite(found.exponent)


def test_too_few_replicates_give_a_constant_and_say_why() -> None:
    found = estimate_variance([1.0, 1.1, 0.5, 0.45], ["a", "a", "b", "b"])
    assert (found.model, found.df) == ("constant", 2)
    assert math.isnan(found.p_against_constant)
    assert "2 heights with 2 degrees of freedom" in found.why
    equal = estimate_variance([1.0] * 4 + [0.5] * 4, list("aaaabbbb"))
    assert equal.why == "all replicates are equal"
    assert equal.weights([0.5, 1.0]).tolist() == [1.0, 1.0]
    with pytest.raises(InputError, match="'power' cannot be estimated"):
        estimate_variance([1.0, 1.1, 0.5, 0.45], ["a", "a", "b", "b"], model="power")


@pytest.mark.parametrize(
    ("responses", "groups", "said"),
    [
        ([1.0, 2.0], ["a", "b"], "none of 2 groups has two wells"),
        ([1.0, math.inf], ["a", "a"], "response 2 is infinite"),
        ([1.0, 2.0], ["a"], "1 labels"),
    ],
)
def test_what_holds_no_replicates_is_refused(responses: list[float], groups: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        estimate_variance(responses, groups)


def test_a_weighted_fit_finds_the_plateau_of_a_raw_signal_better_and_comes_to_rest() -> None:
    random = np.random.default_rng(5)
    variance = of(np.geomspace(0.02, 1, 80), 3, PROPORTIONAL)
    doses = np.repeat(np.geomspace(1e-9, 1e-5, 10), 3)
    true = 0.03 + 0.97 / (1 + (doses / 1e-7) ** 1.2)
    misses = []
    for _ in range(3):
        responses = true * (1 + 0.1 * random.standard_normal(doses.size))
        plain = fit_shape(FOUR_PARAMETERS, doses, responses)
        found = fit_weighted(FOUR_PARAMETERS, doses, responses, variance)
        assert found.settled
        assert found.rounds <= 5
        assert found.weights == pytest.approx(variance.weights(found.fit.least_squares.fitted), rel=0.05)
        misses.append((plain.value("bottom") - 0.03, found.fit.value("bottom") - 0.03))
    plain_miss, weighted_miss = np.sqrt(np.mean(np.square(misses), axis=0))
    assert weighted_miss < 0.6 * plain_miss


def test_a_constant_variance_needs_one_fit() -> None:
    variance = of(np.linspace(0.1, 1, 30), 3, CONSTANT)
    doses = np.geomspace(1e-9, 1e-5, 10)
    responses = 0.1 + 0.9 / (1 + (doses / 1e-7)) + 0.02 * np.random.default_rng(1).standard_normal(10)
    found = fit_weighted(FOUR_PARAMETERS, doses, responses, variance)
    assert found.rounds == 1
    assert found.fit.rss == fit_shape(FOUR_PARAMETERS, doses, responses).rss


@pytest.mark.shared_data
def test_raw_celltiter_glo_scatters_in_proportion_to_its_height(shared_data: Path) -> None:
    with gzip.open(shared_data / "dose" / "gdsc_raw" / "gdsc_raw_120plates.csv.gz", "rt") as file:
        rows = [row for row in csv.DictReader(file) if row["TAG"] in ("NC-1", "PC-1")]
    vehicle = [row for row in rows if row["TAG"] == "NC-1"]
    found = estimate_variance([float(row["INTENSITY"]) for row in vehicle], [row["SCAN_ID"] for row in vehicle])
    assert found.model == "power"
    assert found.exponent == pytest.approx(1.0, abs=0.1)
    # Killed wells scatter more than in proportion: a background and its noise lie under them
    both = estimate_variance([float(row["INTENSITY"]) for row in rows], [(row["SCAN_ID"], row["TAG"]) for row in rows])
    assert both.model == "additive and multiplicative"
    assert both.parameters[1].value == pytest.approx(0.125, abs=0.01)
