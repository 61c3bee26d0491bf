import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.errors import NotAnalysed
from avpi.plate.normalise import median_se
from tests.plate.simulated_plate import analyse, arm, codes, place

LEVELS = {"DMSO": 1000.0, "blank": 100.0, "kill": 150.0, "SM": 550.0}


def flat(groups: dict[str, int], levels: dict[str, float] = LEVELS) -> tuple[dict[str, float], dict[str, str]]:
    labels = place(groups)
    return {well: levels[word] for well, word in labels.items()}, labels


def test_viability_is_relative_to_same_plate_vehicle_above_background() -> None:
    result = analyse(*flat({"DMSO": 4, "blank": 4, "SM": 3}))
    assert arm(result, "SM").viability.value == pytest.approx(0.5)
    assert result.method["background"] == "blank"


def test_killed_wells_are_the_background_where_there_are_no_blanks() -> None:
    result = analyse(*flat({"DMSO": 4, "kill": 4, "SM": 3}))
    assert arm(result, "SM").viability.value == pytest.approx(400 / 850)
    assert result.method["background"] == "kill"


def test_blanks_win_over_killed_wells() -> None:
    result = analyse(*flat({"DMSO": 4, "kill": 4, "blank": 4, "SM": 3}))
    assert result.method["background"] == "blank"


def test_without_background_wells_zero_is_taken_and_said() -> None:
    result = analyse(*flat({"DMSO": 4, "SM": 3}))
    assert arm(result, "SM").viability.value == pytest.approx(0.55)
    assert {"no_background_wells", "z_prime_not_estimable"} <= codes(result)


def test_viability_is_not_clipped() -> None:
    result = analyse(*flat({"DMSO": 4, "blank": 4, "SM": 3, "TNF": 3}, {**LEVELS, "SM": 50.0, "TNF": 1090.0}))
    assert arm(result, "TNF").viability.value == pytest.approx(1.1)
    below = [w.viability for w in result.wells if w.condition and w.condition.label == "SM"]
    assert below == pytest.approx([-50 / 900] * 3)


def test_no_vehicle_wells_stop_the_plate() -> None:
    with pytest.raises(NotAnalysed, match=r"No DMSO well on plate plate1\. Every viability is relative") as caught:
        analyse(*flat({"blank": 4, "SM": 3}))
    assert caught.value.code == "no_vehicle_wells"


def test_vehicle_wells_that_were_all_lost_stop_the_plate_too() -> None:
    values, labels = flat({"DMSO": 1, "blank": 4, "SM": 3})
    del values["A01"]
    with pytest.raises(NotAnalysed, match="No DMSO well could be used"):
        analyse(values, labels)


def test_vehicle_below_background_stops_the_plate() -> None:
    with pytest.raises(NotAnalysed) as caught:
        analyse(*flat({"DMSO": 4, "blank": 4, "SM": 3}, {**LEVELS, "DMSO": 90.0}))
    assert caught.value.code == "vehicle_not_above_background"


def test_one_vehicle_well_gives_values_without_errors() -> None:
    result = analyse(*flat({"DMSO": 1, "blank": 4, "SM": 3}))
    assert "single_vehicle_well" in codes(result)
    found = arm(result, "SM")
    assert found.viability.value == pytest.approx(0.5)
    assert math.isnan(found.log_se)
    assert math.isnan(found.viability.low)
    assert "one DMSO well" in found.viability.method


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 8, 10, 25, 60])
def test_the_error_of_the_median_agrees_with_simulation(n: int) -> None:
    rng = np.random.default_rng(n)
    medians = np.median(rng.standard_normal((20_000, n)), axis=1)
    assert median_se(1.0, n) == pytest.approx(float(np.std(medians)), rel=0.03)


@given(
    scale=st.floats(1e-3, 1e6),
    offset=st.floats(0, 1e6),
    sm=st.floats(0.05, 1.5),
)
def test_viability_does_not_depend_on_the_readers_unit_or_offset(scale: float, offset: float, sm: float) -> None:
    labels = place({"DMSO": 4, "blank": 4, "SM": 4})
    level = {"DMSO": 1.0, "blank": 0.0, "SM": sm}
    wobble = [0.99, 1.0, 1.01, 1.02]
    values = {w: offset + scale * 1000 * level[c] * wobble[i % 4] for i, (w, c) in enumerate(labels.items())}
    found = arm(analyse(values, labels), "SM").viability
    reference = {w: 1000 * level[c] * wobble[i % 4] for i, (w, c) in enumerate(labels.items())}
    expected = arm(analyse(reference, labels), "SM").viability
    tolerance = 1e-6 + 1e-12 * offset / scale
    assert found.value == pytest.approx(expected.value, rel=tolerance, abs=tolerance)
