"""Simulated trials: reference cases by simulation, type I errors, what a trial does at its limits, where it runs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest, norm

from avpi.clinic.adaptive import adaptive_enrichment
from avpi.clinic.compare_arms import compare_arms
from avpi.clinic.conduct import EVERY_TEST, Conduct, Look
from avpi.clinic.design.average_hazard import Accrual, Hazards, expect
from avpi.clinic.design.boundaries import group_sequential
from avpi.clinic.design.enrichment import Assay
from avpi.clinic.expected_curves import expect_trial, expected_survival
from avpi.clinic.exposure import engaged_share, exposure_strength
from avpi.clinic.operating import operating, ratio_spread, sequential, share_of, spread_of
from avpi.clinic.patients import ONE_STRATUM, PatientClass, Population, Stratum, hazard_of_median
from avpi.clinic.simulate import draw_patients, simulate_trials
from avpi.clinic.survival import read_survival
from avpi.compute.places import InProcess, Threads
from avpi.errors import InputError

ERRORS = 3
"""Monte Carlo standard errors within which a number must lie."""


def population(ratio: float = 1.0, hazard: float = hazard_of_median(10), **more: object) -> Population:
    return Population(classes=(PatientClass(name="all", share=1.0, hazard=(hazard,), ratio=(ratio,)),), **more)  # type: ignore[arg-type]


def mixed(**more: object) -> Population:
    classes = (
        PatientClass(name="benefit", share=0.3, hazard=(0.07,), ratio=(0.4,), marked=1.0),
        PatientClass(name="harm", share=0.7, hazard=(0.07,), ratio=(1.6,)),
    )
    return Population(classes=classes, **more)  # type: ignore[arg-type]


def conduct(patients: int = 200, events: int | None = 120, months: float | None = None, **more: object) -> Conduct:
    return Conduct(
        patients=patients,
        accrual=Accrual(durations=(12,), per_month=(patients / 12,)),
        looks=(Look(events=events, months=months),),
        **more,  # type: ignore[arg-type]
    )


def test_the_power_of_the_reference_trial() -> None:
    found = operating(
        simulate_trials(
            population(0.65, hazard_of_median(7)),
            Conduct(
                patients=434,
                accrual=Accrual(durations=(12,), per_month=(434 / 12,)),
                looks=(Look(events=227, months=18.0),),
            ),
            trials=4000,
        )
    )
    power = found.rejects["log-rank"]
    assert abs(power.value - 0.90) < ERRORS * power.standard_error
    assert found.events.high == 227


def test_a_late_effect_is_what_trials_show() -> None:
    accrual = Accrual(durations=(2, 2, 10), per_month=(3, 6, 9))
    hazards = (math.log(2) / 9, math.log(2) / 18)
    own = Population(
        classes=(PatientClass(name="all", share=1.0, hazard=hazards, ratio=(0.9, 0.6)),),
        begins=(0.0, 3.0),
        drop_out=(0.001, 0.001),
    )
    looks = tuple(Look(months=month) for month in (12.0, 24.0, 36.0))
    results = simulate_trials(own, Conduct(patients=108, accrual=accrual, looks=looks), trials=4000)
    late = Hazards(begins=(0, 3), control=hazards, ratio=(0.9, 0.6), drop_out=(0.001, 0.001))
    for look, (month, ratio) in enumerate(((12, 0.803), (24, 0.714), (36, 0.683))):
        seen, found = spread_of(results.events(look)), ratio_spread(results.column("log_ratio", look))
        assert abs(seen.mean - expect(accrual, late, month).events) < ERRORS * seen.standard_error
        # The reference was simulated as well; its error is taken to be 0.002.
        assert abs(math.log(found.mean / ratio)) < ERRORS * math.hypot(found.standard_error, 0.002)


def test_a_late_effect_at_the_events_of_the_reference() -> None:
    """gsDesign2's ratios are of 2,000 simulated trials, cut when 20.4, 48.9 and 66.1 events had come."""
    own = Population(
        classes=(PatientClass(name="all", share=1.0, hazard=(math.log(2) / 9, math.log(2) / 18), ratio=(0.9, 0.6)),),
        begins=(0.0, 3.0),
        drop_out=(0.001, 0.001),
    )
    accrual = Accrual(durations=(2, 2, 10), per_month=(3, 6, 9))
    looks = tuple(Look(events=events) for events in (21, 49, 67))
    results = simulate_trials(own, Conduct(patients=108, accrual=accrual, looks=looks), trials=4000)
    for look, ratio in enumerate((0.803, 0.714, 0.683)):
        found = ratio_spread(results.column("log_ratio", look))
        theirs = found.standard_error * math.sqrt(4000 / 2000)
        assert abs(math.log(found.mean / ratio)) < ERRORS * math.hypot(found.standard_error, theirs)


