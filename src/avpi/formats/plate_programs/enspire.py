"""EnSpire Workstation (PerkinElmer): csv; see :mod:`avpi.formats.workstation_csv` for the form."""

from __future__ import annotations

from avpi.formats.plate_reader import Reader
from avpi.formats.spreadsheet import Spreadsheet
from avpi.formats.workstation_csv import named_workstation, read_workstation
from avpi.readings import PlateReading

PROGRAM = "EnSpire Workstation"


def sniff(file: Spreadsheet) -> bool:
    """Return True for a file that names EnSpire."""
    return named_workstation(file) == PROGRAM


def read(file: Spreadsheet, decimal: str) -> PlateReading:
    """Read an EnSpire export."""
    return read_workstation(file, decimal, READER, PROGRAM)


READER = Reader(
    name="EnSpire",
    trust="working",
    suffixes=(".csv",),
    marks=("enspire",),
    looks_for="'Exported with EnSpire Workstation'",
    sniff=sniff,
    read=read,
)
