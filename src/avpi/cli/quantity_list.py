"""Lists of quantities as people type them: "10 nM, 100 nM", "0, 10, 100 nM", "0,5 uM; 1 uM"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from avpi.errors import InputError, Problem
from avpi.quantity import Kind, QuantityError, outside_a_study, parse_quantity

if TYPE_CHECKING:
    from avpi.cli.terminal import Terminal

WORDS = {"concentration": "doses", "time": "times"}
_BETWEEN = re.compile(r";\s*|,\s+|(?<!\d),|,(?!\d)")
"""What parts two quantities whatever else is there: a semicolon, a comma before a blank, a comma beside a letter."""
_TIGHT = re.compile(r"(?<=\d),(?=\d)")
"""A comma between two digits: it may part two quantities, or be the decimal mark of one."""
_BARE = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_TWO_IN_ONE = re.compile(r"[^\W\d_]\s+[\d.]")


def read_list(text: str, option: str, kind: Kind) -> list[tuple[str, float]]:
    """Return the quantities of a list with their words, in the unit used inside; a bare 0 needs no unit.

    A number without a unit has that of the next one that has one, as in "10, 100 nM".

    Raises
    ------
    InputError
        With every part that is none or could be two.
    """
    problems: list[Problem] = []
    found: list[tuple[str, float]] = []
    parts = list(_parts(text, option, kind, problems))
    for i, part in enumerate(parts):
        whole = _with_unit(part, parts[i + 1 :])
        try:
            found.append((part, parse_quantity(whole, kind, zero_without_unit=True).value))
        except QuantityError as error:
            hint = f"Put a comma between two {WORDS[kind]}" if _TWO_IN_ONE.search(part) else ""
            problems.append(Problem(file=option, what=outside_a_study(error), hint=hint))
    if problems:
        raise InputError(problems)
    return found


def require_once(listed: Sequence[tuple[str, float]], option: str) -> None:
    """Refuse a list that has a quantity twice: one of the two may have been meant to be another.

    Raises
    ------
    InputError
        With every repetition.
    """
    problems: list[Problem] = []
    seen: dict[float, str] = {}
    for part, value in listed:
        if value in seen:
            same = f", the same as '{seen[value]}'" if part != seen[value] else ""
            problems.append(Problem(file=option, what=f"'{part}' stands twice{same}", expected="it once"))
        seen.setdefault(value, part)
    if problems:
        raise InputError(problems)


def say_if_sorted(text: str, option: str, kind: Kind, terminal: Terminal) -> None:
    """Say that a list is told in another order than it was written in; it must be one that can be read."""
    values = [value for _, value in read_list(text, option, kind)]
    if values != sorted(values):
        terminal.say(f"{option} '{text}' is told in ascending order.")


def _parts(text: str, option: str, kind: Kind, problems: list[Problem]) -> Iterator[str]:
    """Yield the parts of a list; a comma that could be a decimal mark as well is a problem."""
    decimal = ";" in text  # who parts by semicolons has commas in the numbers
    for part in filter(None, (piece.strip() for piece in _BETWEEN.split(text))):
        commas = len(_TIGHT.findall(part))
        if commas == 1 and not decimal:
            thousands = re.search(r"(?<!\d)[1-9]\d{0,2},\d{3}(?!\d)", part)
            one, two = _TIGHT.sub("" if thousands else ".", part), _TIGHT.sub(", ", part)
            hint = f"Write '{one}' or '{two}'"
            what = f"'{part}' may be one of the {WORDS[kind]} with a comma in it, or two of them"
            problems.append(Problem(file=option, what=what, hint=hint))
        elif commas > 1:
            yield from _TIGHT.split(part)
        else:
            yield part


def _with_unit(part: str, later: list[str]) -> str:
    """Return a bare number with the unit of the next part that has one."""
    if not _BARE.fullmatch(part):
        return part
    following = next((other for other in later if not _BARE.fullmatch(other)), "")
    unit = re.sub(r"^[\s\d.,+-]+(?:[eE][+-]?\d+)?", "", following)
    return f"{part} {unit}" if unit and float(part) else part
