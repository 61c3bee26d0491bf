"""Magellan (Tecan): xlsx and text with a column "Well positions", or grids in sheets named after the program.

Below the wells come lines about the method and the measurement; "Measurement mode" says what was measured. The column
"Plate" may stop before the last well: the file is one plate.
"""

from __future__ import annotations

import re

from avpi.estimate import Caveat
from avpi.formats.clock_times import seconds_of
from avpi.formats.decimals import cell_state
from avpi.formats.labelled_grid import WellCell, find_grids
from avpi.formats.plate_matrix import RawRead, plate_shape
from avpi.formats.plate_reader import Reader
from avpi.formats.plate_sections import UNIT_OF_MODE, Found, PlateIdentity, assemble, filled, plate_size_named
from avpi.formats.read_mode import mode_from_words
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.formats.well_table import series_of_columns
from avpi.readings import PlateReading, ReadKind, ReadMode, parse_well

POSITIONS = ("well positions", "well position", "wellposition")
FURTHEST_HEADER = 10
"""Rows above the header of the list."""

_SIGNS = re.compile(r"\\Magellan\\|\.mth$|\.wsp$", re.IGNORECASE)
_MODE = re.compile(r"^(?:Measurement mode:\s*(?P<mode>\w+)|(?P<alone>Absorbance|Fluorescence|Luminescence))")
_RAW = re.compile(r"^raw data|^label\s*\d|^\d{3}\s*nm", re.IGNORECASE)
_DATE = re.compile(r"^Date of measurement:\s*(?P<date>[^/]+)/Time of measurement:\s*(?P<time>.+)$")


def sniff(file: Spreadsheet) -> bool:
    """Return True for a sheet named by Magellan, or a list of positions with the program's method or workspace."""
    for sheet in file.sheets:
        if sheet.name.startswith("Magellan"):
            return True
        lines = [text for row in range(len(sheet.rows)) for text in filled(sheet, row)]
        if _header(sheet) is not None and any(_SIGNS.search(t) or t.startswith("Date of measurement:") for t in lines):
            return True
    return False


def read(file: Spreadsheet, decimal: str) -> PlateReading:
    """Read the list or the grids of every sheet.

    Raises
    ------
    FileFormatError
        If wells are named twice, or there are no values.
    """
    found = Found()
    for sheet in file.sheets:
        modes, units = _about(sheet, found)
        header = _header(sheet)
        if header is not None:
            _list(sheet, header, file, modes, units, found)
        else:
            for grid in find_grids(sheet, file.source):
                name = grid.title() or "untitled matrix"
                cells, mode = tuple(grid.cells()), _only(modes)
                raw = _raw(name, cells, grid.size, mode, units[0] if units else "", None, file, found)
                found.reads.append((_plate(file, found, ""), raw))
    return assemble(found, file, decimal, READER, program="Magellan")


def _header(sheet: Sheet) -> int | None:
    rows = range(min(FURTHEST_HEADER, len(sheet.rows)))
    return next((row for row in rows if any(text.lower() in POSITIONS for text in sheet.texts[row])), None)


def _about(sheet: Sheet, found: Found) -> tuple[list[ReadMode], list[str]]:
    """Return mode and unit of each measurement, in order, and keep the other lines as settings."""
    modes: list[ReadMode] = []
    units: list[str] = []
    for row in range(len(sheet.rows)):
        cells = filled(sheet, row)
        if len(cells) != 1:
            continue
        if match := _MODE.match(cells[0]):
            modes.append(mode_from_words((match["mode"] or match["alone"],)))
        if match := _DATE.match(cells[0]):
            found.settings |= {"Date": match["date"].strip(), "Time": match["time"].strip()}
        key, colon, value = cells[0].partition(":")
        if key == "Unit" and value.strip():
            units.append(value.strip())
        elif colon and value.strip() and len(key) < len("Instrument serial number  "):
            found.settings.setdefault(key.strip(), value.strip())
    return modes, units


def _list(sheet: Sheet, header: int, file: Spreadsheet, modes: list[ReadMode], units: list[str], found: Found) -> None:
    titles = sheet.texts[header]
    well = next(i for i, text in enumerate(titles) if text.lower() in POSITIONS)
    plates = next((i for i, text in enumerate(titles) if text.lower() == "plate"), None)
    rows: list[tuple[int, tuple[int, int]]] = []
    times: dict[int, float | None] = {}
    for row in range(header + 1, len(sheet.rows)):
        at = parse_well(sheet.text(row, well))
        if at is not None:
            rows.append((row, at))
        elif rows:
            break
        else:
            times |= {c: seconds_of(t.rstrip("s"), "s") for c, t in enumerate(sheet.texts[row]) if t.endswith("s")}
    if not rows:
        return
    others = [(c, title) for c, title in enumerate(titles) if title and c not in (well, plates)]
    numeric = [(c, title) for c, title in others if _is_numeric(sheet, c, [row for row, _ in rows])]
    if left := [title for column in others if column not in numeric for title in column[1:]]:
        names = ", ".join(f"'{title}'" for title in left)
        found.caveats.append(Caveat(code="columns_left_out", text=f"Not read as measured values: {names}."))
    named = next((sheet.text(row, plates) for row, _ in rows if sheet.text(row, plates)), "") if plates else ""
    raw_columns = [c for c, title in numeric if _RAW.match(title)] or [c for c, _ in numeric]
    series = series_of_columns(sheet, rows, [(c, title, times.get(c)) for c, title in numeric])
    for (column, title), one in zip(numeric, series, strict=True):
        kind: ReadKind = "measured" if column in raw_columns else "calculated"
        number = raw_columns.index(column) if kind == "measured" else -1
        mode = modes[number] if 0 <= number < len(modes) else _only(modes)
        unit = units[number] if 0 <= number < len(units) else ""
        raw = _raw(title, one.cells, one.size, mode, unit, one.time_s, file, found, kind)
        found.reads.append((_plate(file, found, named), raw))


def _raw(
    name: str,
    cells: tuple[WellCell, ...],
    size: tuple[int, int],
    mode: ReadMode,
    unit: str,
    time: float | None,
    file: Spreadsheet,
    found: Found,
    kind: ReadKind = "measured",
) -> RawRead:
    told = " ".join(v for k, v in found.settings.items() if k.lower().startswith("plate"))
    return RawRead(
        name=name,
        kind=kind,
        mode=mode,
        unit=unit or UNIT_OF_MODE.get(mode, ""),
        shape=plate_shape(size, plate_size_named(told, size), file.source, f"the read '{name}'"),
        cells=cells,
        time_s=time,
    )


def _plate(file: Spreadsheet, found: Found, named: str) -> PlateIdentity:
    when = " ".join(filter(None, (found.settings.get("Date", ""), found.settings.get("Time", ""))))
    return PlateIdentity(name=named or file.stem, measured_at=when)


def _only(modes: list[ReadMode]) -> ReadMode:
    return modes[0] if len(set(modes)) == 1 else "unknown"


def _is_numeric(sheet: Sheet, column: int, rows: list[int]) -> bool:
    """Return True if most filled cells of a column are numbers or stand for wells without one."""
    states = [cell_state(text) for row in rows if (text := sheet.text(row, column))]
    return bool(states) and 2 * sum(state != "text" for state in states) > len(states)


READER = Reader(
    name="Magellan",
    trust="working",
    suffixes=(".xlsx", ".txt", ".asc"),
    marks=("magellan", "well position", "wellposition"),
    looks_for="a sheet 'Magellan Sheet 1', or 'Well positions' with a method (.mth) or a date of measurement",
    sniff=sniff,
    read=read,
)
