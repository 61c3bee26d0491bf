"""Knock-outs, knock-downs, over-expression and mutants: a word and a factor become parameters.

A protein's factor multiplies every parameter that grows with its amount. A mutant such as ``RIPK1-D138N`` replaces the
protein; its factor is its amount relative to the wild type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from avpi.names import find_protein, normal_form
from avpi.network.parameters import parameters, scaled_by


@dataclass(frozen=True, slots=True)
class Mutant:
    """What a mutant's parameters are, and which protein it replaces; ``why`` says what it lacks."""

    protein: str
    sets: Mapping[str, float]
    why: str
    foreign: Mapping[str, float] = field(default_factory=dict)


def _mutants() -> Mapping[str, Mutant]:
    lost = 0.0
    kinase_dead = Mutant("RIPK1", {"RIPK1_kinase": lost}, "RIPK1 without kinase activity")
    ripk3_dead = Mutant("RIPK3", {"RIPK3_kinase": lost}, "RIPK3 without kinase activity")
    mlkl_dead = Mutant("MLKL", {"MLKL_phospho_site": lost}, "MLKL that RIPK3 cannot phosphorylate")
    c8_dead = Mutant("CASP8", {"CASP8_activity": lost}, "caspase-8 without activity")
    return {
        "RIPK1-D138N": kinase_dead,
        "RIPK1-K45A": kinase_dead,
        "RIPK1-kinase-dead": kinase_dead,
        "RIPK1-S166A": Mutant("RIPK1", {"RIPK1_kinase": 0.1}, "RIPK1 that hardly autophosphorylates"),
        "RIPK1-D324A": Mutant("RIPK1", {"RIPK1_cut_site": lost}, "RIPK1 that caspase-8 cannot cut"),
        "RIPK1-D325A": Mutant("RIPK1", {"RIPK1_cut_site": lost}, "mouse RIPK1 that caspase-8 cannot cut"),
        "RIPK1-K377R": Mutant("RIPK1", {"RIPK1_ubiquitin_site": lost}, "RIPK1 that cannot be ubiquitylated"),
        "RIPK1-K376R": Mutant("RIPK1", {"RIPK1_ubiquitin_site": lost}, "mouse RIPK1 that cannot be ubiquitylated"),
        "RIPK3-K50A": ripk3_dead,
        "RIPK3-K51A": ripk3_dead,
        "RIPK3-D160N": ripk3_dead,
        "RIPK3-D161N": ripk3_dead,
        "RIPK3-kinase-dead": ripk3_dead,
        "RIPK3-D328A": Mutant("RIPK3", {"RIPK3_cut_site": lost}, "RIPK3 that caspase-8 cannot cut"),
        "MLKL-S358A": mlkl_dead,
        "MLKL-T357A-S358A": mlkl_dead,
        "MLKL-S345A": mlkl_dead,
        "MLKL-C86S": Mutant("MLKL", {"NSA_binds": lost}, "MLKL that necrosulfonamide cannot bind"),
        "CYLD-D215A": Mutant("CYLD", {"CYLD_cut_site": lost}, "CYLD that caspase-8 cannot cut"),
        "CYLD-C601S": Mutant("CYLD", {"CYLD_activity": lost}, "CYLD without activity"),
        "CYLD-C601A": Mutant("CYLD", {"CYLD_activity": lost}, "CYLD without activity"),
        "CASP8-C360S": c8_dead,
        "CASP8-C360A": c8_dead,
        "CASP8-C362S": c8_dead,
        "CASP8-C362A": c8_dead,
        "cIAP1-H588A": Mutant("cIAP1", {"C1_total": lost}, "cIAP1 without a RING: no ligase (no band either, here)"),
        "dnFADD": Mutant("", {}, "dominant-negative FADD", {"dnFADD": 10.0}),
        "FADD-DN": Mutant("", {}, "dominant-negative FADD", {"dnFADD": 10.0}),
        "crmA": Mutant("", {}, "crmA, a viral inhibitor of caspase-8", {"crmA": 1.0}),
        "IkBa-SR": Mutant("RelA", {}, "IkBa that is not destroyed: RelA stays outside"),
    }


MUTANT_NAMES = tuple(_mutants())
"""Every mutant as it is spelled."""
MUTANTS = MappingProxyType({normal_form(name): mutant for name, mutant in _mutants().items()})

SUPER_REPRESSOR = normal_form("IkBa-SR")
LEAKS_THROUGH = 0.05
"""NF-kB that a super-repressor leaves (assumed)."""

TOGETHER: Mapping[str, tuple[tuple[str, float], ...]] = MappingProxyType(
    {
        # Without HOIP or HOIL-1 there is no LUBAC; without SHARPIN a third of it is left (assumed).
        "HOIL-1": (("HOIP", 0.0),),
        "SHARPIN": (("HOIP", 0.35),),
        "LUBAC": (("HOIP", 0.0),),
        "BAX-BAK": (("BAX", 0.0), ("BAK", 0.0)),
        "BAX/BAK": (("BAX", 0.0), ("BAK", 0.0)),
        "IKK": (("IKKb", 0.0),),
        "IKKa/b": (("IKKb", 0.0),),
        "Bcl-2": (("BCL2", 0.0),),
        "Bcl-xL": (("BCLXL", 0.0),),
        "Mcl-1": (("MCL1", 0.0),),
        "NF-kB": (("RelA", 0.0),),
        "IkB": (("IkBa", 0.0),),
    }
)
"""Word -> parameters' proteins that follow it, and what is left of them when it is lost."""


ALIASES: Mapping[str, str] = MappingProxyType(
    {"tnf-protein": "TNF", "trail-r2": "DR5", "trail receptor": "DR5", "p52": "p100", "traf-3": "TRAF3"}
)
"""Words of the vocabulary -> the name under which ``parameters.yaml`` has the protein."""


def genotype_parameters(word: str, factor: float, base: Mapping[str, float]) -> dict[str, float] | None:
    """Return the parameters that a genotype changes, None where the model has no such protein.

    Parameters
    ----------
    word : a protein, a pair such as ``"BAX-BAK"``, or a mutant such as ``"RIPK1-D138N"``.
    factor : of its amount: 0 knock-out, 0.1 knock-down, 1 wild type, 5 over-expression; not negative.
    base : every parameter as it is before.
    """
    plain = normal_form(word)
    mutant = MUTANTS.get(plain)
    if mutant is not None:
        if plain == SUPER_REPRESSOR:
            return _scaled(scaled_by("RelA"), LEAKS_THROUGH if factor else 1.0, base)
        amounts = _scaled(scaled_by(mutant.protein), factor, base) if mutant.protein else {}
        return {**amounts, **mutant.sets, **{name: value * factor for name, value in mutant.foreign.items()}}
    together = next((TOGETHER[name] for name in TOGETHER if normal_form(name) == plain), None)
    if together is not None:
        found: dict[str, float] = {}
        for protein, left in together:
            found |= _scaled(scaled_by(protein), left + (1 - left) * factor, base)
        return found or None
    names = _scaling(word)
    return _scaled(names, factor, base) if names else None


def _scaling(word: str) -> tuple[str, ...]:
    known = find_protein(word)
    if known and scaled_by(known):
        return scaled_by(known)
    plain = normal_form(word)
    protein = next((p.protein for p in parameters().values() if p.protein and normal_form(p.protein) == plain), "")
    found = protein or ALIASES.get(normal_form(known or word), "")
    return scaled_by(found) if found else ()


def _scaled(names: tuple[str, ...], factor: float, base: Mapping[str, float]) -> dict[str, float]:
    return {name: base[name] * factor for name in names}
