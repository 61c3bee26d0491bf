"""Each program's file is read back by avpi to the very counts that it was written from."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from numpy.typing import NDArray

from avpi.formats.plate_file import read_plate_file
from avpi.readings import PlateRead
from avpi.virtual_lab.design import READERS, ReaderName
from avpi.virtual_lab.plate_programs.label import PlateLabel
from avpi.virtual_lab.plates import PROGRAMS

LABEL = PlateLabel(barcode="SIM-1", number=2, read_on=dt.date(2026, 1, 12))
READ_AS = {"envision": "EnVision Workstation 1.13.3009.1401", "victor": "list", "excel": "grid"}


def counts() -> NDArray[np.float64]:
    values = np.random.default_rng(5).integers(300, 1_200_000, (8, 12)).astype(float)
    values[0, 0] = np.nan
    values[7, 11] = np.nan
    return values


def read_back(reader: ReaderName, folder: Path) -> tuple[str, PlateRead]:
    suffix, write = PROGRAMS[reader]
    path = folder / f"plate.{suffix}"
    path.write_bytes(write(counts(), LABEL))
    reading = read_plate_file(path, path.name)
    (plate,) = reading.plates
    (read,) = plate.reads
    return reading.reader, read


def test_every_reader_has_a_program() -> None:
    assert tuple(PROGRAMS) == READERS


@pytest.mark.parametrize("reader", READERS)
def test_the_counts_come_back_and_unread_wells_stay_unread(reader: ReaderName, tmp_path: Path) -> None:
    program, read = read_back(reader, tmp_path)
    assert program == READ_AS[reader]
    np.testing.assert_array_equal(read.values, counts())
    assert (read.kind, read.mode) == ("measured", "luminescence")


@pytest.mark.parametrize("reader", READERS)
def test_the_same_counts_are_the_same_bytes(reader: ReaderName) -> None:
    _, write = PROGRAMS[reader]
    assert write(counts(), LABEL) == write(counts(), LABEL)


def test_the_export_has_the_parts_of_an_envision_file_in_its_order() -> None:
    text = PROGRAMS["envision"][1](counts(), LABEL).decode("ascii")
    parts = [
        "Plate information",
        "US LUM 96",
        "1/12/2026 10:02:25 AM",
        "Basic assay information",
        "CTG_LUM",
        "EnVision Workstation version 1.13",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_a_victor_list_has_a_row_a_well_with_its_time() -> None:
    lines = PROGRAMS["victor"][1](counts(), LABEL).decode("ascii").splitlines()
    assert lines[0] == "Plate,Repeat,Well,Type,Time,CTG_LUM 0.1s (CPS)"
    assert lines[1].startswith("2,1,A02,M,00:00:07.09,")
    assert len(lines) == 1 + 96 - 2
    times = [line.split(",")[4] for line in lines[1:]]
    assert times == sorted(times)


def test_the_workbook_opens_and_carries_no_time() -> None:
    raw = PROGRAMS["excel"][1](counts(), LABEL)
    sheet = openpyxl.load_workbook(io.BytesIO(raw))["Luminescence"]
    assert sheet["A1"].value == "Barcode SIM-1"
    assert [cell.value for cell in sheet[4]] == ["RLU", *range(1, 13)]
    assert sheet["B5"].value is None
    assert sheet["C5"].value == counts()[0, 1]
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert {part.date_time for part in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {part.compress_type for part in archive.infolist()} == {zipfile.ZIP_STORED}
