"""Protocol A: which lysates are taken when, in which lanes of which membranes they run, and when the clock rings.

Every membrane carries a ladder, and the same vehicle lysate as a shared reference: ratios of two membranes can be
compared only through a lane that both have. The order of the lanes is turned round from one experiment to the next, so
that the smile of a gel and the late harvests do not always meet. Times are the guide's: 15 min, 30 min, 1 h and 4 h
(24 h alone misses the event), and the degradation curve is read at 30 min.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from avpi.errors import InputError, Problem
from avpi.quantity import format_minutes, format_molar

HARVEST_MINUTES = (15.0, 30.0, 60.0, 240.0)
"""The harvests of Protocol A."""
CURVE_MINUTES = 30.0
"""When lysates of a dose curve are taken: late enough for the loss, too early for the rebound."""
USUAL_LANES = 10
"""Wells of the usual small gel."""
FEWEST_LANES = 4
"""A ladder, the reference and two samples."""
HANDLING_MINUTES = 2.0
"""What one dish takes to be dosed, or washed and lysed (assumed); dishes are staggered by it."""
MICROGRAMS_A_LANE = 25.0
"""Protein in a lane: the guide's 20 to 30 µg."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GelLane:
    """One lane: a ladder, or lysate of cells at a dose and a time; ``dose_molar`` is 0 for vehicle.

    ``condition`` says in words what was added where that is more than the mimetic.
    """

    minutes: float = 0.0
    dose_molar: float = 0.0
    ladder: bool = False
    reference: bool = False
    condition: str = ""

    @property
    def label(self) -> str:
        """What is written at the lane."""
        if self.ladder:
            return "ladder"
        if self.reference:
            return "vehicle, shared reference"
        if self.condition:
            return f"{self.condition}, {format_minutes(self.minutes)}"
        if self.dose_molar == 0:
            return f"vehicle {format_minutes(self.minutes)}"
        return f"{format_molar(self.dose_molar)}, {format_minutes(self.minutes)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Membrane:
    """The lanes of one gel and its membrane, left to right."""

    name: str
    experiment: str
    lanes: tuple[GelLane, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """One dish: what it gets, when it is dosed and when it is lysed, in minutes after the first dose of the day."""

    lane: GelLane
    dosed_at: float
    lysed_at: float


def protocol_a_lanes(
    working_dose_molar: float, *, curve_doses_molar: Sequence[float] = (), minutes: Sequence[float] = HARVEST_MINUTES
) -> tuple[GelLane, ...]:
    """Return the lysates of one experiment: vehicle at the last harvest, the time course, then the dose curve.

    Vehicle at time 0 is the shared reference and is added to every membrane by :func:`gel_map`. A dose of the curve
    that the time course has already is not taken twice.
    """
    last = max(minutes)
    course = [GelLane(minutes=m, dose_molar=working_dose_molar) for m in sorted(minutes)]
    curve = [GelLane(minutes=CURVE_MINUTES, dose_molar=d) for d in sorted(curve_doses_molar)]
    lanes = [GelLane(minutes=last), *course, *curve]
    return tuple(dict.fromkeys(lanes))


def gel_map(
    lanes: Sequence[GelLane], experiments: Sequence[str], *, lanes_per_gel: int = USUAL_LANES
) -> tuple[Membrane, ...]:
    """Return the membranes of every experiment, each with its ladder and the shared reference.

    Parameters
    ----------
    lanes : lysates of one experiment without ladder and reference.
    lanes_per_gel : wells of the gel; at least 4.

    Raises
    ------
    InputError
        If the gel has too few lanes.
    """
    if lanes_per_gel < FEWEST_LANES:
        what = f"a gel of '{lanes_per_gel}' lanes holds no ladder, reference and two samples"
        raise InputError(Problem(file="gel", what=what, expected=f"at least {FEWEST_LANES} lanes"))
    room = lanes_per_gel - 2
    gels = -(-len(lanes) // room)
    size = -(-len(lanes) // gels)  # even gels: a last one with a single lane wastes a membrane
    parts = [tuple(lanes[i : i + size]) for i in range(0, len(lanes), size)]
    found = []
    for turn, experiment in enumerate(experiments):
        for number, part in enumerate(parts, start=1):
            samples = (GelLane(reference=True), *part)
            ordered = samples if turn % 2 == 0 else samples[::-1]
            name = f"{experiment} membrane {number}" if gels > 1 else f"{experiment} membrane"
            found.append(Membrane(name=name, experiment=experiment, lanes=(GelLane(ladder=True), *ordered)))
    return tuple(found)


def harvest_schedule(lanes: Sequence[GelLane]) -> tuple[Harvest, ...]:
    """Return when each dish is dosed and lysed, so that all are lysed one after another at the end.

    Dishes are dosed backwards from one common end: the longest first. All cells are then of one age when they are
    lysed, and one vehicle serves all times. Dishes that would be lysed at the same minute follow each other by the
    handling time, and their doses are shifted with them, so that every exposure is exact.
    """
    dishes = [GelLane(reference=True), *(lane for lane in lanes if not lane.ladder and not lane.reference)]
    longest = max(lane.minutes for lane in dishes)
    ordered = sorted(dishes, key=lambda lane: (-lane.minutes, lane.dose_molar))
    lysed: list[tuple[GelLane, float, float]] = []
    hands: set[int] = set()
    for lane in ordered:
        slot = 0
        # Two hands' turns may not meet: neither this dish's dosing nor its lysis at a time that is taken.
        while hands & _turns(longest, lane, slot):
            slot += 1
        hands |= _turns(longest, lane, slot)
        end = longest + slot * HANDLING_MINUTES
        lysed.append((lane, end - lane.minutes, end))
    in_order = sorted(lysed, key=lambda dish: dish[1:])
    return tuple(Harvest(lane=lane, dosed_at=start, lysed_at=end) for lane, start, end in in_order)


def _turns(longest: float, lane: GelLane, slot: int) -> set[int]:
    """Return the turns of the hands that a dish needs: when it is lysed and, unless it is the reference, dosed."""
    end = longest / HANDLING_MINUTES + slot
    begin = end - lane.minutes / HANDLING_MINUTES
    dosing = () if lane.reference else (math.floor(begin), math.ceil(begin))
    return {round(end), *dosing}
