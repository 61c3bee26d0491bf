"""EC50 and Emax of curves whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from avpi.facts.curve import ec50, emax

DOSES = np.geomspace(1e-10, 1e-5, 11)


def falling(middle: float, bottom: float = 0.0, slope: float = 1.0) -> np.ndarray:
    return bottom + (1 - bottom) / (1 + (DOSES / middle) ** slope)


@pytest.mark.parametrize("slope", [1.0, 2.0, 4.0])
def test_the_ec50_is_half_way_to_the_extreme_response(slope: float) -> None:
    low, high = ec50(DOSES, falling(2e-8, 0.3, slope), 1.0)
    assert low == high == pytest.approx(2e-8, rel=0.12)


def test_a_rising_response_has_an_ec50_too() -> None:
    low, high = ec50(DOSES, 1 - falling(2e-8), 0.0)
    assert low == high == pytest.approx(2e-8, rel=0.12)


def test_a_hook_at_high_doses_does_not_move_the_ec50_of_the_fall() -> None:
    hooked = falling(2e-9) + 0.4 * DOSES / (DOSES + 1e-6)
    low, high = ec50(DOSES, hooked, 1.0)
    assert low == high == pytest.approx(2e-9, rel=0.3)


def test_a_flat_response_has_its_ec50_above_the_highest_dose() -> None:
    assert ec50(DOSES, np.full(11, 0.98), 1.0) == (1e-5, math.inf)


def test_a_response_that_is_over_before_the_lowest_dose_has_its_ec50_below_it() -> None:
    assert ec50(DOSES, np.full(11, 0.1), 1.0) == (0.0, 1e-10)


def test_without_numbers_there_is_no_ec50_and_no_emax() -> None:
    assert all(math.isnan(end) for end in ec50(DOSES, np.full(11, np.nan), 1.0))
    assert math.isnan(emax(np.full(11, np.nan), 1.0))


def test_emax_is_the_share_that_is_lost_or_the_rise() -> None:
    assert emax(np.array([0.8, 0.5]), 1.0) == 0.5
    assert emax(np.array([20.0, 5.0]), 50.0) == 0.9
    assert emax(np.array([0.1, 0.7]), 0.1) == pytest.approx(0.6)
