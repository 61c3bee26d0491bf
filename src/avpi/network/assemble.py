"""Join the modules into one pathway, and check that nothing hangs in the air."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from avpi.network.parameters import Parameter, parameters
from avpi.network.parts import Module, Reaction, Rule, Species
from avpi.network.pathways.caspases import CASPASES
from avpi.network.pathways.ciap import CIAP
from avpi.network.pathways.complex_one import COMPLEX_ONE
from avpi.network.pathways.complex_two import COMPLEX_TWO
from avpi.network.pathways.fate import FATE
from avpi.network.pathways.inhibitors import INHIBITORS
from avpi.network.pathways.mimetic import MIMETIC
from avpi.network.pathways.necrosome import NECROSOME
from avpi.network.pathways.nfkb import NFKB
from avpi.network.pathways.tnf import TNF

MODULES: tuple[Module, ...] = (
    INHIBITORS, MIMETIC, CIAP, NFKB, TNF, COMPLEX_ONE, COMPLEX_TWO, CASPASES, NECROSOME, FATE,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Pathway:
    """The whole model: modules in order, and the parameters that they read."""

    modules: tuple[Module, ...]
    parameters: Mapping[str, Parameter]

    @property
    def species(self) -> Iterator[Species]:
        """Every species, module by module."""
        return (species for module in self.modules for species in module.species)

    @property
    def rules(self) -> Iterator[Rule]:
        """Every rule, module by module."""
        return (rule for module in self.modules for rule in module.rules)

    @property
    def reactions(self) -> Iterator[Reaction]:
        """Every reaction, module by module."""
        return (reaction for module in self.modules for reaction in module.reactions)


@cache
def pathway() -> Pathway:
    """Return the pathway from the Smac mimetic to the death of the cell.

    Raises
    ------
    ValueError
        If a name is defined twice, read but not defined, or defined but never read: a fault of the model's files.
    """
    known = parameters()
    whole = Pathway(modules=MODULES, parameters=known)
    own = [*(s.name for s in whole.species), *(r.name for r in whole.rules), *(r.name for r in whole.reactions)]
    read = {name for module in MODULES for name in module.reads}
    twice = sorted({name for name in [*own, *known] if [*own, *known].count(name) > 1})
    missing = sorted(read - set(own) - set(known))
    idle = sorted(set(known) - read)
    if twice or missing or idle:
        what = f"the pathway's files disagree: twice {twice}, not defined {missing}, parameters never read {idle}"
        raise ValueError(what)
    return whole
