"""Plain grids and lists, and every way in which a file must not be guessed."""

from __future__ import annotations

import contextlib
import math
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avpi.errors import FileFormatError
from avpi.formats.plate_file import read_plate_file, readers, reading_to_json
from avpi.formats.spreadsheet import column_letters, find_delimiter
from avpi.readings import PLATE_SHAPES, row_letters, well_name
from tests.formats.plate_texts import grid_text, read_text, value_of

SHAPES = st.sampled_from(PLATE_SHAPES)
FILE_SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def refusal_of(folder: Path, text: str, *, name: str = "plate.csv", decimal: str = "") -> str:
    with pytest.raises(FileFormatError) as caught:
        read_text(folder, text, name=name, decimal=decimal)
    return str(caught.value)


def test_an_unread_well_is_missing_not_zero(tmp_path: Path) -> None:
    reading = read_text(tmp_path, grid_text(cell=lambda r, c: "" if (r, c) == (1, 1) else value_of(r, c)))
    read = reading.plates[0].reads[0]
    assert math.isnan(read.values[1, 1])
    assert "B02" not in reading_to_json(reading)["plates"][0]["reads"][0]["wells"]
    assert len(read.wells()) == 95


def test_a_saturated_well_is_flagged_and_has_no_value(tmp_path: Path) -> None:
    reading = read_text(tmp_path, grid_text(cell=lambda r, c: "OVRFLW" if (r, c) == (3, 6) else value_of(r, c)))
    json = reading_to_json(reading)["plates"][0]["reads"][0]
    assert json["overflow"] == ["D07"]
    assert "D07" not in json["wells"]
    assert "overflow_wells" in {caveat.code for caveat in reading.caveats}


@FILE_SETTINGS
@given(
    shape=SHAPES,
    delimiter=st.sampled_from([",", ";", "\t"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]),
    part=st.integers(0, 99),
)
def test_a_grid_of_any_plate_is_read_well_by_well(
    tmp_path: Path, shape: tuple[int, int], delimiter: str, encoding: str, part: int
) -> None:
    mark = "." if delimiter == "," else ","
    text = grid_text(shape, lambda r, c: f"{value_of(r, c)}{mark}{part:02d}", delimiter=delimiter)
    reading = read_text(tmp_path, text, encoding=encoding)
    expected = {well_name(r, c): value_of(r, c) + part / 100 for r in range(shape[0]) for c in range(shape[1])}
    assert reading.plates[0].reads[0].wells() == pytest.approx(expected, rel=1e-15)


@FILE_SETTINGS
@given(rows=st.lists(st.integers(0, 15), min_size=1, max_size=16, unique=True))
def test_rows_that_were_not_read_never_move_the_others(tmp_path: Path, rows: list[int]) -> None:
    reading = read_text(tmp_path, grid_text((16, 24), rows=rows))
    expected = {well_name(r, c): float(value_of(r, c)) for r in rows for c in range(24)}
    assert reading.plates[0].reads[0].wells() == expected
    assert reading.plates[0].reads[0].values.shape == (16, 24)


@FILE_SETTINGS
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 11)), min_size=2, max_size=96, unique=True))
def test_a_list_in_any_order_is_read_well_by_well(tmp_path: Path, wells: list[tuple[int, int]]) -> None:
    lines = ["Well;RLU", *(f"{row_letters(r)}{c + 1};{value_of(r, c)}" for r, c in wells)]
    reading = read_text(tmp_path, "\n".join(lines))
    assert reading.plates[0].reads[0].wells() == {well_name(r, c): float(value_of(r, c)) for r, c in sorted(wells)}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet='AB12,;.\t\n" =-OVER:', max_size=80))
def test_any_text_is_read_or_refused_and_never_crashes(tmp_path: Path, text: str) -> None:
    with contextlib.suppress(FileFormatError):
        read_text(tmp_path, text)


def test_a_file_that_nobody_recognises_is_refused_with_how_it_begins(tmp_path: Path) -> None:
    said = refusal_of(tmp_path, "dear diary\ntoday we read no plate\n")
    assert "'dear diary' / 'today we read no plate'" in said
    assert all(reader.looks_for in said for reader in readers())


