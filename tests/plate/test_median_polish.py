"""Median polish as R's, and refused where it would take the treatment for place."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from avpi.errors import InputError
from avpi.plate.median_polish import median_polish, screen_b_scores


def screen(seed: int = 1) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    rows, columns = np.linspace(-2000, 2000, 16), 1500 * np.cos(np.arange(24) / 4)
    return np.asarray(50_000 + rows[:, None] + columns + 500 * random.standard_normal((16, 24)))


def test_rows_and_columns_come_out_and_a_hit_stays() -> None:
    values = screen()
    values[5, 7] = 20_000
    values[3, 3] = np.nan
    found = screen_b_scores(values)
    assert found.converged
    assert np.std(np.delete(found.residuals[5], 7)) < 700
    assert found.b_scores[5, 7] < -30
    assert np.isnan(found.b_scores[3, 3])
    whole = found.overall + found.rows[:, None] + found.columns + found.residuals
    np.testing.assert_allclose(whole[np.isfinite(values)], values[np.isfinite(values)])


def test_doses_in_a_row_are_refused() -> None:
    values = screen()
    values[4:6] *= np.linspace(1.0, 0.1, 24)
    with pytest.raises(InputError, match="row 5 lies away from the rest as a whole"):
        screen_b_scores(values)


def test_many_hits_are_refused() -> None:
    values = screen()
    hits = np.random.default_rng(3).random(values.shape) < 0.3
    values[hits] = 5_000
    with pytest.raises(InputError, match=r"[23]\d % of the wells lie more than 3 SD"):
        screen_b_scores(values)


@pytest.mark.shared_data
def test_it_is_the_median_polish_of_r(shared_data: Path) -> None:
    """Twenty-eight rows and forty-four columns of each plate, as R's ``medpolish`` takes them apart."""
    reference = json.loads((shared_data / "dose/stats/gdsc_medpolish_reference.json").read_text(encoding="utf-8"))
    raw = pd.read_csv(shared_data / "dose/gdsc_raw/gdsc_raw_120plates.csv.gz")
    for barcode, expected in reference.items():
        plate = np.full((32, 48), np.nan)
        wells = raw[raw["BARCODE"] == int(barcode)]
        plate.ravel()[wells["POSITION"].to_numpy() - 1] = wells["INTENSITY"]
        found = median_polish(plate[2:-2, 2:-2])
        numbers = [np.nan if value == "NA" else float(value) for value in expected["col"]]
        assert found.overall == pytest.approx(expected["overall"], rel=1e-12)
        np.testing.assert_allclose(found.rows, expected["row"], rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(found.columns, numbers, rtol=1e-9, atol=1e-6)
        assert found.mad == pytest.approx(expected["mad_residual"], rel=1e-9)
