"""The profile of an EC50 meets its threshold where the interval ends, and stays below it where an end is open."""

from __future__ import annotations

import math

import numpy as np
import pytest

from avpi.dose.estimate_dose import estimate_ec50
from avpi.dose.fit_shape import ShapeFit, fit_shape
from avpi.dose.likelihood_profile import profile_of_ec50
from avpi.dose.shapes import FIVE_PARAMETERS, FLAT, FOUR_PARAMETERS, Shape

LEVELS = np.array([0.0, *10.0 ** np.arange(-9, -4.9, 0.5)])
DOSES = np.repeat(LEVELS, 3)


def noisy(shape: Shape, truth: list[float], seed: int = 0) -> ShapeFit:
    y = shape.response(DOSES, np.array(truth)) + np.random.default_rng(seed).normal(0, 0.04, DOSES.size)
    return fit_shape(shape, DOSES, y, control=1.0)


@pytest.mark.parametrize("which", ["relative", "absolute"])
@pytest.mark.parametrize("shape", [FOUR_PARAMETERS, FIVE_PARAMETERS])
def test_the_threshold_is_met_at_both_ends_of_the_interval(shape: Shape, which: str) -> None:
    truth = [0.1, 1.0, -7.2, 1.2, 0.8][: len(shape.parameters)]
    fit = noisy(shape, truth)
    profile = profile_of_ec50(fit, which)  # type: ignore[arg-type]
    found = estimate_ec50(fit, which)  # type: ignore[arg-type]
    assert (10**profile.low, 10**profile.high) == pytest.approx((found.low, found.high), rel=1e-3)
    for end in (profile.low, profile.high):
        at = int(np.argmin(np.abs(profile.log10_ec50 - end)))
        assert profile.f_statistic[at] == pytest.approx(profile.threshold, rel=0.01)
    inside = (profile.log10_ec50 > profile.low + 1e-6) & (profile.log10_ec50 < profile.high - 1e-6)
    assert np.all(profile.f_statistic[inside] < profile.threshold)
    assert np.all(np.diff(profile.log10_ec50) > 0)
    assert profile.f_statistic.min() == 0
    assert profile.rss.min() == fit.rss


def test_each_point_is_the_best_fit_with_that_ec50() -> None:
    fit = noisy(FOUR_PARAMETERS, [0.1, 1.0, -7.2, 1.2])
    profile = profile_of_ec50(fit, points=4)
    for at, rss in zip(profile.log10_ec50, profile.rss, strict=True):
        held = fit_shape(FOUR_PARAMETERS.hold(log10_ec50=float(at)), DOSES, fit.points.responses)
        assert rss == pytest.approx(held.rss, rel=1e-6)


def test_an_open_end_stays_below_the_threshold() -> None:
    y = FOUR_PARAMETERS.response(DOSES, np.array([0.0, 1.0, -5.3, 1.0]))
    y = y + np.random.default_rng(0).normal(0, 0.06, DOSES.size)
    fit = fit_shape(FOUR_PARAMETERS, DOSES, y)
    profile = profile_of_ec50(fit)
    assert profile.high == math.inf
    assert math.isfinite(profile.low)
    assert np.all(profile.f_statistic[profile.log10_ec50 > profile.best] < profile.threshold)


def test_without_an_ec50_there_is_a_reason_and_no_line() -> None:
    flat = profile_of_ec50(noisy(FLAT, [1.0]))
    assert (flat.log10_ec50.size, flat.why_none) == (0, "the shape has no EC50")
    shallow = profile_of_ec50(noisy(FOUR_PARAMETERS, [0.7, 1.0, -7.2, 1.2]), "absolute")
    assert shallow.why_none == "the curve does not cross half of the control"
