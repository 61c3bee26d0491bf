"""Images of blots as imagers export them: TIFF, PNG, JPEG to :class:`avpi.readings.BlotImage`.

Stored values are kept as they are; what the file claims about polarity is recorded and never believed.
TIFF is read with tifffile and imagecodecs (uncompressed, LZW, deflate, PackBits), PNG and JPEG with Pillow.
The size that a file declares is checked before anything is decoded.
"""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from avpi.errors import FileFormatError, Problem
from avpi.estimate import Caveat
from avpi.readings import BlotImage

MAX_PIXELS = 100_000_000
"""Largest image that is decoded (assumed): a 16-bit imager of today stores 2-20 Mpx."""
MIN_SIDE_PX = 8
"""Smallest side of an image that can hold a band and its background (assumed)."""
GREY_TOLERANCE = 0.03
"""Largest spread between R, G and B, as a share of full scale, that conversion to grey explains (assumed)."""
LOSSY_GREY_TOLERANCE = 0.30
"""The same for JPEG, whose chroma planes ring at sharp edges (assumed)."""
WELL_FILLED_BITS = 13
"""16-bit data that use fewer bits than this are told to the user: cameras of 12 bits and fewer, or an 8-bit export."""

EXPECTED = "a grey TIFF or PNG of 8 or 16 bits a pixel, exported from the imager"
REMEDY = "Export the image again from the imager's program as 16-bit TIFF."

_TIFF_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_JPEG_MAGIC = b"\xff\xd8\xff"
_PNG_GREY_DEPTHS = (8, 16)
_JPEG_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

Polarity = Literal["min_is_black", "min_is_white", "unknown"]


def read_blot_image(path: Path, source: str) -> BlotImage:
    """Read a blot as the imager stored it.

    Parameters
    ----------
    path : the file.
    source : its name as the user knows it, for messages.

    Returns
    -------
    BlotImage with ``lossy`` True for JPEG; whether a lossy image may be quantified is the caller's to decide.

    Raises
    ------
    FileFormatError
        If the file is missing, empty, truncated, no image, larger than ``MAX_PIXELS``, in colour, or has
        neither 8 nor 16 bits a pixel.
    """
    try:
        with path.open("rb") as file:
            head = file.read(32)
    except OSError as error:
        raise _fault(source, f"cannot be opened: {error.strerror}", hint="Check the file's name and rights.") from None
    if not head:
        raise _fault(source, "is empty (0 bytes)", hint="Copy the file again from the imager.")
    if head.startswith(_TIFF_MAGIC):
        return _read_tiff(path, source)
    if head.startswith(_PNG_MAGIC):
        return _read_png(path, source, head)
    if head.startswith(_JPEG_MAGIC):
        return _read_jpeg(path, source)
    raise _fault(source, f"is not an image that avpi reads: it begins with '{_printable(head[:12])}'")


def _fault(source: str, what: str, *, expected: str = EXPECTED, hint: str = REMEDY) -> FileFormatError:
    return FileFormatError(Problem(file=source, what=what, expected=expected, hint=hint))


def _printable(raw: bytes) -> str:
    return "".join(chr(b) if 32 <= b < 127 else "." for b in raw)


