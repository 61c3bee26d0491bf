"""What a pathway is written in: species, rules, reactions, and the module that holds them.

A module is data: its species, its rules (what follows at once from the state) and its reactions (what takes time), each
with a sentence that says why it is there and where it comes from. Formulas are plain arithmetic over the names of
species, rules and parameters; the parameters, with unit, range and source, are in ``parameters.yaml``.

Amounts are nM in a cell of 1 pL (1 nM is about 602 molecules), time is hours, TNF outside the cell is ng/mL.
What is only known relative to something else (NF-kB, IKK, mRNA) is relative, and the species says to what.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Species:
    """Something of which a cell has an amount.

    Attributes
    ----------
    name : as in formulas.
    what : as a scientist calls it.
    uniprot : accessions of the human proteins in it; empty for an mRNA, a signal or a small molecule.
    start : formula of its amount before anything is done; an equilibration brings it to rest.
    unit : ``"nM"`` or ``"relative"``.
    """

    name: str
    what: str
    uniprot: tuple[str, ...] = ()
    start: str = "0"
    unit: str = "nM"


@dataclass(frozen=True, slots=True)
class Rule:
    """A quantity that follows at once from the state, such as how much of a protein a drug occupies."""

    name: str
    formula: str
    what: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """A process: ``scheme`` such as ``"CI0 -> CIub"`` or ``"-> NIK"``, its ``rate`` per hour, and why it is there."""

    name: str
    scheme: str
    rate: str
    why: str

    @property
    def reactants(self) -> tuple[str, ...]:
        """What it uses up, each once."""
        return _side(self.scheme, 0)

    @property
    def products(self) -> tuple[str, ...]:
        """What it makes, each once."""
        return _side(self.scheme, 1)


def _side(scheme: str, side: int) -> tuple[str, ...]:
    return tuple(part.strip() for part in scheme.split("->")[side].split("+") if part.strip())


@dataclass(frozen=True, kw_only=True)
class Module:
    """One part of the pathway."""

    name: str
    title: str
    species: tuple[Species, ...] = ()
    rules: tuple[Rule, ...] = ()
    reactions: tuple[Reaction, ...] = ()

    @cached_property
    def reads(self) -> frozenset[str]:
        """Every name that its formulas read."""
        formulas = (
            *(s.start for s in self.species),
            *(r.formula for r in self.rules),
            *(r.rate for r in self.reactions),
        )
        return frozenset(name for formula in formulas for name in names_in(formula))


def names_in(formula: str) -> list[str]:
    """Return the names in a formula in order of appearance, each once; functions such as sqrt are left out."""
    found = (m.group() for m in NAME.finditer(formula) if not formula[m.end() :].lstrip().startswith("("))
    return list(dict.fromkeys(found))
