"""Virtual patients: latent classes, strata, a biomarker and its assay, exposure, drop-out, death from treatment.

A patient belongs to a class that the trial cannot see: benefit, indifference, harm. Within periods after entry the
hazard of the endpoint is constant; in the experimental arm it is multiplied by the class's ratio for the period,
raised to the patient's strength (how strongly this patient's tumour answers: exposure, the TNF loop). So effects may
be delayed (a first ratio of 1), cross (ratios on both sides of 1), end with treatment (a last ratio of 1), and some
may be cured. Where it says so, death from treatment competes with the endpoint or is one of its events.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from avpi.clinic.checks import Checks, Floats
from avpi.clinic.design.enrichment import PERFECT, Assay
from avpi.clinic.kernels.patients import PatientArrays
from avpi.errors import InputError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientClass:
    """Patients whose tumours answer alike.

    Attributes
    ----------
    name : such as ``"benefit"``. ``share`` : of all patients.
    hazard : (periods,) of the control arm, per month. ``ratio`` : (periods,) of the experimental arm against it.
    marked : chance that such a patient truly has the biomarker.
    cured : share without any event, in the control and the experimental arm.
    strength : evenly spaced quantiles of a factor of the log ratio; (1,) where patients of the class are alike.
    response : chance to respond, in the control and the experimental arm.
    """

    name: str
    share: float
    hazard: tuple[float, ...] = (0.0,)
    ratio: tuple[float, ...] = (1.0,)
    marked: float = 0.0
    cured: tuple[float, float] = (0.0, 0.0)
    strength: tuple[float, ...] = (1.0,)
    response: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        checks = Checks()
        for name, value in (("share", self.share), ("marked", self.marked)):
            checks.share(f"{self.name}: {name}", value)
        for name, pair in (("cured", self.cured), ("response", self.response)):
            for value in pair:
                checks.share(f"{self.name}: {name}", value)
        for name, values in (("hazard", self.hazard), ("ratio", self.ratio), ("strength", self.strength)):
            for value in values:
                checks.not_below_zero(f"{self.name}: {name}", value)
        checks.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """A group that is known at entry: its share of patients, and the factor of its hazard in both arms."""

    name: str
    share: float
    hazard_ratio: float = 1.0


ONE_STRATUM = (Stratum(name="all", share=1.0),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """The patients of a trial.

    Attributes
    ----------
    classes : their shares add up to 1.
    begins : (periods,) months after entry at which hazards change, the first 0.
    strata : their shares add up to 1.
    assay : of the biomarker.
    toxic : (periods,) hazard of death from treatment, per month, of the control and the experimental arm.
    toxic_counts : whether such a death is an event of the endpoint; else follow-up ends with it.
    drop_out : per month, of the control and the experimental arm.
    stop_per_month : hazard of stopping the experimental treatment for good, after which its ratio is 1.
    """

    classes: tuple[PatientClass, ...]
    begins: tuple[float, ...] = (0.0,)
    strata: tuple[Stratum, ...] = ONE_STRATUM
    assay: Assay = PERFECT
    toxic: tuple[tuple[float, ...], tuple[float, ...]] = ((0.0,), (0.0,))
    toxic_counts: bool = True
    drop_out: tuple[float, float] = (0.0, 0.0)
    stop_per_month: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what does not fit together."""
        checks = Checks()
        for name, own in (("classes", self.classes), ("strata", self.strata)):
            total = math.fsum(one.share for one in own)
            if not own or abs(total - 1) > 1e-6:
                what = f"shares add up to '{total:g}'"
                checks.problems.append(Problem(file=name, what=what, expected="1"))
        if not self.begins or self.begins[0] != 0 or list(self.begins) != sorted(set(self.begins)):
            checks.problems.append(Problem(file="begins", what=f"'{self.begins}' are no periods",
                                           expected="months in ascending order, the first 0"))  # fmt: skip
        for one in self.classes:
            for name, values in (("hazard", one.hazard), ("ratio", one.ratio)):
                if len(values) not in (1, len(self.begins)):
                    what = f"has {len(values)} values for {len(self.begins)} periods"
                    checks.problems.append(Problem(file=f"{one.name}: {name}", what=what, expected="one or each"))
        for value in (*self.toxic[0], *self.toxic[1]):
            checks.not_below_zero("toxic", value)
        for value in self.drop_out:
            checks.not_below_zero("drop_out", value)
        for stratum in self.strata:
            checks.not_below_zero(f"{stratum.name}: hazard_ratio", stratum.hazard_ratio)
        checks.not_below_zero("stop_per_month", self.stop_per_month)
        checks.stop()

    @property
    def prevalence(self) -> float:
        """Share of patients who truly have the biomarker."""
        return math.fsum(one.share * one.marked for one in self.classes)

    @property
    def called_positive(self) -> float:
        """Share of patients with a positive result of the assay."""
        return self.assay.called_positive(self.prevalence)

    def shares_called(self, *, positive: bool) -> tuple[float, ...]:
        """Return the classes' shares among those called positive, or among all others; nan where there are none."""
        found = []
        for one in self.classes:
            called = Assay.called_positive(self.assay, one.marked)
            found.append(one.share * (called if positive else 1 - called))
        total = math.fsum(found)
        return tuple(value / total if total > 0 else math.nan for value in found)

    def arrays(self) -> PatientArrays:
        """Return the patients as the kernels take them."""
        periods = len(self.begins)
        spread = max(len(one.strength) for one in self.classes)
        with np.errstate(divide="ignore"):
            log_ratio = np.log(np.stack([_each(one.ratio, periods) for one in self.classes]))
        # A ratio of 0 has no logarithm: so far down that no event comes in a lifetime.
        log_ratio = np.maximum(log_ratio, NO_HAZARD)
        return PatientArrays(
            share=np.cumsum([one.share for one in self.classes]),
            marked=np.array([one.marked for one in self.classes], float),
            stratum_share=np.cumsum([one.share for one in self.strata]),
            stratum_ratio=np.array([one.hazard_ratio for one in self.strata], float),
            breaks=np.array(self.begins, float),
            hazard=np.stack([_each(one.hazard, periods) for one in self.classes]),
            log_ratio=log_ratio,
            cured=np.array([one.cured for one in self.classes], float),
            strength=np.stack([_quantiles(one.strength, spread) for one in self.classes]),
            toxic=np.stack([_each(own, periods) for own in self.toxic]),
            drop_out=np.array(self.drop_out, float),
            stop=float(self.stop_per_month),
            sensitivity=float(self.assay.sensitivity),
            specificity=float(self.assay.specificity),
            missing=float(self.assay.missing),
            response=np.array([one.response for one in self.classes], float),
            toxic_counts=bool(self.toxic_counts),
        )


NO_HAZARD = -60.0
"""Logarithm that stands for a ratio of 0."""


def hazard_of_median(months: float) -> float:
    """Return the constant hazard per month that has this median.

    Raises
    ------
    InputError
        If the median is not above 0.
    """
    if not months > 0:
        raise InputError(Problem(file="median", what=f"'{months:g}' is no median", expected="months above 0"))
    return math.log(2) / months


def _each(values: tuple[float, ...], periods: int) -> Floats:
    return np.full(periods, float(values[0])) if len(values) == 1 else np.array(values, float)


def _quantiles(values: tuple[float, ...], number: int) -> Floats:
    """Return evenly spaced quantiles in another number of them."""
    if len(values) == 1:
        return np.full(number, float(values[0]))
    own = np.sort(np.array(values, float))
    return np.asarray(np.interp(np.linspace(0, 1, number), np.linspace(0, 1, own.size), own), float)
