"""Loose tables of quantified lanes: one row for each lane, from whatever program measured them.

Columns are known by their names, whatever their case: "experiment", "membrane", "target", "condition" (DMSO, vehicle or
control are references), a time with its unit ("minutes", "time_h", or cells such as "30 min"), a dose with its unit
("dose_nM", or cells such as "100 nM"), and the value: "ratio", or "volume" with "control_volume" that it is divided by.
"volume_se" and "control_se" are errors of densitometry. A cell "<0.02" is a lane below that limit, ">5000" a
saturated one; a column "state" says "measured", "below", "saturated" or "missing", a column "flaw" what else is wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from avpi.errors import FileFormatError, InputError, Problem, nearest_word
from avpi.formats.course_table import EXPERIMENT_WORDS, MOST_PROBLEMS, TIME_UNITS, TIME_WORDS
from avpi.formats.decimals import UNREAD_WORDS, decide_decimal, parse_number
from avpi.formats.sheet_of_table import only_sheet
from avpi.formats.spreadsheet import Sheet, read_spreadsheet
from avpi.quantity import UNITS, QuantityError, normal_unit, outside_a_study, parse_quantity

WORDS = {
    "experiment": (*EXPERIMENT_WORDS, "replicate", "rep", "passage"),
    "membrane": ("membrane", "blot", "gel", "image"),
    "target": ("target", "protein", "antibody", "name"),
    "condition": ("condition", "sample", "treatment", "loaded"),
    "ratio": ("ratio", "ratio to vehicle", "remaining", "normalised", "normalized", "value", "signal"),
    "volume": ("volume", "target volume", "band volume", "intensity", "density"),
    "control": ("control volume", "control", "loading", "loading control", "loading volume", "total protein"),
    "volume_se": ("volume se", "target se", "se", "ratio se", "value se"),
    "control_se": ("control se", "control volume se", "loading se"),
    "state": ("state",),
    "flaw": ("flaw", "flaws", "flag", "flags"),
    "lane": ("lane", "lane number"),
}
DOSE_WORDS = ("dose", "concentration", "conc")
VEHICLES = frozenset({"vehicle", "dmso", "control", "ctrl", "untreated", "mock", "veh", "vehicle control"})
STATES = {
    "": "", "measured": "measured", "ok": "measured", "below": "below", "below detection": "below", "bld": "below",
    "below lod": "below", "saturated": "above", "above": "above", "overexposed": "above", "missing": "missing",
}  # fmt: skip
_BOUND = re.compile(r"^([<>])\s*(.+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class BlotRow:
    """One lane of a table.

    Attributes
    ----------
    experiment, membrane : empty where the table does not say.
    minutes_after_dose, dose_molar : None where the table does not say.
    value : target over loading; nan where missing.
    log_se : standard error of its logarithm; 0 where not given.
    state : ``measured``, ``below``, ``above`` or ``missing``.
    flaws : words of the column of flaws.
    """

    target: str
    experiment: str
    membrane: str
    condition: str
    is_vehicle: bool
    minutes_after_dose: float | None
    dose_molar: float | None
    value: float
    log_se: float
    state: str
    flaws: tuple[str, ...]
    lane: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlotTable:
    """A table, read; ``notes`` say how it was understood."""

    source: str
    rows: tuple[BlotRow, ...]
    notes: tuple[str, ...]
    has_times: bool
    has_experiments: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Where things stand; a unit of 1 is inside, 0 means that each cell has its own."""

    at: dict[str, int]
    time: int | None
    per_minute: float
    dose: int | None
    per_molar: float
    unused: tuple[str, ...]


