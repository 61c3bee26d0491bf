"""Gen5 (Agilent BioTek): txt and xlsx, several plates below each other or in sheets of their own.

A plate is its header ("Plate Number"), its procedure ("Read", "Luminescence Endpoint"), a layout that is not read, and
results: grids whose lines are named on their right, measured ("LUM:Lum") and calculated ones ("NormLum") mixed, and
kinetics or spectra with a well in each column. Header and procedure may have been left out of the export.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from avpi.formats.clock_times import SECONDS_A_DAY
from avpi.formats.plate_matrix import RawRead, plate_shape
from avpi.formats.plate_reader import Reader
from avpi.formats.plate_sections import (
    UNIT_OF_MODE,
    Found,
    PlateIdentity,
    assemble,
    filled,
    first_text,
    key_and_value,
    plate_size_named,
    refusal,
)
from avpi.formats.read_mode import mode_from_words
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.formats.stacked_grid import stacked_grid_at
from avpi.formats.well_table import Series, series_below, series_of_columns, well_columns, well_rows
from avpi.readings import PlateReading, ReadKind, ReadMode

_HEADER_KEYS = frozenset({"Experiment File Path", "Protocol File Path", "Reader Type", "Reader Serial Number"})
_LAYOUT_LINES = frozenset({"Well ID", "Conc/Dil", "Name", "Type", "Group", "Count"})
_STATISTICS = frozenset({"Mean", "Std Dev", "CV (%)", "Min", "Max"})
"""Columns of a list that are about the wells of one ID together, as "Count" is."""
_MODE_LINE = re.compile(
    r"^(?:Read\s+)?(Absorbance|Fluorescence(?: Polarization)?|Time-Resolved Fluorescence|Luminescence|Alpha\w*)\s+"
    r"(Endpoint|Spectrum|Area Scan|Kinetic)",
    re.IGNORECASE,
)
_FILTER = r"\d{3}(?:/\d{1,3})?"
_PLAIN_LABEL = re.compile(
    rf"^(?:Read \d+:)?(?:(?P<pair>{_FILTER}, ?{_FILTER})|(?P<one>{_FILTER})|(?P<lum>Lum)|(?P<alpha>Alpha))$"
)
_SPECTRUM_WORDS = frozenset({"wavelength"})


@dataclass(kw_only=True)
class _Step:
    """One read of the procedure: its label (may be empty) and what it measures."""

    label: str
    mode: ReadMode


@dataclass(kw_only=True)
class _Part:
    """The part of a sheet that is about one plate."""

    header: dict[str, str] = field(default_factory=dict)
    steps: list[_Step] = field(default_factory=list)
    plate_type: str = ""
    has_results: bool = False

    @property
    def modes(self) -> set[ReadMode]:
        """What the procedure measures."""
        return {step.mode for step in self.steps}


def sniff(file: Spreadsheet) -> bool:
    """Return True for Gen5's header, or for a layout and results in its form where the header was left out."""
    for sheet in file.sheets:
        firsts = [first_text(sheet, row).rstrip(": ") for row in range(len(sheet.rows))]
        if any(text in _HEADER_KEYS for text in firsts) and ("Plate Number" in firsts or "Software Version" in firsts):
            return True
        if any(row and row[-1] in ("Well ID", "Conc/Dil") for row in map(_filled_row, sheet.texts)) and any(
            text in ("Layout", "Results", "Procedure Details") for text in firsts
        ):
            return True
    return False


def read(file: Spreadsheet, decimal: str) -> PlateReading:
    """Read every plate of every sheet.

    Raises
    ------
    FileFormatError
        If results cannot be placed on wells, or there are none.
    """
    found = Found()
    for sheet in file.sheets:
        _Scan(sheet, file, found).run()
    version = next((v for k, v in found.settings.items() if k == "Software Version"), "")
    program = f"Gen5 {version}".strip()
    return assemble(found, file, decimal, READER, program=program)


