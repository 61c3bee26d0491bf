"""From the bench to the ward: kill fractions of virtual tumours become classes of patients.

A patient's tumour is a line drawn from a prior (autocrine TNF, FLIP, caspase-8, RIPK3, MLKL and others, see
``network/panels.yaml``), its cells differ among each other, and its environment holds TNF, log-normal between patients.
The pathway model is asked what part of the cells a mimetic kills beyond those that die without it. Two assumptions
carry this over to patients, and neither has been measured:

* a tumour of which half of the cells or more die is one that answers (``ANSWERS``);
* the log hazard ratio is proportional to the part killed: ``log HR = kill log HR_1``, where HR_1 is the ratio of a
patient
  all of whose tumour cells die.

Whoever has a posterior over lines from a study of their own may give those lines instead of a prior's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.clinic.checks import Checks, Floats, numbers
from avpi.clinic.immune import ImmuneCompartment, immune_compartments
from avpi.clinic.patients import PatientClass
from avpi.compute.places import Place, Threads
from avpi.compute.progress import SILENT, Progress
from avpi.errors import InputError, Problem
from avpi.network.lines import Line
from avpi.network.panels import draw_lines, find_prior, priors
from avpi.population.experiment import Dose, Experiment
from avpi.population.well import grow

ANSWERS = 0.5
"""Part of a tumour's cells killed from which on it is one that answers (assumed)."""
HOURS = 48.0
"""How long the cells are followed: most that die of a mimetic have by then."""
USUAL_CELLS = 30
"""Cells of a tumour: its kill is then known to 0.09, which is less than tumours differ."""
TNF_MEDIAN_NG_PER_ML, TNF_FOLD = 0.05, 4.0
"""TNF that the environment brings to a tumour: its median and the factor of one standard deviation (assumed; the
distribution in tumours was not found)."""
STRENGTHS = 33
OFF_LEVEL = 1e-4
"""ng/mL of TNF below which none can be seen by any assay: a floor of the marker."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VirtualTumours:
    """Tumours and what a mimetic does to them.

    Attributes
    ----------
    kill : (tumours,) part of the cells that die with the mimetic, of those that live without it.
    marker : (tumours,) log10 of the TNF around the tumour a day after the mimetic, ng/mL: the strength of the TNF
        loop, as a test of living tumour could measure it. ``basal`` : the same without the mimetic, as a biopsy shows
        it.
    necroptosis : (tumours,) share of the deaths by necroptosis; nan where nothing died.
    environment_ng_per_ml : (tumours,) TNF that came from outside.
    what : in words.
    """

    kill: Floats
    marker: Floats
    basal: Floats
    necroptosis: Floats
    environment_ng_per_ml: Floats
    what: str

    @property
    def answers(self) -> NDArray[np.bool_]:
        """Which tumours answer, (tumours,) of True and False."""
        return self.kill >= ANSWERS

    @property
    def prevalence(self) -> float:
        """Share of tumours that answer."""
        return float(np.mean(self.answers))


def given_tumours(kill: Sequence[float], marker: Sequence[float] | None = None, *, what: str) -> VirtualTumours:
    """Return tumours whose kill fractions come from elsewhere, such as a study's posterior.

    Parameters
    ----------
    kill : (tumours,) from 0 to 1. ``marker`` : (tumours,) any scale, higher where the TNF loop is stronger.
    """
    kills = numbers("kill", kill)
    if not kills.size or (kills < 0).any() or (kills > 1).any():
        raise InputError(Problem(file="kill", what="holds a number that is no share", expected="numbers from 0 to 1"))
    markers = np.zeros(kills.size) if marker is None else numbers("marker", marker, kills.size)
    unknown = np.full(kills.size, np.nan)
    return VirtualTumours(
        kill=kills, marker=markers, basal=markers, necroptosis=unknown, environment_ng_per_ml=unknown, what=what
    )


@dataclass(frozen=True, slots=True)
class _Tumour:
    line: Line
    environment_ng_per_ml: float
    seed: int


@dataclass(frozen=True, slots=True)
class _Bench:
    mimetic: Dose
    ifn_gamma_ng_per_ml: float
    cells: int

    def kill(self, tumour: _Tumour) -> tuple[float, float, float, float]:
        """Return the kill, the marker with and without the mimetic, and the share of necroptosis of a tumour."""
        around = []
        if tumour.environment_ng_per_ml > 0:
            around.append(Dose(reagent="TNF", amount=tumour.environment_ng_per_ml))
        if self.ifn_gamma_ng_per_ml > 0:
            around.append(Dose(reagent="IFN-gamma", amount=self.ifn_gamma_ng_per_ml))
        untreated = Experiment(line=tumour.line, doses=tuple(around))
        treated = replace(untreated, doses=(*around, self.mimetic))
        times = [0.0, HOURS / 2, HOURS]
        without = grow(untreated, times_hours=times, cells=self.cells, seed=tumour.seed)
        well = grow(treated, times_hours=times, cells=self.cells, seed=tumour.seed)
        lives = float(np.mean(without.fates.death_hours > HOURS))
        dead = well.fates.death_hours <= HOURS
        kill = 1 - float(np.mean(~dead)) / lives if lives > 0 else 0.0
        necroptosis = float(np.mean(well.fates.mode[dead] == 1)) if dead.any() else math.nan
        marker, basal = (math.log10(max(float(own.tnf_ng_per_ml[1]), OFF_LEVEL)) for own in (well, without))
        return min(max(kill, 0.0), 1.0), marker, basal, necroptosis


def simulate_tumours(
    tumours: int = 60,
    *,
    panel: str = "tumour",
    lines: Sequence[Line] | None = None,
    mimetic: str = "birinapant",
    dose_molar: float = 1e-7,
    immune: ImmuneCompartment | None = None,
    tnf_median_ng_per_ml: float = TNF_MEDIAN_NG_PER_ML,
    tnf_fold: float = TNF_FOLD,
    cells: int = USUAL_CELLS,
    seed: int = 1,
    place: Place | None = None,
    progress: Progress = SILENT,
) -> VirtualTumours:
    """Ask the pathway model what a mimetic does to a panel of tumours.

    Parameters
    ----------
    tumours : how many are drawn from the prior ``panel``; the first of a larger panel are those of a smaller one.
    lines : tumours to take instead, such as draws of a study's posterior.
    immune : what the immune compartment adds; None for nothing.
    tnf_median_ng_per_ml, tnf_fold : of the TNF in the tumours' environment.
    cells : of each tumour. ``place`` : where it runs; it changes no number.

    Raises
    ------
    InputError
        If a number cannot be meant, or the panel or the mimetic is not known.
    """
    checks = Checks()
    checks.whole("tumours", tumours, 1, 5000)
    checks.whole("cells", cells, 1, 5000)
    checks.not_below_zero("tnf_median_ng_per_ml", tnf_median_ng_per_ml)
    if not tnf_fold >= 1:
        checks.fault("tnf_fold", tnf_fold, "no fold", "a number of 1 or more")
    checks.stop()
    prior = find_prior(panel)
    if prior is None:
        expected = f"one of {', '.join(priors())}"
        raise InputError(Problem(file="panel", what=f"'{panel}' is no panel of tumours", expected=expected))
    drawn = tuple(lines) if lines is not None else draw_lines(prior, tumours, seed)
    own = immune or immune_compartments()["none"]
    random = np.random.Generator(np.random.Philox(key=seed + (1 << 64)))
    environment = tnf_median_ng_per_ml * tnf_fold ** random.standard_normal(len(drawn)) * own.tnf_fold
    bench = _Bench(Dose(reagent=mimetic, amount=dose_molar), own.ifn_gamma_ng_per_ml, cells)
    _refuse_early(bench, drawn[0])
    tasks = [_Tumour(line, float(tnf), seed + i) for i, (line, tnf) in enumerate(zip(drawn, environment, strict=True))]
    where = place or Threads()
    found = np.array(list(where.map(bench.kill, tasks, stage="tumours", progress=progress)), float)
    return VirtualTumours(
        kill=found[:, 0],
        marker=found[:, 1],
        basal=found[:, 2],
        necroptosis=found[:, 3],
        environment_ng_per_ml=environment,
        what=f"{len(drawn)} tumours ({prior.what if lines is None else 'given lines'}), {mimetic} {dose_molar:g} M, "
        f"environment's TNF {tnf_median_ng_per_ml:g} ng/mL (fold {tnf_fold:g}), immune compartment: {own.name}",
    )


def _refuse_early(bench: _Bench, line: Line) -> None:
    """Refuse a mimetic that the model does not know before the first tumour is simulated."""
    Experiment(line=line, doses=(bench.mimetic,)).changes()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarkerRoc:
    """How well the marker tells the tumours that answer.

    Attributes
    ----------
    cut_off, sensitivity, specificity : (cut-offs,) a tumour is called positive at or above the cut-off.
    area : below the curve; nan where all or no tumours answer.
    best : index of the cut-off with the largest sum of both (Youden).
    """

    cut_off: Floats
    sensitivity: Floats
    specificity: Floats
    area: float
    best: int


def marker_roc(tumours: VirtualTumours) -> MarkerRoc:
    """Return how well the marker tells the tumours that answer, at every cut-off that makes a difference."""
    answers = np.asarray(tumours.answers, bool)
    cuts = np.concatenate([np.unique(tumours.marker), [np.inf]])
    called = tumours.marker[None, :] >= cuts[:, None]
    positives, negatives = int(answers.sum()), int((~answers).sum())
    sensitivity = (called & answers).sum(axis=1) / max(positives, 1)
    specificity = (~called & ~answers).sum(axis=1) / max(negatives, 1)
    area = area_below_roc(tumours.marker, answers)
    best = int(np.argmax(sensitivity + specificity))
    return MarkerRoc(cut_off=cuts, sensitivity=sensitivity, specificity=specificity, area=area, best=best)


def area_below_roc(marker: Floats, answers: ArrayLike) -> float:
    """Return the chance that a tumour that answers has more of a marker than one that does not; nan without either."""
    there = np.asarray(answers, bool)
    if there.all() or not there.any():
        return math.nan
    ahead = marker[there][:, None] - marker[~there][None, :]
    return float(np.mean((ahead > 0) + 0.5 * (ahead == 0)))


def patient_classes(
    tumours: VirtualTumours, *, hazard: Sequence[float], ratio_at_full_kill: float, ratio_spared: float = 1.0
) -> tuple[PatientClass, ...]:
    """Return the classes of patients that tumours stand for; a class without tumours is left out.

    Parameters
    ----------
    hazard : (periods,) of the control arm. ``ratio_at_full_kill`` : hazard ratio where all tumour cells die.
    ratio_spared : hazard ratio of patients whose tumours do not answer, beside what little is killed: above 1 where the
        treatment harms them. The cells know nothing of such harm; it is assumed.
    """
    checks = Checks()
    checks.above_zero("ratio_at_full_kill", ratio_at_full_kill)
    checks.above_zero("ratio_spared", ratio_spared)
    checks.stop()
    answers = np.asarray(tumours.answers, bool)
    even = np.linspace(0, 1, STRENGTHS)
    found = []
    if answers.any():
        strength = tuple(map(float, np.quantile(tumours.kill[answers], even)))
        found.append(
            PatientClass(
                name="answering", share=float(answers.mean()), hazard=tuple(hazard), ratio=(ratio_at_full_kill,),
                marked=1.0, strength=strength,
            )
        )  # fmt: skip
    if not answers.all():
        own = math.log(ratio_spared) + tumours.kill[~answers] * math.log(ratio_at_full_kill)
        # One number carries both: the log ratio of each patient over that of a ratio of e.
        low, high = float(own.min()), float(own.max())
        found += _spared(own, low, high, hazard, float((~answers).mean()))
    return tuple(found)


def _spared(log_ratios: Floats, low: float, high: float, hazard: Sequence[float], share: float) -> list[PatientClass]:
    """Return the patients whose tumours do not answer: one class of those below a ratio of 1 and one of the others."""
    found = []
    for name, own, unit in (
        ("spared, a little better", log_ratios[log_ratios < 0], 1 / math.e),
        ("spared, no better", log_ratios[log_ratios >= 0], math.e),
    ):
        if not own.size:
            continue
        strength = np.quantile(np.abs(own), np.linspace(0, 1, STRENGTHS)) if high > low else np.abs(own[:1])
        found.append(
            PatientClass(
                name=name, share=share * own.size / log_ratios.size, hazard=tuple(hazard), ratio=(unit,), marked=0.0,
                strength=tuple(map(float, strength)),
            )
        )  # fmt: skip
    return found
