"""Profile-likelihood intervals: the limit is met, they cover as promised, open ends are open, EC50s beyond censored."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from avpi.dose.estimate_dose import ec50_of, estimate_ec50, estimate_quantity, profiled
from avpi.dose.fit_shape import ShapeFit, fit_shape
from avpi.dose.least_squares import fit_least_squares
from avpi.dose.likelihood_interval import Profiled, profile_interval
from avpi.dose.shapes import FIVE_PARAMETERS, FOUR_PARAMETERS, HOOK, Shape
from avpi.errors import InputError

LEVELS = np.array([0.0, *10.0 ** np.arange(-9, -4.9, 0.5)])
DOSES = np.repeat(LEVELS, 3)


def noisy(shape: Shape, truth: list[float], seed: int = 0, sd: float = 0.03, doses: object = None) -> ShapeFit:
    x = DOSES if doses is None else np.asarray(doses)
    y = shape.response(x, np.array(truth)) + np.random.default_rng(seed).normal(0, sd, x.size)
    return fit_shape(shape, x, y, control=1.0)


def limit(fit: ShapeFit) -> float:
    df = fit.least_squares.df
    return fit.rss * (1 + float(stats.f.ppf(0.95, 1, df)) / df)


def test_at_both_ends_a_refit_reaches_the_limit() -> None:
    fit = noisy(FOUR_PARAMETERS, [0.1, 1.0, -7.2, 1.2])
    for name in ("hill_slope", "bottom", "log10_ec50"):
        found = estimate_quantity(fit, name)
        for end in (found.low, found.high):
            held = fit_shape(FOUR_PARAMETERS.hold(**{name: end}), fit.points.doses_molar, fit.points.responses)
            assert held.rss == pytest.approx(limit(fit), rel=1e-6)
        assert found.low < found.value < found.high


def test_a_derived_quantity_is_profiled_as_the_parameter_it_equals() -> None:
    fit = noisy(FOUR_PARAMETERS, [0.1, 1.0, -7.2, 1.2])
    plain, derived = estimate_quantity(fit, "log10_ec50"), estimate_quantity(fit, ec50_of(fit, "relative"))
    assert (derived.low, derived.high) == pytest.approx((plain.low, plain.high), abs=1e-5)
    ec50 = estimate_ec50(fit)
    assert (math.log10(ec50.low), math.log10(ec50.high)) == pytest.approx((plain.low, plain.high), abs=1e-5)
    assert (ec50.unit, ec50.state, ec50.n) == ("M", "measured", 1)


def test_at_the_ends_of_a_derived_quantity_a_refit_reaches_the_limit() -> None:
    fit = noisy(FOUR_PARAMETERS, [0.1, 1.0, -7.2, 1.2])
    span = estimate_quantity(fit, lambda b: float(b[1] - b[0]))
    best = fit.least_squares.parameters
    for end in (span.low, span.high):

        def of_this_span(x: Any, b: Any, end: float = end) -> Any:
            return FOUR_PARAMETERS.response(x, np.array([b[0], b[0] + end, b[1], b[2]]))

        held = fit_least_squares(of_this_span, fit.points.doses_molar, fit.points.responses, best[[0, 2, 3]])
        assert held.rss == pytest.approx(limit(fit), rel=1e-5)


def test_of_a_linear_model_the_profile_is_the_t_interval() -> None:
    fit = noisy(FOUR_PARAMETERS.hold(log10_ec50=-7.2, hill_slope=1.2), [0.1, 1.0, -7.2, 1.2])
    found = estimate_quantity(fit, "bottom", level=0.9)
    half = float(stats.t.ppf(0.95, fit.least_squares.df)) * fit.standard_error("bottom")
    assert (found.low, found.high) == pytest.approx((fit.value("bottom") - half, fit.value("bottom") + half), abs=1e-6)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    truth = [0.1, 1.0, -7.2, 1.2]
    covered = 0
    for seed in range(30):
        found = estimate_ec50(noisy(FOUR_PARAMETERS, truth, seed, sd=0.06), level=0.9)
        covered += found.low <= 10.0**-7.2 <= found.high
    assert covered >= 22  # 27 expected; fewer in two of a thousand


def test_an_ec50_beyond_the_doses_is_censored_at_the_last() -> None:
    strong = noisy(FOUR_PARAMETERS.hold(bottom=0.0), [0.0, 1.0, -4.3, 1.2])
    found = estimate_ec50(strong)
    assert found.state == "above"
    assert str(found) == "> 1e-05 M"
    assert found.high == math.inf
    assert 0 < found.low < 10.0**-4.3
    weak = noisy(FOUR_PARAMETERS.hold(top=1.0), [0.0, 1.0, -9.7, 1.2])
    found = estimate_ec50(weak)
    assert found.state == "below"
    assert found.value == pytest.approx(1e-9)
    assert found.low == 0.0
    assert math.isfinite(found.high)


def test_an_end_that_the_data_do_not_bound_is_open() -> None:
    fit = noisy(FOUR_PARAMETERS, [0.0, 1.0, -5.4, 1.0], seed=4, sd=0.08)
    found = estimate_ec50(fit)
    assert found.high == math.inf
    assert 0 < found.low < found.value <= 1e-5


def test_an_absolute_ec50_that_is_not_reached_is_not_estimable() -> None:
    found = estimate_ec50(noisy(FOUR_PARAMETERS, [0.6, 1.0, -7.2, 1.2]), "absolute")
    assert found.state == "not_estimable"
    assert "does not cross half of the control" in found.method


def test_a_constant_has_no_ec50() -> None:
    found = estimate_ec50(fit_shape(FOUR_PARAMETERS, DOSES, np.ones(DOSES.size)))
    assert found.state == "not_estimable"
    assert math.isnan(found.value)


def test_units_of_the_response_do_not_move_an_interval() -> None:
    fit = noisy(FOUR_PARAMETERS, [0.1, 1.0, -7.2, 1.2])
    for units in (1e-12, 1e12):
        other = fit_shape(FOUR_PARAMETERS, DOSES, fit.points.responses * units)
        ours, theirs = estimate_ec50(fit, "relative"), estimate_ec50(other, "relative")
        assert (theirs.low, theirs.high) == pytest.approx((ours.low, ours.high), rel=1e-4)


def test_other_shapes_have_intervals_too() -> None:
    five = estimate_ec50(noisy(FIVE_PARAMETERS, [0.1, 1.0, -7.2, 1.5, 0.4]))
    assert five.low < five.value < five.high < 1e-5
    hook = noisy(HOOK, [0.1, 1.0, 0.6, -8.0, 1.9, 1.5, 1.5], sd=0.02)
    falling = estimate_ec50(hook)
    assert falling.low < 1e-8 < falling.high


def test_no_freedom_left_means_no_ends() -> None:
    x = LEVELS[:4]
    fit = fit_shape(FOUR_PARAMETERS, x, [1.02, 0.93, 0.5, 0.2])
    assert fit.least_squares.df == 0
    assert profile_interval(profiled(fit), 2, scale=0.1) == (-math.inf, math.inf)
    assert estimate_ec50(fit).state == "not_estimable"


def test_a_parameter_that_was_held_has_no_interval() -> None:
    fit = noisy(FOUR_PARAMETERS.hold(top=1.0), [0.1, 1.0, -7.2, 1.2])
    with pytest.raises(InputError, match="'top' is no fitted parameter"):
        estimate_quantity(fit, "top")


def test_a_refit_beyond_the_limit_needs_no_further_starts() -> None:
    """The first step of an interval begins at the minimum itself: there may be nowhere else to begin."""
    fit = noisy(FOUR_PARAMETERS, [0.1, 1.0, -7.2, 1.2])
    found = profile_interval(replace(profiled(fit), others=()), 2, scale=5.0)
    assert found == pytest.approx(profile_interval(profiled(fit), 2, scale=5.0), abs=1e-4)


def test_an_end_that_only_the_position_box_makes_is_open() -> None:
    """Wells at five doses around the EC50 and none without compound leave the top, and so the EC50, open below."""
    random = np.random.default_rng(1)
    for _ in range(3):
        doses = np.repeat([2e-7, 5e-7, 1e-6, 2e-6, 5e-6], 16)
        y = FOUR_PARAMETERS.response(doses, np.array([0.3, 1.0, -6.3, 1.5])) + random.normal(0, 0.15, doses.size)
        fit = fit_shape(FOUR_PARAMETERS, doses, y)
        low, _ = profile_interval(profiled(fit), ec50_of(fit, "absolute"), scale=0.3)
        wall = fit.edges[2, 0]
        assert low == -math.inf or low > wall + 0.2


def test_where_the_boxes_end_before_the_likelihood_falls_an_end_is_open() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0])
    y = np.array([0.1, -0.1, 0.1, -0.1])

    def at(b: np.ndarray) -> np.ndarray:
        return np.asarray(y - b[0] - b[1] * x)

    columns = np.stack([np.ones(4), x], axis=1)
    best = np.linalg.lstsq(columns, y, rcond=None)[0]
    problem = Profiled(
        residuals=at, jacobian=lambda b: columns, best=best, low=best - 0.01, high=best + 0.01,
        rss=float(at(best) @ at(best)), df=2,
    )  # fmt: skip
    assert profile_interval(problem, lambda b: float(b[0] + b[1]), scale=0.01) == (-math.inf, math.inf)
