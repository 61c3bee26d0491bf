"""A drawn blot holds the volumes it was told to hold, and looks as a 16-bit imager's file does."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from avpi.virtual_lab.blot_image import COLUMNS, ROWS, UNIT_VOLUME, WHITE, DrawnBand, Membrane, expose, run_gel

ROW = 150
FAINT_ROW = 345


def draw(amounts: list[float], seed: int = 1) -> tuple[NDArray[np.uint16], Membrane]:
    random = np.random.default_rng(seed)
    membrane = run_gel(np.ones(len(amounts)), random)
    return expose(membrane, [DrawnBand(row_px=ROW, amounts=np.array(amounts))], FAINT_ROW, random), membrane


def volume(pixels: NDArray[np.uint16], x_px: float, row_px: float) -> float:
    """Sum a box and take off a straight background, column by column, between the rows above and below it."""
    columns, top, bottom = slice(int(x_px) - 40, int(x_px) + 41), int(row_px) - 22, int(row_px) + 28
    above, below = (np.median(pixels[r : r + 10, columns], axis=0) for r in (top - 10, bottom))
    return float((pixels[top:bottom, columns] - (above + below) / 2).sum())


def test_a_blot_is_a_16_bit_image_with_bright_bands() -> None:
    pixels, membrane = draw([1.0] * 6)
    assert pixels.dtype == np.uint16
    assert pixels.shape == (ROWS, COLUMNS)
    band = pixels[ROW - 10 : ROW + 20, int(membrane.lane_x_px[0])].max()
    assert band > 10 * np.median(pixels)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.03, 1.6), min_size=2, max_size=6), st.integers(0, 1000))
def test_the_summed_box_of_a_band_gives_its_amount(amounts: list[float], seed: int) -> None:
    pixels, membrane = draw(amounts, seed)
    found = [volume(pixels, x, ROW) / UNIT_VOLUME for x in membrane.lane_x_px]
    # The lumps of the background (35 grey over the box) are beyond a straight line: they cost up to 0.01 in amount.
    np.testing.assert_allclose(found, amounts, rtol=0.04, atol=0.012)


def test_an_overloaded_band_saturates_and_lost_signal_stays_lost() -> None:
    pixels, membrane = draw([1.0, 3.2, 1.0])
    assert (pixels == WHITE).sum() > 100
    assert volume(pixels, membrane.lane_x_px[1], ROW) < 3.15 * UNIT_VOLUME


def test_the_background_is_uneven() -> None:
    pixels, _ = draw([1.0] * 6)
    corners = [np.median(pixels[r : r + 40, c : c + 40]) for r in (30, 380) for c in (30, 630)]
    assert max(corners) - min(corners) > 100


def test_lanes_are_not_quite_evenly_spaced() -> None:
    _, membrane = draw([1.0] * 6)
    assert np.std(np.diff(membrane.lane_x_px)) > 0.5


def test_the_camera_adds_noise_that_grows_with_light() -> None:
    pixels, _ = draw([0.0] * 6)
    glass, membrane = pixels[2:12, 100:600].astype(float), pixels[200:210, 100:600].astype(float)
    assert 20 < np.diff(glass, axis=0).std() / np.sqrt(2) < np.diff(membrane, axis=0).std() / np.sqrt(2) < 80