def read_blot_table(path: Path, *, decimal: str = "") -> BlotTable:
    """Read a table of lanes: delimited text or a workbook of one sheet.

    Parameters
    ----------
    decimal : ``"."`` or ``","`` where the cells leave it open.

    Raises
    ------
    InputError
        If the file cannot be read, there is no value, a cell is no number or no quantity, or no lane is a vehicle;
        every such row at once.
    """
    source = str(path)
    file = read_spreadsheet(path, source)
    sheet = only_sheet(file)
    filled = [row for row in range(len(sheet.rows)) if not sheet.is_empty(row)]
    if len(filled) < 2:
        what = "has a header and no row below it" if filled else "is empty"
        raise FileFormatError(Problem(file=source, what=what, expected="a header and a row for each lane"))
    columns = _find_columns(sheet, filled[0], source)
    mark = _decimal_mark(sheet, filled[1:], columns, source, decimal, file.delimiter)
    problems: list[Problem] = []
    rows = [_row(sheet, row, columns, source, mark, problems) for row in filled[1:]]
    if problems:
        more = len(problems) - MOST_PROBLEMS
        told = problems[:MOST_PROBLEMS]
        raise InputError(told if more <= 0 else [*told, Problem(file=source, what=f"has {more} more such faults")])
    kept = tuple(row for row in rows if row is not None)
    if not any(row.is_vehicle for row in kept):
        expected = f"lanes whose condition is one of {', '.join(sorted(VEHICLES))}, whose dose is 0 or whose time is 0"
        raise InputError(Problem(file=source, what="no lane is a vehicle", expected=expected))
    notes = [f"Not used: {', '.join(repr(name) for name in columns.unused)}."] if columns.unused else []
    return BlotTable(
        source=source, rows=kept, notes=tuple(notes), has_times=columns.time is not None,
        has_experiments="experiment" in columns.at,
    )  # fmt: skip


def _find_columns(sheet: Sheet, header: int, source: str) -> _Columns:
    names = [_plain(text) for text in sheet.texts[header]]
    problems: list[Problem] = []

    def only(kind: str, found: list[int]) -> int | None:
        if len(found) > 1:
            listed = ", ".join(f"'{sheet.text(header, c)}'" for c in found)
            what = f"several columns are the {kind}: {listed}"
            problems.append(Problem(file=source, place=sheet.place(header), what=what, expected="one"))
        return found[0] if found else None

    at = {}
    for kind, words in WORDS.items():
        column = only(kind.replace("_", " "), [c for c, name in enumerate(names) if name in words])
        if column is not None:
            at[kind] = column
    times = {c: unit for c, name in enumerate(names) if (unit := _unit_of(name, TIME_WORDS, "time")) is not None}
    doses = {
        c: unit for c, name in enumerate(names) if (unit := _unit_of(name, DOSE_WORDS, "concentration")) is not None
    }
    time, dose = only("time", list(times)), only("dose", list(doses))
    if ("ratio" in at) == ("volume" in at):
        what = "there are columns for a ratio and for a volume" if "ratio" in at else "no column holds the value"
        known = [word for words in WORDS.values() for word in words]
        hint = next((h for name in names if name and name not in known and (h := nearest_word(name, known))), "")
        expected = "'ratio', or 'volume' with 'control_volume'"
        problems.append(Problem(file=source, place=sheet.place(header), what=what, expected=expected, hint=hint))
    if problems:
        raise FileFormatError(problems)
    used = {*at.values(), time, dose}
    return _Columns(
        at=at, time=time, per_minute=times.get(time, 1.0) if time is not None else 1.0, dose=dose,
        per_molar=doses.get(dose, 1.0) if dose is not None else 1.0,
        unused=tuple(sheet.text(header, c) for c, name in enumerate(names) if name and c not in used),
    )  # fmt: skip


def _unit_of(name: str, words: Sequence[str], kind: str) -> float | None:
    """Return the factor of the unit that a header names; 0 where cells must say it, None where it is another column."""
    if name in words:
        return 0.0
    parts = name.split()
    for unit, rest in ((parts[-1:], parts[:-1]), (parts[:1], parts[1:])):
        if not unit or (rest and " ".join(rest) not in (*words, "after", "post dose")):
            continue
        if kind == "time" and unit[0] in TIME_UNITS:
            return TIME_UNITS[unit[0]]
        if kind != "time" and rest:
            found, factor = UNITS.get(
                normal_unit(unit[0].replace("m", "M") if unit[0] in _MOLAR else unit[0]), ("", 0.0)
            )
            if found == kind:
                return factor
    return None


_MOLAR = frozenset({"m", "mm", "um", "nm", "pm", "µm", "molar"})
"""Concentrations as a header in small letters has them; "mm" of a dose is millimolar."""


def _decimal_mark(
    sheet: Sheet, body: Sequence[int], columns: _Columns, source: str, declared: str, delimiter: str
) -> str:
    cells: dict[str, str] = {}
    kinds = ("ratio", "volume", "control", "volume_se", "control_se")
    for row in body:
        for column in (columns.at[kind] for kind in kinds if kind in columns.at):
            text = _bare(sheet.text(row, column))
            if parse_number(text, ".") is not None or parse_number(text, ",") is not None:
                cells.setdefault(text, sheet.place(row, column))
    return decide_decimal(cells, source, place_of=cells.__getitem__, declared=declared, delimiter=delimiter)


