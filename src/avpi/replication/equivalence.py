"""Equivalence by two one-sided tests (TOST).

Sources: Schuirmann 1987, J Pharmacokinet Biopharm 15:657, doi:10.1007/BF01068419; Lakens 2017, Soc Psychol Personal Sci
8:355, doi:10.1177/1948550617697177. Two values are equivalent if both tests reject: the difference lies above the lower
and below the upper margin. That is the same as an interval of coverage 1 - 2 alpha inside the margins. A large p-value
of a difference says nothing of the kind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from avpi.errors import InputError, Problem
from avpi.estimate import State
from avpi.replication.conditions import ONE_EXPERIMENT
from avpi.replication.contrasts import Contrast
from avpi.replication.numeric_input import numbers

Floats = NDArray[np.float64]
Margins = tuple[float, float]

EXACT = 1e-12
"""Spread, relative to the largest value, below which values are the same but for rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EquivalenceTest:
    """Two one-sided tests of a mean or a difference.

    Attributes
    ----------
    estimate, standard_error, df : of the mean or difference, in units of the response.
    margins : lower and upper margin of equivalence, in units of the response.
    t_lower, p_lower : test that the estimate lies above the lower margin.
    t_upper, p_upper : test that it lies below the upper margin.
    p : the larger of both; equivalence is shown if it is below ``alpha``.
    low, high : interval of coverage 1 - 2 alpha.
    equivalent : whether equivalence was shown; False does not mean a difference, nor does it where not estimable.
    n : number of independent experiments (of both arms if they are not paired).
    """

    estimate: float
    standard_error: float
    df: float
    margins: Margins
    alpha: float
    t_lower: float
    p_lower: float
    t_upper: float
    p_upper: float
    p: float
    low: float
    high: float
    equivalent: bool
    n: int
    method: str
    state: State = "measured"


def tost_one_sample(values: ArrayLike, margins: Margins, *, alpha: float = 0.05) -> EquivalenceTest:
    """Test that the mean of values (experiments,) lies within the margins.

    Raises
    ------
    InputError
        If a value is no number, there is none, the margins are no interval or alpha is not between 0 and 0.5.

    Notes
    -----
    Assumes normal values, one for each independent experiment: average wells first. One experiment, or values without
    spread, are ``not_estimable``.
    """
    sample = _sample(values, "values")
    return _mean_test(sample, margins, alpha, "TOST of one sample")


def tost_paired(first: ArrayLike, second: ArrayLike, margins: Margins, *, alpha: float = 0.05) -> EquivalenceTest:
    """Test that the mean of first - second, paired by experiment (experiments,), lies within the margins.

    Raises
    ------
    InputError
        As ``tost_one_sample``; also if the lengths differ.
    """
    one, other = _sample(first, "first"), _sample(second, "second")
    if one.size != other.size:
        what = f"there are {one.size} and {other.size} values"
        raise InputError(Problem(file="second", what=what, expected="one value of each arm for every experiment"))
    # Whether differences vary is judged by the size of what was subtracted: 1000.3 - 1000 rounds.
    size = float(max(np.abs(one).max(), np.abs(other).max()))
    return _mean_test(one - other, margins, alpha, "paired TOST", size=size)


def tost_welch(first: ArrayLike, second: ArrayLike, margins: Margins, *, alpha: float = 0.05) -> EquivalenceTest:
    """Test that the difference of two means lies within the margins; the variances may differ (Welch 1947).

    Parameters
    ----------
    first, second : (experiments,) values of two arms that were measured in different experiments.

    Raises
    ------
    InputError
        As ``tost_one_sample``.
    """
    one, other = _sample(first, "first"), _sample(second, "second")
    if min(one.size, other.size) < 2:
        return _none(ONE_EXPERIMENT, margins, alpha, one.size + other.size)
    parts = np.array([one.var(ddof=1) / one.size, other.var(ddof=1) / other.size])
    if _same(one) and _same(other):
        return _none("the values of neither arm vary", margins, alpha, one.size + other.size)
    df = float(parts.sum() ** 2 / (parts**2 / [one.size - 1, other.size - 1]).sum())
    difference, error = float(one.mean() - other.mean()), math.sqrt(parts.sum())
    return _tost(difference, error, df, margins, alpha, one.size + other.size, "Welch TOST")


