"""Conditions compared over experiments: wells are never n."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from avpi.errors import InputError
from avpi.replication.conditions import compare_conditions, fit_conditions
from avpi.replication.contrasts import contrast
from avpi.replication.mixed_model import fit_mixed_model
from avpi.replication.random_terms import nested_terms
from tests.replication.designs import arms


def averaged(design: dict[str, Any], condition: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    y, names = np.asarray(design["response"]), np.asarray(design["condition"])
    which = np.asarray(design["experiment"])
    return np.array([y[(names == condition) & (which == e)].mean() for e in dict.fromkeys(which)])


def test_three_experiments_give_two_degrees_of_freedom_however_many_wells() -> None:
    for wells in (2, 6):
        design = arms(11, experiments=3, conditions=2, wells=wells, spread=2.0)
        found = compare_conditions(**design).differences["c1"]
        assert found.df == pytest.approx(2, rel=1e-6)
        assert found.n == 3
        assert "2 df from 3 independent experiments" in found.method
        expected = stats.ttest_rel(averaged(design, "c1"), averaged(design, "c0"))
        assert [found.t, found.p] == pytest.approx([expected.statistic, expected.pvalue], rel=1e-6)


def test_two_degrees_of_freedom_also_where_the_spread_of_the_effect_is_estimated_as_zero() -> None:
    design = arms(3, experiments=3, conditions=2, wells=8, spread=0.0)
    found = compare_conditions(**design)
    assert found.model is not None
    assert found.model.singular
    assert found.differences["c1"].df == pytest.approx(2, rel=1e-6)
    assert "estimated as 0" in found.differences["c1"].method


def test_averages_and_wells_give_the_same_difference() -> None:
    design = arms(12, experiments=4, conditions=3, wells=3, spread=2.0)
    means = [averaged(design, name) for name in ("c0", "c1", "c2")]
    names = [name for name in ("c0", "c1", "c2") for _ in range(4)]
    averages = compare_conditions(np.concatenate(means), names, [0, 1, 2, 3] * 3, reference="c2")
    wells = compare_conditions(**design, reference="c2")
    assert averages.model is not None
    # Averages have no wells within: the term for the effect's spread is their residual.
    assert [effects.name for effects in averages.model.random_effects] == ["experiment"]
    for name in ("c0", "c1"):
        one, other = averages.differences[name], wells.differences[name]
        assert (one.estimate, one.standard_error, one.df) == pytest.approx(
            (other.estimate, other.standard_error, other.df), rel=1e-6
        )
        assert "pooled" in one.method


def test_a_test_over_three_experiments_keeps_its_level_and_wells_taken_as_n_do_not() -> None:
    """No condition has an effect; each experiment has its own deviation. Seeded: 60 studies."""
    honest = wells_as_n = 0
    for seed in range(60):
        design = arms(seed, experiments=3, conditions=2, wells=3, spread=1.5)
        found = compare_conditions(**design)
        honest += found.differences["c1"].p < 0.05
        plain = fit_conditions(**design)
        wells_as_n += contrast(plain, {"c1": 1.0}).p < 0.05
    assert honest <= 7  # 5 % of 60 are 3; more than 7 have a chance of 1 %
    assert wells_as_n >= 15


def test_the_plain_formula_is_experiment_and_plate() -> None:
    design = arms(13, experiments=4, conditions=2, wells=6, spread=1.0)
    plate = [f"p{i // 3 % 2}" for i in range(48)]
    model = fit_conditions(**design, plate=plate)
    x = np.column_stack([np.ones(48), [name == "c1" for name in design["condition"]]]).astype(float)
    same = fit_mixed_model(design["response"], x, nested_terms("experiment", design["experiment"], "plate", plate))
    assert model.names == ("(Intercept)", "c1")
    assert [effects.name for effects in model.random_effects] == ["experiment", "plate:experiment"]
    assert model.criterion == pytest.approx(same.criterion, rel=1e-12)


def test_one_plate_an_experiment_is_the_experiment() -> None:
    design = arms(14, experiments=3, conditions=2, wells=4, spread=1.0)
    model = fit_conditions(**design, plate=["p"] * 24)
    assert [effects.name for effects in model.random_effects] == ["experiment"]


def test_one_experiment_allows_no_call() -> None:
    design = arms(15, experiments=1, conditions=3, wells=6, spread=1.0)
    found = compare_conditions(**design)
    assert (found.model, found.experiments, found.reference) == (None, 1, "c0")
    for name in ("c1", "c2"):
        alone = found.differences[name]
        assert (alone.state, alone.method, alone.n) == ("not_estimable", "insufficient: one experiment", 1)
        assert np.isnan([alone.estimate, alone.p, alone.low, alone.df]).all()
        assert str(alone.to_estimate()) == "not estimable (insufficient: one experiment)"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"condition": ["c0"] * 12}, "all rows have the condition 'c0'"),
        ({"condition": ["c0"] * 11}, "condition: there are 11 labels"),
        ({"experiment": ["e0"] * 11 + [None]}, "experiment: .* 1 of them missing"),
        ({"reference": "c9"}, "no row has the reference 'c9'"),
        ({"response": [np.nan] * 12}, "no finite number"),
        ({"level": 1.0}, "coverage is 1.0"),
    ],
)
def test_faults_are_said(change: dict[str, Any], message: str) -> None:
    design = arms(16, experiments=3, conditions=2, wells=2, spread=1.0)
    with pytest.raises(InputError, match=message):
        compare_conditions(**{**design, **change})


def test_a_fit_of_one_experiment_is_refused() -> None:
    design = arms(17, experiments=1, conditions=2, wells=4, spread=1.0)
    with pytest.raises(InputError, match="one group, 'e0'"):
        fit_conditions(**design)
