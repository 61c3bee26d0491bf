"""What was made once and need not be made again: equations read from SBML, compiled code.

Entries lie under a hash of what they were made from, together with a hash of the sources of this folder: what another
version made is not used by this one. A cache that cannot be written is done without; a damaged entry is made anew.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from avpi.compute.cache_place import cache_folder, digest_of_sources

CHECKSUM_BYTES = 32


def keep(key: str, content: bytes) -> None:
    """Put something into the cache, whole or not at all."""
    path = _path(key)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as beside:
            written = Path(beside.name)
        try:
            written.write_bytes(_checksum(content) + content)
            written.replace(path)
        except OSError:  # a full disk: leave nothing behind
            written.unlink(missing_ok=True)


def kept(key: str) -> bytes | None:
    """Return what was kept, None if there is nothing or it is damaged."""
    try:
        stored = _path(key).read_bytes()
    except OSError:
        return None
    content = stored[CHECKSUM_BYTES:]
    return content if stored[:CHECKSUM_BYTES] == _checksum(content) else None


def _path(key: str) -> Path:
    kind, _, rest = key.partition("-")
    return cache_folder() / f"{kind}-{hashlib.sha256((rest + _own_sources()).encode()).hexdigest()[:32]}"


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


@cache
def _own_sources() -> str:
    return digest_of_sources(Path(__file__).parent)
