"""Opens the index: makes it, brings its tables up to date, and sets SQLite up for several writers."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, column, create_engine, event, inspect, select, table
from sqlalchemy.exc import SQLAlchemyError

from avpi.errors import InputError, Problem
from avpi.store.location import database_url, is_network_share
from avpi.store.tables import SCHEMA_VERSION

BUSY_MILLISECONDS = 30_000
"""How long a writer waits for another one. Assumed: a write takes milliseconds and making the tables a few seconds on
a busy machine, so half a minute means a fault."""

RETRY_SECONDS = 0.02


class IndexUnavailable(InputError):  # noqa: N818 - a state, worded as the user is told
    """The index cannot be opened or written. A run never fails for it: its folder holds everything."""


@contextmanager
def open_index() -> Iterator[Connection]:
    """Open the index for one transaction, making it where there is none.

    Raises
    ------
    IndexUnavailable
        If it cannot be opened, read or written.
    """
    url = database_url()
    shown = url.render_as_string(hide_password=True)
    engine: Engine | None = None
    try:
        if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url)
        if url.get_backend_name() == "sqlite":
            _prepare_sqlite(engine, url.database or "")
        with engine.begin() as connection:
            _migrate(connection)
            yield connection
    except (SQLAlchemyError, OSError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        what = f"the index of studies cannot be used: {reason}"
        hint = "Set AVPI_HOME to a folder that can be written; 'avpi studies --rebuild FOLDER' makes the index anew."
        raise IndexUnavailable(Problem(file=shown, what=what, hint=hint)) from error
    finally:
        if engine is not None:
            engine.dispose()


def _prepare_sqlite(engine: Engine, database: str) -> None:
    """Set pragmas on connecting, and begin every transaction as a writer so that two never deadlock."""
    on_share = bool(database) and is_network_share(Path(database).parent)

    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself; "begin" below does
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        connection.execute("PRAGMA foreign_keys = ON")
        _set_journal(connection, "DELETE" if on_share else "WAL")

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


def _set_journal(connection: Any, mode: str) -> None:
    """Choose how SQLite journals; where WAL is refused it keeps the journal it had, which is what is wanted.

    Unlike every other statement this one does not wait for its turn: while another process holds the file it may
    answer "locked" at once, busy_timeout or not. So it is asked again until that time is over.
    """
    deadline = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute(f"PRAGMA journal_mode = {mode}")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            if time.monotonic() > deadline:
                raise
            time.sleep(RETRY_SECONDS)
        else:
            return


def _migrate(connection: Connection) -> None:
    """Bring the tables to the newest form, in the transaction of the caller."""
    if schema_version(connection) == SCHEMA_VERSION:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    with as_file(files("avpi.store").joinpath("migrations")) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            what = f"the index was made by a newer avpi ({error})"
            raise IndexUnavailable(Problem(file=str(connection.engine.url), what=what, hint="Update avpi.")) from None


def schema_version(connection: Connection) -> str:
    """Return the migration that the index stands at; empty where it has no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.scalar(select(column("version_num")).select_from(table("alembic_version"))) or ""
