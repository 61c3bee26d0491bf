"""Adjusted p-values: by hand, within families, and without tests that were not made."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.errors import InputError
from avpi.replication.multiplicity import Adjustment, adjust

METHODS: tuple[Adjustment, ...] = get_args(Adjustment)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("bonferroni", [0.04, 0.16, 0.12, 0.02]),
        ("holm", [0.03, 0.06, 0.06, 0.02]),
        ("hochberg", [0.03, 0.04, 0.04, 0.02]),
        ("benjamini_hochberg", [0.02, 0.04, 0.04, 0.02]),
        ("benjamini_yekutieli", [0.02 * 25 / 12, 0.04 * 25 / 12, 0.04 * 25 / 12, 0.02 * 25 / 12]),
    ],
)
def test_by_hand(method: Adjustment, expected: list[float]) -> None:
    assert adjust([0.01, 0.04, 0.03, 0.005], method) == pytest.approx(expected)


def test_tests_that_were_not_made_stay_nan_and_are_not_counted() -> None:
    found = adjust([0.01, np.nan, 0.04, np.nan], "bonferroni")
    assert found == pytest.approx([0.02, np.nan, 0.08, np.nan], nan_ok=True)
    assert np.isnan(adjust([np.nan, np.nan], "holm")).all()
    assert adjust([], "holm").shape == (0,)


@pytest.mark.parametrize("method", METHODS)
def test_a_family_knows_nothing_of_another(method: Adjustment) -> None:
    p, families = [0.01, 0.2, 0.03, 0.04, np.nan], ["a", "b", "a", "b", "a"]
    found = adjust(p, method, families)
    assert found[[0, 2]] == pytest.approx(adjust([0.01, 0.03], method))
    assert found[[1, 3]] == pytest.approx(adjust([0.2, 0.04], method))
    assert np.isnan(found[4])


@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=12), method=st.sampled_from(METHODS))
def test_order_is_kept_and_nothing_gets_smaller_or_above_one(p: list[float], method: Adjustment) -> None:
    found = adjust(p, method)
    assert (found >= np.array(p) * (1 - 1e-12)).all()
    assert (found <= 1).all()
    order = np.argsort(p)
    assert (np.diff(found[order]) >= 0).all()
    assert adjust(p[::-1], method)[::-1] == pytest.approx(found, abs=1e-15)
    assert (adjust(p, "hochberg") <= adjust(p, "holm")).all()


@pytest.mark.parametrize(
    ("p", "method", "families", "message"),
    [
        ([0.1, 1.1], "holm", None, "a p-value is 1.1"),
        ([-0.1], "holm", None, "a p-value is -0.1"),
        ([[0.1]], "holm", None, "shape"),
        ([0.1], "holmes", None, "Did you mean 'holm'"),
        ([0.1, 0.2], "holm", ["a"], "1 labels for 2 tests"),
        (["x"], "holm", None, "cannot be read"),
    ],
)
def test_faults_are_said(p: Any, method: Any, families: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        adjust(p, method, families)
