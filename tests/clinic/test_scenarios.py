"""Scenarios: what each reproduces and what not, files that cannot be read, tumours that become patients."""

from __future__ import annotations

import math

import numpy as np
import pytest

from avpi.clinic.bench_trial import power_by_cut_off, run_bench_trial, stated_classes, tumour_population
from avpi.clinic.conduct import Conduct, Look
from avpi.clinic.design.average_hazard import Accrual
from avpi.clinic.immune import immune_compartments, require_compartment
from avpi.clinic.patients import Population
from avpi.clinic.power_curve import cut_offs_of, power_by_size
from avpi.clinic.published import published_facts
from avpi.clinic.run_scenario import ScenarioOutcome, VariantOutcome, run_scenario
from avpi.clinic.scenario import SHIPPED, citation, find_scenario, parse_scenario, scenario_text, sources
from avpi.clinic.scenario_words import conclusions
from avpi.clinic.tumours import given_tumours, marker_roc, patient_classes, simulate_tumours
from avpi.errors import InputError
from avpi.network.lines import find_line

TRIALS = 200


@pytest.fixture(scope="module")
def trilynx() -> ScenarioOutcome:
    return run_scenario(find_scenario("trilynx"), trials=TRIALS)


@pytest.fixture(scope="module")
def bardia() -> ScenarioOutcome:
    return run_scenario(find_scenario("bardia-2018"), trials=TRIALS)


def variant(outcome: ScenarioOutcome, name: str) -> VariantOutcome:
    return next(own for own in outcome.variants if own.variant.name == name)


def verdicts(outcome: ScenarioOutcome, name: str) -> dict[str, str]:
    return {own.published.id: own.verdict for own in variant(outcome, name).comparisons}


def test_trilynx_cannot_be_explained_by_dilution(trilynx: ScenarioOutcome) -> None:
    assert trilynx.largest_dilution == pytest.approx(1, abs=1e-6)
    assert verdicts(trilynx, "dilution")["efs-hr"] == "not reproduced"
    assert variant(trilynx, "dilution").enrolled[0].expected.hazard_ratio < 1  # type: ignore[union-attr]


def test_trilynx_is_reproduced_by_harm_to_the_majority(trilynx: ScenarioOutcome) -> None:
    found = verdicts(trilynx, "harm-of-the-negative")
    assert {found[key] for key in ("efs-hr", "efs-p", "median-placebo", "median-xevinapant", "toxic-deaths")} == {
        "reproduced"
    }
    assert found["os-hr"] == "cannot be asked"
    own = variant(trilynx, "harm-of-the-negative")
    assert own.needed > 1.33
    assert own.enrolled[0].expected.hazard_ratio == pytest.approx(1.33, abs=1e-3)  # type: ignore[union-attr]
    assert all(row.needed > 1.33 for row in trilynx.harm)


def test_an_enriched_trilynx_would_have_told(trilynx: ScenarioOutcome) -> None:
    whole, chosen = variant(trilynx, "harm-of-the-negative").enrolled
    assert whole.operating.harm.value > 0.5
    assert chosen.operating.rejects["log-rank"].value > 0.5


def test_three_cycles_do_less_harm_than_six(trilynx: ScenarioOutcome) -> None:
    six, three = (variant(trilynx, name) for name in ("six-cycles", "three-cycles"))
    assert three.needed == six.needed
    assert three.enrolled[0].expected.hazard_ratio < six.enrolled[0].expected.hazard_ratio  # type: ignore[union-attr]


def test_what_is_said_of_trilynx(trilynx: ScenarioOutcome) -> None:
    said = " ".join(conclusions(trilynx))
    assert "Dilution alone cannot exceed a ratio of 1" in said
    assert "three-cycles against six-cycles" in said
    assert "Cannot be asked of this model: os-hr" in said
    assert "efs-hr was put into harm-of-the-negative, harm-of-all, six-cycles" in said


