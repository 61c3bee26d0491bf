"""Does a response depend on the dose at all? The p-value of a curve against a flat line, by a null made for its design.

The statistic is that of ``CurveFits.f_statistic``. Its distribution where nothing depends on the dose is not Fisher's:
the curve is not linear in its parameters, EC50 and slope mean nothing for a flat line, and boxes hold them (Davies 1987
Biometrika 74:33). It depends on doses, replicates, weights and boxes, so flat curves of that very design are simulated
and fitted, at several heights of noise because the boxes of the plateaus are in units of the response.

Beyond the simulated curves the tail is continued: the share of flat curves with a residual ratio curve / flat below r
falls as a power of r, as it does exactly for Fisher's F, and that power is fitted to the last hundredth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.compute.places import Place
from avpi.dose.batch import CurveFits, fit_design
from avpi.dose.design import Design
from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]

NULL_CURVES = 60_000
"""Flat curves at each height of noise: a p-value of 0.001 is then known to an eighth of itself, and to less after the
tail was smoothed."""
NOISE_LEVELS = (0.02, 0.05, 0.1, 0.2, 0.4)
"""Standard deviations at which flat curves of height 1 are made; a curve's own is interpolated between them."""
CONSTANT = 1e-9
"""Scatter, relative to the mean, below which all responses of a curve are one number and what is left is rounding: no
instrument has as many digits."""
LEAST_END, MOST_END = 0.05, 5.0
"""Between these a finite end of a box, other than 0, must lie for flat curves of height 1 to be what is meant."""
TAIL = 0.01
"""Share of the flat curves from which on the tail is smoothed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatNull:
    """The residual ratios of flat curves of one design.

    Attributes
    ----------
    noise_levels : (levels,) ; ``ratios`` : (levels, curves) ascending.
    """

    design: Design
    noise_levels: Floats
    ratios: Floats

    def p_values(self, fits: CurveFits) -> Floats:
        """Return the p-value of each curve (curves,); nan where there is none, 1 where all responses are one number.

        Raises
        ------
        InputError
            If the curves are of another design.
        """
        same = (
            np.array_equal(fits.design.groups, self.design.groups)
            and np.array_equal(fits.design.log10_doses, self.design.log10_doses)
            and np.array_equal(fits.design.weights, self.design.weights)
            and fits.design.boxes == self.design.boxes
        )
        if not same:
            what = "the curves have other doses, weights or boxes than the null was made for"
            raise InputError(Problem(file="fits", what=what, expected="one design", hint="Make a null for each design"))
        wells = self.design.groups.size
        height = np.maximum(np.abs(fits.mean), 1e-300)
        noise = np.sqrt(fits.rss_flat / np.maximum(fits.wells - 1, 1)) / height
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(fits.rss_flat > 0, fits.rss / fits.rss_flat, 1.0)
        levels = np.log(self.noise_levels)
        at = np.interp(np.log(np.maximum(noise, 1e-300)), levels, np.arange(levels.size))
        below = np.minimum(at.astype(int), levels.size - 2) if levels.size > 1 else np.zeros(at.size, int)
        share = at - below
        above = np.minimum(below + 1, levels.size - 1)
        low, high = np.empty(ratio.shape), np.empty(ratio.shape)
        for number, sorted_ratios in enumerate(self.ratios):
            # Of the curves whose noise lies next to this level, and of no others
            for shares, needed in ((low, below == number), (high, above == number)):
                shares[needed] = _share_below(ratio[needed], sorted_ratios)
        p = np.exp((1 - share) * np.log(low) + share * np.log(high))
        p = np.where(fits.rss_flat <= fits.wells * (CONSTANT * fits.mean) ** 2, 1.0, p)
        return np.where(np.isfinite(fits.rss) & (fits.wells == wells), p, np.nan)


def null_is_known(design: Design) -> bool:
    """Return whether flat curves of height 1 stand for those of a design: its boxes are of that scale, or at 0."""
    ends = design.plateaus[np.isfinite(design.plateaus) & (design.plateaus != 0)]
    return bool(np.all((np.abs(ends) >= LEAST_END) & (np.abs(ends) <= MOST_END)) and _around_1(design))


def _around_1(design: Design) -> bool:
    lowest, highest = float(np.min(design.plateaus[[0, 2]])), float(np.max(design.plateaus[[1, 3]]))
    return lowest < 1.0 < highest


def flat_null(design: Design, *, seed: int = 1, curves: int = NULL_CURVES, place: Place | None = None) -> FlatNull:
    """Simulate flat curves of a design and fit them.

    Parameters
    ----------
    design : doses, replicates, weights and boxes, as ``CurveFits.design`` has them.
    seed : equal seeds give equal nulls.
    curves : how many at each height of noise.

    Raises
    ------
    InputError
        If the boxes of the plateaus are of another scale than a fraction of the control.
    """
    if not null_is_known(design):
        what = f"the plateaus may lie between {design.plateaus.tolist()}, and flat curves have the height 1"
        hint = "Divide the responses by their control first, and fit them within boxes of that scale"
        raise InputError(Problem(file="boxes", what=what, expected="boxes of a fraction of the control", hint=hint))
    random = np.random.Generator(np.random.Philox(key=seed))
    levels = NOISE_LEVELS if np.isfinite(design.plateaus).any() else NOISE_LEVELS[:1]
    scatter = random.standard_normal((curves, design.groups.size)) / np.sqrt(design.weights)
    ratios = []
    for level in levels:
        fits = fit_design(design, 1 + level * scatter, intervals=False, place=place)
        ratios.append(np.sort(fits.rss / fits.rss_flat))
    return FlatNull(design=design, noise_levels=np.asarray(levels), ratios=np.stack(ratios))


def flat_p_values(fits: CurveFits, *, seed: int = 1, place: Place | None = None) -> Floats:
    """Return for each curve how often a flat one of its design would look as much like a curve (curves,).

    A curve with missing wells has another design than the rest, and no p-value here: fit it apart.

    Parameters
    ----------
    fits : from ``fit_curves``.
    seed : of the simulated flat curves.
    """
    return flat_null(fits.design, seed=seed, place=place).p_values(fits)


def _share_below(ratio: ArrayLike, null: Floats) -> Floats:
    """Return the share of the null (sorted) below each ratio; in the last hundredth by the fitted power."""
    values = np.asarray(ratio, float)
    n = null.size
    empirical = (np.searchsorted(null, values, side="right") + 1) / (n + 1)
    edge_at = int(TAIL * n)
    edge = null[edge_at]
    last = null[: edge_at + 1]
    power = 1 / max(float(np.mean(np.log(edge / np.maximum(last, 1e-300)))), 1e-12)  # Hill 1975 Ann Stat 3:1163
    with np.errstate(divide="ignore"):
        tail = TAIL * np.exp(power * np.log(np.maximum(values, 1e-300) / edge))
    return np.asarray(np.where(values < edge, np.maximum(tail, 1e-300), empirical), float)
