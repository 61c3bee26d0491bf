"""Facts in the pathway model itself: doses, what it lacks and says so, and that it can do all the format can ask."""

from __future__ import annotations

from typing import Any

import pytest

from avpi.errors import OurFault
from avpi.facts import pathway
from avpi.facts.check import Report, check
from avpi.facts.pathway import PathwaySimulator
from avpi.facts.pathway_doses import dose_in_well
from avpi.facts.read import parse_facts
from avpi.facts.schema import Addition, DoseUnit
from avpi.facts.simulator import NotInModel
from avpi.population import well
from avpi.population.condition_words import read_condition
from avpi.population.experiment import Experiment
from avpi.population.matrix import matrix
from avpi.population.well import Well


def given(reagent: str, dose: float | None = None, unit: DoseUnit = "molar", unit_text: str = "") -> float:
    found = dose_in_well(Addition(reagent=reagent, dose=dose, unit=unit, unit_text=unit_text))
    assert found is not None
    return found.amount


def why(*args: object, **more: object) -> str:
    with pytest.raises(NotInModel) as lack:
        given(*args, **more)  # type: ignore[arg-type]
    return str(lack.value)


def run(facts: str, cells: int = 12) -> Report:
    text = f"schema: 1\ndefaults: {{cells: {cells}}}\nfacts:\n{facts}"
    return check(parse_facts(text, "facts.yaml"), PathwaySimulator())


def one(arm: str, expect: str = "{value: a, measure: {viability: true, at: 1 h}, above: 0}") -> str:
    return f"- id: F\n  arms: {{a: {{line: HT-29, {arm}}}}}\n  expect: [{expect}]\n"


@pytest.mark.parametrize(
    "reagent", ["SM", "LCL161", "TNF", "zVAD", "anti-TNF", "GSK'872", "TRAIL", "IFN-gamma", "LPS", "bortezomib"]
)
def test_facts_and_conditions_of_the_command_line_have_the_same_usual_doses(reagent: str) -> None:
    (condition,) = read_condition(reagent).doses
    assert given(reagent) == condition.amount


def test_the_matrix_has_the_usual_doses_too() -> None:
    (_, antibody) = matrix("birinapant", 1e-7, extended=True)["SM+anti-TNF"].doses
    assert given("anti-TNF") == antibody.amount


def test_doses_by_weight_and_in_molar_are_told_in_what_the_model_counts() -> None:
    assert given("birinapant", 806.956, "ng_per_ml") == pytest.approx(1e-6)
    assert given("CHX", 1000.0, "ng_per_ml") == pytest.approx(3.554e-6, rel=1e-3)
    assert given("TNF", 1e-9) == pytest.approx(17.35)  # as a molar dose of it would be 1e-9 ng/mL
    assert "molar mass of 'SM-83', whose dose is given in ng/mL: write it in molar" in why("SM-83", 10.0, "ng_per_ml")
    assert "molar mass of 'LPS', whose dose is given in molar: write it in ng/mL" in why("LPS", 1e-9)


def test_what_the_model_lacks_is_told_for_the_right_reason() -> None:
    assert why("TNFX", 10.0, "ng_per_ml") == "reagent 'TNFX', which is an unknown word. Did you mean 'TNF'?"
    assert why("birinapent") == "reagent 'birinapent', which is an unknown word. Did you mean 'birinapant'?"
    assert why("xyzzy", 1e-6) == "reagent 'xyzzy', which is an unknown word"
    assert "is known but acts on nothing" in why("staurosporine", 1e-6)
    assert "write 'genotype: {RIPK3: 0}'" in why("RIPK3-loss")
    assert "is no Smac mimetic" in why("embelin", 1e-6)


def test_a_solvent_adds_nothing() -> None:
    assert dose_in_well(Addition(reagent="DMSO", dose=0.1, unit="other", unit_text="%")) is None


@pytest.mark.parametrize("dose", ["100 U/mL", "1000 IU/ml", "50 units/mL", "1e3 U/mL", "1 kU/mL"])
def test_units_of_activity_cost_their_fact_and_no_other(dose: str) -> None:
    added = one(f"add: [{{reagent: IFN-gamma, dose: {dose}}}]")
    report = run(added + one("add: []").replace("id: F", "id: G"))
    assert [fact.id for fact in report.facts] == ["G"]
    assert [fact.id for fact in report.not_executable] == ["F"]
    assert "how much of it a unit of activity is differs" in report.not_executable[0].why


@pytest.mark.parametrize("dose", ["10 mg/kg", "0.5 %", "4 Gy", "MOI 5", "10 ng"])
def test_other_units_are_no_concentration_or_a_mistake_of_the_file(dose: str) -> None:
    text = one(f"add: [{{reagent: TNF, dose: {dose}}}]")
    if dose in ("MOI 5", "10 ng"):
        with pytest.raises(Exception, match="dose"):
            run(text)
    else:
        assert "concentration for a dose of 'TNF' in" in run(text).not_executable[0].why


