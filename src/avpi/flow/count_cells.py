"""Count gated cells in one pass over a file's events, as they lie in it.

Gates are frozen before: limits of scatter, windows of time, the rows of the inverse spillover matrix that the stains
need, and three values for each stain (its threshold, less and plus one standard error). A cell is then one of four
bins a stain, and the bins give every count at every threshold. A block of events is brought to float64 at a time, so
that a file of any size takes its own pages in memory and a megabyte more. Large files of floats are counted by machine
code that does the same (:mod:`avpi.flow.count_machine`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avpi.flow.compensation import Spillover
from avpi.flow.scales import is_as_stored, scaled_rows
from avpi.readings import CellEvents

LARGEST_INTENSITY: Final = 1e15
"""No detector counts so far; nan and infinities fail the comparison too."""
LEVELS: Final = 3
"""Values for each stain, which part cells into one bin more."""
_THREADS = 2  # more do not help: reading the file's pages is the larger part
_LEAST_SHARE = 50_000  # events of a thread; fewer are counted sooner than a thread is started
_LEAST_OF_MACHINE = 5_000  # events; fewer are counted before machine code would be at hand
_BLOCK = 8_192  # events at once, of up to a hundred channels: what they need stays near the processor
_VALUES = 800_000  # of a block: of more channels fewer events are taken at once
_MOST_CHANNELS = 128  # of machine code, which holds an event in registers; assumed: spectral instruments have fewer
_FINITE, _STABLE, _CELL, _SINGLE = 128, 64, 32, 16  # bits of an event's code; the lower four are its bin


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenGates:
    """What turns events into counts; the same for every file with these channels.

    Attributes
    ----------
    forward, debris_limit : column of forward scatter, and the intensity below which events are debris.
    area, height, ratios : columns of the pulse, and the lowest and highest ratio of single cells.
    time, unstable : column of time, and (k, 2) windows in which the acquisition was not stable.
    detectors, weights : columns (d,) that the stains need, and (stains, d) what takes spillover away.
    levels : (stains, 3) intensities, ascending.
    """

    channels: int
    detectors: tuple[int, ...]
    weights: NDArray[np.float64]
    levels: NDArray[np.float64]
    forward: int | None = None
    debris_limit: float | None = None
    area: int | None = None
    height: int | None = None
    ratios: tuple[float, float] | None = None
    time: int | None = None
    unstable: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCounts:
    """Events after each gate, and single cells by bin.

    Attributes
    ----------
    events, finite, stable : all; those with finite values; those in stable time.
    cells, singlets : above the debris limit; of these single.
    bins : (4,) for each stain, single cells by the number of levels that they exceed.
    bins_with_debris : the same without the debris gate.
    """

    events: int
    finite: int
    stable: int
    cells: int
    singlets: int
    bins: NDArray[np.int64]
    bins_with_debris: NDArray[np.int64]


def weights_of(
    names: Sequence[str], stains: Sequence[int], spillover: Spillover | None
) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Return the columns that stains (by column) need for compensation, and the weights of these columns."""
    columns = tuple(names.index(name) for name in spillover.detectors) if spillover is not None else ()
    if spillover is None or not set(stains) & set(columns):
        return tuple(stains), np.eye(len(stains))
    inverse = np.linalg.inv(spillover.matrix)
    needed = (*columns, *(column for column in stains if column not in columns))
    weights = np.zeros((len(stains), len(needed)))
    for row, column in enumerate(stains):
        if column in columns:
            weights[row, : len(columns)] = inverse[:, columns.index(column)]
        else:
            weights[row, needed.index(column)] = 1.0
    used = np.flatnonzero(np.abs(weights).sum(axis=0))
    return tuple(needed[i] for i in used), np.ascontiguousarray(weights[:, used])


