"""One target over its membranes: what is compared, what is refused, and the curves."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from avpi.blot.course_band import course_band
from avpi.blot.replicates import compare_membranes
from avpi.blot.replicates_record import replicates_record
from avpi.report.drawing import style
from avpi.report.figures_membranes import draw_replicates
from tests.blot.lanes_of_studies import WORKING_DOSE, lane, membranes

HALF_LIFE, FLOOR = 10.0, 0.04
TRUTH = {t: FLOOR + (1 - FLOOR) * 0.5 ** (t / HALF_LIFE) for t in (5.0, 15.0, 30.0, 60.0, 240.0)}
DOSES = (1e-10, 1e-9, 3e-9, 1e-8, 1e-7)


def test_the_course_is_fitted_over_experiments() -> None:
    found = compare_membranes("cIAP1", membranes(TRUTH, seed=2, cv=0.08, vehicles=2), working_dose_molar=WORKING_DOSE)
    assert found.course.fit is not None
    half_life = found.course.fit.numbers.half_life_minutes
    assert half_life.low < HALF_LIFE < half_life.high
    assert half_life.n == 3
    assert {point.membrane for point in found.course.points} == {"blot1", "blot2", "blot3"}
    band = course_band(found.course.fit, [0.0, 10.0, 60.0])
    assert band is not None
    assert band.low[1] < 0.52 < band.high[1]
    assert band.experiments == 3


def test_a_loss_complete_at_the_first_harvest_has_a_one_sided_half_life() -> None:
    gone = {t: 0.02 for t in (15.0, 30.0, 60.0, 240.0)}
    found = compare_membranes("cIAP1", membranes(gone, seed=4, cv=0.1, vehicles=2, limit=0.03))
    assert found.course.fit is not None
    half_life = found.course.fit.numbers.half_life_minutes
    assert half_life.state == "below"
    assert half_life.value <= 15.0
    assert found.verdict.call == "pass"


def test_doses_give_a_curve_and_the_verdict_one_dose() -> None:
    lanes = []
    for number, name in enumerate(("a", "b", "c")):
        lanes += [lane(name, 1.0 + 0.05 * number, vehicle=True), lane(name, 0.98, vehicle=True)]
        lanes += [lane(name, (0.05 + 0.95 / (1 + dose / 2e-9)) * (1 + 0.03 * number), dose=dose) for dose in DOSES]
    found = compare_membranes("cIAP1", lanes, working_dose_molar=1e-7)
    assert found.doses.fit is not None
    dc50 = found.doses.fit.dc50_absolute_molar
    assert dc50.value == pytest.approx(2.2e-9, rel=0.15)
    assert (dc50.n, dc50.low < dc50.value < dc50.high) == (3, True)
    assert found.verdict.call == "pass"
    assert [one.lane.dose_molar for one in found.verdict.lanes] == [1e-7] * 3
    unsaid = compare_membranes("cIAP1", lanes)
    assert [finding.code for finding in unsaid.findings] == ["dose_ambiguous"]


def test_a_copied_membrane_is_refused() -> None:
    lanes = membranes(TRUTH, seed=6, count=2)
    copy = [replace(one, membrane="blot3", experiment="day of blot3") for one in lanes if one.membrane == "blot2"]
    found = compare_membranes("cIAP1", [*lanes, *copy])
    assert found.experiments == 2
    assert [(f.code, f.severity, f.subject) for f in found.findings] == [("pseudoreplication", "blocking", "blot3")]


def test_repeated_lanes_are_said_to_be_no_replicates() -> None:
    lanes = [lane("a", 1.0, vehicle=True), lane("a", 0.05), lane("a", 0.06), lane("a", 0.07)]
    found = compare_membranes("cIAP1", lanes)
    assert [finding.code for finding in found.findings] == ["pseudoreplication"]
    assert "n is 1" in found.findings[0].text


def test_the_record_is_json_and_the_figures_are_drawn() -> None:
    found = compare_membranes("cIAP1", membranes(TRUTH, seed=2, limit=0.05, log_se=0.03))
    text = json.dumps(replicates_record(found), allow_nan=False)
    assert '"call": "' in text
    with style():
        drawings = draw_replicates(found, "ciap1")
    assert [drawing.name for drawing in drawings] == ["ciap1-course"]
    assert len(drawings[0].points) == len(found.course.points)
    assert found.verdict.call in drawings[0].svg


@pytest.mark.parametrize("count", [1, 3])
def test_vehicle_alone_says_nothing(count: int) -> None:
    found = compare_membranes("cIAP1", [lane(str(i), 1.0 + i, vehicle=True) for i in range(count)])
    assert found.verdict.call == "inconclusive"
    assert found.course.fit is None
    assert found.doses.fit is None
