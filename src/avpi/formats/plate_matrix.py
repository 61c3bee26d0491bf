"""From the cells that a reader has placed on wells to reads with values: one decimal rule for the whole file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from avpi.errors import FileFormatError, Problem
from avpi.estimate import Caveat
from avpi.formats.decimals import cell_state, decide_decimal, parse_number
from avpi.formats.labelled_grid import WellCell
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.readings import PLATE_SHAPES, PlateRead, ReadKind, ReadMode, smallest_plate, well_name

FEWEST_CELLS = min(columns for _, columns in PLATE_SHAPES)
"""A shorter line of numbers is no row of any plate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRead:
    """A read whose cells are placed on wells but not yet numbers; ``shape`` is the plate's rows and columns."""

    name: str
    kind: ReadKind
    mode: ReadMode
    unit: str
    shape: tuple[int, int]
    cells: tuple[WellCell, ...]


def finish_reads(raw: Sequence[RawRead], file: Spreadsheet, decimal: str) -> tuple[list[PlateRead], list[Caveat]]:
    """Decide the decimal mark from every cell of the file, then give each read its values.

    An unread well is nan; a saturated or too low one is nan as well and is flagged or named.

    Raises
    ------
    FileFormatError
        If a cell is no number and no known word, a well stands twice or outside the plate, or the decimal mark is open.
    """
    cells = [cell for read in raw for cell in read.cells]
    numbers = [content for cell in cells if isinstance(content := cell.cell, str) and cell_state(content) == "number"]

    def place_of(text: str) -> str:
        return next(cell.place for cell in cells if cell.cell == text)

    mark = decide_decimal(numbers, file.source, place_of=place_of, declared=decimal, delimiter=file.delimiter)
    finished: list[PlateRead] = []
    caveats: list[Caveat] = []
    for read in raw:
        made, below = _finish(read, file.source, mark)
        finished.append(made)
        if made.overflow.any():
            wells = _names(made.overflow)
            text = f"'{read.name}': the detector was saturated in {wells}; these wells have no value."
            caveats.append(Caveat(code="overflow_wells", text=text))
        if below:
            text = f"'{read.name}': the reader reports {', '.join(below)} below its range; these wells have no value."
            caveats.append(Caveat(code="below_range_wells", text=text))
    return finished, caveats


def _finish(read: RawRead, source: str, mark: str) -> tuple[PlateRead, list[str]]:
    values = np.full(read.shape, np.nan)
    overflow = np.zeros(read.shape, dtype=bool)
    seen: dict[tuple[int, int], WellCell] = {}
    below: list[str] = []
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
        if isinstance(content, float):
            values[at] = content
            continue
        if not content:
            continue
        state = cell_state(content)
        number = parse_number(content, mark) if state == "number" else None
        if number is not None:
            values[at] = number
        elif state == "overflow":
            overflow[at] = True
        elif state == "below":
            below.append(well_name(*at))
        elif state != "unread":
            expected = "a number, an empty cell for an unread well, or a word such as 'OVRFLW' for a saturated one"
            raise _refusal(cell, source, f"'{content}' in well '{well_name(*at)}' is no number", expected)
    made = PlateRead(name=read.name, kind=read.kind, mode=read.mode, unit=read.unit, values=values, overflow=overflow)
    return made, below


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


def _names(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> str:
    rows, columns = np.nonzero(mask)
    return ", ".join(well_name(int(r), int(c)) for r, c in zip(rows, columns, strict=True))


def _refusal(cell: WellCell, source: str, what: str, expected: str) -> FileFormatError:
    return FileFormatError(Problem(file=source, place=cell.place, what=what, expected=expected))
