"""Blots as PNG and JPEG: grey of 8 or 16 bits, grey stored as colour, grey palettes."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from avpi.formats.blot_grey import check_size, fault, finished, first_line, grey_palette, to_grey
from avpi.readings import BlotImage

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC = b"\xff\xd8\xff"
_PALETTE = 3
_JPEG_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def read_png(path: Path, source: str, head: bytes) -> BlotImage:
    """Read a PNG whose first bytes are ``head``."""
    if len(head) < 26 or head[12:16] != b"IHDR":
        raise fault(source, "is a PNG without a header, truncated or damaged")
    width, height = struct.unpack(">II", head[16:24])
    depth, colour_type = head[24], head[25]
    check_size(source, width, height)
    if depth not in (8, 16):
        raise fault(source, f"has '{depth}' bits a pixel")
    if depth == 16 and colour_type != 0:
        # Pillow would silently reduce 16-bit colour to 8 bits.
        pixels = _sixteen_bit_colour(path, source)
    else:
        pixels, palette = _decode_with_pillow(path, source, "PNG")[::2]
        if colour_type == _PALETTE:
            if palette is None:
                raise fault(source, "is a palette PNG without its palette, damaged")
            levels = np.zeros(256, np.uint8)
            grey = grey_palette(palette, source, "PNG")
            levels[: grey.size] = grey
            pixels = levels[pixels]
    if depth == 16:
        pixels = pixels.astype(np.uint16)
    grey_pixels, caveats = to_grey(pixels, source, has_alpha=colour_type in (4, 6), lossy=False)
    return finished(grey_pixels, source, "min_is_black", caveats, lossy=False)


def read_jpeg(path: Path, source: str) -> BlotImage:
    """Read a JPEG; whether it may be quantified is the caller's to decide."""
    check_size(source, *_jpeg_size(path, source))
    pixels, mode, _ = _decode_with_pillow(path, source, "JPEG")
    if mode not in ("L", "RGB"):
        raise fault(source, f"is a JPEG in the colour space '{mode}'")
    grey, caveats = to_grey(pixels, source, has_alpha=False, lossy=True)
    return finished(grey, source, "unknown", caveats, lossy=True)


def _sixteen_bit_colour(path: Path, source: str) -> NDArray[Any]:
    try:
        return np.asarray(imagecodecs.png_decode(path.read_bytes()))
    except (imagecodecs.PngError, ValueError, RuntimeError, OSError) as error:
        raise fault(source, f"is a PNG that cannot be decoded, truncated or damaged ({first_line(error)})") from None


def _decode_with_pillow(path: Path, source: str, kind: str) -> tuple[NDArray[Any], str, NDArray[Any] | None]:
    """Return pixels, Pillow's mode and the palette (entries, 3) where there is one."""
    try:
        with Image.open(path, formats=[kind]) as picture:
            picture.load()
            palette = None
            if picture.mode == "P":
                palette = np.asarray(picture.getpalette("RGB"), np.uint8).reshape(-1, 3)
            return np.asarray(picture), picture.mode, palette
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error, zlib.error) as error:
        raise fault(source, f"is a {kind} that cannot be decoded, truncated or damaged ({first_line(error)})") from None


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
    raise fault(source, "is a JPEG without a frame header, truncated or damaged")
