"""Loss by the engagement time and rebound."""

from __future__ import annotations

import math

import pytest

from avpi.blot.results import LaneResult
from avpi.blot.timecourse import flips, loss_by_engagement_time, rebound
from avpi.estimate import Estimate, State
from avpi.names import Addition, Condition
from avpi.study.schema import Rules
from tests.blot.declared_blot import WORDS

RULES = Rules()
SM = Condition.of(Addition("SM", 1e-7))


def lane(
    minutes: float, ratio: float, *, state: State = "measured", condition: Condition = SM, log_se: float = 0.02
) -> LaneResult:
    high = ratio * math.exp(1.96 * log_se)
    estimate = Estimate(value=ratio, low=ratio**2 / high, high=high, state=state)
    return LaneResult(
        lane=1, x_px=0.0, condition=condition, dose_molar=condition.dose_of("SM"), minutes_after_dose=minutes, label="",
        is_vehicle=not condition.additions, bands=(), ratio_to_vehicle=estimate,
        ratio_log_se=math.inf if state == "below" else log_se,
    )  # fmt: skip


def test_the_loss_is_one_minus_the_smallest_early_ratio() -> None:
    lanes = (lane(0, 1.0, condition=Condition.DMSO), lane(15, 0.3), lane(30, 0.08), lane(60, 0.01))
    loss, findings = loss_by_engagement_time(lanes, WORDS, RULES)
    assert loss.value == pytest.approx(0.92)
    assert loss.low < 0.92 < loss.high
    assert findings == ()


def test_only_the_mimetic_alone_at_its_working_dose_counts() -> None:
    other_dose = Condition.of(Addition("SM", 1e-6))
    with_tnf = Condition.of(Addition("SM", 1e-7), Addition("TNF", 10.0))
    lanes = (lane(30, 0.2), lane(30, 0.01, condition=other_dose), lane(15, 0.01, condition=with_tnf))
    assert loss_by_engagement_time(lanes, WORDS, RULES)[0].value == pytest.approx(0.8)


def test_only_day_old_lysates_say_nothing_of_engagement() -> None:
    loss, findings = loss_by_engagement_time((lane(1440, 0.4),), WORDS, RULES)
    assert loss.state == "missing"
    assert "1440" in loss.method
    assert [f.code for f in findings] == ["late_only"]


def test_one_hour_harvests_are_missing_but_not_late_only() -> None:
    loss, findings = loss_by_engagement_time((lane(60, 0.1),), WORDS, RULES)
    assert loss.state == "missing"
    assert not findings


def test_two_lanes_of_one_time_are_averaged_not_counted_twice() -> None:
    loss, _ = loss_by_engagement_time((lane(30, 0.1), lane(30, 0.4)), WORDS, RULES)
    assert loss.value == pytest.approx(0.8)
    assert loss.n == 1


def test_a_censored_minimum_gives_a_lower_bound_of_the_loss() -> None:
    loss, _ = loss_by_engagement_time((lane(15, 0.3), lane(30, 0.03, state="below")), WORDS, RULES)
    assert loss.state == "above"
    assert loss.value == pytest.approx(0.97)
    assert loss.high == 1.0


def test_saturated_lanes_give_no_loss() -> None:
    saturated = lane(30, math.nan, state="saturated")
    assert loss_by_engagement_time((saturated,), WORDS, RULES)[0].state == "saturated"


def test_rebound_is_the_last_harvest_over_the_lowest() -> None:
    back = rebound((lane(30, 0.1), lane(240, 0.5)), WORDS, RULES)
    assert back.value == pytest.approx(0.4)
    assert back.low < 0.4 < back.high
    assert rebound((lane(30, 0.1), lane(240, 0.05)), WORDS, RULES).value == 0
    assert rebound((lane(30, 0.1), lane(60, 0.5)), WORDS, RULES).state == "missing"


def test_a_background_method_that_moves_the_loss_over_the_threshold_is_reported() -> None:
    assert flips(Estimate(value=0.93), Estimate(value=0.86), RULES)
    assert flips(Estimate(value=0.93), Estimate(value=0.91), RULES) is None
    assert flips(Estimate(value=math.nan, state="missing"), Estimate(value=0.2), RULES) is None
