"""Fit every curve of a table: in a notebook, or of a file larger than memory.

The table is long: a row for each well, with columns that say which curve it is of, the dose and the response. First all
curves are fitted, chunk by chunk, and put aside. Then the nulls of the flat test are simulated, for the designs that
most curves have with the most flat curves. Last, columns are made of both, in the order in which the curves first
appear. What stands beside a curve, or in which chunk it was read, changes nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from avpi.compute.ahead import one_ahead
from avpi.compute.places import Cancel, InProcess, Place
from avpi.compute.progress import SILENT, Progress
from avpi.compute.scratch import Scratch
from avpi.dose import table_values
from avpi.dose.batch import CurveFits, fit_design
from avpi.dose.curve_designs import DesignBook, KnownDesign
from avpi.dose.curve_table import Curves, SameDesign, changes, combined, find_curves, plain, same_designs
from avpi.dose.design import VIABILITY, Boxes, Design, design_of
from avpi.dose.fit_columns import KNOWN, STATES, array_fields, fisher_p_values, fit_columns, fits_of, known_columns
from avpi.dose.fit_parts import FitPart, empty_arrays, fit_same_designs
from avpi.dose.fit_settings import RAW_BOXES, FitSettings
from avpi.dose.flat_test import FlatNull
from avpi.dose.interval_limits import learn_limits, plain_limits
from avpi.dose.kernels.limits import Limits
from avpi.dose.long_table import (
    CHUNK_ROWS,
    Chunk,
    FrameTable,
    LongTable,
    chunk_count,
    chunks,
    scan,
    without_dictionaries,
)
from avpi.dose.read_columns import read_columns
from avpi.dose.table_columns import TableColumns
from avpi.dose.table_nulls import table_nulls
from avpi.errors import InputError, Problem

Ints = NDArray[np.int64]

LEARNT_DESIGNS = 32
"""Designs, up to a factor of all doses, whose intervals have limits of their own, in the order in which they are met: a
second or two of work each. Further ones have those of Fisher's F, and say so."""
CONSTANT = 1e-9
"""Scatter, relative to the mean, below which all responses of a curve are one number: no instrument has as many
digits."""
BLOCK_CURVES = 65_536
"""Curves of a block of the result, which is a row group of a Parquet file."""
WINDOW_ROWS = 131_072
"""Rows of the table whose curves are brought into order at a time."""
FIRST_ROW = "\x00first"


@dataclass(slots=True)
class FittedTable:
    """Fitted curves on disc, to be read as blocks of their table.

    Attributes
    ----------
    curves : how many.
    carried : further columns, constant within every curve.
    left_out : further columns that are not.
    counts : curves by state of the EC50, and those that were ``refused``; full once every block was read.
    """

    columns: TableColumns
    settings: FitSettings
    curves: int
    carried: tuple[str, ...]
    left_out: tuple[str, ...]
    _aside: _Aside
    _nulls: dict[int, FlatNull]
    counts: Counter[str] = field(default_factory=Counter)

    def blocks(self) -> Iterator[Any]:
        """Yield Arrow tables of the result, in the order in which the curves first appear."""
        self.counts.clear()
        yield from one_ahead(self._finished_blocks())

    def _finished_blocks(self) -> Iterator[Any]:
        for block in self._aside.sorted_blocks():
            columns = _finished(block, self._aside, self._nulls, self.settings)
            counts = np.bincount(columns["ec50_state"].indices.to_numpy(), minlength=len(STATES))
            self.counts.update(dict(zip(STATES, counts.tolist(), strict=True)))
            self.counts["refused"] += int(columns["refused"].sum())
            names = (*self.columns.curve, *self.carried)
            named = {name: block.column(name) for name in names}
            clash = {name: f"{name}_in_table" for name in names if name in columns}
            own = {clash.get(name, name): values for name, values in named.items()}
            yield pa.table(own | {name: _plain_words(values) for name, values in columns.items()})