@pytest.mark.parametrize("stratified", [False, True])
def test_no_test_finds_an_effect_too_often_where_there_is_none(stratified: bool) -> None:
    trials = 6000
    tests = replace(EVERY_TEST, modest_months=6.0, tau=12.0, stratified=stratified)
    two = (Stratum(name="a", share=0.5), Stratum(name="b", share=0.5, hazard_ratio=2.0))
    strata = two if stratified else ONE_STRATUM
    results = simulate_trials(population(strata=strata), conduct(400, 250, tests=tests), trials=trials)
    error = math.sqrt(0.025 * 0.975 / trials)
    for name, share in operating(results).rejects.items():
        if stratified and name == "restricted mean":
            continue  # is not stratified, and therefore conservative where randomisation is
        assert abs(share.value - 0.025) < ERRORS * error, name


def test_statistics_of_many_trials_are_those_of_one() -> None:
    """The compiled loop and the function for one set of patients give the same numbers."""
    own = replace(conduct(), tests=replace(EVERY_TEST, modest_months=5.0))
    results = simulate_trials(population(0.7), own, trials=3)
    drawn = draw_patients(population(0.7), own, trial=2, at_month=float(results.column("months")[2]))
    one = compare_arms(read_survival(drawn.months, drawn.event, drawn.arm), modest_months=5.0)
    assert [own.z for own in one.tests[:5]] == pytest.approx(results.values[2, 0, -5:], rel=1e-12)
    assert one.test("MaxCombo").p == pytest.approx(results.column("max_p")[2], rel=1e-12)
    assert math.log(one.hazard_ratio.value) == pytest.approx(results.column("log_ratio")[2], rel=1e-9)
    assert one.mean_difference.value == pytest.approx(results.column("mean_difference")[2], rel=1e-12)


def test_trials_do_not_depend_on_where_or_how_many() -> None:
    few = simulate_trials(mixed(), conduct(), trials=250, place=InProcess())
    many = simulate_trials(mixed(), conduct(), trials=450, place=Threads(2))
    assert np.array_equal(few.values, many.values[:250], equal_nan=True)
    other = simulate_trials(mixed(), conduct(), trials=250, seed=2)
    assert not np.array_equal(few.values, other.values, equal_nan=True)


def test_times_follow_the_hazards() -> None:
    cured = (0.1, 0.2)
    own = Population(
        classes=(PatientClass(name="all", share=1.0, hazard=(0.1, 0.02, 0.3), ratio=(1.0, 0.5, 2.0), cured=cured),),
        begins=(0.0, 4.0, 9.0),
    )
    drawn = draw_patients(own, conduct(20_000))
    grid = np.linspace(0, 60, 2401)
    for arm in (0, 1):
        times = drawn.months[drawn.arm == arm]
        gone = (1 - expected_survival(own, arm, grid)) / (1 - cured[arm])
        # Even where the curve is, the times are even.
        assert kstest(np.interp(times[np.isfinite(times)], grid, gone), "uniform").pvalue > 1e-3
        assert np.mean(np.isinf(times)) == pytest.approx(cured[arm], abs=0.01)


def test_what_is_expected_is_what_large_trials_show() -> None:
    own = Population(
        classes=(
            PatientClass(
                name="benefit", share=0.3, hazard=(0.05, 0.02), ratio=(0.4,), marked=1, strength=(0.0, 1.0, 2.0)
            ),
            PatientClass(name="harm", share=0.7, hazard=(0.05, 0.02), ratio=(1.8,)),
        ),
        begins=(0.0, 12.0),
        stop_per_month=0.05,
        toxic=((0.0,), (0.004,)),
        drop_out=(0.004, 0.004),
        assay=Assay(sensitivity=0.8, specificity=0.9),
    )
    for enrolment in ("all", "positive"):
        plan = conduct(3000, 1500, enrolment=enrolment)
        results = simulate_trials(own, plan, trials=40)
        found, seen = expect_trial(own, plan), ratio_spread(results.column("log_ratio"))
        assert abs(math.log(found.hazard_ratio / seen.mean)) < ERRORS * seen.standard_error
        months = spread_of(results.column("months"))
        assert found.look_month == pytest.approx(months.mean, abs=ERRORS * months.standard_error + 0.05)


