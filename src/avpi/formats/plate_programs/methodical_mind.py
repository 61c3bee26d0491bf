"""Methodical Mind (Meso Scale Discovery): txt of imagers that read electrochemiluminescence.

The file says "luminescence" nowhere, and its counts look like those of a luminescence reader: every read is marked as
electrochemiluminescence, so that none is taken for a reading of viability. Plates follow each other, each with its
header; a plate with several spots in a well has one block of data for each spot.
"""

from __future__ import annotations

import re

from avpi.errors import FileFormatError, Problem
from avpi.formats.labelled_grid import grid_at
from avpi.formats.plate_matrix import RawRead, plate_shape
from avpi.formats.plate_reader import Reader
from avpi.formats.plate_sections import Found, PlateIdentity, assemble, filled, first_text
from avpi.formats.spreadsheet import Sheet, Spreadsheet
from avpi.readings import PLATE_SHAPES, PlateReading

_DATA, _PART = re.compile(r"^=+\s*Data\s*=+"), re.compile(r"^=+\s*\w[\w/ ]*=+")
_VERSION = re.compile(r"\bMMPR \d[\d.]*")
_MARK = re.compile(r"^<\*?(.*?)\*?>$")


def sniff(file: Spreadsheet) -> bool:
    """Return True for a file with the program's version or its heading of the data."""
    return any(
        _DATA.match(text) or _VERSION.search(text)
        for sheet in file.sheets
        for row in range(len(sheet.rows))
        for text in filled(sheet, row)
    )


def read(file: Spreadsheet, decimal: str) -> PlateReading:
    """Read every block of data.

    Raises
    ------
    FileFormatError
        If a block cannot be placed on wells; what was measured is said as well.
    """
    found = Found()
    try:
        for sheet in file.sheets:
            _scan(sheet, file, found)
        version = _VERSION.search(found.settings.get("Version", ""))
        program = f"Methodical Mind {version[0].removeprefix('MMPR ')}" if version else "Methodical Mind"
        return assemble(found, file, decimal, READER, program=program)
    except FileFormatError as error:
        also = "It holds electrochemiluminescence, which is no luminescence reading of viability"
        raise FileFormatError((*error.problems, Problem(file=file.source, what=also))) from None


def _scan(sheet: Sheet, file: Spreadsheet, found: Found) -> None:
    header: dict[str, str] = {}
    in_data = False
    row = 0
    while row < len(sheet.rows):
        text = first_text(sheet, row)
        if text.startswith(("Stack ID", "FileName")) and header.get("Type") and not in_data:
            header = {"FileName": header.get("FileName", "")}
        grid = grid_at(sheet, row, file.source) if in_data else None
        if grid is not None:
            declared = next((s for s in PLATE_SHAPES if str(s[0] * s[1]) == header.get("Type")), None)
            spot = header.get("SpotID", "")
            barcode = _MARK.sub(r"\1", header.get("Barcode1", ""))
            raw = RawRead(
                name=f"ECL spot {spot}" if spot and spot != "all" else "ECL",
                kind="measured",
                mode="electrochemiluminescence",
                unit="counts",
                shape=plate_shape(grid.size, declared, file.source, "the data"),
                cells=tuple(grid.cells()),
            )
            number = header.get("Plate #", "")
            plate = PlateIdentity(
                name=barcode or number or file.stem, barcode=barcode, measured_at=header.get("Read Time", "")
            )
            found.reads.append((plate, raw))
            found.settings |= {key: value for key, value in header.items() if value}
            row, in_data = grid.last, False
        elif _DATA.match(text):
            in_data = True
        elif _PART.match(text):
            in_data = False
        elif not in_data and ":" in text:
            key, _, value = text.partition(":")
            header[key.strip()] = " ".join(filter(None, (value.strip(), *filled(sheet, row)[1:])))
        row += 1


READER = Reader(
    name="Methodical Mind",
    trust="working",
    suffixes=(".txt",),
    marks=("mmpr", "data="),
    looks_for="'MMPR' and a version, or '====Data===='",
    sniff=sniff,
    read=read,
)
