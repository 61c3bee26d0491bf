"""Systems whose solution is known, or known well enough from another method at 1e-11."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from scipy.special import lambertw

from avpi.solver.programme import Phase
from avpi.solver.simulate import Floats, simulate
from avpi.solver.status import Status
from tests.solver.networks import decay, network, reaction, system


def lsoda(change: Callable[[float, Floats], Sequence[float]], start: Sequence[float], times: Floats) -> Floats:
    """Return (times, states) by an independent method."""
    span = (0.0, float(times[-1]))
    solved = solve_ivp(change, span, start, method="LSODA", rtol=1e-11, atol=1e-13, t_eval=times)
    assert solved.success
    return np.asarray(solved.y.T)


def test_a_linear_chain_is_the_matrix_exponential() -> None:
    k = [3.0, 0.2, 40.0, 1e-3]
    names = [f"X{i}" for i in range(5)]
    steps = [reaction(f"{names[i]} -> {names[i + 1]}", f"{k[i]} * {names[i]}") for i in range(4)]
    model = network(dict.fromkeys(names, 0.0) | {"X0": 7.0, "X2": 1.5}, steps)
    times = np.array([0.0, 0.01, 0.3, 2.0, 50.0, 3000.0])
    matrix = np.zeros((5, 5))
    for i, rate in enumerate(k):
        matrix[i, i] -= rate
        matrix[i + 1, i] += rate
    exact = np.array([expm(matrix * t) @ [7.0, 0, 1.5, 0, 0] for t in times])
    for rtol, bound in ((1e-5, 1e-5), (1e-9, 1e-9)):
        values = simulate(model, times=times, rtol=rtol).values[0]
        assert np.abs(values - exact).max() < bound * 8.5


def test_michaelis_menten_consumption_is_the_lambert_function() -> None:
    model = network({"S": 10.0, "P": 0.0}, [reaction("S -> P", "vmax * S / (km + S)")], vmax=2.0, km=0.5)
    times = np.linspace(0, 10, 41)
    exact = np.array([0.5 * lambertw(20.0 * np.exp((10.0 - 2.0 * t) / 0.5)).real for t in times.tolist()])
    values = simulate(model, times=times, rtol=1e-9).of("S")[0]
    assert np.abs(values - exact).max() < 1e-7


def test_robertson_holds_to_1e11_seconds() -> None:
    model = network(
        {"A": 1.0, "B": 0.0, "C": 0.0},
        [
            reaction("A -> B", "0.04 * A"),
            reaction("2 B -> B + C", "3e7 * B^2"),
            reaction("B + C -> A + C", "1e4 * B*C"),
        ],
    )
    # Hairer, Wanner 1996, reference solution of the test set at 1e11.
    exact = [0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050]
    values = simulate(model, times=[0.4, 1e11], rtol=1e-8, atol=1e-15).values[0]
    np.testing.assert_allclose(values[0], [0.98517213, 3.3863954e-5, 1.4794022e-2], rtol=1e-6)
    np.testing.assert_allclose(values[1], exact, rtol=1e-4)
    at_default = simulate(model, times=[1e11]).values[0, 0]
    np.testing.assert_allclose(at_default, exact, rtol=1e-2)


@pytest.mark.parametrize(("start", "branch"), [(0.0, 0.1127016654), (0.49, 0.1127016654), (0.51, 0.8872983346)])
def test_a_bistable_switch_goes_to_the_branch_of_its_side(start: float, branch: float) -> None:
    # A' = -10 (A - a)(A - 1/2)(A - b) with a, b = (1 -+ sqrt(0.6))/2, as production and consumption.
    model = network(
        {"A": start, "X": 1.0},
        [reaction("-> A", "15 * A^2 + 0.5"), reaction("A ->", "10 * A^3 + 6 * A"), reaction("X ->", "1e-9 * X")],
    )
    roots = np.roots([-10, 15, -6, 0.5])
    assert np.isclose(np.sort(roots.real), [0.1127016654, 0.5, 0.8872983346]).all()
    final = simulate(model, times=[200.0]).of("A")[0, 0]
    assert abs(final - branch) < 1e-5


@pytest.mark.parametrize("n", [2.7, 1.0, 0.5, 0.3, 16.5])
@pytest.mark.parametrize("written", ["n", "number"])
def test_a_hill_switch_that_starts_at_exactly_0(n: float, written: str) -> None:
    power = "n" if written == "n" else str(n)
    hill = f"v * (0.01 + A^{power}) / (K^{power} + A^{power})"
    model = network(
        {"A": 0.0, "B": 1.0},
        [reaction("-> A", hill), reaction("A ->", "A"), reaction("B ->", "B")],
        v=2.0,
        K=0.5,
        n=n,
    )
    times = np.array([0.01, 0.1, 1.0, 10.0])
    exact = lsoda(lambda _, x: [2 * (0.01 + max(x[0], 0) ** n) / (0.5**n + max(x[0], 0) ** n) - x[0]], [0.0], times)
    values = simulate(model, times=times, rtol=1e-7).of("A")[0]
    np.testing.assert_allclose(values, exact[:, 0], rtol=1e-5)


def test_a_variable_of_a_rate_rule_may_be_negative() -> None:
    model = system({"x": "y", "y": "-x"}, {"x": 0.0, "y": -1.0})
    times = np.linspace(0, 20, 201)
    values = simulate(model, times=times, rtol=1e-8).values[0]
    assert np.abs(values - np.stack([-np.sin(times), -np.cos(times)], axis=1)).max() < 1e-6


def test_the_relaxation_oscillator_of_van_der_pol() -> None:
    model = system({"x": "y", "y": "mu * (1 - x^2) * y - x"}, {"x": 2.0, "y": 0.0}, mu=10.0)
    times = np.linspace(0, 30, 121)
    exact = lsoda(lambda _, x: [x[1], 10 * (1 - x[0] ** 2) * x[1] - x[0]], [2.0, 0.0], times)
    assert exact[:, 0].min() < -1.9
    for rtol, bound in ((1e-9, 1e-5), (1e-6, 1e-2)):
        result = simulate(model, times=times, rtol=rtol)
        assert result.rejected[0] > 5
        assert np.abs(result.values[0, :, 0] - exact[:, 0]).max() < bound


def test_the_repressilator_keeps_its_phase() -> None:
    names = ("a", "b", "c")
    steps = []
    for gene, by in zip(names, ("c", "a", "b"), strict=True):
        steps += [reaction(f"-> {gene}", f"50 / (1 + {by}^2.4)"), reaction(f"{gene} ->", gene)]
    model = network({"a": 1.0, "b": 2.0, "c": 3.0}, steps)
    times = np.linspace(0, 40, 81)
    exact = lsoda(
        lambda _, x: [50 / (1 + max(x[j], 0) ** 2.4) - x[i] for i, j in ((0, 2), (1, 0), (2, 1))],
        [1.0, 2.0, 3.0],
        times,
    )
    values = simulate(model, times=times, rtol=1e-9).values[0]
    assert np.abs(values - exact).max() < 1e-5 * exact.max()


@pytest.mark.parametrize(
    "exponent",
    [
        "n",
        "3.0",
    ],
)
def test_a_negative_variable_to_the_third_power_is_negative(exponent: str) -> None:
    model = system({"x": f"-(x^{exponent})"}, {"x": -2.0}, n=3.0)
    assert simulate(model, times=[1.0], rtol=1e-8).values[0, 0, 0] == pytest.approx(-1 / np.sqrt(0.25 + 2), rel=1e-6)


def test_a_large_whole_exponent_of_a_negative_variable() -> None:
    model = system({"x": "0 * x"}, {"x": -1.5})
    values = simulate(model, times=[1.0], observables=["x^17", "x^18"]).values[0, 0]
    np.testing.assert_allclose(values, [(-1.5) ** 17, 1.5**18], rtol=1e-12)


def test_conservation_laws_hold_to_1e_10() -> None:
    model = network(
        {"S": 100.0, "E": 1.0, "ES": 0.0, "P": 2.0},
        [
            reaction("S + E -> ES", "10 * S * E"),
            reaction("ES -> S + E", "0.1 * ES"),
            reaction("ES -> E + P", "5 * ES"),
            reaction("P -> S", "0.05 * P"),
        ],
    )
    result = simulate(model, times=np.linspace(0, 100, 401), observables=["S + ES + P", "E + ES"])
    assert np.abs(result.values[0] / [102.0, 1.0] - 1).max() < 1e-10


def test_clipping_at_0_breaks_a_conservation_law_by_no_more_than_the_tolerance() -> None:
    model = network(
        {"S": 100.0, "E": 1.0, "ES": 0.0, "P": 0.0},
        [reaction("S + E -> ES", "1e3 * S * E"), reaction("ES -> S + E", "0.1 * ES"), reaction("ES -> E + P", "50*ES")],
    )
    result = simulate(model, times=np.linspace(0, 100, 401), observables=["S + ES + P", "E + ES", "S", "ES"])
    assert np.abs(result.values[0, :, :2] / [100.0, 1.0] - 1).max() < 1e-8
    assert result.values[0, :, 2:].min() >= 0


def test_a_stiff_transient_that_becomes_slow_and_fast_again() -> None:
    # The fast variable follows the slow one, which is switched in the middle by a steep function of time.
    rate = "1e4 * (1 / (1 + exp(-50 * (time - 5))) - y)"
    model = system({"y": rate, "z": "y - z"}, {"y": 1.0, "z": 0.0})
    times = np.linspace(0.001, 12, 60)
    exact = lsoda(lambda t, x: [1e4 * (1 / (1 + np.exp(-50 * (t - 5))) - x[0]), x[0] - x[1]], [1.0, 0.0], times)
    values = simulate(model, times=times, rtol=1e-7).values[0]
    assert np.abs(values - exact).max() < 1e-6


def test_a_singular_jacobian_is_no_obstacle() -> None:
    # Two equal columns and a zero row: S -> 2 products, a catalyst, and a state that only accumulates.
    model = network(
        {"A": 1.0, "B": 1.0, "C": 0.0},
        [reaction("A + B -> C", "A * B"), reaction("A + B -> 2 C", "3 * A * B")],
    )
    times = np.array([0.5, 5.0, 500.0])
    exact = 1 / (1 + 4 * times)
    values = simulate(model, times=times, rtol=1e-9).values[0]
    np.testing.assert_allclose(values[:, 0], exact, rtol=1e-6)
    np.testing.assert_allclose(values[:, 2], (1 - exact) * 7 / 4, rtol=1e-8)


def test_an_unstable_linear_system_without_diagonal_grows_as_it_should() -> None:
    model = system({"x": "y", "y": "100 * x"}, {"x": 1.0, "y": 1.0})
    exact = np.cosh(10.0) + 0.1 * np.sinh(10.0)
    assert simulate(model, times=[1.0], rtol=1e-9).values[0, 0, 0] == pytest.approx(exact, rel=1e-7)


@pytest.mark.parametrize("power", ["A^0.5", "A^n"])
def test_an_amount_that_decays_to_exactly_0_stays_there(power: str) -> None:
    model = network({"A": 1.0, "B": 1.0}, [reaction("A ->", power), reaction("B ->", "1e-3 * B")], n=0.5)
    times = np.array([1.0, 1.9, 2.5, 50.0])
    result = simulate(model, times=times)
    exact = np.clip(1 - times / 2, 0, None) ** 2
    assert np.abs(result.of("A")[0] - exact).max() < 1e-4
    assert result.of("A")[0, -1] == pytest.approx(0, abs=1e-8)
    assert result.status[0] == Status.FINISHED


def test_an_amount_that_is_drained_below_0_is_not_called_finished() -> None:
    model = network({"A": 1.0, "P": 0.0}, [reaction("A -> P", "1.0 + 0 * A")])
    result = simulate(model, times=[0.5, 0.9, 3.0], max_steps=5000)
    assert result.failed[0]
    assert np.isnan(result.values[0, 2]).all()
    np.testing.assert_allclose(result.values[0, :2, 0], [0.5, 0.1], rtol=1e-6)


def test_a_long_decay_vanishes_and_never_undershoots() -> None:
    values = simulate(decay(1e6, 1.0), times=np.linspace(0, 2000, 101)).values
    assert values.min() >= 0
    assert values[0, -1, 0] < 1e-2 * 1e-5


def test_a_state_that_nothing_changes_stays_as_it_is() -> None:
    model = network(
        {"A": 1.0, "E": 0.1, "F": 0.3},
        [reaction("A + E -> E", "7 * A * E"), reaction("F -> F", "0.3 * F * A")],
    )
    result = simulate(model, times=np.linspace(0, 100, 51))
    np.testing.assert_allclose(result.of("E"), 0.1, rtol=4e-16)  # the dense output rounds; steps do not
    np.testing.assert_allclose(result.of("F"), 0.3, rtol=4e-16)


def test_amounts_in_molar_are_as_accurate_as_molecules() -> None:
    def complexes(scale: float) -> Floats:
        model = network(
            {"A": 1e3 * scale, "B": scale, "C": 0.0},
            [reaction("A + B -> C", "k * A * B"), reaction("C -> A + B", "1e-3 * C")],
            k=1e-6 / scale,
        )
        found: Floats = simulate(model, times=[1.0, 100.0, 1e4]).values[0] / scale
        return found

    np.testing.assert_allclose(complexes(1e-12), complexes(1.0), rtol=1e-9)


def test_synthesis_from_nothing_is_simulated() -> None:
    model = network({"M": 0.0, "P": 0.0}, [
        reaction("-> M", "2.0"), reaction("M ->", "M"), reaction("-> P", "3 * M"), reaction("P ->", "0.5 * P"),
    ])  # fmt: skip
    times = np.array([0.1, 1.0, 30.0])
    result = simulate(model, times=times)
    assert result.status[0] == Status.FINISHED
    np.testing.assert_allclose(result.of("M")[0], 2 * (1 - np.exp(-times)), rtol=1e-4)
    assert result.of("P")[0, 2] == pytest.approx(12.0, rel=1e-4)


def test_a_dose_into_an_empty_system_is_simulated() -> None:
    model = network({"A": 0.0, "B": 0.0}, [reaction("A -> B", "A"), reaction("B ->", "0.1 * B")])
    phases = [Phase(duration=5.0), Phase(duration=100.0, add={"A": 1e-9})]
    result = simulate(model, times=[5.0, 6.0], phases=phases)
    assert result.status[0] == Status.FINISHED
    assert result.of("A")[0, 1] == pytest.approx(1e-9 * np.exp(-1), rel=1e-4)
