"""Readings of blots, plates and tubes to tables of independent experiments.

Everything is relative to vehicle on the same plate or membrane, within one experiment. What one experiment
measured several times is averaged; wells, lanes and tubes never count as n. Only conditions at the study's
working doses enter (dose curves have a room of their own).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from avpi.blot.results import BlotResult, LaneResult
from avpi.estimate import Finding
from avpi.flow.results import SampleResult
from avpi.names import Condition
from avpi.plate.results import PlateResult
from avpi.quantity import format_minutes, format_molar
from avpi.study.conditions import ConditionWords
from avpi.study.read import Study
from avpi.verdict.posterior import BlockTable, Cell, average_cells

VEHICLE = Condition.DMSO.label
LATE_MINUTES = 240.0
"""A first harvest at 4 h or later misses the event: cIAP1 is gone within minutes and may be back (protocols.md)."""

SAME_TIME = 1.25
"""Readings whose times differ by less than a quarter are taken as of one time (assumed)."""

DosedCell = tuple[Cell, Condition]
"""A cell and the condition with the doses that it was measured at."""
Timed = TypeVar("Timed", PlateResult, SampleResult)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What the study measured, ready for the posterior.

    Attributes
    ----------
    engagement : log cIAP1 by harvest (key: minutes) up to ``rules.engagement_by``, mimetic alone at the working dose.
    rebound : log cIAP1 at the smallest and the last harvest (keys ``"min"``, ``"last"``).
    viability : log viability by condition, from plates where there are any, else from cytometry.
    viability_source : ``"plate"``, ``"cytometry"`` or ``""``.
    death : log viable fraction by condition, from cytometry.
    pmlkl : log pMLKL by condition.
    engagement_censored : harvests whose band was below detection somewhere.
    late_only : every cIAP1 harvest is at 4 h or later.
    blocked : plates and tubes that a quality gate stopped.
    """

    engagement: BlockTable
    rebound: BlockTable
    viability: BlockTable
    viability_source: str
    death: BlockTable
    pmlkl: BlockTable
    engagement_censored: tuple[str, ...]
    late_only: bool
    has_time_zero: bool
    working_dose_molar: float
    blocked: tuple[str, ...]
    findings: tuple[Finding, ...]


def gather_effects(
    study: Study,
    blots: Sequence[BlotResult],
    plates: Sequence[PlateResult],
    samples: Sequence[SampleResult],
) -> Effects:
    """Bring every usable reading into tables of experiments by condition."""
    ciap1 = [blot for blot in blots if blot.target == "cIAP1"]
    engagement = _harvest_cells(ciap1, study)
    early = [cell for cell in engagement if float(cell.key) <= study.rules.engagement_by]
    usable = [plate for plate in plates if plate.passes and not plate.time_zero]
    plates_at, plate_findings = at_one_time(usable, "plates")
    samples_at, sample_findings = at_one_time([sample for sample in samples if sample.passes], "tubes")
    by_plate, mixed = one_dose_each(_plate_cells(plates_at))
    by_flow, mixed_flow = one_dose_each(_sample_cells(samples_at))
    from_plate = _experiments(by_plate) >= min(_experiments(by_flow), 2) and bool(by_plate)
    viability = by_plate if from_plate else by_flow
    times = sorted({float(cell.key) for cell in engagement})
    return Effects(
        engagement=_table(_with_vehicle(early, "vehicle"), "vehicle"),
        rebound=_table(_with_vehicle(_rebound_cells(engagement, study.rules.rebound_from), "vehicle"), "vehicle"),
        viability=_table(viability, VEHICLE),
        viability_source="plate" if from_plate else "cytometry" if by_flow else "",
        death=_table(by_flow, VEHICLE),
        pmlkl=_table(
            _with_vehicle(_condition_cells([b for b in blots if b.target == "pMLKL"], study.words), VEHICLE),
            VEHICLE,
        ),
        engagement_censored=tuple(sorted({cell.key for cell in early if cell.censored}, key=float)),
        late_only=bool(times) and times[0] >= LATE_MINUTES,
        has_time_zero=any(plate.time_zero for plate in plates),
        working_dose_molar=study.working_dose_molar,
        blocked=(*(p.name for p in plates if not p.passes), *(s.name for s in samples if not s.passes)),
        findings=(
            *_vehicle_findings(samples),
            *plate_findings,
            *sample_findings,
            *mixed,
            *mixed_flow,
            *_other_doses(ciap1, usable, early, study),
        ),
    )


