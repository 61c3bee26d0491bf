"""What holds where every cell is dead: no lysate, no lane, no number; a course is judged on what was seen of it."""

from __future__ import annotations

import math

import pytest

from avpi.facts.schema import Arm
from tests.facts.laboratory import Law, dose, fact
from tests.facts.test_expect import CURVES, hill, holds, said

DEAD_FROM_HOURS = 30.0


def until_death(law: Law) -> Law:
    """Treated cells die at 30 h; the others live."""
    return lambda arm, what, time: math.nan if dose(arm, "SM") and time >= DEAD_FROM_HOURS else law(arm, what, time)


flat: Law = until_death(lambda arm, what, time: 1.0)
rising_and_falling: Law = until_death(lambda arm, what, time: time * math.exp(-time / 6))
still_rising: Law = until_death(lambda arm, what, time: time)


@pytest.mark.parametrize("measure", ["band: cIAP1", "mrna: TNF", "nuclear: NFkB"])
@pytest.mark.parametrize(
    "expect",
    [
        "{value: sm, above: 0}",
        "{ratio: [sm, vehicle], above: 0}",
        "{ratio: [vehicle, sm], above: 0}",
        "{difference: [sm, vehicle], above: -9}",
        "{order: [sm, vehicle]}",
        "{rescue: [sm, vehicle, vehicle], above: 0}",
    ],
)
def test_what_is_asked_of_dead_cells_does_not_hold_and_says_that_none_are_left(measure: str, expect: str) -> None:
    text = fact(expect, measure=f"{{{measure}, at: 48 h}}")
    assert not holds(text, flat)
    assert "no cells left to lyse at 48 h" in said(text, flat)[1]


def test_of_several_times_the_missing_one_is_named() -> None:
    text = fact("{value: sm, above: 0}", measure="{band: cIAP1, at: [1 h, 24 h, 48 h]}")
    assert not holds(text, flat)
    assert said(text, flat)[1] == "1 at 1 h, 1 at 24 h, no number, because no cells left to lyse at 48 h"


def test_the_arm_without_cells_is_named() -> None:
    text = fact("{ratio: [sm, vehicle], below: 2}", measure="{band: cIAP1, at: 48 h}")
    assert said(text, flat)[1] == "no number, because no cells left to lyse at 48 h in sm (no number / 1)"


def test_a_peak_is_that_of_what_was_seen() -> None:
    text = fact("{peak_at: sm, within: [5 h, 7 h]}", measure="{band: pMLKL, at: 72 h}")
    assert holds(text, rising_and_falling)
    assert "then no cells left to lyse" in said(text, rising_and_falling)[1]
    text = fact("{peak_at: sm, within: [20 h, 30 h]}", measure="{band: pMLKL, at: 72 h}")
    assert holds(text, still_rising)
    assert not holds(text, rising_and_falling)
    among = fact("{peak_at: sm, within: [8 h, 8 h]}", measure="{band: pMLKL, at: [2 h, 8 h, 24 h, 48 h]}")
    assert holds(among, rising_and_falling)


def test_a_half_life_that_was_not_reached_is_longer_than_what_was_seen() -> None:
    text = "{half_life: sm, %s}"
    measure = "{band: CYLD, at: 72 h}"
    assert holds(fact(text % "above: 20 h", measure=measure), flat)
    assert not holds(fact(text % "above: 40 h", measure=measure), flat)
    falling = until_death(lambda arm, what, time: 2.0 ** (-time / 4))
    assert holds(fact(text % "within: [3.8 h, 4.2 h]", measure=measure), falling)


def test_a_series_is_compared_where_there_is_a_number() -> None:
    text = fact(
        "{series: sm, values: [1, 4, 8, 16], tolerance: 0.05}", measure="{band: p52, at: [1 h, 4 h, 8 h, 48 h]}"
    )
    assert holds(text, still_rising)
    assert "without 1 points (no cells left to lyse at 48 h)" in said(text, still_rising)[1]
    few = fact("{series: sm, values: [1, 2, 3], tolerance: 9}", measure="{band: p52, at: [1 h, 40 h, 48 h]}")
    assert not holds(few, still_rising)
    assert "only 1 of 3 points gave a number" in said(few, still_rising)[1]


def test_the_first_value_of_a_series_must_be_there_where_the_others_are_relative_to_it() -> None:
    text = fact(
        "{series: sm, values: [1, 2, 3], normalise: first, tolerance: 9}",
        measure="{band: p52, at: [48 h, 1 h, 2 h]}",
    )
    assert "the first point" in said(text, still_rising)[1]


def test_a_dose_that_leaves_no_cells_is_left_out_of_a_curve() -> None:
    def without_high(arm: Arm, what: str, time: float) -> float:
        return math.nan if dose(arm, "birinapant") > 2e-6 else hill(arm, what, time)

    measure = "{ec50: {band: cIAP1}, at: 48 h}"
    assert holds(fact("{value: two, within: [15 nM, 27 nM]}", arms=CURVES, measure=measure), without_high)
    assert holds(fact("{value: two, within: [0.8, 0.95]}", arms=CURVES, measure="{emax: true}"), without_high)
    assert not holds(
        fact("{value: two, above: 0 nM}", arms=CURVES, measure=measure),
        lambda arm, what, time: math.nan if dose(arm, "birinapant") else 1.0,
    )


@pytest.mark.parametrize(
    ("measure", "why"),
    [
        ("{mode: apoptosis, at: 24 h}", "no cell has died by 24 h"),
        ("{death_time: cv, at: 24 h}", "fewer than two cells have died by 24 h"),
        ("{momp_time: cv, at: 24 h}", "fewer than two cells have undergone MOMP by 24 h"),
        ("{viability: true, at: 24 h}", "the model gave no number"),
    ],
)
def test_other_measures_say_why_they_have_no_number(measure: str, why: str) -> None:
    text = fact("{value: sm, above: 0}", measure=measure)
    assert said(text, lambda arm, what, time: math.nan)[1] == f"no number, because {why}"


def test_what_never_comes_is_compared_with_what_comes() -> None:
    law: Law = lambda arm, what, time: 6.0 if dose(arm, "SM") else math.inf  # noqa: E731 - a law in one line
    measure = "{death_time: median, at: 48 h}"
    assert holds(fact("{ratio: [sm, vehicle], below: 0.5}", measure=measure), law)
    assert not holds(fact("{ratio: [vehicle, sm], below: 9}", measure=measure), law)
    assert holds(fact("{order: [sm, vehicle], margin: 1 h}", measure=measure), law)
    assert holds(fact("{rescue: [sm, vehicle, vehicle], above: 0.9}", measure=measure), law)
    assert not holds(fact("{rescue: [sm, sm, vehicle], above: 0.5}", measure=measure), law)
