"""Every kind of expectation, holding and not holding, and what is said of it."""

from __future__ import annotations

import math

import pytest

from avpi.facts.schema import Arm
from tests.facts.laboratory import Law, checked, dose, fact

SM = "sm"


def number_of(treated: float, vehicle: float = 1.0, **others: float) -> Law:
    """A law by what stands in the arm: the mimetic, and any other reagent by its name."""

    def law(arm: Arm, what: str, time: float) -> float:
        del what, time
        for reagent, value in others.items():
            if dose(arm, reagent):
                return value
        return treated if dose(arm, "SM") else vehicle

    return law


def holds(text: str, law: Law) -> bool:
    report = checked(text, law)
    assert report.not_executable == ()
    return report.facts[0].passed


def said(text: str, law: Law) -> tuple[str, str]:
    only = checked(text, law).facts[0]
    return only.expected, only.got


@pytest.mark.parametrize(
    ("bound", "yes", "no"),
    [
        ("below: 0.5", 0.49, 0.5),
        ("above: 0.5", 0.51, 0.5),
        ("within: [0.2, 0.5]", 0.5, 0.51),
        ("above: 0.1, below: 0.5", 0.3, 0.05),
        ("below: 50 %", 0.49, 0.51),
    ],
)
def test_a_value_is_held_against_its_limits(bound: str, yes: float, no: float) -> None:
    text = fact(f"{{value: sm, {bound}}}")
    assert holds(text, number_of(yes))
    assert not holds(text, number_of(no))


def test_what_is_expected_and_what_came_are_sentences_with_units() -> None:
    text = fact("{ratio: [sm, vehicle], below: 0.10}", measure="{band: cIAP1, at: 30 min}")
    assert said(text, number_of(0.0412)) == ("sm / vehicle, cIAP1 band at 30 min: below 0.1", "0.0412 (0.0412 / 1)")


def test_an_expectation_at_several_times_must_hold_at_each() -> None:
    text = fact("{value: sm, below: 0.5}", measure="{band: cIAP1, at: [15 min, 1 h]}")
    assert holds(text, lambda arm, what, time: 0.1)
    assert not holds(text, lambda arm, what, time: 0.1 if time < 1 else 0.6)
    _, got = said(text, lambda arm, what, time: 0.1 if time < 1 else 0.6)
    assert got == "0.1 at 15 min, 0.6 at 1 h"


def test_a_ratio_over_zero_does_not_hold_and_says_why() -> None:
    text = fact("{ratio: [sm, vehicle], above: 2}")
    assert not holds(text, number_of(1.0, 0.0))
    assert said(text, number_of(1.0, 0.0))[1] == "no number, because vehicle is 0 (1 / 0)"


def test_a_difference_is_the_first_less_the_second() -> None:
    text = fact("{difference: [vehicle, sm], within: [0.2, 0.4]}")
    assert holds(text, number_of(0.7))
    assert not holds(text, number_of(0.3))


def test_a_difference_of_elisas_has_its_unit() -> None:
    text = fact("{difference: [sm, vehicle], below: 20 pg/mL}", measure="{elisa: TNF, at: 24 h}")
    assert holds(text, number_of(15, 1))
    assert not holds(text, number_of(30, 1))
    assert said(text, number_of(30, 1)) == (
        "sm - vehicle, TNF by ELISA at 24 h: below 20 pg/mL",
        "29 pg/mL (30 pg/mL - 1 pg/mL)",
    )


def test_order_asks_for_steps_of_the_margin() -> None:
    more = "both: {from: sm, add: [{reagent: TNF, dose: 10 ng/mL}]}"
    text = fact("{order: [both, sm, vehicle], margin: 0.1}", arms=more)
    assert holds(text, number_of(0.5, TNF=0.4))
    assert not holds(text, number_of(0.5, TNF=0.45))
    assert said(text, number_of(0.5, TNF=0.4))[1] == "both 0.4, sm 0.5, vehicle 1"


def test_order_without_a_margin_asks_for_any_rise() -> None:
    text = fact("{order: [sm, vehicle]}")
    assert holds(text, number_of(0.999))
    assert not holds(text, number_of(1.0))


@pytest.mark.parametrize(
    ("measure", "treated", "rescued", "vehicle", "passes"),
    [
        ("viability", 0.2, 0.7, 1.0, True),
        ("viability", 0.2, 0.5, 1.0, False),
        ("dead", 0.8, 0.3, 0.0, True),
        ("dead", 0.8, 0.7, 0.0, False),
    ],
)
def test_rescue_is_the_share_of_the_loss_that_is_restored(
    measure: str, treated: float, rescued: float, vehicle: float, passes: bool
) -> None:
    arms = "saved: {from: sm, add: [{reagent: zVAD, dose: 20 uM}]}"
    text = fact("{rescue: [sm, saved, vehicle], above: 0.5}", arms=arms, measure=f"{{{measure}: true, at: 24 h}}")
    assert holds(text, number_of(treated, vehicle, zVAD=rescued)) is passes


