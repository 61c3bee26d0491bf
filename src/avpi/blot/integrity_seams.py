"""Seams where two pictures were joined: straight lines that no membrane has.

A splice changes the background between one column (row) and the next; optics spread every real edge over several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter, uniform_filter1d

Real = NDArray[np.float64]

SEAM_SDS = 5.0
"""Root mean square over the parts of a line of their jumps, in standard errors, that is a seam (measured: honest drawn
blots stay below 4)."""
SEGMENT_SDS, STRENGTH_CLIP = 3.5, 10.0
"""Jump of one part from which on it counts as jumping, and at which it is drawn in."""
SEAM_STEP = 0.3
"""The same in standard deviations of one pixel's noise (assumed)."""
SEAM_NEIGHBOURS = 13
"""Lines whose median jump is taken off: a real edge jumps over several lines (assumed)."""
SEAM_MARGIN_SHARE = 0.04
"""Lines so near the border are the membrane's own edges (assumed)."""
QUIET_SHARE = 0.15
"""Share of the columns, those with least signal, on which horizontal seams are looked for: between lanes (assumed)."""
CLIP_SDS = 4.0
"""Jumps are drawn in here, so that a band's side counts no more than noise."""
SEGMENTS, SEGMENTS_AGREE = 8, 4
"""A seam runs through the picture: so many of its equal parts must show the jump (assumed)."""
FRAME_SDS = 1.5
"""Height above the darkest pixel, in noise, below which there is no membrane (assumed)."""
LARGE_PIXELS = 2_000_000
"""Of larger pictures rows are left out where columns are compared (memory)."""
SHARP_SHARE = 0.35
"""Largest jump the same way on a neighbouring line, as a share of the seam's (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seam:
    """A straight line through the picture across which the background jumps."""

    direction: Literal["vertical", "horizontal"]
    at_px: int
    step_sds: float


def find_seams(values: Real, noise_sd: float) -> tuple[Seam, ...]:
    """Find seams that run through the picture; ``noise_sd`` is of one pixel of background."""
    if noise_sd <= 0:
        return ()
    thin = values.astype(np.float32, copy=False)
    skipped = 1 + thin.size // LARGE_PIXELS
    activity = uniform_filter1d(thin[::4], 3, axis=0).std(axis=0)
    quiet = np.sort(np.argsort(activity)[: max(24, int(QUIET_SHARE * activity.size))])
    found = []
    across: tuple[tuple[Literal["vertical", "horizontal"], NDArray[Any]], ...] = (
        ("vertical", thin[::skipped].T),
        ("horizontal", thin[:, quiet]),
    )
    low = float(thin.min())
    for direction, lines in across:
        at, step = _jump(lines, noise_sd)
        if at is not None and not _beside_frame(lines, at, low + FRAME_SDS * noise_sd):
            found.append(Seam(direction=direction, at_px=at, step_sds=step))
    return tuple(found)


def _beside_frame(lines: NDArray[Any], at: int, dark: float) -> bool:
    """Return whether a seam is the edge of a dark frame: on one side there is nothing at all."""
    sides = lines[max(0, at - 4) : at], lines[at : at + 4]
    return any(float(np.median(side)) < dark for side in sides)


def _jump(lines: NDArray[Any], noise_sd: float) -> tuple[int | None, float]:
    """Return the line before which the mean jumps most, if it jumps as only a seam does; lines are rows of the array.

    Each of ``SEGMENTS`` parts of a line is judged by itself: two backgrounds may cross along the seam.
    """
    count, length = lines.shape
    if count < 4 * SEAM_NEIGHBOURS or length < 4 * SEGMENTS:
        return None, 0.0
    limit = CLIP_SDS * noise_sd * np.sqrt(2)
    jumps = np.clip(np.diff(lines, axis=0), -limit, limit)
    kept = length // SEGMENTS * SEGMENTS
    parts = jumps[:, :kept].reshape(count - 1, SEGMENTS, -1).mean(axis=2)
    parts -= median_filter(parts, size=(SEAM_NEIGHBOURS, 1), mode="nearest")
    scatter = 1.4826 * np.median(np.abs(parts), axis=0)
    scatter = np.maximum(scatter, noise_sd * np.sqrt(2 * SEGMENTS / kept))
    size = np.abs(parts)
    strength = np.minimum(size / scatter, STRENGTH_CLIP)
    agree = (size > np.maximum(SEGMENT_SDS * scatter, SEAM_STEP * noise_sd)).sum(axis=1) >= SEGMENTS_AGREE
    jumping = agree & ((strength**2).mean(axis=1) > SEAM_SDS**2)
    margin = int(SEAM_MARGIN_SHARE * count)
    jumping[:margin] = jumping[count - 1 - margin :] = False
    if not jumping.any():
        return None, 0.0
    at = int(np.argmax(np.where(jumping, size.mean(axis=1), 0)))
    # A blurred edge jumps the same way on the lines beside; a seam does not.
    beside = np.concatenate([parts[max(0, at - 2) : at], parts[at + 1 : at + 3]]) * np.sign(parts[at])
    if np.median(beside.max(axis=0) / np.maximum(size[at], 1e-9)) > SHARP_SHARE:
        return None, 0.0
    return at + 1, float(size[at].mean()) / noise_sd
