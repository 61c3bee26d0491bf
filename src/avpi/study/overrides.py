"""Corrections by hand: ``overrides.jsonl``, one line each, appended and never deleted.

A line is ``{"at", "by", "target": "blot1/lane3", "set": {...}, "reason", "before": <sha256 of the previous line>}``;
an undo is a further line ``{"revoke": n}`` (n counts lines from 1). The chain of hashes shows a removed line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avpi.errors import Problem, StudyError
from avpi.study.manifest import OVERRIDES_FILE


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
    """The corrections in force, oldest first."""

    lines: tuple[Override, ...] = ()

    def of(self, target: str) -> Mapping[str, Any]:
        """Return what is set for a target such as ``"blot1/lane3"``; later lines win."""
        merged: dict[str, Any] = {}
        for line in self.lines:
            if line.target == target:
                merged.update(line.set)
        return merged


def read_overrides(folder: Path) -> Overrides:
    """Read a study's corrections; none where there is no file.

    Raises
    ------
    StudyError
        If a line is no JSON object of the form above, or the chain of hashes is broken.
    """
    path = folder / OVERRIDES_FILE
    if not path.is_file():
        return Overrides()
    kept: dict[int, Override] = {}
    before = ""
    for number, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not text.strip():
            continue
        line = _parse(text, number, before)
        before = hashlib.sha256(text.encode()).hexdigest()
        if "revoke" in line:
            kept.pop(int(line["revoke"]), None)
            continue
        kept[number] = Override(
            number=number, at=line["at"], by=line["by"], target=line["target"], set=line["set"], reason=line["reason"]
        )
    return Overrides(lines=tuple(kept.values()))


def _parse(text: str, number: int, before: str) -> Mapping[str, Any]:
    def fault(what: str, expected: str = "") -> StudyError:
        return StudyError(Problem(file=OVERRIDES_FILE, place=str(number), what=what, expected=expected))

    try:
        line = json.loads(text)
    except json.JSONDecodeError as error:
        raise fault(f"is not JSON: {error.msg}") from None
    if not isinstance(line, dict):
        raise fault("is not a JSON object")
    if line.get("before", "") != before:
        raise fault("does not carry the hash of the line before it: a line was changed or removed", f"\"before\": \"{before}\"")
    if isinstance(line.get("revoke"), int):
        return line
    for key, kind in (("at", str), ("by", str), ("target", str), ("set", dict), ("reason", str)):
        if not isinstance(line.get(key), kind):
            raise fault(f"'{key}' is missing or of the wrong kind", f"{'an object' if kind is dict else 'text'}")
    return line
