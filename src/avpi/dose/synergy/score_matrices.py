"""Observed and expected effects of dose matrices under each reference model, one matrix or all draws of a bootstrap."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avpi.dose.synergy import loewe as additivity
from avpi.dose.synergy.matrix_curves import MatrixCurves, fit_matrix_curves
from avpi.dose.synergy.reference_models import bliss, highest_single_agent
from avpi.dose.synergy.zip_score import ZipSurface, fit_zip

Floats = NDArray[np.float64]
Model = Literal["bliss", "hsa", "loewe", "zip"]

NAMES: dict[Model, str] = {"bliss": "Bliss", "hsa": "HSA", "loewe": "Loewe", "zip": "ZIP"}
"""Reference models, and what people call them."""
MODELS = tuple(NAMES)
NO_WELL, NO_SINGLE, NO_REFIT = (
    "no well of this pair of doses has a response",
    "no well has one of the compounds alone at this dose",
    "no curve through its row or column: 3 doses above 0, and the other compound alone, are needed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixScores:
    """What one model says of matrices.

    Attributes
    ----------
    observed, expected : (matrices, wells) effects; nan where undefined.
    reasons : (wells,) why the first matrix has no score there; empty where it has one.
    """

    observed: Floats
    expected: Floats
    reasons: tuple[str, ...]

    @property
    def scores(self) -> Floats:
        """Observed less expected (matrices, wells): positive is synergy."""
        return self.observed - self.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleCurves:
    """Curves of each compound alone (matrices,), and those through rows and columns where they were asked for."""

    alone_a: MatrixCurves
    alone_b: MatrixCurves
    surface: ZipSurface | None


def score_matrices(
    matrices: Floats,
    doses_a: Floats,
    doses_b: Floats,
    wells: tuple[NDArray[np.intp], NDArray[np.intp]],
    models: Sequence[Model],
) -> tuple[dict[Model, MatrixScores], SingleCurves | None]:
    """Score matrices (matrices, rows, columns), whose first row and column have dose 0.

    Parameters
    ----------
    doses_a, doses_b : (rows,) and (columns,) ascending from 0; a dose 0 that was not tested is a row of nan.
    wells : row and column (wells,) of each pair of doses that is scored.
    """
    rows, columns = wells
    observed = matrices[:, rows, columns]
    effect_a, effect_b = matrices[:, rows, 0], matrices[:, 0, columns]
    found: dict[Model, MatrixScores] = {}
    without_curves: dict[Model, Callable[[Floats, Floats], Floats]] = {"bliss": bliss, "hsa": highest_single_agent}
    for model, of in without_curves.items():
        if model in models:
            expected = of(effect_a, effect_b)
            reasons = _first_reasons(observed, expected, NO_SINGLE)
            found[model] = MatrixScores(observed=observed, expected=expected, reasons=reasons)
    if not {"loewe", "zip"} & set(models):
        return found, None
    alone_a = fit_matrix_curves(doses_a, matrices[:, :, 0])
    alone_b = fit_matrix_curves(doses_b, matrices[:, 0, :])
    surface = None
    if "loewe" in models:
        expected, states = additivity.loewe(
            doses_a[rows], doses_b[columns], alone_a, alone_b, (float(doses_a[-1]), float(doses_b[-1]))
        )
        because = tuple(additivity.REASONS[state] for state in states[0])
        missing = _first_reasons(observed, np.zeros_like(observed), "")
        reasons = tuple(one or other for one, other in zip(missing, because, strict=True))
        found["loewe"] = MatrixScores(observed=observed, expected=expected, reasons=reasons)
    if "zip" in models:
        surface = fit_zip(matrices, doses_a, doses_b, alone_a, alone_b)
        fitted, expected = surface.fitted[:, rows, columns], surface.expected[:, rows, columns]
        fitted = np.where(np.isnan(observed), math.nan, fitted)
        no_curve = np.isnan(expected[0])
        reasons = tuple(
            (NO_WELL if math.isnan(seen) else additivity.REASONS[additivity.NO_CURVE] if alone else NO_REFIT)
            if math.isnan(value)
            else ""
            for seen, alone, value in zip(observed[0], no_curve, (fitted - expected)[0], strict=True)
        )
        found["zip"] = MatrixScores(observed=fitted, expected=expected, reasons=reasons)
    return found, SingleCurves(alone_a=alone_a, alone_b=alone_b, surface=surface)


def _first_reasons(observed: Floats, expected: Floats, otherwise: str) -> tuple[str, ...]:
    return tuple(
        NO_WELL if math.isnan(seen) else otherwise if math.isnan(value) else ""
        for seen, value in zip(observed[0], expected[0], strict=True)
    )
