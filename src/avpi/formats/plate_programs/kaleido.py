"""Kaleido (Revvity, PerkinElmer EnSight), versions 2 and 3: csv, padded with commas or not.

Each result begins with "Result for <operation>", a small table with barcode and repeat, and a labelled grid. The
plate map further below has the same form and is none. The measurement sequence names the operations that measured;
other results were calculated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from avpi.formats.labelled_grid import LabelledGrid, grid_at
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
    refusal,
)
from avpi.formats.read_mode import mode_from_words
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.readings import PLATE_SHAPES, PlateReading, ReadMode

_RESULT = re.compile(r"^Results? for[ .](?P<name>.+)$")
_VERSION = re.compile(r"Kaleido\s+(?P<version>\d[\d.]*)")
_VIRTUAL_BARCODE = re.compile(r"^V-\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
_HEADINGS = frozenset(
    {"Measurement Information", "Measurement Basic Information", "Instrument Information", "Platemap"}
)
_TELLING = ("Loop no", "Well scan x", "Well scan y", "Exc wl / filter", "Ems wl", "Analysis Parameter")
"""Columns that tell results of one operation apart."""


@dataclass(kw_only=True)
class _Result:
    """One result: its operation, the record below its title, its grid."""

    name: str
    row: int
    record: dict[str, str] = field(default_factory=dict)
    grid: LabelledGrid | None = None


def sniff(file: Spreadsheet) -> bool:
    """Return True for a file that says it was exported with Kaleido, or begins as EnSight's results."""
    for sheet in file.sheets:
        for row in range(len(sheet.rows)):
            text = first_text(sheet, row)
            if text.startswith(("EnSight Results from", "Exported with Kaleido")):
                return True
    return False


def read(file: Spreadsheet, decimal: str) -> PlateReading:
    """Read every result.

    Raises
    ------
    FileFormatError
        If a result has no grid, or a grid contradicts itself.
    """
    found = Found()
    for sheet in file.sheets:
        _read_sheet(sheet, file, found)
    said = " ".join(text for sheet in file.sheets for texts in sheet.texts for text in texts if "Kaleido" in text)
    version = _VERSION.search(said)
    program = f"Kaleido {version['version']}" if version else "Kaleido"
    return assemble(found, file, decimal, READER, program=program)


def _read_sheet(sheet: Sheet, file: Spreadsheet, found: Found) -> None:
    results, settings, operations = _scan(sheet, file.source)
    found.settings |= settings
    barcodes = list(dict.fromkeys(code for r in results if (code := r.record.get("Barcode", ""))))
    barcode = ""
    several_of = [result.name for result in results]
    for result in results:
        if result.grid is None:
            what = f"the result of '{result.name}' has no grid"
            raise refusal(file.source, sheet, result.row, what, "column numbers above row letters")
        # A calculated result has no record of its own and is of the plate before it.
        barcode = result.record.get("Barcode", "") or barcode
        number = str(barcodes.index(barcode) + 1) if barcode else "1"
        real = barcode if not _VIRTUAL_BARCODE.match(barcode) else ""
        plate = PlateIdentity(
            # A barcode that could not be read is replaced by the time; the plate is then known by its number.
            name=barcode if len(barcodes) > 1 and barcode else number,
            barcode=real,
            measured_at=settings.get("Measurement Started", "") or settings.get("Measurement Date", ""),
        )
        told = ""
        if several_of.count(result.name) > 1:
            told = ", ".join(f"{key} {result.record[key]}" for key in _TELLING if result.record.get(key))
        mode = _mode(result.name, operations)
        size = result.grid.size
        raw = RawRead(
            name=f"{result.name} ({told})" if told else result.name,
            kind="measured" if not operations or result.name in operations else "calculated",
            mode=mode,
            unit=UNIT_OF_MODE.get(mode, ""),
            shape=plate_shape(size, _declared(settings, size), file.source, f"the result '{result.name}'"),
            cells=tuple(result.grid.cells()),
        )
        found.reads.append((plate, raw))


def _scan(sheet: Sheet, source: str) -> tuple[list[_Result], dict[str, str], dict[str, str]]:
    """Return the results, the settings, and of each operation the words that describe it."""
    results: list[_Result] = []
    settings: dict[str, str] = {}
    operations: dict[str, str] = {}
    current: _Result | None = None
    in_sequence, operation = False, ""
    row = 0
    while row < len(sheet.rows):
        head = first_text(sheet, row)
        if match := _RESULT.match(head):
            current = _Result(name=match["name"].strip(), row=row)
            results.append(current)
        elif head in _HEADINGS:
            current = None
        elif current is not None and head == "Barcode" and len(filled(sheet, row)) > 2:
            keys = sheet.texts[row]
            current.record = dict(zip(keys, sheet.texts[row + 1], strict=False)) if row + 1 < len(sheet.rows) else {}
            row += 1
        elif current is not None and current.grid is None and (grid := grid_at(sheet, row, source)):
            current.grid = grid
            row = grid.last
        elif head == "Measurement Sequence":
            in_sequence = True
        elif in_sequence and head.startswith("Details of"):
            in_sequence = False
        elif in_sequence and head:
            operations.setdefault(head, "")
        else:
            key, value = key_and_value(sheet, row)
            operation = value if key == "Operation" else operation if key else ""
            if operation and key:
                operations[operation] = f"{operations.get(operation, '')} {key}: {value};"
            if key and value:
                settings.setdefault(f"{operation}: {key}" if operation else key, value)
        row += 1
    return results, settings, operations


def _mode(name: str, operations: dict[str, str]) -> ReadMode:
    """Return what was measured: by the operation's name, else by the optics that its details list."""
    named = mode_from_words((name,))
    details = operations.get(name, "").lower()
    if named != "unknown" or not details:
        return named
    if "excitation" in details:
        return "fluorescence"
    if "distance between plate and detector" in details:
        return "luminescence"
    return "absorbance" if "wavelength" in details else "unknown"


def _declared(settings: dict[str, str], size: tuple[int, int]) -> tuple[int, int] | None:
    """Return the declared plate format; the program calls the number of columns rows and the other way round."""
    numbers = [settings.get(key, "") for key in ("Number of Rows", "Number of Columns")]
    if not all(number.isdecimal() for number in numbers):
        return None
    fewer, more = sorted(int(number) for number in numbers)
    shape = (fewer, more)
    return shape if shape in PLATE_SHAPES and shape[0] >= size[0] and shape[1] >= size[1] else None


READER = Reader(
    name="Kaleido",
    trust="verified",
    suffixes=(".csv",),
    marks=("ensight", "kaleido"),
    looks_for="'EnSight Results from' or 'Exported with Kaleido'",
    sniff=sniff,
    read=read,
)
