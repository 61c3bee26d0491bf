"""Posterior draws of condition means from a few independent experiments, in closed form.

Model, on the natural log scale, for condition c on block e (an experiment's plate, membrane or set of tubes)::

    y_ec = mu_c + b_e + noise_ec,     noise_ec ~ N(0, sigma_g² + m_ec)

``m_ec`` is the known measurement variance of that mean (wells, lanes or cells within it), sigma_g² the variance between
experiments, pooled over the conditions that vary alike (``variance.py``): a condition that varies more than the others
between experiments keeps its own variance with its own few degrees of freedom, because inert controls that hardly
move say nothing about a killing arm that does. With all m_ec = 0, one pool and Jeffreys' prior 1/sigma² the posterior
of the contrasts of mu is the textbook multivariate t with the block design's degrees of freedom (Box & Tiao 1973,
Bayesian Inference in Statistical Analysis, ch. 2). Measurement error enters twice: the residual variance cannot
be smaller than its mean (the scaled inverse chi-square is truncated there), and a condition measured poorly
is drawn with its own, wider noise.

A censored cell (a band below detection) lies anywhere between nothing and its bound, each fraction of the bound as
likely as any other; it says nothing of the variance.

One experiment has no residual: the draws then hold measurement error only and say so (``between`` is False).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.verdict.variance import between_variance, variance_groups

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
FARTHEST = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The mean of one condition in one experiment: natural log, its within-experiment variance, its place.

    ``block`` is the plate within the experiment where an experiment has several with different conditions.
    """

    experiment: str
    key: str
    log_value: float
    variance: float
    censored: bool = False
    block: str = ""


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

    ``degrees_of_freedom`` are those of each condition's residual variance; ``sigma`` (draws,) is the SD between
    experiments of each condition; ``own_variance`` names the conditions that vary more than the others.
    """

    log_ratio: Mapping[str, Floats]
    degrees_of_freedom: Mapping[str, int]
    between: bool
    sigma: Mapping[str, Floats]
    own_variance: tuple[str, ...] = ()


def average_cells(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Average what one block measured several times (two wells' sets, two tubes): it stays one measurement."""
    groups: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.experiment, cell.block, cell.key), []).append(cell)
    return tuple(
        Cell(
            experiment=experiment,
            key=key,
            log_value=float(np.mean([c.log_value for c in group])),
            variance=float(np.sum([c.variance for c in group])) / len(group) ** 2,
            censored=any(c.censored for c in group),
            block=block,
        )
        for (experiment, block, key), group in groups.items()
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
        return Draws(log_ratio={}, degrees_of_freedom={}, between=False, sigma={})
    y, measured = np.array([c.log_value for c in cells]), np.array([c.variance for c in cells])
    censored = np.array([c.censored for c in cells])
    design = design_matrix(cells, keys, table.reference)
    groups = variance_groups(design, y, [c.key for c in cells], used=~censored)
    variance = np.zeros((draws, len(y)))
    weight = np.ones(len(y))
    for group in groups:
        mean_measured = float(measured[group.cells].mean())
        drawn = between_variance(group.sum_of_squares, group.degrees_of_freedom, mean_measured, draws, rng)
        of_group = np.isin([c.key for c in cells], group.keys)
        variance[:, of_group] = drawn[:, None]
        weight[of_group] = 1 / max(group.sum_of_squares / max(group.degrees_of_freedom, 1), 1e-12)
    root = np.sqrt(weight / weight.max())
    solve = np.linalg.pinv(root[:, None] * design) * root[None, :]
    noise = rng.standard_normal((draws, len(y))) * np.sqrt(variance + measured[None, :])
    noise[:, censored] = _below_the_bound(cells, censored, draws, rng)
    # One degree of freedom has tails that no cell could follow; beyond e^±30 nothing changes any more.
    mu = np.clip((y[None, :] + noise) @ solve.T, -FARTHEST, FARTHEST)
    others = [key for key in keys if key != table.reference]
    ratios: dict[str, Floats] = {key: mu[:, i] for i, key in enumerate(others)}
    ratios[table.reference] = np.zeros(draws)
    first = {key: next(i for i, c in enumerate(cells) if c.key == key) for key in keys}
    degrees = {key: group.degrees_of_freedom for group in groups for key in group.keys}
    return Draws(
        log_ratio=ratios,
        degrees_of_freedom=degrees,
        between=bool(groups) and groups[0].degrees_of_freedom > 0 and len({c.experiment for c in cells}) > 1,
        sigma={key: np.sqrt(variance[:, at]) for key, at in first.items()},
        own_variance=tuple(key for group in groups[1:] for key in group.keys),
    )


def _below_the_bound(cells: Sequence[Cell], censored: Bools, draws: int, rng: np.random.Generator) -> Floats:
    """Return log of a uniform share of the bound; the censored cells of one experiment share it (the cautious way)."""
    experiments = [cell.experiment for cell, below in zip(cells, censored, strict=True) if below]
    names = list(dict.fromkeys(experiments))
    share = np.log(rng.uniform(1e-6, 1.0, size=(draws, max(len(names), 1))))
    return share[:, [names.index(name) for name in experiments]]


def _linked(table: BlockTable) -> list[Cell]:
    """Return the cells whose block can be traced to the reference through shared conditions."""
    keys, blocks = {table.reference}, set[tuple[str, str]]()
    while True:
        found = {(c.experiment, c.block) for c in table.cells if c.key in keys}
        more = {c.key for c in table.cells if (c.experiment, c.block) in found}
        if found == blocks and more | keys == keys:
            return [c for c in table.cells if (c.experiment, c.block) in blocks]
        blocks, keys = found, keys | more


def design_matrix(cells: Sequence[Cell], keys: Sequence[str], reference: str) -> Floats:
    """Return the design (cells, conditions other than the reference + blocks)."""
    columns = {key: i for i, key in enumerate(key for key in keys if key != reference)}
    names = dict.fromkeys((cell.experiment, cell.block) for cell in cells)
    blocks = {name: len(columns) + i for i, name in enumerate(names)}
    design = np.zeros((len(cells), len(columns) + len(blocks)))
    for row, cell in enumerate(cells):
        design[row, blocks[cell.experiment, cell.block]] = 1.0
        if cell.key != reference:
            design[row, columns[cell.key]] = 1.0
    return design
