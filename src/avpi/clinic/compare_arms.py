"""Compare two arms: log-rank and weighted log-rank tests, MaxCombo, restricted means, the hazard ratio.

What each answers, and when it does not:

* log-rank, stratified or not: has most power where hazards are proportional; little where effects come late or cross.
* Fleming-Harrington (rho, gamma): weights S^rho (1-S)^gamma. FH(0, 1) looks at late differences, and can call a
  treatment better that is worse early on and nowhere better in survival; it tests hazards, not survival.
* modestly weighted: late weight that is bounded, so that a treatment whose survival is nowhere better is not called
  better more often than alpha (Magirr and Burman 2019).
* MaxCombo: the largest of several, with its p-value from their joint distribution (Lin RS et al. Stat Biopharm Res
  2020;12:187-198). It inherits the weakness of the late weight.
* difference of restricted means: months gained within tau; needs no proportional hazards, and depends on tau.
* hazard ratio by Cox's model: where hazards are not proportional it is an average that depends on follow-up.

All p-values are one-sided for "experimental is better" unless named two-sided. Their validity is asymptotic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from avpi.clinic.checks import Floats
from avpi.clinic.kernels.normal import largest_p_two_sided
from avpi.clinic.kernels.trials import (
    EVENTS_CONTROL,
    EVENTS_EXPERIMENTAL,
    FIRST_Z,
    LOG_RATIO,
    LOG_RATIO_ERROR,
    MAX_P,
    MEAN,
    MEAN_ERROR,
    TAU,
    AnalysisArrays,
    analyse_once,
)  # fmt: skip
from avpi.clinic.survival import Survival
from avpi.errors import InputError, Problem
from avpi.estimate import Estimate, not_estimable

LOG_RANK = (0.0, 0.0)
USUAL_WEIGHTS = (LOG_RANK, (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
"""Rho and gamma of the four tests that a MaxCombo usually joins: none, late, early and middle differences."""
MOST_JOINED = 4
"""Tests that a MaxCombo may join: the joint distribution is integrated over so many variables."""
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmTest:
    """One test of two arms.

    Attributes
    ----------
    name : such as ``"log-rank"``, ``"FH(0, 1)"`` or ``"MaxCombo"``.
    z : above 0 where the experimental arm does better; nan of MaxCombo is the largest z of its parts.
    p : one-sided. ``p_two_sided`` : two-sided; of MaxCombo that of the largest z in either direction.
    why : why there is no result; empty where there is one.
    """

    name: str
    z: float
    p: float
    p_two_sided: float
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmComparison:
    """Two arms compared.

    Attributes
    ----------
    patients, events : of the control and the experimental arm.
    tests : the weighted log-rank tests in the order asked for, the modest one after them, MaxCombo last.
    correlation : (tests, tests) of the weighted ones under the null hypothesis.
    mean_difference : months gained up to ``tau``. ``hazard_ratio`` : below 1 where the experimental arm does better.
    """

    patients: tuple[int, int]
    events: tuple[int, int]
    tests: tuple[ArmTest, ...]
    correlation: Floats
    mean_difference: Estimate
    tau: float
    hazard_ratio: Estimate

    def test(self, name: str) -> ArmTest:
        """Return a test by its name.

        Raises
        ------
        InputError
            If it was not asked for.
        """
        for own in self.tests:
            if own.name == name:
                return own
        known = ", ".join(own.name for own in self.tests)
        raise InputError(Problem(file="test", what=f"'{name}' was not computed", expected=f"one of {known}"))


def weight_name(rho: float, gamma: float) -> str:
    """Return what the test with these weights is called."""
    return "log-rank" if (rho, gamma) == LOG_RANK else f"FH({rho:g}, {gamma:g})"


def compare_arms(
    survival: Survival,
    *,
    weights: Sequence[tuple[float, float]] = USUAL_WEIGHTS,
    modest_months: float | None = None,
    max_combo: bool = True,
    stratified: bool = False,
    tau: float | None = None,
) -> ArmComparison:
    """Compare two arms.

    Parameters
    ----------
    weights : rho and gamma of each weighted test; up to four where they are joined.
    modest_months : t* of a modestly weighted test; None for none.
    max_combo : whether the weighted tests (without the modest one) are joined.
    stratified : whether tests and hazard ratio compare within strata. Restricted means are not stratified.
    tau : months of the restricted mean; None for the longest time to which both arms were followed.

    Raises
    ------
    InputError
        If a weight is negative, too many are joined, or tau is beyond the follow-up of an arm.
    """
    _check(survival, weights, modest_months, max_combo=max_combo, tau=tau)
    rho, gamma = np.array(weights, float).reshape(-1, 2).T.copy()
    analyses = AnalysisArrays(
        rho=rho,
        gamma=gamma,
        modest_month=-1.0 if modest_months is None else float(modest_months),
        stratified=stratified and survival.strata > 1,
        joint=len(weights) if max_combo else 0,
        tau=0.0 if tau is None else float(tau),
        ratio=True,
        groups=False,
    )
    names = [weight_name(*pair) for pair in weights]
    if modest_months is not None:
        names.append(f"modest({modest_months:g})")
    row, variance = analyse_once(
        survival.months, survival.event, survival.arm, survival.stratum, survival.strata, analyses, len(names)
    )
    tests = [_test(name, float(z)) for name, z in zip(names, row[FIRST_Z:], strict=True)]
    if max_combo:
        joined = len(weights)
        tests.append(_max_test(row[FIRST_Z : FIRST_Z + joined], float(row[MAX_P]), variance[:joined, :joined]))
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.sqrt(np.diag(variance))
        correlation = variance / np.outer(scale, scale)
    return ArmComparison(
        patients=survival.patients,
        events=(int(row[EVENTS_CONTROL]), int(row[EVENTS_EXPERIMENTAL])),
        tests=tuple(tests),
        correlation=correlation,
        mean_difference=_difference(float(row[MEAN]), float(row[MEAN_ERROR]), float(row[TAU]), sum(survival.patients)),
        tau=float(row[TAU]),
        hazard_ratio=ratio_estimate(float(row[LOG_RATIO]), float(row[LOG_RATIO_ERROR]), survival.events),
    )


def _check(
    survival: Survival,
    weights: Sequence[tuple[float, float]],
    modest_months: float | None,
    *,
    max_combo: bool,
    tau: float | None,
) -> None:
    problems = []
    if not weights:
        problems.append(Problem(file="weights", what="there is no test", expected="rho and gamma of at least one"))
    for rho, gamma in weights:
        if not (math.isfinite(rho) and math.isfinite(gamma) and rho >= 0 and gamma >= 0):
            what = f"'{rho:g}, {gamma:g}' is no weight of Fleming and Harrington"
            problems.append(Problem(file="weights", what=what, expected="rho and gamma of 0 or more"))
    if max_combo and len(weights) > MOST_JOINED:
        what = f"{len(weights)} tests are to be joined"
        problems.append(Problem(file="weights", what=what, expected=f"up to {MOST_JOINED}"))
    if modest_months is not None and not (math.isfinite(modest_months) and modest_months >= 0):
        what = f"'{modest_months:g}' is no time of the modest weight"
        problems.append(Problem(file="modest_months", what=what, expected="months, 0 or more"))
    longest = min(float(survival.months[survival.arm == arm].max()) for arm in (0, 1))
    if tau is not None and not 0 < tau <= longest:
        what = f"'{tau:g}' is no time to which both arms were followed"
        problems.append(Problem(file="tau", what=what, expected=f"above 0 and up to {longest:g}"))
    if problems:
        raise InputError(problems)


def _test(name: str, z: float) -> ArmTest:
    if math.isnan(z):
        why = "no event tells the arms apart"
        return ArmTest(name=name, z=math.nan, p=math.nan, p_two_sided=math.nan, why=why)
    return ArmTest(name=name, z=z, p=float(ndtr(-z)), p_two_sided=float(2 * ndtr(-abs(z))))


def _max_test(z: Floats, p: float, variance: Floats) -> ArmTest:
    if math.isnan(p):
        why = "a test that it joins has no result"
        return ArmTest(name="MaxCombo", z=math.nan, p=math.nan, p_two_sided=math.nan, why=why)
    both = largest_p_two_sided(np.ascontiguousarray(z), np.ascontiguousarray(variance))
    return ArmTest(name="MaxCombo", z=float(z.max()), p=p, p_two_sided=float(both))


def ratio_estimate(log_ratio: float, error: float, events: tuple[int, int]) -> Estimate:
    """Return a hazard ratio with Wald's interval on the log scale, or the state that says why there is none."""
    method = "Cox's partial likelihood, Efron's ties, Wald's interval on the log scale"
    total = sum(events)
    if math.isnan(log_ratio):
        return not_estimable("no event tells the arms apart", n=total)
    if math.isinf(log_ratio):
        empty = "experimental" if log_ratio < 0 else "control"
        return not_estimable(f"all events that could tell are outside of the {empty} arm", n=total)
    half = float(ndtri(0.5 + LEVEL / 2)) * error
    low, high = math.exp(log_ratio - half), math.exp(log_ratio + half)
    return Estimate(value=math.exp(log_ratio), low=low, high=high, level=LEVEL, n=total, method=method)


def _difference(value: float, error: float, tau: float, patients: int) -> Estimate:
    if not tau > 0:
        return not_estimable("an arm has no follow-up", unit="months", n=patients)
    if not error > 0:
        # Greenwood's variance is 0 without an event before tau: that says nothing of how sure the difference is.
        why = f"no event up to {tau:g} months tells how sure it would be"
        return not_estimable(why, unit="months", n=patients)
    half = float(ndtri(0.5 + LEVEL / 2)) * error
    method = f"areas below the Kaplan-Meier curves up to {tau:g} months, Greenwood's variance of the area"
    return Estimate(
        value=value, low=value - half, high=value + half, level=LEVEL, unit="months", n=patients, method=method
    )
