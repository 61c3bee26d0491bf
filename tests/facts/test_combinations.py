"""Whatever can be read can be checked: every expectation with every measure and every kind of arm."""

from __future__ import annotations

import math
from itertools import product

import pytest

from avpi.errors import FileFormatError
from avpi.facts.check import check
from avpi.facts.read import parse_facts
from avpi.facts.schema import Arm
from tests.facts.laboratory import Laboratory, fact

ARMS = (
    "curve: {line: HeLa, dose_response: {reagent: TRAIL, doses: [1 ng/mL, 1 ug/mL, 4]}}, "
    "lines: {panel: {prior: nsclc, n: 3}}, "
    "many: {panel: {prior: nsclc, n: 3}, "
    "dose_response: {reagent: SM, doses: [1 nM, 1 uM, 4], of: {band: cIAP1}, at: 4 h}}"
)
NAMES = ("sm", "curve", "lines", "many")
MEASURES = (
    "viability",
    "{dead: true, at: [4 h, 8 h]}",
    "{band: cIAP1, at: 4 h}",
    "{elisa: TNF, at: 4 h}",
    "{death_time: median, at: [4 h, 8 h]}",
    "{momp_time: cv}",
    "{ec50: true, at: 8 h}",
    "{ec50: dead, at: [4 h, 8 h]}",
    "{emax: band cIAP1}",
    "{dose_response: {reagent: CHX, doses: [1 nM, 10 nM, 100 nM]}, at: 8 h}",
)
EXPECTATIONS = (
    "{{value: {0}, above: {1}}}",
    "{{ratio: [{0}, {0}], above: 0.5}}",
    "{{difference: [{0}, {0}], above: {1}}}",
    "{{order: [{0}, {0}]}}",
    "{{rescue: [{0}, {0}, {0}], above: 0.5}}",
    "{{fraction_of_lines: {{arm: {0}, value_below: {1}}}, above: 0.5}}",
    "{{fraction_of_lines: {{arm: {0}, viability_below: 0.5}}, above: 0.5}}",
    "{{series: {0}, values: [1, 2]}}",
    "{{series: {0}, values: [1, 2, 3, 4]}}",
    "{{peak_at: {0}, above: 1 h}}",
    "{{half_life: {0}, above: 1 h}}",
    "{{ec50_ratio: [{0}, {0}], above: 1}}",
)
LIMITS = ("0.5", "10 nM", "10 ng/mL", "1 h")


def law(arm: Arm, what: str, time: float) -> float | list[float]:
    number = 1 / (1 + time + 1e7 * sum(addition.dose or 0.0 for addition in arm.add))
    return number if arm.panel is None else [number, math.nan, math.inf]


@pytest.mark.parametrize("expectation", EXPECTATIONS)
def test_what_can_be_read_can_be_checked(expectation: str) -> None:
    checked = 0
    for name, measure, limit in product(NAMES, MEASURES, LIMITS):
        try:
            read = parse_facts(fact(expectation.format(name, limit), arms=ARMS, measure=measure), "facts.yaml")
        except FileFormatError:
            continue
        report = check(read, Laboratory(law))
        assert len(report.facts) == 1
        assert report.facts[0].got
        checked += 1
    assert checked