def _table(cells: Iterable[Cell | DosedCell], reference: str) -> BlockTable:
    bare = [cell if isinstance(cell, Cell) else cell[0] for cell in cells]
    return BlockTable(cells=average_cells(bare), reference=reference)


def _harvest_cells(blots: Sequence[BlotResult], study: Study) -> list[Cell]:
    """Return log cIAP1 by minutes after dose, with the vehicle itself (0 by normalisation) as a further cell."""
    cells = []
    for blot in blots:
        for lane in blot.lanes:
            alone = lane.condition.reagents == {"SM"} and study.words.at_working_doses(lane.condition)
            if not alone or lane.minutes_after_dose is None or lane.minutes_after_dose <= 0:
                continue
            if (cell := _lane_cell(blot, lane, f"{lane.minutes_after_dose:g}")) is not None:
                cells.append(cell)
    return cells


def _with_vehicle(cells: Sequence[Cell], reference: str) -> list[Cell]:
    """Add the vehicle as a condition of its own: 1 by normalisation, its error in the ratios made with it."""
    experiments = dict.fromkeys(cell.experiment for cell in cells)
    return [*(Cell(experiment=e, key=reference, log_value=0.0, variance=0.0) for e in experiments), *cells]


def _lane_cell(blot: BlotResult, lane: LaneResult, key: str) -> Cell | None:
    ratio = lane.ratio_to_vehicle
    if ratio.state not in ("measured", "below") or not ratio.value > 0:
        return None
    # A band below detection enters as censored at its upper bound: the posterior lays it anywhere below.
    variance = lane.ratio_log_se**2 if math.isfinite(lane.ratio_log_se) else 0.0
    return Cell(
        experiment=blot.experiment,
        key=key,
        log_value=math.log(ratio.value),
        variance=variance,
        censored=ratio.state == "below",
    )


def _condition_cells(blots: Sequence[BlotResult], words: ConditionWords) -> list[Cell]:
    cells = []
    for blot in blots:
        for lane in blot.lanes:
            if words.at_working_doses(lane.condition) and not lane.is_vehicle:
                cell = _lane_cell(blot, lane, lane.condition.label)
                cells += [cell] if cell else []
    return cells


def _rebound_cells(cells: Sequence[Cell], rebound_from: float) -> list[Cell]:
    """Return, per experiment, the smallest harvest and the last one if it is late enough."""
    chosen = []
    for experiment in dict.fromkeys(cell.experiment for cell in cells):
        own = [cell for cell in cells if cell.experiment == experiment]
        last = max(own, key=lambda cell: float(cell.key))
        least = min(own, key=lambda cell: cell.log_value)
        if float(last.key) >= rebound_from:
            for key, cell in (("min", least), ("last", last)):
                chosen.append(Cell(experiment=experiment, key=key, log_value=cell.log_value, variance=cell.variance))
    return chosen


def _experiments(cells: Sequence[DosedCell]) -> int:
    return len({cell.experiment for cell, _ in cells})


def at_one_time(parts: Sequence[Timed], what: str) -> tuple[list[Timed], list[Finding]]:
    """Return the parts read at the time that most experiments share (the latest of equals), and what was left out.

    Death at 6 h and at 48 h are two quantities; their mean is none. Times within ``SAME_TIME`` count as one.
    """
    timed = sorted({p.minutes_after_dose for p in parts if p.minutes_after_dose is not None})
    if not timed or timed[-1] <= SAME_TIME * timed[0]:
        return list(parts), []

    def near(part: Timed, minutes: float) -> bool:
        own = part.minutes_after_dose
        return own is not None and minutes / SAME_TIME <= own <= minutes * SAME_TIME

    chosen = max(timed, key=lambda t: (len({p.experiment for p in parts if near(p, t)}), t))
    kept = [part for part in parts if near(part, chosen)]
    left = ", ".join(part.name for part in parts if not near(part, chosen))
    text = (
        f"The {what} were read at different times. The verdict takes those near {format_minutes(chosen)}; "
        f"left out: {left}."
    )
    return kept, [Finding(code="mixed_times", severity="warning", text=text)]


