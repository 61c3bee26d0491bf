"""Pass, fail or inconclusive: how often it is wrong, and what forbids it."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from avpi.blot.loss_posterior import ExperimentRatio, mean_ratio
from avpi.blot.loss_verdict import judge_loss
from avpi.blot.membrane_lanes import MembraneLane
from tests.blot.lanes_of_studies import lane, pairs


def _calls(loss: float, *, count: int, cv: float = 0.2, draws: int = 600, seed: int = 11) -> dict[str, float]:
    """Return how often each call is made for log-normal ratios."""
    rng = np.random.Generator(np.random.Philox(seed))
    bound = math.log(0.1)
    passed = failed = 0
    for _ in range(draws):
        ratios = [
            ExperimentRatio(
                experiment=str(i), log_ratio=math.log(1 - loss) + cv * rng.normal(), variance=0.0, state="measured",
                membranes=(str(i),),
            )
            for i in range(count)
        ]  # fmt: skip
        chance = mean_ratio(ratios).chance_below(bound)
        passed += chance > 0.95
        failed += chance < 0.05
    return {"pass": passed / draws, "fail": failed / draws}


def test_three_blots_at_20_percent_variation() -> None:
    assert _calls(0.90, count=3)["pass"] <= 0.05
    assert _calls(0.86, count=3)["pass"] <= 0.001
    assert _calls(0.95, count=3)["pass"] >= 0.85
    every_band = math.sqrt(2) * 0.2
    assert _calls(0.90, count=3, cv=every_band, draws=1500)["pass"] <= 0.05
    assert _calls(0.86, count=3, cv=every_band)["pass"] <= 0.002
    assert _calls(0.95, count=3, cv=every_band)["pass"] >= 0.85


@pytest.mark.parametrize("count", [2, 5])
def test_other_numbers_of_blots_are_no_rasher(count: int) -> None:
    assert _calls(0.90, count=count)["pass"] <= 0.06
    assert _calls(0.90, count=count)["fail"] <= 0.06
    assert _calls(0.95, count=count)["pass"] >= 0.85


def test_chance_agreement_of_three_does_not_make_a_pass() -> None:
    """By their own scatter alone three ratios of 9.4 to 9.6 % would pass."""
    found = judge_loss(pairs([0.094, 0.095, 0.096]))
    assert found.call == "inconclusive"
    assert 0.5 < found.chance < 0.95
    assert found.ratio_of_means.chance_of_90_percent_loss > 0.99


def test_a_clear_loss_passes_and_a_clear_lack_of_it_fails() -> None:
    assert judge_loss(pairs([0.04, 0.05, 0.06])).call == "pass"
    failed = judge_loss(pairs([0.4, 0.5, 0.45]))
    assert (failed.call, failed.loss.state) == ("fail", "measured")
    assert failed.loss.low < 1 - 0.448 < failed.loss.high


def test_one_experiment_is_capped_however_many_lanes_it_has() -> None:
    one = [lane("blot1", 1.0, vehicle=True), *(lane("blot1", value) for value in (0.01, 0.012, 0.011, 0.009))]
    found = judge_loss(one)
    assert (found.call, found.capped_by) == ("inconclusive", ("one_experiment",))
    assert found.loss.n == 1
    assert [caveat.code for caveat in found.loss.caveats] == ["single_experiment"]


def test_membranes_of_one_day_are_no_experiments() -> None:
    lanes = [
        made for name in ("a", "b", "c") for made in (
            lane(name, 1.0, vehicle=True, experiment="day 1"), lane(name, 0.02, experiment="day 1")
        )
    ]  # fmt: skip
    found = judge_loss(lanes)
    assert found.capped_by == ("one_experiment",)
    assert found.experiments[0].membranes == ("a", "b", "c")


def test_a_flaw_in_a_deciding_lane_forbids_the_call() -> None:
    lanes = pairs([0.03, 0.04, 0.05])
    flawed = [lane("blot1", 0.03, flaws=("saturated_band",)) if made == lanes[1] else made for made in lanes]
    found = judge_loss(flawed)
    assert (found.call, found.capped_by) == ("inconclusive", ("saturated_band",))
    assert found.chance > 0.95
    elsewhere = [*lanes, lane("blot1", 0.5, minutes=240.0, flaws=("saturated_band",))]
    assert judge_loss(elsewhere).call == "pass"


def test_bands_below_a_low_limit_pass_and_below_a_high_one_say_nothing() -> None:
    low = judge_loss(pairs([0.02, 0.02, 0.02], state="below"))
    assert (low.call, low.loss.state) == ("pass", "above")
    assert low.loss.value == pytest.approx(0.98)
    just_above = judge_loss(pairs([0.12, 0.12, 0.12], state="below"))
    assert just_above.call == "inconclusive"
    assert just_above.chance_low < 0.5 < just_above.chance_high
    assert judge_loss(pairs([0.3, 0.3, 0.3], state="below")).call == "inconclusive"


def test_saturated_lanes_are_lower_bounds() -> None:
    found = judge_loss(pairs([0.5, 0.4, 0.6], state="above"))
    assert found.call == "fail"
    assert found.loss.state == "below"
    low = judge_loss(pairs([0.05, 0.04, 0.06], state="above"))
    assert low.call == "inconclusive"


def test_the_last_harvest_decides_whatever_the_others_show() -> None:
    lost_at_last = pairs([0.3, 0.3, 0.3], minutes=15.0) + [lane(f"blot{i}", 0.04 + i / 200) for i in (1, 2, 3)]
    found = judge_loss(lost_at_last)
    assert (found.call, found.minutes) == ("pass", 30.0)
    assert [(one.minutes, one.experiments) for one in found.harvests] == [(15.0, 3), (30.0, 3)]
    picked = pairs([0.04, 0.045, 0.05], minutes=15.0) + [lane(f"blot{i}", 0.08 + i / 200) for i in (1, 2, 3)]
    found = judge_loss(picked)
    assert found.harvests[0].chance_low > 0.95
    assert (found.call, found.minutes) == ("inconclusive", 30.0)


def test_five_harvests_pass_no_more_often_than_one() -> None:
    """By the lowest of five, a fifth of all studies with exactly 90 % lost would pass."""
    passed, studies = 0, 150
    for seed in range(studies):
        rng = np.random.Generator(np.random.Philox(seed))
        lanes = []
        for blot in ("a", "b", "c"):
            lanes.append(lane(blot, float(np.exp(0.2 * rng.normal())), vehicle=True))
            lanes += [
                lane(blot, 0.1 * float(np.exp(0.2 * rng.normal())), minutes=minutes)
                for minutes in (2.0, 5.0, 10.0, 15.0, 30.0)
            ]
        passed += judge_loss(lanes).call == "pass"
    assert passed / studies <= 0.08


def test_a_loss_that_comes_back_is_no_failure() -> None:
    lanes = pairs([0.04, 0.05, 0.06], minutes=15.0) + [lane(f"blot{i}", 0.5) for i in (1, 2, 3)]
    found = judge_loss(lanes)
    assert found.call == "inconclusive"
    assert "15 min" in found.why
    assert "come back" in found.why
    assert judge_loss([one for one in lanes if one.minutes_after_dose != 15.0]).call == "fail"


def test_a_harvest_of_one_experiment_does_not_decide_over_those_that_share_another() -> None:
    lanes = [*pairs([0.04, 0.05, 0.06], minutes=15.0), lane("blot1", 0.04)]
    found = judge_loss(lanes)
    assert (found.call, found.minutes) == ("pass", 15.0)


def test_late_harvests_alone_give_no_verdict() -> None:
    found = judge_loss(pairs([0.04, 0.05, 0.06], minutes=240.0))
    assert (found.call, found.capped_by) == ("inconclusive", ("no_harvest",))
    assert math.isnan(found.chance)
    assert "4 h" in found.why


def test_a_membrane_without_vehicle_is_left_out_and_named() -> None:
    lanes = [*pairs([0.04, 0.05]), lane("blot9", 0.05)]
    found = judge_loss(lanes)
    assert found.left_out == (("blot9", "no vehicle lane was measured"),)
    assert found.loss.n == 2


def test_each_lane_of_a_single_blot_has_its_own_probability() -> None:
    lanes = [
        lane("blot1", 1.0, vehicle=True, log_se=0.02),
        lane("blot1", 0.09, log_se=0.03),
        lane("blot1", 0.2, log_se=0.03),
    ]
    within = [one.chance_within_blot for one in judge_loss(lanes).lanes]
    assert within[0] > 0.99
    assert within[1] < 0.01


def test_the_interval_covers_the_mean_of_three_blots() -> None:
    rng = np.random.Generator(np.random.Philox(4))
    hits = 0
    for _ in range(300):
        logs = math.log(0.07) + 0.2 * rng.normal(size=3)
        ratios = [
            ExperimentRatio(experiment=str(i), log_ratio=float(x), variance=0.0, state="measured", membranes=("m",))
            for i, x in enumerate(logs)
        ]
        _, low, high = mean_ratio(ratios).ends(0.95)
        hits += low <= math.log(0.07) <= high
    assert 0.93 <= hits / 300 <= 0.99


@pytest.mark.shared_data
def test_wapl_is_depleted_as_its_authors_say(shared_data: Path) -> None:
    with (shared_data / "blots" / "wapl_depletion_densitometry.csv").open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.reader(file) if row and row[0].startswith("rep")]
    lanes: list[MembraneLane] = [
        lane(f"blot {row[0]}", float(row[2]) / float(row[3]), vehicle=row[1] == "C40", experiment=row[0], dose=None)
        for row in rows
    ]
    found = judge_loss(lanes)
    assert 1 - found.ratio_of_means.remaining.value == pytest.approx(0.9350823493, abs=1e-9)
    assert found.chance == pytest.approx(0.97, abs=0.005)
    assert (found.call, found.loss.n) == ("pass", 5)
