"""Zero interaction potency: how far one compound moves the curve of the other.

Yadav et al. 2015 Comput Struct Biotechnol J 13:504, doi:10.1016/j.csbj.2015.09.001. A curve is drawn through each row
and each column of the matrix, beginning at the effect that was measured of the other compound alone. The mean of the
two curves at a well is its smoothed effect; Bliss independence of the curves of each compound alone is the expected
one. The plateau at high dose is free, as in the program synergyfinder since its third version; the paper holds it at 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.dose.synergy.matrix_curves import MatrixCurves, fit_matrix_curves
from avpi.dose.synergy.reference_models import bliss

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipSurface:
    """Curves through dose matrices.

    Attributes
    ----------
    fitted, expected : (matrices, rows, columns) smoothed effect, and Bliss of the compounds alone; nan in the row and
        column of dose 0 and where a curve is missing.
    over_a, over_b : curves over the doses of A, one for each dose of B above 0 (matrices x columns), and over those of
        B (matrices x rows).
    """

    fitted: Floats
    expected: Floats
    over_a: MatrixCurves
    over_b: MatrixCurves


def fit_zip(
    matrices: Floats, doses_a: Floats, doses_b: Floats, alone_a: MatrixCurves, alone_b: MatrixCurves
) -> ZipSurface:
    """Fit the rows and columns of matrices (matrices, rows, columns), whose first row and column have dose 0.

    Parameters
    ----------
    doses_a, doses_b : (rows,) and (columns,) ascending from 0.
    alone_a, alone_b : curves of each compound alone (matrices,).
    """
    of_columns, over_a = _refit(doses_a, np.swapaxes(matrices, 1, 2))
    of_rows, over_b = _refit(doses_b, matrices)
    fitted = 0.5 * (np.swapaxes(of_columns, 1, 2) + of_rows)
    expected = bliss(alone_a.effects(doses_a)[:, :, None], alone_b.effects(doses_b)[:, None, :])
    both = (doses_a > 0)[:, None] & (doses_b > 0)
    return ZipSurface(
        fitted=np.where(both, fitted, np.nan),
        expected=np.where(both, expected, np.nan),
        over_a=over_a,
        over_b=over_b,
    )


def _refit(doses: Floats, matrices: Floats) -> tuple[Floats, MatrixCurves]:
    """Return curves through the rows but the first of matrices (matrices, rows, doses), and their levels."""
    count, rows, size = matrices.shape
    effects = np.ascontiguousarray(matrices[:, 1:, :]).reshape(-1, size)
    curves = fit_matrix_curves(doses, effects, effects[:, 0].copy())
    fitted = np.full(matrices.shape, np.nan)
    fitted[:, 1:, :] = curves.effects(doses).reshape(count, rows - 1, size)
    return fitted, curves
