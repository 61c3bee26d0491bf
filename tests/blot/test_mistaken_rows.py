"""Which row is the target, and blots whose lanes or images may be exchanged or unevenly loaded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpi.readings import BlotImage
from avpi.study.schema import Blot, Lane, LoadingControl, Neighbour
from tests.blot.declared_blot import COURSE, analyse, codes, declared, membrane, picture, ratios, usual
from tests.blot.simulated_blot import Row, simulate
from tests.blot.test_analyse import refused


def test_several_strong_rows_that_say_the_same_are_said_to_be_ambiguous() -> None:
    image = picture(loading=COURSE, course=(1.0,) * 8).image
    result = analyse(image, declared(control=None, target_row=None))
    assert {"row_chosen_automatically", "ambiguous_row"} <= codes(result)


def test_strong_rows_of_which_one_falls_and_one_stays_are_refused() -> None:
    error = refused(picture().image, declared(control=None, target_row=None))
    assert error.code == "row_unknown"
    assert all(word in str(error) for word in (": engaged", "not engaged", "'target_row'"))


def two_rows(upper: tuple[float, ...], lower: tuple[float, ...], step: float = 4.0) -> tuple[BlotImage, BlotImage]:
    """Return an image of two proteins, the lower a few thicknesses below, and one of their loading control."""
    plain = membrane((1.0,) * 8)
    first = Row(y_px=110, volumes=tuple(4e6 * np.asarray(upper)))
    second = Row(y_px=110 + step * plain.fwhm_px, volumes=tuple(4e6 * np.asarray(lower)))
    probed = simulate(replace(plain, rows=(first, second)), 3)
    return probed.image, simulate(replace(plain, rows=plain.rows[1:]), 3).image


LOST, STAYS = (1.0, 0.1, 0.05, 0.05, 0.02, 0.05, 0.1, 0.2), (1.6, 1.5, 1.7, 1.6, 1.6, 1.5, 1.6, 1.7)
OTHER_IMAGE = LoadingControl(name="actin", image="raw/actin.tif")


def two_row_blot(side: str | None) -> Blot:
    neighbours = (Neighbour(name="cIAP2", side=side),) if side else ()  # type: ignore[arg-type]
    return declared(target_row=None, control=OTHER_IMAGE, neighbours=neighbours)


@pytest.mark.parametrize("step", [1.6, 2.5, 4.0])
def test_a_declared_neighbour_picks_the_row_even_if_it_is_stronger(step: float) -> None:
    image, control = two_rows(LOST, STAYS, step)
    result = analyse(image, two_row_blot("below"), control)
    assert ratios(result)[1:] == pytest.approx(LOST[1:], abs=0.05)
    assert not {"ambiguous_row", "neighbour_not_seen"} & codes(result)
    said = [f.text for f in result.findings if f.code == "row_chosen_automatically"]
    assert "beside the declared neighbours" in said[0]


def test_a_neighbour_declared_above_picks_the_lower_row() -> None:
    image, control = two_rows(STAYS, LOST)
    assert ratios(analyse(image, two_row_blot("above"), control))[1:] == pytest.approx(LOST[1:], abs=0.05)


def test_rows_that_disagree_are_refused_where_no_neighbour_is_declared() -> None:
    image, control = two_rows(LOST, STAYS)
    assert refused(image, two_row_blot(None), control).code == "row_unknown"


def test_a_weak_row_beside_its_declared_neighbour_is_not_passed_over() -> None:
    """The strongest row has nothing below it; a far weaker one has, and falls: which is cIAP1 cannot be known."""
    image, control = two_rows(tuple(0.15 * np.asarray(LOST)), STAYS)
    assert refused(image, two_row_blot("below"), control).code == "row_unknown"


def test_rows_far_apart_stay_rivals_though_a_neighbour_is_declared() -> None:
    image, control = two_rows(STAYS, LOST, 12.0)
    assert refused(image, two_row_blot("below"), control).code == "row_unknown"


def test_a_row_on_the_wrong_side_of_its_neighbour_is_a_warning() -> None:
    image, control = two_rows(LOST, STAYS)
    blot = declared(target_row=110.0, control=OTHER_IMAGE, neighbours=(Neighbour(name="cIAP2", side="above"),))
    result = analyse(image, blot, control)
    assert [f.severity for f in result.findings if f.code == "neighbour_not_seen"] == ["warning"]


def test_exchanged_images_of_target_and_control_are_refused() -> None:
    plain = membrane((1.0, 0.3, 0.1, 0.05, 0.06, 0.1, 0.3, 0.6))
    target, control = (simulate(replace(plain, rows=(row,)), 3).image for row in plain.rows)
    blot = declared(target_row=None, control=OTHER_IMAGE)
    assert analyse(target, blot, control).loss_by_engagement_time.value > 0.9
    error = refused(control, blot, target)
    assert error.code == "loading_control_varies"
    assert "exchanged" in str(error)


def test_a_target_that_rises_over_unevenly_loaded_lanes_is_not_refused() -> None:
    loading = (1.0, 1.0, 0.15, 1.0, 1.0, 1.0, 1.0, 1.0)
    rising = (0.1, 0.1, 0.5, 0.7, 1.0, 1.0, 1.0, 1.0)
    result = analyse(picture(course=rising, loading=loading).image, declared())
    assert "uneven_loading" in codes(result)
    assert ratios(result)[4] == pytest.approx(10, rel=0.1)


def test_loading_that_varies_more_than_threefold_is_a_warning() -> None:
    result = analyse(picture(loading=(1.0, 0.05, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)).image, declared())
    (found,) = [f for f in result.findings if f.code == "uneven_loading"]
    assert found.severity == "warning"
    assert "-fold" in found.text
    assert "lane 2" in found.text
    assert "uneven_loading" in {c.code for c in result.loss_by_engagement_time.caveats}
    assert "uneven_loading" not in codes(analyse(picture(loading=(1.0, 0.5) * 4).image, declared()))


def test_a_last_harvest_far_above_vehicle_asks_for_the_order_of_the_lanes() -> None:
    image = picture(course=(0.6, 0.2, 0.08, 0.05, 0.05, 0.1, 0.3, 1.0)).image
    (found,) = [f for f in analyse(image, declared()).findings if f.code == "above_vehicle"]
    assert found.severity == "warning"
    assert "mirrored: false" in found.text
    assert "above_vehicle" not in codes(analyse(image, declared(mirrored=True)))


def test_vehicle_lanes_alone_say_nothing_of_the_mimetic() -> None:
    lanes = [Lane.model_validate({"time": 0})] * 8
    result = analyse(picture(course=(1.0,) * 8).image, declared(lanes))
    assert [f.severity for f in result.findings if f.code == "no_treated_lane"] == ["warning"]
    assert "no_treated_lane" not in codes(usual())


def test_only_ciap1_is_read_for_engagement() -> None:
    result = analyse(picture().image, declared().model_copy(update={"target": "XIAP"}))
    assert result.loss_by_engagement_time.state == "missing"
    assert result.loss_by_engagement_time.method == "engagement is read on cIAP1"
    assert ratios(result)[1:4] == pytest.approx(COURSE[1:4], abs=0.01)
