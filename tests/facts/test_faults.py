"""Files with one mistake each: one message that names file, line, value and remedy; and files that only look odd."""

# ruff: noqa: E501 - a case and its message stand on one line
from __future__ import annotations

from pathlib import Path

import pytest

from avpi.errors import FileFormatError
from avpi.facts.read import parse_facts, read_facts

GOOD = """\
schema: 1
defaults: {cells: 50, seed: 7}
facts:
- id: F1
  topic: killing
  weight: 1
  arms:
    v:  {line: HeLa}
    sm: {line: HeLa, add: [{reagent: birinapant, dose: 100 nM, at: 1 h, until: 8 h}]}
    c:  {line: HeLa, dose_response: {reagent: birinapant, doses: [1 nM, 10 uM, 5], of: viability}}
    p:  {panel: {prior: tumour, n: 10}}
  measure: {viability: true, at: 24 h}
  expect:
  - {value: sm, below: 0.5}
  - {ratio: [sm, v], measure: {band: cIAP1, at: 30 min}, within: [0.1, 0.2]}
  - {series: sm, measure: {band: p52, at: [0 h, 2 h]}, values: [0, 1], tolerance: 0.25}
  - {ec50_ratio: [c, c], within: [1, 2]}
  - {order: [sm, v], margin: 0.1}
  - {fraction_of_lines: {arm: p, viability_below: 0.5}, within: [0, 1]}
"""
ONE_FACT = GOOD[GOOD.index("- id") :]
VEHICLE, MEASURE = "v:  {line: HeLa}", "measure: {viability: true, at: 24 h}"


def changed(wrong: str, right: str) -> str:
    assert wrong in GOOD
    return GOOD.replace(wrong, right, 1)


