"""Affinities beside each other: how tightly, how much tighter than for another target or by another compound.

Two numbers are compared only where both are binding constants of one type; a Ki over an IC50 would mean nothing, and so
would BIR3 over the construct BIR2-BIR3, which a bivalent compound holds with both heads. Between two compounds the best
pair of like numbers is taken, whatever is shown. Where all are unlike, the fold says so. Bounds give bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from avpi.compounds.schema import Affinity, CompoundRecord, Relation

TARGETS: Final = ("cIAP1", "cIAP2", "XIAP", "ML-IAP")
_ORDER: Final = ("read", "derived", "secondary", "recalled", "computed", "definition")
_CONSTANTS: Final = ("Kd", "Ki")
_BOTH_DOMAINS: Final = "BIR2-BIR3"

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
    over, under : the two numbers; None where there is no ratio.
    """

    value: float | None
    relation: Relation = "="
    state: FoldState
    why: str = ""
    verified: str = ""
    of_ic50s: bool = False
    over: Affinity | None = None
    under: Affinity | None = None


def best_affinity(record: CompoundRecord, target: str) -> Affinity | None:
    """Return the affinity that is shown: read before quoted, binding before cells, constants before IC50."""
    return next(iter(_usable(record, target)), None)


def _usable(record: CompoundRecord, target: str) -> list[Affinity]:
    """Return the affinities for a target that may be used, the best first."""
    return sorted((one for one in record.affinities if one.target == target and one.excluded is None), key=_rank)


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
        over=over,
        under=under,
    )


def _unlike(one: Affinity, other: Affinity) -> str:
    if (one.assay == "cell") != (other.assay == "cell"):
        return "a potency in cells against a binding constant"
    if (one.type in _CONSTANTS) != (other.type in _CONSTANTS):
        return f"{one.type} against {other.type}"
    if (one.domain == _BOTH_DOMAINS) != (other.domain == _BOTH_DOMAINS):
        return f"{one.domain or 'a domain that is not named'} against {other.domain or 'a domain that is not named'}"
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
    return {target: _between(_usable(other, target), _usable(one, target)) for target in TARGETS}


def _between(over: Sequence[Affinity], under: Sequence[Affinity]) -> Fold:
    """Return the fold of the best pair of like numbers; if no pair is alike, that of the two best, which says why."""
    shown = fold(next(iter(over), None), next(iter(under), None))
    pairs = [(fold(mine, yours), _rank(mine), _rank(yours)) for mine in over for yours in under]
    alike = [pair for pair in pairs if pair[0].value is not None]
    if shown.value is not None or not alike:
        return shown
    return min(alike, key=lambda pair: (max(pair[1], pair[2]), pair[1], pair[2]))[0]


def measured_anywhere(records: Sequence[CompoundRecord]) -> list[CompoundRecord]:
    """Return the compounds of which at least one affinity is known, in their order."""
    return [one for one in records if any(best_affinity(one, target) is not None for target in TARGETS)]
