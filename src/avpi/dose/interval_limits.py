"""Intervals that cover what they say: the limit of a profile likelihood, learnt for the design.

A profile interval of the EC50 holds every p at which the residual sum rises less than Fisher's F allows. That is exact
for a straight line. A sigmoid bends, its bottom leans on its box, and at the edge of the doses half of it is not seen:
there such intervals of nominally 95 % held the EC50 in 88 to 99.7 % of simulated curves.

So for every design some hundred thousand curves are simulated with known EC50, all over and beyond the doses, of any
slope, bottom and noise. Each is fitted freely and with its EC50 held. What the rise of the residual sum was is then
regressed, as a quantile, on what the held fit found: slope, noise relative to the span, bottom relative to its box. If
the EC50 is where it is held, these are close to sufficient for all else that is unknown, and given a sufficient
statistic the distribution of the rise no longer depends on it (Lehmann & Romano 2005 Testing Statistical Hypotheses,
ch. 4, doi:10.1007/0-387-27605-X): so the coverage nearly holds for each slope, noise and bottom, not only on average
over them. For slopes of 0.6 to 1.5 it was 93 to 97 %; for steep curves whose EC50 is the first or last dose, where the
fitted slope says little, 90 to 99 %. There almost all misses are on one side.
The regression is Koenker & Bassett's (1978 Econometrica 46:33, doi:10.2307/1913643), of three neighbouring quantiles
together.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from scipy import special

from avpi.compute.places import InProcess, Place
from avpi.dose.design import FAR, Design
from avpi.dose.kernels.block import room_for
from avpi.dose.kernels.columns import PARAMETERS
from avpi.dose.kernels.held import DESCRIBED, fit_held
from avpi.dose.kernels.limits import Limits, fit_coefficients

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CURVES = 128_000
"""Simulated for a design: coverage is then known to a third of a percent or so everywhere."""
_BLOCK = 4_000
_SEED = 5
BEYOND = 0.15
"""How far outside the doses true EC50s lie, of their range."""
LN_SLOPE, LN_SLOPE_SPREAD = 0.2, 0.6
"""Mean and standard deviation of the true ln slopes."""
NOISE = (0.02, 0.3)
"""Lowest and highest true standard deviation, of the span."""
AT_THE_BOX, HIGHEST_BOTTOM = 0.3, 0.5
"""Share of true bottoms that lie at the edge of their box, and how far above it the others may."""
RIDGE, ROUNDS = 300.0, 9
"""Of the regression: weight by which each coefficient is drawn to the common factor, and rounds of reweighting."""
LEAST_DOSES = 7
"""Doses above 0 from which on limits are learnt: with fewer, those of F err on the safe side, and learnt ones not."""
SLOPES = (0.25, 5.0)
"""A box of the slope must reach from here to there, for the simulated slopes to lie in it."""
LEAST_BEYOND = 0.1
KEPT = 64
"""Designs whose limits are remembered."""

_known: OrderedDict[tuple[object, ...], Floats] = OrderedDict()
_lock = Lock()


def plain_limits(design: Design) -> Limits:
    """Return the limits of Fisher's F."""
    return _limits(design, np.empty(0))


def learn_limits(design: Design, level: float, place: Place | None = None) -> Limits:
    """Return the limits of a design for intervals of coverage ``level``; equal designs have equal ones.

    A second or two of work for a design that was not met before. Doses may be those of another design times a factor.
    Where the curves that are simulated would not lie within the boxes, or where there are fewer than seven doses above
    0, the limits are those of Fisher's F.
    """
    if not _simulable(design):
        return plain_limits(design)
    key = (*_key(design), level)
    with _lock:
        found = _known.get(key)
    if found is None:
        found = _learn(design, level, place or InProcess())
        with _lock:
            _known[key] = found
            while len(_known) > KEPT:
                _known.popitem(last=False)
    return _limits(design, found)


def _simulable(design: Design) -> bool:
    """Return whether the simulated curves are such as the boxes allow."""
    boxes = design.boxes
    low, high = boxes.bottom
    lowest = low if math.isfinite(low) else 0.0
    top = _top(lowest)
    slopes = boxes.slope[0] <= SLOPES[0] and boxes.slope[1] >= SLOPES[1]
    plateaus = high >= lowest + HIGHEST_BOTTOM and boxes.top[0] < top < boxes.top[1]
    return design.given.size >= LEAST_DOSES and slopes and plateaus and boxes.beyond_doses_log10 >= LEAST_BEYOND


def _top(lowest_bottom: float) -> float:
    return 1.0 if lowest_bottom < HIGHEST_BOTTOM else lowest_bottom + 1.0


