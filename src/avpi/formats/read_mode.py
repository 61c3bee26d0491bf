"""What was measured, from the words that a file uses of itself; never from the size of its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable

from avpi.readings import ReadMode

_MODES: tuple[tuple[ReadMode, re.Pattern[str]], ...] = (
    ("electrochemiluminescence", re.compile(r"electro-?chemiluminescence|\bECL\b|\bMSD\b|meso scale", re.IGNORECASE)),
    (
        "absorbance",
        re.compile(r"\babsor(?:bance|ption)\b|\boptical density\b|\bOD ?\d{0,4}\b|\bDe=Abs\b|\bAbs\b", re.IGNORECASE),
    ),
    (
        "fluorescence",
        # Everything that is lit before it is read; Alpha and polarisation are such and no luminescence of cells.
        re.compile(
            r"\bfluores[cz]en(?:[sc]e|z)\b|\bRFU\b|\bfluorimetr|\bH?TRF\b|\bTR-FRET\b"
            r"|\bAlpha(?:Screen|LISA|Plex)\b|^Alpha(?: \d+)?$|\bpolari[sz]ation\b",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
    (
        "luminescence",
        re.compile(
            r"(?<!electrochemi)(?<!electro-chemi)\b(?:bio|chemi)?lumines[cz]en(?:ce|z)\b"
            r"|\bRLU\b|\b(?:US ?)?LUM\b|_LUM\b|\bUSLum\b|cell ?titer-? ?glo\b|\bCTG\b|CTG_",
            re.IGNORECASE,
        ),
    ),
)


def modes_named(texts: Iterable[str]) -> set[ReadMode]:
    """Return every mode that the texts name."""
    joined = "\n".join(texts)
    return {mode for mode, pattern in _MODES if pattern.search(joined)}


def mode_from_words(texts: Iterable[str]) -> ReadMode:
    """Return the one mode that the texts name; ``"unknown"`` if they name none or several."""
    found = modes_named(texts)
    return found.pop() if len(found) == 1 else "unknown"
