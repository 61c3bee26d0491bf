"""Faults in disguise: bent before rounding, saved as fractions, copied with other brightness, painted, filtered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import median_filter, rotate

from avpi.blot.bands import Box
from avpi.blot.integrity import unrecoverable
from avpi.blot.integrity_bands import beside_cut_borders
from avpi.blot.integrity_borders import CutBorder
from avpi.blot.integrity_probe import Probed, earlier_probe_findings
from avpi.blot.integrity_stored import plain_levels
from avpi.blot.polarity import as_signal
from avpi.virtual_lab import blot_damage as damage
from avpi.virtual_lab.blot_levels import draw_blot
from tests.blot.examined_picture import codes, examined, stored

EASY = draw_blot("easy", 2)


def camera(random: np.random.Generator, counts_per_electron: float = 1.0) -> NDArray[np.float64]:
    """Draw light as a camera counts it: two rows of bands on a membrane, not yet rounded."""
    row, column = np.mgrid[:320, :640].astype(float)
    light = np.full(row.shape, 800.0)
    for y, height in ((110.0, 26000.0), (220.0, 18000.0)):
        for lane in range(9):
            across = 1 / (1 + ((column - 50 - 65 * lane) / 22) ** 16)
            light += height * (1 - 0.1 * lane) * np.exp(-0.5 * ((row - y) / 5) ** 2) * across
    grey = random.poisson(light / counts_per_electron) * counts_per_electron + random.normal(0, 8, light.shape)
    return np.asarray(grey, np.float64)


@pytest.mark.parametrize("gamma", [0.6, 0.8, 1.4, 1.6])
def test_a_curve_applied_before_rounding_is_seen_in_how_noise_grows(gamma: float) -> None:
    light = camera(np.random.default_rng(4))
    bent = np.rint(65535 * (np.clip(light, 0, None) / 65535) ** gamma).astype(np.uint16)
    assert "gamma_changed" in codes(bent)


@pytest.mark.parametrize("gain", [0.4, 1.0, 3.0])
@pytest.mark.parametrize("offset", [0, 8000])
def test_whatever_counts_an_electron_gives_and_wherever_zero_lies_light_is_not_bent(gain: float, offset: int) -> None:
    light = camera(np.random.default_rng(5), gain)
    assert codes(np.rint(light + offset).astype(np.uint16)) == set()


@pytest.mark.parametrize(
    "turned",
    [lambda p: median_filter(p, 3), lambda p: rotate(p, 1.2, reshape=False, order=1, mode="nearest")],
    ids=["median", "turned"],
)
def test_a_filtered_picture_is_called_filtered_and_not_bent(turned: Any) -> None:
    found = codes(np.rint(turned(camera(np.random.default_rng(6)))).astype(np.uint16))
    assert "filtered_picture" in found
    assert "gamma_changed" not in found


def test_grain_of_pixels_is_no_curve() -> None:
    random = np.random.default_rng(7)
    light = camera(random)
    found = codes(np.rint(light * (1 + 0.03 * random.normal(size=light.shape))).astype(np.uint16))
    assert found == {"filtered_picture"}


@pytest.mark.parametrize("scale", [1.0, 65535.0])
def test_saving_as_fractions_hides_nothing(scale: float) -> None:
    def saved(pixels: NDArray[Any]) -> NDArray[np.float32]:
        top = np.float32(255 if pixels.dtype == np.uint8 else 65535) if scale > 1 else np.float32(1)
        return (pixels.astype(np.float32) / top).astype(np.float32)

    assert codes(saved(EASY.image)) == set()
    assert "few_grey_levels" in codes(saved(damage.eight_bits(EASY.image)))
    assert "hidden_jpeg" in codes(saved(damage.through_jpeg(damage.eight_bits(EASY.image), 80)))
    assert "saturated_picture" in codes(saved(damage.overexposed(EASY.image, 4.0)))
    assert "copied_region" in codes(saved(with_pasted_band(1.0)))


def test_numbers_that_are_no_levels_stay_as_they_are() -> None:
    light = camera(np.random.default_rng(8)).astype(np.float32)
    assert plain_levels(light).values is light
    assert "copies_not_searched" in codes(light)


@pytest.mark.parametrize("factor", [1, 257, 256])
def test_eight_bits_spread_over_sixteen_are_eight_bits_and_not_bent(factor: int) -> None:
    found = codes(damage.eight_bits(EASY.image).astype(np.uint16) * np.uint16(factor))
    assert found == {"few_grey_levels"}


@pytest.mark.parametrize("quality", [50, 75, 95])
def test_a_jpeg_is_neither_copied_nor_saturated(quality: int) -> None:
    pixels = damage.through_jpeg(damage.eight_bits(EASY.image), quality)
    assert codes(pixels, lossy=True) == {"lossy_image", "eight_bit", "copies_not_searched"}
    saturated = damage.through_jpeg(damage.eight_bits(damage.overexposed(EASY.image, 5.0)), quality)
    assert "saturated_picture" in codes(saturated, lossy=True)


def with_pasted_band(factor: float) -> NDArray[np.uint16]:
    forged = EASY.image.copy()
    row, half = round(EASY.target_y_px[0]), 30
    first, third = round(EASY.lane_x_px[0]), round(EASY.lane_x_px[3])
    patch = EASY.image[row - 14 : row + 14, first - half : first + half]
    forged[row - 14 : row + 14, third - half : third + half] = np.rint(patch * factor)
    return forged


@pytest.mark.parametrize("factor", [0.8, 1.15])
def test_a_pasted_band_of_other_brightness_is_seen(factor: float) -> None:
    refused = unrecoverable(examined(with_pasted_band(factor)).findings)
    assert refused is not None
    assert refused.code == "copied_region"


def test_a_patch_painted_with_one_level_is_seen_and_a_frame_is_none() -> None:
    row, column = round(EASY.target_y_px[2]), round(EASY.lane_x_px[2])
    painted = EASY.image.copy()
    painted[row - 15 : row + 15, column - 25 : column + 25] = int(np.median(painted))
    refused = unrecoverable(examined(painted).findings)
    assert refused is not None
    assert refused.code == "painted_region"
    framed = EASY.image.copy()
    framed[:, :30] = int(np.median(framed))
    assert "painted_region" not in codes(framed)


def test_of_a_large_picture_it_is_said_that_not_all_was_searched() -> None:
    large = np.tile(camera(np.random.default_rng(9)), (6, 4)) + np.random.default_rng(1).normal(0, 60, (1920, 2560))
    assert "copies_not_searched" in codes(np.rint(np.clip(large, 0, None)).astype(np.uint16))


def probed(
    rows: dict[float, NDArray[Any]], at: float, name: str, *, known: tuple[float, ...] = (), zoom: float = 1.0
) -> Probed:
    random = np.random.default_rng(3)
    lanes = np.array([60.0, 130.0, 200.0, 270.0, 340.0, 410.0]) * zoom
    y, x = np.mgrid[: round(300 * zoom), : round(480 * zoom)]
    values = 900 + random.normal(0, 20, y.shape)
    for row, amounts in rows.items():
        for amount, lane in zip(amounts, lanes, strict=True):
            values += amount * np.exp(-0.5 * ((y - row * zoom) / 4) ** 2) * (np.abs(x - lane) < 25 * zoom)
    return Probed(
        values=values, lanes_x_px=lanes, pitch_px=70 * zoom, row_px=at * zoom, fwhm_px=9.4, name=name,
        source=f"{name}.tif", known_rows_px=tuple(k * zoom for k in known),
    )  # fmt: skip


AMOUNTS = np.array([1, 0.8, 0.3, 0.1, 0.5, 0.9])
LOADED = np.array([1, 1.1, 0.9, 1, 1.05, 0.95])


def test_a_declared_neighbour_is_no_rest_of_the_control() -> None:
    target = {100.0: 20000 * AMOUNTS, 140.0: 6000 * LOADED}
    control = probed({142.0: 15000 * LOADED}, 142, "actin")
    assert [f.code for f in earlier_probe_findings(probed(target, 100, "cIAP1"), control, "b")] == ["residual_signal"]
    assert earlier_probe_findings(probed(target, 100, "cIAP1", known=(140.0,)), control, "b") == []


def test_pictures_of_other_size_are_compared_by_their_lanes_or_it_is_said_that_they_were_not() -> None:
    target = probed({100.0: 20000 * AMOUNTS}, 100, "PARP")
    dirty = probed({200.0: 15000 * LOADED, 102.0: 4000 * AMOUNTS}, 200, "actin", zoom=0.9)
    assert [f.code for f in earlier_probe_findings(target, dirty, "b")] == ["residual_signal"]
    short = Probed(**{**{f: getattr(target, f) for f in target.__slots__}, "values": target.values[:150]})
    found = earlier_probe_findings(short, dirty, "b")
    assert {f.code: f.severity for f in found} == {"residual_signal": "warning", "residual_not_checked": "note"}


def test_a_border_that_cuts_bands_right_beside_a_row_leaves_none_of_it_measured() -> None:
    boxes = [Box(x_px=x, y_px=24.0, width_px=40, height_px=20) for x in (40.0, 100.0, 160.0)]
    lanes = np.array([40.0, 100.0, 160.0])

    def why(side: Any, y: float = 24.0, x: float = 0.0) -> str:
        border = CutBorder(side=side, at_px=(40.0,), share=0.5)
        moved = [Box(x_px=b.x_px, y_px=y, width_px=40, height_px=20) for b in boxes]
        return beside_cut_borders([border], (300, 200), moved, lanes_x_px=lanes + x, pitch_px=60)

    assert "top border cuts" in why("top")
    assert why("top", y=60.0) == ""
    assert why("left") == ""
    assert "left border cuts a lane" in why("left", x=20.0)


def test_signal_of_fractions_ends_where_whole_levels_end() -> None:
    pixels = damage.overexposed(EASY.image, 4.0)
    whole, fractions = as_signal(stored(pixels)), as_signal(stored((pixels / 65535).astype(np.float32)))
    np.testing.assert_array_equal(whole.saturated, fractions.saturated)
