"""The folder of a calculation that takes hours: what it is, and a line for everything that is done.

``calibration.json`` says what is calculated; a folder of another calculation is refused. ``simulated.jsonl`` grows by
one line for each model that was simulated, so that a run that is killed loses one; the next finds the others there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avpi.errors import FileFormatError, InputError, Problem
from avpi.writable import require_writable

SETTINGS, LINES = "calibration.json", "simulated.jsonl"


class Ledger:
    """What was simulated before, by key; without a folder it is remembered for this run only.

    Raises
    ------
    InputError
        If the folder is of another calculation, or of none, or takes no files.
    """

    def __init__(self, folder: Path | None, settings: Mapping[str, Any]) -> None:
        self.folder = folder
        self.done: dict[str, dict[str, Any]] = {}
        if folder is not None:
            _settle(folder, settings)
            self.done = _read_lines(folder / LINES)

    def recall(self, key: str) -> dict[str, Any] | None:
        """Return what was written under a key."""
        return self.done.get(key)

    def write(self, key: str, record: Mapping[str, Any]) -> None:
        """Remember a record, on the disk before this returns."""
        self.done[key] = {"key": key, **record}
        if self.folder is not None:
            with (self.folder / LINES).open("a", encoding="utf-8", newline="\n") as file:
                file.write(json.dumps(self.done[key], ensure_ascii=False, allow_nan=False) + "\n")
                file.flush()
                os.fsync(file.fileno())


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there as a whole or as it was before."""
    beside = path.with_name(f".{path.name}.writing")
    beside.write_text(text, "utf-8", newline="\n")
    beside.replace(path)


def json_text(value: Any) -> str:
    """Return JSON as it stands in a file."""
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _settle(folder: Path, settings: Mapping[str, Any]) -> None:
    path = folder / SETTINGS
    require_writable(folder)
    if not path.is_file():
        if folder.is_dir() and any(not entry.name.startswith(".") for entry in folder.iterdir()):
            what = f"'{folder}' holds something else than a calibration"
            raise InputError(Problem(file="--out", what=what, expected="a new folder, or that of this calibration"))
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, json_text(settings))
        return
    try:
        there = json.loads(path.read_text("utf-8"))
    except ValueError:
        there = None
    if not isinstance(there, dict):
        raise FileFormatError(Problem(file=str(path), what="this is not the JSON that a calibration writes"))
    wanted = json.loads(json.dumps(settings))
    differing = [name for name in dict.fromkeys((*wanted, *there)) if there.get(name) != wanted.get(name)]
    if differing:
        what = f"'{folder}' is of another calibration: it differs in {', '.join(differing)}"
        hint = "Give another folder, or the options that this one was begun with"
        raise InputError(Problem(file="--out", what=what, hint=hint))


def _read_lines(path: Path) -> dict[str, dict[str, Any]]:
    """Return what was written; a last line that was cut off by the end of the process is taken away."""
    if not path.is_file():
        return {}
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    found: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(whole.decode("utf-8").splitlines(), start=1):
        try:
            record = json.loads(line)
            found[record["key"]] = record
        except (ValueError, KeyError, TypeError):
            what = "this line is not one that a calibration writes"
            hint = "Remove it and all after it; what it held is simulated again"
            raise FileFormatError(Problem(file=str(path), place=str(number), what=what, hint=hint)) from None
    return found
