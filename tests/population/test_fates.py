"""From the deaths of cells to what cytometry and ATP see of a well."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from avpi.population import fates as module
from avpi.population.fates import CROWDED, MODES, Fates, Mode, count
from tests.population.wells import Floats, fates

HOURS = np.linspace(0, 72, 37)
deaths = st.lists(st.tuples(st.floats(0.1, 90), st.sampled_from(MODES)), min_size=1, max_size=30)


def counted(found: Fates, growth: float = 0.0, hours: Floats = HOURS) -> module.Counts:
    return count(found, hours, np.full(hours.size, growth))


@settings(max_examples=60, deadline=None)
@given(dead=deaths, alive=st.integers(0, 10))
def test_without_debris_and_growth_no_cell_is_lost(dead: list[tuple[float, Mode]], alive: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "DEBRIS_PER_HOUR", 0.0)
        found = counted(fates(*dead, alive=alive))
    whole = found.live + sum(found.closed[m] + found.opened[m] for m in MODES)
    assert whole == pytest.approx(np.ones(HOURS.size), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(dead=deaths, alive=st.integers(0, 10), growth=st.floats(0, 0.06))
def test_quadrants_are_shares_of_the_cells_there_are(dead: list[tuple[float, Mode]], alive: int, growth: float) -> None:
    quadrants = counted(fates(*dead, alive=alive), growth).quadrants
    assert sum(quadrants.values()) == pytest.approx(np.ones(HOURS.size))
    assert all(np.all((share >= 0) & (share <= 1)) for share in quadrants.values())


@settings(max_examples=40, deadline=None)
@given(rate=st.floats(0, 0.08), hours=st.floats(1, 200))
def test_a_well_in_which_nobody_dies_grows_by_the_logistic_equation(rate: float, hours: float) -> None:
    times = np.linspace(0, hours, 7)
    expected = CROWDED / (1 + (CROWDED - 1) * np.exp(-rate * times))
    assert counted(fates(alive=3), rate, times).live == pytest.approx(expected, rel=1e-4)


def test_what_is_counted_does_not_depend_on_when_one_looks() -> None:
    found = fates((5.0, "apoptosis"), (17.3, "necroptosis"), (30.0, "apoptosis"), alive=4)
    fine = np.linspace(0, 72, 721)
    coarse = counted(found, 0.03)
    assert coarse.live == pytest.approx(np.interp(HOURS, fine, counted(found, 0.03, fine).live), rel=2e-3)
    assert coarse.atp == pytest.approx(np.interp(HOURS, fine, counted(found, 0.03, fine).atp), rel=1e-2)


def test_an_apoptotic_cell_shows_annexin_for_hours_before_it_opens_and_a_necroptotic_one_for_one() -> None:
    times = np.array([0.0, 1.0, 3.0, 12.0])
    apoptotic, necroptotic = (counted(fates((1.0, mode)), 0.0, times) for mode in ("apoptosis", "necroptosis"))
    closed = "annexin_positive_pi_negative"
    assert apoptotic.quadrants[closed][2] > 0.7 > 0.3 > necroptotic.quadrants[closed][2]


def test_a_dead_cell_opens_and_then_falls_apart() -> None:
    opening, debris = module.OPENING_PER_HOUR["apoptosis"], module.DEBRIS_PER_HOUR
    times = np.linspace(0, 72, 4)
    exact = solve_ivp(
        lambda _, y: [-opening * y[0], opening * y[0] - debris * y[1]], (0, 72), [1, 0], t_eval=times, rtol=1e-9
    )
    found = counted(fates((0.0, "apoptosis")), 0.0, times)
    assert found.closed["apoptosis"] == pytest.approx(exact.y[0], abs=1e-6)
    assert found.opened["apoptosis"] == pytest.approx(exact.y[1], abs=1e-6)


def test_a_lysed_cell_never_binds_annexin_alone() -> None:
    found = counted(fates((1.0, "lysis"), alive=1)).quadrants
    assert np.all(found["annexin_positive_pi_negative"] == 0)
    assert found["annexin_negative_pi_positive"][1] == pytest.approx(0.5, abs=0.02)


def test_a_dead_cell_leaves_room_to_grow() -> None:
    full = counted(fates(alive=2), 0.1).live[-1]
    half = counted(fates((1.0, "apoptosis"), alive=1), 0.1).live[-1]
    assert full / 2 < half < full
