"""From what is added to a well to the parameters and states of the pathway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from avpi.errors import OurFault
from avpi.names import find_reagent
from avpi.network.pharmacology import Pharmacology, pharmacology

MICRO, NANO = 1e6, 1e9


@dataclass(frozen=True, slots=True)
class Given:
    """Where a reagent enters: a parameter that takes its dose, or a state to which it is added and which fades.

    Attributes
    ----------
    name : of the parameter or state.
    factor : turns molar (or ng/mL) into its unit.
    fades : whether it is a state.
    potency : how much of it one unit of the reagent is.
    why, source : of a reagent that enters where another one does: why it may, and who says so or ``"assumed"``.
    """

    name: str
    factor: float
    fades: bool = False
    potency: float = 1.0
    why: str = ""
    source: str = ""


@cache
def reagents_that_enter() -> Mapping[str, Given]:
    """Return ``reagents.yaml``: name in the vocabulary -> where it enters."""
    loaded = yaml.safe_load(files("avpi.network").joinpath("reagents.yaml").read_text("utf-8"))
    return MappingProxyType({name: _given(name, entry) for name, entry in loaded.items()})


def _given(name: str, entry: Mapping[str, Any]) -> Given:
    found = find_reagent(name)
    if found is None:
        message = f"reagents.yaml has '{name}', which the vocabulary has not"
        raise OurFault(message)
    unit, potency = MICRO if found.unit == "molar" else 1.0, float(entry.get("potency", 1.0))
    return Given(
        name=entry["enters"],
        factor=unit * potency,
        fades=entry.get("fades", False),
        potency=potency,
        why=entry.get("why", ""),
        source=entry.get("source", ""),
    )


def stands_in(word: str) -> str:
    """Return what a reagent that enters where another one does is taken for, in a sentence; empty for any other.

    Such as "FasL acts in the model as TRAIL does: the receptors of TRAIL stand for those of FasL (assumed)."
    """
    entry, found = given(word), find_reagent(word)
    if entry is None or found is None or not entry.why:
        return ""
    whose = next((n for n, e in reagents_that_enter().items() if e.name == entry.name and not e.why), "")
    much = f"{entry.potency:g} times as much " if whose and entry.potency != 1 else ""
    return f"{found.name} acts in the model as {much}{whose or entry.name} does: {entry.why} ({entry.source})."


MIMETIC_DOSE = "D_medium"
CLASS_OF_SM = "bivalent-SM"
"""What a bare ``SM`` stands for."""


def mimetic(word: str) -> Pharmacology | None:
    """Return the pharmacology of a Smac mimetic by any of its names; None where the word names none."""
    found = find_reagent(word)
    if found is not None:
        return pharmacology(CLASS_OF_SM) if found.name == "SM" else None
    return pharmacology(word)


def given(word: str) -> Given | None:
    """Return how a reagent that is no mimetic enters the pathway; None where the pathway does not know it."""
    found = find_reagent(word)
    return reagents_that_enter().get(found.name) if found is not None else None


def mimetic_parameters(compound: Pharmacology) -> dict[str, float]:
    """Return the parameters that say which mimetic is in the medium."""
    return {
        "bivalent": 1.0 if compound.valency == "bivalent" else 0.0,
        "Kd_cIAP1": compound.kd_ciap1_nM.value,
        "Kd_cIAP2": compound.kd_ciap2_nM.value,
        "Kd_XIAP": compound.kd_xiap_nM.value,
        "partition": compound.partition.value,
        "k_entry": compound.entry_per_hour.value,
        "traf2_reach": compound.traf2_reach.value,
        "cooperativity": compound.cooperativity.value,
        "EC50_lysis": compound.lysis_ec50_nM.value,
    }
