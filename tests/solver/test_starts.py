"""Where cells start when what the model computes at the start depends on what the user gives."""

from __future__ import annotations

import numpy as np
import pytest

from avpi.solver.model import Model
from avpi.solver.simulate import simulate
from tests.solver.networks import reaction, sbml

STILL = [0.0, 1.0]


def test_a_start_follows_the_parameters_that_it_is_computed_from() -> None:
    text = sbml({"A": None}, [reaction("A ->", "0 * A")], {"k": 1.0}, initial_assignments={"A": "3 * k^2"})
    result = simulate(Model.from_sbml_text(text), {"k": [1.0, 2.0, 0.5]}, times=STILL)
    np.testing.assert_allclose(result.of("A")[:, 0], [3.0, 12.0, 0.75], rtol=1e-14)


def test_a_start_that_is_given_wins_over_the_one_that_is_computed() -> None:
    text = sbml({"A": None}, [reaction("A ->", "0 * A")], {"k": 1.0}, initial_assignments={"A": "3 * k"})
    result = simulate(Model.from_sbml_text(text), initial={"A": [5.0, 6.0]}, times=STILL)
    assert result.of("A")[:, 0].tolist() == [5.0, 6.0]


def test_a_start_follows_a_computed_parameter_that_is_given() -> None:
    text = sbml(
        {"A": None},
        [reaction("A ->", "0 * A * half")],
        {"k": 1.0, "half": None},
        initial_assignments={"half": "k / 2", "A": "3 * half"},
    )
    result = simulate(Model.from_sbml_text(text), {"half": 7.0}, times=STILL, observables=["A", "half"])
    assert result.values[0, 0].tolist() == [21.0, 7.0]


def test_a_start_follows_another_start_that_is_given() -> None:
    text = sbml(
        {"Free": 10.0, "Bound": None},
        [reaction("Free ->", "0 * Free"), reaction("Bound ->", "0 * Bound")],
        {"total": 100.0},
        initial_assignments={"Bound": "total - Free"},
    )
    result = simulate(Model.from_sbml_text(text), initial={"Free": 5.0}, times=STILL)
    assert result.of("Bound")[0, 0] == 95.0


@pytest.mark.parametrize(
    "given",
    [
        True,
        False,
    ],
)
def test_an_initial_amount_is_shared_out_over_the_volume_that_the_cell_has(given: bool) -> None:
    text = sbml(
        {"A": 10.0},
        [reaction("A ->", "0 * A * cell")],
        {"twice": 2.0},
        amounts=False,
        initial_assignments={} if given else {"cell": "2 * twice"},
    )
    result = simulate(Model.from_sbml_text(text), {"cell": 4.0} if given else None, times=STILL)
    assert result.of("A")[0, 0] == 2.5
