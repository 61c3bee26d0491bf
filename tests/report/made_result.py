"""A made-up run with everything that a report must show: the good, the saturated, the missing and the failed."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from avpi.blot.results import Band, BandRole, BandState, BlotResult, LaneResult
from avpi.estimate import Caveat, Estimate, Finding, missing, not_estimable
from avpi.flow.results import QUADRANTS, Gate, SampleResult, Scatter
from avpi.names import Condition, WellRole
from avpi.plate.results import Arm, PlateQuality, PlateResult, Well, WellState
from avpi.readings import BlotImage, well_name
from avpi.result import FailedSection, Result
from avpi.study.manifest import record_inputs
from avpi.study.overrides import Override, Overrides
from avpi.study.read import Study, read_study
from tests.report.made_verdict import make_verdict

STUDY = """\
schema: 1
title: {title}
compound: birinapant
cell_line: MDA-MB-231
working_dose: 100 nM
experiments: [day1, day2, day3]
blots:
  - name: blot1
    experiment: day1
    image: raw/blot1.tif
    target: cIAP1
    lanes: [{{time: 0}}]
"""
MINUTES = (0.0, 15.0, 30.0, 60.0, 240.0, 240.0, 1440.0)
LEFT = (1.0, 0.34, 0.05, 0.04, 0.11, math.nan, 0.2)
ARMS = (
    "SM",
    "TNF",
    "zVAD",
    "Nec-1s",
    "SM + TNF",
    "SM + zVAD",
    "SM + Nec-1s",
    "SM + zVAD + Nec-1s",
    "SM + TNF + zVAD",
    "SM 10 nM",
)
VIABLE = (0.41, 0.97, 1.02, 0.99, 0.12, 0.93, 0.44, 0.96, 0.88, 0.74)


def make_study(folder: Path, *, title: str = "Birinapant in MDA-MB-231: apoptosis or necroptosis?") -> Study:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.yaml").write_text(STUDY.format(title=repr(title)), encoding="utf-8")
    (folder / "raw").mkdir(exist_ok=True)
    (folder / "raw" / "blot1.tif").write_bytes(b"not really an image")
    return read_study(folder)


def make_result(folder: Path, *, title: str = "Birinapant in MDA-MB-231: apoptosis or necroptosis?") -> Result:
    """Return a run of three blots, three plates and three samples, with two failed sections."""
    study = make_study(folder, title=title)
    return Result(
        study=study,
        manifest=record_inputs(study),
        overrides=Overrides(
            lines=(
                Override(
                    number=2,
                    at="2026-03-04T10:20:00+01:00",
                    by="A. Nyström",
                    target="blot1/lane3",
                    set={"x_px": 412.0, "y_px": 122.0},
                    reason="merged bands",
                ),
            )
        ),
        blots=tuple(make_blot(f"blot{i}", f"day{i}", seed=i, own_control=i == 2) for i in (1, 2, 3)),
        plates=(
            make_plate(study, "plate1", "day1", seed=1),
            make_plate(study, "plate2", "day2", seed=2),
            make_plate(study, "plate3", "day3", seed=3, shape=(16, 24), passes=False),
        ),
        samples=tuple(
            make_sample(study, f"sample {c}", "day1", c, seed=i) for i, c in enumerate(("DMSO", "SM", "SM + zVAD"))
        ),
        failed=(
            FailedSection(kind="plate", name="plate4", experiment="day3", code="no_vehicle", why="it has no DMSO well"),
            FailedSection(
                kind="sample", name="tube <7>", experiment="day2", code="empty_fcs", why="the file holds no events."
            ),
        ),
        verdict=make_verdict(),
    )


def empty_result(folder: Path) -> Result:
    """Return a run in which every section failed."""
    made = make_result(folder)
    silent = replace(
        made.verdict,
        called="not_determined",
        probability=1.0,
        best="not_determined",
        leaves={"not_determined": 1.0},
        effects=(),
        trace=(),
        nodes=(),
        advice=(),
        findings=(),
        flags=(),
        experiments={},
        leaves_if_engaged={},
        sentence="Nothing could be called.",
        reason="SM+TNF",
        missing=("SM+TNF",),
    )
    return replace(made, blots=(), plates=(), samples=(), overrides=Overrides(), verdict=silent)


def make_blot(name: str, experiment: str, *, seed: int, own_control: bool = False) -> BlotResult:
    rng = np.random.default_rng(seed)
    shape = (360, 1000)
    target, control = _noise(rng, shape), _noise(rng, shape)
    lanes = []
    for i, (minutes, left) in enumerate(zip(MINUTES, LEFT, strict=True)):
        x = 90.0 + 130.0 * i
        _band(target, x, 120.0, 26000 * (0 if math.isnan(left) else left))
        _band(control if own_control else target, x, 280.0, 60000 if i == 5 else 30000)
        lanes.append(_lane(i + 1, x, minutes, left))
    polarity: Literal["bright", "dark"] = "bright" if seed != 3 else "dark"
    pixels = target if polarity == "bright" else (65535 - target).astype(np.uint16)
    return BlotResult(
        name=name,
        experiment=experiment,
        membrane=f"m{seed}",
        target="cIAP1",
        loading_control="GAPDH",
        polarity=polarity,
        lanes=tuple(lanes),
        loss_by_engagement_time=Estimate(value=0.95, low=0.93, high=1.0, state="above" if seed == 1 else "measured"),
        rebound=not_estimable("the last harvest is saturated")
        if seed == 2
        else Estimate(value=0.16, low=0.09, high=0.23),
        findings=(
            Finding(
                code="saturated_band",
                severity="warning",
                text="Lane 6: GAPDH is saturated, so the lane has no ratio.",
                subject=f"{name}/lane6",
            ),
        ),
        method={
            "lanes": "declared count, profile minima",
            "background": "local median, 3 px margin",
            "detection_limit_sd": 3.0,
        },
        image=_image(pixels, f"raw/{name}.tif"),
        control_image=_image(control, f"raw/{name}-gapdh.tif") if own_control else None,
    )


def _noise(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray[Any, np.dtype[np.uint16]]:
    gradient = np.linspace(2000, 5000, shape[1])[None, :]
    return np.clip(gradient + rng.normal(0, 250, shape), 0, 65535).astype(np.uint16)


def _band(pixels: np.ndarray[Any, np.dtype[np.uint16]], x: float, y: float, height: float) -> None:
    window = (slice(int(y) - 40, int(y) + 40), slice(int(x) - 60, int(x) + 60))
    rows, columns = np.ogrid[window]
    blob = height * np.exp(-(((columns - x) / 30) ** 4) - ((rows - y) / 9) ** 2)
    pixels[window] = np.clip(pixels[window] + blob, 0, 65535).astype(np.uint16)


def _image(pixels: np.ndarray[Any, np.dtype[np.uint16]], source: str) -> BlotImage:
    return BlotImage(pixels=pixels, bits=16, lossy=False, tag_polarity="min_is_black", source=source)


def _lane(number: int, x: float, minutes: float, left: float) -> LaneResult:
    saturated = math.isnan(left)
    low_band = left < 0.06
    ratio = Estimate(value=left, low=left * 0.8, high=left * 1.25, n=1)
    if saturated:
        ratio = Estimate(value=math.nan, state="saturated", method="the loading control is saturated")
    elif low_band:
        ratio = Estimate(
            value=left, low=0.0, high=left, state="below", caveats=(Caveat(code="below", text="below detection"),)
        )
    target_state: BandState = "below_detection" if low_band else "missing" if saturated else "measured"
    bands = (
        _box("target", "cIAP1", x, 120.0, 26000 * (0 if saturated else left), target_state, manual=number == 3),
        _box("control", "GAPDH", x, 280.0, 30000, "saturated" if saturated else "measured"),
        _box("neighbour", "cIAP2", x, 150.0, 900, "measured"),
    )
    return LaneResult(
        lane=number,
        x_px=x,
        condition=Condition.DMSO if number == 1 else Condition.SM,
        dose_molar=0.0 if number == 1 else 1e-7,
        minutes_after_dose=minutes,
        label=f"{minutes:g} min",
        is_vehicle=number == 1,
        bands=bands,
        ratio_to_vehicle=ratio,
        ratio_log_se=0.11,
    )


def _box(
    role: BandRole, name: str, x: float, y: float, volume: float, state: BandState, *, manual: bool = False
) -> Band:
    return Band(
        role=role,
        name=name,
        x_px=x,
        y_px=y,
        width_px=76,
        height_px=14 if role == "neighbour" else 40,
        volume=volume,
        volume_se=400,
        detection_limit=1200,
        saturated_fraction=0.12 if state == "saturated" else 0.0,
        state=state,
        origin="manual" if manual else "auto",
    )


def make_plate(
    study: Study, name: str, experiment: str, *, seed: int, shape: tuple[int, int] = (8, 12), passes: bool = True
) -> PlateResult:
    rng = np.random.default_rng(seed)
    conditions = [study.words.condition(text) for text in ARMS]
    wells = [_well(rng, row, column, conditions, shape) for row in range(shape[0]) for column in range(shape[1])]
    arms = tuple(_arm(study, condition, mean, wells) for condition, mean in zip(conditions, VIABLE, strict=True))
    quality = PlateQuality(
        z_prime=Estimate(value=0.61 if passes else -0.12, low=0.5, high=0.7),
        robust_z_prime=Estimate(value=0.58, low=0.4, high=0.7),
        ssmd=Estimate(value=-11.2),
        robust_ssmd=Estimate(value=-10.4, low=-14.0, high=-8.0),
        signal_window=Estimate(value=7.1, low=5.0, high=9.0),
        signal_to_background=Estimate(value=214.0, low=190, high=240),
        vehicle_cv=Estimate(value=0.07, low=0.05, high=0.1),
        edge_ratio=missing("no vehicle well at the edge"),
        drift_down=Estimate(value=1.02, low=0.94, high=1.11),
        drift_across=missing("2 DMSO wells in 1 columns"),
    )
    stop = Finding(
        code="low_z_prime", severity="blocking", text="Z′ is −0.12; below 0 the plate is not used.", subject=name
    )
    odd = Finding(code="unread_wells", severity="note", text="1 well was not read and is left out", subject=name)
    return PlateResult(
        name=name,
        experiment=experiment,
        readout="CellTiter-Glo",
        reader="EnVision Workstation 1.13",
        plate="1",
        read="US LUM",
        shape=shape,
        wells=tuple(wells),
        arms=arms,
        quality=quality,
        passes=passes,
        findings=(odd,) if passes else (stop, odd),
        method={"normalisation": "mean of vehicle wells", "kill_subtracted": True},
        minutes_after_dose=1440.0,
    )


def _well(rng: np.random.Generator, row: int, column: int, conditions: list[Condition], shape: tuple[int, int]) -> Well:
    role: WellRole = "sample"
    state: WellState = "used"
    condition: Condition | None = conditions[(column - 1) % len(conditions)]
    viability = VIABLE[(column - 1) % len(conditions)] * rng.normal(1, 0.05)
    if column == 0:
        role, condition, viability = "vehicle", Condition.DMSO, rng.normal(1, 0.04)
    elif column == shape[1] - 1:
        role, condition, viability = ("kill", None, 0.005) if row % 2 else ("blank", None, 0.0)
    if (row, column) == (2, 5):
        state, viability = "missing", math.nan
    elif (row, column) == (3, 6):
        state, viability = "overflow", math.nan
    elif (row, column) == (4, 2):
        state = "excluded"
    elif (row, column) == (5, 3):
        state, condition = "unlabelled", None
    return Well(
        name=well_name(row, column),
        row=row,
        column=column,
        role=role,
        condition=condition,
        raw=viability * 48000,
        reading=viability * 48000,
        viability=viability,
        state=state,
    )


def _arm(study: Study, condition: Condition, mean: float, wells: list[Well]) -> Arm:
    its = [w.viability for w in wells if w.condition == condition and w.state == "used"]
    estimate = Estimate(value=float(np.mean(its)), low=mean * 0.93, high=mean * 1.07)
    return Arm(
        condition=condition,
        described=study.words.describe(condition),
        at_working_doses=study.words.at_working_doses(condition),
        wells=len(its),
        viability=estimate,
        log_viability=math.log(mean),
        log_se=0.03,
    )


def make_sample(
    study: Study, name: str, experiment: str, condition: str, *, seed: int, events: int = 3000
) -> SampleResult:
    rng = np.random.default_rng(seed)
    dying = (0.06, 0.62, 0.1)[seed % 3]
    dead = rng.random(events) < dying
    annexin = np.where(dead, rng.normal(3.1, 0.35, events), rng.normal(1.2, 0.35, events))
    pi = np.where(dead & (rng.random(events) < 0.4), rng.normal(3.0, 0.4, events), rng.normal(1.0, 0.35, events))
    area, height = rng.normal(100, 18, events), rng.normal(100, 18, events)
    counts = dict(zip(QUADRANTS, _quadrants(annexin, pi), strict=True))
    fractions = {
        q: Estimate(value=n / events, low=max(0.0, n / events - 0.02), high=n / events + 0.02)
        for q, n in counts.items()
    }
    square = np.array([[60.0, 60.0], [150.0, 60.0], [150.0, 150.0], [60.0, 150.0]])
    c = study.words.condition(condition)
    return SampleResult(
        name=name,
        experiment=experiment,
        condition=c,
        described=study.words.describe(c),
        at_working_doses=True,
        readout="annexin_v_pi",
        minutes_after_dose=1440.0,
        events=40_000,
        cells=31_000,
        singlets=29_000,
        counts=counts,
        fractions=fractions,
        viable=fractions[QUADRANTS[0]],
        viable_log=-0.1,
        viable_log_se=0.01,
        gates=(
            Gate(name="cells", x_channel="FSC-A", y_channel="SSC-A", vertices=square, passed=31_000, of=40_000),
            Gate(
                name="singlets",
                x_channel="FSC-A",
                y_channel="FSC-H",
                vertices=square,
                passed=29_000,
                of=31_000,
                origin="manual",
            ),
        ),
        scatters=(
            Scatter(title="Cells", x_label="FSC-A / 1000", y_label="SSC-A / 1000", x=area, y=height, gates=("cells",)),
            Scatter(
                title="Singlets",
                x_label="FSC-A / 1000",
                y_label="FSC-H / 1000",
                x=area,
                y=area + height / 20,
                gates=("singlets",),
            ),
            Scatter(
                title="Annexin V / PI",
                x_label="Annexin V-FITC (logicle)",
                y_label="PI (logicle)",
                x=annexin,
                y=pi,
                gates=(),
                thresholds=(2.2, 2.1),
            ),
        ),
        passes=seed != 2,
        findings=(Finding(code="few_events", severity="warning", text="Few events.", subject=name),)
        if seed == 2
        else (),
        method={"compensation": "from single stains", "scale": "logicle"},
    )


def _quadrants(annexin: np.ndarray[Any, Any], pi: np.ndarray[Any, Any]) -> tuple[int, int, int, int]:
    a, p = annexin > 2.2, pi > 2.1
    return int((~a & ~p).sum()), int((a & ~p).sum()), int((a & p).sum()), int((~a & p).sum())
