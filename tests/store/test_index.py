"""The index forgets nothing that the folders hold, and never stands in the way of a run."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from avpi.errors import FileFormatError, InputError
from avpi.store.database import IndexUnavailable, open_index, schema_version
from avpi.store.index import find_run, list_studies, rebuild, record_run, runs_of
from avpi.store.location import INDEX_FILE, data_folder, database_url, is_network_share
from avpi.store.runs import find_runs, new_run_id, read_run, runs_in
from avpi.store.tables import SCHEMA_VERSION, metadata
from tests.store.finished_run import write_run

FIRST, SECOND = "20260131-091502-000001-abababab", "20260201-091502-000001-abababab"


@pytest.fixture(autouse=True)
def index_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AVPI_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / INDEX_FILE


def enter(run_folder: Path) -> None:
    with open_index() as connection:
        record_run(connection, read_run(run_folder))


def test_a_run_that_was_entered_is_found_by_study_and_by_name(tmp_path: Path) -> None:
    study = tmp_path / "my-study"
    enter(write_run(study, FIRST))
    enter(write_run(study, SECOND, run_at="2026-02-01T09:15:02+00:00", called="inconclusive", title="Renamed"))
    with open_index() as connection:
        (row,) = list_studies(connection)
        assert (row.title, row.runs, row.latest.run, row.latest.called) == ("Renamed", 2, SECOND, "inconclusive")
        assert [record.run for record in runs_of(connection, study)] == [SECOND, FIRST]
        assert [record.run for record in find_run(connection, "20260131")] == [FIRST]
        assert find_run(connection, "2025") == []


def test_a_run_entered_twice_stands_once(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "my-study", FIRST)
    enter(folder)
    enter(folder)
    with open_index() as connection:
        assert [row.runs for row in list_studies(connection)] == [1]


def test_times_come_back_in_utc(tmp_path: Path) -> None:
    enter(write_run(tmp_path / "my-study", FIRST, run_at="2026-01-31T10:15:02+01:00"))
    with open_index() as connection:
        assert list_studies(connection)[0].latest.created == datetime(2026, 1, 31, 9, 15, 2, tzinfo=UTC)


def test_the_index_is_made_anew_from_the_folders(tmp_path: Path, index_file: Path) -> None:
    kept, gone = tmp_path / "studies" / "kept", tmp_path / "studies" / "gone"
    enter(write_run(kept, FIRST))
    moved = write_run(gone, FIRST, title="Moved")
    enter(moved)
    gone.rename(tmp_path / "studies" / "elsewhere")
    with open_index() as connection:
        rebuilt = rebuild(connection, tmp_path / "studies")
        assert (rebuilt.runs, rebuilt.problems) == (2, ())
        assert {Path(row.folder).name for row in list_studies(connection)} == {"kept", "elsewhere"}
    index_file.unlink()
    with open_index() as connection:
        assert list_studies(connection) == []
        rebuild(connection, tmp_path / "studies")
        assert len(list_studies(connection)) == 2


def test_a_rebuild_leaves_studies_elsewhere_alone(tmp_path: Path) -> None:
    enter(write_run(tmp_path / "here" / "a", FIRST))
    enter(write_run(tmp_path / "here-too" / "b", FIRST))
    with open_index() as connection:
        rebuild(connection, tmp_path / "here")
        assert len(list_studies(connection)) == 2


def test_a_run_that_is_being_written_is_not_a_run(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "my-study", FIRST)
    write_run(tmp_path / "my-study", ".writing-x")
    assert list(find_runs(tmp_path)) == [folder]
    assert runs_in(tmp_path / "my-study" / "results") == [folder]


def test_a_damaged_run_is_a_problem_and_the_others_are_entered(tmp_path: Path) -> None:
    damaged = write_run(tmp_path / "a", FIRST)
    (damaged / "verdict.json").write_text('{"called": "x"}', "utf-8")
    write_run(tmp_path / "b", FIRST)
    with open_index() as connection:
        rebuilt = rebuild(connection, tmp_path)
        assert rebuilt.runs == 1
        assert len(rebuilt.problems) == 1
    (damaged / "verdict.json").write_text("{", "utf-8")
    with pytest.raises(FileFormatError, match="is not JSON"):
        read_run(damaged)


def test_names_of_runs_sort_by_time_in_utc() -> None:
    late = datetime(2026, 1, 31, 10, 0, 0, 5, tzinfo=timezone(timedelta(hours=1)))
    assert new_run_id("0123456789abcdef", now=late) == "20260131-090000-000005-01234567"
    assert new_run_id("f" * 64, now=late) < new_run_id("0" * 64, now=late + timedelta(microseconds=1))


def test_the_migration_makes_the_tables_that_the_code_uses(index_file: Path) -> None:
    with open_index() as connection:
        assert schema_version(connection) == SCHEMA_VERSION
        found = inspect(connection)
        for table in metadata.sorted_tables:
            made = {column["name"]: column for column in found.get_columns(table.name)}
            assert set(made) == set(table.columns.keys())
            assert {n: c["nullable"] for n, c in made.items()} == {c.name: c.nullable for c in table.columns}
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
    assert index_file.is_file()


def test_an_index_of_a_newer_avpi_is_left_alone() -> None:
    with open_index() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(IndexUnavailable, match="newer avpi"), open_index():
        pass


def test_a_fault_inside_leaves_the_index_as_it_was(tmp_path: Path) -> None:
    record = read_run(write_run(tmp_path / "a", FIRST))

    def enter_and_fail() -> None:
        with open_index() as connection:
            record_run(connection, record)
            raise KeyError

    with pytest.raises(KeyError):
        enter_and_fail()
    with open_index() as connection:
        assert list_studies(connection) == []


@pytest.mark.parametrize("damage", ["a folder stands in its place", "it is no database"])
def test_an_index_that_cannot_be_used_says_what_to_do(index_file: Path, damage: str) -> None:
    if damage.startswith("a folder"):
        index_file.mkdir(parents=True)
    else:
        index_file.parent.mkdir(parents=True)
        index_file.write_text("not a database, and long enough to be seen as none" * 30, "utf-8")
    with pytest.raises(IndexUnavailable, match="AVPI_HOME"), open_index():
        pass


def test_the_place_of_the_index_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert database_url().database == str(tmp_path / "home" / INDEX_FILE)
    monkeypatch.setenv("AVPI_DATABASE", f"sqlite:///{tmp_path}/lab.sqlite")
    with open_index():
        pass
    assert (tmp_path / "lab.sqlite").is_file()
    monkeypatch.setenv("AVPI_DATABASE", "not a url")
    with pytest.raises(InputError, match="'not a url' is not a database URL"):
        database_url()


def test_a_database_without_its_driver_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVPI_DATABASE", "postgresql+psycopg://lab:secret@localhost/avpi")
    with pytest.raises(IndexUnavailable) as caught, open_index():
        pass
    assert "secret" not in str(caught.value)


def test_the_usual_place_follows_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AVPI_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    assert data_folder() == tmp_path / "share" / "avpi"


def test_a_network_share_is_known_by_its_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path}/lab nfs4 rw 0 0\n", "utf-8")
    assert is_network_share(tmp_path / "lab" / "avpi", mounts=mounts)
    assert not is_network_share(tmp_path / "laboratory", mounts=mounts)
    assert not is_network_share(tmp_path, mounts=tmp_path / "none")


def _enter_many(database: str, folder: Path, failures: multiprocessing.Queue[str]) -> None:
    patch = pytest.MonkeyPatch()
    patch.setenv("AVPI_DATABASE", database)
    try:
        for run_folder in find_runs(folder):
            enter(run_folder)
    except InputError as error:
        failures.put(str(error))


def test_a_new_index_waits_for_a_program_that_holds_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = tmp_path / "lab.sqlite"
    monkeypatch.setenv("AVPI_DATABASE", f"sqlite:///{database}")
    holder = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    holder.execute("CREATE TABLE held (x)")
    holder.execute("BEGIN IMMEDIATE")
    holder.execute("INSERT INTO held VALUES (1)")
    release = threading.Timer(0.5, lambda: holder.execute("COMMIT"))
    release.start()
    with open_index() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
    release.join()
    holder.close()


def test_writers_that_start_together_on_a_new_index_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    failures = context.Queue()
    database = f"sqlite:///{tmp_path}/lab.sqlite"
    for writer in ("a", "b"):
        for number in range(8):
            write_run(tmp_path / writer / f"study{number}", FIRST)
    writers = [context.Process(target=_enter_many, args=(database, tmp_path / w, failures)) for w in ("a", "b")]
    for writer_process in writers:
        writer_process.start()
    for writer_process in writers:
        writer_process.join()
    assert failures.empty(), failures.get()
    engine = create_engine(database)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM runs")) == 16
    engine.dispose()
