"""The likelihood of three variances, given the scatter of replicates: constant, power, additive and multiplicative.

Within a group of m replicates the sum of squares over the variance is chi-square with m - 1 degrees of freedom,
whatever the group's mean: its likelihood is the restricted one, in which means cost nothing. Each variance is a scale
times a shape of one number; the scale is solved for and the number searched, so no start is needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import minimize_scalar

Floats = NDArray[np.float64]

EXPONENTS = np.linspace(-2.0, 4.0, 121)
"""Of the standard deviation: looked at, ends included. Counts have 0.5, a constant coefficient of variation 1."""
MULTIPLICATIVE_SHARES = np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 120)])
"""Of the variance at the mean height: looked at before the best is refined."""
SIMULATED = 999
"""Sets of replicates of constant variance behind the p-value."""
MOST_SIMULATED_GROUPS = 500
"""More groups than that are put together with those of nearest height for the simulation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceParameter:
    """A parameter of a variance; its standard error is nan where the parameter lies at the edge of what it may be."""

    name: str
    value: float
    standard_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceFit:
    """A variance fitted to replicates; ``aic`` is Akaike's criterion up to a constant that all models share."""

    parameters: tuple[VarianceParameter, ...]
    aic: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicateScatter:
    """Mean height, above 0, degrees of freedom and sum of squares of each group of replicates (groups,)."""

    heights: Floats
    df: Floats
    squares: Floats

    @property
    def middle_height(self) -> float:
        """Geometric mean height, by which heights are divided before a power is taken."""
        return float(np.exp(np.average(np.log(self.heights), weights=self.df)))

    @property
    def pooled_variance(self) -> float:
        """The variance where it is constant."""
        return float(self.squares.sum() / self.df.sum())

    def coarser(self) -> ReplicateScatter:
        """Return the same scatter in no more than ``MOST_SIMULATED_GROUPS`` groups, neighbours put together."""
        if self.df.size <= MOST_SIMULATED_GROUPS:
            return self
        order = np.argsort(self.heights, kind="stable")
        into = np.empty(order.size, np.int64)
        into[order] = np.arange(order.size) * MOST_SIMULATED_GROUPS // order.size
        df = np.asarray(np.bincount(into, self.df), np.float64)
        logs = np.bincount(into, self.df * np.log(self.heights)) / df
        squares = np.asarray(np.bincount(into, self.squares), np.float64)
        return ReplicateScatter(heights=np.exp(logs), df=df, squares=squares)


def power_ratio(heights: Floats, df: Floats, squares: Floats) -> tuple[Floats, Floats]:
    """Return the likelihood ratio of a power against a constant, and the power, of sets of sums of squares.

    Parameters
    ----------
    heights, df : (groups,) above 0.
    squares : (sets, groups).

    Returns
    -------
    ratio : (sets,) twice the difference of the log-likelihoods, 0 or more.
    exponent : (sets,) of the standard deviation; between the ends of ``EXPONENTS``.
    """
    logs = np.log(heights)
    logs = logs - np.average(logs, weights=df)  # then the scale's logarithm is all that a power changes
    total = df.sum()
    scale = squares @ np.exp(-2 * np.outer(logs, EXPONENTS)) / total
    loss = total * np.log(scale)
    at = np.clip(np.argmin(loss, axis=1), 1, EXPONENTS.size - 2)
    rows = np.arange(len(squares))
    left, middle, right = (loss[rows, at + side] for side in (-1, 0, 1))
    bend = left - 2 * middle + right
    shift = np.clip(np.where(bend > 0, 0.5 * (left - right) / np.where(bend > 0, bend, 1), 0.0), -1, 1)
    lowest = middle - 0.25 * (left - right) * shift
    constant = total * np.log(squares.sum(axis=1) / total)
    exponent = EXPONENTS[at] + shift * (EXPONENTS[1] - EXPONENTS[0])
    return np.maximum(constant - np.minimum(lowest, middle), 0.0), exponent


