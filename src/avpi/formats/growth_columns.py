"""What the columns of a table of cell counts are, by the names that the tools of the field give them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from avpi.errors import FileFormatError, Problem, closest, nearest_word
from avpi.formats.decimals import cell_state
from avpi.formats.spreadsheet import Sheet
from avpi.quantity import UNITS, normal_unit

NAMES: dict[str, tuple[str, ...]] = {
    "concentration": ("concentration", "conc", "dose"),
    "cell_count": ("cell_count", "cell_counts", "cellcount", "count", "counts"),
    "cell_count__ctrl": (
        "cell_count__ctrl", "cell_count_ctrl", "cell_count__control", "cell_count_control", "control_cell_count",
        "control_cell__count", "ctrl_cell_count",
    ),
    "cell_count__time0": (
        "cell_count__time0", "cell_count_time0", "cell_count__t0", "cell_count_t0", "time0_cell_count",
        "time0_cell__count", "cell_count__time_zero", "cell_count_time_zero",
    ),
    "time": ("time", "timepoint", "time_point"),
    "treatment_duration": ("treatment_duration", "duration"),
    "division_time": ("division_time", "doubling_time"),
    "concentration_unit": ("concentration_unit", "concentration_units", "conc_unit", "conc_units", "unit", "units"),
}  # fmt: skip
"""What a column means -> names under which it is found, compared without case, blanks and hyphens."""

TAGS = ("ctrl_tag", "time0_tag")
"""Columns that join treated wells to their controls, and say nothing else about them."""
NOT_READ = frozenset({
    "", "unnamed:_0", "index", "gr", "grvalue", "gr_value", "log10_concentration", "well", "well_name", "row", "column",
    "col", "dead_count", "dead_count__ctrl", "dead_count__time0", "dead_cell_count", "dead_cell_count__ctrl",
    "dead_cell_count__time0",
})  # fmt: skip
"""Columns that tell no curves apart: places of wells, results, counts of dead cells."""

CONCENTRATION_UNITS = {unit.lower(): unit for unit, (kind, _) in UNITS.items() if kind == "concentration"} | {
    "molar": "M", "micromolar": "uM", "nanomolar": "nM", "millimolar": "mM", "picomolar": "pM",
}  # fmt: skip
HOURS = {"h": 1.0, "hr": 1.0, "hours": 1.0, "hour": 1.0, "d": 24.0, "day": 24.0, "days": 24.0, "min": 1 / 60}
"""Unit of a time in the name of a column -> hours."""
MOST_SUGGESTED = 3
"""Columns that are named for one that is missing."""
_AMOUNT = re.compile(r"^(\S*?\d[.,]?)\s*([^\W\d_]+)$")
_UNIT = re.compile(r"^(?P<name>.*?)[\s_]*[\[(]?\s*(?P<unit>[^\s_()\[\]]+)\s*[\])]?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountColumns:
    """Which column of a sheet is what; None where there is none.

    Attributes
    ----------
    header : row of the names.
    places : what a column means -> column.
    concentration_unit : that the name of the column says; empty if it says none.
    hours : time column -> hours of one of its unit.
    words : name -> column, of those that say to what a well belongs.
    left_out : names of columns that are not read.
    """

    header: int
    places: Mapping[str, int]
    concentration_unit: str
    hours: Mapping[str, float]
    words: Mapping[str, int]
    left_out: tuple[str, ...]


def find_columns(sheet: Sheet, source: str, given: Mapping[str, str], *, treated: bool) -> CountColumns:
    """Return which column is what.

    Parameters
    ----------
    given : what is meant -> the name it has in the file; known names are found without.
    treated : whether concentrations are required, as in a table of treated wells.

    Raises
    ------
    FileFormatError
        With every column that is missing, named twice, or asked for and not there.
    """
    written = (row for row in range(len(sheet.rows)) if not sheet.is_empty(row))
    header = next((row for row in written if not sheet.text(row, 0).startswith("#")), -1)
    if header < 0:
        raise FileFormatError(Problem(file=source, what="has no row of names"))
    names = [name.strip() for name in sheet.texts[header]]
    place = sheet.place(header)
    problems = list(_repeated(names, source, place))
    places: dict[str, int] = {}
    unit, hours = "", {}
    for meaning, name in given.items():
        if meaning not in NAMES:
            what = f"'{meaning}' is nothing that a column can mean"
            hint = nearest_word(meaning, NAMES)
            problems.append(Problem(file=source, what=what, expected=", ".join(NAMES), hint=hint))
        elif name in names:
            places[meaning] = names.index(name)
        elif treated or meaning == "cell_count":
            what = f"there is no column '{name}' for '{meaning}'"
            hint = nearest_word(name, names) or f"The columns are: {', '.join(filter(None, names))}"
            problems.append(Problem(file=source, place=place, what=what, hint=hint))
    for column, name in enumerate(names):
        if column in places.values():
            continue
        meaning = _meaning(name)
        if meaning and meaning not in places:
            places[meaning] = column
    if "concentration" in places:
        unit = _concentration_unit(names[places["concentration"]])
    for meaning in ("time", "treatment_duration", "division_time"):
        if meaning in places:
            hours[meaning] = HOURS.get(_split(names[places[meaning]])[1].lower(), 1.0)
    required = ("concentration", "cell_count") if treated else ("cell_count",)
    for meaning in required:
        if meaning not in places and meaning not in given:
            left = _unused_measures(sheet, header, places.values(), meaning)
            problems.append(_missing(meaning, names, left, source, place))
    if problems:
        raise FileFormatError(problems)
    measures = {column for meaning, column in places.items() if meaning not in ("time", "treatment_duration")}
    left_out = tuple(name for name in names if _plain(name) in NOT_READ)
    words = {name: column for column, name in enumerate(names) if column not in measures and name not in left_out}
    return CountColumns(
        header=header,
        places=places,
        concentration_unit=unit,
        hours=hours,
        words=words,
        left_out=tuple(filter(None, left_out)),
    )


def _meaning(name: str) -> str:
    """Return what a column of this name means; empty if it is none of the measures."""
    plain = _plain(name)
    for meaning, spellings in NAMES.items():
        if plain in spellings:
            return meaning
    base, unit = _split(name)
    if not unit:
        return ""
    base = _plain(base)
    if base in NAMES["concentration"] and unit.lower() in CONCENTRATION_UNITS:
        return "concentration"
    times = ("time", "treatment_duration", "division_time")
    return next((m for m in times if base in NAMES[m]), "") if unit.lower() in HOURS else ""


def _concentration_unit(name: str) -> str:
    unit = _split(name)[1]
    return CONCENTRATION_UNITS.get(unit.lower(), "")


def _split(name: str) -> tuple[str, str]:
    """Return the name and the unit of "concentration_uM" or "conc (nM)"; no unit where it has one word."""
    match = _UNIT.match(name.strip())
    if match is None or not match["name"]:
        return name, ""
    return match["name"], normal_unit(match["unit"])


def _plain(name: str) -> str:
    return re.sub(r"[\s\-.]+", "_", name.strip().lower())


def _repeated(names: list[str], source: str, place: str) -> Iterable[Problem]:
    for name in dict.fromkeys(filter(None, names)):
        if names.count(name) > 1:
            yield Problem(file=source, place=place, what=f"there are {names.count(name)} columns '{name}'")


def _unused_measures(sheet: Sheet, header: int, used: Collection[int], meaning: str) -> list[str]:
    """Return the columns of numbers that mean nothing yet: the one with most different values, or nearest name, first.

    A name alone would take 'cell_line' for 'cell_count'.
    """
    body = [row for row in range(header + 1, len(sheet.rows)) if not sheet.text(row, 0).startswith("#")]
    different: dict[str, int] = {}
    for column, name in enumerate(sheet.texts[header]):
        if column in used or _plain(name) in NOT_READ or name in TAGS:
            continue
        cells = {sheet.text(row, column) for row in body}
        states = {cell_state(_amount(cell) if meaning == "concentration" else cell) for cell in cells}
        if "number" in states and "text" not in states:
            different[name.strip()] = len(cells)
    nearest = closest(meaning, different)
    return sorted(different, key=lambda name: (-different[name], name != nearest))


def _amount(cell: str) -> str:
    """Return the number of "100 nM"; other cells as they are."""
    match = _AMOUNT.match(cell)
    return match[1] if match and normal_unit(match[2]).lower() in CONCENTRATION_UNITS else cell


def _missing(meaning: str, names: list[str], left: list[str], source: str, place: str) -> Problem:
    """Return the problem of a measure that is missing, with those columns that are left and could be it."""
    hint = f"The columns are: {', '.join(filter(None, names))}"
    if left:
        asked = " or ".join(f"'{name}'" for name in left[:MOST_SUGGESTED])
        hint = f"Is it {asked}? Then say so: --column {meaning}={left[0]}"
    expected = " or ".join(f"'{name}'" for name in NAMES[meaning][:3])
    return Problem(file=source, place=place, what=f"there is no column '{meaning}'", expected=expected, hint=hint)
