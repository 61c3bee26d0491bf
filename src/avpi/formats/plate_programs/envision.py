"""EnVision Workstation 1.x (PerkinElmer): csv and txt; see :mod:`avpi.formats.workstation_csv` for the form."""

from __future__ import annotations

from avpi.formats.plate_reader import Reader
from avpi.formats.spreadsheet import Spreadsheet
from avpi.formats.workstation_csv import named_workstation, read_workstation
from avpi.readings import PlateReading

PROGRAM = "EnVision Workstation"


def sniff(file: Spreadsheet) -> bool:
    """Return True for a file that names EnVision, or that has EnVision's plate section and names no other program."""
    return named_workstation(file) in (PROGRAM, "")


def read(file: Spreadsheet, decimal: str) -> PlateReading:
    """Read an EnVision export."""
    return read_workstation(file, decimal, READER, PROGRAM)


READER = Reader(
    name="EnVision",
    trust="verified",
    suffixes=(".csv", ".txt"),
    marks=("envision", "plate information"),
    looks_for="'Exported with EnVision Workstation', or 'Plate information' above 'Plate,Repeat,Barcode'",
    sniff=sniff,
    read=read,
)
