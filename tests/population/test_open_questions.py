"""Which open question makes the difference, on readings that are made up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from avpi.network.variants import REFERENCE, Variant, ensemble
from avpi.population.engagement import engagements_differ
from avpi.population.open_questions import Reading, agreement, compare_variants, outcomes_differ

ALIVE, DEAD = Reading(value=0.9), Reading(value=0.1, word="apoptosis")


def readings(dead: Callable[[Variant], bool]) -> dict[Variant, Reading]:
    return {variant: DEAD if dead(variant) else ALIVE for variant in ensemble()}


@pytest.mark.parametrize(
    ("dead", "differing", "questions"),
    [
        (lambda v: False, 0, ()),
        (lambda v: not v.a20_protects, 8, (("A20",),)),
        (lambda v: v.strong_leak or not v.traf2_pool, 12, (("TRAF2 pool",), ("leak",))),
        (lambda v: v.strong_leak and not v.tnf_without_nfkb, 4, (("TNF without NF-kB", "leak"),)),
        (lambda v: v == REFERENCE, 15, (("A20",), ("TNF without NF-kB",), ("TRAF2 pool",), ("leak",))),
    ],
)
def test_the_smallest_flips_that_matter_name_the_questions(
    dead: Callable[[Variant], bool], differing: int, questions: tuple[tuple[str, ...], ...]
) -> None:
    found = agreement("well", readings(dead))
    assert (len(found.differing), found.agrees) == (differing, not differing)
    assert sorted(found.questions) == sorted(questions)


def test_small_differences_and_missing_modes_do_not_count() -> None:
    assert not outcomes_differ(Reading(value=0.5, word="apoptosis"), Reading(value=0.65, word=""))
    assert outcomes_differ(Reading(value=0.5, word="apoptosis"), Reading(value=0.5, word="necroptosis"))
    assert outcomes_differ(Reading(value=0.5), Reading(value=0.71))


def test_a_blot_beside_the_criterion_is_no_disagreement() -> None:
    assert not engagements_differ(Reading(value=0.099, word="engaged"), Reading(value=0.101, word="not engaged"))
    assert engagements_differ(Reading(value=0.05, word="engaged"), Reading(value=0.15, word="not engaged"))


def test_every_variant_is_read_once_and_every_condition_is_judged() -> None:
    asked: list[Variant] = []

    def read(variant: Variant) -> dict[str, Reading]:
        asked.append(variant)
        return {"a": ALIVE, "b": DEAD if variant.strong_leak else ALIVE}

    first, second = compare_variants(read)
    assert asked == list(ensemble())
    assert (first.agrees, second.questions) == (True, (("leak",),))
