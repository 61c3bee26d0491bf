"""Posterior draws of condition means from a few independent experiments, in closed form.

Model, on the natural log scale, for condition c in experiment e (a block)::

    y_ec = mu_c + b_e + noise_ec,     noise_ec ~ N(0, sigma² + m_ec)

``m_ec`` is the known measurement variance of the experiment's mean (wells, lanes or cells within it), sigma² the
variance between experiments, pooled over conditions. With all m_ec = 0 and Jeffreys' prior 1/sigma² the posterior of
the contrasts of mu is the textbook multivariate t with the block design's degrees of freedom (Box & Tiao 1973,
Bayesian Inference in Statistical Analysis, ch. 2). Measurement error enters twice: the residual variance cannot be
smaller than its mean (the scaled inverse chi-square is truncated there), and a condition measured poorly
is drawn with its own, wider noise.

One experiment has no residual: the draws then hold measurement error only and say so (``between`` is False).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The mean of one condition in one experiment: natural log, its within-experiment variance, its place."""

    experiment: str
    key: str
    log_value: float
    variance: float
    censored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTable:
    """Means of conditions (``key``) by experiment; ``reference`` is the condition that all are relative to."""

    cells: tuple[Cell, ...] = ()
    reference: str = "DMSO"

    @property
    def keys(self) -> tuple[str, ...]:
        """The conditions that can be compared with the reference, in order of appearance."""
        return tuple(dict.fromkeys(cell.key for cell in self.cells))

    @property
    def experiments(self) -> tuple[str, ...]:
        """The independent experiments, in order of appearance."""
        return tuple(dict.fromkeys(cell.experiment for cell in self.cells))

    def n(self, *keys: str) -> int:
        """Return how many experiments measured every one of these conditions."""
        having = [{cell.experiment for cell in self.cells if cell.key == key} for key in keys]
        return len(set.intersection(*having)) if having else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Draws of log(condition / reference), (draws,) for each condition; the reference itself is zero.

    ``degrees_of_freedom`` are those of the pooled residual; ``sigma`` (draws,) is the between-experiment SD.
    """

    log_ratio: Mapping[str, Floats]
    degrees_of_freedom: int
    between: bool
    sigma: Floats


def average_cells(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Average what one experiment measured several times (two plates, two tubes): it stays one experiment."""
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.experiment, cell.key), []).append(cell)
    return tuple(
        Cell(
            experiment=experiment,
            key=key,
            log_value=float(np.mean([c.log_value for c in group])),
            variance=float(np.sum([c.variance for c in group])) / len(group) ** 2,
            censored=any(c.censored for c in group),
        )
        for (experiment, key), group in groups.items()
    )


def draw_log_ratios(table: BlockTable, draws: int, rng: np.random.Generator) -> Draws:
    """Draw log(condition / reference) jointly.

    Conditions that no experiment measured together with something linked to the reference are left out.

    Parameters
    ----------
    table : at least the reference and one condition in one experiment.
    draws : how many joint draws.
    """
    cells = _linked(table)
    keys = tuple(dict.fromkeys(cell.key for cell in cells))
    if table.reference not in keys:
        return Draws(log_ratio={}, degrees_of_freedom=0, between=False, sigma=np.zeros(draws))
    design, y, measured = _design(cells, keys, table.reference)
    solve = np.linalg.pinv(design)
    residual = y - design @ (solve @ y)
    degrees_of_freedom = len(y) - int(np.linalg.matrix_rank(design))
    variance = _between_variance(float(residual @ residual), degrees_of_freedom, float(measured.mean()), draws, rng)
    noise = rng.standard_normal((draws, len(y))) * np.sqrt(variance[:, None] + measured[None, :])
    mu = (y[None, :] + noise) @ solve.T
    others = [key for key in keys if key != table.reference]
    ratios: dict[str, Floats] = {key: mu[:, i] for i, key in enumerate(others)}
    ratios[table.reference] = np.zeros(draws)
    between = degrees_of_freedom > 0 and len({cell.experiment for cell in cells}) > 1
    return Draws(log_ratio=ratios, degrees_of_freedom=degrees_of_freedom, between=between, sigma=np.sqrt(variance))


def _linked(table: BlockTable) -> list[Cell]:
    """Return the cells whose experiment can be traced to the reference through shared conditions."""
    keys, experiments = {table.reference}, set[str]()
    while True:
        found = {c.experiment for c in table.cells if c.key in keys}
        more = {c.key for c in table.cells if c.experiment in found}
        if found == experiments and more | keys == keys:
            return [c for c in table.cells if c.experiment in experiments]
        experiments, keys = found, keys | more


def _design(cells: Sequence[Cell], keys: Sequence[str], reference: str) -> tuple[Floats, Floats, Floats]:
    """Return the design matrix (cells, conditions other than the reference + experiments), y and m."""
    columns = {key: i for i, key in enumerate(key for key in keys if key != reference)}
    blocks = {e: len(columns) + i for i, e in enumerate(dict.fromkeys(cell.experiment for cell in cells))}
    design = np.zeros((len(cells), len(columns) + len(blocks)))
    for row, cell in enumerate(cells):
        design[row, blocks[cell.experiment]] = 1.0
        if cell.key != reference:
            design[row, columns[cell.key]] = 1.0
    y = np.array([cell.log_value for cell in cells])
    return design, y, np.array([cell.variance for cell in cells])


def _between_variance(
    sum_of_squares: float, degrees_of_freedom: int, measured: float, draws: int, rng: np.random.Generator
) -> Floats:
    """Draw sigma² = (total residual variance, truncated at the mean measurement variance) - that mean."""
    # Imported here because scipy.stats costs a second that `avpi --help` need not pay.
    from scipy.stats import chi2

    uniform = rng.uniform(size=draws)
    if degrees_of_freedom == 0 or sum_of_squares <= 0:
        return np.zeros(draws)
    ceiling = chi2.cdf(sum_of_squares / measured, degrees_of_freedom) if measured > 0 else 1.0
    if ceiling <= 0:
        return np.zeros(draws)
    quantile = chi2.ppf(np.clip(uniform * ceiling, 1e-12, 1 - 1e-12), degrees_of_freedom)
    total: Floats = sum_of_squares / quantile
    return np.maximum(total - measured, 0.0)
