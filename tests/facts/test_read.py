"""Files of facts: what is read, and what is said of what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.errors import FileFormatError
from avpi.facts.read import parse_facts, read_facts
from avpi.facts.schema import (
    Addition,
    Bound,
    Defaults,
    DoseResponse,
    Fact,
    FractionOfLines,
    Measure,
    NotExpressed,
    Order,
    Panel,
    Ratio,
    Series,
    Value,
)
from tests.facts.laboratory import fact

WHOLE = """\
schema: 1
defaults: {cells: 50, seed: 7}
facts:
- id: F021
  topic: iap_loss
  source: "authors journal year, PMID or DOI"
  note: free text
  weight: 0.5
  verified: yes
  arms:
    vehicle: {line: MDA-MB-231}
    sm:      {line: MDA-MB-231, add: [{reagent: birinapant, dose: 100 nM}]}
    both:
      {from: sm, genotype: {RIPK1: 0}, shared_tnf: false, add: [{reagent: TNF, dose: 10 ng/mL, at: 1 h, until: 8 h}]}
    lines:   {panel: {prior: tumour, n: 10}}
  measure: {band: cIAP1, at: 30 min}
  expect:
  - {ratio: [sm, vehicle], below: 0.10}
  - fraction_of_lines: {arm: lines, viability_below: 0.5}
    within: [0.14, 0.30]
    measure: {dead: true, at: [1 d, 48 h]}
