"""Adaptive enrichment: start with all comers, and go on with positive patients alone where the others do not benefit.

Two stages of different patients. At an interim look at the first the hazard ratio among those called negative is
estimated; where it is above a limit, the second stage enrols positive patients alone. Each stage's patients give one
p-value at a follow-up that was fixed beforehand, and the two are joined with fixed weights by the inverse normal
method, for all patients, for positive ones, and for their intersection by Simes; hypotheses are rejected by the closure
principle (Jenkins M, Stone A, Jennison C. Pharm Stat 2011;10:347-356; Brannath W et al. Stat Med 2009;28:1445-1463).
So the chance of any false claim stays below alpha whatever the interim look leads to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri

from avpi.clinic.checks import Checks, Floats
from avpi.clinic.conduct import Conduct, Enrolment, Look
from avpi.clinic.operating import Share, Spread, share_of, spread_of
from avpi.clinic.patients import Population
from avpi.clinic.simulate import simulate_trials
from avpi.compute.places import Place
from avpi.errors import InputError, Problem

SECOND_STREAM, THIRD_STREAM = 1 << 40, 1 << 41
"""Added to the seed for the patients of the second stage, with all comers and with positive ones alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveEnrichment:
    """What adaptive trials show.

    Attributes
    ----------
    enriched : share of trials that go on with positive patients alone.
    claims_all, claims_positive, claims_any : shares that claim a benefit for all, for positive patients, for either.
    months : until the last data.
    """

    enriched: Share
    claims_all: Share
    claims_positive: Share
    claims_any: Share
    months: Spread


def adaptive_enrichment(
    population: Population,
    conduct: Conduct,
    *,
    first_patients: int,
    interim: Look,
    follow_up_months: float,
    limit_ratio: float = 1.0,
    alpha: float = 0.025,
    trials: int = 1000,
    seed: int = 1,
    place: Place | None = None,
) -> AdaptiveEnrichment:
    """Simulate adaptive enrichment.

    Parameters
    ----------
    conduct : patients of both stages together, accrual, allocation; its looks and enrolment do not count.
    first_patients : of the first stage. ``interim`` : when the decision is taken.
    follow_up_months : after a stage's last patient has entered, at which its patients are analysed.
    limit_ratio : hazard ratio among negative patients above which they are no longer enrolled.

    Raises
    ------
    InputError
        If a number cannot be meant, or one stage has nobody.
    """
    checks = Checks()
    checks.alpha("alpha", alpha)
    checks.above_zero("limit_ratio", limit_ratio)
    checks.above_zero("follow_up_months", follow_up_months)
    checks.whole("first_patients", first_patients, 2, conduct.patients - 2)
    checks.stop()
    if population.called_positive in (0.0, 1.0):
        who = "nobody" if population.called_positive == 0 else "everybody"
        what = f"{who} is called positive, so there is nothing to adapt"
        raise InputError(Problem(file="population", what=what, expected="some patients of each kind"))
    tests = replace(conduct.tests, weights=((0.0, 0.0),), max_combo=False, means=False, groups=True, modest_months=None)
    stages = []
    rest = conduct.patients - first_patients
    kinds: tuple[tuple[int, Enrolment, int], ...] = (
        (first_patients, "all", 0), (rest, "all", SECOND_STREAM), (rest, "positive", THIRD_STREAM)
    )  # fmt: skip
    for patients, enrolment, stream in kinds:
        own = replace(conduct, patients=patients, enrolment=enrolment, tests=tests, looks=(interim,))
        end = float(own.arrays(population).entry_month[-1]) + follow_up_months
        looks = (interim, Look(months=end)) if stream == 0 else (Look(months=end),)
        own = replace(own, looks=looks)
        stages.append((simulate_trials(population, own, trials=trials, seed=seed + stream, place=place), end))
    (first, _), (whole, whole_end), (positive, positive_end) = stages
    enriched = first.column("log_ratio_negative", 0) > math.log(limit_ratio)
    first_all, first_positive = _p(first.z()), _p(first.column("z_positive"))
    second_all = np.where(enriched, 1.0, _p(whole.z()))
    second_positive = np.where(enriched, _p(positive.z()), _p(whole.column("z_positive")))
    weight = first_patients / conduct.patients
    joined = {
        "all": _join(first_all, second_all, weight),
        "positive": _join(first_positive, second_positive, weight),
        "both": _join(
            _simes(first_all, first_positive),
            np.where(enriched, second_positive, _simes(second_all, second_positive)),
            weight,
        ),
    }
    claims_all = (joined["all"] < alpha) & (joined["both"] < alpha) & ~enriched
    claims_positive = (joined["positive"] < alpha) & (joined["both"] < alpha)
    begin = first.column("months", 0)
    return AdaptiveEnrichment(
        enriched=share_of(enriched),
        claims_all=share_of(claims_all),
        claims_positive=share_of(claims_positive),
        claims_any=share_of(claims_all | claims_positive),
        months=spread_of(begin + np.where(enriched, positive_end, whole_end)),
    )


def _p(z: Floats) -> Floats:
    """Return one-sided p-values; a stage whose test has no result says nothing for the treatment."""
    found = np.where(np.isnan(z), 1.0, ndtr(-z))
    return np.asarray(np.clip(found, 1e-300, 1 - 1e-12), float)


def _simes(one: Floats, other: Floats) -> Floats:
    return np.asarray(np.minimum(2 * np.minimum(one, other), np.maximum(one, other)), float)


def _join(first: Floats, second: Floats, weight: float) -> Floats:
    z = math.sqrt(weight) * -ndtri(first) + math.sqrt(1 - weight) * -ndtri(np.clip(second, 1e-300, 1 - 1e-12))
    found: Floats = ndtr(-z)
    return found
