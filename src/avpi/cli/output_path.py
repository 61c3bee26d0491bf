"""A file that a command writes: never one of those that it reads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from avpi.errors import InputError, Problem


def refuse_to_overwrite(option: str, written: Path, read: Iterable[Path | None]) -> None:
    """Refuse to write over an input: raw data are only read.

    Parameters
    ----------
    option : the option that names the file.

    Raises
    ------
    InputError
        If ``written`` is one of the files ``read``, by whatever name.
    """
    for path in read:
        if path is not None and (written.resolve() == path.resolve() or _one_file(written, path)):
            what = f"'{option} {written}' would overwrite {path}, which is read"
            raise InputError(Problem(file=str(written), what=what, expected="the name of a new file"))


def _one_file(first: Path, second: Path) -> bool:
    """Return True for two names of one file on the disk."""
    try:
        return first.samefile(second)
    except OSError:
        return False
