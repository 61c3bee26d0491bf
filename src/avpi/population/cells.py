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


def draw_factors(cells: int, seed: int) -> Floats:
    """Return for each cell the factors of its varied parameters (cells, varied); their median is 1.

    The first cells of a larger draw are those of a smaller one.
    """
    sigma = np.sqrt(np.log1p(np.array([p.cv for p in varied()]) ** 2))
    own = np.random.Generator(np.random.Philox(key=seed)).standard_normal((cells, sigma.size + 1))
    z = np.sqrt(SHARED) * own[:, :1] + np.sqrt(1 - SHARED) * own[:, 1:]
    factors: Floats = np.exp(sigma * z)
    return factors


def cell_parameters(base: Mapping[str, float], cells: int, seed: int) -> dict[str, Floats | float]:
    """Return every parameter of every cell: a number where cells agree, else an array (cells,)."""
    factors = draw_factors(cells, seed)
    values: dict[str, Floats | float] = dict(base)
    for i, parameter in enumerate(varied()):
        if base[parameter.name]:
            values[parameter.name] = base[parameter.name] * factors[:, i]
    return values
