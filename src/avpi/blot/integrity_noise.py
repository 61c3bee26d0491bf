"""How noise grows with grey level: what a camera's counting of light fixes and a gamma correction bends.

The variance of a camera's grey level is a read-out part plus a part that grows straight with light (Janesick 2007,
*Photon Transfer*, doi:10.1117/3.725073), plus at most a small share of the light itself (unevenness of pixels). A
gamma correction ``v = u ** gamma`` multiplies noise by the slope of its curve, which no such sum imitates: variance
falls with level, or rises faster than light. It also makes noise lean to one side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

Real = NDArray[np.float64]

LEVEL_BINS = 40
"""Bins of grey level, evenly spaced in its square root (assumed)."""
WINSOR_SDS = 3.0
"""Residuals beyond so many mean deviations are drawn in: dust and edges are no noise (assumed)."""
FEWEST_IN_BIN = 60
"""Pixels below which the variance of a bin is not used: 60 tell it to about 20 %."""
LEAN_CLIP_SDS = 3.5
"""Residuals are drawn in here before their skewness is taken: dust would make it (assumed)."""
LEAN_WINDOW = 0.15
"""Half width of the level window, as a share of level, in which the skewness of noise is taken (assumed)."""
LEAN_KEPT = 0.82
"""Share of a pixel's skewness that its difference from the mean of eight neighbours keeps (arithmetic)."""
LEAN_FLAT_PX = 5
"""Width of the square over which residuals cancel where the picture is flat: a band's foot is as wide (assumed)."""
LEAN_FLAT_SDS = 3.0
"""Mean residual of such a square, in its usual scatter, from which on it stands on a foot or an edge (assumed)."""
MOST_PIXELS = 350_000
"""Of larger pictures so many pixels are read, in blocks of ``ROW_BLOCK`` rows evenly spread (speed, memory)."""
ROW_BLOCK = 28
LARGE_PIXELS = 2_000_000
"""The same for the curve of noise by level, which also tells rare levels."""
SPREAD_PIXELS = 150_000
"""Of larger pictures rows in the middle tell whether they were filtered (speed)."""
MAD_TO_SD = 1.4826
"""Standard deviation of normal noise over its median absolute deviation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseCurve:
    """Noise by grey level: pixels, mean level and variance of each bin (bins,)."""

    pixels: NDArray[np.int64]
    level: Real
    variance: Real

    def sd_at(self, level: float) -> float:
        """Return the standard deviation of noise at a level; 0 where nothing was measured."""
        known = self.pixels >= FEWEST_IN_BIN
        if not known.any():
            return 0.0
        return float(np.sqrt(np.interp(level, self.level[known], self.variance[known])))


def noise_curve(stored: NDArray[Any]) -> NoiseCurve:
    """Measure noise by level from second differences across both directions, which see no smooth structure.

    Every second pixel each way is taken: its neighbours' differences share most of their noise.
    """
    values = fewer_rows(stored, LARGE_PIXELS).astype(np.float32, copy=False)
    down = [values[i : values.shape[0] - 2 + i : 2] for i in range(3)]
    second, total = down[0] - 2 * down[1] + down[2], down[0] + down[1] + down[2]
    across = [second[:, i : second.shape[1] - 2 + i : 2] for i in range(3)]
    residual = np.abs(across[0] - 2 * across[1] + across[2]).ravel() / 6
    around = [total[:, i : total.shape[1] - 2 + i : 2] for i in range(3)]
    level = (around[0] + around[1] + around[2]).ravel() / 9
    low, high = float(level.min()), float(level.max())
    at = np.sqrt((level - low) * (LEVEL_BINS**2 / max(high - low, 1e-9))).astype(np.intp)
    np.minimum(at, LEVEL_BINS - 1, out=at)
    count = np.bincount(at, minlength=LEVEL_BINS)
    some = np.maximum(count, 1)
    sd = np.bincount(at, weights=residual, minlength=LEVEL_BINS) / some * np.sqrt(np.pi / 2)
    drawn = np.minimum(residual, WINSOR_SDS * sd[at])
    variance = np.bincount(at, weights=drawn * drawn, minlength=LEVEL_BINS) / some
    mean = np.bincount(at, weights=level, minlength=LEVEL_BINS) / some
    return NoiseCurve(pixels=count, level=mean, variance=variance)


def fewer_rows(stored: NDArray[Any], most: int = MOST_PIXELS) -> NDArray[Any]:
    """Return blocks of neighbouring rows, evenly spread, that hold at most so many pixels."""
    rows, columns = stored.shape
    if stored.size <= most:
        return stored
    block = ROW_BLOCK
    many = max(1, most // (columns * block))
    starts = np.linspace(0, rows - block, min(many, rows // block)).astype(np.intp)
    rows_kept: NDArray[Any] = stored[(starts[:, None] + np.arange(block)).ravel()]
    return rows_kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Lean:
    """Skewness of the background's noise, its standard error, and the background's level and noise."""

    skewness: float
    error: float
    level: float
    sd: float

    @property
    def relative_sd(self) -> float:
        """Noise as a share of level: the largest skewness that counted light has."""
        return self.sd / self.level


def background_lean(stored: NDArray[Any], curve: NoiseCurve) -> Lean | None:
    """Measure the skewness of noise around the commonest grey level; None where there are too few pixels.

    Counted light leans upwards, at most by ``relative_sd``; rounded or symmetric noise not at all. A gamma
    correction adds ``3 (gamma - 1) / gamma`` times ``relative_sd``. Pixels at the foot of a band are left out: every
    one of them lies below the mean of its neighbours, which leans as noise does under a curve.
    """
    if not curve.pixels.any():
        return None
    level = float(curve.level[np.argmax(curve.pixels)])
    sd = curve.sd_at(level)
    if level <= 0 or sd <= 0:
        return None
    values = fewer_rows(stored).astype(np.float32, copy=False)
    rows = values[:-2] + values[1:-1] + values[2:]
    sums = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    inner = values[1:-1, 1:-1]
    around = (sums - inner) / 8
    residual = inner - around
    near = (np.abs(around - level) < max(LEAN_WINDOW * level, 2 * sd)) & _flat(residual)
    if values.shape[0] < stored.shape[0]:
        # Where two blocks of rows meet, neighbours in the array are none in the picture.
        row = np.arange(1, values.shape[0] - 1) % ROW_BLOCK
        near[(row < LEAN_FLAT_PX) | (row >= ROW_BLOCK - LEAN_FLAT_PX)] = False
    residual = residual[near]
    if residual.size < 2000:
        return None
    residual = np.clip(residual, -LEAN_CLIP_SDS * sd * 1.06, LEAN_CLIP_SDS * sd * 1.06)
    residual = residual - residual.mean()
    spread = float(np.sqrt((residual**2).mean()))
    skewness = float((residual * residual * residual).mean()) / max(spread**3, 1e-12) / LEAN_KEPT
    return Lean(skewness=skewness, error=float(np.sqrt(6 / residual.size)) / LEAN_KEPT, level=level, sd=sd)


def _flat(residual: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which pixels stand on even ground: around them, pixels less their neighbours add up to nothing."""
    bend = uniform_filter(residual, LEAN_FLAT_PX, mode="nearest")
    usual = float(np.median(np.abs(bend[::3]))) * MAD_TO_SD
    return np.asarray(np.abs(bend) <= LEAN_FLAT_SDS * usual, dtype=np.bool_)