def _check_size(source: str, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _fault(
            source,
            f"declares '{width} x {height}' pixels, more than avpi decodes",
            expected=f"at most {MAX_PIXELS // 1_000_000} million pixels",
            hint="Crop to the membrane or export at the camera's own resolution.",
        )
    if min(width, height) < MIN_SIDE_PX:
        raise _fault(source, f"has '{width} x {height}' pixels", expected=f"at least {MIN_SIDE_PX} pixels each way")


# ---------------------------------------------------------------------------------------------- TIFF


def _read_tiff(path: Path, source: str) -> BlotImage:
    caveats: list[Caveat] = []
    with _quiet_tifffile():
        try:
            with tifffile.TiffFile(path) as tiff:
                if not len(tiff.pages):
                    raise _fault(source, "is a TIFF without an image")
                page = tiff.pages.first
                _check_tiff(page, source)
                tag_polarity = _tag_polarity(page)
                if len(tiff.pages) > 1:
                    caveats.append(_pages_caveat(len(tiff.pages)))
                pixels = page.asarray(maxworkers=1)
        except FileFormatError:
            raise
        except (tifffile.TiffFileError, ValueError, KeyError, IndexError, TypeError, struct.error, OSError) as error:
            raise _fault(
                source, f"is a TIFF that cannot be decoded, truncated or damaged ({_first_line(error)})"
            ) from None
        except (RuntimeError, MemoryError, ZeroDivisionError, AttributeError, zlib.error) as error:
            raise _fault(source, f"is a TIFF that cannot be decoded, damaged ({_first_line(error)})") from None
    if pixels.ndim == 3 and page.planarconfig == 2:
        pixels = np.moveaxis(pixels, 0, -1)
    grey, colour = _to_grey(pixels, source, has_alpha=bool(page.extrasamples), lossy=_is_lossy(page))
    return _image(grey, source, tag_polarity, (*caveats, *colour), lossy=_is_lossy(page))


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


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0][:120] if text else type(error).__name__


def _check_tiff(page: Any, source: str) -> None:
    """Refuse by its tags what must not or cannot be decoded."""
    _check_size(source, int(page.imagewidth), int(page.imagelength))
    if page.samplesperpixel > 5 or page.imagedepth > 1:
        raise _fault(source, f"has '{page.samplesperpixel}' samples a pixel")
    if page.photometric == tifffile.PHOTOMETRIC.PALETTE:
        raise _fault(source, "is a palette (pseudo-colour) TIFF: its numbers are colour indices, not signal")
    if page.bitspersample not in (8, 16) or page.dtype is None or page.dtype.kind != "u":
        kind = {"f": "floating-point", "i": "signed"}.get(getattr(page.dtype, "kind", ""), "")
        raise _fault(source, f"has '{page.bitspersample}' {kind} bits a pixel".replace("  ", " "))
    stored = sum(page.databytecounts)
    if page.compression == 1 and stored < page.nbytes:
        raise _fault(source, f"is truncated: its tags name {stored} bytes of pixels where {page.nbytes} are needed")
    size = page.parent.filehandle.size
    last = max((o + n for o, n in zip(page.dataoffsets, page.databytecounts, strict=True)), default=0)
    if last > size or not page.dataoffsets:
        raise _fault(
            source,
            f"is truncated: its pixels should end at byte {last}, the file ends at byte {size}",
            hint="Copy the file again from the imager.",
        )


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


# ---------------------------------------------------------------------------------------- PNG, JPEG


def _read_png(path: Path, source: str, head: bytes) -> BlotImage:
    if len(head) < 26 or head[12:16] != b"IHDR":
        raise _fault(source, "is a PNG without a header, truncated or damaged")
    width, height = struct.unpack(">II", head[16:24])
    depth, colour_type = head[24], head[25]
    _check_size(source, width, height)
    if colour_type == 3:
        raise _fault(source, "is a palette PNG: its numbers are colour indices, not signal")
    if depth not in _PNG_GREY_DEPTHS:
        raise _fault(source, f"has '{depth}' bits a pixel")
    if depth == 16 and colour_type in (2, 4, 6):
        # Pillow would silently reduce 16-bit colour to 8 bits.
        raise _fault(source, "is a 16-bit colour PNG", expected="a 16-bit grey PNG or TIFF")
    pixels, _ = _decode_with_pillow(path, source, "PNG")
    if depth == 16:
        pixels = pixels.astype(np.uint16)
    grey, caveats = _to_grey(pixels, source, has_alpha=colour_type in (4, 6), lossy=False)
    return _image(grey, source, "min_is_black", caveats, lossy=False)


def _read_jpeg(path: Path, source: str) -> BlotImage:
    _check_size(source, *_jpeg_size(path, source))
    pixels, mode = _decode_with_pillow(path, source, "JPEG")
    if mode not in ("L", "RGB"):
        raise _fault(source, f"is a JPEG in the colour space '{mode}'")
    grey, caveats = _to_grey(pixels, source, has_alpha=False, lossy=True)
    return _image(grey, source, "unknown", caveats, lossy=True)


