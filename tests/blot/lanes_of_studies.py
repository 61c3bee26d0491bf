"""Lanes of simulated membranes whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from avpi.blot.membrane_lanes import LaneState, MembraneLane, condition_name

WORKING_DOSE = 1e-7


def lane(
    membrane: str,
    value: float,
    *,
    minutes: float = 30.0,
    experiment: str = "",
    vehicle: bool = False,
    dose: float | None = WORKING_DOSE,
    state: LaneState = "measured",
    log_se: float = 0.0,
    flaws: tuple[str, ...] = (),
) -> MembraneLane:
    """Return one lane; its experiment is that of its membrane unless said otherwise."""
    minutes, dose = (0.0, 0.0) if vehicle else (minutes, dose)
    return MembraneLane(
        membrane=membrane, experiment=experiment or f"day of {membrane}",
        condition=condition_name(dose, minutes, is_vehicle=vehicle), is_vehicle=vehicle, minutes_after_dose=minutes,
        dose_molar=dose, value=value, log_se=log_se, state=state, flaws=flaws,
    )  # fmt: skip


def membranes(
    truth: Mapping[float, float],
    *,
    seed: int,
    count: int = 3,
    cv: float = 0.2,
    limit: float = 0.0,
    vehicles: int = 1,
    log_se: float = 0.0,
) -> list[MembraneLane]:
    """Return ``count`` membranes, each of its own experiment and exposure, with ``truth`` (minutes -> left)."""
    rng = np.random.Generator(np.random.Philox(seed))
    found = []
    for number in range(count):
        name, exposure = f"blot{number + 1}", float(np.exp(rng.normal(0, 1)))
        for minutes, left in [(0.0, 1.0)] * vehicles + list(truth.items()):
            value = left * float(np.exp(cv * rng.normal()))
            state: LaneState = "below" if value < limit else "measured"
            value = max(value, limit)
            found.append(
                lane(name, value * exposure, minutes=minutes, vehicle=minutes == 0, state=state, log_se=log_se)
            )
    return found


def pairs(ratios: Sequence[float], *, minutes: float = 30.0, **changes: object) -> list[MembraneLane]:
    """Return a vehicle and a treated lane for each ratio, each pair on its own membrane and day."""
    found = []
    for number, ratio in enumerate(ratios):
        name = f"blot{number + 1}"
        found += [lane(name, 1.0, vehicle=True), lane(name, ratio, minutes=minutes, **changes)]  # type: ignore[arg-type]
    return found