def _limits(design: Design, coefficients: Floats) -> Limits:
    first, last = float(design.given[0]), float(design.given[-1])
    return Limits(
        first, last - first, float(design.boxes.bottom[0]), coefficients,
        np.zeros(DESCRIBED, np.int64), np.zeros(DESCRIBED),
    )  # fmt: skip


def _key(design: Design) -> tuple[object, ...]:
    """Return what a design's limits depend on: its doses up to a factor, its wells, weights and boxes."""
    shifted = np.where(design.log10_doses > -FAR / 2, design.log10_doses - design.given[0], -FAR)
    return (
        np.round(shifted, 3).tobytes(),
        np.sort(design.groups).tobytes(),
        np.round(design.weights, 6).tobytes(),
        design.boxes,
    )


def _learn(design: Design, level: float, place: Place) -> Floats:
    wells = design.groups.size
    df = wells - PARAMETERS
    if df < 1:
        return np.empty(0)
    tasks = list(range(CURVES // _BLOCK))
    done = list(place.map(_Simulation(design), tasks, stage="interval limits"))
    rises = np.concatenate([rise for rise, _, _ in done])
    indices = np.concatenate([index for _, index, _ in done])
    values = np.concatenate([value for _, _, value in done])
    quantiles = np.array([1 - 2 * (1 - level), level, 1 - 0.5 * (1 - level)])
    kept = quantiles > 0.05
    quantiles = quantiles[kept]
    limits = np.log(special.fdtri(1, df, quantiles) / df)
    ratios = np.log(np.maximum(rises, 1e-12))[:, None] - limits
    centre = float(np.quantile(rises, level))
    centre = math.log(max(centre, 1e-12)) - float(np.log(special.fdtri(1, df, level) / df))
    return np.asarray(fit_coefficients(indices, values, ratios, quantiles, centre, RIDGE, ROUNDS))


class _Simulation:
    """Simulates a block of curves of a design and fits each freely and with its EC50 held at the truth."""

    def __init__(self, design: Design) -> None:
        self.design = design

    def __call__(self, block: int) -> tuple[Floats, Ints, Floats]:
        """Return the relative rises (curves,), and the hat functions (curves, 23) with their indices."""
        design = self.design
        random = np.random.Generator(np.random.Philox(key=[_SEED, block]))
        p, means, noise = self._truths(random)
        heights = np.bincount(design.groups, design.weights, design.log10_doses.size).astype(float)
        counts = np.bincount(design.groups, minlength=design.log10_doses.size)
        scatter = random.standard_normal(means.shape) / np.sqrt(heights)
        spare = int(np.sum(counts) - counts.size)
        within = noise**2 * random.chisquare(spare, len(p)) if spare else np.zeros(len(p))
        rises = np.empty(len(p))
        indices, values = np.zeros((len(p), DESCRIBED), np.int64), np.zeros((len(p), DESCRIBED))
        fit_held(
            means + noise[:, None] * scatter,
            heights,
            within,
            design.groups.size,
            p,
            design.log10_doses,
            design.plateaus,
            design.box,
            design.starts(),
            plain_limits(design),
            room_for(design.log10_doses.size),
            rises,
            indices,
            values,
        )
        return rises, indices, values

    def _truths(self, random: np.random.Generator) -> tuple[Floats, Floats, Floats]:
        """Return true log10 EC50 (curves,), mean responses (curves, doses) and standard deviations (curves,)."""
        design = self.design
        first, last = design.given[0], design.given[-1]
        reach = min(BEYOND * (last - first), design.boxes.beyond_doses_log10)
        p = random.uniform(first - reach, last + reach, _BLOCK)
        low, high = design.boxes.slope
        slope = np.exp(random.normal(LN_SLOPE, LN_SLOPE_SPREAD, _BLOCK)).clip(1.5 * low, 0.9 * high)
        above = np.where(random.random(_BLOCK) < AT_THE_BOX, 0.0, random.uniform(0, HIGHEST_BOTTOM, _BLOCK))
        lowest = design.boxes.bottom[0]
        lowest = lowest if math.isfinite(lowest) else 0.0
        bottom = above + lowest
        noise = np.exp(random.uniform(math.log(NOISE[0]), math.log(NOISE[1]), _BLOCK))
        top = _top(lowest)
        u = (slope[:, None] * (design.log10_doses - p[:, None]) * math.log(10)).clip(-700, 700)
        return p, bottom[:, None] + (top - bottom)[:, None] / (1 + np.exp(u)), noise
