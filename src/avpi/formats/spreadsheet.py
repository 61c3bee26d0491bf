"""Delimited text and workbooks as sheets of cells, each cell knowing where it stands.

Encoding, delimiter and spreadsheet quirks (``="0012"``, a byte-order mark, UTF-16, ``sep=;``) end here; what
the cells mean is for the readers. Text cells stay text, because "1,234" is not a number before the whole file
has been seen (:mod:`avpi.formats.decimals`); numeric cells of workbooks are floats.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from avpi.errors import FileFormatError, Problem
from avpi.estimate import Caveat

Cell = str | float

MAX_BYTES = 50_000_000
"""Larger files are refused unread (assumed: a 1536-well kinetic of a day stays below a tenth of it)."""

DELIMITERS = ("\t", ";", ",")
"""In order of preference where two fit equally well: a comma may also be a decimal mark."""

_ALL_TEXT = frozenset({str})
_EXCEL_TEXT = re.compile(r'^="(.*)"$', re.DOTALL)
_QUOTED = re.compile(r'"[^"]*"')
_SEPARATOR_LINE = re.compile(r"^sep=(.)\r?\n?", re.IGNORECASE)
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One table of cells.

    Attributes
    ----------
    name : the sheet's name; empty for a text file.
    rows : cells of each row, as many as stand there; an empty line of a text file has none.
    lines : line of each row in a text file, row number in a workbook, both from 1.
    """

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    lines: tuple[int, ...]

    @cached_property
    def texts(self) -> tuple[tuple[str, ...], ...]:
        """Every cell as text, numbers in their shortest form."""
        return tuple(
            # The cells of a text file are text already.
            row if _ALL_TEXT.issuperset(map(type, row)) else tuple(map(cell_text, row))  # type: ignore[misc]
            for row in self.rows
        )

    def text(self, row: int, column: int) -> str:
        """Return a cell as text; empty where nothing stands."""
        return self.texts[row][column] if row < len(self.rows) and 0 <= column < len(self.rows[row]) else ""

    def cell(self, row: int, column: int) -> Cell:
        """Return a cell as it stands; empty text where nothing stands."""
        return self.rows[row][column] if row < len(self.rows) and 0 <= column < len(self.rows[row]) else ""

    def is_empty(self, row: int) -> bool:
        """Return True if no cell of a row holds anything."""
        return not any(self.texts[row])

    def is_gap(self, row: int) -> bool:
        """Return True for a line that separates blocks: no cells at all, unlike a row of empty cells."""
        return self.is_empty(row) and (bool(self.name) or len(self.rows[row]) <= 1)

    def place(self, row: int, column: int | None = None) -> str:
        """Return where a row or cell stands, in the words of the program that the user opens the file with."""
        line = self.lines[row]
        if not self.name:
            return f"line {line}" if column is None else f"line {line}, column {column + 1}"
        where = f"row {line}" if column is None else f"cell {column_letters(column)}{line}"
        return f"sheet '{self.name}', {where}"


@dataclass(frozen=True, kw_only=True)
class Spreadsheet:
    """A file of cells.

    Attributes
    ----------
    delimiter : of a text file; empty for a workbook.
    ends_in_line : a text file ends without the end of a line, as a file that was cut off does.
    caveats : what was noticed.
    """

    source: str
    sheets: tuple[Sheet, ...]
    delimiter: str
    ends_in_line: bool = False
    caveats: tuple[Caveat, ...] = ()

    @cached_property
    def words(self) -> str:
        """Everything that stands in the file, in small letters, sheets by their names: a line for each row."""
        lines = (line for sheet in self.sheets for line in (sheet.name, *map("\t".join, sheet.texts)))
        return "\n".join(lines).lower()

    @property
    def stem(self) -> str:
        """The file's name without folder and suffix."""
        return Path(self.source).stem

    def first_lines(self, count: int = 3, width: int = 60) -> str:
        """Return how the file begins, for the message that nothing recognised it."""
        rows = (row for sheet in self.sheets for row in sheet.texts if any(row))
        joined = (" ".join(filter(None, row)) for row, _ in zip(rows, range(count), strict=False))
        return " / ".join(f"'{line[:width]}…'" if len(line) > width else f"'{line}'" for line in joined)


def read_spreadsheet(path: Path, source: str) -> Spreadsheet:
    """Read delimited text or a workbook (xlsx, xlsm, xls, ods), told apart by content, not by suffix.

    Parameters
    ----------
    path : the file.
    source : its name as the user knows it, for messages.

    Raises
    ------
    FileFormatError
        If the file is missing, empty, too large, binary, or has an unclosed quote.
    """
    raw = _bytes_of(path, source)
    if raw.startswith((_ZIP, _OLE)):
        # Imported here: text files, the common case, need no workbook library.
        from avpi.formats.workbook import read_workbook

        return read_workbook(raw, source)
    text, caveats = _decode(raw, source)
    return parse_text(text, source, caveats=caveats)


