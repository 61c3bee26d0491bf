"""Volumes to fractions of vehicle: target over loading control, over the geometric mean of the vehicle lanes.

Errors are those of measurement within this blot. A volume's error is additive, so an interval reaches as far down as up
and ends at zero; control and vehicle are far from zero, and their relative errors are added. What varies between
experiments is not in them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from avpi.estimate import Estimate, missing

LEVEL = 0.95
Z_TWO_SIDED = 1.959964
"""Normal quantile of a two-sided 95 % interval."""
Z_ONE_SIDED = 1.644854
"""Normal quantile of a one-sided 95 % bound."""

MOST_LOG_SE = 3.0
"""A ratio whose logarithm is known no better than this is not known."""

METHOD = "target / loading control / geometric mean of the vehicle lanes; 95 % interval from volume errors"
METHOD_UNNORMALISED = "target / geometric mean of the vehicle lanes, no loading control; 95 % interval"

Use = Literal["measured", "below_detection", "saturated", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one lane brings: the target's volume and its control's, and whether either can be used.

    ``control`` is None without a loading control. ``why`` explains a lane that has no number.
    """

    lane: int
    is_vehicle: bool
    use: Use
    target: float
    target_se: float
    target_limit: float
    control: float | None
    control_se: float
    why: str = ""

    @property
    def log_se(self) -> float:
        """Standard error of the logarithm of target / control."""
        return math.hypot(_log_se(self.target, self.target_se), self.control_log_se)

    @property
    def control_log_se(self) -> float:
        """Standard error of the logarithm of the control."""
        return _log_se(self.control, self.control_se) if self.control is not None else 0.0

    @property
    def log_value(self) -> float:
        """Logarithm of target / control."""
        return math.log(self.target) - (math.log(self.control) if self.control is not None else 0.0)


def _log_se(value: float, se: float) -> float:
    return math.sqrt(math.log1p((se / value) ** 2)) if value > 0 else math.inf


def ratios_to_vehicle(readings: tuple[Reading, ...]) -> tuple[tuple[Estimate, float], ...]:
    """Return each lane's ratio to vehicle and the standard error of its logarithm.

    A lane below its detection limit is ``below``, with the upper bound as value; with no vehicle lane that can be
    used, no lane has a ratio.
    """
    vehicles = [r for r in readings if r.is_vehicle and r.use == "measured"]
    if not vehicles:
        why = "no vehicle lane could be measured" + (f": {readings[0].why}" if readings and readings[0].why else "")
        return tuple((missing(why), math.nan) for _ in readings)
    return tuple(_ratio(reading, vehicles) for reading in readings)


def _ratio(reading: Reading, vehicles: list[Reading]) -> tuple[Estimate, float]:
    method = METHOD if reading.control is not None else METHOD_UNNORMALISED
    if reading.use in ("saturated", "missing"):
        state: Literal["saturated", "missing"] = "saturated" if reading.use == "saturated" else "missing"
        return Estimate(value=math.nan, n=1 if state == "saturated" else 0, method=reading.why, state=state), math.nan
    n = len(vehicles)
    vehicle_log = sum(v.log_value for v in vehicles) / n
    vehicle_variance = sum(v.log_se**2 for v in vehicles) / n**2
    if reading.use == "below_detection":
        rest = math.sqrt(reading.control_log_se**2 + vehicle_variance)
        bound = max(reading.target, 0.0) + Z_ONE_SIDED * reading.target_se
        control = reading.control if reading.control is not None else 1.0
        value = bound / control / math.exp(vehicle_log) * math.exp(Z_ONE_SIDED * rest)
        method = f"band below its detection limit; upper bound of {method}"
        return Estimate(value=value, low=0.0, high=value, method=method, state="below"), math.inf
    if any(v is reading for v in vehicles):
        # A vehicle lane is part of its own reference.
        own = (1 - 1 / n) ** 2 * reading.log_se**2
        log_se = math.sqrt(max(own + vehicle_variance - reading.log_se**2 / n**2, 0.0))
    else:
        log_se = math.sqrt(reading.log_se**2 + vehicle_variance)
    value = math.exp(reading.log_value - vehicle_log)
    relative = math.sqrt(math.expm1(log_se**2)) if log_se < MOST_LOG_SE else math.inf
    reach = Z_TWO_SIDED * value * relative
    return Estimate(value=value, low=max(value - reach, 0.0), high=value + reach, level=LEVEL, method=method), log_se


def ratios_seen(readings: tuple[Reading, ...]) -> tuple[float, ...]:
    """Return each lane's ratio as it was measured, whatever its state; near zero on either side where nothing is left.

    NaN without a vehicle lane or a control of its own. For pictures and for whoever averages over many lanes: bounds
    average badly.
    """
    vehicles = [r for r in readings if r.is_vehicle and r.use == "measured"]
    if not vehicles:
        return tuple(math.nan for _ in readings)
    vehicle = math.exp(sum(v.log_value for v in vehicles) / len(vehicles))
    return tuple(
        math.nan
        if reading.use in ("saturated", "missing") or (reading.control is not None and reading.control <= 0)
        else reading.target / (1.0 if reading.control is None else reading.control) / vehicle
        for reading in readings
    )
