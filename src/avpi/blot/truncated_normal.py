"""Mean, covariance and probability of a normal vector known to lie beyond limits, by expectation propagation.

Minka 2001 (Proc. UAI 17:362) as used for orthant probabilities by Cunningham, Hennig & Lacoste-Julien 2011
(arXiv:1111.6832): each limit is replaced by the normal that keeps mean and variance. For one limit it is exact.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

ROUNDS, SETTLED = 60, 1e-9
LEAST_PRECISION = 1e-12


def truncated_moments(mean: Floats, covariance: Floats, limits: Floats, sides: Floats) -> tuple[Floats, Floats, float]:
    """Return mean (k,), covariance (k, k) and log probability of a normal vector beyond limits.

    Parameters
    ----------
    mean, covariance : (k,) and (k, k) before the limits are known.
    limits : (k,).
    sides : (k,) -1 where the component lies below its limit, +1 where above.
    """
    k = mean.size
    precision, shift = np.zeros(k), np.zeros(k)
    inverse = np.linalg.inv(covariance)
    m, c = mean.copy(), covariance.copy()
    logs = np.zeros(k)
    for _ in range(ROUNDS):
        before = m.copy()
        for i in range(k):
            cavity_precision = max(1 / c[i, i] - precision[i], LEAST_PRECISION)
            cavity_mean = (m[i] / c[i, i] - shift[i]) / cavity_precision
            sd = 1 / math.sqrt(cavity_precision)
            z = sides[i] * (cavity_mean - limits[i]) / sd
            logs[i] = float(special.log_ndtr(z))
            ratio = math.exp(-0.5 * z * z - 0.5 * math.log(2 * math.pi) - logs[i])
            new_mean = cavity_mean + sides[i] * sd * ratio
            new_variance = max(sd * sd * (1 - ratio * (z + ratio)), 1e-12 * sd * sd)
            precision[i] = max(1 / new_variance - cavity_precision, 0.0)
            shift[i] = new_mean / new_variance - cavity_mean * cavity_precision
            c = np.linalg.inv(inverse + np.diag(precision))
            m = c @ (inverse @ mean + shift)
        if np.max(np.abs(m - before)) < SETTLED * math.sqrt(float(np.max(np.diag(c)))):
            break
    return m, c, _log_probability(mean, covariance, m, c, precision, shift, logs)


def _log_probability(
    mean: Floats, covariance: Floats, m: Floats, c: Floats, precision: Floats, shift: Floats, logs: Floats
) -> float:
    """Return the logarithm of the normalising constant of the propagated normals."""
    cavity_precision = np.maximum(1 / np.diag(c) - precision, LEAST_PRECISION)
    cavity_mean = (m / np.diag(c) - shift) / cavity_precision
    whole = float(
        0.5 * (np.linalg.slogdet(c)[1] - np.linalg.slogdet(covariance)[1])
        + 0.5 * (m @ np.linalg.solve(c, m) - mean @ np.linalg.solve(covariance, mean))
    )
    sites = logs + 0.5 * np.log1p(precision / cavity_precision)
    both = cavity_precision + precision
    sites += 0.5 * (cavity_precision * cavity_mean**2 - (cavity_precision * cavity_mean + shift) ** 2 / both)
    return whole + float(np.sum(sites))
