"""The p-value of a curve against a flat line: numbers without scatter are flat, and neighbours change nothing."""

from __future__ import annotations

import numpy as np

from avpi.dose.batch import fit_curves
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
