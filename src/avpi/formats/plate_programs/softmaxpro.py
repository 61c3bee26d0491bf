"""SoftMax Pro (Molecular Devices): text exports of plates, UTF-16 or single-byte, in plate or in time format.

A file is blocks that end with "~End". A plate block begins with a line of fields by position: name, format, read
type, mode, numbers of points, wavelengths and wells. In plate format the values stand without row letters: the block
counts its rows from the plate's first row or from the one that the header names, and wavelengths stand side by side.
In time format each well has a column. A reduced matrix below the raw one is what the program calculated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from avpi.estimate import Caveat
from avpi.formats.clock_times import seconds_of
from avpi.formats.labelled_grid import WellCell, number_runs, refuse_unordered
from avpi.formats.plate_matrix import RawRead, plate_shape
from avpi.formats.plate_reader import Reader
from avpi.formats.plate_sections import UNIT_OF_MODE, Found, PlateIdentity, assemble, refusal
from avpi.formats.read_mode import mode_from_words
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.formats.well_table import Series, well_columns
from avpi.readings import PLATE_SHAPES, PlateReading, ReadKind, ReadMode

FIRST_FIELD = 6
"""Position of the data type ("Raw") in a plate's header; one later where the mode has a field for the optics."""

_TIME_FORMAT, _PLATE_FORMAT = "TimeFormat", "PlateFormat"
_SAVED = re.compile(r"Original Filename: (?P<name>.*?); Date Last Saved: (?P<saved>.*)$")
_SHORT: dict[ReadMode, str] = {"luminescence": "Lum"}


@dataclass(frozen=True, kw_only=True)
class _Header:
    """What the first line of a plate block says."""

    name: str
    form: str
    read_type: str
    mode: ReadMode
    reduced: bool
    labels: tuple[str, ...]
    shape: tuple[int, int] | None
    first_row: int
    rows: int
    settings: dict[str, str]


def sniff(file: Spreadsheet) -> bool:
    """Return True for a file that begins with "##BLOCKS=" or has a plate block."""
    for sheet in file.sheets:
        for texts in sheet.texts:
            head = texts[0] if texts else ""
            if head.startswith("##BLOCKS=") or (
                head == "Plate:" and any(t in (_TIME_FORMAT, _PLATE_FORMAT) for t in texts)
            ):
                return True
    return False


def read(file: Spreadsheet, decimal: str) -> PlateReading:
    """Read every plate block.

    Raises
    ------
    FileFormatError
        If the rows of a block cannot be placed on the plate.
    """
    found = Found()
    for sheet in file.sheets:
        for first, last in _plate_blocks(sheet):
            _Block(sheet, first, last, file.source).add_to(found)
        for texts in sheet.texts:
            if texts and (match := _SAVED.search(" ".join(filter(None, texts)))):
                found.settings |= {"Original Filename": match["name"], "Date Last Saved": match["saved"].strip()}
    return assemble(found, file, decimal, READER, program="SoftMax Pro")


def _plate_blocks(sheet: Sheet) -> Iterator[tuple[int, int]]:
    """Yield first row and the row after the last of each plate block."""
    first: int | None = None
    for row in range(len(sheet.rows)):
        head = sheet.text(row, 0)
        if first is not None and (head.startswith("~End") or head == "Plate:"):
            yield first, row
            first = None
        if head == "Plate:":
            first = row
    if first is not None:
        yield first, len(sheet.rows)


