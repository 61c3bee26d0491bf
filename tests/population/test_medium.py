"""TNF in the medium: the course that a secretion makes, and when two courses are the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from avpi.population.medium import Floats, change, course_of, knots, looks


@settings(max_examples=40, deadline=None)
@given(
    secreted=st.lists(st.floats(0, 10), min_size=2, max_size=8),
    steps=st.lists(st.floats(0.2, 6), min_size=8, max_size=8),
    losses=st.lists(st.floats(0.01, 2), min_size=8, max_size=8),
)
def test_the_course_is_that_of_the_differential_equation(
    secreted: list[float], steps: list[float], losses: list[float]
) -> None:
    times = np.concatenate([[0.0], np.cumsum(steps)])[: len(secreted)]
    values, loss = np.array(secreted), np.array(losses[: len(secreted)])
    exact = np.zeros(times.size)
    for i in range(1, times.size):
        mean = float(loss[i - 1] + loss[i]) / 2

        def rate(t: float, y: Floats, mean: float = mean) -> Floats:
            return np.asarray(np.interp(t, times, values) - mean * y)

        run = solve_ivp(
            rate,
            (times[i - 1], times[i]),
            [exact[i - 1]],
            rtol=1e-10,
            atol=1e-12,
        )
        exact[i] = run.y[0, -1]
    assert course_of(times, values, loss) == pytest.approx(exact, rel=1e-7, abs=1e-9)


def test_a_steady_secretion_ends_where_it_equals_the_loss() -> None:
    times = np.linspace(0, 100, 50)
    assert course_of(times, np.full(50, 0.3), np.full(50, 0.2))[-1] == pytest.approx(1.5)


@given(hours=st.floats(0.25, 200))
def test_corners_are_among_the_looks_from_the_beginning_to_the_end(hours: float) -> None:
    for times in (knots(hours), looks(hours)):
        assert (times[0], times[-1]) == (0, hours)
        assert np.all(np.diff(times) > 0)
    assert np.isin(knots(hours), looks(hours)).all()


def test_beside_much_added_tnf_a_little_secreted_tnf_need_not_be_exact() -> None:
    old, new = np.array([0.0, 0.010]), np.array([0.0, 0.011])
    assert change(old, new, np.zeros(2)) == pytest.approx(0.1 / 1.1)
    assert change(old, new, np.array([10.0, 10.0])) == pytest.approx(1e-4)
