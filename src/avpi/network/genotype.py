"""Knock-outs, knock-downs, over-expression and mutants: a word and a factor become parameters.

A protein's factor multiplies every parameter that grows with its amount. A mutant such as ``RIPK1-D138N`` replaces the
protein; its factor is its amount relative to the wild type. What is not plain amounts of one protein is in
``genotype.yaml``, each entry with its reason; ``genotype_spelling.py`` reads how people write it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from avpi.network.genotype_spelling import genotype_file, parts_of
from avpi.network.parameters import scaled_by


@dataclass(frozen=True, slots=True)
class Mutant:
    """What a mutant's parameters are, and which protein it replaces; ``why`` says what it lacks.

    Attributes
    ----------
    protein : that it replaces; empty where it is added to the cell's own.
    sets : parameter -> value, whatever its amount.
    foreign : parameter -> value per amount of it that is like a wild type's.
    leaves : protein -> what one such amount leaves of it.
    """

    protein: str
    sets: Mapping[str, float]
    foreign: Mapping[str, float]
    leaves: Mapping[str, float]
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class Together:
    """What is lost with one word: protein or parameter -> what is left of it at a knock-out."""

    proteins: Mapping[str, float]
    parameters: Mapping[str, float]
    why: str
    source: str


def _mutant(entry: Mapping[str, object]) -> Mutant:
    def numbers(key: str) -> dict[str, float]:
        found = entry.get(key, {})
        assert isinstance(found, Mapping)
        return {name: float(value) for name, value in found.items()}

    return Mutant(
        protein=str(entry.get("protein", "")),
        sets=numbers("sets"),
        foreign=numbers("foreign"),
        leaves=numbers("leaves"),
        why=str(entry["why"]),
        source=str(entry["source"]),
    )


MUTANTS: Mapping[str, Mutant] = {
    name: _mutant(entry) for entry in genotype_file()["mutants"] for name in entry["names"]
}
"""Every mutant by each of its names."""
TOGETHER: Mapping[str, Together] = {
    name: Together(
        proteins={protein: float(left) for protein, left in entry.get("proteins", {}).items()},
        parameters={parameter: float(left) for parameter, left in entry.get("parameters", {}).items()},
        why=entry["why"],
        source=entry["source"],
    )
    for name, entry in genotype_file()["together"].items()
}
"""Every word of several proteins or of one step, and what follows it."""
MUTANT_NAMES = tuple(MUTANTS)
WITHOUT_CONSEQUENCE: Mapping[str, str] = {
    word: entry["why"] for entry in genotype_file()["without_consequence"] for word in entry["words"]
}
"""Gene whose loss changes nothing here by design -> why."""
NOT_HELD: Mapping[str, str] = {word: entry["why"] for entry in genotype_file()["not_held"] for word in entry["words"]}
"""Gene that would matter and that the model does not hold apart -> why."""


def is_mutant(word: str) -> bool:
    """Return whether a word names a mutant rather than an amount."""
    return any(part in MUTANTS for part in parts_of(word))


def no_consequence(word: str) -> str:
    """Return why a loss changes nothing in this model by its design; empty where it changes something."""
    reasons = [WITHOUT_CONSEQUENCE.get(part, "") for part in parts_of(word)]
    return "; ".join(dict.fromkeys(reasons)) if reasons and all(reasons) else ""


def why_not_held(word: str) -> str:
    """Return why the model cannot make a change; empty where it can, or where nothing is known of the word."""
    reasons = [NOT_HELD.get(part) or WITHOUT_CONSEQUENCE.get(part, "") for part in parts_of(word)]
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason))


def genotype_parameters(word: str, factor: float, base: Mapping[str, float]) -> dict[str, float] | None:
    """Return the parameters that a genotype changes, None where the model has no such protein.

    A gene whose loss has no consequence in this model by design changes nothing when it is lost: see
    :func:`no_consequence`. More of it than in the wild type is None, since that may have one.

    Parameters
    ----------
    word : a protein, a pair such as ``"BAX/BAK"``, or a mutant such as ``"RIPK1-D138N"``.
    factor : of its amount: 0 knock-out, 0.1 knock-down, 1 wild type, 5 over-expression; not negative.
    base : every parameter as it is before.
    """
    found: dict[str, float] = {}
    parts = parts_of(word)
    for part in parts:
        # Each part starts from what the one before has left: two of them may act on one parameter.
        changed = _changed(part, factor, {**base, **found})
        if changed is None:
            return None
        found |= changed
    return found if parts else None


def _changed(part: str, factor: float, base: Mapping[str, float]) -> dict[str, float] | None:
    if part in MUTANTS:
        return _mutated(MUTANTS[part], factor, base)
    if part in TOGETHER:
        own = TOGETHER[part]
        left = {name: share for protein, share in own.proteins.items() for name in scaled_by(protein)}
        return {name: base[name] * (s + (1 - s) * factor) for name, s in {**left, **own.parameters}.items()}
    if part in WITHOUT_CONSEQUENCE:
        return {} if factor <= 1 else None
    names = scaled_by(part)
    return _scaled(names, factor, base) if names else None


def _mutated(mutant: Mutant, factor: float, base: Mapping[str, float]) -> dict[str, float]:
    found = _scaled(scaled_by(mutant.protein), factor, base) if mutant.protein else {}
    for protein, left in mutant.leaves.items():
        # Hyperbolic: none of it leaves all, one amount leaves what the file says, more leaves less.
        found |= _scaled(scaled_by(protein), 1 / (1 + factor * (1 / left - 1)), base)
    return {**found, **mutant.sets, **{name: value * factor for name, value in mutant.foreign.items()}}


def _scaled(names: tuple[str, ...], factor: float, base: Mapping[str, float]) -> dict[str, float]:
    return {name: base[name] * factor for name in names}
