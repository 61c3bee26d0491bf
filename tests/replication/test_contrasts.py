"""Degrees of freedom: exact designs, full matrices, and tests that keep their level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from avpi.errors import InputError
from avpi.replication.contrasts import DegreesOfFreedom, contrast, contrast_covariance, joint_test
from avpi.replication.mixed_model import MixedModel, fit_mixed_model
from avpi.replication.random_terms import RandomTerm, nested_terms
from tests.replication.designs import Unbalanced, nested, unbalanced

BOTH: tuple[DegreesOfFreedom, ...] = ("kenward_roger", "satterthwaite")


@pytest.fixture(scope="module")
def data() -> Unbalanced:
    return unbalanced()


@pytest.fixture(scope="module")
def model(data: Unbalanced) -> MixedModel:
    return fit_mixed_model(data.response, data.design, data.terms, names=("a", "b", "c", "x"))


@pytest.mark.parametrize("df", BOTH)
def test_the_mean_of_a_nested_design_has_the_experiments_less_one(df: DegreesOfFreedom) -> None:
    design = nested(1)
    terms = nested_terms("experiment", design.experiment, "plate", design.plate)
    found = contrast(fit_mixed_model(design.response, np.ones(60), terms), [1.0], df=df)
    assert found.df == pytest.approx(4, rel=1e-8)
    assert found.low == pytest.approx(found.estimate - stats.t.ppf(0.975, 4) * found.standard_error)
    assert found.n == 5


@pytest.mark.parametrize("df", BOTH)
def test_the_mean_of_a_crossed_design_has_satterthwaites_own_formula(df: DegreesOfFreedom) -> None:
    rng = np.random.default_rng(2)
    table = 3 * rng.normal(size=(7, 1)) + 2 * rng.normal(size=(1, 5)) + rng.normal(size=(7, 5))
    left = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    squares = np.array([5 * table.mean(axis=1).var(ddof=1), 7 * table.mean(axis=0).var(ddof=1), (left**2).sum() / 24])
    expected = (squares @ [1, 1, -1]) ** 2 / (squares**2 @ (1 / np.array([6, 4, 24])))
    terms = [
        RandomTerm(name="row", groups=np.repeat(np.arange(7), 5)),
        RandomTerm(name="column", groups=np.tile(np.arange(5), 7)),
    ]
    assert contrast(fit_mixed_model(table.ravel(), np.ones(35), terms), [1.0], df=df).df == pytest.approx(expected)


@pytest.mark.parametrize("df", BOTH)
@pytest.mark.parametrize("experiments", [2, 4])
def test_f_tests_of_a_split_plot_are_those_of_the_analysis_of_variance(df: DegreesOfFreedom, experiments: int) -> None:
    """Three lines, each in its own experiments; two treatments within. Two experiments a line leave 3 df for lines."""
    rng = np.random.default_rng(7)
    plots = rng.normal(size=(3, experiments, 1, 1)) * 2
    y = plots + rng.normal(size=(3, experiments, 2, 3)) + np.array([0.0, 1.0, 3.0])[:, None, None, None]
    line, experiment, arm, _ = np.indices(y.shape)
    design = np.stack([np.ones(y.size), *((line == k).ravel() for k in (1, 2)), (arm == 1).ravel()], axis=1)
    groups = [f"{a}{b}" for a, b in zip(line.ravel(), experiment.ravel(), strict=True)]
    fitted = fit_mixed_model(y.ravel(), design, [RandomTerm(name="experiment", groups=groups)])
    means = y.mean(axis=(2, 3))
    between = 6 * ((means - means.mean(axis=1, keepdims=True)) ** 2).sum() / (3 * (experiments - 1))
    expected = 6 * experiments * means.mean(axis=1).var(ddof=1) / between
    lines = np.array([[0, 1, 0, 0], [0, 0, 1, 0], [0, 1, -1, 0.0]])
    found = joint_test(fitted, lines, df=df)
    assert found.f == pytest.approx(expected, rel=1e-8)
    assert [found.numerator_df, found.scaling] == pytest.approx([2, 1], rel=1e-6)
    assert found.denominator_df == pytest.approx(3 * (experiments - 1), rel=1e-6)
    assert found.p == pytest.approx(stats.f.sf(expected, 2, 3 * (experiments - 1)), rel=1e-6)
    assert contrast(fitted, [0, 0, 0, 1], df=df).df == pytest.approx(y.size - 3 * experiments - 1, rel=1e-8)


def test_two_denominator_degrees_of_freedom_are_no_trap() -> None:
    """Kenward and Roger's formulas hold 0/0 there."""
    rng = np.random.default_rng(8)
    # Five experiments and three columns that differ between them leave 2 df.
    groups = np.repeat(np.arange(5), 4)
    y = 2 * rng.normal(size=5)[groups] + rng.normal(size=20)
    design = np.column_stack([np.ones(20), groups == 1, groups > 2]).astype(float)
    fitted = fit_mixed_model(y, design, [RandomTerm(name="experiment", groups=groups)])
    found = joint_test(fitted, np.eye(3)[1:])
    assert [found.denominator_df, found.scaling] == pytest.approx([2, 1], abs=1e-4)


