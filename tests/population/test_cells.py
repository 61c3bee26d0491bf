"""Cells of a line differ as declared: log-normal amounts with a part in common, drifting slowly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avpi.network.parameters import parameters
from avpi.population.cells import DRIFT_STEP_HOURS, MIXING_HOURS, SHARED, cell_parameters, draw_factors, drifted, varied

MANY = 20_000
BASE = {p.name: p.value for p in parameters().values()}


@settings(max_examples=30, deadline=None)
@given(few=st.integers(1, 40), more=st.integers(0, 40), seed=st.integers(0, 2**63), step=st.integers(0, 3))
def test_a_larger_draw_begins_with_the_smaller_one(few: int, more: int, seed: int, step: int) -> None:
    assert np.array_equal(draw_factors(few, seed, step), draw_factors(few + more, seed, step)[:few])


def test_other_seeds_give_other_cells() -> None:
    assert not np.any(draw_factors(5, 1) == draw_factors(5, 2))


@pytest.mark.parametrize("step", [0, 2])
def test_amounts_vary_as_much_as_declared(step: int) -> None:
    factors = draw_factors(MANY, 3, step)
    cv = factors.std(axis=0) / factors.mean(axis=0)
    assert cv == pytest.approx([p.cv for p in varied()], rel=0.06)
    assert np.median(factors, axis=0) == pytest.approx(np.ones(len(varied())), rel=0.04)


def test_proteins_of_a_cell_have_its_size_in_common() -> None:
    together = np.corrcoef(np.log(draw_factors(MANY, 4)), rowvar=False)
    apart = together[~np.eye(len(varied()), dtype=bool)]
    assert np.mean(apart) == pytest.approx(SHARED, abs=0.01)
    assert np.all(np.abs(apart - SHARED) < 0.04)


def test_amounts_drift_within_a_day_or_two() -> None:
    now, later = (np.log(draw_factors(MANY, 5, step)) for step in (0, 2))
    kept = [np.corrcoef(now[:, i], later[:, i])[0, 1] for i in range(now.shape[1])]
    assert np.mean(kept) == pytest.approx(np.exp(-2 * DRIFT_STEP_HOURS / MIXING_HOURS), abs=0.02)


def test_what_does_not_vary_is_one_number_and_what_is_lost_stays_lost() -> None:
    cells = cell_parameters({**BASE, "XIAP_total": 0.0}, 7, 1)
    assert isinstance(cells["k_fire"], float)
    assert cells["XIAP_total"] == 0
    assert np.shape(cells["C1_total"]) == (7,)
    assert "XIAP_total" not in drifted({**BASE, "XIAP_total": 0.0}, 7, 1, 1)
