"""Where the index lies: ``AVPI_DATABASE``, else below ``AVPI_HOME``, else in the user's data folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from avpi.errors import InputError, Problem

INDEX_FILE = "index.sqlite"

NETWORK_FILE_SYSTEMS = (
    "nfs",
    "cifs",
    "smb",
    "afs",
    "9p",
    "fuse.sshfs",
    "fuse.rclone",
    "glusterfs",
    "ceph",
    "lustre",
    "davfs",
)
"""Kinds of mount on which SQLite's WAL must not be used: its shared memory does not reach other machines
(sqlite.org/wal.html)."""


def data_folder() -> Path:
    """Return the folder for what avpi remembers between studies: AVPI_HOME, or the platform's usual place."""
    if home := os.environ.get("AVPI_HOME"):
        return Path(home)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "avpi"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "avpi"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "avpi"


def database_url() -> URL:
    """Return the URL of the index.

    Raises
    ------
    InputError
        If AVPI_DATABASE is no database URL.
    """
    text = os.environ.get("AVPI_DATABASE")
    if not text:
        return URL.create("sqlite", database=str(data_folder() / INDEX_FILE))
    try:
        return make_url(text)
    except ArgumentError:
        raise InputError(
            Problem(
                file="AVPI_DATABASE",
                what=f"'{text}' is not a database URL",
                expected="one such as 'sqlite:////data/avpi.sqlite' or 'postgresql+psycopg://lab@server/avpi'",
            )
        ) from None


def is_network_share(path: Path, *, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Return True if a path lies on a share of another machine, as far as this system can tell."""
    try:
        lines = mounts.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return False  # not Linux: SQLite's own refusal of WAL is then the only sign
    target = path.resolve()
    best, kind = -1, ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        mount = Path(fields[1].replace("\\040", " "))
        if (target == mount or mount in target.parents) and len(mount.parts) > best:
            best, kind = len(mount.parts), fields[2]
    return kind.startswith(NETWORK_FILE_SYSTEMS)
