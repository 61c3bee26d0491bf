"""Kenward and Roger's covariance of fixed effects and their approximate F test, as pbkrtest computes them.

Sources: Kenward and Roger 1997, Biometrics 53:983, doi:10.2307/2533558; Halekoh and Hojsgaard 2014, J Stat Softw 59:9,
doi:10.18637/jss.v059.i09. The covariance of y is linear in the variances and covariances of the random effects and of
the residual, sum of gamma_r G_r, so that the paper's second derivatives R_rs are 0. All is computed for y of residual
variance 1: the result is the same and no number depends on the unit of the response.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from avpi.replication.profiled_likelihood import CrossProducts, Solution, solve_lower

Floats = NDArray[np.float64]

INFORMED = 1e-10
"""Eigenvalue of the information, relative to the largest, below which a combination of variances is left out."""
NEARLY_ZERO = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KenwardRoger:
    """The paper's matrices, in the coordinates of Q and in units of ``scale``.

    Attributes
    ----------
    covariance : Phi (p, p), the asymptotic covariance of the fixed effects.
    adjusted : Phi_A (p, p), enlarged for what is not known of the variances.
    slopes : P_r (r, p, p), derivatives of the inverse of Phi, for residual variance 1.
    parameters : W (r, r), inverse of the expected information of the variances, for residual variance 1.
    residual_variance : what a Phi of residual variance 1 is multiplied by.
    """

    covariance: Floats
    adjusted: Floats
    slopes: Floats
    parameters: Floats
    residual_variance: float


def kenward_roger(data: CrossProducts, at: Solution) -> KenwardRoger:
    """Return the adjusted covariance and what the degrees of freedom need."""
    units = data.unit_factors()
    shapes = [unit if (unit == unit.T).all() else unit + unit.T for unit in units]
    size, phi = len(shapes), at.covariance
    # With K = H^-1 restricted to Z and Q, powers of H^-1 need no matrix of rows x rows.
    inner = at.factor @ linalg.cho_solve((at.lower, True), at.factor.T)
    keep = np.eye(data.ztz.shape[0]) - inner @ data.ztz
    zhhz, zhhq = keep.T @ at.zhz, keep.T @ at.zhq
    onto = inner @ data.ztq
    qhhq = np.eye(data.fixed) - data.ztq.T @ onto - onto.T @ at.zhq
    qhhhq = qhhq - at.zhq.T @ inner @ at.zhq
    half = solve_lower(at.lower, np.eye(at.lower.shape[0]))
    trace_hh = data.rows - at.lower.shape[0] + float(((half.T @ half) ** 2).sum())

    pulled = [shape @ at.zhq for shape in shapes]
    turned = [shape @ at.zhz for shape in shapes]
    slopes = np.zeros((size + 1, data.fixed, data.fixed))
    products = np.zeros((size + 1, size + 1, data.fixed, data.fixed))
    traces = np.zeros((size + 1, size + 1))
    for r in range(size):
        slopes[r] = -at.zhq.T @ pulled[r]
        for s in range(size):
            products[r, s] = pulled[r].T @ at.zhz @ pulled[s]
            traces[r, s] = (turned[r] * turned[s].T).sum()
        products[r, size] = pulled[r].T @ zhhq
        products[size, r] = products[r, size].T
        traces[r, size] = traces[size, r] = (shapes[r] * zhhz).sum()
    slopes[size], products[size, size], traces[size, size] = -qhhq, qhhhq, trace_hh

    information = np.zeros_like(traces)
    spread = np.zeros_like(phi)
    for r in range(size + 1):
        for s in range(size + 1):
            second = (phi * products[r, s].T).sum()
            information[r, s] = traces[r, s] - 2 * second + ((phi @ slopes[r]) * (slopes[s] @ phi)).sum()
    parameters = 2 * _inverse(0.5 * (information + information.T))
    for r in range(size + 1):
        for s in range(size + 1):
            spread += parameters[r, s] * (products[r, s] - slopes[r] @ phi @ slopes[s])
    adjusted = phi + 2 * phi @ spread @ phi
    return KenwardRoger(
        covariance=at.variance * phi,
        adjusted=at.variance * 0.5 * (adjusted + adjusted.T),
        slopes=slopes,
        parameters=parameters,
        residual_variance=at.variance,
    )


def kenward_roger_f(known: KenwardRoger, weights: Floats) -> tuple[float, float]:
    """Return the denominator degrees of freedom and the factor of F for contrasts (k, p) of rank k.

    Both are nan where the approximation breaks down: too little is known of the variances for an F of k contrasts.
    """
    size = weights.shape[0]
    phi = known.covariance / known.residual_variance
    theta = weights.T @ np.linalg.solve(weights @ phi @ weights.T, weights)
    parts = theta @ phi @ known.slopes @ phi
    traces = np.trace(parts, axis1=1, axis2=2)
    a1 = float(traces @ known.parameters @ traces)
    a2 = float((known.parameters * np.einsum("rij,sji->rs", parts, parts)).sum())
    if not a2 > 0:
        return math.nan, math.nan
    if size == 1:
        # A1 = A2 here and the paper's formulas reduce to these, without the 0/0 that they hold at 2 degrees of freedom.
        return 2 / a2, 1.0
    b = (a1 + 6 * a2) / (2 * size)
    g = ((size + 1) * a1 - (size + 4) * a2) / ((size + 2) * a2)
    below = 3 * size + 2 * (1 - g)
    c1, c2, c3 = g / below, (size - g) / below, (size + 2 - g) / below
    top, first, second = 1 + c1 * b, 1 - c2 * b, 1 - c3 * b
    shrunk = 1 - a2 / size
    ratio = 1.0 if abs(shrunk) < NEARLY_ZERO and abs(first) < NEARLY_ZERO else shrunk / first
    # Where ``second`` is 0 the variance of F is infinite: 4 degrees of freedom.
    df = 4.0 if abs(second) < NEARLY_ZERO else 4 + (size + 2) / (ratio**2 * top / second - 1)
    if not (math.isfinite(df) and df > 0):
        return math.nan, math.nan
    factor = 1.0 if abs(df - 2) < 1e-2 else df * shrunk / (df - 2)
    return (df, factor) if factor > 0 else (math.nan, math.nan)


def _inverse(information: Floats) -> Floats:
    """Return the inverse, or the pseudo-inverse where the data say nothing of a combination of variances."""
    lengths = np.sqrt(np.diag(information))
    scaled = information / np.outer(lengths, lengths)
    values, vectors = np.linalg.eigh(scaled)
    informed = values > INFORMED * values[-1]
    inverse: Floats = (vectors[:, informed] / values[informed]) @ vectors[:, informed].T / np.outer(lengths, lengths)
    return inverse
