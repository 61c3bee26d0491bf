"""Shares of cells with intervals: counting error, widened by what is not known of the thresholds.

A threshold at the 99th percentile of negative cells calls one in a hundred of them positive. Shares are freed
of that (Rogan, Gladen 1978, Am J Epidemiol 107:71-76, with a sensitivity of one), so that an untreated
sample does not read two per cent dead for two stains; counts stay what was counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import beta

from avpi.estimate import Estimate, not_estimable
from avpi.flow.thresholds import Cutoff

LEVEL = 0.95
_LOG_CELLS = (-7.0, 35.0)  # bounds of the search below: a thousandth of a cell, and more than any tube holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Counts of cells by name, and the estimate of each share with its standard deviation."""

    counts: Mapping[str, int]
    fractions: Mapping[str, Estimate]
    errors: Mapping[str, float]


def levels_of(cutoffs: Sequence[Cutoff]) -> NDArray[np.float64]:
    """Return (stains, 3): each threshold less one standard error, itself, and plus one."""
    return np.array([[cutoff.low, cutoff.value, cutoff.high] for cutoff in cutoffs])


def shares_of(bins: NDArray[np.int64], cutoffs: Sequence[Cutoff], names: Mapping[tuple[bool, ...], str]) -> Shares:
    """Return the shares of cells by which stains they carry.

    Parameters
    ----------
    bins : (4,) for each stain, cells by the number of ``levels_of(cutoffs)`` that they exceed.
    cutoffs : threshold of each stain.
    names : name of each pattern of positive stains.
    """
    n = int(bins.sum())
    observed = _patterns(bins, [1] * len(cutoffs))
    counts = {name: int(observed[tuple(map(int, pattern))]) for pattern, name in names.items()}
    if n == 0:
        none = not_estimable("no single cells")
        return Shares(counts=counts, fractions=dict.fromkeys(counts, none), errors=dict.fromkeys(counts, math.nan))
    rates = [cutoff.false_positive for cutoff in cutoffs]
    shares = _corrected(observed / n, rates)
    variances = _threshold_variances(bins, rates)
    stretch = math.prod(1 - rate for rate in rates) ** 2  # the correction magnifies counting error by 1 / (1 - rate)
    method = _method(cutoffs)
    fractions, errors = {}, {}
    for pattern, name in names.items():
        place = tuple(map(int, pattern))
        middle = (counts[name] + 0.5) / (n + 1)
        variance = middle * (1 - middle) / (n + 2) / stretch + variances[place]
        fractions[name] = share_estimate(float(shares[place]), variance, method)
        errors[name] = math.sqrt(variance)
    return Shares(counts=counts, fractions=fractions, errors=errors)


def logarithm_of(share: Estimate, error: float, n: int) -> tuple[float, float]:
    """Return the natural logarithm of a share and its standard error; a share of 0 counts as half a cell."""
    if not math.isfinite(share.value):
        return math.nan, math.nan
    value = max(share.value, 0.5 / (n + 1))
    return math.log(value), error / value


def _patterns(bins: NDArray[np.int64], at: Sequence[int]) -> NDArray[np.float64]:
    """Return cells by pattern, in an array with one axis of (negative, positive) for each stain, at one level each."""
    pattern = bins.astype(np.float64)
    for axis, level in enumerate(at):
        low, high = np.split(pattern, [level + 1], axis=axis)
        pattern = np.stack([low.sum(axis=axis), high.sum(axis=axis)], axis=axis)
    return pattern


def _corrected(observed: NDArray[np.float64], rates: Sequence[float]) -> NDArray[np.float64]:
    """Return shares freed of negative cells above the thresholds, at least 0 and summing to 1."""
    shares = observed
    for axis, rate in enumerate(rates):
        seen = np.array([[1 - rate, 0.0], [rate, 1.0]])  # columns: truly negative, truly positive
        shares = np.moveaxis(np.tensordot(np.linalg.inv(seen), shares, axes=(1, axis)), 0, axis)
    shares = np.maximum(shares, 0.0) + 0.0  # a negative zero would be printed as -0
    return np.asarray(shares / shares.sum())


def _threshold_variances(bins: NDArray[np.int64], rates: Sequence[float]) -> NDArray[np.float64]:
    """Return what one standard error of each threshold does to the shares, squared and summed."""
    n = bins.sum()
    total = np.zeros((2,) * len(rates))
    for stain in range(len(rates)):
        ends = [
            _corrected(_patterns(bins, [level if i == stain else 1 for i in range(len(rates))]) / n, rates)
            for level in (0, 2)
        ]
        total += ((ends[1] - ends[0]) / 2) ** 2
    return total


def share_estimate(share: float, variance: float, method: str) -> Estimate:
    """Return a share with the Jeffreys interval of as many cells as would have this variance."""
    cells = _cells_of_variance(share, variance)
    a, b = share * cells + 0.5, (1 - share) * cells + 0.5
    tail = (1 - LEVEL) / 2
    low = 0.0 if share <= 0 else float(beta.ppf(tail, a, b))
    high = 1.0 if share >= 1 else float(beta.ppf(1 - tail, a, b))
    return Estimate(value=share, low=min(low, share), high=max(high, share), level=LEVEL, n=1, method=method)


def _cells_of_variance(share: float, variance: float) -> float:
    """Return the number of cells whose Jeffreys posterior of a share has a variance.

    With counting error alone that is the number of cells counted; what is not known of thresholds makes it less.
    """

    def excess(log_cells: float) -> float:
        cells = math.exp(log_cells)
        a, b = share * cells + 0.5, (1 - share) * cells + 0.5
        return a * b / ((a + b) ** 2 * (a + b + 1)) - variance

    if excess(_LOG_CELLS[0]) <= 0:
        return math.exp(_LOG_CELLS[0])
    return math.exp(brentq(excess, *_LOG_CELLS)) if excess(_LOG_CELLS[1]) < 0 else math.exp(_LOG_CELLS[1])


def _method(cutoffs: Sequence[Cutoff]) -> str:
    words = {"manual": "set by hand", "controls": "from control tubes", "auto": "from the valley of the sample"}
    origins = ", ".join(dict.fromkeys(words[cutoff.origin] for cutoff in cutoffs))
    freed = any(cutoff.false_positive > 0 for cutoff in cutoffs)
    text = f"share of single cells, thresholds {origins}; Jeffreys interval widened by the thresholds' standard errors"
    return text + ("; freed of the negative cells that exceed the controls' 99th percentile" if freed else "")
