"""Power over the size of a trial, all comers and enriched, and over the cut-off of an assay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri

from avpi.clinic.checks import Floats
from avpi.clinic.conduct import Conduct, Enrolment, Look, PlannedTests
from avpi.clinic.design.assurance import Truth, assurance
from avpi.clinic.design.enrichment import PERFECT, CutOffs, cut_offs
from avpi.clinic.expected_curves import expect_trial
from avpi.clinic.operating import operating
from avpi.clinic.patients import Population
from avpi.clinic.simulate import simulate_trials
from avpi.compute.places import Place

MIXTURES = 9
"""Mixtures whose hazard ratio is computed; between them its logarithm is so straight that nothing can be seen."""

SIZES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
"""Sizes of trials as multiples of the scenario's."""
TRIALS = 400
"""Trials for each point: a power is then known to 0.025 at worst."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PowerPoints:
    """Power by size, (sizes,) each: patients, share that finds a benefit, its standard error, share that finds harm."""

    patients: Floats
    power: Floats
    error: Floats
    harm: Floats


def power_by_size(
    population: Population, conduct: Conduct, enrolment: Enrolment, *, alpha: float = 0.025,
    sizes: Sequence[float] = SIZES, trials: int = TRIALS, seed: int = 1, place: Place | None = None,
) -> PowerPoints:  # fmt: skip
    """Return the log-rank test's power for trials of several sizes; events of looks grow with the patients."""
    rows = []
    for size in sizes:
        patients = max(round(conduct.patients * size), 4)
        looks = tuple(
            Look(events=None if look.events is None else max(round(look.events * size), 1), months=look.months)
            for look in conduct.looks[-1:]
        )
        own = replace(conduct, patients=patients, looks=looks, enrolment=enrolment, tests=PlannedTests(),
                      accrual=replace(conduct.accrual, per_month=tuple(r * size for r in conduct.accrual.per_month)))  # fmt: skip # noqa: E501
        found = operating(simulate_trials(population, own, trials=trials, seed=seed, place=place), alpha=alpha)
        share = found.rejects["log-rank"]
        rows.append((patients, share.value, share.standard_error, found.harm.value))
    table = np.array(rows, float)
    return PowerPoints(patients=table[:, 0], power=table[:, 1], error=table[:, 2], harm=table[:, 3])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AssurancePoints:
    """By events of the deciding trial: chance of a go, of the next success given go, and of a reversal, (n,) each."""

    events: Floats
    go: Floats
    success: Floats
    reversal: Floats


def assurance_by_events(
    truth: Truth, *, next_events: float, go_alpha: float = 0.025, events: Sequence[float] = tuple(range(10, 301, 10))
) -> AssurancePoints:
    """Return what a go is worth for deciding trials of several sizes."""
    found = [assurance(truth, events=own, go_alpha=go_alpha, next_events=next_events) for own in events]
    return AssurancePoints(
        events=np.array(events, float),
        go=np.array([own.go for own in found]),
        success=np.array([own.success_given_go for own in found]),
        reversal=np.array([own.reversal_given_go for own in found]),
    )


def group_ratios(population: Population, conduct: Conduct) -> tuple[float, float]:
    """Return the hazard ratio without chance among the truly positive and the others; nan where there are none."""
    found = []
    for flip in (False, True):
        classes = tuple(replace(one, marked=1 - one.marked if flip else one.marked) for one in population.classes)
        own = replace(population, classes=classes, assay=PERFECT)
        if own.prevalence <= 0:
            found.append(math.nan)
            continue
        found.append(expect_trial(own, replace(conduct, enrolment="positive")).hazard_ratio)
    return found[0], found[1]


def mixture_ratios(population: Population, conduct: Conduct) -> tuple[Floats, Floats]:
    """Return shares of truly positive patients (k,), ascending, and the log hazard ratio without chance of each (k,).

    The population's own prevalence, between 0 and 1, is one of the shares.
    """
    own = population.prevalence
    shares = np.unique(np.append(np.linspace(0, 1, MIXTURES), own))
    everybody, logs = replace(conduct, enrolment="all"), []
    for share in shares:
        classes = tuple(
            replace(one, share=one.share * (one.marked * share / own + (1 - one.marked) * (1 - share) / (1 - own)))
            for one in population.classes
        )
        logs.append(math.log(expect_trial(replace(population, classes=classes), everybody).hazard_ratio))
    return shares, np.array(logs)


def cut_offs_of(population: Population, conduct: Conduct, *, alpha: float = 0.025) -> tuple[CutOffs, float] | None:
    """Return the cut-offs of the marker behind a population's assay, and the power of the all-comers trial.

    The marker is normal with the area that the assay's sensitivity and specificity imply at their cut-off. As many
    patients are screened as the all-comers trial enrols. None where there is no marker, or nobody to find.
    """
    sensitivity, specificity = (min(own, 0.999) for own in (population.assay.sensitivity, population.assay.specificity))
    area = float(ndtr((ndtri(sensitivity) + ndtri(specificity)) / math.sqrt(2)))
    ratios = group_ratios(population, conduct)
    if not 0 < population.prevalence < 1 or not area >= 0.5 or any(not 0 < own < math.inf for own in ratios):
        return None
    whole = expect_trial(population, replace(conduct, enrolment="all"))
    cuts = cut_offs(
        population.prevalence, ratios[0], ratios[1], area=area, screened=conduct.patients,
        event_share=min(whole.events / conduct.patients, 1.0), alpha=alpha,
        mixtures=mixture_ratios(population, conduct),
    )  # fmt: skip
    everybody = float(ndtr(-math.log(whole.hazard_ratio) * math.sqrt(whole.events) / 2 - ndtri(1 - alpha)))
    return cuts, everybody