def test_satterthwaite_agrees_with_numerical_derivatives(data: Unbalanced, model: MixedModel) -> None:
    at = np.array([*model.theta, model.residual_sd])
    steps = 1e-3 * np.maximum(np.abs(at), 0.1)
    unit = np.diag(steps)
    curvature = np.array([[_mixed(data, at, unit[i], unit[j]) for j in range(5)] for i in range(5)])
    parameters = 2 * np.linalg.inv(curvature / np.outer(steps, steps))
    for k in range(4):
        slopes = [_slope(data, at, unit[i], k) / steps[i] for i in range(5)]
        variance = data.fixed_covariance(at)[k, k]
        expected = 2 * variance**2 / (slopes @ parameters @ slopes)
        assert contrast(model, np.eye(4)[k], df="satterthwaite").df == pytest.approx(expected, rel=1e-4)


def _mixed(data: Unbalanced, at: NDArray[np.float64], one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """A second difference, extrapolated to a step of 0."""

    def difference(s: float) -> float:
        up = data.deviance(at + s * (one + other)) + data.deviance(at - s * (one + other))
        down = data.deviance(at + s * (one - other)) + data.deviance(at - s * (one - other))
        return (up - down) / (4 * s**2)

    return (4 * difference(1.0) - difference(2.0)) / 3


def _slope(data: Unbalanced, at: NDArray[np.float64], step: NDArray[np.float64], k: int) -> float:
    return float((data.fixed_covariance(at + step) - data.fixed_covariance(at - step))[k, k] / 2)


def test_kenward_and_roger_agree_with_the_paper_in_full_matrices(data: Unbalanced, model: MixedModel) -> None:
    at = np.array([*model.theta, model.residual_sd])
    inverse, phi, x = np.linalg.inv(data.covariance(at)), data.fixed_covariance(at), data.design
    shapes = data.shapes()
    p = [-x.T @ inverse @ g @ inverse @ x for g in shapes]
    q = [[x.T @ inverse @ g @ inverse @ h @ inverse @ x for h in shapes] for g in shapes]
    information = [
        [
            np.trace(inverse @ g @ inverse @ h) - 2 * np.trace(phi @ q[i][j]) + np.trace(phi @ p[i] @ phi @ p[j])
            for j, h in enumerate(shapes)
        ]
        for i, g in enumerate(shapes)
    ]
    w = 2 * np.linalg.inv(np.array(information))
    spread = sum(w[i, j] * (q[i][j] - p[i] @ phi @ p[j]) for i in range(5) for j in range(5))
    adjusted = phi + 2 * phi @ spread @ phi
    assert contrast_covariance(model, np.eye(4)) == pytest.approx(adjusted, rel=1e-9)
    for rows in (np.eye(4)[:1], np.eye(4)[3:], np.eye(4)[1:3], np.eye(4)[1:]):
        df, scaling = _paper_f(rows, phi, p, w)
        found = joint_test(model, rows)
        assert [found.denominator_df, found.scaling] == pytest.approx([df, scaling], rel=1e-8)
        means = rows @ model.fixed_effects
        wald = means @ np.linalg.solve(rows @ adjusted @ rows.T, means)
        assert found.f == pytest.approx(scaling * wald / len(rows), rel=1e-8)
        if len(rows) == 1:
            single = contrast(model, rows[0])
            assert [single.df, single.t**2, single.p] == pytest.approx([df, found.f, found.p], rel=1e-8)


def _paper_f(
    rows: NDArray[np.float64], phi: NDArray[np.float64], p: list[NDArray[np.float64]], w: NDArray[np.float64]
) -> tuple[float, float]:
    """Degrees of freedom and lambda as Kenward and Roger 1997 write them."""
    size, count = len(rows), range(len(p))
    theta = rows.T @ np.linalg.inv(rows @ phi @ rows.T) @ rows
    parts = [theta @ phi @ each @ phi for each in p]
    a1 = sum(w[i, j] * np.trace(parts[i]) * np.trace(parts[j]) for i in count for j in count)
    a2 = sum(w[i, j] * np.trace(parts[i] @ parts[j]) for i in count for j in count)
    b, g = (a1 + 6 * a2) / (2 * size), ((size + 1) * a1 - (size + 4) * a2) / ((size + 2) * a2)
    below = 3 * size + 2 * (1 - g)
    c1, c2, c3 = g / below, (size - g) / below, (size + 2 - g) / below
    expected = 1 / (1 - a2 / size)
    variance = 2 / size * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
    df = 4 + (size + 2) / (size * variance / (2 * expected**2) - 1)
    return df, df / (expected * (df - 2))


@pytest.mark.parametrize("df", BOTH)
def test_rows_that_follow_from_others_change_nothing(model: MixedModel, df: DegreesOfFreedom) -> None:
    rows = np.eye(4)[1:3]
    one, more = joint_test(model, rows, df=df), joint_test(model, [*rows, rows[0] - 2 * rows[1]], df=df)
    assert [more.f, more.denominator_df] == pytest.approx([one.f, one.denominator_df])
    assert more.numerator_df == 2


def test_satterthwaites_f_test_is_made_of_uncorrelated_contrasts(model: MixedModel) -> None:
    """Kuznetsova et al. 2017: the degrees of freedom of an F with the expectation of their mean."""
    rows = np.eye(4)[[0, 1, 3]]
    spread = rows @ model.covariance @ rows.T
    turned = np.linalg.eigh(spread)[1].T @ rows
    tests = [contrast(model, row, df="satterthwaite") for row in turned]
    each = np.array([test.df for test in tests])
    assert np.ptp(each) > 1
    found = joint_test(model, rows, df="satterthwaite")
    assert found.f == pytest.approx(np.mean([test.t**2 for test in tests]), rel=1e-8)
    expected = (each / (each - 2)).sum()
    assert found.denominator_df == pytest.approx(2 * expected / (expected - 3), rel=1e-8)


def test_weights_may_be_named(model: MixedModel) -> None:
    named = contrast(model, {"b": 1, "c": -1}, level=0.9, null=0.5)
    assert named == contrast(model, [0, 1, -1, 0], level=0.9, null=0.5)
    assert named.t == pytest.approx((named.estimate - 0.5) / named.standard_error)
    assert "Kenward-Roger" in named.method
    estimate = named.to_estimate(unit="points")
    assert (estimate.value, estimate.low, estimate.n, estimate.unit) == (named.estimate, named.low, 4, "points")


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"bb": 1}, "Did you mean 'b'"),
        ([1, 0], "4 finite numbers"),
        ([0, 0, 0, 0], "not all 0"),
        ([1, 0, 0, math.nan], "finite"),
    ],
)
def test_weights_that_do_not_fit_are_said(model: MixedModel, weights: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        contrast(model, weights)  # type: ignore[arg-type]


def test_what_a_test_cannot_do_is_said(data: Unbalanced, model: MixedModel) -> None:
    full = fit_mixed_model(data.response, data.design, data.terms, likelihood="ML")
    with pytest.raises(InputError, match="fitted by ML"):
        contrast(full, [0, 0, 0, 1])
    assert contrast(full, [0, 0, 0, 1], df="satterthwaite").df > 0
    with pytest.raises(InputError, match="'normal'"):
        contrast(model, [0, 0, 0, 1], df="normal")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="coverage is 95"):
        contrast(model, [0, 0, 0, 1], level=95)
    with pytest.raises(InputError, match="shape"):
        joint_test(model, np.eye(3))
