"""From the cells that a reader has placed on wells to reads with values: one decimal rule for the whole file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from avpi.errors import FileFormatError, Problem
from avpi.estimate import Caveat
from avpi.formats.decimals import CellState, cell_state, decide_decimal, parse_number
from avpi.formats.labelled_grid import WellCell
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.readings import PLATE_SHAPES, PlateRead, ReadKind, ReadMode, smallest_plate, well_name

FEWEST_CELLS = min(columns for _, columns in PLATE_SHAPES)
"""A shorter line of numbers is no row of any plate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRead:
    """A read whose cells are placed on wells but not yet numbers.

    Attributes
    ----------
    shape : the plate's rows and columns.
    time_s : seconds of this point of a kinetic; None for an endpoint.
    saturated : wells that another part of the file marks as saturated.
    """

    name: str
    kind: ReadKind
    mode: ReadMode
    unit: str
    shape: tuple[int, int]
    cells: tuple[WellCell, ...]
    time_s: float | None = None
    saturated: frozenset[tuple[int, int]] = frozenset()

    @property
    def holds_words(self) -> bool:
        """True if some cell is neither a number nor a word that readers write instead of one."""
        return any(isinstance(c, str) and cell_state(c) == "text" for c in (cell.cell for cell in self.cells))


def finish_reads(
    raw: Sequence[RawRead], file: Spreadsheet, decimal: str, *, by_a_program: bool = False
) -> tuple[list[PlateRead], list[Caveat]]:
    """Decide the decimal mark from every cell of the file, then give each read its values.

    An unread well is nan; a saturated or too low one is nan as well and is flagged or named. A file written
    ``by_a_program`` ends its last line: where a value ends the file instead, its last digits may be lost.

    Raises
    ------
    FileFormatError
        If a cell is no number and no known word, a well stands twice or outside the plate, or the decimal mark is open.
    """
    cells = [cell for read in raw for cell in read.cells]
    if file.ends_in_line:
        _refuse_cut_row(cells, file, by_a_program=by_a_program)
    numbers = [content for cell in cells if isinstance(content := cell.cell, str) and cell_state(content) == "number"]

    def place_of(text: str) -> str:
        return next(cell.place for cell in cells if cell.cell == text)

    mark = decide_decimal(numbers, file.source, place_of=place_of, declared=decimal, delimiter=file.delimiter)
    finished: list[PlateRead] = []
    withheld: dict[tuple[str, ReadKind, CellState], list[str]] = {}
    for read in raw:
        made, wells = _finish(read, file.source, mark)
        finished.append(made)
        for well, state in wells:
            withheld.setdefault((read.name, read.kind, state), []).append(well)
    said = [_caveat(*what, ", ".join(dict.fromkeys(wells))) for what, wells in withheld.items()]
    return finished, said if by_a_program else [*said, *_rows_that_end_early(cells)]


def _rows_that_end_early(cells: Sequence[WellCell]) -> list[Caveat]:
    """Say which rows of wells of a text file end before the last column of their grid.

    What follows the last well that was read may have been left out, as some programs do; a deleted cell looks the same
    and shifts the others.
    """
    ends: dict[str, None] = {}
    for cell in cells:
        if not cell.sheet.name and cell.column and cell.sheet_column >= len(cell.sheet.rows[cell.sheet_row]) > 1:
            ends[cell.sheet.place(cell.sheet_row)] = None
    if not ends:
        return []
    lines = ", ".join(ends)
    text = f"Rows of wells end before the last column ({lines}): their last wells are taken as not read. If a cell was "
    text += "deleted there, the wells after it stand in the wrong column."
    return [Caveat(code="rows_end_early", text=text)]


def _caveat(name: str, kind: ReadKind, state: CellState, wells: str) -> Caveat:
    """Return what is said of wells that stand in the file and give no value."""
    if state == "masked":
        text = f"'{name}': {wells} were masked in the reader's program; these wells have no value."
        return Caveat(code="masked_wells", text=text)
    if state == "below":
        text = f"'{name}': the reader reports {wells} below its range; these wells have no value."
        return Caveat(code="below_range_wells", text=text)
    measured = f"the detector was saturated in {wells}"
    calculated = f"the reader's program reports {wells} above its range"
    text = f"'{name}': {measured if kind == 'measured' else calculated}; these wells have no value."
    return Caveat(code="overflow_wells", text=text)


def _refuse_cut_row(cells: Sequence[WellCell], file: Spreadsheet, *, by_a_program: bool) -> None:
    """Refuse a file that ends in the middle of a row of wells: its last value may have lost digits."""
    last = max((cell for cell in cells), key=lambda cell: cell.sheet_row, default=None)
    if last is None or last.sheet_row < len(last.sheet.rows) - 1:
        return
    row = last.sheet.rows[last.sheet_row]
    furthest = max(cell.sheet_column for cell in cells if cell.sheet_row == last.sheet_row)
    if len(row) <= furthest or (by_a_program and len(row) == furthest + 1):
        what = f"the file ends in this row, after '{last.sheet.text(last.sheet_row, len(row) - 1)}'"
        hint = "Export or copy the file again: it was cut off. If it is whole, end its last line."
        raise FileFormatError(
            Problem(
                file=file.source,
                place=last.sheet.place(last.sheet_row),
                what=what,
                expected="a value for every well and the end of the line",
                hint=hint,
            )
        )


