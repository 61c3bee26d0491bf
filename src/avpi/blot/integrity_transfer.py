"""Photon transfer: whether noise at every grey level is that of a camera whose numbers are proportional to light.

Of a linear camera the variance of a grey level is ``a + b u + c u^2``: read-out, counted light (Janesick 2007, *Photon
Transfer*, doi:10.1117/3.725073) and at most a little unevenness of pixels; its skewness lies between nothing and that
of counted light, ``b / sd``. A curve ``v = u ** gamma`` multiplies the noise by its slope, and adds
``3 (gamma - 1) / gamma`` times noise over level to the skewness. All levels, background and bands, are fitted together
for each exponent.

What a picture cannot tell: under gamma 0.5 counted light has one variance at all levels, as plain read-out noise has,
and near 0.6 its own skewness and the curve's cancel. Few or faint bands leave exponents near 1 open.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d, uniform_filter1d

from avpi.blot.integrity_noise import Lean, NoiseCurve, fewer_rows

Real = NDArray[np.float64]

WINDOW_PX = 11
"""Pixels along a row to which a parabola is fitted; noise is what it leaves at the middle (a lane is wider)."""
BESIDE_PX, BESIDE_SDS = 7, 1.8
"""Residuals of so many pixels in a column must cancel to so many of their standard errors: where the edge of a lane
runs through, they agree. Drawn blots bend their curves by less than 2 % then, by 5 % without (measured)."""
SHARED_SD = BESIDE_SDS / np.sqrt(BESIDE_PX - 1)
"""That limit in standard deviations of what the mean leaves (arithmetic)."""
LEVEL_BINS = 48
"""Bins of grey level, evenly spaced in its square root (assumed)."""
WINSOR_SDS = 3.5
"""Residuals beyond so many standard deviations are left out: dust (assumed)."""
TAIL_SHARE = 0.03
"""Share of the pixels, those of the lowest levels, that are left out (measured: their noise is 10 % too small)."""
FEWEST_IN_BIN = 40
"""Pixels below which a bin is not used."""
BRIGHT_SHARE, DARK_STEP = 0.25, 3
"""Of the darker pixels (all but this share) every third row tells enough (speed)."""
RELATIVE_VARIANCE = 3.1
"""Squared relative error of a bin's variance, times its pixels: 2 for independent normal noise, more for residuals that
share pixels (arithmetic)."""
SYSTEMATIC_ERROR = 0.01
"""Relative error of every bin's variance that structure of the picture causes (measured on drawn blots)."""
UNEVENNESS_MAX = 0.01
"""Largest noise in proportion to light, as a share of it: pixel response differs by about 1 % (Janesick 2007)."""
GRAIN = (0.02, 0.045)
"""The same between which noise that grows so is taken for grain of a membrane or a filter, and not for a curve."""
GRAIN_MISFIT, GRAIN_SHARE, GRAIN_CHI = 6.0, 0.1, 1.25
"""Chi-square, or share of what a curve gains, by which grain may fit worse and still be taken; and chi-square per
degree of freedom that it must reach (measured on drawn blots)."""
GAMMAS = np.array([
    0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25, 1.35, 1.5, 1.6,
    1.75, 2.0, 2.5, 3.0,
])  # fmt: skip
_LINEAR = int(np.argmin(np.abs(GAMMAS - 1)))
CLIP_MARGIN_SDS = 4.0
"""Levels nearer than this to a clipped end hold cut noise."""
FEWEST_LEVELS, LEAST_RANGE = 5, 1.5
"""Bins, and highest over lowest level, below which nothing is said."""
COARSE_VARIANCE = 0.5
"""Variance, in whole grey levels, from which on rounding adds that and nothing else (arithmetic)."""
ROUNDING_VARIANCE = 1 / 12
"""Variance that rounding to whole grey levels adds (uniform distribution)."""
COUNTED_MARGIN = 1.1
"""Skewness of counted light over ``b / sd`` that is allowed."""
LEAN_ERROR = 0.004
"""What robust means of skewness may be off beside counting (measured on drawn blots)."""


def _parabola(length: int) -> NDArray[np.float32]:
    """Return the weights that give the middle value of a parabola through ``length`` pixels."""
    at = np.arange(length) - length // 2
    design = np.stack([np.ones(length), at, at * at], axis=1)
    weights: NDArray[np.float32] = np.linalg.pinv(design)[0].astype(np.float32)
    return weights


_SMOOTH = _parabola(WINDOW_PX)


