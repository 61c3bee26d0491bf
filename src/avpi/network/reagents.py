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

    ``factor`` turns molar (or ng/mL) into the unit of the parameter or state.
    """

    name: str
    factor: float
    fades: bool = False


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
    unit = MICRO if found.unit == "molar" else 1.0
    return Given(entry["enters"], unit * entry.get("potency", 1.0), entry.get("fades", False))


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