class _Scan:
    """One pass over a sheet."""

    def __init__(self, sheet: Sheet, file: Spreadsheet, found: Found) -> None:
        self.sheet, self.file, self.found = sheet, file, found
        self.part = _Part()
        self.in_procedure = False
        self.title = ""

    def run(self) -> None:
        row = 0
        while row < len(self.sheet.rows):
            row = self._block(row)

    def _block(self, row: int) -> int:
        sheet = self.sheet
        if grid := stacked_grid_at(sheet, row, self.file.source):
            self.in_procedure = False
            title, self.title = self.title, ""
            for name, cells in grid.reads.items():
                if title == "Layout" or name in _LAYOUT_LINES:
                    continue
                self._add(name or title, Series(label="", time_s=None, cells=cells), grid.size)
            return grid.after
        if row and (table := self._table(row) or self._list(row)):
            return table
        self._line(row)
        return row + 1

    def _table(self, row: int) -> int | None:
        """Read a kinetic or spectrum whose header stands in a row; None if none does."""
        sheet = self.sheet
        column = next((c for c, text in enumerate(sheet.texts[row]) if text), None)
        if column is None or sheet.text(row, column).lower() not in ("time", *_SPECTRUM_WORDS):
            return None
        wells = well_columns(sheet, row, self.file.source)
        if not wells:
            return None
        self.in_procedure = False
        spectrum = sheet.text(row, column).lower() in _SPECTRUM_WORDS
        beside = sheet.text(row, column + 1)
        own = beside.partition(" ")[2] if beside.startswith("T") and wells[0][0] > column + 1 else ""
        title, self.title = own or self.title, ""
        series, after = series_below(sheet, row, self.file.source, label_column=column)
        last = -1.0
        for one in series:
            if one.is_blank:
                continue
            time = None if spectrum else self._time(one, column)
            if time is not None and time <= last:
                what = f"time '{one.label}' does not come after the time before it"
                raise refusal(self.file.source, sheet, one.cells[0].sheet_row, what, "rising times", column=column)
            last = last if time is None else time
            name = f"{title} {one.label} nm".strip() if spectrum else title
            self._add(name or "untitled", Series(label=one.label, time_s=time, cells=one.cells), one.size, title=title)
        return after

    def _list(self, row: int) -> int | None:
        """Read a list whose header stands in a row, a well in each row below it; None if none does."""
        sheet = self.sheet
        column = next((c for c, text in enumerate(sheet.texts[row]) if text == "Well"), None)
        if column is None:
            return None
        rows, after = well_rows(sheet, row + 1, self.file.source, column=column)
        if not rows:
            return None
        self.in_procedure, self.title = False, ""
        named = [(c, text) for c, text in enumerate(sheet.texts[row]) if text and c != column]
        columns = [(c, text, None) for c, text in named if text not in _LAYOUT_LINES | _STATISTICS]
        for one in series_of_columns(sheet, rows, columns):
            self._add(one.label, one, one.size)
        return after

    def _time(self, one: Series, column: int) -> float:
        """Return the time of a row; a bare number of a workbook is a part of a day."""
        if one.time_s is not None:
            return one.time_s
        cell = self.sheet.cell(one.cells[0].sheet_row, column)
        if isinstance(cell, float):
            return cell * SECONDS_A_DAY
        what = f"'{one.label}' is no time"
        raise refusal(self.file.source, self.sheet, one.cells[0].sheet_row, what, "a time such as '0:05:00'")

    def _line(self, row: int) -> None:
        sheet, part = self.sheet, self.part
        cells = filled(sheet, row)
        if not cells:
            return
        head, (key, value) = cells[0], key_and_value(sheet, row)
        if head == "Software Version" or (key == "Plate Number" and part.header.get("Plate Number")):
            part = self.part = _Part()
        if head == "Procedure Details":
            self.in_procedure = True
        elif self.in_procedure:
            self._procedure(cells, key, value)
        elif key and len(cells) > 1 and not part.has_results:
            part.header[key] = value
            self.found.settings.setdefault(key, value)
        elif head.rstrip(":") not in _HEADER_KEYS:
            self.title = head

    def _procedure(self, cells: list[str], key: str, value: str) -> None:
        """Keep what a line of the procedure says; the label of a read stands before its mode."""
        part = self.part
        mode = next((m for text in cells if (m := _MODE_LINE.match(text))), None)
        if key == "Plate Type":
            part.plate_type = value
        if key == "Read" and mode is None:
            part.steps.append(_Step(label=value, mode="unknown"))
        elif mode is not None:
            step = part.steps[-1] if part.steps and part.steps[-1].mode == "unknown" else None
            if step is None:
                step = _Step(label="", mode="unknown")
                part.steps.append(step)
            # Alpha wells are lit before they are read.
            step.mode = "fluorescence" if mode[1].lower().startswith("alpha") else mode_from_words((mode[1],))
        if len(cells) == 1:
            # The last line of a procedure without an end mark is the title of the results below it.
            self.title = cells[0]
        if part.plate_type:
            name = f"Procedure {len(part.steps)}"
            text = " ".join(cells)
            before = self.found.settings.get(name, "")
            self.found.settings[name] = f"{before}; {text}".strip("; ") if text not in before else before

    def _add(self, name: str, one: Series, size: tuple[int, int], *, title: str = "") -> None:
        part, source = self.part, self.file.source
        part.has_results = True
        kind, mode = _what_is(title or name, part)
        several = len(self.file.sheets) > 1
        plate = part.header.get("Plate Number") or (self.sheet.name if several else self.file.stem)
        raw = RawRead(
            name=name,
            kind=kind,
            mode=mode,
            unit=UNIT_OF_MODE.get(mode, "") if kind == "measured" else "",
            shape=plate_shape(size, plate_size_named(part.plate_type, size), source, f"the read '{name}'"),
            cells=one.cells,
            time_s=one.time_s,
        )
        measured_at = " ".join(filter(None, (part.header.get("Date", ""), part.header.get("Time", ""))))
        identity = PlateIdentity(
            name=f"{plate} ({self.sheet.name})" if several and self.sheet.name not in plate else plate,
            barcode=part.header.get("Barcode", "") or part.header.get("Plate ID", ""),
            measured_at=measured_at,
        )
        self.found.reads.append((identity, raw))


