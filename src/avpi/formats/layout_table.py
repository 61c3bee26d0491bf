"""Layouts with one row for each well: a column "well" (or row and column), then any columns."""

from __future__ import annotations

from collections.abc import Mapping

from avpi.errors import FileFormatError, StudyError
from avpi.formats.layout_entries import Entries, key_and_unit, refusal, renamed, with_unit
from avpi.formats.plate_list import ListHeader, find_header, well_of
from avpi.formats.spreadsheet import Sheet

PLATE_KEY = "plate"


def table_header(sheet: Sheet) -> ListHeader | None:
    """Return the header of a table of wells, if the sheet is one."""
    return find_header(sheet)


def read_table(header: ListHeader, entries: Entries, columns: Mapping[str, str]) -> None:
    """Add every row of a table to the entries.

    Raises
    ------
    StudyError
        If a row has no well, a well stands twice, two columns give one key, or ``columns`` names no column.
    """
    sheet, source = header.sheet, entries.source
    body = range(header.row + 1, len(sheet.rows))
    used = header.others if header.plate is None else (*header.others, header.plate)
    given = {
        c: key_and_unit(header.name(c), [sheet.text(r, c) for r in body], source, sheet.place(header.row, c))
        for c in used
    }
    by_key = {key: header.name(c) for c, (key, _) in given.items()}
    names = renamed([header.name(c) for c in used], columns, source, "column", by_key)
    keys = {c: names.get(header.name(c), key) for c, (key, _) in given.items()}
    for column, key in keys.items():
        same = next(c for c in keys if keys[c] == key)
        if same != column:
            what = f"columns '{header.name(same)}' and '{header.name(column)}' both give '{key}'"
            raise refusal(source, sheet.place(header.row, column), what, "one column for each property")
    _refuse_several_plates(header, source)
    seen: dict[tuple[int, int], int] = {}
    for row in body:
        at = _well(header, row, source)
        if at is None:
            continue
        well_column = header.well if header.well is not None else header.letters
        place = sheet.place(row, well_column)
        if at in seen:
            first = sheet.place(seen[at])
            what = f"well '{sheet.text(row, well_column or 0)}' stands here a second time, first in {first}"
            raise refusal(source, place, what, "each well once")
        seen[at] = row
        for column in used:
            value = with_unit(sheet.text(row, column), given[column][1])
            entries.add(at, keys[column], value, place)


def _well(header: ListHeader, row: int, source: str) -> tuple[int, int] | None:
    try:
        return well_of(header, row, source)
    except FileFormatError as error:
        raise StudyError(error.problems) from None


def _refuse_several_plates(header: ListHeader, source: str) -> None:
    if header.plate is None:
        return
    sheet = header.sheet
    plates = dict.fromkeys(filter(None, (sheet.text(r, header.plate) for r in range(header.row + 1, len(sheet.rows)))))
    if len(plates) > 1:
        names = ", ".join(f"'{plate}'" for plate in plates)
        what = f"describes {len(plates)} plates ({names})"
        raise refusal(
            source,
            sheet.place(header.row, header.plate),
            what,
            "the layout of one plate",
            "Write one file for each plate.",
        )
