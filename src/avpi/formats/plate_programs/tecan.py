"""Tecan i-control (infinite readers) and SparkControl (Spark): xlsx, csv and txt, one export in each sheet.

An export is settings and tables. i-control opens each read with "Label: ..."; its csv and SparkControl list the
settings of all reads as groups that begin with "Mode", and their tables come after, titled or in the same order.
A table is a plate with the corner "<>" (only the part that was read), a list of wells, or a kinetic: cycles as
columns, cycles as rows, or one block for each well where a well was read at several places (its mean is the value).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from avpi.estimate import Caveat
from avpi.formats.clock_times import UNIT_IN_BRACKETS, seconds_of
from avpi.formats.labelled_grid import WellCell, grid_at
from avpi.formats.plate_matrix import RawRead, plate_shape
from avpi.formats.plate_reader import Reader
from avpi.formats.plate_sections import (
    UNIT_OF_MODE,
    Found,
    PlateIdentity,
    assemble,
    filled,
    first_text,
    holding,
    key_and_value,
    plate_size_named,
    refusal,
)
from avpi.formats.read_mode import mode_from_words
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.formats.well_table import Series, series_below, series_of_columns, well_columns, well_rows
from avpi.readings import PlateReading, ReadKind, ReadMode, parse_well

HEADER_ROWS = 12
"""Rows in which the program names itself; above it stands at most the name of the method."""

_PROGRAM = re.compile(r"^(?:Application|Programm)\s*:\s*(?:Tecan\s+)?(i-control|SparkControl)", re.IGNORECASE)
_VERSION = re.compile(r"^(?:Tecan i-control\s*,\s*|V)(\d+(?:\.\d+)+.*)$")
_MODE_KEYS, _MEAN_WORDS = frozenset({"Mode", "Modus"}), frozenset({"Mean", "Mittelwert"})
_WELL_BLOCK = frozenset({"Cycles / Well", "Zyklen / Well"})
_PLATE_KEYS, _ID_KEYS = ("Plate", "Platte"), ("Plate-ID (Stacker)", "Platten-ID (Stapler)", "Barcode")
_START_KEYS = frozenset({"Start Time", "Startzeit"})
_NO_TITLE = re.compile(
    r"^(start ?time|startzeit|end ?time|endzeit|temperature|temperatur|label:|list of actions)", re.IGNORECASE
)
_CALCULATED_TITLES = frozenset({"difference", "differenz", "ratio", "blank reduced"})


@dataclass(kw_only=True)
class _Section:
    """The settings of one read: its label, what was measured, when."""

    name: str = ""
    mode: str = ""
    started: str = ""
    labelled: bool = False
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class _Table:
    """One table of results, the section above it, its title, how many sections began since the table before it."""

    title: str
    section: _Section | None
    begun: int
    series: list[Series]


def sniff(file: Spreadsheet) -> bool:
    """Return True if some sheet begins as an export of i-control or SparkControl."""
    return any(_program_row(sheet) is not None for sheet in file.sheets)


def read(file: Spreadsheet, decimal: str) -> PlateReading:
    """Read every export of a file; each sheet with one is a plate.

    Raises
    ------
    FileFormatError
        If a table cannot be placed on wells, or there is none.
    """
    found = Found()
    exports = [part for sheet in file.sheets if _program_row(sheet) is not None for part in _parts(sheet)]
    ignored = [sheet.name for sheet in holding(file.sheets) if _program_row(sheet) is None]
    if ignored:
        names = ", ".join(f"'{name}'" for name in ignored)
        found.caveats.append(Caveat(code="sheet_ignored", text=f"No export stands in {names}."))
    scans = [_Scan(sheet, file.source).run() for sheet in exports]
    of_sheets = [scan.sheet.name for scan in scans]
    named = [scan.header_value(_ID_KEYS) for scan in scans]
    for number, (scan, own) in enumerate(zip(scans, named, strict=True), start=1):
        name = own or file.stem
        if of_sheets.count(scan.sheet.name) > 1:
            name = own if own and named.count(own) == 1 else f"{own or scan.sheet.name or file.stem} {number}"
        elif len(exports) > 1:
            name = scan.sheet.name
        _add(scan, name, found, file.source)
    if any(scan.several_places for scan in scans):
        text = "Wells were read at several places; the value of a well is the mean that the program gives."
        found.caveats.append(Caveat(code="mean_of_places", text=text))
    return assemble(found, file, decimal, READER, program=_program(exports[0]))


class _Scan:
    """One pass over a sheet."""

    def __init__(self, sheet: Sheet, source: str) -> None:
        self.sheet, self.source = sheet, source
        self.header: dict[str, str] = {}
        self.sections: list[_Section] = []
        self.tables: list[_Table] = []
        self.begun = 0
        self.several_places = False

    def run(self) -> _Scan:
        row = 0
        while row < len(self.sheet.rows):
            series, after = self._table(row)
            if after > row:
                self._add_table(row, series)
                row = after
            else:
                self._line(row)
                row += 1
        return self

    def header_value(self, keys: Iterable[str]) -> str:
        """Return the first value of the sheet's header that stands under one of the keys."""
        return next((self.header[key] for key in keys if self.header.get(key)), "")

    def _add_table(self, row: int, series: list[Series]) -> None:
        section = self.sections[-1] if self.sections else None
        table = _Table(title=self._title(row), section=section, begun=self.begun, series=series)
        # The well blocks of one read are one kinetic: they share their points in time.
        last = self.tables[-1] if self.tables else None
        if last and first_text(self.sheet, row) in _WELL_BLOCK and self.begun == 0 and last.section is section:
            last.series = [
                Series(label=one.label, time_s=one.time_s, cells=(*one.cells, *two.cells))
                for one, two in zip(last.series, series, strict=False)
            ] + last.series[len(series) :]
            return
        self.tables.append(table)
        self.begun = 0

    def _title(self, row: int) -> str:
        """Return the line above a table that is nothing but its name; empty if there is none."""
        for above in range(row - 1, max(-1, row - 8), -1):
            cells = filled(self.sheet, above)
            if not cells:
                continue
            if len(cells) == 1 and not _NO_TITLE.match(cells[0]) and parse_well(cells[0]) is None:
                return cells[0]
            if not _NO_TITLE.match(cells[0]):
                return ""
        return ""

    def _line(self, row: int) -> None:
        head = first_text(self.sheet, row)
        key, value = key_and_value(self.sheet, row)
        if head.startswith("Label:"):
            self._begin(_Section(name=head.removeprefix("Label:").strip(), labelled=True))
        elif key in _MODE_KEYS and mode_from_words((value,)) != "unknown":
            if self.sections and self.sections[-1].labelled and not self.sections[-1].mode:
                self.sections[-1].mode = value
            else:
                self._begin(_Section(mode=value))
        elif self.sections and key == "Name" and not self.sections[-1].name:
            self.sections[-1].name = value
        elif self.sections and key in _START_KEYS:
            self.sections[-1].started = value
        elif self.sections and key:
            self.sections[-1].settings[key] = value
        elif key:
            self.header[key] = value
            for cell in filled(self.sheet, row)[1:]:
                other, colon, its = cell.partition(":")
                if colon and its.strip() and not other.strip().isdecimal():
                    self.header.setdefault(other.strip(), its.strip())

    def _begin(self, section: _Section) -> None:
        self.sections.append(section)
        self.begun += 1

    def _table(self, row: int) -> tuple[list[Series], int]:
        """Return the table that begins at a row and the row after it; the row itself if none does."""
        sheet, head = self.sheet, first_text(self.sheet, row)
        start = next((c for c, text in enumerate(sheet.texts[row]) if text), 0)
        if head == "<>" and sheet.text(row, start + 1) in ("Value", "Wert"):
            return self._list(row, start)
        if head == "<>":
            grid = grid_at(sheet, row, self.source, fewest=1)
            if grid is None:
                raise refusal(
                    self.source, sheet, row, "a plate begins here whose rows have no letters", "row letters below '<>'"
                )
            return [Series(label="", time_s=None, cells=tuple(grid.cells()))], grid.last + 1
        if head == "Well" and sheet.text(row, start + 1) in _MEAN_WORDS:
            self.several_places = True
            return self._list(row, start)
        if head.startswith(("Cycle Nr", "Zyklus Nr", "Zyklusnr", "Wavel.")):
            return self._by_rows(row, start) if well_columns(sheet, row, self.source) else self._by_columns(row, start)
        if head in _WELL_BLOCK:
            self.several_places = True
            return self._well_block(row, start)
        return [], row

    def _list(self, header: int, start: int) -> tuple[list[Series], int]:
        rows, after = well_rows(self.sheet, header + 1, self.source, column=start)
        return series_of_columns(self.sheet, rows, [(start + 1, "", None)]) if rows else [], max(after, header + 1)

    def _by_rows(self, header: int, start: int) -> tuple[list[Series], int]:
        """Read a table with a cycle (or wavelength) in each row."""
        sheet = self.sheet
        times = next((c for c, t in enumerate(sheet.texts[header]) if t.startswith(("Time", "Zeit"))), None)
        unit = _unit(sheet.text(header, times)) if times is not None else ""
        series, after = series_below(
            sheet, header, self.source, label_column=start if times is None else times, unit=unit
        )
        return [one for one in series if not one.is_blank], after

    def _by_columns(self, header: int, start: int) -> tuple[list[Series], int]:
        """Read a table with a cycle (or wavelength) in each column and a well in each row."""
        sheet, row = self.sheet, header + 1
        times: dict[int, float | None] = {}
        while row < len(sheet.rows) and (name := sheet.text(row, start)) and parse_well(name) is None:
            if name.startswith(("Time", "Zeit")):
                unit = _unit(name)
                times = {c: seconds_of(text, unit) for c, text in enumerate(sheet.texts[row])}
            elif not name.startswith("Temp"):
                return [], row
            row += 1
        rows, after = well_rows(sheet, row, self.source, column=start)
        labels = [(c, text) for c, text in enumerate(sheet.texts[header]) if c > start and text]
        series = series_of_columns(sheet, rows, [(c, text, times.get(c)) for c, text in labels]) if rows else []
        return [one for one in series if not one.is_blank], max(after, header + 1)

    def _well_block(self, header: int, start: int) -> tuple[list[Series], int]:
        """Read the block of one well: its cycles, their times and the mean of its places."""
        sheet, row = self.sheet, header + 1
        at = parse_well(sheet.text(row, start))
        if at is None:
            raise refusal(self.source, sheet, row, f"'{sheet.text(row, start)}' is no well", "a well such as 'A1'")
        cycles, times, mean = row, {}, None
        row += 1
        while row < len(sheet.rows) and (name := sheet.text(row, start)) and name not in _WELL_BLOCK:
            if name.startswith(("Time", "Zeit")):
                unit = _unit(name)
                times = {c: seconds_of(text, unit) for c, text in enumerate(sheet.texts[row])}
            elif name in _MEAN_WORDS:
                mean = row
            row += 1
        if mean is None:
            what = f"the block of well '{sheet.text(cycles, start)}' has no mean of its places"
            raise refusal(self.source, sheet, header, what, "a line 'Mean'")
        labels = [(c, text) for c, text in enumerate(sheet.texts[cycles]) if c > start and text]
        return [
            Series(label=text, time_s=times.get(c), cells=(WellCell(*at, sheet, mean, c),)) for c, text in labels
        ], row


