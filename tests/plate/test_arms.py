import math

import numpy as np
import pytest

from avpi.names import Addition, Condition
from avpi.plate.spread import fit_spread
from tests.plate.simulated_plate import analyse, arm, draw, place

TRUTH = {
    "DMSO": 1.0, "blank": 0.0, "SM": 0.7, "TNF": 0.97, "SM+TNF": 0.12, "SM+zVAD": 0.9, "SM+TNF+zVAD": 0.45,
    "SM+TNF+zVAD+Nec-1": 0.85,
}  # fmt: skip


def plate_of(wells: int) -> dict[str, str]:
    return place({word: {"DMSO": 2 * wells, "blank": wells}.get(word, wells) for word in TRUTH})


def test_vehicle_is_an_arm_that_is_one_by_definition() -> None:
    labels = plate_of(4)
    result = analyse(draw(labels, TRUTH, np.random.default_rng(11)), labels)
    dmso = result.arms[0]
    assert dmso.condition == Condition.DMSO
    assert (dmso.viability.value, dmso.log_viability, dmso.log_se, dmso.wells) == (1.0, 0.0, 0.0, 8)


def test_every_arm_is_one_experiment_with_a_caveat() -> None:
    labels = plate_of(4)
    result = analyse(draw(labels, TRUTH, np.random.default_rng(11)), labels)
    assert [a.condition.label for a in result.arms] == [
        "DMSO", "SM", "TNF", "SM+TNF", "SM+zVAD", "SM+TNF+zVAD", "SM+TNF+zVAD+Nec-1"
    ]  # fmt: skip
    assert {a.viability.n for a in result.arms} == {1}
    assert all("within_plate_only" in {c.code for c in a.viability.caveats} for a in result.arms)
    assert "pooled over the plate" in arm(result, "SM").viability.method


def test_doses_make_arms_and_only_working_doses_are_marked() -> None:
    labels = place({"DMSO": 4, "blank": 4, "SM 10 nM": 3, "SM 1 uM": 3, "SM": 3})
    result = analyse({w: 100.0 + 900 * (c != "blank") + i for i, (w, c) in enumerate(labels.items())}, labels)
    treated = result.arms[1:]
    assert [a.described for a in treated] == ["SM 10 nM", "SM 100 nM", "SM 1 µM"]
    assert [a.at_working_doses for a in treated] == [False, True, False]


def test_wells_of_two_spellings_are_one_arm() -> None:
    labels = place({"DMSO": 4, "blank": 4, "SM+TNF": 2, "birinapant 0,1 µM + TNFα": 2})
    result = analyse({w: 100.0 + 900 * (c != "blank") + i for i, (w, c) in enumerate(labels.items())}, labels)
    assert result.arms[1].condition == Condition.of(Addition("SM", 1e-7), Addition("TNF", 10.0))
    assert result.arms[1].wells == 4


def test_an_arm_at_the_background_is_below_a_bound_and_its_log_is_finite() -> None:
    labels = plate_of(4)
    result = analyse(draw(labels, {**TRUTH, "SM+TNF": -0.002}, np.random.default_rng(11)), labels)
    dead = arm(result, "SM+TNF")
    assert dead.viability.state == "below"
    assert dead.viability.low == 0
    assert 0 < dead.viability.value < 0.01
    assert dead.log_viability == pytest.approx(math.log(dead.viability.value))
    assert 0 < dead.log_se < 1
    assert "below_background" in {c.code for c in dead.viability.caveats}


def test_a_single_well_borrows_the_plates_spread() -> None:
    labels = {**plate_of(4), "H12": "SM+Nec-1"}
    result = analyse(draw(labels, {**TRUTH, "SM+Nec-1": 0.5}, np.random.default_rng(11)), labels)
    lone, four = arm(result, "SM+Nec-1"), arm(result, "SM")
    assert lone.viability.low < 0.5 < lone.viability.high
    assert lone.log_se > 1.5 * four.log_se


def test_an_uncertain_background_makes_a_low_arm_uncertain_and_spares_one_near_vehicle() -> None:
    def errors(blanks: int) -> tuple[float, float]:
        labels = place({"DMSO": 24, "blank": blanks, "SM+TNF": 24, "TNF": 24})
        values = draw(labels, TRUTH, np.random.default_rng(3), cv=0.01, floor=1000.0)
        result = analyse(values, labels)
        return arm(result, "SM+TNF").log_se, arm(result, "TNF").log_se

    (low_few, high_few), (low_many, high_many) = errors(2), errors(24)
    assert low_few > 1.8 * low_many
    assert high_few == pytest.approx(high_many, rel=0.25)


def test_an_arm_with_an_outlier_keeps_its_own_larger_spread() -> None:
    labels = plate_of(4)
    values = draw(labels, TRUTH, np.random.default_rng(11), cv=0.05)
    calm = arm(analyse(values, labels), "SM")
    first = next(well for well, word in labels.items() if word == "SM")
    wild = arm(analyse({**values, first: values[first] * 2}, labels), "SM")
    assert wild.log_se > 2 * calm.log_se
    assert "the wells' own SD" in wild.viability.method


def test_the_spread_of_a_plate_is_found_with_its_floor() -> None:
    rng = np.random.default_rng(5)
    cv, floor = 0.08, 100.0
    groups = [rng.normal(500 + s, math.hypot(floor, cv * s), 60) for s in (0.0, 1000.0, 5000.0, 20_000.0, 50_000.0)]
    found = fit_spread(groups, 500.0)
    assert found.cv == pytest.approx(cv, rel=0.15)
    assert found.floor == pytest.approx(floor, rel=0.2)
    assert found.df == 295


def test_groups_of_one_well_tell_no_spread() -> None:
    found = fit_spread([np.array([1.0]), np.array([2.0])], 0.0)
    assert math.isnan(found.cv)
    assert found.df == 0
    labels = place({"DMSO": 1, "SM": 1})
    result = analyse({"A01": 10.0, "A02": 5.0}, labels)
    assert arm(result, "SM").viability.value == pytest.approx(0.5)
    assert math.isnan(arm(result, "SM").log_se)


@pytest.mark.parametrize("wells", [3, 6])
def test_the_intervals_of_the_arms_cover_the_truth(wells: int) -> None:
    labels = plate_of(wells)
    rng = np.random.default_rng(6)
    runs = 250
    covered: dict[str, int] = dict.fromkeys(TRUTH, 0)
    for _ in range(runs):
        result = analyse(draw(labels, TRUTH, rng), labels, shape=(8, 12))
        for found in result.arms[1:]:
            truth = TRUTH[found.condition.label]
            covered[found.condition.label] += found.viability.low <= truth <= found.viability.high
    treated = [n / runs for word, n in covered.items() if word not in ("DMSO", "blank")]
    assert 0.93 <= float(np.mean(treated)) <= 0.97, treated
    # Three standard errors of one arm's coverage with 250 plates are 4.1 points.
    assert all(0.90 <= share <= 0.99 for share in treated), treated