def test_a_dose_response_in_units_of_activity_is_not_executable() -> None:
    text = one(
        "dose_response: {reagent: TNF, doses: [1 U/mL, 100 U/mL, 3]}",
        "{value: a, measure: {ec50: true, at: 4 h}, below: 20 U/mL}",
    )
    assert "concentration for a dose of 'TNF' in U/mL" in run(text).not_executable[0].why


@pytest.mark.parametrize(
    ("arm", "expect", "told"),
    [
        ("add: [{reagent: birinapant, dose: 1 M}]", "viability: true, at: 1 h", "more than dissolves"),
        ("add: []", "viability: true, at: 90 d", "culture of 2160 h: cells are followed for 336 h at most"),
        ("add: [{reagent: BV6}, {reagent: LCL161}]", "viability: true, at: 1 h", "two Smac mimetics at once"),
        ("genotype: {insulin: 0}", "viability: true, at: 1 h", "protein or mutant 'insulin'"),
        ("add: []", "band: GSDMD, at: 1 h", "band of 'GSDMD'"),
        ("add: []", "elisa: IL-8, at: 1 h", "measurement 'elisa: IL-8'"),
        ("add: []", "mode: pyroptosis, at: 1 h", "measurement 'mode: pyroptosis'"),
    ],
)
def test_what_cannot_be_asked_costs_its_fact_only(arm: str, expect: str, told: str) -> None:
    report = run(one(arm, f"{{value: a, measure: {{{expect}}}, above: -1}}"))
    assert report.facts == ()
    assert told in report.not_executable[0].why


def test_an_unknown_line_names_the_nearest() -> None:
    report = run(one("add: []").replace("line: HT-29", "line: HT-29x"))
    assert report.not_executable[0].why == "line 'HT-29x'. Did you mean 'HT-29'?"


def test_a_knock_out_that_got_a_mutant_back_has_the_mutant() -> None:
    band = "{ratio: [a, b], measure: {band: RIPK1, at: 1 h}, above: 0.9}"
    text = "- id: F\n  arms: {a: {line: HT-29, genotype: {RIPK1: 0, RIPK1-D138N: 1}}, b: {line: HT-29}}\n"
    assert run(text + f"  expect: [{band}]\n").all_passed


MEASURES = (
    "band: cIAP1", "band: pMLKL", "band: p52", "band: IkBa", "band: RIPK1-Ub", "mrna: TNF", "nuclear: NFkB",
    "viability: true", "dead: true", "quadrant: annexin_positive_pi_negative", "elisa: TNF", "activity: caspase-3/7",
    "activity: caspase-8", "complex: I", "complex: IIa", "complex: IIb", "complex: necrosome", "complex: ripoptosome",
    "death_time: median", "momp_time: median",
)  # fmt: skip


def test_every_measure_of_the_format_has_a_number_while_cells_live() -> None:
    lines = "".join(f"  - {{value: a, measure: {{{measure}, at: 2 h}}, above: -1}}\n" for measure in MEASURES)
    arm = "{line: HT-29, add: [{reagent: birinapant}, {reagent: TNF}]}"
    report = run(f"- id: F\n  arms: {{a: {arm}}}\n  expect:\n{lines}")
    assert [one.got for one in report.facts[0].judged if not one.passed] == []


def test_when_all_cells_are_dead_there_is_no_lysate_and_their_peak_is_what_was_seen() -> None:
    arm = "add: [{reagent: SM, dose: 1 uM}, {reagent: TNF, dose: 100 ng/mL}, {reagent: zVAD}]"
    report = run(
        one(
            arm,
            "{value: a, measure: {band: NIK, at: 96 h}, above: 0}, "
            "{peak_at: a, measure: {band: NIK, at: 96 h}, below: 24 h}",
        )
    )
    value, peak = report.facts[0].judged
    assert not value.passed
    assert value.got == "no number, because no cells left to lyse at 96 h"
    assert peak.passed
    assert "then no cells left to lyse" in peak.got


def test_one_stain_alone_is_two_quadrants_together() -> None:
    quadrants = ("annexin_positive", "annexin_positive_pi_negative", "annexin positive PI positive", "pi_positive")
    lines = "".join(f"  - {{value: a, measure: {{quadrant: {word}, at: 12 h}}, above: -1}}\n" for word in quadrants)
    arm = "{line: HT-29, add: [{reagent: birinapant}, {reagent: TNF}]}"
    judged = run(f"- id: F\n  arms: {{a: {arm}}}\n  expect:\n{lines}").facts[0].judged
    both, early, late, dead = (float(one.got) for one in judged)
    assert early > 0
    assert both == pytest.approx(early + late, abs=2e-3)
    assert dead >= late


def test_an_experiment_that_cannot_be_solved_takes_no_other_fact_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = well.grow

    def grow(experiment: Experiment, **how: Any) -> Well:
        if experiment.genotype:
            message = "the solver could follow no cell of the well"
            raise OurFault(message)
        return whole(experiment, **how)

    monkeypatch.setattr(pathway, "grow", grow)
    report = run(one("genotype: {XIAP: 5}") + one("add: []").replace("id: F", "id: G"))
    assert [fact.id for fact in report.facts] == ["G"]
    assert report.not_executable[0].why.endswith("the solver could follow no cell of the well")
