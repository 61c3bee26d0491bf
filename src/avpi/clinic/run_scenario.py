"""Run a scenario: every set of assumptions is simulated and compared with what was published."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq

from avpi.clinic.checks import Checks
from avpi.clinic.compare_published import Comparison, compare
from avpi.clinic.conduct import EVERY_TEST, Conduct, Enrolment, Look, PlannedTests
from avpi.clinic.design.assurance import Assurance, Truth, assurance, discordance, normal_truth
from avpi.clinic.design.average_hazard import Accrual
from avpi.clinic.design.dilution import harm_needed, largest_average
from avpi.clinic.design.enrichment import Assay
from avpi.clinic.expected_curves import ExpectedTrial, expect_trial
from avpi.clinic.exposure import exposure_strength
from avpi.clinic.immune import immune_compartments
from avpi.clinic.operating import Operating, operating
from avpi.clinic.patients import PatientClass, Population, Stratum
from avpi.clinic.response import ResponseOutcome, response_outcome
from avpi.clinic.scenario_schema import NEEDED, ClassFile, ScenarioFile, VariantFile
from avpi.clinic.simulate import TrialResults, simulate_trials
from avpi.compute.places import Place
from avpi.compute.progress import SILENT, Progress
from avpi.errors import InputError, Problem

USUAL_TRIALS = 2000
"""Trials of each set of assumptions: a share near one half is then known to 0.011."""
MOST_LOG_RATIO = 5.0
"""Log hazard ratio beyond which no solution is looked for: 150."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Enrolled:
    """What a set of assumptions shows under one enrolment.

    Attributes
    ----------
    operating : of the tests of survival. ``expected`` : without chance; None for a response.
    response : of a response; None for survival.
    """

    enrolment: Enrolment
    conduct: Conduct
    operating: Operating
    expected: ExpectedTrial | None
    response: ResponseOutcome | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VariantOutcome:
    """One set of assumptions simulated.

    Attributes
    ----------
    needed : the ratio that was solved for; nan where none was. ``comparisons`` : with all-comers trials.
    """

    variant: VariantFile
    population: Population
    needed: float
    enrolled: tuple[Enrolled, ...]
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmRow:
    """How large harm must be: the hazard ratio of those who do not benefit."""

    benefiting: float
    ratio_benefit: float
    needed: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScenarioOutcome:
    """A scenario run.

    Attributes
    ----------
    largest_dilution : the largest hazard ratio that a search over mixtures without harm finds; nan where not asked for.
    harm : rows of the harm that is needed. ``assurance`` : of a go; None where not asked for.
    discordance : z and two-sided p of the two published ratios.
    """

    scenario: ScenarioFile
    trials: int
    seed: int
    variants: tuple[VariantOutcome, ...]
    largest_dilution: float
    harm: tuple[HarmRow, ...]
    assurance: Assurance | None
    prior: Truth | None
    discordance: tuple[float, float]


def run_scenario(
    scenario: ScenarioFile,
    *,
    trials: int = USUAL_TRIALS,
    seed: int = 1,
    place: Place | None = None,
    progress: Progress = SILENT,
) -> ScenarioOutcome:
    """Simulate every set of assumptions of a scenario; equal seeds give the same patients in each.

    Raises
    ------
    InputError
        If a number cannot be meant, or a ratio that is solved for does not exist.
    """
    checks = Checks()
    checks.whole("trials", trials, 2)
    checks.stop()
    needed: dict[str, float] = {}
    found = []
    for variant in progress(scenario.variants, scenario.name):
        needed[variant.name] = _needed(scenario, variant, needed)
        found.append(_run_variant(scenario, variant, needed[variant.name], trials, seed, place))
    table = scenario.dilution
    belief = scenario.assurance
    prior = normal_truth(belief.median, belief.spread) if belief is not None else None
    return ScenarioOutcome(
        scenario=scenario,
        trials=trials,
        seed=seed,
        variants=tuple(found),
        largest_dilution=largest_average(control_survival=table.control_survival) if table is not None else math.nan,
        harm=_harm_rows(scenario),
        assurance=None
        if belief is None or prior is None
        else assurance(prior, events=belief.events, go_alpha=belief.go_alpha, next_events=belief.next_events),
        prior=prior,
        discordance=discordance(belief.first, belief.second) if belief is not None else (math.nan, math.nan),
    )


