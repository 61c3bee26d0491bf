"""Trials in patients whom an imperfect assay selects.

With prevalence f, sensitivity s and specificity c, of all patients f s + (1 - f)(1 - c) are called positive, and of
those called positive PPV = f s / (f s + (1 - f)(1 - c)) truly are. The usual approximation for the log hazard ratio
among patients of two kinds is its mean, PPV log HR+ + (1 - PPV) log HR-, and events follow by Schoenfeld's formula
(Maitournam A, Simon R. Stat Med 2005;24:329-339, for the design). That
mean is an approximation: early on the ratio of a mixture is the arithmetic mean, which is nearer to 1, and it falls as
those who benefit are left; :mod:`avpi.clinic.design.dilution` has the exact average.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from avpi.clinic.checks import Checks, Floats
from avpi.clinic.design.events import schoenfeld_events
from avpi.errors import InputError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Assay:
    """A biomarker's test.

    Attributes
    ----------
    sensitivity, specificity : shares of the truly positive called positive, and of the truly negative called negative.
    missing : share of patients without a result, whoever they are.
    """

    sensitivity: float = 1.0
    specificity: float = 1.0
    missing: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        checks = Checks()
        checks.share("sensitivity", self.sensitivity)
        checks.share("specificity", self.specificity)
        checks.share("missing", self.missing)
        checks.stop()

    def called_positive(self, prevalence: float) -> float:
        """Return the share of all patients with a positive result."""
        truly = prevalence * self.sensitivity + (1 - prevalence) * (1 - self.specificity)
        return (1 - self.missing) * truly

    def positive_predictive_value(self, prevalence: float) -> float:
        """Return the share of those called positive who truly are; nan where nobody is called positive."""
        called = prevalence * self.sensitivity + (1 - prevalence) * (1 - self.specificity)
        return prevalence * self.sensitivity / called if called > 0 else math.nan

    def negative_predictive_value(self, prevalence: float) -> float:
        """Return the share of those called negative who truly are; nan where nobody is called negative."""
        called = prevalence * (1 - self.sensitivity) + (1 - prevalence) * self.specificity
        return (1 - prevalence) * self.specificity / called if called > 0 else math.nan


PERFECT = Assay()


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrichment:
    """What enrichment needs beside an all-comers trial.

    Attributes
    ----------
    ratio_enriched, ratio_all : hazard ratio among those called positive, and among all.
    events_enriched, events_all : not rounded; infinity where there is nothing to find.
    positive_predictive_value, called_positive : of the assay in this population.
    screened_for_each : patients tested for each who is enrolled.
    """

    ratio_enriched: float
    ratio_all: float
    events_enriched: float
    events_all: float
    positive_predictive_value: float
    called_positive: float
    screened_for_each: float


def mean_ratio(share_positive: float, ratio_positive: float, ratio_negative: float) -> float:
    """Return the hazard ratio among patients of two kinds, by the mean of its logarithm."""
    if share_positive == 1:
        return ratio_positive
    if share_positive == 0:
        return ratio_negative
    return math.exp(share_positive * math.log(ratio_positive) + (1 - share_positive) * math.log(ratio_negative))


def enrichment(
    prevalence: float, ratio_positive: float, ratio_negative: float = 1.0, *, assay: Assay = PERFECT,
    alpha: float = 0.025, power: float = 0.9, experimental: float = 0.5,
) -> Enrichment:  # fmt: skip
    """Return the events of an enriched and an all-comers trial, both by Schoenfeld's formula.

    Parameters
    ----------
    prevalence : share of truly positive patients; 0 and 1 are allowed.
    ratio_positive, ratio_negative : hazard ratio among truly positive and truly negative patients.

    Raises
    ------
    InputError
        If a number cannot be meant, or the assay calls nobody positive, so that nobody could be enrolled.
    """
    checks = Checks()
    checks.share("prevalence", prevalence)
    checks.above_zero("ratio_positive", ratio_positive)
    checks.above_zero("ratio_negative", ratio_negative)
    checks.stop()
    called = assay.called_positive(prevalence)
    if called == 0:
        what = f"at a prevalence of '{prevalence:g}' this assay calls nobody positive, so nobody could be enrolled"
        expected = "a prevalence and a sensitivity above 0, results that are not all missing, or a specificity below 1"
        raise InputError(Problem(file="assay", what=what, expected=expected))
    value = assay.positive_predictive_value(prevalence)
    enriched, whole = (mean_ratio(share, ratio_positive, ratio_negative) for share in (value, prevalence))

    def events(ratio: float) -> float:
        return schoenfeld_events(ratio, alpha=alpha, power=power, experimental=experimental)

    return Enrichment(
        ratio_enriched=enriched,
        ratio_all=whole,
        events_enriched=events(enriched),
        events_all=events(whole),
        positive_predictive_value=value,
        called_positive=called,
        screened_for_each=1 / called,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CutOffs:
    """An assay at many cut-offs, and the power of an enriched trial at each.

    Attributes
    ----------
    cut_off : (n,) in standard deviations above the mean of the negative. ``sensitivity``, ``specificity`` : (n,).
    called_positive, hazard_ratio, events, power : (n,) at the same number of patients screened.
    area : below the ROC curve.
    """

    cut_off: Floats
    sensitivity: Floats
    specificity: Floats
    called_positive: Floats
    hazard_ratio: Floats
    events: Floats
    power: Floats
    area: float


def cut_offs(
    prevalence: float, ratio_positive: float, ratio_negative: float = 1.0, *, area: float, screened: int,
    event_share: float, alpha: float = 0.025, at: Sequence[float] | None = None,
    mixtures: tuple[Floats, Floats] | None = None,
) -> CutOffs:  # fmt: skip
    """Return how the power of an enriched trial depends on the cut-off, for a fixed number of patients screened.

    The marker is normal with the same spread among positive and negative patients, so that the area below its ROC curve
    is Phi(difference / sqrt 2). A low cut-off dilutes, a high one leaves few patients.

    Parameters
    ----------
    area : below the ROC curve, from 0.5 (no marker) to below 1.
    screened : patients tested. ``event_share`` : of those enrolled who have an event.
    mixtures : (k,) ascending shares of truly positive patients and (k,) log hazard ratios of such mixtures, between
        which straight lines are drawn; None for the mean of the two logarithms.

    Raises
    ------
    InputError
        If a number cannot be meant.
    """
    checks = Checks()
    checks.share("prevalence", prevalence)
    checks.above_zero("ratio_positive", ratio_positive)
    checks.above_zero("ratio_negative", ratio_negative)
    checks.whole("screened", screened, 1)
    checks.share("event_share", event_share)
    checks.alpha("alpha", alpha)
    if not 0.5 <= area < 1:
        checks.fault("area", area, "no area of a marker", "a number from 0.5 to below 1")
    checks.stop()
    distance = math.sqrt(2) * float(ndtri(area))
    grid = np.linspace(-3.0, 3.0 + distance, 121) if at is None else np.asarray(at, float)
    sensitivity, specificity = ndtr(distance - grid), ndtr(grid)
    called = prevalence * sensitivity + (1 - prevalence) * (1 - specificity)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(called > 0, prevalence * sensitivity / called, 0.0)
    shares, logs = mixtures or ((0.0, 1.0), (math.log(ratio_negative), math.log(ratio_positive)))
    log_ratio = np.interp(value, shares, logs)
    events = screened * called * event_share
    return CutOffs(
        cut_off=grid,
        sensitivity=sensitivity,
        specificity=specificity,
        called_positive=called,
        hazard_ratio=np.exp(log_ratio),
        events=events,
        power=ndtr(-log_ratio * np.sqrt(events) / 2 - ndtri(1 - alpha)),
        area=float(area),
    )
