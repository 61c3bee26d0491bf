"""Two one-sided tests: a large p-value of a difference is no equivalence."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from avpi.errors import InputError
from avpi.replication.contrasts import contrast, insufficient
from avpi.replication.equivalence import (
    EquivalenceTest,
    tost_contrast,
    tost_one_sample,
    tost_paired,
    tost_pooled,
    tost_welch,
)
from avpi.replication.mixed_model import fit_mixed_model
from tests.replication.designs import unbalanced

ONE, OTHER = np.array([3.1, 4.0, 2.7, 3.8]), np.array([3.0, 3.3, 2.9, 4.1])
MARGINS = (-1.0, 1.2)


@pytest.mark.parametrize(
    ("found", "one_sided"),
    [
        (
            tost_one_sample(ONE, (2.5, 4.0)),
            lambda mean, side: stats.ttest_1samp(ONE, mean, alternative=side),
        ),
        (
            tost_paired(ONE, OTHER, MARGINS),
            lambda mean, side: stats.ttest_rel(ONE - mean, OTHER, alternative=side),
        ),
        (
            tost_welch(ONE, OTHER[:3], MARGINS),
            lambda mean, side: stats.ttest_ind(ONE - mean, OTHER[:3], equal_var=False, alternative=side),
        ),
        (
            tost_pooled(ONE, OTHER[:3], MARGINS),
            lambda mean, side: stats.ttest_ind(ONE - mean, OTHER[:3], alternative=side),
        ),
    ],
    ids=["one sample", "paired", "Welch", "pooled"],
)
def test_each_form_is_two_one_sided_t_tests(found: EquivalenceTest, one_sided: Callable[[float, str], Any]) -> None:
    lower, upper = one_sided(found.margins[0], "greater"), one_sided(found.margins[1], "less")
    assert [found.p_lower, found.p_upper] == pytest.approx([lower.pvalue, upper.pvalue])
    assert [found.t_lower, found.df] == pytest.approx([lower.statistic, lower.df])
    assert found.p == max(found.p_lower, found.p_upper)
    # The 90 % interval lies within the margins exactly where both tests reject.
    assert found.equivalent == (found.margins[0] < found.low and found.high < found.margins[1])
    assert f"{found.df:.3g} df" in found.method


def test_a_contrast_is_tested_with_its_own_degrees_of_freedom() -> None:
    data = unbalanced()
    model = fit_mixed_model(data.response, data.design, data.terms)
    tested = contrast(model, [0, 1, 0, 0], level=0.9)
    found = tost_contrast(tested, (-2.5, 2.5))
    assert [found.low, found.high, found.df] == pytest.approx([tested.low, tested.high, tested.df])
    assert found.p_lower == pytest.approx(stats.t.sf((tested.estimate + 2.5) / tested.standard_error, tested.df))
    assert found.n == 4


def test_no_difference_is_not_equivalence() -> None:
    wide = np.array([-9.0, 8.0, 2.0])
    assert stats.ttest_1samp(wide, 0).pvalue > 0.5
    assert not tost_one_sample(wide, (-1, 1)).equivalent
    assert tost_one_sample([0.1, -0.1, 0.0, 0.05], (-1, 1)).equivalent


def test_three_experiments_have_two_degrees_of_freedom() -> None:
    found = tost_paired([1.0, 2.0, 3.5], [1.1, 2.3, 3.2], (-1, 1))
    assert (found.df, found.n) == (2, 3)
    assert found.method == "paired TOST with 2 df from 3 experiments"


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (tost_one_sample([1.0], (-1, 1)), "insufficient: one experiment"),
        (tost_paired([1.0], [2.0], (-1, 1)), "insufficient: one experiment"),
        (tost_welch([1.0, 2.0], [2.0], (-1, 1)), "insufficient: one experiment"),
        (tost_pooled([1.0], [2.0, 3.0], (-1, 1)), "insufficient: one experiment"),
        (tost_contrast(insufficient("insufficient: one experiment", n=1), (-1, 1)), "insufficient: one experiment"),
        (tost_one_sample([2.0, 2.0, 2.0], (-1, 1)), "the values do not vary between experiments"),
        (tost_paired([1000.1, 2000.1, 3000.1], [1000.0, 2000.0, 3000.0], (-1, 1)), "the values do not vary"),
        (tost_welch([1.0, 1.0], [2.0, 2.0], (-1, 1)), "the values of neither arm vary"),
        (tost_pooled([1.0, 1.0], [2.0, 2.0], (-1, 1)), "the values of neither arm vary"),
    ],
)
def test_what_cannot_be_tested_is_labelled_and_never_equivalent(found: EquivalenceTest, why: str) -> None:
    assert found.state == "not_estimable"
    assert found.method.startswith(why)
    assert not found.equivalent
    assert math.isnan(found.p)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tost_one_sample([], (-1, 1)), "shape"),
        (lambda: tost_one_sample([1.0, np.nan], (-1, 1)), "1 are no finite number"),
        (lambda: tost_one_sample([[1.0], [2.0]], (-1, 1)), "shape"),
        (lambda: tost_one_sample(["a", "b"], (-1, 1)), "cannot be read as numbers"),
        (lambda: tost_one_sample(ONE, (1, -1)), "margins are 1 and -1"),
        (lambda: tost_one_sample(ONE, (-math.inf, 1)), "finite"),
        (lambda: tost_one_sample([1.0], (1, 1)), "margins"),
        (lambda: tost_one_sample(ONE, (-1, 1), alpha=0.5), "alpha is 0.5"),
        (lambda: tost_paired(ONE, OTHER[:3], (-1, 1)), "4 and 3 values"),
    ],
)
def test_faults_are_said(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
