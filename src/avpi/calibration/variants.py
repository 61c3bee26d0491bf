"""The facts in all sixteen answers to the open questions of the pathway, and where the answers disagree.

The variants are not weighted by their distance: it is no likelihood, and parameters that were found in one variant
speak for that one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from avpi.calibration.distance import Scored
from avpi.calibration.ledger import Ledger
from avpi.calibration.sampler import remembered
from avpi.compute.progress import SILENT, Progress
from avpi.facts.schema import Fact, FactsFile
from avpi.network.variants import Variant, ensemble


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantScore:
    """A variant against the facts; ``passed`` by topic, in the order of the file."""

    variant: Variant
    scored: Scored
    passed: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A fact that holds in some variants and not in others.

    Attributes
    ----------
    passes_in : labels of the variants in which it holds.
    only_with : answers without which it never holds, such as ``"A20+"``.
    depends_on : questions whose answer alone can decide it, such as ``"A20"``.
    """

    fact: Fact
    passes_in: tuple[str, ...]
    only_with: tuple[str, ...]
    depends_on: tuple[str, ...]


def score_variants(
    facts: FactsFile,
    values: Mapping[str, float],
    evaluate: Callable[[Variant, Mapping[str, float]], Scored],
    ledger: Ledger,
    progress: Progress = SILENT,
) -> tuple[VariantScore, ...]:
    """Return all variants with the same parameters, the reference first.

    Parameters
    ----------
    values : parameter -> value, in place of the shipped ones.
    """
    found = []
    for label, own in progress([(variant.label, variant) for variant in ensemble()], "variants"):
        scored = remembered(ledger, label, values, partial(evaluate, own))
        topics = {fact.topic: 0 for fact in facts.facts}
        for fact in facts.facts:
            topics[fact.topic] += fact.id in scored.passed
        found.append(VariantScore(variant=own, scored=scored, passed=topics))
    return tuple(found)


def disagreements(facts: FactsFile, scores: tuple[VariantScore, ...]) -> tuple[Disagreement, ...]:
    """Return the facts in which variants differ, in the order of the file."""
    found = []
    for fact in facts.facts:
        holds = {frozenset(one.variant.label.split()): fact.id in one.scored.passed for one in scores}
        passing = [marks for marks, passed in holds.items() if passed]
        if 0 < len(passing) < len(holds):
            common = frozenset.intersection(*passing)
            deciding = {
                mark[:-1]
                for marks, passed in holds.items()
                for mark in marks
                if holds.get(marks - {mark} | {_other(mark)}, passed) != passed
            }
            questions = [mark[:-1] for mark in scores[0].variant.label.split()]
            found.append(
                Disagreement(
                    fact=fact,
                    passes_in=tuple(s.variant.label for s in scores if fact.id in s.scored.passed),
                    only_with=tuple(sorted(common, key=lambda mark: questions.index(mark[:-1]))),
                    depends_on=tuple(name for name in questions if name in deciding),
                )
            )
    return tuple(found)


def _other(mark: str) -> str:
    return mark[:-1] + ("-" if mark.endswith("+") else "+")
