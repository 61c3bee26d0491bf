"""What a blot says over time: how much is lost by the engagement time, and whether it comes back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from avpi.blot.results import LaneResult
from avpi.estimate import Estimate, Finding, missing, not_estimable
from avpi.study.conditions import ConditionWords
from avpi.study.schema import Rules

ENGAGEMENT_TARGET = "cIAP1"
"""The protein whose loss is engagement: what the mimetic binds and what is gone within minutes."""
ABOVE_VEHICLE = 1.3
"""Ratio to vehicle from which a harvest lies above vehicle (assumed: a rebound ends at vehicle)."""
SURELY_ABOVE_VEHICLE = 1.2
"""Its interval must lie above this (assumed)."""
Z_TWO_SIDED = 1.959964
"""Normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """One time: the geometric mean of the ratios of its lanes, and where it is censored the upper bound."""

    minutes: float
    ratio: float
    log_se: float
    below: bool


def working_lanes(lanes: tuple[LaneResult, ...], words: ConditionWords) -> tuple[LaneResult, ...]:
    """Return the lanes of the mimetic alone at its working dose with a time."""
    return tuple(
        lane
        for lane in lanes
        if not lane.is_vehicle
        and lane.minutes_after_dose is not None
        and lane.condition.reagents == {"SM"}
        and words.at_working_doses(lane.condition)
    )


def harvests(lanes: tuple[LaneResult, ...]) -> tuple[Harvest, ...]:
    """Return the times that have a ratio, earliest first; lanes of one time are averaged, they are no replicates."""
    by_time: dict[float, list[LaneResult]] = {}
    for lane in lanes:
        if lane.minutes_after_dose is not None and lane.ratio_to_vehicle.state in ("measured", "below"):
            by_time.setdefault(lane.minutes_after_dose, []).append(lane)
    return tuple(_harvest(minutes, by_time[minutes]) for minutes in sorted(by_time))


def _harvest(minutes: float, lanes: list[LaneResult]) -> Harvest:
    n = len(lanes)
    log_ratio = sum(math.log(lane.ratio_to_vehicle.value) for lane in lanes) / n
    below = any(lane.ratio_to_vehicle.state == "below" for lane in lanes)
    known = [lane.ratio_log_se for lane in lanes if math.isfinite(lane.ratio_log_se)]
    return Harvest(
        minutes=minutes, ratio=math.exp(log_ratio), log_se=math.sqrt(sum(s**2 for s in known)) / n, below=below
    )


def loss_by_engagement_time(
    lanes: tuple[LaneResult, ...], target: str, words: ConditionWords, rules: Rules
) -> tuple[Estimate, tuple[Finding, ...]]:
    """Return 1 - the smallest ratio to vehicle up to ``rules.engagement_by``, and ``late_only`` where that was missed.

    The estimate is ``above`` where the smallest ratio is censored, ``saturated`` or ``missing`` where there is none.
    It is ``missing`` for every target but cIAP1: others rise, stay or fall for reasons of their own.
    """
    if target != ENGAGEMENT_TARGET:
        return missing(f"engagement is read on {ENGAGEMENT_TARGET}"), ()
    treated = working_lanes(lanes, words)
    by = rules.engagement_by
    early = tuple(lane for lane in treated if lane.minutes_after_dose is not None and 0 < lane.minutes_after_dose <= by)
    if not early:
        return _no_early_harvest(treated, rules)
    found = harvests(early)
    if not found:
        saturated = [lane for lane in early if lane.ratio_to_vehicle.state == "saturated"]
        why = f"no lane up to {by:g} min has a ratio to vehicle: {early[0].ratio_to_vehicle.method}"
        if saturated:
            return replace(not_estimable(why), state="saturated"), ()
        return not_estimable(why), ()
    least = min(found, key=lambda h: h.ratio)
    where = f"1 - ratio to vehicle at {least.minutes:g} min, the smallest of {len(found)} harvest(s) up to {by:g} min"
    if least.below:
        bound = 1 - least.ratio
        text = f"{where}; the band is below its detection limit, so this is a lower bound"
        return Estimate(value=bound, low=bound, high=1.0, method=text, state="above"), ()
    reach = math.exp(Z_TWO_SIDED * least.log_se)
    return Estimate(value=1 - least.ratio, low=1 - least.ratio * reach, high=1 - least.ratio / reach, method=where), ()


