"""Nonlinear least squares against NIST's certified values, and on problems with a closed answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avpi.dose.least_squares import fit_least_squares
from avpi.errors import InputError
from tests.dose.nist_models import FORMULAS, correct_digits, read_nist

X = np.linspace(0.0, 4.0, 12)
NOISE = np.random.default_rng(7).normal(0, 0.02, X.size)


def decay(x: Any, b: Any) -> Any:
    return b[0] * np.exp(-b[1] * x) + b[2]


Y = decay(X, np.array([2.0, 1.3, 0.4])) + NOISE


@pytest.mark.shared_data
@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_certified_values_are_reached_from_both_starts(name: str, start: int, shared_data: Path) -> None:
    path = shared_data / "dose" / "nist" / f"{name}.dat"
    if not path.is_file():
        pytest.skip(f"{name}.dat is not among the sets in ../shared/data")
    nist = read_nist(path)
    fit = fit_least_squares(FORMULAS[name], nist.x, nist.y, nist.starts[start])
    assert fit.converged, fit.reason
    assert correct_digits(fit.parameters, nist.parameters) >= 8
    # Residuals of Lanczos1 are 1e-13 of the responses: long doubles are what makes seven digits of their sum
    digits = 7 if np.finfo(np.longdouble).eps < 1e-18 or name != "Lanczos1" else 2
    assert correct_digits(fit.standard_errors, nist.standard_errors) >= digits
    assert correct_digits(np.array([fit.rss]), np.array([nist.rss])) >= digits - 0.5


def test_a_line_is_fitted_as_linear_regression_does() -> None:
    def line(x: Any, b: Any) -> Any:
        return b[0] + b[1] * x

    weights = np.linspace(0.5, 2.0, X.size)
    fit = fit_least_squares(line, X, Y, [0.0, 0.0], weights=weights)
    design = np.column_stack([np.ones(X.size), X])
    normal = design.T @ (weights[:, None] * design)
    expected = np.linalg.solve(normal, design.T @ (weights * Y))
    variance = float(np.sum(weights * (Y - design @ expected) ** 2)) / (X.size - 2)
    assert fit.parameters == pytest.approx(expected, rel=1e-12)
    assert fit.covariance == pytest.approx(variance * np.linalg.inv(normal), rel=1e-10)
    assert fit.standard_errors == pytest.approx(np.sqrt(np.diag(fit.covariance)), rel=1e-12)
    # A model without curvature: expected and observed information are the same
    assert fit.observed_covariance == pytest.approx(fit.covariance, rel=1e-6)
    assert (fit.df, fit.names, fit.binding) == (X.size - 2, ("b1", "b2"), ())


def test_models_that_break_complex_steps_get_differences() -> None:
    def folded(x: Any, b: Any) -> Any:
        return np.abs(b[0]) * np.exp(-np.abs(b[1]) * x) + b[2]

    def in_doubles(x: Any, b: Any) -> Any:
        return decay(np.asarray(x, float), np.asarray(b, float))

    reference = fit_least_squares(decay, X, Y, [1.0, 1.0, 0.0])
    for model in (folded, in_doubles):
        fit = fit_least_squares(model, X, Y, [1.0, 1.0, 0.1])
        assert fit.parameters == pytest.approx(reference.parameters, rel=1e-8)
        assert fit.standard_errors == pytest.approx(reference.standard_errors, rel=1e-7)


def test_a_given_jacobian_gives_the_same() -> None:
    def slopes(x: Any, b: Any) -> Any:
        fall = np.exp(-b[1] * x)
        return np.stack([fall, -b[0] * x * fall, np.ones_like(x)], axis=1)

    reference = fit_least_squares(decay, X, Y, [1.0, 1.0, 0.0])
    fit = fit_least_squares(decay, X, Y, [1.0, 1.0, 0.0], jacobian=slopes)
    assert fit.parameters == pytest.approx(reference.parameters, rel=1e-12)
    assert fit.standard_errors == pytest.approx(reference.standard_errors, rel=1e-10)


def test_a_box_that_binds_is_named_and_its_parameter_has_no_error() -> None:
    edges = [(0.0, 10.0), (0.0, 10.0), (0.5, 1.0)]
    fit = fit_least_squares(decay, X, Y, [1.0, 1.0, 0.7], bounds=edges, names=["height", "rate", "floor"])
    assert fit.binding == ("floor",)
    assert fit.parameters[2] == 0.5
    assert np.isnan(fit.standard_errors[2])
    assert "low edge" in fit.no_error_because[2]
    held = fit_least_squares(lambda x, b: decay(x, [b[0], b[1], 0.5]), X, Y, [1.0, 1.0])
    assert fit.parameters[:2] == pytest.approx(held.parameters, rel=1e-10)
    assert fit.standard_errors[:2] == pytest.approx(held.standard_errors, rel=1e-10)
    assert fit.df == X.size - 2


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (lambda x, b: b[0] * np.exp(-b[1] * x) + 0 * b[2], "b3"),
        (lambda x, b: (b[0] + b[2]) * np.exp(-b[1] * x), "only a combination of b1, b3"),
        (lambda x, b: b[0] * np.exp(-b[1] * (x + 900)) + b[2], ""),
    ],
    ids=["a constant column", "two that are one", "a flat model"],
)
def test_what_the_data_do_not_fix_is_not_converged(model: Any, why: str) -> None:
    fit = fit_least_squares(model, X, Y, [1.0, 1.0, 0.1])
    assert not fit.converged
    assert why in fit.reason
    assert np.all(np.isnan(fit.standard_errors))


def test_a_curve_through_all_points_says_so() -> None:
    fit = fit_least_squares(decay, X, decay(X, np.array([2.0, 1.3, 0.4])), [1.0, 1.0, 0.0])
    assert fit.converged
    assert fit.parameters == pytest.approx([2.0, 1.3, 0.4], rel=1e-12)
    few = fit_least_squares(decay, X[:3], Y[:3], [1.0, 1.0, 0.0])
    assert few.df == 0
    assert np.isnan(few.residual_sd)
    assert np.all(np.isnan(few.standard_errors))
    assert "nothing is left" in few.no_error_because[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": [1.0, np.nan, 2.0, 3.0]}, "response 2 of 4 is 'nan'"),
        ({"y": [1.0, np.inf, 2.0, 3.0]}, "response 2 of 4 is 'inf'"),
        ({"x": X[:2], "y": Y[:2]}, "2 points for 3 parameters"),
        ({"start": [1.0, np.nan, 0.0]}, "one finite number for each parameter"),
        ({"weights": -np.ones(X.size)}, "weights"),
        ({"bounds": [(0, 1), (0, 1), (3, 4)]}, "parameter 3 starts at 0"),
        ({"bounds": [(0, 1), (1, 0), (3, 4)]}, "bounds"),
        ({"model": lambda x, b: b[0] / (x - x)}, "not finite at the start"),
        ({"model": lambda x, b: b}, "one for each response"),
        ({"names": ["a"]}, "names"),
    ],
)
def test_bad_input_is_refused_in_words(change: dict[str, Any], message: str) -> None:
    given_: dict[str, Any] = {"model": decay, "x": X, "y": Y, "start": [1.0, 1.0, 0.0]} | change
    if "y" in change and "x" not in change:
        given_["x"] = X[:4]
    arguments = [given_.pop(name) for name in ("model", "x", "y", "start")]
    with pytest.raises(InputError, match=message):
        fit_least_squares(*arguments, **given_)


@settings(max_examples=40)
@given(
    height=st.floats(0.2, 5),
    rate=st.floats(0.3, 3),
    floor=st.floats(-1, 1),
    units=st.sampled_from([1e-9, 1.0, 1e9]),
    seed=st.integers(0, 9),
)
def test_units_of_response_and_predictor_change_nothing(
    height: float, rate: float, floor: float, units: float, seed: int
) -> None:
    y = decay(X, [height, rate, floor]) + np.random.default_rng(seed).normal(0, 0.01, X.size)
    plain = fit_least_squares(decay, X, y, [1.0, 1.0, 0.0])
    scaled = fit_least_squares(decay, X * units, y * units, [units, 1.0 / units, 0.0])
    factors = np.array([units, 1 / units, units])
    assert plain.converged
    assert scaled.converged
    assert scaled.parameters == pytest.approx(plain.parameters * factors, rel=1e-7, abs=1e-9 * units)
    assert scaled.standard_errors == pytest.approx(plain.standard_errors * factors, rel=1e-6)
    assert plain.rss <= float(np.sum((y - decay(X, [height, rate, floor])) ** 2)) * (1 + 1e-12)
