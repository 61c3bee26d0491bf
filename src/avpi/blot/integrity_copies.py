"""Regions that occur twice in one picture: pasted lanes and bands, also turned over or brightened.

Noise never repeats. Two searches: equal blocks of pixels, whose sums with weights that read the same from both ends
also match mirrored and half-turned copies (after Fridrich, Soukal and Lukas 2003, exact matching of blocks); and the
correlation of the picture's noise with itself at every shift, which also finds copies of other brightness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft

BLOCK = 8
"""Side of the compared blocks, px."""
SAMPLED = 8
"""One block in so many, chosen by its content, is compared: copies choose the same (speed)."""
MANY_EQUAL = 6
"""Blocks that occur more often are flat, not copied."""
FEWEST_EQUAL = 6
"""Compared pairs with one shift (or one axis) from which on they are a copy: about 50 blocks, 8 x 14 px (assumed)."""
SIGNED_SD = 4.0
"""Noise, in grey levels, from which on rounding rarely turns the sign of a second difference (six times as large)."""
SAME_DIFFERENCES = 0.97
"""Correlation of two blocks' second differences that is a copy rounded anew: noise of its own leaves 0.3 or less, and
the sides of two bright bands 0.9 (assumed)."""
SIGNED_BLOCK = 10
"""Side of blocks of signs: those of 8 px are alike by chance too often."""
STRIP_ROWS = 256
"""Rows that are compared at a time (memory)."""
SHIFT_PX = 3
"""Blocks nearer than this overlap nearly wholly."""
TEXTURE_SD = 1.5
"""Least spread of a block's levels: flatter ones repeat by chance (assumed)."""
CUT_OFF_SHARE = 0.2
"""Largest share of a block at either end of the picture's values (assumed)."""
PEAK_SDS = 7.0
"""Correlation of noise at one shift, in its scatter over all shifts, that is a copy (measured on simulated blots)."""
BESIDE_SHARE = 0.3
"""By how much of the peak its neighbours must lie below zero: two thirds for copied noise (arithmetic), not for
structure, which correlates over several pixels (assumed)."""
LARGE_PIXELS = 1_000_000
"""Larger pictures are halved before their noise is correlated (speed)."""
NOISE_CLIP_SDS = 2.5
"""Noise is drawn in here, so that edges and dust weigh little (assumed)."""

