"""What was done to a picture before it came: each fault is named, and an honest picture passes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from avpi.blot.bands import Box
from avpi.blot.integrity import examine_picture, unrecoverable
from avpi.blot.integrity_bands import examine_bands
from avpi.blot.integrity_probe import Probed, earlier_probe_findings
from avpi.blot.polarity import as_signal
from avpi.formats.blot_image import read_blot_image
from avpi.virtual_lab import blot_damage as damage
from avpi.virtual_lab.blot_difficulty import LEVELS, Level
from avpi.virtual_lab.blot_levels import LevelBlot, draw_blot
from tests.blot.declared_blot import picture
from tests.blot.examined_picture import codes, examined, stored

FAULTS = {
    "gamma_changed", "contrast_stretched", "clipped_black", "saturated_picture", "cut_band", "hidden_jpeg",
    "copied_region", "spliced_picture", "blank_picture", "not_a_blot",
}  # fmt: skip


def test_sixteen_bits_of_which_eight_are_used_are_flagged_as_eight_bits_are(tmp_path: Path) -> None:
    pixels = damage.eight_bits(draw_blot("easy", 11).image)
    for factor in (1, 256):
        path = tmp_path / f"times-{factor}.png"
        Image.fromarray(pixels.astype(np.uint16) * factor).save(path)
        image = read_blot_image(path, path.name)
        found = {f.code: f.severity for f in examine_picture(image, as_signal(image), "blot 1").findings}
        assert found.get("few_grey_levels") == "warning"


def vehicle(blot: LevelBlot) -> int:
    return blot.vehicle[0] - 1


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dark", [False, True])
def test_an_honest_picture_shows_no_fault(level: Level, dark: bool) -> None:
    pixels = draw_blot(level, 11).image
    pixels = (65535 - pixels).astype(np.uint16) if dark else pixels
    assert codes(pixels) & FAULTS == set()
    assert codes(damage.eight_bits(pixels)) & FAULTS == set()


@pytest.mark.parametrize("more", [{}, {"shot_gain": 0.0}, {"read_noise": 1.0, "shot_gain": 4.0}, {"frame_px": 60}])
def test_whatever_the_camera_an_honest_picture_shows_no_fault(more: dict[str, Any]) -> None:
    assert codes(picture(**more).image.pixels) & FAULTS == set()


@pytest.mark.parametrize("edge_px", [0.7, 1.2])
def test_bands_with_steep_sides_are_no_gamma_correction(edge_px: float) -> None:
    row, column = np.mgrid[:240, :480].astype(float)
    light = np.full(row.shape, 3000.0)
    for lane in range(8):
        for height, y in ((12000.0, 80.0), (9000.0, 165.0), (500.0, 120.0)):
            inside = [np.tanh((half - np.abs(at)) / edge_px) / 2 + 0.5
                      for at, half in ((row - y, 4.0), (column - 32 - 60 * lane, 20.0))]  # fmt: skip
            light += height * inside[0] * inside[1]
    noise = np.random.default_rng(11).normal(size=light.shape)
    drawn = (light + noise * np.sqrt(300 + 0.8 * light)).round().astype(np.uint16)
    assert "gamma_changed" not in codes(drawn)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("gamma", [0.45, 0.8, 1.5, 2.2])
def test_a_gamma_correction_is_seen_and_refused(level: Level, gamma: float) -> None:
    found = examined(damage.gamma_corrected(draw_blot(level, 12).image, gamma)).findings
    refused = unrecoverable(found)
    assert refused is not None
    assert refused.code == "gamma_changed"
    assert refused.subject == "blot 1"


def test_a_gamma_correction_is_seen_by_noise_alone() -> None:
    # Bent before it was rounded to whole levels: the levels show nothing.
    pixels = draw_blot("hard", 12).image + np.random.default_rng(0).uniform(
        -0.5, 0.5, draw_blot("hard", 12).image.shape
    )
    for gamma in (0.5, 2.0):
        bent = np.rint(65535 * (np.clip(pixels, 0, None) / 65535) ** gamma).astype(np.uint16)
        assert "gamma_changed" in codes(bent)


def test_a_shift_of_bits_is_no_fault_and_a_stretch_is_one() -> None:
    pixels = draw_blot("medium", 3).image
    assert codes(np.minimum(pixels, 16383) << 2) & {"gamma_changed", "contrast_stretched"} == set()
    stretched = np.rint(np.clip(pixels.astype(float) - pixels.min(), 0, 30000) * 1.37).astype(np.uint16)
    assert "contrast_stretched" in codes(stretched)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_blacks_cut_off_are_seen_and_refused_where_bands_stand_in_them(level: Level, share: float) -> None:
    found = examined(damage.black_clipped(draw_blot(level, 4).image, share)).findings
    assert "clipped_black" in {finding.code for finding in found}
    if share == 0.5:
        refused = unrecoverable(found)
        assert refused is not None
        assert refused.code == "clipped_black"


@pytest.mark.parametrize("top", [65535, 4095, 3900])
@pytest.mark.parametrize("dark", [False, True])
def test_saturation_is_seen_at_the_top_and_below_it(top: int, dark: bool) -> None:
    blot = draw_blot("easy", 5)
    brightest = float(blot.image.max())
    pixels = np.minimum(np.rint(blot.image * (top * 1.4 / brightest)), top).astype(np.uint16)
    stored_pixels = (65535 - pixels).astype(np.uint16) if dark else pixels
    image = stored(stored_pixels)
    signal = as_signal(image)
    np.testing.assert_array_equal(signal.saturated, pixels == top)
    assert "saturated_picture" in {f.code for f in examine_picture(image, signal, "b").findings}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("side", ["top", "bottom", "left"])
def test_a_band_cut_at_half_is_seen(level: Level, side: str) -> None:
    blot = draw_blot(level, 6, two_images=False)
    row, column = round(blot.target_y_px[vehicle(blot)]), round(blot.lane_x_px[vehicle(blot)])
    if side == "bottom":
        row = round(blot.control_y_px[vehicle(blot)])
    kept = {"top": blot.image[row:], "bottom": blot.image[: row + 1], "left": blot.image[:, column:]}[side]
    found = examined(kept)
    assert side in {border.side for border in found.cut}
    assert "cut_band" in {finding.code for finding in found.findings}
    assert as_signal(stored(kept)).polarity == "bright"


@pytest.mark.parametrize("quality", [70, 90, 100])
def test_a_jpeg_stored_again_is_seen_and_refused_unless_allowed(quality: int) -> None:
    found = examined(damage.through_jpeg(damage.eight_bits(draw_blot("medium", 7).image), quality)).findings
    refused = unrecoverable(found)
    assert refused is not None
    assert refused.code == "hidden_jpeg"
    assert unrecoverable(found, allow_lossy=True) is None


def pasted(turn: Callable[[NDArray[Any]], NDArray[Any]]) -> NDArray[np.uint16]:
    blot = draw_blot("easy", 2)
    forged = blot.image.copy()
    row, half = round(blot.target_y_px[0]), 30
    first, third = round(blot.lane_x_px[0]), round(blot.lane_x_px[3])
    patch = blot.image[row - 12 : row + 12, first - half : first + half]
    forged[row - 12 : row + 12, third - half : third + half] = turn(patch)
    return forged


@pytest.mark.parametrize(
    "turn", [lambda p: p, lambda p: p[:, ::-1], lambda p: p[::-1], lambda p: p[::-1, ::-1]],
    ids=["as it is", "mirrored", "upside down", "half turned"],
)  # fmt: skip
def test_a_pasted_band_is_seen_whichever_way_it_was_turned(turn: Callable[[NDArray[Any]], NDArray[Any]]) -> None:
    refused = unrecoverable(examined(pasted(turn)).findings)
    assert refused is not None
    assert refused.code == "copied_region"


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_pasted_lane_of_other_brightness_is_seen_by_its_noise(mirrored: bool) -> None:
    blot = draw_blot("medium", 2)
    pitch = int(np.median(np.diff(blot.lane_x_px)))
    first, third = (round(blot.lane_x_px[i]) - pitch // 2 for i in (1, 3))
    lane = blot.image[:, first : first + pitch]
    forged = blot.image.copy()
    forged[:, third : third + pitch] = np.rint(0.7 * (lane[:, ::-1] if mirrored else lane) + 100)
    copy = examined(forged).copy
    assert copy is not None
    assert copy.kind == ("mirrored" if mirrored else "shifted")


def test_a_seam_between_two_pictures_is_found_where_it_is() -> None:
    left, right = draw_blot("medium", 2).image, draw_blot("medium", 3).image
    seams = examined(damage.spliced(left, right, 300)).seams
    assert [(seam.direction, seam.at_px) for seam in seams] == [("vertical", 300)]


def test_noise_alone_is_a_blank_membrane() -> None:
    random = np.random.default_rng(1)
    slope = np.linspace(800, 1300, 400)[:, None]
    blank = (slope + random.normal(0, 30, (400, 600))).astype(np.uint16)
    refused = unrecoverable(examined(blank).findings)
    assert refused is not None
    assert refused.code in {"blank_picture", "not_a_blot"}


def test_a_photograph_is_no_blot() -> None:
    random = np.random.default_rng(2)
    y, x = np.mgrid[:480, :640]
    fur = (
        gaussian_filter(random.normal(0, 1, y.shape), 2) * 60 + gaussian_filter(random.normal(0, 1, y.shape), 20) * 600
    )
    face = 120 * np.exp(-((((y - 240) / 150) ** 2 + ((x - 320) / 130) ** 2) ** 2))
    for eye in (270, 370):
        face -= 90 * np.exp(-(((y - 200) / 20) ** 2 + ((x - eye) / 28) ** 2))
    photograph = np.clip(60 + fur + face, 0, 255).astype(np.uint8)
    refused = unrecoverable(examined(photograph).findings)
    assert refused is not None
    assert refused.code in {"not_a_blot", "blank_picture"}


def test_a_tag_that_says_0_is_white_is_only_reported() -> None:
    pixels = draw_blot("easy", 1).image
    assert "tag_polarity_lies" in codes(pixels, tag_polarity="min_is_white")
    assert "tag_polarity_lies" not in codes((65535 - pixels).astype(np.uint16), tag_polarity="min_is_white")


def test_a_band_at_the_border_and_one_on_a_cut_off_background_are_flawed() -> None:
    blot = draw_blot("easy", 6)
    row = round(float(blot.target_y_px[0]))
    boxes = [Box(x_px=float(x), y_px=0.0 if i == 0 else 60.0, width_px=40, height_px=24)
             for i, x in enumerate(blot.lane_x_px[:2])]  # fmt: skip
    signal = as_signal(stored(blot.image[row:]))
    flaws = examine_bands(signal, boxes, lanes=(1, 2), name="cIAP1", source="blot.tif", subject="blot 1")
    assert [(flaw.lane, flaw.code) for flaw in flaws] == [(1, "cut_band")]
    assert flaws[0].finding.subject == "blot 1/lane1"
    clipped = as_signal(stored(damage.black_clipped(blot.image, 0.8)))
    boxes = [Box(x_px=float(blot.lane_x_px[0]), y_px=float(row), width_px=40, height_px=24)]
    flaws = examine_bands(clipped, boxes, lanes=(1,), name="cIAP1", source="blot.tif", subject="blot 1")
    assert [flaw.code for flaw in flaws] == ["clipped_background"]


@pytest.mark.parametrize("shift", [0, 6])
def test_the_rest_of_an_earlier_probe_is_recognised(shift: int) -> None:
    random = np.random.default_rng(3)
    lanes = np.array([60.0, 130.0, 200.0, 270.0, 340.0, 410.0])
    first_amounts, second_amounts = np.array([1, 0.8, 0.3, 0.1, 0.5, 0.9]), np.array([1, 1.1, 0.9, 1, 1.05, 0.95])

    def row(at: float, amounts: NDArray[Any]) -> NDArray[np.float64]:
        y, x = np.mgrid[:300, :480]
        drawn = np.zeros(y.shape)
        for amount, lane in zip(amounts, lanes, strict=True):
            drawn += amount * np.exp(-0.5 * ((y - at) / 4) ** 2) * (np.abs(x - lane) < 25)
        return drawn

    def probed(values: NDArray[Any], at: float, name: str) -> Probed:
        values = values + 900 + random.normal(0, 20, values.shape)
        return Probed(
            values=values, lanes_x_px=lanes, pitch_px=70, row_px=at, fwhm_px=9.4, name=name, source=f"{name}.tif"
        )

    target = probed(20000 * row(100, first_amounts), 100, "PARP")
    clean = probed(15000 * row(200, second_amounts), 200, "actin")
    dirty = probed(15000 * row(200, second_amounts) + 4000 * row(100 + shift, first_amounts), 200, "actin")
    assert earlier_probe_findings(target, clean, "blot 1") == []
    found = earlier_probe_findings(target, dirty, "blot 1")
    assert [finding.code for finding in found] == ["residual_signal"]
    assert found[0].text.startswith("actin.tif shows a row at")