def test_phase_2_is_no_likely_chance() -> None:
    found = run_scenario(find_scenario("debio-1143-201"), trials=400)
    assert verdicts(found, "no-effect")["pfs-hr"] == "not reproduced"
    assert verdicts(found, "truth-of-phase-3")["pfs-hr"] == "not reproduced"
    assert verdicts(found, "what-it-takes")["pfs-hr"] == "reproduced"
    assert found.discordance[0] == pytest.approx(-3.12, abs=0.005)
    assert found.assurance is not None
    assert found.assurance.observed_given_go < found.assurance.truth_given_go


def test_bardia_is_an_interaction_and_no_dilution(bardia: ScenarioOutcome) -> None:
    asked = [own.id for own in bardia.scenario.published if own.quantity]
    assert {verdicts(bardia, "as-published")[key] for key in asked} == {"reproduced"}
    assert verdicts(bardia, "dilution")["negative-lcl161"] == "not reproduced"
    assert verdicts(bardia, "no-effect")["interaction"] == "not reproduced"
    whole, chosen = variant(bardia, "as-published").enrolled
    assert chosen.response is not None
    assert whole.response is not None
    assert chosen.response.finds_gain.value > 0.3 > whole.response.finds_gain.value


@pytest.mark.parametrize("name", ["birinapant-azacitidine", "ici-combination"])
def test_other_scenarios_run_and_say_what_they_cannot(name: str) -> None:
    found = run_scenario(find_scenario(name), trials=50)
    assert any("Cannot be asked of this model" in sentence for sentence in conclusions(found))


def test_the_immune_arm_has_both_directions() -> None:
    found = {own.variant.name: own for own in run_scenario(find_scenario("ici-combination"), trials=60).variants}
    ratios = {name: own.enrolled[0].expected.hazard_ratio for name, own in found.items()}  # type: ignore[union-attr]
    assert ratios["t-cells-augmented"] < ratios["t-cells-unchanged"] < 1 < ratios["t-cells-impaired"]


def test_every_source_that_is_cited_is_listed() -> None:
    cited = {key for own in immune_compartments().values() for key in own.sources}
    for name in SHIPPED:
        scenario = find_scenario(name)
        cited |= {own.source for own in scenario.published} | {key for v in scenario.variants for key in v.sources}
    cited |= {own.source for own in published_facts()}
    assert cited == set(sources())
    assert {own.verified for own in published_facts()} <= {"read", "derived", "secondary", "recalled", "not reached"}
    assert all(own.value is None for own in published_facts() if own.verified == "not reached")
    assert "10.1200/JCO-25-00272" in citation("BOURHIS2025")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("schema: 1", "schema: 2", "schema is '2'"),
        ("  patients: 730", "  pateints: 730", "Did you mean 'patients'?"),
        ("  patients: 730", "  patients: many", "'design.patients' is 'many'"),
        ("share: 0.7, ratio: [needed]", "share: 0.6, ratio: [needed]", "add up to 0.9, not to 1"),
        ("    solve_to: efs-hr\n    enrol", "    solve_to: os-hr\n    enrol", "no published hazard ratio"),
        ("needed_from: six-cycles", "needed_from: twelve", "no variant before it"),
        ("ratio: [needed, needed, needed, needed, 1.0, 1.0]", "ratio: [needed, 1.0]", "2 ratios for 6 periods"),
        ("sensitivity: 0.9", "sensitivity: 1.9", "'assay.sensitivity' is '1.9'"),
        ("endpoint: survival", "endpoint: survivel", "Did you mean 'survival'?"),
    ],
)
def test_faults_of_a_file_are_told_with_their_line(old: str, new: str, told: str) -> None:
    text = scenario_text("trilynx")
    assert old in text
    with pytest.raises(InputError) as caught:
        parse_scenario(text.replace(old, new, 1), "mine.yaml")
    assert told in str(caught.value)
    assert caught.value.problems[0].file == "mine.yaml"
    assert caught.value.problems[0].place.isdigit()


def test_an_unknown_scenario_or_compartment_has_a_nearest_one() -> None:
    with pytest.raises(InputError, match="Did you mean 'trilynx'"):
        find_scenario("trylinx")
    with pytest.raises(InputError, match="Did you mean 'impaired'"):
        require_compartment("impared")


