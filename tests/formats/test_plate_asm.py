"""Readings of plates as documents of the Allotrope Simple Model."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from avpi.errors import FileFormatError
from avpi.formats.plate_asm import reading_to_asm
from avpi.readings import Plate, PlateRead, PlateReading, ReadKind, ReadMode


def read_of(values: list[float], *, mode: ReadMode = "luminescence", kind: ReadKind = "measured") -> PlateRead:
    matrix = np.full((8, 12), np.nan)
    matrix[0, : len(values)] = values
    overflow = np.isinf(matrix)
    matrix[overflow] = np.nan
    return PlateRead(name=f"{kind} {mode}", kind=kind, mode=mode, unit="RLU", values=matrix, overflow=overflow)


def asm_of(*reads: PlateRead, measured_at: str = "2024-03-05 10:15:00") -> dict[str, Any]:
    plate = Plate(name="P1", barcode="BC7", measured_at=measured_at, reads=reads)
    reading = PlateReading(reader="Gen5 3.12", trust="verified", plates=(plate,), source="a.txt")
    document: dict[str, Any] = json.loads(json.dumps(reading_to_asm(reading), allow_nan=False))
    assert "plate-reader" in document["$asm.manifest"]
    content: dict[str, Any] = document["plate reader aggregate document"]
    return content


def test_each_well_that_was_read_is_a_document_with_its_place_and_value() -> None:
    content = asm_of(read_of([11.0, np.nan, 13.0]))
    aggregates = [document["measurement aggregate document"] for document in content["plate reader document"]]
    assert [aggregate["plate well count"]["value"] for aggregate in aggregates] == [96, 96]
    assert [aggregate["measurement time"] for aggregate in aggregates] == ["2024-03-05T10:15:00"] * 2
    measured = [aggregate["measurement document"][0] for aggregate in aggregates]
    assert [one["sample document"]["location identifier"] for one in measured] == ["A01", "A03"]
    assert [one["luminescence"] for one in measured] == [{"value": 11.0, "unit": "RLU"}, {"value": 13.0, "unit": "RLU"}]
    assert {one["sample document"]["well plate identifier"] for one in measured} == {"BC7"}


def test_a_saturated_well_has_an_error_and_no_value() -> None:
    content = asm_of(read_of([np.inf]))
    (measured,) = content["plate reader document"][0]["measurement aggregate document"]["measurement document"]
    assert measured["error aggregate document"]["error document"][0]["error feature"] == "luminescence"
    assert "luminescence" not in measured


def test_calculated_values_name_the_measurements_of_their_well() -> None:
    content = asm_of(read_of([11.0, 12.0]), read_of([0.5], kind="calculated"))
    (calculated,) = content["calculated data aggregate document"]["calculated data document"]
    (source,) = calculated["data source aggregate document"]["data source document"]
    first = content["plate reader document"][0]["measurement aggregate document"]["measurement document"][0]
    assert source["data source identifier"] == first["measurement identifier"]
    assert calculated["calculated result"]["value"] == 0.5


def test_absorbance_is_counted_in_thousandths_and_luminescence_by_electricity_keeps_its_name() -> None:
    content = asm_of(read_of([0.25], mode="absorbance"), read_of([7.0], mode="electrochemiluminescence"))
    one, two = content["plate reader document"][0]["measurement aggregate document"]["measurement document"]
    assert one["absorbance"] == {"value": 250.0, "unit": "mAU"}
    (control,) = two["device control aggregate document"]["device control document"]
    assert control["detection type"] == "Electrochemiluminescence"


def test_a_date_that_may_be_two_days_is_kept_in_its_own_words() -> None:
    aggregate = asm_of(read_of([1.0]), measured_at="3/4/2025 9:00")["plate reader document"][0]
    assert "measurement time" not in aggregate["measurement aggregate document"]
    assert aggregate["measurement aggregate document"]["custom information document"] == {
        "measured at": "3/4/2025 9:00"
    }


def test_a_read_that_does_not_say_what_was_measured_is_refused() -> None:
    with pytest.raises(FileFormatError, match="does not say what was measured in 'measured unknown'"):
        asm_of(read_of([1.0], mode="unknown"))
