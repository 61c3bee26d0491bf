"""Peaks of a profile, how far each stands above what parts it from a higher one, and the median they stand on.

Of our own because the library that has the like takes longer to load than a blot takes to be read.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

Values = NDArray[np.float64]


def summits(profile: Values) -> NDArray[np.int_]:
    """Return the places (peaks,) that no neighbour exceeds; all places of a plateau are among them."""
    inner = profile[1:-1]
    at: NDArray[np.int_] = np.flatnonzero((inner >= profile[:-2]) & (inner >= profile[2:])) + 1
    return at


def prominent_peaks(profile: Values, least: float) -> tuple[NDArray[np.int_], Values]:
    """Return the places and prominences (peaks,) of peaks at least so prominent; a plateau is one peak, its middle.

    The prominence of a peak is its height above the higher of the two lowest points on the ways to something higher,
    or to the profile's end.
    """
    edges = np.flatnonzero(np.diff(profile)) + 1
    starts, ends = np.concatenate([[0], edges]), np.concatenate([edges, [profile.size]])
    level = profile[starts]
    top = np.zeros(level.size, bool)
    top[1:-1] = (level[1:-1] > level[:-2]) & (level[1:-1] > level[2:])
    at = (starts[top] + ends[top] - 1) // 2
    # None is more prominent than it is high.
    at = at[profile[at] - profile.min(initial=np.inf) >= least]
    prominences = np.array([_prominence(profile, int(peak)) for peak in at], dtype=np.float64)
    kept = prominences >= least
    return at[kept], prominences[kept]


def _prominence(profile: Values, at: int) -> float:
    higher = np.flatnonzero(profile > profile[at])
    place = int(np.searchsorted(higher, at))
    left = int(higher[place - 1]) if place > 0 else 0
    right = int(higher[place]) if place < higher.size else profile.size - 1
    return float(profile[at] - max(profile[left : at + 1].min(), profile[at : right + 1].min()))


def running_medians(profiles: Values, length: int, *, mode: Literal["reflect", "nearest"]) -> Values:
    """Return the running median of each row (rows, places); one by one, which has a faster way than all at once."""
    medians: Values = np.stack([median_filter(profile, size=length, mode=mode) for profile in profiles])
    return medians
