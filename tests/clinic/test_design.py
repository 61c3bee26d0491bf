"""Formulae of a design: the reference cases, published numbers of other programs, and what cannot be meant."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from avpi.clinic.design.assurance import assurance, discordance, normal_truth, one_truth
from avpi.clinic.design.average_hazard import Accrual, Hazards, expect, month_of_events
from avpi.clinic.design.boundaries import crossing, efficacy_boundaries, group_sequential
from avpi.clinic.design.dilution import average_ratio, harm_needed, largest_average, marginal_ratio
from avpi.clinic.design.enrichment import Assay, cut_offs, enrichment
from avpi.clinic.design.events import schoenfeld_events, schoenfeld_power
from avpi.clinic.design.response_gate import (
    Responses,
    gain_probability,
    gate_power,
    implied_counts,
    interaction,
)
from avpi.clinic.design.sample_size import event_chance, lachin_foulkes
from avpi.clinic.design.spending import spend
from avpi.errors import InputError

LATE = Hazards(begins=(0, 3), control=(math.log(2) / 9, math.log(2) / 18), ratio=(0.9, 0.6), drop_out=(0.001, 0.001))
ACCRUAL = Accrual(durations=(2, 2, 10), per_month=(3, 6, 9))


def test_events_by_schoenfeld() -> None:
    assert schoenfeld_events(0.5) == pytest.approx(87.4793, abs=5e-5)
    assert schoenfeld_power(0.5, schoenfeld_events(0.5)) == pytest.approx(0.9, abs=1e-9)
    assert schoenfeld_events(2.0) == pytest.approx(schoenfeld_events(0.5))
    assert schoenfeld_events(1.0) == math.inf
    assert schoenfeld_power(0.7, 0) == pytest.approx(0.025)


def test_patients_by_lachin_and_foulkes() -> None:
    found = lachin_foulkes(0.2, 0.1, accrual=0.5, duration=2, drop_out=0.1)
    assert (found.patients, found.events) == (430, 91)
    assert lachin_foulkes(0.2, 0.0, accrual=0.5, duration=2, scale="difference").event_chance_experimental == 0
    assert event_chance(0.2, 0.1, 0.0, 2.0) == pytest.approx(event_chance(0.2, 0.1, 1e-7, 2.0), rel=1e-6)


@pytest.mark.parametrize(
    ("month", "ratio", "events"), [(12, 0.803, 20.4), (24, 0.714, 48.9), (36, 0.683, 66.1)]
)  # fmt: skip
def test_a_late_effect_is_averaged_over_events(month: float, ratio: float, events: float) -> None:
    """The references are simulated themselves; tests/clinic/test_trials.py meets them by simulation."""
    found = expect(ACCRUAL, LATE, month)
    assert found.average_hazard_ratio == pytest.approx(ratio, abs=0.01)
    assert found.events == pytest.approx(events, abs=0.3)
    assert month_of_events(ACCRUAL, LATE, found.events) == pytest.approx(month, abs=1e-5)


def test_under_proportional_hazards_the_average_is_the_ratio_and_events_are_lachin_and_foulkes() -> None:
    group = Hazards(begins=(0,), control=(0.2,), ratio=(0.5,), drop_out=(0.1, 0.1))
    found = expect(Accrual(durations=(0.5,), per_month=(860.0,)), group, 2.0)
    assert found.average_hazard_ratio == pytest.approx(0.5)
    assert found.events_control == pytest.approx(215 * event_chance(0.2, 0.1, 0.5, 2), rel=1e-10)


@pytest.mark.parametrize(("month", "ratio"), [(12, 0.8108), (24, 0.7152), (30, 0.6952), (36, 0.6833)])
def test_the_average_is_that_of_ahr_in_gsdesign2(month: float, ratio: float) -> None:
    found = expect(ACCRUAL, LATE, month)
    assert found.average_hazard_ratio == pytest.approx(ratio, abs=5e-5)
    assert found.average_hazard_ratio < found.information_hazard_ratio < found.average_hazard_ratio + 0.004


def test_no_power_is_told_of_an_arm_without_events() -> None:
    immortal = Hazards(begins=(0,), control=(0.1,), ratio=(0.0,))
    assert math.isnan(expect(ACCRUAL, immortal, 24).power())


def test_groups_of_patients_are_summed() -> None:
    half = [
        Hazards(begins=(0,), control=(h,), ratio=(r,), share=0.5) for h, r in ((0.1, 0.5), (0.05, 1.0))
    ]  # fmt: skip
    found = expect(ACCRUAL, half, 24)
    assert 0.5 < found.average_hazard_ratio < 1
    with pytest.raises(InputError, match=r"add up to '0\.5'"):
        expect(ACCRUAL, half[:1], 24)


def test_hazards_of_zero_give_no_events_and_no_ratio() -> None:
    found = expect(ACCRUAL, Hazards(begins=(0,), control=(0.0,), ratio=(0.5,)), 24)
    assert found.events == 0
    assert math.isnan(found.average_hazard_ratio)
    assert found.power() == 0.025
    assert month_of_events(ACCRUAL, Hazards(begins=(0,), control=(0.0,), ratio=(1,)), 5) == math.inf


def test_boundaries_are_those_of_gsdesign() -> None:
    thirds = (1 / 3, 2 / 3, 1)
    assert efficacy_boundaries(thirds) == pytest.approx((3.7103, 2.5114, 1.9930), abs=5e-5)
    assert efficacy_boundaries(thirds, spending="pocock") == pytest.approx((2.2794, 2.2949, 2.2959), abs=5e-5)
    found = group_sequential(thirds, spending="hwang-shih-decani", futility="hwang-shih-decani", futility_gamma=-2)
    assert found.upper == pytest.approx((3.0107, 2.5465, 1.9992), abs=5e-5)
    assert found.lower == pytest.approx((-0.2387, 0.9411, 1.9992), abs=5e-5)
    assert found.inflation == pytest.approx(1.0699, abs=5e-5)
    assert found.power == pytest.approx(0.9, abs=1e-6)
    assert found.level == pytest.approx(0.025, abs=1e-6)


def test_one_look_is_a_fixed_design() -> None:
    found = group_sequential((1.0,))
    assert found.upper[0] == pytest.approx(norm.ppf(0.975), abs=1e-9)
    assert found.inflation == pytest.approx(1, abs=1e-8)


@pytest.mark.parametrize("kind", ["obrien-fleming", "pocock", "hwang-shih-decani"])
def test_every_spending_ends_at_alpha_and_holds_it(kind) -> None:  # type: ignore[no-untyped-def]
    looks = (0.2, 0.5, 0.55, 0.9, 1.0)
    assert spend(kind, 0, 0.025) == 0
    assert spend(kind, 1, 0.025) == pytest.approx(0.025)
    assert spend(kind, 1.7, 0.025) == pytest.approx(0.025)
    upper = efficacy_boundaries(looks, spending=kind)
    ups, _ = crossing(looks, upper, (-math.inf,) * 5, 0.0)
    assert ups.sum() == pytest.approx(0.025, abs=1e-7)


def test_futility_before_any_event_is_refused() -> None:
    with pytest.raises(InputError, match="'0' is no number that fits"):
        group_sequential((0.0, 1.0), futility="pocock")
    with pytest.raises(InputError, match="do not ascend"):
        group_sequential((0.5, 0.5, 1.0))


@pytest.mark.parametrize(("quality", "events"), [(1.0, 87), (0.9, 138), (0.8, 216), (0.7, 343)])
def test_enrichment_with_an_imperfect_assay(quality: float, events: int) -> None:
    found = enrichment(0.304, 0.5, 1.0, assay=Assay(sensitivity=quality, specificity=quality))
    assert round(found.events_enriched) == events
    assert round(found.events_all) == 947


def test_the_limits_of_prevalence_and_sensitivity() -> None:
    everybody = enrichment(1.0, 0.5, 1.0, assay=Assay(sensitivity=0.9, specificity=0.9))
    assert everybody.events_enriched == pytest.approx(everybody.events_all)
    nobody = enrichment(0.0, 0.5, 1.0, assay=Assay(sensitivity=0.9, specificity=0.9))
    assert nobody.events_enriched == math.inf
    blind = enrichment(0.3, 0.5, 1.0, assay=Assay(sensitivity=0.0, specificity=0.9))
    assert blind.positive_predictive_value == 0
    assert blind.events_enriched == math.inf
    for prevalence, assay in ((0.0, Assay()), (0.3, Assay(sensitivity=0.0)), (0.3, Assay(missing=1.0))):
        with pytest.raises(InputError, match="calls nobody positive"):
            enrichment(prevalence, 0.5, 1.0, assay=assay)


def test_a_useless_marker_gains_nothing_at_any_cut_off() -> None:
    useless = cut_offs(0.3, 0.5, 1.0, area=0.5, screened=1000, event_share=0.6)
    assert useless.power.argmax() == 0  # to call everybody positive
    good = cut_offs(0.3, 0.5, 1.0, area=0.9, screened=1000, event_share=0.6)
    assert 0 < good.power.argmax() < good.power.size - 1
    assert good.power.max() > useless.power.max()


def test_dilution_alone_cannot_exceed_one() -> None:
    assert largest_average() == pytest.approx(1.0, abs=1e-6)
    assert largest_average() <= 1 + 1e-9
    ratios = marginal_ratio((0.3, 0.7), (0.5, 1.0), [0.0, 0.7, 3.0])
    assert ratios[0] == pytest.approx(0.85)
    assert (np.diff(ratios) < 0).all()  # those who benefit stay at risk longer, so their share grows
    assert ratios[-1] > 0.5


def test_how_large_harm_must_be() -> None:
    needed = harm_needed(1.33, benefiting=0.3, ratio_benefit=0.5, harmed=0.7, control_survival=0.55)
    assert average_ratio((0.3, 0.7), (0.5, needed), 0.55) == pytest.approx(1.33, abs=1e-6)
    assert needed > 1.33
    assert harm_needed(1.33, benefiting=0, ratio_benefit=0.5, harmed=1, control_survival=0.5) == pytest.approx(1.33)
    assert harm_needed(3.0, benefiting=0.9, ratio_benefit=0.5, harmed=0.01, control_survival=0.5) == math.inf
    with pytest.raises(InputError, match="'0' are harmed"):
        harm_needed(1.33, benefiting=0.3, ratio_benefit=0.5, harmed=0, control_survival=0.5)


def test_what_is_observed_given_a_go() -> None:
    assert assurance(one_truth(1.0), events=30).observed_given_go == pytest.approx(0.44, abs=0.005)
    assert assurance(one_truth(1.0), events=30).go == pytest.approx(0.025)
    certain = assurance(one_truth(0.6), events=100, next_events=300)
    assert certain.success_given_go == pytest.approx(schoenfeld_power(0.6, 300))
    believed = assurance(normal_truth(0.85, 0.25), events=30, next_events=285)
    assert believed.observed_given_go < believed.truth_given_go < 0.85
    assert 0 < believed.shrinkage < 1
    with pytest.raises(InputError, match="events"):
        assurance(one_truth(1.0), events=0)


def test_phase_2_and_phase_3_disagree() -> None:
    z, p = discordance((0.37, 0.18, 0.76), (1.24, 0.97, 1.57))
    assert (z, p) == pytest.approx((-3.12, 0.0018), abs=0.005)
    z, p = discordance((0.47, 0.27, 0.84), (1.39, 1.04, 1.86))
    assert (z, p) == pytest.approx((-3.33, 0.0009), abs=0.005)


def test_the_gate_and_the_interaction_of_bardia() -> None:
    counts = [implied_counts(share, n) for share, n in ((0.382, 34), (0.172, 29), (0.056, 71), (0.164, 73))]
    assert counts == [13, 5, 4, 12]
    positive = Responses(responders=13, patients=34), Responses(responders=5, patients=29)
    negative = Responses(responders=4, patients=71), Responses(responders=12, patients=73)
    assert gain_probability(*positive) == pytest.approx(0.883, abs=1e-3)
    assert gain_probability(*negative) == pytest.approx(0.0, abs=1e-3)
    found = interaction(positive, negative)
    assert (found.odds_ratio_positive, found.odds_ratio_negative) == pytest.approx((2.80, 0.33), abs=0.005)
    assert (found.z, found.p) == pytest.approx((2.61, 0.009), abs=0.005)
    assert found.qualitative


def test_a_gate_opens_as_often_as_its_outcomes_say() -> None:
    assert gate_power(1.0, 0.0, (5, 5), threshold=0.9).go == 1
    assert gate_power(0.3, 0.3, (40, 40), threshold=0.95, margin=0).go == pytest.approx(0.05, abs=0.02)
    assert gate_power(0.3, 0.3, (0, 0), threshold=0.5).go == 0


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda: schoenfeld_events(0), "hazard_ratio: '0' is no number that fits"),
        (lambda: schoenfeld_events(0.5, alpha=0.7), "alpha: '0.7' is no one-sided level"),
        (lambda: schoenfeld_events(0.5, power=0.01), "is not above alpha"),
        (lambda: lachin_foulkes(0.1, 0.1, accrual=1, duration=2), "both arms have a hazard of '0.1'"),
        (lambda: lachin_foulkes(0.2, 0.0, accrual=1, duration=2), "experimental_hazard: '0' is no number"),
        (lambda: lachin_foulkes(0.2, 0.1, accrual=3, duration=2), "ends after the study"),
        (lambda: Accrual(durations=(1,), per_month=(0,)), "no patient ever comes"),
        (lambda: Hazards(begins=(1, 2), control=(0.1, 0.1), ratio=(1, 1)), "are no periods"),
        (lambda: Hazards(begins=(0,), control=(-0.1,), ratio=(1,)), "control: '-0.1' is no number"),
        (lambda: Assay(sensitivity=1.2), "sensitivity: '1.2' is no share"),
        (lambda: Responses(responders=5, patients=3), "responders: '5' is no number"),
        (lambda: spend("pocock", -1, 0.025), "share: '-1' is no number"),
        (lambda: spend("pococ", 1, 0.025), "Did you mean 'pocock'?"),  # type: ignore[arg-type]
        (lambda: discordance((1, 2, 3), (1, 0.5, 2)), "is no hazard ratio with its interval"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(ask, told: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError) as caught:
        ask()
    assert told in str(caught.value)
