"""What the grey levels themselves tell: where the scale ends, what was cut off, and whether levels were remapped.

A camera's histogram is smooth: each level is about as common as the ones beside it. A remapping of whole grey levels
leaves empty levels where it spreads them and crowded ones where it merges them (Stamm and Liu 2010,
doi:10.1109/TIFS.2010.2053202): evenly over the whole range for a change of contrast, unevenly for a gamma
correction or any other curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.blot.integrity_noise import NoiseCurve

Counts = NDArray[np.int64]

SCALE_BITS = (8, 10, 12, 14, 16)
"""Bits of the cameras and converters in imagers."""
PLATEAU_PIXELS = 30
"""Pixels with exactly the largest (or smallest) value of an image that never reaches the end of its scale, from
which on they are taken for a detector's ceiling (a cut-off floor) (assumed)."""
PLATEAU_RATIO = 5.0
"""How much more frequent that value must be than an average one of the ``PLATEAU_NEIGHBOURS`` beside it (assumed)."""
PLATEAU_NEIGHBOURS = 16
LOSSY_MARGIN = 3
"""Grey levels below the top that count as saturated in JPEG, whose blocks blur a plateau (assumed)."""
BLURRED_RATIO = 2.0
"""How much more pixels lie within that margin of the top than just below it where a plateau was blurred; the crest of
bands whose brightest pixel was scaled to the top holds fewer (assumed)."""
CLIPPED_SHARE = 0.20
"""Share of a lane's background at the bottom of the scale that makes the background unknown (assumed)."""
LAGS = 8
"""Levels on either side that a level is compared with: the nearer and the farther half of them."""
NEARER = LAGS // 2
BEND = 7.5 / (43.5 - 7.5)
"""By how much of their difference the nearer half lies beyond the farther one: what a bent histogram has at the level
itself (arithmetic: the halves lie 7.5 and 43.5 squared levels away on average)."""
AROUND_VARIANCE = ((1 + BEND) ** 2 + BEND**2) / (2 * NEARER)
"""Variance of that, in counts of one level."""
SMOOTH_SD = 10.0
"""Noise, in grey levels, from which on a camera's histogram is smooth over ``LAGS`` (assumed)."""
WINDOW_GROWTH = 1.12
"""Levels are compared in windows, each so much higher than the last (assumed)."""
FEWEST_PAIRS = 1500
"""Pairs of pixels expected to share a level below which a window says nothing: 1500 tell the ratio to 4 %."""
FEWEST_WINDOWS = 5
"""Windows below which their ratios are not compared: chance alone makes few of them uneven."""
CUT_OFF_SDS = 8.0
"""Where the floor cuts noise off, so many of its standard deviations above it are left out: half a bell is steep."""
COMB_ERROR = 0.015
"""Error of a window's ratio beyond counting: slopes of the histogram (measured on simulated blots)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Where stored values end.

    Attributes
    ----------
    full : top of the scale that holds the values: 2^k - 1, or the reader's own.
    ceiling, floor : value at which the largest (smallest) stored values pile up; None where they do not.
    step : distance between whole grey levels; 0 where there are none.
    """

    full: float
    ceiling: float | None
    floor: float | None
    step: float = 1.0

    def ends(self) -> tuple[float | None, float | None]:
        """Return ``floor`` and ``ceiling``: the ceiling and floor of the picture turned over."""
        return self.floor, self.ceiling


def histogram(stored: NDArray[Any]) -> Counts:
    """Return how many pixels hold each level of an integer image."""
    return np.bincount(stored.ravel(), minlength=2 ** (8 * stored.dtype.itemsize))


def find_scale(counts: Counts, full: float | None = None) -> Scale:
    """Find both ends of the stored values, also below the nominal maximum."""
    used = np.flatnonzero(counts)
    low, high = int(used[0]), int(used[-1])
    nominal = next(2**bits - 1 for bits in SCALE_BITS if high <= 2**bits - 1) if full is None else full
    beside = used[-1 - PLATEAU_NEIGHBOURS : -1], used[1 : 1 + PLATEAU_NEIGHBOURS]
    ceiling = high if high >= nominal or _piled(counts, high, beside[0]) else None
    floor = low if low == 0 or _piled(counts, low, beside[1]) else None
    if low == high:
        ceiling = floor = None
    return Scale(full=float(nominal), ceiling=_real(ceiling), floor=_real(floor))


def blurred_plateau(values: NDArray[Any], top: float) -> bool:
    """Return whether values pile up within ``LOSSY_MARGIN`` of the top, as a plateau does that JPEG has blurred."""
    at_top = int(np.count_nonzero(values >= top - LOSSY_MARGIN))
    below = int(np.count_nonzero(values >= top - 2 * LOSSY_MARGIN - 1)) - at_top
    return at_top >= PLATEAU_PIXELS and at_top > BLURRED_RATIO * below


def _real(level: int | None) -> float | None:
    return None if level is None else float(level)


