"""The text of an SBML file, read without libsbml: what was read before needs none of it."""

from __future__ import annotations

from pathlib import Path

from avpi.errors import FileFormatError, Problem

LARGEST_FILE_BYTES = 50_000_000


def read_model_text(path: Path) -> str:
    """Return the text of a model file.

    Raises
    ------
    FileFormatError
        If there is no such file, or it is too large or no text.
    """
    if path.is_dir():
        raise FileFormatError(Problem(file=str(path), what="is a folder", expected="an SBML model"))
    if not path.exists():
        raise FileFormatError(Problem(file=str(path), what="There is no such file", expected="an SBML model"))
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise FileFormatError(Problem(file=str(path), what=f"is larger than {LARGEST_FILE_BYTES // 10**6} MB"))
    try:
        text = path.read_bytes().decode("utf-8-sig")
        strange = text.find("\0")
    except UnicodeDecodeError as fault:
        strange = fault.start
    if strange >= 0:
        what = f"is not UTF-8 text (byte {strange})"
        raise FileFormatError(Problem(file=str(path), what=what, expected="an SBML model, saved as UTF-8"))
    return text
