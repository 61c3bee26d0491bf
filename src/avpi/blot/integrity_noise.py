"""How noise grows with grey level: what a camera's counting of light fixes and a gamma correction bends.

The variance of a camera's grey level is a read-out part plus a part that grows straight with light (Janesick 2007,
*Photon Transfer*, doi:10.1117/3.725073), plus at most a small share of the light itself (unevenness of pixels). A
gamma correction ``v = u ** gamma`` multiplies noise by the slope of its curve, which no such sum imitates: variance
falls with level, or rises faster than light. It also makes noise lean to one side.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
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
SYSTEMATIC_ERROR = 0.04
"""Relative error of every bin's variance that structure of the picture causes (measured on simulated blots)."""
UNEVENNESS_MAX = 0.01
"""Largest noise in proportion to light, as a share of it: pixel response differs by about 1 % (Janesick 2007)."""
GAMMAS = np.array([0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5, 3.0])
CLIP_MARGIN_SDS = 4.0
"""Levels nearer than this to a clipped end hold cut noise."""
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
COARSE_VARIANCE = 0.3
"""Variance, in whole grey levels, from which on rounding adds that and nothing else (arithmetic)."""
MAD_TO_SD = 1.4826
"""Standard deviation of normal noise over its median absolute deviation."""
ROUNDING_VARIANCE = 1 / 12
"""Variance that rounding to whole grey levels adds (uniform distribution)."""


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
    values = stored.astype(np.float32, copy=False)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaFit:
    """Which exponent explains the noise: ``excess`` is by how much chi-square falls from 1 to ``gamma``."""

    gamma: float
    excess: float


def fit_gamma(curve: NoiseCurve, *, low: float, high: float, dark: bool, rounded: bool) -> GammaFit | None:
    """Find the exponent under which noise by level is a camera's; None where the levels do not tell.

    Parameters
    ----------
    low, high : stored levels at which values are clipped; -inf and inf where they are not.
    dark : bands are dark: light grows as stored values fall.
    rounded : values are coarse, so that rounding adds noise of its own.
    """
    sd = np.sqrt(curve.variance)
    variance = curve.variance - (ROUNDING_VARIANCE if rounded else 0.0)
    fit = (curve.pixels >= FEWEST_IN_BIN) & (curve.level > 0) & (curve.variance > (COARSE_VARIANCE if rounded else 0))
    # Noise is cut before a clipped end is reached: the widest on the way to the bright end is the one to keep away by.
    below = np.maximum.accumulate(sd[::-1])[::-1] if dark else sd
    above = sd if dark else np.maximum.accumulate(sd)
    fit &= (curve.level - low > CLIP_MARGIN_SDS * below) & (high - curve.level > CLIP_MARGIN_SDS * above)
    level, variance, count = curve.level[fit], variance[fit], curve.pixels[fit]
    if level.size < 6 or level[-1] < 1.8 * level[0]:
        return None
    weight = 1 / (variance * np.sqrt(2.2 / count + SYSTEMATIC_ERROR**2))
    relative = level / level[-1]
    light = relative[None, :] ** (1 / GAMMAS[:, None])
    slope = relative[None, :] ** (2 - 2 / GAMMAS[:, None])
    along = (light - light[:, :1]) / (light[:, -1:] - light[:, :1])
    grows = 1 - along if dark else along
    columns = np.stack([slope, slope * grows, np.broadcast_to(level**2, slope.shape)], axis=-1) * weight[:, None]
    misfit = _least_misfit(columns, variance * weight)
    best = int(np.argmin(misfit))
    # Structure that no noise model knows widens every bin's error: the fall is counted in units of the misfit left.
    scale = max(1.0, float(misfit[best]) / max(level.size - 3, 1))
    straight = float(misfit[np.argmin(np.abs(GAMMAS - 1))])
    return GammaFit(gamma=float(GAMMAS[best]), excess=(straight - float(misfit[best])) / scale)


def _least_misfit(columns: Real, wanted: Real) -> Real:
    """Return chi-square of the best sum of columns with weights >= 0, the last at most ``UNEVENNESS_MAX`` squared.

    ``columns`` is (models, bins, 3); every set of free weights is solved at once for all models.
    """
    cap = UNEVENNESS_MAX**2
    best = np.full(columns.shape[0], float(wanted @ wanted))
    scale = np.sqrt((columns**2).sum(axis=1, keepdims=True))
    unit = columns / np.maximum(scale, 1e-300)
    for fixed in (0.0, cap):
        rest = wanted[None, :] - fixed * columns[..., 2]
        sets = [s for k in (1, 2, 3) for s in combinations(range(3), k) if not (fixed and 2 in s)]
        for chosen in sets:
            part = unit[..., chosen]
            gram = np.einsum("gbi,gbj->gij", part, part) + 1e-10 * np.eye(len(chosen))
            weights = np.linalg.solve(gram, np.einsum("gbi,gb->gi", part, rest)[..., None])[..., 0]
            misfit = ((np.einsum("gbi,gi->gb", part, weights) - rest) ** 2).sum(axis=1)
            allowed = (weights >= 0).all(axis=1)
            if 2 in chosen:
                allowed &= weights[:, -1] <= cap * scale[:, 0, 2]
            best = np.where(allowed & (misfit < best), misfit, best)
    return best


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
    values = stored.astype(np.float32, copy=False)
    rows = values[:-2] + values[1:-1] + values[2:]
    sums = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    inner = values[1:-1, 1:-1]
    around = (sums - inner) / 8
    residual = inner - around
    near = (np.abs(around - level) < max(LEAN_WINDOW * level, 2 * sd)) & _flat(residual)
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
    usual = float(np.median(np.abs(bend))) * MAD_TO_SD
    return np.asarray(np.abs(bend) <= LEAN_FLAT_SDS * usual, dtype=np.bool_)