class _Block:
    """One plate block."""

    def __init__(self, sheet: Sheet, first: int, stop: int, source: str) -> None:
        self.sheet, self.first, self.stop, self.source = sheet, first, stop, source
        self.header = _header(sheet, first, source)

    def add_to(self, found: Found) -> None:
        """Add the raw reads of the block, and the reduced one where it says something else."""
        header = self.header
        found.settings |= {f"{header.name}: {key}": value for key, value in header.settings.items()}
        plate = PlateIdentity(name=header.name)
        raw: list[tuple[str, Series]] = []
        reduced: list[Series] = []
        by_time = header.form == _TIME_FORMAT
        for label, one, is_reduced in self._by_time() if by_time else self._by_plate():
            if is_reduced:
                reduced.append(one)
            elif not one.is_blank:
                raw.append((label, one))
        for label, one in raw:
            found.reads.append((plate, self._raw_read(label, one, "calculated" if header.reduced else "measured")))
        values = {(c.row, c.column): c.text for _, one in raw for c in one.cells}
        for one in reduced:
            if one.is_blank or (len(raw) == 1 and all(values.get((c.row, c.column), "") == c.text for c in one.cells)):
                continue
            found.reads.append((plate, self._raw_read("Reduced", one, "calculated")))
        if not raw and not reduced:
            text = f"Plate '{header.name}' has no values."
            found.caveats.append(Caveat(code="plate_without_values", text=text))

    def _raw_read(self, label: str, one: Series, kind: ReadKind) -> RawRead:
        header = self.header
        kinetic = header.read_type.lower() == "kinetic"
        spectrum = header.read_type.lower() == "spectrum" and bool(one.label) and kind == "measured"
        return RawRead(
            name=f"{_SHORT.get(header.mode, '')} {one.label} nm".strip() if spectrum else label,
            kind=kind,
            mode=header.mode,
            unit=UNIT_OF_MODE.get(header.mode, "") if kind == "measured" else "",
            shape=plate_shape(one.size, header.shape, self.source, f"plate '{header.name}'"),
            cells=one.cells,
            time_s=one.time_s if kinetic else None,
        )

    def _by_time(self) -> Iterator[tuple[str, Series, bool]]:
        """Yield label, series and whether it is reduced: wells in columns, an empty row before each wavelength."""
        sheet, labels = self.sheet, self.header.labels
        headers = [row for row in range(self.first + 1, self.stop) if well_columns(sheet, row, self.source)]
        for header, stop in pairwise([*headers, self.stop]):
            wells = well_columns(sheet, header, self.source)
            left = wells[0][0]
            is_reduced = self._is_reduced(header, left)
            groups = list(self._groups(header + 1, stop))
            if not is_reduced and groups and len(groups) != len(labels):
                what = f"plate '{self.header.name}' has {len(labels)} wavelengths, but {len(groups)} parts of values"
                hint = "Export the plate again; its empty lines tell the wavelengths apart."
                raise refusal(self.source, sheet, header, what, "one part for each wavelength", hint)
            for number, group in enumerate(groups):
                for line in group:
                    cells = tuple(WellCell(at[0], at[1], sheet, line, column) for column, at in wells)
                    stamp = sheet.text(line, left - 2) if left > 1 else ""
                    yield (
                        self._label(number),
                        Series(label=stamp, time_s=seconds_of(stamp, "s"), cells=cells),
                        is_reduced,
                    )

    def _groups(self, start: int, stop: int) -> Iterator[list[int]]:
        """Yield runs of rows that are not empty."""
        group: list[int] = []
        for row in range(start, stop):
            if not self.sheet.is_empty(row):
                group.append(row)
            elif group:
                yield group
                group = []
        if group:
            yield group

    def _is_reduced(self, header: int, left: int) -> bool:
        """Return True for the header of a reduced matrix: it has no column for the temperature."""
        return "temperature" not in " ".join(self.sheet.texts[header][:left]).lower()

    def _label(self, number: int) -> str:
        labels = self.header.labels
        return labels[number] if number < len(labels) else f"{labels[-1]} ({number + 1})"

    def _by_plate(self) -> Iterator[tuple[str, Series, bool]]:
        """Yield label, series and whether it is reduced: each matrix below a row of column numbers."""
        sheet = self.sheet
        headers = [r for r in range(self.first + 1, self.stop) if self._is_column_header(r)]
        for header, stop in pairwise([*headers, self.stop]):
            runs = number_runs(sheet.texts[header])
            for run in runs:
                refuse_unordered(sheet, header, run, self.source)
            left = runs[0][0][0]
            is_reduced = self._is_reduced(header, left)
            for first, last in self._matrices(header + 1, stop, left):
                stamp = next((t for t in sheet.texts[first][: max(left - 1, 0)] if t), "")
                rows = self._rows(first, last, left)
                for number, run in enumerate(runs):
                    cells = tuple(WellCell(r, c, sheet, line, column) for line, r in rows for column, c in run)
                    yield (
                        self._label(number),
                        Series(label=stamp, time_s=seconds_of(stamp, "s"), cells=cells),
                        is_reduced,
                    )

    def _is_column_header(self, row: int) -> bool:
        texts = self.sheet.texts[row]
        runs = number_runs(texts)
        return bool(runs) and all(run[0][1] == runs[0][0][1] for run in runs) and self._only_numbers(row, runs)

    def _only_numbers(self, row: int, runs: list[list[tuple[int, int]]]) -> bool:
        """Return True if a row holds rising column numbers and, left of them, at most the word for temperature."""
        texts, numbers = self.sheet.texts[row], {c for run in runs for c, _ in run}
        others = [text for c, text in enumerate(texts) if text and c not in numbers]
        rising = all(b[1] == a[1] + 1 for run in runs for a, b in pairwise(run))
        named = bool(others) and all("emperature" in text or text.lower().startswith("time") for text in others)
        return rising and (named or (not others and runs[0][0][1] == 0 and len(runs[0]) > 1))

    def _matrices(self, start: int, stop: int, left: int) -> Iterator[tuple[int, int]]:
        """Yield first row and row after the last of each matrix; a time or temperature opens one."""
        sheet = self.sheet
        opening = [row for row in range(start, stop) if any(sheet.texts[row][:left])]
        if not opening:
            if all(sheet.is_empty(row) for row in range(start, stop)):
                return
            opening = [start]
        yield from pairwise([*opening, stop])

    def _rows(self, first: int, stop: int, left: int) -> list[tuple[int, int]]:
        """Return (row of the sheet, row of the plate) of a matrix.

        All rows of the plate are there, or as many as the header counts, from the row that it names.
        """
        sheet, header = self.sheet, self.header
        filled = [row for row in range(first, stop) if any(sheet.texts[row][left:])]
        if not filled:
            return []
        lines, shape = filled[-1] + 1 - first, header.shape
        if shape is None:
            what = f"plate '{header.name}' does not say how many wells it has"
            raise refusal(self.source, sheet, self.first, what, "a plate's header as SoftMax Pro writes it")
        # An empty line of a text file has no cells; an unread row of the plate has its tabs.
        available = sum(bool(sheet.name) or len(sheet.rows[row]) > 1 for row in range(first, stop))
        # Whole plates have an empty line for each unread row; parts begin with the first row that was read.
        begins_inside = header.first_row > 1 and filled[0] == first
        if lines <= shape[0] <= available and not begins_inside:
            return [(first + i, i) for i in range(shape[0])]
        if lines <= header.rows <= min(available, shape[0] - header.first_row + 1):
            return [(first + i, header.first_row - 1 + i) for i in range(header.rows)]
        what = f"plate '{header.name}' has {lines} rows of values"
        expected = f"{shape[0]} rows, or the {header.rows} from row {header.first_row} on that its header counts"
        raise refusal(self.source, sheet, first, what, expected, "Export the plate again, with all its rows.")


