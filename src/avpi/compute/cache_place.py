"""Where lies what can be made again, and what it was made from."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder: AVPI_CACHE, or the platform's usual place for what can be made again."""
    if own := os.environ.get("AVPI_CACHE"):
        return Path(own)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "avpi" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "avpi"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "avpi"


def digest_of_sources(folder: Path) -> str:
    """Return a hash of the Python sources of a folder: what they made is of no use to others."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
