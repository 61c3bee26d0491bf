"""The structural ensemble: sixteen models where the literature leaves four questions open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType

from avpi.errors import InputError, Problem, nearest_word

LABELS = ("A20", "TNF", "TRAF2", "leak")
"""The open questions in short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One answer to each open question.

    Attributes
    ----------
    a20_protects : A20 holds complex I together and brakes the necrosome, so that its loss sensitises (Lee 2000; Onizawa
        2015); otherwise it takes complex I apart.
    tnf_without_nfkb : TNF is made by NIK and RIPK1 also where NF-kB is blocked (Bai 2009); otherwise by NF-kB only.
    traf2_pool : cIAP1 on TRAF2 is harder to destroy for a monovalent mimetic (Mitsuuchi 2017); otherwise not.
    strong_leak : the ripoptosome assembles ten times as readily without any ligand.
    """

    a20_protects: bool = True
    tnf_without_nfkb: bool = True
    traf2_pool: bool = True
    strong_leak: bool = False

    @property
    def parameters(self) -> Mapping[str, float]:
        """Name -> value of the parameters that say so."""
        return {
            "A20_sign": float(self.a20_protects),
            "nfkb_free_tnf": float(self.tnf_without_nfkb),
            "traf2_pool": float(self.traf2_pool),
            "ripo_factor": 10.0 if self.strong_leak else 1.0,
        }

    @property
    def label(self) -> str:
        """A short name, such as ``"A20+ TNF+ TRAF2+ leak-"``."""
        marks = (self.a20_protects, self.tnf_without_nfkb, self.traf2_pool, self.strong_leak)
        return " ".join(name + ("+" if mark else "-") for name, mark in zip(LABELS, marks, strict=True))


MARKS: Mapping[str, str] = MappingProxyType(
    {"a20": "a20_protects", "tnf": "tnf_without_nfkb", "traf2": "traf2_pool", "leak": "strong_leak"}
)
"""Word of a label, in small letters -> the question that it answers."""

REFERENCE = Variant()
"""The answers with the most evidence; what is simulated where nothing else is asked."""


EXPECTED = "marks of A20, TNF, TRAF2 and leak, each with + or -, such as 'A20- leak+'"
_MINUS_SIGNS = str.maketrans("\u2212\u2013", "--")
"""What a word processor makes of a hyphen."""


def find_variant(words: str) -> Variant | None:
    """Return the variant of marks such as ``"A20- leak+"``; what is not named stays as in the reference.

    None where a word is no mark, or where a question has both answers.
    """
    try:
        return read_variant(words, place="variant")
    except InputError:
        return None


def read_variant(words: str, *, place: str, also: Sequence[str] = ()) -> Variant:
    """Return the variant of marks such as ``"A20- leak+"``.

    Parameters
    ----------
    place : where the words stand, for the message of a fault.
    also : other words that may stand there, for the message of a fault.

    Raises
    ------
    InputError
        With every word that is no mark, and every question that has both answers.
    """
    answers: dict[str, bool] = {}
    problems: list[Problem] = []
    expected = ", ".join(f"'{word}'" for word in also) + (f", or {EXPECTED}" if also else EXPECTED)
    for word in words.translate(_MINUS_SIGNS).replace(",", " ").split():
        question, answer = MARKS.get(word[:-1].lower()), word[-1] == "+"
        if question is None or word[-1] not in "+-":
            hint = _meant(word, also)
            what = f"'{word}' names no variant of the model"
            problems.append(Problem(file=place, what=what, expected=expected, hint=hint))
        elif answers.setdefault(question, answer) != answer:
            what = f"'{words}' gives both answers to one question: '{word[:-1]}+' and '{word[:-1]}-'"
            problems.append(Problem(file=place, what=what, expected="one of the two"))
    if problems:
        raise InputError(problems)
    return replace(REFERENCE, **answers)


def _meant(word: str, also: Sequence[str]) -> str:
    bare = next((label for label in LABELS if label.lower() == word.lower()), "")
    if bare:
        return f"Say which answer: '{bare}+' or '{bare}-'"
    return nearest_word(word, [*also, *(f"{label}{sign}" for label in LABELS for sign in "+-")])


def ensemble() -> tuple[Variant, ...]:
    """Return all sixteen variants, the reference first."""
    found = [
        Variant(a20_protects=a, tnf_without_nfkb=b, traf2_pool=c, strong_leak=d)
        for a, b, c, d in product((True, False), (True, False), (True, False), (False, True))
    ]
    return tuple(sorted(found, key=lambda variant: variant != REFERENCE))
