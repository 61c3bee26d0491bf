"""Parameters that a model holds linearly are solved for, so that a descent has only the others to find.

Amplitudes and plateaus enter most curves linearly. With these eliminated (variable projection: Golub & Pereyra 1973
SIAM J Numer Anal 10:413, doi:10.1137/0710036; Jacobian after Kaufman 1975 BIT 15:49, doi:10.1007/BF01932995) a descent
reaches the minimum from starts that are far off. Which parameters are linear is found by trying.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.dose.marquardt import Descent, descend
from avpi.dose.model_derivatives import Derivatives

Floats = NDArray[np.float64]
Array = NDArray[Any]

STRAIGHT = 1e-9
"""Second difference, of the first, below which a model is linear in a parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Eliminated:
    """A weighted problem of which the parameters ``linear`` are solved for."""

    bound: Derivatives
    y: Floats
    root: Floats
    linear: NDArray[np.int64]
    others: NDArray[np.int64]

    def whole(self, q: Floats) -> tuple[Floats, Floats]:
        """Return all parameters (p,) that belong to the others ``q``, and an orthonormal basis of the linear part."""
        b = np.zeros(self.linear.size + self.others.size)
        b[self.others] = q
        level = np.asarray(self.bound.values(b), float)
        columns = np.empty((self.y.size, self.linear.size))
        for i, j in enumerate(self.linear):
            unit = b.copy()
            unit[j] = 1.0
            columns[:, i] = self.root * (np.asarray(self.bound.values(unit), float) - level)
        lengths = np.sqrt(np.sum(columns**2, axis=0))
        if not np.all(np.isfinite(lengths)) or np.any(lengths == 0):
            return np.full(b.size, np.nan), np.zeros((self.y.size, 0))
        left, values, right = np.linalg.svd(columns / lengths, full_matrices=False)
        keep = values > 1e-13 * values[0]
        wanted = left[:, keep].T @ (self.root * (self.y - level))
        b[self.linear] = right[keep].T @ (wanted / values[keep]) / lengths
        return b, left[:, keep]

    def residuals(self, q: Floats) -> Floats:
        b, _ = self.whole(q)
        found: Floats = self.root * (self.y - np.asarray(self.bound.values(b), float))
        return found

    def jacobian(self, q: Floats) -> Floats:
        b, basis = self.whole(q)
        columns = self.root[:, None] * self.bound.quick(b)[:, self.others]
        kept: Floats = columns - basis @ (basis.T @ columns)
        return kept


def descend_eliminated(
    bound: Derivatives, y: Floats, root: Floats, start: Floats, low: Floats, high: Floats
) -> Descent | None:
    """Return the minimum downhill of ``start`` with its linear parameters solved for; None if the model has none.

    Parameters
    ----------
    y, root : (n,) responses and roots of the weights.
    low, high : (p,) boxes; a linear parameter within a box is not eliminated.
    """
    linear = _linear_parameters(bound, start, np.isinf(low) & np.isinf(high))
    others = np.setdiff1d(np.arange(start.size), linear)
    if linear.size == 0:
        return None
    problem = _Eliminated(bound=bound, y=y, root=root, linear=linear, others=others)
    b, _ = problem.whole(start[others])
    if not np.all(np.isfinite(problem.residuals(start[others]))):
        return None
    if others.size == 0:
        r = problem.residuals(start[others])
        return Descent(parameters=b, rss=float(r @ r), steps=1)
    end = descend(problem.residuals, problem.jacobian, start[others], low[others], high[others])
    b, _ = problem.whole(end.parameters)
    return Descent(parameters=b, rss=end.rss, steps=end.steps)


def _linear_parameters(bound: Derivatives, start: Floats, may_be: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return indices (k,) of parameters in which, all taken together, the model is linear."""
    found: list[int] = []
    for j in np.flatnonzero(may_be):
        if _straight(bound, start, [*found, int(j)]):
            found.append(int(j))
    return np.array(found, np.int64)


def _straight(bound: Derivatives, start: Floats, along: list[int]) -> bool:
    """Whether the model changes in proportion when all of ``along`` change together, whatever the rest of them."""
    step = np.zeros(start.size)
    # Unequal factors: products such as b1 b2 bend along every line on which both change
    step[along] = np.maximum(np.abs(start[along]), 1.0) * (0.7 + 0.1 * np.arange(len(along)))
    here, there, beyond = (np.asarray(bound.values(start + k * step), float) for k in (0.0, 1.0, -1.5))
    bend = (beyond - here) + 1.5 * (there - here)
    size = np.max(np.abs(there - here), initial=0.0) + np.max(np.abs(here), initial=0.0) * 1e-3
    return bool(
        np.all(np.isfinite(bend)) and np.max(np.abs(there - here)) > 0 and np.max(np.abs(bend)) <= STRAIGHT * size
    )
