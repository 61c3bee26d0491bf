"""BMG Labtech MARS, Omega and SMART Control (CLARIOstar, PHERAstar, LUMIstar, ...): csv, txt and xlsx.

The plate view has a title ("Raw Data (No filter)", "Blank corrected based on ...") above each grid, the table view one
row for each well and a title above each column. Rows after Z are written as small letters: "e" is row AE. Lines may end
after the last well that was read. SMART Control numbers its titles and writes both views into one workbook.
"""

from __future__ import annotations

import re

from avpi.estimate import Caveat
from avpi.formats.clock_times import UNIT_IN_BRACKETS, seconds_of
from avpi.formats.labelled_grid import WellCell, grid_at
from avpi.formats.plate_list import plain_word
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
    refusal,
)
from avpi.formats.read_mode import mode_from_words, modes_named
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.formats.well_table import series_of_columns
from avpi.readings import PlateReading, ReadKind, ReadMode, parse_well, row_letters

HEADER_ROWS = 30
"""Rows in which user, path, test and measurement are named."""

_TEST = re.compile(r"^(?:Test name|Testname|Test Name|Test ID|Test run no\.?)\s*:")
_BMG = re.compile(r"\bBMG\b|(?:CLARIO|FLUO|PHERA|LUMI|POLAR|NEPHELO|SPECTRO)star|\bVANTAstar", re.IGNORECASE)
_PAIR = re.compile(r"^(?P<key>[A-Za-z][\w .]*?):\s*(?P<value>.*)$")
_TITLE = re.compile(
    r"^(?:\d+\.\s*)?(?P<name>Raw Data\b.*|(?:Blank corrected|Average over replicates|Normali[sz]ed|Ratio|Linear "
    r"regression|Slope|Sum|Maximum|Minimum|Standard deviation|%?CV|.*\bbased on\b).*)$",
    re.IGNORECASE,
)
_NO_READ = re.compile(r"^(?:\d+\.\s*)?(?:Layout|Volume|Temperature|Content|Dilution|Standard conc|Group|Sample)", re.I)
_CYCLE = re.compile(r"\bCycle\s+(?P<number>\d+)\s*\(\s*(?P<time>[^)\-]*)", re.IGNORECASE)
_PROGRAMS = ("MARS", "Omega", "SMART Control")


def sniff(file: Spreadsheet) -> bool:
    """Return True for BMG's header: a user, and a test or run by its number."""
    for sheet in file.sheets:
        cells = [text for row in range(min(HEADER_ROWS, len(sheet.rows))) for text in filled(sheet, row)]
        named = any(_TEST.match(text) for text in cells)
        if named and any(text.startswith("User:") or _BMG.search(text) for text in cells):
            return True
        if any(text.startswith(("BMG LABTECH", "BMG Labtech")) for text in cells):
            return True
    return False


def read(file: Spreadsheet, decimal: str) -> PlateReading:
    """Read the grids of every sheet; where there are none, the tables.

    Raises
    ------
    FileFormatError
        If a grid or a table contradicts itself, or there is neither.
    """
    found = Found()
    for sheet in file.sheets:
        _settings(sheet, found)
    said = " ".join(text for sheet in file.sheets for row in range(len(sheet.rows)) for text in filled(sheet, row))
    plate = PlateIdentity(
        name=found.settings.get("ID1") or file.stem,
        barcode=found.settings.get("ID1", ""),
        measured_at=" ".join(filter(None, (found.settings.get("Date", ""), found.settings.get("Time", "")))),
    )
    modes = _modes(file)
    seen: set[str] = set()
    for sheet in file.sheets:
        if _grids(sheet, file, plate, modes, found):
            seen.add(sheet.name)
    if not found.reads:
        for sheet in file.sheets:
            if _table(sheet, file, plate, modes, found):
                seen.add(sheet.name)
    left = [s.name for s in holding(file.sheets) if s.name not in seen and not s.name.startswith(("Protocol", "Table"))]
    if left:
        names = ", ".join(f"'{name}'" for name in left)
        found.caveats.append(Caveat(code="sheet_ignored", text=f"No results were read in {names}."))
    instrument = _BMG.search(said)
    program = next((f"BMG {p}" for p in _PROGRAMS if re.search(rf"\b{p}\b", said)), "BMG Labtech")
    if instrument and instrument[0].lower().endswith("star"):
        found.settings.setdefault("Instrument", instrument[0])
    return assemble(found, file, decimal, READER, program=program)


def _settings(sheet: Sheet, found: Found) -> None:
    for row in range(min(HEADER_ROWS, len(sheet.rows))):
        for text in filled(sheet, row):
            if match := _PAIR.match(text):
                found.settings.setdefault(match["key"].strip(), match["value"].strip())


def _modes(file: Spreadsheet) -> set[ReadMode]:
    """Return what the header says was measured: a line such as "Luminescence" or "Fluorescence (FI)"."""
    lines: list[str] = []
    for sheet in file.sheets:
        for row in range(min(HEADER_ROWS, len(sheet.rows))):
            cells = filled(sheet, row)
            if cells and not any(_TEST.match(text) or text.startswith(("User:", "Path:", "ID1:")) for text in cells):
                lines += [text for text in cells[:2] if not _TITLE.match(text)]
    return modes_named(lines)