def make_population(scenario: ScenarioFile, variant: VariantFile, needed: float = math.nan) -> Population:
    """Return the population of a set of assumptions; ``needed`` takes the place of the ratio that is solved for."""
    control = scenario.control
    strength: tuple[float, ...] = (1.0,)
    if variant.exposure is not None:
        own = variant.exposure
        strength = exposure_strength(
            own.peak_over_threshold, cv=own.cv, half_life_hours=own.half_life_hours, interval_hours=own.interval_hours
        )
    t_cells = immune_compartments()[variant.immune].t_cell_ratio if variant.immune is not None else 1.0
    return Population(
        classes=tuple(_class(own, control.hazard, strength, t_cells, needed) for own in variant.classes),
        begins=control.begins,
        strata=tuple(Stratum(name=s.name, share=s.share, hazard_ratio=s.hazard_ratio) for s in control.strata)
        or (Stratum(name="all", share=1.0),),
        assay=Assay(
            sensitivity=scenario.assay.sensitivity, specificity=scenario.assay.specificity,
            missing=scenario.assay.missing,
        ),
        toxic=variant.toxic,
        drop_out=control.drop_out,
        stop_per_month=variant.stop_per_month,
    )  # fmt: skip


def make_conduct(scenario: ScenarioFile, enrolment: Enrolment = "all") -> Conduct:
    """Return the conduct of a scenario's trial."""
    design = scenario.design
    tests = EVERY_TEST if design.tests == "every" else PlannedTests()
    return Conduct(
        patients=design.patients,
        accrual=Accrual(durations=design.accrual.months, per_month=design.accrual.per_month),
        looks=tuple(Look(events=look.events, months=look.months) for look in design.looks),
        enrolment=enrolment,
        block=design.block,
        by_assay=design.by_assay,
        tests=replace(tests, stratified=design.stratified, groups=scenario.endpoint == "survival"),
    )


def _class(
    own: ClassFile, hazard: tuple[float, ...], strength: tuple[float, ...], t_cells: float, needed: float
) -> PatientClass:
    before, after = own.response
    if len(strength) > 1:
        after = before + (after - before) * float(np.mean(strength))
    ratio = tuple((needed if value == NEEDED else float(value)) * t_cells for value in own.ratio)
    return PatientClass(
        name=own.name,
        share=own.share,
        hazard=hazard,
        ratio=ratio,
        marked=own.marked,
        cured=own.cured,
        strength=strength,
        response=(before, after),
    )


def _needed(scenario: ScenarioFile, variant: VariantFile, found: dict[str, float]) -> float:
    """Return the ratio that a variant solves for or takes from another; nan where it has none."""
    if variant.needed_from is not None:
        return found[variant.needed_from]
    if variant.solve_to is None:
        return math.nan
    goal = next(own.value for own in scenario.published if own.id == variant.solve_to)
    conduct = make_conduct(scenario)
    assert goal is not None

    def missing(log_ratio: float) -> float:
        population = make_population(scenario, variant, math.exp(log_ratio))
        return math.log(expect_trial(population, conduct).hazard_ratio / goal)

    if missing(-MOST_LOG_RATIO) > 0 or missing(MOST_LOG_RATIO) < 0:
        what = f"variant '{variant.name}': no ratio of those classes gives the published '{goal:g}'"
        hint = "More patients, or more of the time, must have the ratio 'needed'"
        raise InputError(Problem(file=scenario.name, what=what, expected="a ratio that can be found", hint=hint))
    return math.exp(float(brentq(missing, -MOST_LOG_RATIO, MOST_LOG_RATIO, xtol=1e-6)))


def _run_variant(
    scenario: ScenarioFile, variant: VariantFile, needed: float, trials: int, seed: int, place: Place | None
) -> VariantOutcome:
    population = make_population(scenario, variant, needed)
    outcomes: list[Enrolled] = []
    comparisons: tuple[Comparison, ...] = ()
    for enrolment in variant.enrol:
        conduct = make_conduct(scenario, enrolment)
        results = simulate_trials(population, conduct, trials=trials, seed=seed, place=place)
        outcomes.append(_enrolled(scenario, results, population, conduct))
        if enrolment == "all":
            comparisons = compare(scenario, results)
    return VariantOutcome(
        variant=variant, population=population, needed=needed, enrolled=tuple(outcomes), comparisons=comparisons
    )


def _enrolled(scenario: ScenarioFile, results: TrialResults, population: Population, conduct: Conduct) -> Enrolled:
    survival = scenario.endpoint == "survival"
    return Enrolled(
        enrolment=conduct.enrolment,
        conduct=conduct,
        operating=operating(results, alpha=scenario.design.alpha),
        expected=expect_trial(population, conduct) if survival else None,
        response=None if survival else response_outcome(results, scenario),
    )


def _harm_rows(scenario: ScenarioFile) -> tuple[HarmRow, ...]:
    table = scenario.dilution
    if table is None:
        return ()
    observed = next(own.value for own in scenario.published if own.id == table.published)
    assert observed is not None
    return tuple(
        HarmRow(
            benefiting=share,
            ratio_benefit=ratio,
            needed=harm_needed(
                observed, benefiting=share, ratio_benefit=ratio, harmed=1 - share,
                control_survival=table.control_survival,
            ),
        )
        for share in table.benefiting
        for ratio in table.ratios
        if share < 1
    )  # fmt: skip
