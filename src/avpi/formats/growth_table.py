"""Tables of cell counts for growth-rate inhibition: treated wells with their untreated ones and those at time zero.

Three arrangements are read, as the tools of the field write them (https://github.com/datarail/gr_metrics):

- columns: ``cell_count__ctrl`` and ``cell_count__time0`` stand beside each treated count; instead of the latter,
  ``treatment_duration`` and ``division_time``;
- rows: untreated wells are rows of concentration 0, those at time zero rows of time 0;
- files: untreated wells and those at time zero are tables of their own.

Every column that is not a count or a concentration says to what a well belongs. A column joins treated wells to their
controls where the controls have any of the words of the treated wells; which ones do is told in ``notes``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from avpi.errors import Faults, InputError, Problem, nearest_word
from avpi.formats.growth_columns import TAGS
from avpi.formats.growth_wells import CountTable, Well, read_counts

NO_CONTROL = (
    "Give each treated row a 'cell_count__ctrl', add untreated wells as rows of concentration 0, or name their table"
    " with --control"
)
NO_TIME_ZERO = (
    "GR needs the count when the compound was added: read a plate of the same seeding then, and give it as"
    " 'cell_count__time0', as rows of time 0 or with --time-zero; or give 'treatment_duration' and 'division_time'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthRow:
    """A treated well with what it is compared with.

    Attributes
    ----------
    place : where it stands in the file.
    key : to which curve it belongs, in the order of ``GrowthTable.keys``.
    words : column -> what it says, of all columns that are no measures.
    concentration_molar : above 0.
    count : nan where none was read.
    control, time_zero : counts of the wells that belong to it; empty where there are none.
    duration_hours, division_hours : nan where the table has none.
    """

    place: str
    key: tuple[str, ...]
    words: Mapping[str, str]
    concentration_molar: float
    count: float
    control: tuple[float, ...]
    time_zero: tuple[float, ...]
    duration_hours: float
    division_hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthTable:
    """Treated wells of a table, each with its controls.

    Attributes
    ----------
    source : name of the file.
    keys : columns that tell curves apart.
    rows : treated wells in the order of the file.
    by_division_time : whether the division time stands for the count at time zero.
    notes : how the table was understood, for the reader of the result.
    """

    source: str
    keys: tuple[str, ...]
    rows: tuple[GrowthRow, ...]
    by_division_time: bool
    notes: tuple[str, ...]

    def curves(self) -> dict[tuple[str, ...], list[GrowthRow]]:
        """Return the rows of each curve, in the order in which the curves begin."""
        found: dict[tuple[str, ...], list[GrowthRow]] = defaultdict(list)
        for row in self.rows:
            found[row.key].append(row)
        return dict(found)


def read_growth_table(
    path: Path,
    *,
    control: Path | None = None,
    time_zero: Path | None = None,
    columns: Mapping[str, str] | None = None,
    concentration_unit: str = "",
    decimal: str = "",
    by: Sequence[str] = (),
    join_control: Sequence[str] = (),
    join_time_zero: Sequence[str] = (),
    experiment: str = "",
) -> GrowthTable:
    """Read a table of counts: delimited text, a workbook, or Parquet.

    Parameters
    ----------
    control, time_zero : tables of the untreated wells and of those at time zero, if they are files of their own.
    columns : what is meant -> the name it has in the file, such as ``{"cell_count": "CTG"}``.
    concentration_unit : such as ``"uM"``, where the name of the column does not say it.
    decimal : ``"."`` or ``","`` where the cells leave it open.
    by : columns that tell curves apart; every one that is no measure if none is given.
    join_control, join_time_zero : columns that join treated wells to those; found if none is given.
    experiment : column of independent experiments, if the curves of one are not those of another; joins ``by``.

    Raises
    ------
    InputError
        If a file cannot be read, a column is missing, the unit is not said, or a cell is no number. Counts that are
        missing, 0 or negative are no fault of the file and are returned.
    """
    faults = Faults()
    names = dict(columns or {})

    def read(file: Path, unit: str = "", *, treated: bool = False) -> CountTable | None:
        return faults.read(
            lambda: read_counts(file, names, concentration_unit=unit, decimal=decimal, treated=treated), None
        )

    table = read(path, concentration_unit, treated=True)
    ends_apart, starts_apart = (read(file) if file else None for file in (control, time_zero))
    faults.stop()
    assert table is not None
    treated = [well for well in table.wells if well.concentration_molar > 0 and well.hours != 0]
    ends = ends_apart.wells if ends_apart else [w for w in table.wells if w.concentration_molar == 0 and w.hours != 0]
    starts = starts_apart.wells if starts_apart else [well for well in table.wells if well.hours == 0]
    found = table.columns.places
    own_end = "cell_count__ctrl" in found and ends_apart is None
    own_start = "cell_count__time0" in found and starts_apart is None
    by_division = not own_start and not starts and "division_time" in found
    keys = _keys(table, [*by, experiment] if by and experiment and experiment not in by else by)
    _require_columns([experiment] if experiment else [], keys, table.source, "tell experiments apart")
    _require(table, treated, own_end or bool(ends), own_start or by_division or bool(starts))
    notes = list(table.notes)
    end_of = _own_control if own_end else _join(treated, ends, "untreated wells", join_control, notes)
    start_of = _own_start if own_start or by_division else _join(treated, starts, "time zero", join_time_zero, notes)
    rows = tuple(
        GrowthRow(
            place=well.place,
            key=tuple(well.words[key] for key in keys),
            words=well.words,
            concentration_molar=well.concentration_molar,
            count=well.count,
            control=end_of(well),
            time_zero=start_of(well),
            duration_hours=well.duration_hours,
            division_hours=well.division_hours,
        )
        for well in treated
    )
    return GrowthTable(source=table.source, keys=keys, rows=rows, by_division_time=by_division, notes=tuple(notes))


def _own_control(well: Well) -> tuple[float, ...]:
    return () if math.isnan(well.control) else (well.control,)


def _own_start(well: Well) -> tuple[float, ...]:
    return () if math.isnan(well.time_zero) else (well.time_zero,)


def _keys(table: CountTable, by: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that tell curves apart: those that were asked for, or all but the tags of controls."""
    words = table.columns.words
    _require_columns(by, words, table.source, "tell curves apart")
    return tuple(by) or tuple(name for name in words if name not in TAGS)


