"""A workbook of several tables is not read as if it were the first of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from avpi.errors import FileFormatError
from avpi.formats.combination_table import read_combination_table
from avpi.formats.course_table import read_course_table

PAIRS = pd.DataFrame({"dose_a": [0, 0, 1, 1], "dose_b": [0, 1, 0, 1], "response": [1, 0.8, 0.7, 0.4]})
COURSE = pd.DataFrame({"minutes": [0, 5, 10, 30], "remaining": [1, 0.7, 0.4, 0.1]})


def workbook(path: Path, *sheets: pd.DataFrame) -> Path:
    with pd.ExcelWriter(path) as writer:
        for number, sheet in enumerate(sheets):
            sheet.to_excel(writer, sheet_name=f"plate {number + 1}", index=False)
    return path


def test_two_filled_sheets_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="has 2 sheets \\('plate 1', 'plate 2'\\)"):
        read_combination_table(workbook(tmp_path / "pairs.xlsx", PAIRS, PAIRS), "pairs.xlsx")
    with pytest.raises(FileFormatError, match="has 2 sheets"):
        read_course_table(workbook(tmp_path / "course.xlsx", COURSE, COURSE))


def test_empty_sheets_are_no_tables(tmp_path: Path) -> None:
    empty = pd.DataFrame()
    assert read_combination_table(workbook(tmp_path / "pairs.xlsx", empty, PAIRS), "pairs.xlsx").pairs
    assert read_course_table(workbook(tmp_path / "course.xlsx", COURSE, empty, empty)).series
