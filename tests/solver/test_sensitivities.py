"""Gradients: against formulas, against runs that know nothing of each other, and as a fit uses them."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from avpi.compute.places import Threads
from avpi.errors import InputError
from avpi.solver.model import Model
from avpi.solver.programme import Forcing, Phase
from avpi.solver.sensitivities import sensitivities
from avpi.solver.simulate import simulate
from avpi.solver.status import Status
from tests.solver.networks import network, reaction, sbml

CHECKOUT = Path(__file__).resolve().parents[2]
TIMES = np.array([0.0, 0.5, 1.0, 3.0])


@pytest.fixture(scope="module")
def decay() -> Model:
    """A -> B -> nothing."""
    return network({"A": 2.0, "B": 0.5}, [reaction("A -> B", "k * A"), reaction("B ->", "d * B")], k=0.7, d=0.3)


def test_the_derivative_of_a_decay_is_the_formulas(decay: Model) -> None:
    found = sensitivities(decay, ["k", "A"], times=TIMES, observables=["A", "B"], rtol=1e-9)
    expected_by_k = -TIMES * 2.0 * np.exp(-0.7 * TIMES)
    assert found.derivatives.shape == (1, 4, 2, 2)
    np.testing.assert_allclose(found.derivatives[0, :, 0, 0], expected_by_k, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(found.derivatives[0, :, 0, 1], np.exp(-0.7 * TIMES), rtol=1e-6)


def test_the_values_beside_the_derivatives_are_those_of_simulate(decay: Model) -> None:
    found = sensitivities(decay, ["k"], times=TIMES)
    assert np.array_equal(found.values, simulate(decay, times=TIMES).values)


def test_each_cell_has_its_own_derivatives(decay: Model) -> None:
    k = np.array([0.2, 0.7, 2.0])
    found = sensitivities(decay, ["k"], {"k": k}, times=TIMES, observables=["A"], rtol=1e-9)
    expected = -TIMES * 2.0 * np.exp(-k[:, None] * TIMES)
    np.testing.assert_allclose(found.derivatives[:, :, 0, 0], expected, rtol=1e-5, atol=1e-8)


def test_threads_give_the_same_bits(decay: Model) -> None:
    alone, threads = (sensitivities(decay, ["k", "d", "A"], times=TIMES, place=p) for p in (None, Threads(2)))
    assert np.array_equal(alone.derivatives, threads.derivatives)


def test_nothing_cannot_be_nudged(decay: Model) -> None:
    with pytest.raises(InputError, match="of: 'd' is 0"):
        sensitivities(decay, ["d"], {"d": 0.0}, times=TIMES)


def test_one_name_is_one_name() -> None:
    model = network({"A": 2.0}, [reaction("A ->", "rate * A")], rate=0.7)
    found = sensitivities(model, "rate", times=TIMES)
    assert found.of == ("rate",)


def test_a_starting_value_that_follows_a_parameter_is_followed() -> None:
    text = sbml(
        {"A": None},
        [reaction("A ->", "k * A")],
        {"total": 3.0, "k": 0.7},
        initial_assignments={"A": "2 * total"},
    )
    found = sensitivities(Model.from_sbml_text(text), ["total"], times=TIMES, rtol=1e-9)
    np.testing.assert_allclose(found.derivatives[0, :, 0, 0], 2 * np.exp(-0.7 * TIMES), rtol=1e-6)


def test_phases_are_repeated_for_the_nudged_cells(decay: Model) -> None:
    phases = [Phase(duration=1.0), Phase(add={"A": 5.0})]
    found = sensitivities(decay, ["k"], times=[3.0], observables=["A"], phases=phases, rtol=1e-9)
    # A(3) = 2 e^(-3k) + 5 e^(-2k)
    expected = -3 * 2 * np.exp(-2.1) - 2 * 5 * np.exp(-1.4)
    assert found.derivatives[0, 0, 0, 0] == pytest.approx(expected, rel=1e-5)


def test_a_cell_that_fails_has_no_derivatives(decay: Model) -> None:
    found = sensitivities(decay, ["k"], times=TIMES, max_steps=2)
    assert found.status[0] == Status.STEP_LIMIT
    assert np.isnan(found.derivatives).all()


def test_faults_are_told_together(decay: Model) -> None:
    forcing = {"d": Forcing(times=[0, 1], values=[0, 1])}
    with pytest.raises(InputError) as refusal:
        sensitivities(decay, ["kk", "d"], times=TIMES, forcing=forcing)
    assert "'kk' is not in the model. Did you mean 'k'?" in str(refusal.value)
    assert "'d' is a forcing input" in str(refusal.value)


@pytest.mark.shared_data
def test_earms_gradient_agrees_with_runs_that_know_nothing_of_each_other(shared_data: Path) -> None:
    model = Model.from_sbml(shared_data / "models" / "EARM_M1a.xml")
    names = ["bind_C8A_BidU_to_C8ABidU_kf", "equilibrate_BidT_to_BidM_kf", "convert_LR_to_DISC_kc"]
    values = np.array([model.parameters[name] for name in names])
    times = np.linspace(0, 4 * 3600, 13)
    found = sensitivities(model, names, times=times)
    largest = np.abs(found.values[0]).max(axis=0)
    counted = largest > 1.0
    scaled = found.derivatives[0][:, counted] * values / largest[counted][:, None]
    nudges = np.array([1 - 2e-3, 1 - 1e-3, 1 + 1e-3, 1 + 2e-3])
    for i, name in enumerate(names):
        runs = simulate(model, {name: values[i] * nudges}, times=times, rtol=1e-11).values
        slope = (runs[0] - 8 * runs[1] + 8 * runs[2] - runs[3])[:, counted] / (12 * 1e-3) / largest[counted]
        assert np.abs(scaled[:, :, i] - slope).max() < 1e-3 * np.abs(scaled).max()


@pytest.mark.shared_data
def test_the_example_recovers_earms_rate_constants(shared_data: Path) -> None:
    example = runpy.run_path(str(CHECKOUT / "examples" / "recover_rate_constants.py"))
    for name, (ratio, half_width) in example["recover"](str(shared_data / "models" / "EARM_M1a.xml")).items():
        assert half_width < 0.3, name
        assert abs(np.log10(ratio)) < 2 * half_width, name
