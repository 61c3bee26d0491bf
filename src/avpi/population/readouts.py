"""What instruments see of the pathway: each readout as a formula of its states.

A blot sees the mean over a lysate, which holds dead cells until they open; phosphorylated and cut forms are bands of
their own. Amounts are in the units of the model; what a lab compares is their ratio to a control.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from avpi.names import find_protein, normal_form

BANDS: Mapping[str, str] = MappingProxyType(
    {
        "cIAP1": "C1",
        "cIAP2": "C2",
        "XIAP": "X",
        "NIK": "NIK",
        "p100": "p100",
        "p52": "p52",
        "RIPK1": "RIP1",
        "RIPK1-Ub": "CIub + CIM1",
        "pRIPK1": "RDa",
        "RIPK3": "RIPK3_total",
        "pRIPK3": "N",
        "MLKL": "MLKL_now",
        "pMLKL": "pM + pMo",
        "CASP8": "p8",
        "cleaved-CASP8": "C8a",
        "CASP3": "p3",
        "cleaved-CASP3": "C3a",
        "CASP9": "CASP9_total - C9a",
        "cleaved-CASP9": "C9a",
        "PARP": "1 - cPARP",
        "cleaved-PARP": "cPARP",
        "FLIP": "FLIP",
        "FLIP-S": "FLIPS",
        "A20": "A20",
        "IkBa": "IkB",
        "CYLD": "CY",
        "BID": "Bid",
        "tBID": "tBid",
        "SMAC": "SMAC_total",
        "cytosolic-SMAC": "Smac",
        "TNFR1": "R + CI0 + CIub + CIM1",
        "TRAF2": "TRAF2",
        "TRADD": "TRADD",
        "FADD": "FADD",
        "TNF-protein": "mTNF",
        "pIKK": "IKK",
        "RelA": "RelA",
        "BAX": "BAX",
        "BAK": "BAK",
    }
)
STAYS_WITH_GHOST = frozenset({"pM + pMo", "N"})
"""What a dead cell keeps when its membrane breaks: phosphorylated MLKL sits in membranes (Sun 2012 Cell 148:213), the
necrosome is an amyloid that detergent hardly dissolves (Li 2012 Cell 150:339)."""
MRNA: Mapping[str, str] = MappingProxyType({"cIAP2": "mC2", "A20": "mA20", "IkBa": "mIkB", "TNF-protein": "mTNF"})
NUCLEAR: Mapping[str, str] = MappingProxyType({"NFkB": "NFn", "RelA": "NFn", "p52": "p52"})
ACTIVITY: Mapping[str, str] = MappingProxyType(
    {
        "caspase-3/7": "C3_act",
        "CASP3": "C3_act",
        "caspase-8": "C8a * g_C8",
        "CASP8": "C8a * g_C8",
        "CASP9": "C9a * g_C9",
    }
)
COMPLEX: Mapping[str, str] = MappingProxyType(
    {
        "I": "CI0 + CIub + CIM1",
        "IIa": "C2a * FADD",
        "IIb": "RDa * recruit",
        "ripoptosome": "RD + RDa",
        "necrosome": "N",
        "DISC": "DISC",
    }
)
SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "p65": "RelA", "nf-kb": "NFkB", "nf-κb": "NFkB", "nfkb": "NFkB", "rela": "NFkB", "cparp": "cleaved-PARP",
        "caspase-3": "CASP3", "caspase-7": "caspase-3/7", "caspase-9": "CASP9", "ciap1/2": "cIAP1",
        "tnf": "TNF-protein", "smac": "SMAC", "ikba": "IkBa", "ps166": "pRIPK1", "cylcd": "CYLD",
        "cleaved caspase-8": "cleaved-CASP8", "cleaved-caspase-8": "cleaved-CASP8", "caspase-8 p18": "cleaved-CASP8",
        "cleaved-caspase-3": "cleaved-CASP3", "cleaved caspase-9": "cleaved-CASP9", "tbid": "tBID",
        "complex i": "I", "complex iia": "IIa", "complex iib": "IIb", "ii": "IIb",
        "birc3": "cIAP2", "nfkbia": "IkBa", "tnfaip3": "A20",
    }
)  # fmt: skip

KINDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"band": BANDS, "mrna": MRNA, "nuclear": NUCLEAR, "activity": ACTIVITY, "complex": COMPLEX}
)


def formula_of(kind: str, word: str) -> str | None:
    """Return the formula of a readout that is a mean over cells; None where the pathway does not have it."""
    table = KINDS[kind]
    plain = normal_form(word)
    candidates = [word, SPELLINGS.get(plain, ""), find_protein(word) or ""]
    by_form = {normal_form(name): formula for name, formula in table.items()}
    return next((by_form[normal_form(c)] for c in candidates if c and normal_form(c) in by_form), None)
