"""From what is added to a well to the parameters and states of the pathway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

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


REAGENTS: Mapping[str, Given] = MappingProxyType(
    {
        "TNF": Given("TNF_given", 1.0, fades=True),
        "zVAD": Given("zV", MICRO, fades=True),
        "TRAIL": Given("TRAIL", 1.0),
        "FasL": Given("TRAIL", 1.0),
        "IFN-gamma": Given("IFN", 1.0),
        "IL-1b": Given("IL1", 1.0),
        "TWEAK": Given("TWEAK", 1.0),
        "LPS": Given("LPS", 1.0),
        "emricasan": Given("emricasan", MICRO),
        "Nec-1": Given("Nec1", MICRO),
        "Nec-1s": Given("Nec1s", MICRO),
        "GSK963": Given("Nec1s", 10 * MICRO),
        "GSK872": Given("GSK872", MICRO),
        "NSA": Given("NSA", MICRO),
        "anti-TNF": Given("anti_TNF", 1.0),
        "CHX": Given("CHX", MICRO),
        "MG-132": Given("MG132", MICRO),
        "bortezomib": Given("bortezomib", MICRO),
        "NIK-inhibitor": Given("NIKi", MICRO),
        "IKK-inhibitor": Given("IKKi", MICRO),
        "TAK1-inhibitor": Given("TAK1i", MICRO),
        "PI3K-inhibitor": Given("PI3Ki", MICRO),
        "dexamethasone": Given("dex", MICRO),
    }
)
"""GSK963 acts as Nec-1s does at a tenth of the dose (Berger 2015). FasL uses the receptors of TRAIL (assumed)."""

MIMETIC_DOSE = "D_medium"
CLASS_OF_SM = "bivalent-SM"
"""What a bare ``SM`` stands for."""


def mimetic(word: str) -> Pharmacology | None:
    """Return the pharmacology of a Smac mimetic by any of its names; None where the word names none."""
    found = find_reagent(word)
    return pharmacology(CLASS_OF_SM if found is not None and found.name == "SM" else word)


def given(word: str) -> Given | None:
    """Return how a reagent that is no mimetic enters the pathway; None where the pathway does not know it."""
    found = find_reagent(word)
    return REAGENTS.get(found.name) if found is not None else None


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


GRAMS_PER_MOL: Mapping[str, float] = MappingProxyType(
    {"CHX": 281.35, "MG-132": 475.6, "bortezomib": 384.2, "dexamethasone": 392.5, "zVAD": 467.5, "emricasan": 569.5}
)
"""Molar masses of reagents whose doses are often given by weight."""


def molar_dose(word: str, ng_per_ml: float) -> float | None:
    """Return a dose by weight as molar; None where the reagent's molar mass is not known here."""
    found = find_reagent(word)
    mass = GRAMS_PER_MOL.get(found.name) if found is not None else None
    return ng_per_ml * 1e-6 / mass if mass else None
