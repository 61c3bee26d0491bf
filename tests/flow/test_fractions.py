"""Shares of cells, freed of false positives, with intervals for counting and thresholds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import beta

from avpi.flow.count_cells import bins_of
from avpi.flow.fractions import Shares, levels_of, logarithm_of, shares_of
from avpi.flow.stain_patterns import patterns_of
from avpi.flow.thresholds import Cutoff, cutoff_from_negatives, cutoff_from_valley

NAMES = patterns_of("caspase-3")
EXACT = Cutoff(stain="caspase-3", value=100.0, low=100.0, high=100.0, origin="manual")


def shares(values: list[NDArray[np.float64]], cutoffs: list[Cutoff], names: Mapping[tuple[bool, ...], str]) -> Shares:
    """Shares of cells with these intensities."""
    return shares_of(bins_of(values, levels_of(cutoffs)), cutoffs, names)


def test_with_an_exact_threshold_the_interval_is_that_of_jeffreys() -> None:
    values = np.array([50.0] * 180 + [500.0] * 20)
    share = shares([values], [EXACT], NAMES).fractions["caspase3_positive"]
    assert share.value == pytest.approx(0.1)
    assert share.low == pytest.approx(beta.ppf(0.025, 20.5, 180.5), abs=2e-4)
    assert share.high == pytest.approx(beta.ppf(0.975, 20.5, 180.5), abs=2e-4)


def test_a_share_of_zero_has_a_short_interval_where_many_cells_were_counted() -> None:
    none = shares([np.full(3400, 50.0)], [EXACT], NAMES).fractions["caspase3_positive"]
    assert (none.value, none.low) == (0, 0)
    assert none.high == pytest.approx(beta.ppf(0.975, 0.5, 3400.5), rel=1e-3)
    values = np.array([50.0] * 3372 + [500.0] * 28)  # fewer than the one in a hundred that controls foretell
    freed = shares([values], [replace(EXACT, false_positive=0.01)], NAMES).fractions["caspase3_positive"]
    assert freed.value == 0
    assert 0.002 < freed.high < 0.01


def test_no_share_is_a_negative_zero() -> None:
    cutoffs = [replace(EXACT, false_positive=0.01)] * 2
    values = [np.full(1000, 50.0), np.full(1000, 50.0)]
    found = shares(values, cutoffs, patterns_of("annexin_v_pi")).fractions.values()
    assert not any(math.copysign(1, share.value) < 0 or math.copysign(1, share.low) < 0 for share in found)


def test_a_threshold_that_may_lie_elsewhere_widens_the_interval() -> None:
    values = np.linspace(0, 200, 2000)
    narrow = shares([values], [EXACT], NAMES).fractions["caspase3_positive"]
    wide = shares([values], [replace(EXACT, low=80.0, high=120.0)], NAMES).fractions["caspase3_positive"]
    assert wide.value == narrow.value == pytest.approx(0.5)
    assert wide.high - wide.low == pytest.approx(4 * math.hypot(0.1, 0.011) * 0.98, rel=0.1)
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)


def test_negative_cells_above_the_threshold_are_taken_off() -> None:
    values = np.array([50.0] * 990 + [500.0] * 10)
    found = shares([values], [replace(EXACT, false_positive=0.01)], NAMES)
    assert found.counts["caspase3_positive"] == 10
    assert found.fractions["caspase3_positive"].value == pytest.approx(0, abs=1e-9)
    assert found.fractions["caspase3_positive"].low == 0
    assert "freed of" in found.fractions["caspase3_positive"].method


def test_no_cells_give_no_share() -> None:
    found = shares([np.empty(0)], [EXACT], NAMES)
    assert found.counts == {"caspase3_negative": 0, "caspase3_positive": 0}
    share = found.fractions["caspase3_positive"]
    assert share.state == "not_estimable"
    assert all(math.isnan(x) for x in logarithm_of(share, math.nan, 0))


@given(
    st.lists(st.tuples(st.floats(-10, 300), st.floats(-10, 300)), min_size=1, max_size=80),
    st.floats(0, 0.3),
    st.floats(0, 50),
)
def test_shares_are_shares(cells: list[tuple[float, float]], rate: float, error: float) -> None:
    values = np.array(cells)
    cutoff = replace(EXACT, low=100 - error, high=100 + error, false_positive=rate)
    found = shares([values[:, 0], values[:, 1]], [cutoff, cutoff], patterns_of("annexin_v_pi"))
    assert sum(found.counts.values()) == len(cells)
    assert sum(share.value for share in found.fractions.values()) == pytest.approx(1)
    for share in found.fractions.values():
        assert 0 <= share.low <= share.value <= share.high <= 1


def test_the_threshold_of_controls_leaves_one_in_a_hundred_above() -> None:
    random = np.random.default_rng(1)
    tubes = [np.exp(random.normal(5, 0.4, 5000)) for _ in range(2)]
    cutoff = cutoff_from_negatives("pi", tubes)
    assert cutoff.value == pytest.approx(math.exp(5 + 2.326 * 0.4), rel=0.05)
    assert cutoff.false_positive == pytest.approx(0.01)
    assert cutoff.low < cutoff.value < cutoff.high


def test_tubes_that_disagree_widen_the_threshold() -> None:
    random = np.random.default_rng(2)
    same = [np.exp(random.normal(5, 0.4, 5000)) for _ in range(2)]
    apart = [same[0], same[1] * 1.5]
    agreed, doubted = cutoff_from_negatives("pi", same), cutoff_from_negatives("pi", apart)
    assert doubted.high - doubted.low > 3 * (agreed.high - agreed.low)


def test_the_valley_lies_between_two_populations() -> None:
    random = np.random.default_rng(3)
    values = np.concatenate([np.exp(random.normal(5, 0.3, 3000)), np.exp(random.normal(9, 0.4, 500))])
    cutoff = cutoff_from_valley("pi", values)
    assert math.exp(6) < cutoff.low < cutoff.value < cutoff.high < math.exp(8)
    assert cutoff.separated
    assert cutoff == cutoff_from_valley("pi", values)


def test_no_cells_give_no_valley() -> None:
    assert math.isnan(cutoff_from_valley("pi", np.empty(0)).value)


def test_the_threshold_of_a_lone_population_does_not_hang_on_the_scale_or_on_ties() -> None:
    random = np.random.default_rng(5)
    stored = np.round(random.normal(450, 30, 2000))
    fine, coarse = (10 ** (4 * x / 1024) for x in (stored + random.uniform(-0.5, 0.5, 2000), stored))
    ratio = cutoff_from_valley("x", coarse).value / cutoff_from_valley("x", fine).value
    assert ratio == pytest.approx(1, abs=0.05)
    assert cutoff_from_valley("x", coarse).value == pytest.approx(10 ** (4 * (450 + 3 * 30) / 1024), rel=0.2)


def test_one_population_has_its_threshold_above_it() -> None:
    cutoff = cutoff_from_valley("pi", np.exp(np.random.default_rng(4).normal(5, 0.3, 3000)))
    assert not cutoff.separated
    assert (np.exp(5 + 2 * 0.3)) < cutoff.value < np.exp(5 + 4.5 * 0.3)
