"""Whether files can be put into a folder: asked before the work that would be lost, and answered alike everywhere."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

from avpi.errors import InputError, Problem

ELSEWHERE = "Name a folder in which you may write"


def why_not_writable(folder: Path) -> str:
    """Return why files cannot be put into a folder, which need not be there yet; empty if they can.

    Nothing is made: where the folder is missing, the nearest one above it is tried.
    """
    try:
        there = _nearest(folder)
        if not there.exists():
            return f"'{there}' is a link that leads nowhere"
        if not there.is_dir():
            return f"'{there}' is a file and no folder"
        with tempfile.TemporaryFile(dir=there):
            return ""
    except OSError as error:
        # What "no such file" means here is that a folder which is there takes no files, as those of /proc.
        why = "the system takes none there" if error.errno == errno.ENOENT else error.strerror
        return f"files cannot be made in '{_short(folder)}': {why}"


def require_writable(folder: Path, *, place: str = "--out") -> None:
    """Refuse a folder into which files cannot be put.

    Parameters
    ----------
    folder : need not be there yet, nor what is above it.
    place : where the user said it: an option, or the word for an argument.

    Raises
    ------
    InputError
        If it or what is above it is a file, may not be written, or cannot be.
    """
    if why := why_not_writable(folder):
        raise InputError(Problem(file=place, what=why, expected="a folder that can be written", hint=ELSEWHERE))


def _nearest(folder: Path) -> Path:
    """Return the folder itself, or else what is there and nearest above it."""
    for path in (folder, *folder.absolute().parents):
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        return path
    return folder  # not even the root is there


def _short(folder: Path) -> str:
    """Return a path as it can be printed: one that is too long for the system is too long for a line too."""
    text = str(folder)
    return text if len(text) <= 200 else f"{text[:100]}...{text[-40:]}"
