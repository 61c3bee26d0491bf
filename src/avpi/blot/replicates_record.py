"""What was found over membranes as JSON-ready values, for ``results`` and ``avpi blot verdict --json``."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

from avpi.blot.loss_verdict import LossVerdict
from avpi.blot.membrane_curves import CoursePoint
from avpi.blot.replicates import TargetReplicates
from avpi.blot.scaling import ScaledMembranes

DOSE_NUMBERS = ("dc50_molar", "dc50_absolute_molar", "dmax", "dmax_observed", "hook_onset_molar")


def replicates_record(found: TargetReplicates) -> dict[str, Any]:
    """Return one target over its membranes; numbers that do not exist are None."""
    course, doses = found.course, found.doses
    return {
        "target": found.target,
        "experiments": found.experiments,
        "membranes": list(found.membranes),
        "working_dose_molar": found.working_dose_molar,
        "verdict": verdict_record(found.verdict),
        "scaled": None if found.scaled is None else scaled_record(found.scaled),
        "course": {
            "why": course.why,
            "kind": None if course.fit is None else course.fit.kind,
            "numbers": None
            if course.fit is None
            else {f.name: getattr(course.fit.numbers, f.name).to_json() for f in fields(course.fit.numbers)},
            "points": [_point(point, "minutes_after_dose") for point in course.points],
        },
        "doses": {
            "why": doses.why,
            "minutes_after_dose": doses.minutes,
            "shape": None if doses.fit is None else doses.fit.shape,
            "numbers": None
            if doses.fit is None
            else {name: getattr(doses.fit, name).to_json() for name in DOSE_NUMBERS},
            "points": [_point(point, "dose_molar") for point in doses.points],
        },
        "findings": [finding.to_json() for finding in found.findings],
    }


def verdict_record(verdict: LossVerdict) -> dict[str, Any]:
    """Return a verdict on loss."""
    return {
        "call": verdict.call,
        "why": verdict.why,
        "chance": _finite(verdict.chance),
        "chance_low": _finite(verdict.chance_low),
        "chance_high": _finite(verdict.chance_high),
        "wanted_loss": verdict.wanted_loss,
        "by_minutes": verdict.by_minutes,
        "minutes": _finite(verdict.minutes),
        "harvests": [
            {
                "minutes": one.minutes,
                "chance_low": one.chance_low,
                "chance_high": one.chance_high,
                "experiments": one.experiments,
            }
            for one in verdict.harvests
        ],
        "loss": verdict.loss.to_json(),
        "ratio_of_means": {
            "remaining": verdict.ratio_of_means.remaining.to_json(),
            "chance_of_90_percent_loss": _finite(verdict.ratio_of_means.chance_of_90_percent_loss),
        },
        "between_sd": _finite(verdict.between_sd),
        "capped_by": list(verdict.capped_by),
        "experiments": [
            {
                "experiment": one.experiment,
                "membranes": list(one.membranes),
                "remaining": math.exp(one.log_ratio),
                "log_se": math.sqrt(one.variance),
                "state": one.state,
            }
            for one in verdict.experiments
        ],
        "lanes": [
            {
                "membrane": one.lane.membrane,
                "lane": one.lane.lane,
                "remaining": one.remaining.to_json(),
                "chance_within_blot": _finite(one.chance_within_blot),
                "flaws": list(one.lane.flaws),
            }
            for one in verdict.lanes
        ],
        "left_out": [{"membrane": name, "why": why} for name, why in verdict.left_out],
    }


def scaled_record(scaled: ScaledMembranes) -> dict[str, Any]:
    """Return membranes on one scale."""
    return {
        "reference": scaled.reference,
        "method": scaled.method,
        "degrees_of_freedom": scaled.degrees_of_freedom,
        "relative_sd": scaled.relative_sd.to_json(),
        "between_sd": scaled.between_sd.to_json(),
        "absolute_sd": scaled.absolute_sd.to_json(),
        "conditions": [
            {
                "condition": one.condition,
                "minutes_after_dose": one.minutes_after_dose,
                "dose_molar": one.dose_molar,
                "lanes": one.lanes,
                "membranes": one.membranes,
                "remaining": one.remaining.to_json(),
            }
            for one in scaled.conditions
        ],
        "membranes": [
            {"membrane": one.membrane, "experiment": one.experiment, "factor": one.factor.to_json()}
            for one in scaled.membranes
        ],
        "caveats": [{"code": caveat.code, "text": caveat.text} for caveat in scaled.caveats],
        "left_out": [{"membrane": name, "why": why} for name, why in scaled.left_out],
    }


def _point(point: CoursePoint, axis: str) -> dict[str, Any]:
    return {
        "membrane": point.membrane,
        "experiment": point.experiment,
        axis: point.x,
        "remaining": point.remaining,
        "low": _finite(point.low),
        "high": _finite(point.high),
        "state": point.state,
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