def test_nothing_is_rescued_where_nothing_was_lost() -> None:
    arms = "saved: {from: sm, add: [{reagent: zVAD, dose: 20 uM}]}"
    text = fact("{rescue: [sm, saved, vehicle], above: 0.5}", arms=arms)
    law = number_of(0.99, 1.0, zVAD=1.0)
    assert not holds(text, law)
    assert "no number, because sm and vehicle hardly differ" in said(text, law)[1]


def panel(values: list[float]) -> Law:
    return lambda arm, what, time: values


def test_the_fraction_of_lines_below_a_limit() -> None:
    arms = "lines: {panel: {prior: nsclc, n: 4}}"
    text = fact("{fraction_of_lines: {arm: lines, viability_below: 0.5}, within: [0.14, 0.30]}", arms=arms)
    assert holds(text, panel([0.1, 0.9, 0.9, 0.9]))
    assert not holds(text, panel([0.1, 0.1, 0.9, 0.9]))
    assert said(text, panel([0.1, 0.9, 0.9, math.nan]))[1] == "0.333, without 1 lines (1 of 3 lines)"


def test_a_fraction_of_lines_brings_its_own_measure() -> None:
    arms = "lines: {panel: {prior: tumour, n: 2}}"
    text = fact("{fraction_of_lines: {arm: lines, dead_above: 0.5}, above: 0.4}", arms=arms, measure="")
    asked: list[str] = []

    def law(arm: Arm, what: str, time: float) -> list[float]:
        asked.append(f"{what} {time:g}")
        return [0.9, 0.1]

    assert holds(text, law)
    assert set(asked) == {"dead 24"}


def test_one_number_of_a_panel_is_its_median_line() -> None:
    arms = "lines: {panel: {prior: nsclc, n: 3}}"
    assert holds(fact("{value: lines, within: [0.5, 0.5]}", arms=arms), panel([0.1, 0.5, 0.9]))


SERIES = "{band: pMLKL, at: [2 h, 4 h, 8 h]}"


@pytest.mark.parametrize(
    ("normalise", "course", "passes"),
    [
        ("max", [1.0, 2.0, 4.0], True),
        ("max", [4.0, 2.0, 1.0], False),
        ("first", [7.0, 14.0, 28.0], True),
        ("none", [0.25, 0.5, 1.0], True),
        ("none", [1.0, 2.0, 4.0], False),
    ],
)
def test_a_series_is_compared_after_its_normalisation(normalise: str, course: list[float], passes: bool) -> None:
    text = fact(f"{{series: sm, values: [0.25, 0.5, 1], normalise: {normalise}, tolerance: 0.1}}", measure=SERIES)
    assert holds(text, lambda arm, what, time: course[[2.0, 4.0, 8.0].index(time)]) is passes


def test_what_came_stands_beside_the_published_values_in_the_same_measure() -> None:
    text = fact("{series: sm, values: [0.25, 0.5, 1], normalise: max, tolerance: 0.1}", measure=SERIES)
    _, got = said(text, lambda arm, what, time: {2.0: 40.0, 4.0: 10.0, 8.0: 20.0}[time])
    assert got.endswith(": 1, 0.25, 0.5")


def test_the_distance_of_a_series_is_over_the_range_of_the_published_values() -> None:
    text = fact("{series: sm, values: [0, 0, 2], normalise: none, tolerance: 0.5}", measure=SERIES)
    expected, got = said(text, lambda arm, what, time: 1.0)
    assert got == "0.5: 1, 1, 1"  # each value is off by 1, and the range is 2
    assert expected.startswith("sm, pMLKL band at 2 h, 4 h and 8 h: within 0.5 (normalised RMSD) of 0, 0, 2")


@pytest.mark.parametrize(
    ("values", "normalise", "model", "why"),
    [
        ("[1, 1, 1]", "none", 1.0, "the published values are all the same"),
        ("[0, 1, 2]", "first", 1.0, "the published first value is not above 0"),
        ("[0, 1, 2]", "max", 0.0, "the model maximum is not above 0"),
        ("[0, 1, 2]", "max", math.nan, "no cells left to lyse"),
    ],
)
def test_a_series_that_cannot_be_compared_says_why(values: str, normalise: str, model: float, why: str) -> None:
    text = fact(f"{{series: sm, values: {values}, normalise: {normalise}}}", measure=SERIES)
    assert not holds(text, lambda arm, what, time: model)
    assert f"no comparison, because {why}" in said(text, lambda arm, what, time: model)[1]


