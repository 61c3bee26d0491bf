"""Curves of a dose matrix, fitted together without Python: each may have a level of its own at dose 0."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from avpi.compute.compiled import compiled
from avpi.dose.kernels.block import Room
from avpi.dose.kernels.descent import Starts, fit_all
from avpi.dose.kernels.logistic import BOTTOM, RSS, TOP, Curves

Floats = NDArray[np.float64]

OUT_P, OUT_K, OUT_AT_0, OUT_EMAX, OUT_RSS = range(5)
"""Columns of what is filled: log10 EC50, ln slope, level at dose 0, level at high dose, residual sum of squares."""
COLUMNS = 5


@compiled(nogil=True)
def fit_rows(
    effects: Floats, at_0: Floats, x: Floats, box: Floats, starts: Starts, least: int, room: Room, out: Floats
) -> None:  # pragma: no cover - compiled
    """Fill ``out`` (curves, columns), nan where a curve has fewer than ``least`` points.

    Parameters
    ----------
    effects : (curves, doses); nan where a well is missing.
    at_0 : (curves,) level at dose 0 that is given; nan where it is fitted.
    x : (doses,) log10 doses, ascending.
    box : (lowest p, highest p, lowest k, highest k).
    """
    curves, ways, together = Curves(x, room.y, room.w, room.plateaus, box), room.ways, room.wells.size
    out[:] = math.nan
    for first in range(0, effects.shape[0], together):
        wanted = 0
        for c in range(min(together, effects.shape[0] - first)):
            points = 0
            for j in range(x.size):
                value = effects[first + c, j]
                missing = math.isnan(value)
                room.y[c, j], room.w[c, j] = (0.0, 0.0) if missing else (value, 1.0)
                points += 0 if missing else 1
            level = at_0[first + c]
            given = not math.isnan(level)
            room.plateaus[c, 0], room.plateaus[c, 1] = -math.inf, math.inf
            room.plateaus[c, 2], room.plateaus[c, 3] = (level, level) if given else (-math.inf, math.inf)
            if points >= least:
                room.wanted[wanted] = c
                wanted += 1
        fit_all(curves, room.wanted, wanted, room.each, starts, ways, room.lanes)
        for i in range(wanted):
            c = room.wanted[i]
            row, best = out[first + c], ways.best[c]
            row[OUT_P], row[OUT_K] = ways.best_p[c], ways.best_k[c]
            row[OUT_AT_0], row[OUT_EMAX], row[OUT_RSS] = best[TOP], best[BOTTOM], 2 * best[RSS]
