"""Profiled (restricted) likelihood of a linear mixed model, its gradient and curvature.

The model is y = X beta + Z Lambda u + e with u ~ N(0, sigma^2 I), e ~ N(0, sigma^2 I), so that y has the covariance
sigma^2 H, H = I + Z Lambda Lambda' Z' (Bates et al. 2015, doi:10.18637/jss.v067.i01). Beta and sigma have closed
forms at a given theta, the distinct entries of Lambda; what is left is a function of theta alone. Its exact derivatives
are those of Lindstrom and Bates (1988, doi:10.1080/01621459.1988.10478693).

Theta is not bounded here. A diagonal entry below 0 describes the same covariance as its mirror image, so that the
function is smooth and a variance of 0 is an ordinary stationary point; signs are set at the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.linalg import blas

from avpi.replication.random_terms import Block, random_design

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossProducts:
    """What the likelihood needs of the data: X = Q R orthonormal, y without its least-squares fit and of unit scale.

    Attributes
    ----------
    rows, fixed : n and p.
    ztz, ztq, zty : Z'Z (q, q), Z'Q (q, p), Z'y (q,).
    r : (p, p) upper triangle of X = Q R; X'X enters the restricted likelihood as lme4 has it.
    scale : what y was divided by, in units of the response; y'y is then ``rows``.
    restricted : whether the likelihood is REML, which estimates variances without the bias of ML.
    blocks : the random terms.
    """

    rows: int
    fixed: int
    ztz: Floats
    ztq: Floats
    zty: Floats
    r: Floats
    scale: float
    restricted: bool
    blocks: tuple[Block, ...]

    @property
    def parameters(self) -> int:
        """Length of theta."""
        return sum(len(block.pairs) for block in self.blocks)

    @property
    def spread_rows(self) -> int:
        """The divisor of the residual variance: n - p if restricted, else n."""
        return self.rows - self.fixed if self.restricted else self.rows

    def diagonal(self) -> NDArray[np.bool_]:
        """Return which entries of theta stand on the diagonal of a block (parameters,)."""
        return np.concatenate([block.pairs[:, 0] == block.pairs[:, 1] for block in self.blocks])

    def unit_factors(self) -> list[Floats]:
        """Return the derivative of Lambda by each parameter (q, q): ones where the parameter stands."""
        factors = []
        for block in self.blocks:
            for parameter in range(len(block.pairs)):
                factor = np.zeros_like(self.ztz)
                factor[block.places(parameter)] = 1.0
                factors.append(factor)
        return factors

    def relative_factor(self, theta: Floats) -> Floats:
        """Return Lambda (q, q)."""
        factor = np.zeros_like(self.ztz)
        for block in self.blocks:
            for parameter in range(len(block.pairs)):
                factor[block.places(parameter)] = theta[block.first_parameter + parameter]
        return factor


def cross_products(
    residual: Floats, q: Floats, r: Floats, blocks: Sequence[Block], *, restricted: bool
) -> CrossProducts:
    """Return the cross products of a response without its least-squares fit (rows,) with X = q r and the terms."""
    z = random_design(blocks)
    scale = float(np.sqrt(np.mean(residual**2)))
    return CrossProducts(
        rows=residual.size,
        fixed=q.shape[1],
        ztz=z.T @ z,
        ztq=z.T @ q,
        zty=z.T @ (residual / scale),
        r=r,
        scale=scale,
        restricted=restricted,
        blocks=tuple(blocks),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """The model at one theta, in the coordinates of Q and in units of ``scale``.

    Attributes
    ----------
    factor : Lambda (q, q); ``lower`` is the Cholesky factor of Lambda' Z'Z Lambda + I.
    zhz, zhq : Z' H^-1 Z (q, q) and Z' H^-1 Q (q, p).
    qhq : Q' H^-1 Q (p, p), whose inverse ``covariance`` is that of the fixed effects over sigma^2.
    coefficients : (p,) generalised least squares of the residual on Q.
    zpy : (q,) Z' P y, with P = H^-1 - H^-1 Q (Q' H^-1 Q)^-1 Q' H^-1.
    variance : sigma^2 at its maximum of the likelihood.
    deviance : -2 log likelihood, profiled, in units of the response.
    """

    theta: Floats
    factor: Floats
    lower: Floats
    zhz: Floats
    zhq: Floats
    qhq: Floats
    covariance: Floats
    coefficients: Floats
    zpy: Floats
    variance: float
    deviance: float

    @property
    def zpz(self) -> Floats:
        """Z' P Z (q, q)."""
        return self.zhz - self.zhq @ self.covariance @ self.zhq.T


