"""Numbers as people and instruments write them: the decimal mark is decided once per file, never per cell.

"1,5" shows a decimal comma, "1.5" or "1,234.5" a decimal point, "1,234" alone shows nothing. Every numeric cell
of a file is heard before any is read; where they leave it open, the file is refused and the fix is named.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Literal

from avpi.errors import FileFormatError, Problem

REMEMBERED = 8192
"""Texts whose meaning is kept: the same cell is asked for by sniffing, by the decimal rule and by reading."""

CellState = Literal["number", "unread", "overflow", "below", "masked", "text"]

UNREAD_WORDS = frozenset(
    {
        *("", "-", "--", "–", "—", ".", "n/a", "na", "n.a.", "nan", "#n/a", "null", "none", "not read", "unread"),
        *("missed", "?????", "range?", "path?", "invalid", "inj.", "empty"),
    }
)
"""What stands for a well without a value: not read ("MISSED" Gen5, "Inj." BMG: only injected), or a calculation that
the program could not do ("?????" Gen5, "Range?" and "Path?" SoftMax Pro)."""
OVERFLOW_WORDS = frozenset(
    {
        *("ovrflw", "over", "overflow", "overrange", "over range", "out of range high", "ovr", "#over", "+over"),
        *("sat", "#sat", "saturated", "saturation", ">max", ">>>>>", "inf", "+inf", "infinity"),
    }
)
"""What readers' programs write for a saturated detector ("OVRFLW" Gen5, "OVER" Tecan, "#Sat" SoftMax Pro)."""
BELOW_WORDS = frozenset({"under", "undflw", "underflow", "underrange", "under range", "#low", "<min", "-over"})

MASKED_WORDS = frozenset({"masked", "mask", "#masked"})
"""A well that somebody has excluded in the reader's program; Gen5 writes the value between asterisks."""

_ABOVE = re.compile(r"^>+\s*\d[\d.,]*$")
_BELOW = re.compile(r"^<+\s*-?\d[\d.,]*$")
_MASKED = re.compile(r"^\*\s*[+-]?[\d.,]+(?:[eE][+-]?\d+)?\s*\*$")
_BLANKS = " \u00a0\u202f"


def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    mark, group = re.escape(decimal), f"[{re.escape(thousands)}'’{_BLANKS}]"
    plain = rf"(?:\d+(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d+)?"
    grouped = rf"[1-9]\d{{0,2}}({group})\d{{3}}(?:\1\d{{3}})*(?:{mark}\d*)?"
    return re.compile(rf"^[+-]?(?:{grouped}|{plain})$")


_PATTERNS = {".": _pattern(".", ","), ",": _pattern(",", ".")}
_NOT_DIGITS = {mark: re.compile(rf"[^0-9eE+\-{re.escape(mark)}]") for mark in ".,"}


@lru_cache(maxsize=REMEMBERED)
def parse_number(text: str, decimal: str) -> float | None:
    """Return a number written with this decimal mark, with or without groups of three; None if it is none.

    "0,123" is no number with a decimal point (a group never begins with 0), so it is evidence for the comma.
    """
    if text.isdecimal():
        return float(text)
    if _PATTERNS[decimal].match(text) is None:
        return None
    value = float(_NOT_DIGITS[decimal].sub("", text).replace(",", "."))
    return value if math.isfinite(value) else None


@lru_cache(maxsize=REMEMBERED)
def cell_state(text: str) -> CellState:
    """Return what a cell of a plate is, before the decimal mark is known."""
    begins_as_number = text[:1].isdigit() or text[:1] in ("+", "-", ".", ",")
    if begins_as_number and (parse_number(text, ".") is not None or parse_number(text, ",") is not None):
        return "number"
    word = text.lower()
    if word in UNREAD_WORDS:
        return "unread"
    if word in OVERFLOW_WORDS or _ABOVE.match(text):
        return "overflow"
    if word in BELOW_WORDS or _BELOW.match(text):
        return "below"
    return "masked" if word in MASKED_WORDS or _MASKED.match(text) else "text"


def decide_decimal(
    numbers: Iterable[str],
    source: str,
    *,
    place_of: Callable[[str], str],
    declared: str = "",
    delimiter: str = "",
) -> str:
    """Return the decimal mark of a file, "." or ",".

    Parameters
    ----------
    numbers : every numeric text cell.
    place_of : gives the place of the first cell with a text, for messages.
    declared : what study.yaml says; wins unless a cell contradicts it.
    delimiter : of the file. Between commas a lone "1.234" is read with a decimal point; a lone "1,234" never is.

    Raises
    ------
    FileFormatError
        If cells contradict each other or the declared mark, or leave it open.
    """
    proof: dict[str, str] = {}
    unsure: dict[str, str] = {}
    for text in numbers:
        if text.isdecimal():
            continue
        with_point, with_comma = parse_number(text, "."), parse_number(text, ",")
        if with_point == with_comma:
            continue
        if with_comma is None:
            proof.setdefault(".", text)
        elif with_point is None:
            proof.setdefault(",", text)
        else:
            unsure.setdefault("," if "," in text else ".", text)
    if len(proof) == 2:
        first, second = proof["."], proof[","]
        raise FileFormatError(
            Problem(
                file=source,
                place=place_of(second),
                what=f"'{second}' has a decimal comma, but '{first}' ({place_of(first)}) has a decimal point",
                expected="one decimal mark in the whole file",
                hint="Export the file again with one setting.",
            )
        )
    found = next(iter(proof), "")
    if declared:
        if found and found != declared:
            text = proof[found]
            raise FileFormatError(
                Problem(
                    file=source,
                    place=place_of(text),
                    what=f"'{text}' cannot be a number with the decimal mark '{declared}'",
                    hint=f'Set `decimal: "{found}"` in study.yaml, or leave it out.',
                )
            )
        return declared
    if found or not unsure:
        return found or "."
    if delimiter == "," and "," not in unsure:
        return "."
    mark = "," if "," in unsure else "."
    text = unsure[mark]
    raise FileFormatError(
        Problem(
            file=source,
            place=place_of(text),
            what=f"'{text}' may be {text.replace(mark, '')} or {text.replace(mark, '.')}, and no other cell settles it",
            hint='Set `decimal: ","` or `decimal: "."` in study.yaml (`--decimal` for a loose file), '
            "or export the file without thousands separators.",
        )
    )
