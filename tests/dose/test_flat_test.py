"""The p-value of a curve against a flat line: numbers without scatter are flat, and neighbours change nothing."""

from __future__ import annotations

import numpy as np
import pytest

from avpi.dose.batch import fit_curves
from avpi.dose.design import Boxes
from avpi.dose.flat_test import flat_null

DOSES = 10.0 ** np.linspace(-9, -5, 8)


def test_a_curve_of_one_number_is_flat() -> None:
    """What rounding leaves of eight equal responses looks like a perfect curve, and is none."""
    scatter = np.random.default_rng(1).standard_normal(8)
    fall = 1 - 0.8 / (1 + 1e-7 / DOSES)
    fits = fit_curves(DOSES, np.stack([np.full(8, 0.7), 0.7 * (1 + 1e-12 * fall), fall + 0.02 * scatter]))
    p = flat_null(fits.design, curves=2000).p_values(fits)
    assert p[0] == p[1] == 1
    assert p[2] < 0.01


def test_a_p_value_does_not_depend_on_the_other_curves() -> None:
    random = np.random.default_rng(2)
    noise = np.geomspace(0.005, 1.0, 40)[:, None]
    responses = 1 + noise * random.standard_normal((40, 8))
    fits = fit_curves(DOSES, responses)
    null = flat_null(fits.design, curves=2000)
    alone = [null.p_values(fit_curves(DOSES, row[None]))[0] for row in responses]
    assert np.array_equal(null.p_values(fits), alone)
    assert np.ptp(null.p_values(fits)) > 0.5


@pytest.mark.parametrize("height", [1.0, 0.05, 0.0, 1.15])
def test_dead_curves_are_called_curves_no_more_often_than_others(height: float) -> None:
    """Where everything is dead the noise reaches the edge of the bottom's box, and half of it can look like nothing."""
    flat = height + 0.1 * np.random.default_rng(3).standard_normal((20_000, 8))
    fits = fit_curves(DOSES, flat, intervals=False)
    p = flat_null(fits.design, curves=20_000).p_values(fits)
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.007)
    assert np.mean(p < 0.001) == pytest.approx(0.001, abs=0.0008)


@pytest.mark.parametrize("boxes", [Boxes(bottom=(0, 0.5), slope=(0.5, 5)), Boxes(bottom=(0, 1.2), top=(0.8, 1.2))])
def test_other_limits_have_a_null_of_their_own(boxes: Boxes) -> None:
    flat = 1 + 0.05 * np.random.default_rng(3).standard_normal((20_000, 8))
    fits = fit_curves(DOSES, flat, boxes=boxes, intervals=False)
    p = flat_null(fits.design, curves=20_000).p_values(fits)
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.008)
    assert np.mean(p < 0.001) < 0.0015
