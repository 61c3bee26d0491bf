"""Does a response depend on the dose at all? The p-value of a curve against a flat line, by a null made for its design.

The statistic is that of ``CurveFits.f_statistic``. Its distribution where nothing depends on the dose is not Fisher's:
the curve is not linear in its parameters, EC50 and slope mean nothing for a flat line, and boxes hold them (Davies 1987
Biometrika 74:33). It depends on doses, replicates, weights and boxes, so flat curves of that very design are simulated
and fitted.

Where a flat line lies within the boxes matters too: near an edge of them half of what noise could look like is not
allowed. If the bottom alone is boxed, as by default, only its nearer edge counts, in units of the noise, and flat
curves are simulated at several such distances. Noise is symmetric, and so is the curve: the upper edge does what the
lower does. Other boxes are taken as they are, with flat curves of height 1 at several heights of noise.

Beyond the simulated curves the tail is continued: the share of flat curves with a residual ratio curve / flat below r
falls as a power of r, as it does exactly for Fisher's F, and that power is fitted to the last hundredth. Where the top
is free and flat curves lie within the bottom's box it hardly differs between the levels, so one is taken for all of
them: it is known the better.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.compute.places import Place
from avpi.dose.batch import CurveFits, fit_design
from avpi.dose.design import Design
from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]

NULL_CURVES = 60_000
"""Flat curves at each level: a p-value of 0.001 is then known to an eighth of itself, and to less after the
tail was smoothed."""
NOISE_LEVELS = (0.05, 0.1, 0.2, 0.4, 1.0)
"""Standard deviations at which flat curves of height 1 are made; a curve's own is interpolated between them."""
DISTANCES = (-1.0, 0.0, 0.5, 1.0, 2.0, 4.0)
"""How far within the box of the bottom flat curves are made, in standard deviations of a well; a curve's own distance
is interpolated between them. From 4 on the box is not felt."""
DISTANCES_OUTSIDE = (-20.0, -8.0, -4.0, -2.0)
"""The same where the control, at 1, lies outside the box: a curve that ends there must fall, and a flat one is far out.
"""
_SMALL = 1e-3
"""Standard deviation of those curves, of the box's width: its other edge is far."""
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
    levels : (levels,) ascending: distances from the bottom's box, or logarithms of the noise of curves of height 1.
    ratios : (levels, curves) ascending.
    """

    design: Design
    levels: Floats
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
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(fits.rss_flat > 0, fits.rss / fits.rss_flat, 1.0)
        levels = self.levels
        at = np.interp(_places(fits, self.design), levels, np.arange(levels.size))
        below = np.minimum(at.astype(int), levels.size - 2) if levels.size > 1 else np.zeros(at.size, int)
        share = at - below
        above = np.minimum(below + 1, levels.size - 1)
        low, high = np.empty(ratio.shape), np.empty(ratio.shape)
        powers = self._tail_powers()
        for number, (sorted_ratios, power) in enumerate(zip(self.ratios, powers, strict=True)):
            # Of the curves whose noise lies next to this level, and of no others
            for shares, needed in ((low, below == number), (high, above == number)):
                shares[needed] = _share_below(ratio[needed], sorted_ratios, power)
        p = np.exp((1 - share) * np.log(low) + share * np.log(high))
        p = np.where(fits.rss_flat <= fits.wells * (CONSTANT * fits.mean) ** 2, 1.0, p)
        return np.where(np.isfinite(fits.rss) & (fits.wells == wells), p, np.nan)

    def _tail_powers(self) -> list[float]:
        """Return the power by which the last hundredth of the flat curves of each level falls."""
        last = self.ratios[:, : int(TAIL * self.ratios.shape[1]) + 1]
        falls = np.log(last[:, -1:] / np.maximum(last, 1e-300)).mean(axis=1)
        if self.levels[0] == DISTANCES[0]:  # of levels that are alike
            falls[:] = falls.mean()
        return [1 / max(float(fall), 1e-12) for fall in falls]  # Hill 1975 Ann Stat 3:1163


def null_is_known(design: Design) -> bool:
    """Return whether it is known which flat curves to make: not where the top is boxed, on another scale than 1."""
    if not _top_is_boxed(design):
        return True
    ends = design.plateaus[np.isfinite(design.plateaus) & (design.plateaus != 0)]
    lowest, highest = float(np.min(design.plateaus[[0, 2]])), float(np.max(design.plateaus[[1, 3]]))
    return bool(np.all((np.abs(ends) >= LEAST_END) & (np.abs(ends) <= MOST_END)) and lowest < 1.0 < highest)


def _top_is_boxed(design: Design) -> bool:
    return bool(np.isfinite(design.plateaus[2:]).any())


def _places(fits: CurveFits, design: Design) -> Floats:
    """Return where each curve (curves,) stands among the levels of its null."""
    noise = np.maximum(np.sqrt(fits.rss_flat / np.maximum(fits.wells - 1, 1)), 1e-300)
    if _top_is_boxed(design):
        return np.asarray(np.log(np.maximum(noise / np.maximum(np.abs(fits.mean), 1e-300), 1e-300)), float)
    low, high = design.plateaus[:2]
    return np.asarray(np.minimum(fits.mean - low, high - fits.mean) / noise, float)


def _levels(design: Design) -> list[tuple[float, float, float]]:
    """Return level, height and standard deviation of the flat curves of a design."""
    if _top_is_boxed(design):
        return [(math.log(noise), 1.0, noise) for noise in NOISE_LEVELS]
    low, high = (float(end) for end in design.plateaus[:2])
    noise = _SMALL * (high - low if math.isfinite(high - low) else 1.0)
    distances = DISTANCES if low <= 1.0 <= high else DISTANCES_OUTSIDE + DISTANCES
    if math.isfinite(low):
        return [(far, low + far * noise, noise) for far in distances]
    if math.isfinite(high):
        return [(far, high - far * noise, noise) for far in distances]
    return [(math.inf, 1.0, noise)]


def flat_null(design: Design, *, seed: int = 1, curves: int = NULL_CURVES, place: Place | None = None) -> FlatNull:
    """Simulate flat curves of a design and fit them.

    Parameters
    ----------
    design : doses, replicates, weights and boxes, as ``CurveFits.design`` has them.
    seed : equal seeds give equal nulls.
    curves : how many at each level.

    Raises
    ------
    InputError
        If the top is boxed, and on another scale than a fraction of the control.
    """
    if not null_is_known(design):
        what = f"the plateaus may lie between {design.plateaus.tolist()}, and flat curves have the height 1"
        hint = "Divide the responses by their control first, and fit them within boxes of that scale"
        raise InputError(Problem(file="boxes", what=what, expected="boxes of a fraction of the control", hint=hint))
    random = np.random.Generator(np.random.Philox(key=seed))
    levels = _levels(design)
    ratios = []
    for _, height, noise in levels:
        scatter = random.standard_normal((curves, design.groups.size)) / np.sqrt(design.weights)
        fits = fit_design(design, height + noise * scatter, intervals=False, place=place)
        ratios.append(np.sort(fits.rss / fits.rss_flat))
    return FlatNull(design=design, levels=np.array([level for level, _, _ in levels]), ratios=np.stack(ratios))


def flat_p_values(fits: CurveFits, *, seed: int = 1, place: Place | None = None) -> Floats:
    """Return for each curve how often a flat one of its design would look as much like a curve (curves,).

    A curve with missing wells has another design than the rest, and no p-value here: fit it apart.

    Parameters
    ----------
    fits : from ``fit_curves``.
    seed : of the simulated flat curves.
    """
    return flat_null(fits.design, seed=seed, place=place).p_values(fits)


def _share_below(ratio: Floats, null: Floats, power: float) -> Floats:
    """Return the share of the null (sorted) below each ratio; in the last hundredth by the fitted power."""
    empirical = (np.searchsorted(null, ratio, side="right") + 1) / (null.size + 1)
    edge = null[int(TAIL * null.size)]
    with np.errstate(divide="ignore"):
        tail = TAIL * np.exp(power * np.log(np.maximum(ratio, 1e-300) / edge))
    return np.asarray(np.where(ratio < edge, np.maximum(tail, 1e-300), empirical), float)
