"""Peaks as SciPy has them, which is too slow to load but knows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import median_filter
from scipy.signal import find_peaks

from avpi.blot.peaks import prominent_peaks, running_medians, summits


@pytest.mark.parametrize("digits", [1, 6])
def test_prominent_peaks_are_those_of_scipy(digits: int) -> None:
    random = np.random.default_rng(20261126)
    for _ in range(50):
        profile = np.round(np.convolve(random.normal(size=300), np.ones(7) / 7, "same"), digits)
        wanted, found = find_peaks(profile, prominence=0.2)
        at, prominences = prominent_peaks(profile, 0.2)
        assert at.tolist() == wanted.tolist()
        np.testing.assert_allclose(prominences, found["prominences"])


def test_every_place_of_a_plateau_is_a_summit() -> None:
    assert summits(np.array([0.0, 1.0, 1.0, 0.0, 2.0, 1.0])).tolist() == [1, 2, 4]


def test_running_medians_are_those_of_the_filter() -> None:
    values = np.random.default_rng(5).normal(size=(4, 90))
    np.testing.assert_array_equal(
        running_medians(values, 31, mode="reflect"), median_filter(values, size=(1, 31), mode="reflect")
    )