def count_cells(events: CellEvents, gates: FrozenGates) -> CellCounts:
    """Return the counts of a file under frozen gates.

    Raises
    ------
    ValueError
        If the file has another number of channels than the gates are for.
    """
    stored = events.stored
    if stored.shape[1] != gates.channels:
        message = f"gates of {gates.channels} channels were given events of {stored.shape[1]}"
        raise ValueError(message)
    n, plain = len(stored), is_as_stored(events)
    machine = _machine(stored, gates) if plain and n >= _LEAST_OF_MACHINE else None
    parts = max(1, min(_THREADS, n // _LEAST_SHARE))
    edges = [n * i // parts for i in range(parts + 1)]

    def one(part: int) -> NDArray[np.int64]:
        if machine is not None:
            return machine(stored[edges[part] : edges[part + 1]])
        block = max(1, min(_BLOCK, _VALUES // gates.channels))
        workspace, codes = _Workspace(gates, block), np.zeros(256, dtype=np.int64)
        for begin in range(edges[part], edges[part + 1], block):
            rows = stored[begin : min(begin + block, edges[part + 1])]
            codes += workspace.codes(rows if plain else scaled_rows(rows, events.channels))
        return codes

    if parts == 1:
        return _summed(one(0), gates, n)
    with ThreadPoolExecutor(parts) as pool:
        return _summed(np.sum(list(pool.map(one, range(parts))), axis=0), gates, n)


def bins_of(values: Sequence[NDArray[np.float64]], levels: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return cells by bin from compensated intensities (n,) of each stain."""
    index = np.zeros(len(values[0]), dtype=np.int64)
    for stain, own in zip(values, levels, strict=True):
        index = (LEVELS + 1) * index + (stain[:, None] > own).sum(axis=1)
    shape = (LEVELS + 1,) * len(levels)
    return np.bincount(index, minlength=(LEVELS + 1) ** len(levels)).reshape(shape)


def _summed(codes: NDArray[np.int64], gates: FrozenGates, events: int) -> CellCounts:
    """Return counts from events by code."""
    code = np.arange(256)
    stable = (code & _FINITE > 0) & (code & _STABLE > 0)
    cell, single = stable & (code & _CELL > 0), stable & (code & _SINGLE > 0)
    shape = (LEVELS + 1,) * len(gates.levels)
    bins, with_debris = (
        np.bincount(code[kept] & 15, weights=codes[kept], minlength=16)
        .astype(np.int64)[: math.prod(shape)]
        .reshape(shape)
        for kept in (cell & single, single)
    )
    return CellCounts(
        events=events,
        finite=int(codes[code & _FINITE > 0].sum()),
        stable=int(codes[stable].sum()),
        cells=int(codes[cell].sum()),
        singlets=int(codes[cell & single].sum()),
        bins=bins,
        bins_with_debris=with_debris,
    )


def _machine(stored: NDArray[Any], gates: FrozenGates) -> Callable[[NDArray[Any]], NDArray[np.int64]] | None:
    """Return machine code that gives events by code; None where it is not for events stored like these."""
    if stored.dtype not in (np.dtype("<f4"), np.dtype(">f4")) or not stored.flags.c_contiguous:
        return None
    if gates.channels > _MOST_CHANNELS or len(gates.detectors) > _MOST_CHANNELS:
        return None
    from avpi.flow.count_machine import machine_count  # LLVM is slow to load: not for small files

    pulse = gates.area is not None and gates.height is not None and gates.ratios is not None
    unstable = gates.unstable if gates.time is not None and gates.unstable is not None else np.empty((0, 2))
    limited = gates.forward is not None and gates.debris_limit is not None
    structure = (
        gates.channels,
        not stored.dtype.isnative,
        gates.forward if limited and gates.forward is not None else -1,
        gates.area if pulse and gates.area is not None else -1,
        gates.height if pulse and gates.height is not None else -1,
        gates.time if gates.time is not None else -1,
        len(unstable),
        gates.detectors,
        *gates.levels.shape,
    )
    low, high = gates.ratios or (0.0, 0.0)
    limit = gates.debris_limit if gates.debris_limit is not None else 0.0
    parts = ([limit, low, high], unstable.ravel(), gates.weights.ravel(), gates.levels.ravel())
    values = np.ascontiguousarray(np.concatenate([np.asarray(part, dtype=np.float64) for part in parts]))
    count = machine_count(structure, (_FINITE, _STABLE, _CELL, _SINGLE), LARGEST_INTENSITY)
    return lambda rows: count(rows, values)


class _Workspace:
    """Arrays that a block of events needs, made once for each thread."""

    def __init__(self, gates: FrozenGates, block: int) -> None:
        self.gates = gates
        # A slice of columns goes into the product as it lies; a choice of them would be copied first.
        first, last = min(gates.detectors), max(gates.detectors) + 1
        self.columns = slice(first, last)
        self.weights = np.zeros((len(gates.levels), last - first))
        self.weights[:, np.array(gates.detectors) - first] = gates.weights
        self.linear = np.empty((block, gates.channels))
        self.stains = np.empty((len(gates.levels), block))
        self.numbers = np.empty((3, block))
        self.true = np.empty((2, block), dtype=bool)
        self.code = np.empty(block, dtype=np.uint8)
        self.place = np.empty(block, dtype=np.uint8)

    def codes(self, rows: NDArray[Any]) -> NDArray[np.int64]:
        """Return how many of the events (n, channels) have each code (256,)."""
        n, gates, linear = len(rows), self.gates, self.linear[: len(rows)]
        code, holds, other = self.code[:n], self.true[0, :n], self.true[1, :n]
        code[:] = _FINITE | _STABLE | _CELL | _SINGLE
        with np.errstate(invalid="ignore"):
            np.copyto(linear, rows)
            looked = rows if rows.dtype.isnative else linear  # the narrower is read faster
            if not (looked.max() < LARGEST_INTENSITY and looked.min() > -LARGEST_INTENSITY):
                bad = ~(np.abs(linear) < LARGEST_INTENSITY).all(axis=1)
                code[bad], linear[bad] = 0, 0.0
        first, second, product = self.numbers[0, :n], self.numbers[1, :n], self.numbers[2, :n]
        if gates.time is not None and gates.unstable is not None:
            for low, high in gates.unstable:
                code[(linear[:, gates.time] >= low) & (linear[:, gates.time] <= high)] &= 255 - _STABLE
        if gates.forward is not None and gates.debris_limit is not None:
            np.less(linear[:, gates.forward], gates.debris_limit, out=holds)
            _take(code, holds, _CELL)
        if gates.area is not None and gates.height is not None and gates.ratios is not None:
            np.copyto(first, linear[:, gates.area])
            np.copyto(second, linear[:, gates.height])
            np.multiply(second, gates.ratios[0], out=product)
            np.less(first, product, out=holds)
            np.multiply(second, gates.ratios[1], out=product)
            np.greater(first, product, out=other)
            holds |= other
            np.less_equal(second, 0.0, out=other)
            holds |= other
            _take(code, holds, _SINGLE)
        self._add_bins(linear, code, holds)
        return np.bincount(code, minlength=256)

    def _add_bins(self, linear: NDArray[np.float64], code: NDArray[np.uint8], holds: NDArray[np.bool_]) -> None:
        stains, place = self.stains[:, : len(linear)], self.place[: len(linear)]
        np.matmul(self.weights, linear[:, self.columns].T, out=stains)
        place[:] = 0
        for levels, one in zip(self.gates.levels, stains, strict=True):
            place *= np.uint8(LEVELS + 1)
            for level in levels:
                np.greater(one, level, out=holds)
                place += holds.view(np.uint8)
        code |= place


def _take(code: NDArray[np.uint8], those: NDArray[np.bool_], bit: int) -> None:
    """Take a bit, which all have, away from those."""
    code &= ~(those.view(np.uint8) * np.uint8(bit))
