"""Anchors, aliases and merge keys: read as if they were written out, and refused before they grow."""

# ruff: noqa: E501 - a case and its message stand on one line
from __future__ import annotations

import contextlib
import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.errors import FileFormatError
from avpi.facts.read import parse_facts
from avpi.facts.schema import FactsFile

WRITTEN_OUT = """\
schema: 1
facts:
- id: A
  topic: killing
  arms:
    v:  {line: HT-29, genotype: {RIPK3: 0}}
    sm: {line: HT-29, genotype: {RIPK3: 0}, add: [{reagent: SM, dose: 100 nM}]}
    tn: {line: HT-29, genotype: {RIPK3: 1}, add: [{reagent: SM, dose: 100 nM}, {reagent: TNF, dose: 10 ng/mL}]}
  measure: {viability: true, at: 24 h}
  expect:
  - {ratio: [sm, v], below: 0.5}
- id: B
  topic: killing
  arms:
    v:  {line: HT-29, genotype: {RIPK3: 0}}
  measure: {viability: true, at: 24 h}
  expect:
  - {value: v, above: 0.5}
"""
WITH_ALIASES = """\
schema: 1
facts:
- &a
  id: A
  topic: killing
  arms:
    v:  &v {line: &line HT-29, genotype: &ko {RIPK3: 0}}
    sm: {<<: *v, add: [&sm {reagent: SM, dose: &dose 100 nM}]}
    tn: {<<: [{genotype: {RIPK3: 1}}, *v], add: [*sm, {reagent: TNF, dose: 10 ng/mL}]}
  measure: {viability: true, at: 24 h}
  expect:
  - {ratio: [sm, v], below: 0.5}
- <<: *a
  id: B
  arms: {v: *v}
  expect: [{value: v, above: 0.5}]
"""


def read(text: str) -> FactsFile:
    return parse_facts(text, "f.yaml")


def told(text: str) -> list[str]:
    with pytest.raises(FileFormatError) as caught:
        read(text)
    return [str(problem) for problem in caught.value.problems]


def test_aliases_and_merge_keys_are_read_as_if_they_were_written_out() -> None:
    assert read(WITH_ALIASES) == read(WRITTEN_OUT)


def test_what_an_alias_stands_for_keeps_its_own_line_and_its_text() -> None:
    text = WITH_ALIASES.replace("dose: &dose 100 nM", "dose: &dose 100")
    assert told(text) == [
        f"f.yaml:8: 'facts.0.arms.{arm}.add.0.dose': '100' has no unit: write it with one, such as '100 nM' or '10 ng/mL'."
        for arm in ("sm", "tn")
    ]
    (only,) = told(WITH_ALIASES.replace("[{value: v, above: 0.5}]", "[{value: w, above: 0.5}]"))
    assert only.startswith("f.yaml:16: 'facts.1.expect.0.value' is 'w'. Expected an arm of this fact.")


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("{v: *v}", "{v: *w}", "15: '*w' repeats nothing: no value before it is marked '&w'. Expected an anchor"),
        ("{RIPK3: 0}}", "{RIPK3: *ko}}", "7: '*ko' stands inside of what it repeats. Expected an anchor whose value"),
        (
            "{<<: *v, add",
            "{<<: *line, add",
            "8: 'facts.0.arms.sm.<<' merges what is no mapping. Expected an alias of a",
        ),
        ("[{genotype: {RIPK3: 1}}, *v]", "[*line, *v]", "9: 'facts.0.arms.tn.<<.0' merges what is no mapping."),
    ],
)
def test_an_alias_that_cannot_be_meant_is_one_message(wrong: str, right: str, said: str) -> None:
    assert wrong in WITH_ALIASES
    (only,) = told(WITH_ALIASES.replace(wrong, right, 1))
    assert only.startswith(f"f.yaml:{said}")


def test_an_anchor_that_is_set_again_stands_for_the_last_value() -> None:
    arms = "{a: &x {line: HeLa}, b: *x, c: &x {line: HT-29}, d: *x}"
    text = f"schema: 1\nfacts:\n- id: A\n  arms: {arms}\n  expect: [{{value: a, measure: viability, above: 0}}]\n"
    (fact,) = read(text).facts
    assert [arm.line for _, arm in fact.arms] == ["HeLa", "HeLa", "HT-29", "HT-29"]


@pytest.mark.parametrize("merge", [False, True])
def test_aliases_of_aliases_are_refused_before_they_grow(merge: bool) -> None:
    names = "abcdefghijkl"
    if merge:
        parts = [f"{b}: &{b} {{<<: [{', '.join([f'*{a}'] * 9)}]}}" for a, b in itertools.pairwise(names)]
        first = "a: &a {x: 1, y: 2}"
    else:
        parts = [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in itertools.pairwise(names)]
        first = "a: &a [x, x, x, x, x, x, x, x, x]"
    began = time.monotonic()
    (only,) = told("\n".join([first, *parts]) + "\n")
    assert "makes the file larger than avpi reads: its aliases stand for more than 100,000 parts" in only
    assert time.monotonic() - began < 20


def test_many_honest_repetitions_are_read() -> None:
    fact = "- {{<<: *a, id: A{}}}\n"
    text = WITH_ALIASES + "".join(fact.format(number) for number in range(1000))
    assert len(read(text).facts) == 1002


WORDS = st.sampled_from(
    ["&a ", "*a", "&b ", "*b ", "<<: ", "{", "}", "[", "]", ", ", "id: ", "arms: ", "x", "\n- ", "\n"]
)


@given(st.lists(WORDS, max_size=30))
def test_any_mixture_is_read_or_refused_but_never_a_crash(words: list[str]) -> None:
    text = "schema: 1\nfacts:\n- " + "".join(words)
    with contextlib.suppress(FileFormatError):
        read(text)
