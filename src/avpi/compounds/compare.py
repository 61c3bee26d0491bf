"""Affinities beside each other: how tightly, how much tighter than for another target or by another compound.

Two numbers are compared only where both are binding constants of one type; a Ki over an IC50 would mean nothing. Where
only unlike numbers exist, the fold says so. Bounds give bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from avpi.compounds.schema import Affinity, CompoundRecord, Relation

TARGETS: Final = ("cIAP1", "cIAP2", "XIAP", "ML-IAP")
_ORDER: Final = ("read", "derived", "secondary", "recalled", "computed", "definition")
_CONSTANTS: Final = ("Kd", "Ki")

FoldState = Literal["measured", "bound", "not comparable", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A ratio of two affinities.

    Attributes
    ----------
    value : None where there is no ratio; ``why`` says why.
    relation : ``=``, or ``<`` or ``>`` where one of the two is a bound.
    verified : of the weaker of the two.
    of_ic50s : whether both are IC50s, whose ratio depends on the assays.
    """

    value: float | None
    relation: Relation = "="
    state: FoldState
    why: str = ""
    verified: str = ""
    of_ic50s: bool = False


def best_affinity(record: CompoundRecord, target: str) -> Affinity | None:
    """Return the affinity that is shown: read before quoted, binding before cells, constants before IC50."""
    usable = [one for one in record.affinities if one.target == target and one.excluded is None]
    return min(usable, key=_rank, default=None)


def _rank(one: Affinity) -> tuple[int, bool, bool, float]:
    return (_ORDER.index(one.verified), one.assay == "cell", one.type not in _CONSTANTS, one.value_nM)


def fold(over: Affinity | None, under: Affinity | None) -> Fold:
    """Return how many times larger ``over`` is than ``under``."""
    if over is None or under is None:
        return Fold(value=None, state="unknown", why="not published in what was reached")
    unlike = _unlike(over, under)
    if unlike:
        return Fold(value=None, state="not comparable", why=unlike)
    relation = _relation(over.relation, under.relation)
    if relation is None:
        return Fold(value=None, state="not comparable", why="two bounds that point against each other")
    weaker = max(over.verified, under.verified, key=_ORDER.index)
    return Fold(
        value=over.value_nM / under.value_nM,
        relation=relation,
        state="measured" if relation == "=" else "bound",
        verified=weaker,
        of_ic50s=over.type == under.type == "IC50",
    )


def _unlike(one: Affinity, other: Affinity) -> str:
    if (one.assay == "cell") != (other.assay == "cell"):
        return "a potency in cells against a binding constant"
    if (one.type in _CONSTANTS) != (other.type in _CONSTANTS):
        return f"{one.type} against {other.type}"
    return ""


def _relation(over: Relation, under: Relation) -> Relation | None:
    """Return the relation of a ratio: a bound above divides as it stands, one below turns round."""
    turned: dict[Relation, Relation] = {"<": ">", ">": "<", "=": "=", "~": "~"}
    pair = {over, turned[under]} - {"="}
    return next(iter(pair)) if len(pair) == 1 else None if pair else "="


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectivity:
    """One compound over the targets.

    Attributes
    ----------
    affinities : target -> the affinity that is shown, None where there is none.
    folds : target -> how many times weaker it is bound than cIAP1.
    """

    compound: str
    affinities: dict[str, Affinity | None]
    folds: dict[str, Fold]


def selectivity(record: CompoundRecord) -> Selectivity:
    """Return the affinities of a compound and its folds over cIAP1."""
    found = {target: best_affinity(record, target) for target in TARGETS}
    return Selectivity(
        compound=record.name,
        affinities=found,
        folds={target: fold(found[target], found["cIAP1"]) for target in TARGETS if target != "cIAP1"},
    )


def between(one: CompoundRecord, other: CompoundRecord) -> dict[str, Fold]:
    """Return target -> how many times weaker ``other`` binds it than ``one`` does."""
    return {target: fold(best_affinity(other, target), best_affinity(one, target)) for target in TARGETS}


def measured_anywhere(records: Sequence[CompoundRecord]) -> list[CompoundRecord]:
    """Return the compounds of which at least one affinity is known, in their order."""
    return [one for one in records if any(best_affinity(one, target) is not None for target in TARGETS)]
