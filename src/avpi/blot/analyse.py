"""One blot from image to fractions of vehicle: the flow of Protocol A, top to bottom.

polarity -> lanes (given how many) -> rows -> boxes that follow tilt and smile -> background -> volumes ->
loading control -> vehicle -> time course. What takes trust away from a number becomes a finding; what makes
numbers impossible raises :class:`avpi.errors.NotAnalysed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.blot import background, normalise, volume
from avpi.blot.findings import lane_findings, picture_findings, row_findings, target_findings
from avpi.blot.integrity import TOLERATED_SATURATED_SHARE
from avpi.blot.lanes import Lanes, find_lanes
from avpi.blot.layout import LaneLayout, lane_layout
from avpi.blot.normalise import ratios_seen, ratios_to_vehicle
from avpi.blot.polarity import Signal, as_signal
from avpi.blot.probe import Picture, Probe, guided, neighbour_probes, read_protein, row_for, take_picture
from avpi.blot.readout import (
    control_states,
    readings_of,
    refuse_exchanged,
    refuse_unusable_control,
    refuse_unusable_target,
)
from avpi.blot.results import Band, BlotResult, LaneResult
from avpi.blot.rows import RowChoice
from avpi.blot.timecourse import above_vehicle, call_of, flips, loss_by_engagement_time, rebound
from avpi.errors import NotAnalysed
from avpi.estimate import Estimate, Finding
from avpi.names import vocabulary
from avpi.readings import BlotImage
from avpi.study.conditions import ConditionWords
from avpi.study.overrides import Overrides
from avpi.study.schema import Blot, Rules


def analyse_blot(
    image: BlotImage,
    control_image: BlotImage | None,
    declared: Blot,
    words: ConditionWords,
    rules: Rules,
    overrides: Overrides,
) -> BlotResult:
    """Quantify one blot.

    Parameters
    ----------
    image : the target's image.
    control_image : the loading control's, where ``declared.loading_control.image`` names one.
    declared : what the study says of the blot: lanes, rows, loading control, neighbours.
    words, rules : the study's words for conditions and its thresholds.
    overrides : corrections; ``"<blot>/lane3"`` moves the target's box of lane 3,
        ``"<blot>/lane3/control"`` the control's.

    Raises
    ------
    NotAnalysed
        With the codes ``lossy_image``, ``lane_count``, ``no_vehicle_lane``, ``no_bands``, ``no_target_in_vehicle``,
        ``row_unknown``, ``saturated_vehicle``, ``saturated_loading_control``, ``no_control_band``,
        ``no_control_image``, ``loading_control_varies``, ``bad_override``.
    """
    _refuse_before_reading(image, control_image, declared)
    _refuse_rows_outside(image, control_image, declared)
    layout = lane_layout(declared, words)
    target_picture, control_picture = _pictures(image, control_image, declared, layout)
    control = None
    if control_picture is not None:
        choice = _control_row(target_picture, control_picture, declared, layout)
        by_hand = _by_hand(declared, layout, overrides, "/control")
        name = declared.loading_control.name if declared.loading_control else ""
        control = read_protein(
            control_picture, "control", name, choice=choice, reference=layout.loaded(), by_hand=by_hand
        )
        refuse_unusable_control(control, declared, layout)
        target_picture = guided(target_picture, control)
    choice = _target_row(target_picture, control, declared, layout)
    by_hand = _by_hand(declared, layout, overrides, "")
    target = _read_target(target_picture, choice, declared, layout, by_hand)
    refuse_unusable_target(target, declared, layout)
    neighbours = neighbour_probes(target, _neighbour_names(declared))
    readings = readings_of(target, control, declared, layout)
    lanes = _lane_results(target, control, neighbours, declared, layout)
    refuse_exchanged(readings, (lane.ratio_to_vehicle for lane in lanes), target, control)
    loss, late = loss_by_engagement_time(lanes, declared.target, words, rules)
    calls = _calls_of_rivals(target, control, declared, layout, words, rules)
    _refuse_rows_that_disagree(target, call_of(loss, rules), calls)
    findings = [
        *picture_findings(target, control, declared),
        *row_findings(target, control, declared),
        *lane_findings(readings, control, declared),
        *target_findings(lanes, neighbours, target, control, declared, layout),
        *late,
        *above_vehicle(lanes, declared.target, words, mirrored=declared.mirrored),
        *_sensitivity(loss, _other_background(lanes, target, control, declared, layout), target.name, words, rules),
    ]
    return BlotResult(
        name=declared.name,
        experiment=declared.experiment,
        membrane=declared.membrane or declared.name,
        target=declared.target,
        loading_control=declared.loading_control.name if declared.loading_control else "",
        polarity=target_picture.signal.polarity,
        lanes=lanes,
        loss_by_engagement_time=_with_caveats(loss, findings),
        rebound=_with_caveats(rebound(lanes, words, rules), findings),
        findings=tuple(_about(f, declared.name) for f in findings),
        method=_method(target, control),
        image=image,
        control_image=control_image,
    )


def _refuse_before_reading(image: BlotImage, control_image: BlotImage | None, declared: Blot) -> None:
    for picture in (image, control_image):
        if picture is not None and picture.lossy and not declared.allow_lossy:
            why = (
                f"{picture.source} is a JPEG: lossy compression changes band volumes. Export 16-bit TIFF from "
                "the imager, or set 'allow_lossy: true' to quantify it with a caveat."
            )
            raise NotAnalysed("lossy_image", why)
    control = declared.loading_control
    if control is not None and control.image is not None and control_image is None:
        why = f"the image of its loading control, {control.image}, was not read."
        raise NotAnalysed("no_control_image", why)


def _refuse_rows_outside(image: BlotImage, control_image: BlotImage | None, declared: Blot) -> None:
    control = declared.loading_control
    hints = ((declared.target_row, image), (control.row if control else None, control_image or image))
    for row_px, picture in hints:
        if row_px is not None and row_px >= picture.pixels.shape[0]:
            why = f"row {row_px:g} lies below the image {picture.source}, which has {picture.pixels.shape[0]} rows."
            raise NotAnalysed("row_unknown", why)


def _by_hand(declared: Blot, layout: LaneLayout, overrides: Overrides, suffix: str) -> Mapping[int, Mapping[str, Any]]:
    """Return corrections of boxes by index from the left."""
    wanted = {
        layout.index(number): overrides.of(f"{declared.name}/lane{number}{suffix}")
        for number in range(1, layout.count + 1)
    }
    return {index: values for index, values in wanted.items() if values}


def _pictures(
    image: BlotImage, control_image: BlotImage | None, declared: Blot, layout: LaneLayout
) -> tuple[Picture, Picture | None]:
    """Return the target's picture and the control's; the control's lanes guide the target's."""
    control = declared.loading_control
    signal = as_signal(image)
    if control is None or control_image is None:
        hint = declared.target_row if control is None or control.row is None else control.row
        lanes = _lanes(signal, image, layout, hint, complete=control is not None)
        picture = take_picture(image, signal, lanes)
        return picture, (picture if control is not None else None)
    control_signal = as_signal(control_image)
    control_lanes = _lanes(control_signal, control_image, layout, control.row, complete=True)
    same_frame = image.pixels.shape == control_image.pixels.shape
    prior = control_lanes if same_frame else None
    lanes = _lanes(signal, image, layout, declared.target_row, prior=prior)
    return take_picture(image, signal, lanes), take_picture(control_image, control_signal, control_lanes)


def _lanes(
    signal: Signal,
    image: BlotImage,
    layout: LaneLayout,
    row_px: float | None,
    *,
    prior: Lanes | None = None,
    complete: bool = False,
) -> Lanes:
    count = layout.count
    try:
        every = complete and bool(layout.loaded().all())
        lanes = find_lanes(signal.values, count, row_px=row_px, prior=prior, complete=every)
    except NotAnalysed as refused:
        raise NotAnalysed(refused.code, f"{image.source}: {refused}") from None
    if lanes.visible != count:
        why = (
            f"{image.source} shows {lanes.visible} lanes where {count} are declared. Declare every lane, also "
            "'empty: true' and 'ladder: true' ones, in the order of loading."
        )
        raise NotAnalysed("lane_count", why)
    return lanes


def _control_row(target: Picture, control: Picture, declared: Blot, layout: LaneLayout) -> RowChoice:
    """Return the loading control's row: at its hint, or the strongest that is not the target's."""
    hint = declared.loading_control.row if declared.loading_control else None
    loaded = layout.loaded()
    if hint is not None or control is not target:
        return row_for(control, hint_px=hint, reference=loaded)
    if declared.target_row is not None:
        target_row = row_for(target, hint_px=declared.target_row, reference=layout.vehicles()).row
        return row_for(control, hint_px=None, reference=loaded, apart_px=target_row.y_px)
    return _row_by_weight(control, declared, loaded)


def _target_row(target: Picture, control: Probe | None, declared: Blot, layout: LaneLayout) -> RowChoice:
    """Return the target's row: at its hint, or the strongest in vehicle that is not the control's on the same image."""
    same_image = control is not None and control.picture.image is target.image
    apart = control.choice.row.y_px if control is not None and same_image else None
    sides = frozenset(1 if neighbour.side == "below" else -1 for neighbour in declared.neighbours)
    return row_for(target, hint_px=declared.target_row, reference=layout.vehicles(), apart_px=apart, sides=sides)


def _read_target(
    picture: Picture,
    choice: RowChoice,
    declared: Blot,
    layout: LaneLayout,
    by_hand: Mapping[int, Mapping[str, Any]],
) -> Probe:
    return read_protein(picture, "target", declared.target, choice=choice, reference=layout.vehicles(), by_hand=by_hand)


def _calls_of_rivals(
    target: Probe,
    control: Probe | None,
    declared: Blot,
    layout: LaneLayout,
    words: ConditionWords,
    rules: Rules,
) -> Mapping[float, str | None]:
    """Return, by height, what each other row would say of engagement, had it been read; none where a row was declared.

    A row whose vehicle cannot be measured says nothing.
    """
    calls = {}
    for row_px in target.choice.rivals if target.choice.automatic else ():
        choice = row_for(target.picture, hint_px=row_px, reference=layout.vehicles())
        other = _read_target(target.picture, choice, declared, layout, {})
        lanes = _lane_results(other, control, (), declared, layout)
        calls[row_px] = call_of(loss_by_engagement_time(lanes, declared.target, words, rules)[0], rules)
    return calls


def _refuse_rows_that_disagree(target: Probe, called: str | None, calls: Mapping[float, str | None]) -> None:
    if called is None or all(call in (called, None) for call in calls.values()):
        return
    rows = {target.choice.row.y_px: called, **calls}
    said = "; ".join(f"row {row_px:.0f}: {rows[row_px] or 'cannot be told'}" for row_px in sorted(rows))
    why = (
        f"{target.picture.image.source} has several strong rows, and which of them is {target.name} decides the call "
        f"({said}). Give 'target_row' in pixels from the top."
    )
    raise NotAnalysed("row_unknown", why)


def _row_by_weight(picture: Picture, declared: Blot, loaded: NDArray[np.bool_]) -> RowChoice:
    """Return the control's row on the target's image without any hint: two strong rows, the heavier protein above."""
    control = declared.loading_control.name if declared.loading_control else ""
    strongest = row_for(picture, hint_px=None, reference=loaded)
    kda = [vocabulary()["proteins"].get(name, {}).get("kda") for name in (declared.target, control)]
    if len(strongest.rivals) != 1 or None in kda or kda[0] == kda[1]:
        why = (
            f"{declared.target} and {control} are on one image with {len(strongest.rivals) + 1} strong row(s), and "
            "which is which cannot be known. Give 'target_row' and 'loading_control.row' in pixels from the top."
        )
        raise NotAnalysed("row_unknown", why)
    heights = sorted((strongest.row.y_px, strongest.rivals[0]))
    wanted, other = (heights[1], heights[0]) if kda[0] > kda[1] else (heights[0], heights[1])
    found = row_for(picture, hint_px=wanted, reference=loaded)
    return RowChoice(row=found.row, automatic=True, rivals=(other,))


def _neighbour_names(declared: Blot) -> Mapping[int, str]:
    names = {-1: "unknown band above", 1: "unknown band below"}
    for neighbour in declared.neighbours:
        names[1 if neighbour.side == "below" else -1] = neighbour.name
    return names


def _lane_results(
    target: Probe, control: Probe | None, neighbours: tuple[Probe, ...], declared: Blot, layout: LaneLayout
) -> tuple[LaneResult, ...]:
    """Return the lanes that hold sample, in the order of the study file."""
    readings = readings_of(target, control, declared, layout)
    ratios = ratios_to_vehicle(readings)
    controls = control_states(control, declared)
    results = []
    for reading, (ratio, log_se), seen in zip(readings, ratios, ratios_seen(readings), strict=True):
        at = layout.index(reading.lane)
        lane = layout.declared[reading.lane - 1]
        bands: list[Band] = [target.band(at, reading.use)]
        if control is not None:
            bands.append(control.band(at, controls[at]))
        for neighbour in neighbours:
            beside = neighbour.volumes[at]
            saturated = beside.saturated_fraction > TOLERATED_SATURATED_SHARE
            bands.append(
                neighbour.band(at, "saturated" if saturated else "measured" if beside.detected else "below_detection")
            )
        condition = layout.conditions[reading.lane - 1]
        results.append(
            LaneResult(
                lane=reading.lane,
                x_px=float(target.picture.lanes.x_at(target.volumes[at].box.y_px)[at]),
                condition=condition,
                dose_molar=condition.dose_of("SM"),
                minutes_after_dose=lane.time,
                label=lane.label or "",
                is_vehicle=reading.is_vehicle,
                bands=tuple(bands),
                ratio_to_vehicle=ratio,
                ratio_log_se=log_se,
                ratio_seen=seen,
            )
        )
    return tuple(results)


def _other_background(
    lanes: tuple[LaneResult, ...], target: Probe, control: Probe | None, declared: Blot, layout: LaneLayout
) -> tuple[LaneResult, ...]:
    """Return the lanes with their ratios above the second background."""
    again = ratios_to_vehicle(readings_of(target, control, declared, layout, second=True))
    return tuple(
        replace(lane, ratio_to_vehicle=ratio, ratio_log_se=log_se)
        for lane, (ratio, log_se) in zip(lanes, again, strict=True)
    )


def _sensitivity(
    loss: Estimate, other: tuple[LaneResult, ...], target: str, words: ConditionWords, rules: Rules
) -> list[Finding]:
    """Return ``background_sensitive`` if the other background method would change the call of engagement."""
    text = flips(loss, loss_by_engagement_time(other, target, words, rules)[0], rules)
    return [Finding(code="background_sensitive", severity="warning", text=text)] if text else []


_CAVEAT_CODES = frozenset(
    {
        "no_loading_control",
        "lossy_image",
        "eight_bit",
        "background_sensitive",
        "second_band_near_target",
        "ambiguous_row",
        "uneven_loading",
        "above_vehicle",
    }
)
"""Findings about the blot that travel with its numbers."""


def _with_caveats(estimate: Estimate, findings: list[Finding]) -> Estimate:
    seen: set[str] = set()
    for finding in findings:
        if finding.code in _CAVEAT_CODES and finding.code not in seen:
            seen.add(finding.code)
            estimate = estimate.with_caveat(finding.code, finding.text)
    return estimate


def _about(finding: Finding, name: str) -> Finding:
    subject = finding.subject or name
    return Finding(code=finding.code, severity=finding.severity, text=finding.text, subject=subject)


def _method(target: Probe, control: Probe | None) -> Mapping[str, Any]:
    """Return what the methods paragraph needs, as plain values."""
    lanes = target.picture.lanes
    return {
        "polarity": "from content",
        "lanes": "comb of the declared number of lanes over the rows that hold most bands",
        "pitch_px": round(lanes.pitch_px, 2),
        "rotation_deg": round(float(np.degrees(np.arctan(lanes.tilt))), 3),
        "target_row_px": round(target.choice.row.y_px, 1),
        "control_row_px": None if control is None else round(control.choice.row.y_px, 1),
        "band_thickness_px": round(target.trace.fwhm_px, 2),
        "background": background.METHOD,
        "background_compared": background.SECOND_METHOD,
        "volume": volume.METHOD,
        "normalisation": normalise.METHOD if control is not None else normalise.METHOD_UNNORMALISED,
        "tolerated_saturated_share": TOLERATED_SATURATED_SHARE,
    }
