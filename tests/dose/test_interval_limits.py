"""Intervals hold the EC50 as often as they say, also where half of the curve is not seen."""

from __future__ import annotations

import numpy as np
import pytest

from avpi.compute.places import Threads
from avpi.dose.batch import fit_curves, fit_design
from avpi.dose.design import Boxes, design_of
from avpi.dose.flat_test import flat_p_values
from avpi.dose.interval_limits import learn_limits
from avpi.errors import InputError

DOSES = np.geomspace(1e-9, 1e-5, 10)
CURVES = 2000


@pytest.mark.parametrize("log10_ec50", [-7.0, -9.0, -5.0])
@pytest.mark.parametrize("noise", [0.05, 0.15])
def test_intervals_of_95_percent_hold_the_ec50_in_95_percent_of_curves(log10_ec50: float, noise: float) -> None:
    random = np.random.default_rng(int(-10 * log10_ec50))
    truth = 0.1 + 0.9 / (1 + 10 ** (1.2 * (np.log10(DOSES) - log10_ec50)))
    fits = fit_curves(DOSES, truth + noise * random.standard_normal((CURVES, DOSES.size)))
    held = (fits.low_log10_ec50 <= log10_ec50) & (log10_ec50 <= fits.high_log10_ec50)
    assert fits.limit_learnt.all()
    assert 0.93 < held.mean() < 0.97


def test_fishers_limit_is_off_at_the_edge_and_says_what_it_is() -> None:
    random = np.random.default_rng(2)
    truth = 0.1 + 0.9 / (1 + 10 ** (1.2 * (np.log10(DOSES) + 9.0)))
    responses = truth + 0.15 * random.standard_normal((CURVES, DOSES.size))
    fits = fit_curves(DOSES, responses, calibrated=False)
    held = (fits.low_log10_ec50 <= -9.0) & (fits.high_log10_ec50 >= -9.0)
    assert not fits.limit_learnt.any()
    assert held.mean() > 0.97


def test_limits_do_not_depend_on_where_they_are_learnt_or_on_the_unit_of_the_doses() -> None:
    here, boxes = design_of(DOSES[:7]), Boxes(bottom=(0.0, 1.1))
    other = design_of(DOSES[:7], boxes=boxes)
    alone = learn_limits(other, 0.9)
    assert np.array_equal(learn_limits(design_of(DOSES[:7] * 1e3, boxes=boxes), 0.9).coefficients, alone.coefficients)
    assert not np.array_equal(learn_limits(here, 0.9, Threads(2)).coefficients, alone.coefficients)


def test_threads_change_nothing() -> None:
    random = np.random.default_rng(3)
    responses = 1 / (1 + DOSES / 1e-7) + 0.1 * random.standard_normal((5000, DOSES.size))
    design = design_of(DOSES)
    limits = learn_limits(design, 0.95)
    alone = fit_design(design, responses, limits=limits)
    together = fit_design(design, responses, limits=limits, place=Threads(2))
    assert np.array_equal(alone.low_log10_ec50, together.low_log10_ec50, equal_nan=True)
    assert np.array_equal(alone.high_log10_ec50, together.high_log10_ec50, equal_nan=True)


@pytest.mark.parametrize(
    "boxes", [Boxes(bottom=(0, 120), top=(80, 120)), Boxes(bottom=(0, 0.2)), Boxes(slope=(1.0, 1.05))]
)
def test_where_no_simulated_curve_lies_in_the_boxes_the_limits_are_fishers(boxes: Boxes) -> None:
    assert learn_limits(design_of(DOSES, boxes=boxes), 0.95).coefficients.size == 0
    assert learn_limits(design_of(DOSES[:6]), 0.95).coefficients.size == 0


def test_a_null_of_another_scale_is_refused() -> None:
    fits = fit_curves(DOSES, 100 * np.ones((2, 10)), boxes=Boxes(bottom=(0, 120), top=(80, 120)), calibrated=False)
    with pytest.raises(InputError, match="Divide the responses by their control"):
        flat_p_values(fits)
