"""The guide's five conditions, and the further wells that a sound study has."""

from __future__ import annotations

from collections.abc import Mapping

from avpi.errors import OurFault
from avpi.network.doses import usual_dose
from avpi.network.reagents import reagents_that_enter
from avpi.population.condition_words import CLASS, BenchCondition, dose_words
from avpi.population.experiment import Dose

GUIDE = ("DMSO", "SM", "SM+TNF", "SM+zVAD", "SM+zVAD+Nec-1")
"""Protocol B, in its order."""
EXTENDED = (
    "TNF",
    "zVAD",
    "Nec-1s",
    "SM+Nec-1s",
    "SM+TNF+zVAD",
    "SM+TNF+zVAD+Nec-1s",
    "SM+anti-TNF",
)
"""What the guide lacks: single agents, the inhibitors where TNF kills, and whether it is the cells' own TNF."""


def matrix(compound: str, dose_molar: float, *, extended: bool = False) -> dict[str, BenchCondition]:
    """Return the conditions by their short names, such as ``"SM+zVAD"``, with ``compound`` as SM at a dose in molar."""
    labels = [*GUIDE, *(EXTENDED if extended else ())]
    return {label: _condition(label, compound, dose_molar) for label in labels}


def _condition(label: str, compound: str, dose_molar: float) -> BenchCondition:
    names = [] if label == "DMSO" else label.split("+")
    return BenchCondition(
        doses=tuple(Dose(reagent=compound, amount=dose_molar) if name == CLASS else _usual(name) for name in names)
    )


def _usual(name: str) -> Dose:
    amount = usual_dose(name)
    if amount is None:
        message = f"'{name}' of the matrix has no usual dose"
        raise OurFault(message)
    return Dose(reagent=name, amount=amount)


def matrix_doses(conditions: Mapping[str, BenchCondition]) -> str:
    """Return what the short names stand for, such as ``"SM is birinapant 100 nM, TNF 10 ng/mL"``."""
    every = dict.fromkeys(dose for condition in conditions.values() for dose in condition.doses)
    return ", ".join(map(_stands_for, every))


def _stands_for(dose: Dose) -> str:
    if dose.reagent == CLASS:
        return dose_words(dose)
    return dose_words(dose) if dose.reagent in reagents_that_enter() else f"{CLASS} is {dose_words(dose)}"