def _unit(header: str) -> str:
    match = UNIT_IN_BRACKETS.search(header)
    return match[1] if match else "s"


def _add(scan: _Scan, name: str, found: Found, source: str) -> None:
    """Add the tables of a sheet as reads of its plate."""
    started = next((section.started for section in scan.sections if section.started), "")
    date = " ".join(filter(None, (scan.header_value(("Date", "Datum")), scan.header_value(("Time", "Zeit")))))
    plate = PlateIdentity(name=name, barcode=scan.header_value(_ID_KEYS), measured_at=started or date)
    found.settings |= {key: value for key, value in scan.header.items() if value}
    owners = _owners(scan)
    for number, (table, section) in enumerate(zip(scan.tables, owners, strict=True), start=1):
        found.settings |= {f"{section.name}: {k}" if section.name else k: v for k, v in section.settings.items()}
        label = section.name or table.title or f"read {number}"
        kind: ReadKind = "calculated" if table.title.lower() in _CALCULATED_TITLES else "measured"
        label = f"{label} {table.title}" if kind == "calculated" else label
        mode = _mode(section)
        for one in table.series:
            numbered = one.time_s is None and one.label and len(table.series) > 1
            size = one.size
            declared = plate_size_named(scan.header_value(_PLATE_KEYS), size)
            raw = RawRead(
                name=f"{label} ({one.label})" if numbered else label,
                kind=kind,
                mode=mode,
                unit=UNIT_OF_MODE.get(mode, ""),
                shape=plate_shape(size, declared, source, f"the table '{label}'"),
                cells=one.cells,
                time_s=one.time_s,
            )
            found.reads.append((plate, raw))


