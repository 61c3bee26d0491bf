"""Ladders: masses at heights, amounts from volumes, shoulders that hide, and ladders that do not fit."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from avpi.blot.ladder import check_amounts, read_ladder
from avpi.blot.lane_bands import fit_bands, match_bands
from avpi.errors import NotAnalysed

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "blots"
KDA = (250.0, 150.0, 100.0, 75.0, 50.0, 37.0, 25.0)
AMOUNTS = (20.0, 25.0, 30.0, 60.0, 25.0, 15.0, 40.0)
ROWS = np.array([60.0, 88.0, 120.0, 146.0, 196.0, 236.0, 290.0])
X = np.array([60.0, 150.0, 240.0])


def gel(seed: int, rows: NDArray[np.float64] = ROWS, amounts: tuple[float, ...] = AMOUNTS) -> NDArray[np.float64]:
    """Draw three lanes of one ladder: bands get thicker down the gel, the lanes run a little apart."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:360, :300].astype(float)
    values = 400 + 0.3 * x + 0.2 * y
    for lane, centre in enumerate(X):
        across = 1 / (1 + np.exp((np.abs(x - centre) - 28) / 1.5))
        for row, amount in zip(rows, amounts, strict=True):
            sd = 2.6 * np.exp(row / 500)
            middle = row + 4 * lane + 0.03 * (x - centre)
            values += 300 * amount / sd * np.exp(-0.5 * ((y - middle) / sd) ** 2) * across
    noisy: NDArray[np.float64] = values + rng.normal(0, 1, values.shape) * np.sqrt(15**2 + 2 * values)
    return noisy


@pytest.mark.parametrize("seed", range(3))
def test_every_band_of_a_ladder_is_where_it_runs_and_holds_what_it_holds(seed: int) -> None:
    for lane in read_ladder(gel(seed), X, 90.0, (1, 2, 3), KDA):
        at = np.array([band.y_px for band in lane.bands])
        assert np.abs(at - (ROWS + 4 * (lane.lane - 1))).max() < 1.0
        assert check_amounts(lane, AMOUNTS).median_error < 0.03


def test_a_height_has_a_mass_and_a_mass_a_height() -> None:
    lane = read_ladder(gel(1), X, 90.0, (1,), KDA)[0]
    assert lane.mass_at(lane.bands[3].y_px) == pytest.approx(75.0)
    between = lane.mass_at(170.0)
    assert between is not None
    assert 50 < between < 75
    row = lane.row_of(68.0)
    assert row is not None
    assert lane.mass_at(row) == pytest.approx(68.0, rel=0.01)
    assert lane.mass_at(350.0) is None
    assert lane.row_of(5.0) is None


def with_a_band_beside(gap_px: float) -> tuple[NDArray[np.float64], tuple[float, ...]]:
    rows = np.sort(np.append(ROWS, ROWS[4] + gap_px))
    amounts = (*AMOUNTS[:4], 40.0, 20.0, *AMOUNTS[5:])
    return gel(2, rows, amounts), (250.0, 150.0, 100.0, 75.0, 50.0, 46.0, 37.0, 25.0)


def test_a_shoulder_is_found_in_all_lanes_together() -> None:
    values, masses = with_a_band_beside(13.0)
    for lane in read_ladder(values, X, 90.0, (1, 2, 3), masses):
        assert lane.bands[5].y_px == pytest.approx(ROWS[4] + 13.0 + 4 * (lane.lane - 1), abs=2.0)


def test_a_band_that_cannot_be_told_from_its_neighbour_is_not_made_up() -> None:
    values, masses = with_a_band_beside(5.0)
    with pytest.raises(NotAnalysed, match=r"8 masses are declared .* \(7 in lane 1"):
        read_ladder(values, X, 90.0, (1, 2, 3), masses)


def test_a_ladder_with_other_bands_than_declared_is_refused() -> None:
    with pytest.raises(NotAnalysed, match="12 masses are declared") as refused:
        read_ladder(gel(1), X, 90.0, (1, 2), (*KDA, 20.0, 15.0, 10.0, 8.0, 6.0))
    assert refused.value.code == "ladder_bands"
    with pytest.raises(NotAnalysed, match="5 masses are declared"):
        read_ladder(gel(1), X, 90.0, (1,), KDA[:5])


def test_a_known_amount_of_zero_signal_does_not_become_infinite() -> None:
    bands = fit_bands(np.zeros(200) + 1e-3 * np.arange(200), np.array([50.0, 120.0]), 40.0)
    assert all(np.isfinite([band.volume, band.volume_se]).all() for band in bands)


def test_bands_are_matched_in_order_with_some_missing() -> None:
    template = np.array([10.0, 25.0, 45.0, 60.0, 90.0])
    assert match_bands(np.array([14.0, 50.0, 66.0, 97.0]), template).tolist() == [0, 2, 3, 4]


@pytest.mark.shared_data
@pytest.mark.skipif(not DATA.is_dir(), reason="the real blots are not beside the checkout")
def test_masses_of_a_real_ladder_are_read_from_all_four_lanes() -> None:
    pixels = np.array(Image.open(DATA / "gelgenie_ladder_reference_gel.tif"), dtype=float)
    table = list(csv.reader((DATA / "gelgenie_ladder_truth.csv").read_text(encoding="utf-8").splitlines()))[1:]
    lanes = read_ladder(
        pixels, np.array([387.0, 616.0, 843.0, 1073.0]), 228.0, (1, 2, 3, 4), [float(r[1]) for r in table]
    )
    errors = [check_amounts(lane, [float(r[2]) for r in table]).median_error for lane in lanes]
    assert max(errors) <= 0.08
