"""What a reagent's dose is counted in, what its usual dose is, and a dose by weight as molar or the other way round."""

from __future__ import annotations

from avpi.names import DoseUnit, find_reagent
from avpi.network.molar_mass import molar_mass
from avpi.network.reagents import mimetic
from avpi.quantity import parse_quantity

NG_PER_ML = 1e6
"""A gram in a litre, in ng/mL."""


def counted_in(word: str) -> DoseUnit:
    """Return what the dose of a reagent or Smac mimetic is counted in."""
    found = find_reagent(word)
    return found.unit if found is not None else "molar"


def usual_dose(word: str) -> float | None:
    """Return the dose of a reagent or Smac mimetic where none is written, in what it is counted in; None without one.

    It is that of the vocabulary; every mimetic has that of ``SM``.
    """
    found = find_reagent("SM" if mimetic(word) is not None else word)
    return parse_quantity(found.usual_dose).value if found is not None and found.usual_dose else None


def own_dose(word: str, amount: float, unit: DoseUnit) -> float | None:
    """Return a dose in molar or ng/mL in what the reagent is counted in; None where its molar mass is not known."""
    own, compound = counted_in(word), mimetic(word)
    if own == unit:
        return amount
    mass = molar_mass(word if compound is None else compound.compound)
    if mass is None:
        return None
    ng_per_ml_of_a_molar = mass * NG_PER_ML
    return amount / ng_per_ml_of_a_molar if own == "molar" else amount * ng_per_ml_of_a_molar
