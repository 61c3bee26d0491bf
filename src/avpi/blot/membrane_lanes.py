"""Lanes of several membranes in one list: what joint scaling, courses and the verdict on loss are made from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from avpi.blot.results import BlotResult, LaneResult
from avpi.quantity import format_minutes, format_molar

LaneState = Literal["measured", "below", "above", "missing"]

VEHICLE = "vehicle"
FLAWS = frozenset(
    {
        "ambiguous_identity",
        "ambiguous_row",
        "clipped_background",
        "clipped_black",
        "contrast_stretched",
        "copied_region",
        "cut_band",
        "cut_picture",
        "doubtful_lanes",
        "faint_vehicle",
        "far_from_hint",
        "gamma_changed",
        "hidden_jpeg",
        "neighbour_not_seen",
        "painted_region",
        "residual_signal",
        "saturated_band",
        "saturated_loading_control",
        "saturated_picture",
        "spliced_picture",
        "uneven_loading",
    }
)
"""Findings that forbid a verdict on the lanes they concern; those of a whole blot concern all of its lanes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MembraneLane:
    """One lane of one membrane.

    Attributes
    ----------
    membrane, experiment : names; several membranes may be of one experiment, which is what n counts.
    condition : what was loaded, such as ``"vehicle"`` or ``"SM 100 nM, 30 min"``; lanes of one name are alike.
    is_vehicle : whether the lane is a reference of its membrane.
    minutes_after_dose, dose_molar : None where not said.
    value : target over loading, in any unit of the membrane; for ``below`` the limit of detection in that unit, for
        ``above`` (a saturated band) what was seen of it, for ``missing`` nan.
    log_se : standard error of the natural logarithm of ``value`` by densitometry alone; 0 where not known.
    flaws : codes of findings that forbid a verdict on this lane.
    lane : number on its membrane, from 1.
    """

    membrane: str
    experiment: str
    condition: str
    is_vehicle: bool
    minutes_after_dose: float | None
    dose_molar: float | None
    value: float
    log_se: float = 0.0
    state: LaneState = "measured"
    flaws: tuple[str, ...] = ()
    lane: int = 0

    @property
    def log_value(self) -> float:
        """Natural logarithm of the value."""
        return math.log(self.value)

    @property
    def usable(self) -> bool:
        """Whether the lane says anything at all."""
        return self.state != "missing" and math.isfinite(self.value) and self.value > 0


def lanes_of_blots(blots: Sequence[BlotResult]) -> dict[str, tuple[MembraneLane, ...]]:
    """Return the lanes of analysed blots by target: vehicle, and the mimetic alone with its times and doses."""
    found: dict[str, list[MembraneLane]] = {}
    for blot in blots:
        own = found.setdefault(blot.target, [])
        own += [_lane_of(blot, lane) for lane in blot.lanes if lane.is_vehicle or lane.condition.reagents == {"SM"}]
    return {target: tuple(lanes) for target, lanes in found.items()}


def _lane_of(blot: BlotResult, lane: LaneResult) -> MembraneLane:
    state, value = _state_of(lane)
    log_se = _own_log_se(lane) if state == "measured" else 0.0
    return MembraneLane(
        membrane=blot.name,
        experiment=blot.experiment,
        condition=condition_name(lane.dose_molar, lane.minutes_after_dose, is_vehicle=lane.is_vehicle),
        is_vehicle=lane.is_vehicle,
        minutes_after_dose=0.0 if lane.is_vehicle else lane.minutes_after_dose,
        dose_molar=0.0 if lane.is_vehicle else lane.dose_molar,
        value=value,
        log_se=log_se,
        state=state,
        flaws=_flaws_of(blot, lane),
        lane=lane.lane,
    )


def condition_name(dose_molar: float | None, minutes_after_dose: float | None, *, is_vehicle: bool) -> str:
    """Return how a condition is called: its dose and its time."""
    if is_vehicle:
        return VEHICLE
    parts = [] if dose_molar is None else [format_molar(dose_molar)]
    parts += [] if minutes_after_dose is None else [format_minutes(minutes_after_dose)]
    return ", ".join(parts) or "treated"


def _state_of(lane: LaneResult) -> tuple[LaneState, float]:
    ratio = lane.ratio_to_vehicle
    if ratio.state in ("measured", "below", "above") and math.isfinite(ratio.value) and ratio.value > 0:
        return ratio.state, ratio.value
    return "missing", math.nan


def _own_log_se(lane: LaneResult) -> float:
    """Return the lane's own error, without that of the vehicle lanes it was divided by."""
    total = 0.0
    for role in ("target", "control"):
        band = lane.band(role)
        if band is not None and band.volume > 0 and math.isfinite(band.volume_se):
            total += math.log1p((band.volume_se / band.volume) ** 2)
    whole = lane.ratio_log_se
    own = math.sqrt(total)
    return min(own, whole) if math.isfinite(whole) and not lane.is_vehicle else own


def _flaws_of(blot: BlotResult, lane: LaneResult) -> tuple[str, ...]:
    """Return codes of findings on this lane, on the whole blot, and blocking ones of any name."""
    concerned = {"", blot.name, f"{blot.name}/lane{lane.lane}"}
    codes = [
        finding.code
        for finding in blot.findings
        if finding.subject in concerned
        and finding.severity != "note"
        and (finding.code in FLAWS or finding.severity == "blocking")
    ]
    if lane.ratio_to_vehicle.state == "saturated":
        codes.append("saturated_band")
    return tuple(dict.fromkeys(codes))
