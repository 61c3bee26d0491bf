"""``manifest.json`` and the report's provenance: what went in, what computed it, with which settings."""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from avpi.report.machine import RESULTS_SCHEMA, plain
from avpi.result import Result
from avpi.study.manifest import OVERRIDES_FILE

TIMED_FILES = ("manifest.json", "ro-crate-metadata.json", "log.jsonl")
"""The files that carry the time or name of the run; every other file is the same for the same inputs."""


def avpi_version() -> str:
    """Return the version of avpi that computes."""
    return version("avpi")


def environment() -> dict[str, Any]:
    """Return the versions of avpi, Python and every library that avpi needs, by name."""
    return {"avpi": avpi_version(), "python": platform.python_version(), "dependencies": _dependencies()}


def _dependencies() -> dict[str, str]:
    found = {}
    for requirement in requires("avpi") or ():
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def manifest_json(
    result: Result, *, command: Sequence[str], run: str, run_at: str, outputs: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return the manifest; ``run`` and ``run_at`` are its only entries that differ between two runs of one study."""
    inputs = result.manifest.inputs
    overrides = next((i.sha256 for i in inputs if i.name == OVERRIDES_FILE), None)
    content = {
        "schema": RESULTS_SCHEMA,
        "run": run,
        "run_at": run_at,
        "command": list(command),
        **environment(),
        "platform": f"{sys.platform}-{platform.machine()}",
        "inputs": [{"name": i.name, "size_bytes": i.size, "sha256": i.sha256} for i in inputs],
        "content_hash": result.manifest.content_hash,
        "overrides_sha256": overrides,
        "overrides_in_force": len(result.overrides.lines),
        "seeds": {"verdict": result.verdict.seed, "study": result.manifest.seed},
        "parameters": {
            "rules": result.study.rules,
            "doses": dict(result.study.words.working_doses),
            "study": result.study.file,
            "methods": {
                part.name: part.method for parts in (result.blots, result.plates, result.samples) for part in parts
            },
        },
        "outputs": list(outputs),
    }
    made: dict[str, Any] = plain(content)
    return made


def hash_outputs(folder: Path) -> list[dict[str, Any]]:
    """Return name, size and sha256 of every file written so far, in name order."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in TIMED_FILES)
    return [
        {
            "name": path.relative_to(folder).as_posix(),
            "size_bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in files
    ]
