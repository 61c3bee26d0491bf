"""Grids as they stand in files: column numbers above, row letters beside, one cell a well.

Only the labels say which well a cell is. A file in which rows A, E, I and M were read has those four letters,
and they stay A, E, I and M; rows are never counted. Used for readings and for layouts alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from avpi.errors import FileFormatError, Problem
from avpi.formats.decimals import cell_state
from avpi.formats.spreadsheet import Cell, Sheet
from avpi.readings import PLATE_SHAPES, row_letters

MOST_ROWS, MOST_COLUMNS = PLATE_SHAPES[-1]
FEWEST_COLUMNS = 2
"""A header of one number would make a grid of any number above a lone letter."""

LARGEST_LETTERED_COLUMNS = PLATE_SHAPES[-2][1]
"""Only a plate with more columns than this has rows after Z."""

LONGEST_GAP = 3
"""Lines that may part a plate's rows so that they are still taken to be of one plate (assumed)."""

_ROW_AFTER_Z = {letter: 26 + i for i, letter in enumerate("abcdef")}
_ROW_OF_LETTERS = {row_letters(row): row for row in range(MOST_ROWS)}


class WellCell(NamedTuple):
    """One cell of a file that stands for a well: where in the plate, where in the file."""

    row: int
    column: int
    sheet: Sheet
    sheet_row: int
    sheet_column: int

    @property
    def cell(self) -> Cell:
        """What stands there."""
        return self.sheet.cell(self.sheet_row, self.sheet_column)

    @property
    def text(self) -> str:
        """What stands there, as text."""
        return self.sheet.text(self.sheet_row, self.sheet_column)

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        return self.sheet.place(self.sheet_row, self.sheet_column)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledGrid:
    """One labelled grid of a sheet.

    Attributes
    ----------
    first, last : its rows in the sheet, header included.
    label_column : column of the sheet that holds the row letters.
    columns : (column of the sheet, 0-based column of the plate).
    rows : (row of the sheet, 0-based row of the plate).
    corner : what stands above the row letters, such as ``"<>"`` or ``"RLU"``.
    """

    sheet: Sheet
    first: int
    last: int
    label_column: int
    columns: tuple[tuple[int, int], ...]
    rows: tuple[tuple[int, int], ...]
    corner: str

    def cells(self) -> Iterator[WellCell]:
        """Yield every cell of the grid with its well."""
        for sheet_row, row in self.rows:
            for sheet_column, column in self.columns:
                yield WellCell(row, column, self.sheet, sheet_row, sheet_column)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns that a plate must have at least to hold the grid."""
        return 1 + max(row for _, row in self.rows), 1 + max(column for _, column in self.columns)

    @property
    def is_full(self) -> bool:
        """True if the labels are exactly those of a plate format."""
        return self.size in PLATE_SHAPES and (len(self.rows), len(self.columns)) == self.size

    def title(self, above: int = 2) -> str:
        """Return the text of the nearest row above that is neither empty nor far (``above`` empty rows at most)."""
        row = self.first - 1
        while row >= max(0, self.first - 1 - above) and self.sheet.is_empty(row):
            row -= 1
        if row < 0 or self.sheet.is_empty(row):
            return ""
        return " ".join(filter(None, self.sheet.texts[row]))


def row_of_letters(text: str) -> int | None:
    """Return the 0-based row of "A".."AF"; None if it is no row label."""
    return _ROW_OF_LETTERS.get(text.upper()) if len(text) <= 2 else None


def column_of_number(text: str) -> int | None:
    """Return the 0-based column of "1", "01", "12"; None if it is no column number from 1 to 99."""
    return int(text) - 1 if 1 <= len(text) <= 2 and text.isdecimal() and int(text) > 0 else None


def find_grids(sheet: Sheet, source: str) -> list[LabelledGrid]:
    """Return every labelled grid of a sheet, top to bottom; grids side by side are refused."""
    grids: list[LabelledGrid] = []
    row = 0
    while row < len(sheet.rows):
        grid = grid_at(sheet, row, source)
        if grid is None:
            row += 1
            continue
        grids.append(grid)
        row = grid.last + 1
    return grids


def grid_at(
    sheet: Sheet, row: int, source: str, *, fewest: int = FEWEST_COLUMNS, small_after_z: bool = False
) -> LabelledGrid | None:
    """Return the labelled grid whose column numbers stand in a row of the sheet; None if there is none.

    ``fewest`` may be 1 where something else, such as a corner ``<>``, tells that the row is a header.
    ``small_after_z`` is for programs that always write the rows after Z as small letters.

    Raises
    ------
    FileFormatError
        If the labels contradict themselves: a letter or number twice, a column beyond 48, values without a label.
    """
    if row + 1 >= len(sheet.rows):
        return None
    if sum(text.isdecimal() for text in sheet.texts[row]) < fewest:
        return None
    runs = [run for run in number_runs(sheet.texts[row]) if len(run) >= fewest and _is_header(sheet, row, run)]
    if not runs:
        return None
    if len(runs) > 1:
        what = "a second grid stands beside the first"
        raise _refusal(sheet, source, row, runs[1][0][0], what, "one grid below the other")
    run = runs[0]
    refuse_unordered(sheet, row, run, source)
    label_column = run[0][0] - 1
    rows = _labelled_rows(
        sheet, source, row + 1, label_column, most_columns=run[-1][1] + 1, small_after_z=small_after_z
    )
    grid = LabelledGrid(
        sheet=sheet,
        first=row,
        last=rows[-1][0],
        label_column=label_column,
        columns=tuple(run),
        rows=tuple(rows),
        corner=sheet.text(row, label_column),
    )
    _refuse_cells_outside(grid, source)
    refuse_rows_after_gap(sheet, grid.last + 1, label_column, run, rows[-1][1], source)
    return grid


def refuse_unordered(sheet: Sheet, row: int, run: list[tuple[int, int]], source: str) -> None:
    """Refuse column numbers that do not rise, or that no plate has.

    Raises
    ------
    FileFormatError
        Naming the first such number.
    """
    numbers = [column for _, column in run]
    if sorted(set(numbers)) != numbers:
        twice = next(i for i in range(1, len(numbers)) if numbers[i] <= numbers[i - 1])
        what = f"column number '{sheet.text(row, run[twice][0])}' stands after '{sheet.text(row, run[twice - 1][0])}'"
        raise _refusal(sheet, source, row, run[twice][0], what, "column numbers in rising order, each once")
    if numbers[-1] >= MOST_COLUMNS:
        what = f"column number '{numbers[-1] + 1}' is outside every plate"
        raise _refusal(sheet, source, row, run[-1][0], what, f"1 to {MOST_COLUMNS}")


def number_runs(texts: tuple[str, ...]) -> list[list[tuple[int, int]]]:
    """Return runs of neighbouring column numbers in a row, as (column of the sheet, column of the plate)."""
    runs: list[list[tuple[int, int]]] = []
    last = -2
    for position, text in enumerate(texts):
        column = column_of_number(text)
        if column is None:
            continue
        if position == last + 1:
            runs[-1].append((position, column))
        else:
            runs.append([(position, column)])
        last = position
    return runs


def _is_header(sheet: Sheet, row: int, run: list[tuple[int, int]]) -> bool:
    """Return True if a run of numbers has a label column before it with a row letter right below."""
    label_column = run[0][0] - 1
    if label_column < 0:
        return False
    # A row letter in the corner means that the run is itself a row of values, below no header.
    corner, below = sheet.text(row, label_column), sheet.text(row + 1, label_column)
    return row_of_letters(corner) is None and row_of_letters(below) is not None


def _labelled_rows(
    sheet: Sheet, source: str, start: int, label_column: int, *, most_columns: int, small_after_z: bool
) -> list[tuple[int, int]]:
    sheet_rows: list[int] = []
    for sheet_row in range(start, len(sheet.rows)):
        if row_of_letters(sheet.text(sheet_row, label_column)) is None:
            break
        sheet_rows.append(sheet_row)
    labels = [sheet.text(sheet_row, label_column) for sheet_row in sheet_rows]
    small = small_after_z or beyond_z(labels, most_columns)
    if small is None:
        at = next(i for i, label in enumerate(labels) if label in _ROW_AFTER_Z)
        what = f"row '{labels[at]}' stands after capital letters: it may be row '{labels[at].upper()}' or the row "
        what += f"'A{labels[at].upper()}' of a 1536-well plate"
        raise _refusal(sheet, source, sheet_rows[at], label_column, what, "row letters of one form, A to AF")
    rows: list[tuple[int, int]] = []
    seen: dict[int, int] = {}
    for sheet_row, label in zip(sheet_rows, labels, strict=True):
        row = _ROW_AFTER_Z[label] if small and label in _ROW_AFTER_Z else _ROW_OF_LETTERS[label.upper()]
        if row in seen:
            what = f"row '{label}' stands here a second time, first in {sheet.place(seen[row])}"
            raise _refusal(sheet, source, sheet_row, label_column, what, "each row of the plate once")
        seen[row] = sheet_row
        rows.append((sheet_row, row))
    return rows


def beyond_z(labels: list[str], most_columns: int) -> bool | None:
    """Return True if small letters a to f are the rows after Z, as BMG's programs write them; None if it is open.

    Small letters after capital ones are rows AA to AF if the columns show a 1536-well plate. Small letters alone
    are rows like capital ones on smaller plates.
    """
    small = [label for label in labels if label.islower()]
    if not small:
        return False
    capitals = [i for i, label in enumerate(labels) if label.isupper()]
    all_after_z = all(label in _ROW_AFTER_Z for label in small)
    if not capitals:
        return None if most_columns > LARGEST_LETTERED_COLUMNS and all_after_z else False
    after_capitals = all(i > capitals[-1] for i, label in enumerate(labels) if label.islower())
    if not (all_after_z and after_capitals):
        return False
    return True if most_columns > LARGEST_LETTERED_COLUMNS else None


def _refuse_cells_outside(grid: LabelledGrid, source: str) -> None:
    """Refuse numbers right of the last column number: a decimal comma may have cut values in two."""
    sheet, beyond = grid.sheet, grid.columns[-1][0] + 1
    for sheet_row, _ in grid.rows:
        for column in range(beyond, len(sheet.rows[sheet_row])):
            if cell_state(sheet.text(sheet_row, column)) == "number":
                text, number = sheet.text(sheet_row, column), grid.columns[-1][1] + 1
                what = f"'{text}' stands right of the last column number '{number}'"
                hint = "If the values have a decimal comma, export them with ';' between the cells."
                raise _refusal(sheet, source, sheet_row, column, what, "a column number above every value", hint)


def refuse_rows_after_gap(
    sheet: Sheet, start: int, label_column: int, columns: Sequence[tuple[int, int]], last_row: int, source: str
) -> None:
    """Refuse a grid that goes on below a line that is not of it: its further rows would be lost.

    Parameters
    ----------
    start : the first row of the sheet below the grid.
    columns : (column of the sheet, column of the plate).
    last_row : 0-based row of the plate that the grid ends with.

    Raises
    ------
    FileFormatError
        Naming the line, if a later row letter with values stands below it, close by.
    """
    for row in range(start, min(start + LONGEST_GAP + 1, len(sheet.rows))):
        letter = row_of_letters(sheet.text(row, label_column))
        if letter is None or letter <= last_row or 2 * _numbers(sheet, row, columns) < len(columns):
            continue
        if row > start:
            _refuse_values_without_letter(sheet, start, label_column, columns, source)
        what = f"stands between rows of one plate: row '{sheet.text(row, label_column)}' comes below it"
        hint = "Take it out, or export the file again."
        raise _refusal(sheet, source, start, None, what, "the rows of a plate without a gap", hint)


def refuse_unlabelled_rows(grid: LabelledGrid, source: str) -> None:
    """Refuse a row of values right below a grid that has no row letter: which well they belong to is not said."""
    if grid.last + 1 < len(grid.sheet.rows):
        _refuse_values_without_letter(grid.sheet, grid.last + 1, grid.label_column, grid.columns, source)


def _refuse_values_without_letter(
    sheet: Sheet, row: int, label_column: int, columns: Sequence[tuple[int, int]], source: str
) -> None:
    values = _numbers(sheet, row, columns)
    if 2 * values >= len(columns):
        label = sheet.text(row, label_column)
        what = f"'{label}' is no row of a plate" if label else f"has {values} numbers but no row letter"
        raise _refusal(sheet, source, row, None, what, "a row letter, A to AF, beside every row of values")


def _numbers(sheet: Sheet, row: int, columns: Sequence[tuple[int, int]]) -> int:
    return sum(cell_state(sheet.text(row, column)) == "number" for column, _ in columns)


def _refusal(
    sheet: Sheet, source: str, row: int, column: int | None, what: str, expected: str, hint: str = ""
) -> FileFormatError:
    place = sheet.place(row, column)
    return FileFormatError(Problem(file=source, place=place, what=what, expected=expected, hint=hint))