def noise_spread(stored: NDArray[Any]) -> float:
    """Return how much more differences over two pixels vary than over one: 1 for a camera, more after filters.

    Half of a blot is membrane: pixels nearest to the median level are taken.
    """
    values = stored[_middle_rows(stored.shape)].astype(np.float32) if stored.size > SPREAD_PIXELS else stored
    values = values.astype(np.float32, copy=False)
    if min(values.shape) < 16:
        return 1.0
    middle = values[4:-4:2, 4:-4:2]
    away = np.abs(middle - np.median(middle))
    flat = away <= np.median(away)
    near, far = _mixed(values, 1)[3:-3:2, 3:-3:2][flat], _mixed(values, 2)[2:-2:2, 2:-2:2][flat]
    return float((np.median(np.abs(far)) / max(np.median(np.abs(near)), 1e-9)) ** 2)


def _middle_rows(shape: tuple[int, ...]) -> slice:
    rows = min(shape[0], SPREAD_PIXELS // shape[1] + 16)
    start = (shape[0] - rows) // 2
    return slice(start, start + rows)


def _mixed(values: NDArray[np.float32], by: int) -> NDArray[np.float32]:
    """Return second differences across both directions of pixels ``by`` apart."""
    edge = 2 * by
    down = values[: values.shape[0] - edge] - 2 * values[by:-by] + values[edge:]
    return np.asarray(down[:, : values.shape[1] - edge] - 2 * down[:, by:-by] + down[:, edge:], np.float32)
