"""What a reader must know about a blot: every finding's sentence in one place."""

from __future__ import annotations

from avpi.blot.bands import ON_CURVE
from avpi.blot.integrity import (
    CLIPPED_SHARE,
    TOLERATED_SATURATED_SHARE,
    clipped_background_finding,
    examine_picture,
    polarity_finding,
)
from avpi.blot.layout import LaneLayout
from avpi.blot.normalise import Reading
from avpi.blot.probe import Probe
from avpi.blot.readout import UNEVEN_LOADING, control_range, is_saturated
from avpi.blot.results import LaneResult
from avpi.estimate import Finding, Severity
from avpi.study.schema import Blot

FAINT_VEHICLE = 0.15
"""Relative error of the target's volume from which on a vehicle lane is too faint to compare others with (assumed)."""


THICK = 1.35
"""A band so many times as thick as the loading control's may be two (assumed: proteins of one gel differ by 20 %; two
equal bands one thickness apart that show as one are 1.6 times as thick)."""


def _finding(code: str, severity: Severity, text: str, subject: str = "") -> Finding:
    return Finding(code=code, severity=severity, text=text, subject=subject)


def picture_findings(target: Probe, control: Probe | None, declared: Blot) -> list[Finding]:
    """Return what the images themselves take away: format, polarity."""
    pictures = [target.picture]
    if control is not None and control.picture.image is not target.picture.image:
        pictures.append(control.picture)
    found: list[Finding] = []
    for picture in pictures:
        found += examine_picture(picture.image, picture.signal, declared.name).findings
        if not picture.signal.certain:
            found.append(polarity_finding(picture.image, picture.signal.polarity, declared.name))
        if picture.lanes.doubtful:
            text = (
                f"Too few bands of {picture.image.source} tell which lane is which: its lanes were laid where the "
                "loading control's image shows them, and would fit about as well elsewhere. Check the boxes, or "
                "export both images with the same frame."
            )
            found.append(_finding("doubtful_lanes", "warning", text))
    return found


def row_findings(target: Probe, control: Probe | None, declared: Blot) -> list[Finding]:
    """Return which rows were chosen without a hint, and which may be wrong."""
    found = []
    for probe, key in ((target, "target_row"), (control, "loading_control.row")):
        if probe is None:
            continue
        where = f"{probe.name} was read at row {probe.choice.row.y_px:.0f} of {probe.picture.image.source}"
        rivals = ", ".join(f"{y:.0f}" for y in sorted(probe.choice.rivals))
        if probe.choice.far_from_hint:
            found.append(
                _finding(
                    "far_from_hint", "warning", probe.choice.hint_told(probe.name, probe.picture.image.source, key)
                )
            )
        elif rivals:
            text = f"{where}, but other strong rows could be meant (at {rivals}). Check the boxes and set '{key}'."
            found.append(_finding("ambiguous_row", "warning", text))
        if probe.choice.automatic:
            reason = "the row beside the declared neighbours" if probe.choice.by_neighbours else "the strongest row"
            text = f"{where}, {reason}. Set '{key}' to fix it."
            found.append(_finding("row_chosen_automatically", "note", text))
    if control is None:
        text = (
            f"{declared.target} has no loading control: ratios to vehicle are not corrected for how much was loaded. "
            "Probe GAPDH, actin or total protein on the same membrane."
        )
        found.append(_finding("no_loading_control", "warning", text))
    return found


def lane_findings(readings: tuple[Reading, ...], control: Probe | None, declared: Blot) -> list[Finding]:
    """Return what concerns the lanes together: nothing treated, loaded unevenly."""
    found = []
    vehicle = [r for r in readings if r.is_vehicle and r.use == "measured"]
    if vehicle and all(r.target_se > FAINT_VEHICLE * abs(r.target) for r in vehicle):
        text = (
            f"{declared.target} is hardly seen in vehicle: its volume there is known no better than to "
            f"{FAINT_VEHICLE:.0%}, and so is every ratio. Check 'target_row', or expose for longer."
        )
        found.append(_finding("faint_vehicle", "warning", text))
    if all(reading.is_vehicle for reading in readings):
        text = f"{declared.name} holds vehicle lanes only: nothing was treated, so it says nothing of the mimetic."
        found.append(_finding("no_treated_lane", "warning", text))
    fold, scant = control_range(readings)
    if control is not None and fold > UNEVEN_LOADING:
        text = (
            f"{control.name} varies {fold:.0f}-fold over the lanes (little in lane {', '.join(map(str, scant))}): a "
            "ratio corrects for so much only where both signals are proportional to protein. Load evenly and repeat."
        )
        found.append(_finding("uneven_loading", "warning", text))
    return found


