"""How particles move and what they weigh, in the unit box of the prior (0 is the lower end of a range, 1 the upper).

A particle moves in each direction by a normal deviate with twice the weighted variance of the population (Beaumont 2009
Biometrika 96:983, doi:10.1093/biomet/asp052), cut off at the walls of the prior. The cut-off is part of the density, or
particles near a wall would weigh too little.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]

LEAST_STEP = 0.02
"""The smallest standard deviation of a move, of the width of the prior: a population of one must not stand still."""


def effective_size(weights: Floats) -> float:
    """Return how many equal particles are worth as much as these (Kish)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def step_sizes(places: Floats, weights: Floats) -> Floats:
    """Return the standard deviation of a move in each direction (parameters,)."""
    share = weights / weights.sum()
    mean = share @ places
    found: Floats = np.maximum(np.sqrt(2 * (share @ (places - mean) ** 2)), LEAST_STEP)
    return found


def moved(random: np.random.Generator, places: Floats, weights: Floats) -> Floats:
    """Return a new place: a particle drawn by weight, moved within the box (parameters,)."""
    steps = step_sizes(places, weights)
    shares = np.cumsum(weights / weights.sum())
    parent = places[min(int(np.searchsorted(shares, random.random(), side="right")), len(places) - 1)]
    low, high = ndtr(-parent / steps), ndtr((1 - parent) / steps)
    found = parent + steps * ndtri(low + random.random(parent.size) * (high - low))
    return np.asarray(np.clip(found, 0.0, 1.0), float)


def importance(new: Floats, places: Floats, weights: Floats) -> Floats:
    """Return the weight of new particles (new,): density of the prior, which is 1, over that of being proposed."""
    steps = step_sizes(places, weights)
    inside = ndtr((1 - places) / steps) - ndtr(-places / steps)
    away = (new[:, None, :] - places[None, :, :]) / steps
    logs = (-0.5 * away**2 - np.log(np.sqrt(2 * np.pi) * steps * inside)[None, :, :]).sum(axis=2)
    density = np.exp(logs) @ (weights / weights.sum())
    # A density can underflow only where a particle was not proposed from; the smallest number keeps weights finite.
    return np.asarray(1.0 / np.maximum(density, np.finfo(float).tiny), float)


def threshold(distances: Floats, weights: Floats, wanted: float) -> float:
    """Return the smallest distance within which particles are worth ``wanted`` equal ones; else the largest of all.

    The adaptive threshold of Del Moral 2012 (doi:10.1007/s11222-011-9271-y).
    """
    for limit in np.unique(distances):
        within = distances <= limit
        if effective_size(weights[within]) >= wanted:
            return float(limit)
    return float(distances.max())
