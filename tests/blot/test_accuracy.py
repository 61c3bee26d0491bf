"""Volumes against known truth: errors of the ratio and coverage of its interval on simulated membranes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.blot.declared_blot import analyse, declared, membrane
from tests.blot.simulated_blot import simulate

SEEDS = range(3)


def course(seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(1000 + seed)
    fractions = np.concatenate([[1.0], 10 ** rng.uniform(-2.2, 0.1, 7)])
    fractions[rng.integers(1, 8)] = 0.0
    return fractions


@pytest.mark.parametrize(
    ("hardness", "median", "worst"),
    [
        ({}, 0.002, 0.02),
        ({"volume": 6e5}, 0.006, 0.04),
        ({"volume": 2e6, "lane_smear": 600.0, "gradient": 800.0}, 0.003, 0.02),
        ({"volume": 1.5e6, "read_noise": 60.0, "shot_gain": 6.0, "gradient": 1500.0}, 0.006, 0.04),
        ({"dark_bands": True, "tilt": 0.04, "smile_px": 6.0}, 0.003, 0.03),
    ],
    ids=["easy", "weak", "smear", "noisy", "tilted and dark"],
)
def test_ratios_are_right_and_their_intervals_cover(hardness: dict[str, Any], median: float, worst: float) -> None:
    errors, covered = [], []
    for seed in SEEDS:
        truth = course(seed)
        loading = np.random.default_rng(seed).uniform(0.7, 1.4, 8)
        drawn = simulate(membrane(truth, loading, **hardness), seed)
        result = analyse(drawn.image, declared(target_row=float(drawn.y_px[0].mean())))
        for lane, fraction in zip(result.lanes[1:], truth[1:], strict=True):
            ratio = lane.ratio_to_vehicle
            if ratio.state == "measured":
                errors.append(abs(ratio.value - fraction))
                covered.append(ratio.low <= fraction <= ratio.high)
            else:
                assert ratio.state == "below"
                covered.append(fraction <= ratio.value)
    assert np.median(errors) < median
    assert max(errors) < worst
    assert np.mean(covered) >= 0.90


def test_an_empty_lane_is_rarely_taken_for_a_band() -> None:
    detected = 0
    for seed in SEEDS:
        drawn = simulate(membrane((1.0, 0, 0, 0, 0, 0, 0, 0)), seed)
        result = analyse(drawn.image, declared())
        detected += sum(lane.bands[0].state == "measured" for lane in result.lanes[1:])
    assert detected <= 2


def test_twice_the_protein_is_twice_the_volume() -> None:
    volumes = []
    for volume in (2e6, 4e6):
        result = analyse(simulate(membrane((1.0,) * 8, volume=volume), 4).image, declared())
        volumes.append([lane.bands[0].volume for lane in result.lanes])
    assert np.divide(volumes[1], volumes[0]) == pytest.approx(2.0, rel=0.02)
