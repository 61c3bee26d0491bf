"""Words of the bench to a genotype: knock-outs, knock-downs, over-expression and mutants, with what is usual."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from avpi.errors import InputError, Problem, nearest_word
from avpi.names import find_protein, normal_form, words
from avpi.network.genotype import ALIASES, MUTANT_NAMES, MUTANTS, TOGETHER, genotype_parameters
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
    option="--over-express", usual=OVER_EXPRESSED, least=1.0, most=1000.0, expected="a factor of 1 to 1000, 'FLIP=5'"
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
    problems: list[Problem] = []
    for edit, texts in asked:
        for text in texts:
            word, equals, written = (part.strip() for part in text.partition("="))
            factor = _factor(edit, written) if equals else edit.usual
            fault = _fault_of_word(edit, word) or ("" if factor is not None else f"'{text}' has no factor that fits")
            if fault:
                right = "" if factor is not None else edit.expected
                hint = _hint(edit, word) if "does not have" in fault else ""
                problems.append(Problem(file=edit.option, what=fault, expected=right, hint=hint))
                continue
            name = _own_name(word)
            if name in found:
                problems.append(Problem(file=edit.option, what=f"'{name}' is changed twice", expected="it once"))
            elif factor is not None:
                found[name] = factor
    if problems:
        raise InputError(problems)
    return found


def genotype_label(genotype: Iterable[tuple[str, float]]) -> str:
    """Return a genotype as people write it, such as ``"RIPK3 knock-out, FLIP ×5"``; empty for the wild type."""
    return ", ".join(_label(word, factor) for word, factor in genotype)


def _label(word: str, factor: float) -> str:
    if normal_form(word) in MUTANTS:
        return word if factor == MUTANT_AMOUNT else f"{word} ×{factor:g}"
    return f"{word} knock-out" if factor == 0 else f"{word} ×{factor:g}"


def _factor(edit: Edit, text: str) -> float | None:
    try:
        factor = float(text.replace(",", "."))
    except ValueError:
        return None
    return factor if edit.least <= factor <= edit.most else None


def _fault_of_word(edit: Edit, word: str) -> str:
    if genotype_parameters(word, 1.0, _base()) is None:
        return f"'{word}' is a protein or mutant that the pathway does not have"
    if edit is MUTATE and normal_form(word) not in MUTANTS:
        return f"'{word}' is a protein and no mutant: say it with '--knock-out', '--knock-down' or '--over-express'"
    if edit is not MUTATE and normal_form(word) in MUTANTS:
        return f"'{word}' is a mutant: say it with '--mutant'"
    return ""


def _hint(edit: Edit, word: str) -> str:
    near = nearest_word(word, MUTANT_NAMES if edit is MUTATE else editable())
    return near or (f"Mutants: {', '.join(MUTANT_NAMES)}" if edit is MUTATE else "")


def _own_name(word: str) -> str:
    """Return the one spelling of a protein or mutant, so that the same one is not changed twice by two names."""
    mutant = next((name for name in MUTANT_NAMES if normal_form(name) == normal_form(word)), None)
    return mutant or find_protein(word) or word


@cache
def _base() -> dict[str, float]:
    return {p.name: p.value for p in parameters().values()}


@cache
def editable() -> tuple[str, ...]:
    """Return every word of a protein that a genotype may change, synonyms among them."""
    every = [*(p.protein for p in parameters().values() if p.protein), *TOGETHER, *ALIASES, *words("proteins")]
    return tuple(word for word in dict.fromkeys(every) if genotype_parameters(word, 1.0, _base()) is not None)
