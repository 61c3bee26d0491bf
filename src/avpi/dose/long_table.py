"""A table of wells, read in chunks that cut no curve, in bounded memory however its rows are sorted.

Where the rows of each curve stand together, as programs write them, the table is read straight through. Where they do
not, its rows are first dealt to files on disc by the hash of what names their curve. Whether they do is found out by
reading the columns that name the curves once before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from avpi.compute.scratch import Scratch
from avpi.dose.curve_table import combined, run_starts
from avpi.dose.row_hashes import SeenHashes, row_hashes
from avpi.errors import InputError, Problem

Ints = NDArray[np.int64]

CHUNK_ROWS = 500_000
"""Rows that are in memory at a time: some 100 MB with what is made of them."""
ROW = "\x00row"
"""Name of the column that keeps a row's number while rows are dealt out; no program writes such a name."""
MOST_TOLD = 20
"""Faults of one kind that are told one by one."""


class LongTable(Protocol):
    """A table of wells that can be read several times.

    Attributes
    ----------
    source : its name, for messages.
    columns : every name in the header.
    """

    @property
    def source(self) -> str:
        """Name of the table, for messages."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """Every name in the header, in order."""
        ...

    def batches(self, columns: Sequence[str], numbers: Sequence[str]) -> Iterator[Any]:
        """Yield Arrow tables of some columns from top to bottom; those of ``numbers`` are float64.

        Raises
        ------
        InputError
            If a cell of ``numbers`` is no number.
        """
        ...

    def place(self, row: int) -> str:
        """Return where a row (from 0) stands, as a person would look for it."""
        ...


@dataclass(frozen=True, slots=True)
class FrameTable:
    """A pandas DataFrame or an Arrow table in memory."""

    table: Any
    source: str = "table"

    @staticmethod
    def of(frame: Any, source: str = "table") -> FrameTable:
        """Return a table of a DataFrame or of an Arrow table.

        Raises
        ------
        InputError
            If it is neither.
        """
        if isinstance(frame, pa.Table | pa.RecordBatch):
            return FrameTable(pa.table(frame) if isinstance(frame, pa.RecordBatch) else frame, source)
        if not isinstance(frame, pd.DataFrame):
            what = f"a '{type(frame).__name__}' is no table"
            expected = "a pandas DataFrame or a pyarrow Table; a file is read by 'avpi dose fit'"
            raise InputError(Problem(file=source, what=what, expected=expected))
        arrays = [_arrow(frame.iloc[:, at]) for at in range(frame.shape[1])]
        return FrameTable(pa.Table.from_arrays(arrays, names=[str(name) for name in frame.columns]), source)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every name in the header, in order."""
        return tuple(self.table.column_names)

    def batches(self, columns: Sequence[str], numbers: Sequence[str]) -> Iterator[Any]:
        """Yield parts of the table."""
        own = self.table.select(list(columns))
        for name in numbers:
            if name in columns:
                at = own.column_names.index(name)
                own = own.set_column(at, name, self._numbers(own.column(at), name))
        for batch in own.to_batches(max_chunksize=CHUNK_ROWS):
            yield pa.Table.from_batches([batch])

    def place(self, row: int) -> str:
        """Return the number of a row as Python counts."""
        return f"row {row} (from 0)"

    def _numbers(self, column: Any, name: str) -> Any:
        if pa.types.is_boolean(column.type):  # Arrow would take True for 1
            what = "it holds True and False"
            raise InputError(Problem(file=self.source, place=f"column '{name}'", what=what, expected="numbers"))
        try:
            return column.cast(pa.float64())
        except pa.ArrowException:
            values = pd.Series(column.to_pandas(), dtype=object)
            wrong = pd.to_numeric(values, errors="coerce").isna() & values.notna()
            rows = np.flatnonzero(wrong.to_numpy())
            told = [(int(row), str(values.iloc[row])) for row in rows[:MOST_TOLD]]
            if not told:
                return pa.array(pd.to_numeric(values).to_numpy(float), from_pandas=True)
            raise InputError(text_problems(self.source, name, told, rows.size, self.place)) from None


def text_problems(
    source: str, column: str, found: Sequence[tuple[int, str]], count: int, place: Callable[[int], str]
) -> list[Problem]:
    """Return what is said of cells (row, text) that should be numbers, of which there are ``count``."""
    problems = [
        Problem(
            file=source,
            place=f"{place(row)}, column '{column}'",
            what=f"'{text}' is no number",
            expected="a number, or nothing where a well was not measured",
        )
        for row, text in found
    ]
    if count > len(found):
        what = f"{count - len(found)} more cells of this column are no numbers"
        problems.append(Problem(file=source, place=f"column '{column}'", what=what))
    return problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Whole curves of a table.

    Attributes
    ----------
    table : Arrow table of their rows.
    rows : (rows,) where each row stands in the whole table.
    together : whether it is known that the rows of each curve stand together.
    """

    table: Any
    rows: Ints
    together: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What one look at the names of the curves tells.

    Attributes
    ----------
    rows : in the table.
    together : whether the rows of each curve stand together.
    """

    rows: int
    together: bool


