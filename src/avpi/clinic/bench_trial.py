"""A trial of patients whose classes come from kill fractions, or are stated: all comers, enriched, every cut-off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from avpi.clinic.checks import Checks, Floats
from avpi.clinic.conduct import Conduct, Enrolment
from avpi.clinic.design.enrichment import Assay
from avpi.clinic.expected_curves import ExpectedTrial, expect_trial
from avpi.clinic.operating import Operating, operating
from avpi.clinic.patients import PatientClass, Population
from avpi.clinic.simulate import simulate_trials
from avpi.clinic.tumours import MarkerRoc, VirtualTumours, marker_roc, patient_classes
from avpi.compute.places import Place
from avpi.errors import InputError, Problem

CUT_OFF_TRIALS = 300
"""Trials for each cut-off: a power is then known to 0.03 at worst."""
MOST_CUT_OFFS = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """What trials under one enrolment show."""

    enrolment: Enrolment
    conduct: Conduct
    operating: Operating
    expected: ExpectedTrial


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BenchTrial:
    """A trial of stated or simulated patients.

    Attributes
    ----------
    tumours, roc : None where classes were stated.
    shown : all comers, and enriched where anybody is called positive.
    why_not_enriched : why there is no enriched trial; empty where there is one.
    """

    population: Population
    tumours: VirtualTumours | None
    roc: MarkerRoc | None
    shown: tuple[Shown, ...]
    why_not_enriched: str


def stated_classes(
    prevalence: float, ratio_positive: float, ratio_negative: float, hazard: Sequence[float]
) -> tuple[PatientClass, ...]:
    """Return two classes of patients, or one where the prevalence is 0 or 1."""
    checks = Checks()
    checks.share("prevalence", prevalence)
    checks.above_zero("ratio_positive", ratio_positive)
    checks.above_zero("ratio_negative", ratio_negative)
    checks.stop()
    found = []
    if prevalence > 0:
        found.append(PatientClass(name="positive", share=prevalence, hazard=tuple(hazard), ratio=(ratio_positive,),
                                  marked=1.0))  # fmt: skip
    if prevalence < 1:
        found.append(PatientClass(name="negative", share=1 - prevalence, hazard=tuple(hazard), ratio=(ratio_negative,)))
    return tuple(found)


def tumour_population(
    tumours: VirtualTumours, *, hazard: Sequence[float], ratio_at_full_kill: float, ratio_spared: float = 1.0,
    assay: Assay | None = None, drop_out: float = 0.0, t_cell_ratio: float = 1.0,
) -> tuple[Population, MarkerRoc]:  # fmt: skip
    """Return the patients that tumours stand for, and the marker's ROC curve.

    Parameters
    ----------
    assay : None for the tumours' own marker at its best cut-off.
    t_cell_ratio : factor of every patient's ratio through T cells.
    """
    roc = marker_roc(tumours)
    own = assay or Assay(sensitivity=float(roc.sensitivity[roc.best]), specificity=float(roc.specificity[roc.best]))
    classes = patient_classes(
        tumours, hazard=hazard, ratio_at_full_kill=ratio_at_full_kill, ratio_spared=ratio_spared * t_cell_ratio
    )
    if t_cell_ratio != 1.0:
        classes = tuple(_through_t_cells(one, t_cell_ratio) if one.name == "answering" else one for one in classes)
    return Population(classes=classes, assay=own, drop_out=(drop_out, drop_out)), roc


def run_bench_trial(
    population: Population, conduct: Conduct, *, tumours: VirtualTumours | None = None, roc: MarkerRoc | None = None,
    alpha: float = 0.025, trials: int = 1000, seed: int = 1, place: Place | None = None,
) -> BenchTrial:  # fmt: skip
    """Simulate the trial with all comers and, where there is anybody to enrol, with assay-positive patients alone."""
    why = ""
    enrolments: list[Enrolment] = ["all"]
    if population.called_positive <= 0:
        why = "nobody has a positive assay"
    elif population.prevalence in (0.0, 1.0):
        who = "no patient" if population.prevalence == 0 else "every patient"
        why = f"{who} truly has the biomarker, so selection selects nothing"
    else:
        enrolments.append("positive")
    shown = []
    for enrolment in enrolments:
        own = replace(conduct, enrolment=enrolment)
        results = simulate_trials(population, own, trials=trials, seed=seed, place=place)
        shown.append(
            Shown(
                enrolment=enrolment, conduct=own, operating=operating(results, alpha=alpha),
                expected=expect_trial(population, own),
            )
        )  # fmt: skip
    return BenchTrial(population=population, tumours=tumours, roc=roc, shown=tuple(shown), why_not_enriched=why)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CutOffPower:
    """Simulated power of the enriched trial at the marker's cut-offs, (cut-offs,) each."""

    cut_off: Floats
    sensitivity: Floats
    specificity: Floats
    called_positive: Floats
    power: Floats
    error: Floats


def power_by_cut_off(
    population: Population, conduct: Conduct, roc: MarkerRoc, *, alpha: float = 0.025,
    trials: int = CUT_OFF_TRIALS, seed: int = 1, place: Place | None = None,
) -> CutOffPower:  # fmt: skip
    """Return the power of enriched trials that screen as many patients as the all-comers trial enrols.

    Raises
    ------
    InputError
        If no cut-off calls anybody positive.
    """
    there = [i for i in range(roc.cut_off.size) if math.isfinite(roc.cut_off[i])]
    chosen = sorted({there[round(k)] for k in np.linspace(0, len(there) - 1, min(MOST_CUT_OFFS, len(there)))})
    rows = []
    for i in chosen:
        assay = Assay(sensitivity=float(roc.sensitivity[i]), specificity=float(roc.specificity[i]))
        own = replace(population, assay=assay)
        called = own.called_positive
        patients = round(conduct.patients * called)
        if patients < 4:
            continue
        looks = tuple(
            replace(look, events=None if look.events is None else max(round(look.events * called), 1))
            for look in conduct.looks[-1:]
        )
        smaller = replace(conduct, patients=patients, looks=looks, enrolment="positive")
        found = operating(simulate_trials(own, smaller, trials=trials, seed=seed, place=place), alpha=alpha)
        share = found.rejects["log-rank"]
        rows.append((roc.cut_off[i], assay.sensitivity, assay.specificity, called, share.value, share.standard_error))
    if not rows:
        raise InputError(Problem(file="marker", what="no cut-off leaves four patients", expected="more patients"))
    table = np.array(rows, float)
    return CutOffPower(
        cut_off=table[:, 0], sensitivity=table[:, 1], specificity=table[:, 2], called_positive=table[:, 3],
        power=table[:, 4], error=table[:, 5],
    )  # fmt: skip


def _through_t_cells(one: PatientClass, t_cell_ratio: float) -> PatientClass:
    """Return a class whose log ratios are shifted: its strengths carry both what is killed and what T cells do."""
    log_ratio = math.log(one.ratio[0])
    shifted = [own * log_ratio + math.log(t_cell_ratio) for own in one.strength]
    strength = tuple(max(own / log_ratio, 0.0) for own in shifted) if log_ratio else one.strength
    return replace(one, strength=strength)
