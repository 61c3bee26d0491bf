"""A sheet of a workbook as a table of doses and responses: it fits into memory, and every cell knows its address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from avpi.errors import FileFormatError, Problem
from avpi.formats.decimals import UNREAD_WORDS, cell_state, decide_decimal, parse_number
from avpi.formats.dose_cell_faults import text_problems
from avpi.formats.sheet_of_table import only_sheet
from avpi.formats.spreadsheet import Cell, Sheet, column_letters, read_spreadsheet


@dataclass(frozen=True, kw_only=True)
class SheetTable:
    """The one filled sheet of a workbook.

    Attributes
    ----------
    columns : names in the header; columns without one are left out.
    at : where each of them stands in the sheet, from 0.
    body : (rows,) rows of the sheet below the header that hold anything.
    decimal : mark of numbers that are written as text; empty to find it.
    delimiter : of a text file that is named like a workbook, as some programs do; empty for a workbook.
    """

    path: Path
    sheet: Sheet
    columns: tuple[str, ...]
    at: tuple[int, ...]
    body: tuple[int, ...]
    decimal: str
    delimiter: str

    @staticmethod
    def open(path: Path, decimal: str) -> SheetTable:
        """Read a workbook.

        Raises
        ------
        FileFormatError
            If it cannot be read, several of its sheets hold something, or none does.
        """
        book = read_spreadsheet(path, str(path))
        sheet = only_sheet(book)
        filled = [row for row in range(len(sheet.rows)) if not sheet.is_empty(row)]
        if not filled:
            raise FileFormatError(Problem(file=str(path), what="it is empty", expected="a header and rows below it"))
        names = [(at, text.strip()) for at, text in enumerate(sheet.texts[filled[0]]) if text.strip()]
        nameless = [
            at
            for at in range(max(len(sheet.rows[row]) for row in filled))
            if at not in dict(names) and any(sheet.text(row, at) for row in filled[1:])
        ]
        if nameless:
            what = f"column {column_letters(nameless[0])} has cells and no name"
            where = sheet.place(filled[0])
            raise FileFormatError(Problem(file=str(path), place=where, what=what, expected="a name in the first row"))
        return SheetTable(
            path=path,
            sheet=sheet,
            columns=tuple(name for _, name in names),
            at=tuple(at for at, _ in names),
            body=tuple(filled[1:]),
            decimal=decimal,
            delimiter=book.delimiter,
        )

    @property
    def source(self) -> str:
        """Name of the file."""
        return str(self.path)

    @cached_property
    def _place_of(self) -> dict[str, int]:
        return dict(zip(self.columns, self.at, strict=True))

    def place(self, row: int) -> str:
        """Return sheet and row as the spreadsheet program numbers them."""
        return self.sheet.place(self.body[row])

    def decimal_mark(self, columns: Sequence[str]) -> str:
        """Return the decimal mark of the numbers in some columns.

        Raises
        ------
        FileFormatError
            If cells contradict each other, or leave it open.
        """
        places: dict[str, str] = {}
        for name in columns:
            at = self._place_of[name]
            for row in self.body:
                cell = self.sheet.cell(row, at)
                if isinstance(cell, str) and cell_state(cell) == "number":
                    places.setdefault(cell, self.sheet.place(row, at))
        try:
            return decide_decimal(
                places, self.source, place_of=places.__getitem__, declared=self.decimal, delimiter=self.delimiter
            )
        except FileFormatError as error:
            hint = "Say which with '--decimal', or turn these cells into numbers"
            raise FileFormatError([replace(problem, hint=hint) for problem in error.problems]) from None

    def batches(self, columns: Sequence[str], numbers: Sequence[str]) -> Iterator[Any]:
        """Yield one Arrow table of some columns.

        Raises
        ------
        FileFormatError
            If a cell of ``numbers`` is no number.
        """
        import pyarrow as pa

        if not self.body:
            return
        mark = self.decimal_mark([name for name in numbers if name in columns])
        problems: list[Problem] = []
        made = {}
        for name in columns:
            cells = [self.sheet.cell(row, self._place_of[name]) for row in self.body]
            if name in numbers:
                made[name] = pa.array(self._numbers(cells, name, mark, problems), pa.float64())
            else:
                texts = (self.sheet.text(row, self._place_of[name]) for row in self.body)
                made[name] = pa.array([None if text.lower() in UNREAD_WORDS else text for text in texts], pa.string())
        if problems:
            raise FileFormatError(problems)
        yield pa.table(made)

    def _numbers(self, cells: Sequence[Cell], name: str, mark: str, problems: list[Problem]) -> list[float | None]:
        values = [
            cell if isinstance(cell, float) else None if cell.lower() in UNREAD_WORDS else parse_number(cell, mark)
            for cell in cells
        ]
        wrong = [
            (row, str(cell))
            for row, (cell, value) in enumerate(zip(cells, values, strict=True))
            if value is None and str(cell).lower() not in UNREAD_WORDS
        ]
        problems += text_problems(self, name, wrong, mark)
        return values
