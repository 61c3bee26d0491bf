"""Wells that disagree with their replicates are named and kept."""

from __future__ import annotations

import math

import numpy as np
import pytest

from avpi.plate.results import PlateResult
from tests.plate.simulated_plate import analyse, arm, codes, draw, place

TRUTH = {"DMSO": 1.0, "blank": 0.0, "SM": 0.4, "TNF": 0.95, "SM+zVAD": 0.9, "SM+TNF": 0.1}
LABELS = place({"DMSO": 6, "blank": 4, "SM": 4, "TNF": 4, "SM+zVAD": 4, "SM+TNF": 4})


def wells_of(word: str) -> list[str]:
    return [well for well, label in LABELS.items() if label == word]


def plate(factors: dict[str, float], truth: dict[str, float] = TRUTH) -> PlateResult:
    values = draw(LABELS, truth, np.random.default_rng(5), cv=0.06)
    return analyse({well: value * factors.get(well, 1.0) for well, value in values.items()}, LABELS)


def text_of(result: PlateResult, code: str) -> str:
    return " ".join(finding.text for finding in result.findings if finding.code == code)


@pytest.mark.parametrize("factor", [60.0, 3.0, 0.3, 0.02])
@pytest.mark.parametrize("word", ["SM", "SM+zVAD", "DMSO"])
def test_a_well_far_from_its_replicates_is_named_with_its_arm_and_not_dropped(word: str, factor: float) -> None:
    if word != "SM" and factor == 60:
        return  # more than any cells can give: not an outlier but impossible
    first = wells_of(word)[0]
    result = plate({first: factor})
    said = text_of(result, "outlier_wells")
    assert first in said
    assert ("SM 100 nM" if word == "SM" else word.split("+")[0]) in said
    assert next(well for well in result.wells if well.name == first).state == "used"


def test_one_wild_well_does_not_widen_the_other_arms() -> None:
    calm, wild = plate({}), plate({wells_of("SM")[0]: 4.0})
    assert arm(wild, "TNF").log_se == pytest.approx(arm(calm, "TNF").log_se, rel=0.25)
    assert arm(wild, "SM").viability.state == "not_estimable" or arm(wild, "SM").log_se > 5 * arm(calm, "SM").log_se


def test_one_wild_vehicle_well_does_not_move_the_arms() -> None:
    calm, wild = plate({}), plate({wells_of("DMSO")[0]: 4.0})
    assert arm(wild, "TNF").viability.value == pytest.approx(arm(calm, "TNF").viability.value, rel=0.05)
    assert arm(wild, "TNF").log_se == pytest.approx(arm(calm, "TNF").log_se, rel=0.25)


def test_an_arm_whose_wells_contradict_one_another_is_lost_and_not_below_a_bound() -> None:
    result = plate({wells_of("SM+TNF")[0]: 60.0})
    lost = arm(result, "SM+TNF")
    assert lost.viability.state == "not_estimable"
    assert math.isnan(lost.log_viability)
    assert "does not tell dead from living" in text_of(result, "condition_lost")


def test_a_living_arm_of_a_plate_with_few_replicates_keeps_its_number() -> None:
    labels = place({"DMSO": 2, "SM": 1})
    found = arm(analyse({"A01": 900.0, "A02": 1100.0, "A03": 950.0}, labels), "SM").viability
    assert found.state == "measured"
    assert found.value == pytest.approx(0.95)
    assert found.low < 0.3
    assert found.high > 3


def test_calm_plates_have_no_outliers() -> None:
    rng = np.random.default_rng(8)
    named = sum("outlier_wells" in codes(analyse(draw(LABELS, TRUTH, rng), LABELS)) for _ in range(200))
    assert named <= 2


def test_dead_wells_are_no_outliers_and_their_arm_says_that_it_is_a_bound() -> None:
    result = plate({}, {**TRUTH, "SM+TNF": 0.0})
    assert "outlier_wells" not in codes(result)
    finding = next(finding for finding in result.findings if finding.code == "arm_below_background")
    assert finding.severity == "note"
    assert "SM 100 nM + TNF 10 ng/mL" in finding.text


def test_cells_far_above_vehicle_are_warned_of() -> None:
    result = plate({}, {**TRUTH, "SM": 2.9})
    assert "'SM 100 nM' (2." in text_of(result, "above_vehicle_viability")
    assert "TNF" not in text_of(result, "above_vehicle_viability")
    assert "above_vehicle_viability" not in codes(plate({}))


def test_the_yardstick_is_not_widened_by_what_it_measures() -> None:
    firsts = [wells_of(word)[0] for word in ("SM", "TNF", "SM+zVAD", "SM+TNF")]
    said = text_of(plate(dict.fromkeys(firsts, 5.0)), "outlier_wells")
    assert all(well in said for well in firsts)
