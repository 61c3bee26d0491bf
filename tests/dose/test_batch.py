"""A million curves are fitted as one would be: the best minimum, its errors, its interval, and what is missing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray
from scipy.optimize import least_squares

from avpi.compute.places import Threads
from avpi.dose.batch import fit_curves
from avpi.dose.design import Boxes, design_of
from avpi.dose.flat_test import flat_null
from avpi.dose.kernels.columns import TOO_FEW
from avpi.dose.kernels.logistic import GK, GP, HKK, HPK, HPP, LENGTH, RSS, Curves, evaluate, lanes_for
from avpi.errors import InputError

Floats = NDArray[np.float64]

DOSES = np.geomspace(1e-9, 1e-5, 10)
NO_BOX = Boxes(bottom=(-math.inf, math.inf))


def curve(doses: Floats, p: float, slope: float, bottom: float, top: float) -> Floats:
    return np.asarray(bottom + (top - bottom) / (1 + 10 ** (slope * (np.log10(doses) - p))), float)


def curves(number: int, noise: float, seed: int = 1, doses: Floats = DOSES) -> Floats:
    random = np.random.default_rng(seed)
    made = [
        curve(doses, random.uniform(-8.5, -5.5), 10 ** random.uniform(-0.3, 0.5), random.uniform(0.05, 0.6), 1.0)
        for _ in range(number)
    ]
    return np.asarray(made) + noise * random.standard_normal((number, doses.size))


@pytest.mark.parametrize("plateaus", [(-math.inf, math.inf, -math.inf, math.inf), (0.3, 0.5, 0.8, 0.9)])
def test_the_derivatives_are_those_of_the_curve_with_its_plateaus_fitted(plateaus: tuple[float, ...]) -> None:
    x, weights = np.log10(DOSES), np.linspace(0.5, 1.5, 10)[None]
    given = Curves(x, curves(1, 0.1), weights, np.array([plateaus]), np.empty(4))
    p, k, step = -6.8, 0.2, 1e-5
    out = np.empty((5, LENGTH))
    places = np.array([(p, k), (p + step, k), (p - step, k), (p, k + step), (p, k - step)]).T.copy()
    njit(lambda *arguments: evaluate(*arguments))(
        given, lanes_for(10), np.arange(5), 5, np.zeros(5, int), places[0], places[1], out
    )
    here, by_p, by_k = out[0], (out[1] - out[2]) / (2 * step), (out[3] - out[4]) / (2 * step)
    assert (here[GP], here[GK]) == pytest.approx((by_p[RSS], by_k[RSS]), rel=1e-6, abs=1e-8)
    assert (here[HPP], here[HPK], here[HKK]) == pytest.approx((by_p[GP], by_p[GK], by_k[GK]), rel=1e-6, abs=1e-8)


def test_no_start_of_a_general_solver_finds_a_better_curve() -> None:
    responses = curves(30, 0.1)
    fits = fit_curves(DOSES, responses, intervals=False)
    x = np.log10(DOSES)
    box = ([-10, math.log(0.1), 0.0, -np.inf], [-4, math.log(10), 1.2, np.inf])
    for i, y in enumerate(responses):

        def residuals(theta: Floats, y: Floats = y) -> Floats:
            return np.asarray(theta[2] + (theta[3] - theta[2]) / (1 + 10 ** (np.exp(theta[1]) * (x - theta[0]))) - y)

        starts = [(p, k, 0.3, 1.0) for p in (-8.5, -7.0, -5.5) for k in (-0.5, 0.5, 2.0)]
        best = min(2 * least_squares(residuals, start, bounds=box, xtol=1e-12, ftol=1e-12).cost for start in starts)
        assert fits.rss[i] <= best * (1 + 1e-6)
    assert fits.converged.all()


def test_standard_errors_are_those_of_the_linearised_curve() -> None:
    y = curve(DOSES, -7.1, 1.2, 0.15, 1.0) + 0.03 * np.random.default_rng(3).standard_normal(10)
    fit = fit_curves(DOSES, y, boxes=NO_BOX)
    theta = np.array([fit.log10_ec50_molar[0], math.log(fit.hill_slope[0]), fit.bottom[0], fit.top[0]])

    def of(values: Floats) -> Floats:
        return curve(DOSES, values[0], math.exp(values[1]), values[2], values[3])

    jacobian = np.stack([(of(theta + h) - of(theta - h)) / 2e-6 for h in 1e-6 * np.eye(4)], axis=1)
    covariance = np.linalg.inv(jacobian.T @ jacobian) * fit.rss[0] / 6
    found = [fit.se_log10_ec50[0], fit.se_ln_slope[0], fit.se_bottom[0], fit.se_top[0]]
    assert found == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-5)


def test_the_interval_holds_the_truth_as_often_as_it_says_and_opens_where_the_data_end() -> None:
    doses = np.repeat(np.geomspace(1e-9, 1e-5, 8), 3)
    random = np.random.default_rng(11)
    responses = curve(doses, -7.0, 1.2, 0.1, 1.0) + 0.07 * random.standard_normal((1500, doses.size))
    fits = fit_curves(doses, responses, place=Threads(2))
    covered = (fits.low_log10_ec50 <= -7.0) & (fits.high_log10_ec50 >= -7.0)
    assert covered.mean() == pytest.approx(0.95, abs=0.017)
    beyond = fit_curves(doses, curve(doses, -3.8, 1.0, 0.0, 1.0) + 0.07 * random.standard_normal((50, doses.size)))
    assert np.isinf(beyond.high_log10_ec50).mean() > 0.8


def test_missing_wells_are_as_if_they_had_never_been() -> None:
    doses, responses = np.repeat(DOSES, 2), np.repeat(curves(1, 0.0), 2, axis=1)
    responses = responses + 0.05 * np.random.default_rng(2).standard_normal(responses.shape)
    holes = responses.copy()
    holes[0, [3, 8, 9]] = np.nan
    kept = np.isfinite(holes[0])
    assert len(np.unique(doses[kept])) == 9
    full, rest = fit_curves(doses, holes), fit_curves(doses[kept], responses[:, kept])
    assert full.wells[0] == rest.wells[0] == 17
    for name in ("log10_ec50_molar", "hill_slope", "bottom", "rss", "se_log10_ec50", "low_log10_ec50"):
        assert getattr(full, name)[0] == pytest.approx(getattr(rest, name)[0], rel=2e-3), name


def test_too_few_wells_give_no_number() -> None:
    responses = curves(2, 0.05)
    responses[0, 3:] = np.nan
    fits = fit_curves(DOSES, responses)
    assert np.isnan([fits.log10_ec50_molar[0], fits.rss[0], fits.low_log10_ec50[0]]).all()
    assert fits.state[0] == TOO_FEW
    assert fits.converged.tolist() == [False, True]


def test_a_curve_is_the_same_alone_and_among_others_in_any_place() -> None:
    responses = curves(5000, 0.1)
    many, one = fit_curves(DOSES, responses, place=Threads(2)), fit_curves(DOSES, responses[4321])
    assert many.log10_ec50_molar[4321] == one.log10_ec50_molar[0]
    assert many.high_log10_ec50[4321] == one.high_log10_ec50[0]


def test_replicate_doses_that_differ_by_rounding_are_one() -> None:
    design = design_of([1e-9, 1.0000000001e-9, 1e-8, 1e-7, 1e-6, 0.0])
    assert design.log10_doses.size == 5
    assert design.groups.tolist() == [1, 1, 2, 3, 4, 0]


@pytest.mark.parametrize(
    ("doses", "said"),
    [
        ([1e-9, 1e-8, -1e-7, 1e-6, 1e-5], "dose 3 of 5 is -1e-07"),
        ([1e-9, math.nan, 1e-7, 1e-6, 1e-5], "dose 2 of 5 is nan"),
        ([1e-6] * 5, "1 different doses above 0"),
        ([0.0, 1e-8, 1e-7, 1e-6, 0.0], "3 different doses above 0"),
        ([], "shape"),
    ],
)
def test_doses_that_cannot_be_meant_are_refused(doses: list[float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        fit_curves(doses, [1.0] * len(doses))


def test_responses_that_do_not_fit_the_doses_are_refused() -> None:
    with pytest.raises(InputError, match=r"shape \(9,\)"):
        fit_curves(DOSES, np.ones(9))
    with pytest.raises(InputError, match="curve 1, well 3 is infinite"):
        fit_curves(DOSES, np.where(np.arange(10) == 2, np.inf, 1.0))


def test_flat_curves_are_called_curves_as_often_as_the_level_says() -> None:
    doses = np.repeat(np.geomspace(1e-9, 1e-5, 6), 2)
    flat = 1 + 0.1 * np.random.default_rng(8).standard_normal((3000, doses.size))
    fits = fit_curves(doses, flat, intervals=False)
    p = flat_null(fits.design, curves=6000).p_values(fits)
    assert np.mean(p < 0.05) == pytest.approx(0.05, abs=0.013)
    assert np.median(p) == pytest.approx(0.5, abs=0.04)
    steep = fit_curves(doses, curve(doses, -7.0, 1.5, 0.1, 1.0) + 0.02 * flat[0], intervals=False)
    assert flat_null(steep.design, curves=6000).p_values(steep)[0] < 1e-4
    with pytest.raises(InputError, match="other doses"):
        flat_null(fits.design, curves=1000).p_values(fit_curves(DOSES, curves(1, 0.1)))


def test_a_missing_well_changes_nothing_of_the_rest() -> None:
    """Where a fit begins is chosen by the wells that are there."""
    random = np.random.default_rng(4)
    doses = np.geomspace(1e-9, 3e-6, 8)
    responses = curve(doses, -7.3, 2.0, 0.1, 1.0) + 0.15 * random.standard_normal((200, 8))
    responses[:, 0] = np.nan
    gap, without = (
        fit_curves(doses, responses, intervals=False),
        fit_curves(doses[1:], responses[:, 1:], intervals=False),
    )
    assert np.mean(gap.rss > 1.001 * without.rss) < 0.01


def test_steps_beside_close_doses_are_found() -> None:
    """Pairs of close doses make narrow minima: each fit is held against a grid of steps."""
    random = np.random.default_rng(6)
    x = np.log10(np.array([1, 1.3, 20, 25, 300, 310, 5000, 6000, 20000]) * 1e-9)
    places = random.uniform(x[0], x[-1], 200)
    responses = 1 / (1 + 10 ** (3 * (x - places[:, None]))) + 0.05 * random.standard_normal((200, x.size))
    fits = fit_curves(10**x, responses, intervals=False)
    best = np.full(200, np.inf)
    for p in np.linspace(x[0], x[-1], 400):
        low = 1 / (1 + 10 ** np.clip(10 * (x - p), -300, 300))
        design = np.stack([1 - low, low])
        bottom_top = responses @ np.linalg.pinv(design)
        allowed = (bottom_top[:, 0] >= 0) & (bottom_top[:, 0] <= 1.2)
        best = np.minimum(best, np.where(allowed, np.sum((responses - bottom_top @ design) ** 2, axis=1), np.inf))
    assert np.mean(fits.rss > 1.001 * best) < 0.01
