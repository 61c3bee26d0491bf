"""What a planned study would read if a scenario were true: results of the very types that the assays' rooms make.

Plates are made as readings and go through the analysis of plates, so that its own gates (no vehicle wells, no kill
control) speak as they will on the day. Blots and tubes are made as results. Noise is small and seeded: what is asked is
what a design could tell at its best.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from avpi.blot.results import BlotResult, LaneResult
from avpi.errors import NotAnalysed
from avpi.estimate import Estimate, Finding, missing
from avpi.flow.results import SampleResult
from avpi.formats.layout import layout_from_wells
from avpi.planning.scenarios import Scenario
from avpi.plate.analyse import analyse_plate
from avpi.plate.results import PlateResult
from avpi.plate.wells import Content
from avpi.readings import BlotImage, Plate, PlateRead, PlateReading, well_name
from avpi.study.read import Study
from avpi.study.schema import Blot, PlateFile, Sample

QUIET_CV = 0.01
"""Scatter between wells and between experiments: too small to hide anything."""
VEHICLE_RLU, BLANK_RLU = 1e6, 1e3
"""Luminescence of vehicle wells and of medium."""
BLOT_LOG_SE = 0.05
"""Error of one lane's ratio."""
LIVE = 0.9
"""Share of vehicle cells that no dye stains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a study would read: its results, and what could not be analysed and why."""

    blots: tuple[BlotResult, ...]
    plates: tuple[PlateResult, ...]
    samples: tuple[SampleResult, ...]
    refused: tuple[Finding, ...]


def expected_readings(
    study: Study, contents: dict[str, dict[tuple[int, int], Content]], scenario: Scenario, *, seed: int = 0
) -> Expected:
    """Return what a study would read.

    Parameters
    ----------
    contents : name of a plate -> what its labelled wells hold (``read_layouts.declared_contents``).
    """
    rng = np.random.Generator(np.random.Philox(seed))
    plates: list[PlateResult] = []
    refused: list[Finding] = []
    for plate in study.plates:
        try:
            plates.append(_plate(study, plate, contents[plate.name], scenario, rng))
        except NotAnalysed as failure:
            code = failure.code
            refused.append(Finding(code=code, severity="blocking", text=f"{plate.name}: {failure}", subject=plate.name))
    blots: list[BlotResult] = []
    for blot in study.blots:
        found = _blot(study, blot, scenario)
        if any(lane.is_vehicle for lane in found.lanes):
            blots.append(found)
        else:
            text = f"{blot.name} has no vehicle lane: a loss has nothing to be measured against. Load one."
            refused.append(Finding(code="no_vehicle_lane", severity="blocking", text=text, subject=blot.name))
    samples = tuple(_sample(study, sample, scenario, rng) for sample in study.samples)
    return Expected(blots=tuple(blots), plates=tuple(plates), samples=samples, refused=tuple(refused))


def _plate(
    study: Study,
    plate: PlateFile,
    contents: dict[tuple[int, int], Content],
    scenario: Scenario,
    rng: np.random.Generator,
) -> PlateResult:
    rows, columns = 1 + max(r for r, _ in contents), 1 + max(c for _, c in contents)
    values = np.full((rows, columns), np.nan)
    for at, content in contents.items():
        left = {"blank": 0.0, "kill": 0.0, "empty": 0.0}.get(content.role)
        if left is None:
            left = 1.0 if plate.time_zero or content.condition is None else scenario.viability(content.condition)
        values[at] = (BLANK_RLU + VEHICLE_RLU * left) * math.exp(rng.normal(0, QUIET_CV))
    read = PlateRead(
        name="expected", kind="measured", mode="luminescence", unit="RLU", values=values,
        overflow=np.zeros(values.shape, dtype=np.bool_),
    )  # fmt: skip
    reading = PlateReading(
        reader="expected", trust="verified", plates=(Plate(name="1", reads=(read,)),), source=plate.file
    )
    wells = {well_name(*at): _words(content, study) for at, content in contents.items()}
    declared = plate.model_copy(update={"plate": None, "read": None, "layout": plate.file})
    return analyse_plate(reading, layout_from_wells(wells, plate.file), declared, study.words, study.rules)


def _words(content: Content, study: Study) -> str:
    if content.role != "sample" or content.condition is None:
        return content.role
    return study.words.describe(content.condition)


def _blot(study: Study, blot: Blot, scenario: Scenario) -> BlotResult:
    lanes = tuple(_lanes(study, blot, scenario))
    nothing = missing("not measured yet")
    pixels = np.zeros((1, 1), dtype=np.uint16)
    image = BlotImage(pixels=pixels, bits=16, lossy=False, tag_polarity="unknown", source=blot.image)
    return BlotResult(
        name=blot.name, experiment=blot.experiment, membrane=blot.membrane or blot.name, target=blot.target,
        loading_control=blot.loading_control.name if blot.loading_control else "", polarity="bright", lanes=lanes,
        loss_by_engagement_time=nothing, rebound=nothing, findings=(), method={}, image=image,
    )  # fmt: skip


def _lanes(study: Study, blot: Blot, scenario: Scenario) -> Iterator[LaneResult]:
    for number, lane in enumerate(blot.lanes, start=1):
        if lane.empty or lane.ladder:
            continue
        condition = study.lane_condition(lane)
        treated = "SM" in condition.reagents and (lane.time or 0) > 0
        left = 1.0
        if treated and blot.target == "cIAP1":
            left = scenario.ciap1(lane.time or 0)
        elif treated and blot.target == "pMLKL":
            left = scenario.pmlkl(condition)
        yield LaneResult(
            lane=number, x_px=0.0, condition=condition, dose_molar=condition.dose_of("SM"),
            minutes_after_dose=lane.time, label=lane.label or "", is_vehicle=not condition.additions, bands=(),
            ratio_to_vehicle=Estimate(value=left, low=left, high=left), ratio_log_se=BLOT_LOG_SE,
        )  # fmt: skip


def _sample(study: Study, sample: Sample, scenario: Scenario, rng: np.random.Generator) -> SampleResult:
    condition = study.words.condition(sample.condition)
    live = LIVE * scenario.viability(condition) * math.exp(rng.normal(0, QUIET_CV))
    return SampleResult(
        name=sample.name, experiment=sample.experiment, condition=condition, described=sample.condition,
        at_working_doses=study.words.at_working_doses(condition), readout=study.cytometry.readout,
        minutes_after_dose=sample.time, events=20_000, cells=18_000, singlets=17_000, counts={}, fractions={},
        viable=Estimate(value=live, low=live, high=live), viable_log=math.log(live), viable_log_se=QUIET_CV,
        gates=(), scatters=(), passes=True, findings=(), method={},
    )  # fmt: skip
