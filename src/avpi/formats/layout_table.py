"""Layouts with one row for each well: a column "well" (or row and column), then any columns."""

from __future__ import annotations

from collections.abc import Mapping

from avpi.errors import FileFormatError, Problem, StudyError
from avpi.formats.layout_entries import Entries, key_and_unit, refusal, renamed, with_unit
from avpi.formats.plate_list import ListHeader, find_header, well_of
from avpi.formats.spreadsheet import Sheet

MOST_PROBLEMS = 20
"""Rows with faults that are named one by one (assumed: nobody reads more at a time)."""


def table_header(sheet: Sheet) -> ListHeader | None:
    """Return the header of a table of wells, if the sheet is one."""
    return find_header(sheet)


def read_table(header: ListHeader, entries: Entries, columns: Mapping[str, str]) -> None:
    """Add every row of a table to the entries.

    Raises
    ------
    StudyError
        If rows have no well or name one twice (all such rows), two columns give one key, or ``columns`` names none.
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
    problems: list[Problem] = []
    seen: dict[tuple[int, int], int] = {}
    for row in body:
        try:
            at = _well(header, row, source)
            if at is None:
                continue
            place = sheet.place(row, header.well if header.well is not None else header.letters)
            _refuse_repeated(header, row, seen.get(at), entries)
            seen[at] = row
            for column in used:
                entries.add(at, keys[column], with_unit(sheet.text(row, column), given[column][1]), place)
        except StudyError as error:
            problems += error.problems
    if problems:
        raise StudyError(_shortened(problems, source))


def _refuse_repeated(header: ListHeader, row: int, first: int | None, entries: Entries) -> None:
    if first is not None:
        column = header.well if header.well is not None else header.letters
        named, before = header.sheet.text(row, column or 0), header.sheet.place(first)
        what = f"well '{named}' stands here a second time, first in {before}"
        raise refusal(entries.source, header.sheet.place(row, column), what, "each well once")


def _shortened(problems: list[Problem], source: str) -> list[Problem]:
    """Return the first problems: a layout of another plate has a fault in nearly every row."""
    if len(problems) <= MOST_PROBLEMS:
        return problems
    more = Problem(file=source, what=f"has {len(problems) - MOST_PROBLEMS} more rows with such faults")
    return [*problems[:MOST_PROBLEMS], more]


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