@contextmanager
def fitted_table(
    table: LongTable,
    columns: TableColumns,
    settings: FitSettings,
    *,
    place: Place | None = None,
    progress: Progress = SILENT,
    cancel: Cancel | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> Iterator[FittedTable]:
    """Fit the curves of a table, and give their result as long as the context lasts.

    Raises
    ------
    InputError
        If a dose, response, weight or unit cannot be meant, or responses are on another scale than was said. A curve
        with too few wells or doses is no error: its row says so.
    """
    where = place or InProcess()
    boxes = settings.boxes or (RAW_BOXES if columns.scale == "raw" else VIABILITY)
    seen = scan(table, columns.curve)
    if not seen.rows:
        raise InputError(Problem(file=table.source, what="it has no rows", expected="a row for each well"))
    with Scratch() as scratch:
        aside = _Aside(scratch, columns, DesignBook(boxes), settings, seen.rows)
        wanted = (*columns.curve, *columns.numbers, *filter(None, (columns.unit_column,)), *columns.others)
        parts = chunks(table, wanted, columns.numbers, columns.curve, seen, chunk_rows)
        ready = one_ahead(None if part is None else aside.ready(part, table) for part in parts)
        names = _chunk_names(chunk_count(seen, chunk_rows), seen.rows, chunk_rows)
        for _, one in zip(progress(names, "curves"), ready, strict=True):
            if cancel is not None:
                cancel.check()
            if one is not None:
                aside.fit(one, where, cancel)
        yield FittedTable(
            columns=columns,
            settings=settings,
            curves=aside.curves,
            carried=tuple(name for name in columns.others if name not in aside.varying),
            left_out=tuple(name for name in columns.others if name in aside.varying),
            _aside=aside,
            _nulls=table_nulls(aside.book.nulls, aside.of_null, settings.seed, where, progress, cancel),
        )


def fit_table(
    frame: Any,
    *,
    curve: Sequence[str] | str = (),
    dose: str = "",
    response: str = "",
    weight: str = "",
    dose_unit: str = "",
    scale: str = "",
    wide: bool = False,
    boxes: Boxes | None = None,
    level: float = 0.95,
    alpha: float = 0.05,
    seed: int = 1,
    place: Place | None = None,
    progress: Progress = SILENT,
    cancel: Cancel | None = None,
) -> pd.DataFrame:
    """Fit every curve of a long table.

    Residuals are taken as independent and normal, of one variance within a curve unless weights are given.

    Parameters
    ----------
    frame : pandas DataFrame or pyarrow Table with a row for each well.
    curve : columns that say which curve a row is of, where their names do not (``curve``, ``compound``, ...).
    dose, response, weight : columns, where their names do not say it.
    dose_unit : such as ``"nM"`` or ``"log10 M"``, where neither the dose's name (``dose_nM``) nor a column
        ``dose_unit`` says it, nor each cell (``"100 nM"``).
    scale : ``"fraction"`` of the control, ``"percent"`` of it, or ``"raw"``.
    wide : the table has a column for each dose, such as ``"100 nM"``, instead of a row for each well.
    boxes : where parameters may lie.
    level : coverage of the intervals.
    alpha : a curve whose p-value against a flat line is larger has no EC50.
    seed : of the simulated flat curves; equal seeds give equal tables.
    place : threads or a cluster.

    Returns
    -------
    DataFrame (curves, columns) in the order in which the curves first appear: what names the curve, further columns
    that are constant within every curve, then those of ``avpi.dose.fit_columns.DESCRIPTIONS``.

    Raises
    ------
    InputError
        If a column is missing or ambiguous, or a value cannot be meant.
    """
    table = FrameTable.of(frame)
    names = (curve,) if isinstance(curve, str) and curve else tuple(curve)
    long, columns = read_columns(
        table, curve=names, dose=dose, response=response, weight=weight, dose_unit=dose_unit, scale=scale, wide=wide
    )
    settings = FitSettings(boxes=boxes, level=level, alpha=alpha, seed=seed)
    with fitted_table(long, columns, settings, place=place, progress=progress, cancel=cancel) as fitted:
        found: pd.DataFrame = pa.concat_tables([without_dictionaries(block) for block in fitted.blocks()]).to_pandas()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """The curves of a chunk: wells and first row (curves,) of each, what names them, and their responses by design."""

    lengths: Ints
    first_rows: Ints
    named: dict[str, Any]
    sets: list[SameDesign]


class _Aside:
    """Fits chunk after chunk and puts what it found aside."""

    def __init__(
        self, scratch: Scratch, columns: TableColumns, book: DesignBook, settings: FitSettings, rows: int
    ) -> None:
        self.scratch, self.columns, self.book, self.settings = scratch, columns, book, settings
        self.varying: set[str] = set()
        self.curves = 0
        self.of_null: Counter[int] = Counter()
        self.edges = np.append(np.arange(0, rows, WINDOW_ROWS), rows)
        self.cuts: list[Ints] = []
        self.like = _like(book.boxes, settings.level)

    def ready(self, chunk: Chunk, table: LongTable) -> _Ready:
        """Return the curves of a chunk, sorted by their designs; may run while another chunk is fitted."""
        columns = self.columns
        doses = table_values.doses_molar(chunk, columns, table)
        values = table_values.responses(chunk, columns, table)
        weights = table_values.weights(chunk, columns, table)
        curves = find_curves([chunk.table.column(name) for name in columns.curve], together=chunk.together)
        values, doses = curves.arranged(values), curves.arranged(doses)
        weights = None if weights is None else curves.arranged(weights)
        table_values.require_scale(
            curves.lengths, values, columns, table.source, lambda i: _curve_name(chunk, columns, curves, i)
        )
        sets = list(same_designs(curves.lengths, doses, values, weights, self.book))
        named = self._named(chunk, curves)
        return _Ready(lengths=curves.lengths, first_rows=chunk.rows[curves.first_rows], named=named, sets=sets)

    def fit(self, ready: _Ready, place: Place, cancel: Cancel | None) -> None:
        """Fit the curves of a chunk."""
        arrays = self._fit(ready.lengths, ready.sets, place, cancel)
        keys, counts = np.unique(arrays["null"], return_counts=True)
        self.of_null.update(dict(zip(keys.tolist(), counts.tolist(), strict=True)))
        self.curves += ready.lengths.size
        made = ready.named | {name: pa.array(values) for name, values in arrays.items()}
        self.cuts.append(np.searchsorted(ready.first_rows, self.edges))
        self.scratch.append(pa.table({FIRST_ROW: pa.array(ready.first_rows)} | made))

    def _named(self, chunk: Chunk, curves: Curves) -> dict[str, Any]:
        """Return what names each curve, and what else is constant within it."""
        first = pa.array(curves.first_rows)
        found = {name: plain(combined(chunk.table.column(name)).take(first)) for name in self.columns.curve}
        starts = np.concatenate([[0], np.cumsum(curves.lengths)[:-1]])
        for name in self.columns.others:
            column = combined(chunk.table.column(name))
            if name not in self.varying:
                differs = changes(column if curves.order is None else column.take(pa.array(curves.order)))
                differs[starts] = False
                if differs.any():
                    self.varying.add(name)
            found[name] = plain(column.take(first))
        return found

    def _fit(
        self, lengths: Ints, sets: list[SameDesign], place: Place, cancel: Cancel | None
    ) -> dict[str, NDArray[Any]]:
        count = lengths.size
        arrays = empty_arrays(self.like, count)
        own: dict[str, NDArray[Any]] = {
            "null": np.full(count, -1),
            "refusal": np.zeros(count, np.int64),
            "lowest_molar": np.full(count, np.nan),
            "highest_molar": np.full(count, np.nan),
            "doses": np.zeros(count, np.int64),
        }
        for one in sets:
            for name, given in known_columns(one.known, one.curves.size).items():
                own[name][one.curves] = given
            arrays["wells"][one.curves] = one.responses.shape[1]
        limits: dict[int, Limits] = {}
        for one in sets:
            if one.known.design is not None and id(one.known) not in limits:
                limits[id(one.known)] = self._limits(one.known, one.known.design, place)
        work = FitPart(self.settings.level, math.nan if self.columns.scale == "raw" else 1.0)
        fitted = fit_same_designs(
            sets, work=work, limits_of=lambda known: limits[id(known)], place=place, cancel=cancel
        )
        for one, fits in fitted:
            for name, found in array_fields(fits).items():
                arrays[name][one.curves] = found
        own["missing"] = lengths - arrays["wells"]
        arrays["state"][own["refusal"] > 0] = self.like.state[0]
        return arrays | own

    def _limits(self, known: KnownDesign, design: Design, place: Place) -> Limits:
        learnt = known.null < LEARNT_DESIGNS
        return learn_limits(design, self.settings.level, place) if learnt else plain_limits(design)

    def sorted_blocks(self) -> Iterator[Any]:
        """Yield what was put aside in the order of the curves' first rows, in blocks of equal size."""
        waiting: list[Any] = []
        held = 0
        for window in range(self.edges.size - 1):
            part = self._window(window)
            if part is None:
                continue
            waiting.append(part)
            held += part.num_rows
            while held >= BLOCK_CURVES:
                joined = pa.concat_tables(waiting)
                yield joined.slice(0, BLOCK_CURVES).combine_chunks()
                waiting, held = [joined.slice(BLOCK_CURVES)], held - BLOCK_CURVES
        if held:
            yield pa.concat_tables(waiting).combine_chunks()

    def _window(self, window: int) -> Any:
        """Return the curves that begin within some rows; None where none does."""
        holding = [number for number, cut in enumerate(self.cuts) if cut[window] < cut[window + 1]]
        slices = []
        for number in holding:
            start, end = self.cuts[number][window : window + 2].tolist()
            slices.append(self.scratch.read([number]).slice(start, end - start))
        if len(slices) < 2:
            return slices[0] if slices else None
        joined = pa.concat_tables(slices)
        order = np.argsort(joined.column(FIRST_ROW).to_numpy(), kind="stable")
        return joined.take(pa.array(order))


def _finished(block: Any, aside: _Aside, nulls: dict[int, FlatNull], settings: FitSettings) -> dict[str, Any]:
    """Return the columns of a block, with the p-values that were not known before."""
    count, like = block.num_rows, aside.like
    arrays = {name: block.column(name).to_numpy() for name in array_fields(like)}
    known = {name: block.column(name).to_numpy() for name in KNOWN}
    p, sizes = np.full(count, np.nan), np.zeros(count, np.int64)
    own = known["null"]
    for number in np.unique(own[own >= 0]).tolist():
        at = np.flatnonzero(own == number)
        some = {name: values[at] for name, values in arrays.items()} if at.size < count else arrays
        null = nulls.get(number)
        if null is None:
            p[at] = fisher_p_values(fits_of(like, like.design, some))
        else:
            p[at] = null.p_values(fits_of(like, null.design, some))
            sizes[at] = null.ratios.shape[1]
    fits = fits_of(like, like.design, arrays)
    p[fits.rss_flat <= fits.wells * (CONSTANT * fits.mean) ** 2] = 1.0  # what is left is rounding, not shape
    return fit_columns(fits, known, aside.book.refusals, p, sizes, alpha=settings.alpha)


def _plain_words(values: Any) -> Any:
    """Return a column as it is written: what a dictionary holds where nothing stands would differ from run to run."""
    return values.dictionary_decode() if isinstance(values, pa.DictionaryArray) else pa.array(values)


def _like(boxes: Boxes, level: float) -> CurveFits:
    """Return the fit of a curve without wells: what arrays there are, and the state of a curve that has no fit."""
    design = design_of(np.geomspace(1e-9, 1e-6, 5), None, boxes)
    return fit_design(design, np.full((1, 5), np.nan), level=level)


def _curve_name(chunk: Chunk, columns: TableColumns, curves: Curves, number: int) -> str:
    row = int(curves.first_rows[number])
    words = [str(chunk.table.column(name)[row].as_py()) for name in columns.curve]
    return f"curve '{', '.join(words)}'"


def _chunk_names(number: int, rows: int, chunk_rows: int) -> list[str]:
    return [f"rows {i * chunk_rows + 1}-{min((i + 1) * chunk_rows, rows)}" for i in range(number)]
