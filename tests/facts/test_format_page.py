"""The page about the format: its example is a file that can be read, and it names every word that the program knows."""

from __future__ import annotations

import json
import re

from avpi.facts.check import check
from avpi.facts.read import parse_facts
from avpi.facts.read_arms import ARM_KEYS
from avpi.facts.read_expectations import KINDS
from avpi.facts.schema import MEASURES
from avpi.names import reagents
from avpi.network.reagents import given
from avpi.population.condition_words import CLASS
from tests.facts.laboratory import Laboratory
from tests.house.checkout import CHECKOUT

PAGE = (CHECKOUT / "docs" / "reference" / "facts-format.md").read_text("utf-8")
BLOCKS = dict(re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


def test_the_example_can_be_read_and_checked_and_uses_every_expectation() -> None:
    read = parse_facts(BLOCKS["yaml"], "facts.yaml")
    laboratory = Laboratory(lambda arm, what, time: 1.0, lines=("MDA-MB-231",))
    report = check(read, laboratory)
    assert [fact.id for fact in report.facts] == ["F1"]
    assert len(report.facts[0].expected.split("; ")) == len(read.facts[0].expect)
    assert len({type(expectation) for expectation in read.facts[0].expect}) == len(KINDS)


def test_the_json_of_the_page_has_the_keys_of_the_program() -> None:
    shown = json.loads(BLOCKS["json"])
    read = parse_facts(BLOCKS["yaml"], "facts.yaml")
    made = check(read, Laboratory(lambda arm, what, time: 1.0, lines=("MDA-MB-231",))).to_json()
    assert list(shown) == list(made)
    assert list(shown["facts"][0]) == list(made["facts"][0])
    assert shown["not_expressed"] == made["not_expressed"]


def test_the_page_has_the_usual_dose_of_every_reagent_of_the_model() -> None:
    rows = re.findall(r"^\| (\d+ [un](?:M|g/mL)|\d+ ug/mL) \| (.*) \|$", PAGE, re.MULTILINE)
    told = {word: usual for usual, reagents_ in rows for word in re.findall(r"`([^`]+)`", reagents_)}
    held = {name: own.usual_dose for name, own in reagents().items() if own.usual_dose and _is_held(name)}
    assert told == held
    assert "staurosporine" not in told


def _is_held(name: str) -> bool:
    return name == CLASS or given(name) is not None


def test_the_page_names_every_word() -> None:
    words = [*MEASURES, *ARM_KEYS, *KINDS, *(key for keys in KINDS.values() for key in keys)]
    assert [word for word in words if not re.search(rf"`[^`\n]*\b{word}\b", PAGE)] == []