def _owners(scan: _Scan) -> list[_Section]:
    """Return the section of each table: the one above it, that of its title, or the one in the same order."""
    unlabelled = [section for section in scan.sections if not section.labelled]
    plain = [table for table in scan.tables if table.title.lower() not in _CALCULATED_TITLES]
    owners: list[_Section] = []
    for table in scan.tables:
        same = [s for s in unlabelled if s.name and s.name in (table.title, table.title.partition(":")[0].strip())]
        if table.section is not None and table.section.labelled:
            owners.append(table.section)
        elif len(same) == 1:
            owners.append(same[0])
        elif len(plain) == len(unlabelled) and table in plain:
            section = unlabelled[plain.index(table)]
            section.name = section.name or table.title
            owners.append(section)
        elif len(unlabelled) == 1 or (table.section is not None and table.begun == 1):
            owners.append(table.section or unlabelled[0])
        else:
            modes = {section.mode for section in unlabelled}
            owners.append(_Section(name=table.title, mode=modes.pop() if len(modes) == 1 else ""))
    return owners


def _mode(section: _Section) -> ReadMode:
    if section.mode:
        return mode_from_words((section.mode,))
    keys = {key.lower() for key in section.settings}
    return "absorbance" if keys & {"measurement wavelength", "wellenlänge"} else "unknown"