def _row(sheet: Sheet, row: int, columns: _Columns, source: str, mark: str, problems: list[Problem]) -> BlotRow | None:
    def text(kind: str) -> str:
        return sheet.text(row, columns.at[kind]) if kind in columns.at else ""

    def fault(what: str, expected: str, column: int | None = None) -> None:
        problems.append(Problem(file=source, place=sheet.place(row, column), what=what, expected=expected))

    def number(kind: str, *, positive: bool = True) -> float:
        if kind not in columns.at:
            return math.nan
        value = parse_number(_bare(text(kind)), mark)
        if value is None or (positive and value < 0) or not math.isfinite(value):
            fault(f"'{text(kind)}' is no number with the decimal mark '{mark}'" if value is None
                  else f"'{text(kind)}' is negative", "a number", columns.at[kind])  # fmt: skip
            return math.nan
        return value

    minutes = _quantity(sheet, row, columns.time, columns.per_minute, "time", mark, fault)
    dose = _quantity(sheet, row, columns.dose, columns.per_molar, "concentration", mark, fault)
    condition = text("condition")
    is_vehicle = condition.strip().lower() in VEHICLES if condition else dose == 0 or (dose is None and minutes == 0)
    word = STATES.get(_plain(text("state")))
    if word is None:
        fault(f"'{text('state')}' is no state", "'measured', 'below', 'saturated' or 'missing'", columns.at["state"])
    kind = "ratio" if "ratio" in columns.at else "volume"
    bound = _BOUND.match(text(kind))
    state = word or ({"<": "below", ">": "above"}[bound[1]] if bound else "measured")
    flaws = tuple(
        part for part in re.split(r"[;,\s]+", text("flaw").strip()) if part and part.lower() not in ("no", "none", "-")
    )
    unread = _bare(text(kind)).lower() in UNREAD_WORDS
    state, value, log_se = ("missing", math.nan, 0.0) if unread else _value(state, kind, number, columns, fault)
    return BlotRow(
        target=text("target"), experiment=text("experiment"), membrane=text("membrane"), condition=condition,
        is_vehicle=is_vehicle, minutes_after_dose=minutes, dose_molar=dose, value=value, log_se=log_se, state=state,
        flaws=flaws, lane=int(number("lane")) if text("lane").isdecimal() else 0,
    )  # fmt: skip


def _value(
    state: str, kind: str, number: Callable[[str], float], columns: _Columns, fault: Callable[..., None]
) -> tuple[str, float, float]:
    """Return state, value over control and standard error of its logarithm."""
    if state == "missing":
        return state, math.nan, 0.0
    value, variance = number(kind), 0.0
    if not value > 0:
        if value == 0:
            expected = "a positive number, or '<' and the limit of detection: no band is not no protein"
            fault("the value is '0'", expected, columns.at[kind])
        return state, math.nan, 0.0
    if "volume_se" in columns.at:
        variance += math.log1p((number("volume_se") / value) ** 2)
    if kind == "volume" and "control" in columns.at:
        control = number("control")
        if not control > 0:
            fault("the loading control is '0'", "a positive number, or the state 'missing'", columns.at["control"])
            return state, math.nan, 0.0
        value /= control
        if "control_se" in columns.at:
            variance += math.log1p((number("control_se") / control) ** 2)
    return state, value, math.sqrt(variance) if math.isfinite(variance) else 0.0


def _quantity(
    sheet: Sheet, row: int, column: int | None, factor: float, kind: str, mark: str, fault: Callable[..., None]
) -> float | None:
    """Return a time or a dose in the unit used inside; None where the cell is empty."""
    if column is None or not (text := sheet.text(row, column).strip()):
        return None
    value = parse_number(text, mark)
    if value is not None and value >= 0 and (factor or value == 0):
        return float(f"{value * factor:.15g}")
    try:
        return parse_quantity(text, kind, decimal=mark).value  # type: ignore[arg-type]
    except QuantityError as error:
        example = "30 min" if kind == "time" else "100 nM"
        fault(outside_a_study(error), f"a number and its unit, such as '{example}'", column)
        return None


def _bare(text: str) -> str:
    match = _BOUND.match(text)
    return (match[2] if match else text).strip()


def _plain(text: str) -> str:
    """Return a header as headers are compared: lower case, blanks for brackets and all that joins words."""
    return " ".join(re.split(r"[\s_.\-()\[\]/,]+", text.strip().lower())).strip()
