"""SkanIt (Thermo Scientific): xlsx with one sheet for each step of the protocol, or one such sheet as csv or txt.

A sheet of results begins with "Measurement results" (or another kind of results), the session and the date; then
come the step, the wavelength, the plate and a labelled grid whose corner is the unit ("RLU"). Grids with the corner
"Sample" say what is in the wells. Sheets about the session, the instrument and the layout are not read.
"""

from __future__ import annotations

import re

from avpi.estimate import Caveat
from avpi.formats.clock_times import seconds_of
from avpi.formats.labelled_grid import LabelledGrid, grid_at
from avpi.formats.plate_matrix import RawRead, plate_shape
from avpi.formats.plate_reader import Reader
from avpi.formats.plate_sections import Found, PlateIdentity, assemble, filled, first_text, holding, key_and_value
from avpi.formats.read_mode import mode_from_words
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.readings import PlateReading, ReadKind, ReadMode

_RESULTS = re.compile(r"^(?P<kind>[\w ]*)\bresults$", re.IGNORECASE)
_VERSION = re.compile(r"SkanIt Software[^\d]*(?P<version>\d+(?:\.\d+)+)")
_ABOUT = ("session information", "instrument information", "layout definitions", "general information", "protocol")
_WAVELENGTH = re.compile(r"^(?:wavelength|excitation|emission)\b.*?(?P<value>\d+(?:[.,]\d+)?)", re.IGNORECASE)
_TIME = re.compile(r"^(?:reading|time|kinetic)\b.*?(?P<clock>\d+:\d\d:\d\d(?:[.,]\d+)?)", re.IGNORECASE)
_ABOUT_LINE = re.compile(r"^(?:reading:?\s*\d+|autoloading range|executed|notes?:)", re.IGNORECASE)
_LAYOUT_CORNERS = frozenset({"sample", "group", "dilution", "concentration", "conc", "note"})
_UNITS = {"rlu": "RLU", "rfu": "RFU", "abs": "OD", "od": "OD", "cps": "CPS"}
ROWS_BEFORE_STEP = 6
"""Rows of a sheet in which the kind of results and the session are named."""


def sniff(file: Spreadsheet) -> bool:
    """Return True if a sheet has results of a SkanIt session, or the file says that SkanIt wrote it."""
    for sheet in file.sheets:
        first = [text for row in range(min(ROWS_BEFORE_STEP, len(sheet.rows))) for text in filled(sheet, row)]
        if any(text.lower().endswith(".skax") for text in first) and any(_RESULTS.match(text) for text in first):
            return True
        if any("SkanIt Software" in text for row in range(len(sheet.rows)) for text in filled(sheet, row)):
            return True
    return False


def read(file: Spreadsheet, decimal: str) -> PlateReading:
    """Read the grids of every sheet of results.

    Raises
    ------
    FileFormatError
        If a grid contradicts itself, or there is none.
    """
    found = Found()
    version, ignored = "", []
    for sheet in file.sheets:
        about = sheet.name.lower().startswith(_ABOUT)
        if not about and _read_sheet(sheet, file.source, found):
            continue
        for row in range(len(sheet.rows)):
            if match := _VERSION.search(" ".join(filled(sheet, row))):
                version = match["version"]
            key, value = (
                key_and_value(sheet, row) if about and not sheet.name.lower().startswith("layout") else ("", "")
            )
            if key and value:
                found.settings.setdefault(key, value)
        if not about and any(True for _ in holding([sheet])):
            ignored.append(sheet.name)
    if ignored:
        names = ", ".join(f"'{name}'" for name in ignored)
        found.caveats.append(Caveat(code="sheet_ignored", text=f"No results were found in {names}."))
    return assemble(found, file, decimal, READER, program=f"SkanIt {version}".strip())


def _read_sheet(sheet: Sheet, source: str, found: Found) -> bool:
    """Add the grids of a sheet of results; return False if it is none."""
    rows = range(min(ROWS_BEFORE_STEP, len(sheet.rows)))
    title_row = next((row for row in rows if _RESULTS.match(first_text(sheet, row))), None)
    if title_row is None:
        return False
    kind: ReadKind = "measured" if first_text(sheet, title_row).lower().startswith("measurement") else "calculated"
    step = plate = wavelength = measured_at = ""
    time: float | None = None
    lines: list[str] = []
    row, read_some = title_row + 1, False
    while row < len(sheet.rows):
        grid = grid_at(sheet, row, source)
        if grid is not None:
            # The first line of its own names the step, the last before a grid names the plate, in the user's words.
            step = step or (lines[0] if lines else sheet.name)
            plate = lines[-1] if lines and (plate or len(lines) > 1) else plate
            lines = []
            if grid.corner.lower() not in _LAYOUT_CORNERS:
                identity = PlateIdentity(name=plate or "Plate 1", measured_at=measured_at)
                raw = _raw_read(grid, step, wavelength, kind, time, sheet.name, source)
                found.reads.append((identity, raw))
                read_some = True
            row = grid.last + 1
            continue
        text = first_text(sheet, row)
        if text.lower().endswith(".skax"):
            found.settings["Session"] = text
            measured_at = first_text(sheet, row + 1)
        elif match := _TIME.match(text):
            time = seconds_of(match["clock"])
        elif match := _WAVELENGTH.match(text):
            wavelength = match["value"] if float(match["value"].replace(",", ".")) else ""
        elif text and text != measured_at and len(filled(sheet, row)) == 1 and not _ABOUT_LINE.match(text):
            lines.append(text)
        row += 1
    return read_some


def _raw_read(
    grid: LabelledGrid, step: str, wavelength: str, kind: ReadKind, time: float | None, sheet_name: str, source: str
) -> RawRead:
    mode: ReadMode = mode_from_words((step, sheet_name, grid.corner))
    name = f"{step} {wavelength} nm" if wavelength else step
    return RawRead(
        name=name,
        kind=kind,
        mode=mode,
        unit=_UNITS.get(grid.corner.lower(), grid.corner),
        shape=plate_shape(grid.size, None, source, f"the grid of '{step}'"),
        cells=tuple(grid.cells()),
        time_s=time,
    )


READER = Reader(
    name="SkanIt",
    trust="verified",
    suffixes=(".xlsx",),
    marks=(".skax", "skanit"),
    looks_for="'Measurement results' above the name of a session ('.skax'), or 'SkanIt Software'",
    sniff=sniff,
    read=read,
)