def parse_text(text: str, source: str, *, caveats: tuple[Caveat, ...] = ()) -> Spreadsheet:
    """Split delimited text into cells; the delimiter is the one that the most lines agree on."""
    # Scripts that end lines twice ("\\r\\r\\n") would put an empty line below each.
    text = text.replace("\r\r\n", "\r\n")
    first_line = 1
    if match := _SEPARATOR_LINE.match(text):
        delimiter, text, first_line = match[1], text[match.end() :], 2
    else:
        delimiter = find_delimiter(text)
    try:
        rows, lines = _split(text, delimiter or ",", first_line, strict=True)
    except csv.Error:
        rows, lines = _split_loosely(text, delimiter or ",", first_line, source)
    cells = tuple(tuple(_plain(field) for field in row) for row in rows)
    sheet = Sheet(name="", rows=cells, lines=tuple(lines))
    ends_in_line = not text.endswith(("\n", "\r"))
    return Spreadsheet(source=source, sheets=(sheet,), delimiter=delimiter, ends_in_line=ends_in_line, caveats=caveats)


def _split(text: str, delimiter: str, first_line: int, *, strict: bool) -> tuple[list[list[str]], list[int]]:
    """Return the fields of each record and the line on which each begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    rows: list[list[str]] = []
    lines: list[int] = []
    begin = first_line
    for row in reader:
        rows.append(row)
        lines.append(begin)
        begin = first_line + reader.line_num
    return rows, lines


def _split_loosely(text: str, delimiter: str, first_line: int, source: str) -> tuple[list[list[str]], list[int]]:
    """Split text with odd quotation marks; refuse it where one of them swallows a line, and with it wells."""
    try:
        rows, lines = _split(text, delimiter, first_line, strict=False)
    except csv.Error as error:
        raise FileFormatError(Problem(file=source, what=f"cannot be split into cells ({error})")) from None
    for row, line in zip(rows, lines, strict=True):
        if any("\n" in field or "\r" in field for field in row):
            what = "has a quotation mark that is never closed"
            hint = "Export the file again, or close the quotation mark."
            raise FileFormatError(Problem(file=source, place=str(line), what=what, hint=hint))
    return rows, lines


def find_delimiter(text: str) -> str:
    """Return tab, ";" or ",": the one of which most lines have the same number; empty if there is none."""
    lines = [_QUOTED.sub("", line) for line in text.splitlines()]
    best, agreeing = "", 0
    for delimiter in DELIMITERS:
        counts = Counter(n for line in lines if (n := line.count(delimiter)))
        most = max(counts.values(), default=0)
        if most > agreeing:
            best, agreeing = delimiter, most
    return best


def cell_text(cell: Cell) -> str:
    """Return a cell as text; 10.0 is "10"."""
    if isinstance(cell, str):
        return cell
    return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)


def column_letters(column: int) -> str:
    """Return the letters of a 0-based column of a workbook: A..Z, AA.."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def plain_value(value: object) -> Cell:
    """Return a workbook's value as a cell: numbers as floats, dates in ISO form, the rest as text."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return _plain(str(value))


def _plain(field: str) -> str:
    field = field.strip()
    if "\n" in field or "\r" in field:
        # Programs break long headers into lines ("Well\nRow"); Excel spells the old carriage return out.
        field = " ".join(field.replace("_x000D_", " ").split())
    match = _EXCEL_TEXT.match(field) if field.startswith("=") else None
    return match[1].strip().strip('"') if match else field


def _bytes_of(path: Path, source: str) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise FileFormatError(Problem(file=source, what=f"is {size:,} bytes", expected=f"at most {MAX_BYTES:,}"))
        raw = path.read_bytes()
    except FileNotFoundError:
        raise FileFormatError(
            Problem(file=source, what="was not found", hint="Check its name and folder, capitals included.")
        ) from None
    except OSError as error:
        raise FileFormatError(Problem(file=source, what=f"cannot be read: {error.strerror}")) from None
    if not raw.strip(b"\x00 \t\r\n"):
        raise FileFormatError(Problem(file=source, what="is empty", hint="Export or copy it again."))
    return raw


def _decode(raw: bytes, source: str) -> tuple[str, tuple[Caveat, ...]]:
    """Return the text: UTF-8, UTF-16 with or without a byte-order mark, else Windows-1252."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace"), ()
    head = raw[:2000]
    for zeros, encoding in ((head[1::2], "utf-16-le"), (head[0::2], "utf-16-be")):
        # Latin text in UTF-16 has a zero in every second byte; nine in ten allows for a few other letters.
        if len(head) >= 4 and zeros.count(0) > 0.9 * len(zeros):
            return raw.decode(encoding, errors="replace"), ()
    if b"\x00" in raw:
        raise FileFormatError(
            Problem(
                file=source,
                what="is a binary file, neither text nor a workbook",
                expected="a text, csv, xlsx, xls or ods file",
            )
        )
    try:
        return raw.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        note = Caveat(code="not_utf8", text="The file is not UTF-8; its text was read as Windows-1252.")
        return raw.decode("cp1252", errors="replace"), (note,)
