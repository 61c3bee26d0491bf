"""Lanes that run into each other: whose the columns between them are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from avpi.blot.shared_columns import Across, share_columns

PITCH, WIDTH, STRIPS = 60.0, 60 / 37, 37
HEIGHTS = np.array([1000.0, 30.0, 0.0, 800.0, 900.0, 5.0])


def across(half_px: NDArray[np.float64], soft_px: float, *, noise: float = 1.0, seed: int = 1) -> Across:
    """Draw the heights along six lanes whose plateaus end softly, each read out to half-way to the next."""
    rng = np.random.default_rng(seed)
    middle = PITCH * (np.arange(HEIGHTS.size) + 0.5)
    x = middle[:, None] + (np.arange(STRIPS) - STRIPS // 2) * WIDTH
    own = [
        height * (_end(x - at + half, soft_px) * _end(at + half - x, soft_px))
        for height, at, half in zip(HEIGHTS, middle, half_px, strict=True)
    ]
    seen = np.sum(own, axis=0) + rng.normal(0, noise, x.shape)
    width = np.full(x.shape, WIDTH)
    return Across(x_px=x, width_px=width, height=seen[..., None], sd=np.full((*x.shape, 1), noise))


def _end(inside: NDArray[np.float64], soft_px: float) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-np.clip(inside / soft_px, -40, 40)))


def truth(half_px: NDArray[np.float64], soft_px: float) -> NDArray[np.float64]:
    """Return what each plateau sums to, wherever it lies."""
    x = np.arange(-200, 200, 0.05)
    return np.array(
        [
            height * float((_end(x + half, soft_px) * _end(half - x, soft_px)).sum()) * 0.05
            for height, half in zip(HEIGHTS, half_px, strict=True)
        ]
    )


@pytest.mark.parametrize("soft", [1.0, 2.5])
def test_a_lane_that_reaches_into_an_empty_one_gets_its_light_back(soft: float) -> None:
    half = np.array([31.0, 24.0, 24.0, 31.0, 24.0, 24.0])
    drawn = across(half, soft)
    kept = (drawn.height[..., 0] * drawn.width_px).sum(axis=1)
    exchange = share_columns(drawn)
    wanted, found = truth(half, soft), kept + exchange.net[:, 0]
    # Lane 3 is empty beside a lane that is wider than its place; the outer lane loses its light off the gel.
    before, after = np.abs(kept - wanted)[1:5], np.abs(found - wanted)[1:5]
    assert after[1] < 0.15 * before[1]
    assert after.max() < 0.012 * wanted.max()


def test_lanes_that_a_gap_parts_exchange_nothing() -> None:
    exchange = share_columns(across(np.full(6, 21.0), 1.0))
    assert np.abs(exchange.net).max() < 0.001 * truth(np.full(6, 21.0), 1.0).max()


def test_what_one_lane_gains_another_loses() -> None:
    exchange = share_columns(across(np.array([31.0, 24.0, 30.0, 31.0, 24.0, 24.0]), 2.0))
    assert float(exchange.net.sum()) == pytest.approx(0.0, abs=1e-6)
    assert np.all(exchange.moved[:2] > 0)
