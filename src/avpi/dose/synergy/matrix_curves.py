"""Four-parameter logistics through the rows and columns of dose matrices, thousands at once.

    E(d) = E0 + (Emax - E0) / (1 + (EC50 / d)^h)

Plateaus are free: a matrix of raw effects may begin below 0 or end above 1, and a curve that is held off its data
would show as synergy. The level at dose 0 may be given for each curve.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.dose.design import FAR
from avpi.dose.kernels.block import room_for
from avpi.dose.kernels.descent import Starts
from avpi.dose.shape_starts import BEYOND_DOSES_LOG10, SHALLOWEST, STEEPEST, STEEPNESS
from avpi.dose.synergy import curve_kernel as columns

Floats = NDArray[np.float64]

LEAST_DOSES = 3
"""Different doses above 0 without which a curve is not drawn: its EC50, slope and Emax need as many."""
POSITIONS = 17
"""Places of the EC50 at which a fit may begin, for each slope."""
FARTHEST = 700.0
"""Beyond e^700 a sigmoid is 0 or 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCurves:
    """Fitted curves; every array is (curves,), nan where a curve has too few points.

    Attributes
    ----------
    log10_ec50, slope, at_0, emax : parameters; the unit of the EC50 is that of the doses.
    rss : residual sum of squares.
    """

    log10_ec50: Floats
    slope: Floats
    at_0: Floats
    emax: Floats
    rss: Floats

    def effects(self, doses: Floats) -> Floats:
        """Return the curves (curves, doses)."""
        x = log10_doses(doses)
        u = self.slope[:, None] * (x - self.log10_ec50[:, None]) * math.log(10)
        share = 1 / (1 + np.exp(-np.clip(u, -FARTHEST, FARTHEST)))
        return np.asarray(self.at_0[:, None] + (self.emax - self.at_0)[:, None] * share)


def fit_matrix_curves(doses: Floats, effects: Floats, at_0: Floats | None = None) -> MatrixCurves:
    """Fit a curve to each row of effects.

    Every dose counts once, however many wells its mean is of.

    Parameters
    ----------
    doses : (doses,) ascending, in any unit; 0 for the wells without the compound.
    effects : (curves, doses) means; nan where there is no well.
    at_0 : (curves,) level at dose 0, where it is not to be fitted; a curve whose level is nan is not fitted.
    """
    rows = np.ascontiguousarray(effects)
    out = np.full((len(rows), columns.COLUMNS), math.nan)
    given = doses[doses > 0]
    if given.size >= LEAST_DOSES:
        x = log10_doses(doses)
        first, last = math.log10(given[0]), math.log10(given[-1])
        spread = last - first
        lowest, highest = math.log(SHALLOWEST / spread), math.log(STEEPEST / spread)
        box = np.array([first - BEYOND_DOSES_LOG10, last + BEYOND_DOSES_LOG10, lowest, highest])
        held = np.full(len(rows), math.nan) if at_0 is None else np.ascontiguousarray(at_0)
        # A given level stands for the wells at dose 0, which then lie on the curve.
        least = LEAST_DOSES + 1
        columns.fit_rows(_counted(rows, x, at_0), held, x, box, _starts(x, first, last), least, room_for(x.size), out)
    return MatrixCurves(
        log10_ec50=out[:, columns.OUT_P],
        slope=np.exp(out[:, columns.OUT_K]),
        at_0=out[:, columns.OUT_AT_0],
        emax=out[:, columns.OUT_EMAX],
        rss=out[:, columns.OUT_RSS],
    )


def log10_doses(doses: Floats) -> Floats:
    """Return log10 doses (doses,); dose 0 lies so far below the others that no curve has begun."""
    return np.where(doses > 0, np.log10(np.where(doses > 0, doses, 1.0)), -FAR)


def _counted(rows: Floats, x: Floats, at_0: Floats | None) -> Floats:
    """Return the rows that are fitted: without those whose level at dose 0 should be given and is not."""
    if at_0 is None:
        return rows
    kept = rows.copy()
    kept[np.isnan(at_0)] = math.nan
    kept[:, x <= -FAR / 2] = at_0[:, None]
    return kept


def _starts(x: Floats, first: float, last: float) -> Starts:
    """Return a grid of curves from which fits begin, in classes of slope."""
    slopes = [steepness / (last - first) for steepness in STEEPNESS]
    step = (last - first) / (POSITIONS - 1)
    places = np.linspace(first - step, last + step, POSITIONS)
    grid = np.array([(p, math.log(slope)) for slope in slopes for p in places])
    exponent = np.clip(np.exp(grid[:, 1:]) * math.log(10) * (x - grid[:, :1]), -FARTHEST, FARTHEST)
    curves = 1 / (1 + np.exp(exponent))
    curves -= curves.mean(axis=1, keepdims=True)
    curves /= np.maximum(np.linalg.norm(curves, axis=1, keepdims=True), 1e-9)
    middle = 0.5 * (first + last)
    more = [(first - 1.0, slopes[0]), (last + 1.0, slopes[0]), (middle, slopes[0] / 4), (middle, slopes[-1])]
    further = np.array([(p, math.log(slope)) for p, slope in more])
    bounds = np.arange(len(slopes) + 1) * places.size
    return Starts(grid, bounds, np.ascontiguousarray(curves), further)
