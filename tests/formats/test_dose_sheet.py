"""A workbook is read like the text that it would be saved as, and cells are named as the spreadsheet program does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from avpi.errors import FileFormatError
from avpi.formats.dose_table import open_dose_table


def book(folder: Path, rows: Sequence[Sequence[object]], *, second: str = "") -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "screen"
    for row in rows:
        sheet.append(row)
    if second:
        made.create_sheet(second).append(["x"])
    made.save(folder / "screen.xlsx")
    return folder / "screen.xlsx"


HEADER = ["compound", "dose_nM", "viability"]


def test_numbers_and_words_of_a_sheet(tmp_path: Path) -> None:
    rows: list[Sequence[object]] = [[], HEADER, ["007", 0, 1], [], [7, "1.5", ""], ["a", 10, "n/a"]]
    table = open_dose_table(book(tmp_path, rows))
    assert table.columns == tuple(HEADER)
    (batch,) = table.batches(HEADER, HEADER[1:])
    assert batch.to_pydict() == {
        "compound": ["007", "7", "a"], "dose_nM": [0.0, 1.5, 10.0], "viability": [1.0, None, None],
    }  # fmt: skip
    assert table.place(1) == "sheet 'screen', row 5"


def test_what_is_no_number_is_named_by_its_cell(tmp_path: Path) -> None:
    table = open_dose_table(book(tmp_path, [HEADER, ["a", 1, "90%"], ["a", "high", 0.5]]))
    with pytest.raises(FileFormatError) as caught:
        list(table.batches(HEADER, HEADER[1:]))
    assert "sheet 'screen', row 2, column 'viability': '90%' is no number" in str(caught.value)
    assert "sheet 'screen', row 3, column 'dose_nM': 'high' is no number" in str(caught.value)
    assert "--scale percent" in str(caught.value)


def test_a_decimal_comma_is_found_and_two_readings_are_refused(tmp_path: Path) -> None:
    table = open_dose_table(book(tmp_path, [HEADER, ["a", "1,5", "0,98"]]))
    assert next(iter(table.batches(["dose_nM"], ["dose_nM"]))).to_pydict() == {"dose_nM": [1.5]}
    with pytest.raises(FileFormatError, match="--decimal"):
        list(open_dose_table(book(tmp_path, [HEADER, ["a", "1,250", 1]])).batches(HEADER, HEADER[1:]))


@pytest.mark.parametrize(
    ("rows", "second", "message"),
    [
        ([HEADER, ["a", 1, 1]], "notes", "has 2 sheets ('screen', 'notes')"),
        ([[]], "", "without any value"),
        ([HEADER, ["a", 1, 1, 5]], "", "column D has cells and no name"),
    ],
)
def test_sheets_that_are_no_table(tmp_path: Path, rows: Sequence[Sequence[object]], second: str, message: str) -> None:
    with pytest.raises(FileFormatError) as caught:
        open_dose_table(book(tmp_path, rows, second=second))
    assert message in str(caught.value)


def test_text_that_is_named_like_a_workbook_is_read_as_text(tmp_path: Path) -> None:
    (tmp_path / "t.xls").write_text("compound\tdose_nM\tviability\na\t1,5\t0,5\n")
    table = open_dose_table(tmp_path / "t.xls")
    assert next(iter(table.batches(["dose_nM"], ["dose_nM"]))).to_pydict() == {"dose_nM": [1.5]}
    assert table.place(0) == "line 2"


def test_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    assert list(open_dose_table(book(tmp_path, [HEADER])).batches(HEADER, HEADER[1:])) == []
