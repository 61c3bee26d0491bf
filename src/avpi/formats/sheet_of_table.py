"""The one sheet of a workbook that holds a table: which of several is meant is never guessed."""

from __future__ import annotations

from avpi.errors import FileFormatError, Problem
from avpi.formats.spreadsheet import Sheet, Spreadsheet


def only_sheet(book: Spreadsheet) -> Sheet:
    """Return the only sheet that holds anything; the first where none does.

    Parameters
    ----------
    book : a workbook, or a text file, which is one sheet.

    Raises
    ------
    FileFormatError
        If several sheets hold something: reading the first would leave the others out unseen.
    """
    filled = [sheet for sheet in book.sheets if not all(sheet.is_empty(row) for row in range(len(sheet.rows)))]
    if len(filled) > 1:
        names = ", ".join(f"'{sheet.name}'" for sheet in filled)
        what = f"has {len(filled)} sheets ({names})"
        hint = "Save the one with the table alone"
        raise FileFormatError(Problem(file=book.source, what=what, expected="one", hint=hint))
    return (filled or book.sheets)[0]