def power_p_value(found: ReplicateScatter, seed: int) -> float:
    """Return how often replicates of constant variance look as much like a power of the mean as these do.

    The scale cancels, so replicates simulated for the same groups have exactly the ratios of such replicates. Their
    mean, which is 1 for many replicates and up to 1.2 for a handful, corrects the ratio before it is compared with
    chi-square (Bartlett's correction; Lawley 1956 Biometrika 43:295, doi:10.1093/biomet/43.3-4.295).
    """
    groups = found.coarser()
    random = np.random.Generator(np.random.Philox(key=seed))
    measured, _ = power_ratio(groups.heights, groups.df, groups.squares[None, :])
    null, _ = power_ratio(groups.heights, groups.df, random.chisquare(groups.df, (SIMULATED, groups.df.size)))
    return float(stats.chi2.sf(measured[0] / float(null.mean()), 1))


def _criterion(found: ReplicateScatter, variance: Floats, parameters: int) -> float:
    """Return Akaike's criterion up to a constant that all models share."""
    return float(np.sum(found.df * np.log(variance) + found.squares / variance)) + 2 * parameters


def _errors(found: ReplicateScatter, slopes: Floats) -> Floats:
    """Return standard errors from the derivatives (g, p) of the log variance, by expected information."""
    information = (slopes * (0.5 * found.df)[:, None]).T @ slopes
    if np.linalg.matrix_rank(information, hermitian=True) < len(information):
        return np.full(len(information), math.nan)
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(information))), float)


def fit_constant(found: ReplicateScatter) -> VarianceFit:
    """Fit one variance for all heights."""
    variance, total = found.pooled_variance, float(found.df.sum())
    sd = math.sqrt(variance)
    one = VarianceParameter(name="standard_deviation", value=sd, standard_error=sd / math.sqrt(2 * total))
    aic = _criterion(found, np.full(found.df.shape, variance), 1) if variance > 0 else -math.inf
    return VarianceFit(parameters=(one,), aic=aic)


def fit_power(found: ReplicateScatter) -> VarianceFit:
    """Fit a standard deviation of ``scale * mean^exponent``."""
    exponent = float(power_ratio(found.heights, found.df, found.squares[None, :])[1][0])
    relative = found.heights / found.middle_height
    at_unit = math.sqrt(float(np.sum(found.squares * relative ** (-2 * exponent)) / found.df.sum()))
    scale = at_unit * found.middle_height**-exponent
    logs = np.log(found.heights)
    inside = EXPONENTS[0] < exponent < EXPONENTS[-1]
    errors = _errors(found, np.stack([np.full(logs.shape, 2 / scale), 2 * logs], axis=1))
    if not inside:
        errors = np.full(2, math.nan)
    return VarianceFit(
        parameters=(
            VarianceParameter(name="scale", value=scale, standard_error=float(errors[0])),
            VarianceParameter(name="exponent", value=exponent, standard_error=float(errors[1])),
        ),
        aic=_criterion(found, (at_unit * relative**exponent) ** 2, 2),
    )


def fit_sum(found: ReplicateScatter) -> VarianceFit:
    """Fit a variance of ``additive^2 + (coefficient_of_variation * mean)^2``."""
    squared = (found.heights / found.middle_height) ** 2

    def loss(share: float) -> float:
        shape = 1 - share + share * squared
        return float(found.df.sum() * math.log(np.sum(found.squares / shape)) + np.sum(found.df * np.log(shape)))

    share = _searched(loss, MULTIPLICATIVE_SHARES)
    shape = 1 - share + share * squared
    scale = float(np.sum(found.squares / shape) / found.df.sum())
    additive, cv = math.sqrt(scale * (1 - share)), math.sqrt(scale * share) / found.middle_height
    variance = scale * shape
    slopes = np.stack([2 * additive / variance, 2 * cv * found.heights**2 / variance], axis=1)
    free = np.array([additive > 0, cv > 0])
    errors = np.full(2, math.nan)
    errors[free] = _errors(found, slopes[:, free])
    return VarianceFit(
        parameters=(
            VarianceParameter(name="additive", value=additive, standard_error=float(errors[0])),
            VarianceParameter(name="coefficient_of_variation", value=cv, standard_error=float(errors[1])),
        ),
        aic=_criterion(found, variance, 2),
    )


def _searched(loss: Callable[[float], float], grid: Floats) -> float:
    """Return where a function of one number is lowest: the best of a grid, refined between its neighbours."""
    losses = [loss(float(value)) for value in grid]
    at = int(np.argmin(losses))
    ends = float(grid[max(at - 1, 0)]), float(grid[min(at + 1, grid.size - 1)])
    found = minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-10})
    return float(found.x) if found.fun < losses[at] else float(grid[at])
