"""Workbooks (xlsx, xlsm, xls, ods) through calamine, with the checks that a file from outside needs.

A workbook of a few kilobytes may claim a cell in the last row and column, which would be laid out as
17 thousand million cells. The claim is therefore read from the zipped sheets before they are opened.
"""

from __future__ import annotations

import io
import re
import zipfile

import python_calamine as calamine

from avpi.errors import FileFormatError, Problem
from avpi.estimate import Caveat
from avpi.formats.spreadsheet import Cell, Sheet, Spreadsheet, plain_value

MAX_SHEET_BYTES = 40_000_000
"""Largest unzipped part of a workbook that is opened (assumed: a hundred 1536-well sheets stay below it)."""

MAX_CELLS = 2_000_000
"""Largest area of a sheet, blank cells included (assumed, as above)."""

_REFERENCE = re.compile(rb'\sr="([A-Z]{0,3})(\d{1,7})"')


def read_workbook(raw: bytes, source: str) -> Spreadsheet:
    """Read every visible worksheet of a workbook; hidden ones are named in a caveat.

    Raises
    ------
    FileFormatError
        If the workbook is damaged, protected by a password, or claims an absurd size.
    """
    _refuse_bombs(raw, source)
    sheets: list[Sheet] = []
    hidden: list[str] = []
    try:
        book = calamine.load_workbook(io.BytesIO(raw))
        for entry in book.sheets_metadata:
            if entry.typ is not calamine.SheetTypeEnum.WorkSheet:
                continue
            if entry.visible is not calamine.SheetVisibleEnum.Visible:
                hidden.append(entry.name)
                continue
            values = book.get_sheet_by_name(entry.name).to_python(skip_empty_area=False)
            rows: tuple[tuple[Cell, ...], ...] = tuple(tuple(plain_value(v) for v in row) for row in values)
            sheets.append(Sheet(name=entry.name, rows=rows, lines=tuple(range(1, len(rows) + 1))))
    except calamine.PasswordError:
        raise FileFormatError(
            Problem(file=source, what="is protected by a password", hint="Save it without a password.")
        ) from None
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise FileFormatError(
            Problem(file=source, what=f"is a damaged workbook ({error})", hint="Open it and save it again as xlsx.")
        ) from None
    if not any(not sheet.is_empty(row) for sheet in sheets for row in range(len(sheet.rows))):
        raise FileFormatError(Problem(file=source, what="is a workbook without any value in a visible sheet"))
    names = ", ".join(f"'{name}'" for name in hidden)
    caveats = (Caveat(code="hidden_sheet", text=f"Hidden sheets were not read: {names}."),) if hidden else ()
    return Spreadsheet(source=source, sheets=tuple(sheets), delimiter="", caveats=caveats)


def _refuse_bombs(raw: bytes, source: str) -> None:
    if not raw.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for part in archive.infolist():
                if part.file_size > MAX_SHEET_BYTES:
                    raise _too_large(source, f"its part '{part.filename}' unzips to {part.file_size:,} bytes")
                if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                    rows, columns = _claimed_size(archive.read(part))
                    if rows * columns > MAX_CELLS:
                        raise _too_large(source, f"a sheet claims {rows:,} rows and {columns:,} columns")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise FileFormatError(
            Problem(file=source, what=f"is a damaged workbook ({error})", hint="Open it and save it again as xlsx.")
        ) from None


def _claimed_size(xml: bytes) -> tuple[int, int]:
    rows = columns = 1
    for letters, digits in set(_REFERENCE.findall(xml)):
        rows = max(rows, int(digits))
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        columns = max(columns, column)
    return rows, columns


def _too_large(source: str, why: str) -> FileFormatError:
    return FileFormatError(
        Problem(file=source, what=f"is larger than a plate can be: {why}", hint="Delete the unused rows and columns.")
    )
