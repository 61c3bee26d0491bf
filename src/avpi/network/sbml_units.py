"""Units of the SBML model: of parameters, of what follows from them, and of the plain numbers in formulas.

A formula of the pathway such as ``RDa / (1 + RDa)`` holds a number that has a unit, 1 nM here. The unit of a number is
that of what it is added to; any other number has none. So every unit in the model follows from those of
``parameters.yaml`` and of the species.

The cell is a litre of cytosol: an amount in nanomole is a concentration in nM, and both are the unit ``nM``. What is
counted in uM or ng/mL is, in the same way, micromole or microgram in that litre.

SBML has one unit for how far any reaction has gone. A reaction of what is relative, or counted in uM or ng/mL, is told
in nM for each unit of it: a factor of 1. The species' factor back to its own unit is left out, since several simulators
(ours too) do not read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import libsbml

BASES = ("nM", "uM", "ng_per_ml", "hour")
"""What every unit of the model is a product of."""
Dimension = tuple[Fraction, ...]
"""Exponent of each of ``BASES``."""

_AS_SI: Mapping[str, tuple[int, float]] = {
    "nM": (libsbml.UNIT_KIND_MOLE, 1e-9),
    "uM": (libsbml.UNIT_KIND_MOLE, 1e-6),
    "ng_per_ml": (libsbml.UNIT_KIND_GRAM, 1e-6),
    "hour": (libsbml.UNIT_KIND_SECOND, 3600.0),
}
NONE: Dimension = (Fraction(0),) * len(BASES)


def dimension(**exponents: int) -> Dimension:
    """Return a dimension by the exponents of its bases, such as ``dimension(nM=1, hour=-1)``."""
    return tuple(Fraction(exponents.get(base, 0)) for base in BASES)


AMOUNT, PER_HOUR, AMOUNT_PER_HOUR = dimension(nM=1), dimension(hour=-1), dimension(nM=1, hour=-1)

DIMENSIONS: Mapping[str, Dimension] = {
    "none": NONE,
    "relative": NONE,
    "nM": AMOUNT,
    "uM": dimension(uM=1),
    "ng_per_ml": dimension(ng_per_ml=1),
    "hour": dimension(hour=1),
    "per_hour": PER_HOUR,
    "nM_per_hour": AMOUNT_PER_HOUR,
    "per_nM_hour": dimension(nM=-1, hour=-1),
    "ng_per_ml_hour": dimension(ng_per_ml=1, hour=-1),
    "per_ng_ml_hour": dimension(ng_per_ml=-1, hour=-1),
}
"""Unit as ``parameters.yaml`` and species write it -> its dimension."""


def unit_id(own: Dimension) -> str:
    """Return the SBML id of a unit; ``"dimensionless"`` where there is none."""
    above = [_power(base, exponent) for base, exponent in zip(BASES, own, strict=True) if exponent > 0]
    below = [_power(base, -exponent) for base, exponent in zip(BASES, own, strict=True) if exponent < 0]
    return "_".join([*above, *(["per", *below] if below else [])]) or "dimensionless"


def _power(base: str, exponent: Fraction) -> str:
    return base if exponent == 1 else f"{base}{str(exponent).replace('/', 'over')}"


def define_units(model: libsbml.Model, used: Iterable[Dimension]) -> None:
    """Write the definition of every unit that the model uses."""
    for own in sorted(set(used) - {NONE}, key=unit_id):
        definition = model.createUnitDefinition()
        definition.setId(unit_id(own))
        for base, exponent in zip(BASES, own, strict=True):
            if exponent:
                kind, multiplier = _AS_SI[base]
                unit = definition.createUnit()
                unit.setKind(kind)
                unit.setExponent(float(exponent))
                unit.setScale(0)
                unit.setMultiplier(multiplier)


@dataclass
class Units:
    """The units of one model: of its names as they are known, and of its formulas as they follow.

    Attributes
    ----------
    names : parameter or species -> dimension.
    formulas : rule -> formula; the dimension of a rule follows from its formula, wherever it stands.
    """

    names: Mapping[str, Dimension]
    formulas: Mapping[str, str]

    @cached_property
    def used(self) -> set[Dimension]:
        """Every dimension that was written so far."""
        return {AMOUNT, dimension(hour=1)}

    @cached_property
    def _rules(self) -> dict[str, Dimension | None]:
        return {}

    def of(self, name: str) -> Dimension | None:
        """Return the dimension of a parameter, species or rule; None where a formula adds what cannot be added."""
        if name in self.names:
            return self.names[name]
        if name not in self._rules:
            self._rules[name] = None  # a rule that reads itself has none
            self._rules[name] = self._follow(libsbml.parseL3Formula(self.formulas[name]))
        return self._rules[name]

    def unit(self, own: Dimension) -> str:
        """Return the id of a unit and remember that it is used."""
        self.used.add(own)
        return unit_id(own)

    def write(self, node: libsbml.ASTNode, expected: Dimension = NONE) -> Dimension | None:
        """Give every number in a formula its unit and return the dimension of the whole.

        ``expected`` is the unit of a formula that is a number and nothing else.
        """
        if node.isNumber():
            self._number(node, expected)
            return expected
        return self._follow(node)

    def _follow(self, node: libsbml.ASTNode) -> Dimension | None:
        if node.isNumber():
            self._number(node, NONE)
            return NONE
        if node.isName():
            return self.of(node.getName())
        parts = [node.getChild(i) for i in range(node.getNumChildren())]
        kind = node.getType()
        if kind in (libsbml.AST_PLUS, libsbml.AST_MINUS):
            return self._sum(parts)
        own = [self._follow(part) for part in parts]
        if any(part is None for part in own):
            return None
        known = [part for part in own if part is not None]
        if kind == libsbml.AST_TIMES:
            return tuple(sum(exponents, Fraction(0)) for exponents in zip(*known, strict=True))
        if kind == libsbml.AST_DIVIDE:
            return tuple(a - b for a, b in zip(*known, strict=True))
        if kind in (libsbml.AST_POWER, libsbml.AST_FUNCTION_POWER) and parts[1].isNumber():
            return tuple(exponent * int(parts[1].getValue()) for exponent in known[0])
        if kind == libsbml.AST_FUNCTION_ROOT:
            return tuple(exponent / 2 for exponent in known[-1])
        return NONE if all(part == NONE for part in known) else None

    def _sum(self, parts: list[libsbml.ASTNode]) -> Dimension | None:
        found = [None if part.isNumber() else self._follow(part) for part in parts]
        known = {own for part, own in zip(parts, found, strict=True) if not part.isNumber()}
        common = known.pop() if len(known) == 1 else NONE if not known else None
        for part in parts:
            if part.isNumber():
                self._number(part, common or NONE)
        return common

    def _number(self, node: libsbml.ASTNode, own: Dimension) -> None:
        node.setUnits(self.unit(own))

    def as_amount_per_hour(self, law: libsbml.ASTNode) -> libsbml.ASTNode:
        """Return a rate as an amount per hour: what is not counted in nM is told by one nM for each unit of it."""
        own = self.write(law, AMOUNT_PER_HOUR)
        if own is None or own == AMOUNT_PER_HOUR:
            return law
        product = libsbml.ASTNode(libsbml.AST_TIMES)
        one = libsbml.ASTNode(libsbml.AST_INTEGER)
        one.setValue(1)
        self._number(one, tuple(a - b for a, b in zip(AMOUNT_PER_HOUR, own, strict=True)))
        product.addChild(law)
        product.addChild(one)
        return product
