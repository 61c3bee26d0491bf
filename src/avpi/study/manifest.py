"""What went in: the size and sha256 of every input file, and the seed that follows from them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from avpi.errors import Problem, StudyError
from avpi.study.read import Study, declared_files

OVERRIDES_FILE = "overrides.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """One input: its name below the study folder, size in bytes, sha256; both None if it is not there."""

    name: str
    size: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The inputs of a run, study.yaml and the declared files, and the seed made from their content."""

    inputs: tuple[InputFile, ...]
    content_hash: str

    @property
    def seed(self) -> int:
        """A seed that changes with any input: the first 8 bytes of the content hash."""
        return int(self.content_hash[:16], 16)


def record_inputs(study: Study) -> Manifest:
    """Hash every input of a study.

    Raises
    ------
    StudyError
        If a file is there and cannot be read.
    """
    names = [study.source, *(name for name, _ in declared_files(study))]
    if (study.folder / OVERRIDES_FILE).is_file():
        names.append(OVERRIDES_FILE)
    inputs = tuple(_input(study.folder, name) for name in names)
    whole = hashlib.sha256("\n".join(f"{i.name} {i.sha256}" for i in inputs).encode()).hexdigest()
    return Manifest(inputs=inputs, content_hash=whole)


def _input(folder: Path, name: str) -> InputFile:
    path = folder / name
    if not path.is_file():
        return InputFile(name=name, size=None, sha256=None)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except OSError as error:
        raise StudyError(Problem(file=name, what=f"'{name}' cannot be read: {error.strerror}")) from None
    return InputFile(name=name, size=size, sha256=digest)