def told(text: str) -> list[str]:
    with pytest.raises(FileFormatError) as caught:
        parse_facts(text, "f.yaml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1: 'f.yaml' holds nothing. Expected a mapping that begins with 'schema: 1'."),
        ("- a\n", "1: 'f.yaml' holds a list. Expected a mapping that begins with 'schema: 1'."),
        ("schema: 1\nfacts: []\n", "2: 'facts' has no fact, so there is nothing to check. Expected at least one fact"),
        ("schema: 1\nfacts:\n", "2: 'facts' is empty. Expected at least one fact"),
        ("schema: 1\nfacts: {id: x}\n", "2: 'facts' is a mapping. Expected at least one fact"),
        ("schema: 1\nfacts: [abc]\n", "2: 'facts.0' is 'abc'. Expected a mapping with 'id', 'arms', 'expect'."),
        (changed("facts:", "fact:"), "3: 'fact' is not a known key. Did you mean 'facts'?"),
        (changed("schema: 1\n", ""), "1: 'schema' is missing."),
        (changed("viability: true", "viabilty: true"), "12: 'facts.0.measure.viabilty' is not a known key. Did you"),
        (changed(MEASURE, "measure: [viability]"), "12: 'facts.0.measure' is a list. Expected a measure such as"),
        (changed("{value: sm", "{valeu: sm"), "14: 'facts.0.expect.0' holds 0 expectations. Expected one of value"),
        (changed("below: 0.5", "under: 0.5"), "14: 'facts.0.expect.0.under' is not a known key. Known here: value,"),
        (changed("below: 0.5", "above: 0.6, below: 0.5"), "14: 'facts.0.expect.0.value' cannot be above 0.6 and below"),
        (changed("below: 0.5", "below: .nan"), "14: 'facts.0.expect.0.below' is '.nan'. Expected a number such as 0.5"),
        (changed("below: 0.5", "below: .inf"), "14: 'facts.0.expect.0.below' is '.inf'. Expected a number such as 0.5"),
        (changed("value: sm", "value: [sm]"), "14: 'facts.0.expect.0.value' is a list. Expected the name of an arm"),
        (changed("[sm, v]", "sm / v"), "15: 'facts.0.expect.1.ratio' is 'sm / v'. Expected two arms, [a, b]."),
        (changed("[0.1, 0.2]", "0.1"), "15: 'facts.0.expect.1.within' is '0.1'. Expected two limits, [lowest"),
        (changed("values: [0, 1]", "values: high"), "16: 'facts.0.expect.2.values' is 'high'. Expected the published"),
        (changed("margin: 0.1", "margin: -0.1"), "18: 'facts.0.expect.4.margin' is '-0.1'. Expected a number of at"),
        (changed("{arm: p, viability_below: 0.5}", "p"), "19: 'facts.0.expect.5.fraction_of_lines' is 'p'. Expected a"),
        (changed("100 nM", "-100 nM"), "9: 'facts.0.arms.sm.add.0.dose': '-100 nM' is negative."),
        (changed("100 nM", "-100 U/mL"), "9: 'facts.0.arms.sm.add.0.dose': '-100 U/mL' is negative."),
        (changed("100 nM", "'1,000 nM'"), "9: 'facts.0.arms.sm.add.0.dose': '1,000' may be 1000 or 1.000: write it "
         "without the comma."),
        (changed("100 nM", "100 ng"), "9: 'facts.0.arms.sm.add.0.dose': 'ng' is not a unit that avpi knows: use one"),
        (changed("100 nM", "100"), "9: 'facts.0.arms.sm.add.0.dose': '100' has no unit: write it with one, such as "
         "'100 nM' or '10 ng/mL'."),
        (changed("until: 8 h", "until: 30 min"), "9: 'facts.0.arms.sm.add.0.until' is '30 min'. Expected a time after"),
        (changed("at: 24 h", "at: later"), "12: 'facts.0.measure.at': 'later' is not a number with a unit such as "
         "'30 min'."),
        (changed("[1 nM, 10 uM, 5]", "[10 uM, 1 nM, 5]"), "10: 'facts.0.arms.c.dose_response.doses' does not rise."),
        (changed("of: viability", "of: viabilty"), "10: 'facts.0.arms.c.dose_response.of' is 'viabilty'. Expected a"),
        (changed("weight: 1", "weight: heavy"), "6: 'facts.0.weight' is 'heavy'. Expected a number of at least 0."),
        (changed("weight: 1", "weight: .nan"), "6: 'facts.0.weight' is '.nan'. Expected a number of at least 0."),
        (changed("id: F1", "id: ''"), "4: 'facts.0.id' is ''. Expected some text."),
        (changed("id: F1", "id: [a]"), "4: 'facts.0.id' is a list. Expected some text."),
        (changed(VEHICLE, "v:  HeLa"), "8: 'facts.0.arms.v' is 'HeLa'. Expected a mapping with 'line', 'panel'"),
        (changed(VEHICLE, "v:"), "8: 'facts.0.arms.v' is empty. Expected a mapping with 'line', 'panel'"),
        (changed(VEHICLE, "v:  {lin: HeLa}"), "8: 'facts.0.arms.v.lin' is not a known key. Did you mean 'line'?"),
        (changed(VEHICLE, "v:  {line: HeLa, genotype: RIPK1}"), "8: 'facts.0.arms.v.genotype' is 'RIPK1'. Expected "
         "factors by protein, such as {RIPK1: 0}."),
        ("schema: 1\nfacts:\n- id: a\n  arms: [HeLa]\n  expect: [{value: v, below: 1}, {ratio: [v, w], above: 1}]\n",
         "4: 'facts.0.arms' is a list. Expected at least one arm, such as"),
        (changed("dose: 100 nM, at: 1 h, until: 8 h}", "dose: 1 nM}, {reagent: TNF}, {reagent: Birinapant, dose: 1 nM}"),
         "9: 'facts.0.arms.sm.add.2': 'Birinapant' is added twice at the start. Expected each reagent once, in its whole"),
        (changed("until: 8 h}", "until: 8 h}, {reagent: TL32711, at: 60 min, until: 8 h}"),
         "9: 'facts.0.arms.sm.add.1': 'TL32711' is added twice at 1 h. Expected each reagent once, in its whole dose."),
        ("schema: 1\nfacts:\n- id: a\n  arms: {v: {line: HeLa}}\n  expect: []\n", "5: 'facts.0.expect' is an empty list. "
         "Expected at least one expectation, such as {value: treated, below: 0.5}."),
        (changed(VEHICLE, "v:  {}"), "8: 'facts.0.arms.v' says not which cells it has."),
        (changed("at: 24 h", "at: []"), "12: 'facts.0.measure.at' is an empty list. Expected at least one time."),
        (changed("topic: killing", 'topic: ["\\e[2J"]'), "5: 'facts.0.topic' is a list."),
        (changed("weight: 1", 'weight: "\\e[2J"'), "6: 'facts.0.weight' is '\\x1b[2J'."),
        (GOOD + ONE_FACT, "20: fact 'F1' stands here a second time. The first is in line 4."),
        (changed("F1", "7") + ONE_FACT.replace("F1", "7"), "20: fact '7' stands here a second time. The first is in"),
        (changed("  topic", "\ttopic"), "5: a tab stands before 'topic: killing'. Indent with blanks."),
        (changed("topic: killing", "topic: a: b"), "5: 'topic: a: b' is not YAML"),
        (changed("topic: killing", "topic: killing\n  topic: x"), "6: 'topic' stands here a second time."),
        (changed(VEHICLE, "v:  &a {line: HeLa}\n    w: *b"), "9: '*b' repeats nothing: no value before it is marked '&b'. "
         "Expected an anchor that stands above. Text that begins with '*' is put in quotes."),
        (changed("line: HeLa", "line: !!python/name:os HeLa"), "8: '!!python/name:os' is a tag. Expected a plain "
         "value. Nothing in a file of facts is executed."),
        (GOOD + "---\n" + GOOD, "20: a second document begins here. Expected one document"),
        (GOOD + "not_expressed: [{id: F9}]\n", "20: 'not_expressed.0.why' is missing."),
    ],
)  # fmt: skip
def test_one_mistake_is_one_message(text: str, said: str) -> None:
    (only,) = told(text)
    assert only.startswith(f"f.yaml:{said}")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (GOOD.replace("killing", "t\xe9t").encode("latin-1"), r"f\.yaml:5: byte '0xe9' is not UTF-8 text\. Save the"),
        (GOOD.encode("utf-16"), r"f\.yaml:1: byte '0xff' is not UTF-8"),
        (GOOD.encode() + b"# " + b"x" * 1_100_000, r"'f\.yaml' is too large\. .* Split the facts into several files"),
        (b"\x00" * 20, r"f\.yaml:1: character 'U\+0000' cannot stand"),
    ],
)
def test_bytes_that_are_no_text_of_facts(tmp_path: Path, raw: bytes, said: str) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(raw)
    with pytest.raises(FileFormatError, match=said) as caught:
        read_facts(path)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        changed("schema: 1", "schema: '1'").encode(),
        changed("weight: 1", "weight: '1'").encode(),
        changed("topic: killing", "topic: killing\n  source: ''\n  note: ''\n  verified: ''").encode(),
        changed("topic: killing", "topic: killing\n  note: 2024-01-01").encode(),
        changed("at: 24 h", "at: ").encode(),
        (GOOD + "not_expressed:\n").encode(),
    ],
)
def test_a_valid_file_is_read_whatever_it_looks_like(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(raw)
    (found,) = read_facts(path).facts
    assert (found.id, len(found.expect), found.weight) == ("F1", 6, 1.0)


def test_an_unreadable_arm_hides_no_fault_elsewhere() -> None:
    text = changed("reagent: birinapant, dose", "reagant: birinapant, dose").replace(
        "below: 0.5}\n", "below: much}\n", 1
    )
    assert len(told(text)) == 2


def test_a_reagent_may_come_again_and_a_copied_arm_adds_to_what_it_copies() -> None:
    again = changed("until: 8 h}", "until: 8 h}, {reagent: birinapant, dose: 50 nM, at: 8 h}")
    assert [one.at_hours for one in parse_facts(again, "f.yaml").facts[0].arm("sm").add] == [1.0, 8.0]
    pulse = changed("until: 8 h}", "until: 8 h}, {reagent: birinapant, dose: 50 nM, at: 1 h}")
    assert [one.until_hours for one in parse_facts(pulse, "f.yaml").facts[0].arm("sm").add] == [8.0, None]
    more = changed(
        VEHICLE, VEHICLE + "\n    m: {from: sm, add: {reagent: birinapant, dose: 50 nM, at: 1 h, until: 8 h}}"
    )
    assert [one.dose for one in parse_facts(more, "f.yaml").facts[0].arm("m").add] == [1e-7, 5e-8]
