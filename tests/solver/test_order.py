"""Order of convergence: of the coefficients, of the compiled steps, of what lies between the steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from avpi.solver.chunks import run_chunk
from avpi.solver.inputs import Question, prepared
from avpi.solver.model import Model
from avpi.solver.programme import Forcing
from avpi.solver.simulate import Floats, simulate
from avpi.solver.tableau import METHODS, RODAS4, RODAS5P, Tableau
from tests.solver.networks import network, reaction, system

BETWEEN = 0.37
"""Where in a step the dense output is looked at: nowhere special."""


class Butcher:
    """Coefficients of a Rosenbrock method as the order conditions are written for (Hairer, Wanner 1996, IV.7)."""

    def __init__(self, tableau: Tableau) -> None:
        s = tableau.stages
        c, a = np.zeros((s, s)), np.zeros((s, s))
        for i in range(s):
            c[i, :i], a[i, :i] = tableau.c[i], tableau.a[i]
        self.gamma = np.linalg.inv(np.eye(s) / tableau.gamma - c)
        self.alpha = a @ self.gamma
        self.beta = self.alpha + self.gamma
        self.of_new = np.array([*tableau.a[-1], 1.0])
        self.of_embedded = np.array([*tableau.a[-1], 0.0])
        self.dense = np.array(tableau.dense)

    def between(self, theta: float) -> Floats:
        h1, h2, h3 = self.dense
        weights: Floats = theta * self.of_new + theta * (1 - theta) * (h1 + theta * h2 + theta**2 * h3)
        return weights

    def faults(self, weights: Floats, order: int, theta: float = 1.0) -> float:
        """Return by how much the worst of the conditions up to an order is missed."""
        b = weights @ self.gamma
        alpha, beta, a, one = self.alpha, self.beta, self.alpha.sum(axis=1), self.beta.sum(axis=1)
        # Vertices with one son have beta, those with several alpha; the number is the density of the tree.
        conditions = [
            [(b.sum(), 1)],
            [(b @ one, 2)],
            [(b @ a**2, 3), (b @ beta @ one, 6)],
            [(b @ a**3, 4), (b @ (a * (alpha @ one)), 8), (b @ beta @ a**2, 12), (b @ beta @ beta @ one, 24)],
            [
                (b @ a**4, 5),
                (b @ (a**2 * (alpha @ one)), 10),
                (b @ (a * (alpha @ a**2)), 15),
                (b @ (alpha @ one) ** 2, 20),
                (b @ (a * (alpha @ beta @ one)), 30),
                (b @ beta @ a**3, 20),
                (b @ beta @ (a * (alpha @ one)), 40),
                (b @ beta @ beta @ a**2, 60),
                (b @ beta @ beta @ beta @ one, 120),
            ],
        ]
        return float(
            max(
                abs(value - theta**n / density) for n, row in enumerate(conditions[:order], 1) for value, density in row
            )
        )


@pytest.mark.parametrize("tableau", [RODAS5P, RODAS4], ids=lambda t: t.name)
def test_the_coefficients_meet_the_conditions_of_their_order_and_no_higher_one(tableau: Tableau) -> None:
    method = Butcher(tableau)
    assert method.faults(method.of_new, tableau.order) < 1e-11
    assert method.faults(method.of_embedded, tableau.order - 1) < 1e-11
    assert method.faults(method.of_embedded, tableau.order) > 1e-5


@pytest.mark.parametrize("tableau", [RODAS5P, RODAS4], ids=lambda t: t.name)
@pytest.mark.parametrize("theta", [0.1, 0.5, 0.83])
def test_the_dense_output_meets_the_conditions_one_order_lower(tableau: Tableau, theta: float) -> None:
    method = Butcher(tableau)
    assert method.faults(method.between(theta), tableau.order - 1, theta) < 1e-11


@pytest.mark.parametrize("tableau", [RODAS5P, RODAS4], ids=lambda t: t.name)
def test_stage_times_and_drift_weights_are_those_of_the_augmented_autonomous_system(tableau: Tableau) -> None:
    method = Butcher(tableau)
    np.testing.assert_allclose(tableau.alpha, method.alpha.sum(axis=1), atol=1e-12)
    np.testing.assert_allclose(tableau.d, method.gamma.sum(axis=1), atol=1e-12)


@pytest.mark.parametrize("tableau", [RODAS5P, RODAS4], ids=lambda t: t.name)
def test_both_methods_are_l_stable(tableau: Tableau) -> None:
    method = Butcher(tableau)
    s = tableau.stages

    def growth(z: complex) -> complex:
        inner = np.linalg.solve(np.eye(s) - z * method.beta, np.ones(s))
        return complex(1 + z * (method.of_new @ method.gamma) @ inner)

    assert abs(growth(-1e9)) < 1e-6
    assert max(abs(growth(1j * y)) for y in np.logspace(-3, 4, 200)) <= 1 + 1e-9


def fixed(model: Model, end: float, steps: int, method: str, forcing: dict[str, Forcing] | None = None) -> Floats:
    """Return (steps, 2, states): between the ends of each step, and at its end, with steps of equal size."""
    h = end / steps
    ends = h * np.arange(1, steps + 1)
    times = np.stack([ends - h * (1 - BETWEEN), ends], axis=1).ravel()
    times[-1] = end
    asked = Question(model=model, times=times, forcing=forcing, rtol=1e-3, max_steps=10**6, method=method)
    chunk = prepared(asked)
    out = run_chunk(chunk, replayed=np.full(steps, h))
    assert out.steps[0] == steps
    found: Floats = out.values[0].reshape(steps, 2, -1)
    return found


def orders(model: Model, exact: Callable[[Floats], Floats], method: str, **forcing: Forcing) -> tuple[float, float]:
    """Return the orders at the ends of steps and between them, from the last two of three halvings."""
    errors = []
    for steps in (20, 40, 80):
        h = 2.0 / steps
        ends: Floats = np.asarray(h * np.arange(1, steps + 1), float)
        inside: Floats = np.asarray(ends - h * (1 - BETWEEN), float)
        found = fixed(model, 2.0, steps, method, forcing)[:, :, 0]
        at_ends = np.abs(found[:, 1] - exact(ends)).max()
        between = np.abs(found[:, 0] - exact(inside)).max()
        errors.append((at_ends, between))
    rates = np.log2(np.array(errors[:-1]) / np.array(errors[1:])).min(axis=0)
    return float(rates[0]), float(rates[1])


PROBLEMS: dict[str, tuple[Model, Callable[[Floats], Floats]]] = {}


def problem(name: str) -> tuple[Model, Callable[[Floats], Floats]]:
    if not PROBLEMS:
        PROBLEMS["autonomous"] = (system({"x": "x * (1 - x)"}, {"x": 0.1}), lambda t: 1 / (1 + 9 * np.exp(-t)))
        PROBLEMS["time"] = (system({"x": "-2 * time * x^2"}, {"x": 1.0}), lambda t: 1 / (1 + t**2))
        PROBLEMS["coupled"] = (
            system({"x": "x * y", "y": "-sin_like * y", "sin_like": "1 + time"}, {"x": 1.0, "y": 1.0, "sin_like": 0.5}),
            _coupled,
        )
    return PROBLEMS[name]


def _coupled(times: Floats) -> Floats:
    # y = exp(-t/2 - t^2/2 - t^3/6), ln x is its integral: by Gauss and Legendre.
    nodes, weights = np.polynomial.legendre.leggauss(40)
    t = 0.5 * times[:, None] * (nodes + 1)
    integral: Floats = np.exp(0.5 * times * (np.exp(-t / 2 - t**2 / 2 - t**3 / 6) @ weights))
    return integral


@pytest.mark.parametrize("name", ["autonomous", "time", "coupled"])
@pytest.mark.parametrize("method", ["rodas5p", "rodas4"])
def test_the_compiled_steps_have_the_order_of_their_method(name: str, method: str) -> None:
    model, exact = problem(name)
    at_ends, between = orders(model, exact, method)
    order = METHODS[method].order
    assert at_ends > order - 0.35
    assert between > order - 1 - 0.35


@pytest.mark.parametrize("method", ["rodas5p", "rodas4"])
def test_a_forcing_input_keeps_the_order(method: str) -> None:
    # x' = -u x with u = 1 + t: x = exp(-t - t^2/2); the rate is not linear in what u and x change together.
    model = network({"x": 1.0}, [reaction("x ->", "u * x^2")], u=1.0)
    at_ends, between = orders(
        model, lambda t: 1 / (1 + t + t**2), method, u=Forcing(times=[0.0, 2.0], values=[1.0, 5.0])
    )
    order = METHODS[method].order
    assert at_ends > order - 0.35
    assert between > order - 1 - 0.35


def test_a_stiff_driven_system_is_followed_between_steps() -> None:
    # Prothero and Robinson: the order falls for every Rosenbrock method, less so for Rodas5P, made for it.
    model = system({"x": "-1e3 * (x - exp(-time)) - exp(-time)"}, {"x": 1.0})
    coarse, fine = (np.abs(_lag(fixed(model, 2.0, n, "rodas5p"), 2.0 / n)).max() for n in (40, 160))
    assert coarse < 1e-6
    assert np.log2(coarse / fine) / 2 > 2.5


def _lag(found: Floats, h: float) -> Floats:
    ends = h * np.arange(1, found.shape[0] + 1)
    return found[:, :, 0] - np.exp(-np.stack([ends - h * (1 - BETWEEN), ends], axis=1))


@pytest.mark.parametrize("method", ["rodas5p", "rodas4"])
def test_the_global_error_follows_the_tolerance(method: str) -> None:
    model, exact = problem("time")
    times = np.linspace(0.05, 6, 120)
    for rtol in (1e-4, 1e-6, 1e-8, 1e-10):
        assert np.abs(simulate(model, times=times, rtol=rtol, method=method).values[0, :, 0] - exact(times)).max() < (
            10 * rtol
        )


def test_observing_does_not_change_the_steps() -> None:
    model, _ = problem("coupled")
    often = simulate(model, times=np.linspace(0.01, 6, 500))
    once = simulate(model, times=[6.0])
    assert often.steps[0] == once.steps[0]
    assert (often.values[0, -1] == once.values[0, -1]).all()
