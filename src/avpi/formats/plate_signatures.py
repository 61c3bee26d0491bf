"""Marks that programs leave in their files, for files that no reader is sure of: damaged ones, or forms unknown here.

Such a file is refused by the program's name and never read as a plain grid: its plate maps and calculated values
have the form of results.
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
    Signature(program="Kaleido", words=_lines(r"^EnSight\b", r"\bKaleido \d")),
    Signature(program="SkanIt", words=_lines(r"\.skax\b", r"SkanIt\b")),
    Signature(program="Magellan (Tecan)", words=_lines(r"\\Magellan\\", r"\.mth(?:\t|$)")),
    Signature(program="i-control (Tecan)", words=_lines(r"Tecan i-control", r"^Device: infinite")),
    Signature(
        program="SparkControl (Tecan)", words=_lines(r"SparkControl", r"^Device: Spark", r"^Application:.*Tecan")
    ),
    Signature(program="EnVision or EnSpire Workstation", words=_lines(r"^Exported with En(?:Vision|Spire)")),
    Signature(program="Methodical Mind (Meso Scale Discovery)", words=_lines(r"^Barcode1 :", r"MMPR \d")),
    Signature(
        program="MARS or Omega (BMG Labtech)",
        words=_lines(r"BMG LABTECH", r"(?:CLARIO|FLUO|PHERA|LUMI|POLAR|NEPHELO)star", r"^Testname:\t?"),
    ),
)


def recognised_program(file: Spreadsheet) -> str:
    """Return the program whose words a file has; empty if none is recognised."""
    for sheet in file.sheets:
        text = "\n".join(map("\t".join, sheet.texts))
        for signature in SIGNATURES:
            if signature.words.search(text):
                return signature.program
    return ""
