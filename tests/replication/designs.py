"""Designs whose answers are known by hand, and the same mathematics written out with full matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.replication.random_terms import RandomTerm

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Nested:
    """Values of a balanced design of experiments with plates with wells, and its mean squares."""

    response: Floats
    experiment: list[str]
    plate: list[str]
    between: float
    plates: float
    within: float
    shape: tuple[int, int, int]


def nested(seed: int, experiments: int = 5, plates: int = 3, wells: int = 4) -> Nested:
    """A balanced nested design; its REML estimates are those of the analysis of variance while these are positive."""
    rng = np.random.default_rng(seed)
    shape = (experiments, plates, wells)
    y = 10 + 3 * rng.normal(size=(experiments, 1, 1)) + 2 * rng.normal(size=(experiments, plates, 1))
    y = y + rng.normal(size=shape)
    by_plate, by_experiment = y.mean(axis=2), y.mean(axis=(1, 2))
    return Nested(
        response=y.ravel(),
        experiment=[f"e{i}" for i in range(experiments) for _ in range(plates * wells)],
        plate=[f"p{j}" for _ in range(experiments) for j in range(plates) for _ in range(wells)],
        between=float(plates * wells * by_experiment.var(ddof=1)),
        plates=float(wells * ((by_plate - by_experiment[:, None]) ** 2).sum() / (experiments * (plates - 1))),
        within=float(((y - by_plate[:, :, None]) ** 2).sum() / (experiments * plates * (wells - 1))),
        shape=shape,
    )


@dataclass(frozen=True)
class Unbalanced:
    """An irregular model with a correlated slope and a crossed factor, and its full matrices."""

    response: Floats
    design: Floats
    terms: tuple[RandomTerm, ...]
    loadings: Floats
    others: Floats

    def covariance(self, parameters: Floats) -> Floats:
        """The covariance of y at (theta, sigma) in lme4's units."""
        t, sigma = parameters[:4], parameters[4]
        factor = np.array([[t[0], 0.0], [t[1], t[2]]])
        inner = np.kron(np.eye(self.loadings.shape[1] // 2), factor @ factor.T)
        h = np.eye(self.response.size) + self.loadings @ inner @ self.loadings.T
        return np.asarray(sigma**2 * (h + t[3] ** 2 * self.others @ self.others.T))

    def fixed_covariance(self, parameters: Floats) -> Floats:
        """The covariance of the fixed effects."""
        return np.asarray(
            np.linalg.inv(self.design.T @ np.linalg.inv(self.covariance(parameters)) @ self.design), float
        )

    def deviance(self, parameters: Floats, *, restricted: bool = True) -> float:
        """-2 log likelihood with the fixed effects at their best."""
        v, x, y = self.covariance(parameters), self.design, self.response
        inverse = np.linalg.inv(v)
        information = x.T @ inverse @ x
        left = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
        ends = y.size - x.shape[1] if restricted else y.size
        deviance = np.linalg.slogdet(v)[1] + left @ inverse @ left + ends * np.log(2 * np.pi)
        return float(deviance + (np.linalg.slogdet(information)[1] if restricted else 0.0))

    def shapes(self) -> list[Floats]:
        """The G_r of Kenward and Roger: variances, covariance, variance of the crossed factor, residual."""
        levels = np.eye(self.loadings.shape[1] // 2)
        inner = ([[1, 0], [0, 0]], [[0, 1], [1, 0]], [[0, 0], [0, 1]])
        own = [self.loadings @ np.kron(levels, np.array(each)) @ self.loadings.T for each in inner]
        return [*own, self.others @ self.others.T, np.eye(self.response.size)]


def unbalanced(seed: int = 3, rows: int = 60) -> Unbalanced:
    """A model of 4 fixed effects whose groups differ in size and in the spread of the covariate."""
    rng = np.random.default_rng(seed)
    g, h, arm = rng.integers(0, 7, rows), rng.integers(0, 4, rows), rng.integers(0, 3, rows)
    x = 5 * rng.normal(size=rows) + 2
    design = np.column_stack([np.ones(rows), arm == 1, arm == 2, x]).astype(float)
    y = design @ [3, 1, 2, 0.3] + 2 * rng.normal(size=7)[g] + 0.4 * rng.normal(size=7)[g] * x
    y = y + rng.normal(size=4)[h] + rng.normal(size=rows)
    loadings, others = np.zeros((rows, 14)), np.zeros((rows, 4))
    loadings[np.arange(rows), 2 * g], loadings[np.arange(rows), 2 * g + 1] = 1.0, x
    others[np.arange(rows), h] = 1.0
    terms = (
        RandomTerm(name="g", groups=g.tolist(), columns=design[:, [0, 3]], column_names=("(Intercept)", "x")),
        RandomTerm(name="h", groups=h.tolist()),
    )
    return Unbalanced(response=y, design=design, terms=terms, loadings=loadings, others=others)


def arms(seed: int, *, experiments: int, conditions: int, wells: int, spread: float) -> dict[str, Any]:
    """Wells of conditions without any effect, of which ``spread`` differs between experiments."""
    rng = np.random.default_rng(seed)
    e = np.repeat(np.arange(experiments), conditions * wells)
    c = np.tile(np.repeat(np.arange(conditions), wells), experiments)
    y = 2 * rng.normal(size=experiments)[e] + spread * rng.normal(size=(experiments, conditions))[e, c]
    return {
        "response": y + rng.normal(size=e.size),
        "condition": [f"c{i}" for i in c],
        "experiment": [f"e{i}" for i in e],
    }