def scan(table: LongTable, curve: Sequence[str]) -> Scan:
    """Look through the columns that name the curves."""
    rows, last = 0, None
    with SeenHashes() as seen:
        for batch in table.batches(curve, ()):
            if batch.num_rows and not seen.repeats:
                columns = [combined(batch.column(name)) for name in curve]
                starts = run_starts(columns)
                found = row_hashes([column.take(pa.array(starts)) for column in columns])
                seen.add(found[1:] if found[0] == last else found)
                last = found[-1]
            rows += batch.num_rows
        return Scan(rows=rows, together=not seen.any_repeats())


def chunk_count(seen: Scan, chunk_rows: int = CHUNK_ROWS) -> int:
    """Return in how many chunks a table is read."""
    return -(-seen.rows // chunk_rows)


def chunks(
    table: LongTable,
    columns: Sequence[str],
    numbers: Sequence[str],
    curve: Sequence[str],
    seen: Scan,
    chunk_rows: int = CHUNK_ROWS,
) -> Iterator[Chunk | None]:
    """Yield a table in ``chunk_count`` chunks; None where there is no curve for one.

    A curve is whole in one chunk, and its rows are in the order of the table.
    """
    batches = table.batches(columns, numbers)
    if seen.together or seen.rows <= chunk_rows:
        yield from _straight(batches, curve, seen, chunk_rows)
    else:
        yield from _dealt(batches, curve, chunk_count(seen, chunk_rows))


def _straight(batches: Iterator[Any], curve: Sequence[str], seen: Scan, chunk_rows: int) -> Iterator[Chunk | None]:
    """Chunk i holds the curves that begin in its rows."""
    waiting: list[Any] = []
    first = held = 0
    for i in range(chunk_count(seen, chunk_rows)):
        look, cut = max((i + 1) * chunk_rows - first, 0), None
        while cut is None:
            if look < held or look == 0:
                cut = _starts_after(pa.concat_tables(waiting), curve, look) if look else 0
            if cut is None:
                batch = next(batches, None)
                if batch is None:
                    cut = held
                else:
                    look = max(look, held)
                    waiting.append(batch)
                    held += batch.num_rows
        if cut == 0:
            yield None
            continue
        table = pa.concat_tables(waiting)
        whole = table.slice(0, cut).combine_chunks()  # once, and not anew for each question that is asked of a column
        yield Chunk(table=whole, rows=np.arange(first, first + cut), together=seen.together)
        waiting = [table.slice(cut)] if cut < held else []
        first, held = first + cut, held - cut


def _starts_after(table: Any, curve: Sequence[str], row: int) -> int | None:
    """Return the first row at or after ``row`` at which a curve begins; None where none does."""
    part = table.slice(row - 1)
    starts = run_starts([part.column(name) for name in curve])
    return int(starts[1]) + row - 1 if starts.size > 1 else None


def _dealt(batches: Iterator[Any], curve: Sequence[str], piles: int) -> Iterator[Chunk | None]:
    """Deal rows to piles by the hash of their curve, and yield the piles."""
    with Scratch() as scratch:
        numbers: list[list[int]] = [[] for _ in range(piles)]
        first = 0
        for batch in batches:
            columns = [combined(batch.column(name)) for name in curve]
            starts = run_starts(columns)
            hashes = row_hashes([column.take(pa.array(starts)) for column in columns])
            lengths = np.diff(np.append(starts, batch.num_rows))
            pile = np.repeat((hashes >> np.uint64(20)) % np.uint64(piles), lengths).astype(np.int64)
            order = np.argsort(pile, kind="stable")
            whole = batch.append_column(ROW, pa.array(np.arange(first, first + batch.num_rows)))
            dealt = without_dictionaries(whole).take(pa.array(order))
            ends = np.cumsum(np.bincount(pile, minlength=piles))
            for i, end in enumerate(ends):
                start = int(ends[i - 1]) if i else 0
                if end > start:
                    numbers[i].append(scratch.append(dealt.slice(start, int(end) - start)))
            first += batch.num_rows
        for own in numbers:
            if not own:
                yield None
                continue
            table = scratch.read(own)
            rows = np.asarray(combined(table.column(ROW)).to_numpy(zero_copy_only=False), np.int64)
            yield Chunk(table=table.drop_columns([ROW]), rows=rows, together=False)


def without_dictionaries(table: Any) -> Any:
    """Return an Arrow table with the words themselves where it has dictionaries of them."""
    for at, own in enumerate(table.schema):
        if pa.types.is_dictionary(own.type):
            table = table.set_column(at, own.name, combined(table.column(at)).dictionary_decode())
    return table


def _arrow(series: pd.Series[Any]) -> Any:
    """Return a column of a DataFrame as Arrow has it; mixed objects become text."""
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowException, TypeError):
        texts = [None if missing else str(value) for value, missing in zip(series, series.isna(), strict=True)]
        return pa.array(texts)
