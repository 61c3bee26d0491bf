"""What a table says, however it is written: long or wide, with the unit of its doses in a name or in each cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from avpi.dose.dose_cells import DoseCells, dose_cells_have_units
from avpi.dose.long_table import LongTable
from avpi.dose.table_columns import TableColumns, dose_heading, find_columns, response_headings, unit_columns
from avpi.dose.wide_table import DOSE, WideTable, require_long
from avpi.errors import InputError, Problem


def read_columns(
    table: LongTable,
    *,
    curve: Sequence[str] = (),
    dose: str = "",
    response: str = "",
    weight: str = "",
    dose_unit: str = "",
    scale: str = "",
    wide: bool = False,
    decimal_mark: Callable[[Sequence[str]], str] | None = None,
) -> tuple[LongTable, TableColumns]:
    """Return a table as a long one with doses that are numbers, and what its columns mean.

    Parameters
    ----------
    table : as it stands.
    curve, dose, response, weight, dose_unit, scale : as ``find_columns`` takes them.
    wide : whether the table has a column for each dose, named as such.
    decimal_mark : tells the decimal mark of some columns, for doses with a unit in each cell.

    Raises
    ------
    InputError
        With everything that is missing, ambiguous or unknown; of a table with a column for each dose or replicate, how
        a row for each well is made of it.
    """
    own: LongTable = table
    if wide:
        own = WideTable.of(table, dose_unit)
        dose, dose_unit = dose or DOSE, ""
    else:
        known = dose_heading(table.columns, dose)
        answers = response_headings(table.columns, response)
        require_long(table.columns, table.source, dose=known is not None, response=bool(answers))
        if known is not None and not known[2] and dose_cells_have_units(table, known[0]):
            _require_no_unit_column(table)
            unit = dose_unit or known[1]
            mark = decimal_mark(answers[:1]) if decimal_mark is not None and answers else ""
            own = DoseCells(table=table, dose=known[0], unit=unit, decimal=mark)
            dose, dose_unit = known[0], unit or "M"
    columns = find_columns(
        own.columns, curve=curve, dose=dose, response=response, weight=weight, dose_unit=dose_unit, scale=scale,
        source=table.source,
    )  # fmt: skip
    return own, columns


def _require_no_unit_column(table: LongTable) -> None:
    units = unit_columns(table.columns)
    if units:
        what = f"the doses have units in their cells, and the column '{units[0]}' gives units too"
        raise InputError(Problem(file=table.source, what=what, expected="one of them"))
