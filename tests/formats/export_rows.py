"""Rows of text files and workbooks, from which exports are written.

A ``Cell`` gives what stands for a well: a number as text, nothing for an unread well, a word for a saturated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from avpi.readings import row_letters

Cell = Callable[[int, int], str]
Shape = tuple[int, int]
Rows = Sequence[Sequence[object]]


@dataclass(frozen=True, kw_only=True)
class Form:
    """How a text file is written."""

    delimiter: str = ","
    mark: str = "."

    def number(self, text: str) -> str:
        """A number with this decimal mark."""
        return text.replace(".", self.mark)


def joined(rows: Sequence[Sequence[object]], delimiter: str, *, ending: str = "\n") -> str:
    """Rows as text; a cell with the delimiter is quoted."""
    lines = []
    for row in rows:
        cells = [str(cell) for cell in row]
        lines.append(delimiter.join(f'"{c}"' if delimiter in c and not c.startswith('"') else c for c in cells))
    return ending.join(lines) + ending


def grid_rows(shape: Shape, cell: Cell, *, corner: str = "", rows: Sequence[int] | None = None) -> Rows:
    """Column numbers above row letters."""
    chosen = range(shape[0]) if rows is None else rows
    return [
        [corner, *range(1, shape[1] + 1)],
        *([row_letters(r), *(cell(r, c) for c in range(shape[1]))] for r in chosen),
    ]


def box(shape: Shape, cell: Cell) -> tuple[range, range]:
    """The smallest rectangle with every well that was read."""
    wells = [(r, c) for r in range(shape[0]) for c in range(shape[1]) if cell(r, c)]
    rows, columns = [r for r, _ in wells], [c for _, c in wells]
    return range(min(rows), max(rows) + 1), range(min(columns), max(columns) + 1)


def wells_of(shape: Shape, *, by_column: bool = False) -> list[tuple[int, int]]:
    """Every well, row by row or column by column."""
    wells = [(r, c) for r in range(shape[0]) for c in range(shape[1])]
    return sorted(wells, key=lambda at: (at[1], at[0])) if by_column else wells


def name(at: tuple[int, int]) -> str:
    """A well as programs write it, without zero."""
    return f"{row_letters(at[0])}{at[1] + 1}"
