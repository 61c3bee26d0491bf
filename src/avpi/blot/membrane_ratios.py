"""Treated over vehicle on one membrane, and the mean of the membranes of one experiment."""

from __future__ import annotations

from collections.abc import Sequence

from avpi.blot.loss_posterior import ExperimentRatio
from avpi.blot.membrane_lanes import LaneState, MembraneLane


def membrane_ratio(treated: Sequence[MembraneLane], vehicles: Sequence[MembraneLane]) -> ExperimentRatio | str:
    """Return treated over vehicle on one membrane, or why there is none.

    Lanes are averaged on the logarithm. A treated lane below detection makes the ratio an upper bound; a saturated one
    makes it a lower bound, and saturated vehicle lanes, where no others are, an upper one.
    """
    usable = [lane for lane in treated if lane.usable]
    whole = [lane for lane in vehicles if lane.usable and lane.state == "measured"]
    clipped = [lane for lane in vehicles if lane.usable and lane.state == "above"]
    if not usable:
        return "no treated lane of this harvest was measured"
    if not whole and not clipped:
        return "no vehicle lane was measured"
    states = {lane.state for lane in usable} | ({"below"} if not whole else set())
    if {"below", "above"} <= states:
        return "one lane is below detection and another saturated: their ratio has no bound"
    state: LaneState = "below" if "below" in states else "above" if "above" in states else "measured"
    reference = whole or clipped
    value = _mean_log(usable) - _mean_log(reference)
    variance = sum(lane.log_se**2 for lane in usable) / len(usable) ** 2
    variance += sum(lane.log_se**2 for lane in reference) / len(reference) ** 2
    return ExperimentRatio(
        experiment=treated[0].experiment, log_ratio=value, variance=variance, state=state,
        membranes=(treated[0].membrane,),
    )  # fmt: skip


def _mean_log(lanes: Sequence[MembraneLane]) -> float:
    return sum(lane.log_value for lane in lanes) / len(lanes)


def averaged(parts: Sequence[ExperimentRatio]) -> ExperimentRatio:
    """Return one ratio of the membranes of an experiment: the mean of those measured, else the bound that holds."""
    measured = [part for part in parts if part.state == "measured"]
    names = tuple(name for part in parts for name in part.membranes)
    if measured:
        n = len(measured)
        value = sum(part.log_ratio for part in measured) / n
        variance = sum(part.variance for part in measured) / n**2
        state: LaneState = "measured"
    else:
        below = [part for part in parts if part.state == "below"]
        chosen = max(below, key=lambda p: p.log_ratio) if below else min(parts, key=lambda p: p.log_ratio)
        value, variance, state = chosen.log_ratio, chosen.variance, chosen.state
    return ExperimentRatio(
        experiment=parts[0].experiment, log_ratio=value, variance=variance, state=state, membranes=names
    )
