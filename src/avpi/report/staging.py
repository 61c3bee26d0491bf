"""A folder that appears whole or not at all: written beside its place and moved there by one rename.

A run that is killed leaves a folder named ``.writing-…``. Whoever writes holds a lock on it which the system
releases at death, so that the next run can tell the dead from the living and sweeps only the dead. Where a run of
the same name exists it is set aside as ``.replaced-…`` for the moment between two renames and put back if the
writer died there.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

WRITING, REPLACED = ".writing-", ".replaced-"


@contextmanager
def whole_or_nothing(folder: Path, name: str) -> Iterator[Path]:
    """Give an empty folder to write into; it becomes ``folder/name`` if the block ends without an error.

    Raises
    ------
    OSError
        If ``folder`` cannot be made or written to. Nothing is left behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        _put_back(folder)
        _sweep(folder)
        staged = Path(tempfile.mkdtemp(prefix=WRITING, dir=folder))
        staged.chmod(_folder_mode())
        hold = _try_lock(staged)
    try:
        yield staged
        _move_into_place(staged, folder / name)
    finally:
        if hold is not None:
            os.close(hold)
        shutil.rmtree(staged, ignore_errors=True)


def _move_into_place(staged: Path, place: Path) -> None:
    if not place.exists():
        staged.rename(place)
        return
    aside = place.with_name(REPLACED + place.name)
    place.rename(aside)
    try:
        staged.rename(place)
    except BaseException:
        aside.rename(place)
        raise
    shutil.rmtree(aside)


def _put_back(folder: Path) -> None:
    """Undo a replacement that was cut short: the old run returns, or is swept where the new one is in place."""
    for aside in sorted(folder.glob(f"{REPLACED}*")):
        place = folder / aside.name.removeprefix(REPLACED)
        if place.exists():
            shutil.rmtree(aside)
        else:
            aside.rename(place)


def _sweep(folder: Path) -> None:
    """Remove what dead runs left: folders whose lock is free."""
    for staged in sorted(folder.glob(f"{WRITING}*")):
        hold = _try_lock(staged)
        if hold is not None:
            shutil.rmtree(staged)
            os.close(hold)


def _try_lock(folder: Path) -> int | None:
    """Return the open descriptor of a folder that nobody holds; None if it is held, or locks are not to be had."""
    if sys.platform == "win32":
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        # Held by a living run, or a network share without locks: then nothing is ever swept, which loses only space.
        os.close(descriptor)
        return None
    return descriptor


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep others from sweeping between the making of a folder and its lock."""
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # On a network share without locks, two runs that start in the same instant are not kept apart.
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _folder_mode() -> int:
    """Return the mode that a folder made by mkdir would have; mkdtemp makes private ones."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o777 & ~mask
