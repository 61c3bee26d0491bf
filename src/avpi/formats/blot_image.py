"""Images of blots as imagers export them: TIFF, PNG, JPEG and imagers' own files to :class:`avpi.readings.BlotImage`.

Stored values are kept as they are; what the file claims about polarity is recorded and never believed. Square-root
coded scans are the one exception: they are squared, since their numbers are no signal
(:mod:`avpi.formats.blot_tiff`).
The size that a file declares is checked before anything is decoded.
"""

from __future__ import annotations

from pathlib import Path

from avpi.formats.blot_grey import fault
from avpi.formats.blot_imager_files import SUFFIXES, UNREAD, read_imager_file
from avpi.formats.blot_png_jpeg import JPEG_MAGIC, PNG_MAGIC, read_jpeg, read_png
from avpi.formats.blot_tiff import MAGIC, read_tiff
from avpi.readings import BlotImage


def read_blot_image(path: Path, source: str, *, page: int | None = None) -> BlotImage:
    """Read a blot as the imager stored it.

    Parameters
    ----------
    path : the file.
    source : its name as the user knows it, for messages.
    page : which page of a TIFF, from 1; the first, with a caveat, where a file has several and none is chosen.

    Returns
    -------
    BlotImage with ``lossy`` True for JPEG; whether a lossy image may be quantified is the caller's to decide.

    Raises
    ------
    FileFormatError
        If the file is missing, empty, truncated, no image, larger than ``MAX_PIXELS``, in colour, has other than 8 or
        16 bits (or finite floating-point numbers), or needs a reader that is not installed.
    """
    try:
        with path.open("rb") as file:
            head = file.read(32)
    except OSError as error:
        raise fault(source, f"cannot be opened: {error.strerror}", hint="Check the file's name and rights.") from None
    if not head:
        raise fault(source, "is empty (0 bytes)", hint="Copy the file again from the imager.")
    if head.startswith(MAGIC):
        return read_tiff(path, source, page)
    if page not in (None, 1):
        raise fault(source, f"has no page '{page}'", expected="a TIFF of several pages", hint="Leave 'page' out.")
    if head.startswith(PNG_MAGIC):
        return read_png(path, source, head)
    if head.startswith(JPEG_MAGIC):
        return read_jpeg(path, source)
    if path.suffix.lower() in {*SUFFIXES, *UNREAD}:
        return read_imager_file(path, source)
    raise fault(source, f"is not an image that avpi reads: it begins with '{_printable(head[:12])}'")


def _printable(raw: bytes) -> str:
    return "".join(chr(b) if 32 <= b < 127 else "." for b in raw)
