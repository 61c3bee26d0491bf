"""What is asked of the index: enter a run, list studies and runs, make it again from the folders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from avpi.errors import FileFormatError, Problem
from avpi.store.runs import RunRecord, find_runs, read_run
from avpi.store.tables import runs, studies

STUDY_FIELDS = ("folder", "title", "compound", "cell_line")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRow:
    """One study of the index with its latest run."""

    folder: str
    title: str
    compound: str
    cell_line: str
    runs: int
    latest: RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuild found: how many runs were entered, and which folders could not be read."""

    runs: int
    problems: tuple[Problem, ...]


def record_run(connection: Connection, record: RunRecord) -> None:
    """Enter a run; the same run entered again replaces itself, and a study takes its newest title."""
    values = asdict(record)
    study_values = {name: values.pop(name) for name in STUDY_FIELDS}
    study_id = connection.scalar(select(studies.c.id).where(studies.c.folder == record.folder))
    if study_id is None:
        study_id = connection.execute(insert(studies).values(study_values)).inserted_primary_key[0]  # type: ignore[index]
    else:
        connection.execute(update(studies).where(studies.c.id == study_id).values(study_values))
    connection.execute(delete(runs).where(runs.c.study_id == study_id, runs.c.run == record.run))
    connection.execute(insert(runs).values(study_id=study_id, **values))


def list_studies(connection: Connection) -> list[StudyRow]:
    """Return every study with its latest run, the most recently run first."""
    by_folder: dict[str, list[RunRecord]] = {}
    for record in _records(connection.execute(_joined().order_by(runs.c.created.desc(), runs.c.run.desc()))):
        by_folder.setdefault(record.folder, []).append(record)
    return [
        StudyRow(
            folder=folder,
            title=records[0].title,
            compound=records[0].compound,
            cell_line=records[0].cell_line,
            runs=len(records),
            latest=records[0],
        )
        for folder, records in by_folder.items()
    ]


def runs_of(connection: Connection, folder: Path) -> list[RunRecord]:
    """Return the runs of one study, newest first."""
    asked = _joined().where(studies.c.folder == str(folder.resolve()))
    return _records(connection.execute(asked.order_by(runs.c.created.desc(), runs.c.run.desc())))


def find_run(connection: Connection, run: str) -> list[RunRecord]:
    """Return the runs whose name is or begins with ``run``, newest first; several studies may share a name."""
    asked = _joined().where(func.substr(runs.c.run, 1, len(run)) == run)
    found = _records(connection.execute(asked.order_by(runs.c.created.desc(), runs.c.run.desc())))
    return [record for record in found if record.run == run] or found


def rebuild(connection: Connection, folder: Path) -> Rebuilt:
    """Forget every study at or below a folder and enter anew the runs that are found there."""
    root = folder.resolve()
    for study_id, known in connection.execute(select(studies.c.id, studies.c.folder)).all():
        if Path(known) == root or root in Path(known).parents:
            connection.execute(delete(runs).where(runs.c.study_id == study_id))
            connection.execute(delete(studies).where(studies.c.id == study_id))
    entered = 0
    problems: list[Problem] = []
    for run_folder in find_runs(root):
        try:
            record_run(connection, read_run(run_folder))
            entered += 1
        except FileFormatError as error:
            problems += error.problems
    return Rebuilt(runs=entered, problems=tuple(problems))


def _joined() -> Select[Any]:
    columns = [column for column in runs.c if column.name not in ("id", "study_id")]
    return select(*(studies.c[name] for name in STUDY_FIELDS), *columns).join(studies, studies.c.id == runs.c.study_id)


def _records(rows: Iterable[Row[Any]]) -> list[RunRecord]:
    return [RunRecord(**row._mapping) for row in rows]
