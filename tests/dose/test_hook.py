"""Means over the wells of a dose, as the search for a hook takes them."""

from __future__ import annotations

import pytest

from avpi.dose.curve_points import read_points
from avpi.dose.hook import level_means


def test_wells_of_one_dose_are_found_though_rounding_set_them_apart() -> None:
    points = read_points([10e-9, 10.01e-9, 9.99e-9, 33.3e-9, 33.33e-9], [1.0, 0.9, 1.1, 0.5, 0.4])
    means, heights = level_means(points)
    assert means == pytest.approx([1.0, 0.45])
    assert heights == pytest.approx([3, 2])
