"""Long tables of a protein after a compound: one row for each lane, with its time and what was left.

Columns are known by their names, whatever their case: a time with its unit ("minutes", "time_h", "hours after dose";
or "time" with cells such as "5 min" and "0.5 h"),
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
from avpi.quantity import UNITS, QuantityError, normal_unit, outside_a_study, parse_quantity

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
LEAST_PERCENT_START, MOST_LIKE_FRACTION = 50.0, 1.5
"""A start in percent is above the first, however it scatters; a course that else keeps below the second, where blots
see nothing of 100, is one of fractions behind a start in percent."""
MOST_PROBLEMS = 20
"""Rows with faults that are named one by one."""
_BELOW = re.compile(r"^<\s*(.+)$")
_TIMED = re.compile(r"(?i)^(.*[\d.,])\s*([a-zµ][a-zµ/]*)$")
"""A number and its unit; "1e3" has none."""


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
class _Lane:
    minutes: float
    value: float
    label: str
    below: bool
    text: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Where things stand; ``per_minute`` is 0 where each time has its unit in its cell."""

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
    time_unit : such as ``"h"``, where neither the name of the column nor its cells say it.
    decimal : ``"."`` or ``","`` where the cells leave it open.

    Raises
    ------
    InputError
        If the file cannot be read, a column is missing or there are two of a kind, the unit of time is not said, a
        cell is no number, or percent and fractions are mixed; every such row at once.
    """
    source = str(path)
    sheet, delimiter = _sheet(path, source)
    header = next((row for row in range(len(sheet.rows)) if not sheet.is_empty(row)), None)
    if header is None:
        raise FileFormatError(Problem(file=source, what="is empty", expected="a header and a row for each lane"))
    body = [row for row in range(header + 1, len(sheet.rows)) if not sheet.is_empty(row)]
    columns = _find_columns(sheet, header, body, source, time_unit)
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


def _find_columns(sheet: Sheet, header: int, body: Sequence[int], source: str, time_unit: str) -> _Columns:
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
        elif not any(_number_and_unit(sheet.text(row, time))[1] for row in body):
            what = f"the unit of the column '{sheet.text(header, time)}' is not said"
            hint = "Name the column 'minutes' or 'time_h', write cells such as '5 min', or say --time-unit"
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
        number, _ = _number_and_unit(sheet.text(row, columns.time))
        for column, text in ((columns.time, number), (columns.remaining, _bare(sheet.text(row, columns.remaining)))):
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
    series: dict[str, list[_Lane]] = {}
    unread = 0
    for row in body:
        text = sheet.text(row, columns.remaining)
        if _bare(text).lower() in UNREAD_WORDS:
            unread += 1
            continue
        minutes = _minutes(sheet, row, columns, source, mark, problems)
        value = parse_number(_bare(text), mark)
        if value is None:
            what, expected = f"'{text}' is no number with the decimal mark '{mark}'", "a number, or '<' and a limit"
            place = sheet.place(row, columns.remaining)
            problems.append(Problem(file=source, place=place, what=what, expected=expected))
        label = "" if columns.experiment is None else sheet.text(row, columns.experiment)
        if columns.experiment is not None and not label:
            expected = "the experiment of every lane"
            problems.append(Problem(file=source, place=sheet.place(row), what="has no experiment", expected=expected))
        below = _is_below(sheet, row, columns, source, problems) or bool(_BELOW.match(text))
        name = ", ".join(filter(None, (sheet.text(row, c) for c in columns.series)))
        if minutes is not None and value is not None:
            place = sheet.place(row, columns.remaining)
            lane = _Lane(minutes=minutes, value=value, label=label, below=below, text=text, place=place)
            series.setdefault(name, []).append(lane)
    if problems:
        more = len(problems) - MOST_PROBLEMS
        told = problems[:MOST_PROBLEMS]
        raise InputError(told if more <= 0 else [*told, Problem(file=source, what=f"has {more} more such faults")])
    percent, guessed = _is_percent(series, columns, source)
    times = f"are {SHORT_UNITS[columns.per_minute]}" if columns.per_minute else "have their unit in each cell"
    notes = [f"Times {times}; what remains is {'percent' if percent else 'fractions'}.", *guessed]
    if unread:
        notes.append(f"{unread} lanes have no value and were left out.")
    if columns.unused:
        listed = ", ".join(f"'{name}'" for name in columns.unused)
        notes.append(f"Not used: {listed}. Independent experiments are a column 'experiment'.")
    per = 0.01 if percent else 1.0
    found = tuple(
        CourseSeries(
            name=name,
            minutes=tuple(lane.minutes for lane in lanes),
            remaining=tuple(lane.value * per for lane in lanes),
            experiments=None if columns.experiment is None else tuple(lane.label for lane in lanes),
            below_detection=tuple(lane.below for lane in lanes),
        )
        for name, lanes in series.items()
    )
    return CourseTable(source=source, series=found, notes=tuple(notes))


def _minutes(
    sheet: Sheet, row: int, columns: _Columns, source: str, mark: str, problems: list[Problem]
) -> float | None:
    """Return the time of a lane, in the unit of its cell or its column; None where it cannot be read."""
    text = sheet.text(row, columns.time)
    number, unit = _number_and_unit(text)
    value = parse_number(number, mark)
    hint = ""
    if value is None:
        what, expected = f"'{text}' is no number with the decimal mark '{mark}'", "a number, with or without its unit"
    elif not unit and (columns.per_minute or value == 0):
        return value * columns.per_minute
    elif not unit:
        what, expected = f"'{text}' has no unit, as others in this column have", "a time with its unit; or 0"
    else:
        try:
            minutes = parse_quantity(f"{number} {unit}", "time", decimal=mark).value
        except QuantityError as error:
            what, expected = outside_a_study(error), "a time such as '5 min' or '0.5 h'"
        else:
            if columns.per_minute in (0.0, UNITS[normal_unit(unit)][1]):
                return minutes
            what = f"'{text}' is in another unit than its column, which is in {SHORT_UNITS[columns.per_minute]}"
            expected = "one unit"
            hint = "Where each cell has its unit, name the column 'time' and leave '--time-unit' out"
    place = sheet.place(row, columns.time)
    problems.append(Problem(file=source, place=place, what=what, expected=expected, hint=hint))
    return None


def _is_percent(series: dict[str, list[_Lane]], columns: _Columns, source: str) -> tuple[bool, list[str]]:
    """Return whether what remains is percent, and the note where only the values say so.

    Raises
    ------
    InputError
        If it is said by the values alone, or by some cells, and others look like fractions.
    """
    lanes = [lane for own in series.values() for lane in own]
    said = [lane.text.endswith("%") for lane in lanes]
    if columns.percent or (lanes and all(said)):
        return True, []
    highest = max((lane.value for lane in lanes), default=0.0)
    if not any(said) and highest <= LOOKS_LIKE_PERCENT:
        return False, []
    problems = []
    for own in series.values():
        for label in dict.fromkeys(lane.label for lane in own):
            odd = _fraction_among([lane for lane in own if lane.label == label])
            if odd is not None:
                what = f"'{odd.text}' looks like a fraction, and others, up to '{highest:g}', like percent"
                hint = (
                    "Write all lanes on one scale, and name the column 'remaining_percent' if the start is 100, or"
                    " 'remaining' if it is 1"
                )
                problems.append(Problem(file=source, place=odd.place, what=what, expected="one scale", hint=hint))
    if problems:
        raise InputError(problems)
    return True, [] if any(said) else [f"Remaining protein up to {highest:g} was read as percent."]


def _fraction_among(lanes: Sequence[_Lane]) -> _Lane | None:
    """Return a lane of a series and experiment in percent that looks like a fraction, or None.

    That is a start of about 1, or any lane where all but the start of about 100 lie where fractions do.
    """
    low = [lane for lane in lanes if 0 < lane.value <= MOST_LIKE_FRACTION]
    first = min(lane.minutes for lane in lanes)
    starts = [lane for lane in lanes if lane.minutes == first and lane.value >= LEAST_PERCENT_START]
    others = [lane for lane in lanes if lane not in starts and lane.value > MOST_LIKE_FRACTION]
    if starts and low and not others:
        return low[0]
    return next((lane for lane in low if lane.minutes == 0 and not lane.below), None)


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


def _number_and_unit(text: str) -> tuple[str, str]:
    """Return a time as its number and its unit, which is empty where the cell has none."""
    match = _TIMED.match(_bare(text))
    if match is None:
        return _bare(text), ""
    lower = match[2].lower()
    return match[1].strip(), lower if UNITS.get(normal_unit(lower), ("",))[0] == "time" else match[2]


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
