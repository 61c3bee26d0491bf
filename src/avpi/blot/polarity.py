"""What stored values mean: bright bands or dark bands, found from content.

The TIFF tag is not believed: imagers write ``MINISWHITE`` with bright bands stored and the reverse. Bands are
thin across the direction of running, lanes and membrane edges are not, so peaks and troughs are compared along
columns only: a dark imager frame around the membrane, however large, does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter, minimum_filter1d

from avpi.blot.integrity import floor_pixels, saturated_pixels
from avpi.readings import BlotImage

Image = NDArray[np.float64]

MEDIAN_SHARES = (0.2, 0.6)
"""Lengths of the running median as shares of the image height: bands of a whole membrane, thick bands of a crop.
A median keeps steps (membrane edges) and ignores what fills less than half of it (assumed)."""
PROFILE_ROWS, PROFILE_COLUMNS = 160, 64
"""Size of the reduced copy on which polarity is decided (speed)."""
CLEAR_RATIO = 1.5
"""Energy ratio of peaks to troughs below which polarity is reported as uncertain (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A blot with bands upwards.

    Attributes
    ----------
    values : (rows, columns) stored values, turned over where bands are dark.
    saturated, at_floor : (rows, columns) pixels at the top of the scale, and at its zero.
    polarity : what the stored values were.
    certain : False where peaks and troughs are alike.
    """

    values: Image
    saturated: NDArray[np.bool_]
    at_floor: NDArray[np.bool_]
    polarity: Literal["bright", "dark"]
    certain: bool


def as_signal(image: BlotImage) -> Signal:
    """Return a blot's values with bands upwards."""
    stored = image.pixels.astype(np.float64)
    polarity, certain = find_polarity(stored)
    values = stored if polarity == "bright" else float(2**image.bits - 1) - stored
    return Signal(
        values=values,
        saturated=saturated_pixels(values, bits=image.bits, lossy=image.lossy),
        at_floor=floor_pixels(values),
        polarity=polarity,
        certain=certain,
    )


def find_polarity(stored: Image) -> tuple[Literal["bright", "dark"], bool]:
    """Return what bands are in stored values, and whether that is clear."""
    small = block_means(stored, max(1, stored.shape[0] // PROFILE_ROWS), max(1, stored.shape[1] // PROFILE_COLUMNS))
    peaks = troughs = 0.0
    for share in MEDIAN_SHARES:
        length = max(5, int(share * small.shape[0]) | 1)
        above = small - median_filter(small, size=(length, 1), mode="nearest")
        peaks += float(np.sum(np.maximum(above, 0) ** 2))
        troughs += float(np.sum(np.minimum(above, 0) ** 2))
    certain = max(peaks, troughs) >= CLEAR_RATIO * min(peaks, troughs)
    return ("bright" if peaks >= troughs else "dark"), certain


def peaks_along_columns(values: Image, size_px: int) -> Image:
    """Return what stands above the opening of each column with a line of ``size_px`` (white top-hat)."""
    eroded = minimum_filter1d(values, size_px, axis=0, mode="nearest")
    return values - maximum_filter1d(eroded, size_px, axis=0, mode="nearest")


def block_means(values: Image, rows_px: int, columns_px: int) -> Image:
    """Return the means of blocks; rows and columns that fill no block are left out."""
    rows, columns = values.shape[0] // rows_px, values.shape[1] // columns_px
    blocks = values[: rows * rows_px, : columns * columns_px].reshape(rows, rows_px, columns, columns_px)
    means: Image = blocks.mean(axis=(1, 3))
    return means
