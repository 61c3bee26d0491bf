"""A file with many mistakes: all are told at once, whichever of them stands beside another."""

# ruff: noqa: E501 - a case and its message stand on one line
from __future__ import annotations

import pytest

from avpi.errors import FileFormatError
from avpi.facts.read import parse_facts

HEAD = """\
schema: 1
facts:
- id: A
  arms:
    v: {line: HeLa}
    c: {line: HeLa, dose_response: {reagent: SM, doses: [1 nM, 1 uM, 4]}}
    p: {panel: tumour}
"""


def told(text: str) -> set[tuple[int, str]]:
    with pytest.raises(FileFormatError) as caught:
        parse_facts(text, "f.yaml")
    lines = [int(problem.place) for problem in caught.value.problems]
    assert lines == sorted(lines)
    return {(line, problem.what) for line, problem in zip(lines, caught.value.problems, strict=True)}


EXPECT = """\
  expect:
  - {value: v}
  - {ratio: [v], above: 1}
  - {value: v, within: [3, 1]}
  - {value: v, below: abc}
  - {value: w, below: 0.5}
  - {order: [v, w], margn: 0.1}
  - {ratio: [v, w], blow: 1}
  - {series: w, valeus: [1, x]}
  - {fraction_of_lines: {arm: q, viability_below: abc}, within: [2, 1]}
"""
OF_THE_EXPECTATIONS = {
    (0, "'facts.0.expect.0.value' says not what must hold"),
    (1, "'facts.0.expect.1.ratio' has 1 arm"),
    (2, "'facts.0.expect.2.within' begins above its end"),
    (3, "'facts.0.expect.3.below' is 'abc'"),
    (4, "'facts.0.expect.4.value' is 'w'"),
    (5, "'facts.0.expect.5.order.1' is 'w'"),
    (5, "'facts.0.expect.5.margn' is not a known key"),
    (6, "'facts.0.expect.6.ratio.1' is 'w'"),
    (6, "'facts.0.expect.6.blow' is not a known key"),
    (7, "'facts.0.expect.7.series' is 'w'"),
    (7, "'facts.0.expect.7.valeus' is not a known key"),
    (8, "'facts.0.expect.8.fraction_of_lines.arm' is 'q'"),
    (8, "'facts.0.expect.8.fraction_of_lines.viability_below' is 'abc'"),
    (8, "'facts.0.expect.8.within' begins above its end"),
}


def at(line: int) -> set[tuple[int, str]]:
    return {(line + place, what) for place, what in OF_THE_EXPECTATIONS}


@pytest.mark.parametrize(
    ("line", "own"),
    [
        ("measure: {viability: true}", set()),
        ("measure: {viabilty: true}", {(8, "'facts.0.measure.viabilty' is not a known key")}),
        ("measure: {viability: true, at: soon}", {(8, "'facts.0.measure.at': 'soon' is not a number with a unit such as '30 min'")}),
        ("meassure: {viability: true}", {(8, "'facts.0.meassure' is not a known key")}),
    ],
)  # fmt: skip
def test_unknown_keys_and_a_measure_that_cannot_be_read_hide_no_other_fault(
    line: str, own: set[tuple[int, str]]
) -> None:
    found = told(HEAD + f"  {line}\n" + EXPECT)
    without_measure = {one for one in found if one[1].endswith("has no measure, and the fact has none")}
    assert found - without_measure == own | at(10)
    assert bool(without_measure) == line.startswith("meass")


def test_a_limit_is_not_judged_by_a_measure_that_cannot_be_read() -> None:
    limits = "".join(f"  - {{value: v, {limit}}}\n" for limit in ("below: 30 min", "above: 20 pg/mL", "within: [1, 2]"))
    found = told(HEAD + "  measure: {elsia: TNF}\n  expect:\n" + limits + "  - {value: c, below: 100 nM}\n")
    assert found == {(8, "'facts.0.measure.elsia' is not a known key")}


def test_what_a_fact_lacks_hides_no_fault_of_the_rest() -> None:
    found = told(
        (HEAD + "  measure: {viability: true}\n  weight: much\n" + EXPECT).replace("- id: A\n  arms", "- arms")
    )
    assert found == {(3, "'facts.0.id' is missing"), (8, "'facts.0.weight' is 'much'"), *at(10)}
    found = told("schema: 1\nfacts:\n- id: A\n  measure: {bnad: x}\n  weight: much\n  expect: [{value: v, below: 1}]\n")
    assert found == {
        (3, "'facts.0.arms' is missing"),
        (4, "'facts.0.measure.bnad' is not a known key"),
        (5, "'facts.0.weight' is 'much'"),
    }


def test_an_arm_is_read_to_its_end() -> None:
    arm = "v: {from: x, lin: HeLa, genotype: {XIAP: many}, add: [{dose: 1 kg, at: soon, until: late}, {reagent: SM, dos: 1 nM}]}"
    what = {
        what
        for _, what in told(HEAD.replace("v: {line: HeLa}", arm) + "  expect: [{value: p, measure: dead, above: 0}]\n")
    }
    start = "'facts.0.arms.v."
    assert {one.removeprefix(start).split("'")[0] for one in what} == {
        "from", "lin", "genotype.XIAP", "add.0.reagent", "add.0.dose", "add.0.at", "add.0.until", "add.1.dos",
    }  # fmt: skip


def test_a_tag_and_a_key_that_stands_twice_hide_no_fault_of_the_rest() -> None:
    text = HEAD.replace("line: HeLa}", "line: !!python/name:os HeLa}", 1) + "  weight: 1\n  weight: 2\n" + EXPECT
    found = told(text.replace("  expect", "  measure: dead\n  expect"))
    assert found == {(5, "'!!python/name:os' is a tag"), (9, "'weight' stands here a second time"), *at(12)}


def test_faults_of_several_facts_are_told_together() -> None:
    one = "- id: {}\n  arms: {{v: {{line: HeLa}}}}\n  {}: dead\n  expect: [{{value: {}, above: 0}}]\n"
    text = "schema: 1\nfacts:\n" + one.format("A", "meashure", "v") + one.format("B", "measure", "w")
    assert {(5, "'facts.0.meashure' is not a known key"), (10, "'facts.1.expect.0.value' is 'w'")} <= told(text)
