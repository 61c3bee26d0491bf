"""Readings of blots, plates and tubes to tables of independent experiments.

Everything is relative to vehicle on the same plate or membrane, within one experiment. What one experiment
measured several times is averaged; wells, lanes and tubes never count as n. Only conditions at the study's
working doses enter (dose curves have a room of their own).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from avpi.blot.results import BlotResult, LaneResult
from avpi.estimate import Finding
from avpi.flow.results import SampleResult
from avpi.names import Condition
from avpi.plate.results import PlateResult
from avpi.study.conditions import ConditionWords
from avpi.study.read import Study
from avpi.verdict.posterior import BlockTable, Cell, average_cells

VEHICLE = Condition.DMSO.label
LATE_MINUTES = 240.0
"""A first harvest after 4 h misses the event: cIAP1 is gone within minutes and may be back (protocols.md)."""


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
    late_only : every cIAP1 harvest is later than 4 h.
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
    by_plate = _plate_cells(usable)
    by_flow = _sample_cells([sample for sample in samples if sample.passes])
    viability = by_plate or by_flow
    times = sorted({float(cell.key) for cell in engagement})
    return Effects(
        engagement=_table(_with_vehicle(early, "vehicle"), "vehicle"),
        rebound=_table(_with_vehicle(_rebound_cells(engagement, study.rules.rebound_from), "vehicle"), "vehicle"),
        viability=_table(viability, VEHICLE),
        viability_source="plate" if by_plate else "cytometry" if by_flow else "",
        death=_table(by_flow, VEHICLE),
        pmlkl=_table(
            _with_vehicle(_condition_cells([b for b in blots if b.target == "pMLKL"], study.words), VEHICLE),
            VEHICLE,
        ),
        engagement_censored=tuple(sorted({cell.key for cell in early if cell.censored}, key=float)),
        late_only=bool(times) and times[0] > LATE_MINUTES,
        has_time_zero=any(plate.time_zero for plate in plates),
        working_dose_molar=study.working_dose_molar,
        blocked=(*(p.name for p in plates if not p.passes), *(s.name for s in samples if not s.passes)),
        findings=tuple(_vehicle_findings(samples)),
    )


def _table(cells: Iterable[Cell], reference: str) -> BlockTable:
    return BlockTable(cells=average_cells(list(cells)), reference=reference)


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
    # A band below detection enters at its upper bound: the loss is then understated, never overstated.
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


def _plate_cells(plates: Sequence[PlateResult]) -> list[Cell]:
    cells = []
    for plate in plates:
        arms = [arm for arm in plate.arms if arm.at_working_doses and math.isfinite(arm.log_viability)]
        cells += [
            Cell(
                experiment=plate.experiment,
                key=arm.condition.label,
                log_value=arm.log_viability,
                # Each arm's error already holds the vehicle's, so the vehicle itself adds none.
                variance=arm.log_se**2 if math.isfinite(arm.log_se) and arm.condition.additions else 0.0,
                censored=arm.viability.state == "below",
            )
            for arm in arms
        ]
    return cells


def _sample_cells(samples: Sequence[SampleResult]) -> list[Cell]:
    usable = [s for s in samples if s.at_working_doses and math.isfinite(s.viable_log)]
    with_vehicle = {s.experiment for s in usable if s.condition == Condition.DMSO}
    return [
        Cell(
            experiment=sample.experiment,
            key=sample.condition.label,
            log_value=sample.viable_log,
            variance=sample.viable_log_se**2 if math.isfinite(sample.viable_log_se) else 0.0,
        )
        for sample in usable
        if sample.experiment in with_vehicle
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
