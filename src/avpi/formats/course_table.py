"""Long tables of a protein after a compound: one row for each lane, with its time and what was left.

Columns are known by their names, whatever their case: a time with its unit ("minutes", "time_h", "hours after dose"),
"remaining" (fractions, or percent where the name or a cell says so), and if there are several, "experiment", "protein",
"compound" or "line". A cell "<0.05" is a lane below that limit; a column "below_detection" says the same with yes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from avpi.errors import FileFormatError, InputError, Problem, nearest_word
from avpi.formats.decimals import UNREAD_WORDS, decide_decimal, parse_number
from avpi.formats.sheet_of_table import only_sheet
from avpi.formats.spreadsheet import Sheet, plain_value, read_spreadsheet

TIME_WORDS = ("time", "time after dose", "time after treatment", "t", "harvest", "after dose")
TIME_UNITS = {
    "s": 1 / 60, "sec": 1 / 60, "seconds": 1 / 60,
    "min": 1.0, "mins": 1.0, "minute": 1.0, "minutes": 1.0,
    "h": 60.0, "hr": 60.0, "hrs": 60.0, "hour": 60.0, "hours": 60.0,
    "d": 1440.0, "days": 1440.0,
}  # fmt: skip
"""Unit as a header writes it -> minutes."""
SHORT_UNITS = {1 / 60: "seconds", 1.0: "minutes", 60.0: "hours", 1440.0: "days"}
REMAINING_WORDS = ("remaining", "remaining fraction", "fraction remaining", "fraction", "remaining protein", "left")
PERCENT_WORDS = (
    "remaining percent",
    "percent remaining",
    "percent",
    "remaining %",
    "% remaining",
    "%",
    "remaining pct",
)
EXPERIMENT_WORDS = ("experiment", "experiment id", "exp", "day", "date", "biological replicate")
SERIES_WORDS = ("protein", "target", "compound", "drug", "line", "cell line", "cells", "series")
BELOW_WORDS = ("below detection", "below limit", "below lod", "bld", "censored")
YES, NO = frozenset({"1", "true", "yes", "y", "x"}), frozenset({"", "0", "false", "no", "n"})
LOOKS_LIKE_PERCENT = 5.0
"""A fraction above this is percent: no protein that a compound degrades is induced five-fold by it."""
MOST_PROBLEMS = 20
"""Rows with faults that are named one by one."""
_BELOW = re.compile(r"^<\s*(.+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseSeries:
    """The lanes of one protein.

    Attributes
    ----------
    name : what its columns say, such as ``"cIAP1, birinapant"``; empty where there is one series without a name.
    minutes, remaining : (n,) minutes after dose, and fractions.
    experiments : (n,) labels; None where the table has no column of experiments.
    below_detection : (n,) whether the lane lies below the value given.
    """

    name: str
    minutes: tuple[float, ...]
    remaining: tuple[float, ...]
    experiments: tuple[str, ...] | None
    below_detection: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseTable:
    """A table of courses, read; ``notes`` say how it was understood."""

    source: str
    series: tuple[CourseSeries, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    time: int
    per_minute: float
    remaining: int
    percent: bool
    experiment: int | None
    series: tuple[int, ...]
    below: int | None
    unused: tuple[str, ...]


def read_course_table(path: Path, *, time_unit: str = "", decimal: str = "") -> CourseTable:
    """Read a long table: delimited text, a workbook of one sheet, or Parquet.

    Parameters
    ----------
    time_unit : such as ``"h"``, where the name of the column does not say it.
    decimal : ``"."`` or ``","`` where the cells leave it open.

    Raises
    ------
    InputError
        If the file cannot be read, a column is missing or there are two of a kind, the unit of time is not said, or a
        cell is no number; every such row at once.
    """
    source = str(path)
    sheet, delimiter = _sheet(path, source)
    header = next((row for row in range(len(sheet.rows)) if not sheet.is_empty(row)), None)
    if header is None:
        raise FileFormatError(Problem(file=source, what="is empty", expected="a header and a row for each lane"))
    columns = _find_columns(sheet, header, source, time_unit)
    body = [row for row in range(header + 1, len(sheet.rows)) if not sheet.is_empty(row)]
    if not body:
        what, expected = "has a header and no row below it", "a row for each lane"
        raise FileFormatError(Problem(file=source, what=what, expected=expected))
    mark = _decimal_mark(sheet, body, columns, source, decimal, delimiter)
    return _read_rows(sheet, body, columns, source, mark)


def _sheet(path: Path, source: str) -> tuple[Sheet, str]:
    if path.suffix.lower() not in (".parquet", ".pq"):
        file = read_spreadsheet(path, source)
        return only_sheet(file), file.delimiter
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except FileNotFoundError:
        raise FileFormatError(
            Problem(file=source, what="was not found", hint="Check its name and folder, capitals included.")
        ) from None
    except (OSError, pa.ArrowInvalid) as error:
        raise FileFormatError(Problem(file=source, what=f"cannot be read as Parquet: {error}")) from None
    columns = [
        ["" if value is None else plain_value(value) for value in column.to_pylist()] for column in table.columns
    ]
    rows = (tuple(table.column_names), *zip(*columns, strict=True))
    return Sheet(name="", rows=rows, lines=tuple(range(1, len(rows) + 1))), ""


def _find_columns(sheet: Sheet, header: int, source: str, time_unit: str) -> _Columns:
    names = [_plain(text) for text in sheet.texts[header]]
    problems: list[Problem] = []

    def one(kind: str, found: list[int], expected: str) -> int:
        if len(found) == 1:
            return found[0]
        listed = ", ".join(f"'{sheet.text(header, c)}'" for c in (found or range(len(names))))
        what = f"several columns are {kind}: {listed}" if found else f"no column is {kind} among {listed}"
        problems.append(
            Problem(file=source, place=sheet.place(header), what=what, expected=expected, hint=_near(names))
        )
        return -1

    times = {c: unit for c, name in enumerate(names) if (unit := _time_unit(name)) is not None}
    time = one("the time", list(times), "one such as 'minutes', 'time_h' or 'time (min)'")
    per_minute = times.get(time, 1.0)
    if time >= 0 and per_minute == 0.0:
        if time_unit in TIME_UNITS:
            per_minute = TIME_UNITS[time_unit]
        else:
            what = f"the unit of the column '{sheet.text(header, time)}' is not said"
            hint = "Name the column 'minutes' or 'time_h', or say --time-unit"
            problems.append(
                Problem(file=source, place=sheet.place(header, time), what=what, expected="its unit", hint=hint)
            )
    shares = [c for c, name in enumerate(names) if name in REMAINING_WORDS or name in PERCENT_WORDS]
    remaining = one("what remains", shares, "one named 'remaining' or 'remaining_percent'")
    experiments = [c for c, name in enumerate(names) if name in EXPERIMENT_WORDS]
    experiment = one("the experiment", experiments, "one column 'experiment'") if experiments else None
    belows = [c for c, name in enumerate(names) if name in BELOW_WORDS]
    below = one("the detection", belows, "one column 'below_detection'") if belows else None
    if problems:
        raise FileFormatError(problems)
    series = tuple(c for c, name in enumerate(names) if name in SERIES_WORDS)
    used = {time, remaining, experiment, below, *series}
    unused = tuple(sheet.text(header, c) for c, name in enumerate(names) if name and c not in used)
    return _Columns(
        time=time, per_minute=per_minute, remaining=remaining, percent=names[remaining] in PERCENT_WORDS,
        experiment=experiment, series=series, below=below, unused=unused,
    )  # fmt: skip


def _decimal_mark(
    sheet: Sheet, body: Sequence[int], columns: _Columns, source: str, declared: str, delimiter: str
) -> str:
    cells: dict[str, str] = {}
    for row in body:
        for column in (columns.time, columns.remaining):
            text = _bare(sheet.text(row, column))
            if parse_number(text, ".") is not None or parse_number(text, ",") is not None:
                cells.setdefault(text, sheet.place(row, column))
    try:
        return decide_decimal(cells, source, place_of=cells.__getitem__, declared=declared, delimiter=delimiter)
    except FileFormatError as error:
        one = error.problems[0]
        hint = "Say --decimal '.' or --decimal ','"
        raise FileFormatError(
            Problem(file=one.file, place=one.place, what=one.what, expected=one.expected, hint=hint)
        ) from None


def _read_rows(sheet: Sheet, body: Sequence[int], columns: _Columns, source: str, mark: str) -> CourseTable:
    problems: list[Problem] = []
    lanes: dict[str, list[tuple[float, float, str, bool]]] = {}
    unread, percent = 0, columns.percent
    for row in body:
        text = sheet.text(row, columns.remaining)
        if _bare(text).lower() in UNREAD_WORDS:
            unread += 1
            continue
        percent = percent or text.endswith("%")
        minutes = parse_number(_bare(sheet.text(row, columns.time)), mark)
        value = parse_number(_bare(text), mark)
        for number, column, expected in (
            (minutes, columns.time, "a number"),
            (value, columns.remaining, "a number, or '<' and a detection limit"),
        ):
            if number is None:
                what = f"'{sheet.text(row, column)}' is no number with the decimal mark '{mark}'"
                problems.append(Problem(file=source, place=sheet.place(row, column), what=what, expected=expected))
        label = "" if columns.experiment is None else sheet.text(row, columns.experiment)
        if columns.experiment is not None and not label:
            expected = "the experiment of every lane"
            problems.append(Problem(file=source, place=sheet.place(row), what="has no experiment", expected=expected))
        below = _is_below(sheet, row, columns, source, problems) or bool(_BELOW.match(text))
        name = ", ".join(filter(None, (sheet.text(row, c) for c in columns.series)))
        if minutes is not None and value is not None:
            lanes.setdefault(name, []).append((minutes * columns.per_minute, value, label, below))
    if problems:
        more = len(problems) - MOST_PROBLEMS
        told = problems[:MOST_PROBLEMS]
        raise InputError(told if more <= 0 else [*told, Problem(file=source, what=f"has {more} more such faults")])
    notes = []
    highest = max((value for rows in lanes.values() for _, value, _, _ in rows), default=0.0)
    if highest > LOOKS_LIKE_PERCENT and not percent:
        percent = True
        notes.append(f"Remaining protein up to {highest:g} was read as percent.")
    notes.insert(
        0, f"Times are {SHORT_UNITS[columns.per_minute]}; what remains is {'percent' if percent else 'fractions'}."
    )
    if unread:
        notes.append(f"{unread} lanes have no value and were left out.")
    if columns.unused:
        listed = ", ".join(f"'{name}'" for name in columns.unused)
        notes.append(f"Not used: {listed}. Independent experiments are a column 'experiment'.")
    per = 0.01 if percent else 1.0
    series = tuple(
        CourseSeries(
            name=name,
            minutes=tuple(lane[0] for lane in rows),
            remaining=tuple(lane[1] * per for lane in rows),
            experiments=None if columns.experiment is None else tuple(lane[2] for lane in rows),
            below_detection=tuple(lane[3] for lane in rows),
        )
        for name, rows in lanes.items()
    )
    return CourseTable(source=source, series=series, notes=tuple(notes))


def _is_below(sheet: Sheet, row: int, columns: _Columns, source: str, problems: list[Problem]) -> bool:
    if columns.below is None:
        return False
    word = sheet.text(row, columns.below).lower()
    if word not in YES and word not in NO:
        what = f"'{sheet.text(row, columns.below)}' does not say whether the lane is below detection"
        problems.append(
            Problem(file=source, place=sheet.place(row, columns.below), what=what, expected="'yes' or 'no'")
        )
    return word in YES


def _bare(text: str) -> str:
    """Return a cell without '<' before and '%' behind its number."""
    match = _BELOW.match(text)
    return (match[1] if match else text).removesuffix("%").strip()


def _plain(text: str) -> str:
    """Return a header as headers are compared: lower case, blanks for brackets and all that joins words."""
    return " ".join(re.split(r"[\s_.\-()\[\]/,]+", text.strip().lower())).strip()


def _time_unit(name: str) -> float | None:
    """Return the minutes of the unit that a header names; 0 for a time without unit, None for no time at all."""
    if name in TIME_WORDS:
        return 0.0
    words = name.split()
    for unit in (words[:1], words[-1:]):
        rest = " ".join(words[1:] if unit == words[:1] else words[:-1])
        if unit and unit[0] in TIME_UNITS and (not rest or rest in TIME_WORDS or rest in ("after", "post dose")):
            return TIME_UNITS[unit[0]]
    return None


def _near(names: Sequence[str]) -> str:
    known = ("minutes", "hours", "time", *REMAINING_WORDS, *PERCENT_WORDS)
    return next((hint for name in names if name and name not in known and (hint := nearest_word(name, known))), "")
