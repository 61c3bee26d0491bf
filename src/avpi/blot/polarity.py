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
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from avpi.blot.integrity_levels import LOSSY_MARGIN, Scale, blurred_plateau, find_scale, histogram
from avpi.blot.integrity_stored import plain_levels
from avpi.blot.peaks import running_medians
from avpi.readings import BlotImage

Image = NDArray[np.float64]
Polarity = Literal["bright", "dark"]

MEDIAN_SHARES = (0.2, 0.6)
"""Lengths of the running median as shares of the image height: bands of a whole membrane, thick bands of a crop.
A median keeps steps (membrane edges) and ignores what fills less than half of it (assumed)."""
PROFILE_ROWS, PROFILE_COLUMNS = 160, 64
"""Size of the reduced copy on which polarity is decided (speed)."""
CLEAR_RATIO = 3.0
"""Energy ratio of peaks to troughs below which polarity is reported as uncertain: photographs and empty membranes
reach 3, drawn and real blots exceed 15 (measured)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A blot with bands upwards.

    Attributes
    ----------
    values : (rows, columns) stored values, turned over where bands are dark.
    saturated, at_floor : (rows, columns) pixels at the top of the scale (or of a plateau below it), and at its
        zero (or at a level at which the weakest values were cut off).
    polarity : what the stored values were.
    certain : False where peaks and troughs are alike.
    top : the largest value that can stand in ``values``; 4095 for 12 bits in a 16-bit file.
    scale : where the stored values end.
    clarity : energy of peaks over that of troughs (or the reverse), at least 1.
    distinctness : the highest peak in the scatter of all others; below 10 there is nothing but noise.
    """

    values: Image
    saturated: NDArray[np.bool_]
    at_floor: NDArray[np.bool_]
    polarity: Polarity
    certain: bool
    top: float = float("inf")
    scale: Scale | None = None
    clarity: float = float("inf")
    distinctness: float = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What bands are in stored values, and how clearly: see :class:`Signal`."""

    polarity: Polarity
    clarity: float
    distinctness: float


def as_signal(image: BlotImage) -> Signal:
    """Return a blot's values with bands upwards."""
    stored = image.pixels.astype(np.float64)
    evidence = polarity_evidence(stored)
    scale = stored_scale(image)
    bright = evidence.polarity == "bright"
    values = stored if bright else scale.full - stored
    ceiling, floor = (
        (scale.ceiling, scale.floor) if bright else tuple(None if x is None else scale.full - x for x in scale.ends())
    )
    top = scale.full if ceiling is None else ceiling
    # Fractions of single precision miss whole levels by a little.
    least = scale.step / 4
    margin = LOSSY_MARGIN if image.lossy and blurred_plateau(values, top) else least
    return Signal(
        values=values,
        saturated=values >= top - margin,
        at_floor=values <= (0.0 if floor is None else floor + least),
        polarity=evidence.polarity,
        certain=evidence.clarity >= CLEAR_RATIO,
        top=top,
        scale=scale,
        clarity=evidence.clarity,
        distinctness=evidence.distinctness,
    )


def stored_scale(image: BlotImage) -> Scale:
    """Return where a picture's stored values end; floating-point ones end where their reader says."""
    plain = plain_levels(image.pixels)
    if plain.values.dtype.kind == "u":
        top = None if image.top is None else image.top / plain.step
        found = find_scale(histogram(plain.values), top)
        ends = (None if end is None else end * plain.step for end in (found.ceiling, found.floor))
        return Scale(full=found.full * plain.step, ceiling=next(ends), floor=next(ends), step=plain.step)
    high = float(image.pixels.max())
    full = high if image.top is None else image.top
    return Scale(full=full, ceiling=full if image.top is not None and high >= full else None, floor=None, step=0.0)


def find_polarity(stored: Image) -> tuple[Polarity, bool]:
    """Return what bands are in stored values, and whether that is clear."""
    evidence = polarity_evidence(stored)
    return evidence.polarity, evidence.clarity >= CLEAR_RATIO


def polarity_evidence(stored: Image) -> Evidence:
    """Compare peaks with troughs along columns, above running medians of two lengths."""
    small = block_means(stored, max(1, stored.shape[0] // PROFILE_ROWS), max(1, stored.shape[1] // PROFILE_COLUMNS)).T
    peaks = troughs = distinctness = 0.0
    clarity = 1.0
    for share in MEDIAN_SHARES:
        length = max(5, int(share * small.shape[1]) | 1)
        # Reflected, not repeated, borders: a band that the border cuts must not become the background.
        above = small - running_medians(small, length, mode="reflect")
        up, down = float(np.sum(np.maximum(above, 0) ** 2)), float(np.sum(np.minimum(above, 0) ** 2))
        peaks, troughs = peaks + up, troughs + down
        size = np.abs(above)
        tallest, usual = float(size.max()), 1.4826 * float(np.median(size))
        # Where most of the picture is flat, its scatter is taken as a thousandth of the tallest peak.
        distinctness = max(distinctness, tallest / max(usual, 1e-3 * tallest, 1e-12))
        if max(up, down) > 0 and (up > down) == (peaks > troughs):
            clarity = max(clarity, max(up, down) / max(min(up, down), 1e-9 * max(up, down)))
    return Evidence(polarity="bright" if peaks >= troughs else "dark", clarity=clarity, distinctness=distinctness)


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
