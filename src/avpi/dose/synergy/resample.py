"""How far a score may be off: dose matrices drawn anew, and what the scores of the draws say.

What is drawn depends on what was repeated. Only independent experiments say what the next experiment may give:

- 6 experiments or more: they are drawn with replacement. So few make draws too narrow, by sqrt((n - 1) / n) and by
  the normal in place of t (Hesterberg 2015 Am Stat 69:371, doi:10.1080/00031305.2015.1089789); the draws are moved
  away from their mean by both.
- 2 to 5 experiments: each is left out in turn (jackknife), with t of n - 1 degrees of freedom; a bootstrap of so few
  would have a handful of different draws.
- 1 experiment: normal errors are added to the wells, with the standard deviation of replicates, or where there are
  none of what curves leave, those through rows or those through columns, whichever fit better: a curve of another
  form than the logistic leaves more than scatter. That is the scatter of wells, and no more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from avpi.dose.synergy.combination import Combination, mean_over_experiments
from avpi.dose.synergy.matrix_curves import fit_matrix_curves

Floats = NDArray[np.float64]
Kind = Literal["bootstrap", "jackknife", "wells", "none"]

LEAST_FOR_BOOTSTRAP = 6
"""Experiments from which they are drawn with replacement: 6 give 462 different draws, 5 only 126."""
LEAST_DF = 3
"""Degrees of freedom below which the scatter of wells is not known well enough for an interval."""
MOST_UNDEFINED = 0.1
"""Share of draws without a score above which the others would give an interval of favourable draws only."""
PARAMETERS = 4
"""Of a curve."""
NO_SPREAD = 1e-12
"""A standard error below this is rounding: the experiments are copies of each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Matrices (draws, rows, columns) and how their scores are to be read.

    Attributes
    ----------
    kind : what was drawn.
    widen : factor by which draws are moved from their mean, see above; 1 for the jackknife.
    df : degrees of freedom.
    method : one phrase for people.
    """

    matrices: Floats
    kind: Kind
    widen: float
    df: float
    method: str

    def interval(self, value: Floats, drawn: Floats, level: float) -> tuple[Floats, Floats]:
        """Return the ends of the interval (wells,) of values (wells,) with the scores of the draws (draws, wells)."""
        if self.kind == "none":
            return np.full(value.shape, math.nan), np.full(value.shape, math.nan)
        if self.kind == "jackknife":
            half = float(stats.t.ppf(0.5 + level / 2, self.df)) * self._error(drawn)
            return value - half, value + half
        ends = np.full((2, value.size), math.nan)
        known = self._known(value, drawn)
        if known.any():
            ends[:, known] = np.nanquantile(
                self._widened(value, drawn)[:, known], [0.5 - level / 2, 0.5 + level / 2], axis=0
            )
        return ends[0], ends[1]

    def probability_above(self, value: Floats, drawn: Floats, margin: float) -> Floats:
        """Return the probability (wells,) that the score lies above the margin; nan where there is no interval."""
        found = np.full(value.shape, math.nan)
        if self.kind == "none":
            return found
        if self.kind == "jackknife":
            error = self._error(drawn)
            return np.asarray(stats.t.sf((margin - value) / error, self.df))
        known = self._known(value, drawn)
        moved = self._widened(value, drawn)[:, known]
        there = ~np.isnan(moved)
        found[known] = ((moved > margin) & there).sum(axis=0) / there.sum(axis=0)
        return found

    def _known(self, value: Floats, drawn: Floats) -> NDArray[np.bool_]:
        """Return where the interval can be told (wells,)."""
        undefined = np.isnan(drawn).mean(axis=0)
        varies = np.ptp(np.where(np.isnan(drawn), value, drawn), axis=0) > NO_SPREAD
        return np.asarray(~np.isnan(value) & (undefined <= MOST_UNDEFINED) & varies)

    def _widened(self, value: Floats, drawn: Floats) -> Floats:
        """Return the draws about the value: their own mean is off it where a maximum or a curve makes them so."""
        return np.asarray(value + self.widen * (drawn - mean_over_experiments(drawn)))

    def _error(self, left_out: Floats) -> Floats:
        n = len(left_out)
        error = np.sqrt((n - 1) / n * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0))
        return np.asarray(np.where(error > NO_SPREAD, error, math.nan))


def draw_matrices(
    combination: Combination, matrices: Floats, doses_a: Floats, doses_b: Floats, *, draws: int, seed: int, level: float
) -> Draws:
    """Return draws of the dose matrix.

    Parameters
    ----------
    matrices : (experiments, rows, columns), whose first row and column have dose 0.
    doses_a, doses_b : (rows,) and (columns,) ascending from 0.
    draws : how many matrices are drawn, where they are drawn by chance.
    """
    n = len(matrices)
    random = np.random.Generator(np.random.Philox(seed))
    normal = float(stats.norm.ppf(0.5 + level / 2))
    if n >= LEAST_FOR_BOOTSTRAP:
        times = random.multinomial(n, np.full(n, 1 / n), size=draws).astype(float)
        widen = math.sqrt(n / (n - 1)) * float(stats.t.ppf(0.5 + level / 2, n - 1)) / normal
        method = f"bootstrap over {n} independent experiments, {draws} draws, widened for so few"
        return Draws(matrices=_weighted(times, matrices), kind="bootstrap", widen=widen, df=n - 1, method=method)
    if n > 1:
        method = f"jackknife over {n} independent experiments, t with {n - 1} df"
        left = _weighted(1 - np.eye(n), matrices)
        return Draws(matrices=left, kind="jackknife", widen=1.0, df=n - 1, method=method)
    spread, df, source = _scatter_of_wells(combination, matrices, doses_a, doses_b)
    if df < LEAST_DF:
        none = np.empty((0, *matrices.shape[1:]))
        why = "no interval: one experiment, without replicates, and too few doses to tell its scatter"
        return Draws(matrices=none, kind="none", widen=1.0, df=0, method=why)
    error = spread / np.sqrt(np.maximum(_counts(combination, matrices, doses_a, doses_b), 1))
    drawn = matrices[0] + error * random.standard_normal((draws, *matrices.shape[1:]))
    widen = float(stats.t.ppf(0.5 + level / 2, df)) / normal
    method = f"scatter of wells in one experiment ({source}, {df:g} df), {draws} draws: not of experiments"
    return Draws(matrices=drawn, kind="wells", widen=widen, df=df, method=method)


def _weighted(times: Floats, matrices: Floats) -> Floats:
    """Return means of matrices with weights (draws, experiments)."""
    there = ~np.isnan(matrices)
    sums = np.tensordot(times, np.where(there, matrices, 0.0), axes=1)
    weights = np.tensordot(times, there.astype(float), axes=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(weights > 0, sums / weights, math.nan))


def _counts(combination: Combination, matrices: Floats, doses_a: Floats, doses_b: Floats) -> Floats:
    found = np.zeros(matrices.shape[1:])
    rows = doses_a.size - combination.levels_a.size + combination.row
    columns = doses_b.size - combination.levels_b.size + combination.column
    np.add.at(found, (rows, columns), 1.0)
    return found


def _scatter_of_wells(
    combination: Combination, matrices: Floats, doses_a: Floats, doses_b: Floats
) -> tuple[float, float, str]:
    """Return standard deviation and degrees of freedom of one well of one experiment, and where they come from."""
    means = combination.matrices()[0, combination.row, combination.column]
    df = combination.effects.size - int(np.sum(combination.counts() > 0))
    if df >= LEAST_DF:
        spread = math.sqrt(float(np.sum((combination.effects - means) ** 2)) / df)
        if spread > 0:
            return spread, df, "replicates"
    across = _left(doses_a, matrices[0].T)
    along = _left(doses_b, matrices[0])
    ways = [way for way in (across, along) if way[1] >= LEAST_DF]
    if not ways:
        return math.nan, 0, ""
    square, counted = min((total / freedom, freedom) for total, freedom in ways)
    return math.sqrt(square), counted, "residuals of curves through it"


def _left(doses: Floats, effects: Floats) -> tuple[float, float]:
    """Return residual sum and degrees of freedom of free curves through effects (curves, doses)."""
    points = (~np.isnan(effects)).sum(axis=1)
    curves = fit_matrix_curves(doses, effects)
    fitted = ~np.isnan(curves.rss) & (points > PARAMETERS)
    return float(np.sum(curves.rss[fitted])), float(np.sum(points[fitted] - PARAMETERS))
