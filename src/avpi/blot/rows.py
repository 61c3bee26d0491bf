"""Rows: which heights of the membrane hold bands.

A row is a peak of the lane profiles at the same height in several lanes, after the rows have been turned level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from avpi.blot.band_shape import FWHM_TO_SD
from avpi.blot.lanes import Lanes
from avpi.blot.peaks import prominent_peaks
from avpi.blot.polarity import Image, peaks_along_columns

CORE_WIDTH = 0.5
"""Share of the pitch over which a lane's profile is averaged: inside every band, off its ends (assumed)."""
TOP_HAT_PITCHES = 0.8
"""Length of the top-hat that takes the background off a lane profile, in pitches: longer than bands are high
(assumed)."""
SEEN_SNR = 6.0
"""Height of a peak over its noise from which it is taken for a band (assumed; noise peaks reach 4-5)."""
UNKNOWN_THICKNESS = 5.0
"""Thickness (FWHM) of a row whose lanes tell none where no other row does, in widths of the smoothing: a tenth of the
pitch (assumed)."""
DIP = 0.04
"""Depth of the dip between two rows, on the square-root scale, from which they are two (assumed: two Gaussians of
equal height 1.25 FWHM apart dip by 0.15, with one ten times weaker by 0.05)."""
EDGE_SHARE = 0.03
"""Rows so near the image's upper and lower edge, as a share of its height, are edges, not bands (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneProfiles:
    """What each lane shows from top to bottom, rows turned level.

    Attributes
    ----------
    means : (lanes, rows) mean over the lane's core.
    smoothing_px : width (sd) by which ``peaks`` was smoothed.
    peaks : (lanes, rows) the same above the local background.
    noise : (lanes,) standard deviation of one value of ``means``.
    """

    means: NDArray[np.float64]
    peaks: NDArray[np.float64]
    noise: NDArray[np.float64]
    smoothing_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of bands: its height at the centre of the lanes, thickness, and the peak in each lane."""

    y_px: float
    fwhm_px: float
    heights: NDArray[np.float64]


def lane_profiles(values: Image, lanes: Lanes, bend_px: NDArray[np.float64]) -> LaneProfiles:
    """Return the profile of every lane, levelled so that a row stands at one height in all of them.

    Parameters
    ----------
    bend_px : (lanes,) how far rows stand below their tilted line in each lane (smile), 0 where unknown.
    """
    rows = np.arange(values.shape[0])
    half = max(1, round(CORE_WIDTH * lanes.pitch_px / 2))
    lean = lanes.front.lean * (rows - lanes.y0_px)
    means = np.empty((lanes.x_px.size, rows.size))
    across = np.arange(-half, half + 1)
    for i, (x, offset) in enumerate(zip(lanes.x_px, lanes.row_offsets() + bend_px, strict=True)):
        columns = np.rint(x + lean)[:, None].astype(int) + across[None, :]
        # Within a lane rows run as steeply as over the picture: levelled, two close bands stay two.
        drop = np.rint(lanes.front.below(x + across) - lanes.front.below(np.array([x]))).astype(int)
        at = np.clip(rows[:, None] + drop[None, :], 0, rows.size - 1)
        profile = values[at, np.clip(columns, 0, values.shape[1] - 1)].mean(axis=1)
        means[i] = np.interp(rows + offset, rows, profile)
    size = int(np.clip(TOP_HAT_PITCHES * lanes.pitch_px, 9, 0.8 * rows.size)) | 1
    smoothing = max(1.0, 0.02 * lanes.pitch_px)
    peaks = peaks_along_columns(gaussian_filter1d(means, smoothing, axis=1).T, size).T
    return LaneProfiles(means=means, peaks=peaks, noise=profile_noise(means), smoothing_px=smoothing)


def profile_noise(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard deviation of single values, (lanes,), from second differences (blind to slopes and bands)."""
    second = np.diff(means, n=2, axis=1)
    spread = 1.4826 * np.median(np.abs(second), axis=1) / np.sqrt(6.0)
    floor = 1e-3 * max(float(np.ptp(means)), 1.0)
    noise: NDArray[np.float64] = np.maximum(spread, min(floor, 0.5))
    return noise


def find_rows(profiles: LaneProfiles, within: NDArray[np.bool_]) -> list[Row]:
    """Return the rows that hold a band in at least one lane, from top to bottom.

    Parameters
    ----------
    within : (lanes,) the lanes whose peaks make rows: a target that is lost with time shows its row in vehicle
        lanes, where others may show a neighbour's.
    """
    snr = profiles.peaks[within] / (SEEN_SNR * profiles.noise[within, None])
    # The square root lets weak lanes count and still shows the dip between two strong bands.
    consensus = np.sqrt(np.maximum(snr, 0)).mean(axis=0)
    height = consensus.size
    margin = max(2, int(EDGE_SHARE * height))
    rows = []
    for y, prominence in zip(*prominent_peaks(consensus, 0.02 * float(consensus.max())), strict=True):
        if not margin <= y < height - margin or prominence < DIP * consensus[y]:
            continue
        near = profiles.peaks[:, max(0, y - 3) : y + 4]
        heights = near.max(axis=1)
        if not np.any((heights > SEEN_SNR * profiles.noise) & within):
            continue
        rows.append((float(y), _thickness(profiles, int(y), np.where(within, heights, 0)), heights))
    known = [(y, fwhm) for y, fwhm, _ in rows if fwhm is not None]
    usual = UNKNOWN_THICKNESS * profiles.smoothing_px
    return [
        Row(
            y_px=y,
            fwhm_px=fwhm or min(((abs(y - other), its) for other, its in known), default=(0.0, usual))[1],
            heights=heights,
        )
        for y, fwhm, heights in rows
    ]


def _thickness(profiles: LaneProfiles, y: int, heights: NDArray[np.float64]) -> float | None:
    """Return the full width at half height of a row, from the median of its stronger lanes.

    Where a stronger neighbour leaves only a flank at this height, a lane tells nothing of the row's own thickness; None
    where no lane tells.
    """
    strong = np.flatnonzero(heights >= 0.3 * heights.max())
    widths = [width for i in strong if (width := _full_width(profiles.peaks[i], y)) is not None]
    if not widths:
        return None
    seen = float(np.median(widths))
    return float(np.sqrt(max(seen**2 - (FWHM_TO_SD * profiles.smoothing_px) ** 2, (0.6 * seen) ** 2, 4.0)))


def _full_width(profile: NDArray[np.float64], near: int) -> float | None:
    """Return the full width at half height of the peak nearest to the middle of a few rows; None without a peak."""
    low, high = max(0, near - 6), min(profile.size, near + 7)
    top = low + int(np.argmax(profile[low:high]))
    if 0 < top < profile.size - 1 and not profile[top - 1] <= profile[top] >= profile[top + 1]:
        return None
    half = profile[top] / 2
    sides = []
    for step in (-1, 1):
        y = top
        while 0 <= y + step < profile.size and profile[y + step] > half and profile[y + step] <= profile[top]:
            y += step
        beyond = y + step
        if 0 <= beyond < profile.size and profile[y] > profile[beyond] and profile[beyond] <= half:
            sides.append(abs(y - top) + (profile[y] - half) / (profile[y] - profile[beyond]))
        else:
            sides.append(abs(y - top) + 0.5)
    # A neighbour on one side widens that side only.
    left, right = (float(side) for side in sides)
    return 2.0 * min(left, right) if max(left, right) > 1.5 * min(left, right) else left + right
