"""The loading control shows every lane: its lanes lead those of a target that is gone from most of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import zoom

from avpi.blot.lanes import as_guide, find_guided_lanes, find_lanes
from avpi.blot.measure import measure_blot
from avpi.errors import NotAnalysed
from avpi.readings import BlotImage
from avpi.study.overrides import Overrides
from avpi.study.schema import Lane, LoadingControl
from tests.blot.declared_blot import WORDS, analyse, declared, membrane, ratios
from tests.blot.simulated_blot import Membrane, simulate

GONE = (1.0, 0.0, 0.0, 0.02, 0.0, 0.0, 0.0, 0.01)
"""A target that only vehicle still shows."""
PITCH_PX = 60.0
CONTROL = LoadingControl(name="actin", image="raw/actin.tif")


def drawn(course: tuple[float, ...] = GONE, seed: int = 4) -> tuple[BlotImage, BlotImage, NDArray[np.float64]]:
    """Return the target's image, the control's, and where the lanes are on both."""
    plain: Membrane = membrane(course, lane_jitter_px=3.0, height_px=300)
    only = [simulate(replace(plain, rows=(row,)), seed) for row in plain.rows]
    return only[0].image, only[1].image, only[0].x_px


def lanes_px(target: BlotImage, control: BlotImage) -> NDArray[np.float64]:
    result = analyse(target, declared(control=CONTROL), control)
    assert ratios(result)[1:] == pytest.approx(GONE[1:], abs=0.02)
    return np.array([lane.x_px for lane in result.lanes])


def resized(image: BlotImage, factor: float) -> BlotImage:
    return replace(image, pixels=np.rint(zoom(image.pixels.astype(np.float64), factor, order=1)).astype(np.uint16))


@pytest.mark.parametrize("crop", [np.s_[:, :], np.s_[6:, :], np.s_[8:-5, 25:-40], np.s_[:, 50:]])
def test_a_cropped_control_still_says_where_the_lanes_of_an_empty_target_are(crop: tuple[slice, slice]) -> None:
    target, control, x_px = drawn()
    found = lanes_px(target, replace(control, pixels=control.pixels[crop]))
    assert found == pytest.approx(x_px, abs=0.12 * PITCH_PX)


@pytest.mark.parametrize("factor", [0.8, 1.3])
def test_so_does_a_control_that_was_stored_larger_or_smaller(factor: float) -> None:
    target, control, x_px = drawn()
    assert lanes_px(target, resized(control, factor)) == pytest.approx(x_px, abs=0.12 * PITCH_PX)


def test_lanes_that_stand_between_those_of_the_control_are_refused() -> None:
    """The target's image shows a gel of half the pitch: no lanes fit both."""
    target, control, _ = drawn((1.0,) * 8)
    pixels = target.pixels.astype(np.int64)
    both = pixels + np.roll(pixels, int(PITCH_PX / 2), axis=1) - int(np.median(pixels))
    twice = replace(target, pixels=np.clip(both, 0, None).astype(np.uint16))
    with pytest.raises(NotAnalysed, match="lanes that the loading control's image shows") as refused:
        analyse(twice, declared(control=CONTROL), control)
    assert refused.value.code == "lane_count"


@pytest.mark.parametrize(("crop", "doubted"), [(np.s_[:, :], False), (np.s_[:, 50:-70], True)])
def test_one_band_that_may_be_any_lanes_leaves_a_doubt(crop: tuple[slice, slice], doubted: bool) -> None:
    """Two pitches were cropped off the control, on sides that nobody knows, and no lane is known to show the target."""
    target, control, _ = drawn((0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0))
    seen = control.pixels[crop].astype(np.float64)
    guide = as_guide(find_lanes(seen, 8, row_px=210.0, complete=True), seen.shape)
    nowhere = np.zeros(8, bool)
    lanes = find_guided_lanes(target.pixels.astype(np.float64), guide, row_px=110.0, expected=nowhere)
    assert lanes.doubtful is doubted


def test_a_doubt_about_the_lanes_is_told() -> None:
    target, control, _ = drawn((0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0))
    every = declared([Lane.model_validate({"time": 0})] * 8, control=CONTROL)
    cropped = replace(control, pixels=control.pixels[:, 50:-70])
    told = [f for f in measure_blot(target, cropped, every, WORDS, Overrides()).findings if f.code == "doubtful_lanes"]
    assert [f.severity for f in told] == ["warning"]


def test_a_crooked_membrane_whose_picture_is_wide_has_lanes_that_lean_no_more_than_it() -> None:
    """The wider a picture, the more it is reduced across before lanes are sought."""
    wide = replace(membrane((1.0,) * 8), tilt=0.05, pitch_px=130.0, width_px=1160, first_lane_px=120.0)
    seen = simulate(replace(wide, fwhm_px=9.0), 5)
    lanes = find_lanes(seen.image.pixels.astype(np.float64), 8, row_px=110.0)
    assert abs(lanes.front.lean) < 0.06
    assert lanes.x_at(110.0) == pytest.approx(seen.x_px, abs=8.0)
