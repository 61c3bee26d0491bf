"""The controlled vocabulary: proteins, reagents, conditions, readouts; their one spelling and their synonyms.

The words live in ``vocabulary.yaml`` and are explained in ``docs/glossary.md``; a test holds the two together.
A condition is a *set of reagents with doses*, not a fixed list: the guide's five arms are named constants of
:class:`Condition`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar, Literal

import yaml

DoseUnit = Literal["molar", "ng_per_ml", "none"]
WellRole = Literal["sample", "vehicle", "blank", "kill", "empty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reagent:
    """Something that is added to cells: its id, what its dose is counted in, and what it is for.

    Attributes
    ----------
    default_dose : of the guide's protocols: what a study's well without a dose holds; empty where they have none.
    usual_dose : what a simulation takes where no dose is written: the guide's, else the usual one of experiments.
    """

    name: str
    unit: DoseUnit
    role: str
    synonyms: tuple[str, ...] = ()
    default_dose: str = ""
    usual_dose: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Addition:
    """One reagent in a well; ``dose`` in the reagent's unit (molar or ng/mL), None where no dose applies."""

    reagent: str
    dose: float | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """What was added to the cells: a set of reagents with doses; empty for vehicle.

    ``additions`` are kept in vocabulary order, so that equal sets are equal conditions. Build with
    :meth:`of` or ``avpi.study.conditions``.
    """

    additions: tuple[Addition, ...] = ()

    DMSO: ClassVar[Condition]
    SM: ClassVar[Condition]
    SM_TNF: ClassVar[Condition]
    SM_ZVAD: ClassVar[Condition]
    SM_ZVAD_NEC1: ClassVar[Condition]

    @classmethod
    def of(cls, *additions: Addition | str) -> Condition:
        """Return the condition with these additions, in vocabulary order."""
        given = [Addition(a) if isinstance(a, str) else a for a in additions]
        return cls(tuple(sorted(given, key=_vocabulary_order)))

    @property
    def reagents(self) -> frozenset[str]:
        """The reagents without their doses."""
        return frozenset(addition.reagent for addition in self.additions)

    @property
    def label(self) -> str:
        """The short name without doses, such as ``"SM+TNF"``; ``"DMSO"`` for vehicle."""
        return "+".join(addition.reagent for addition in self.additions) or "DMSO"

    def dose_of(self, reagent: str) -> float | None:
        """Return the dose of a reagent in its unit; None if it is not in the condition or has no dose."""
        return next((a.dose for a in self.additions if a.reagent == reagent), None)

    def without_doses(self) -> Condition:
        """Return the same set of reagents with no doses, as the named constants have it."""
        return Condition(tuple(Addition(a.reagent) for a in self.additions))

    def __str__(self) -> str:
        return self.label


@cache
def vocabulary() -> Mapping[str, Any]:
    """Return the whole vocabulary file."""
    loaded: Mapping[str, Any] = yaml.safe_load(files("avpi").joinpath("vocabulary.yaml").read_text("utf-8"))
    return loaded


@cache
def reagents() -> Mapping[str, Reagent]:
    """Return every reagent by id, in vocabulary order."""
    return {
        name: Reagent(
            name=name,
            unit=entry["unit"],
            role=entry["role"],
            synonyms=tuple(entry["synonyms"]),
            default_dose=entry.get("dose", ""),
            usual_dose=entry.get("dose") or entry.get("usual", ""),
        )
        for name, entry in vocabulary()["reagents"].items()
    }


_ORIGIN = re.compile(
    r"^(?:(?:recombinant|rec\.|soluble|purified|human|murine|mouse|rhu|rh|rm|hr)[\s-]+)+|^(?:r[hm]|hr|[hm])(?=TNF|TRAIL|IFN|IL-?1|FasL|TWEAK)",
    re.IGNORECASE,
)
"""What is said of a protein before its name and makes it no other reagent: "recombinant human TNF", "rhTNF"."""


