"""Cells in one medium as a single system of equations, which scipy solves: every cell and the TNF that they share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.sparse import csr_matrix

from avpi.network.assemble import pathway
from avpi.network.parts import names_in
from avpi.population.fates import CROWDED
from tests.network.formulas import compiled

Floats = NDArray[np.float64]


class Coupled:
    """Cells with own parameters; nobody dies, the well grows at a rate, and what they secrete is in one medium."""

    def __init__(self, parameters: Mapping[str, Floats | float], cells: int, growth: float) -> None:
        self.parameters, self.cells, self.growth = parameters, cells, growth
        self.species = [species.name for species in pathway().species]
        self.rules = [(rule.name, compiled(rule.formula)) for rule in _in_order()]
        self.reactions = [
            (
                compiled(r.rate),
                [self.species.index(n) for n in r.reactants],
                [self.species.index(n) for n in r.products],
            )
            for r in pathway().reactions
        ]

    def tnf(self, start: Mapping[str, Floats], times: Floats) -> Floats:
        """Return the TNF in the medium (times,)."""
        first = np.concatenate([*(np.broadcast_to(start[name], self.cells) for name in self.species), [0.0]])
        run = solve_ivp(
            self._rates,
            (0.0, times[-1]),
            first,
            method="BDF",
            t_eval=times,
            rtol=1e-5,
            atol=1e-8,
            jac_sparsity=self._pattern(),
        )
        assert run.success, run.message
        return np.asarray(run.y[-1])

    def _rates(self, time: float, state: Floats) -> Floats:
        cells = state[:-1].reshape(len(self.species), self.cells)
        names = {**self.parameters, **dict(zip(self.species, cells, strict=True)), "TNF_medium": state[-1]}
        for name, code in self.rules:
            names[name] = eval(code, {"sqrt": np.sqrt}, names)
        change = np.zeros_like(cells)
        for code, used, made in self.reactions:
            rate = eval(code, {"sqrt": np.sqrt}, names)
            for i in used:
                change[i] -= rate
            for i in made:
                change[i] += rate
        live = CROWDED / (1 + (CROWDED - 1) * np.exp(-self.growth * time))
        uptake = live * names["TNF_uptake"] / (1 + state[-1] / names["K_TNF_uptake"])
        medium = np.mean(names["secretion"]) * live - (names["d_TNF"] + uptake) * state[-1]
        return np.concatenate([change.ravel(), [medium]])

    def _pattern(self) -> csr_matrix:
        size = len(self.species) * self.cells + 1
        pattern = np.zeros((size, size))
        for cell in range(self.cells):
            own = np.arange(len(self.species)) * self.cells + cell
            pattern[np.ix_(own, own)] = 1
        pattern[-1, :] = 1
        pattern[:, -1] = 1
        return csr_matrix(pattern)


def _in_order() -> list:  # type: ignore[type-arg]
    """Return the rules so that each comes after those it reads."""
    waiting, found = list(pathway().rules), []
    known: set[str] = set()
    own = {rule.name for rule in waiting}
    while waiting:
        ready = [rule for rule in waiting if set(names_in(rule.formula)) & own <= known]
        found += ready
        known |= {rule.name for rule in ready}
        waiting = [rule for rule in waiting if rule not in ready]
    return found
