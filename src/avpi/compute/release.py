"""Which release of avpi runs in a process, and of what its numbers depend on: equal releases give equal bits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("avpi", "numpy", "scipy", "llvmlite")
"""Packages whose version can change a result: ours, the random bits, the quantiles, the compiler."""

SOURCES = "sources of avpi"

Release = Mapping[str, str | None]
"""Package -> version, None where it is not installed; and SOURCES -> a hash, where it is known."""


@cache
def release() -> Release:
    """Return the release of this process."""
    return {**{name: _version(name) for name in PACKAGES}, SOURCES: _hash_of_sources()}


def difference(here: Release, there: Release) -> tuple[str, str] | None:
    """Return how ``there`` differs from ``here`` and how to mend it, None if it does not in what both tell."""
    for name in (name for name in here if name in there and here[name] != there[name]):
        if name == SOURCES:
            return f"has other sources of avpi '{here['avpi']}'", "Install the same sources there, and start it anew"
        has = f"has {name} '{there[name]}'" if there[name] else f"does not have {name}"
        return f"{has}, here it is '{here[name]}'", f"Install the same there: pip install '{name}=={here[name]}'"
    return None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _hash_of_sources() -> str:
    """Hash the files and not the version alone: a checkout changes without it."""
    folder = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()
