"""Lists: one row for each well, with a column for the well (or for row letter and column number) and for values.

Columns named after what readers give ("RLU", "value", "luminescence", ...) are the reads; where none is named so,
every column of numbers is one. What is left out is said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from avpi.errors import FileFormatError, Problem
from avpi.estimate import Caveat
from avpi.formats.decimals import cell_state
from avpi.formats.labelled_grid import WellCell, column_of_number, row_of_letters
from avpi.formats.plate_grid import MODE_UNKNOWN
from avpi.formats.plate_matrix import RawRead, finish_reads, plate_shape
from avpi.formats.plate_reader import Reader
from avpi.formats.plate_sections import distinct_reads
from avpi.formats.read_mode import mode_from_words
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.readings import Plate, PlateRead, PlateReading, parse_well, well_name

WELL_WORDS = frozenset(
    {
        *("well", "wells", "well id", "well name", "well position", "well positions", "position", "well pos"),
        *("wellposition", "wellid"),
    }
)
ROW_WORDS = frozenset({"row", "well row", "plate row"})
COLUMN_WORDS = frozenset({"column", "col", "well column", "plate column", "well col"})
PLATE_WORDS = frozenset({"plate", "plate id", "plate name", "barcode", "plate barcode"})
_VALUE_WORD = re.compile(
    r"\b(value|values|signal|raw|raw data|rlu|rfu|cps|counts?|lum|luminescence|absorbance|od\d*|fluorescence"
    r"|result|reading|intensity)\b",
    re.IGNORECASE,
)
_UNIT_WORD = re.compile(r"[(\[]\s*([^()\[\]]{1,12}?)\s*[)\]]\s*$|\b(RLU|CPS|RFU|OD)\b")
_COLON = re.compile(r"(?<=[A-Za-z])\s*:\s*(?=\d)")
FURTHEST_HEADER = 60
"""How many rows may stand above the header (assumed: a page of notes)."""


@dataclass(frozen=True, kw_only=True)
class ListHeader:
    """Where a list's columns are: of the well, or of row and column; of the plate; everything else."""

    sheet: Sheet
    row: int
    well: int | None
    letters: int | None
    numbers: int | None
    plate: int | None
    others: tuple[int, ...]

    def name(self, column: int) -> str:
        """Return a column's header."""
        return self.sheet.text(self.row, column)


def plain_word(text: str) -> str:
    """Return a header as headers are compared: lower case, blanks for everything that joins words."""
    return " ".join(re.split(r"[\s_.\-]+", text.strip().lower())).strip()


def find_header(sheet: Sheet) -> ListHeader | None:
    """Return the header of a list: the first row with a column for wells, or for row letters and column numbers."""
    for row in range(min(len(sheet.rows), FURTHEST_HEADER)):
        words = [plain_word(text) for text in sheet.texts[row]]
        well = _well_column(words)
        letters = next((i for i, word in enumerate(words) if word in ROW_WORDS), None)
        numbers = next((i for i, word in enumerate(words) if word in COLUMN_WORDS), None)
        if well is None and (letters is None or numbers is None):
            continue
        plate = next((i for i, word in enumerate(words) if word in PLATE_WORDS), None)
        used = {well, plate, letters, numbers}
        others = tuple(i for i, word in enumerate(words) if word and i not in used)
        if others:
            return ListHeader(
                sheet=sheet, row=row, well=well, letters=letters, numbers=numbers, plate=plate, others=others
            )
    return None


def _well_column(words: list[str]) -> int | None:
    """Return the column of wells; where "well" stands beside "well id" (Gen5's name of a sample), it is the well."""
    named = [i for i, word in enumerate(words) if word in WELL_WORDS]
    return next((i for i in named if words[i] == "well"), named[0] if named else None)


def parse_list_well(text: str) -> tuple[int, int] | None:
    """Return the 0-based well of "A1" or of "A:1", as GloMax instruments write it; None if it is none."""
    return parse_well(_COLON.sub("", text, count=1))


def well_of(header: ListHeader, row: int, source: str) -> tuple[int, int] | None:
    """Return the 0-based well that a row of a list is about; None for a row without any value.

    Raises
    ------
    FileFormatError
        If the row names no well of any plate, or its well contradicts its row and column.
    """
    sheet = header.sheet
    if sheet.is_empty(row):
        return None
    if header.well is not None:
        text = sheet.text(row, header.well)
        at = parse_list_well(text)
        if at is None:
            what = f"'{text}' is no well of a plate" if text else "has values but no well"
            raise _refusal(sheet, source, row, header.well, what, "a well such as 'A01', up to 'AF48'")
        return at
    assert header.letters is not None
    assert header.numbers is not None
    letters, numbers = sheet.text(row, header.letters), sheet.text(row, header.numbers)
    r, c = row_of_letters(letters), column_of_number(numbers)
    if r is None and letters.isdecimal():
        hint = "Write the letters, or add a column 'well' with 'A01', 'A02' and so on."
        what = f"'{letters}' is no row letter, and whether rows are counted from 0 or 1 is not said"
        raise _refusal(sheet, source, row, header.letters, what, "a row letter, A to AF", hint)
    if r is None or c is None or parse_well(f"{letters}{numbers}") is None:
        what = f"row '{letters}', column '{numbers}' is no well of a plate"
        raise _refusal(sheet, source, row, header.letters, what, "row A to AF and column 1 to 48")
    return r, c


