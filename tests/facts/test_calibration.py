"""The findings that ship with avpi: all are there, all can be read, each can fail."""

from __future__ import annotations

from avpi.facts.check import check
from avpi.facts.read import shipped_facts
from avpi.facts.readings import needed
from avpi.facts.schema import EVENT_MEASURES, Arm
from tests.facts.laboratory import Laboratory

LISTED = """
1-7 12 14-22 24-26 28-30 32-34 36-37 40 42 44-47 49-52 55-58 60 62-64 66 68 70-72 75-77 79 82-83 85-87 89-90 92-93 97
100 102 104-108 110-111 113 115-122 124-125 127-130 134 136 138-157
"""
"""Numbers of the findings that were collected to calibrate the model."""


def listed() -> list[str]:
    spans = [part.split("-") for part in LISTED.split()]
    return [f"F{number:03}" for span in spans for number in range(int(span[0]), int(span[-1]) + 1)]


def test_every_finding_of_the_list_stands_once_as_a_fact_or_with_the_reason_why_not() -> None:
    read = shipped_facts()
    there = [fact.id for fact in read.facts] + [one.id for one in read.not_expressed]
    assert len(there) == len(set(there)) == 111
    assert sorted(there) == sorted(listed())


def test_findings_at_second_hand_weigh_half_and_every_fact_has_its_source() -> None:
    for fact in shipped_facts().facts:
        assert fact.verified in ("yes", "memory"), fact.id
        assert fact.weight == (0.5 if fact.verified == "memory" else 1.0), fact.id
        assert fact.source, fact.id
        assert fact.topic in ("iap_loss", "nfkb_tnf", "sensitivity", "complexes", "necroptosis", "single_cell"), fact.id


def test_every_experiment_is_measured_within_a_week() -> None:
    for fact in shipped_facts().facts:
        assert all(0 <= time <= 168 for _, times in needed(fact) for time in times), fact.id


def everywhere(value: float) -> Laboratory:
    """A model in which nothing does anything."""

    def law(arm: Arm, what: str, time: float) -> float:
        del arm, time
        return 4.0 if what.partition(" ")[0] in EVENT_MEASURES else value

    laboratory = Laboratory(law)
    laboratory.lines = tuple({arm.line for fact in shipped_facts().facts for _, arm in fact.arms if arm.line})
    return laboratory


def test_a_model_in_which_nothing_happens_reproduces_hardly_anything() -> None:
    passed = {fact.id for fact in check(shipped_facts(), everywhere(1.0)).facts if fact.passed}
    assert passed == NOTHING_HAPPENS


NOTHING_HAPPENS = {
    "F022",  # XIAP is not lost
    "F032",  # TNF does not rise
    "F071",  # a resistant line
}
"""Findings that say that nothing happens: they fail in a model where too much does."""


def test_no_fact_holds_in_every_dull_model() -> None:
    always = {fact.id for fact in shipped_facts().facts}
    for value in (0.0, 0.3, 1.0):
        always &= {fact.id for fact in check(shipped_facts(), everywhere(value)).facts if fact.passed}
    assert always == {"F032"}