def _what_is(name: str, part: _Part) -> tuple[ReadKind, ReadMode]:
    """Return whether a line was measured, and in which mode.

    A measured line is named after a read of the procedure ("LUM:Lum") or, where the read has no label, after its
    optics ("Lum", "460/40", "579,616", "600"). Every other line was calculated by Gen5.
    """
    labels = {step.label: step.mode for step in part.steps if step.label}
    before, colon, _ = name.partition(":")
    if (colon and before in labels) or name in labels:
        return "measured", labels.get(before, labels.get(name, "unknown"))
    only = part.modes.copy().pop() if len(part.modes) == 1 else None
    plain = _PLAIN_LABEL.match(name)
    if plain is None:
        # A line such as "od:600" of an export without its procedure is still a read; a blank correction is none.
        after = _PLAIN_LABEL.match(name.rpartition(":")[2]) if colon and not part.steps else None
        if after is None or name.startswith(("Blank ", "[", "Mean ", "Max ", "Integral")):
            return "calculated", only or mode_from_words((name,))
        plain = after
    if only:
        return "measured", only
    lit = plain["pair"] or plain["alpha"]
    by_optics: ReadMode = "luminescence" if plain["lum"] else "fluorescence" if lit else "unknown"
    if by_optics == "unknown" and not part.steps and "/" not in name:
        by_optics = "absorbance"
    if by_optics == "unknown":
        left = part.modes - {"fluorescence"}
        by_optics = left.pop() if len(left) == 1 else "unknown"
    return "measured", by_optics if not part.steps or by_optics in part.modes else "unknown"


def _filled_row(texts: tuple[str, ...]) -> list[str]:
    return [text for text in texts if text]


READER = Reader(
    name="Gen5",
    trust="verified",
    suffixes=(".txt", ".xlsx"),
    marks=("file path", "reader type", "reader serial", "well id", "conc/dil"),
    looks_for="'Experiment File Path:' and 'Plate Number', or a layout with lines named 'Well ID'",
    sniff=sniff,
    read=read,
)
