"""Does the protein fall at all? A test against no change, by a null simulated for the very doses or times.

The best of many falling curves is fitted to what was seen and to normal scatter at the same places, each experiment
about its own mean, so that a normaliser which lifts or lowers all lanes of a day does no harm. The statistic is the
correlation with the best curve, which knows no unit. Half-life or DC50 mean nothing where nothing falls, which is why
no table has this distribution (Davies 1987 Biometrika 74:33, doi:10.1093/biomet/74.1.33).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FLAT_ONES = 20_000
"""Simulated sets of lanes: a p-value of 0.05 is known to 0.0015, and none is below 1 in 20,001."""
SAME = 1e-9
"""Relative difference up to which two correlations are equal."""


def falling_p_value(responses: Floats, experiments: Sequence[str], curves: Floats, *, seed: int = 1) -> float:
    """Return how often lanes that do not change would fall as clearly as those that were seen; one-sided.

    Independent normal errors of one variance are assumed where nothing changes.

    Parameters
    ----------
    responses : (n,).
    experiments : (n,) labels.
    curves : (m, n) shapes that a fall may have, each from high to low; their best fit is the statistic.
    seed : of the simulated lanes.
    """
    labels = np.asarray(experiments)
    groups = [np.flatnonzero(labels == label) for label in dict.fromkeys(experiments)]
    shapes = _centred(curves.astype(float), groups)
    lengths = np.sqrt(np.sum(shapes**2, axis=1))
    shapes = shapes[lengths > 0] / lengths[lengths > 0, None]
    seen = _centred(responses.astype(float)[None, :], groups)
    if not shapes.size or float(np.ptp(responses)) <= SAME * float(np.max(np.abs(responses))):
        return 1.0
    random = np.random.Generator(np.random.Philox(key=seed))
    scatter = _centred(random.standard_normal((FLAT_ONES, responses.size)), groups)
    clearest = float(_correlations(seen, shapes)[0])
    return (int(np.sum(_correlations(scatter, shapes) >= clearest * (1 - SAME))) + 1) / (FLAT_ONES + 1)


def _centred(rows: Floats, groups: Sequence[NDArray[np.intp]]) -> Floats:
    found = rows.copy()
    for group in groups:
        found[:, group] -= found[:, group].mean(axis=1, keepdims=True)
    return found


def _correlations(rows: Floats, shapes: Floats) -> Floats:
    lengths = np.sqrt(np.sum(rows**2, axis=1))
    found: Floats = np.max(rows @ shapes.T, axis=1) / np.where(lengths > 0, lengths, 1.0)
    return found
