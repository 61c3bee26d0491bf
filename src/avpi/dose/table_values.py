"""Doses in molar and responses as fractions of the control, from the columns of a table, or what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from avpi.dose.curve_table import combined, find_curves
from avpi.dose.long_table import MOST_TOLD, Chunk, LongTable
from avpi.dose.table_columns import TableColumns, molar_of
from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST_MOLAR = 10.0
"""No compound dissolves to more; water itself is 55 M. A larger dose is in another unit than was said."""
MOST_OF_CONTROL = 5.0
"""A curve whose middle response is five times its control is no fraction of it."""
MOST_OF_ONE_WELL = 30.0
"""No well holds thirty times its control, not even where an untreated line dies out; and 30 % is met in every curve."""
PERCENT_AT_LEAST = 2.0
"""A curve that never reaches 2 % of its control is most likely a fraction."""
LEAST_FRACTION = 0.5
MOST_LIKE_FRACTIONS = 0.05
"""Share of the curves between 0.5 % and 2 % from which on a table in percent is refused as a mixture: a compound that
kills at each of its doses is met, but not in one curve of twenty."""


def doses_molar(chunk: Chunk, columns: TableColumns, table: LongTable) -> Floats:
    """Return the doses (rows,) in molar; 0 where a named curve has neither dose nor response, which is no well.

    Raises
    ------
    InputError
        With the first rows whose dose is missing, negative, infinite, or has no known unit.
    """
    given = numbers(chunk, columns.dose)
    name = columns.dose
    problems: list[Problem] = []
    bare = np.isnan(numbers(chunk, columns.response))
    nameless = np.logical_and.reduce([_is_null(chunk, column) for column in columns.curve])
    dosed = np.isfinite(given) if columns.log10_dose else given > 0
    problems += _unnamed(chunk, columns, table, dosed, ~bare, nameless)
    if np.isnan(given).any():
        rows = np.flatnonzero(np.isnan(given) & ~(bare & ~nameless))
        expected = "a number; 0 for a control without compound"
        hint = "If these rows are no wells, delete them" if (bare & nameless)[rows].any() else ""
        problems += _told(table, chunk, rows, name, lambda row: "there is no dose", expected, hint)
        given = np.where(bare & np.isnan(given), -np.inf if columns.log10_dose else 0.0, given)
    if columns.log10_dose:
        with np.errstate(over="ignore"):
            doses = np.where(given == -np.inf, 0.0, 10.0**given) * _factors(chunk, columns, table)
    else:
        doses = given * _factors(chunk, columns, table)
        negative = np.flatnonzero(given < 0)
        hint = "If they are log10 of molar, name the column 'log10_dose_molar' or say '--dose-unit \"log10 M\"'"
        problems += _told(
            table, chunk, negative, name, lambda row: f"'{given[row]:g}' is negative", "0 or a positive dose", hint
        )
    large = np.flatnonzero(doses > LARGEST_MOLAR)
    hint = "Say the right unit with '--dose-unit'"
    problems += _told(
        table, chunk, large, name, lambda row: f"'{given[row]:g}' is '{doses[row]:g}' M", "a dose that dissolves", hint
    )
    if problems:
        raise InputError(problems)
    return np.asarray(doses, float)


def responses(chunk: Chunk, columns: TableColumns, table: LongTable) -> Floats:
    """Return the responses (rows,), as fractions of the control unless they are raw; nan where missing.

    Raises
    ------
    InputError
        With the first rows whose response is infinite, or on the scale ``fraction`` in percent among fractions.
    """
    values = numbers(chunk, columns.response)
    rows = np.flatnonzero(np.isinf(values))
    if rows.size:
        expected = "a number, or nothing where a well was not measured"
        raise InputError(
            _told(table, chunk, rows, columns.response, lambda row: f"'{values[row]:g}' is no response", expected)
        )
    if columns.scale == "fraction":
        _require_fractions(chunk, columns, table, values)
    return values / 100 if columns.scale == "percent" else values


def weights(chunk: Chunk, columns: TableColumns, table: LongTable) -> Floats | None:
    """Return the weights (rows,), or None where all wells weigh the same.

    Raises
    ------
    InputError
        With the first rows whose weight is not positive.
    """
    if not columns.weight:
        return None
    values = numbers(chunk, columns.weight)
    rows = np.flatnonzero(~((values > 0) & np.isfinite(values)))
    if rows.size:
        raise InputError(
            _told(
                table, chunk, rows, columns.weight, lambda row: f"'{values[row]:g}' is no weight", "a positive number"
            )
        )
    return values


def numbers(chunk: Chunk, name: str) -> Floats:
    """Return a column of numbers (rows,); nan where nothing stands."""
    return np.asarray(combined(chunk.table.column(name)).to_numpy(zero_copy_only=False), float)


def require_scale(
    lengths: Ints, values: Floats, columns: TableColumns, source: str, name_of: Callable[[int], str]
) -> None:
    """Refuse responses on another scale than was said, or on two.

    Parameters
    ----------
    lengths : (curves,) rows of each.
    values : (rows,) as :func:`responses` gives them, curve by curve.
    name_of : names a curve.

    Raises
    ------
    InputError
        With curves that show it.
    """
    if columns.scale == "raw" or not values.size:
        return
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    known = np.where(np.isnan(values), -np.inf, values)
    highest = np.maximum.reduceat(known, starts)
    measured = highest > -np.inf
    if columns.scale == "fraction":
        high = np.flatnonzero(highest > MOST_OF_CONTROL)
        high = high[[_middle(values[starts[i] : starts[i] + lengths[i]]) > MOST_OF_CONTROL for i in high.tolist()]]
        if high.size:
            raise InputError(_scale_problem(high, highest, int(measured.sum()), columns, source, name_of))
        return
    highest = highest * 100
    low = np.flatnonzero(measured & (highest < PERCENT_AT_LEAST) & (highest > LEAST_FRACTION))
    if low.size > max(MOST_LIKE_FRACTIONS * measured.sum(), 0):
        what = f"{low.size} of {int(measured.sum())} curves look like fractions"
        shown = f"the highest response of {name_of(int(low[0]))} is '{highest[low[0]]:.3g}' %"
        hint = "Say '--scale fraction'; or write all curves on one scale, and say which"
        raise InputError(Problem(file=source, place=f"column '{columns.response}'", what=f"{what}: {shown}", hint=hint))


def _require_fractions(chunk: Chunk, columns: TableColumns, table: LongTable, values: Floats) -> None:
    """Refuse wells in percent among fractions; a whole curve in percent is left to :func:`require_scale`."""
    high = np.flatnonzero(values > MOST_OF_ONE_WELL)
    if not high.size:
        return
    curves = find_curves([chunk.table.column(name) for name in columns.curve], together=chunk.together)
    ends = np.cumsum(curves.lengths)[:-1]
    by_curve = [own for own in np.split(curves.arranged(values), ends) if np.any(own > MOST_OF_ONE_WELL)]
    if any(_middle(own) > MOST_OF_CONTROL for own in by_curve):
        return
    hint = (
        "Write all responses on one scale; '--scale percent' if 100 is the control, 'raw' for what an instrument gave"
    )
    raise InputError(
        _told(
            table, chunk, high, columns.response, lambda row: f"'{values[row]:g}' is no fraction of the control",
            f"fractions of the control, at most {MOST_OF_ONE_WELL:g}", hint,
        )
    )  # fmt: skip


def _scale_problem(
    high: Ints,
    highest: Floats,
    curves: int,
    columns: TableColumns,
    source: str,
    name_of: Callable[[int], str],
) -> Problem:
    first, all_of = int(high[0]), high.size == curves
    what = f"half of the responses of {name_of(first)} are above {MOST_OF_CONTROL:g}, up to '{highest[first]:.4g}'"
    if not all_of:
        what += f", and so in {high.size} curves, but not in all"
    hint = "Say '--scale percent', or 'raw' for what an instrument gave" if all_of else (
        "Write all curves on one scale, relative to their control, and say which with '--scale'"
    )  # fmt: skip
    return Problem(
        file=source, place=f"column '{columns.response}'", what=what, expected="fractions of the control", hint=hint
    )


def _unnamed(
    chunk: Chunk,
    columns: TableColumns,
    table: LongTable,
    dosed: NDArray[np.bool_],
    measured: NDArray[np.bool_],
    nameless: NDArray[np.bool_],
) -> list[Problem]:
    """Return what is said of treated wells of no compound, such as where a name stands in its first row only."""
    unnamed = np.logical_and.reduce([_is_null(chunk, name) for name in columns.compounds or columns.curve])
    rows = np.flatnonzero((unnamed | nameless) & dosed & measured)
    name = (columns.compounds or columns.curve)[0]
    hint = "Write the name in each row, also where it is that of the row above"
    return _told(table, chunk, rows, name, lambda row: "there is no name beside the dose", "which curve it is", hint)


def _is_null(chunk: Chunk, name: str) -> NDArray[np.bool_]:
    return np.asarray(pc.is_null(combined(chunk.table.column(name))).to_numpy(zero_copy_only=False), bool)


def _middle(values: Floats) -> float:
    """Return the median of what was measured."""
    return float(np.median(values[~np.isnan(values)]))


def _factors(chunk: Chunk, columns: TableColumns, table: LongTable) -> Any:
    """Return molar of one unit: a number, or one for each row (rows,)."""
    if not columns.unit_column:
        return columns.dose_unit
    encoded = combined(chunk.table.column(columns.unit_column))
    if not pa.types.is_dictionary(encoded.type):
        encoded = pc.dictionary_encode(pc.cast(encoded, pa.string()))
    words = encoded.dictionary.to_pylist()
    known = np.array([molar_of(str(word)) or np.nan for word in words] + [np.nan])
    codes = encoded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
    factors = known[codes]
    rows = np.flatnonzero(np.isnan(factors))
    if rows.size:
        texts = [*words, ""]
        raise InputError(
            _told(
                table,
                chunk,
                rows,
                columns.unit_column,
                lambda row: f"'{texts[codes[row]]}' is no unit of a dose in molar",
                "such as 'nM', 'uM' or 'M'",
            )
        )
    return factors


def _told(
    table: LongTable,
    chunk: Chunk,
    rows: Ints,
    column: str,
    what: Callable[[int], str],
    expected: str,
    hint: str = "",
) -> list[Problem]:
    """Return a problem for each of the first rows, and one for how many more there are."""
    at = chunk.rows[rows]
    order = np.argsort(at, kind="stable")
    problems = [
        Problem(
            file=table.source,
            place=f"{table.place(int(chunk.rows[row]))}, column '{column}'",
            what=what(int(row)),
            expected=expected,
            hint=hint,
        )
        for row in rows[order[:MOST_TOLD]].tolist()
    ]
    if rows.size > len(problems):
        rest = f"{rows.size - len(problems)} more rows are so"
        problems.append(Problem(file=table.source, place=f"column '{column}'", what=rest))
    return problems
