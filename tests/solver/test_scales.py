"""Small amounts beside large ones: seeds that grow, bystanders, and cells in which there is nothing yet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from avpi.errors import InputError
from avpi.solver.model import Model
from avpi.solver.simulate import simulate
from tests.solver.networks import network, reaction, sbml


def mutual_activation() -> Model:
    """Two proteases that activate each other, and a leak that starts it."""
    return network(
        {"E": 1e5, "Es": 0.0, "I": 1e5, "Is": 0.0},
        [
            reaction("E -> Es", "leak * E + k * E * Is"),
            reaction("I -> Is", "k * I * Es"),
            reaction("Es -> E", "0.01 * Es"),
            reaction("Is -> I", "0.01 * Is"),
        ],
        k=1e-5,
        leak=1e-9,
    )


@pytest.mark.parametrize("end", [50.0, 200.0, 2000.0])
@pytest.mark.parametrize("leak", [1e-12, 1e-9, 3e-9])
def test_a_switch_that_starts_from_a_leak_is_not_stepped_over(leak: float, end: float) -> None:
    found = simulate(mutual_activation(), {"leak": leak}, times=[end], observables=["Es"]).values[0, 0, 0]
    assert found == pytest.approx(99_000.0, rel=1e-2)


@pytest.mark.parametrize("seed", [1e-2, 1e-4, 1e-6])
def test_a_seed_that_grows_takes_over_in_time(seed: float) -> None:
    model = network({"S": 1e6, "X": seed}, [reaction("S + X -> 2 X", "5e-7 * S * X")])
    times = np.linspace(0, 100, 51)
    total = 1e6 + seed
    exact = total / (1 + (1e6 / seed) * np.exp(-5e-7 * total * times))
    found = simulate(model, times=times).of("X")[0]
    np.testing.assert_allclose(found, exact, atol=1e-3 * total)


@pytest.mark.parametrize("bystander", [1e5, 1e7, 1e9])
def test_a_large_bystander_does_not_spoil_a_small_oscillator(bystander: float) -> None:
    def brusselator(z: float) -> Model:
        return network(
            {"X": 1.0, "Y": 1.0, "Z": z},
            [
                reaction("-> X", "1.0"),
                reaction("X ->", "4 * X"),
                reaction("-> Y", "3 * X"),
                reaction("Y -> X", "X * X * Y"),
                reaction("Z ->", "1e-3 * Z"),
            ],
        )

    times = np.linspace(0, 50, 101)
    exact = simulate(brusselator(1.0), times=times, rtol=1e-11, atol=1e-12, observables=["X"]).values
    found = simulate(brusselator(bystander), times=times, observables=["X"]).values
    assert np.abs(found - exact).max() < 5e-3 * exact.max()


@pytest.mark.parametrize("n", [0.3, 0.5, 0.9, 1.5, 2.5])
def test_a_hill_switch_starts_in_a_cell_in_which_there_is_nothing(n: float) -> None:
    model = network({"S": 0.0, "P": 0.0}, [reaction("-> S", "0.1"), reaction("-> P", "S^n / (1 + S^n)")], n=1.5)
    s = (np.arange(2_000_000) + 0.5) / 1e6  # S runs from 0 to 2 at 0.1 a unit of time
    expected = 10 * np.mean(s**n / (1 + s**n)) * 2
    assert simulate(model, {"n": n}, times=[20.0]).of("P")[0, 0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.shared_data
def test_a_trace_of_ligand_kills_in_time(shared_data: Path) -> None:
    model = Model.from_sbml(shared_data / "models" / "EARM_M1a.xml")
    times = np.linspace(0, 2e5, 51)[1:]
    plain = simulate(model, initial={"s0": 1e-6}, times=times).values[0]
    tight = simulate(model, initial={"s0": 1e-6}, times=times, rtol=1e-9, atol=1e-12).values[0]
    largest = np.abs(tight).max(axis=0)
    assert (np.abs(plain - tight).max(axis=0)[largest > 1e-6] < 1e-2 * largest[largest > 1e-6]).all()


def test_a_computed_parameter_may_be_a_negative_base() -> None:
    text = sbml(
        {"A": 1.0},
        [reaction("-> A", "0.1 * p^n")],
        {"a": 3.0, "b": 1.0, "p": 5.0, "n": 2.0},
        initial_assignments={"p": "a - b"},
    )
    found = simulate(Model.from_sbml_text(text), {"a": [3.0, 1.0], "b": [1.0, 3.0]}, times=[10.0])
    np.testing.assert_allclose(found.of("A")[:, 0], 5.0, rtol=1e-6)


def test_columns_of_a_table_are_matched_by_name() -> None:
    model = network({"A": 1.0}, [reaction("A ->", "k * A + l * A")], k=1.0, l=0.0)
    table = pd.DataFrame([{"l": 0.0, "k": 0.5}, {"l": 0.0, "k": 2.0}])
    np.testing.assert_allclose(simulate(model, table, times=[1.0]).of("A")[:, 0], np.exp([-0.5, -2.0]), rtol=1e-4)
    one = simulate(model, table.iloc[1], times=[1.0]).of("A")
    np.testing.assert_allclose(one, [[np.exp(-2.0)]], rtol=1e-4)
    with pytest.raises(InputError, match="'foo' is not a parameter"):
        simulate(model, pd.DataFrame([{"foo": 1.0}]), times=[1.0])


def test_numbers_of_numpy_are_numbers() -> None:
    model = network({"A": 1.0}, [reaction("A ->", "A")])
    found = simulate(model, times=np.int64(1), start=np.int64(0), rtol=np.float32(1e-5))  # type: ignore[arg-type]
    assert found.of("A")[0, 0] == pytest.approx(np.exp(-1), rel=1e-4)


def test_a_place_may_be_named() -> None:
    model = network({"A": 1.0}, [reaction("A ->", "A")])
    assert np.array_equal(simulate(model, times=[1.0], place="threads:2").values, simulate(model, times=[1.0]).values)
