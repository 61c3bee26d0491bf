"""Corrections by hand: ``overrides.jsonl``, one line each, appended and never deleted.

A line is ``{"at", "by", "target": "blot1/lane3", "set": {...}, "reason", "before": <hash of the line before>}``; an
undo is a further line ``{"revoke": n}`` with ``before`` (n counts lines from 1), and a redo revokes the undo. The
chain of hashes shows a changed or removed line, except a removed end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avpi.errors import Problem, StudyError
from avpi.study.manifest import OVERRIDES_FILE

MOST_TOLD = 4
"""Of the targets that a correction may name, so many are told where one is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One correction that is in force."""

    number: int
    at: str
    by: str
    target: str
    set: Mapping[str, Any]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """The corrections in force, oldest first, and the name of their file."""

    lines: tuple[Override, ...] = ()
    source: str = OVERRIDES_FILE

    def of(self, target: str) -> Mapping[str, Any]:
        """Return what is set for a target such as ``"blot1/lane3"``; later lines win."""
        merged: dict[str, Any] = {}
        for line in self.lines:
            if line.target == target:
                merged.update(line.set)
        return merged


def line_hash(line: str) -> str:
    """Return what the next line must carry as ``before``: the sha256 of a line without its line end."""
    return hashlib.sha256(line.rstrip("\r\n").encode()).hexdigest()


def read_overrides(folder: Path) -> Overrides:
    """Read a study's corrections; none where there is no file.

    Raises
    ------
    StudyError
        With every line that is no JSON object of the form above, breaks the chain of hashes, or revokes a line that
        does not stand before it.
    """
    path = folder / OVERRIDES_FILE
    return read_overrides_file(path, OVERRIDES_FILE) if path.is_file() else Overrides()


def read_overrides_file(path: Path, source: str = "") -> Overrides:
    """Read a file of corrections, wherever it lies.

    Parameters
    ----------
    source : its name as the user knows it, for messages; the path where not given.

    Raises
    ------
    StudyError
        As :func:`read_overrides`.
    """
    source = source or str(path)
    lines: dict[int, Mapping[str, Any]] = {}
    problems: list[Problem] = []
    before = ""
    # Not splitlines(): JSON text may hold U+2028 and its kin.
    for number, text in enumerate(_text(path, source).split("\n"), start=1):
        if not text.strip():
            continue
        try:
            lines[number] = _parse(text, before, lines)
        except _LineFault as fault:
            problems.append(Problem(file=source, place=str(number), what=fault.what, expected=fault.expected))
        before = line_hash(text)
    if problems:
        raise StudyError(problems)
    return Overrides(lines=tuple(_in_force(lines)), source=source)


def require_known_targets(overrides: Overrides, known: Sequence[str]) -> None:
    """Refuse corrections of what is not there: they would be left out without a word.

    Parameters
    ----------
    known : every target that a correction may name.

    Raises
    ------
    StudyError
        With every line in force whose target is none of them.
    """
    problems = []
    for line in overrides.lines:
        if line.target in known:
            continue
        problems.append(
            Problem(
                file=overrides.source,
                place=str(line.number),
                what=f"'{line.target}' is corrected, which was not declared or holds no sample",
                expected="a target such as " + ", ".join(f"'{name}'" for name in known[:MOST_TOLD]),
                hint=f"Undo it with: avpi blot correct {overrides.source} --revoke {line.number}",
            )
        )
    if problems:
        raise StudyError(problems)


def append_override(path: Path, correction: Mapping[str, Any]) -> int:
    """Write one more line at the end of a file of corrections, made if there is none; return its number.

    Parameters
    ----------
    correction : ``{"at", "by", "target", "set", "reason"}``, or ``{"revoke": n}`` with who, when and why beside it.

    Raises
    ------
    StudyError
        If the file has faults already, or the line would be one: nothing is written then.
    """
    text = _text(path, str(path)) if path.is_file() else ""
    if text.strip():
        read_overrides_file(path)
    written = {number: line for number, line in enumerate(text.split("\n"), start=1) if line.strip()}
    before = line_hash(written[max(written)]) if written else ""
    line = json.dumps({**correction, **({"before": before} if before else {})}, ensure_ascii=False)
    open_end = bool(text) and not text.endswith("\n")
    number = text.count("\n") + open_end + 1
    try:
        _parse(line, before, dict.fromkeys(written))
    except _LineFault as fault:
        raise StudyError(Problem(file=str(path), place=str(number), what=fault.what, expected=fault.expected)) from None
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(("\n" if open_end else "") + line + "\n")
    except OSError as error:
        what = f"'{path}' cannot be written: {error.strerror}"
        raise StudyError(Problem(file=str(path), what=what)) from None
    return number


class _LineFault(ValueError):  # noqa: N818 - reads as what it is
    def __init__(self, what: str, expected: str = "") -> None:
        self.what, self.expected = what, expected
        super().__init__(what)


def _text(path: Path, source: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = Problem(file=source, what=f"byte '0x{error.object[error.start]:02x}' is not UTF-8 text")
        raise StudyError(problem) from None
    except OSError as error:
        problem = Problem(file=source, what=f"'{source}' cannot be read: {error.strerror}")
        raise StudyError(problem) from None


def _in_force(lines: Mapping[int, Mapping[str, Any]]) -> list[Override]:
    """Return the corrections that no line in force revokes: the last line is in force, and so on upwards."""
    revoked: set[int] = set()
    for number in sorted(lines, reverse=True):
        if number not in revoked and "revoke" in lines[number]:
            revoked.add(lines[number]["revoke"])
    return [
        Override(number=number, **{key: line[key] for key in _FORM})
        for number, line in lines.items()
        if number not in revoked and "revoke" not in line
    ]


_FORM: Mapping[str, type] = {"at": str, "by": str, "target": str, "set": dict, "reason": str}


def _parse(text: str, before: str, earlier: Mapping[int, object]) -> Mapping[str, Any]:
    try:
        line = json.loads(text, parse_constant=_refuse_constant)
    except _LineFault:
        raise
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "it is too deep or holds too long a number"
        what = f"'{_short(text)}' is not JSON: {reason}"
        raise _LineFault(what) from None
    if not isinstance(line, dict):
        what = f"'{_short(text)}' is not a JSON object"
        raise _LineFault(what)
    if line.get("before", "") != before:
        what = (
            "the line does not carry the hash of the line before it: one of the two was changed, or a line was removed"
        )
        raise _LineFault(what, f'"before": "{before}"')
    if "revoke" in line:
        number = line["revoke"]
        if not isinstance(number, int) or isinstance(number, bool) or number not in earlier:
            what = f"'revoke' is '{number}', which is no line before this one"
            raise _LineFault(what, "the number of an earlier line")
        return line
    for key, kind in _FORM.items():
        if not isinstance(line.get(key), kind):
            state = f"is '{_short(json.dumps(line[key]))}'" if key in line else "is missing"
            what = f"'{key}' {state}"
            raise _LineFault(what, "an object" if kind is dict else "text")
    return line


def _refuse_constant(word: str) -> float:
    what = f"'{word}' is no number"
    raise _LineFault(what, "finite numbers")


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."
