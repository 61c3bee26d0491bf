"""A spillover matrix as a table: comma, tab, semicolon or blanks; a row for each fluorochrome.

Read are the forms of FlowJo, FlowKit (a ``#`` before the names), R's ``write.table`` (names of rows without a heading)
and FACSDiva-time FlowJo (lines before the names, line ends of old Macs). Names of rows are optional.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avpi.errors import FileFormatError, Problem

_LARGEST_TABLE = 20_000_000  # bytes; assumed: two hundred detectors need one million


def read_spillover_table(path: Path, source: str) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return detector names and matrix (k, k).

    Raises
    ------
    FileFormatError
        If there is no square of numbers under a line of as many names, or an entry is not finite.
    """
    try:
        if path.stat().st_size > _LARGEST_TABLE:
            raise FileFormatError(Problem(file=source, what=f"has more than {_LARGEST_TABLE:,} bytes"))
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FileFormatError(Problem(file=source, what=f"cannot be read: {reason}")) from None
    try:
        rows = _rows(raw.decode("utf-8-sig", errors="replace"))
    except csv.Error as error:
        raise FileFormatError(Problem(file=source, what=f"is no table: {error}")) from None
    for begin, head in enumerate(rows):
        names = [name for name in head if name]
        body = rows[begin + 1 : begin + 1 + len(names)]
        if len(names) < 1 or len(body) < len(names) or any(_number(name) is not None for name in names):
            continue
        values = [_values(row, len(names)) for row in body]
        kept = [row for row in values if row is not None]
        if len(kept) == len(names):
            matrix = np.array(kept)
            if not np.isfinite(matrix).all():
                raise FileFormatError(Problem(file=source, what="an entry of the matrix is not finite"))
            return tuple(names), matrix
    raise FileFormatError(
        Problem(
            file=source,
            what="holds no spillover matrix",
            expected="a line of detector names, then as many lines of as many numbers",
        )
    )


def spillover_text(names: Sequence[str], matrix: NDArray[np.float64]) -> str:
    """Return a matrix as comma-separated text that :func:`read_spillover_table` reads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["", *names])
    for name, row in zip(names, matrix, strict=True):
        writer.writerow([name, *(repr(float(value)) for value in row)])
    return out.getvalue()


def _rows(text: str) -> list[list[str]]:
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
    mark = next((mark for mark in ",\t;" if any(mark in line for line in lines)), None)
    if mark is None:
        found = [next(csv.reader([re.sub(r"\s+", " ", line.strip())], delimiter=" "), []) for line in lines]
    else:
        found = [next(csv.reader([line], delimiter=mark), []) for line in lines]
    return [[cell.strip().lstrip("#").strip() for cell in row] for row in found]


def _values(row: Sequence[str], count: int) -> list[float] | None:
    """Return a row's numbers, with or without its name before them."""
    cells = list(row)
    while len(cells) > count and not cells[-1]:
        cells.pop()
    if len(cells) not in (count, count + 1):
        return None
    numbers = [_number(cell) for cell in cells[-count:]]
    return None if None in numbers else [number for number in numbers if number is not None]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
