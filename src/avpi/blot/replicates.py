"""Membranes of one target compared: one scale, the verdict on the loss, its course and its dose curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from avpi.blot.loss_verdict import BY_MINUTES, FAIL_BELOW, PASS_ABOVE, WANTED_LOSS, LossVerdict, judge_loss
from avpi.blot.membrane_curves import CoursePoint, MembraneCourse, MembraneDoses, course_of, doses_of
from avpi.blot.membrane_lanes import MembraneLane, lanes_of_blots
from avpi.blot.results import BlotResult
from avpi.blot.scaling import ScaledMembranes, scale_membranes
from avpi.errors import InputError
from avpi.estimate import Finding
from avpi.quantity import format_molar
from avpi.study.schema import Rules

SAME_DOSE = 1.01
"""Doses within this factor are one."""
FEWEST_COPIED = 2
"""Lanes that must agree to the last digit before two membranes are taken for one."""

__all__ = ["CoursePoint", "TargetReplicates", "compare_blots", "compare_membranes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetReplicates:
    """One target over all of its membranes.

    Attributes
    ----------
    lanes : all that were compared; copies are left out.
    working_dose_molar : dose of verdict and course; None where lanes have no doses.
    scaled : all membranes on one scale; None where they cannot be, for the reason in ``findings``.
    verdict : on the loss at the working dose.
    course, doses : against time at the working dose, and against dose at one time.
    experiments : independent ones, which n counts; membranes and lanes are none.
    """

    target: str
    lanes: tuple[MembraneLane, ...]
    working_dose_molar: float | None
    scaled: ScaledMembranes | None
    verdict: LossVerdict
    course: MembraneCourse
    doses: MembraneDoses
    experiments: int
    findings: tuple[Finding, ...]

    @property
    def membranes(self) -> tuple[str, ...]:
        """Names of the membranes."""
        return tuple(dict.fromkeys(lane.membrane for lane in self.lanes))


def compare_blots(blots: Sequence[BlotResult], rules: Rules, working_dose_molar: float) -> tuple[TargetReplicates, ...]:
    """Compare analysed blots, target by target.

    Parameters
    ----------
    working_dose_molar : of the study; verdict and course are read at it.
    """
    return tuple(
        compare_membranes(
            target, lanes, working_dose_molar=working_dose_molar, by_minutes=rules.engagement_by,
            wanted_loss=rules.engaged,
        )
        for target, lanes in lanes_of_blots(blots).items()
    )  # fmt: skip


def compare_membranes(
    target: str,
    lanes: Sequence[MembraneLane],
    *,
    working_dose_molar: float | None = None,
    by_minutes: float = BY_MINUTES,
    wanted_loss: float = WANTED_LOSS,
    pass_above: float = PASS_ABOVE,
    fail_below: float = FAIL_BELOW,
    level: float = 0.95,
) -> TargetReplicates:
    """Compare the membranes of one target.

    Parameters
    ----------
    lanes : vehicle and treated lanes; n is the number of different ``experiment`` among them.
    working_dose_molar : at which verdict and course are read; the dose with most early harvests where not given.

    Notes
    -----
    Two membranes that agree to the last digit are one: the copy is left out (``pseudoreplication``).
    """
    kept, findings = _without_copies(target, lanes)
    dose, dose_findings = _working_dose(target, kept, working_dose_molar, by_minutes)
    findings += dose_findings
    at_dose = [lane for lane in kept if lane.is_vehicle or dose is None or _same(lane.dose_molar, dose)]
    findings += _repeats(target, kept)
    scaled: ScaledMembranes | None = None
    try:
        scaled = scale_membranes(kept, level=level)
    except InputError as error:
        text = f"{target}: the membranes were not brought to one scale: {error.problems[0].what}."
        findings.append(Finding(code="not_scaled", severity="warning", text=text, subject=target))
    verdict = judge_loss(
        at_dose, by_minutes=by_minutes, wanted_loss=wanted_loss, pass_above=pass_above, fail_below=fail_below,
        level=level,
    )  # fmt: skip
    return TargetReplicates(
        target=target,
        lanes=tuple(kept),
        working_dose_molar=dose,
        scaled=scaled,
        verdict=verdict,
        course=course_of(at_dose, level=level),
        doses=doses_of(kept, level=level),
        experiments=len({lane.experiment for lane in kept}),
        findings=tuple(findings),
    )


def _same(one: float | None, other: float) -> bool:
    return one is None or (one > 0 and other / SAME_DOSE <= one <= other * SAME_DOSE)


def _without_copies(target: str, lanes: Sequence[MembraneLane]) -> tuple[list[MembraneLane], list[Finding]]:
    seen: dict[tuple[tuple[str, float], ...], str] = {}
    copies: dict[str, str] = {}
    for membrane in dict.fromkeys(lane.membrane for lane in lanes):
        own = [lane for lane in lanes if lane.membrane == membrane and lane.state == "measured"]
        values = tuple((lane.condition, lane.value) for lane in own)
        trivial = all(lane.is_vehicle or lane.value == 1.0 for lane in own)
        if len(own) < FEWEST_COPIED or trivial:
            continue
        first = seen.setdefault(values, membrane)
        if first != membrane:
            copies[membrane] = first
    findings = [
        Finding(
            code="pseudoreplication",
            severity="blocking",
            text=f"'{copy}' holds the very values of '{first}'. It is left out: n counts independent experiments, "
            "never copies.",
            subject=copy,
        )
        for copy, first in copies.items()
    ]
    return [lane for lane in lanes if lane.membrane not in copies], findings


def _repeats(target: str, lanes: Sequence[MembraneLane]) -> list[Finding]:
    """Return a note where one experiment has several lanes or membranes of a condition: they are averaged."""
    treated = [lane for lane in lanes if not lane.is_vehicle]
    experiments = {lane.experiment for lane in treated}
    cells = {(lane.experiment, lane.condition) for lane in treated}
    if not treated or len(treated) <= len(cells):
        return []
    text = (
        f"{target}: {len(treated)} treated lanes are {len(cells)} conditions of {len(experiments)} "
        f"experiment{'s' if len(experiments) > 1 else ''}. Lanes and membranes of one experiment are averaged; n is "
        f"{len(experiments)}."
    )
    severity = "warning" if len(experiments) == 1 else "note"
    return [Finding(code="pseudoreplication", severity=severity, text=text, subject=target)]  # type: ignore[arg-type]


def _working_dose(
    target: str, lanes: Sequence[MembraneLane], given: float | None, by_minutes: float
) -> tuple[float | None, list[Finding]]:
    """Return the dose of verdict and course, and a note where it was chosen among several."""
    if given is not None:
        return given, []
    doses = sorted({lane.dose_molar for lane in lanes if not lane.is_vehicle and lane.dose_molar})
    if len(doses) < 2:
        return (doses[0] if doses else None), []

    def early(dose: float) -> tuple[int, int]:
        own = [lane for lane in lanes if _same(lane.dose_molar, dose) and not lane.is_vehicle]
        times = [lane.minutes_after_dose for lane in own if lane.minutes_after_dose is not None]
        return sum(0 < t <= by_minutes for t in times), len(set(times))

    best = max(doses, key=lambda dose: (*early(dose), -dose))
    text = (
        f"{target} was blotted at {len(doses)} doses. The verdict and the course are read at {format_molar(best)}, "
        "which has most early harvests; say which dose is meant."
    )
    return best, [Finding(code="dose_ambiguous", severity="warning", text=text, subject=target)]


def is_judged(found: TargetReplicates) -> bool:
    """Return whether the verdict rests on any ratio."""
    return math.isfinite(found.verdict.chance)