def find_reagent(word: str) -> Reagent | None:
    """Return the reagent that a word or synonym names, however it is spelled; None if there is none.

    A protein may be called recombinant, human or murine: the model and the protocols do not tell them apart.
    """
    known = reagents()
    name = _find("reagents", word)
    if name:
        return known[name]
    protein = _find("reagents", _ORIGIN.sub("", word.strip()))
    return known[protein] if protein and known[protein].unit == "ng_per_ml" else None


def find_protein(word: str) -> str | None:
    """Return the id of the protein that a word names, such as ``"cIAP1"`` for ``"BIRC2"``."""
    return _find("proteins", word)


def find_readout(word: str) -> str | None:
    """Return the id of a readout, such as ``"CellTiter-Glo"`` for ``"CTG"``."""
    return _spellings("readouts").get(normal_form(word))


@cache
def _well_roles() -> Mapping[str, WellRole]:
    return {normal_form(word): role for role, words in vocabulary()["wells"].items() for word in words}


def find_well_role(word: str) -> WellRole | None:
    """Return what a word such as "DMSO", "medium only" or "kill" says of a well; None if it names no role."""
    return _well_roles().get(normal_form(word))


def words(kind: Literal["reagents", "proteins", "readouts"]) -> list[str]:
    """Return every id and synonym of a kind, for "did you mean"."""
    entries = vocabulary()[kind]
    return [*entries, *(synonym for entry in entries.values() for synonym in entry["synonyms"])]


def normal_form(word: str) -> str:
    """Return a word as spellings are compared: lower case, one blank, typographic variants made plain."""
    plain = word.strip().lower().replace("–", "-").replace("−", "-").replace("’", "'").replace("μ", "µ")
    return " ".join(plain.split())


_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "κ": "kappa", "ε": "epsilon", "µ": "u"}
_SHORT = {"alpha": "a", "beta": "b", "gamma": "g", "kappa": "k", "epsilon": "e"}


def loose_form(word: str) -> str:
    """Return the letters and digits of a word with Greek letters as Latin ones: one form of "TNF-α" and "TNF alpha".

    Two spellings of it are one word only where it has one meaning; it is what remains when nothing matches as written.
    """
    plain = normal_form(word)
    for letter, name in _GREEK.items():
        plain = plain.replace(letter, name)
    for name, letter in _SHORT.items():
        plain = plain.replace(name, letter)
    return "".join(character for character in plain if character.isalnum())


def _find(kind: str, word: str) -> str | None:
    return _spellings(kind).get(normal_form(word)) or _loose_spellings(kind).get(loose_form(word))


@cache
def _loose_spellings(kind: str) -> Mapping[str, str]:
    """Return loose form -> id of the spellings whose loose form means one thing only."""
    meant: dict[str, set[str]] = {}
    for spelling, name in _spellings(kind).items():
        meant.setdefault(loose_form(spelling), set()).add(name)
    return {form: names.pop() for form, names in meant.items() if form and len(names) == 1}


@cache
def _spellings(kind: str) -> Mapping[str, str]:
    return {
        normal_form(spelling): name
        for name, entry in vocabulary()[kind].items()
        for spelling in (name, *entry["synonyms"])
    }


def _vocabulary_order(addition: Addition) -> tuple[int, str]:
    known = list(reagents())
    return (known.index(addition.reagent) if addition.reagent in known else len(known), addition.reagent)


def reagent_sets(conditions: Iterable[Condition]) -> set[frozenset[str]]:
    """Return the sets of reagents that conditions are made of."""
    return {condition.reagents for condition in conditions}


Condition.DMSO = Condition()
Condition.SM = Condition((Addition("SM"),))
Condition.SM_TNF = Condition((Addition("SM"), Addition("TNF")))
Condition.SM_ZVAD = Condition((Addition("SM"), Addition("zVAD")))
Condition.SM_ZVAD_NEC1 = Condition((Addition("SM"), Addition("zVAD"), Addition("Nec-1")))