def target_findings(
    lanes: tuple[LaneResult, ...],
    neighbours: tuple[Probe, ...],
    target: Probe,
    control: Probe | None,
    declared: Blot,
    layout: LaneLayout,
) -> list[Finding]:
    """Return what concerns single lanes and the bands next to the target."""
    found = []
    for lane in lanes:
        at, subject = layout.index(lane.lane), f"{declared.name}/lane{lane.lane}"
        found += _saturation(lane, at, target, control, declared, subject)
        if control is not None and (band := lane.band("control")) is not None and band.state == "missing":
            text = f"Lane {lane.lane} shows no {control.name}: nothing was loaded or transferred, so it has no ratio."
            found.append(_finding("no_control_band", "warning", text, subject))
        if target.volumes[at].floor_fraction > CLIPPED_SHARE:
            found.append(clipped_background_finding(target.picture.image, lane.lane, subject))
    found += _neighbour_findings(lanes, neighbours, target, control, declared)
    return found


def _saturation(
    lane: LaneResult, at: int, target: Probe, control: Probe | None, declared: Blot, subject: str
) -> list[Finding]:
    found = []
    share = target.volumes[at].saturated_fraction
    if is_saturated(target.volumes[at]):
        text = (
            f"{target.name} in lane {lane.lane} is saturated ({share:.1%} of its box): its volume is only a lower "
            "bound and is not used. Use a shorter exposure."
        )
        found.append(_finding("saturated_band", "warning", text, subject))
    elif share > 0:
        found.append(_few_saturated(share, target.name, lane.lane, subject))
    if control is None:
        return found
    share = control.volumes[at].saturated_fraction
    allowed = declared.loading_control is not None and declared.loading_control.allow_saturated
    if share > TOLERATED_SATURATED_SHARE:
        then = (
            "used because 'allow_saturated' is true; true loading is higher" if allowed else "so the lane has no ratio"
        )
        text = f"{control.name} in lane {lane.lane} is saturated ({share:.1%} of its box), {then}."
        found.append(_finding("saturated_loading_control", "warning", text, subject))
    elif share > 0:
        found.append(_few_saturated(share, control.name, lane.lane, subject))
    return found


def _few_saturated(share: float, name: str, lane: int, subject: str) -> Finding:
    text = f"{share:.2%} of the box of {name} in lane {lane} is at the top of the scale; that little is tolerated."
    return _finding("few_saturated_pixels", "note", text, subject)


def _neighbour_findings(
    lanes: tuple[LaneResult, ...],
    neighbours: tuple[Probe, ...],
    target: Probe,
    control: Probe | None,
    declared: Blot,
) -> list[Finding]:
    found = []
    expected = {1 if n.side == "below" else -1: n.name for n in declared.neighbours}
    seen: set[int] = set()
    for probe in neighbours:
        offset = probe.offset_px
        if control is not None and _is_control(target, control, offset):
            continue
        side = 1 if offset > 0 else -1
        seen.add(side)
        side_word = "below" if side > 0 else "above"
        what = (
            f"the declared {expected[side]}" if side in expected else "not declared: it may be another protein or form"
        )
        text = (
            f"A second band stands {abs(offset):.0f} px {side_word} {target.name} ({what}). The volume of "
            f"{target.name} is taken on its own band alone; the share of {probe.name} was fitted and taken off."
        )
        found.append(_finding("second_band_near_target", "warning" if side not in expected else "note", text))
    for side, name in expected.items():
        if side not in seen:
            where = "below" if side > 0 else "above"
            text = f"No band of {name} was found {where} {target.name} in any of {len(lanes)} lanes."
            other_side = -side in seen and -side not in expected
            if other_side:
                text += " One stands on the other side: the row read may be another protein's. Check 'target_row'."
            thicker = 1.0 if control is None else _thicker(target, control)
            if thicker > THICK:
                text += (
                    f" The band that was read is {thicker:.1f} times as thick as {control.name if control else ''}: "
                    f"the two may have run as one, and the volume then holds both. Run the gel for longer."
                )
            warn = other_side or thicker > THICK
            found.append(_finding("neighbour_not_seen", "warning" if warn else "note", text))
    return found


def _is_control(target: Probe, control: Probe, offset_px: float) -> bool:
    """Return whether the band beside the target is its loading control on the same image."""
    apart = control.choice.row.y_px - target.choice.row.y_px
    return control.picture.image is target.picture.image and abs(apart - offset_px) < ON_CURVE * target.trace.fwhm_px


def _thicker(target: Probe, control: Probe) -> float:
    """Return how many times as thick the target's bands are as the loading control's, on one scale."""
    zoom = target.picture.lanes.pitch_px / control.picture.lanes.pitch_px
    return target.trace.fwhm_px / (zoom * control.trace.fwhm_px)
