"""Cells of a table of doses that should be numbers and are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from avpi.errors import Problem
from avpi.formats.decimals import UNREAD_WORDS

MOST_TOLD = 20
"""Cells that are no numbers are told one by one up to here."""
MISSING = tuple(sorted({*UNREAD_WORDS, *(w.upper() for w in UNREAD_WORDS), *(w.capitalize() for w in UNREAD_WORDS),
                        "NaN", "N/a", "Not Read"}))  # fmt: skip
"""Every spelling of a cell without a value, for a reader that compares texts as they stand."""


class Placed(Protocol):
    """A table that knows where its rows stand."""

    @property
    def source(self) -> str:
        """Name of the file."""
        ...

    def place(self, row: int) -> str:
        """Return where a row (from 0) stands in the file."""
        ...


def no_numbers(texts: Sequence[str | None], decimal: str) -> list[tuple[int, str]]:
    """Return (row, text) of the cells that Arrow takes for no number."""
    found = []
    for row, text in enumerate(texts):
        if text is None or text in MISSING:
            continue
        try:
            float(text.replace(decimal, ".") if decimal not in text or decimal == "," else text)
            fine = "_" not in text and not (decimal == "," and "." in text)
        except ValueError:
            fine = False
        if not fine:
            found.append((row, text))
    return found


def text_problems(table: Placed, column: str, found: Sequence[tuple[int, str]], decimal: str = ".") -> list[Problem]:
    """Return what is said of cells (row, text) of a column that should be numbers."""
    mark = "comma" if decimal == "," else "point"
    problems = [
        Problem(
            file=table.source,
            place=f"{table.place(row)}, column '{column}'",
            what=f"'{text}' is no number",
            expected=f"a number with a decimal {mark} and no other separator; nothing where a well was not measured",
            hint="Write it without '%', and say '--scale percent'" if text.endswith("%") else "",
        )
        for row, text in found[:MOST_TOLD]
    ]
    if len(found) > MOST_TOLD:
        what = f"{len(found) - MOST_TOLD} more cells of this column are no numbers"
        problems.append(Problem(file=table.source, place=f"column '{column}'", what=what))
    return problems
