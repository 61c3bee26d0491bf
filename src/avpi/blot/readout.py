"""Which volumes may become ratios: states of target and control in each lane, and blots that must be refused."""

from __future__ import annotations

from collections.abc import Iterable

from avpi.blot.integrity import TOLERATED_SATURATED_SHARE
from avpi.blot.layout import LaneLayout
from avpi.blot.normalise import Reading, Use
from avpi.blot.probe import Probe
from avpi.blot.results import BandState
from avpi.blot.volume import Volume
from avpi.errors import NotAnalysed
from avpi.study.schema import Blot


def is_saturated(volume: Volume) -> bool:
    """Return True where more of a box is at the top of the scale than can be tolerated."""
    return volume.saturated_fraction > TOLERATED_SATURATED_SHARE


def state_of(volume: Volume) -> BandState:
    """Return what kind of number a volume is."""
    if is_saturated(volume):
        return "saturated"
    return "measured" if volume.detected else "below_detection"


def control_states(control: Probe | None, declared: Blot) -> tuple[BandState, ...]:
    """Return the state of the control in each lane from the left; saturated ones count as measured where allowed."""
    if control is None:
        return ()
    allowed = declared.loading_control is not None and declared.loading_control.allow_saturated
    states = (state_of(v) for v in control.volumes)
    return tuple(
        "measured" if allowed and s == "saturated" else "missing" if s == "below_detection" else s for s in states
    )


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(str(n) for n in numbers)


def refuse_unusable_control(control: Probe, declared: Blot, layout: LaneLayout) -> None:
    """Refuse a loading control that is saturated or absent everywhere, or that shows another number of lanes.

    Raises
    ------
    NotAnalysed
    """
    states = control_states(control, declared)
    by_lane = {n: states[layout.index(n)] for n in layout.sample_lanes}
    source = control.picture.image.source
    if all(state == "saturated" for state in by_lane.values()):
        why = (
            f"{control.name} on {source} is saturated in every lane: it cannot correct for loading. Use a shorter "
            "exposure, or total protein."
        )
        raise NotAnalysed("saturated_loading_control", why)
    if all(state == "missing" for state in by_lane.values()):
        why = f"no band of {control.name} was found on {source} at row {control.choice.row.y_px:.0f}."
        raise NotAnalysed("no_control_band", why)
    found = [n for n, state in by_lane.items() if state != "missing"]
    outside = [n for n in by_lane if n < min(found) or n > max(found)]
    if outside:
        why = (
            f"{source} shows {control.name} in {len(found)} lane(s) where {len(by_lane)} with sample are declared: "
            f"outer lane(s) {_listed(outside)} hold none, so the lanes cannot be counted off. Declare lanes "
            "without sample as 'empty: true', or correct the number of lanes."
        )
        raise NotAnalysed("lane_count", why)


def refuse_unusable_target(target: Probe, declared: Blot, layout: LaneLayout) -> None:
    """Refuse a target without any band, or without a usable one in vehicle.

    Raises
    ------
    NotAnalysed
    """
    states = {n: state_of(target.volumes[layout.index(n)]) for n in layout.sample_lanes}
    where = f"{declared.target} on {target.picture.image.source} (row {target.choice.row.y_px:.0f})"
    if all(state == "below_detection" for state in states.values()):
        why = f"{where} shows no band above its detection limit in any lane."
        raise NotAnalysed("no_bands", why)
    vehicles = [states[n] for n in layout.sample_lanes if layout.is_vehicle(n)]
    if "measured" in vehicles:
        return
    if "saturated" in vehicles:
        why = f"{where} is saturated in every vehicle lane: no loss can be computed against it. Use a shorter exposure."
        raise NotAnalysed("saturated_vehicle", why)
    why = f"{where} is below its detection limit in every vehicle lane: there is nothing to lose. Check 'target_row'."
    raise NotAnalysed("no_target_in_vehicle", why)


def readings_of(
    target: Probe, control: Probe | None, declared: Blot, layout: LaneLayout, *, second: bool = False
) -> tuple[Reading, ...]:
    """Return what each sample lane brings, in the order of the study file.

    Parameters
    ----------
    second : take the volumes above the second background.
    """
    states = control_states(control, declared)
    readings = []
    for number in layout.sample_lanes:
        at = layout.index(number)
        volume = target.volumes[at]
        held = control.volumes[at] if control is not None else None
        value = volume.second if second else volume.volume
        use, why = _use(volume, value, states[at] if control is not None else "measured", target, control)
        readings.append(
            Reading(
                lane=number,
                is_vehicle=layout.is_vehicle(number),
                use=use,
                target=value,
                target_se=volume.se,
                target_limit=volume.detection_limit,
                control=None if held is None else (held.second if second else held.volume),
                control_se=0.0 if held is None else held.se,
                why=why,
            )
        )
    return tuple(readings)


def _use(
    volume: Volume, value: float, control_state: BandState, target: Probe, control: Probe | None
) -> tuple[Use, str]:
    """Return how a lane may be used, and why not."""
    if is_saturated(volume):
        return "saturated", f"{target.name} is saturated: its volume is only a lower bound"
    if control_state == "saturated":
        return "missing", f"{control.name if control else ''} is saturated in this lane"
    if control_state == "missing":
        return "missing", f"no band of {control.name if control else ''} in this lane"
    return ("measured" if value > volume.detection_limit else "below_detection"), ""
