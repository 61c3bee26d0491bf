"""GloMax (Promega): workbooks and csv that name the instrument, with a grid or a list of wells.

The instruments write several forms, and few files were at hand: what the program adds to a plain grid or list is its
name and, in words, what was measured.
"""

from __future__ import annotations

import re
from dataclasses import replace

from avpi.errors import FileFormatError, Problem
from avpi.formats import plate_grid, plate_list
from avpi.formats.plate_reader import Reader
from avpi.formats.plate_sections import UNIT_OF_MODE, filled, key_and_value
from avpi.formats.read_mode import modes_named
from avpi.formats.spreadsheet import Spreadsheet
from avpi.readings import PlateReading

_NAME = re.compile(r"\bGloMax\b[\s\-]?(?P<model>Explorer|Discover|Navigator|Multi\+?|96)?", re.IGNORECASE)


def sniff(file: Spreadsheet) -> bool:
    """Return True for a file that names a GloMax instrument."""
    return any(_NAME.search(text) for sheet in file.sheets for texts in sheet.texts for text in texts)


def read(file: Spreadsheet, decimal: str) -> PlateReading:
    """Read the grids or the list of a file.

    Raises
    ------
    FileFormatError
        If it holds neither, or what it holds cannot be placed on wells.
    """
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


READER = Reader(
    name="GloMax",
    trust="draft",
    suffixes=(".csv", ".xlsx"),
    marks=("glomax",),
    looks_for="the instrument's name, such as 'GloMax Discover'",
    sniff=sniff,
    read=read,
)
