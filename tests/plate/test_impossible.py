"""Values that no measurement gives are left out and named; no value, however absurd, stops the run with a fault."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avpi.errors import NotAnalysed
from avpi.plate.results import PlateResult
from tests.plate.simulated_plate import analyse, arm, codes, draw, place

TRUTH = {"DMSO": 1.0, "kill": 0.01, "blank": 0.0, "SM": 0.4, "TNF": 0.95, "SM+TNF": 0.1}
LABELS = place({"DMSO": 6, "kill": 3, "blank": 3, "SM": 4, "TNF": 4, "SM+TNF": 4})


def wells_of(word: str) -> list[str]:
    return [well for well, label in LABELS.items() if label == word]


def plate(changed: dict[str, float] | None = None) -> PlateResult:
    values = draw(LABELS, TRUTH, np.random.default_rng(5), cv=0.05, floor=10.0)
    return analyse({**values, **(changed or {})}, LABELS)


def text_of(result: PlateResult, code: str) -> str:
    return next(finding.text for finding in result.findings if finding.code == code)


@pytest.mark.parametrize("value", [0.0, -5000.0, -50.0, 1e308, -1e308, 1e15, 60 * 50_000.0])
def test_a_treated_well_that_is_no_measurement_is_left_out_and_its_arm_rests_on_the_others(value: float) -> None:
    first = wells_of("SM")[0]
    result = plate({first: value})
    well = next(well for well in result.wells if well.name == first)
    assert (well.state, well.raw) == ("excluded", value)
    assert math.isnan(well.viability)
    assert first in text_of(result, "impossible_values")
    found = arm(result, "SM")
    assert found.wells == 3
    assert found.viability.value == pytest.approx(0.4, rel=0.1)
    assert "outlier_wells" not in codes(result)


@pytest.mark.parametrize("value", [0.0, -2000.0, 1e300, 5e6])
def test_a_vehicle_well_that_is_no_measurement_moves_nothing(value: float) -> None:
    first = wells_of("DMSO")[0]
    result = plate({first: value})
    assert result.arms[0].wells == 5
    assert result.passes
    assert arm(result, "SM").viability.value == pytest.approx(0.4, rel=0.1)


@pytest.mark.parametrize("word", ["blank", "kill"])
def test_an_impossible_control_is_left_out_too(word: str) -> None:
    result = plate({wells_of(word)[0]: 1e300})
    assert "impossible_values" in codes(result)
    assert result.passes
    assert arm(result, "SM").viability.value == pytest.approx(0.4, rel=0.1)


def test_a_zero_of_dead_wells_beside_empty_wells_near_zero_is_a_measurement() -> None:
    truth = {**TRUTH, "SM+TNF": 0.0}
    values = draw(LABELS, truth, np.random.default_rng(5), cv=0.05, floor=10.0)
    near_zero = {well: value - 500 for well, value in values.items()}
    for word in ("blank", "SM+TNF"):
        near_zero |= dict(zip(wells_of(word), (0.0, 3.0, 1.0, -2.0), strict=False))
    result = analyse(near_zero, LABELS)
    assert "impossible_values" not in codes(result)
    assert arm(result, "SM+TNF").wells == 4
    assert arm(result, "SM+TNF").viability.state == "below"


def test_an_arm_of_zeros_where_empty_wells_glow_was_not_read() -> None:
    result = plate(dict.fromkeys(wells_of("SM"), 0.0))
    assert "empty wells read" in text_of(result, "impossible_values")
    assert "SM" not in [a.condition.label for a in result.arms]
    assert "condition_lost" in codes(result)


def test_vehicle_far_below_nearly_everything_is_the_vehicles_fault() -> None:
    with pytest.raises(NotAnalysed) as caught:
        plate(dict.fromkeys(wells_of("DMSO"), 530.0) | {well: 3e4 for word in ("SM", "TNF") for well in wells_of(word)})
    assert caught.value.code == "vehicle_far_below_samples"


def test_exchanged_vehicle_and_blanks_still_stop_the_plate() -> None:
    swapped = {"DMSO": "blank", "blank": "DMSO"}
    values = draw(LABELS, TRUTH, np.random.default_rng(5))
    with pytest.raises(NotAnalysed) as caught:
        analyse(values, {well: swapped.get(word, word) for well, word in LABELS.items() if word not in ("SM", "TNF")})
    assert caught.value.code in ("vehicle_not_above_background", "vehicle_far_below_samples")


def test_a_plate_whose_vehicle_is_all_impossible_says_what_it_reads() -> None:
    with pytest.raises(NotAnalysed, match=r"No DMSO well could be used on plate plate1: A01 reads -4e\+04"):
        plate(dict.fromkeys(wells_of("DMSO"), -4e4))


def test_a_vehicle_below_zero_is_not_one() -> None:
    with pytest.raises(NotAnalysed) as caught:
        analyse({"A01": -1.0, "A02": -5.0, "A03": -2.0}, {"A01": "DMSO", "A02": "blank", "A03": "SM"})
    assert caught.value.code == "vehicle_not_above_background"


odd = st.one_of(
    st.floats(allow_nan=True, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 1e-320, 1e-300, -1e-300, 1.0, 500.0, 5e4, 1e12, -1e12, 1e300, -1e308]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(odd, min_size=24, max_size=24), st.booleans())
def test_no_value_stops_a_plate_with_a_fault(drawn: list[float], sound: bool) -> None:
    values = draw(LABELS, TRUTH, np.random.default_rng(5))
    values |= dict(zip(list(LABELS)[:: 3 if sound else 1], drawn, strict=False))
    try:
        result = analyse(values, LABELS)
    except NotAnalysed:
        return
    for found in result.arms:
        assert math.isfinite(found.log_viability) or found.viability.state == "not_estimable"
        assert found.viability.state == "not_estimable" or math.isfinite(found.viability.value)
