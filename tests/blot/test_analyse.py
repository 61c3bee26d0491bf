"""One blot from image to fractions of vehicle: what the lab expects, trap by trap."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from avpi.errors import NotAnalysed
from avpi.readings import BlotImage
from avpi.study.schema import Lane, LoadingControl, Neighbour
from tests.blot.declared_blot import COURSE, analyse, codes, declared, membrane, picture, ratios, time_course, usual
from tests.blot.simulated_blot import Membrane, Row, simulate

SAME_IMAGE = LoadingControl(name="actin", row=210)


def refused(image: BlotImage, *args: object, **more: object) -> NotAnalysed:
    with pytest.raises(NotAnalysed) as caught:
        analyse(image, *args, **more)  # type: ignore[arg-type]
    return caught.value


def test_a_time_course_is_read_as_fractions_of_vehicle() -> None:
    result = usual()
    states = [lane.ratio_to_vehicle.state for lane in result.lanes]
    assert states[6] == "below"
    assert states.count("measured") == 7
    measured = [(r, f) for r, f, s in zip(ratios(result), COURSE, states, strict=True) if s == "measured"]
    assert max(abs(r - f) for r, f in measured) < 0.01
    assert codes(result) <= {"few_saturated_pixels"}


def test_a_band_below_detection_is_censored_and_never_zero() -> None:
    lane = usual().lanes[6]
    assert lane.bands[0].state == "below_detection"
    assert lane.ratio_to_vehicle.state == "below"
    assert 0 < lane.ratio_to_vehicle.value < 0.02
    assert lane.ratio_to_vehicle.low == 0


def test_the_loss_is_a_lower_bound_where_the_lowest_band_is_below_detection() -> None:
    loss = usual().loss_by_engagement_time
    assert loss.state == "above"
    assert 0.98 < loss.value < 1
    assert loss.high == 1


def test_uneven_loading_is_corrected_by_the_loading_control() -> None:
    loading = (1.0, 0.5, 1.6, 0.8, 1.2, 0.7, 1.0, 1.3)
    result = analyse(picture(loading=loading).image, declared())
    assert ratios(result)[1:4] == pytest.approx(COURSE[1:4], abs=0.01)


def test_without_a_loading_control_the_ratio_is_given_with_a_warning() -> None:
    result = analyse(picture().image, declared(control=None))
    assert "no_loading_control" in codes(result)
    assert "no loading control" in result.lanes[1].ratio_to_vehicle.method
    assert ratios(result)[1] == pytest.approx(0.6, abs=0.02)
    assert "no_loading_control" in {c.code for c in result.loss_by_engagement_time.caveats}


def test_a_mirrored_image_gives_the_lanes_in_the_order_of_loading() -> None:
    plain = picture().image
    pixels: NDArray[np.uint16] = np.ascontiguousarray(plain.pixels[:, ::-1], np.uint16)
    turned = replace(plain, pixels=pixels)
    straight, mirrored = analyse(plain, declared()), analyse(turned, declared(mirrored=True))
    assert ratios(mirrored) == pytest.approx(ratios(straight), rel=0.02, abs=0.002)
    assert mirrored.lanes[0].x_px > mirrored.lanes[-1].x_px


def test_dark_bands_give_the_same_numbers_as_bright_ones() -> None:
    bright, dark = picture(), picture(dark_bands=True)
    assert analyse(dark.image, declared()).polarity == "dark"
    assert ratios(analyse(dark.image, declared())) == pytest.approx(ratios(analyse(bright.image, declared())))


def test_the_loading_control_may_stand_on_another_image_that_was_shifted() -> None:
    course = (1.0, 0.02, 0.01, 0.0, 0.0, 0.02, 0.01, 0.03)
    whole = membrane(course)
    target = simulate(replace(whole, rows=whole.rows[:1], first_lane_px=110.0), 5)
    control = simulate(replace(whole, rows=whole.rows[1:]), 5)
    blot = declared(control=LoadingControl(name="actin", image="raw/actin.tif", row=210))
    result = analyse(target.image, blot, control.image)
    found = [lane.band("target") for lane in result.lanes]
    assert max(abs(b.x_px - x) for b, x in zip(found, target.x_px, strict=True) if b) < 6
    assert result.lanes[1].ratio_to_vehicle.value == pytest.approx(0.02, abs=0.01)


def test_a_saturated_band_is_reported_not_quantified() -> None:
    image = picture(course=(1.0, 0.9, 20.0, 0.1, 0.1, 0.1, 0.1, 0.1)).image
    result = analyse(image, declared())
    lane = result.lanes[2]
    assert lane.bands[0].state == "saturated"
    assert lane.ratio_to_vehicle.state == "saturated"
    assert math.isnan(lane.ratio_to_vehicle.value)
    assert [f.subject for f in result.findings if f.code == "saturated_band"] == ["blot1/lane3"]


def test_a_saturated_vehicle_is_refused() -> None:
    assert refused(picture(volume=6e7).image, declared()).code == "saturated_vehicle"


def test_an_all_saturated_loading_control_is_refused() -> None:
    image = picture(control_volume=5e7).image
    assert refused(image, declared()).code == "saturated_loading_control"
    allowed = declared(control=LoadingControl(name="actin", row=210, allow_saturated=True))
    assert "saturated_loading_control" in codes(analyse(image, allowed))


def test_one_saturated_loading_control_takes_the_ratio_of_its_lane_only() -> None:
    loading = (1.0, 1.0, 15.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    course = (1.0, 0.6, 0.02, 0.1, 0.05, 0.02, 0.0, 0.01)
    result = analyse(picture(course=tuple(course), loading=tuple(loading)).image, declared())
    assert result.lanes[2].ratio_to_vehicle.state == "missing"
    assert result.lanes[3].ratio_to_vehicle.value == pytest.approx(0.1, abs=0.02)
    found = [f for f in result.findings if f.code == "saturated_loading_control"]
    assert [(f.severity, f.subject) for f in found] == [("warning", "blot1/lane3")]


def test_a_plateau_below_the_end_of_the_scale_is_saturation_too() -> None:
    image = picture(volume=2e7).image
    clipped = replace(image, pixels=np.minimum(image.pixels, 16383).astype(np.uint16))
    assert refused(clipped, declared()).code == "saturated_vehicle"


@pytest.mark.parametrize("count", [4, 5, 6, 7, 9, 10, 12])
def test_a_wrong_lane_count_is_refused_and_says_how_many_were_found(count: int) -> None:
    error = refused(picture().image, declared(count))
    assert error.code == "lane_count"
    assert "8" in str(error)


def test_twice_the_lanes_are_refused() -> None:
    error = refused(picture(course=(1.0, 0.5, 0.2, 0.1), loading=(1.0,) * 4).image, declared(8))
    assert error.code == "lane_count"


@pytest.mark.parametrize("seed", [13, 26, 31])
def test_uneven_lanes_on_a_tilted_membrane_are_still_eight(seed: int) -> None:
    drawn = simulate(membrane(tilt=0.05, smile_px=6.0, lane_jitter_px=4.0), seed)
    result = analyse(drawn.image, declared())
    assert max(abs(lane.x_px - x) for lane, x in zip(result.lanes, drawn.x_px, strict=True)) < 12


def test_a_lane_declared_empty_is_counted_but_not_read() -> None:
    lanes = [*time_course(8)[:3], Lane(empty=True), *time_course(8)[4:]]
    course, loading = list(COURSE), [1.0] * 8
    course[3] = loading[3] = 0.0
    result = analyse(picture(course=tuple(course), loading=tuple(loading)).image, declared(lanes))
    assert [lane.lane for lane in result.lanes] == [1, 2, 3, 5, 6, 7, 8]
    assert result.lanes[1].ratio_to_vehicle.value == pytest.approx(0.6, abs=0.01)


def test_a_lane_without_loading_control_has_no_ratio() -> None:
    course, loading = list(COURSE), [1.0] * 8
    course[3] = loading[3] = 0.0
    result = analyse(picture(course=tuple(course), loading=tuple(loading)).image, declared())
    assert result.lanes[3].ratio_to_vehicle.state == "missing"
    assert "no_control_band" in codes(result)


def test_a_neighbour_that_stays_is_not_taken_for_the_lost_target() -> None:
    """The cIAP2 trap: cIAP1 goes, a band just below it stays or rises."""
    course, stays = (1.0, 0.1, 0.02, 0.01, 0.0, 0.0, 0.01, 0.05), (0.3, 0.5, 0.8, 1.0, 1.2, 0.9, 1.0, 0.7)
    for step in (1.3, 1.6, 2.2):
        plain = membrane(course)
        neighbour = Row(y_px=110 + step * plain.fwhm_px, volumes=tuple(3e6 * np.asarray(stays)))
        drawn = simulate(replace(plain, rows=(plain.rows[0], neighbour, plain.rows[1])), 3)
        named = declared(target_row=float(drawn.y_px[0].mean()), neighbours=(Neighbour(name="cIAP2", side="below"),))
        result = analyse(drawn.image, named)
        assert ratios(result)[1:] == pytest.approx(course[1:], abs=0.06), step
        assert "second_band_near_target" in codes(result)
        assert {b.name for lane in result.lanes for b in lane.bands if b.role == "neighbour"} == {"cIAP2"}


def test_an_undeclared_second_band_is_a_warning() -> None:
    plain = membrane()
    neighbour = Row(y_px=125, volumes=(2e6,) * 8)
    drawn = simulate(replace(plain, rows=(plain.rows[0], neighbour, plain.rows[1])), 3)
    result = analyse(drawn.image, declared())
    assert [f.severity for f in result.findings if f.code == "second_band_near_target"] == ["warning"]


def test_without_any_row_the_heavier_protein_is_the_upper_band() -> None:
    result = analyse(picture().image, declared(target_row=None, control=LoadingControl(name="actin")))
    assert result.lanes[1].ratio_to_vehicle.value == pytest.approx(0.6, abs=0.01)
    assert "ambiguous_row" in codes(result)


def test_target_and_control_on_one_image_with_three_rows_and_no_hint_are_refused() -> None:
    plain = membrane()
    third = Row(y_px=160, volumes=(4e6,) * 8)
    drawn = simulate(replace(plain, rows=(*plain.rows, third)), 3)
    blot = declared(target_row=None, control=LoadingControl(name="actin"))
    assert refused(drawn.image, blot).code == "row_unknown"


def test_no_vehicle_lane_is_refused() -> None:
    assert refused(picture().image, declared(time_course(9)[1:])).code == "no_vehicle_lane"


def test_a_target_absent_from_vehicle_is_refused() -> None:
    image = picture(course=(0.0, 0.5, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)).image
    assert refused(image, declared()).code == "no_target_in_vehicle"


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((300, 600), 77, np.uint16),
        np.random.default_rng(0).integers(0, 65535, (300, 600)).astype(np.uint16),
        simulate(membrane(COURSE, volume=0.0, control_volume=0.0), 1).image.pixels,
        np.zeros((300, 600), np.uint8),
    ],
    ids=["constant", "noise", "blank membrane", "black"],
)
def test_an_image_without_bands_is_refused(pixels: NDArray[np.uint16]) -> None:
    bits = pixels.dtype.itemsize * 8
    image = BlotImage(pixels=pixels, bits=bits, lossy=False, tag_polarity="unknown", source="blank.tif")
    assert refused(image, declared()).code == "no_bands"


def test_every_lane_declared_empty_is_refused() -> None:
    assert refused(picture().image, declared([Lane(empty=True)] * 8)).code == "no_bands"


def test_more_lanes_than_pixels_are_refused() -> None:
    image = picture().image
    small = replace(image, pixels=np.ascontiguousarray(image.pixels[:, :20], np.uint16))
    assert refused(small, declared()).code == "lane_count"


def test_a_jpeg_is_refused_unless_allowed() -> None:
    jpeg = replace(picture().image, lossy=True)
    assert refused(jpeg, declared()).code == "lossy_image"
    result = analyse(jpeg, declared(allow_lossy=True))
    assert "lossy_image" in codes(result)
    assert "lossy_image" in {c.code for c in result.loss_by_engagement_time.caveats}


def test_eight_bits_are_a_warning() -> None:
    drawn = picture(volume=1.5e4, control_volume=2e4, full_scale=255, background=12.0, gradient=4.0, read_noise=0.7,
                    shot_gain=0.01)  # fmt: skip
    result = analyse(drawn.image, declared())
    assert "eight_bit" in codes(result)
    assert result.lanes[1].ratio_to_vehicle.value == pytest.approx(0.6, abs=0.03)


def test_a_background_cut_off_at_zero_is_a_warning() -> None:
    image = picture().image
    lowered: NDArray[np.uint16] = np.maximum(image.pixels.astype(int) - 900, 0).astype(np.uint16)
    cut = replace(image, pixels=lowered)
    assert "clipped_black" in codes(analyse(cut, declared()))


def test_a_background_cut_off_under_the_bands_leaves_nothing_to_measure() -> None:
    image = picture().image
    lowered: NDArray[np.uint16] = np.maximum(image.pixels.astype(int) - 1100, 0).astype(np.uint16)
    assert refused(replace(image, pixels=lowered), declared()).code == "clipped_black"


def test_a_box_moved_by_hand_is_read_where_it_was_put() -> None:
    auto = usual()
    band = auto.lanes[2].band("target")
    assert band is not None
    assert band.origin == "auto"
    wanted = {"x_px": band.x_px, "y_px": 60.0, "width_px": 40.0, "height_px": 20.0}
    moved = analyse(picture().image, declared(), boxes={"blot1/lane3": wanted})
    changed = moved.lanes[2].band("target")
    assert changed is not None
    assert changed.origin == "manual"
    assert (changed.y_px, changed.width_px, changed.height_px) == (60.0, 40.0, 20.0)
    assert changed.state == "below_detection"
    assert [lane.bands[0].volume for lane in moved.lanes][3:] == [lane.bands[0].volume for lane in auto.lanes][3:]


@pytest.mark.parametrize("wanted", [{"x": 3}, {"x_px": "left"}, {"x_px": 5000}, {"width_px": -2}, {"x_px": math.nan}])
def test_a_correction_that_is_none_is_refused(wanted: dict[str, object]) -> None:
    assert refused(picture().image, declared(), boxes={"blot1/lane3": wanted}).code == "bad_override"


def test_a_row_below_the_image_is_refused() -> None:
    assert refused(picture().image, declared(target_row=4000.0)).code == "row_unknown"


def test_the_same_image_gives_the_same_result() -> None:
    assert analyse(picture().image, declared()) == usual()


def test_a_dark_imager_frame_changes_nothing() -> None:
    framed = analyse(picture(frame_px=50).image, declared())
    assert framed.polarity == "bright"
    assert ratios(framed)[1:4] == pytest.approx(COURSE[1:4], abs=0.01)


def test_a_strip_beside_the_lanes_is_not_a_lane() -> None:
    drawn = picture(width_px=700)
    pixels = drawn.image.pixels.astype(int)
    for row in (70, 150, 260):
        pixels[row - 5 : row + 6, 590:640] += 6000
    result = analyse(replace(drawn.image, pixels=pixels.astype(np.uint16)), declared())
    found = [lane.x_px for lane in result.lanes]
    assert max(abs(a - b) for a, b in zip(found, drawn.x_px, strict=True)) < 0.25 * Membrane().pitch_px
