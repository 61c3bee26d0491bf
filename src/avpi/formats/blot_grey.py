"""What readers of blot images share: refusals in one wording, one grey channel, the finished reading."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from avpi.errors import FileFormatError, Problem
from avpi.estimate import Caveat
from avpi.readings import BlotImage

MAX_PIXELS = 16_000_000
"""Largest image that is decoded (assumed): imagers store 1-10 Mpx, and more would fill 500 MB in the analysis."""
MIN_SIDE_PX = 8
"""Smallest side of an image that can hold a band and its background (assumed)."""
GREY_TOLERANCE = 0.03
"""Largest spread between R, G and B, as a share of full scale, that conversion to grey explains (assumed)."""
LOSSY_GREY_TOLERANCE = 0.30
"""The same for JPEG, whose chroma planes ring at sharp edges (assumed)."""
LOSSY_COLOUR, LOSSY_COLOURED_SHARE = 0.10, 0.002
"""Spread in JPEG beyond ringing, and the share of such pixels that is a drawing: as much as a thin line (assumed)."""
WELL_FILLED_BITS = 13
"""16-bit data that use fewer bits than this are told to the user: cameras of 12 bits and fewer, or an 8-bit export."""

EXPECTED = "a grey TIFF or PNG of 8 or 16 bits a pixel, exported from the imager"
REMEDY = "Export the image again from the imager's program as 16-bit TIFF."


Polarity = Literal["min_is_black", "min_is_white", "unknown"]


def fault(source: str, what: str, *, expected: str = EXPECTED, hint: str = REMEDY) -> FileFormatError:
    """Return the refusal of a file in one wording."""
    return FileFormatError(Problem(file=source, what=what, expected=expected, hint=hint))


def first_line(error: Exception) -> str:
    """Return what a library said, short."""
    text = str(error).strip().splitlines()
    return text[0][:120] if text else type(error).__name__


def check_size(source: str, width: int, height: int) -> None:
    """Refuse by its declared size what must not be decoded."""
    if width * height > MAX_PIXELS:
        raise fault(
            source,
            f"declares '{width} x {height}' pixels, more than avpi decodes",
            expected=f"at most {MAX_PIXELS // 1_000_000} million pixels",
            hint="Crop to the membrane or export at the camera's own resolution.",
        )
    if min(width, height) < MIN_SIDE_PX:
        raise fault(source, f"has '{width} x {height}' pixels", expected=f"at least {MIN_SIDE_PX} pixels each way")


def to_grey(
    pixels: NDArray[Any], source: str, *, has_alpha: bool, lossy: bool
) -> tuple[NDArray[Any], tuple[Caveat, ...]]:
    """Return one channel; refuse pictures whose channels say different things."""
    if pixels.ndim == 2:
        return pixels, ()
    if pixels.ndim != 3:
        raise fault(source, f"holds an array of {pixels.ndim} dimensions")
    colours = pixels[..., :-1] if has_alpha and pixels.shape[-1] > 1 else pixels
    full_scale = float(np.iinfo(pixels.dtype).max)
    spread = (colours.max(axis=-1).astype(np.int32) - colours.min(axis=-1)) / full_scale
    largest = float(spread.max())
    coloured = lossy and float((spread > LOSSY_COLOUR).mean()) > LOSSY_COLOURED_SHARE
    if coloured or largest > (LOSSY_GREY_TOLERANCE if lossy else GREY_TOLERANCE):
        raise fault(
            source,
            f"is a colour picture: its channels differ by up to '{largest:.0%}' of full scale",
            hint="Export the chemiluminescence channel alone as grey TIFF, without overlays or drawings.",
        )
    if has_alpha and float(pixels[..., -1].min()) < full_scale:
        raise fault(source, "has transparent pixels", hint="Export without transparency or drawings.")
    if colours.shape[-1] == 1:
        return colours[..., 0], ()
    # The rounded mean; equal channels come out unchanged.
    equal = not lossy and largest == 0
    grey = colours[..., 0] if equal else np.rint(colours.mean(axis=-1)).astype(pixels.dtype)
    text = (
        "The file stores grey as colour; its channels were averaged. "
        "Imagers export grey: was it saved by another program?"
    )
    return grey, (Caveat(code="colour_to_grey", text=text),)


def grey_palette(palette: NDArray[Any], source: str, kind: str) -> NDArray[Any]:
    """Return the grey level of each index of a palette (entries, 3); refuse one that holds colours."""
    if not (palette == palette[:, :1]).all():
        what = f"is a palette {kind} with colours: its numbers are indices of colours, not signal"
        raise fault(source, what)
    return palette[:, 0]


def finished(
    pixels: NDArray[Any],
    source: str,
    tag_polarity: Polarity,
    caveats: tuple[Caveat, ...],
    *,
    lossy: bool,
    top: float | None = None,
    exposure_seconds: float | None = None,
) -> BlotImage:
    """Return the reading: native byte order, read-only, with what its levels tell."""
    pixels = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("="), copy=False))
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
    if bits == 32 and not np.isfinite(pixels).all():
        what = "holds pixels that are no numbers (NaN or infinite)"
        raise fault(source, what, hint="It was calculated, not measured. " + REMEDY)
    pixels.setflags(write=False)
    return BlotImage(
        pixels=pixels,
        bits=bits,
        lossy=lossy,
        tag_polarity=tag_polarity,
        source=source,
        caveats=tuple(caveats),
        top=top,
        exposure_seconds=exposure_seconds,
    )
