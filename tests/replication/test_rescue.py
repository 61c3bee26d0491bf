"""The call on a rescue: each of the four words, and R only where there is a kill."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from avpi.errors import InputError
from avpi.replication.conditions import fit_conditions
from avpi.replication.rescue import RescueMargins, fieller_interval, rescue_in_model, rescue_over_experiments

VEHICLE = np.array([100.0, 98.0, 103.0, 99.0])
MIMETIC = np.array([31.0, 28.0, 36.0, 30.0])


@pytest.mark.parametrize(
    ("rescued", "call"),
    [
        ([97.0, 95.0, 99.0, 97.0], "complete rescue"),
        ([78.0, 74.0, 84.0, 76.0], "rescue"),
        ([33.0, 29.0, 36.0, 33.0], "no rescue"),
        ([50.0, 44.0, 55.0, 52.0], "undetermined"),
        ([20.0, 99.0, 40.0, 90.0], "undetermined"),
        # 0.6 of the kill comes back, more than nothing, but half is not excluded.
        ([65.0, 78.0, 76.0, 74.0], "undetermined"),
    ],
)
def test_each_call(rescued: list[float], call: str) -> None:
    found = rescue_over_experiments(VEHICLE, MIMETIC, rescued)
    assert found.call == call
    gain, kill = np.array(rescued) - MIMETIC, VEHICLE - MIMETIC
    assert found.restored.value == pytest.approx(gain.mean() / kill.mean())
    assert found.restored.low < found.restored.value < found.restored.high
    assert (found.gain.df, found.kill.df, found.to_vehicle.df, found.restored.n) == (3, 3, 3, 4)


def test_absence_of_a_difference_is_no_absence_of_rescue() -> None:
    """Two noisy experiments: the gain does not differ from 0, and nothing is shown."""
    found = rescue_over_experiments([100.0, 100.5], [30.0, 34.0], [30.0, 60.0])
    assert found.gain.p > 0.05
    assert found.call == "undetermined"


def test_nothing_can_be_restored_where_nothing_was_killed() -> None:
    found = rescue_over_experiments([100.0, 101.0, 99.0], [82.0, 84.0, 80.0], [99.0, 100.5, 99.2])
    assert (found.restored.state, found.call) == ("not_estimable", "undetermined")
    assert "below 20" in found.reason
    assert (
        rescue_over_experiments(
            [100.0, 101.0, 99.0], [82.0, 84.0, 80.0], [99.0, 100.5, 99.2], RescueMargins(smallest_kill=15.0)
        ).call
        == "complete rescue"
    )


def test_margins_that_overlap_are_not_decided() -> None:
    margins = RescueMargins(complete=15.0, none=14.0)
    found = rescue_over_experiments([100.0, 101.0, 99.0], [79.0, 80.1, 78.0], [90.0, 91.2, 88.9], margins)
    assert (found.to_vehicle.equivalent, found.to_mimetic.equivalent) == (True, True)
    assert found.call == "undetermined"
    assert "overlap" in found.reason


def test_one_experiment_allows_no_call() -> None:
    found = rescue_over_experiments([100.0], [30.0], [95.0])
    assert (found.call, found.reason) == ("undetermined", "insufficient: one experiment")
    assert found.restored.state == found.gain.state == found.to_vehicle.state == "not_estimable"


def test_arms_that_do_not_vary_allow_no_call() -> None:
    found = rescue_over_experiments([100.0] * 3, [30.0] * 3, [95.0] * 3)
    assert found.call == "undetermined"
    assert "does not vary" in found.reason


def test_three_experiments_have_two_degrees_of_freedom_and_say_so() -> None:
    found = rescue_over_experiments(VEHICLE[:3], MIMETIC[:3], [97.0, 95.0, 99.0])
    assert "2 df from 3 independent experiments" in found.restored.method


def test_fiellers_limits_are_the_ratios_whose_contrast_is_at_the_edge() -> None:
    spread = np.array([[4.0, 1.0], [1.0, 9.0]])
    for low_high in fieller_interval(30.0, 60.0, spread, 4.0):
        weights = np.array([1.0, -low_high])
        t = weights @ [30.0, 60.0] / math.sqrt(weights @ spread @ weights)
        assert abs(t) == pytest.approx(stats.t.ppf(0.975, 4))
    assert fieller_interval(30.0, 1.0, spread, 4.0) == (-math.inf, math.inf)


def test_fiellers_interval_covers_the_ratio_as_often_as_it_says() -> None:
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(400):
        pairs = rng.multivariate_normal([30.0, 60.0], [[60.0, 30.0], [30.0, 90.0]], size=4)
        low, high = fieller_interval(pairs[:, 0].mean(), pairs[:, 1].mean(), np.cov(pairs.T) / 4, 3.0)
        covered += low < 0.5 < high
    assert 0.92 < covered / 400 < 0.98


def test_a_model_of_averages_gives_the_call_of_the_experiments() -> None:
    rescued = np.array([78.0, 74.0, 84.0, 76.0])
    y = np.concatenate([VEHICLE, MIMETIC, rescued])
    names = ["vehicle"] * 4 + ["SM"] * 4 + ["SM + zVAD"] * 4
    model = fit_conditions(y, names, [1, 2, 3, 4] * 3)
    arms: Any = {"vehicle": {"(Intercept)": 1}, "mimetic": {"(Intercept)": 1, "SM": 1}}
    found = rescue_in_model(model, **arms, rescued={"(Intercept)": 1, "SM + zVAD": 1})
    paired = rescue_over_experiments(VEHICLE, MIMETIC, rescued)
    assert found.call == paired.call == "rescue"
    assert found.restored.value == pytest.approx(paired.restored.value)
    # The model pools the spread of all arms: 3 x 2 degrees of freedom.
    assert [found.gain.df, found.restored.n] == pytest.approx([6, 4])
    assert found.restored.low == pytest.approx(paired.restored.low, abs=0.03)


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        (([1.0, 2.0], [1.0], [1.0, 2.0]), r"shapes \(2,\), \(1,\)"),
        (([], [], []), "shapes"),
        (([1.0, np.nan], [1.0, 2.0], [1.0, 2.0]), "no number"),
    ],
)
def test_faults_are_said(arms: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        rescue_over_experiments(*arms)


@pytest.mark.parametrize("wrong", [{"complete": 0.0}, {"none": -1.0}, {"fraction": 1.0}, {"smallest_kill": math.nan}])
def test_margins_that_make_no_sense_are_said(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=f"margin '{next(iter(wrong))}'"):
        RescueMargins(**wrong)


def test_a_ratio_without_numbers_is_said() -> None:
    with pytest.raises(InputError, match="above 0"):
        fieller_interval(1.0, 2.0, np.eye(2), 0.0)
    with pytest.raises(InputError, match="finite"):
        fieller_interval(math.nan, 2.0, np.eye(2), 2.0)