def test_dilution_cannot_exceed_one_even_where_control_hazards_differ() -> None:
    """A mixture without harm, whose indifferent half has another prognosis: hazards cross, the ratio stays below 1."""
    random = np.random.Generator(np.random.Philox(key=11))
    for _ in range(25):
        share, ratio = random.uniform(0.05, 0.95), random.uniform(0.05, 1.0)
        own = Population(
            classes=(
                PatientClass(name="benefit", share=share, hazard=(random.uniform(0.01, 0.5),), ratio=(ratio,)),
                PatientClass(name="indifferent", share=1 - share, hazard=(random.uniform(0.01, 0.5),)),
            )
        )
        assert expect_trial(own, conduct(300, None, 40.0)).hazard_ratio <= 1 + 1e-9


def test_blocks_keep_the_arms_equal_and_the_assay_selects() -> None:
    drawn = draw_patients(mixed(assay=Assay(sensitivity=0.9, specificity=0.8)), conduct(5000))
    assert abs(int((drawn.arm == 1).sum()) - 2500) <= 2
    assert np.mean(drawn.assay[drawn.kind == 0]) == pytest.approx(0.9, abs=0.03)
    assert np.mean(drawn.assay[drawn.kind == 1]) == pytest.approx(0.2, abs=0.03)
    assert (np.diff(drawn.entry_month) >= 0).all()
    one_to_two = draw_patients(population(), conduct(3000, block=(1, 2)))
    assert np.mean(one_to_two.arm) == pytest.approx(2 / 3, abs=0.001)


def test_an_enriched_trial_enrols_those_called_positive_alone_and_takes_longer() -> None:
    own = mixed(assay=Assay(sensitivity=0.9, specificity=0.9))
    whole = operating(simulate_trials(own, conduct(), trials=200))
    chosen = operating(simulate_trials(own, conduct(enrolment="positive"), trials=200))
    assert chosen.screened == pytest.approx(200 / own.called_positive, rel=0.05)
    assert chosen.months.median > 1.5 * whole.months.median
    assert chosen.hazard_ratio.median < 1 < whole.hazard_ratio.median


def test_missing_results_are_not_enrolled() -> None:
    own = mixed(assay=Assay(sensitivity=1, specificity=1, missing=0.5))
    assert operating(simulate_trials(own, conduct(enrolment="positive"), trials=50)).screened == pytest.approx(
        200 / 0.15, rel=0.05
    )


def test_death_from_treatment_counts_or_censors() -> None:
    toxic = ((0.0,), (0.02,))
    counts = operating(simulate_trials(population(toxic=toxic), conduct(events=None, months=24.0), trials=200))
    censors = operating(
        simulate_trials(population(toxic=toxic, toxic_counts=False), conduct(events=None, months=24.0), trials=200)
    )
    assert counts.toxic_deaths[0] == 0
    assert counts.toxic_deaths[1] > 5
    assert counts.hazard_ratio.median > 1.15
    assert censors.hazard_ratio.median == pytest.approx(1.0, abs=0.05)


def test_a_trial_without_events_decides_nothing() -> None:
    found = operating(
        simulate_trials(population(hazard=0.0), conduct(events=None, months=24.0, tests=EVERY_TEST), trials=20)
    )
    assert all(share.value == 0 for share in found.rejects.values())
    assert found.hazard_ratio.left_out == 20
    assert math.isnan(found.hazard_ratio.median)


def test_events_that_never_come_end_with_the_last_patient() -> None:
    own = simulate_trials(population(hazard=0.001, drop_out=(0.5, 0.5)), conduct(events=150), trials=20)
    assert (own.events() < 150).all()
    assert np.isfinite(own.column("months")).all()


