"""DC50 and Dmax: the right numbers from simulated blots, and no number where there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from avpi.dose.curve_points import read_points
from avpi.dose.degradation_dose import DegradationCurve, measure_degradation
from avpi.dose.degradation_limb import choose_shape
from avpi.errors import InputError
from avpi.estimate import Estimate

DOSES = np.array([0.0, *10.0 ** np.arange(-10, -6.4, 0.5)])
WIDE = np.array([0.0, *10.0 ** np.arange(-10, -4.9, 0.5)])


def sigmoid(doses: np.ndarray, dc50: float = 1e-8, floor: float = 0.08, slope: float = 1.2) -> np.ndarray:
    left: np.ndarray = floor + (1 - floor) / (1 + (doses / dc50) ** slope)
    return left


def bell(doses: np.ndarray, first: float = 1e-8, second: float = 1e-6, depth: float = 0.85) -> np.ndarray:
    """A ternary complex without cooperativity."""

    def complexes(d: np.ndarray) -> np.ndarray:
        return np.asarray((d / first) / ((1 + d / first) * (1 + d / second)))

    return np.asarray(1 - depth * complexes(doses) / complexes(np.geomspace(1e-12, 1e-3, 20001)).max())


def blots(curve: np.ndarray, experiments: int, seed: int, cv: float = 0.07) -> tuple[list[float], list[str]]:
    random = np.random.default_rng(seed)
    values: list[float] = []
    labels: list[str] = []
    for day in range(experiments):
        lanes = curve * (1 + random.normal(0, cv, curve.size)) + random.normal(0, 0.01, curve.size)
        values += list(lanes / lanes[0])
        labels += [f"day {day + 1}"] * curve.size
    return values, labels


def measured(curve: np.ndarray, doses: np.ndarray, experiments: int = 3, seed: int = 1) -> DegradationCurve:
    values, labels = blots(curve, experiments, seed)
    return measure_degradation(np.tile(doses, experiments), values, experiments=labels)


def codes(one: Estimate) -> set[str]:
    return {caveat.code for caveat in one.caveats}


def test_three_experiments_give_dc50_and_dmax_with_n_3() -> None:
    found = measured(sigmoid(DOSES), DOSES)
    assert found.shape == "four_parameter_logistic"
    assert found.falling_p < 0.001
    assert found.dc50_molar.low < 1e-8 < found.dc50_molar.high
    assert found.dc50_absolute_molar.low < 1.15e-8 < found.dc50_absolute_molar.high
    assert found.dc50_molar.value < found.dc50_absolute_molar.value
    assert found.dmax.low < 0.905 < found.dmax.high
    assert found.dmax_observed.value == pytest.approx(0.91, abs=0.04)
    assert {one.n for one in (found.dc50_molar, found.dc50_absolute_molar, found.dmax, found.dmax_observed)} == {3}
    assert [one.experiment for one in found.by_experiment] == ["day 1", "day 2", "day 3"]
    assert found.hook_onset_molar.state == "not_estimable"


def test_days_that_differ_widen_the_interval_that_pooled_lanes_would_give() -> None:
    random = np.random.default_rng(4)
    curves = [sigmoid(DOSES, dc50) * (1 + random.normal(0, 0.03, DOSES.size)) for dc50 in (4e-9, 1e-8, 2.5e-8)]
    doses, values = np.tile(DOSES, 3), np.concatenate(curves)
    apart = measure_degradation(doses, values, experiments=np.repeat(["a", "b", "c"], DOSES.size).tolist())
    pooled = measure_degradation(doses, values)

    def width(one: Estimate) -> float:
        return math.log10(one.high / one.low)

    assert width(apart.dc50_molar) > 2.5 * width(pooled.dc50_molar)
    assert pooled.dc50_molar.n == 1
    assert "single_experiment" in codes(pooled.dc50_molar)


def test_the_absolute_dc50_is_undefined_where_more_than_half_stays() -> None:
    found = measured(sigmoid(DOSES, floor=0.6), DOSES)
    assert found.dc50_molar.state == "measured"
    assert found.dc50_absolute_molar.state == "not_estimable"
    assert "undefined" in found.dc50_absolute_molar.method


def test_lanes_that_do_not_change_give_no_dc50_but_the_p_value() -> None:
    found = measured(np.ones(DOSES.size), DOSES)
    assert found.shape == "none"
    assert found.falling_p > 0.05
    for one in (found.dc50_molar, found.dc50_absolute_molar, found.dmax, found.hook_onset_molar):
        assert one.state == "not_estimable"
        assert f"p = {found.falling_p:.2g}" in one.method
    assert found.dmax_observed.value < 0.2


def test_a_protein_that_rises_is_not_degraded() -> None:
    assert measured(1 + 0.8 * (1 - sigmoid(DOSES)), DOSES).shape == "none"


def test_equal_lanes_and_few_doses_are_no_curve() -> None:
    assert measure_degradation(DOSES, np.ones(DOSES.size)).dc50_molar.state == "not_estimable"
    few = measure_degradation([0, 1e-9, 1e-8], [1.0, 0.6, 0.1])
    assert "3 different doses, and a DC50 needs 4" in few.dc50_molar.method
    assert few.dmax_observed.value == pytest.approx(0.9)


def test_a_dc50_beyond_the_doses_is_censored_at_the_last_one() -> None:
    low = DOSES[DOSES < 2e-7]
    found = measured(sigmoid(low, dc50=3e-7, floor=0.0, slope=1.0), low)
    assert found.dc50_absolute_molar.state == "above"
    assert found.dc50_absolute_molar.value == pytest.approx(1e-7)
    assert found.dc50_absolute_molar.high == math.inf


def test_a_protein_gone_at_the_lowest_dose_has_a_dc50_below_it() -> None:
    found = measured(sigmoid(DOSES, dc50=1e-12), DOSES)
    assert found.dc50_molar.state == "below"
    assert found.dc50_molar.value == pytest.approx(1e-10)


def test_a_hook_is_fitted_and_dc50_is_that_of_its_falling_limb() -> None:
    found = measured(bell(WIDE), WIDE)
    assert found.shape == "hook"
    half = 10 ** np.interp(-0.575, -bell(10.0 ** np.linspace(-11, -7, 4001)), np.linspace(-11, -7, 4001))
    assert math.log10(found.dc50_molar.value / half) == pytest.approx(0, abs=0.15)
    assert found.hook_onset_molar.low < 1e-7 < found.hook_onset_molar.high
    assert found.dmax.value == pytest.approx(0.85, abs=0.05)


def test_a_hook_with_too_few_doses_beyond_uses_the_falling_limb_and_says_so() -> None:
    doses = WIDE[WIDE < 1.1e-6]
    found = measured(bell(doses, second=3e-7), doses)
    assert found.shape == "falling_limb"
    assert "hook_not_fitted" in codes(found.dc50_molar)
    assert found.hook_onset_molar.state == "not_estimable"
    assert "Only doses up to" in found.why


def test_percent_is_refused_unless_the_control_is_100() -> None:
    values = 100 * sigmoid(DOSES)
    with pytest.raises(InputError, match="Divide percentages by 100"):
        measure_degradation(DOSES, values)
    found = measure_degradation(DOSES, values + np.random.default_rng(2).normal(0, 2, DOSES.size), control=100)
    assert found.dmax.value == pytest.approx(0.91, abs=0.05)


def test_impossible_points_are_refused() -> None:
    with pytest.raises(InputError, match="the dose is '-1'"):
        measure_degradation([-1.0, 1, 2, 3], [1, 1, 1, 1.0])
    with pytest.raises(InputError, match="the control is '0'"):
        measure_degradation(DOSES, sigmoid(DOSES), control=0)


def test_a_sigmoid_is_rarely_taken_for_a_hook() -> None:
    for seed in range(3):
        values, _ = blots(sigmoid(WIDE, 5e-9), 3, seed)
        assert choose_shape(read_points(np.tile(WIDE, 3), values)).kind == "four_parameter_logistic"
