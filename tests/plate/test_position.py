"""Place on the plate: a gradient that DMSO wells show is taken out, and one that chance shows is not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from avpi.plate.position import position_field
from avpi.plate.results import PlateResult, Well
from avpi.readings import well_name
from tests.plate.simulated_plate import BACKGROUND, VEHICLE, analyse

SHAPE = (16, 24)
NOISE = 0.05


def vehicle_wells(values: dict[tuple[int, int], float]) -> list[Well]:
    return [
        Well(
            name=well_name(*place), row=place[0], column=place[1], role="vehicle", condition=None, raw=value,
            reading=value, viability=math.nan, state="used",
        )
        for place, value in values.items()
    ]  # fmt: skip


def gradient(row: int, column: int) -> float:
    """A plate that reads 30 % lower at the bottom, and a bowl of 10 % across."""
    return math.exp(-0.3 * row / (SHAPE[0] - 1) + 0.1 * math.cos(2 * math.pi * column / (SHAPE[1] - 1)))


def spread_controls() -> list[tuple[int, int]]:
    return [(row, column) for row in range(1, SHAPE[0] - 1, 3) for column in (1, 6, 11, 17, 22)]


def plate(*, uneven: bool, seed: int = 1) -> PlateResult:
    """DMSO over the whole plate, the same arm of 60 % everywhere else."""
    random = np.random.default_rng(seed)
    words, values = {}, {}
    for row in range(SHAPE[0]):
        for column in range(SHAPE[1]):
            vehicle = (row, column) in spread_controls()
            words[well_name(row, column)] = "DMSO" if vehicle else "SM"
            level = VEHICLE * (1.0 if vehicle else 0.6) * (gradient(row, column) if uneven else 1.0)
            values[well_name(row, column)] = level * math.exp(NOISE * random.standard_normal())
    words["P24"], values["P24"] = "blank", BACKGROUND
    words["O24"], values["O24"] = "blank", BACKGROUND
    return analyse(values, words, shape=SHAPE)


def test_a_gradient_that_dmso_wells_show_is_taken_out_of_all_wells() -> None:
    result = plate(uneven=True)
    (finding,) = [one for one in result.findings if one.code == "position_effect"]
    assert "It was taken out of the readings" in finding.text
    arm = [w.viability for w in result.wells if w.role == "sample" and w.reading != w.raw]
    assert len(arm) > 230
    assert np.std(np.log(arm)) < 1.3 * NOISE
    assert np.mean(arm) == pytest.approx(0.6, rel=0.03)
    bottom = [w.viability for w in result.wells if w.role == "sample" and w.row == 13 and w.reading != w.raw]
    assert np.mean(bottom) == pytest.approx(0.6, rel=0.05)


def test_readings_as_they_are_stay_beside_the_corrected_ones_and_quality_is_theirs() -> None:
    result = plate(uneven=True)
    well = next(w for w in result.wells if w.name == "N12")
    assert well.reading > 1.1 * well.raw
    assert result.quality.vehicle_cv.value > 0.1
    assert result.quality.drift_down.value == pytest.approx(math.exp(-0.3 * 12 / 15), rel=0.08)
    assert {"drift"} <= {one.code for one in result.findings}


def test_an_even_plate_is_left_alone() -> None:
    result = plate(uneven=False)
    assert all(w.reading == w.raw for w in result.wells if w.state == "used")
    assert not [one for one in result.findings if one.code in ("position_effect", "drift")]


def test_chance_is_taken_for_a_field_once_in_a_hundred_plates() -> None:
    random = np.random.default_rng(5)
    found = 0
    for _ in range(300):
        values = {place: 1e5 * math.exp(NOISE * random.standard_normal()) for place in spread_controls()}
        found += position_field(vehicle_wells(values), 0.0, SHAPE).state == "helps"
    assert found <= 8


def test_a_field_is_not_told_where_no_dmso_well_surrounds_a_place() -> None:
    random = np.random.default_rng(6)
    inner = [(row, column) for row in range(4, 12) for column in range(6, 18, 2)]
    values = {place: 1e5 * gradient(*place) * math.exp(0.02 * random.standard_normal()) for place in inner}
    field = position_field(vehicle_wells(values), 0.0, SHAPE)
    assert field.state == "helps"
    assert np.isnan(field.factor[0, 0])
    assert np.isfinite(field.factor[5, 7])


def test_dmso_in_one_column_says_nothing_of_the_others() -> None:
    random = np.random.default_rng(7)
    values = {(row, 3): 1e5 * gradient(row, 3) * math.exp(0.02 * random.standard_normal()) for row in range(1, 15)}
    field = position_field(vehicle_wells(values), 0.0, SHAPE)
    assert field.state == "helps"
    assert np.isfinite(field.factor[1:15, 3]).all()
    assert np.isnan(field.factor[:, 4]).all()


def test_few_or_equal_dmso_wells_give_no_field() -> None:
    few = {(row, column): 1e5 + row for row in range(8) for column in (0, 5)}
    assert position_field(vehicle_wells(few), 0.0, (8, 12)).reason == "6 DMSO wells off the rim; 12 are needed"
    equal = {place: 1e5 for place in spread_controls()}
    assert position_field(vehicle_wells(equal), 0.0, SHAPE).reason == "all DMSO wells read the same"


def dmso(columns: tuple[int, ...], seed: int, level: dict[tuple[int, int], float]) -> dict[tuple[int, int], float]:
    """DMSO in whole columns of 96 wells with a scatter of 6 %, some of them at another level."""
    random = np.random.default_rng(seed)
    places = [(row, column) for row in range(8) for column in columns]
    return {p: 100 + 1e5 * level.get(p, 1.0) * math.exp(0.06 * random.standard_normal()) for p in places}


@pytest.mark.parametrize("columns", [(0, 1, 11), (0, 11), (0, 1)])
def test_a_rim_that_dried_out_moves_no_well_inside(columns: tuple[int, ...]) -> None:
    """A step at the rim is no slope: carried on into the plate it would look like death."""
    rim = {(row, 0): 0.75 for row in range(8)}
    for seed in range(20):
        field = position_field(vehicle_wells(dmso(columns, seed, rim)), 100.0, (8, 12))
        assert np.nanmax(np.abs(np.log(field.factor))) < 0.1


@pytest.mark.parametrize("columns", [(1, 10), (1, 5, 10)])
@pytest.mark.parametrize("level", [0.5, 0.3, 0.02])
def test_failed_neighbours_are_no_place(columns: tuple[int, ...], level: float) -> None:
    failed = {(1, 1): level, (2, 1): level, (3, 1): level}
    helped = 0
    for seed in range(20):
        field = position_field(vehicle_wells(dmso(columns, seed, failed)), 100.0, (8, 12))
        helped += field.state == "helps"
        assert np.nanmin(field.factor) > 0.8
    assert helped <= 2


def test_a_field_stays_within_what_dmso_wells_show() -> None:
    random = np.random.default_rng(9)
    slope = {(row, column): math.exp(-0.1 * column) for row in range(8) for column in (1, 2, 10)}
    values = {p: 1e5 * v * math.exp(0.03 * random.standard_normal()) for p, v in slope.items()}
    field = position_field(vehicle_wells(values), 0.0, (8, 12))
    assert field.state == "helps"
    assert 0.8 < field.highest / field.lowest / math.exp(0.9) < 1.2
