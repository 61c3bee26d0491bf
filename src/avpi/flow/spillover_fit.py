"""A spillover matrix from unstained cells and single stains.

Two ways. ``regression`` (the default): the robust line of Brown and Mood through two groups, the unstained cells and
the cells that are brighter than these in the stain's own detector; it passes through the medians of both, and its slope
in every other detector is the spillover (Brown, Mood 1951, Proc 2nd Berkeley Symp 159-166). Nearly half of a group may
be anything before it breaks, and it is what people draw by hand. A line through the stained cells alone is flatter
where stained cells have more light of their own, such as dead cells, and would leave that light in.
``median``: medians of all cells less those of the unstained ones, over the largest; what flowStats does in R (Bagwell,
Adams 1993, Ann N Y Acad Sci 677:167-184), for comparison.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avpi.flow.compensation import LEAST_POSITIVE, POSITIVE_PERCENTILE, Spillover

Method = Literal["regression", "median"]

_OFF_SCALE = 0.98  # of the top of a channel; assumed: above it the detector clips and slopes are too flat


def fit_spillover(
    unstained: NDArray[np.float64],
    stained: Mapping[int, NDArray[np.float64]],
    detectors: Sequence[str],
    tops: Sequence[float],
    *,
    method: Method = "regression",
) -> Spillover:
    """Return the matrix from single-stain tubes.

    Parameters
    ----------
    unstained : (n, k) linear intensities of unstained cells in the k detectors.
    stained : detector's index -> (m, k) of cells that carry only its fluorochrome; a detector without a tube
        keeps a row of the identity, and so does one with fewer than 100 cells brighter than the unstained ones.
    detectors : names of the k detectors.
    tops : (k,) end of each detector's scale, 0 if unknown; cells at it are left out by ``regression``.
    """
    matrix = np.eye(len(detectors))
    for own, cells in stained.items():
        row = _median_row(unstained, cells) if method == "median" else _fitted_row(unstained, cells, own, tops)
        if row is not None:
            matrix[own] = row
    return Spillover(detectors=tuple(detectors), matrix=matrix, origin="single_stains")


def _median_row(unstained: NDArray[np.float64], cells: NDArray[np.float64]) -> NDArray[np.float64] | None:
    rise = np.maximum(np.median(cells, axis=0) - np.median(unstained, axis=0), 0.0)
    return rise / rise.max() if rise.max() > 0 else None


def _fitted_row(
    unstained: NDArray[np.float64], cells: NDArray[np.float64], own: int, tops: Sequence[float]
) -> NDArray[np.float64] | None:
    cutoff = float(np.percentile(unstained[:, own], POSITIVE_PERCENTILE))
    positive = cells[_on_scale(cells, tops) & (cells[:, own] > cutoff)]
    if len(positive) < LEAST_POSITIVE:
        return None
    rise = np.median(positive, axis=0) - np.median(unstained, axis=0)
    return np.asarray(np.maximum(rise / rise[own], 0.0))  # a fluorochrome takes no light away


def _on_scale(cells: NDArray[np.float64], tops: Sequence[float]) -> NDArray[np.bool_]:
    on_scale = np.ones(len(cells), dtype=bool)
    for detector, top in enumerate(tops):
        if top > 0:
            on_scale &= cells[:, detector] < _OFF_SCALE * top
    return on_scale
