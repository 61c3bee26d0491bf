"""How often intervals of half-life, floor, DC50 and Dmax over three membranes hold the truth, on simulated lanes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from avpi.blot.membrane_curves import course_of, doses_of
from avpi.blot.membrane_lanes import MembraneLane, condition_name
from avpi.estimate import Estimate

STUDIES, MEMBRANES = 120, 3
LANE_CV, ADDED_SD, DAY_SD = 0.15, 0.01, 0.10
"""Of a lane, relative and as a fraction of vehicle, and of the logarithm of the truth from day to day."""
HALF_LIFE_MIN, FLOOR = 8.0, 0.05
MINUTES = (5.0, 10.0, 15.0, 30.0, 60.0, 240.0)
DC50_MOLAR, DMAX, SLOPE = 2e-9, 0.93, 1.2
DOSES_MOLAR = tuple(1e-10 * 10 ** (step / 2) for step in range(7))
WORKING_DOSE, HARVEST_MIN, DENSITOMETRY_SE = 1e-7, 30.0, 0.02
LEAST_VALUE = 1e-3
COVERAGE, CHANCE_SDS = (0.93, 0.97), 2.0
"""Goal, and how far a share of so few studies may lie from it by chance, in standard errors."""

Left = Callable[[float, float, float], float]
"""What is left at a time or dose, on a day with its own place (half-life, DC50) and rest."""


def lanes_of(
    random: np.random.Generator, left: Left, place: float, rest: float, conditions: Sequence[tuple[float, float]]
) -> list[MembraneLane]:
    """Return three membranes, each of its own day and exposure, with one vehicle lane.

    Parameters
    ----------
    conditions : minutes and dose (molar) of each treated lane.
    """
    lanes = []
    for number in range(MEMBRANES):
        of_day = (place * math.exp(random.normal(0, DAY_SD)), rest * math.exp(random.normal(0, DAY_SD)))
        exposure, name = math.exp(random.normal()), f"blot{number + 1}"
        for minutes, dose in ((0.0, 0.0), *conditions):
            true = left(dose if left is after_dose else minutes, *of_day) if dose else 1.0
            seen = true * math.exp(random.normal(0, LANE_CV)) + random.normal(0, ADDED_SD)
            lanes.append(
                MembraneLane(
                    membrane=name, experiment=name, condition=condition_name(dose, minutes, is_vehicle=not dose),
                    is_vehicle=not dose, minutes_after_dose=minutes, dose_molar=dose,
                    value=exposure * max(seen, LEAST_VALUE), log_se=DENSITOMETRY_SE,
                )
            )  # fmt: skip
    return lanes


def after_time(minutes: float, half_life: float, floor: float) -> float:
    """Return what is left of a protein that falls to a floor."""
    return floor + (1 - floor) * math.exp2(-minutes / half_life)


def after_dose(dose: float, dc50: float, bottom: float) -> float:
    """Return what a dose leaves."""
    return bottom + (1 - bottom) / (1 + math.pow(dose / dc50, SLOPE))


def holds(found: Estimate, truth: float) -> bool | None:
    """Return whether an interval or a bound holds the truth; None where nothing was found."""
    if found.state == "measured":
        return found.low <= truth <= found.high
    bounds = {"below": truth <= found.value, "above": truth >= found.value}
    return bounds.get(found.state)


def curve_rows(studies: int = STUDIES) -> list[dict[str, Any]]:
    """Return the coverage of every number, and how often it was found."""
    bottom = after_dose(max(DOSES_MOLAR), DC50_MOLAR, 1 - DMAX)
    half = DC50_MOLAR * (DMAX / (DMAX - 0.5) - 1) ** (1 / SLOPE)
    kept: dict[tuple[str, float], list[bool | None]] = {}
    for study in range(studies):
        random = np.random.Generator(np.random.Philox([study]))
        course = course_of(
            lanes_of(random, after_time, HALF_LIFE_MIN, FLOOR, [(t, WORKING_DOSE) for t in MINUTES]), level=0.95
        )
        doses = doses_of(
            lanes_of(random, after_dose, DC50_MOLAR, 1 - DMAX, [(HARVEST_MIN, d) for d in DOSES_MOLAR]), level=0.95
        )
        numbers = None if course.fit is None else course.fit.numbers
        for name, place, field, truth in (
            ("half-life", numbers, "half_life_minutes", HALF_LIFE_MIN),
            ("floor of the course", numbers, "floor", FLOOR),
            ("left at 30 min", numbers, "remaining_at_30_minutes", after_time(30.0, HALF_LIFE_MIN, FLOOR)),
            ("DC50, relative", doses.fit, "dc50_molar", DC50_MOLAR),
            ("DC50, absolute", doses.fit, "dc50_absolute_molar", half),
            ("Dmax", doses.fit, "dmax", 1 - bottom),
        ):
            kept.setdefault((name, truth), []).append(None if place is None else holds(getattr(place, field), truth))
    return [_row(name, truth, found) for (name, truth), found in kept.items()]


def _row(name: str, truth: float, found: Sequence[bool | None]) -> dict[str, Any]:
    known = [one for one in found if one is not None]
    share = sum(known) / max(len(known), 1)
    reach = CHANCE_SDS * math.sqrt(COVERAGE[0] * (1 - COVERAGE[0]) / max(len(known), 1))
    return {
        "what": f"{name} ({truth:.3g}) over {MEMBRANES} membranes: 95 % intervals that hold it, of {len(known)} of "
        f"{len(found)} studies",
        "value": f"{share:.1%}",
        "goal": f"93-97 %, within {reach:.1%} of chance",
        "met": COVERAGE[0] - reach <= share <= COVERAGE[1] + reach,
    }
