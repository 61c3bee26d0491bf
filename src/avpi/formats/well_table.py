"""Tables whose cells belong to wells named in a header row or a first column, as kinetics and lists are exported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from avpi.formats.clock_times import seconds_of
from avpi.formats.labelled_grid import WellCell
from avpi.formats.plate_sections import refusal
from avpi.formats.spreadsheet import Sheet
from avpi.readings import parse_well


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One point of a table: its label as written ("0:05:00", "300", "1"), its time if it has one, its cells."""

    label: str
    time_s: float | None
    cells: tuple[WellCell, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns that a plate must have at least to hold the wells."""
        return 1 + max(cell.row for cell in self.cells), 1 + max(cell.column for cell in self.cells)

    @property
    def is_blank(self) -> bool:
        """True if no well has anything, as in the rows that a kinetic stopped early leaves behind."""
        return not any(cell.text for cell in self.cells)


def well_columns(sheet: Sheet, row: int, source: str) -> list[tuple[int, tuple[int, int]]]:
    """Return (column of the sheet, well) of a header row; wells must be unbroken, each once.

    Raises
    ------
    FileFormatError
        If a well stands twice.
    """
    found = [(c, at) for c, text in enumerate(sheet.texts[row]) if (at := parse_well(text))]
    seen: dict[tuple[int, int], int] = {}
    for column, at in found:
        if at in seen:
            what = f"well '{sheet.text(row, column)}' stands in this row a second time"
            raise refusal(source, sheet, row, what, "each well once", column=column)
        seen[at] = column
    return found


def series_below(
    sheet: Sheet, header: int, source: str, *, label_column: int, unit: str = "", stop: int | None = None
) -> tuple[list[Series], int]:
    """Return the rows below a header of wells, one series each, and the row after the last.

    The table ends at an empty row, at a row without a label, or at ``stop``. ``unit`` is that of bare numbers in
    the label column, such as ``"s"``.

    Raises
    ------
    FileFormatError
        If a value stands right of the last well.
    """
    wells = well_columns(sheet, header, source)
    end = len(sheet.rows) if stop is None else min(stop, len(sheet.rows))
    found: list[Series] = []
    row = header + 1
    while row < end and not sheet.is_empty(row) and sheet.text(row, label_column):
        if well_columns(sheet, row, source):
            break
        label = sheet.text(row, label_column)
        cells = tuple(WellCell(at[0], at[1], sheet, row, column) for column, at in wells)
        found.append(Series(label=label, time_s=seconds_of(label, unit), cells=cells))
        row += 1
    return found, row


def series_of_columns(
    sheet: Sheet, rows: Sequence[tuple[int, tuple[int, int]]], columns: Sequence[tuple[int, str, float | None]]
) -> list[Series]:
    """Return one series for each column of a table with one well in each row.

    Parameters
    ----------
    rows : (row of the sheet, well).
    columns : (column of the sheet, label, time in seconds).
    """
    return [
        Series(label=label, time_s=time, cells=tuple(WellCell(at[0], at[1], sheet, row, column) for row, at in rows))
        for column, label, time in columns
    ]


def well_rows(
    sheet: Sheet, start: int, source: str, *, column: int = 0, stop: int | None = None
) -> tuple[list[tuple[int, tuple[int, int]]], int]:
    """Return (row of the sheet, well) of the rows from ``start`` on that begin with a well, and the row after them.

    Raises
    ------
    FileFormatError
        If a well stands twice.
    """
    end = len(sheet.rows) if stop is None else min(stop, len(sheet.rows))
    found: list[tuple[int, tuple[int, int]]] = []
    seen: dict[tuple[int, int], int] = {}
    row = start
    while row < end and (at := parse_well(sheet.text(row, column))):
        if at in seen:
            what = f"well '{sheet.text(row, column)}' stands here a second time, first in {sheet.place(seen[at])}"
            raise refusal(source, sheet, row, what, "each well once", column=column)
        seen[at] = row
        found.append((row, at))
        row += 1
    # An empty line must not cut a list off.
    below = next((r for r in range(row, end) if not sheet.is_empty(r)), end)
    if found and row < below < end and (at := parse_well(sheet.text(below, column))) and at not in seen:
        what = f"stands between rows of one list: well '{sheet.text(below, column)}' comes below it"
        raise refusal(source, sheet, row, what, "the rows of a list without a gap")
    return found, row