def sniff(file: Spreadsheet) -> bool:
    """Return True if some sheet has a header with wells and a column of numbers below it."""
    headers = [h for sheet in file.sheets if (h := find_header(sheet))]
    return any(_value_columns(header) for header in headers)


def read(file: Spreadsheet, decimal: str) -> PlateReading:
    """Read the list of every sheet that has one.

    Raises
    ------
    FileFormatError
        If a row has no well, a well stands twice on a plate, or a value is no number.
    """
    raw: list[RawRead] = []
    owners: list[str] = []
    caveats: list[Caveat] = []
    several = len(file.sheets) > 1
    for sheet in file.sheets:
        header = find_header(sheet)
        columns = _value_columns(header) if header else ()
        if header is None or not columns:
            if not all(sheet.is_empty(row) for row in range(len(sheet.rows))):
                caveats.append(Caveat(code="sheet_ignored", text=f"No list of wells was found in '{sheet.name}'."))
            continue
        for plate, made in _raw_reads(header, columns, file.source):
            owners.append(plate or (sheet.name if several else file.stem))
            raw.append(made)
        left = [header.name(c) for c in header.others if c not in columns]
        if left:
            names = ", ".join(f"'{name}'" for name in left)
            caveats.append(Caveat(code="columns_left_out", text=f"Not read as measured values: {names}."))
    reads, noticed = finish_reads(raw, file, decimal)
    if any(made.mode == "unknown" for made in reads):
        noticed.append(MODE_UNKNOWN)
    plates: dict[str, list[PlateRead]] = {}
    for owner, finished in zip(owners, reads, strict=True):
        plates.setdefault(owner, []).append(finished)
    return PlateReading(
        reader=READER.name,
        trust=READER.trust,
        plates=tuple(Plate(name=name, reads=distinct_reads(members)) for name, members in plates.items()),
        source=file.source,
        caveats=(*file.caveats, *caveats, *noticed),
    )


def _value_columns(header: ListHeader) -> tuple[int, ...]:
    numeric = tuple(c for c in header.others if _is_numeric(header, c))
    return tuple(c for c in numeric if _VALUE_WORD.search(plain_word(header.name(c)))) or numeric


def _is_numeric(header: ListHeader, column: int) -> bool:
    """Return True if most filled cells of a column are numbers or saturated."""
    cells = [header.sheet.text(row, column) for row in range(header.row + 1, len(header.sheet.rows))]
    states = [cell_state(text) for text in cells if text]
    return 2 * sum(state in ("number", "overflow") for state in states) > len(states)


def _raw_reads(header: ListHeader, columns: tuple[int, ...], source: str) -> list[tuple[str, RawRead]]:
    """Return (plate, read) for each plate and value column; the plate is empty where no column names it."""
    sheet = header.sheet
    wells: dict[str, dict[tuple[int, int], int]] = {}
    for row in range(header.row + 1, len(sheet.rows)):
        at = well_of(header, row, source)
        if at is None:
            continue
        plate = sheet.text(row, header.plate) if header.plate is not None else ""
        rows = wells.setdefault(plate, {})
        if at in rows:
            what = f"well '{well_name(*at)}' stands here a second time, first in {sheet.place(rows[at])}"
            column = header.well if header.well is not None else header.letters
            hint = "" if header.plate is not None else "If the rows are of several plates, add a column 'plate'."
            raise _refusal(sheet, source, row, column, what, "each well of a plate once", hint)
        rows[at] = row
    raw: list[tuple[str, RawRead]] = []
    above = " ".join(text for row in range(header.row) for text in sheet.texts[row] if text)
    for plate, rows in wells.items():
        size = (1 + max(r for r, _ in rows), 1 + max(c for _, c in rows))
        for column in columns:
            name = header.name(column)
            unit = _UNIT_WORD.search(name)
            made = RawRead(
                name=name,
                kind="measured",
                mode=mode_from_words((name, above, sheet.name)),
                unit=(unit[1] or unit[2]) if unit else "",
                shape=plate_shape(size, None, source, "the list"),
                cells=tuple(WellCell(r, c, sheet, row, column) for (r, c), row in rows.items()),
            )
            raw.append((plate, made))
    return raw


def _refusal(
    sheet: Sheet, source: str, row: int, column: int | None, what: str, expected: str, hint: str = ""
) -> FileFormatError:
    place = sheet.place(row, column)
    return FileFormatError(Problem(file=source, place=place, what=what, expected=expected, hint=hint))


READER = Reader(
    name="list",
    trust="working",
    suffixes=(".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods"),
    marks=("",),
    looks_for="a header with 'well' (or 'row' and 'column') above one row for each well",
    sniff=sniff,
    read=read,
)
