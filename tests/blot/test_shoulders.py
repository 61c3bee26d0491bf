"""Rows without a dip of their own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from avpi.blot.rows import LaneProfiles, find_rows, profile_noise
from avpi.blot.shoulders import every_row

FWHM, ROWS, AT = 8.0, 200, 90.0
SD = FWHM / 2.3548


def profiles(gap_fwhm: float, share: float, *, power: float = 2.0, lanes: int = 5) -> LaneProfiles:
    """Draw lanes with a strong band and one beside it."""
    rng = np.random.default_rng(3)
    y = np.arange(ROWS)

    def band(at: float) -> NDArray[np.float64]:
        shape: NDArray[np.float64] = np.exp(-0.5 * np.abs((y - at) / SD) ** power)
        return shape

    one = 6000 * (band(AT) + share * band(AT + gap_fwhm * FWHM))
    means = np.tile(one, (lanes, 1)) + rng.normal(0, 5, (lanes, ROWS))
    return LaneProfiles(means=means, peaks=means, noise=profile_noise(means), smoothing_px=1.0)


@pytest.mark.parametrize(("gap", "share"), [(1.15, 0.4), (1.0, 0.8), (1.25, 0.25)])
def test_a_band_that_leans_on_a_stronger_one_is_a_row(gap: float, share: float) -> None:
    drawn = profiles(gap, share)
    everywhere = np.ones(5, bool)
    assert len(find_rows(drawn, everywhere)) == 1
    rows = every_row(drawn, everywhere)
    assert [row.y_px for row in rows] == pytest.approx([AT, AT + gap * FWHM], abs=1.5)


@pytest.mark.parametrize("power", [2.0, 3.0, 6.0])
def test_one_band_is_one_row_whatever_its_top(power: float) -> None:
    assert len(every_row(profiles(1.0, 0.0, power=power), np.ones(5, bool))) == 1
