"""From what is added to a well to the parameters and states of the pathway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from avpi.names import find_reagent, loose_form
from avpi.network.pharmacology import Pharmacology, compounds, pharmacology

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
        # Those below act where another reagent does, each with its potency relative to that one and why it may.
        # Isolated caspases at 25 to 400 nM (Caserta 2003 Apoptosis 8:345), caspase-3 in cells at 0.05 uM, a hundredth
        # of what zVAD needs (Kuzelova 2011 J Cell Biochem 112:3334); that it is a tenth of emricasan is assumed.
        "Q-VD-OPh": Given("emricasan", 0.1 * MICRO),
        # 20 to 50 uM are used; that this is a two-hundredth of emricasan is assumed.
        "Boc-D-fmk": Given("emricasan", 0.005 * MICRO),
        # Caspase-8 alone, which is where crmA acts: 1 uM halves it (assumed), as 0.05 of crmA does. In high doses it
        # takes other caspases too, which is not in the model.
        "z-IETD-fmk": Given("crmA", 0.05 * MICRO),
        # Type I interferon makes the STAT1 targets that interferon-gamma makes (caspase-8, MLKL); tenfold by weight,
        # since its specific activity is about 2e8 against 2e7 units a mg (assumed).
        "IFN-beta": Given("IFN", 10.0),
        "IFN-alpha": Given("IFN", 10.0),
        # One receptor.
        "IL-1a": Given("IL1", 1.0),
        # TLR2 signals through MyD88 as the receptor of IL-1 does, not through TRIF; half-maximal at 10 ng/mL (assumed).
        "Pam3CSK4": Given("IL1", 0.05),
        # TLR3 signals through TRIF as LPS does; half-maximal at 5 ug/mL, a thousandth of LPS by weight (assumed).
        "poly-IC": Given("LPS", 1e-3),
        # The model has no step from gene to RNA: what is not transcribed is soon not translated where the mRNA lives
        # for an hour, so it acts as cycloheximide does from the start; 0.05 uM halves it (assumed).
        "actinomycin-D": Given("CHX", 8 * MICRO),
        # Some ten nM in cells, as GSK963 (Harris 2017 J Med Chem 60:1247 for GSK2982772).
        "RIPK1-inhibitor": Given("Nec1s", 10 * MICRO),
        # With GSK872 in Mandal 2014 Mol Cell 56:481; taken as equally potent (assumed).
        "GSK843": Given("GSK872", MICRO),
        # Nanomolar in cells, as bortezomib (assumed).
        "carfilzomib": Given("bortezomib", MICRO),
    }
)
"""GSK963 acts as Nec-1s does at a tenth of the dose (Berger 2015). FasL uses the receptors of TRAIL (assumed)."""

MIMETIC_DOSE = "D_medium"
CLASS_OF_SM = "bivalent-SM"
"""What a bare ``SM`` stands for."""


def mimetic(word: str) -> Pharmacology | None:
    """Return the pharmacology of a Smac mimetic by any of its names; None where the word names none."""
    found = find_reagent(word)
    if found is not None:
        return pharmacology(CLASS_OF_SM) if found.name == "SM" else None
    return pharmacology(word) or pharmacology(_compounds_by_loose_form().get(loose_form(word), ""))


@cache
def _compounds_by_loose_form() -> Mapping[str, str]:
    """Return loose form -> compound, for "SM 164", "LCL-161" and "BV 6"."""
    return {loose_form(spelling): name for name, own in compounds().items() for spelling in (name, *own.names)}


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
