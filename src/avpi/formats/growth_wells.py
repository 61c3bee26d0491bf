"""The wells of one table of cell counts: every cell read, in molar and hours, with where it stands."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from avpi.errors import FileFormatError, Problem
from avpi.formats.decimals import cell_state, decide_decimal, parse_number
from avpi.formats.growth_columns import CONCENTRATION_UNITS, CountColumns, find_columns
from avpi.formats.sheet_of_table import only_sheet
from avpi.formats.spreadsheet import Sheet, Spreadsheet, cell_text, plain_value, read_spreadsheet
from avpi.quantity import UNITS, QuantityError, normal_unit, outside_a_study, parse_quantity

MOST_PROBLEMS = 20
"""Cells with faults that are named one by one (assumed: nobody reads more at a time)."""
DIGITS = 15
"""Significant digits of a dose that are kept: 10 uM is 1e-05 M, not 9.999999999999999e-06."""
USUAL_UNIT = "uM"
"""Which the tools of the field take without asking."""
COUNTS = ("cell_count", "cell_count__ctrl", "cell_count__time0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Well:
    """A row of a table of counts; numbers that are not there are nan.

    Attributes
    ----------
    place : where it stands in the file.
    words : column -> what it says; empty where nothing stands.
    concentration_molar : 0 for an untreated well.
    count, control, time_zero : cells.
    hours : since treatment; 0 for a well at time zero.
    duration_hours, division_hours : of treatment, and in which untreated cells double.
    """

    place: str
    words: Mapping[str, str]
    concentration_molar: float
    count: float
    control: float
    time_zero: float
    hours: float
    duration_hours: float
    division_hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CountTable:
    """A table of counts, read; ``notes`` say how it was understood."""

    source: str
    columns: CountColumns
    wells: tuple[Well, ...]
    notes: tuple[str, ...]


def read_counts(
    path: Path, names: Mapping[str, str], *, concentration_unit: str = "", decimal: str = "", treated: bool = True
) -> CountTable:
    """Read a table of counts.

    Parameters
    ----------
    names, treated : as ``find_columns`` takes them.
    concentration_unit, decimal : where the table does not say them.

    Raises
    ------
    FileFormatError
        With everything that cannot be read, up to twenty cells.
    """
    source = str(path)
    book = _read_parquet(path, source) if path.suffix.lower() in (".parquet", ".pq") else read_spreadsheet(path, source)
    sheet = only_sheet(book)
    columns = find_columns(sheet, source, names, treated=treated)
    unit = _declared_unit(columns, concentration_unit, source) if treated else ""
    mark = _decimal(sheet, columns, source, decimal, book.delimiter)
    reading = _Reading(sheet=sheet, source=source, columns=columns, unit=unit, decimal=mark, treated=treated)
    problems: list[Problem] = []
    wells = []
    for row in reading.body():
        well, wrong = reading.well(row)
        problems += wrong
        wells.append(well)
    if problems:
        problems = list(dict.fromkeys(problems))  # a column without a unit is one fault, however many rows it has
        more = len(problems) - MOST_PROBLEMS
        rest = [Problem(file=source, what=f"{more} more cells are wrong in the same ways")] if more > 0 else []
        raise FileFormatError([*problems[:MOST_PROBLEMS], *rest])
    if not wells:
        raise FileFormatError(Problem(file=source, what="has names of columns and no rows"))
    return CountTable(source=source, columns=columns, wells=tuple(wells), notes=tuple(reading.notes(wells)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    sheet: Sheet
    source: str
    columns: CountColumns
    unit: str
    decimal: str
    treated: bool

    def body(self) -> Iterator[int]:
        for row in range(self.columns.header + 1, len(self.sheet.rows)):
            if not self.sheet.is_empty(row) and not self.sheet.text(row, 0).startswith("#"):
                yield row

    def well(self, row: int) -> tuple[Well, list[Problem]]:
        """Return a row and what is wrong with it."""
        wrong: list[Problem] = []
        count, control, start = (self.number(row, meaning, wrong) for meaning in COUNTS)
        hours = self.hours(row, "time" if "time" in self.columns.places else "treatment_duration", wrong)
        duration = self.hours(row, "treatment_duration", wrong) if "division_time" in self.columns.places else math.nan
        well = Well(
            place=self.sheet.place(row),
            words={name: self.word(row, column) for name, column in self.columns.words.items()},
            concentration_molar=self.concentration(row, hours == 0, wrong) if self.treated else math.nan,
            count=count,
            control=control,
            time_zero=start,
            hours=hours,
            duration_hours=hours if math.isnan(duration) else duration,
            division_hours=self.hours(row, "division_time", wrong),
        )
        return well, wrong

    def text(self, row: int, meaning: str) -> str:
        column = self.columns.places.get(meaning)
        return "" if column is None else self.sheet.text(row, column)

    def number(self, row: int, meaning: str, wrong: list[Problem]) -> float:
        """Return a number; nan where nothing was read, or where the detector could not."""
        text = self.text(row, meaning)
        value = parse_number(text, self.decimal) if text else None
        if value is None and cell_state(text) in ("number", "text"):
            what = f"'{text}' is no number for '{meaning}'"
            wrong.append(self.problem(row, meaning, what, "a number, or an empty cell where nothing was read"))
        return math.nan if value is None else value

    def hours(self, row: int, meaning: str, wrong: list[Problem]) -> float:
        text = self.text(row, meaning)
        if not text or cell_state(text) == "unread":
            return math.nan
        value = parse_number(text, self.decimal)
        if value is not None:
            return value * self.columns.hours.get(meaning, 1.0)
        try:
            return parse_quantity(text, "time", decimal=self.decimal).value / UNITS["h"][1]
        except QuantityError as error:
            wrong.append(self.problem(row, meaning, outside_a_study(error), "hours, or a time with its unit"))
            return math.nan

    def concentration(self, row: int, at_zero: bool, wrong: list[Problem]) -> float:  # noqa: FBT001 - private
        """Return a concentration in molar; at time zero nothing was added yet, whatever stands there."""
        text = self.text(row, "concentration")
        if at_zero:
            return 0.0
        if not text or cell_state(text) == "unread":
            hint = "Write 0 for an untreated well"
            wrong.append(self.problem(row, "concentration", "the concentration is missing", hint=hint))
            return math.nan
        value = parse_number(text, self.decimal)
        if value is None:
            return self.with_unit(row, text, wrong)
        if value < 0:
            hint = "A log10 concentration must be turned into one first"
            wrong.append(self.problem(row, "concentration", f"the concentration is '{text}'", "0 or more", hint))
        unit = self.unit or self.text(row, "concentration_unit")
        if value == 0:
            return 0.0
        known = CONCENTRATION_UNITS.get(normal_unit(unit).lower(), "") if unit else ""
        if not known:
            wrong.append(self.no_unit(row, unit))
            return math.nan
        return float(f"{value * UNITS[known][1]:.{DIGITS}g}")

    def with_unit(self, row: int, text: str, wrong: list[Problem]) -> float:
        try:
            value = parse_quantity(text, "concentration", decimal=self.decimal).value
        except QuantityError as error:
            wrong.append(self.problem(row, "concentration", outside_a_study(error)))
            return math.nan
        own = text.lstrip("+-0123456789.,eE ")
        if self.unit and CONCENTRATION_UNITS.get(normal_unit(own).lower(), "") != self.unit:
            what = f"'{text}' is not in {self.unit}, as the other concentrations are said to be"
            wrong.append(self.problem(row, "concentration", what, hint="Write all of them in one unit"))
        return value

    def no_unit(self, row: int, unit: str) -> Problem:
        what = f"'{unit}' is no unit of a concentration" if unit else "the concentrations have no unit"
        hint = (
            f"If they are in {USUAL_UNIT}, as GR tools take it, say so: --unit {USUAL_UNIT}; or name the column"
            f" 'concentration_{USUAL_UNIT}'"
        )
        return self.problem(row if unit else None, "concentration", what, "M, mM, uM, nM or pM", hint)

    def word(self, row: int, column: int) -> str:
        """Return what a cell says, 48.0 as "48", and nothing for what stands for nothing."""
        text = self.sheet.text(row, column)
        if cell_state(text) == "unread":
            return ""
        value = None if text.isdecimal() else parse_number(text, self.decimal)
        return text if value is None else cell_text(value)

    def problem(self, row: int | None, meaning: str, what: str, expected: str = "", hint: str = "") -> Problem:
        column = self.columns.places.get(meaning)
        place = self.sheet.place(self.columns.header if row is None else row, column)
        return Problem(file=self.source, place=place, what=what, expected=expected, hint=hint)

    def notes(self, wells: list[Well]) -> Iterator[str]:
        if self.columns.left_out:
            yield f"columns that are not used: {', '.join(self.columns.left_out)}"
        states = ((row, cell_state(self.text(row, "cell_count"))) for row in self.body())
        beyond = [self.sheet.place(row) for row, state in states if state in ("overflow", "below")]
        if beyond:
            yield f"counts beyond the detector, which count as missing: {len(beyond)} ({beyond[0]})"
        units = {self.text(row, "concentration_unit") for row in self.body()} - {""}
        if len(units) > 1 and not self.unit:
            yield f"concentrations are in {' and '.join(sorted(units))}, each converted by its own unit"
        untreated = sum(well.concentration_molar == 0 and well.hours != 0 for well in wells)
        if untreated and "cell_count__ctrl" in self.columns.places:
            yield f"rows of concentration 0, left out since 'cell_count__ctrl' is the control: {untreated}"


def _declared_unit(columns: CountColumns, given: str, source: str) -> str:
    """Return the unit that holds for the whole column, of its name or of who asks; empty if it is not said."""
    if not given:
        return columns.concentration_unit
    unit = CONCENTRATION_UNITS.get(normal_unit(given).lower(), "")
    if not unit:
        what = f"'{given}' is no unit of a concentration"
        raise FileFormatError(Problem(file="--unit", what=what, expected="M, mM, uM, nM or pM"))
    if columns.concentration_unit not in ("", unit):
        what = f"the name of the column says {columns.concentration_unit}, and {unit} is asked for"
        raise FileFormatError(Problem(file=source, what=what, hint="Leave --unit out, or rename the column"))
    return unit


def _decimal(sheet: Sheet, columns: CountColumns, source: str, declared: str, delimiter: str) -> str:
    """Return the decimal mark of the table; its cells of words are not asked."""
    places = [place for meaning, place in columns.places.items() if meaning != "concentration_unit"]
    rows = range(columns.header + 1, len(sheet.rows))
    texts: dict[str, str] = {}
    for row in rows:
        for column in places:
            cell = sheet.cell(row, column)
            if isinstance(cell, str) and cell_state(cell) == "number":
                texts.setdefault(cell, sheet.place(row, column))
    try:
        return decide_decimal(texts, source, place_of=lambda text: texts[text], declared=declared, delimiter=delimiter)
    except FileFormatError as error:
        # The reader of plates names study.yaml as the remedy, and there is none here.
        raise FileFormatError([_outside_a_study(problem) for problem in error.problems]) from None


def _outside_a_study(problem: Problem) -> Problem:
    hint = problem.hint.replace('`decimal: ","`', "--decimal ','").replace('`decimal: "."`', "--decimal '.'")
    return replace(problem, hint=hint.replace(" in study.yaml", ""))


def _read_parquet(path: Path, source: str) -> Spreadsheet:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except FileNotFoundError:
        hint = "Check its name and folder, capitals included."
        raise FileFormatError(Problem(file=source, what="was not found", hint=hint)) from None
    except (OSError, ValueError) as error:
        raise FileFormatError(Problem(file=source, what=f"cannot be read as Parquet: {error}")) from None
    if frame.index.name or any(frame.index.names):
        frame = frame.reset_index()
    cells = [
        tuple("" if pd.isna(value) else plain_value(value) for value in row) for row in frame.itertuples(index=False)
    ]
    rows = (tuple(str(name) for name in frame.columns), *cells)
    sheet = Sheet(name="", rows=rows, lines=tuple(range(1, len(rows) + 1)))
    return Spreadsheet(source=source, sheets=(sheet,), delimiter="")
