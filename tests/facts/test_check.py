"""A file against a laboratory: what is run, what is counted, what is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import pytest

from avpi.facts.check import check
from avpi.facts.read import parse_facts
from avpi.facts.schema import Arm, FactsFile
from tests.facts.laboratory import Laboratory, checked, dose, fact

T = TypeVar("T")

FILE = """\
schema: 1
defaults: {cells: 40, seed: 3}
facts:
- id: A1
  topic: loss
  arms: {vehicle: {line: HeLa}, sm: {line: HeLa, add: [{reagent: SM, dose: 100 nM}]}}
  measure: {band: cIAP1, at: [15 min, 30 min]}
  expect: [{ratio: [sm, vehicle], below: 0.2}, {value: sm, measure: {viability: true, at: 24 h}, above: 0.9}]
- id: A2
  topic: loss
  weight: 3
  arms: {treated: {line: HeLa, add: [{reagent: SM, dose: 0.1 uM}]}}
  measure: {viability: true, at: 48 h}
  expect: [{value: treated, below: 0.5}]
- id: A3
  topic: other lines
  arms: {t: {line: Jurkat}}
  measure: {viability: true, at: 24 h}
  expect: [{value: t, below: 0.5}]
- id: A4
  topic: loss
  arms: {v: {line: HeLa}}
  measure: {pyroptosis: GSDMD, at: 24 h}
  expect: [{value: v, below: 0.5}]
not_expressed: [{id: A5, why: patients}]
"""


def law(arm: Arm, what: str, time: float) -> float:
    del time
    return 0.1 if dose(arm, "SM") and what == "band cIAP1" else 1.0


def test_the_report_counts_what_cannot_be_run_as_not_passed() -> None:
    report = check(parse_facts(FILE, "f"), Laboratory(law))
    assert [(one.id, one.passed) for one in report.facts] == [("A1", True), ("A2", False)]
    assert [(one.id, one.why) for one in report.not_executable] == [
        ("A3", "line 'Jurkat'"),
        ("A4", "measurement 'pyroptosis'"),
    ]
    tallies = [(one.topic, one.passed, one.facts, one.not_executable) for one in (*report.topics, report.total)]
    assert tallies == [("loss", 1, 3, 1), ("other lines", 0, 1, 1), ("all", 1, 4, 2)]
    assert report.weighted == pytest.approx(1 / 6)
    assert not report.all_passed


def test_the_json_is_that_of_the_format() -> None:
    report = check(parse_facts(FILE, "f"), Laboratory(law))
    assert report.to_json() == {
        "facts": [
            {
                "id": "A1",
                "topic": "loss",
                "passed": True,
                "expected": (
                    "sm / vehicle, cIAP1 band at 15 min and 30 min: below 0.2; sm, viability at 24 h: above 0.9"
                ),
                "got": "0.1 (0.1 / 1) at 15 min, 0.1 (0.1 / 1) at 30 min; 1",
            },
            {
                "id": "A2",
                "topic": "loss",
                "passed": False,
                "expected": "treated, viability at 48 h: below 0.5",
                "got": "1",
            },
        ],
        "not_executable": [
            {"id": "A3", "why": "line 'Jurkat'"},
            {"id": "A4", "why": "measurement 'pyroptosis'"},
        ],
        "not_expressed": [{"id": "A5", "why": "patients"}],
    }


def test_an_experiment_of_several_facts_is_simulated_once_at_all_their_times() -> None:
    laboratory = Laboratory(law)
    check(parse_facts(FILE, "f"), laboratory)
    assert [times for arm, times, *_ in laboratory.runs if dose(arm, "SM")] == [(0.25, 0.5, 24.0, 48.0)]
    assert [times for arm, times, *_ in laboratory.runs if not arm.add] == [(0.25, 0.5)]
    assert {(cells, seed) for *_, cells, seed in laboratory.runs} == {(40, 3)}


def test_cells_and_seed_may_be_others_than_the_file_says() -> None:
    laboratory = Laboratory(law)
    check(parse_facts(FILE, "f"), laboratory, cells=5, seed=0)
    assert {(cells, seed) for *_, cells, seed in laboratory.runs} == {(5, 0)}


def test_a_dose_response_is_one_experiment_for_each_dose_and_one_without() -> None:
    arms = "curve: {line: HeLa, dose_response: {reagent: birinapant, doses: [1 nM, 100 nM, 3]}}"
    text = fact("{value: curve, above: 1 nM}", arms=arms, measure="{ec50: true, at: 48 h}")
    laboratory = Laboratory(lambda arm, what, time: 1.0)
    check(parse_facts(text, "f"), laboratory)
    assert [dose(arm, "birinapant") for arm, *_ in laboratory.runs] == [0.0, 1e-9, 1e-8, 1e-7]
    assert all(arm.dose_response is None for arm, *_ in laboratory.runs)


def test_arms_that_nothing_asks_for_are_not_simulated() -> None:
    laboratory = Laboratory(law)
    check(parse_facts(fact("{value: sm, below: 2}"), "f"), laboratory)
    assert [len(arm.add) for arm, *_ in laboratory.runs] == [1]


def test_a_measurement_that_the_model_lacks_makes_the_whole_fact_not_executable() -> None:
    from avpi.facts.simulator import NotInModel

    def partly(arm: Arm, what: str, time: float) -> float:
        if what == "mrna IL8":
            raise NotInModel("measurement 'mrna: IL8'")
        return 1.0

    text = fact("{value: sm, below: 2}") + "  - {value: sm, measure: {mrna: IL8, at: 2 h}, above: 0}\n"
    report = checked(text, partly)
    assert report.facts == ()
    assert [one.why for one in report.not_executable] == ["measurement 'mrna: IL8'"]


def test_progress_is_told_of_each_fact_by_its_id() -> None:
    told: list[str] = []

    def progress(steps: Sequence[T], stage: str) -> Iterator[T]:
        for step in steps:
            named: Any = step
            told.append(f"{stage} {named.name}")
            yield step

    check(parse_facts(FILE, "f"), Laboratory(law), progress)
    assert told == ["facts A1", "facts A2", "facts A3", "facts A4"]


def test_nothing_to_check_is_nothing_that_failed() -> None:
    report = check(FactsFile(facts=()), Laboratory(law))
    assert report.all_passed
    assert (report.total.passed, report.total.facts) == (0, 0)
