"""Fits of mixed models: known answers, full matrices, singular fits and what cannot be fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from avpi.errors import InputError
from avpi.replication.mixed_model import Likelihood, fit_mixed_model
from avpi.replication.random_terms import RandomTerm, nested_terms
from tests.replication.designs import nested, unbalanced


def test_nested_factors_have_the_variances_of_the_analysis_of_variance() -> None:
    design = nested(1)
    experiments, plates, wells = design.shape
    terms = nested_terms("experiment", design.experiment, "plate", design.plate)
    model = fit_mixed_model(design.response, np.ones(design.response.size), terms)
    between, plate = model.random_effects
    assert (between.name, plate.name) == ("experiment", "plate:experiment")
    assert model.residual_sd**2 == pytest.approx(design.within, rel=1e-10)
    assert plate.sd[0] ** 2 == pytest.approx((design.plates - design.within) / wells, rel=1e-10)
    assert between.sd[0] ** 2 == pytest.approx((design.between - design.plates) / (plates * wells), rel=1e-10)
    assert model.standard_errors[0] == pytest.approx(
        np.sqrt(design.between / (experiments * plates * wells)), rel=1e-10
    )
    assert (model.experiments, model.rows, model.converged, model.singular) == (5, 60, True, False)


def test_crossed_factors_have_the_variances_of_the_analysis_of_variance() -> None:
    rng = np.random.default_rng(2)
    rows, columns = 7, 5
    table = 3 * rng.normal(size=(rows, 1)) + 2 * rng.normal(size=(1, columns)) + rng.normal(size=(rows, columns))
    left = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    within = (left**2).sum() / ((rows - 1) * (columns - 1))
    by_row, by_column = columns * table.mean(axis=1).var(ddof=1), rows * table.mean(axis=0).var(ddof=1)
    terms = [
        RandomTerm(name="row", groups=np.repeat(np.arange(rows), columns)),
        RandomTerm(name="column", groups=np.tile(np.arange(columns), rows)),
    ]
    model = fit_mixed_model(table.ravel(), np.ones(rows * columns), terms)
    assert model.residual_sd**2 == pytest.approx(within, rel=1e-10)
    assert model.random_effects[0].sd[0] ** 2 == pytest.approx((by_row - within) / columns, rel=1e-10)
    assert model.random_effects[1].sd[0] ** 2 == pytest.approx((by_column - within) / rows, rel=1e-10)
    assert model.standard_errors[0] ** 2 == pytest.approx((by_row + by_column - within) / (rows * columns), rel=1e-10)


@pytest.mark.parametrize("likelihood", ["REML", "ML"])
def test_an_unbalanced_fit_is_the_maximum_of_the_likelihood_with_full_matrices(likelihood: Likelihood) -> None:
    data = unbalanced()
    model = fit_mixed_model(data.response, data.design, data.terms, likelihood=likelihood)
    best = np.array([*model.theta, model.residual_sd])
    restricted = likelihood == "REML"
    assert model.criterion == pytest.approx(data.deviance(best, restricted=restricted), rel=1e-12)
    assert model.log_likelihood == -model.criterion / 2
    assert model.covariance == pytest.approx(data.fixed_covariance(best), rel=1e-10)

    def deviance(parameters: Any) -> float:
        return data.deviance(parameters, restricted=restricted)

    simplex = optimize.minimize(deviance, 1.2 * best, method="Nelder-Mead", options={"xatol": 1e-7, "maxiter": 3000})
    assert model.criterion <= simplex.fun + 1e-9
    assert best == pytest.approx(simplex.x, rel=1e-4)


def test_predictions_are_those_of_full_matrices_and_shrink_towards_zero() -> None:
    data = unbalanced()
    model = fit_mixed_model(data.response, data.design, data.terms)
    v = data.covariance(np.array([*model.theta, model.residual_sd]))
    left = np.linalg.solve(v, data.response - data.design @ model.fixed_effects)
    g = model.random_effects[0]
    expected = (data.loadings.T @ left).reshape(-1, 2) @ g.covariance
    order = [int(str(level)) for level in g.levels]
    assert g.effects == pytest.approx(expected[order], rel=1e-9, abs=1e-12)
    assert (g.effects.std(axis=0) < g.sd).all()


def test_a_variance_that_is_zero_is_reported_as_zero_and_singular() -> None:
    """The group means differ less than chance would make them, as in Box and Tiao's simulated dyestuff data."""
    rng = np.random.default_rng(5)
    y = rng.normal(size=(6, 5))
    y -= 0.95 * y.mean(axis=1, keepdims=True)
    model = fit_mixed_model(y.ravel(), np.ones(30), [RandomTerm(name="batch", groups=np.repeat(np.arange(6), 5))])
    assert model.singular
    assert model.converged
    assert model.random_effects[0].sd[0] == 0.0
    assert (model.random_effects[0].effects == 0).all()
    # What is left is an ordinary mean of 30 independent rows.
    assert model.residual_sd == pytest.approx(y.std(ddof=1), rel=1e-10)


