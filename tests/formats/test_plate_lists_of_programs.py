"""Lists that programs write: BMG's tables with broken headers, EnVision's list layout, GloMax's raw lists."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from avpi.errors import FileFormatError
from avpi.formats.plate_file import read_plate_file
from avpi.readings import PlateReading, row_letters, well_name
from tests.formats.export_rows import Rows, name, wells_of
from tests.formats.plate_texts import read_text, value_of

PLATE = (8, 12)
EVERY_WELL = {well_name(*at): float(value_of(*at)) for at in wells_of(PLATE)}


def read_book(folder: Path, rows: Rows) -> PlateReading:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    book.save(folder / "plate.xlsx")
    return read_plate_file(folder / "plate.xlsx", "plate.xlsx")


MARS = [
    ["User: U", "", "Path: x", "", "", "Test ID: 1"],
    ["Test Name: CTG", "", "Date: 18/06/2026", "", "", "Time: 15:56:48"],
    ["ID1: P9"],
    ["Luminescence"],
    [],
]


@pytest.mark.parametrize("gap", ["\n", "\r\n", "_x000D_\n", "  ", "\u00a0"])
def test_a_table_of_mars_is_read_with_any_white_space_in_its_headers(tmp_path: Path, gap: str) -> None:
    header = [f"Well{gap}Row", f"Well{gap}Col", "Content", f"Raw Data{gap}(No filter)"]
    rows = [[row_letters(r), c + 1, "Sample X1", value_of(r, c)] for r, c in wells_of(PLATE)]
    plate = read_book(tmp_path, [*MARS, header, *rows]).plates[0]
    assert plate.name == "P9"
    assert [(read.kind, read.mode) for read in plate.reads] == [("measured", "luminescence")]
    assert plate.reads[0].wells() == EVERY_WELL


def test_a_row_without_its_column_is_no_table_of_mars(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="no values on wells"):
        read_book(tmp_path, [*MARS, ["Well\nRow", "Content", "Raw Data (No filter)"], ["A", "Sample X1", 7]])


def test_a_list_is_read_with_a_line_break_in_its_header(tmp_path: Path) -> None:
    rows = [[row_letters(r), c + 1, value_of(r, c)] for r, c in wells_of(PLATE)]
    reading = read_book(tmp_path, [["Well\nRow", "Well\nCol", "Lum\n(RLU)"], *rows])
    assert reading.plates[0].reads[0].wells() == EVERY_WELL
    assert reading.plates[0].reads[0].name == "Lum (RLU)"


def test_a_list_with_wells_of_a_glomax_is_read(tmp_path: Path) -> None:
    lines = [f"{row_letters(r)}:{c + 1},{value_of(r, c)}" for r, c in wells_of(PLATE)]
    reading = read_text(tmp_path, "\n".join(["WellPosition,RLU", *lines]) + "\n")
    assert (reading.reader, reading.plates[0].reads[0].wells()) == ("list", EVERY_WELL)


@pytest.mark.parametrize("well", ["A:", ":1", "A:1:2", "A:0", "SPL1:1"])
def test_what_only_looks_like_a_well_with_a_colon_is_refused(tmp_path: Path, well: str) -> None:
    with pytest.raises(FileFormatError, match="is no well of a plate"):
        read_text(tmp_path, f"WellPosition,RLU\nA:1,5\n{well},6\n")
    with pytest.raises(FileFormatError, match="is no well of a plate"):
        read_text(tmp_path, f"SequenceID,WellPosition,RLU\n1,A:1,5\n2,{well},6\n")


def glomax_lines(step: str, add: int = 0, *, colon: str = ":") -> list[str]:
    wells = wells_of(PLATE)
    return [
        f"{step},{i},{row_letters(r)}{colon}{c + 1},0,,{value_of(r, c) + add},,{17 * i}"
        for i, (r, c) in enumerate(wells)
    ]


GLOMAX = "ID,SequenceID,WellPosition,ScanPosition,Tag,RLU,RLU(RQ),Timestamp(ms)"


@pytest.mark.parametrize("colon", [":", ""])
def test_a_raw_list_of_a_glomax_is_known_by_its_columns(tmp_path: Path, colon: str) -> None:
    text = "\n".join([GLOMAX, *glomax_lines("7f", colon=colon)]) + "\n"
    reading = read_text(tmp_path, text, name="Quick Read n1.csv")
    read = reading.plates[0].reads[0]
    assert (reading.reader, reading.trust, reading.plates[0].name) == ("GloMax", "draft", "Quick Read n1")
    assert [len(p.reads) for p in reading.plates] == [1]
    assert (read.name, read.kind, read.mode, read.unit) == ("RLU", "measured", "luminescence", "RLU")
    assert read.wells() == EVERY_WELL


def test_each_step_of_a_raw_list_is_a_read(tmp_path: Path) -> None:
    text = "\n".join([GLOMAX, *glomax_lines("a"), *glomax_lines("b", 50000)]) + "\n"
    first, second = read_text(tmp_path, text).plates[0].reads
    assert (first.name, second.name) == ("RLU (step 1)", "RLU (step 2)")
    assert (first.wells()["B03"], second.wells()["B03"]) == (10203, 60203)


def test_a_well_that_stands_twice_in_a_step_is_refused(tmp_path: Path) -> None:
    lines = glomax_lines("a")
    with pytest.raises(FileFormatError, match="'A01' stands here a second time"):
        read_text(tmp_path, "\n".join([GLOMAX, *lines, lines[0]]) + "\n")


def test_what_a_glomax_derives_is_calculated_and_a_sheet_without_a_list_is_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["notes", "of somebody"])
    sheet = book.create_sheet("list")
    sheet.append(GLOMAX.split(","))
    for at in wells_of((2, 3)):
        sheet.append([1, 1, f"{row_letters(at[0])}:{at[1] + 1}", 0, "", value_of(*at), 0.5, 3])
    book.save(tmp_path / "plate.xlsx")
    reading = read_plate_file(tmp_path / "plate.xlsx", "plate.xlsx")
    assert [(r.name, r.kind) for r in reading.plates[0].reads] == [("RLU", "measured"), ("RLU(RQ)", "calculated")]
    assert "sheet_ignored" in {caveat.code for caveat in reading.caveats}


US_LUM = "De=USLum Ex=N/A Em=N/A Wdw=N/A (12)"
INFORMATION = "Plate information\nPlate,Repeat,Barcode,Label,Measinfo,Kinetics,Measurement date,\n"
FOOTER = "\nExported with EnVision Workstation version 1.13.3009.1401\n"
LIST = "Plate,Repeat,Well,Type,Time,US LUM 96(1) (cps),"


def plate_line(number: int, repeat: int, barcode: str) -> str:
    return f"{number},{repeat},{barcode},US LUM 96(1),{US_LUM},0,1/2/2024 1:00:00 PM,\n"


def envision_list(number: int, repeat: int, add: int = 0) -> str:
    wells = wells_of(PLATE)
    return "".join(f"{number},{repeat},{name(at)},M,00:00:0{at[0]}.10,{value_of(*at) + add},\n" for at in wells)


def test_a_list_of_envision_is_read_by_plate_repeat_and_well(tmp_path: Path) -> None:
    plates = plate_line(1, 1, "BC1") + plate_line(1, 2, "BC1") + plate_line(2, 1, "BC2")
    rows = envision_list(1, 1) + envision_list(1, 2, 50000) + envision_list(2, 1, 70000)
    reading = read_text(tmp_path, f"{INFORMATION}{plates}\n{LIST}\n{rows}{FOOTER}")
    assert [(p.name, p.barcode, p.measured_at) for p in reading.plates] == [
        ("BC1", "BC1", "1/2/2024 1:00:00 PM"),
        ("BC2", "BC2", "1/2/2024 1:00:00 PM"),
    ]
    first, again = reading.plates[0].reads
    assert (first.name, again.name) == ("US LUM 96(1) (cps)", "US LUM 96(1) (cps) (repeat 2)")
    assert {(r.kind, r.mode, r.unit) for p in reading.plates for r in p.reads} == {("measured", "luminescence", "cps")}
    assert first.wells() == EVERY_WELL
    assert (again.wells()["H12"], reading.plates[1].reads[0].wells()["B03"]) == (value_of(7, 11) + 50000, 80203)


def test_empty_lines_in_a_list_of_envision_lose_nothing(tmp_path: Path) -> None:
    rows = "\n".join([envision_list(1, 1).replace("1,1,D07", "\n1,1,D07"), envision_list(2, 1, 70000)])
    plates = plate_line(1, 1, "BC1") + plate_line(2, 1, "BC2")
    first, second = read_text(tmp_path, f"{INFORMATION}{plates}\n{LIST}\n{rows}{FOOTER}").plates
    assert first.reads[0].wells() == EVERY_WELL
    assert second.reads[0].wells() == {well: value + 70000 for well, value in EVERY_WELL.items()}


def test_a_list_of_envision_below_each_plate_information_is_read(tmp_path: Path) -> None:
    one = f"{INFORMATION}{plate_line(1, 1, 'BC1')}\n{LIST}\n{envision_list(1, 1)}\n"
    two = f"{INFORMATION}{plate_line(2, 1, 'BC2')}\n{LIST}\n{envision_list(2, 1, 70000)}\n"
    reading = read_text(tmp_path, one + two + FOOTER)
    assert [(p.name, p.reads[0].wells()["B03"]) for p in reading.plates] == [("BC1", 10203), ("BC2", 80203)]


def test_a_list_of_envision_may_have_calculated_and_saturated_wells(tmp_path: Path) -> None:
    header = LIST + "Calc 1: Crosstalk,Signal (cps),"
    rows = "1,1,A1,M,0,7,6.5,8,\n1,1,A2,M,0,OVER,1.5,,\n"
    reads = read_text(tmp_path, f"{INFORMATION}{plate_line(1, 1, '')}\n{header}\n{rows}{FOOTER}").plates[0].reads
    assert [(r.name, r.kind) for r in reads] == [
        ("US LUM 96(1) (cps)", "measured"),
        ("Calc 1: Crosstalk", "calculated"),
        ("Signal (cps)", "measured"),
    ]
    assert reads[0].overflow[0, 1]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1,1,A1,M,0,7,\n1,1,A1,M,0,8,\n", "'A01' stands here a second time"),
        ("1,1,A1,M,0,7,\n1,1,Q77,M,0,8,\n", "'Q77' is no well of a plate"),
        ("1,1,A1,M,0,,\n", "no column of values"),
    ],
)
def test_a_list_of_envision_that_cannot_be_placed_is_refused(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        read_text(tmp_path, f"{INFORMATION}{plate_line(1, 1, 'BC1')}\n{LIST}\n{rows}{FOOTER}")


def test_a_matrix_below_several_plates_of_one_section_is_still_refused(tmp_path: Path) -> None:
    matrix = "Results for US LUM 96(1) (CPS)\n,1,2,3\nA,1,2,3\nB,4,5,6\n"
    plates = plate_line(1, 1, "BC1") + plate_line(2, 1, "BC2")
    with pytest.raises(FileFormatError, match="names 2 plates"):
        read_text(tmp_path, f"{INFORMATION}{plates}\n{matrix}{FOOTER}")
