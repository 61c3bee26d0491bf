"""Spillover between detectors, and its removal.

A row of the matrix says how much of one fluorochrome each detector sees, 1 in its own. It comes from the file
(``$SPILLOVER``), from a table, or from single-stain tubes (:mod:`avpi.flow.spillover_fit`).
Compensated = measured times the inverse matrix (Bagwell, Adams 1993, Ann N Y Acad Sci 677:167-184).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avpi.readings import CellEvents

_IDENTITY_TOLERANCE = 1e-9  # a matrix this close to identity is the instrument's default: no compensation was set
_LARGEST_CONDITION = 1e3  # assumed: beyond it the noise of one detector drowns the others
POSITIVE_PERCENTILE = 99.0  # of the unstained cells in the stain's detector: brighter cells carry the stain
LEAST_POSITIVE = 100  # cells; assumed: fewer give a slope worse than about 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Spillover:
    """Detector names, matrix (k, k) with a row for each fluorochrome, and where it came from."""

    detectors: tuple[str, ...]
    matrix: NDArray[np.float64]
    origin: Literal["file", "table", "single_stains"]


def spillover_of_file(events: CellEvents, needed: Sequence[str]) -> Spillover | None:
    """Return the file's own matrix if it covers a needed detector, is not the identity, and can be inverted."""
    if events.spillover is None:
        return None
    detectors, matrix = events.spillover
    names = [channel.name for channel in events.channels]
    if not set(needed) & set(detectors) or any(names.count(name) != 1 for name in detectors):
        return None
    if np.abs(matrix - np.eye(len(matrix))).max() <= _IDENTITY_TOLERANCE or not can_be_inverted(matrix):
        return None
    return Spillover(detectors=detectors, matrix=matrix, origin="file")


def largest_difference(one: Spillover, other: Spillover) -> float:
    """Return how far two matrices are apart at most, over the detectors that both have."""
    shared = [name for name in one.detectors if name in other.detectors]
    if not shared:
        return 0.0
    first, second = (
        spillover.matrix[np.ix_(places, places)]
        for spillover in (one, other)
        for places in [[spillover.detectors.index(name) for name in shared]]
    )
    return float(np.abs(first - second).max())


def can_be_inverted(matrix: NDArray[np.float64]) -> bool:
    """Return True if compensation by this matrix does not blow up noise."""
    return bool(np.isfinite(matrix).all()) and float(np.linalg.cond(matrix)) <= _LARGEST_CONDITION


def compensated(linear: NDArray[np.float64], names: Sequence[str], spillover: Spillover | None) -> NDArray[np.float64]:
    """Return intensities (n, channels) with spillover removed; unchanged where there is no matrix."""
    if spillover is None:
        return linear
    columns = [names.index(name) for name in spillover.detectors]
    without = np.array(linear)
    # x = y S with y what each fluorochrome gives alone, hence y = x S^-1: solve S' y' = x'.
    without[:, columns] = np.linalg.solve(spillover.matrix.T, linear[:, columns].T).T
    return without