def test_a_correlation_of_one_is_singular() -> None:
    rng = np.random.default_rng(6)
    groups, x = np.repeat(np.arange(8), 6), np.tile(np.arange(6.0), 8)
    u = rng.normal(size=8)
    y = 3 * u[groups] + u[groups] * x + 0.5 * rng.normal(size=48)
    columns = np.column_stack([np.ones(48), x])
    term = RandomTerm(name="g", groups=groups, columns=columns, column_names=("(Intercept)", "x"))
    model = fit_mixed_model(y, columns, [term])
    assert model.singular
    assert model.random_effects[0].correlation[0, 1] == pytest.approx(1.0, abs=1e-6)


def test_a_slope_in_other_units_gives_the_same_fit() -> None:
    data = unbalanced()
    term = data.terms[0]
    other = data.design * np.array([1, 1, 1, 1e6])
    changed = RandomTerm(name="g", groups=term.groups, columns=other[:, [0, 3]], column_names=term.column_names)
    model = fit_mixed_model(data.response, data.design, data.terms)
    rescaled = fit_mixed_model(data.response, other, [changed, data.terms[1]])
    assert rescaled.random_effects[0].sd * [1, 1e6] == pytest.approx(model.random_effects[0].sd, rel=1e-8)
    assert rescaled.fixed_effects * [1, 1, 1, 1e6] == pytest.approx(model.fixed_effects, rel=1e-8)


def test_the_experiments_are_counted_by_the_term_that_is_named() -> None:
    data = unbalanced()
    assert fit_mixed_model(data.response, data.design, data.terms).experiments == 4
    assert fit_mixed_model(data.response, data.design, data.terms, independent="g").experiments == 7
    with pytest.raises(InputError, match="'k'"):
        fit_mixed_model(data.response, data.design, data.terms, independent="k")


GROUPS = ["a", "a", "b", "b", "c", "c"]
Y = [1.0, 2.0, 4.0, 3.0, 7.0, 6.5]


def term(groups: Any, **more: Any) -> RandomTerm:
    return RandomTerm(name="g", groups=groups, **more)


