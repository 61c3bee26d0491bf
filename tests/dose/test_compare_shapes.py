"""Which shape a curve has: the right one is chosen, and a hook never becomes a plain logistic unsaid."""

from __future__ import annotations

import numpy as np
import pytest

from avpi.dose.compare_shapes import ShapeComparison, compare_shapes
from avpi.dose.fit_shape import fit_shape
from avpi.dose.hook import find_deepest_point, suspect_hook
from avpi.dose.shapes import BIPHASIC, FIVE_PARAMETERS, FOUR_PARAMETERS, HOOK, Shape

DOSES = np.repeat([0.0, *10.0 ** np.arange(-10, -4.9, 0.5)], 3)
HOOKED = [0.1, 1.0, 0.6, -8.5, 2.3, 1.2, 1.2]


def noisy(shape: Shape, truth: list[float], seed: int = 3, sd: float = 0.03) -> np.ndarray:
    return shape.response(DOSES, np.array(truth)) + np.random.default_rng(seed).normal(0, sd, DOSES.size)


def refused(comparison: ShapeComparison) -> dict[str, str]:
    return {refusal.shape: refusal.why for refusal in comparison.refused}


@pytest.mark.parametrize(
    ("shape", "truth"),
    [
        (FOUR_PARAMETERS, [0.1, 1.0, -7.5, 1.2]),
        (FIVE_PARAMETERS, [0.1, 1.0, -8.0, 2.5, 0.2]),
        (BIPHASIC, [0.05, 1.0, -8.5, 2.0, 1.5, 1.5, 0.5]),
        (HOOK, HOOKED),
    ],
    ids=lambda value: value.name if isinstance(value, Shape) else "",
)
def test_the_shape_that_made_the_curve_is_chosen(shape: Shape, truth: list[float]) -> None:
    comparison = compare_shapes(DOSES, noisy(shape, truth), control=1.0)
    assert comparison.chosen is not None
    assert comparison.chosen.shape.name == shape.name
    assert sum(comparison.akaike_weights) == pytest.approx(1)
    assert [fit.aicc for fit in comparison.fits] == sorted(fit.aicc for fit in comparison.fits)
    assert bool(comparison.suspected_hook) == (shape is HOOK)


def test_a_hook_gives_the_ec50_of_its_fall_and_its_depth() -> None:
    comparison = compare_shapes(DOSES, noisy(HOOK, HOOKED, sd=0.01))
    fit = comparison.chosen
    assert fit is not None
    assert fit.log10_relative_ec50 == pytest.approx(-8.5, abs=0.15)
    deepest = find_deepest_point(fit)
    assert deepest.observed_dose_molar == pytest.approx(1e-7, rel=3)
    assert 3e-8 < deepest.fitted_dose_molar < 2e-7
    assert deepest.fitted_response == pytest.approx(deepest.observed_response, abs=0.03)
    assert deepest.doses_beyond >= 3


@pytest.mark.parametrize("sd", [0.01, 0.03])
def test_a_hook_with_too_few_doses_beyond_gets_no_shape(sd: float) -> None:
    some = DOSES <= 4e-7
    comparison = compare_shapes(DOSES[some], noisy(HOOK, HOOKED, sd=sd)[some])
    assert comparison.chosen is None
    assert "rises again" in comparison.why_none
    assert "needs 3 doses beyond the lowest response" in refused(comparison)["hook"]


def test_doses_that_end_before_the_rise_are_a_plain_fall() -> None:
    some = DOSES <= 1.1e-7
    comparison = compare_shapes(DOSES[some], noisy(HOOK, HOOKED)[some])
    assert comparison.chosen is not None
    assert comparison.suspected_hook == ""


def test_scatter_about_a_bottom_is_rarely_taken_for_a_hook() -> None:
    suspected = sum(
        bool(suspect_hook(fit_shape(FOUR_PARAMETERS, DOSES, noisy(FOUR_PARAMETERS, [0.1, 1, -7.5, 1.2], seed, 0.05))))
        for seed in range(25)
    )
    assert suspected <= 2


def test_a_biphasic_curve_needs_eight_doses() -> None:
    few = np.isin(DOSES, np.unique(DOSES)[:7])
    comparison = compare_shapes(DOSES[few], noisy(BIPHASIC, [0.05, 1.0, -9, 1.0, 1.5, 1.5, 0.5])[few])
    assert refused(comparison)["biphasic"] == "it needs 8 different doses and there are 7"


def test_too_few_points_and_constants_get_no_shape() -> None:
    levels = np.unique(DOSES)
    few = compare_shapes(levels[-5:], [1.0, 0.9, 0.5, 0.2, 0.1])
    assert few.chosen is None
    assert "4 parameters and there are 5 points" in few.why_none
    flat = compare_shapes(DOSES, np.ones(DOSES.size))
    assert flat.chosen is None
    assert "all responses are the same" in flat.why_none


def test_boxes_reach_the_shapes_that_have_the_parameter() -> None:
    y = noisy(FOUR_PARAMETERS, [-0.1, 1.0, -7.5, 1.2])
    comparison = compare_shapes(DOSES, y, boxes={"bottom": (0.0, 1.2), "asymmetry": (0.5, 2.0)})
    assert all(fit.value("bottom") >= 0 for fit in comparison.fits)
