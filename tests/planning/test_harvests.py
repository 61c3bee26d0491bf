"""Protocol A: exposures are exact, hands are free, and every membrane can be compared with the others."""

from __future__ import annotations

from itertools import pairwise

import pytest

from avpi.errors import InputError
from avpi.planning.harvests import HANDLING_MINUTES, GelLane, gel_map, harvest_schedule, protocol_a_lanes

CURVE = (1e-9, 1e-8, 1e-7, 1e-6)


def test_the_guides_harvests_are_taken_with_vehicle_at_the_last() -> None:
    lanes = protocol_a_lanes(1e-7)
    assert [lane.label for lane in lanes] == [
        "vehicle 4 h", "100 nM, 15 min", "100 nM, 30 min", "100 nM, 1 h", "100 nM, 4 h",
    ]  # fmt: skip


def test_a_dose_curve_joins_at_30_minutes_and_repeats_no_lysate() -> None:
    lanes = protocol_a_lanes(1e-7, curve_doses_molar=CURVE)
    assert len(lanes) == 8
    assert sum(lane.dose_molar == 1e-7 and lane.minutes == 30 for lane in lanes) == 1


def test_every_exposure_is_exact_and_no_two_turns_of_the_hands_meet() -> None:
    harvests = harvest_schedule(protocol_a_lanes(1e-7, curve_doses_molar=CURVE))
    turns = []
    for harvest in harvests:
        assert harvest.lysed_at - harvest.dosed_at == harvest.lane.minutes
        turns.append(harvest.lysed_at)
        turns += [] if harvest.lane.reference else [harvest.dosed_at]
    assert min(turns) >= 0
    assert all(b - a >= HANDLING_MINUTES for a, b in pairwise(sorted(turns)))


def test_every_membrane_has_a_ladder_and_the_shared_reference() -> None:
    lanes = protocol_a_lanes(1e-7, curve_doses_molar=CURVE)
    membranes = gel_map(lanes, ["E1", "E2"], lanes_per_gel=8)
    assert len(membranes) == 4
    for membrane in membranes:
        assert membrane.lanes[0].ladder
        assert sum(lane.reference for lane in membrane.lanes) == 1
        assert len(membrane.lanes) <= 8
    run = [lane for m in membranes[:2] for lane in m.lanes if not (lane.ladder or lane.reference)]
    assert run == list(lanes)


def test_the_order_of_lanes_turns_round_from_one_experiment_to_the_next() -> None:
    first, second = gel_map(protocol_a_lanes(1e-7), ["E1", "E2"])
    assert first.lanes[1:] == second.lanes[1:][::-1]


def test_a_lane_says_what_was_added_beside_the_mimetic() -> None:
    lane = GelLane(minutes=30, dose_molar=1e-7, condition="SM 100 nM + TNF 10 ng/mL")
    assert lane.label == "SM 100 nM + TNF 10 ng/mL, 30 min"


def test_a_gel_without_room_is_refused() -> None:
    with pytest.raises(InputError, match="at least 4 lanes"):
        gel_map(protocol_a_lanes(1e-7), ["E1"], lanes_per_gel=3)