def _parts(sheet: Sheet) -> Iterator[Sheet]:
    """Yield the exports of a sheet: several stand below each other where a program went on in the same file."""
    begins = [row for row, texts in enumerate(sheet.texts) if any(_PROGRAM.match(text) for text in texts)]
    # The name of the method may stand right above the program.
    starts = [0, *(row - (not sheet.is_empty(row - 1)) for row in begins[1:])]
    for start, stop in pairwise([*starts, len(sheet.rows)]):
        part = Sheet(name=sheet.name, rows=sheet.rows[start:stop], lines=sheet.lines[start:stop])
        if _program_row(part) is not None:
            yield part


def _program_row(sheet: Sheet) -> int | None:
    rows = range(min(HEADER_ROWS, len(sheet.rows)))
    return next((row for row in rows if any(_PROGRAM.match(text) for text in sheet.texts[row])), None)


def _program(sheet: Sheet) -> str:
    row = _program_row(sheet) or 0
    named = next(match[1] for text in sheet.texts[row] if (match := _PROGRAM.match(text)))
    version = next((match[1].strip() for text in sheet.texts[row] if (match := _VERSION.match(text))), "")
    name = "Tecan i-control" if named.lower() == "i-control" else "Tecan SparkControl"
    return f"{name} {version}".strip()


READER = Reader(
    name="Tecan",
    trust="verified",
    suffixes=(".xlsx", ".csv", ".txt"),
    marks=("i-control", "sparkcontrol"),
    looks_for="'Application: Tecan i-control' or 'Application: SparkControl' in the first rows",
    sniff=sniff,
    read=read,
)