_WEIGHTS = np.random.Generator(np.random.Philox(20030101)).integers(1, 2**63, 8, dtype=np.uint64) | np.uint64(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A region that occurs twice: how the second lies to the first, where both begin, and how much of it there is.

    ``from_px`` and ``to_px`` are (row, column); for a copy found by its noise alone only their difference is known.
    """

    kind: Literal["shifted", "mirrored", "noise"]
    from_px: tuple[int, int]
    to_px: tuple[int, int]
    strength: float


def equal_blocks(stored: NDArray[Any], noise_sd: float) -> Copy | None:
    """Find a region that occurs twice, as it is or turned over.

    Where noise is told by whole levels, the signs of second differences are compared: they stay the same when a copy is
    made brighter or laid on another background. The differences themselves must then cancel, which noise never does.
    """
    if min(stored.shape) < 2 * SIGNED_BLOCK + 2:
        return None
    signed = noise_sd >= SIGNED_SD
    keys, places, width = _keys(stored, signed=signed)
    order = np.argsort(keys, kind="stable")
    keys, places = keys[order], places[order]
    equal = np.flatnonzero(keys[1:] == keys[:-1])
    if equal.size < FEWEST_EQUAL:
        return None
    edges = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1], [True]]))
    run = np.repeat(np.diff(edges), np.diff(edges))
    equal = equal[run[equal] < MANY_EQUAL]
    if equal.size < FEWEST_EQUAL:
        return None
    first, second = np.divmod(places[equal], width), np.divmod(places[equal + 1], width)
    kept = _cancelling(stored, first, second) if signed else _textured(stored, *first)
    one = np.stack(first, axis=1)[kept].astype(np.int64)
    two = np.stack(second, axis=1)[kept].astype(np.int64)
    return _commonest(one, two)


def _keys(stored: NDArray[Any], *, signed: bool) -> tuple[NDArray[np.uint64], NDArray[np.intp], int]:
    """Return keys of the chosen blocks, their places and the width of the array of places, strip by strip."""
    edge, side = (2, SIGNED_BLOCK) if signed else (0, BLOCK)
    rows, columns = stored.shape
    sampled = SAMPLED if stored.size <= LARGE_PIXELS else 4 * SAMPLED
    width = columns - edge - side + 1
    keys, places = [], []
    for top in range(0, rows - edge - side + 1, STRIP_ROWS):
        strip = stored[top : top + STRIP_ROWS + side - 1 + edge]
        values = (_second(strip) > 0).astype(np.uint64) if signed else strip.astype(np.uint64)
        sums = _weighted(_weighted(values, 1, side), 0, side)
        mixed = sums ^ (sums >> np.uint64(29))
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(32)
        chosen = np.flatnonzero((mixed & np.uint64(sampled - 1)).ravel() == 0)
        keys.append(mixed.ravel()[chosen])
        places.append(chosen + top * width)
    return np.concatenate(keys), np.concatenate(places), width


def _second(values: NDArray[Any]) -> NDArray[np.int32]:
    """Return second differences across both directions."""
    whole = values.astype(np.int32)
    down = whole[:-2] - 2 * whole[1:-1] + whole[2:]
    return np.asarray(down[:, :-2] - 2 * down[:, 1:-1] + down[:, 2:], np.int32)


def _cancelling(
    stored: NDArray[Any], first: tuple[NDArray[np.intp], ...], second: tuple[NDArray[np.intp], ...]
) -> NDArray[np.bool_]:
    """Return which pairs of blocks hold the same differences up to a factor, in one of the four ways of turning."""
    inside = np.arange(SIGNED_BLOCK + 2)

    def blocks(row: NDArray[np.intp], column: NDArray[np.intp]) -> NDArray[np.float32]:
        cut = stored[(row[:, None] + inside)[:, :, None], (column[:, None] + inside)[:, None, :]].astype(np.float32)
        down = cut[:, :-2] - 2 * cut[:, 1:-1] + cut[:, 2:]
        return np.asarray(down[:, :, :-2] - 2 * down[:, :, 1:-1] + down[:, :, 2:], np.float32)

    one, two = blocks(*first), blocks(*second)
    size = np.sqrt((one**2).sum(axis=(1, 2)) * (two**2).sum(axis=(1, 2)))
    turns = (two, two[:, ::-1], two[:, :, ::-1], two[:, ::-1, ::-1])
    alike = np.max([(one * turn).sum(axis=(1, 2)) for turn in turns], axis=0)
    usual = np.sqrt((one**2).mean(axis=(1, 2)))
    return np.asarray((alike > SAME_DIFFERENCES * np.maximum(size, 1e-6)) & (usual > TEXTURE_SD))


def _weighted(values: NDArray[np.uint64], axis: int, side: int) -> NDArray[np.uint64]:
    """Return sums of ``side`` neighbours with weights that read the same from both ends, modulo 2^64."""
    length = values.shape[axis] - side + 1
    shape = list(values.shape)
    shape[axis] = length
    total = np.zeros(shape, np.uint64)
    for i in range(side // 2):
        near = [slice(None)] * 2
        far = [slice(None)] * 2
        near[axis], far[axis] = slice(i, i + length), slice(side - 1 - i, side - 1 - i + length)
        total += (values[tuple(near)] + values[tuple(far)]) * _WEIGHTS[i]
    return total


def _textured(stored: NDArray[Any], row: NDArray[np.intp], column: NDArray[np.intp]) -> NDArray[np.bool_]:
    inside = np.arange(BLOCK)
    blocks = stored[(row[:, None] + inside)[:, :, None], (column[:, None] + inside)[:, None, :]]
    flat = blocks.reshape(row.size, -1)
    wide = flat.std(axis=1) >= TEXTURE_SD
    # Cut-off values repeat: blocks of them with a few others between are alike by chance.
    cut_off = ((flat == stored.min()) | (flat == stored.max())).mean(axis=1)
    return np.asarray(wide & (cut_off < CUT_OFF_SHARE))


def _commonest(one: NDArray[np.int64], two: NDArray[np.int64]) -> Copy | None:
    """Return the relation that most pairs of places share: one shift, or one axis of reflection."""
    if one.shape[0] < FEWEST_EQUAL:
        return None
    swap = (one[:, 0] > two[:, 0]) | ((one[:, 0] == two[:, 0]) & (one[:, 1] > two[:, 1]))
    one, two = np.where(swap[:, None], two, one), np.where(swap[:, None], one, two)
    difference, total = two - one, two + one
    relations: dict[str, NDArray[np.int64]] = {
        "shifted": difference,
        "across": np.stack([difference[:, 0], total[:, 1]], axis=1),
        "down": np.stack([total[:, 0], difference[:, 1]], axis=1),
        "turned": total,
    }
    best: Copy | None = None
    far = np.abs(difference).max(axis=1) >= SHIFT_PX
    for name, relation in relations.items():
        kinds, which, count = np.unique(relation[far], axis=0, return_inverse=True, return_counts=True)
        if not kinds.size:
            continue
        most = int(np.argmax(count))
        if count[most] < FEWEST_EQUAL or (best is not None and count[most] <= best.strength / SAMPLED):
            continue
        member = np.flatnonzero(far)[which.ravel() == most]
        at = member[np.lexsort((one[member, 1], one[member, 0]))[0]]
        best = Copy(
            kind="shifted" if name == "shifted" else "mirrored",
            from_px=(int(one[at, 0]), int(one[at, 1])),
            to_px=(int(two[at, 0]), int(two[at, 1])),
            strength=float(count[most] * SAMPLED),
        )
    return best


def repeated_noise(stored: NDArray[Any]) -> Copy | None:
    """Find a large region whose noise occurs twice, whatever its brightness, as it is or turned over.

    Products of the noise's spectrum with itself, turned in each of the four ways, are summed before one
    transformation back: a copy is a peak of a single pixel, whose neighbours are negative as those of the
    second differences are.
    """
    values = stored.astype(np.float32, copy=False)
    if values.size > LARGE_PIXELS:
        high, wide = values.shape[0] // 2, values.shape[1] // 2
        values = values[: 2 * high, : 2 * wide].reshape(high, 2, wide, 2).mean(axis=(1, 3))
    if min(values.shape) < 8 * BLOCK:
        return None
    second = values[:-2] - 2 * values[1:-1] + values[2:]
    residual = second[:, :-2] - 2 * second[:, 1:-1] + second[:, 2:]
    residual /= _local_size(residual)
    np.clip(residual, -NOISE_CLIP_SDS, NOISE_CLIP_SDS, out=residual)
    residual -= residual.mean(axis=0)
    residual -= residual.mean(axis=1, keepdims=True)
    shape = tuple(fft.next_fast_len(n, real=True) for n in residual.shape)
    spectrum = fft.rfft2(residual, s=shape)
    turned = spectrum[(-np.arange(shape[0])) % shape[0]]
    ways = _ways(spectrum, turned)
    at, strength = _sharp_peak(fft.irfft2(np.sum(list(ways.values()), axis=0), s=shape))
    if strength < PEAK_SDS:
        return None
    alone = {name: _sharp_peak(fft.irfft2(product, s=shape), at=at)[1] for name, product in ways.items()}
    best = max(alone, key=lambda name: alone[name])
    return Copy(kind="noise" if best == "shifted" else "mirrored", from_px=(0, 0), to_px=at, strength=strength)


def _ways(spectrum: NDArray[Any], turned: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Return the products whose transforms are the correlation with a copy shifted, mirrored and half-turned."""
    return {
        "shifted": spectrum * np.conj(spectrum),
        "across": spectrum * turned,
        "down": spectrum * np.conj(turned),
        "turned": spectrum * spectrum,
    }


def _local_size(residual: NDArray[Any]) -> NDArray[Any]:
    """Return the mean size of noise around each pixel, from blocks."""
    side = 4 * BLOCK
    rows, columns = (max(1, n // side) for n in residual.shape)
    size = np.abs(residual[: rows * side, : columns * side])
    blocks = size.reshape(rows, min(side, size.shape[0]), columns, min(side, size.shape[1])).mean(axis=(1, 3))
    row = np.minimum(np.arange(residual.shape[0]) // side, rows - 1)
    column = np.minimum(np.arange(residual.shape[1]) // side, columns - 1)
    return np.asarray(np.maximum(blocks, 1e-3 * float(blocks.max()) + 1e-6)[row][:, column])


def _sharp_peak(correlation: NDArray[Any], at: tuple[int, int] | None = None) -> tuple[tuple[int, int], float]:
    """Return the largest value that its neighbours contradict, and its size in the scatter of all values."""
    correlation = correlation.copy()
    near = np.r_[-SHIFT_PX : SHIFT_PX + 1]
    correlation[np.ix_(near, near)] = 0
    scatter = float(correlation.std())
    if scatter <= 0:
        return (0, 0), 0.0
    if at is not None:
        return at, float(correlation[at]) / scatter
    rows, columns = correlation.shape
    row, column = divmod(int(np.argmax(correlation)), columns)
    peak = float(correlation[row, column])
    beside = [
        float(correlation[(row + i) % rows, (column + j) % columns])
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
        if abs(i) + abs(j) == 1
    ]
    # The differences of white noise are followed by -2/3 of themselves one pixel on.
    return (row, column), peak / scatter if np.mean(beside) < -BESIDE_SHARE * peak else 0.0
