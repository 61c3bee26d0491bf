"""A model that can be simulated: its equations and the names that people use."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType

from avpi.solver.cache_folder import keep, kept
from avpi.solver.equations import Equations


@dataclass(frozen=True, kw_only=True)
class Model:
    """A system of ordinary differential equations, read from SBML.

    ``simulate(model, ...)`` runs it; two models with the same equations share their compiled code. Models are small,
    frozen and picklable.
    """

    equations: Equations

    @classmethod
    def from_sbml(cls, path: str | Path) -> Model:
        """Return the model of an SBML file, level 2 or 3.

        What was read once is kept (AVPI_CACHE), under the hash of the file.

        Raises
        ------
        FileFormatError
            If the file is no SBML or holds a construct that is not taken; all of them, each with its line.
        """
        from avpi.solver.sbml_file import read_model_text

        file = Path(path)
        text = read_model_text(file)
        key = f"sbml-{hashlib.sha256(text.encode()).hexdigest()}"
        stored = kept(key)
        if stored is None:
            from avpi.solver.sbml import equations_of_sbml

            stored = equations_of_sbml(text, file.name).as_text().encode()
            keep(key, stored)
        return cls(equations=Equations.from_text(stored.decode()))

    @classmethod
    def from_sbml_text(cls, text: str, *, name: str = "model.xml") -> Model:
        """Return the model of SBML given as text."""
        from avpi.solver.sbml import equations_of_sbml

        return cls(equations=equations_of_sbml(text, name))

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the states, in the order of every array of states."""
        return self.equations.states

    @cached_property
    def parameters(self) -> Mapping[str, float]:
        """Name -> value of every parameter, also of those that the model computes; nan where it gives none."""
        own = self.equations
        values = {name: math.nan if name in own.starts else value for name, value in own.parameters.items()}
        for name, node in own.starts.items():
            values[name] = own.graph.evaluate(node, values)
        return MappingProxyType({name: values[name] for name in own.parameters})

    @property
    def derived(self) -> tuple[str, ...]:
        """Names of what assignment rules give; they may be observed."""
        return tuple(self.equations.derived)

    @property
    def labels(self) -> Mapping[str, str]:
        """Name -> what the model calls it for people."""
        return self.equations.labels

    @property
    def content_hash(self) -> str:
        """A hash of the equations."""
        return self.equations.content_hash

    def __reduce__(self) -> tuple[partial[Model], tuple[()]]:
        return partial(Model, equations=self.equations), ()  # what was derived from them is derived anew

    def __repr__(self) -> str:
        own = self.equations
        return f"Model({len(own.states)} states, {len(own.rates)} rates, {len(own.parameters)} parameters)"
