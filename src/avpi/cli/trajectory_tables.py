"""What a simulation gave, as people read it and as programs do."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avpi.cli.table_file import write_frame
from avpi.errors import InputError, Problem
from avpi.writable import why_not_writable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from avpi.solver.simulate import Trajectories

    Floats = NDArray[np.float64]

QUANTILES = (5.0, 50.0, 95.0)
"""Per cent of the cells: the middle, and what nine out of ten lie between."""
WIDTH = 100
"""Characters of a line."""
MISSING = "."
WRITERS = (".csv", ".parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Where the cells lie at each time: (times,) each, nan where no cell has a number."""

    cells: NDArray[np.int64]
    low: Floats
    median: Floats
    high: Floats


def spread(values: Floats) -> Spread:
    """Return the median and the 5 and 95 % quantiles of (cells, times), over the cells that have a number."""
    import numpy as np

    rows = [column[~np.isnan(column)] for column in values.T]
    quantiles = np.array([np.percentile(row, QUANTILES) if row.size else [math.nan] * 3 for row in rows])
    low, median, high = quantiles.T
    return Spread(cells=np.array([row.size for row in rows]), low=low, median=median, high=high)


def trajectory_lines(result: Trajectories) -> Iterator[str]:
    """Yield the course of the first cell: a row for each time, a column for each observable."""
    columns = [(name, result.values[0, :, i]) for i, name in enumerate(result.observables)]
    yield from _blocks(result.times, columns)


def population_lines(result: Trajectories) -> Iterator[str]:
    """Yield a block for each observable: a row for each time with quantiles over the cells."""
    for i, name in enumerate(result.observables):
        if i:
            yield ""
        own = spread(result.values[:, :, i])
        yield f"{name}, of {result.status.size} cells"
        names = [f"{QUANTILES[0]:g} %", "median", f"{QUANTILES[2]:g} %", "cells"]
        yield from _blocks(result.times, list(zip(names, (own.low, own.median, own.high, own.cells), strict=True)))


def stop_line(result: Trajectories) -> str:
    """Return when the stop condition was met, empty if it never was."""
    ends = _stops(result)
    if not ends.size:
        return ""
    if result.status.size == 1:
        return f"stopped at {ends[0]:.6g}"
    own = spread(ends[:, None])
    return (
        f"stopped: {ends.size} of {result.status.size} cells, at {own.median[0]:.6g}"
        f" (5-95 %: {own.low[0]:.6g} to {own.high[0]:.6g})"
    )


def result_json(result: Trajectories) -> dict[str, Any]:
    """Return what ``avpi simulate --json`` prints; a number that is not there is null."""
    from avpi.solver.status import Status

    one = result.status.size == 1
    found: dict[str, Any] = {
        "cells": int(result.status.size),
        "status": {status.name.lower(): number for status, number in result.counts().items()},
        "failed": [
            {"cell": int(cell), "status": Status(int(result.status[cell])).name.lower(), "time": _or_none(end)}
            for cell, end in ((cell, result.end_time[cell]) for cell in result.failed.nonzero()[0])
        ],
        "times": result.times.tolist(),
    }
    if one:
        found["values"] = {name: _list(result.values[0, :, i]) for i, name in enumerate(result.observables)}
    else:
        found["summary"] = {
            name: _spread_json(spread(result.values[:, :, i])) for i, name in enumerate(result.observables)
        }
    ends = _stops(result)
    if ends.size:
        found["stopped"] = {"cells": int(ends.size), "time": _spread_json(spread(ends[:, None]))}
    return found


def require_new_file(path: Path) -> None:
    """Refuse a file that cannot be written, before the work and not after it.

    Raises
    ------
    InputError
        If its ending names no format, it is there already, or its folder takes no files.
    """
    if path.suffix.lower() not in WRITERS:
        what = f"'{path.suffix or path.name}' names no format"
        raise InputError(Problem(file=str(path), what=what, expected="a name that ends in .csv or .parquet"))
    if os.path.lexists(path):
        what, hint = f"'{path}' is there already", "Take another name, or put that file away first"
        raise InputError(Problem(file="--out", what=what, hint=hint))
    missing = "" if path.parent.is_dir() else f"there is no folder '{path.parent}'"
    if why := why_not_writable(path.parent) or missing:
        what = f"'{path}' cannot be written: {why}"
        raise InputError(Problem(file="--out", what=what, hint="Write it into another folder"))


def write(result: Trajectories, path: Path) -> None:
    """Write the long table: a row for each cell and time. The file appears when it is whole."""
    write_frame(result.frame(), path)


def _stops(result: Trajectories) -> Floats:
    from avpi.solver.status import Status

    stopped: NDArray[np.bool_] = result.status == int(Status.STOPPED)
    ends: Floats = result.end_time[stopped]
    return ends


def _blocks(times: Floats, columns: Sequence[tuple[str, Any]]) -> Iterator[str]:
    """Yield a table; columns that no line holds stand in a block of their own below."""
    first = _cells("time", times)
    block: list[list[str]] = [first]
    for name, values in columns:
        column = _cells(name, values)
        if len(block) > 1 and _width([*block, column]) > WIDTH:
            yield from _rows(block)
            yield ""
            block = [first]
        block.append(column)
    yield from _rows(block)


def _cells(name: str, values: Any) -> list[str]:
    texts = [name, *(MISSING if math.isnan(value) else f"{value:.6g}" for value in values)]
    width = max(map(len, texts))
    return [f"{text:>{width}}" for text in texts]


def _width(block: Sequence[Sequence[str]]) -> int:
    return sum(len(column[0]) + 2 for column in block)


def _rows(block: Sequence[Sequence[str]]) -> Iterator[str]:
    yield from ("  ".join(row) for row in zip(*block, strict=True))


def _spread_json(own: Spread) -> Mapping[str, list[float | None] | list[int]]:
    return {
        "cells": own.cells.tolist(),
        "low": _list(own.low),
        "median": _list(own.median),
        "high": _list(own.high),
    }


def _list(values: Floats) -> list[float | None]:
    return [_or_none(value) for value in values.tolist()]


def _or_none(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
