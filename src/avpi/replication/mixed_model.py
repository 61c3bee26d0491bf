"""Linear mixed models by restricted or full maximum likelihood, with lme4's definitions.

Sources: Bates, Maechler, Bolker, Walker 2015, J Stat Softw 67:1, doi:10.18637/jss.v067.i01 (profiled likelihood).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

from avpi.errors import InputError, Problem
from avpi.replication.numeric_input import numbers
from avpi.replication.profiled_likelihood import CrossProducts, Solution, cross_products
from avpi.replication.random_terms import Block, RandomTerm, blocks_of
from avpi.replication.variance_search import best_solution, fills_everything, is_singular

Floats = NDArray[np.float64]
Likelihood = Literal["REML", "ML"]

EXACT = 1e-10
"""Relative size below which a residual, a column or an eigenvalue is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RandomEffects:
    """What was estimated of one random term.

    Attributes
    ----------
    name : of the grouping factor.
    column_names : (k,) the covariates whose coefficients vary.
    sd : (k,) standard deviations between groups, in units of response per unit of the covariate.
    correlation : (k, k) of the effects; nan beside an effect whose standard deviation is 0.
    covariance : (k, k).
    levels : labels of the groups.
    effects : (levels, k) best linear unbiased predictions, in the order of ``levels``.
    """

    name: str
    column_names: tuple[str, ...]
    sd: Floats
    correlation: Floats
    covariance: Floats
    levels: tuple[Hashable, ...]
    effects: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MixedModel:
    """A fitted linear mixed model.

    Attributes
    ----------
    names : (p,) of the fixed effects.
    fixed_effects, standard_errors : (p,) in units of the response per unit of the column.
    covariance : (p, p) of the fixed effects, without Kenward and Roger's correction.
    random_effects : one for each term, and for each effect of an uncorrelated term.
    residual_sd : of the rows within all groups, in units of the response.
    likelihood : ``"REML"`` or ``"ML"``.
    criterion : -2 log likelihood at the optimum: lme4's REML criterion, or its deviance under ML.
    log_likelihood : -criterion / 2.
    theta : relative covariance parameters in lme4's order and units.
    singular : whether a variance is 0 or a correlation 1: the data ask for a simpler random part.
    converged : whether the slope of the likelihood is 0 at the estimates.
    rows : number of rows; they are never n.
    experiments : number of independent experiments: levels of the term that counts them.
    data, solution : the model in the coordinates of the computation, for degrees of freedom.
    """

    names: tuple[str, ...]
    fixed_effects: Floats
    standard_errors: Floats
    covariance: Floats
    random_effects: tuple[RandomEffects, ...]
    residual_sd: float
    likelihood: Likelihood
    criterion: float
    log_likelihood: float
    theta: Floats
    singular: bool
    converged: bool
    rows: int
    experiments: int
    data: CrossProducts = field(repr=False)
    solution: Solution = field(repr=False)


def fit_mixed_model(
    response: ArrayLike,
    design: ArrayLike,
    terms: Sequence[RandomTerm],
    *,
    names: Sequence[str] | None = None,
    likelihood: Likelihood = "REML",
    independent: str | None = None,
) -> MixedModel:
    """Fit y = design @ beta + random effects + residual.

    Parameters
    ----------
    response : (rows,) on a scale on which residuals have one variance: a fraction, its logit or a logarithm.
    design : (rows, p) columns of the fixed effects, the intercept included if there is to be one.
    terms : the random terms; nested and crossed factors are terms with labels of their own (``nested_terms``).
    names : (p,) of the columns; ``x1``, ``x2``, ... where none are given.
    likelihood : ``"REML"`` for variances and tests of fixed effects, ``"ML"`` to compare fixed parts.
    independent : name of the term whose levels are independent experiments. By default the term called
        ``"experiment"``, or else the one with fewest levels.

    Returns
    -------
    MixedModel
        Variances of 0 are reported as 0 with ``singular`` set, never removed.

    Raises
    ------
    InputError
        If lengths differ, a value is no number, the response does not vary, columns of the design are linear
        combinations of others, there are no more rows than columns, a factor has one level or a level for each row,
        random terms cannot be told apart, or the model leaves no residual.

    Notes
    -----
    Assumes normal random effects and residuals, rows independent given the groups, and one residual variance.
    """
    y, x, labels = _checked(response, design, names)
    blocks, problems = blocks_of(terms, y.size)
    if not terms:
        hint = "Rows of one experiment are not independent: name the factor that groups them"
        problems.append(Problem(file="terms", what="there is no random term", expected="one or more", hint=hint))
    if likelihood not in ("REML", "ML"):
        problems.append(Problem(file="likelihood", what=f"'{likelihood}' is no likelihood", expected="'REML' or 'ML'"))
    if problems:
        raise InputError(problems)
    experiments = _experiments(blocks, independent)
    q, r = _orthonormal(x, labels)
    start = linalg.solve_triangular(r, q.T @ y)
    residual = y - x @ start
    residual -= q @ (q.T @ residual)  # twice is enough to be orthogonal to rounding
    if np.sqrt(np.mean(residual**2)) < EXACT * max(np.sqrt(np.mean(y**2)), np.finfo(float).tiny):
        what = "the design explains the response to rounding"
        raise InputError(Problem(file="response", what=what, expected="a residual that can be measured"))
    data = cross_products(residual, q, r, blocks, restricted=likelihood == "REML")
    _stop_at_confounded(data)
    found = best_solution(data)
    if found is None or fills_everything(data, found[0]):
        what = "the random effects explain the response to rounding: the residual variance is 0"
        raise InputError(Problem(file="response", what=what, expected="rows of one group that differ"))
    return _reported(data, found[0], start, labels, likelihood, experiments, converged=found[1])


