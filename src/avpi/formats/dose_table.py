"""Tables of doses and responses on disc: delimited text and Parquet, read batch by batch and never as a whole.

A workbook of one sheet is read at once.

What the columns mean is not decided here. Which of them must be numbers is said by whoever reads; all others stay the
words that stand there, so that a compound "007" keeps its zeros. The decimal mark of a text file is decided once, from
its first megabyte; a cell further down that contradicts it is no number and is refused.
"""

from __future__ import annotations

import codecs
import csv
import io
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from avpi.errors import FileFormatError, Problem
from avpi.formats.decimals import cell_state, decide_decimal
from avpi.formats.dose_cell_faults import MISSING, no_numbers, text_problems

BATCH_ROWS = 131_072
BLOCK_BYTES = 1 << 23
"""Of a text file, read at a time."""
SAMPLE_BYTES = 1 << 20
"""Of a text file, from which encoding, separator and decimal mark are found."""
TEXT, PARQUET = (".csv", ".tsv", ".txt"), (".parquet", ".pq")
WORKBOOK = (".xlsx", ".xlsm", ".xls", ".ods")
NO_ROWS = ("Empty CSV file", "Could not skip initial")
"""How Arrow says that nothing stands below the header."""
SEPARATORS = ("\t", ";", ",")


