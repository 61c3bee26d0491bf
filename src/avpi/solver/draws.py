"""Parameters drawn at random, cell by cell, the same for a cell wherever and with whomever it is drawn.

The random bits come from Philox 4x64 (Salmon et al. 2011, SC '11, doi:10.1145/2063384.2063405), which counts instead of
remembering: the bits of cell i are found without those of the cells before it. So a worker draws its own cells, and a
million parameter sets never lie in memory or travel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from avpi.solver.equations import Equations
from avpi.solver.model import Model

Floats = NDArray[np.float64]

LARGEST_SEED = 2**128 - 1
BITS_A_COUNT = 4  # Philox gives four numbers of 64 bits for one value of its counter
UNIT = 2.0**-53


@dataclass(frozen=True, kw_only=True)
class LogNormal:
    """Cells whose parameters scatter log-normally around the model's own, independently of each other.

    A parameter is its median times exp(sigma z) with z standard normal; where the median is 0 it stays 0.

    Attributes
    ----------
    cells : how many.
    sigma : standard deviation of the logarithm for every parameter but volumes and amounts that nothing changes; or
        name -> standard deviation for some, where names of states mean their starting values.
    seed : equal seeds give equal cells.
    around : name -> median, where it is not the model's own value.
    """

    cells: int
    sigma: float | Mapping[str, float]
    seed: int = 0
    around: Mapping[str, float] = field(default_factory=dict)

    def table(self, model: Model) -> Floats:
        """Return the parameters of every cell (cells, parameters); nan for those that the model computes."""
        own = model.equations
        given = {name: np.nan if name in own.starts else value for name, value in own.parameters.items()}
        medians = np.array([list((given | dict(self.around)).values())])
        initial = np.full((1, len(model.states)), np.nan)
        return self.rows(model.equations, medians, initial, 0, self.cells)[0]

    def rows(
        self, equations: Equations, parameters: Floats, initial: Floats, first: int, last: int
    ) -> tuple[Floats, Floats]:
        """Return the parameters (cells, parameters) and starting values of the cells from ``first`` to ``last`` - 1.

        ``parameters`` and ``initial`` (1 or cells, ...) are the medians; nan stays nan, for what is computed later.
        """
        names = [*equations.parameters, *equations.states]
        spread = self.sigma
        if not isinstance(spread, Mapping):
            fixed = {*equations.volumes, *equations.held}
            spread = dict.fromkeys((name for name in equations.parameters if name not in fixed), spread)
        sigma = np.array([spread.get(name, 0.0) for name in names])
        varied = np.flatnonzero(sigma)
        exponents = np.zeros((last - first, len(names)))
        exponents[:, varied] = self.standard_normal(first, last, varied.size) * sigma[varied]
        factors = np.exp(exponents)
        split = len(equations.parameters)
        computed = [i for i in varied if names[i] in equations.starts]
        rows = max(parameters.shape[0], initial.shape[0])
        medians = np.hstack([np.broadcast_to(table, (rows, table.shape[1])) for table in (parameters, initial)])
        if computed:  # what would be computed at the start scatters around what it would be
            there = np.isnan(medians[:, computed])
            medians[:, computed] = np.where(there, at_start(equations, medians[0])[computed], medians[:, computed])
        drawn = medians * factors
        return drawn[:, :split], drawn[:, split:]

    def standard_normal(self, first: int, last: int, numbers: int) -> Floats:
        """Return standard normal numbers (last - first, numbers) for the cells from ``first`` to ``last`` - 1."""
        counts = -(-numbers // BITS_A_COUNT)
        philox = np.random.Philox(key=self.seed).advance(first * counts)
        bits = philox.random_raw((last - first) * counts * BITS_A_COUNT)
        uniform = ((bits >> np.uint64(11)).astype(float) + 0.5) * UNIT
        return np.asarray(ndtri(uniform), float).reshape(last - first, -1)[:, :numbers]


def at_start(equations: Equations, given: Floats) -> Floats:
    """Return the parameters followed by the starting values of one cell, with what is nan computed where it can be."""
    values = dict(zip([*equations.parameters, *equations.states], given.tolist(), strict=True))
    for name, node in equations.starts.items():
        if math.isnan(values[name]):
            values[name] = equations.graph.evaluate(node, values)
    return np.array(list(values.values()))
