"""One odd well moves a least-squares curve; the robust one says so, and keeps the well."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from avpi.dose.robust_fit import Weighting, fit_robustly
from avpi.dose.shapes import FOUR_PARAMETERS
from avpi.errors import InputError

Floats = NDArray[np.float64]

DOSES = np.repeat(np.geomspace(1e-9, 1e-5, 8), 3)
ODD = 13


def clean(seed: int = 2, doses: Floats = DOSES, bottom: float = 0.1, noise: float = 0.04) -> Floats:
    true = bottom + (1 - bottom) / (1 + (doses / 1e-7) ** 1.2)
    return np.asarray(true + noise * np.random.default_rng(seed).standard_normal(doses.size), float)


def with_odd_well(seed: int = 2) -> Floats:
    responses = clean(seed)
    responses[ODD] += 0.7
    return responses


@pytest.mark.parametrize("weighting", ["tukey", "student"])
def test_an_odd_well_moves_least_squares_and_not_the_robust_curve(weighting: Weighting) -> None:
    misses = []
    for seed in range(6):
        fit = fit_robustly(FOUR_PARAMETERS, DOSES, with_odd_well(seed), control=1.0, weighting=weighting)
        assert fit.converged
        misses.append((fit.least_squares.log10_relative_ec50 + 7, fit.log10_relative_ec50 + 7))
        assert fit.relative_shift == pytest.approx(fit.log10_relative_ec50 - fit.least_squares.log10_relative_ec50)
        assert fit.relative_shift < 0
    plain, robust = np.mean(misses, axis=0)
    assert plain > 0.15
    assert abs(robust) < 0.04


def test_the_odd_well_is_reported_and_not_dropped() -> None:
    fit = fit_robustly(FOUR_PARAMETERS, DOSES, with_odd_well(), control=1.0)
    assert [outlier.index for outlier in fit.outliers] == [ODD]
    odd = fit.outliers[0]
    assert odd.dose_molar == pytest.approx(DOSES[ODD])
    assert odd.response - odd.fitted == pytest.approx(0.7, abs=0.15)
    assert odd.studentised_residual > 8
    assert odd.weight < 0.01
    assert fit.least_squares.points.size == fit.robust_weights.size == DOSES.size
    assert fit.scale == pytest.approx(0.04, rel=0.5)


def test_without_odd_wells_both_curves_agree_and_nothing_is_reported() -> None:
    for seed in range(10, 14):
        fit = fit_robustly(FOUR_PARAMETERS, DOSES, clean(seed), control=1.0)
        assert abs(fit.relative_shift_in_errors) < 2
        assert fit.outliers == ()
        assert not fit.call_changes
        assert fit.response(DOSES) == pytest.approx(fit.least_squares.response(DOSES), abs=0.03)


def test_a_call_that_hangs_on_a_few_wells_is_named() -> None:
    """A plateau just above half of the control, and a failed well at each of the two highest doses."""
    responses = clean(bottom=0.56)
    responses[[20, 23]] = 0.0
    fit = fit_robustly(FOUR_PARAMETERS, DOSES, responses, control=1.0)
    assert fit.call_changes
    assert "the absolute EC50 is within the doses by least squares and missing robustly" in fit.changes
    assert {outlier.index for outlier in fit.outliers} == {20, 23}
    assert math.isnan(fit.absolute_shift)
    assert fit.value("bottom") == pytest.approx(0.56, abs=0.05)


def test_studentised_residuals_are_the_usual_ones_where_all_wells_count() -> None:
    fit = fit_robustly(FOUR_PARAMETERS, DOSES, clean(), control=1.0, weighting="student")
    b, step = fit.parameters, 1e-6
    columns = np.stack(
        [
            (FOUR_PARAMETERS.response(DOSES, b + h) - FOUR_PARAMETERS.response(DOSES, b - h)) / (2 * step)
            for h in step * np.eye(4)
        ],
        axis=1,
    )
    leverage = np.diag(columns @ np.linalg.solve(columns.T @ columns, columns.T))
    usual = (clean() - fit.response(DOSES)) / (fit.scale * np.sqrt(1 - leverage))
    counted = fit.robust_weights > 0.95
    assert counted.sum() > 5
    assert fit.studentised_residuals[counted] == pytest.approx(usual[counted], rel=0.15, abs=0.02)


def test_a_well_of_no_weight_stays_out_and_a_box_holds() -> None:
    weights = np.ones(DOSES.size)
    weights[ODD] = 0
    fit = fit_robustly(FOUR_PARAMETERS, DOSES, with_odd_well(), weights, {"bottom": (0.2, 1.2)}, control=1.0)
    assert all(outlier.index != ODD for outlier in fit.outliers)
    assert fit.value("bottom") == pytest.approx(0.2)


def test_points_on_a_curve_have_no_outliers() -> None:
    fit = fit_robustly(FOUR_PARAMETERS, DOSES, clean(noise=0.0), control=1.0)
    assert fit.outliers == ()
    assert fit.log10_relative_ec50 == pytest.approx(-7, abs=1e-6)


def test_what_cannot_be_judged_is_refused() -> None:
    few = np.geomspace(1e-9, 1e-5, 4)
    with pytest.raises(InputError, match="4 points for 4 parameters"):
        fit_robustly(FOUR_PARAMETERS, few, clean(doses=few))
    with pytest.raises(InputError, match="it is 'rout'"):
        fit_robustly(FOUR_PARAMETERS, DOSES, clean(), weighting="rout")  # type: ignore[arg-type]
