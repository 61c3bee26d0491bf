"""GloMax (Promega): workbooks and csv that name the instrument, with a grid or a list of wells.

The instruments write several forms, and few files were at hand: what the program adds to a plain grid or list is its
name and, in words, what was measured. The raw list (csv) names no instrument and is known by its columns
"ID,SequenceID,WellPosition,ScanPosition,Tag,RLU,RLU(RQ),Timestamp(ms)"; its wells are "A:1".
"""

from __future__ import annotations

import re
from dataclasses import replace

from avpi.errors import FileFormatError, Problem
from avpi.estimate import Caveat
from avpi.formats import plate_grid, plate_list
from avpi.formats.decimals import cell_state
from avpi.formats.plate_list import FURTHEST_HEADER
from avpi.formats.plate_matrix import RawRead, plate_shape
from avpi.formats.plate_reader import Reader
from avpi.formats.plate_sections import (
    UNIT_OF_MODE,
    Found,
    PlateIdentity,
    assemble,
    filled,
    key_and_value,
    refusal,
)
from avpi.formats.read_mode import modes_named
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.formats.well_table import Series, series_of_columns
from avpi.readings import PlateReading, ReadKind, ReadMode

_NAME = re.compile(r"\bGloMax\b[\s\-]?(?P<model>Explorer|Discover|Navigator|Multi\+?|96)?", re.IGNORECASE)


_ABOUT = frozenset({"id", "sequenceid", "wellposition", "scanposition", "tag", "timestamp(ms)"})
"""Columns of the raw list that are no measured value."""

_MODE_OF_COLUMN: dict[str, ReadMode] = {"rlu": "luminescence", "opticaldensity": "absorbance", "rfu": "fluorescence"}


def sniff(file: Spreadsheet) -> bool:
    """Return True for a file that names a GloMax instrument, or has the columns of its raw list."""
    if any(_raw_header(sheet) is not None for sheet in file.sheets):
        return True
    return any(_NAME.search(text) for sheet in file.sheets for texts in sheet.texts for text in texts)


def read(file: Spreadsheet, decimal: str) -> PlateReading:
    """Read the grids or the list of a file.

    Raises
    ------
    FileFormatError
        If it holds neither, or what it holds cannot be placed on wells.
    """
    if any(_raw_header(sheet) is not None for sheet in file.sheets):
        return _read_raw_lists(file, decimal)
    plain = next((one for one in (plate_grid.READER, plate_list.READER) if one.sniff(file)), None)
    if plain is None:
        what = "was written by a GloMax, but holds neither a grid nor a list of wells that can be read"
        hint = "Export the results as a plate or as a list with one row for each well."
        raise FileFormatError(Problem(file=file.source, what=what, hint=hint))
    reading = plain.read(file, decimal)
    texts = [text for sheet in file.sheets for row in range(len(sheet.rows)) for text in filled(sheet, row)]
    named = next((match for text in texts if (match := _NAME.search(text))), None)
    modes = modes_named([text for text in texts if not _NAME.fullmatch(text)])
    mode = modes.pop() if len(modes) == 1 else None
    plates = reading.plates
    caveats = reading.caveats
    if mode is not None:
        unit = UNIT_OF_MODE.get(mode, "")
        plates = tuple(
            replace(p, reads=tuple(replace(r, mode=mode, unit=r.unit or unit) for r in p.reads)) for p in plates
        )
        caveats = tuple(caveat for caveat in caveats if caveat.code != "mode_unknown")
    settings: dict[str, str] = {}
    for sheet in file.sheets:
        for row in range(len(sheet.rows)):
            key, value = key_and_value(sheet, row)
            if key and value and len(filled(sheet, row)) <= len("kv"):
                settings.setdefault(key, value)
    program = " ".join(filter(None, ("GloMax", named["model"] if named else "")))
    return replace(reading, reader=program, trust=READER.trust, plates=plates, caveats=caveats, settings=settings)


def _raw_header(sheet: Sheet) -> int | None:
    """Return the row that names the columns of a raw list; None if there is none."""
    for row in range(min(len(sheet.rows), FURTHEST_HEADER)):
        words = {text.lower() for text in sheet.texts[row]}
        if "wellposition" in words and words & {"scanposition", "sequenceid", "timestamp(ms)"}:
            return row
    return None


def _read_raw_lists(file: Spreadsheet, decimal: str) -> PlateReading:
    """Read every raw list; where wells stand several times, each ``ID`` is a step of the protocol with its own read.

    Raises
    ------
    FileFormatError
        If a row names no well, or a well stands twice in one step.
    """
    found = Found()
    several = len(file.sheets) > 1
    for sheet in file.sheets:
        header = _raw_header(sheet)
        if header is None:
            if any(any(texts) for texts in sheet.texts):
                text = f"No list of wells was found in '{sheet.name}'."
                found.caveats.append(Caveat(code="sheet_ignored", text=text))
            continue
        plate = PlateIdentity(name=sheet.name if several else file.stem)
        found.reads += [(plate, raw) for raw in _raw_reads(sheet, header, file.source)]
    return assemble(found, file, decimal, READER, program="GloMax")


def _raw_reads(sheet: Sheet, header: int, source: str) -> list[RawRead]:
    words = [text.lower() for text in sheet.texts[header]]
    well = words.index("wellposition")
    step = words.index("id") if "id" in words else None
    rows: list[tuple[int, tuple[int, int]]] = []
    for row in range(header + 1, len(sheet.rows)):
        if sheet.is_empty(row):
            continue
        at = plate_list.parse_list_well(sheet.text(row, well))
        if at is None:
            what = f"'{sheet.text(row, well)}' is no well of a plate"
            raise refusal(source, sheet, row, what, "a well such as 'A:1'", column=well)
        rows.append((row, at))
    repeated = len({at for _, at in rows}) < len(rows)
    steps: dict[str, list[tuple[int, tuple[int, int]]]] = {}
    for row, at in rows:
        steps.setdefault(sheet.text(row, step) if repeated and step is not None else "", []).append((row, at))
    values = [i for i, word in enumerate(words) if word and word not in _ABOUT]
    raw: list[RawRead] = []
    for number, members in enumerate(steps.values(), 1):
        for one in series_of_columns(sheet, members, [(i, sheet.text(header, i), None) for i in values]):
            if any(cell_state(cell.text) in ("number", "overflow") for cell in one.cells):
                raw.append(_raw_read(one, f" (step {number})" if len(steps) > 1 else "", source))
    return raw


def _raw_read(one: Series, suffix: str, source: str) -> RawRead:
    word = one.label.lower().partition("(")[0]
    mode = _MODE_OF_COLUMN.get(word, "unknown")
    # "RLU(RQ)" is derived from "RLU", and every other column is the instrument's own calculation.
    kind: ReadKind = "measured" if one.label.lower() in _MODE_OF_COLUMN else "calculated"
    return RawRead(
        name=one.label + suffix,
        kind=kind,
        mode=mode,
        unit=UNIT_OF_MODE.get(mode, "") if kind == "measured" else "",
        shape=plate_shape(one.size, None, source, "the list"),
        cells=one.cells,
    )


READER = Reader(
    name="GloMax",
    trust="draft",
    suffixes=(".csv", ".xlsx"),
    marks=("glomax", "wellposition"),
    looks_for="the instrument's name, such as 'GloMax Discover', or 'WellPosition' with 'ScanPosition' or 'SequenceID'",
    sniff=sniff,
    read=read,
)
