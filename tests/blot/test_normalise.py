"""Fractions of vehicle and their errors, by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.blot.normalise import Reading, ratios_seen, ratios_to_vehicle


def reading(lane: int, target: float, control: float | None = 100.0, **more: Any) -> Reading:
    given_values: dict[str, Any] = {
        "is_vehicle": False, "use": "measured", "target_se": 0.01 * abs(target), "target_limit": 1.0, "control_se": 1.0,
        **more,
    }  # fmt: skip
    return Reading(lane=lane, target=target, control=control, **given_values)


def test_the_ratio_is_target_over_control_over_vehicle() -> None:
    lanes = (reading(1, 200.0, is_vehicle=True), reading(2, 50.0, 50.0))
    (own, own_se), (ratio, log_se) = ratios_to_vehicle(lanes)
    assert (own.value, own_se) == (1.0, 0.0)
    assert ratio.value == pytest.approx(0.5)
    # 1 % + 2 % of the lane, 1 % + 1 % of vehicle.
    assert log_se == pytest.approx(math.sqrt(0.01**2 + 0.02**2 + 0.01**2 + 0.01**2), rel=1e-3)
    assert ratio.high - ratio.value == pytest.approx(1.96 * log_se * ratio.value, rel=1e-3)
    assert ratio.value - ratio.low == pytest.approx(ratio.high - ratio.value)


def test_several_vehicle_lanes_are_averaged_on_the_log_scale() -> None:
    lanes = (reading(1, 100.0, is_vehicle=True), reading(2, 400.0, is_vehicle=True), reading(3, 200.0))
    values = [ratio.value for ratio, _ in ratios_to_vehicle(lanes)]
    assert values == pytest.approx([0.5, 2.0, 1.0])


def test_a_lane_below_detection_has_an_upper_bound() -> None:
    lanes = (
        reading(1, 100.0, is_vehicle=True),
        reading(2, -3.0, use="below_detection", target_se=1.0, target_limit=4.0),
    )
    ratio, log_se = ratios_to_vehicle(lanes)[1]
    assert ratio.state == "below"
    assert ratio.low == 0.0
    assert 0.0164 < ratio.high < 0.0172
    assert log_se == math.inf
    assert ratios_seen(lanes)[1] == pytest.approx(-0.03)


def test_a_saturated_vehicle_leaves_no_reference() -> None:
    lanes = (reading(1, 100.0, is_vehicle=True, use="saturated", why="saturated"), reading(2, 50.0))
    assert [ratio.state for ratio, _ in ratios_to_vehicle(lanes)] == ["missing", "missing"]


@given(st.lists(st.floats(10, 1e6), min_size=2, max_size=8), st.floats(0.01, 100), st.floats(0.01, 100))
def test_units_of_the_images_cancel(volumes: list[float], target_scale: float, control_scale: float) -> None:
    def lanes(a: float, b: float) -> tuple[Reading, ...]:
        return tuple(
            reading(i, v * a, (50.0 + i) * b, is_vehicle=i == 0, control_se=0.5 * b) for i, v in enumerate(volumes)
        )

    plain, scaled = ratios_to_vehicle(lanes(1, 1)), ratios_to_vehicle(lanes(target_scale, control_scale))
    assert [r.value for r, _ in scaled] == pytest.approx([r.value for r, _ in plain])
    assert [s for _, s in scaled] == pytest.approx([s for _, s in plain], abs=1e-9)
