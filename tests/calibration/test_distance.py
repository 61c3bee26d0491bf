"""What a miss costs, and which parameters may be calibrated."""

from __future__ import annotations

import pytest

from avpi.calibration.chosen import USUAL_NAMES, choose
from avpi.calibration.distance import score
from avpi.errors import InputError, OurFault
from avpi.facts.pathway import Cells, PathwaySimulator
from avpi.facts.read import parse_facts, shipped_facts
from avpi.facts.schema import Arm, FactsFile
from avpi.network.lines import find_line
from avpi.population.experiment import Experiment
from tests.facts.laboratory import Laboratory, dose, fact
from tests.facts.test_check import FILE, law


def cost(expect: str, treated: float, measure: str = "{viability: true, at: 24 h}") -> float:
    facts = parse_facts(fact(expect, measure=measure), "f")
    return score(facts, Laboratory(lambda arm, *_: treated if dose(arm, "SM") else 1.0), cells=5, seed=1).distance


def test_a_near_miss_costs_less_than_a_wide_one() -> None:
    costs = [cost("{value: sm, below: 0.2}", value) for value in (0.1, 0.24, 0.29, 0.45, 0.9, 1.5)]
    assert costs == [0, 0.2, 0.4, 0.6, 0.8, 1.0]


@pytest.mark.parametrize(
    ("expect", "near", "far"),
    [
        ("{ratio: [sm, vehicle], above: 5}", 4.2, 0.5),
        ("{difference: [vehicle, sm], above: 0.5}", 0.52, 0.95),
        ("{value: sm, within: [0.4, 0.6]}", 0.64, 3.0),
        ("{order: [sm, vehicle], margin: 0.5}", 0.55, 1.0),
    ],
)
def test_kinds_of_expectations_are_graded(expect: str, near: float, far: float) -> None:
    assert 0 < cost(expect, near) < cost(expect, far)


def test_times_are_graded_by_factors_only() -> None:
    measure = "{death_time: median, at: 24 h}"
    assert cost("{value: sm, below: 4 h}", 4.9, measure) == 0.2
    assert cost("{value: sm, below: 4 h}", 30.0, measure) == 1.0


def test_facts_count_by_weight_and_what_the_model_lacks_costs_all() -> None:
    found = score(parse_facts(FILE, "f"), Laboratory(law), cells=4, seed=1)
    assert found.passed == ("A1",)
    # A2 weighs 3 and misses "below 0.5" by a factor of 2, which the third step forgives; A3 and A4 cannot be run.
    assert found.shortfalls == {"A1": 0.0, "A2": 0.6, "A3": 1.0, "A4": 1.0}
    assert found.distance == pytest.approx((3 * 0.6 + 2) / 6)


def test_a_model_that_cannot_be_followed_is_a_bad_one_and_no_end() -> None:
    def lost(arm: Arm, what: str, time: float) -> float:
        what = "the solver could follow no cell"
        raise OurFault(what)

    found = score(parse_facts(FILE, "f"), Laboratory(lost), cells=4, seed=1)
    assert (found.distance, found.passed, found.lost) == (1.0, (), "the solver could follow no cell")


def test_nothing_to_calibrate_on() -> None:
    with pytest.raises(InputError, match="no fact with a weight above 0"):
        score(FactsFile(facts=()), Laboratory(law), cells=4, seed=1)


def test_the_usual_parameters_stand_in_their_ranges_and_no_line_sets_them() -> None:
    from avpi.network.lines import lines

    usual = choose()
    assert tuple(one.name for one in usual) == USUAL_NAMES
    assert 20 <= len(usual) <= 30
    assert all(0 <= one.place <= 1 for one in usual)
    assert not {one.name for one in usual} & {name for line in lines().values() for name in line.parameters}
    assert len(choose(every=True)) > 200


def test_what_cannot_be_calibrated_is_told_all_at_once() -> None:
    with pytest.raises(InputError) as error:
        choose(["K_hald", "RIPK3_total", "k_IIa"])
    assert len(error.value.problems) == 2
    assert "Did you mean 'K_hold'?" in str(error.value)


def test_values_reach_the_cells_but_lines_go_before_them() -> None:
    line = find_line("HT-29")
    assert line is not None
    name, own = next(iter(line.parameters.items()))
    other = Experiment(line=line, values={"k_IIa": 20.0, name: own + 1})
    assert other.base()["k_IIa"] == 20.0
    assert other.base()[name] == own
    assert Cells(other) != Cells(Experiment(line=line))
    assert Cells(other) == Cells(Experiment(line=line, values=dict(other.values)))


def test_one_real_fact_in_the_pathway() -> None:
    facts = shipped_facts()
    one = FactsFile(facts=tuple(fact for fact in facts.facts if fact.id == "F001"))
    shipped = score(one, PathwaySimulator(), cells=10, seed=1)
    blunt = score(one, PathwaySimulator(values={"closed": 100.0, "k_auto": 6.0}), cells=10, seed=1)
    assert shipped.distance < blunt.distance
    assert score(one, PathwaySimulator(), cells=10, seed=1) == shipped
