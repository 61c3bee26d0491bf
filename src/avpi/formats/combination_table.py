"""Long tables of two compounds: one row for each well, with both doses and the response.

The columns are ``dose_a``, ``dose_b`` and ``response``; ``compound_a``, ``compound_b``, ``experiment`` and ``pair`` may
be there. A dose has its unit in the name of its column (``dose_a_nM``, ``dose_b_ng_per_ml``), in a column of its own
(``dose_a_unit``), in the cell (``100 nM``), or none. Doses come back in molar or ng/mL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from avpi.errors import FileFormatError, InputError, Problem, nearest_word
from avpi.formats.combination_rows import CombinationRows, Row, gather_pairs
from avpi.formats.decimals import cell_state, decide_decimal, parse_number
from avpi.formats.sheet_of_table import only_sheet
from avpi.formats.spreadsheet import Sheet, cell_text, read_spreadsheet
from avpi.quantity import UNITS, Kind, QuantityError, normal_unit, outside_a_study, parse_quantity

PARQUET = b"PAR1"
"""First bytes of a Parquet file."""
DOSES = ("dose_a", "dose_b")
NEEDED = (*DOSES, "response")
OPTIONAL = ("compound_a", "compound_b", "experiment", "pair", "dose_a_unit", "dose_b_unit")
COLUMNS = (*NEEDED, *OPTIONAL)
"""Every column that has a meaning; the others of a table are left alone."""
MOST_TOLD = 10
"""Faulty cells that are told one by one."""
KINDS: tuple[Kind, ...] = ("concentration", "mass_concentration")
OF_KIND = {"concentration": "M", "mass_concentration": "ng/mL"}
_UNIT_SUFFIX = re.compile(r"^[\s_.]*[(\[]?\s*(.*?)\s*[)\]]?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinationTable:
    """The pairs of compounds of a table.

    Attributes
    ----------
    pairs : the wells of each pair.
    unread : columns that have no meaning here.
    """

    pairs: tuple[CombinationRows, ...]
    unread: tuple[str, ...]


def read_combination_table(
    path: Path, source: str, *, columns: Mapping[str, str] | None = None, decimal: str = ""
) -> CombinationTable:
    """Read a table of delimited text, a workbook of one sheet, or Parquet.

    Rows of one compound alone may leave the name of the other out; they belong to every pair that the named one is in.

    Parameters
    ----------
    source : name of the file in messages.
    columns : name of a column here, such as ``dose_a`` -> its heading in the table.
    decimal : ``"."`` or ``","``, where the cells leave it open.

    Raises
    ------
    InputError
        If a column is missing, or with every cell that cannot be read.
    """
    sheet, delimiter = _sheet(path, source)
    headings = sheet.texts[0] if sheet.rows else ()
    place, units = _find_columns(headings, dict(columns or {}), source)
    cells = _Cells(sheet, place, units, source, delimiter, decimal)
    rows = [row for number in range(1, len(sheet.rows)) if (row := cells.row(number)) is not None]
    if cells.problems:
        more = len(cells.problems) - MOST_TOLD
        told = cells.problems[:MOST_TOLD]
        if more > 0:
            told.append(Problem(file=source, what=f"{more} further cells cannot be read"))
        raise InputError(told)
    if not rows:
        raise InputError(Problem(file=source, what="the table has no rows", expected="one row for each well"))
    used = set(place.values())
    unread = tuple(text for i, text in enumerate(headings) if i not in used and text)
    return CombinationTable(pairs=gather_pairs(rows, source), unread=unread)


class _Cells:
    """Reads the cells of a table and keeps what is wrong with them."""

    def __init__(
        self, sheet: Sheet, place: dict[str, int], units: dict[str, str], source: str, delimiter: str, decimal: str
    ) -> None:
        self.sheet, self.place, self.units, self.source = sheet, place, units, source
        self.problems: list[Problem] = []
        where: dict[str, str] = {}
        for number in range(1, len(sheet.rows)):
            for name in NEEDED:
                cell = sheet.cell(number, place[name])
                if isinstance(cell, str) and cell_state(cell.strip()) == "number":
                    where.setdefault(cell.strip(), sheet.place(number, place[name]))
        try:
            self.decimal = decide_decimal(
                where, source, place_of=where.__getitem__, declared=decimal, delimiter=delimiter
            )
        except FileFormatError as error:
            hint = "Say which it is: --decimal ',' or --decimal '.'"
            raise InputError([replace(problem, hint=hint) for problem in error.problems]) from error

    def row(self, number: int) -> Row | None:
        """Return a row; None where it is empty or has a fault."""
        if self.sheet.is_empty(number):
            return None
        before = len(self.problems)
        doses = [self._dose(number, name) for name in DOSES]
        response = self._response(number)
        names = [self._text(number, name) for name in ("compound_a", "compound_b", "experiment", "pair")]
        if len(self.problems) > before:
            return None
        named = "compound_a" in self.place, "compound_b" in self.place
        return Row(
            compounds=(names[0] if named[0] else "A", names[1] if named[1] else "B"),
            doses=(doses[0][0], doses[1][0]),
            units=(doses[0][1], doses[1][1]),
            response=response,
            experiment=names[2],
            pair=names[3],
            place=self.sheet.place(number),
        )

    def _text(self, number: int, name: str) -> str:
        return self.sheet.text(number, self.place[name]).strip() if name in self.place else ""

    def _number(self, number: int, name: str) -> float | str:
        """Return a cell as a number, or as the text that is none."""
        cell = self.sheet.cell(number, self.place[name])
        if isinstance(cell, float):
            return cell
        found = parse_number(cell.strip(), self.decimal)
        return cell.strip() if found is None else found

    def _response(self, number: int) -> float:
        found = self._number(number, "response")
        if isinstance(found, float):
            return found
        if cell_state(found) != "unread":
            self._fault(number, "response", found, "a number, or an empty cell for a missing well")
        return float("nan")

    def _dose(self, number: int, name: str) -> tuple[float, str]:
        """Return a dose in molar, ng/mL or as it stands, and its unit; the unit of a 0 may be left open."""
        found = self._number(number, name)
        unit = self._text(number, f"{name}_unit") or self.units.get(name, "")
        if isinstance(found, str):
            try:
                quantity = parse_quantity(found, decimal=self.decimal)
            except QuantityError as error:
                expected = "a dose of 0 or more" if not found else f"a dose of 0 or more ({outside_a_study(error)})"
                self._fault(number, name, found, expected)
                return 0.0, ""
            if quantity.kind not in KINDS:
                self._fault(number, name, found, "a concentration, such as '100 nM' or '10 ng/mL'")
            return quantity.value, OF_KIND.get(quantity.kind, "")
        if not 0 <= found < float("inf"):
            expected = "a dose of 0 or more; a log10 dose must be turned into a concentration first"
            self._fault(number, name, cell_text(found), expected)
        if not unit:
            return found, ""
        known = read_unit(unit)
        if not known:
            self._fault(number, name, unit, "a unit such as 'nM' or 'ng/mL'")
            return found, ""
        kind, factor = UNITS[known]
        return float(f"{found * factor:.15g}"), OF_KIND[kind]

    def _fault(self, number: int, name: str, text: str, expected: str) -> None:
        what = f"{name} is '{text}'" if text else f"{name} is empty"
        where = self.sheet.place(number, self.place[name])
        self.problems.append(Problem(file=self.source, place=where, what=what, expected=expected))


def read_unit(text: str) -> str:
    """Return a unit of concentration as avpi writes it (``nM``, ``ng/mL``); empty if the text is none."""
    plain = normal_unit(re.sub(r"[_\s]per[_\s]", "/", text.strip(), flags=re.IGNORECASE))
    units = [unit for unit, (kind, _) in UNITS.items() if kind in KINDS]
    if plain in units:
        return plain
    return next((unit for unit in units if unit.lower() == plain.lower()), "")


def _find_columns(headings: Sequence[str], asked: dict[str, str], source: str) -> tuple[dict[str, int], dict[str, str]]:
    """Return the place of each column, and the unit that the heading of a dose has."""
    problems = [
        Problem(
            file="--column",
            what=f"'{name}' is no column of this table",
            expected=", ".join(COLUMNS),
            hint=nearest_word(name, COLUMNS),
        )
        for name in asked
        if name not in COLUMNS
    ]
    place: dict[str, int] = {}
    units: dict[str, str] = {}
    plain = [text.strip().lower() for text in headings]
    for name in COLUMNS:
        heading = asked.get(name, name)
        found = [i for i, text in enumerate(headings) if text.strip() == heading.strip()]
        found = found or [i for i, text in enumerate(plain) if text == heading.strip().lower()]
        if not found and name in DOSES:
            with_unit = [(i, unit) for i, text in enumerate(headings) if (unit := _unit_behind(text, heading))]
            found = [i for i, _ in with_unit]
            units[name] = with_unit[0][1] if with_unit else ""
        if len(found) > 1:
            there = ", ".join(f"'{headings[i]}'" for i in found)
            problems.append(Problem(file=source, place="heading", what=f"{there} could each be {name}", expected="one"))
        elif found:
            place[name] = found[0]
        elif name in NEEDED or name in asked:
            there = ", ".join(f"'{text}'" for text in headings if text) or "no heading"
            hint = nearest_word(heading, headings) or f"Say which it is: --column {name}=HEADING"
            what = f"there is no column '{heading}'; there are {there}"
            problems.append(Problem(file=source, place="heading", what=what, hint=hint))
    if problems:
        raise InputError(problems)
    return place, units


def _unit_behind(heading: str, name: str) -> str:
    """Return the unit that follows a name in a heading, such as ``nM`` in ``dose_a_nM``; empty if none does."""
    text = heading.strip()
    if not text.lower().startswith(name.lower()):
        return ""
    match = _UNIT_SUFFIX.match(text[len(name) :])
    return read_unit(match[1]) if match and match[1] else ""


def _sheet(path: Path, source: str) -> tuple[Sheet, str]:
    """Return the table as cells, and the delimiter of a text file."""
    try:
        with path.open("rb") as file:
            first = file.read(len(PARQUET))
    except OSError:
        first = b""  # what is wrong with the file is told by who reads it
    if first == PARQUET:
        return _parquet_sheet(path, source), ""
    book = read_spreadsheet(path, source)
    return only_sheet(book), book.delimiter


def _parquet_sheet(path: Path, source: str) -> Sheet:
    import pyarrow as arrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except (arrow.ArrowException, OSError) as error:
        what = f"the file begins like Parquet and cannot be read ({error})"
        raise FileFormatError(Problem(file=source, what=what)) from error
    columns = [[_plain(value) for value in column.to_pylist()] for column in table.columns]
    rows = (tuple(table.column_names), *zip(*columns, strict=True))
    return Sheet(name="", rows=rows, lines=tuple(range(1, len(rows) + 1)))


def _plain(value: object) -> str | float:
    if value is None:
        return ""
    return float(value) if isinstance(value, int | float) else str(value)
