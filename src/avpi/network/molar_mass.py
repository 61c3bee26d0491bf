"""What a mole of a reagent weighs: from its formula, or, for a protein, from the chain that suppliers sell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from avpi.errors import OurFault
from avpi.names import find_reagent, loose_form
from avpi.network.pharmacology import find_compound

ATOMIC_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"H": 1.008, "B": 10.81, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "S": 32.06, "Cl": 35.45}
)
"""Abridged standard atomic weights (IUPAC 2021), g/mol."""

_ELEMENT = re.compile(r"([A-Z][a-z]?)(\d*)")
_FORMULA = re.compile(rf"(?:{_ELEMENT.pattern})+")


def formula_mass(formula: str) -> float:
    """Return the molar mass of a formula such as ``"C15H23NO4"``, g/mol."""
    parts = _ELEMENT.findall(formula)
    if not _FORMULA.fullmatch(formula) or any(element not in ATOMIC_WEIGHTS for element, _ in parts):
        message = f"'{formula}' is no formula of the elements {', '.join(ATOMIC_WEIGHTS)}"
        raise OurFault(message)
    return sum(ATOMIC_WEIGHTS[element] * int(count or 1) for element, count in parts)


def molar_mass(word: str) -> float | None:
    """Return what a mole of a reagent or compound weighs, g/mol; None where that is not known for certain.

    A member of a class of inhibitors has its own, the class has none.
    """
    compound = find_compound(word)
    if compound is not None and compound.formula:
        return formula_mass(compound.formula)
    found = find_reagent(word)
    masses = _masses()
    return masses.get(loose_form(word)) or (masses.get(loose_form(found.name)) if found is not None else None)


@cache
def _masses() -> Mapping[str, float]:
    loaded: Mapping[str, Any] = yaml.safe_load(
        files("avpi").joinpath("network", "molar_masses.yaml").read_text("utf-8")
    )
    small = {loose_form(name): formula_mass(formula) for name, formula in loaded["formulas"].items()}
    return small | {loose_form(name): float(mass) for name, mass in loaded["proteins"].items()}
