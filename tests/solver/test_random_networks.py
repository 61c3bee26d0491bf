"""Random mass-action networks against an independent solver: the same numbers, and never an amount below 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from avpi.solver.model import Model
from avpi.solver.simulate import Floats, simulate
from avpi.solver.status import Status
from tests.solver.networks import Reaction, sbml

TIMES = np.array([1e-3, 0.1, 1.0, 10.0, 300.0])


@dataclass(frozen=True)
class Step:
    """Reactants, products (indices of species) and the rate constant of one reaction."""

    reactants: tuple[int, ...]
    products: tuple[int, ...]
    k: float


@dataclass(frozen=True)
class Network:
    starts: tuple[float, ...]
    steps: tuple[Step, ...]

    def model(self) -> Model:
        names = [f"X{i}" for i in range(len(self.starts))]
        reactions = []
        for r, step in enumerate(self.steps):
            rate = " * ".join([f"k{r}", *(names[i] for i in step.reactants)])
            uses = {names[i]: float(step.reactants.count(i)) for i in step.reactants}
            makes = {names[i]: float(step.products.count(i)) for i in step.products}
            reactions.append(Reaction(rate=rate, uses=uses, makes=makes))
        # A species that nothing changes is no state; each is given a decay that is never felt.
        reactions += [Reaction(rate=f"1e-9 * {name}", uses={name: 1.0}, makes={}) for name in names]
        constants: dict[str, float | None] = {f"k{r}": step.k for r, step in enumerate(self.steps)}
        return Model.from_sbml_text(sbml(dict(zip(names, self.starts, strict=True)), reactions, constants))

    def change(self, _: float, x: Floats) -> Floats:
        rates = -1e-9 * x
        for step in self.steps:
            v = step.k * np.prod(x[list(step.reactants)])
            np.add.at(rates, list(step.reactants), -v)
            np.add.at(rates, list(step.products), v)
        return rates

    def slope(self, _: float, x: Floats) -> Floats:
        slope = -1e-9 * np.eye(x.size)
        for step in self.steps:
            for place, j in enumerate(step.reactants):
                others = [i for p, i in enumerate(step.reactants) if p != place]
                dv = step.k * np.prod(x[others])
                np.add.at(slope[:, j], list(step.reactants), -dv)
                np.add.at(slope[:, j], list(step.products), dv)
        return slope


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Draw a network that cannot blow up: no reaction of order 1 or 2 makes more molecules than it uses."""
    size = draw(st.integers(2, 8))
    species = st.integers(0, size - 1)
    exponent = st.floats(-3, 3)
    starts = draw(st.lists(st.sampled_from([0.0, 1e-3, 1.0, 7.5, 100.0]), min_size=size, max_size=size))
    starts[draw(species)] = 10.0  # a start from nothing at all is a test of its own
    steps = []
    for _ in range(draw(st.integers(1, 12))):
        order = draw(st.integers(0, 2))
        reactants = draw(st.lists(species, min_size=order, max_size=order))
        products = draw(st.lists(species, min_size=1 if order == 0 else 0, max_size=max(order, 1)))
        steps.append(Step(tuple(reactants), tuple(products), 10 ** draw(exponent)))
    return Network(tuple(starts), tuple(steps))


def reference(network: Network) -> tuple[Floats, float]:
    solved = solve_ivp(
        network.change,
        (0.0, TIMES[-1]),
        network.starts,
        method="BDF",
        jac=network.slope,
        t_eval=TIMES,
        rtol=1e-9,
        atol=1e-11 * max(1e-3, *network.starts),
    )
    assert solved.success
    return np.asarray(solved.y.T), float(max(*network.starts, np.abs(solved.y).max(), 1e-3))


SETTINGS = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SETTINGS
@given(network=networks())
def test_a_random_network_is_what_another_solver_makes_of_it(network: Network) -> None:
    expected, largest = reference(network)
    model = network.model()
    tight = simulate(model, times=TIMES, rtol=1e-9, atol=1e-11 * largest)
    assert tight.status[0] == Status.FINISHED
    assert np.abs(tight.values[0] - expected).max() < 1e-6 * largest
    at_default = simulate(model, times=TIMES)
    assert at_default.status[0] == Status.FINISHED
    assert np.abs(at_default.values[0] - expected).max() < 1e-3 * largest


@settings(SETTINGS, max_examples=15)
@given(network=networks(), rtol=st.sampled_from([1e-2, 1e-3, 1e-5]), method=st.sampled_from(["rodas5p", "rodas4"]))
def test_amounts_never_fall_below_0(network: Network, rtol: float, method: str) -> None:
    grid = np.concatenate([[0.0], np.logspace(-6, 2.4, 200)])
    result = simulate(network.model(), times=grid, rtol=rtol, method=method, atol=1e-6)
    assert result.status[0] == Status.FINISHED
    assert result.values.min() >= 0
