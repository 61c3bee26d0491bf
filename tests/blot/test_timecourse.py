"""Loss by the engagement time and rebound."""

from __future__ import annotations

import math

import pytest

from avpi.blot.results import LaneResult
from avpi.blot.timecourse import above_vehicle, call_of, flips, loss_by_engagement_time, rebound
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
    loss, findings = loss_by_engagement_time(lanes, "cIAP1", WORDS, RULES)
    assert loss.value == pytest.approx(0.92)
    assert loss.low < 0.92 < loss.high
    assert findings == ()


def test_only_the_mimetic_alone_at_its_working_dose_counts() -> None:
    other_dose = Condition.of(Addition("SM", 1e-6))
    with_tnf = Condition.of(Addition("SM", 1e-7), Addition("TNF", 10.0))
    lanes = (lane(30, 0.2), lane(30, 0.01, condition=other_dose), lane(15, 0.01, condition=with_tnf))
    assert loss_by_engagement_time(lanes, "cIAP1", WORDS, RULES)[0].value == pytest.approx(0.8)


def test_only_day_old_lysates_say_nothing_of_engagement() -> None:
    loss, findings = loss_by_engagement_time((lane(1440, 0.4),), "cIAP1", WORDS, RULES)
    assert loss.state == "missing"
    assert "1440" in loss.method
    assert [f.code for f in findings] == ["late_only"]


def test_targets_other_than_ciap1_say_nothing_of_engagement_however_late() -> None:
    loss, findings = loss_by_engagement_time((lane(30, 0.01), lane(1440, 0.4)), "PARP", WORDS, RULES)
    assert (loss.state, loss.method) == ("missing", "engagement is read on cIAP1")
    assert not findings
    assert not loss_by_engagement_time((lane(1440, 0.4),), "PARP", WORDS, RULES)[1]


def test_only_a_last_harvest_surely_above_vehicle_is_reported() -> None:
    def found(*lanes: LaneResult, target: str = "cIAP1") -> list[str]:
        return [f.code for f in above_vehicle(lanes, target, WORDS, mirrored=True)]

    assert found(lane(30, 0.1), lane(1440, 1.6)) == ["above_vehicle"]
    assert not found(lane(30, 1.6), lane(1440, 0.9))
    assert not found(lane(30, 0.1), lane(1440, 1.25))
    assert not found(lane(30, 0.1), lane(1440, 1.4, log_se=0.3))
    assert not found(lane(30, 0.1), lane(1440, 1.6, state="below"))
    assert not found(lane(30, 0.1), lane(1440, 1.6), target="cIAP2")


@pytest.mark.parametrize(
    ("loss", "call"),
    [
        (Estimate(value=0.93), "engaged"),
        (Estimate(value=0.6), "partially engaged"),
        (Estimate(value=0.1), "not engaged"),
        (Estimate(value=math.nan, state="missing"), None),
    ],
)
def test_the_call_of_a_loss(loss: Estimate, call: str | None) -> None:
    assert call_of(loss, RULES) == call


def test_one_hour_harvests_are_missing_but_not_late_only() -> None:
    loss, findings = loss_by_engagement_time((lane(60, 0.1),), "cIAP1", WORDS, RULES)
    assert loss.state == "missing"
    assert not findings


def test_two_lanes_of_one_time_are_averaged_not_counted_twice() -> None:
    loss, _ = loss_by_engagement_time((lane(30, 0.1), lane(30, 0.4)), "cIAP1", WORDS, RULES)
    assert loss.value == pytest.approx(0.8)
    assert loss.n == 1


def test_a_censored_minimum_gives_a_lower_bound_of_the_loss() -> None:
    loss, _ = loss_by_engagement_time((lane(15, 0.3), lane(30, 0.03, state="below")), "cIAP1", WORDS, RULES)
    assert loss.state == "above"
    assert loss.value == pytest.approx(0.97)
    assert loss.high == 1.0


def test_saturated_lanes_give_no_loss() -> None:
    saturated = lane(30, math.nan, state="saturated")
    assert loss_by_engagement_time((saturated,), "cIAP1", WORDS, RULES)[0].state == "saturated"


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