def transfer_curve(stored: NDArray[Any]) -> NoiseCurve | None:
    """Measure noise by level where nothing but noise differs from a parabola; None for tiny pictures."""
    rows, columns = stored.shape
    if rows < 2 * BESIDE_PX or columns < 2 * WINDOW_PX:
        return None
    half = WINDOW_PX // 2
    values = fewer_rows(stored).astype(np.float32, copy=False)
    smooth = correlate1d(values, _SMOOTH, axis=1, mode="nearest")[:, half:-half]
    residual = values[:, half:-half] - smooth
    low, high = float(smooth.min()), float(smooth.max())
    at = np.sqrt((smooth - low) * np.float32(LEVEL_BINS**2 / max(high - low, 1e-9))).astype(np.intp)
    np.minimum(at, LEVEL_BINS - 1, out=at)
    shared = uniform_filter1d(residual, BESIDE_PX, axis=0, mode="nearest")
    # What pixels of a column share is the picture's; without it the rest is independent of how they are chosen.
    residual -= shared
    usual = _size_by_bin(at, residual) * np.float32(SHARED_SD)
    even = np.abs(shared) < usual[at]
    usual = _size_by_bin(at[even], residual[even]) * np.float32(SHARED_SD)
    even = np.abs(shared) < usual[at]
    bright = np.quantile(smooth[::7, ::7], 1 - BRIGHT_SHARE)
    even[1::DARK_STEP] &= smooth[1::DARK_STEP] > bright
    even[2::DARK_STEP] &= smooth[2::DARK_STEP] > bright
    level = _shared_level(values)[:, half:-half][even]
    at, residual = at[even], residual[even]
    variance = np.asarray(usual, np.float64) ** 2 / SHARED_SD**2
    for _ in range(2):
        inner = np.abs(residual) < (WINSOR_SDS * np.sqrt(variance)).astype(np.float32)[at]
        here, kept = at[inner], residual[inner]
        count = np.bincount(here, minlength=LEVEL_BINS)
        variance = np.bincount(here, weights=kept * kept, minlength=LEVEL_BINS) / np.maximum(count, 1)
    mean = np.bincount(here, weights=level[inner], minlength=LEVEL_BINS) / np.maximum(count, 1)
    # Pixels at the lower tail of the background are there by their own noise, of which they then have less.
    count = np.where(np.cumsum(count) <= TAIL_SHARE * count.sum(), 0, count)
    return NoiseCurve(pixels=count, level=mean, variance=variance / float((1 - _SMOOTH[half]) * (1 - 1 / BESIDE_PX)))


