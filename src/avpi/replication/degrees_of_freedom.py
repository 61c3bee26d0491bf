"""Satterthwaite's degrees of freedom for contrasts of a mixed model, as lmerTest defines them.

Source: Kuznetsova, Brockhoff, Christensen 2017, J Stat Softw 82:13, doi:10.18637/jss.v082.i13. The variance of a
contrast is a function of (theta, sigma); its own variance follows from the curvature of the likelihood there. Where
lmerTest differentiates numerically, the derivatives here are exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.replication.profiled_likelihood import CrossProducts, Solution, covariance_slopes, joint_curvature

Floats = NDArray[np.float64]

CURVED = 1e-8
"""Eigenvalue of the curvature, relative to the largest, below which a direction says nothing and is left out."""
SAME_DF = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VarianceOfCovariance:
    """How the covariance of the fixed effects depends on the variance parameters, and how well these are known.

    Attributes
    ----------
    covariance : (p, p) of the fixed effects, in the coordinates of Q and in units of ``scale``.
    slopes : (parameters + 1, p, p) its derivatives by (theta, sigma).
    parameters : (parameters + 1, parameters + 1) asymptotic covariance of (theta, sigma).
    """

    covariance: Floats
    slopes: Floats
    parameters: Floats


def variance_of_covariance(data: CrossProducts, at: Solution) -> VarianceOfCovariance:
    """Return what Satterthwaite's method needs of a solution."""
    outer = at.zhq @ at.covariance
    slopes = [at.variance * outer.T @ slope @ outer for slope in covariance_slopes(data, at)]
    slopes.append(2 * math.sqrt(at.variance) * at.covariance)
    values, vectors = np.linalg.eigh(joint_curvature(data, at))
    curved = values > CURVED * values[-1]
    known = (vectors[:, curved] * (2 / values[curved])) @ vectors[:, curved].T
    return VarianceOfCovariance(covariance=at.variance * at.covariance, slopes=np.array(slopes), parameters=known)


def satterthwaite_df(known: VarianceOfCovariance, weights: Floats) -> float:
    """Return 2 v^2 / Var(v) for the variance v of a contrast with weights (p,) in the coordinates of Q."""
    variance = weights @ known.covariance @ weights
    slope = known.slopes @ weights @ weights
    return float(2 * variance**2 / (slope @ known.parameters @ slope))


def satterthwaite_f(known: VarianceOfCovariance, weights: Floats, estimates: Floats) -> tuple[float, int, float]:
    """Return F, its numerator and its denominator degrees of freedom for contrasts (k, p) with ``estimates`` (k,).

    The contrasts are turned into uncorrelated ones; the denominator is that of an F whose expectation is the mean of
    theirs. lmerTest returns 2 where one of them has 2 or fewer, since that expectation does not exist; so does this.
    """
    values, vectors = np.linalg.eigh(weights @ known.covariance @ weights.T)
    kept = values > math.sqrt(np.finfo(float).eps) * values[-1]
    turned, turned_estimates = vectors[:, kept].T @ weights, vectors[:, kept].T @ estimates
    size = int(kept.sum())
    statistic = float((turned_estimates**2 / values[kept]).sum() / size)
    each = np.array([satterthwaite_df(known, row) for row in turned])
    if np.ptp(each) <= SAME_DF * each.max():
        return statistic, size, float(each.mean())
    if (each <= 2).any():
        return statistic, size, 2.0
    expected = float((each / (each - 2)).sum())
    return statistic, size, 2 * expected / (expected - size)
