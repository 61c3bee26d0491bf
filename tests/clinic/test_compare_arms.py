"""Two arms compared: what lifelines, statsmodels, survRM2's formula and exact small cases say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from avpi.clinic.compare_arms import compare_arms
from avpi.clinic.kaplan_meier import kaplan_meier, numbers_at_risk
from avpi.clinic.survival import Survival, read_survival
from avpi.errors import InputError

# 24 patients with ties; what lifelines 0.30.3 (Efron) and statsmodels 0.15 give of them stands below.
MONTHS = [1, 2, 2, 3, 4, 4, 5, 6, 7, 8, 9, 10, 1, 3, 4, 5, 6, 6, 8, 9, 10, 11, 12, 12]
EVENT = [1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 0]
ARM = [0] * 12 + [1] * 12
STRATUM = [0, 1] * 12


def patients(*, stratified: bool = False) -> Survival:
    return read_survival(MONTHS, EVENT, ARM, STRATUM if stratified else None)


def textbook(survival: Survival, rho: float, gamma: float) -> tuple[float, float]:
    """U and V of one weighted log-rank test, written as the textbook has it, time by time."""
    u = v = 0.0
    pooled = 1.0
    for t in np.unique(survival.months[survival.event == 1]):
        n, n1 = np.sum(survival.months >= t), np.sum((survival.months >= t) & (survival.arm == 1))
        here = (survival.months == t) & (survival.event == 1)
        d, d1 = here.sum(), (here & (survival.arm == 1)).sum()
        w = pooled**rho * (1 - pooled) ** gamma
        u += w * (d * n1 / n - d1)
        v += w**2 * d * n1 / n * (1 - n1 / n) * (n - d) / (n - 1) if n > 1 else 0
        pooled *= 1 - d / n
    return u, v


def test_weighted_tests_are_the_textbooks() -> None:
    found = compare_arms(patients(), weights=((0, 0), (0, 1), (0.5, 0.5)))
    for own, (rho, gamma) in zip(found.tests, ((0, 0), (0, 1), (0.5, 0.5)), strict=False):
        u, v = textbook(patients(), rho, gamma)
        assert own.z == pytest.approx(u / math.sqrt(v), rel=1e-12)
        assert own.p == pytest.approx(norm.sf(own.z), rel=1e-12)


def test_a_modest_weight_stops_growing_at_its_month() -> None:
    found = compare_arms(patients(), modest_months=5.0).test("modest(5)")
    survival = patients()
    km = kaplan_meier(survival.months, survival.event)
    floor = float(km.at([5.0])[0])
    u = v = 0.0
    for i in range(1, km.months.size):
        n, d = km.at_risk[i], km.events[i]
        t = km.months[i]
        n1 = np.sum((survival.months >= t) & (survival.arm == 1))
        d1 = np.sum((survival.months == t) & (survival.event == 1) & (survival.arm == 1))
        w = 1 / max(km.survival[i - 1], floor)
        u += w * (d * n1 / n - d1)
        v += w**2 * d * n1 / n * (1 - n1 / n) * (n - d) / (n - 1)
    assert found.z == pytest.approx(u / math.sqrt(v), rel=1e-12)


def test_strata_are_compared_within_themselves() -> None:
    whole, by_hand = patients(stratified=True), [0.0, 0.0]
    for own in (0, 1):
        there = whole.stratum == own
        part = read_survival(whole.months[there], whole.event[there], whole.arm[there])
        u, v = textbook(part, 0, 0)
        by_hand = [by_hand[0] + u, by_hand[1] + v]
    found = compare_arms(whole, stratified=True).test("log-rank")
    assert found.z == pytest.approx(by_hand[0] / math.sqrt(by_hand[1]), rel=1e-12)
    assert found.z != pytest.approx(compare_arms(whole).test("log-rank").z, rel=1e-3)


def test_max_combo_has_the_p_of_the_joint_distribution() -> None:
    found = compare_arms(patients(), weights=((0, 0), (0, 1), (1, 1)))
    largest = max(own.z for own in found.tests[:3])
    expected = 1 - multivariate_normal(cov=found.correlation, allow_singular=True).cdf([largest] * 3)
    assert found.test("MaxCombo").p == pytest.approx(expected, abs=2e-4)
    assert found.test("MaxCombo").z == largest


def test_max_combo_knows_that_the_log_rank_test_is_a_sum_of_two_others() -> None:
    """FH(1,0) and FH(0,1) add up to the log-rank statistic: the correlation is singular."""
    found = compare_arms(patients(), weights=((0, 0), (0, 1), (1, 0)))
    largest = max(own.z for own in found.tests[:3])
    random = np.random.Generator(np.random.Philox(key=5))
    draws = random.multivariate_normal(np.zeros(3), found.correlation, size=400_000, method="eigh")
    simulated = np.mean(draws.max(axis=1) >= largest)
    assert found.test("MaxCombo").p == pytest.approx(simulated, abs=3 * math.sqrt(0.25 / 400_000))


def test_the_hazard_ratio_has_no_slope_left_in_efrons_likelihood() -> None:
    found = compare_arms(patients())
    b = math.log(found.hazard_ratio.value)

    def log_likelihood(b: float) -> float:
        own, total = patients(), 0.0
        for t in np.unique(own.months[own.event == 1]):
            risk, here = own.months >= t, (own.months == t) & (own.event == 1)
            d = int(here.sum())
            total += b * float(own.arm[here].sum())
            for k in range(d):
                total -= math.log(np.exp(b * own.arm[risk]).sum() - k / d * np.exp(b * own.arm[here]).sum())
        return total

    h = 1e-5
    assert (log_likelihood(b + h) - log_likelihood(b - h)) / (2 * h) == pytest.approx(0, abs=1e-6)
    curvature = (log_likelihood(b + 1e-3) - 2 * log_likelihood(b) + log_likelihood(b - 1e-3)) / 1e-6
    error = (math.log(found.hazard_ratio.high) - b) / norm.ppf(0.975)
    assert error == pytest.approx(1 / math.sqrt(-curvature), rel=1e-4)


def test_the_error_of_a_restricted_mean_is_that_of_the_estimate() -> None:
    """Means of many trials scatter as their errors say; the spread of min(T, tau) would be twenty times that."""
    random = np.random.Generator(np.random.Philox(key=7))
    values, errors = [], []
    for _ in range(400):
        time = random.exponential(10, 400)
        censored = random.uniform(2, 30, 400)
        own = read_survival(np.minimum(time, censored), time <= censored, np.arange(400) % 2)
        found = compare_arms(own, weights=((0, 0),), max_combo=False, tau=12.0).mean_difference
        values.append(found.value)
        errors.append((found.high - found.low) / (2 * norm.ppf(0.975)))
    assert np.mean(errors) == pytest.approx(np.std(values), rel=3 / math.sqrt(2 * 400))
    assert np.mean(values) == pytest.approx(0, abs=3 * float(np.std(values)) / 20)


def test_restricted_means_are_areas_below_the_curves() -> None:
    found = compare_arms(patients(), tau=9.0)
    areas = []
    for arm in (0, 1):
        own = patients()
        km = kaplan_meier(own.months[own.arm == arm], own.event[own.arm == arm])
        grid = np.linspace(0, 9, 900_001)[:-1] + 5e-6
        areas.append(float(km.at(grid).mean() * 9))
    assert found.mean_difference.value == pytest.approx(areas[1] - areas[0], abs=1e-4)


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=6, max_size=30), st.randoms())
@settings(max_examples=60, deadline=None)
def test_swapping_the_arms_turns_every_sign(rows: list[tuple[int, bool]], random: object) -> None:
    arm = np.arange(len(rows)) % 2
    months, event = [row[0] for row in rows], [row[1] for row in rows]
    one, other = compare_arms(read_survival(months, event, arm)), compare_arms(read_survival(months, event, 1 - arm))
    for own, mirrored in zip(one.tests[:4], other.tests[:4], strict=True):
        assert own.z == pytest.approx(-mirrored.z, nan_ok=True, abs=1e-9)
    both = [own.test("MaxCombo").p_two_sided for own in (one, other)]
    assert both[0] == pytest.approx(both[1], nan_ok=True, abs=1e-6)
    assert one.mean_difference.state == other.mean_difference.state
    if one.mean_difference.state == "measured":
        assert one.mean_difference.value == pytest.approx(-other.mean_difference.value, abs=1e-9)


def test_a_max_combo_sees_harm_as_well_as_benefit_when_it_looks_at_both_sides() -> None:
    event = [e if a == 1 else 0 for e, a in zip(EVENT, ARM, strict=True)]
    found = compare_arms(read_survival(MONTHS, event, ARM))
    own, largest = found.test("MaxCombo"), max(abs(one.z) for one in found.tests[:4])
    joint = multivariate_normal(np.zeros(4), found.correlation, allow_singular=True, seed=1)
    expected = 1 - joint.cdf(np.full(4, largest), lower_limit=np.full(4, -largest))
    assert own.p > 0.9
    assert own.p_two_sided == pytest.approx(expected, abs=3e-4)
    assert min(one.p_two_sided for one in found.tests[:4]) < own.p_two_sided < 4 * 0.067
    alone = compare_arms(patients(), weights=((0, 0),))
    assert alone.test("MaxCombo").p_two_sided == pytest.approx(alone.test("log-rank").p_two_sided, abs=1e-9)


def test_a_unit_of_time_changes_no_test() -> None:
    months = compare_arms(patients())
    days = compare_arms(read_survival([m * 30.4 for m in MONTHS], EVENT, ARM))
    assert [own.z for own in days.tests] == pytest.approx([own.z for own in months.tests])
    assert days.mean_difference.value == pytest.approx(30.4 * months.mean_difference.value)


def test_where_nobody_has_an_event_there_is_no_result_and_no_error() -> None:
    found = compare_arms(read_survival(MONTHS, [0] * 24, ARM))
    assert all(math.isnan(own.p) and own.why for own in found.tests)
    assert found.hazard_ratio.state == "not_estimable"
    assert found.mean_difference.state == "not_estimable"
    assert "how sure" in found.mean_difference.method


def test_where_one_arm_has_no_event_there_is_a_test_and_no_ratio() -> None:
    event = [e if a == 0 else 0 for e, a in zip(EVENT, ARM, strict=True)]
    found = compare_arms(read_survival(MONTHS, event, ARM))
    assert found.test("log-rank").p < 0.01
    assert found.hazard_ratio.state == "not_estimable"
    assert "experimental" in found.hazard_ratio.method


@pytest.mark.parametrize(
    ("months", "event", "arm", "told"),
    [
        ([-1, 2], [1, 1], [0, 1], "'-1' at place 1 is before randomisation"),
        ([1, math.nan], [1, 1], [0, 1], "'nan' stands at place 2"),
        ([1, 2], [1, 2], [0, 1], "'2' at place 2 is neither 0 nor 1"),
        ([1, 2], [1, 1], [1, 1], "control (0) arm has no patient"),
        ([1, 2], [1], [0, 1], "has 1 values"),
        (["a", 2], [1, 1], [0, 1], "'a' at place 1 is no number"),
        ([], [], [], "there is no patient"),
    ],
)
def test_wrong_patients_are_refused_with_the_place(
    months: list[Any], event: list[Any], arm: list[Any], told: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_survival(months, event, arm)
    assert told in str(caught.value)


def test_wrong_questions_are_refused() -> None:
    with pytest.raises(InputError, match="no time to which both arms were followed"):
        compare_arms(patients(), tau=50.0)
    with pytest.raises(InputError, match="5 tests are to be joined"):
        compare_arms(patients(), weights=tuple((k, 0) for k in range(5)))
    with pytest.raises(InputError, match="'-1, 0' is no weight"):
        compare_arms(patients(), weights=((-1, 0),))


def test_a_kaplan_meier_curve_and_who_is_at_risk() -> None:
    km = kaplan_meier([1, 2, 2, 3, 5], [1, 1, 0, 0, 1])
    assert km.survival == pytest.approx([1, 0.8, 0.6, 0])
    assert km.at([0, 1, 1.5, 4, 9]) == pytest.approx([1, 0.8, 0.8, 0.6, 0])
    assert km.median[0] == 5
    assert list(numbers_at_risk([1, 2, 2, 3, 5], [0, 2, 4])) == [5, 4, 1]
    # log-log interval of 0.8 with Greenwood's 1/(5*4): 0.8 ** exp(+-1.96 sqrt(0.05)/log(0.8))
    half = 1.959964 * math.sqrt(0.05) / abs(math.log(0.8))
    assert (km.low[1], km.high[1]) == pytest.approx((0.8 ** math.exp(half), 0.8 ** math.exp(-half)))


def test_a_curve_without_events_has_no_median_and_no_interval() -> None:
    km = kaplan_meier([3, 4], [0, 0])
    assert math.isinf(km.median[0])
    assert np.isnan(km.low).all()
    assert math.isnan(float(km.at([5])[0]))