def test_a_series_goes_along_the_doses_of_a_dose_response() -> None:
    arms = "curve: {line: HeLa, dose_response: {reagent: TRAIL, doses: [1 ng/mL, 100 ng/mL, 3]}}"
    text = fact("{series: curve, values: [0.9, 0.5, 0.1], normalise: none, tolerance: 0.05}", arms=arms)
    survival = {0.0: 1.0, 1.0: 0.9, 10.0: 0.5, 100.0: 0.1}
    assert holds(text, lambda arm, what, time: survival[dose(arm, "TRAIL")])
    assert not holds(text, lambda arm, what, time: 1 - survival[dose(arm, "TRAIL")])


def test_the_peak_of_a_course_is_looked_for_between_the_times() -> None:
    text = fact("{peak_at: sm, within: [1.8 h, 2.2 h]}", measure="{nuclear: NFkB, at: 8 h}")
    assert holds(text, lambda arm, what, time: time * math.exp(-time / 2))
    assert not holds(text, lambda arm, what, time: time * math.exp(-time / 4))


def test_the_peak_among_given_times_is_one_of_them() -> None:
    text = fact("{peak_at: sm, within: [4 h, 4 h]}", measure="{nuclear: NFkB, at: [1 h, 4 h, 8 h]}")
    assert holds(text, lambda arm, what, time: time * math.exp(-time / 3))


def test_two_times_are_the_beginning_and_the_end_of_the_watch_for_a_peak() -> None:
    law: Law = lambda arm, what, time: time * math.exp(-time / 2)  # noqa: E731 - a law in one line
    assert holds(fact("{peak_at: sm, within: [1.8 h, 2.2 h]}", measure="{nuclear: NFkB, at: [0 h, 8 h]}"), law)
    assert holds(fact("{peak_at: sm, within: [4 h, 4 h]}", measure="{nuclear: NFkB, at: [4 h, 8 h]}"), law)


def test_what_a_dose_response_is_of() -> None:
    doses = "reagent: birinapant, doses: [1 nM, 10 uM, 9]"
    arms = (
        f"open: {{line: HeLa, dose_response: {{{doses}}}}}, said: {{line: HeLa, dose_response: {{{doses}, of: dead}}}}"
    )
    asked: set[str] = set()

    def law(arm: Arm, what: str, time: float) -> float:
        asked.add(f"{what} {time:g}")
        return hill(arm, what, time)

    assert holds(fact("{ec50_ratio: [open, open], above: 0.5}", arms=arms, measure="{band: cIAP1, at: 4 h}"), law)
    assert asked == {"band cIAP1 4"}
    asked.clear()
    assert holds(fact("{ec50_ratio: [said, said], above: 0.5}", arms=arms, measure="{band: cIAP1, at: 4 h}"), law)
    assert asked == {"dead 4"}
    asked.clear()
    assert holds(fact("{ec50_ratio: [open, open], above: 0.5}", arms=arms, measure=""), law)
    assert asked == {"viability 24"}


def test_a_flat_course_has_no_peak() -> None:
    text = fact("{peak_at: sm, above: 0 h}", measure="{nuclear: NFkB, at: 8 h}")
    assert not holds(text, lambda arm, what, time: 1.0)


def test_the_half_life_counts_from_the_last_addition() -> None:
    arms = "chase: {line: HeLa, add: [{reagent: TNF, dose: 10 ng/mL}, {reagent: CHX, dose: 10 uM, at: 2 h}]}"
    text = fact("{half_life: chase, within: [0.9 h, 1.1 h]}", arms=arms, measure="{band: A20, at: 12 h}")
    assert holds(text, lambda arm, what, time: 2.0 ** -(time - 2))
    assert not holds(text, lambda arm, what, time: 2.0 ** -((time - 2) / 3))


def test_what_does_not_fall_to_half_has_a_half_life_beyond_the_observation() -> None:
    law: Law = lambda arm, what, time: 1.0  # noqa: E731 - a law in one line
    assert not holds(fact("{half_life: sm, below: 10 h}", measure="{band: XIAP, at: 6 h}"), law)
    assert holds(fact("{half_life: sm, above: 5 h}", measure="{band: XIAP, at: 6 h}"), law)
    assert not holds(fact("{half_life: sm, above: 10 h}", measure="{band: XIAP, at: 6 h}"), law)
    assert said(fact("{half_life: sm, below: 4 h}", measure="{band: XIAP, at: 6 h}"), law)[1] == "above 6 h"


