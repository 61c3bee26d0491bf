"""Compare simulated trials with published numbers: which can be reproduced, which not, which cannot be asked.

A published number is *reproduced* where it lies within the central 95 % of what simulated trials of the same size show:
the assumptions need no more than usual luck. That does not make them true; several sets may reproduce the same number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtr

from avpi.clinic.checks import Floats
from avpi.clinic.kaplan_meier import kaplan_meier
from avpi.clinic.operating import Share, Spread, share_of, spread_of
from avpi.clinic.response import gains, gate, interactions, rate
from avpi.clinic.scenario_schema import PublishedFile, ScenarioFile
from avpi.clinic.simulate import TrialResults, draw_patients

Verdict = Literal["reproduced", "not reproduced", "cannot be asked"]
MEDIAN_TRIALS = 200
"""Trials whose medians are estimated: enough for the 95 % range of a median."""
CENTRAL = (0.025, 0.975)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A published number beside simulated ones.

    Attributes
    ----------
    simulated : spread over trials; None where it cannot be asked.
    as_extreme : share of trials at least as far out as the published value, on its side of the simulated median.
    why : why it cannot be asked, or of how many trials the number could be read.
    """

    published: PublishedFile
    verdict: Verdict
    simulated: Spread | None
    as_extreme: Share | None
    why: str


def compare(scenario: ScenarioFile, results: TrialResults) -> tuple[Comparison, ...]:
    """Return every published number of a scenario beside simulated all-comers trials."""
    return tuple(_compare(own, scenario, results) for own in scenario.published)


def _compare(own: PublishedFile, scenario: ScenarioFile, results: TrialResults) -> Comparison:
    if own.quantity is None or own.value is None:
        return Comparison(
            published=own, verdict="cannot be asked", simulated=None, as_extreme=None, why=own.cannot or ""
        )
    if own.quantity == "toxic_excess" and not any(any(arm) for arm in results.population.toxic):
        why = "this set of assumptions has no deaths from treatment"
        return Comparison(published=own, verdict="cannot be asked", simulated=None, as_extreme=None, why=why)
    values = _QUANTITIES[own.quantity](results, scenario)
    there = values[~np.isnan(values)]
    if not there.size:
        why = "no simulated trial has this number"
        return Comparison(published=own, verdict="cannot be asked", simulated=None, as_extreme=None, why=why)
    # A median that is never reached is later than every other.
    low, middle, high = np.quantile(there, (CENTRAL[0], 0.5, CENTRAL[1]), method="inverted_cdf")
    inside = bool(low - own.precision <= own.value <= high + own.precision)
    above = own.value >= middle
    extreme = there >= own.value - own.precision if above else there <= own.value + own.precision
    simple = spread_of(there)
    return Comparison(
        published=own,
        verdict="reproduced" if inside else "not reproduced",
        simulated=Spread(
            low=float(low), median=float(middle), high=float(high), mean=simple.mean,
            standard_error=simple.standard_error, left_out=int(values.size - there.size),
        ),
        as_extreme=share_of(extreme),
        why=f"{there.size} simulated trials",
    )  # fmt: skip


def _medians(arm: int) -> Callable[[TrialResults, ScenarioFile], Floats]:
    def medians(results: TrialResults, scenario: ScenarioFile) -> Floats:
        del scenario
        months = results.column("months")
        found = []
        for trial in range(min(results.trials, MEDIAN_TRIALS)):
            own = draw_patients(
                results.population, results.conduct, trial=trial, seed=results.seed, at_month=float(months[trial])
            )
            found.append(kaplan_meier(own.months[own.arm == arm], own.event[own.arm == arm]).median[0])
        return np.array(found)

    return medians


def _ratio(results: TrialResults, scenario: ScenarioFile) -> Floats:
    del scenario
    return np.exp(results.column("log_ratio"))


def _p(results: TrialResults, scenario: ScenarioFile) -> Floats:
    del scenario
    return np.asarray(ndtr(-results.z()), float)


def _events(results: TrialResults, scenario: ScenarioFile) -> Floats:
    del scenario
    return results.events()


def _toxic(results: TrialResults, scenario: ScenarioFile) -> Floats:
    del scenario
    arm = results.column("enrolled") / 2
    return (results.column("toxic_deaths_experimental") - results.column("toxic_deaths_control")) / arm


def _rate(group: str, arm: str) -> Callable[[TrialResults, ScenarioFile], Floats]:
    return lambda results, scenario: rate(results, group, arm)


def _gate(group: str) -> Callable[[TrialResults, ScenarioFile], Floats]:
    return lambda results, scenario: gate(results, (group,), scenario.gate.margin if scenario.gate is not None else 0.0)


_QUANTITIES: dict[str, Callable[[TrialResults, ScenarioFile], Floats]] = {
    "hazard_ratio": _ratio,
    "log_rank_p": _p,
    "median_control": _medians(0),
    "median_experimental": _medians(1),
    "events": _events,
    "toxic_excess": _toxic,
    "response_positive": _rate("positive", "experimental"),
    "response_positive_control": _rate("positive", "control"),
    "response_negative": _rate("negative", "experimental"),
    "response_negative_control": _rate("negative", "control"),
    "response_gain": lambda results, scenario: gains(results),
    "interaction_z": lambda results, scenario: interactions(results),
    "gate_positive": _gate("positive"),
    "gate_negative": _gate("negative"),
}
