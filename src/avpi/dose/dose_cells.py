"""Doses that are written with their unit in each cell, such as "100 nM" beside "1 µM"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from avpi.dose.curve_table import combined
from avpi.dose.long_table import MOST_TOLD, LongTable
from avpi.dose.table_columns import molar_of
from avpi.errors import InputError, Problem
from avpi.quantity import UNITS, QuantityError, normal_unit, outside_a_study, parse_quantity, read_number

DIGITS = 15
"""Significant digits kept of a dose: one rounding makes "100 nM" and "0.1 uM" the same float."""
CONTROLS = ("dmso", "vehicle", "control", "untreated", "solvent")
"""What stands for a dose of 0."""
_NUMBER = re.compile(r"^\s*[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseCells:
    """A table whose doses have their units in the cells; to its reader they are numbers in one unit.

    Attributes
    ----------
    table : as it stands.
    dose : the column.
    unit : that the column's name or the caller says, in which the numbers are given; empty: they are in molar.
    decimal : mark of the numbers in the cells; empty where it is not known.
    """

    table: LongTable
    dose: str
    unit: str
    decimal: str

    @property
    def source(self) -> str:
        """Name of the table, for messages."""
        return self.table.source

    @property
    def columns(self) -> tuple[str, ...]:
        """Every name in the header, in order."""
        return self.table.columns

    def place(self, row: int) -> str:
        """Return where a row stands."""
        return self.table.place(row)

    def batches(self, columns: Sequence[str], numbers: Sequence[str]) -> Iterator[Any]:
        """Yield Arrow tables of some columns, the dose as float64.

        Raises
        ------
        InputError
            With the first cells whose dose is no concentration, or has no unit or another one than its column.
        """
        first = 0
        for batch in self.table.batches(columns, [name for name in numbers if name != self.dose]):
            made = batch
            if self.dose in columns and self.dose in numbers:
                at = batch.column_names.index(self.dose)
                made = batch.set_column(at, self.dose, self._doses(batch.column(at), first))
            yield made
            first += batch.num_rows

    def _doses(self, column: Any, first: int) -> Any:
        encoded = combined(column)
        if not pa.types.is_dictionary(encoded.type):
            encoded = pc.dictionary_encode(pc.cast(encoded, pa.string()))
        words = [str(word) for word in encoded.dictionary.to_pylist()]
        read = [self._dose(word) for word in words]
        values = np.array([one if isinstance(one, float) else np.nan for one in read] + [np.nan])
        codes = encoded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
        faulty = np.array([isinstance(one, str) for one in read] + [False])
        rows = np.flatnonzero(faulty[codes])
        if rows.size:
            raise InputError([self._problem(first + int(row), str(read[codes[row]])) for row in rows[:MOST_TOLD]])
        return pa.array(values[codes], pa.float64(), from_pandas=True)

    def _dose(self, text: str) -> float | str:
        """Return a dose in the unit of the column, or what is wrong with it."""
        own = text.strip()
        if not own:
            return float("nan")
        if own.lower() in CONTROLS:
            return 0.0
        number = _NUMBER.match(own)
        unit = own[number.end() :].strip() if number else ""
        try:
            if number and not unit and (self.unit or not float(re.sub("[,.]", "", number[0]))):
                return read_number(own, decimal=self.decimal)
            molar = parse_quantity(own, "concentration", decimal=self.decimal).value
        except QuantityError as error:
            return outside_a_study(error)
        if not self.unit:
            return molar
        factor = molar_of(self.unit) or 1.0
        if molar_of(unit) != factor:
            return f"'{own}' is in another unit than its column, which is in {self.unit}"
        return float(f"{molar / factor:.{DIGITS}g}")

    def _problem(self, row: int, what: str) -> Problem:
        expected = f"doses in {self.unit}" if self.unit else "a dose with its unit, such as '100 nM' or '1 µM'; or 0"
        hint = "Leave the unit out of the column's name, if each cell has its own" if self.unit else ""
        where = f"{self.place(row)}, column '{self.dose}'"
        return Problem(file=self.source, place=where, what=what, expected=expected, hint=hint)


def dose_cells_have_units(table: LongTable, dose: str) -> bool:
    """Return whether a dose of the table's first rows is written with a unit of concentration."""
    batch = next(iter(table.batches([dose], ())), None)
    if batch is None:
        return False
    column = combined(batch.column(0))
    if pa.types.is_dictionary(column.type):
        column = column.dictionary
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return False
    return any(_is_quantity(text) for text in pc.unique(column).to_pylist() if text)


def _is_quantity(text: str) -> bool:
    number = _NUMBER.match(text)
    return number is not None and normal_unit(text[number.end() :]) in UNITS
