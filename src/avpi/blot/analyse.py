"""One blot from image to fractions of vehicle: the flow of Protocol A, top to bottom.

bands and their volumes (:mod:`avpi.blot.measure`) -> loading control -> vehicle -> time course. What takes trust away
from a number becomes a finding; what makes numbers impossible raises :class:`avpi.errors.NotAnalysed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from avpi.blot import background, normalise, row_fit, volume
from avpi.blot.exposures import ExposureSeries
from avpi.blot.findings import lane_findings, row_findings, target_findings
from avpi.blot.integrity import TOLERATED_SATURATED_SHARE
from avpi.blot.lane_profile import LaneProfile
from avpi.blot.layout import LaneLayout, require_vehicle
from avpi.blot.measure import MeasuredBlot, measure_blot, read_target, refuse_unrecoverable
from avpi.blot.normalise import ratios_seen, ratios_to_vehicle
from avpi.blot.probe import Probe, row_for
from avpi.blot.readout import (
    control_states,
    readings_of,
    refuse_exchanged,
    refuse_unusable_control,
    refuse_unusable_target,
)
from avpi.blot.results import Band, BlotResult, LaneResult
from avpi.blot.timecourse import above_vehicle, call_of, flips, loss_by_engagement_time, rebound
from avpi.errors import NotAnalysed
from avpi.estimate import Estimate, Finding
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
    *,
    series: ExposureSeries | None = None,
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
    series : the target's exposures as one picture, where there are several; ``image`` is the longest.

    Raises
    ------
    NotAnalysed
        With the codes ``lossy_image``, ``lane_count``, ``no_vehicle_lane``, ``no_bands``, ``no_target_in_vehicle``,
        ``row_unknown``, ``saturated_vehicle``, ``saturated_loading_control``, ``no_control_band``,
        ``no_control_image``, ``loading_control_varies``, ``bad_override``.
    """
    measured = measure_blot(image, control_image, declared, words, overrides, series=series)
    return conclude_blot(measured, declared, words, rules)


def conclude_blot(measured: MeasuredBlot, declared: Blot, words: ConditionWords, rules: Rules) -> BlotResult:
    """Return what measured bands say: fractions of vehicle, loss by the engagement time, rebound.

    Raises
    ------
    NotAnalysed
        Where they say nothing: see :func:`analyse_blot`.
    """
    layout, target, control, neighbours = measured.layout, measured.target, measured.control, measured.neighbours
    require_vehicle(layout)
    refuse_unrecoverable(measured, declared)
    if control is not None:
        refuse_unusable_control(control, declared, layout)
    refuse_unusable_target(target, declared, layout)
    readings = readings_of(target, control, declared, layout)
    lanes = _lane_results(target, control, neighbours, declared, layout)
    refuse_exchanged(readings, (lane.ratio_to_vehicle for lane in lanes), target, control)
    loss, late = loss_by_engagement_time(lanes, declared.target, words, rules)
    calls = _calls_of_rivals(target, control, declared, layout, words, rules)
    _refuse_rows_that_disagree(target, call_of(loss, rules), calls)
    findings = [
        *measured.findings,
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
        polarity=target.picture.signal.polarity,
        lanes=lanes,
        loss_by_engagement_time=_with_caveats(loss, findings),
        rebound=_with_caveats(rebound(lanes, words, rules), findings),
        findings=tuple(_about(f, declared.name) for f in findings),
        method=_method(target, control),
        profiles=(*_profiles(target, layout), *(_profiles(control, layout) if control is not None else ())),
        image=target.picture.image,
        control_image=_other_image(target, control),
    )


def _profiles(probe: Probe, layout: LaneLayout) -> tuple[LaneProfile, ...]:
    """Return what each sample lane shows along the fitted rows, and what was fitted to it."""
    fit = probe.row.fit
    beside = tuple("band above" if gap < 0 else "band below" for gap in fit.gaps_px[1:])
    return tuple(
        LaneProfile(
            lane=number,
            role="control" if probe.role == "control" else "target",
            name=probe.name,
            rows_px=fit.rows_px[at].astype(np.float64),
            observed=fit.seen[at],
            background=fit.line[at],
            bands=fit.bands[at],
            band_names=(probe.name, *beside),
        )
        for number in layout.sample_lanes
        for at in (layout.index(number),)
    )


def _other_image(target: Probe, control: Probe | None) -> BlotImage | None:
    if control is None or control.picture.image is target.picture.image:
        return None
    return control.picture.image


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
        other = read_target(target.picture, choice, declared, layout, {})
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
        "doubtful_lanes",
        "far_from_hint",
        "faint_vehicle",
        "neighbour_not_seen",
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
        "rotation_deg": round(float(np.degrees(np.arctan(lanes.slope))), 3),
        "target_row_px": round(target.choice.row.y_px, 1),
        "control_row_px": None if control is None else round(control.choice.row.y_px, 1),
        "band_thickness_px": round(target.trace.fwhm_px, 2),
        "background": row_fit.METHOD,
        "background_compared": background.SECOND_METHOD,
        "volume": volume.METHOD,
        "normalisation": normalise.METHOD if control is not None else normalise.METHOD_UNNORMALISED,
        "tolerated_saturated_share": TOLERATED_SATURATED_SHARE,
    }