@pytest.mark.parametrize(
    ("line", "program"),
    [
        ("Experiment File Path:\tDB:\\x.xpt", "Gen5"),
        ("~End", "SoftMax Pro"),
        ("Software Version,,Kaleido 3.5", "Kaleido"),
        ("experiment.skax", "SkanIt"),
        ("Device: infinite 200Pro", "i-control"),
        ("Device: Spark\tSparkControl V2.3", "SparkControl"),
        ("Barcode1 :\t<17>", "Methodical Mind"),
        ("User: USER\tPath: C:\\Program Files\\BMG LABTECH\\CLARIOstar", "BMG"),
    ],
)
def test_the_marks_of_a_program_in_a_damaged_file_are_named_and_it_is_not_read_as_a_grid(
    tmp_path: Path, line: str, program: str
) -> None:
    said = refusal_of(tmp_path, f"{line}\n\n{grid_text(delimiter=chr(9))}")
    assert program in said
    assert "not in a form that its reader knows" in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (grid_text((2, 3), lambda r, c: "SM" if r * c else 1), "line 3, column 3: 'SM' in well 'B02' is no number"),
        (grid_text() + "I,1,2,3\nI,1,2,3\n", "line 11, column 1: row 'I' stands here a second time, first in line 10"),
        ("A,1,2,3\nB,4,5,6\n", "is no plate reading that avpi recognises"),
        (",1,2,3\nA,1,5,2,5,3,5\nB,1,5,2,5,3,5\n", "stands right of the last column number '3'"),
        (",1,2,2,4\nA,1,2,3,4\nB,1,2,3,4\n", "column number '2' stands after '2'"),
        (",47,48,49\nA,1,2,3\nB,1,2,3\n", "column number '49' is outside every plate"),
        (grid_text() + "AG,1,2,3,4,5,6,7,8,9,10,11,12\n", "line 10: 'AG' is no row of a plate"),
        (",1,2,,1,2\nA,1,2,A,3,4\nB,1,2,B,3,4\n", "a second grid stands beside the first"),
        ("well,value\nA1,5\n,6\n", "line 3, column 1: has values but no well"),
        ("row,column,value\n1,1,5\n1,2,6\n", "whether rows are counted from 0 or 1 is not said"),
        ("well,value\nA1,5\nB1,six\nC1,7\n", "line 3, column 2: 'six' in well 'B01' is no number"),
        ('well,value\nA1,"5\n', "plate.csv:2: has a quotation mark that is never closed"),
        (",1,2\nA,-,n/a\nB,,\n", "has a grid of wells, but no value in it"),
    ],
)  # fmt: skip
def test_what_cannot_be_placed_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    said = refusal_of(tmp_path, text)
    assert message in said


def test_a_bare_matrix_that_is_no_whole_plate_is_refused(tmp_path: Path) -> None:
    said = refusal_of(tmp_path, "\n".join(",".join(["5"] * 12) for _ in range(7)))
    assert "is no plate reading that avpi recognises" in said


def test_a_table_of_numbers_below_headers_is_no_bare_matrix(tmp_path: Path) -> None:
    assert "is no plate reading" in refusal_of(tmp_path, "dose,time,response\n1,2,3\n4,5,6\n")


def test_wells_of_two_plates_need_a_plate_column(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "plate,well,value\nP1,A1,10101\nP2,A1,10101\n")
    assert [plate.name for plate in reading.plates] == ["P1", "P2"]
    assert "add a column 'plate'" in refusal_of(tmp_path, "well,value\nA1,1\nA1,2\n")


@pytest.mark.parametrize(
    ("title", "mode"),
    [
        ("CellTiter-Glo", "luminescence"),
        ("Absorbance 450 nm", "absorbance"),
        ("OD600", "absorbance"),
        ("Fluorescence (RFU)", "fluorescence"),
        ("MSD electrochemiluminescence", "electrochemiluminescence"),
        ("absorbance, then luminescence", "unknown"),
        ("Monday", "unknown"),
    ],
)
def test_what_was_measured_is_what_the_file_says(tmp_path: Path, title: str, mode: str) -> None:
    reading = read_text(tmp_path, f'"{title}"\n{grid_text()}')
    assert reading.plates[0].reads[0].mode == mode
    assert ("mode_unknown" in {caveat.code for caveat in reading.caveats}) == (mode == "unknown")


def test_a_workbook_of_numbers_needs_no_decimal_mark(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for r, line in enumerate(grid_text((2, 3), lambda r, c: value_of(r, c) + 0.25).splitlines()):
        for c, text in enumerate(line.split(",")):
            sheet.cell(r + 1, c + 1, float(text) if r and c else text)
    book.save(tmp_path / "plate.xlsx")
    reading = read_plate_file(tmp_path / "plate.xlsx", "plate.xlsx")
    assert reading.plates[0].reads[0].wells()["B03"] == value_of(1, 2) + 0.25


def test_a_hidden_sheet_is_named_and_not_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet("old")):
        assert sheet is not None
        for r, line in enumerate(grid_text((2, 3)).splitlines()):
            sheet.append([int(t) if r and c else t for c, t in enumerate(line.split(","))])
    book["old"].sheet_state = "hidden"
    book.save(tmp_path / "plate.xlsx")
    reading = read_plate_file(tmp_path / "plate.xlsx", "plate.xlsx")
    assert len(reading.plates) == 1
    assert "'old'" in next(caveat.text for caveat in reading.caveats if caveat.code == "hidden_sheet")


