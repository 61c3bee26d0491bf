"""A number for the words that say which curve a row is of: equal words have equal numbers, others hardly ever."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from avpi.compute.compiled import compiled

Hashes = NDArray[np.uint64]

MOST_IN_MEMORY = 4_000_000
"""Hashes that are looked at together: 32 MB."""
NOTHING = "\x00"
"""Stands for a missing word."""


def row_hashes(columns: Sequence[Any]) -> Hashes:
    """Return a number (rows,) for what Arrow arrays (rows,) of any type say together."""
    found = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        texts = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        texts = pc.cast(texts, pa.large_string())
        if texts.null_count:
            texts = pc.fill_null(texts, NOTHING)
        if not len(texts):
            continue
        _, offsets, letters = texts.buffers()
        ends = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
        bytes_ = np.frombuffer(letters, np.uint8) if letters is not None and letters.size else np.zeros(1, np.uint8)
        _add_texts(ends, bytes_, found)
    return found


@compiled(nogil=True)
def _add_texts(ends: NDArray[np.int64], letters: NDArray[np.uint8], out: Hashes) -> None:  # pragma: no cover - compiled
    """Go on hashing each row with its text, by FNV-1a, and stir so that all bits depend on all letters."""
    prime, shift = np.uint64(1099511628211), np.uint64(29)
    for row in range(out.size):
        h = (out[row] ^ np.uint64(14695981039346656037)) * prime
        for at in range(ends[row], ends[row + 1]):
            h = (h ^ np.uint64(letters[at])) * prime
        h = (h ^ (h >> shift)) * np.uint64(0xBF58476D1CE4E5B9)
        out[row] = h ^ (h >> shift)


class SeenHashes:
    """Finds out whether any number comes twice, in bounded memory: further ones are put aside on disc.

    Attributes
    ----------
    repeats : whether one is known to have come twice.
    """

    def __init__(self, most: int = MOST_IN_MEMORY) -> None:
        self.most, self.repeats = most, False
        self._sorted: Hashes = np.empty(0, np.uint64)
        self._new: list[Hashes] = []
        self._waiting = self._all = 0
        self._file = tempfile.TemporaryFile(prefix="avpi-")  # noqa: SIM115 - closed by the context

    def __enter__(self) -> SeenHashes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, hashes: Hashes) -> None:
        """Take further ones; whether the first of all repeat is found out as soon as there are twice as many."""
        self._all += hashes.size
        self._file.write(hashes.tobytes())
        if self._sorted.size + self._waiting + hashes.size > self.most:
            return
        self._new.append(hashes)
        self._waiting += hashes.size
        if self._waiting > self._sorted.size:
            self._sorted = np.concatenate([self._sorted, *self._new])
            self._sorted.sort()
            self._new, self._waiting = [], 0
            self.repeats = self.repeats or _has_equal_neighbours(self._sorted)

    def any_repeats(self) -> bool:
        """Return whether any came twice."""
        self._sorted, self._new = np.empty(0, np.uint64), []
        parts = -(-self._all // self.most)
        for part in range(parts):
            if self.repeats:
                return True
            own = [found[found % np.uint64(parts) == part] if parts > 1 else found for found in self._read()]
            together = np.concatenate(own)
            together.sort()
            self.repeats = _has_equal_neighbours(together)
        return self.repeats

    def _read(self) -> Iterator[Hashes]:
        self._file.seek(0)
        while block := self._file.read(8 * max(self.most // 4, 1)):
            yield np.frombuffer(block, np.uint64)


def _has_equal_neighbours(ascending: Hashes) -> bool:
    return bool(np.any(ascending[1:] == ascending[:-1]))
