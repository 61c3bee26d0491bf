"""Words of the bench to a genotype: knock-outs, knock-downs, over-expression and mutants, with what is usual."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from avpi.errors import InputError, Problem, nearest_word
from avpi.names import words
from avpi.network.genotype import (
    MUTANT_NAMES,
    TOGETHER,
    genotype_parameters,
    is_mutant,
    no_consequence,
    why_not_held,
)
from avpi.network.genotype_spelling import genotype_file, parts_of
from avpi.network.parameters import parameters

KNOCKED_DOWN, OVER_EXPRESSED, MUTANT_AMOUNT = 0.1, 5.0, 1.0
"""What is left after a knock-down, what over-expression gives and how much of a mutant there is, where no number is
said; relative to the wild type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One kind of change: the option that says it, the factor where none is written, and which factors it may have."""

    option: str
    usual: float
    least: float
    most: float
    expected: str


KNOCK_OUT = Edit(option="--knock-out", usual=0.0, least=0.0, most=0.0, expected="a protein alone")
KNOCK_DOWN = Edit(
    option="--knock-down", usual=KNOCKED_DOWN, least=0.0, most=1.0, expected="what is left, 0 to 1, as in 'RIPK3=0.1'"
)
OVER_EXPRESS = Edit(
    option="--over-express",
    usual=OVER_EXPRESSED,
    least=1.0,
    most=1000.0,
    expected="a factor of 1 to 1000, such as 'FLIP=5'",
)
MUTATE = Edit(
    option="--mutant", usual=MUTANT_AMOUNT, least=0.0, most=1000.0, expected="an amount, as in 'RIPK1-D138N=1'"
)


def read_genotype(asked: Iterable[tuple[Edit, Sequence[str]]]) -> dict[str, float]:
    """Return the genotype that edits make: protein or mutant -> factor of its amount.

    Raises
    ------
    InputError
        With every word that the pathway does not have and every factor that cannot be meant.
    """
    found: dict[str, float] = {}
    changed: set[str] = set()
    problems: list[Problem] = []
    for edit, texts in asked:
        for text in texts:
            word, equals, written = (part.strip() for part in text.partition("="))
            factor = _factor(edit, written) if equals else edit.usual
            fault = _fault_of_word(edit, word, factor) or (
                "" if factor is not None else f"'{text}' has no factor that fits"
            )
            if fault:
                right = "" if factor is not None else edit.expected
                hint = _hint(edit, word) if "does not have" in fault else ""
                problems.append(Problem(file=edit.option, what=fault, expected=right, hint=hint))
                continue
            parts = parts_of(word)
            if twice := [part for part in parts if part in changed]:
                problems.append(Problem(file=edit.option, what=f"'{twice[0]}' is changed twice", expected="it once"))
            elif factor is not None:
                found["/".join(parts)] = factor
            changed.update(parts)
    if problems:
        raise InputError(problems)
    return found


def genotype_label(genotype: Iterable[tuple[str, float]]) -> str:
    """Return a genotype as people write it, such as ``"RIPK3 knock-out, FLIP ×5"``; empty for the wild type.

    What has no consequence in this model is told so.
    """
    return ", ".join(_label(word, factor) for word, factor in genotype)


def _label(word: str, factor: float) -> str:
    if is_mutant(word):
        return word if factor == MUTANT_AMOUNT else f"{word} ×{factor:g}"
    label = f"{word} knock-out" if factor == 0 else f"{word} ×{factor:g}"
    why = no_consequence(word)
    return f"{label} (without consequence in this model: {why})" if why else label


def _factor(edit: Edit, text: str) -> float | None:
    number, percent, _ = text.partition("%")
    try:
        factor = float(number.replace(",", ".")) / (100 if percent else 1)
    except ValueError:
        return None
    return factor if edit.least <= factor <= edit.most else None


def _fault_of_word(edit: Edit, word: str, factor: float | None) -> str:
    if genotype_parameters(word, 1.0 if factor is None else factor, _base()) is None:
        why = why_not_held(word)
        return f"'{word}' is a protein or mutant that the pathway does not have" + (f": {why}" if why else "")
    if edit is MUTATE and not is_mutant(word):
        return f"'{word}' is a protein and no mutant: say it with '--knock-out', '--knock-down' or '--over-express'"
    if edit is not MUTATE and is_mutant(word):
        return f"'{word}' is a mutant: say it with '--mutant'"
    return ""


def _hint(edit: Edit, word: str) -> str:
    if why_not_held(word):
        return ""
    near = nearest_word(word, MUTANT_NAMES if edit is MUTATE else editable())
    known = dict.fromkeys(p.protein for p in parameters().values() if p.protein)
    return near or (f"Mutants: {', '.join(MUTANT_NAMES)}" if edit is MUTATE else f"Proteins: {', '.join(known)}")


@cache
def _base() -> dict[str, float]:
    return {p.name: p.value for p in parameters().values()}


@cache
def editable() -> tuple[str, ...]:
    """Return every word of a protein that a genotype may change, synonyms among them."""
    own = [word for spellings in genotype_file()["words"].values() for word in spellings]
    every = [*(p.protein for p in parameters().values() if p.protein), *TOGETHER, *own, *words("proteins")]
    return tuple(word for word in dict.fromkeys(every) if genotype_parameters(word, 1.0, _base()) is not None)
