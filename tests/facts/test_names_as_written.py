"""Names that YAML takes for truth values, numbers or nothing are the text that stands in the file."""

# ruff: noqa: E501 - a case and its message stand on one line
from __future__ import annotations

import pytest

from avpi.errors import FileFormatError
from avpi.facts.read import parse_facts
from avpi.facts.schema import Order, Rescue
from tests.facts.laboratory import checked


def text(a: str, b: str, name: str = "F1") -> str:
    return (
        f"schema: 1\nfacts:\n- id: {name}\n  topic: {a}\n  verified: yes\n"
        f"  arms:\n    {a}: {{line: HeLa, shared_tnf: no}}\n    {b}: {{from: {a}, add: [{{reagent: NO, dose: 1 uM}}]}}\n"
        "  measure: {viability: yes, at: 24 h}\n"
        f"  expect:\n  - {{order: [{b}, {a}]}}\n  - {{value: {a}, above: 0.5}}\n"
        f"  - {{rescue: [{b}, {a}, {a}], above: 0.5}}\n"
        "not_expressed: [{id: OFF, why: no}]\n"
    )


PAIRS = [("yes", "no"), ("true", "false"), ("On", "OFF"), ("1", "2"), ("1.50", "0x10"), ("1_000", "010"), ("1e3", ".5")]


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_arms_and_topics_are_called_what_stands_there(a: str, b: str) -> None:
    read = parse_facts(text(a, b), "f.yaml")
    (fact,) = read.facts
    assert [name for name, _ in fact.arms] == [a, b]
    assert (fact.topic, fact.verified, fact.arm(b).shared_tnf) == (a, "yes", False)
    assert fact.arm(b).add[0].reagent == "NO"
    order, _, rescue = fact.expect
    assert isinstance(order, Order)
    assert order.arms == (b, a)
    assert isinstance(rescue, Rescue)
    assert (rescue.treated, rescue.rescued, rescue.reference) == (b, a, a)
    assert (read.not_expressed[0].id, read.not_expressed[0].why) == ("OFF", "no")


def test_such_a_fact_is_checked_like_any_other() -> None:
    report = checked(text("yes", "no"), lambda arm, what, time: 0.1 if arm.add else 1.0)
    assert [(one.id, one.topic, one.passed) for one in report.facts] == [("F1", "yes", True)]


def test_an_arm_called_null_is_one() -> None:
    (fact,) = parse_facts(text("null", "wt").replace("from: null", "line: HeLa"), "f.yaml").facts
    assert [name for name, _ in fact.arms] == ["null", "wt"]


@pytest.mark.parametrize("name", ["NO", "yes", "12", "007", "1e5", "2024-01-01", "on"])
def test_ids_are_what_stands_there_and_stand_once(name: str) -> None:
    once = text("a", "b", name)
    assert parse_facts(once, "f.yaml").facts[0].id == name
    fact = once[once.index("- id") : once.index("not_expressed")]
    with pytest.raises(FileFormatError, match=f"f.yaml:14: fact '{name}' stands here a second time"):
        parse_facts(once.replace("not_expressed", fact + "not_expressed"), "f.yaml")


def test_limits_of_an_ec50_know_arms_by_such_names() -> None:
    arms = "{1: {line: HeLa, dose_response: {reagent: TRAIL, doses: [1 ng/mL, 100 ng/mL, 3]}}}"
    limit = "- {value: 1, measure: {ec50: true}, below: 10 nM}"
    with pytest.raises(FileFormatError, match=r"below' is '10 nM'\. Expected 10 ng/mL"):
        parse_facts(f"schema: 1\nfacts:\n- id: a\n  arms: {arms}\n  expect:\n  {limit}\n", "f.yaml")


@pytest.mark.parametrize("value", ["yes", "true"])
def test_what_must_not_be_a_truth_value_still_is_a_fault(value: str) -> None:
    for wrong in ("weight: ", "measure: {viability: true, at: "):
        there = "measure: {viability: yes, at: 24 h" if "measure" in wrong else "verified: yes"
        with pytest.raises(FileFormatError, match=f"is '{value}'"):
            parse_facts(text("a", "b").replace(there, wrong + value), "f.yaml")
    with pytest.raises(FileFormatError, match=r"is 'true'\. Expected what is measured, such as cIAP1"):
        parse_facts(text("a", "b").replace("viability: yes", "band: true"), "f.yaml")
