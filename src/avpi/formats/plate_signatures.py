"""Programs whose files are recognised but not read yet: they are refused by name, never read as a plain grid.

A row goes when the program gets its reader in ``plate_programs/``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from avpi.formats.spreadsheet import Spreadsheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A program and the words that only its files have, searched line by line (cells joined by a tab)."""

    program: str
    words: re.Pattern[str]


def _lines(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.MULTILINE)


SIGNATURES = (
    Signature(program="Gen5 (BioTek)", words=_lines(r"^(?:Experiment|Protocol) File Path:\t", r"\.xpt\b")),
    Signature(program="SoftMax Pro", words=_lines(r"^##BLOCKS=", r"^~End\b")),
    Signature(program="Kaleido", words=_lines(r"^Exported with Kaleido", r"^EnSight Results from")),
    Signature(program="SkanIt", words=_lines(r"\.skax\b", r"SkanIt\b")),
    Signature(program="Magellan (Tecan)", words=_lines(r"^sheet: Magellan", r"\\Magellan\\", r"\.mth(?:\t|$)")),
    Signature(program="i-control (Tecan)", words=_lines(r"Tecan i-control")),
    Signature(program="SparkControl (Tecan)", words=_lines(r"SparkControl", r"^Application:.*Tecan")),
    Signature(program="EnSpire Workstation", words=_lines(r"^Exported with EnSpire")),
    Signature(program="Methodical Mind (Meso Scale Discovery)", words=_lines(r"^=+Data=+", r"MMPR \d")),
    Signature(
        program="MARS or Omega (BMG Labtech)",
        words=_lines(r"BMG LABTECH", r"(?:CLARIO|FLUO|PHERA|LUMI|POLAR|NEPHELO)star", r"^Testname:\t?"),
    ),
    Signature(program="GloMax (Promega)", words=_lines(r"GloMax[ -]?(?:Explorer|Discover|Navigator|Multi)")),
)


def recognised_program(file: Spreadsheet) -> str:
    """Return the program whose words a file has; empty if none is recognised."""
    for sheet in file.sheets:
        text = "\n".join((f"sheet: {sheet.name}", *("\t".join(row) for row in sheet.texts)))
        for signature in SIGNATURES:
            if signature.words.search(text):
                return signature.program
    return ""
