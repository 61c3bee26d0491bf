"""The equations of a model: dx/dt = S v(x, p, u, t), and what else belongs to them.

States x, parameters p, rates v, stoichiometry S and the starting values, all as expressions of one graph. This is what
SBML is lowered to and what code is made from. Nothing in it refers to SBML or to biology.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from avpi.solver.expression import Graph


@dataclass(frozen=True, kw_only=True, eq=False)
class Equations:
    """A system of ordinary differential equations.

    Attributes
    ----------
    graph : where the expressions live.
    states : names of x, in the order of every array of states.
    parameters : name -> value of p, nan where the model gives none.
    rates : nodes of v.
    stoichiometry : for each state the (index of a rate, factor) that change it: the sparse rows of S.
    starts : name of a state or of a parameter -> its starting value, each after those that it depends on. Every state
        has one.
    amounts : for each state whether it is an amount or a concentration, which cannot fall below 0.
    volumes : parameters that are volumes, and so above 0.
    held : parameters that are amounts or concentrations which nothing changes.
    derived : name -> expression of what an assignment rule gives: not a state, but may be observed.
    labels : name -> what the model calls it for people.
    """

    graph: Graph
    states: tuple[str, ...]
    parameters: Mapping[str, float]
    rates: tuple[int, ...]
    stoichiometry: tuple[tuple[tuple[int, float], ...], ...]
    starts: Mapping[str, int]
    amounts: tuple[bool, ...]
    volumes: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    derived: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def content_hash(self) -> str:
        """Return what two models with the same equations share: a hash of everything that code is made from."""
        return hashlib.sha256(self.as_text().encode()).hexdigest()[:24]

    def as_text(self) -> str:
        """Return the equations as one line of JSON: what travels to another process."""
        return json.dumps(
            {
                "nodes": self.graph.nodes,
                "states": self.states,
                "parameters": dict(self.parameters),
                "rates": self.rates,
                "stoichiometry": self.stoichiometry,
                "starts": dict(self.starts),
                "amounts": self.amounts,
                "volumes": self.volumes,
                "held": self.held,
                "derived": dict(self.derived),
                "labels": dict(self.labels),
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_text(cls, text: str) -> Equations:
        """Return the equations that as_text wrote."""
        parts = json.loads(text)
        graph = Graph.of_nodes(tuple(node) for node in parts["nodes"])
        return cls(
            graph=graph,
            states=tuple(parts["states"]),
            parameters=parts["parameters"],
            rates=tuple(parts["rates"]),
            stoichiometry=tuple(tuple((int(r), float(s)) for r, s in row) for row in parts["stoichiometry"]),
            starts=parts["starts"],
            amounts=tuple(parts["amounts"]),
            volumes=tuple(parts["volumes"]),
            held=tuple(parts["held"]),
            derived=parts["derived"],
            labels=parts["labels"],
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Equations) and self.content_hash == other.content_hash

    def __hash__(self) -> int:
        return hash(self.content_hash)

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Equations.from_text, (self.as_text(),)

    def partial_rates(self) -> dict[tuple[int, int], int]:
        """Return the sparse matrix dv/dx: (rate, state) -> node, without the entries that are 0."""
        graph = self.graph
        index = {name: i for i, name in enumerate(self.states)}
        return {
            (r, index[name]): partial
            for r, rate in enumerate(self.rates)
            for name in sorted(graph.symbols(rate) & index.keys(), key=index.__getitem__)
            if graph.value(partial := graph.derivative(rate, graph.symbol(name))) != 0
        }

    def jacobian_pattern(self, partials: Iterable[tuple[int, int]]) -> list[set[int]]:
        """Return for each state the states that its rate of change depends on, given the entries of dv/dx."""
        depends: dict[int, set[int]] = {}
        for r, j in partials:
            depends.setdefault(r, set()).add(j)
        return [set().union(*(depends.get(r, set()) for r, _ in row)) for row in self.stoichiometry]