WITHHELD: tuple[CellState, ...] = ("overflow", "below", "masked")
"""Cells that stand for a well that was dealt with and give no value, unlike a well that was not read."""


def _finish(read: RawRead, source: str, mark: str) -> tuple[PlateRead, list[tuple[str, CellState]]]:
    values = np.full(read.shape, np.nan)
    overflow = np.zeros(read.shape, dtype=bool)
    seen: dict[tuple[int, int], WellCell] = {}
    withheld: list[tuple[str, CellState]] = []
    for cell in read.cells:
        at = (cell.row, cell.column)
        if at in seen:
            what = f"well '{well_name(*at)}' stands here a second time, first in {seen[at].place}"
            raise _refusal(cell, source, what, "each well of the plate once")
        seen[at] = cell
        if cell.row >= read.shape[0] or cell.column >= read.shape[1]:
            wells = read.shape[0] * read.shape[1]
            raise _refusal(
                cell, source, f"well '{well_name(*at)}' is outside a {wells}-well plate", "a well of the plate"
            )
        content = cell.cell
        state = "overflow" if at in read.saturated else "number" if isinstance(content, float) else cell_state(content)
        if state == "number":
            number = content if isinstance(content, float) else parse_number(content, mark)
            if number is None:
                state = "text"
            else:
                values[at] = number
        if state == "overflow":
            overflow[at] = True
        if state == "text":
            expected = "a number, an empty cell for an unread well, or a word such as 'OVRFLW' for a saturated one"
            raise _refusal(cell, source, f"'{content}' in well '{well_name(*at)}' is no number", expected)
        if state in WITHHELD:
            withheld.append((well_name(*at), state))
    made = PlateRead(
        name=read.name,
        kind=read.kind,
        mode=read.mode,
        unit=read.unit,
        values=values,
        overflow=overflow,
        time_s=read.time_s,
    )
    return made, withheld


def plate_shape(size: tuple[int, int], declared: tuple[int, int] | None, source: str, what: str) -> tuple[int, int]:
    """Return the plate format that holds ``size`` rows and columns: the declared one, else the smallest.

    Raises
    ------
    FileFormatError
        If the declared format is none, or does not hold them.
    """
    shape = declared or smallest_plate(*size)
    if shape is None or shape not in PLATE_SHAPES or shape[0] < size[0] or shape[1] < size[1]:
        told = f"{declared[0]} rows and {declared[1]} columns" if declared else "no plate format"
        raise FileFormatError(
            Problem(
                file=source,
                what=f"{what} reaches well '{well_name(size[0] - 1, size[1] - 1)}', but the plate has {told}",
                expected="a 6-, 12-, 24-, 48-, 96-, 384- or 1536-well plate",
            )
        )
    return shape


def bare_matrix(sheet: Sheet, first: int, last: int) -> tuple[tuple[int, int], tuple[WellCell, ...]] | None:
    """Return shape and cells of rows that are a whole plate without labels; None if they are not exactly that.

    One empty column more is allowed: many programs end every line with a delimiter.
    """
    widths = {len(sheet.rows[row]) for row in range(first, last + 1)}
    if len(widths) != 1:
        return None
    height, width = last - first + 1, widths.pop()
    if (height, width) not in PLATE_SHAPES:
        width -= 1
        if (height, width) not in PLATE_SHAPES or any(sheet.text(row, width) for row in range(first, last + 1)):
            return None
    cells = tuple(WellCell(row, column, sheet, first + row, column) for row in range(height) for column in range(width))
    return (height, width), cells


def value_run(sheet: Sheet, first: int, stops: Iterable[int] = ()) -> int:
    """Return the last row of a run of rows, from ``first`` on, that hold only values, unread or saturated wells.

    Returns ``first - 1`` if the first row is none. ``stops`` are rows that do not belong to it.
    """
    halt = set(stops)
    row = first
    while row < len(sheet.rows) and row not in halt and _holds_values(sheet, row):
        row += 1
    return row - 1


def _holds_values(sheet: Sheet, row: int) -> bool:
    texts = sheet.texts[row]
    return len(texts) >= FEWEST_CELLS and not sheet.is_gap(row) and all(cell_state(text) != "text" for text in texts)


def _refusal(cell: WellCell, source: str, what: str, expected: str) -> FileFormatError:
    return FileFormatError(Problem(file=source, place=cell.place, what=what, expected=expected))
