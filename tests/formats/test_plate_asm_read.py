"""Readings from documents of the Allotrope Simple Model, and from files that allotropy reads."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.errors import FileFormatError
from avpi.formats.plate_asm import reading_to_asm
from avpi.formats.plate_asm_read import asm_to_reading, read_through_allotropy
from avpi.readings import PLATE_SHAPES, Plate, PlateRead, PlateReading


def measurement(well: str, value: float | None = 7.0, *, error: str = "", plate: str = "P") -> dict[str, Any]:
    made: dict[str, Any] = {
        "sample document": {"location identifier": well, "well plate identifier": plate},
        "device control aggregate document": {"device control document": [{"detection type": "Luminescence"}]},
    }
    if value is not None:
        made["luminescence"] = {"value": value, "unit": "RLU"}
    if error:
        made["error aggregate document"] = {"error document": [{"error": error, "error feature": "luminescence"}]}
    return made


def document(*wells: list[dict[str, Any]], software: str = "MARS", count: int = 6) -> dict[str, Any]:
    aggregates = [
        {"measurement aggregate document": {"plate well count": {"value": count}, "measurement document": well}}
        for well in wells
    ]
    system = {"software name": software}
    content = {"data system document": system, "plate reader document": aggregates}
    return {"plate reader aggregate document": content}


@given(shape=st.sampled_from(PLATE_SHAPES), seed=st.integers(0, 2**32 - 1))
def test_what_was_written_is_read_again(shape: tuple[int, int], seed: int) -> None:
    chance = np.random.Generator(np.random.Philox(seed))
    values = chance.integers(0, 10**6, shape).astype(np.float64)
    overflow = chance.random(shape) < 0.1
    values[overflow | (chance.random(shape) < 0.3)] = np.nan
    values[-1, -1], overflow[-1, -1] = 5.0, False
    read = PlateRead(name="LUM", kind="measured", mode="luminescence", unit="RLU", values=values, overflow=overflow)
    plate = Plate(name="P9", reads=(read,))
    reading = PlateReading(reader="Gen5", trust="verified", plates=(plate,), source="a.txt")
    again = asm_to_reading(reading_to_asm(reading), "a.json").plates[0]
    assert (again.name, again.reads[0].name, again.reads[0].mode) == ("P9", "LUM", "luminescence")
    assert again.reads[0].wells() == read.wells()
    assert np.array_equal(again.reads[0].overflow, overflow)


@pytest.mark.parametrize("error", ["NaN", "not reported", "OVRFLW"])
@pytest.mark.parametrize("value", [-0.0, 12.0, None])
def test_an_error_document_means_that_the_well_has_no_value(error: str, value: float | None) -> None:
    read = (
        asm_to_reading(document([measurement("A1")], [measurement("B1", value, error=error)]), "a.json")
        .plates[0]
        .reads[0]
    )
    assert read.wells() == {"A01": 7.0}
    assert bool(read.overflow[1, 0]) is (error == "OVRFLW")


def test_the_negative_zero_that_stands_for_no_value_is_no_value() -> None:
    read = asm_to_reading(document([measurement("A1", 0.0)], [measurement("B1", -0.0)]), "a.json").plates[0].reads[0]
    assert read.wells() == {"A01": 0.0}


def test_a_part_of_an_envision_plate_is_refused_and_a_part_of_another_is_read() -> None:
    part = [[measurement("A1")], [measurement("B1")]]
    assert len(asm_to_reading(document(*part), "a.json").plates[0].reads[0].wells()) == 2
    with pytest.raises(FileFormatError, match="2 of 6 wells"):
        asm_to_reading(document(*part, software="EnVision Workstation"), "a.json")


def test_reads_that_only_their_order_tells_apart_need_the_same_wells() -> None:
    both = [measurement("A1", 1.0), measurement("A1", 2.0)]
    reads = asm_to_reading(document(both), "a.json").plates[0].reads
    assert [(read.name, read.wells()["A01"]) for read in reads] == [("Luminescence", 1.0), ("Luminescence (2)", 2.0)]
    with pytest.raises(FileFormatError, match="the read before in 2"):
        asm_to_reading(document(both, [measurement("B1", 3.0)]), "a.json")


@pytest.mark.parametrize("count", [6, 104, 384])
def test_a_count_of_wells_that_cannot_be_right_gives_way_to_the_wells(count: int) -> None:
    read = asm_to_reading(document([measurement("H12")], count=count), "a.json").plates[0].reads[0]
    assert read.values.shape == ((16, 24) if count == 384 else (8, 12))
    assert read.wells() == {"H12": 7.0}


@pytest.mark.parametrize(
    ("wells", "software", "found"),
    [
        (["Y1", "e48"], "any", {"Y01", "AE48"}),
        (["e1", "e48"], "BMG LABTECH MARS", {"AE01", "AE48"}),
        (["a1", "b12"], "any", {"A01", "B12"}),
    ],
)
def test_small_letters_are_the_rows_after_z_of_bmg_and_beside_capital_ones(
    wells: list[str], software: str, found: set[str]
) -> None:
    made = document(*([measurement(well)] for well in wells), software=software, count=1536)
    assert set(asm_to_reading(made, "a.json").plates[0].reads[0].wells()) == found


def test_counts_of_meso_scale_are_electrochemiluminescence() -> None:
    reading = asm_to_reading(document([measurement("A1")], software="Methodical Mind"), "a.json")
    assert reading.plates[0].reads[0].mode == "electrochemiluminescence"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "is no plate reader document"),
        (document(), "holds no values of wells"),
        (document([measurement("Z99")]), "stands at 'Z99', which is no well"),
        (document([measurement("A1")], [measurement("A1")]), "well 'A1' of plate 'P' stands twice"),
    ],
)
def test_documents_that_cannot_be_placed_on_wells_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(FileFormatError, match=said):
        asm_to_reading(wrong, "a.json")


def test_allotropy_is_asked_where_it_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class ConversionError(Exception):
        pass

    def convert(path: str, vendor: Enum) -> dict[str, Any]:
        if "broken" in path:
            raise ConversionError("no header")
        assert vendor.name == "BMG_MARS"
        return document([measurement("A1", 9.0)])

    class Vendor(Enum):
        BMG_MARS = "BMG_MARS"

    monkeypatch.setitem(sys.modules, "allotropy", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "allotropy.parser_factory", SimpleNamespace(Vendor=Vendor))
    monkeypatch.setitem(sys.modules, "allotropy.to_allotrope", SimpleNamespace(allotrope_from_file=convert))
    reading = read_through_allotropy(tmp_path / "a.csv", "a.csv", vendor="bmg_mars")
    assert (reading.trust, reading.plates[0].reads[0].wells()) == ("draft", {"A01": 9.0})
    with pytest.raises(FileFormatError, match=r"knows no vendor 'XYZ'\. Expected one of BMG_MARS"):
        read_through_allotropy(tmp_path / "a.csv", "a.csv", vendor="XYZ")
    with pytest.raises(FileFormatError, match="cannot read it: no header"):
        read_through_allotropy(tmp_path / "broken.csv", "broken.csv", vendor="BMG_MARS")


def test_without_allotropy_its_installation_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "allotropy", None)
    with pytest.raises(FileFormatError, match="pip install allotropy"):
        read_through_allotropy(tmp_path / "a.csv", "a.csv", vendor="BMG_MARS")
