"""The list layout of EnVision Workstation: one row for each well, with the numbers of its plate and of its repeat.

The header begins with "Plate", "Repeat" and "Well"; below it stand the type and the time of each measurement and a
column for each label, named after it with its unit: "US LUM 96(1) (CPS)".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from avpi.formats.decimals import cell_state
from avpi.formats.labelled_grid import WellCell
from avpi.formats.plate_list import plain_word
from avpi.formats.plate_sections import refusal
from avpi.formats.spreadsheet import Sheet
from avpi.readings import parse_well

_KEYS = frozenset({"plate", "repeat", "well"})
_ABOUT = re.compile(
    r"^(?:plate|repeat|well|barcode|type|group|scan[xy]|kinetics|flag|(?:abs(?:olute)? ?)?time|.*\btemp(?:erature)?\b.*"
    r"|.*\bheight\b.*|.*\bhumidity\b.*|.*\bdate\b.*|meas ?info|sample.*|conc.*)(?: [(\[].*)?$",
    re.IGNORECASE,
)
"""Columns that say something about a well and are no measured value."""

CALCULATED_COLUMN = re.compile(r"^Calc", re.IGNORECASE)
"""How columns of calculated results are named: "Calc 1: Crosstalk"."""

_UNIT_AT_END = re.compile(r"[(\[][^()\[\]]{1,12}[)\]]$")


@dataclass(frozen=True, kw_only=True)
class ListedRead:
    """One column of a list for one plate and repeat: its header, its cells, what else its first row says."""

    title: str
    cells: tuple[WellCell, ...]
    record: dict[str, str]

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns that the plate must have at least."""
        return 1 + max(cell.row for cell in self.cells), 1 + max(cell.column for cell in self.cells)


def is_list_header(sheet: Sheet, row: int) -> bool:
    """Return True if a row names columns of plate, repeat and well."""
    texts = sheet.texts[row]
    # Most rows are wells of a matrix: a look at their letters spares comparing every cell as a header.
    return any(text[:4].lower() == "well" for text in texts) and {plain_word(text) for text in texts} >= _KEYS


def read_list(sheet: Sheet, header: int, source: str) -> tuple[list[ListedRead], int]:
    """Return the reads below a header, by plate, repeat and column, and the row after the list.

    Raises
    ------
    FileFormatError
        If a row names no well, or no column holds values.
    """
    names = sheet.texts[header]
    words = [plain_word(text) for text in names]
    plate, repeat, well = (words.index(key) for key in ("plate", "repeat", "well"))
    groups: dict[tuple[str, str], list[tuple[int, tuple[int, int]]]] = {}
    row = header + 1
    while row < len(sheet.rows) and sheet.text(row, plate).isdecimal():
        at = parse_well(sheet.text(row, well))
        if at is None:
            what = f"'{sheet.text(row, well)}' is no well of a plate"
            raise refusal(source, sheet, row, what, "a well such as 'A01'", column=well)
        groups.setdefault((sheet.text(row, plate), sheet.text(row, repeat)), []).append((row, at))
        row += 1
        below = next((r for r in range(row, len(sheet.rows)) if not sheet.is_empty(r)), row)
        # Every row names its plate, repeat and well: empty lines between them part nothing.
        if parse_well(sheet.text(below, well)) is not None:
            row = below
    columns = _value_columns(sheet, header, row, names)
    if groups and not columns:
        raise refusal(source, sheet, header, "the list has no column of values", "a column such as 'US LUM (CPS)'")
    found: list[ListedRead] = []
    for rows in groups.values():
        record = {name: sheet.text(rows[0][0], i) for i, name in enumerate(names) if name and i not in columns}
        record |= {"Plate": sheet.text(rows[0][0], plate), "Repeat": sheet.text(rows[0][0], repeat)}
        for column in columns:
            cells = tuple(WellCell(at[0], at[1], sheet, line, column) for line, at in rows)
            found.append(ListedRead(title=names[column], cells=cells, record=record))
    return found, row


def _value_columns(sheet: Sheet, header: int, end: int, names: Sequence[str]) -> tuple[int, ...]:
    """Return the columns of values: those with a unit and calculated ones, or where there are none, all of numbers."""
    others = [i for i, name in enumerate(names) if name and not _ABOUT.match(plain_word(name))]
    states = {i: {cell_state(sheet.text(row, i)) for row in range(header + 1, end)} for i in others}
    filled = tuple(i for i in others if states[i] & {"number", "overflow"})
    return tuple(i for i in filled if _UNIT_AT_END.search(names[i]) or CALCULATED_COLUMN.match(names[i])) or filled