def _grids(sheet: Sheet, file: Spreadsheet, plate: PlateIdentity, modes: set[ReadMode], found: Found) -> bool:
    title, number, time = "", "", None
    row, read_some, refused = 0, False, ""
    while row < len(sheet.rows):
        grid = grid_at(sheet, row, file.source, small_after_z=True)
        if grid is not None:
            if not refused:
                name = title or "untitled matrix"
                raw = _raw_read(name, tuple(grid.cells()), grid.size, time, modes, file.source)
                found.reads.append((plate, raw))
                read_some = True
            row, refused = grid.last + 1, ""
            continue
        text = first_text(sheet, row)
        if cycle := _CYCLE.search(text):
            number, time = cycle["number"], seconds_of(cycle["time"], "s")
            if time is None:
                what = f"cycle {number} has no time that can be read ('{cycle['time'].strip()}')"
                raise refusal(file.source, sheet, row, what, "a time such as '0 min 38 s'")
        if match := _TITLE.match(text):
            title, refused = _CYCLE.split(match["name"])[0].strip(" -"), ""
        elif _NO_READ.match(text):
            refused = text
        row += 1
    return read_some


def _raw_read(
    title: str,
    cells: tuple[WellCell, ...],
    size: tuple[int, int],
    time: float | None,
    modes: set[ReadMode],
    source: str,
) -> RawRead:
    kind: ReadKind = "measured" if title.lower().startswith(("raw data", "untitled")) else "calculated"
    mode: ReadMode = next(iter(modes)) if len(modes) == 1 else mode_from_words((title,))
    return RawRead(
        name=title,
        kind=kind,
        mode=mode,
        unit=UNIT_OF_MODE.get(mode, "") if kind == "measured" else "",
        shape=plate_shape(size, None, source, f"the grid of '{title}'"),
        cells=cells,
        time_s=time,
    )


def _table(sheet: Sheet, file: Spreadsheet, plate: PlateIdentity, modes: set[ReadMode], found: Found) -> bool:
    """Read a table view: a row for each well, a title above each column, perhaps a time below each title."""
    header = next((row for row in range(len(sheet.rows)) if _is_table_header(sheet, row)), None)
    if header is None:
        return False
    words = [plain_word(text) for text in sheet.texts[header]]
    split = "well row" in words
    well = words.index("well row") if split else words.index("well")
    beside = words.index("well col") if split else None
    first = 1 + max(i for i, word in enumerate(words) if word in ("well", "well row", "well col", "content"))
    rows: list[tuple[int, tuple[int, int]]] = []
    axis: int | None = None
    for row in range(header + 1, len(sheet.rows)):
        text = sheet.text(row, well) + (sheet.text(row, beside) if beside is not None else "")
        at = _bmg_well(text)
        if at is not None:
            if at in (known for _, known in rows):
                raise refusal(file.source, sheet, row, f"well '{text}' stands here a second time", "each well once")
            rows.append((row, at))
        elif not rows and any(sheet.texts[row][first:]):
            axis = row
        elif rows and not sheet.is_empty(row):
            _refuse_later_wells(sheet, row, well, beside, file.source)
            break
    if not rows:
        return False
    name = next((text for text in sheet.texts[axis][:first] if text), "") if axis is not None else ""
    unit = UNIT_IN_BRACKETS.search(name)
    columns: list[tuple[int, str, float | None]] = []
    for column in range(first, len(sheet.texts[header])):
        title, point = sheet.text(header, column), sheet.text(axis, column) if axis is not None else ""
        if not title or _NO_READ.match(title):
            continue
        time = seconds_of(point, unit[1] if unit else "") if name.lower().startswith("time") else None
        if name.lower().startswith("time") and time is None:
            what = f"'{point}' is no time with a unit"
            raise refusal(file.source, sheet, axis or header, what, "a time such as '1 min 30 s'", column=column)
        suffix = f" {point} nm" if name.lower().startswith("wavelength") else ""
        columns.append((column, _TITLE.sub(r"\g<name>", title).strip() + suffix, time))
    for one in series_of_columns(sheet, rows, columns):
        if not one.is_blank:
            found.reads.append((plate, _raw_read(one.label, one.cells, one.size, one.time_s, modes, file.source)))
    return True


def _refuse_later_wells(sheet: Sheet, row: int, well: int, beside: int | None, source: str) -> None:
    """Refuse a line without a well that has wells below it: they would be lost."""
    for later in range(row + 1, len(sheet.rows)):
        if _bmg_well(sheet.text(later, well) + (sheet.text(later, beside) if beside is not None else "")) is not None:
            what = f"'{sheet.text(row, well)}' is no well, and wells stand below it"
            raise refusal(source, sheet, row, what, "a well in every row of the table", column=well)


def _is_table_header(sheet: Sheet, row: int) -> bool:
    words = {plain_word(text) for text in sheet.texts[row]}
    return ("well" in words or {"well row", "well col"} <= words) and any(
        _TITLE.match(text) for text in sheet.texts[row]
    )


def _bmg_well(text: str) -> tuple[int, int] | None:
    """Return the well of "A01"; "a01" is the first well of row AA."""
    small = text[:1].islower() and text[1:2].isdigit()
    return parse_well(row_letters(26 + ord(text[0]) - ord("a")) + text[1:] if small and text[0] <= "f" else text)


READER = Reader(
    name="BMG",
    trust="working",
    suffixes=(".csv", ".txt", ".xlsx"),
    marks=("test name", "testname", "test id", "test run", "bmg labtech"),
    looks_for="'User:' with 'Test name:' or 'Test run no.:', as MARS, Omega and SMART Control write them",
    sniff=sniff,
    read=read,
)