class DoseTable(Protocol):
    """A table that can be read several times."""

    @property
    def source(self) -> str:
        """Name of the file, for messages."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """Every name in the header, in order."""
        ...

    def batches(self, columns: Sequence[str], numbers: Sequence[str]) -> Iterator[Any]:
        """Yield Arrow tables of some columns; those of ``numbers`` are float64."""
        ...

    def place(self, row: int) -> str:
        """Return where a row (from 0) stands in the file."""
        ...

    def decimal_mark(self, columns: Sequence[str]) -> str:
        """Return the decimal mark of the numbers in some columns."""
        ...


def open_dose_table(path: Path, *, decimal: str = "") -> DoseTable:
    """Return a table on disc; its header is read, its rows are not.

    Parameters
    ----------
    path : ends in .csv, .tsv, .txt, .parquet or .xlsx (.xlsm, .xls, .ods).
    decimal : ``"."`` or ``","`` of a text file, where its cells leave it open.

    Raises
    ------
    FileFormatError
        If there is no such file, it is empty, or it is not what its ending says.
    """
    source, ending = str(path), path.suffix.lower()
    if not path.exists():
        raise FileFormatError(Problem(file=source, what="there is no such file"))
    if path.is_dir():
        raise FileFormatError(Problem(file=source, what="it is a folder", expected="a file"))
    if ending not in TEXT + PARQUET + WORKBOOK:
        what = f"'{path.suffix or path.name}' is no ending of a table that can be read"
        raise FileFormatError(Problem(file=source, what=what, expected=".csv, .tsv, .txt, .parquet or .xlsx"))
    if not path.stat().st_size:
        raise FileFormatError(Problem(file=source, what="the file is empty", expected="a header and rows below it"))
    if ending in WORKBOOK:
        from avpi.formats.dose_sheet import SheetTable

        return SheetTable.open(path, decimal)
    return ParquetTable.open(path) if ending in PARQUET else TextTable.open(path, decimal)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetTable:
    """A Parquet file."""

    path: Path
    columns: tuple[str, ...]

    @staticmethod
    def open(path: Path) -> ParquetTable:
        """Read the names of the columns.

        Raises
        ------
        FileFormatError
            If it is no Parquet file.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return ParquetTable(path=path, columns=tuple(pq.read_schema(path).names))
        except (pa.ArrowException, OSError) as error:
            what = f"it cannot be read as Parquet ({_first_line(error)})"
            raise FileFormatError(Problem(file=str(path), what=what)) from None

    @property
    def source(self) -> str:
        """Name of the file."""
        return str(self.path)

    def place(self, row: int) -> str:
        """Return the number of a row; the first is 1."""
        return f"row {row + 1}"

    def decimal_mark(self, columns: Sequence[str]) -> str:
        """Return the point: what is a number has no mark."""
        return "."

    def batches(self, columns: Sequence[str], numbers: Sequence[str]) -> Iterator[Any]:
        """Yield Arrow tables of some columns; words are dictionaries.

        Raises
        ------
        FileFormatError
            If a cell of ``numbers`` is no number, or the file is damaged.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        first = 0
        try:
            schema = pq.read_schema(self.path)
            words = [name for name in columns if _is_text(schema.field(name).type) and name not in numbers]
            with pq.ParquetFile(self.path, read_dictionary=words) as file:
                for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=list(columns)):
                    table = pa.Table.from_batches([batch]).select(list(columns))
                    for name in numbers:
                        if name in columns:
                            at = table.column_names.index(name)
                            table = table.set_column(at, name, self._numbers(table.column(at), name, first))
                    yield table
                    first += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            what = f"it is damaged ({_first_line(error)})"
            raise FileFormatError(Problem(file=self.source, what=what)) from None

    def _numbers(self, column: Any, name: str, first: int) -> Any:
        import pyarrow as pa

        if pa.types.is_boolean(column.type):  # Arrow would take True for 1
            raise FileFormatError(_not_numeric(self.source, name, "True and False"))
        try:
            return column.cast(pa.float64())
        except pa.ArrowException:
            found = no_numbers(column.cast(pa.string()).to_pylist(), ".")
            problems = text_problems(self, name, [(first + row, text) for row, text in found])
            raise FileFormatError(problems or _not_numeric(self.source, name, str(column.type))) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """A delimited text file.

    Attributes
    ----------
    header_line : on which line of the file the header stands, from 1.
    decimal : as it was said; empty to find it.
    sample : the first megabyte as text, from the header on.
    empty_lines : those below the header, once somebody has asked where a row stands; the header's own comes first.
    """

    path: Path
    columns: tuple[str, ...]
    separator: str
    encoding: str
    header_line: int
    decimal: str
    sample: str
    empty_lines: array[int] = field(default_factory=lambda: array("q"), compare=False)

    @staticmethod
    def open(path: Path, decimal: str) -> TextTable:
        """Read the header.

        Raises
        ------
        FileFormatError
            If the file is no text, or has no header.
        """
        with path.open("rb") as file:
            start = file.read(SAMPLE_BYTES)
            whole = not file.read(1)
        encoding = _encoding(start)
        text = start.decode(encoding, errors="replace").lstrip("\ufeff")
        if "\x00" in text:
            raise FileFormatError(Problem(file=str(path), what="it is no text", expected="delimited text"))
        lines = text.splitlines() if whole else text.splitlines()[:-1]
        header = next((i for i, line in enumerate(lines) if line.strip() and not line.lower().startswith("sep=")), None)
        if header is None:
            what = "it has no header" if whole else "its first line is longer than any header"
            raise FileFormatError(Problem(file=str(path), what=what, expected="a header and rows below it"))
        separator = next((mark for mark in SEPARATORS if mark in lines[header]), ",")
        names = next(csv.reader([lines[header]], delimiter=separator))
        return TextTable(
            path=path,
            columns=tuple(name.strip() for name in names),
            separator=separator,
            encoding=encoding,
            header_line=header + 1,
            decimal=decimal,
            sample="\n".join(lines[header + 1 :]),
        )

    @property
    def source(self) -> str:
        """Name of the file."""
        return str(self.path)

    def place(self, row: int) -> str:
        """Return the line on which a row stands; empty lines hold none."""
        if not self.empty_lines:
            self._find_empty_lines()
        line = self.header_line + 1 + row
        for empty in self.empty_lines[1:]:
            if empty > line:
                break
            line += 1
        return f"line {line}"

    def _find_empty_lines(self) -> None:
        self.empty_lines.append(self.header_line)
        with self.path.open(encoding=self.encoding, errors="replace") as file:
            lines = (number for number, line in enumerate(file, 1) if line == "\n")
            self.empty_lines.extend(number for number in lines if number > self.header_line)

    def batches(self, columns: Sequence[str], numbers: Sequence[str]) -> Iterator[Any]:
        """Yield Arrow tables of some columns.

        Raises
        ------
        FileFormatError
            If a cell of ``numbers`` is no number, or a row has more or fewer cells than the header.
        """
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        decimal = self.decimal_mark([name for name in numbers if name in columns])
        types = {name: pa.float64() if name in numbers else pa.string() for name in columns}
        convert = arrow_csv.ConvertOptions(
            column_types=types,
            include_columns=list(columns),
            null_values=list(MISSING),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            decimal_point=decimal,
        )
        try:
            yield from self._read(convert)
        except pa.ArrowException as error:
            raise FileFormatError(
                self._wrong_numbers([name for name in numbers if name in columns], decimal)
                or Problem(file=self.source, what=_row_words(error), expected=f"{len(self.columns)} cells in each row")
            ) from None

    def _read(self, convert: Any) -> Iterator[Any]:
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        reading = arrow_csv.ReadOptions(
            column_names=list(self.columns),
            skip_rows=self.header_line,
            block_size=BLOCK_BYTES,
            encoding=self.encoding,
        )
        parsing = arrow_csv.ParseOptions(delimiter=self.separator, newlines_in_values=False)
        try:
            reader = arrow_csv.open_csv(self.path, reading, parsing, convert)
        except pa.ArrowInvalid as error:
            if any(words in str(error) for words in NO_ROWS):
                return
            raise
        with reader:
            for batch in reader:
                if batch.num_rows:
                    yield pa.Table.from_batches([batch])

    def decimal_mark(self, columns: Sequence[str]) -> str:
        """Return the decimal mark of the sample's numbers in some columns.

        Raises
        ------
        FileFormatError
            If cells contradict each other, or leave it open.
        """
        places: dict[str, str] = {}
        at = [(self.columns.index(name), name) for name in columns]
        for row, cells in enumerate(csv.reader(io.StringIO(self.sample), delimiter=self.separator)):
            for index, name in at:
                text = cells[index].strip() if index < len(cells) else ""
                if text and text not in places and cell_state(text) == "number":
                    places[text] = f"line {self.header_line + 1 + row}, column '{name}'"
        try:
            return decide_decimal(
                places, self.source, place_of=places.__getitem__, declared=self.decimal, delimiter=self.separator
            )
        except FileFormatError as error:
            hint = "Say which with '--decimal', or export the file again without thousands separators"
            raise FileFormatError([replace(problem, hint=hint) for problem in error.problems]) from None

    def _wrong_numbers(self, numbers: Sequence[str], decimal: str) -> list[Problem]:
        """Look for the cells that are no numbers, once it is known that there are some."""
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        texts = arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(numbers, pa.string()), include_columns=list(numbers), strings_can_be_null=False
        )
        found: dict[str, list[tuple[int, str]]] = {name: [] for name in numbers}
        first = 0
        try:
            for table in self._read(texts):
                for name in numbers:
                    wrong = no_numbers(table.column(name).to_pylist(), decimal)
                    found[name] += [(first + row, text) for row, text in wrong]
                first += table.num_rows
        except pa.ArrowException:
            return []
        return [problem for name in numbers for problem in text_problems(self, name, found[name], decimal)]


def _not_numeric(source: str, name: str, kind: str) -> Problem:
    what = f"the column holds '{kind}'"
    return Problem(file=source, place=f"column '{name}'", what=what, expected="numbers")


def _encoding(start: bytes) -> str:
    """Return in what a text is written: by its mark, else UTF-8 if it is, else what Windows writes in the West."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(start)  # a letter that the end of the sample cuts is no fault
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _row_words(error: Exception) -> str:
    return f"a row cannot be read ({_first_line(error)})"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")