def _header(sheet: Sheet, row: int, source: str) -> _Header:
    fields = [*sheet.texts[row], *[""] * 40]
    mode = mode_from_words((fields[5],))
    start = FIRST_FIELD + (fields[FIRST_FIELD].upper() in ("TRUE", "FALSE"))
    form = fields[3]
    if form not in (_TIME_FORMAT, _PLATE_FORMAT):
        raise refusal(source, sheet, row, f"'{form}' is no form of a plate", f"'{_PLATE_FORMAT}' or '{_TIME_FORMAT}'")
    wells = _number(fields[start + 12])
    shape = next((s for s in PLATE_SHAPES if s[0] * s[1] == wells), None)
    waves = fields[start + 9].split()
    excitations = fields[start + 13].split()
    if mode == "fluorescence" and len(excitations) == len(waves):
        labels = tuple(f"{ex},{em}" for ex, em in zip(excitations, waves, strict=True))
    elif mode == "luminescence":
        labels = tuple(f"Lum {wave}" if wave.strip("0.") else "Lum" for wave in waves)
    else:
        labels = tuple(waves)
    first_row, rows = _rows_of(fields, start, mode)
    names = {
        "Read type": fields[4],
        "Read mode": fields[5],
        "Data type": fields[start],
        "Kinetic points": fields[start + 2],
    }
    names |= {"Run time [s]": fields[start + 3], "Interval [s]": fields[start + 4], "Wavelengths": " ".join(waves)}
    return _Header(
        name=fields[1] or "Plate",
        form=form,
        read_type=fields[4],
        mode=mode,
        reduced=fields[start].lower() == "reduced",
        labels=labels or (_SHORT.get(mode, "read"),),
        shape=shape,
        first_row=first_row,
        rows=rows,
        settings={key: value for key, value in names.items() if value},
    )


def _rows_of(fields: list[str], start: int, mode: ReadMode) -> tuple[int, int]:
    """Return the first row that was read and how many; (1, 0) where the header does not say."""
    at = start + (13 if mode == "absorbance" else 22)
    first, count = _number(fields[at]), _number(fields[at + 1])
    return (first, count) if first and count else (1, 0)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


READER = Reader(
    name="SoftMax Pro",
    trust="verified",
    suffixes=(".txt",),
    marks=("##blocks=", "plate:"),
    looks_for="'##BLOCKS=' in the first line, or blocks that begin with 'Plate:'",
    sniff=sniff,
    read=read,
)
