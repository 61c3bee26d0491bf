"""Imagers' own files (Bio-Rad Image Lab ``.scn``, Syngene GeneSys ``.sgd``) through the optional reader openreadout.

openreadout (MIT or Apache-2.0) reads Image Lab files bit for bit as Bio-Formats does by its own account; nothing of it
was checked here on a real file, so what it reads carries a caveat. Bio-Rad's older ``.1sc`` has no reader.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from avpi.estimate import Caveat
from avpi.formats.blot_grey import check_size, fault, finished
from avpi.readings import BlotImage

SUFFIXES = {".scn": "Bio-Rad Image Lab", ".sgd": "Syngene GeneSys"}
"""Files that the optional reader knows, by ending."""
FORMATS = frozenset({"biorad-scn", "syngene-sgd"})
"""The reader's own names for them: it reads much else that is no blot."""
UNREAD = {".1sc": "Bio-Rad Quantity One"}
"""Files that nothing here reads."""
MODULE = "openreadout"


def read_imager_file(path: Path, source: str) -> BlotImage:
    """Read the first image of an imager's own file.

    Raises
    ------
    FileFormatError
        If the optional reader is missing or finds the file damaged, of another kind, or without a grey image.
    """
    suffix = path.suffix.lower()
    program = SUFFIXES.get(suffix) or UNREAD.get(suffix, "")
    export = f"Export it from {program} as 16-bit TIFF ('for analysis', no contrast adjustment)."
    if suffix in UNREAD:
        raise fault(source, f"is a file of {program}, which avpi does not read", hint=export)
    try:
        reader: Any = importlib.import_module(MODULE)
    except ImportError:
        what = f"is a file of {program}, which needs the optional reader '{MODULE}'"
        raise fault(
            source, what, hint=f"Install it with 'pip install avpi[scn]'. Or: {export[0].lower()}{export[1:]}"
        ) from None
    try:
        with reader.File(str(path)) as file:
            about = file.info
            images = about.get("images") or []
            if file.format not in FORMATS or not images:
                raise fault(source, f"is no image of {program}", hint=export)
            first = images[0]
            check_size(source, int(first["size_x"]), int(first["size_y"]))
            pixels = np.asarray(file.read_plane(image=0, c=0, z=0, t=0))
    except reader.OpenReadoutError as error:
        what = f"cannot be read as a file of {program}: {str(error).splitlines()[0][:120]}"
        raise fault(source, what, hint=export) from None
    extra = first.get("extra") or {}
    if extra.get("gel_scaling"):
        # Square roots of counts, whose scale the reader reports and does not apply.
        raise fault(source, "holds a square-root coded scan, whose numbers are no signal", hint=export)
    if pixels.ndim != 2 or pixels.dtype not in (np.uint8, np.uint16):
        raise fault(source, f"holds pixels of kind '{pixels.dtype}' in {pixels.ndim} dimensions", hint=export)
    note = Caveat(
        code="optional_reader",
        text=f"A file of {program}, read through {MODULE} {getattr(reader, '__version__', '')}; that reader was not "
        "checked against real files here. Compare one band with a 16-bit TIFF export.",
    )
    notes = (note,) if len(images) == 1 else (note, _first_of(len(images)))
    ceiling = extra.get("data_ceiling")
    top = float(ceiling) if isinstance(ceiling, int | float) and 0 < ceiling <= np.iinfo(pixels.dtype).max else None
    channels = first.get("channels") or [{}]
    milliseconds = channels[0].get("exposure_ms")
    seconds = float(milliseconds) / 1000 if isinstance(milliseconds, int | float) and milliseconds > 0 else None
    return finished(pixels, source, "min_is_black", notes, lossy=False, top=top, exposure_seconds=seconds)


def _first_of(count: int) -> Caveat:
    return Caveat(
        code="first_page_only",
        text=f"The file holds {count} images; the first was read. Export the others on their own.",
    )