def test_a_ratio_that_does_not_exist_is_told() -> None:
    text = scenario_text("trilynx").replace("share: 0.3, ratio: [0.5]", "share: 0.999, ratio: [0.5]")
    text = text.replace("share: 0.7", "share: 0.001")
    with pytest.raises(InputError, match="no ratio of those classes gives"):
        run_scenario(parse_scenario(text, "mine.yaml"), trials=2)


def plan() -> Conduct:
    return Conduct(
        patients=300, accrual=Accrual(durations=(12,), per_month=(25,)), looks=(Look(events=180),)
    )  # fmt: skip


def test_kill_fractions_become_classes_of_patients() -> None:
    tumours = given_tumours([0.9, 0.8, 0.6, 0.4, 0.1, 0.0], [3, 2, 2, 1, 1, 0], what="six tumours")
    classes = patient_classes(tumours, hazard=(0.05,), ratio_at_full_kill=0.4, ratio_spared=1.2)
    answering = next(own for own in classes if own.name == "answering")
    assert answering.share == pytest.approx(0.5)
    assert np.median(answering.strength) == pytest.approx(0.8)
    spared = {own.name: own for own in classes if own is not answering}
    better = spared["spared, a little better"]  # log 1.2 + 0.4 log 0.4 is below 0
    assert better.ratio[0] ** better.strength[0] == pytest.approx(1.2 * 0.4**0.4)
    assert sum(own.share for own in classes) == pytest.approx(1)
    roc = marker_roc(tumours)
    assert roc.area == 1.0
    assert (roc.sensitivity[roc.best], roc.specificity[roc.best]) == (1.0, 1.0)


def test_tumours_that_all_or_none_answer_leave_nothing_to_select() -> None:
    for kill, why in (([0.9, 0.8], "every patient"), ([0.1, 0.0], "no")):
        population, roc = tumour_population(
            given_tumours(kill, [0.1, 0.2], what="two"), hazard=(0.05,), ratio_at_full_kill=0.5
        )
        assert math.isnan(roc.area)
        found = run_bench_trial(population, plan(), trials=20)
        assert len(found.shown) == 1
        assert why in found.why_not_enriched


def test_a_better_marker_gives_more_power() -> None:
    kill = [0.9] * 10 + [0.0] * 20
    good = given_tumours(kill, [1.0] * 10 + [0.0] * 20, what="good")
    poor = given_tumours(kill, [float(i % 2) for i in range(30)], what="poor")
    powers = []
    for tumours in (good, poor):
        population, roc = tumour_population(tumours, hazard=(0.07,), ratio_at_full_kill=0.35)
        powers.append(power_by_cut_off(population, plan(), roc, trials=150).power.max())
    assert powers[0] > powers[1]


def test_power_grows_with_the_trial_and_is_cut_off_dependent() -> None:
    population = Population(classes=stated_classes(0.4, 0.5, 1.0, (0.06,)))
    found = power_by_size(population, plan(), "all", sizes=(0.3, 1.0, 3.0), trials=300)
    assert (np.diff(found.power) > 0).all()
    offs = cut_offs_of(population, plan())
    assert offs is not None
    cuts, everybody = offs
    # Where nearly all are called positive, the enriched trial is the all-comers trial.
    assert cuts.power[0] == pytest.approx(everybody, abs=0.01)
    assert cuts.power.max() > everybody
    assert cut_offs_of(Population(classes=stated_classes(1.0, 0.5, 1.0, (0.06,))), plan()) is None


@pytest.mark.slow
def test_virtual_tumours_are_killed_by_the_pathway() -> None:
    few = simulate_tumours(6, cells=12)
    assert few.kill.shape == (6,)
    assert ((few.kill >= 0) & (few.kill <= 1)).all()
    again = simulate_tumours(3, cells=12)
    assert np.array_equal(again.kill, few.kill[:3])
    line = find_line("KYM-1")
    assert line is not None
    sensitive = simulate_tumours(lines=[line], cells=20, tnf_median_ng_per_ml=1.0)
    assert sensitive.kill[0] > 0.5
    with pytest.raises(InputError, match="is no panel"):
        simulate_tumours(1, panel="tumors of mice")
