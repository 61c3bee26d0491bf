"""Loss at one time, on densitometry that others measured, and on what has no ratio."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from avpi.dose.degradation_loss import measure_loss
from avpi.errors import InputError


@pytest.mark.shared_data
def test_wapl_is_depleted_as_its_authors_say(shared_data: Path) -> None:
    """Five blots of each arm; the authors give 93.508 % depletion."""
    with (shared_data / "blots" / "wapl_depletion_densitometry.csv").open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.reader(file) if row and row[0].startswith("rep")]
    control = [float(row[4]) for row in rows if row[1] == "C40"]
    depleted = [float(row[4]) for row in rows if row[1] == "C40+IAA"]
    found = measure_loss(depleted, control)
    assert 1 - found.remaining.value == pytest.approx(0.9350823493, abs=1e-9)
    assert found.remaining.n == 5
    assert found.chance_of_90_percent_loss == pytest.approx(0.97, abs=0.005)
    assert found.remaining.low < found.remaining.value < 0.1 < found.remaining.high


def test_the_interval_is_fiellers() -> None:
    """With pairs, r is inside where a paired t test of treated - r control does not reject."""
    from scipy import stats

    treated, control = np.array([0.2, 0.35, 0.25, 0.3]), np.array([1.0, 1.3, 0.9, 1.2])
    found = measure_loss(treated, control, paired=True).remaining
    for end in (found.low, found.high):
        assert stats.ttest_1samp(treated - end * control, 0).pvalue == pytest.approx(0.05, abs=1e-6)


def test_values_of_the_same_experiments_are_paired_whatever_their_order() -> None:
    treated, control, days = [0.2, 0.35, 0.25, 0.3], [1.0, 1.3, 0.9, 1.2], ["d1", "d2", "d3", "d4"]
    paired = measure_loss(treated, control, paired=True).remaining
    order = [2, 0, 3, 1]
    found = measure_loss(treated, [control[i] for i in order], experiments=(days, [days[i] for i in order])).remaining
    assert (found.low, found.high, found.n) == pytest.approx((paired.low, paired.high, 4))
    assert "Fieller (paired: by experiment) of 4 and 4 replicates" in found.method


def test_lanes_of_one_experiment_are_one_value() -> None:
    once = measure_loss([0.2, 0.3, 0.4], [1.0, 1.2, 1.1], paired=True).remaining
    labels = ["a", "a", "b", "c"]
    found = measure_loss([0.1, 0.3, 0.3, 0.4], [0.9, 1.1, 1.2, 1.1], experiments=(labels, labels)).remaining
    assert (found.low, found.high, found.n) == pytest.approx((once.low, once.high, 3))


def test_what_is_not_paired_says_why() -> None:
    treated, control = [0.2, 0.35, 0.25], [1.0, 1.3, 0.9]
    assert "(unpaired, Welch: no experiments are named)" in measure_loss(treated, control).remaining.method
    assert "(unpaired, Welch: as said)" in measure_loss(treated, control, paired=False).remaining.method
    other = measure_loss(treated, control, experiments=(["a", "b", "c"], ["a", "b", "d"])).remaining
    assert "(unpaired, Welch: experiment 'c' has no control value)" in other.method
    with pytest.raises(InputError, match="not both"):
        measure_loss(treated, control, experiments=(["a", "b", "c"], ["a", "b", "c"]), paired=True)
    with pytest.raises(InputError, match="2 labels of experiments for 3 points"):
        measure_loss(treated, control, experiments=(["a", "b"], ["a", "b", "c"]))


def test_a_control_that_may_be_nothing_leaves_the_fraction_open() -> None:
    found = measure_loss([0.2, 0.3], [1.0, 0.05])
    assert found.remaining.high == math.inf


def test_single_blots_and_impossible_values_give_no_fraction() -> None:
    one = measure_loss([0.1], [1.0, 1.1])
    assert one.remaining.state == "not_estimable"
    assert math.isnan(one.chance_of_90_percent_loss)
    assert measure_loss([0.1, 0.2], [-1.0, 0.1]).remaining.state == "not_estimable"
    with pytest.raises(InputError, match="as many of both"):
        measure_loss([0.1, 0.2], [1.0, 1.1, 1.2], paired=True)
    with pytest.raises(InputError, match="the value is 'nan'"):
        measure_loss([0.1, math.nan], [1.0, 1.1])
