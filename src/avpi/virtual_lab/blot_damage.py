"""What people do to a picture of a blot before they measure it, done to a drawn one on purpose.

Each function takes pixels as an imager stores them (bright bands, 16 bits) and returns what is left. Detectors of
integrity are measured on these, and on none alone: real damage comes in mixtures.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WHITE = 65535
"""Top of a 16-bit scale."""

Pixels = NDArray[np.uint16]


def _stored(grey: NDArray[np.float64]) -> Pixels:
    """Return grey levels as a 16-bit file keeps them."""
    kept: Pixels = np.clip(np.rint(grey), 0, WHITE).astype(np.uint16)
    return kept


def overexposed(pixels: Pixels, fold: float) -> Pixels:
    """Return the picture of a shutter open ``fold`` times as long: what passes the top of the scale is lost."""
    return _stored(pixels.astype(np.float64) * fold)


def gamma_corrected(pixels: Pixels, gamma: float) -> Pixels:
    """Return the picture after a gamma correction over its own range, as image editors do it."""
    top = float(pixels.max())
    return _stored(top * (pixels / max(top, 1.0)) ** gamma)


def stretched(pixels: Pixels, low_percent: float, high_percent: float) -> Pixels:
    """Return the picture with its contrast stretched: what lies outside two percentiles becomes black or white."""
    low, high = np.percentile(pixels, [low_percent, high_percent])
    scaled = (pixels.astype(np.float64) - low) / max(high - low, 1.0)
    return _stored(scaled * WHITE)


def black_clipped(pixels: Pixels, share: float) -> Pixels:
    """Return the picture with its darkest ``share`` of pixels set to zero: 'background removed'."""
    floor = float(np.quantile(pixels, share))
    return _stored(pixels.astype(np.float64) - floor)


def cut_at_row(pixels: Pixels, row_px: float) -> Pixels:
    """Return the picture cropped so that it begins at ``row_px``: a band that stands there is cut."""
    return np.ascontiguousarray(pixels[max(0, round(row_px)) :])


def eight_bits(pixels: Pixels) -> NDArray[np.uint8]:
    """Return the picture scaled to 256 grey levels over its own range."""
    low, high = float(pixels.min()), float(pixels.max())
    grey: NDArray[np.uint8] = np.rint((pixels - low) * 255.0 / max(high - low, 1.0)).astype(np.uint8)
    return grey


def through_jpeg(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Return the picture after it was a JPEG, whatever it is stored as afterwards."""
    kept = io.BytesIO()
    Image.fromarray(pixels).save(kept, format="JPEG", quality=quality)
    kept.seek(0)
    return np.array(Image.open(kept))


def lane_copied(pixels: Pixels, from_x_px: float, to_x_px: float, width_px: float) -> Pixels:
    """Return the picture with one lane pasted over another."""
    half = round(width_px / 2)
    source = slice(max(0, round(from_x_px) - half), round(from_x_px) + half)
    start = max(0, round(to_x_px) - half)
    forged = pixels.copy()
    forged[:, start : start + source.stop - source.start] = pixels[:, source][:, : forged.shape[1] - start]
    return forged


def spliced(left: Pixels, right: Pixels, at_px: int) -> Pixels:
    """Return two exposures put side by side at a column, as if they were one."""
    rows = min(left.shape[0], right.shape[0])
    return np.hstack([left[:rows, :at_px], right[:rows, at_px:]])