not_expressed: [{id: F900, why: patients}]
"""


def faults(text: str) -> list[str]:
    with pytest.raises(FileFormatError) as caught:
        parse_facts(text, "facts.yaml")
    return [str(problem) for problem in caught.value.problems]


def only(text: str) -> Fact:
    (found,) = parse_facts(text, "facts.yaml").facts
    return found


def test_a_whole_file() -> None:
    read = parse_facts(WHOLE, "facts.yaml")
    assert read.defaults == Defaults(cells=50, seed=7)
    assert read.not_expressed == (NotExpressed(id="F900", why="patients"),)
    (found,) = read.facts
    assert (found.id, found.topic, found.weight, found.verified, found.note) == (
        "F021",
        "iap_loss",
        0.5,
        "yes",
        "free text",
    )
    assert found.arm("sm").add == (Addition(reagent="birinapant", dose=1e-7),)
    assert found.arm("lines").panel == Panel(prior="tumour", n=10)
    band = Measure(kind="band", argument="cIAP1", at_hours=(0.5,))
    assert found.expect[0] == Ratio(numerator="sm", denominator="vehicle", bound=Bound(below=0.1), measure=band)
    lines = found.expect[1]
    assert isinstance(lines, FractionOfLines)
    assert lines.measure == Measure(kind="viability", at_hours=(24.0, 48.0))  # the limit names its own
    assert (lines.side, lines.limit, lines.bound.within) == ("below", 0.5, (0.14, 0.30))


def test_an_arm_copies_another_and_adds_to_it() -> None:
    both = only(WHOLE).arm("both")
    assert both.line == "MDA-MB-231"
    assert both.genotype == (("RIPK1", 0.0),)
    assert both.shared_tnf is False
    assert [addition.reagent for addition in both.add] == ["birinapant", "TNF"]
    tnf = both.add[1]
    assert (tnf.dose, tnf.unit, tnf.at_hours, tnf.until_hours) == (10.0, "ng_per_ml", 1.0, 8.0)


def test_copies_of_copies_and_what_they_replace() -> None:
    arms = (
        "a: {from: sm, genotype: {XIAP: 5, RIPK1: 0}}, b: {from: a, line: HT-29, genotype: {XIAP: 1}}, "
        "c: {from: b, panel: {prior: nsclc}}"
    )
    found = only(fact("{value: c, below: 1}", arms=arms))
    assert found.arm("b").line == "HT-29"
    assert found.arm("b").genotype == (("RIPK1", 0.0), ("XIAP", 1.0))
    assert (found.arm("c").line, found.arm("c").panel) == (None, Panel(prior="nsclc", n=100))
    assert [addition.reagent for addition in found.arm("c").add] == ["SM"]


@pytest.mark.parametrize(
    ("measure", "read"),
    [
        ("{viability: true, at: 24 h}", Measure(kind="viability", at_hours=(24.0,))),
        ("{viability: , at: 1440 min}", Measure(kind="viability", at_hours=(24.0,))),
        ("viability", Measure(kind="viability")),
        ("{band: p52, at: [0 h, 2 h]}", Measure(kind="band", argument="p52", at_hours=(0.0, 2.0))),
        ("{complex: I, at: 15 min}", Measure(kind="complex", argument="I", at_hours=(0.25,))),
        ("{momp_time: cv}", Measure(kind="momp_time", argument="cv")),
        ("{pyroptosis: GSDMD, at: 4 h}", Measure(kind="pyroptosis", argument="GSDMD", at_hours=(4.0,))),
    ],
)
def test_spellings_of_a_measure(measure: str, read: Measure) -> None:
    assert only(fact("{value: sm, below: 1}", measure=measure)).expect[0].measure == read


def test_a_measure_of_its_own_wins() -> None:
    found = only(fact("{value: sm, below: 1, measure: {mrna: TNF, at: 2 h}}"))
    assert found.expect[0].measure == Measure(kind="mrna", argument="TNF", at_hours=(2.0,))


@pytest.mark.parametrize("key", ["of: viability, ", ""])
def test_a_dose_response_spans_its_doses_evenly_on_a_log_scale(key: str) -> None:
    arms = f"curve: {{line: HeLa, dose_response: {{reagent: birinapant, {key}doses: [1 nM, 10 uM, 5]}}}}"
    curve = only(fact("{value: curve, below: 100 nM}", arms=arms, measure="{ec50: true, at: 48 h}")).arm("curve")
    assert curve.dose_response == DoseResponse(
        reagent="birinapant",
        doses=(1e-9, 1e-8, 1e-7, 1e-6, 1e-5),
        unit="molar",
        of=Measure(kind="viability") if key else None,
    )


def test_listed_doses_and_what_is_measured_at_them() -> None:
    arms = (
        "curve: {line: HeLa, dose_response: "
        "{reagent: TRAIL, doses: [1 ng/mL, 10 ng/mL, 50 ng/mL], of: {band: cIAP1}, at: 2 h}}"
    )
    curve = only(fact("{value: curve, below: 4 ng/mL}", arms=arms, measure="{ec50: true}")).arm("curve").dose_response
    assert curve is not None
    assert (curve.doses, curve.unit) == ((1.0, 10.0, 50.0), "ng_per_ml")
    assert curve.of == Measure(kind="band", argument="cIAP1", at_hours=(2.0,))


def test_limits_take_the_unit_of_what_they_bound() -> None:
    found = only(fact("{value: sm, within: [30 min, 2]}", measure="{death_time: median, at: 24 h}"))
    assert isinstance(found.expect[0], Value)
    assert found.expect[0].bound.within == (0.5, 2.0)
    found = only(fact("{value: sm, below: 1 ng/mL}", measure="{elisa: TNF, at: 24 h}"))
    assert isinstance(found.expect[0], Value)
    assert found.expect[0].bound.below == 1000.0


def test_what_is_left_out_has_its_default() -> None:
    found = only(fact("{series: sm, values: [1, 2]}", measure="{band: p52, at: [1 h, 2 h]}"))
    assert isinstance(found.expect[0], Series)
    assert (found.expect[0].normalise, found.expect[0].tolerance) == ("max", 0.25)
    found = only(fact("{order: [sm, vehicle]}"))
    assert isinstance(found.expect[0], Order)
    assert found.expect[0].margin == 0.0
    assert (found.weight, found.verified, found.source) == (1.0, "", "")


def test_one_expectation_and_one_reagent_need_no_brackets() -> None:
    text = (
        "schema: 1\nfacts:\n- id: a\n  arms: {x: {line: HeLa, add: {reagent: TNF}}}\n"
        "  expect: {value: x, measure: viability, below: 1}\n"
    )
    found = only(text)
    assert (found.topic, found.arm("x").add[0].dose, len(found.expect)) == ("other", None, 1)


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("reagent: birinapant", "reagant: birinapant", "12: '{}arms.sm.add.0.reagant' is not a known key. Did you mean "
         "'reagent'?"),
        ("dose: 100 nM", "dose: 100", "12: '{}arms.sm.add.0.dose': '100' has no unit: write it with one, such as "
         "'100 nM' or '10 ng/mL'."),
        ("dose: 10 ng/mL", "dose: 10 min", "14: '{}arms.both.add.0.dose' is '10 min'. Expected 100 nM or 10 ng/mL."),
        ("from: sm", "from: smm", "14: '{}arms.both.from' is 'smm'. Expected the name of another arm of this fact. Did "
         "you mean 'sm'?"),
        ("from: sm", "from: both", "14: '{}arms.both.from' copies in a circle: both -> both. Expected an arm that does "
         "not lead back."),
        ("band: cIAP1", "bnad: cIAP1", "16: '{}measure.bnad' is not a known key. Did you mean 'band'?"),
        ("[sm, vehicle]", "[sm, vehikel]", "18: '{}expect.0.ratio.1' is 'vehikel'. Expected an arm of this fact. Did "
         "you mean 'vehicle'?"),
        ("[sm, vehicle]", "[sm]", "18: '{}expect.0.ratio' has 1 arm. Expected two arms, [a, b]."),
        ("below: 0.10", "blow: 0.10", "18: '{}expect.0.blow' is not a known key. Did you mean 'below'?"),
        ("below: 0.10", "below: 3 h", "18: '{}expect.0.below' is '3 h'. Expected a number such as 0.5."),
        ("arm: lines", "arm: sm", "19: arm 'sm' is one line. Expected an arm with a 'panel'."),
        ("[0.14, 0.30]", "[0.30, 0.14]", "20: '{}expect.1.within' begins above its end. Expected [lowest, highest]."),
        ("schema: 1", "schema: 2", "1: 'schema' is '2'. Expected 1. A file of another schema needs another version of "
         "avpi."),
        ("F900", "F021", "22: fact 'F021' stands here a second time. The first is in line 4."),
        ("at: 1 h, until", "at: 9 h, until", "14: '{}arms.both.add.0.until' is '8 h'. Expected a time after 'at', "
         "which is 9 h."),
        ("id: F021\n  topic", "topic", "4: 'facts.0.id' is missing."),
        ("{line: MDA-MB-231}", "{}", "11: '{}arms.vehicle' says not which cells it has. Expected 'line', 'panel' or "
         "'from'."),
        ("RIPK1: 0", "RIPK1: -1", "14: '{}arms.both.genotype.RIPK1' is '-1'. Expected a number of at least 0."),
        ("cells: 50", "cells: 0", "2: 'defaults.cells' is '0'. Expected a whole number from 1 to"),
    ],
)  # fmt: skip
def test_a_fault_names_line_value_expectation_and_the_nearest_word(wrong: str, right: str, said: str) -> None:
    assert wrong in WHOLE
    told = faults(WHOLE.replace(wrong, right, 1))
    start = "facts.yaml:" + said.replace("'{}", "'facts.0.")
    assert any(one.startswith(start) for one in told), told
    assert len(told) <= 2


def test_every_fault_is_told_at_once() -> None:
    text = (
        WHOLE.replace("30 min}\n", "30 mn}\n").replace("below: 0.10", "blow: 0.10").replace("weight: 0.5", "weight: no")
    )
    lines = [one.split(":")[1] for one in faults(text)]
    assert lines == sorted(lines, key=int)
    assert {"8", "16", "18"} <= set(lines)


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ("{value: sm}", "says not what must hold. Expected 'below', 'above' or 'within'"),
        ("{below: 0.5}", "holds 0 expectations"),
        ("{valeu: sm, below: 0.5}", "Did you mean 'value'?"),
        ("{value: sm, ratio: [sm, vehicle], below: 1}", "holds 2 expectations"),
        ("{series: sm, values: [1, 2, 3]}", "has 3 values for 1 times"),
        ("{value: sm, measure: {ec50: true}, below: 1 nM}", "arm 'sm' has no 'dose_response'"),
        ("{value: curve, below: 1}", "arm 'curve' is a dose response"),
        ("{value: curve, measure: {ec50: true}, below: 10}", "'10' has no unit"),
        ("{value: curve, measure: {ec50: true}, below: 10 ng/mL}", "Expected 100 nM"),
        ("{value: sm, measure: {band: p52, mrna: TNF}, below: 1}", "has 'band' and 'mrna'"),
        ("{value: sm, measure: {at: 4 h}, below: 1}", "says not what is measured"),
        ("{value: sm, measure: {viability: false}, below: 1}", "Expected true"),
        ("{fraction_of_lines: {arm: sm, viabilty_below: 0.5}, above: 0}", "is not a known key. Did you mean"),
        ("text", "Expected an expectation such as"),
    ],
)
def test_a_fault_of_an_expectation(expect: str, said: str) -> None:
    arms = "curve: {line: HeLa, dose_response: {reagent: birinapant, doses: [1 nM, 1 uM, 4]}}"
    told = faults(fact(expect, arms=arms))
    assert any(said in one for one in told), told


def test_an_expectation_without_any_measure() -> None:
    assert any(
        "has no measure, and the fact has none" in one for one in faults(fact("{value: sm, below: 1}", measure=""))
    )


@pytest.mark.parametrize(
    "doses",
    ["[1 nM]", "[1 uM, 1 nM, 9]", "[1 nM, 1 uM, 2]", "[0 nM, 1 nM, 1 uM]", "[1 nM, 1 ng/mL, 5]", "7", "[]", "[nM]"],
)
def test_doses_that_make_no_curve(doses: str) -> None:
    arms = f"curve: {{line: HeLa, dose_response: {{reagent: SM, doses: {doses}}}}}"
    assert any("doses" in one for one in faults(fact("{value: sm, below: 1}", arms=arms)))


def test_keys_without_a_value_are_not_given() -> None:
    arms = "x: {from: sm, genotype: , add: [{reagent: TNF, dose: , at: , until: null}]}, y: {panel: nsclc}"
    found = only(fact("{value: x, below: 1, above: }", arms=arms))
    assert found.arm("x").add[1] == Addition(reagent="TNF")
    assert found.arm("y").panel == Panel(prior="nsclc", n=100)


def test_several_sources_may_be_a_list() -> None:
    text = fact("{value: sm, below: 1}").replace("topic: killing", "source: [Vince 2007, 17956726]")
    assert only(text).source == "Vince 2007; 17956726"


def test_a_circle_of_copies_is_told_once() -> None:
    told = faults(fact("{value: sm, below: 1}", arms="a: {from: b}, b: {from: c}, c: {from: a}"))
    assert [one for one in told if "circle" in one] == told
    assert len(told) == 1


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"'nothing\.yaml' was not found"):
        read_facts(tmp_path / "nothing.yaml")
    with pytest.raises(FileFormatError, match="is a folder"):
        read_facts(tmp_path)


def test_a_file_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "facts.yaml"
    path.write_text(WHOLE, "utf-8")
    assert read_facts(path) == parse_facts(WHOLE, "facts.yaml")


KEYS = """schema facts defaults not_expressed id topic arms line panel prior n genotype add reagent dose at until from
shared_tnf dose_response doses of measure band viability ec50 expect value ratio order rescue series values
fraction_of_lines arm viability_below within below above peak_at half_life ec50_ratio margin normalise tolerance weight
verified note source sm vehicle"""
WORDS = st.sampled_from(KEYS.split())
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), WORDS,
    st.sampled_from(["100 nM", "10 ng/mL", "30 min", "24 h", "0", "57 %", "1e999", "-3 h", "{", "[", "*a", "!!x"]),
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=5)),
    max_leaves=25,
)


def written(value: object) -> str:
    """A value in YAML's flow style, without quotes, so that anything may go wrong."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return "" if value is None else str(value)


def refused(text: str) -> list[str]:
    """What is said of a file; nothing where it can be read. Any other error is a crash, and the test's."""
    try:
        parse_facts(text, "facts.yaml")
    except FileFormatError as error:
        return [str(problem) for problem in error.problems] or ["nothing was said"]
    return []


@given(st.dictionaries(WORDS, TREES, max_size=5))
def test_garbage_is_refused_or_read_but_never_a_crash(tree: dict[str, object]) -> None:
    assert all(one.startswith("facts.yaml") for one in refused(written(tree)))


PARTS = WHOLE.replace("\n", " \n ").split(" ")


@given(st.integers(0, len(PARTS) - 1), TREES)
def test_a_file_with_one_word_exchanged_is_refused_or_read_but_never_a_crash(place: int, value: object) -> None:
    parts = [*PARTS[:place], written(value), *PARTS[place + 1 :]]
    assert all(one.startswith("facts.yaml") for one in refused(" ".join(parts).replace(" \n ", "\n")))


@given(st.text(max_size=200))
def test_any_text_is_refused_or_read_but_never_a_crash(text: str) -> None:
    assert all(one.startswith("facts.yaml") for one in refused(text))