def _decode_with_pillow(path: Path, source: str, kind: str) -> tuple[NDArray[Any], str]:
    try:
        with Image.open(path, formats=[kind]) as picture:
            picture.load()
            return np.asarray(picture), picture.mode
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error, zlib.error) as error:
        raise _fault(
            source, f"is a {kind} that cannot be decoded, truncated or damaged ({_first_line(error)})"
        ) from None


def _jpeg_size(path: Path, source: str) -> tuple[int, int]:
    """Return (width, height) from the frame header, without decoding."""
    raw = path.read_bytes()
    at = 2
    while at + 9 < len(raw):
        if raw[at] != 0xFF:
            break
        marker = raw[at + 1]
        if marker in _JPEG_FRAME_MARKERS:
            height, width = struct.unpack(">HH", raw[at + 5 : at + 9])
            return int(width), int(height)
        if marker == 0xFF or 0xD0 <= marker <= 0xD9:
            at += 1 if marker == 0xFF else 2
            continue
        at += 2 + struct.unpack(">H", raw[at + 2 : at + 4])[0]
    raise _fault(source, "is a JPEG without a frame header, truncated or damaged")


# --------------------------------------------------------------------------------------- all formats


def _to_grey(
    pixels: NDArray[Any], source: str, *, has_alpha: bool, lossy: bool
) -> tuple[NDArray[Any], tuple[Caveat, ...]]:
    """Return one channel; refuse pictures whose channels say different things."""
    if pixels.ndim == 2:
        return pixels, ()
    if pixels.ndim != 3:
        raise _fault(source, f"holds an array of {pixels.ndim} dimensions")
    colours = pixels[..., :-1] if has_alpha and pixels.shape[-1] > 1 else pixels
    full_scale = float(np.iinfo(pixels.dtype).max)
    spread = (colours.max(axis=-1).astype(np.int32) - colours.min(axis=-1)) / full_scale
    largest = float(spread.max())
    if largest > (LOSSY_GREY_TOLERANCE if lossy else GREY_TOLERANCE):
        raise _fault(
            source,
            f"is a colour picture: its channels differ by up to '{largest:.0%}' of full scale",
            hint="Export the chemiluminescence channel alone as grey TIFF, without overlays or drawings.",
        )
    if has_alpha and float(pixels[..., -1].min()) < full_scale:
        raise _fault(source, "has transparent pixels", hint="Export without transparency or drawings.")
    if colours.shape[-1] == 1:
        return colours[..., 0], ()
    # The rounded mean; equal channels come out unchanged.
    grey = np.rint(colours.mean(axis=-1)).astype(pixels.dtype)
    text = (
        "The file stores grey as colour; its channels were averaged. "
        "Imagers export grey: was it saved by another program?"
    )
    return grey, (Caveat(code="colour_to_grey", text=text),)


def _image(
    pixels: NDArray[Any], source: str, tag_polarity: Polarity, caveats: tuple[Caveat, ...], *, lossy: bool
) -> BlotImage:
    pixels = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("=")))
    bits = pixels.dtype.itemsize * 8
    if bits == 16:
        # Low bits that are never set (data shifted up) count as unused too.
        used = int(np.bitwise_or.reduce(pixels, axis=None))
        used_bits = used.bit_length() - ((used & -used).bit_length() - 1 if used else 0)
        if used_bits < WELL_FILLED_BITS:
            text = (
                f"The 16-bit file uses only {used_bits} bits: a faint exposure, or an image of fewer grey levels was "
                "converted."
            )
            caveats = (*caveats, Caveat(code="few_grey_levels", text=text))
    pixels.setflags(write=False)
    return BlotImage(
        pixels=pixels, bits=bits, lossy=lossy, tag_polarity=tag_polarity, source=source, caveats=tuple(caveats)
    )