def _checked(
    response: ArrayLike, design: ArrayLike, names: Sequence[str] | None
) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Return response, design and names as arrays, all of their faults told at once."""
    y, x = numbers(response, "response"), numbers(design, "design")
    x = x[:, None] if x.ndim == 1 else x
    if y.ndim != 1 or y.size == 0 or x.ndim != 2 or x.shape[0] != y.size:
        what = f"the response has the shape {y.shape} and the design {x.shape}"
        raise InputError(Problem(file="design", what=what, expected="(rows,) and (rows, columns)"))
    labels = tuple(f"x{j + 1}" for j in range(x.shape[1])) if names is None else tuple(names)
    problems = []
    for file, values in (("response", y), ("design", x)):
        wrong = np.flatnonzero(~np.isfinite(values.reshape(y.size, -1)).all(axis=1))
        if wrong.size:
            what = f"row {wrong[0] + 1} holds a value that is no finite number ({wrong.size} of {y.size} rows)"
            hint = "Leave out the rows of missing wells"
            problems.append(Problem(file=file, what=what, expected="finite numbers", hint=hint))
    if len(labels) != x.shape[1] or len(set(labels)) != len(labels):
        what = f"the names are {', '.join(labels)}"
        problems.append(Problem(file="names", what=what, expected=f"{x.shape[1]} different names, one for each column"))
    if y.size <= x.shape[1] or x.shape[1] == 0:
        what = f"there are {y.size} rows and {x.shape[1]} columns"
        problems.append(Problem(file="design", what=what, expected="one column or more, and more rows than columns"))
    if not problems and np.ptp(y) <= EXACT * np.max(np.abs(y)):
        what = f"the response is {y[0]:g} in all {y.size} rows"
        problems.append(Problem(file="response", what=what, expected="a response that varies"))
    if problems:
        raise InputError(problems)
    return y, x, labels


def _experiments(blocks: Sequence[Block], independent: str | None) -> int:
    sizes = {block.name: len(block.levels) for block in blocks}
    if independent is None:
        return sizes.get("experiment", min(sizes.values()))
    if independent not in sizes:
        what = f"there is no random term '{independent}'"
        raise InputError(Problem(file="independent", what=what, expected=f"one of {', '.join(sizes)}"))
    return sizes[independent]


def _orthonormal(x: Floats, names: Sequence[str]) -> tuple[Floats, Floats]:
    """Return X = Q R, or say which column is a combination of the others."""
    lengths = np.linalg.norm(x, axis=0)
    scaled = x / np.where(lengths > 0, lengths, 1.0)
    _, triangle, order = linalg.qr(scaled, mode="economic", pivoting=True)
    depths = np.abs(np.diag(triangle))
    short = np.flatnonzero((depths < EXACT * depths[0]) | (depths == 0))
    if short.size:
        dependent = ", ".join(f"'{names[j]}'" for j in sorted(order[short]))
        what = f"the {x.shape[1]} columns have rank {x.shape[1] - short.size}: {dependent} follows from the others"
        hint = "Leave out a column, or merge conditions that always occur together"
        raise InputError(Problem(file="design", what=what, expected="independent columns", hint=hint))
    q, r = np.linalg.qr(scaled)
    return q, r * lengths


def _stop_at_confounded(data: CrossProducts) -> None:
    """Stop if the variances of two terms, or of a term and the residual, have the same effect on the data.

    What is left of the data without the fixed effects has the covariance sum of variance_r M G_r M, M = I - Q Q'. The
    variances can be told apart if these matrices are linearly independent: their Gram matrix has full rank.
    """
    left = data.ztz - data.ztq @ data.ztq.T
    units = data.unit_factors()
    shapes = [unit if (unit == unit.T).all() else unit + unit.T for unit in units]
    turned = [left @ shape for shape in shapes]
    size = len(shapes)
    gram = np.zeros((size + 1, size + 1))
    for i in range(size):
        for j in range(i, size):
            gram[i, j] = gram[j, i] = (turned[i] * turned[j].T).sum()
        gram[i, size] = gram[size, i] = np.trace(turned[i])
    gram[size, size] = data.rows - data.fixed
    full = [(data.ztz @ shape) for shape in shapes]
    reference = np.array([(one * one.T).sum() for one in full] + [float(data.rows)])
    vanished = np.flatnonzero(np.diag(gram) < EXACT * reference)
    lengths = np.sqrt(np.where(np.diag(gram) > 0, np.diag(gram), 1.0))
    values, vectors = np.linalg.eigh(gram / np.outer(lengths, lengths))
    owners = [block.name for block in data.blocks for _ in block.pairs] + ["residual"]
    if vanished.size:
        what = f"the groups of '{owners[vanished[0]]}' are already told apart by the columns of the design"
    elif values[0] < EXACT:
        mixed = dict.fromkeys(owners[i] for i in np.flatnonzero(np.abs(vectors[:, 0]) > 0.05))
        what = f"the variances of {' and '.join(repr(name) for name in mixed)} have the same effect on the data"
    else:
        return
    hint = "Leave out one of the terms: replication at that level is missing"
    raise InputError(Problem(file="terms", what=what, expected="variances that the data can tell apart", hint=hint))


def _reported(
    data: CrossProducts,
    at: Solution,
    start: Floats,
    names: tuple[str, ...],
    likelihood: Likelihood,
    experiments: int,
    *,
    converged: bool,
) -> MixedModel:
    """Return the solution in the coordinates and units of the user."""
    sigma = math.sqrt(at.variance) * data.scale
    back = linalg.solve_triangular(data.r, np.eye(data.fixed))
    covariance = sigma**2 * back @ at.covariance @ back.T
    # u = Lambda Lambda' Z' P y: the prediction of Z's coefficients, still in units of the scaled columns.
    predicted = data.scale * at.factor @ (at.factor.T @ at.zpy)
    return MixedModel(
        names=names,
        fixed_effects=start + data.scale * back @ at.coefficients,
        standard_errors=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        random_effects=tuple(_effects(block, at.theta, predicted, sigma) for block in data.blocks),
        residual_sd=sigma,
        likelihood=likelihood,
        criterion=at.deviance,
        log_likelihood=-at.deviance / 2,
        theta=at.theta / _units(data),
        singular=is_singular(data, at.theta),
        converged=converged,
        rows=data.rows,
        experiments=experiments,
        data=data,
        solution=at,
    )


def _units(data: CrossProducts) -> Floats:
    """Return what lme4's theta is multiplied by to stand in units of the scaled columns (parameters,)."""
    return np.concatenate([block.scales[block.pairs[:, 0]] for block in data.blocks])


def _effects(block: Block, theta: Floats, predicted: Floats, sigma: float) -> RandomEffects:
    factor = sigma * block.factor(theta) / block.scales[:, None]
    covariance = factor @ factor.T
    sd = np.sqrt(np.diag(covariance))
    lengths = np.where(sd > 0, sd, math.nan)
    correlation = covariance / np.outer(lengths, lengths)
    np.fill_diagonal(correlation, 1.0)
    end = block.first_column + len(block.levels) * block.width
    effects = predicted[block.first_column : end].reshape(-1, block.width) / block.scales
    return RandomEffects(
        name=block.name,
        column_names=block.column_names,
        sd=sd,
        correlation=correlation,
        covariance=covariance,
        levels=block.levels,
        effects=effects,
    )
