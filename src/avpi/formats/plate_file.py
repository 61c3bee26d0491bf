"""Plate readers' exports: which program wrote a file, and the file as a reading.

Every reader looks at the file; exactly one may be sure of it. A file with a program's marks of which no reader is sure
is refused by the program's name, and only then come plain grids and lists. Nothing is guessed: a file that nobody
recognises is refused with what was looked for and how it begins.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from avpi.errors import FileFormatError, OurFault, Problem
from avpi.estimate import Caveat
from avpi.formats import plate_grid, plate_list, plate_programs
from avpi.formats.plate_reader import Reader
from avpi.formats.plate_signatures import recognised_program
from avpi.formats.read_mode import modes_named
from avpi.formats.spreadsheet import Spreadsheet, read_spreadsheet
from avpi.readings import PlateRead, PlateReading, well_name

GENERIC_READERS = (plate_grid.READER, plate_list.READER)
PLAIN_HINT = (
    "Export the plate as a plain grid (column numbers above row letters) or with one row for each well, "
    "and name that file in study.yaml."
)


@cache
def program_readers() -> tuple[Reader, ...]:
    """Return the ``READER`` of every module in ``plate_programs/``, by name."""
    found: list[Reader] = []
    for module in sorted(pkgutil.iter_modules(plate_programs.__path__), key=lambda m: m.name):
        reader = getattr(importlib.import_module(f"{plate_programs.__name__}.{module.name}"), "READER", None)
        if not isinstance(reader, Reader):
            message = f"{module.name} in plate_programs has no READER"
            raise OurFault(message)
        found.append(reader)
    return tuple(found)


def readers() -> tuple[Reader, ...]:
    """Return every reader: programs first, then the plain forms."""
    return (*program_readers(), *GENERIC_READERS)


def read_plate_file(path: Path, source: str, *, decimal: str = "") -> PlateReading:
    """Read the export of a plate reader.

    Parameters
    ----------
    path : the file.
    source : its name relative to the study folder, for messages.
    decimal : the study's decimal mark, or ``""`` to decide it from the file.

    Raises
    ------
    FileFormatError
        If no reader recognises the file, a program without a reader wrote it, or what it holds cannot be placed
        on wells without guessing.
    """
    file = read_spreadsheet(path, source)
    reading = find_reader(file).read(file, decimal)
    modes = {read.mode for plate in reading.plates for read in plate.reads}
    if modes & {"luminescence", "unknown"}:
        return reading
    text = f"The file holds {' and '.join(sorted(modes))}, which is no luminescence reading of viability."
    return replace(reading, caveats=(*reading.caveats, Caveat(code="not_luminescence", text=text)))


def find_reader(file: Spreadsheet) -> Reader:
    """Return the one reader that is sure of a file.

    Raises
    ------
    FileFormatError
        If none is, or several are.
    """
    sure = [reader for reader in program_readers() if reader.recognises(file)]
    if not sure:
        if program := recognised_program(file):
            raise FileFormatError(Problem(file=file.source, what=_foreign(file, program), hint=PLAIN_HINT))
        sure = [reader for reader in GENERIC_READERS if reader.sniff(file)]
    # A first attempt knows its files by a name alone, which may stand in another program's file as well.
    sure = [reader for reader in sure if reader.trust != "draft"] or sure
    if len(sure) == 1:
        return sure[0]
    if sure:
        names = " and as ".join(f"'{reader.name}'" for reader in sure)
        what = f"can be read as {names}, and which is meant is not said"
        raise FileFormatError(Problem(file=file.source, what=what, hint=PLAIN_HINT))
    looked_for = "; ".join(f"{reader.name}: {reader.looks_for}" for reader in readers())
    what = f"is no plate reading that avpi recognises. It begins with {file.first_lines()}"
    raise FileFormatError(Problem(file=file.source, what=what, expected=f"one of: {looked_for}", hint=PLAIN_HINT))


def _foreign(file: Spreadsheet, program: str) -> str:
    """Say which program wrote a file, and what it measured if that is not luminescence."""
    what = f"has the marks of {program}, but not in a form that its reader knows"
    modes = modes_named(text for sheet in file.sheets for row in sheet.texts for text in row)
    if program.startswith("Methodical Mind"):
        modes = {"electrochemiluminescence"}
    if modes and "luminescence" not in modes:
        what += f". It holds {' and '.join(sorted(modes))}, which is no luminescence reading of viability"
    return what


def reading_to_json(reading: PlateReading) -> dict[str, Any]:
    """Return a reading as JSON-ready values: wells with a number, saturated wells apart, unread wells absent."""
    return {
        "reader": reading.reader,
        "trust": reading.trust,
        "plates": [
            {
                "plate": plate.name,
                "barcode": plate.barcode,
                "measured_at": plate.measured_at,
                "reads": [_read_to_json(read) for read in plate.reads],
            }
            for plate in reading.plates
        ],
        "settings": dict(reading.settings),
        "caveats": [{"code": caveat.code, "text": caveat.text} for caveat in reading.caveats],
    }


def _read_to_json(read: PlateRead) -> dict[str, Any]:
    json: dict[str, Any] = {"name": read.name, "kind": read.kind, "mode": read.mode, "unit": read.unit}
    if read.time_s is not None:
        json["time_s"] = read.time_s
    json["wells"] = read.wells()
    rows, columns = np.nonzero(read.overflow)
    json["overflow"] = [well_name(int(r), int(c)) for r, c in zip(rows, columns, strict=True)]
    return json
