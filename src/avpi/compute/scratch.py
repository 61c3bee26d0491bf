"""Tables that are put aside on disc while work goes on, and read again in another order."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa


class Scratch:
    """Puts tables of one schema aside, in a file of the system's temporary folder that goes with it.

    All are put aside before the first is read. What is read stays on disc, mapped and not copied.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="avpi-", ignore_cleanup_errors=True)
        self._path = str(Path(self._folder.name) / "tables.arrow")
        self._writer: Any = None
        self._tables: list[tuple[int, int]] = []
        self._batches = 0

    def __enter__(self) -> Scratch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_writer()
        self._folder.cleanup()

    def append(self, table: Any) -> int:
        """Put a table aside and return its number."""
        if self._writer is None:
            self._writer = pa.ipc.new_file(self._path, table.schema)
        batches = table.combine_chunks().to_batches()
        for batch in batches:
            self._writer.write_batch(batch)
        self._tables.append((self._batches, len(batches)))
        self._batches += len(batches)
        return len(self._tables) - 1

    def read(self, numbers: Sequence[int]) -> Any:
        """Return the tables of these numbers, one below the other."""
        self._close_writer()
        # Mapped anew each time, so that what was read before goes from memory with the tables made of it.
        reader = pa.ipc.open_file(pa.memory_map(self._path))
        batches = []
        for first, count in (self._tables[number] for number in numbers):
            batches += [reader.get_batch(index) for index in range(first, first + count)]
        return pa.Table.from_batches(batches, schema=reader.schema)

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
