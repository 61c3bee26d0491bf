"""Volumes on a membrane that is uneven: nearer to the truth than a plain fit, and as sure as they say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from avpi.blot.kriging import Kriged, LaneSums, krige

SD, ROWS, LANES = 4.0, np.arange(-34.0, 35.0), 10
VOLUMES = np.array([1.0, 0.8, 0.5, 0.3, 0.1, 0.05, 0.02, 0.0, 0.0, 0.9]) * 4e5
SHAPE = np.exp(-0.5 * (ROWS / SD) ** 2) / (np.sqrt(2 * np.pi) * SD)
LINE = np.stack([np.ones_like(ROWS), ROWS / 34, (ROWS / 34) ** 2], axis=1)


def drawn(seed: int, lumps: float, *, noise: float = 40.0, length: float = 14.0, wrong: float = 0.0) -> LaneSums:
    """Draw lanes with lumps of a size (sd) and bands whose heights are wrong by a smooth share."""
    rng = np.random.default_rng(seed)
    apart = np.abs(ROWS[:, None] - ROWS[None, :])

    def smooth(over: float) -> NDArray[np.float64]:
        root = np.linalg.cholesky(np.exp(-0.5 * (apart / over) ** 2) + 1e-6 * np.eye(ROWS.size))
        return rng.normal(size=(LANES, ROWS.size)) @ root.T

    bands = VOLUMES[:, None] * SHAPE * (1 + wrong * smooth(SD))
    bands *= VOLUMES[:, None] / np.maximum(bands.sum(axis=1, keepdims=True), 1.0)
    seen = bands + 20_000 + 300 * ROWS / 34 + lumps * smooth(length) + rng.normal(0, noise, (LANES, ROWS.size))
    shapes = np.broadcast_to(SHAPE, (LANES, 1, ROWS.size))
    return LaneSums(rows_px=ROWS, sd_px=SD, seen=seen, noise=np.full(seen.shape, noise**2), shapes=shapes,
                    volumes=VOLUMES[:, None], line=LINE)  # fmt: skip


def errors(found: Kriged) -> NDArray[np.float64]:
    return found.volumes[:, 0] - VOLUMES


@pytest.mark.parametrize("lumps", [0.0, 300.0, 1500.0])
def test_intervals_hold_the_truth_however_uneven_the_membrane_is(lumps: float) -> None:
    z = []
    for seed in range(30):
        found = krige(drawn(seed, lumps))
        z += list(errors(found) / found.sd[:, 0])
    assert np.mean(np.abs(z) < 1.96) >= 0.93
    # Drawn lumps are smoother than those it reckons with, so that it may be too careful, but not by much.
    assert np.sqrt(np.mean(np.square(z))) > 0.35


def test_lumps_shorter_than_the_window_are_told_from_a_band() -> None:
    found, plain = [], []
    design = np.concatenate([SHAPE[:, None], LINE], axis=1)
    for seed in range(20):
        sums = drawn(seed, 1500.0)
        found.append(errors(krige(sums)))
        plain.append(np.linalg.lstsq(design, sums.seen.T, rcond=None)[0][0] - VOLUMES)
    assert np.std(found) < 0.7 * np.std(plain)


def test_a_strong_band_of_a_wrong_shape_is_summed_rather_than_fitted() -> None:
    off = [errors(krige(drawn(seed, 0.0, wrong=0.05)))[0] / VOLUMES[0] for seed in range(20)]
    assert np.sqrt(np.mean(np.square(off))) < 0.004


def test_rows_that_were_not_seen_do_not_count() -> None:
    sums = drawn(1, 0.0)
    whole = krige(sums).volumes
    sums.seen[:, 30:36], sums.noise[:, 30:36] = 65_535.0, np.inf
    assert krige(sums).volumes == pytest.approx(whole, abs=0.02 * VOLUMES.max())


def test_nothing_is_surer_than_a_band() -> None:
    found = krige(drawn(2, 300.0, wrong=0.03))
    assert found.nothing_sd[0, 0] < found.sd[0, 0]
    assert found.nothing_sd[7, 0] == pytest.approx(found.sd[7, 0], rel=0.05)
