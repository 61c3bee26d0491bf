"""The theta of highest (restricted) likelihood: Newton's method from several starts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from avpi.replication.profiled_likelihood import CrossProducts, Solution, gradient, profiled_curvature, solve_at

Floats = NDArray[np.float64]

LARGEST = 1e5
"""Ratio of the standard deviations of a term and of the residual beyond which there is no residual to speak of."""
SINGULAR = 1e-4
"""Diagonal of theta below which a fit is called singular, as lme4's isSingular has it."""
START_LEVELS = (0.03, 0.3, 1.0, 4.0)
FEW_COLUMNS = 100
"""Columns of Z up to which every start is followed; beyond, a search takes long and only the best few are."""
SEARCHES = 3
NEWTON_STEPS = 100
HALVINGS = 20
LONGEST_STEP = 2.0
"""Longest step of an entry of theta, in multiples of the largest entry or of 1."""
ARRIVED = 1e-7
"""How much lower the deviance may still lie, by its slope and curvature, for the search to be over."""
BENT = 1e-10
"""Curvature, relative to the largest, below which a direction is flat and does not change the covariance of y."""


def best_solution(data: CrossProducts) -> tuple[Solution, bool] | None:
    """Return the model at the best theta and whether the search has arrived; nothing where no start can be computed.

    The likelihood of several terms can have more than one maximum, and a variance of 0 is always a stationary point:
    the searches from several starts are compared.
    """
    started = [at for start in _starts(data) if (at := solve_at(data, start)) is not None]
    if not started:
        return None
    started.sort(key=lambda at: at.deviance)
    followed = started if data.ztz.shape[0] <= FEW_COLUMNS else started[:SEARCHES]
    best = min((_descend(data, at) for at in followed), key=lambda at: at.deviance)
    best = _with_exact_zeros(data, best)
    return best, _is_minimum(data, best)


def _starts(data: CrossProducts) -> list[Floats]:
    """Return starts: all terms alike at four sizes, and each term alone large and the others small."""
    diagonal = data.diagonal().astype(float)
    starts = [level * diagonal for level in START_LEVELS]
    if len(data.blocks) > 1:
        for block in data.blocks:
            start = 0.1 * diagonal
            own = slice(block.first_parameter, block.first_parameter + len(block.pairs))
            start[own] = 2.0 * diagonal[own]
            starts.append(start)
    return starts


def _is_minimum(data: CrossProducts, at: Solution) -> bool:
    """Return whether the deviance falls nowhere: what a Newton step would gain is nothing, and no direction bends down.

    The gain does not depend on the unit of theta, as the slope does.
    """
    slope = gradient(data, at)
    values, vectors = np.linalg.eigh(profiled_curvature(data, at))
    bent = np.abs(values) > BENT * np.max(np.abs(values))
    gain = 0.5 * float(((vectors[:, bent].T @ slope) ** 2 / np.abs(values[bent])).sum())
    return gain < ARRIVED and bool(values[0] > -1e-6 * values[-1])


def _descend(data: CrossProducts, at: Solution) -> Solution:
    """Return the end of Newton's search from a start; its deviance is never higher.

    The curvature is exact. Its sign is turned in directions that bend down, so that every step goes downhill; flat
    directions do not change the covariance of y and are left alone.
    """
    for _ in range(NEWTON_STEPS):
        slope = gradient(data, at)
        values, vectors = np.linalg.eigh(profiled_curvature(data, at))
        bent = np.abs(values) > BENT * max(float(np.max(np.abs(values))), 1e-300)
        step = -vectors[:, bent] @ ((vectors[:, bent].T @ slope) / np.abs(values[bent]))
        size = max(1.0, float(np.max(np.abs(at.theta))))
        step *= min(1.0, LONGEST_STEP * size / max(float(np.max(np.abs(step))), 1e-300))
        there = _shorter_step(data, at, step, slope)
        if there is None:
            return at
        moved = float(np.max(np.abs(there.theta - at.theta)))
        at = there
        if moved < 1e-13 * size:
            return at
    return at


def _shorter_step(data: CrossProducts, at: Solution, step: Floats, slope: Floats) -> Solution | None:
    """Return the solution after the longest part of a step that lowers the deviance, or its slope where that rounds."""
    rounding = 1e-12 * max(1.0, abs(at.deviance))
    for halvings in range(HALVINGS):
        theta = at.theta + step / 2**halvings
        if np.max(np.abs(theta)) > LARGEST:
            continue
        there = solve_at(data, theta)
        if there is None:
            continue
        expected = float(slope @ step) / 2**halvings
        if there.deviance < at.deviance + 1e-4 * expected - rounding:
            return there
        same = abs(there.deviance - at.deviance) <= rounding
        if same and np.linalg.norm(gradient(data, there)) < np.linalg.norm(slope):
            return there
    return None


def _with_exact_zeros(data: CrossProducts, at: Solution) -> Solution:
    """Return the solution with signs as lme4 sets them, and variances that rounding holds off 0 at 0."""
    theta = at.theta.copy()
    for block in data.blocks:
        own = slice(block.first_parameter, block.first_parameter + len(block.pairs))
        factor = block.factor(theta)
        factor = factor * np.where(np.diag(factor) < 0, -1.0, 1.0)
        theta[own] = factor[block.pairs[:, 0], block.pairs[:, 1]]
    near_zero = data.diagonal() & (np.abs(theta) < SINGULAR)
    cleaned = np.where(near_zero, 0.0, theta)
    there = solve_at(data, cleaned)
    if there is not None and there.deviance <= at.deviance + 1e-9:
        return there
    signed = solve_at(data, theta)
    return at if signed is None else signed


def is_singular(data: CrossProducts, theta: Floats) -> bool:
    """Return whether a variance is 0 or a correlation 1 in absolute value."""
    return bool((np.abs(theta[data.diagonal()]) < SINGULAR).any())


def fills_everything(data: CrossProducts, at: Solution) -> bool:
    """Return whether the random effects leave no residual: the likelihood has no maximum."""
    beyond = float(np.max(np.abs(at.theta))) > 0.1 * LARGEST
    return beyond or math.sqrt(at.variance) < 1e-7
