"""A fault of ours: what is needed to mend it goes into a file; two lines go to the person."""

from __future__ import annotations

import platform
import secrets
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path


def write_crash(error: BaseException, arguments: Sequence[str]) -> tuple[str, str]:
    """Write ``crash-<id>.txt`` in the current folder, or in the temporary one, and return two lines to print."""
    name = f"crash-{secrets.token_hex(4)}.txt"
    text = _details(error, arguments)
    first = f"avpi stopped at a fault of its own: {type(error).__name__}: {error}".replace("\n", " ")
    for folder in (Path(), Path(tempfile.gettempdir())):
        try:
            path = (folder / name).absolute()
            path.write_text(text, "utf-8")
        except OSError:
            continue
        return first, f"Your files are as they were. Please send '{path}' to the developers of avpi."
    sys.stderr.write(text)
    return first, "Your files are as they were. Please send the lines above to the developers of avpi."


def _details(error: BaseException, arguments: Sequence[str]) -> str:
    from avpi import __version__

    return "\n".join(
        [
            f"avpi {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"command: avpi {' '.join(arguments)}",
            "",
            "".join(traceback.format_exception(error)),
        ]
    )
