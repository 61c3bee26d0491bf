"""What a reader of plate files is: a name, how far to trust it, how it knows its files, how it reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from avpi.formats.spreadsheet import Spreadsheet
from avpi.readings import PlateReading, Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A reader for the files of one program.

    Attributes
    ----------
    name : the program, such as ``"EnVision"``.
    trust : how far the reader is to be trusted.
    suffixes : of the files that the program writes; for the documentation, never for recognising.
    marks : in small letters; a file without any of them is not of the program, which spares looking closer.
    looks_for : the words that the program leaves in its files, for people.
    sniff : True if a file was written by the program. It must be sure: two that are sure refuse the file.
    read : gives the reading; the second argument is the study's decimal mark or ``""``.
    """

    name: str
    trust: Trust
    suffixes: tuple[str, ...]
    marks: tuple[str, ...]
    looks_for: str
    sniff: Callable[[Spreadsheet], bool]
    read: Callable[[Spreadsheet, str], PlateReading]

    def recognises(self, file: Spreadsheet) -> bool:
        """Return True if a file is surely of the program."""
        return any(mark in file.words for mark in self.marks) and self.sniff(file)