CURVES = (
    "two: {line: HeLa, dose_response: {reagent: birinapant, doses: [1 nM, 10 uM, 9]}}, "
    "one: {line: HeLa, dose_response: {reagent: MV711, doses: [1 nM, 10 uM, 9]}}"
)


def hill(arm: Arm, what: str, time: float) -> float:
    """Two heads: 20 nM, one: 200 nM; a tenth survives any dose."""
    del what, time
    bound = dose(arm, "birinapant") / 2e-8 + dose(arm, "MV711") / 2e-7
    return 1 - 0.9 * bound / (1 + bound)


def test_the_ec50_of_a_dose_response() -> None:
    measure = "{ec50: true, at: 48 h}"
    assert holds(fact("{value: two, within: [15 nM, 27 nM]}", arms=CURVES, measure=measure), hill)
    assert not holds(fact("{value: two, below: 10 nM}", arms=CURVES, measure=measure), hill)
    expected, got = said(fact("{value: two, below: 10 nM}", arms=CURVES, measure=measure), hill)
    assert expected == "two, EC50 of birinapant on viability at 48 h: below 10 nM"
    assert got.endswith(" nM")


def test_the_ratio_of_two_ec50() -> None:
    measure = "{ec50: true, at: 48 h}"
    assert holds(fact("{ec50_ratio: [one, two], within: [8, 12]}", arms=CURVES, measure=measure), hill)
    assert not holds(fact("{ec50_ratio: [two, one], within: [8, 12]}", arms=CURVES, measure=measure), hill)
    assert holds(fact("{ec50_ratio: [one, two], within: [8, 12]}", arms=CURVES), hill)  # of viability
    expected, _ = said(fact("{ec50_ratio: [one, two], within: [8, 12]}", arms=CURVES, measure=measure), hill)
    assert expected == "one / two, EC50 of MV711 / birinapant on viability at 48 h: within 8 to 12"


def test_an_ec50_beyond_the_doses_is_an_interval() -> None:
    def weak(arm: Arm, what: str, time: float) -> float:
        return hill(arm, what, time) if dose(arm, "birinapant") else 1.0

    measure = "{ec50: true, at: 48 h}"
    assert not holds(fact("{value: one, below: 1 uM}", arms=CURVES, measure=measure), weak)
    assert holds(fact("{value: one, above: 1 uM}", arms=CURVES, measure=measure), weak)
    assert said(fact("{value: one, below: 1 uM}", arms=CURVES, measure=measure), weak)[1] == "above 10 µM"
    assert holds(fact("{ec50_ratio: [one, two], above: 100}", arms=CURVES, measure=measure), weak)
    assert not holds(fact("{ec50_ratio: [one, two], within: [3, 1000]}", arms=CURVES, measure=measure), weak)
    assert not holds(fact("{ec50_ratio: [two, two], within: [2, 3]}", arms=CURVES, measure=measure), weak)


def test_the_emax_of_a_dose_response() -> None:
    measure = "{emax: true, at: 48 h}"
    assert holds(fact("{value: two, within: [0.85, 0.9]}", arms=CURVES, measure=measure), hill)
    assert not holds(fact("{value: two, above: 0.95}", arms=CURVES, measure=measure), hill)


def test_a_dose_response_may_stand_in_the_measure() -> None:
    measure = "{dose_response: {reagent: birinapant, doses: [1 nM, 10 uM, 9]}, at: 48 h}"
    assert holds(fact("{value: vehicle, within: [15 nM, 27 nM]}", measure=measure), hill)
    measure = "{ec50: dead, dose_response: {reagent: birinapant, doses: [1 nM, 10 uM, 9]}, at: 48 h}"
    assert "EC50 of birinapant on dead" in said(fact("{value: vehicle, below: 1 nM}", measure=measure), hill)[0]


def test_the_time_of_death_is_in_hours_and_its_scatter_is_not() -> None:
    law: Law = lambda arm, what, time: 0.35 if what.endswith("cv") else 2.95  # noqa: E731 - a law in one line
    assert holds(fact("{value: sm, within: [2 h, 4 h]}", measure="{momp_time: median, at: [4 h, 12 h]}"), law)
    assert holds(fact("{value: sm, within: [150 min, 4]}", measure="{momp_time: median}"), law)
    assert holds(fact("{value: sm, within: [0.25, 0.5]}", measure="{momp_time: cv}"), law)
    expected, got = said(fact("{value: sm, below: 2 h}", measure="{momp_time: median}"), law)
    assert (expected, got) == ("sm, median of the time of MOMP until 24 h: below 2 h", "2.95 h")