def _require_columns(asked: Sequence[str], words: Mapping[str, int] | Sequence[str], source: str, purpose: str) -> None:
    problems = [
        Problem(
            file=source,
            what=f"there is no column '{name}' that could {purpose}",
            expected=" or ".join(f"'{word}'" for word in words) or "a column that is no measure",
            hint=nearest_word(name, words),
        )
        for name in asked
        if name not in words
    ]
    if problems:
        raise InputError(problems)


def _require(table: CountTable, treated: Sequence[Well], has_control: bool, has_start: bool) -> None:  # noqa: FBT001 - private
    problems = []
    if not treated:
        problems.append(Problem(file=table.source, what="has no row of a concentration above 0 after time 0"))
    if not has_control:
        problems.append(Problem(file=table.source, what="has no untreated control", hint=NO_CONTROL))
    if not has_start:
        problems.append(Problem(file=table.source, what="has no count at time zero", hint=NO_TIME_ZERO))
    if problems:
        raise InputError(problems)


def _join(
    treated: Sequence[Well], controls: Sequence[Well], named: str, asked: Sequence[str], notes: list[str]
) -> Callable[[Well], tuple[float, ...]]:
    """Return what gives the counts of the controls that belong to a treated well, and note how they were joined."""
    shared = [name for name in treated[0].words if name in controls[0].words]
    if asked:
        _require_columns(asked, shared, named, "join treated wells to them")
    columns = list(asked) or [name for name in TAGS if _joins(name, treated, controls)] or [
        name for name in shared if _joins(name, treated, controls)
    ]  # fmt: skip
    found: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for well in controls:
        if not math.isnan(well.count):
            found[tuple(well.words[name] for name in columns)].append(well.count)
    by = f"by {', '.join(columns)}" if columns else "by no column: every treated well has all of them"
    notes.append(f"{named}: {sum(map(len, found.values()))} counts, joined {by}")
    counts = {key: tuple(values) for key, values in found.items()}
    return lambda well: counts.get(tuple(well.words[name] for name in columns), ())


def _joins(name: str, treated: Sequence[Well], controls: Sequence[Well]) -> bool:
    """Return whether a column of controls holds any of the words of the treated wells."""
    here = {well.words.get(name, "") for well in treated} - {""}
    return bool(here & {well.words.get(name, "") for well in controls})
