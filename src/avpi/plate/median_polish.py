"""Row and column effects by medians of all wells, and the B score: for screens with few hits, and refused elsewhere.

Tukey's median polish (Tukey 1977, Exploratory Data Analysis, ch. 11) takes the medians of rows and of columns away in
turn. It asks nothing of the layout and everything of its wells: most of each row and column must be untouched by
treatment. Doses in order along a row or column look to it like a row or column effect, and are taken out with it; so
are controls that fill one. The B score is what is left over its MAD (Brideau et al. 2003,
doi:10.1177/1087057103258285).

Where vehicle wells are spread over the plate ``avpi.plate.position`` is the better way, and the one that the analysis
of a study takes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.errors import InputError, Problem
from avpi.plate.quality import MAD_TO_SD

Floats = NDArray[np.float64]

MOST_HITS = 0.20
"""Share of wells away from the rest above which the median of a row is no longer that of untouched wells (assumed)."""
HIT_SDS = 3.0
"""Robust standard deviations from the plate's median at which a well counts as away from the rest."""
MOST_EXPLAINED = 0.5
"""Share of the rows or columns that may lie ``HIT_SDS`` away as a whole: more are treatments laid out in lines."""
ROUNDS, CONVERGED = 10, 0.01
"""As R's ``medpolish``: rounds at most, and the relative change of what is left at which it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MedianPolish:
    """A plate taken apart: ``overall + rows[:, None] + columns + residuals``.

    Attributes
    ----------
    rows, columns : (rows,), (columns,) effects in the reader's unit; nan where no well was read.
    residuals : (rows, columns) nan where no well was read.
    mad : 1.4826 times the median absolute deviation of the residuals.
    converged : whether the rounds ended by themselves.
    """

    overall: float
    rows: Floats
    columns: Floats
    residuals: Floats
    mad: float
    converged: bool

    @property
    def b_scores(self) -> Floats:
        """Residuals in units of their MAD (rows, columns); nan where that is 0."""
        return self.residuals / self.mad if self.mad > 0 else np.full(self.residuals.shape, math.nan)


def median_polish(values: Floats) -> MedianPolish:
    """Take rows and columns of a plate apart by medians.

    Parameters
    ----------
    values : (rows, columns) readings; nan where a well was not read or is a control.
    """
    left = np.array(values, float)
    rows, columns = np.zeros(left.shape[0]), np.zeros(left.shape[1])
    overall, before, converged = 0.0, 0.0, False
    for _ in range(ROUNDS):
        change = _medians(left, axis=1)
        left -= change[:, None]
        rows += change
        shift = _median(columns)
        columns -= shift
        overall += shift
        change = _medians(left, axis=0)
        left -= change
        columns += change
        shift = _median(rows)
        rows -= shift
        overall += shift
        size = float(np.nansum(np.abs(left)))
        if size == 0 or abs(size - before) < CONVERGED * size:
            converged = True
            break
        before = size
    known = left[np.isfinite(left)]
    mad = MAD_TO_SD * float(np.median(np.abs(known - np.median(known)))) if known.size else math.nan
    return MedianPolish(overall=overall, rows=rows, columns=columns, residuals=left, mad=mad, converged=converged)


def screen_b_scores(values: Floats) -> MedianPolish:
    """Return the median polish of a screening plate, whose B scores may be used.

    Parameters
    ----------
    values : (rows, columns) readings of the screened wells; nan elsewhere.

    Raises
    ------
    InputError
        If the plate is not one of few hits in no order: one well in five lies away from the rest, or whole rows or
        columns do.
    """
    readings = np.asarray(values, float)
    middle = _median(readings.ravel())
    spread = MAD_TO_SD * _median(np.abs(readings - middle).ravel())
    away = np.abs(readings - middle) > HIT_SDS * spread
    known = np.isfinite(readings)
    share = float(away.sum() / max(known.sum(), 1))
    hint = "Spread DMSO wells over the plate and let the analysis of the study find what place does"
    if share > MOST_HITS:
        what = f"{100 * share:.0f} % of the wells lie more than {HIT_SDS:g} SD from the plate's median"
        expected = f"at most {100 * MOST_HITS:.0f} %: a median of untouched wells"
        raise InputError(Problem(file="plate", what=what, expected=expected, hint=hint))
    for axis, word in ((1, "row"), (0, "column")):
        lines = away.sum(axis=axis) > MOST_EXPLAINED * np.maximum(known.sum(axis=axis), 1)
        if lines.any():
            what = f"{word} {int(np.flatnonzero(lines)[0]) + 1} lies away from the rest as a whole"
            expected = "treatments in no order: those in a line are taken for an effect of the line"
            raise InputError(Problem(file="plate", what=what, expected=expected, hint=hint))
    return median_polish(readings)


def _medians(values: Floats, *, axis: int) -> Floats:
    """Return the medians along an axis; nan where nothing is known."""
    lines = values if axis == 1 else values.T
    return np.array([_median(line) for line in lines])


def _median(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else math.nan
