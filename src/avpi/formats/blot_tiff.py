"""Blots as TIFF: uncompressed, LZW, deflate, PackBits, tiled, BigTIFF, of either byte order; square-root coded scans.

What the tags claim is checked before anything is decoded. Scans of Molecular Dynamics (.gel: Storm, Typhoon, FLA) may
hold square roots of their counts: tag 33445 says so, tag 33446 holds the scale (Molecular Dynamics tag set, as listed
in the TIFF tag registry of AWare Systems). They are squared here; as they stand their numbers are no signal.
"""

from __future__ import annotations

import logging
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from avpi.errors import FileFormatError
from avpi.estimate import Caveat
from avpi.formats.blot_grey import Polarity, check_size, fault, finished, first_line, grey_palette, to_grey
from avpi.readings import BlotImage

MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
"""First bytes of TIFF and BigTIFF of either byte order."""
GEL_CODING, GEL_SCALE = 33445, 33446
"""Private tags of Molecular Dynamics: how counts are coded, and the scale of square roots."""
SQUARE_ROOT, LINEAR = 2, 128
EXPOSURE_TAG = 33434
"""ExposureTime of EXIF, seconds."""
EXPANSION_MAX = 1500
"""Bytes of pixels that one stored byte can become: deflate reaches 1032, LZW 1365 (their formats)."""
_EXPOSURE = re.compile(
    r"exposure[ _]*(?:time)?[^0-9\n]{0,12}?([0-9]+(?:[.,][0-9]+)?)\s*"
    r"(ms|msec|milliseconds?|min|minutes?|s|sec|seconds?)?\b",
    re.IGNORECASE,
)


def read_tiff(path: Path, source: str, page_number: int | None = None) -> BlotImage:
    """Read one page of a TIFF: the one asked for (from 1), or the first with a caveat where there are more."""
    caveats: list[Caveat] = []
    with _quiet_tifffile():
        try:
            with tifffile.TiffFile(path) as tiff:
                count = len(tiff.pages)
                if not count:
                    raise fault(source, "is a TIFF without an image")
                page = _page(tiff, source, page_number, count)
                _check_tiff(page, source)
                if count > 1 and page_number is None:
                    caveats.append(_pages_caveat(count))
                pixels = page.asarray(maxworkers=1)
                coding, exposure = _gel_scale(page, source), _exposure_seconds(page)
                polarity = _tag_polarity(page)
                if page.photometric == tifffile.PHOTOMETRIC.PALETTE:
                    pixels = _through_palette(page, pixels, source)
        except FileFormatError:
            raise
        except (tifffile.TiffFileError, ValueError, KeyError, IndexError, TypeError, struct.error, OSError) as error:
            what = f"is a TIFF that cannot be decoded, truncated or damaged ({first_line(error)})"
            raise fault(source, what) from None
        except (
            RuntimeError, MemoryError, ZeroDivisionError, AttributeError, OverflowError, zlib.error,
            imagecodecs.DelayedImportError,
        ) as error:  # fmt: skip
            raise fault(source, f"is a TIFF that cannot be decoded, damaged ({first_line(error)})") from None
    if pixels.ndim == 3 and page.planarconfig == 2:
        pixels = np.moveaxis(pixels, 0, -1)
    lossy = _is_lossy(page)
    grey, colour = to_grey(pixels, source, has_alpha=bool(page.extrasamples), lossy=lossy)
    top = None
    if coding is not None:
        grey, top, note = _squared(grey, coding)
        caveats.append(note)
    elif grey.dtype.kind == "f":
        grey = grey.astype(np.float32)
    return finished(grey, source, polarity, (*caveats, *colour), lossy=lossy, top=top, exposure_seconds=exposure)


@contextmanager
def _quiet_tifffile() -> Iterator[None]:
    """Keep what tifffile logs about odd tags from the user: what matters is raised or becomes a caveat."""
    logger = logging.getLogger("tifffile")
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


def _page(tiff: Any, source: str, number: int | None, count: int) -> Any:
    if number is None:
        return tiff.pages.first
    if not 1 <= number <= count:
        what = f"has no page '{number}'"
        raise fault(source, what, expected=f"a page from 1 to {count}", hint="Pages are counted from 1.")
    return tiff.pages[number - 1]


