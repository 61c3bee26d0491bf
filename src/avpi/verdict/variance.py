"""Which conditions vary alike between experiments, and draws of their variance.

Pooling the residual variance over conditions buys degrees of freedom, and is wrong where it matters most when inert
controls hardly move and a killing arm does. So each condition's own residual sum of squares is held against the
rest by an F test; a condition that stands out keeps its own variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtr, fdtrc, gammaincinv

Floats = NDArray[np.float64]

STANDS_OUT_P = 0.05
"""A condition whose residuals are larger than the others' with p below this is drawn with its own variance; with p
below this divided by the number of conditions (Bonferroni) it also leaves the pool. Leaving is the harder test: the
largest of many alike always looks large, and a pool that loses it every time would look too quiet. Simulated coverage
of 95 % intervals is in docs/explanation/verdict.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceGroup:
    """Conditions with one variance: their residual sum of squares, its degrees of freedom, their cells (indices)."""

    keys: tuple[str, ...]
    sum_of_squares: float
    degrees_of_freedom: int
    cells: NDArray[np.int64]


def variance_groups(design: Floats, y: Floats, keys: Sequence[str], *, used: NDArray[np.bool_]) -> list[VarianceGroup]:
    """Return the pool first, then each condition that keeps its own variance.

    Parameters
    ----------
    design, y : (cells, columns) and (cells,).
    keys : condition of each cell.
    used : cells that say something of the variance (censored ones do not).
    """
    names = np.array(keys)
    pool, alone = used.copy(), list[VarianceGroup]()
    conditions = len(set(names[used].tolist()))
    whole = _residual(design, y, pool)
    while True:
        against = _against_the_rest(design, y, names, pool, whole)
        outstanding = [found for found in against if found[0] < STANDS_OUT_P / conditions]
        if not outstanding:
            break
        _, group, whole = min(outstanding, key=lambda found: found[0])
        alone.append(group)
        pool &= ~np.isin(names, group.keys)
    alone += [group for p, group, _ in against if p < STANDS_OUT_P]
    apart = {key for group in alone for key in group.keys}
    pooled = tuple(key for key in dict.fromkeys(names.tolist()) if key not in apart)
    first = VarianceGroup(keys=pooled, sum_of_squares=whole[0], degrees_of_freedom=whole[1], cells=np.flatnonzero(pool))
    return [first, *alone]


def _against_the_rest(
    design: Floats, y: Floats, names: NDArray[np.str_], pool: NDArray[np.bool_], whole: tuple[float, int]
) -> list[tuple[float, VarianceGroup, tuple[float, int]]]:
    """Return, for each condition of the pool, p of its own residuals against the rest's, itself, and the rest."""
    found = []
    for key in dict.fromkeys(names[pool].tolist()):
        rest = _residual(design, y, pool & (names != key))
        own = (max(whole[0] - rest[0], 0.0), whole[1] - rest[1])
        if own[1] < 1 or rest[1] < 2 or rest[0] <= 0:
            continue
        p = float(fdtrc(own[1], rest[1], own[0] / own[1] / (rest[0] / rest[1])))
        group = VarianceGroup(keys=(key,), sum_of_squares=own[0], degrees_of_freedom=own[1], cells=_at(names, [key]))
        found.append((p, group, rest))
    return found


def _at(names: NDArray[np.str_], keys: Sequence[str]) -> NDArray[np.int64]:
    return np.flatnonzero(np.isin(names, list(keys)))


def _residual(design: Floats, y: Floats, used: NDArray[np.bool_]) -> tuple[float, int]:
    """Return the residual sum of squares and its degrees of freedom over some of the cells."""
    if not used.any():
        return 0.0, 0
    part, values = design[used], y[used]
    solution, _, rank, _ = np.linalg.lstsq(part, values, rcond=None)
    residual = values - part @ solution
    degrees = len(values) - int(rank)
    return (float(residual @ residual), degrees) if degrees > 0 else (0.0, 0)


def between_variance(
    sum_of_squares: float, degrees_of_freedom: int, measured: float, draws: int, rng: np.random.Generator
) -> Floats:
    """Draw sigma² = (total residual variance, truncated at the mean measurement variance) - that mean."""
    uniform = rng.uniform(size=draws)
    if degrees_of_freedom == 0 or sum_of_squares <= 0:
        return np.zeros(draws)
    ceiling = chdtr(degrees_of_freedom, sum_of_squares / measured) if measured > 0 else 1.0
    if ceiling <= 0:
        return np.zeros(draws)
    quantile = 2 * gammaincinv(degrees_of_freedom / 2, np.clip(uniform * ceiling, 1e-12, 1 - 1e-12))  # of chi-squared
    return np.asarray(np.maximum(sum_of_squares / quantile - measured, 0.0), float)
