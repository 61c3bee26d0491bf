"""Rows of a long table to curves, and curves to sets that share one design."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from avpi.dose.curve_designs import DesignBook, KnownDesign

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST_CODE = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Which rows belong to which curve.

    Attributes
    ----------
    first_rows : (curves,) where each curve begins; curves stand in this order.
    lengths : (curves,) how many rows each has.
    order : (rows,) rows curve by curve, each curve's in their own order; None where they stand so already.
    """

    first_rows: Ints
    lengths: Ints
    order: Ints | None

    def arranged(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the values of rows (rows,) curve by curve."""
        return values if self.order is None else values[self.order]


@dataclass(frozen=True, slots=True, kw_only=True)
class SameDesign:
    """Curves of one design.

    Attributes
    ----------
    curves : (n,) their numbers.
    responses : (n, wells) in the order of the design's wells; every well has one.
    """

    known: KnownDesign
    curves: Ints
    responses: Floats


def changes(column: Any) -> NDArray[np.bool_]:
    """Return which rows (rows,) of an Arrow column differ from the row above; the first does.

    Two missing values are equal, and so are two nan.
    """
    values = combined(column)
    found = np.ones(len(values), bool)
    if len(values) < 2:
        return found
    if pa.types.is_dictionary(values.type):
        values = values.indices
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
    upper, lower = values[:-1], values[1:]
    differ = pc.not_equal(lower, upper)
    if values.null_count:
        differ = pc.fill_null(differ, pc.xor(pc.is_null(lower), pc.is_null(upper)))
    found[1:] = differ.to_numpy(zero_copy_only=False)
    return found


def run_starts(columns: Sequence[Any]) -> Ints:
    """Return the rows at which any of some columns differs from the row above."""
    differs = changes(columns[0])
    for column in columns[1:]:
        differs |= changes(column)
    return np.flatnonzero(differs).astype(np.int64)


def find_curves(columns: Sequence[Any], *, together: bool = False) -> Curves:
    """Return the curves of a table in the order in which they first appear.

    Parameters
    ----------
    columns : Arrow columns (rows,); rows that agree in all of them are one curve.
    together : whether it is known that the rows of each curve stand together.
    """
    rows = len(columns[0])
    starts = run_starts(columns)
    if together:
        return Curves(first_rows=starts, lengths=np.diff(np.append(starts, rows)), order=None)
    codes = _codes([combined(column).take(pa.array(starts)) for column in columns], starts.size)
    lengths = np.diff(np.append(starts, rows))
    curves = int(codes.max()) + 1 if codes.size else 0
    if curves == starts.size:
        return Curves(first_rows=starts, lengths=lengths, order=None)
    by_row = np.repeat(codes, lengths)
    firsts = np.full(curves, rows, np.int64)
    np.minimum.at(firsts, codes, starts)
    order = np.argsort(by_row, kind="stable").astype(np.int64)
    return Curves(first_rows=firsts, lengths=np.bincount(by_row, minlength=curves).astype(np.int64), order=order)


def same_designs(
    lengths: Ints, doses_molar: Floats, responses: Floats, weights: Floats | None, book: DesignBook
) -> Iterator[SameDesign]:
    """Yield the curves of a table in sets of one design; wells without a response are left out before.

    Parameters
    ----------
    lengths : (curves,) rows of each curve, at least 1.
    doses_molar, responses, weights : (rows,) curve by curve; a response may be nan.
    """
    missing = np.isnan(responses)
    if missing.any():
        kept = ~missing
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        lengths = np.add.reduceat(kept, starts, dtype=np.int64)
        doses_molar, responses = doses_molar[kept], responses[kept]
        weights = None if weights is None else weights[kept]
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    for wells in np.unique(lengths):
        curves = np.flatnonzero(lengths == wells).astype(np.int64)
        block = _Block(starts, curves, int(wells), whole=curves.size == lengths.size)
        doses, values = block.of(doses_molar), block.of(responses)
        own = None if weights is None else block.of(weights)
        if not _all_equal(doses) or own is not None:
            doses, values, own = _ascending(doses, values, own)
        both = doses if own is None else np.hstack([doses, own])
        for pattern, members in _patterns(both):
            known, order = book.find(pattern[:wells], None if own is None else pattern[wells:])
            mine = values if members is None else values[members]
            yield SameDesign(
                known=known,
                curves=curves if members is None else curves[members],
                responses=np.ascontiguousarray(mine if _is_range(order) else mine[:, order]),
            )


@dataclass(frozen=True, slots=True)
class _Block:
    """Takes the rows of curves of one length."""

    starts: Ints
    curves: Ints
    wells: int
    whole: bool

    def of(self, values: Floats) -> Floats:
        """Return (curves, wells) from (rows,)."""
        if self.whole:
            return values.reshape(self.curves.size, self.wells)
        return np.asarray(values[self.starts[self.curves][:, None] + np.arange(self.wells)], float)


def combined(column: Any) -> Any:
    """Return an Arrow column as one array."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    whole = column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column
    joined = whole.combine_chunks()
    return joined if not isinstance(joined, pa.ChunkedArray) else joined.chunk(0)


def plain(values: Any) -> Any:
    """Return an Arrow array without dictionary."""
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _codes(columns: Sequence[Any], size: int) -> Ints:
    """Return a number (rows,) for each different row, in the order of their first appearance."""
    codes, many = np.zeros(size, np.int64), 1
    for values in columns:
        encoded = pc.dictionary_encode(plain(values), null_encoding="encode")
        here = max(len(encoded.dictionary), 1)
        if many > LARGEST_CODE // here:
            codes = np.asarray(pd.factorize(codes)[0], np.int64)
            many = size
        codes = codes * here + encoded.indices.to_numpy(zero_copy_only=False)
        many *= here
    return np.asarray(pd.factorize(codes)[0], np.int64)


def _all_equal(values: Floats) -> bool:
    """Return whether all rows of (n, width) are the same."""
    return not values.shape[1] or np.array_equal(values[1:], np.broadcast_to(values[0], values[1:].shape))


def _ascending(doses: Floats, values: Floats, weights: Floats | None) -> tuple[Floats, Floats, Floats | None]:
    """Return the wells (curves, wells) of each curve by dose, those of one dose by weight, and else as they stood.

    Curves of one design whose wells stand in different orders are then seen to be of one.
    """
    order = np.argsort(doses, axis=1, kind="stable") if weights is None else np.lexsort((weights, doses), axis=1)
    sort = [None if one is None else np.take_along_axis(one, order, axis=1) for one in (doses, values, weights)]
    assert sort[0] is not None
    assert sort[1] is not None
    return sort[0], sort[1], sort[2]


def _patterns(values: Floats) -> Iterator[tuple[Floats, Ints | None]]:
    """Yield each different row of (n, width) in order of first appearance, and which rows are so; None for all."""
    if _all_equal(values):
        yield values[0], None
        return
    random = np.random.Generator(np.random.Philox(key=values.shape[1]))
    factors = random.integers(0, 2**63, values.shape[1], np.uint64) * np.uint64(2) + np.uint64(1)
    bits = np.ascontiguousarray(values + 0.0).view(np.uint64)  # -0.0 is 0.0
    hashes = (bits * factors).sum(axis=1, dtype=np.uint64)
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    if not np.array_equal(values, values[first[inverse]]):  # two rows of one hash
        _, first, inverse = np.unique(values, axis=0, return_index=True, return_inverse=True)
    rank = np.argsort(first)
    members = np.split(np.argsort(inverse, kind="stable"), np.cumsum(np.bincount(inverse))[:-1])
    for number in rank:
        yield values[first[number]], members[number].astype(np.int64)


def _is_range(order: Ints) -> bool:
    return bool(np.all(order == np.arange(order.size)))