@pytest.mark.parametrize(
    ("response", "design", "terms", "message"),
    [
        ([1.0, np.nan, 4.0, 3.0, 7.0, 6.5], np.ones(6), [term(GROUPS)], "row 2 holds a value that is no finite"),
        ([1.0, None, 4.0, 3.0, 7.0, np.inf], np.ones(6), [term(GROUPS)], "2 of 6 rows"),
        (["a"] * 6, np.ones(6), [term(GROUPS)], "cannot be read as numbers"),
        (Y, np.ones(5), [term(GROUPS)], r"shape \(6,\) and the design \(5, 1\)"),
        ([], np.ones((0, 1)), [term([])], "shape"),
        (Y, np.full(6, np.nan), [term(GROUPS)], "design: row 1"),
        ([3.0] * 6, np.ones(6), [term(GROUPS)], "the response is 3 in all 6 rows"),
        (Y, np.ones((6, 2)), [term(GROUPS)], "rank 1"),
        (Y, np.column_stack([np.ones(6), np.zeros(6)]), [term(GROUPS)], "'x2' follows"),
        (Y, np.eye(6), [term(GROUPS)], "6 rows and 6 columns"),
        (Y, np.ones(6), [], "no random term"),
        (Y, np.ones(6), [term(GROUPS[:5])], "5 labels for 6 rows"),
        (Y, np.ones(6), [term(["a"] * 6)], "one group, 'a'"),
        (Y, np.ones(6), [term(list("abcdef"))], "6 groups in 6 rows"),
        (Y, np.ones(6), [term(["a", None, "b", "b", "c", "c"])], "row 2 has no label"),
        (Y, np.ones(6), [term(["a", "", "b", "b", "c", "c"])], "row 2 has no label"),
        (Y, np.ones(6), [term([0.0, np.nan, 1.0, 1.0, 2.0, 2.0])], "row 2 has no label"),
        (Y, np.ones(6), [term(["a", pd.NA, "b", "b", "c", "c"])], "row 2 has no label"),
        (Y, np.ones(6), [term([("a", 1), ("a", None), *[("b", 1)] * 4])], "row 2 has no label"),
        (Y, np.ones(6), [term(GROUPS, columns=np.ones((6, 2)))], r"shape \(6, 2\)"),
        (Y, np.ones(6), [term(GROUPS, columns=np.zeros(6))], "zeros only"),
        (Y, np.ones(6), [term(GROUPS, columns=[1, 1, 1, 1, 1, np.nan])], "no number"),
        ([1.0, 1.0, 2.0, 2.0, 5.0, 5.0], np.ones(6), [term(GROUPS)], "residual variance is 0"),
        ([1.0, 1.0, 2.0, 2.0, 5.0, 5.0], [[1, 0, 0]] * 2 + [[0, 1, 0]] * 2 + [[0, 0, 1]] * 2, [term(GROUPS)], "design"),
        (Y, [[1, 0, 0]] * 2 + [[0, 1, 0]] * 2 + [[0, 0, 1]] * 2, [term(GROUPS)], "already told apart by the columns"),
        (Y, np.ones(6), [term(GROUPS), RandomTerm(name="h", groups=GROUPS)], "'g' and 'h' have the same effect"),
    ],
)
def test_what_cannot_be_fitted_is_said(response: Any, design: Any, terms: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit_mixed_model(response, design, terms)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        fit_mixed_model([1.0, np.nan, 3.0], np.full((3, 1), np.inf), [term(GROUPS)], names=("a", "b"))
    assert [problem.file for problem in caught.value.problems] == ["response", "design", "names"]
    with pytest.raises(InputError) as caught:
        fit_mixed_model(Y, np.ones(6), [term(["a"] * 6), term(GROUPS[:3])], likelihood="MAP")  # type: ignore[arg-type]
    assert [problem.file for problem in caught.value.problems] == ["random term 'g'", "random term 'g'", "likelihood"]


def test_the_higher_of_two_maxima_is_found() -> None:
    """The most promising start of this one leads to a maximum whose deviance is 0.48 higher."""
    rng = np.random.default_rng(49)
    rows = int(rng.integers(14, 60))
    g, h = rng.integers(0, rng.integers(3, 8), rows), rng.integers(0, rng.integers(2, 6), rows)
    x = rng.normal(size=rows) * 10 ** rng.uniform(-2, 3)
    design = np.column_stack([np.ones(rows), x, rng.integers(0, 2, rows)])
    y = rng.normal(size=rows) * rng.choice([0.01, 1, 1, 1]) + rng.normal(size=20)[g] * rng.choice([0, 0.5, 5])
    y = y + rng.normal(size=9)[h] * rng.choice([0, 1])
    y = y + rng.normal(size=20)[g] * x / np.std(x) * rng.choice([0, 0, 0.5, 2])
    both = ("(Intercept)", "x")
    terms = [
        RandomTerm(name="g", groups=g.tolist(), columns=design[:, :2], column_names=both),
        RandomTerm(name="h", groups=h.tolist()),
    ]
    model = fit_mixed_model(y, design, terms)
    assert model.criterion == pytest.approx(43.77493936454, rel=1e-9)
    assert model.converged
