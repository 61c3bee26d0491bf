"""Isoboles: a compound with itself lies on the line, synergy below it, and no line is made up."""

from __future__ import annotations

import math

import numpy as np
import pytest

from avpi.dose.isobole import trace_isobole
from avpi.errors import InputError

LEVELS = np.array([0.0, *np.geomspace(1e-9, 1e-6, 13)])


def sham(power: float = 1.0) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return the effects of a compound combined with itself; ``power`` above 1 is less than that, below more."""
    a, b = LEVELS[:, None], LEVELS[None, :]
    dose = (a**power + b**power) ** (1 / power)
    effects: np.ndarray[tuple[int, int], np.dtype[np.float64]] = dose / (dose + 5e-8)
    return effects


def test_a_compound_with_itself_lies_on_the_line() -> None:
    found = trace_isobole(LEVELS, LEVELS, sham())
    assert found.alone_a == pytest.approx(5e-8, rel=0.02)
    assert found.alone_b == pytest.approx(5e-8, rel=0.02)
    assert found.index == pytest.approx(np.ones(found.index.size), abs=0.03)
    assert found.index.size > 10


def test_synergy_lies_below_the_line_and_antagonism_above() -> None:
    assert np.mean(trace_isobole(LEVELS, LEVELS, sham(0.6)).index) < 0.9
    assert np.mean(trace_isobole(LEVELS, LEVELS, sham(2.0)).index) > 1.1


def test_where_a_compound_alone_does_not_reach_the_effect_there_is_no_line() -> None:
    effects = sham()
    effects[0] = 0.1 * effects[0]
    found = trace_isobole(LEVELS, LEVELS, effects)
    assert math.isnan(found.alone_b)
    assert found.why_undefined == "B alone does not reach this effect within its tested doses"
    assert np.all(np.isnan(found.index))
    both = trace_isobole(LEVELS, LEVELS, sham(), 0.99)
    assert both.why_undefined == "A and B alone do not reach this effect within its tested doses"


def test_missing_wells_are_stepped_over() -> None:
    effects = sham()
    effects[5, :] = math.nan
    assert trace_isobole(LEVELS, LEVELS, effects).alone_a == pytest.approx(5e-8, rel=0.05)


def test_a_matrix_that_does_not_fit_its_doses_is_refused() -> None:
    with pytest.raises(InputError, match=r"'\(3, 2\)'"):
        trace_isobole([0, 1], [0, 1], np.zeros((3, 2)))
    with pytest.raises(InputError, match="doses_a"):
        trace_isobole([1, 0], [0, 1], np.zeros((2, 2)))
