"""Cells of one line differ: log-normal amounts of protein, with what they have in common by their size."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from avpi.network.parameters import Parameter, parameters

Floats = NDArray[np.float64]

SHARED = 0.25
"""Share of the variance of a protein's log amount that all proteins of a cell have in common: its size. Assumed, within
the 0.2-0.3 that is usual for mammalian cells; the coefficients of variation stand in ``parameters.yaml``."""


@cache
def varied() -> tuple[Parameter, ...]:
    """Return the parameters in which cells differ, in the order of the file."""
    return tuple(p for p in parameters().values() if p.cv > 0)


DRIFT_STEP_HOURS = 24.0
MIXING_HOURS = 40.0
"""A cell's amounts drift: after so long its log amounts keep a share of 1/e of their distance from the mean. Levels of
proteins mix within one to three cell cycles (Sigal 2006 Nature 444:643), which is why survivors of one treatment die in
part of the next (Spencer 2009). Drawn anew every DRIFT_STEP_HOURS, which is coarse and assumed to be enough."""
BITS_OF_A_SEED = 64


def draw_factors(cells: int, seed: int, step: int = 0) -> Floats:
    """Return for each cell the factors of its varied parameters (cells, varied); their median is 1.

    The first cells of a larger draw are those of a smaller one.

    Parameters
    ----------
    step : how often DRIFT_STEP_HOURS have passed; the amounts of a cell at one step are like those at the last.
    """
    kept = np.exp(-DRIFT_STEP_HOURS / MIXING_HOURS)
    z = _normal(cells, seed, 0)
    for later in range(1, step + 1):
        z = kept * z + np.sqrt(1 - kept**2) * _normal(cells, seed, later)
    sigma = np.sqrt(np.log1p(np.array([p.cv for p in varied()]) ** 2))
    factors: Floats = np.exp(sigma * (np.sqrt(SHARED) * z[:, :1] + np.sqrt(1 - SHARED) * z[:, 1:]))
    return factors


def _normal(cells: int, seed: int, step: int) -> Floats:
    random = np.random.Generator(np.random.Philox(key=seed + (step << BITS_OF_A_SEED)))
    return random.standard_normal((cells, len(varied()) + 1))


def cell_parameters(base: Mapping[str, float], cells: int, seed: int) -> dict[str, Floats | float]:
    """Return every parameter of every cell at the start: a number where cells agree, else an array (cells,)."""
    return {**base, **drifted(base, cells, seed, 0)}


def drifted(base: Mapping[str, float], cells: int, seed: int, step: int) -> dict[str, Floats]:
    """Return the parameters in which cells differ, each (cells,), after some steps of drift."""
    factors = draw_factors(cells, seed, step)
    return {p.name: base[p.name] * factors[:, i] for i, p in enumerate(varied()) if base[p.name]}