def _piled(counts: Counts, level: int, beside: NDArray[np.intp]) -> bool:
    if counts[level] < PLATEAU_PIXELS or not beside.size:
        return False
    return bool(counts[level] > PLATEAU_RATIO * counts[beside].mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class Comb:
    """How often pixels share a level, over how often they share neighbouring ones, by window of levels (windows,).

    1 where levels are as the converter gave them; above it where they were spread or merged.
    """

    level: NDArray[np.float64]
    ratio: NDArray[np.float64]
    error: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """The ratio over all levels."""
        weight = self.error**-2.0
        return float((weight * self.ratio).sum() / weight.sum()) if self.ratio.size else 1.0

    @property
    def mean_error(self) -> float:
        """Standard error of the mean ratio; infinite where there is no window."""
        return float((self.error**-2.0).sum() ** -0.5) if self.ratio.size else float("inf")

    @property
    def unevenness(self) -> float:
        """Chi-square per degree of freedom of one ratio for all levels; 0 where there are too few windows."""
        if self.ratio.size < FEWEST_WINDOWS:
            return 0.0
        return float((((self.ratio - self.mean) / self.error) ** 2).sum()) / (self.ratio.size - 1)

    @property
    def spread(self) -> float:
        """Largest over smallest ratio of the windows that tell it."""
        return float(self.ratio.max() / self.ratio.min()) if self.ratio.size else 1.0


def level_comb(counts: Counts, curve: NoiseCurve) -> Comb:
    """Compare each level with its neighbours where noise is wide enough for a smooth histogram."""
    used = np.flatnonzero(counts)
    inner = counts.astype(np.float64)
    # Both ends may hold cut-off values; they and their neighbourhood say nothing of the levels between.
    piled = counts[used[0]] >= PLATEAU_PIXELS
    begin = float(used[0] + LAGS + max(2 + LAGS, CUT_OFF_SDS * curve.sd_at(float(used[0])) if piled else 0))
    end = float(used[-1] - 2 - 2 * LAGS)
    near, every = _beside(inner, NEARER), _beside(inner, LAGS)
    far = (every - near) / (2 * (LAGS - NEARER))
    near /= 2 * NEARER
    around = np.maximum(near + BEND * (near - far), 0.0)
    edges = [begin]
    while edges[-1] < end:
        edges.append(max(edges[-1] * WINDOW_GROWTH, edges[-1] + 4 * LAGS))
    edges = edges[:-1] if len(edges) > 1 else edges
    if len(edges) < 2:
        nothing = np.zeros(0)
        return Comb(level=nothing, ratio=nothing, error=nothing)
    cut = np.minimum(np.array(edges).astype(np.intp), inner.size - 1)
    same = np.add.reduceat(inner * np.maximum(inner - 1, 0), cut)[:-1]
    expected = np.add.reduceat(inner * around, cut)[:-1]
    cubes = np.add.reduceat(inner**3, cut)[:-1]
    centre = (cut[:-1] + cut[1:]) / 2
    wide = np.array([curve.sd_at(level) >= SMOOTH_SD for level in centre], bool)
    told = wide & (expected > FEWEST_PAIRS)
    ratio = same[told] / expected[told]
    # Counting error of the number of sharing pairs, of which the part common to both sides cancels.
    counting = np.sqrt(2 / expected[told] + 4 * cubes[told] / expected[told] ** 2 * AROUND_VARIANCE)
    return Comb(level=centre[told], ratio=ratio, error=np.hypot(counting, COMB_ERROR) * np.maximum(ratio, 1))


def _beside(counts: NDArray[np.float64], lags: int) -> NDArray[np.float64]:
    """Return the sum over so many levels on either side of each level."""
    running = np.concatenate([np.zeros(lags + 1), np.cumsum(counts), np.full(lags, counts.sum())])
    beside: NDArray[np.float64] = running[2 * lags + 1 :] - running[: -2 * lags - 1] - counts
    return beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Empty levels between crowded ones in a picture of few levels, and how unevenly they lie."""

    empty: int
    crowded: int
    inner: int
    uneven: bool


def few_level_gaps(counts: Counts) -> Gaps:
    """Look for empty and for crowded levels in a picture of 256 levels or fewer."""
    used = np.flatnonzero(counts)
    low, high = int(used[0]) + 1, int(used[-1]) - 1
    inside = counts[low : high + 1].astype(np.float64)
    if inside.size < 16:
        return Gaps(empty=0, crowded=0, inner=inside.size, uneven=False)
    beside = np.stack([counts[low - 1 : high], counts[low + 1 : high + 2]]).astype(np.float64)
    empty = (inside == 0) & (beside.min(axis=0) >= 8)
    crowded = inside - 1.5 * beside.max(axis=0) > 4 * np.sqrt(np.maximum(inside, 1))
    at = np.flatnonzero(empty | crowded)
    thirds = np.bincount(at * 3 // inside.size, minlength=3)
    uneven = at.size >= 6 and bool(thirds.max() > 3 * max(thirds.min(), 1))
    return Gaps(empty=int(empty.sum()), crowded=int(crowded.sum()), inner=inside.size, uneven=uneven)