def one_dose_each(cells: Sequence[DosedCell]) -> tuple[list[DosedCell], list[Finding]]:
    """Leave out a condition that was run at several doses none of which is declared as the working dose."""
    doses: dict[str, set[Condition]] = {}
    for cell, condition in cells:
        doses.setdefault(cell.key, set()).add(condition)
    several = {key for key, found in doses.items() if len(found) > 1}
    findings = [
        Finding(
            code="dose_ambiguous",
            severity="warning",
            subject=key,
            text=f"{key} was run at several doses, and no working dose is declared for one of its reagents, "
            f"so the verdict "
            "cannot use it. Declare the dose to read under 'doses:' in study.yaml.",
        )
        for key in sorted(several)
    ]
    return [(cell, condition) for cell, condition in cells if cell.key not in several], findings


def _plate_cells(plates: Sequence[PlateResult]) -> list[DosedCell]:
    cells = []
    for plate in plates:
        block = _block_of(plate, plates)
        for arm in plate.arms:
            if not arm.at_working_doses or not math.isfinite(arm.log_viability):
                continue
            # Each arm's error already holds the vehicle's, so the vehicle itself adds none.
            error = arm.log_se if math.isfinite(arm.log_se) and arm.condition.additions else 0.0
            cell = Cell(
                experiment=plate.experiment,
                key=arm.condition.label,
                log_value=arm.log_viability,
                variance=error**2,
                censored=arm.viability.state == "below",
                block=block,
            )
            cells.append((cell, arm.condition))
    return cells


def _block_of(plate: PlateResult, plates: Sequence[PlateResult]) -> str:
    """Return the block of a plate: its own name, unless plates of its experiment repeat its conditions.

    Plates that hold different arms of one experiment each carry an error of their own, which their own vehicle
    wells took up; plates that repeat the same arms are measurements of one and the same thing.
    """
    own = [p for p in plates if p.experiment == plate.experiment]
    seen: dict[str, str] = {}
    for other in own:
        labels = {arm.condition.label for arm in other.arms if arm.condition.additions}
        for label in labels:
            if label in seen:
                return ""
            seen[label] = other.name
    return plate.name if len(own) > 1 else ""


def _sample_cells(samples: Sequence[SampleResult]) -> list[DosedCell]:
    usable = [s for s in samples if s.at_working_doses and math.isfinite(s.viable_log)]
    with_vehicle = {s.experiment for s in usable if s.condition == Condition.DMSO}
    return [
        (
            Cell(
                experiment=sample.experiment,
                key=sample.condition.label,
                log_value=sample.viable_log,
                variance=sample.viable_log_se**2 if math.isfinite(sample.viable_log_se) else 0.0,
            ),
            sample.condition,
        )
        for sample in usable
        if sample.experiment in with_vehicle
    ]


def _other_doses(
    blots: Sequence[BlotResult], plates: Sequence[PlateResult], early: Sequence[Cell], study: Study
) -> list[Finding]:
    """Return a finding where cIAP1 early, or the mimetic alone, was measured at other doses than the working dose."""
    doses = {
        lane.condition.dose_of("SM")
        for blot in blots
        for lane in blot.lanes
        if lane.condition.reagents == {"SM"} and 0 < (lane.minutes_after_dose or 0) <= study.rules.engagement_by
    }
    wells = {
        arm.condition.dose_of("SM")
        for plate in plates
        for arm in plate.arms
        if arm.condition.reagents == {"SM"} and not arm.at_working_doses
    }
    at_working_dose = any(
        arm.condition.reagents == {"SM"} and arm.at_working_doses for plate in plates for arm in plate.arms
    )
    found = []
    if not early:
        found.append(("cIAP1 was harvested early", doses, "engagement"))
    if not at_working_dose:
        found.append(("The mimetic alone was on plates", wells, "its kill"))
    return [
        Finding(
            code="measured_at_other_dose",
            severity="warning",
            text=f"{what} at {', '.join(map(format_molar, known))}, and not at the working dose of "
            f"{format_molar(study.working_dose_molar)}: {unknown} at that dose is not known. Is `working_dose` right?",
        )
        for what, given, unknown in found
        if (known := sorted(dose for dose in given if dose is not None))
    ]


def _vehicle_findings(samples: Sequence[SampleResult]) -> Iterable[Finding]:
    having = {s.experiment for s in samples if s.condition == Condition.DMSO and s.passes}
    for experiment in dict.fromkeys(s.experiment for s in samples if math.isfinite(s.viable_log)):
        if experiment not in having:
            yield Finding(
                code="missing_control",
                severity="warning",
                text=f"No DMSO tube in {experiment}: its viable fractions have nothing to be compared with "
                f"and are not used.",
                subject=experiment,
            )
