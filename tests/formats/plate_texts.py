"""Plates as text, as tests of readers and layouts write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from avpi.formats.plate_file import read_plate_file
from avpi.readings import PlateReading, row_letters


def value_of(row: int, column: int) -> int:
    """The value that says which well it is of: B03 (row 1, column 2 from 0) is 10203."""
    return 10000 + 100 * (row + 1) + column + 1


def grid_text(
    shape: tuple[int, int] = (8, 12),
    cell: Callable[[int, int], object] = value_of,
    *,
    delimiter: str = ",",
    rows: list[int] | None = None,
) -> str:
    """A labelled grid; ``rows`` are the 0-based rows of the plate that stand in it."""
    chosen = list(range(shape[0])) if rows is None else rows
    lines = [delimiter.join(["", *(str(c + 1) for c in range(shape[1]))])]
    lines += [delimiter.join([row_letters(r), *(str(cell(r, c)) for c in range(shape[1]))]) for r in chosen]
    return "\n".join(lines) + "\n"


def read_text(
    folder: Path, text: str, *, name: str = "plate.csv", decimal: str = "", encoding: str = "utf-8"
) -> PlateReading:
    """Read a text as if it were a reader's file."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return read_plate_file(path, name, decimal=decimal)
