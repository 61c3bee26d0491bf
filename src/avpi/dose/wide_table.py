"""Wide tables, with a column for each dose: a well is where a row and such a column meet."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from avpi.dose.dose_cells import CONTROLS
from avpi.dose.long_table import LongTable
from avpi.dose.table_columns import DOSE_WORDS, molar_of
from avpi.errors import InputError, Problem
from avpi.quantity import QuantityError, parse_quantity, read_number

DOSE, RESPONSE = "dose_molar", "response"
"""Columns that a wide table is read into."""
LEAST_DOSES = 3
"""Headings that are doses without which a table is not taken for a wide one."""
_HEADING = re.compile(rf"(?i)^(?:(?:{'|'.join(DOSE_WORDS)})(?![a-z])[\s_:=]*)?(.*?)(?:(?<=[a-z])\.\d+)?$")
"""A dose, behind a word for it or not; pandas numbers headings that stand twice, as in '100 nM.1'."""
_REPLICATE = re.compile(r"(?i)^(.*?)[\s_.\-]*(?:rep(?:licate)?|r|n)?[\s_.\-#]*\d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class WideTable:
    """A wide table, read as a long one.

    Attributes
    ----------
    table : as it stands.
    doses_molar : (k,) of the columns ``headings``.
    """

    table: LongTable
    headings: tuple[str, ...]
    doses_molar: tuple[float, ...]

    @staticmethod
    def of(table: LongTable, dose_unit: str = "") -> WideTable:
        """Read the doses in the header.

        Parameters
        ----------
        dose_unit : of headings that are bare numbers.

        Raises
        ------
        InputError
            If fewer than three headings are doses, or one is a number alone beside doses with units.
        """
        found = doses_in_header(table.columns, dose_unit)
        if len(set(found.values())) < LEAST_DOSES:
            what = f"{len(found)} of {len(table.columns)} headings are doses"
            expected = f"{LEAST_DOSES} or more doses, such as '0 nM', '100 nM' and '1 µM'"
            hint = "Where the headings are numbers alone, say '--dose-unit nM'" if not dose_unit else ""
            raise InputError(Problem(file=table.source, place="header", what=what, expected=expected, hint=hint))
        _require_units(table, found)
        return WideTable(table=table, headings=tuple(found), doses_molar=tuple(found.values()))

    @property
    def source(self) -> str:
        """Name of the table, for messages."""
        return self.table.source

    @property
    def columns(self) -> tuple[str, ...]:
        """What names a row, then the dose and the response."""
        return (*(name for name in self.table.columns if name not in self.headings), DOSE, RESPONSE)

    def place(self, row: int) -> str:
        """Return where a well stands."""
        at, column = divmod(row, len(self.headings))
        return f"{self.table.place(at)} below '{self.headings[column]}'"

    def batches(self, columns: Sequence[str], numbers: Sequence[str]) -> Iterator[Any]:
        """Yield Arrow tables of some columns; the wells of a row follow each other."""
        own = [name for name in columns if name not in (DOSE, RESPONSE)]
        read = [*own, *self.headings] if RESPONSE in columns or not own else own
        many = len(self.headings)
        among = [*(name for name in numbers if name in own), *(name for name in read if name in self.headings)]
        for batch in self.table.batches(read, among):
            rows = pa.array(np.repeat(np.arange(batch.num_rows), many))
            made = {name: batch.column(name).take(rows) for name in own}
            if DOSE in columns:
                made[DOSE] = pa.array(np.tile(np.asarray(self.doses_molar), batch.num_rows))
            if RESPONSE in columns:
                wells = [batch.column(name).to_numpy() for name in self.headings]
                made[RESPONSE] = pa.array(np.column_stack(wells).ravel(), from_pandas=True)
            yield pa.table({name: made[name] for name in columns})


def doses_in_header(columns: Sequence[str], dose_unit: str = "") -> dict[str, float]:
    """Return the headings that are doses, in molar; controls are 0 where another heading is a dose."""
    found = {name: dose for name in columns if (dose := _dose_of(name, dose_unit)) is not None}
    if not any(found.values()):
        return {}
    return {name: 0.0 if name.strip().lower() in CONTROLS else found.get(name, 0.0) for name in columns
            if name in found or name.strip().lower() in CONTROLS}  # fmt: skip


def require_long(columns: Sequence[str], source: str, *, dose: bool, response: bool) -> None:
    """Refuse a table with a column for each dose or replicate, and tell how a row for each well is made of it.

    Parameters
    ----------
    dose, response : whether a column of it is known.

    Raises
    ------
    InputError
        If the header shows such a table.
    """
    doses = doses_in_header(columns)
    if not dose and len(set(doses.values())) >= LEAST_DOSES:
        names = [name for name in columns if name not in doses and not _is_number(name)]
        what = f"it has a column for each dose, from '{next(iter(doses))}' to '{list(doses)[-1]}'"
        hint = f"Say '--wide', or in pandas: frame.melt({names}, var_name='dose', value_name='viability')"
        raise InputError(
            Problem(file=source, place="header", what=what, expected="a row for each well, unless '--wide'", hint=hint)
        )
    replicates = _replicates(columns)
    if dose and not response and replicates:
        names = [name for name in columns if name not in replicates]
        what = f"it has a column for each replicate, from '{replicates[0]}' to '{replicates[-1]}'"
        hint = f"In pandas: frame.melt({names}, var_name='replicate', value_name='viability')"
        raise InputError(Problem(file=source, place="header", what=what, expected="a row for each well", hint=hint))


def _require_units(table: LongTable, doses: dict[str, float]) -> None:
    """Refuse headings that are numbers alone where others are doses with units: they would be left out unseen."""
    bare = [name for name in table.columns if name not in doses and _is_number(name)]
    if bare:
        listed = ", ".join(f"'{name}'" for name in bare)
        known = next(name for name, dose in doses.items() if dose > 0)
        what = f"{listed} {'is a number' if len(bare) == 1 else 'are numbers'} without a unit, beside '{known}'"
        hint = "Write the unit in each heading, or say what numbers alone are in, such as '--dose-unit nM'"
        raise InputError(
            Problem(file=table.source, place="header", what=what, expected="doses with their unit", hint=hint)
        )


def _replicates(columns: Sequence[str]) -> list[str]:
    """Return the headings that differ in their last number alone; empty where there are none, or several sets."""
    stems = {name: match[1].lower() for name in columns if (match := _REPLICATE.match(name.strip()))}
    several = [stem for stem, count in Counter(stems.values()).items() if count > 1]
    return [name for name, stem in stems.items() if stem == several[0]] if len(several) == 1 else []


def _dose_of(heading: str, dose_unit: str) -> float | None:
    """Return the dose that a heading is, in molar; None if it is none."""
    text = _behind_word(heading)
    try:
        return parse_quantity(text, "concentration", decimal=".").value
    except QuantityError:
        factor = molar_of(dose_unit) if dose_unit else None
    if factor is None:
        return None
    try:
        return float(f"{read_number(text, decimal='.') * factor:.15g}")
    except QuantityError:
        return None


def _is_number(heading: str) -> bool:
    """Return whether a heading, without a word for a dose before it, is a number without a unit."""
    try:
        return math.isfinite(read_number(_behind_word(heading), decimal="."))
    except QuantityError:
        return False


def _behind_word(heading: str) -> str:
    """Return what a heading says behind a word for a dose."""
    match = _HEADING.match(heading.strip())
    return (match[1] if match else "").replace("_", " ").strip("()[] ")