def _shared_level(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the level whose noise a residual has: each pixel's weighs as the square of its part in the residual."""
    across = (np.arange(WINDOW_PX) == WINDOW_PX // 2) - _SMOOTH
    level = correlate1d(values, (across**2 / (across**2).sum()).astype(np.float32), axis=1, mode="nearest")
    around: NDArray[np.float32] = uniform_filter1d(level, BESIDE_PX, axis=0, mode="nearest")
    own = np.float32((BESIDE_PX - 2) / (BESIDE_PX - 1))
    return np.asarray(own * level + (1 - own) * around, np.float32)


def _size_by_bin(at: NDArray[np.intp], residual: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the standard deviation of residuals in each bin of level."""
    count = np.maximum(np.bincount(at.ravel()[::5], minlength=LEVEL_BINS), 1)
    size = np.bincount(at.ravel()[::5], weights=np.abs(residual.ravel()[::5]), minlength=LEVEL_BINS) / count
    return np.asarray(np.maximum(size * np.sqrt(np.pi / 2), 1e-6), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaFit:
    """Which exponent explains the noise.

    Attributes
    ----------
    gamma : the exponent.
    excess : by how much chi-square falls from 1 to ``gamma``.
    grain : noise in proportion to light, as a share of it, that explains the noise as well; 0 where it does not.
    """

    gamma: float
    excess: float
    grain: float = 0.0


def fit_gamma(
    curve: NoiseCurve, lean: Lean | None, *, low: float, high: float, dark: bool, rounded: bool
) -> GammaFit | None:
    """Find the exponent under which noise at all levels is a camera's; None where the levels do not tell.

    Parameters
    ----------
    curve : of :func:`transfer_curve`.
    lean : skewness of the background's noise.
    low, high : stored levels at which values are clipped; -inf and inf where they are not.
    dark : bands are dark: light grows as stored values fall.
    rounded : values are coarse, so that rounding adds noise of its own.
    """
    level, variance, count = _told(curve, low=low, high=high, dark=dark, rounded=rounded)
    if level.size < FEWEST_LEVELS or level[-1] < LEAST_RANGE * level[0]:
        return None
    top = float(level[-1])
    light = (level / top)[None, :] ** (1 / GAMMAS[:, None])
    slope = (level / top)[None, :] ** (2 - 2 / GAMMAS[:, None])
    along = light[:, -1:] - light if dark else light - light[:, :1]
    shapes = np.stack([slope, slope * along, np.broadcast_to(level**2, slope.shape)], axis=-1)
    relative = np.sqrt(RELATIVE_VARIANCE / count + SYSTEMATIC_ERROR**2)
    expected = variance
    for _ in range(3):
        # Errors follow the fitted curve: those of the measured one favour bins that came out low.
        weight = 1 / (expected * relative)
        misfit, parts = least_misfit(shapes * weight[:, None], variance * weight, UNEVENNESS_MAX**2)
        best = int(np.argmin(misfit))
        expected = np.maximum(shapes[best] @ parts[best], 0.05 * variance)
    # Structure that no noise model knows widens every bin's error.
    widen = max(1.0, float(misfit[best]) / max(level.size - 4, 1))
    total = misfit / widen + _lean_misfit(lean, parts[:, 1] / (top * GAMMAS), top)
    # Without unevenness more of the noise is counted light, which may lean more.
    even, without = least_misfit(shapes * weight[:, None], variance * weight, 0.0)
    total = np.minimum(total, even / widen + _lean_misfit(lean, without[:, 1] / (top * GAMMAS), top))
    best = int(np.argmin(total))
    grain = 0.0
    if GAMMAS[best] > 1:
        free, amounts = least_misfit(shapes[None, _LINEAR] * weight[:, None], variance * weight, 1.0)
        of_lean = _lean_misfit(lean, amounts[:, 1] / top, top, only=_LINEAR)
        worse = float(free[0]) / widen + float(of_lean[0]) - float(total[best])
        allowed = max(GRAIN_MISFIT, GRAIN_SHARE * float(total[_LINEAR] - total[best]))
        share, fits = float(np.sqrt(amounts[0, 2])), float(free[0]) / widen < GRAIN_CHI * (level.size - 3)
        if worse < allowed and fits and GRAIN[0] < share < GRAIN[1]:
            grain = share
    return GammaFit(gamma=float(GAMMAS[best]), excess=float(total[_LINEAR] - total[best]), grain=grain)


def _told(curve: NoiseCurve, *, low: float, high: float, dark: bool, rounded: bool) -> tuple[Real, Real, Real]:
    """Return level, variance and pixels of the bins that hold whole noise."""
    sd = np.sqrt(curve.variance)
    variance = curve.variance - (ROUNDING_VARIANCE if rounded else 0.0)
    kept = (curve.pixels >= FEWEST_IN_BIN) & (curve.level > 0) & (curve.variance > (COARSE_VARIANCE if rounded else 0))
    # Noise is cut before a clipped end is reached: the widest on the way to the bright end is the one to keep away by.
    below = np.maximum.accumulate(sd[::-1])[::-1] if dark else sd
    above = sd if dark else np.maximum.accumulate(sd)
    kept &= (curve.level - low > CLIP_MARGIN_SDS * below) & (high - curve.level > CLIP_MARGIN_SDS * above)
    return curve.level[kept], variance[kept], curve.pixels[kept].astype(np.float64)


def _lean_misfit(lean: Lean | None, counted: Real, top: float, *, only: int | None = None) -> Real:
    """Return by how much of its error, squared, the skewness leaves what each exponent allows.

    ``counted`` is what counted light adds to the variance per unit of light, over the curve's own scale.
    """
    gammas = GAMMAS if only is None else GAMMAS[only : only + 1]
    if lean is None:
        return np.zeros(gammas.size)
    slope = (lean.level / top) ** (1 - 1 / gammas)
    most = COUNTED_MARGIN * counted * slope / lean.sd
    added = 3 * (gammas - 1) / gammas * lean.relative_sd
    beyond = np.maximum(added - lean.skewness, 0) + np.maximum(lean.skewness - added - most, 0)
    misfit: Real = (beyond / np.hypot(lean.error, LEAN_ERROR)) ** 2
    return misfit


def least_misfit(columns: Real, wanted: Real, cap: float) -> tuple[Real, Real]:
    """Return chi-square of the best sum of columns with weights >= 0, the last at most ``cap``, and the weights.

    ``columns`` is (models, bins, 3); every set of free weights is solved at once for all models.
    """
    best, chosen_weights = np.full(columns.shape[0], float(wanted @ wanted)), np.zeros((columns.shape[0], 3))
    scale = np.maximum(np.sqrt((columns**2).sum(axis=1)), 1e-300)
    unit = columns / scale[:, None]
    for fixed in {0.0, cap}:
        rest = wanted[None, :] - fixed * columns[..., 2]
        for chosen in (s for k in (1, 2, 3) for s in combinations(range(3), k) if not (fixed and 2 in s)):
            part = unit[..., chosen]
            gram = np.einsum("gbi,gbj->gij", part, part) + 1e-10 * np.eye(len(chosen))
            solved = np.linalg.solve(gram, np.einsum("gbi,gb->gi", part, rest)[..., None])[..., 0]
            misfit = ((np.einsum("gbi,gi->gb", part, solved) - rest) ** 2).sum(axis=1)
            weights = np.zeros_like(chosen_weights)
            weights[:, chosen] = solved / scale[:, chosen]
            if fixed:
                weights[:, 2] = fixed
            better = (solved >= 0).all(axis=1) & (weights[:, 2] <= cap) & (misfit < best)
            best = np.where(better, misfit, best)
            chosen_weights[better] = weights[better]
    return best, chosen_weights