def _check_tiff(page: Any, source: str) -> None:
    """Refuse by its tags what must not or cannot be decoded."""
    check_size(source, int(page.imagewidth), int(page.imagelength))
    if page.photometric == tifffile.PHOTOMETRIC.SEPARATED:
        what = "is a CMYK picture: inks for printing, not signal"
        raise fault(source, what)
    if page.samplesperpixel > 5 or page.imagedepth > 1:
        raise fault(source, f"has '{page.samplesperpixel}' samples a pixel")
    kind = getattr(page.dtype, "kind", "")
    if page.dtype is None or not (
        (kind == "u" and page.bitspersample in (8, 16)) or (kind == "f" and page.bitspersample in (32, 64))
    ):
        word = {"f": "floating-point", "i": "signed"}.get(kind, "")
        raise fault(source, f"has '{page.bitspersample}' {word} bits a pixel".replace("  ", " "))
    if kind == "f" and page.samplesperpixel > 1:
        raise fault(source, "is a colour picture of floating-point numbers")
    stored = sum(page.databytecounts)
    if page.compression == 1 and stored < page.nbytes:
        raise fault(source, f"is truncated: its tags name {stored} bytes of pixels where {page.nbytes} are needed")
    size = page.parent.filehandle.size
    last = max((o + n for o, n in zip(page.dataoffsets, page.databytecounts, strict=True)), default=0)
    if last > size or not page.dataoffsets:
        raise fault(
            source,
            f"is truncated: its pixels should end at byte {last}, the file ends at byte {size}",
            hint="Copy the file again from the imager.",
        )
    if page.nbytes > EXPANSION_MAX * max(stored, 1):
        what = f"declares '{page.imagewidth} x {page.imagelength}' pixels, which its {stored} bytes cannot hold"
        raise fault(source, what)


def _is_lossy(page: Any) -> bool:
    return page.compression in (6, 7, 34892, 50001, 50002)


def _tag_polarity(page: Any) -> Polarity:
    if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
        return "min_is_white"
    return "min_is_black" if page.photometric == tifffile.PHOTOMETRIC.MINISBLACK else "unknown"


def _pages_caveat(n: int) -> Caveat:
    return Caveat(
        code="first_page_only", text=f"The file holds {n} pages; the first was read. Export the others on their own."
    )


def _through_palette(page: Any, indices: NDArray[Any], source: str) -> NDArray[Any]:
    """Return the grey levels that a grey palette gives; its entries have 16 bits, mostly 8 of them twice."""
    palette = np.asarray(page.colormap).T
    levels = grey_palette(palette, source, "TIFF")
    doubled = bool((levels % 257 == 0).all())
    shown: NDArray[Any] = (levels // 257).astype(np.uint8) if doubled else levels.astype(np.uint16)
    return np.asarray(shown[indices])


def _gel_scale(page: Any, source: str) -> float | None:
    """Return the scale of square-root coded counts; None where counts are stored as they are."""
    coding = page.tags.valueof(GEL_CODING)
    if coding is None or coding == LINEAR:
        return None
    if coding != SQUARE_ROOT:
        what = f"is a Molecular Dynamics scan whose counts are coded in the unknown way '{coding}'"
        raise fault(source, what, hint="Export it as linear 16-bit TIFF.")
    scale = page.tags.valueof(GEL_SCALE)
    value = _ratio(scale)
    if value is None or not value > 0:
        what = f"is a square-root coded scan without a usable scale ('{scale}')"
        raise fault(source, what, hint="Export it as linear 16-bit TIFF.")
    return value


def _ratio(value: Any) -> float | None:
    if isinstance(value, tuple) and len(value) == 2:
        return float(value[0]) / float(value[1]) if value[1] else None
    return float(value) if isinstance(value, int | float) else None


def _squared(roots: NDArray[Any], scale: float) -> tuple[NDArray[Any], float, Caveat]:
    """Return counts, the largest that can be stored, and the note that they were squared."""
    text = (
        "The scanner stored square roots of its counts (Molecular Dynamics .gel); they were squared and scaled back to "
        "counts before anything was measured."
    )
    counts = (roots.astype(np.float64) ** 2 * scale).astype(np.float32)
    top = float(np.float32(float(np.iinfo(roots.dtype).max) ** 2 * scale))
    return counts, top, Caveat(code="square_root_linearised", text=text)


def _exposure_seconds(page: Any) -> float | None:
    """Return how long the shutter stood open, from the EXIF tag or the imager's own words in the description."""
    value = _ratio(page.tags.valueof(EXPOSURE_TAG))
    if value is not None and value > 0:
        return value
    exif = page.tags.valueof(34665)
    if isinstance(exif, dict):
        value = _ratio(exif.get("ExposureTime"))
        if value is not None and value > 0:
            return value
    description = page.tags.valueof(270)
    return exposure_in_words(description) if isinstance(description, str) else None


def exposure_in_words(text: str) -> float | None:
    """Return the seconds of an imager's own line, such as ``Exposure time = 3.5 s``; None where there is none."""
    match = _EXPOSURE.search(text)
    if match is None:
        return None
    number, unit = float(match[1].replace(",", ".")), (match[2] or "s").lower()
    seconds = number / 1000 if unit.startswith("m") and not unit.startswith("min") else number
    seconds = number * 60 if unit.startswith("min") else seconds
    return seconds if seconds > 0 else None