def test_a_look_before_anybody_has_entered_is_a_trial_without_patients() -> None:
    own = simulate_trials(population(), conduct(events=None, months=1e-9), trials=5)
    assert (own.column("enrolled") == 0).all()
    assert np.isnan(own.z()).all()


def test_one_arm_without_events_gives_no_ratio_and_a_test() -> None:
    found = simulate_trials(population(0.0), conduct(events=None, months=24.0), trials=20)
    assert (found.column("events_experimental") == 0).all()
    assert (found.column("log_ratio") == -np.inf).all()
    assert (found.z() > 3).all()


def test_nobody_called_positive_is_refused() -> None:
    with pytest.raises(InputError, match="nobody has one"):
        simulate_trials(mixed(assay=Assay(sensitivity=0.0)), conduct(enrolment="positive"), trials=1)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: population(drop_out=(-1.0, 0.0)), "drop_out: '-1' is no number"),
        (lambda: PatientClass(name="x", share=1.2), "x: share: '1.2' is no share"),
        (lambda: Population(classes=(PatientClass(name="x", share=0.5),)), "shares add up to '0.5'"),
        (lambda: population(begins=(0.0, 3.0, 2.0)), "are no periods"),
        (lambda: Look(), "neither events nor months"),
        (lambda: Look(events=0), "events: '0' is no number"),
        (lambda: conduct(patients=1), "patients: '1' is no number"),
        (lambda: hazard_of_median(0), "'0' is no median"),
        (lambda: conduct(enrolment="some"), "'some' is not known"),
        (lambda: simulate_trials(population(), conduct(), trials=0), "trials: '0' is no number"),
    ],
)
def test_what_cannot_be_meant_is_refused(make, told: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError) as caught:
        make()
    assert told in str(caught.value)


def test_stopping_early_keeps_the_level_and_costs_little_power() -> None:
    plan = group_sequential((0.5, 1.0), futility="hwang-shih-decani", futility_gamma=-2)
    looks = (Look(events=60), Look(events=120))
    under_null = sequential(
        simulate_trials(population(), replace(conduct(), looks=looks), trials=6000), plan.upper, plan.lower
    )
    assert under_null.power.value < 0.025 + ERRORS * under_null.power.standard_error
    assert under_null.futility[0].value > 0.3
    effect = sequential(
        simulate_trials(population(0.55), replace(conduct(), looks=looks), trials=2000), plan.upper, plan.lower
    )
    assert effect.power.value == pytest.approx(norm.cdf(-math.log(0.55) * math.sqrt(30) - 1.96), abs=0.06)
    assert effect.ratio_at_efficacy.median < 0.56
    with pytest.raises(InputError, match="for 2 looks"):
        sequential(simulate_trials(population(), replace(conduct(), looks=looks), trials=2), plan.upper[:1])


def test_adaptive_enrichment_keeps_the_level_and_finds_the_positive() -> None:
    plan = conduct(400)
    ask: dict[str, Any] = {"first_patients": 200, "interim": Look(months=10.0), "follow_up_months": 12.0}
    null = adaptive_enrichment(
        replace(mixed(), classes=tuple(replace(own, ratio=(1.0,)) for own in mixed().classes)), plan, trials=3000, **ask
    )
    assert null.claims_any.value < 0.025 + ERRORS * null.claims_any.standard_error
    found = adaptive_enrichment(mixed(), plan, trials=400, **ask)
    assert found.enriched.value > 0.7
    assert found.claims_positive.value > found.claims_all.value
    with pytest.raises(InputError, match="nothing to adapt"):
        adaptive_enrichment(population(), plan, **ask)


def test_a_share_of_none_still_has_an_error() -> None:
    assert share_of([False] * 100).standard_error > 0


def test_exposure_is_the_time_above_the_level_that_engages() -> None:
    assert engaged_share([0.5, 1.0, 2.0, 1e9], half_life_hours=31, interval_hours=62) == pytest.approx([0, 0, 0.5, 1])
    quantiles = exposure_strength(8, cv=0.5, half_life_hours=52, interval_hours=168)
    assert list(quantiles) == sorted(quantiles)
    assert np.median(quantiles) == pytest.approx(52 * 3 / 168, abs=0.02)
    with pytest.raises(InputError, match="half_life_hours"):
        engaged_share(2.0, half_life_hours=0, interval_hours=1)
