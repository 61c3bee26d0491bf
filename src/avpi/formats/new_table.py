"""A new table on disc, written block by block; it appears when it is whole."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol


class NewTable(Protocol):
    """Takes blocks of rows."""

    def write(self, block: Any) -> None:
        """Write an Arrow table below what is there."""
        ...


@contextmanager
def new_table(path: Path) -> Iterator[NewTable]:
    """Give a table to write; after the context it is there, and after a fault nothing is."""
    beside = path.with_name(f".{path.name}.part")
    table = _CsvTable(beside) if path.suffix.lower() == ".csv" else _ParquetTable(beside)
    try:
        with table:
            yield table
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


class _ArrowTable(ABC):
    """Opens its writer with the first block, which knows the columns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer: Any = None

    def __enter__(self) -> _ArrowTable:
        return self

    def __exit__(self, *_: object) -> None:
        if self.writer is not None:
            self.writer.close()

    def write(self, block: Any) -> None:
        """Write a block."""
        if self.writer is None:
            self.writer = self.open(block.schema)
        self.writer.write_table(block)

    @abstractmethod
    def open(self, schema: Any) -> Any:
        """Return the writer."""


class _CsvTable(_ArrowTable):
    def open(self, schema: Any) -> Any:
        from pyarrow import csv

        return csv.CSVWriter(str(self.path), schema, write_options=csv.WriteOptions(quoting_style="needed"))


class _ParquetTable(_ArrowTable):
    def open(self, schema: Any) -> Any:
        import pyarrow.parquet as pq

        words = [own.name for own in schema if _holds_words(own.type)]
        # Without Arrow's own schema words come back as words, and not as the dictionaries that some blocks hold.
        return pq.ParquetWriter(self.path, schema, use_dictionary=words, store_schema=False)

    def write(self, block: Any) -> None:
        if self.writer is None:
            self.writer = self.open(block.schema)
        self.writer.write_table(block, row_group_size=max(block.num_rows, 1))


def _holds_words(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind))
