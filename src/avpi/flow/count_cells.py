"""Count gated cells in one pass over a file's events, as they lie in it.

Gates are frozen before: limits of scatter, windows of time, the rows of the inverse spillover matrix that the stains
need, and three values for each stain (its threshold, less and plus one standard error). A cell is then one of four
bins a stain, and the bins give every count at every threshold. Events are compensated on the way and never copied,
so that a million events of twelve channels take their own size in memory and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avpi.dose.compiled import compiled
from avpi.flow.compensation import Spillover
from avpi.flow.scales import is_as_stored, scaled_rows
from avpi.readings import CellEvents

LARGEST_INTENSITY: Final = 1e15
"""No detector counts so far; nan and infinities fail the comparison too."""
LEVELS: Final = 3
"""Values for each stain, which part cells into one bin more."""
_THREADS = 2  # more do not help: reading the file's pages is the larger part
_LEAST_SHARE = 50_000  # events of a thread; fewer are counted sooner than a thread is started
_ROWS = 16_384  # events that are brought to linear scale at once
BLOCK: Final = 512
"""Events that are counted at once: what a block needs stays in the processor's nearest memory."""


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
    count = _counter(events)
    settings = _settings(gates)
    n, stains = len(stored), len(gates.levels)
    parts = max(1, min(_THREADS, n // _LEAST_SHARE))
    edges = [n * i // parts for i in range(parts + 1)]
    totals = [np.zeros(4, dtype=np.int64) for _ in range(parts)]
    bins = [np.zeros((2, 16), dtype=np.int64) for _ in range(parts)]

    def one(part: int) -> None:
        count(stored[edges[part] : edges[part + 1]], settings, totals[part], bins[part])

    if parts == 1:
        one(0)
    else:
        with ThreadPoolExecutor(parts) as pool:
            list(pool.map(one, range(parts)))
    finite, stable, cells, singlets = (int(x) for x in np.sum(totals, axis=0))
    shape = (LEVELS + 1,) * stains
    summed = np.sum(bins, axis=0)[:, : (LEVELS + 1) ** stains]
    return CellCounts(
        events=n,
        finite=finite,
        stable=stable,
        cells=cells,
        singlets=singlets,
        bins=summed[0].reshape(shape),
        bins_with_debris=summed[1].reshape(shape),
    )


def bins_of(values: Sequence[NDArray[np.float64]], levels: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return cells by bin from compensated intensities (n,) of each stain."""
    index = np.zeros(len(values[0]), dtype=np.int64)
    for stain, own in zip(values, levels, strict=True):
        index = (LEVELS + 1) * index + (stain[:, None] > own).sum(axis=1)
    shape = (LEVELS + 1,) * len(levels)
    return np.bincount(index, minlength=(LEVELS + 1) ** len(levels)).reshape(shape)


Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Settings = tuple[tuple[int, int, int, int], tuple[float, float, float], Floats, Counts, Floats, Floats]
Counter = Callable[[NDArray[Any], Settings, NDArray[np.int64], NDArray[np.int64]], None]


def _counter(events: CellEvents) -> Counter:
    """Return what counts these events: over the file's own floats where these are intensities already."""
    plain = is_as_stored(events)

    def by_blocks(rows: NDArray[Any], settings: Settings, totals: NDArray[np.int64], bins: NDArray[np.int64]) -> None:
        for begin in range(0, len(rows), _ROWS):
            _count(scaled_rows(rows[begin : begin + _ROWS], events.channels), settings, totals, bins)

    if (
        not plain
        or events.stored.dtype not in (np.dtype("<f4"), np.dtype(">f4"))
        or not events.stored.flags.c_contiguous
    ):
        return by_blocks
    return _count if events.stored.dtype.isnative else _count_swapped


def _settings(gates: FrozenGates) -> Settings:
    limit = gates.debris_limit if gates.forward is not None and gates.debris_limit is not None else -np.inf
    pulse = gates.area is not None and gates.height is not None and gates.ratios is not None
    low, high = gates.ratios if gates.ratios is not None else (0.0, 0.0)
    unstable = gates.unstable if gates.unstable is not None and gates.time is not None else np.empty((0, 2))
    idle = -len(gates.detectors) % 4  # the kernel takes four at a time; those without a weight add nothing
    detectors = np.array([*gates.detectors, *[gates.detectors[0]] * idle], dtype=np.int64)
    weights = np.hstack([gates.weights, np.zeros((len(gates.weights), idle))])
    columns = (
        -1 if gates.forward is None else gates.forward,
        gates.area if pulse and gates.area is not None else -1,
        gates.height if pulse and gates.height is not None else -1,
        -1 if gates.time is None or not len(unstable) else gates.time,
    )
    return (
        columns,
        (float(limit), float(low), float(high)),
        np.ascontiguousarray(unstable, dtype=np.float64),
        detectors,
        np.ascontiguousarray(weights, dtype=np.float64),
        np.ascontiguousarray(gates.levels, dtype=np.float64),
    )


def _count(rows: NDArray[Any], settings: Settings, totals: NDArray[np.int64], bins: NDArray[np.int64]) -> None:
    _count_blocks(rows, *settings, totals, bins)


def _count_swapped(rows: NDArray[Any], settings: Settings, totals: NDArray[np.int64], bins: NDArray[np.int64]) -> None:
    """Count floats of the other byte order."""
    _count_words(rows.view(np.uint32), *settings, totals, bins)


@compiled(nogil=True)
def _count_blocks(
    rows: NDArray[Any],
    columns: tuple[int, int, int, int],
    limits: tuple[float, float, float],
    unstable: Floats,
    detectors: Counts,
    weights: Floats,
    levels: Floats,
    totals: Counts,
    bins: Counts,
) -> None:
    for begin in range(0, rows.shape[0], BLOCK):
        block = rows[begin : begin + BLOCK]
        _count_block(block, columns, limits, unstable, detectors, weights, levels, totals, bins)


@compiled(nogil=True)
def _count_words(
    words: NDArray[Any],
    columns: tuple[int, int, int, int],
    limits: tuple[float, float, float],
    unstable: Floats,
    detectors: Counts,
    weights: Floats,
    levels: Floats,
    totals: Counts,
    bins: Counts,
) -> None:
    turned = np.empty((BLOCK, words.shape[1]), dtype=np.uint32)
    flat = turned.reshape(-1)
    row = turned.view(np.float32)
    for begin in range(0, words.shape[0], BLOCK):
        own = words[begin : begin + BLOCK].reshape(-1)
        for k in range(own.shape[0]):
            w = own[k]
            flat[k] = (w >> 24) | ((w >> 8) & 0xFF00) | ((w << 8) & 0xFF0000) | (w << 24)
        block = row[: own.shape[0] // words.shape[1]]
        _count_block(block, columns, limits, unstable, detectors, weights, levels, totals, bins)


@compiled(nogil=True)
def _count_block(
    rows: NDArray[Any],
    columns: tuple[int, int, int, int],
    limits: tuple[float, float, float],
    unstable: Floats,
    detectors: Counts,
    weights: Floats,
    levels: Floats,
    totals: Counts,
    bins: Counts,
) -> None:
    """Add a block of events to the counts; loops run over events, one thing at a time, so that they are vectorised."""
    n, channels = rows.shape
    forward, area, height, time = columns
    limit, low, high = limits
    alive = np.ones(n, dtype=np.uint8)
    flat = rows.reshape(-1)
    odd = 0
    for k in range(flat.shape[0]):
        odd += not abs(flat[k]) < LARGEST_INTENSITY
    if odd:
        for i in range(n):
            for j in range(channels):
                if not abs(rows[i, j]) < LARGEST_INTENSITY:
                    alive[i] = 0
    finite = 0
    for i in range(n):
        finite += alive[i]
    totals[0] += finite
    if time >= 0:
        for k in range(unstable.shape[0]):
            for i in range(n):
                alive[i] &= not (unstable[k, 0] <= rows[i, time] <= unstable[k, 1])
    cell = np.zeros(n, dtype=np.uint8)
    stable = cells = 0
    for i in range(n):
        cell[i] = alive[i] if forward < 0 else alive[i] & (rows[i, forward] >= limit)
        stable += alive[i]
        cells += cell[i]
    totals[1] += stable
    totals[2] += cells
    if area >= 0:
        for i in range(n):
            h = np.float64(rows[i, height])
            a = np.float64(rows[i, area])
            alive[i] &= (h > 0) & (a >= low * h) & (a <= high * h)
    stains = weights.shape[0]
    value = np.zeros((stains, n), dtype=np.float64)
    for d in range(0, detectors.shape[0], 4):  # four at a time, so that sums stay in registers
        c0, c1, c2, c3 = detectors[d], detectors[d + 1], detectors[d + 2], detectors[d + 3]
        for s in range(stains):
            w0, w1, w2, w3 = weights[s, d], weights[s, d + 1], weights[s, d + 2], weights[s, d + 3]
            for i in range(n):
                value[s, i] += w0 * rows[i, c0] + w1 * rows[i, c1] + w2 * rows[i, c2] + w3 * rows[i, c3]
    place = np.zeros(n, dtype=np.uint8)
    for s in range(stains):
        l0, l1, l2 = levels[s, 0], levels[s, 1], levels[s, 2]
        for i in range(n):
            v = value[s, i]
            place[i] = np.uint8(4 * place[i] + (v > l0) + (v > l1) + (v > l2))
    # Four tables in turn: the next event need not wait until the last count has reached the memory.
    tables = np.zeros((4, 2, 2, 16), dtype=np.int64)
    for i in range(n):
        tables[i & 3, alive[i], cell[i], place[i]] += 1
    for t in range(4):
        for b in range(16):
            bins[0, b] += tables[t, 1, 1, b]
            bins[1, b] += tables[t, 1, 1, b] + tables[t, 1, 0, b]
            totals[3] += tables[t, 1, 1, b]