def tost_pooled(first: ArrayLike, second: ArrayLike, margins: Margins, *, alpha: float = 0.05) -> EquivalenceTest:
    """Test that the difference of two means lies within the margins; the variances are taken as one.

    Raises
    ------
    InputError
        As ``tost_one_sample``.
    """
    one, other = _sample(first, "first"), _sample(second, "second")
    if min(one.size, other.size) < 2:
        return _none(ONE_EXPERIMENT, margins, alpha, one.size + other.size)
    if _same(one) and _same(other):
        return _none("the values of neither arm vary", margins, alpha, one.size + other.size)
    df = one.size + other.size - 2
    variance = ((one.size - 1) * one.var(ddof=1) + (other.size - 1) * other.var(ddof=1)) / df
    error = math.sqrt(variance * (1 / one.size + 1 / other.size))
    difference = float(one.mean() - other.mean())
    return _tost(difference, error, float(df), margins, alpha, one.size + other.size, "pooled TOST")


def tost_contrast(tested: Contrast, margins: Margins, *, alpha: float = 0.05) -> EquivalenceTest:
    """Test that a contrast of a mixed model lies within the margins, with its standard error and degrees of freedom.

    Raises
    ------
    InputError
        If the margins are no interval or alpha is not between 0 and 0.5.
    """
    if tested.state == "not_estimable":
        return _none(tested.method, margins, alpha, tested.n)
    method = f"TOST, {tested.method}"
    return _tost(tested.estimate, tested.standard_error, tested.df, margins, alpha, tested.n, method)


def _mean_test(
    sample: Floats, margins: Margins, alpha: float, method: str, *, size: float | None = None
) -> EquivalenceTest:
    n = sample.size
    if n < 2:
        return _none(ONE_EXPERIMENT, margins, alpha, n)
    if _same(sample, size):
        return _none("the values do not vary between experiments", margins, alpha, n)
    error = float(sample.std(ddof=1)) / math.sqrt(n)
    return _tost(float(sample.mean()), error, float(n - 1), margins, alpha, n, method)


def _tost(
    value: float, error: float, df: float, margins: Margins, alpha: float, n: int, method: str
) -> EquivalenceTest:
    _stop_at_margins(margins, alpha)
    t_lower, t_upper = (value - margins[0]) / error, (value - margins[1]) / error
    p_lower, p_upper = float(stats.t.sf(t_lower, df)), float(stats.t.cdf(t_upper, df))
    half = float(stats.t.isf(alpha, df)) * error
    p = max(p_lower, p_upper)
    if f"{df:.3g} df" not in method:
        method = f"{method} with {df:.3g} df from {n} experiments"
    return EquivalenceTest(
        estimate=value, standard_error=error, df=df, margins=margins, alpha=alpha, t_lower=t_lower, p_lower=p_lower,
        t_upper=t_upper, p_upper=p_upper, p=p, low=value - half, high=value + half, equivalent=p < alpha, n=n,
        method=method,
    )  # fmt: skip


def _none(why: str, margins: Margins, alpha: float, n: int) -> EquivalenceTest:
    _stop_at_margins(margins, alpha)
    nan = math.nan
    return EquivalenceTest(
        estimate=nan, standard_error=nan, df=nan, margins=margins, alpha=alpha, t_lower=nan, p_lower=nan, t_upper=nan,
        p_upper=nan, p=nan, low=nan, high=nan, equivalent=False, n=n, method=why, state="not_estimable",
    )  # fmt: skip


def _sample(values: ArrayLike, file: str) -> Floats:
    sample = numbers(values, file)
    if sample.ndim != 1 or sample.size == 0 or not np.isfinite(sample).all():
        what = f"the values have the shape {sample.shape} and {int((~np.isfinite(sample)).sum())} are no finite number"
        hint = "Leave out experiments without a value"
        raise InputError(Problem(file=file, what=what, expected="one finite number for each experiment", hint=hint))
    return sample


def _same(sample: Floats, size: float | None = None) -> bool:
    return bool(np.ptp(sample) <= EXACT * (np.abs(sample).max() if size is None else size))


def _stop_at_margins(margins: Margins, alpha: float) -> None:
    if not (math.isfinite(margins[0]) and math.isfinite(margins[1]) and margins[0] < margins[1]):
        what = f"the margins are {margins[0]} and {margins[1]}"
        raise InputError(Problem(file="margins", what=what, expected="a lower one below an upper one, both finite"))
    if not 0 < alpha < 0.5:
        raise InputError(Problem(file="alpha", what=f"alpha is {alpha}", expected="between 0 and 0.5"))