def test_a_small_workbook_that_claims_every_cell_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["XFD1048576"] = 1, 2
    book.save(tmp_path / "bomb.xlsx")
    with pytest.raises(FileFormatError, match="claims 1,048,576 rows and 16,384 columns"):
        read_plate_file(tmp_path / "bomb.xlsx", "bomb.xlsx")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"\x00\x01\x02abc\x00" * 30, "binary"), (b"PK\x03\x04 not a zip", "damaged workbook")],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "plate.xlsx").write_bytes(content)
    with pytest.raises(FileFormatError, match=message):
        read_plate_file(tmp_path / "plate.xlsx", "raw/plate.xlsx")


def test_a_zip_that_is_no_workbook_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "plate.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(FileFormatError, match="damaged workbook"):
        read_plate_file(tmp_path / "plate.xlsx", "plate.xlsx")
    with pytest.raises(FileFormatError, match=r"raw/none\.csv: was not found"):
        read_plate_file(tmp_path / "none.csv", "raw/none.csv")


def test_text_that_is_not_utf8_is_read_and_said(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "Temperature 37 °C\n" + grid_text(), encoding="cp1252")
    assert "not_utf8" in {caveat.code for caveat in reading.caveats}


def test_a_stray_quotation_mark_inside_one_line_loses_nothing(tmp_path: Path) -> None:
    reading = read_text(tmp_path, '"CTG" second run\n\n' + grid_text((2, 3)))
    assert len(reading.plates[0].reads[0].wells()) == 6
    said = refusal_of(tmp_path, grid_text((2, 3)).replace("10102", '"10102'))
    assert "plate.csv:2: has a quotation mark that is never closed" in said


def test_excels_separator_line_is_obeyed(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "sep=;\n" + grid_text((2, 3), delimiter=";"))
    assert reading.plates[0].reads[0].wells()["B03"] == value_of(1, 2)


def test_the_delimiter_is_the_one_that_most_lines_agree_on() -> None:
    assert find_delimiter("Plate 1, CTG, 24 h\n;1;2\nA;1,5;2,5\nB;1;2,5\n") == ";"
    assert find_delimiter('well,condition\nA1,"SM;TNF"\nA2,SM;TNF\n') == ","
    assert find_delimiter("no delimiter at all") == ""


def test_columns_of_a_workbook_have_their_letters() -> None:
    assert [column_letters(c) for c in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@pytest.mark.parametrize("gap", ["", "next morning", ",,,", "-,-,-"])
def test_rows_below_a_gap_in_a_grid_are_refused_and_never_lost(tmp_path: Path, gap: str) -> None:
    said = refusal_of(tmp_path, grid_text().replace("\nE,", f"\n{gap}\nE,"))
    assert "line 6: stands between rows of one plate: row 'E' comes below it" in said


def test_rows_far_below_a_grid_are_refused_as_well(tmp_path: Path) -> None:
    said = refusal_of(tmp_path, grid_text().replace("\nE,", "\n\n\n\n\n\nE,"))
    assert "row 'E' has 12 numbers, but stands below no column numbers" in said


def test_a_row_above_the_column_numbers_is_refused(tmp_path: Path) -> None:
    header, first, *others = grid_text().splitlines()
    said = refusal_of(tmp_path, "\n".join([first, header, *others, ""]))
    assert "line 1: row 'A' has 12 numbers, but stands below no column numbers" in said


def test_a_row_that_ends_early_is_told(tmp_path: Path) -> None:
    reading = read_text(tmp_path, grid_text().replace("\nE,10501,", "\nE,"))
    assert len(reading.plates[0].reads[0].wells()) == 95
    (told,) = [caveat.text for caveat in reading.caveats if caveat.code == "rows_end_early"]
    assert "(line 6)" in told
    assert "rows_end_early" not in {caveat.code for caveat in read_text(tmp_path, grid_text()).caveats}


def test_a_second_plate_without_column_numbers_is_refused_and_never_lost(tmp_path: Path) -> None:
    rows = grid_text().partition("\n")[2]
    said = refusal_of(tmp_path, f"{grid_text()}\nPlate 2\n{rows}")
    assert "row 'A' has 12 numbers, but stands below no column numbers" in said


def test_lines_that_end_twice_leave_no_empty_lines(tmp_path: Path) -> None:
    (tmp_path / "plate.csv").write_bytes(grid_text().replace("\n", "\r\r\n").encode())
    assert len(read_plate_file(tmp_path / "plate.csv", "plate.csv").plates[0].reads[0].wells()) == 96


def test_columns_of_one_name_are_reads_of_different_names(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "Well,RLU,RLU\nA1,5,6\nA2,7,8\n")
    assert [read.name for read in reading.plates[0].reads] == ["RLU", "RLU (2)"]
