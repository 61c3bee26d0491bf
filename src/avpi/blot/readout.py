"""Which volumes may become ratios: states of target and control in each lane, and blots that must be refused."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from avpi.blot.integrity import TOLERATED_SATURATED_SHARE
from avpi.blot.layout import LaneLayout
from avpi.blot.normalise import Reading, Use
from avpi.blot.probe import Probe
from avpi.blot.results import BandState
from avpi.blot.volume import Volume
from avpi.errors import NotAnalysed
from avpi.estimate import Estimate
from avpi.study.schema import Blot

UNEVEN_LOADING = 3.0
"""Ratio of the largest to the smallest loading control from which loading is called uneven (assumed: a ratio corrects
for loading only within the range where signal is proportional to protein)."""
NO_CONTROL_SHARE = 0.04
"""A loading control weaker than this share of the median lane's is the foot of its neighbours, or was carried over:
nothing was loaded (assumed)."""
CONTROL_LIKE_A_TARGET = 5.0
"""The same ratio from which a loading control may be the target (assumed)."""
TARGET_RISES = 3.0
"""Ratio to vehicle to which a target must then seem to rise (assumed)."""


def is_saturated(volume: Volume) -> bool:
    """Return True where more of a box is at the top of the scale than can be tolerated."""
    return volume.saturated_fraction > TOLERATED_SATURATED_SHARE


def state_of(volume: Volume) -> BandState:
    """Return what kind of number a volume is."""
    if volume.cut:
        return "missing"
    if is_saturated(volume):
        return "saturated"
    return "measured" if volume.detected else "below_detection"


def control_states(control: Probe | None, declared: Blot) -> tuple[BandState, ...]:
    """Return the state of the control in each lane from the left; saturated ones count as measured where allowed."""
    if control is None:
        return ()
    allowed = declared.loading_control is not None and declared.loading_control.allow_saturated
    usual = float(np.median([v.volume for v in control.volumes]))
    states = ("missing" if v.volume < NO_CONTROL_SHARE * usual else state_of(v) for v in control.volumes)
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
    if control.choice.empty and not any(volume.box.manual for volume in control.volumes):
        raise NotAnalysed("no_control_band", control.choice.hint_told(control.name, source, "loading_control.row"))
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
    if all(state == "missing" for state in states.values()):
        why = f"{where} is cut off by the border of the image in every lane. Use the uncropped image."
        raise NotAnalysed("cut_band", why)
    if all(state in ("below_detection", "missing") for state in states.values()):
        why = f"{where} shows no band above its detection limit in any lane."
        raise NotAnalysed("no_bands", why)
    vehicles = [states[n] for n in layout.sample_lanes if layout.is_vehicle(n)]
    by_hand = any(target.volumes[layout.index(n)].box.manual for n in layout.sample_lanes)
    if "measured" in vehicles and target.choice.empty and not by_hand:
        why = target.choice.hint_told(target.name, target.picture.image.source, "target_row")
        raise NotAnalysed("no_target_in_vehicle", why)
    if "measured" in vehicles:
        return
    if "missing" in vehicles:
        why = f"{where} is cut off by the border of the image in every vehicle lane. Use the uncropped image."
        raise NotAnalysed("cut_band", why)
    if "saturated" in vehicles:
        why = f"{where} is saturated in every vehicle lane: no loss can be computed against it. Use a shorter exposure."
        raise NotAnalysed("saturated_vehicle", why)
    why = f"{where} is below its detection limit in every vehicle lane: there is nothing to lose. Check 'target_row'."
    raise NotAnalysed("no_target_in_vehicle", why)


def control_range(readings: Iterable[Reading]) -> tuple[float, tuple[int, ...]]:
    """Return how many fold the loading control varies over the lanes that are used, and the lanes that hold little."""
    used = {r.lane: r.control for r in readings if r.use != "missing" and r.control is not None and r.control > 0}
    if len(used) < 2:
        return 1.0, ()
    largest = max(used.values())
    return largest / min(used.values()), tuple(n for n, c in used.items() if c * UNEVEN_LOADING < largest)


def refuse_exchanged(
    readings: tuple[Reading, ...], ratios: Iterable[Estimate], target: Probe, control: Probe | None
) -> None:
    """Refuse a loading control that varies as a target does under a target that seems to rise, as exchanged images do.

    A target that itself varies more than its control is not refused: it may truly rise over unevenly loaded lanes.

    Raises
    ------
    NotAnalysed
    """
    if control is None:
        return
    fold, _ = control_range(readings)
    seen = [r.target for r in readings if r.use == "measured"]
    rise = max((ratio.value for ratio in ratios if ratio.state == "measured"), default=0.0)
    if fold <= CONTROL_LIKE_A_TARGET or rise <= TARGET_RISES or max(seen) / min(seen) >= fold:
        return
    why = (
        f"the loading control {control.name} on {control.picture.image.source} varies {fold:.0f}-fold over the lanes, "
        f"and {target.name} on {target.picture.image.source} rises {rise:.0f}-fold over vehicle by it: are the two "
        "exchanged? Check 'image', 'loading_control' and their rows."
    )
    raise NotAnalysed("loading_control_varies", why)


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
    if volume.cut:
        return "missing", f"{target.name} runs into the border of the image in this lane"
    if is_saturated(volume):
        return "saturated", f"{target.name} is saturated: its volume is only a lower bound"
    if control_state == "saturated":
        return "missing", f"{control.name if control else ''} is saturated in this lane"
    if control_state == "missing":
        return "missing", f"no band of {control.name if control else ''} in this lane"
    return ("measured" if value > volume.detection_limit else "below_detection"), ""
