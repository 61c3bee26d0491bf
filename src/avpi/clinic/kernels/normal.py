"""The normal distribution: tails, and the chance that correlated ones all stay below a bound.

The correlated ones may depend on each other (the log-rank statistic is a sum of those of FH(1,0) and FH(0,1)), so the
correlation is factorised with pivots. Every row then bounds the last of the independent variables it depends on, and
the integral runs over nested intervals (Genz A, Kwong KS. J Stat Comput Simul 2000;68:1-21), by Gauss and Legendre's
rule.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from avpi.compute.compiled import compiled

Floats = Any
NODES = 24
"""Nodes of the rule in each of the nested integrals: the chance is then known to about 1e-6, and 1e-4 where a bound
changes from one row to another."""
POINTS, WEIGHTS = np.polynomial.legendre.leggauss(NODES)
FAR = 8.0
"""Beyond so many standard deviations nothing is left: 1e-15."""
DEPENDENT = 1e-10
"""Of a variance, what is left of it once what it depends on is taken away: below this it is rounding."""
ROOT_TWO, ROOT_TWO_PI = math.sqrt(2.0), math.sqrt(2.0 * math.pi)


@compiled(inner=True, nogil=True, error_model="numpy")
def upper_tail(z: float) -> float:
    """Return the chance that a standard normal is above z."""
    return 0.5 * math.erfc(z / ROOT_TWO)


@compiled(inner=True, nogil=True, error_model="numpy")
def density(z: float) -> float:
    """Return the density of a standard normal at z."""
    return math.exp(-0.5 * z * z) / ROOT_TWO_PI


@compiled(inner=True, nogil=True, error_model="numpy")
def factorise(correlation: Floats, factor: Floats, order: Floats) -> int:
    """Write the pivoted Cholesky factor of a correlation (k, k) and the order of its rows; return its rank."""
    k = correlation.shape[0]
    for i in range(k):
        order[i] = i
        for j in range(k):
            factor[i, j] = 0.0
    for column in range(k):
        best, largest = column, -1.0
        for i in range(column, k):
            left = correlation[order[i], order[i]]
            for j in range(column):
                left -= factor[i, j] * factor[i, j]
            if left > largest:
                best, largest = i, left
        if largest < DEPENDENT:
            return int(column)
        order[column], order[best] = order[best], order[column]
        for j in range(column):
            factor[column, j], factor[best, j] = factor[best, j], factor[column, j]
        factor[column, column] = math.sqrt(largest)
        for i in range(column + 1, k):
            total = correlation[order[i], order[column]]
            for j in range(column):
                total -= factor[i, j] * factor[column, j]
            factor[i, column] = total / factor[column, column]
    return int(k)


@compiled(inner=True, nogil=True, error_model="numpy")
def interval(level: int, rank: int, bound: float, factor: Floats, at: Floats, rows: int) -> tuple[float, float]:
    """Return the interval of the variable ``level`` given those before it: from every row whose last variable it is."""
    low, high = -FAR, FAR
    for i in range(rows):
        own = factor[i, level]
        if abs(own) < 1e-9:
            continue
        last = True
        for j in range(level + 1, rank):
            if abs(factor[i, j]) >= 1e-9:
                last = False
        if not last:
            continue
        rest = bound
        for j in range(level):
            rest -= factor[i, j] * at[j]
        if own > 0:
            high = min(high, rest / own)
        else:
            low = max(low, rest / own)
    return low, max(low, high)


@compiled(inner=True, nogil=True, error_model="numpy")
def all_below(bound: float, rank: int, factor: Floats, at: Floats, rows: int) -> float:
    """Return the chance that all ``rows`` variables with this factor are below a bound; up to four are independent."""
    low, high = interval(0, rank, bound, factor, at, rows)
    if rank == 1:
        return upper_tail(low) - upper_tail(high)
    total = 0.0
    for a in range(NODES):
        at[0] = 0.5 * (low + high) + 0.5 * (high - low) * POINTS[a]
        outer = 0.5 * (high - low) * WEIGHTS[a] * density(at[0])
        if outer < 1e-14:
            continue
        low_1, high_1 = interval(1, rank, bound, factor, at, rows)
        if rank == 2:
            total += outer * (upper_tail(low_1) - upper_tail(high_1))
            continue
        for b in range(NODES):
            at[1] = 0.5 * (low_1 + high_1) + 0.5 * (high_1 - low_1) * POINTS[b]
            middle = outer * 0.5 * (high_1 - low_1) * WEIGHTS[b] * density(at[1])
            if middle < 1e-14:
                continue
            low_2, high_2 = interval(2, rank, bound, factor, at, rows)
            if rank == 3:
                total += middle * (upper_tail(low_2) - upper_tail(high_2))
                continue
            for c in range(NODES):
                at[2] = 0.5 * (low_2 + high_2) + 0.5 * (high_2 - low_2) * POINTS[c]
                inner = middle * 0.5 * (high_2 - low_2) * WEIGHTS[c] * density(at[2])
                low_3, high_3 = interval(3, rank, bound, factor, at, rows)
                total += inner * (upper_tail(low_3) - upper_tail(high_3))
    return total


@compiled(inner=True, nogil=True, error_model="numpy")
def largest_p(
    z: Floats, variance: Floats, k: int, correlation: Floats, factor: Floats, pivot: Floats, at: Floats
) -> float:
    """Return the one-sided p-value of the largest of the first k z under their joint null distribution.

    Parameters
    ----------
    z, variance : (k or more,) and (k or more, k or more); k up to 4. Of nan there is no p.
    correlation, factor, pivot, at : (k, k), (k, k), (k,), (k,); room.
    """
    largest = -np.inf
    for i in range(k):
        if math.isnan(z[i]):
            return np.nan
        largest = max(largest, z[i])
    for i in range(k):
        for j in range(k):
            correlation[i, j] = variance[i, j] / math.sqrt(variance[i, i] * variance[j, j])
    rank = factorise(correlation, factor, pivot)
    single = upper_tail(largest)
    # The sum over rows and the largest of them hold the answer between two bounds, also where it is tiny.
    return float(min(max(1.0 - all_below(largest, rank, factor, at, k), single), min(k * single, 1.0)))


@compiled(nogil=True, error_model="numpy")
def largest_p_two_sided(z: Floats, variance: Floats) -> float:
    """Return the two-sided p-value of the largest |z| (k,), up to four, under their joint null distribution.

    Every variable is bounded from both sides: as itself and with its sign turned, as a further row of the factor.
    """
    k = z.size
    largest = 0.0
    for i in range(k):
        if math.isnan(z[i]):
            return np.nan
        largest = max(largest, abs(z[i]))
    correlation, factor = np.empty((k, k)), np.empty((2 * k, k))
    pivot, at = np.empty(k, np.int64), np.empty(k)
    for i in range(k):
        for j in range(k):
            correlation[i, j] = variance[i, j] / math.sqrt(variance[i, i] * variance[j, j])
    rank = factorise(correlation, factor[:k], pivot)
    for i in range(k):
        for j in range(k):
            factor[k + i, j] = -factor[i, j]
    single = 2.0 * upper_tail(largest)
    return float(min(max(1.0 - all_below(largest, rank, factor, at, 2 * k), single), min(k * single, 1.0)))