def _no_early_harvest(treated: tuple[LaneResult, ...], rules: Rules) -> tuple[Estimate, tuple[Finding, ...]]:
    by = rules.engagement_by
    if not treated:
        return missing("no lane holds the mimetic alone at its working dose with a harvest time"), ()
    earliest = min(lane.minutes_after_dose or 0.0 for lane in treated)
    estimate = missing(f"no harvest between 0 and {by:g} min at the working dose; the earliest is at {earliest:g} min")
    if earliest < rules.rebound_from:
        return estimate, ()
    text = (
        f"The earliest harvest at the working dose is at {earliest / 60:g} h. Rebound and death hide the loss of the "
        f"target by then: engagement cannot be judged. Add lysates at 15 and {by:g} min."
    )
    return estimate, (Finding(code="late_only", severity="warning", text=text),)


def call_of(loss: Estimate, rules: Rules) -> str | None:
    """Return what a loss says of engagement, or None where it says nothing."""
    if loss.state not in ("measured", "above"):
        return None
    if loss.value >= rules.engaged:
        return "engaged"
    return "partially engaged" if loss.value >= rules.partially_engaged else "not engaged"


def above_vehicle(
    lanes: tuple[LaneResult, ...], target: str, words: ConditionWords, *, mirrored: bool
) -> tuple[Finding, ...]:
    """Return ``above_vehicle`` if cIAP1 ends well above vehicle: no rebound goes there, exchanged lanes do."""
    found = harvests(working_lanes(lanes, words)) if target == ENGAGEMENT_TARGET else ()
    if not found or found[-1].below:
        return ()
    last = found[-1]
    low = last.ratio * math.exp(-Z_TWO_SIDED * last.log_se)
    if last.ratio <= ABOVE_VEHICLE or low <= SURELY_ABOVE_VEHICLE:
        return ()
    text = (
        f"At {last.minutes:g} min {target} stands at {last.ratio:.2f} of vehicle. Check the order of the lanes "
        f"(the study says 'mirrored: {str(mirrored).lower()}'), that this lane is what it is declared to be, and the "
        "loading."
    )
    return (Finding(code="above_vehicle", severity="warning", text=text),)


def rebound(lanes: tuple[LaneResult, ...], words: ConditionWords, rules: Rules) -> Estimate:
    """Return the last harvest's ratio minus the smallest one, if the last is at or after ``rules.rebound_from``."""
    found = harvests(working_lanes(lanes, words))
    if not found:
        return missing("no harvest at the working dose has a ratio to vehicle")
    last = found[-1]
    if last.minutes < rules.rebound_from:
        return missing(f"the last harvest is at {last.minutes:g} min, before {rules.rebound_from:g} min")
    if len(found) < 2:
        return missing(f"only one harvest has a ratio to vehicle, at {last.minutes:g} min")
    least = min(found, key=lambda h: h.ratio)
    where = f"ratio at {last.minutes:g} min minus the smallest ratio, at {least.minutes:g} min"
    value = last.ratio - least.ratio
    if least is last:
        reach = 0.0 if last.below else last.ratio * (math.exp(Z_TWO_SIDED * last.log_se) - 1)
        return Estimate(value=0.0, low=0.0, high=reach, method=f"{where}: the last harvest is the lowest, no rebound")
    if last.below:
        return not_estimable(f"{where}: the last harvest is below its detection limit", n=1)
    spread = Z_TWO_SIDED * math.hypot(last.ratio * last.log_se, least.ratio * least.log_se)
    if least.below:
        high = last.ratio * math.exp(Z_TWO_SIDED * last.log_se)
        low = value - Z_TWO_SIDED * last.ratio * last.log_se
        return Estimate(value=value, low=low, high=high, method=f"{where}, which is an upper bound", state="above")
    return Estimate(value=value, low=value - spread, high=value + spread, method=where)


def flips(
    loss: Estimate, other_loss: Estimate, rules: Rules, *, describe: Callable[[Estimate], str] = str
) -> str | None:
    """Return a sentence if a second background method would change the call of engagement, else None."""
    usable = ("measured", "above")
    if loss.state not in usable or other_loss.state not in usable:
        return None
    if (loss.value >= rules.engaged) == (other_loss.value >= rules.engaged):
        return None
    return (
        f"The loss by {rules.engagement_by:g} min is {describe(loss)} above a local line and {describe(other_loss)} "
        f"above the lane's lower envelope: the threshold of {rules.engaged:.0%} lies between them."
    )
