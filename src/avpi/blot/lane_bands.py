"""Every band of one lane, from its profile alone: where they are and how much each holds.

A ladder, a total-protein lane or a gel of nucleic acid has many bands, some of them mere shoulders of others. Bands
get thicker down a gel, so curvature is taken at the scale that bands have at each height (a scale-normalised
second derivative; T. Lindeberg, J. Appl. Stat. 1994, doi:10.1080/757582976); what curves downwards is a band. Then all
of them are fitted at once, with one shape whose thickness changes smoothly down the lane, so that a shoulder is not
counted twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import least_squares, nnls
from scipy.signal import find_peaks

from avpi.blot.band_shape import FWHM_TO_SD

Profile = NDArray[np.float64]

CORE_SHARE = 0.6
"""Share of a lane's band width that is averaged: ends of bands droop (assumed)."""
GROUP_PX, LARGEST_BREAK_PX = 6, 6.0
"""Columns that are shifted together to make a lane's bands level, and how far at most."""
LEAST_WIDTH_SHARE = 0.2
"""Bands are never taken for narrower than this share of the pitch (assumed)."""
SCALE_SHARE = 0.5
"""Scale of the curvature as a share of a band's sd: fine enough for shoulders, coarse enough for noise (assumed)."""
FINE_SCALE_SHARE = 0.3
"""The same where hidden bands are sought over several lanes, whose mean has less noise (assumed)."""
LEAST_SIGNAL_SHARE = 0.02
"""A band stands at least this share of the strongest above the background (assumed)."""
LEAST_CURVATURE_SHARE = 0.02
"""And curves at least by this share of the strongest curvature (assumed: on a real 19-band ladder the weakest clear
band has 0.06, the two that are mere shoulders 0.01, as noise may)."""
CURVATURE_SDS = 5.0
"""And by so many standard deviations of what noise alone curves."""
CLEAR_PEAK_SHARE = 0.05
"""Prominence from which a peak tells how thick bands are, as a share of the strongest."""
LARGEST_SHIFT_SDS = 1.0
"""How far the fit may move a band from where it was found, in sd of a band."""
SHAPE_ERROR = 0.03
"""Share of its height by which a real band differs from the fitted shape (assumed)."""
TAIL_WIDTH = 2.2
"""Thickness of a band's tails relative to its body (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneBand:
    """One band of a lane.

    Attributes
    ----------
    y_px : centre.
    sd_px : half height (sd) of its body.
    volume, volume_se : summed grey levels over the lane's band width, and its standard error.
    """

    y_px: float
    sd_px: float
    volume: float
    volume_se: float


def lane_profile(values: NDArray[np.float64], x_px: float, width_px: float, pitch_px: float) -> Profile:
    """Return a lane's profile above the membrane beside it.

    Parameters
    ----------
    values : signal with bands upwards (rows, columns).
    x_px, width_px : centre and width of the lane's bands.
    pitch_px : distance of neighbouring lanes; the membrane is read half-way between.
    """
    half = max(1.0, CORE_SHARE * width_px / 2)
    core = _levelled(_strip(values, x_px - half, x_px + half)).mean(axis=1)
    gap = max(1.0, 0.1 * width_px)
    sides = [_strip(values, x - gap, x + gap) for x in (x_px - pitch_px / 2, x_px + pitch_px / 2)]
    beside = np.mean([np.median(side, axis=1) for side in sides], axis=0)
    profile: Profile = core - gaussian_filter1d(beside, max(2.0, width_px / 10), mode="nearest")
    return profile


def _levelled(strip: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a lane's columns shifted so that its bands are level: bands lean, frown and break within a lane.

    Each group of columns is shifted, by whole quarters of a pixel, to where it agrees best with the mean of all; twice,
    since the first mean is blurred by what is to be undone.
    """
    rows, columns = strip.shape
    groups = max(1, columns // GROUP_PX)
    parts = np.array_split(np.arange(columns), groups)
    means = np.stack([strip[:, part].mean(axis=1) for part in parts])
    y = np.arange(rows, dtype=np.float64)
    moves = np.zeros(groups)
    tried = np.arange(-LARGEST_BREAK_PX, LARGEST_BREAK_PX + 0.01, 0.25)
    for _ in range(2):
        level = np.stack([np.interp(y + move, y, mean) for move, mean in zip(moves, means, strict=True)])
        whole = level.mean(axis=0)
        bent = whole - gaussian_filter1d(whole, 8.0)
        agree = np.array([[float(np.interp(y + move, y, mean) @ bent) for move in tried] for mean in means])
        moves = tried[np.argmax(agree, axis=1)]
    moves = moves - moves.mean()
    straight = np.empty_like(strip)
    for move, part in zip(moves, parts, strict=True):
        for column in part:
            straight[:, column] = np.interp(y + move, y, strip[:, column])
    return straight


def band_width(values: NDArray[np.float64], x_px: float, pitch_px: float) -> float:
    """Return how wide a lane's bands are: full width at half height of what stands above the membrane, all rows summed.

    At least ``LEAST_WIDTH_SHARE`` of the pitch, and no more than the pitch.
    """
    half = max(2.0, 0.5 * pitch_px)
    strip = _strip(values, x_px - half, x_px + half)
    above = strip - np.quantile(strip, 0.1, axis=1, keepdims=True)
    strong = above.max(axis=1) > 0.3 * float(above.max())
    across = above[strong].mean(axis=0)
    wide = int(np.count_nonzero(across > 0.5 * float(np.quantile(across, 0.9))))
    return float(np.clip(wide, LEAST_WIDTH_SHARE * pitch_px, pitch_px))


def _strip(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    columns = values.shape[1]
    start = int(np.clip(round(low), 0, columns - 1))
    return values[:, start : int(np.clip(round(high) + 1, start + 1, columns))]


def band_sd(profile: Profile) -> Profile:
    """Return how thick (sd, px) bands are at each height, from the clear peaks; log-linear down the lane."""
    smooth = gaussian_filter1d(profile, 1.5)
    prominence = CLEAR_PEAK_SHARE * max(float(smooth.max()), 1e-9)
    at, found = find_peaks(smooth, prominence=prominence, width=2, rel_height=0.5)
    if not at.size:
        return np.full(profile.size, max(2.0, profile.size / 100))
    sd = np.clip(found["widths"] / FWHM_TO_SD, 1.2, None)
    weight = np.sqrt(found["prominences"])
    slope, middle = np.polyfit(at, np.log(sd), 1, w=weight) if at.size > 2 else (0.0, float(np.log(np.median(sd))))
    # Beyond the bands nothing says how thick they are.
    heights = np.clip(np.arange(profile.size), at[0], at[-1])
    thickness: Profile = np.exp(slope * heights + middle)
    return thickness


def curvature(profile: Profile, sd: Profile, share: float = SCALE_SHARE) -> Profile:
    """Return the scale-normalised downward curvature at a share of the thickness that bands have at each height."""
    scales = np.round(np.clip(share * sd, 1.0, None), 1)
    bent = np.zeros(profile.size)
    for scale in np.unique(scales):
        here = scales == scale
        bent[here] = -(scale**2) * gaussian_filter1d(profile, scale, order=2)[here]
    return bent


def find_bands(profile: Profile) -> NDArray[np.float64]:
    """Return the heights of every band that shows by itself, from top to bottom."""
    sd = band_sd(profile)
    bent = curvature(profile, sd)
    smooth = gaussian_filter1d(profile, 1.5)
    curved_noise = curvature_noise(profile, sd)
    at, _ = find_peaks(bent, height=LEAST_CURVATURE_SHARE * max(float(bent.max()), 1e-9))
    clear = (smooth[at] > LEAST_SIGNAL_SHARE * float(smooth.max())) & (bent[at] > CURVATURE_SDS * curved_noise[at])
    return at[clear].astype(np.float64)


def curvature_noise(profile: Profile, sd: Profile, share: float = SCALE_SHARE) -> Profile:
    """Return the standard deviation of the curvature that noise alone gives.

    White noise of variance 1 curves, at a scale, with the variance 3 / (8 sqrt(pi) scale).
    """
    scale = np.clip(share * sd, 1.0, None)
    noise: Profile = _noise(profile) * np.sqrt(3 / (8 * np.sqrt(np.pi) * scale))
    return noise


def _noise(profile: Profile) -> float:
    second = np.diff(profile, n=2)
    return float(1.4826 * np.median(np.abs(second - np.median(second))) / np.sqrt(6.0))


def match_bands(found: NDArray[np.float64], template: NDArray[np.float64]) -> NDArray[np.int_]:
    """Return which band of a template each found one is: in order, so that one line maps the heights best."""
    n, m = template.size, found.size
    slope, middle = 1.0, float(np.mean(found) - np.mean(template))
    chosen = np.arange(m)
    for _ in range(6):
        cost = (found[:, None] - (middle + slope * template[None, :])) ** 2
        chosen = _monotone(cost)
        slope, middle = (
            np.polyfit(template[chosen], found, 1) if m > 1 else (1.0, float(found[0] - template[chosen[0]]))
        )
        slope, middle = float(slope), float(middle)
        if n == m:
            break
    return chosen


def _monotone(cost: NDArray[np.float64]) -> NDArray[np.int_]:
    """Return for each row a column, strictly increasing, with the least summed cost."""
    rows, columns = cost.shape
    best = np.full((rows, columns), np.inf)
    best[0] = cost[0]
    for i in range(1, rows):
        least = np.minimum.accumulate(best[i - 1])
        best[i, 1:] = cost[i, 1:] + least[:-1]
    chosen = np.empty(rows, np.int_)
    end = columns
    for i in range(rows - 1, -1, -1):
        chosen[i] = int(np.argmin(best[i, :end]))
        end = int(chosen[i])
    return chosen


def fit_bands(profile: Profile, at_px: NDArray[np.float64], width_px: float) -> tuple[LaneBand, ...]:
    """Fit every band of a lane at once.

    Parameters
    ----------
    profile : (rows,) mean over the lane's core, above the membrane.
    at_px : (bands,) heights, top to bottom.
    width_px : width of the lane's bands: a volume is summed over it.
    """
    sd = band_sd(profile)
    at = np.clip(np.rint(at_px).astype(int), 0, profile.size - 1)
    low = max(0, int(at[0] - 8 * sd[at[0]]))
    rows = np.arange(low, min(profile.size, int(at[-1] + 6 * sd[at[-1]]) + 1))
    seen = profile[rows]
    middle, reach = float(at_px.mean()), max(float(np.ptp(at_px)) / 2, 1.0)
    noise = _noise(profile)
    weight = 1 / np.sqrt(noise**2 + (SHAPE_ERROR * np.maximum(seen, 0)) ** 2 + (1e-4 * float(seen.max())) ** 2)

    def shapes(p: Profile) -> NDArray[np.float64]:
        centre = at_px + p[5:] * sd[at]
        u = (centre - middle) / reach
        thick = np.exp(p[0] + p[1] * u + p[2] * u**2)
        return np.stack([*_bands(rows, centre, thick, p[3], p[4]).T, np.ones(rows.size)], axis=1)

    def solved(p: Profile) -> tuple[NDArray[np.float64], Profile]:
        design = shapes(p)
        heights, _ = nnls(design * weight[:, None], seen * weight)
        return design, heights

    def misfit(p: Profile) -> Profile:
        design, heights = solved(p)
        return np.concatenate([(design @ heights - seen) * weight, p[5:]])

    start = np.concatenate([[np.log(np.median(sd[at])), 0.0, 0.0, 0.0, 0.1], np.zeros(at.size)])
    shift = np.full(at.size, LARGEST_SHIFT_SDS)
    bounds = (
        np.concatenate([[start[0] - 1, -1.5, -1.0, -0.5, 0.0], -shift]),
        np.concatenate([[start[0] + 1, 1.5, 1.0, 0.5, 0.6], shift]),
    )
    fit = least_squares(misfit, start, bounds=bounds, max_nfev=60)
    design, heights = solved(fit.x)
    return _as_bands(fit.x, design, heights, weight, width_px, (at_px, sd[at], middle, reach), seen)


def _bands(rows: NDArray[np.int_], centre: Profile, thick: Profile, skew: float, tail: float) -> NDArray[np.float64]:
    """Return (rows, bands) shapes of height near 1: two half Gaussians with wider tails."""
    down = rows[:, None] - centre[None, :]
    sd = thick[None, :] * np.where(down < 0, 1 - skew, 1 + skew)
    body = np.exp(-0.5 * (down / sd) ** 2)
    tails = np.exp(-0.5 * (down / (TAIL_WIDTH * thick[None, :])) ** 2) / TAIL_WIDTH
    shapes: NDArray[np.float64] = (1 - tail) * body + tail * tails
    return shapes


def _as_bands(
    p: Profile, design: NDArray[np.float64], heights: Profile, weight: Profile, width_px: float,
    places: tuple[Profile, Profile, float, float], seen: Profile,
) -> tuple[LaneBand, ...]:  # fmt: skip
    at_px, sd, middle, reach = places
    centre = at_px + p[5:] * sd
    u = (centre - middle) / reach
    thick = np.exp(p[0] + p[1] * u + p[2] * u**2)
    scaled = design * weight[:, None]
    left = (design @ heights - seen) * weight
    spread = max(float(left @ left) / max(seen.size - heights.size - 5, 1), 1.0)
    covariance = spread * np.linalg.pinv(scaled.T @ scaled)
    area = design.sum(axis=0)
    return tuple(
        LaneBand(
            y_px=float(centre[i]),
            sd_px=float(thick[i]),
            volume=float(heights[i] * area[i] * width_px),
            volume_se=float(np.sqrt(max(covariance[i, i], 0.0)) * area[i] * width_px),
        )
        for i in range(at_px.size)
    )
