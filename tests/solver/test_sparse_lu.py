"""The order of elimination and its fill, against numpy's solution of the same system."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from avpi.solver.sparse_lu import Elimination, eliminate

Pattern = list[set[int]]
LARGEST = 12


@st.composite
def patterns(draw: st.DrawFn) -> Pattern:
    size = draw(st.integers(1, LARGEST))
    return [draw(st.sets(st.integers(0, size - 1), max_size=size)) for _ in range(size)]


def solved(lu: Elimination, matrix: NDArray[np.float64], side: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve as the compiled code does: row by row in that order, only where the elimination says there is something."""
    entry = {(i, j): float(matrix[i, j]) for i in lu.order for j in (*lu.lower[i], i, *lu.upper[i])}
    for i in lu.order:
        for k in lu.lower[i]:
            entry[i, k] /= entry[k, k]
            for j in lu.upper[k]:
                entry[i, j] -= entry[i, k] * entry[k, j]
    x = side.copy()
    for i in lu.order:
        x[i] -= sum(entry[i, k] * x[k] for k in lu.lower[i])
    for i in reversed(lu.order):
        x[i] = (x[i] - sum(entry[i, j] * x[j] for j in lu.upper[i])) / entry[i, i]
    return x


@settings(deadline=None)
@given(patterns(), st.integers(0, 2**32 - 1))
def test_factors_in_that_order_solve_what_numpy_solves(pattern: Pattern, seed: int) -> None:
    random = np.random.default_rng(seed)
    size = len(pattern)
    matrix = np.zeros((size, size))
    for i, columns in enumerate(pattern):
        matrix[i, sorted(columns)] = random.normal(size=len(columns))
    np.fill_diagonal(matrix, 2.0 * LARGEST)
    side = random.normal(size=size)
    np.testing.assert_allclose(solved(eliminate(pattern), matrix, side), np.linalg.solve(matrix, side), rtol=1e-9)


@settings(deadline=None)
@given(patterns())
def test_every_row_is_eliminated_once_and_its_columns_ascend_in_that_order(pattern: Pattern) -> None:
    lu = eliminate(pattern)
    place = {row: position for position, row in enumerate(lu.order)}
    assert sorted(lu.order) == list(range(len(pattern)))
    for i, columns in enumerate(pattern):
        places = [place[j] for j in (*lu.lower[i], i, *lu.upper[i])]
        assert places == sorted(set(places))
        assert {*lu.lower[i], i, *lu.upper[i]} >= columns
    assert lu.nonzeros == sum(len(lu.lower[i]) + len(lu.upper[i]) + 1 for i in lu.order)


@pytest.mark.parametrize("hub", [0, 3, 6])
def test_an_arrow_is_filled_nowhere(hub: int) -> None:
    size = 7
    pattern = [set(range(size)) if i == hub else {i, hub} for i in range(size)]
    lu = eliminate(pattern)
    assert lu.nonzeros == 3 * size - 2
    assert lu.updates == size - 1
    assert hub in lu.order[-2:]  # with one other row left, either comes last at no cost


def test_a_chain_is_filled_nowhere() -> None:
    size = 9
    lu = eliminate([{i, max(i - 1, 0)} for i in range(size)])
    assert lu.nonzeros == 2 * size - 1


def test_the_order_is_found_alike_every_time() -> None:
    pattern = [{0, 4}, {2}, {0, 3}, {1, 4}, {2}]
    assert eliminate(pattern) == eliminate([set(sorted(row, reverse=True)) for row in pattern])


def test_the_pattern_that_was_given_is_left_as_it_was() -> None:
    pattern = [{1, 2}, {0}, {0}]
    eliminate(pattern)
    assert pattern == [{1, 2}, {0}, {0}]


def test_nothing_is_eliminated_from_nothing() -> None:
    assert eliminate([]).nonzeros == 0
