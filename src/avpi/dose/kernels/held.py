"""Fits with the EC50 held beside free ones: by how much the residual sum rises at the true EC50; compiled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from avpi.compute.compiled import compiled
from avpi.dose.kernels.block import Room
from avpi.dose.kernels.descent import Starts, fit_all
from avpi.dose.kernels.limits import TERMS, Limits, describe
from avpi.dose.kernels.logistic import RSS, Curves
from avpi.dose.kernels.profile import fit_slopes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DESCRIBED = TERMS
SLOPES = np.array([-1.2, 0.0, 1.1, 2.2])
"""Where the fits of ln slope begin."""
_MAY_BE_MISSED = 0.1
"""Of the residual sum, times what a fit of the slope may miss."""


@compiled(nogil=True)
def fit_held(
    means: Floats,
    weights: Floats,
    within: Floats,
    wells: int,
    held: Floats,
    x: Floats,
    plateaus: Floats,
    box: Floats,
    starts: Starts,
    limits: Limits,
    room: Room,
    rises: Floats,
    indices: Ints,
    values: Floats,
) -> None:  # pragma: no cover - compiled
    """Fill the relative rises of the residual sum (curves,) and what describes the held fits (curves, 23).

    Parameters
    ----------
    means : (curves, doses) mean responses; ``weights`` (doses,) are theirs.
    within : (curves,) scatter within doses.
    held : (curves,) log10 EC50.
    """
    curves, ends, ways = Curves(x, room.y, room.w, room.plateaus, box), room.ends, room.ways
    room.plateaus[:] = plateaus
    together = room.wells.size
    for first in range(0, held.size, together):
        number = min(together, held.size - first)
        for c in range(number):
            room.wanted[c] = c
            room.y[c], room.w[c] = means[first + c], weights
        fit_all(curves, room.wanted, number, room.each, starts, ways, room.lanes)
        for turn in range(SLOPES.size):
            for c in range(number):
                q = 2 * c
                ends.jobs[c], ends.p[q], ends.k[q] = q, held[first + c], SLOPES[turn]
                ends.rise[q] = _MAY_BE_MISSED * ways.best[c, RSS]
            fit_slopes(curves, ends.jobs, number, ends, ends.k, ends.here, room.lanes)
            for c in range(number):
                q = 2 * c
                if turn == 0 or ends.here[q, RSS] < ends.other[q, RSS]:
                    ends.other[q], ends.other_k[q] = ends.here[q], ends.k[q]
        for c in range(number):
            i, q = first + c, 2 * c
            free = 2 * ways.best[c, RSS] + within[i]
            rises[i] = max(2 * (ends.other[q, RSS] - ways.best[c, RSS]), 0.0) / free if free > 0.0 else math.inf
            describe(limits, x, held[i], ends.other_k[q], ends.other[q], within[i], wells - 3.0)
            indices[i], values[i] = limits.indices, limits.values
