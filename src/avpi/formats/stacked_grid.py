"""Grids in which every row letter has several lines, one for each read, named right of the last column.

Gen5 writes its results and its layout so: the letter stands on the first line only, and the calculated lines (a
normalisation, a concentration) stand between the measured ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from avpi.formats.labelled_grid import (
    WellCell,
    beyond_z,
    column_of_number,
    number_runs,
    refuse_rows_after_gap,
    refuse_unordered,
    row_of_letters,
)
from avpi.formats.plate_sections import refusal
from avpi.formats.spreadsheet import Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class StackedGrid:
    """The reads of one grid by their names (empty where the lines have none), and the row after it."""

    reads: dict[str, tuple[WellCell, ...]]
    size: tuple[int, int]
    after: int


def stacked_grid_at(sheet: Sheet, row: int, source: str) -> StackedGrid | None:
    """Return the grid whose column numbers stand in a row of the sheet; None if there is none.

    Raises
    ------
    FileFormatError
        If a row letter or a read stands twice, or a line of values has no letter above it.
    """
    run = _header(sheet, row)
    if not run:
        return None
    refuse_unordered(sheet, row, run, source)
    label_column, name_column = run[0][0] - 1, run[-1][0] + 1
    most_columns = run[-1][1] + 1
    cells: dict[str, list[WellCell]] = {}
    seen: set[tuple[int, str]] = set()
    current: int | None = None
    last_row, line = 0, row + 1
    while line < len(sheet.rows) and not sheet.is_empty(line):
        label = sheet.text(line, label_column)
        if label:
            letter = row_of_letters(label)
            if letter is None or (label.islower() and beyond_z(["A", label], most_columns) is not False):
                break
            current, last_row = letter, max(last_row, letter)
        if current is None:
            break
        name = sheet.text(line, name_column)
        if (current, name) in seen:
            what = f"row '{label}' stands here a second time" if label else f"'{name}' stands twice in one row"
            raise refusal(source, sheet, line, what, "each row of the plate once for each read", column=label_column)
        seen.add((current, name))
        cells.setdefault(name, []).extend(WellCell(current, c, sheet, line, column) for column, c in run)
        line += 1
    if cells:
        refuse_rows_after_gap(sheet, line, label_column, run, last_row, source)
    reads = {name: tuple(members) for name, members in cells.items()}
    return StackedGrid(reads=reads, size=(last_row + 1, run[-1][1] + 1), after=line) if reads else None


def _header(sheet: Sheet, row: int) -> list[tuple[int, int]] | None:
    """Return the column numbers of a header row: nothing else stands in it, and a row letter right below it."""
    runs = number_runs(sheet.texts[row])
    if len(runs) != 1 or runs[0][0][0] == 0 or row + 1 >= len(sheet.rows):
        return None
    run = runs[0]
    label_column = run[0][0] - 1
    others = [text for c, text in enumerate(sheet.texts[row]) if text and column_of_number(text) is None]
    below = row_of_letters(sheet.text(row + 1, label_column))
    return run if not others and not sheet.text(row, label_column) and below is not None else None