def solve_lower(lower: Floats, right: Floats) -> Floats:
    """Return lower^-1 right for a lower triangle (q, q) and (q, columns).

    LAPACK's trtrs, behind scipy's solve_triangular, wakes every thread even for ten columns, which takes milliseconds
    on a busy machine; BLAS's trsm does not.
    """
    solved: Floats = blas.dtrsm(1.0, lower, right, lower=1)
    return solved


def solve_at(data: CrossProducts, theta: Floats) -> Solution | None:
    """Return the model at theta, or nothing where theta is so large that the arithmetic breaks down."""
    factor = data.relative_factor(theta)
    inner = factor.T @ data.ztz @ factor
    inner[np.diag_indices_from(inner)] += 1.0
    try:
        lower: Floats = np.linalg.cholesky(inner).astype(float)
        right = np.column_stack([data.ztz, data.ztq, data.zty])
        half = solve_lower(lower, factor.T @ right)
        width = data.ztz.shape[0]
        half_z, half_q, half_y = half[:, :width], half[:, width:-1], half[:, -1]
        qhq = np.eye(data.fixed) - half_q.T @ half_q
        upper = np.linalg.cholesky(qhq).T
    except np.linalg.LinAlgError:
        return None
    qhy = -half_q.T @ half_y  # Q'y is 0: y is what least squares left over
    coefficients = linalg.cho_solve((upper, False), qhy)
    spread = float(data.rows - half_y @ half_y - qhy @ coefficients)
    if spread <= 0:
        return None
    zhq = data.ztq - half_z.T @ half_q
    variance = spread / data.spread_rows
    deviance = 2 * float(np.log(np.diag(lower)).sum()) + data.spread_rows * (
        1 + math.log(2 * math.pi * variance * data.scale**2)
    )
    if data.restricted:
        deviance += 2 * float(np.log(np.diag(upper)).sum() + np.log(np.abs(np.diag(data.r))).sum())
    return Solution(
        theta=theta,
        factor=factor,
        lower=lower,
        zhz=data.ztz - half_z.T @ half_z,
        zhq=zhq,
        qhq=qhq,
        covariance=linalg.cho_solve((upper, False), np.eye(data.fixed)),
        coefficients=coefficients,
        zpy=data.zty - half_z.T @ half_y - zhq @ coefficients,
        variance=variance,
        deviance=deviance,
    )


def gradient(data: CrossProducts, at: Solution) -> Floats:
    """Return the derivative of the profiled deviance by theta (parameters,)."""
    trace = at.zpz if data.restricted else at.zhz
    slope = 2 * (trace - np.outer(at.zpy, at.zpy) / at.variance) @ at.factor
    return np.array(
        [slope[block.places(k)].sum() for block in data.blocks for k in range(len(block.pairs))], dtype=float
    )


def covariance_slopes(data: CrossProducts, at: Solution) -> list[Floats]:
    """Return the derivatives of Lambda Lambda' by theta, each (q, q)."""
    half = [unit @ at.factor.T for unit in data.unit_factors()]
    return [one + one.T for one in half]


def joint_curvature(data: CrossProducts, at: Solution) -> Floats:
    """Return the second derivatives of the deviance by (theta, sigma), sigma in units of ``scale``.

    Of shape (parameters + 1, parameters + 1), at the sigma that is best for theta; twice its inverse is the asymptotic
    covariance of the estimates.
    """
    units, slopes = data.unit_factors(), covariance_slopes(data, at)
    trace = at.zpz if data.restricted else at.zhz
    zpz, size, sigma = at.zpz, len(units), math.sqrt(at.variance)
    turned = [trace @ slope for slope in slopes]
    pulled = [slope @ at.zpy for slope in slopes]
    curvature = np.zeros((size + 1, size + 1))
    for i in range(size):
        for j in range(i, size):
            bend = units[i] @ units[j].T
            bend = bend + bend.T
            data_part = 2 * pulled[i] @ zpz @ pulled[j] - at.zpy @ bend @ at.zpy
            determinant_part = (trace * bend).sum() - (turned[i] * turned[j].T).sum()
            curvature[i, j] = curvature[j, i] = determinant_part + data_part / at.variance
        curvature[i, size] = curvature[size, i] = 2 * (at.zpy @ pulled[i]) / sigma**3
    curvature[size, size] = 4 * data.spread_rows / at.variance
    return curvature


def profiled_curvature(data: CrossProducts, at: Solution) -> Floats:
    """Return the second derivatives of the profiled deviance by theta (parameters, parameters)."""
    joint = joint_curvature(data, at)
    across = joint[:-1, -1]
    profiled: Floats = joint[:-1, :-1] - np.outer(across, across) / joint[-1, -1]
    return profiled
