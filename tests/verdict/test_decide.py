"""What the lab expects of the verdict: the right leaf, the right reason for none, and no trap fallen into."""

from __future__ import annotations

from dataclasses import replace

import pytest

from avpi.verdict.decide import decide
from avpi.verdict.posterior import BlockTable
from avpi.verdict.results import Verdict
from tests.verdict.tables import APOPTOSIS, ENGAGED, NECROPTOSIS, RESISTANT, effects, study, table, without


def codes(verdict: Verdict) -> set[str]:
    return {finding.code for finding in verdict.findings}


@pytest.mark.parametrize(
    ("viability", "leaf"),
    [
        (APOPTOSIS, "apoptosis/autocrine"),
        (without(APOPTOSIS, "SM+anti-TNF"), "apoptosis/autocrine_tnf_presumed"),
        (APOPTOSIS | {"SM+anti-TNF": 0.36}, "apoptosis/tnf_independent"),
        (APOPTOSIS | {"SM": 0.95, "SM+TNF+zVAD": 0.9}, "apoptosis/needs_tnf"),
        (NECROPTOSIS, "necroptosis/needs_tnf"),
        (without(NECROPTOSIS, "SM+TNF+Nec-1s"), "necroptosis_presumed/needs_tnf"),
        (without(NECROPTOSIS, "SM+TNF+zVAD+GSK872"), "ripk1_kinase_dependent_apoptosis_competes/needs_tnf"),
        (
            without(NECROPTOSIS, "SM+TNF+zVAD+GSK872") | {"SM+TNF+Nec-1s": 0.26, "SM+TNF+zVAD+NSA": 0.85},
            "necroptosis/needs_tnf",
        ),
        (NECROPTOSIS | {"SM+TNF+zVAD": 0.48}, "mixed/needs_tnf"),
        (NECROPTOSIS | {"SM+TNF+zVAD+Nec-1s": 0.22}, "caspase_and_ripk1_independent/needs_tnf"),
        (RESISTANT, "resistant_downstream_of_tnf"),
    ],
)
def test_the_tree_ends_where_the_biology_does(viability: dict[str, float], leaf: str) -> None:
    verdict = decide(study(), effects(viability), seed=1)
    assert verdict.called == leaf
    assert verdict.probability >= 0.8
    assert sum(verdict.leaves.values()) == pytest.approx(1.0)


def test_a_target_that_stays_is_not_engaged_whatever_the_cells_do() -> None:
    verdict = decide(study(), effects(APOPTOSIS, engagement={"vehicle": 1.0, "15": 0.9, "30": 0.8}), seed=1)
    assert verdict.called == "not_engaged"


def test_partial_engagement_walks_on_and_carries_the_flag() -> None:
    verdict = decide(study(), effects(APOPTOSIS, engagement={"vehicle": 1.0, "30": 0.3}), seed=1)
    assert verdict.called == "apoptosis/autocrine"
    assert "partially_engaged" in verdict.flags


@pytest.mark.parametrize(
    ("compound", "said", "not_said"),
    [
        ("birinapant", "Birinapant is bivalent and takes the TRAF2-bound pool as well", "is monovalent"),
        ("LCL161", "LCL161 is monovalent, and such a mimetic may do so while on target", "bivalent"),
        ("compound X", "How many heads 'compound X' has is not known here", "is monovalent"),
    ],
)
def test_why_engagement_is_partial_depends_on_the_valency(compound: str, said: str, not_said: str) -> None:
    own = study()
    own = replace(own, file=own.file.model_copy(update={"compound": compound}))
    verdict = decide(own, effects(APOPTOSIS, engagement={"vehicle": 1.0, "30": 0.3}), seed=1)
    (text,) = [finding.text for finding in verdict.findings if finding.code == "partially_engaged"]
    assert said in text
    assert not_said not in text
    assert "{" not in text


def test_arms_with_tnf_left_out_are_named_and_not_guessed() -> None:
    without_tnf = {k: v for k, v in NECROPTOSIS.items() if "TNF" not in k}
    verdict = decide(study(), effects(without_tnf), seed=1)
    assert verdict.called == "not_determined"
    assert "SM+TNF" in verdict.missing
    assert verdict.advice[0].add == "SM+TNF"
    assert "uninformative_arm" in codes(verdict)


def test_without_early_harvests_engagement_is_not_determined_and_the_death_arms_are_shown_apart() -> None:
    verdict = decide(study(), replace(effects(APOPTOSIS, engagement={}), late_only=True), seed=1)
    assert verdict.called == "not_determined"
    assert "late_only" in codes(verdict)
    assert max(verdict.leaves_if_engaged, key=lambda leaf: verdict.leaves_if_engaged[leaf]) == "apoptosis/autocrine"


def test_one_experiment_is_never_a_call() -> None:
    verdict = decide(study(), effects(APOPTOSIS, experiments=1), seed=1)
    assert (verdict.called, verdict.reason) == ("inconclusive", "one_experiment")
    assert verdict.best == "apoptosis/autocrine"
    assert "one_experiment" in codes(verdict)


def test_one_blot_among_three_plates_is_one_experiment_of_engagement() -> None:
    mixed = replace(effects(APOPTOSIS), engagement=table(ENGAGED, experiments=1))
    assert decide(study(), mixed, seed=1).reason == "one_experiment"


def test_a_rescue_at_the_threshold_is_inconclusive_and_asks_for_a_replicate() -> None:
    verdict = decide(study(), effects(APOPTOSIS | {"SM+zVAD": 0.67, "SM+zVAD+Nec-1s": 0.9}, seed=1), seed=1)
    assert (verdict.called, verdict.reason) == ("inconclusive", "undecided")
    (replicate,) = [a for a in verdict.advice if a.kind == "replicate"]
    assert replicate.expected_gain is not None


def test_atp_alone_is_loss_of_viability_and_never_shown_necroptosis() -> None:
    apoptosis = decide(study(), effects(APOPTOSIS, death={}), seed=1)
    assert "viability_loss_only" in apoptosis.flags
    assert "death itself was not read" in apoptosis.sentence
    assert decide(study(), effects(NECROPTOSIS, death={}), seed=1).called == "necroptosis_presumed/needs_tnf"


def test_dead_cells_missing_where_atp_falls_are_pointed_out() -> None:
    verdict = decide(study(), effects(APOPTOSIS, death={k: 0.95 for k in APOPTOSIS}), seed=1)
    assert "readouts_disagree" in codes(verdict)
    assert verdict.called == "viability_loss_without_death/autocrine"


def test_a_missing_single_agent_control_is_found_and_vehicle_stands_in() -> None:
    verdict = decide(study(), effects(without(APOPTOSIS, "zVAD")), seed=1)
    assert "missing_control" in codes(verdict)
    assert verdict.called == "apoptosis/autocrine"


def test_a_slightly_toxic_inhibitor_is_its_own_reference() -> None:
    toxic = {k: v * (0.8 if "zVAD" in k else 1.0) for k, v in APOPTOSIS.items()}
    verdict = decide(study(), effects(toxic), seed=1)
    assert verdict.called == "apoptosis/autocrine"
    assert "toxic_alone" in codes(verdict)


def test_an_inhibitor_that_kills_by_itself_can_show_no_rescue() -> None:
    # Like L929: zVAD kills, and necrostatin-1 rescues. Held against dead cells, dead cells would read as rescued.
    l929 = APOPTOSIS | {"zVAD": 0.12, "SM": 0.5, "SM+zVAD": 0.10, "SM+zVAD+Nec-1s": 0.95}
    verdict = decide(study(), effects(l929), seed=1)
    assert verdict.called == "not_determined"
    assert "does not kill by itself" in verdict.missing[0]
    toxic_nec = NECROPTOSIS | {"Nec-1s": 0.4, "SM+TNF+zVAD+Nec-1s": 0.38}
    assert decide(study(), effects(toxic_nec), seed=1).called == "not_determined"


def test_growth_arrest_is_no_death() -> None:
    arrest = APOPTOSIS | {"SM": 0.45, "SM+zVAD": 0.46, "SM+zVAD+Nec-1s": 0.47, "SM+anti-TNF": 0.46}
    verdict = decide(study(), effects(arrest, death={k: 0.97 for k in arrest}), seed=1)
    assert verdict.called == "viability_loss_without_death/tnf_independent"
    assert " kills" not in verdict.sentence


def test_an_arm_that_was_not_read_by_annexin_is_a_loss_of_viability() -> None:
    verdict = decide(study(), effects(APOPTOSIS, death={"DMSO": 0.97, "TNF": 0.97}), seed=1)
    assert verdict.called == "apoptosis/autocrine"
    assert "viability_loss_only" in verdict.flags
    assert "death itself was not read" in verdict.sentence


def test_death_unmasked_by_zvad_without_tnf_is_not_a_lack_of_tnf() -> None:
    line = NECROPTOSIS | {"SM+zVAD": 0.30, "SM+zVAD+Nec-1s": 0.93}
    verdict = decide(study(), effects(line), seed=1)
    assert "no_autocrine_tnf" not in verdict.flags
    assert {"killed_when_caspases_blocked"} <= codes(verdict)
    assert "uninformative_arm" not in codes(verdict)
    no_tnf = {k: v for k, v in line.items() if "TNF" not in k}
    assert decide(study(), effects(no_tnf), seed=1).called == "necroptosis_presumed/caspases_blocked"


def test_a_band_that_cannot_be_seen_is_not_a_target_that_stays() -> None:
    unseen = effects(APOPTOSIS)
    cells = tuple(
        cell if cell.key == "vehicle" else replace(cell, log_value=-0.5, censored=True)
        for cell in unseen.engagement.cells
    )
    verdict = decide(study(), replace(unseen, engagement=replace(unseen.engagement, cells=cells)), seed=1)
    assert verdict.called == "inconclusive"


def test_vehicle_in_place_of_tnf_alone_stands_in_the_sentence() -> None:
    verdict = decide(study(), effects(without(NECROPTOSIS, "TNF")), seed=1)
    assert "missing_control" in verdict.flags
    assert "single-agent control is missing" in verdict.sentence


def test_evidence_of_one_experiment_is_left_out_and_does_not_undo_the_call() -> None:
    whole = effects(NECROPTOSIS)
    cells = tuple(c for c in whole.viability.cells if "GSK872" not in c.key or c.experiment == "exp1")
    verdict = decide(study(), replace(whole, viability=replace(whole.viability, cells=cells)), seed=1)
    assert verdict.called == "ripk1_kinase_dependent_apoptosis_competes/needs_tnf"
    assert "evidence_from_one_experiment" in codes(verdict)


def test_two_harvests_of_two_experiments_are_not_two_experiments_of_a_harvest() -> None:
    whole = effects(APOPTOSIS, experiments=2)
    keep = {("exp1", "15"), ("exp2", "30"), ("exp1", "vehicle"), ("exp2", "vehicle")}
    cells = tuple(c for c in whole.engagement.cells if (c.experiment, c.key) in keep)
    verdict = decide(study(), replace(whole, engagement=replace(whole.engagement, cells=cells)), seed=1)
    assert verdict.reason == "one_experiment"


def test_experiments_on_both_sides_of_a_rule_are_named_and_give_no_confident_call() -> None:
    whole = effects(APOPTOSIS)
    shift = {"exp1": -1.0, "exp2": 0.8, "exp3": 0.85}
    cells = tuple(
        replace(c, log_value=c.log_value + shift[c.experiment]) if c.key == "SM" else c for c in whole.viability.cells
    )
    verdict = decide(study(), replace(whole, viability=replace(whole.viability, cells=cells)), seed=1)
    assert "experiments_disagree" in codes(verdict)
    assert verdict.called == "inconclusive"


def test_cells_that_die_though_the_target_stays_are_pointed_out() -> None:
    verdict = decide(study(), effects(APOPTOSIS, engagement={"vehicle": 1.0, "15": 0.9, "30": 0.8}), seed=1)
    assert verdict.called == "not_engaged"
    assert "kills_without_engagement" in codes(verdict)
    assert verdict.leaves_if_engaged


def test_nec_1_is_not_nec_1s() -> None:
    old = {k.replace("Nec-1s", "Nec-1"): v for k, v in NECROPTOSIS.items()}
    verdict = decide(study(), effects(old), seed=1)
    assert verdict.called == "necroptosis/needs_tnf"
    assert "nec1_hits_ido" in codes(verdict)


def test_a_micromolar_working_dose_carries_the_lytic_caveat() -> None:
    verdict = decide(study(), effects(APOPTOSIS, dose_molar=1e-6), seed=1)
    assert "lytic_off_target" in codes(verdict)


def test_pmlkl_on_a_blot_is_evidence_of_the_necrosome() -> None:
    blotted = replace(
        effects(without(NECROPTOSIS, "SM+TNF+zVAD+GSK872", "GSK872")),
        pmlkl=BlockTable(cells=table({"DMSO": 1.0, "SM+TNF+zVAD": 6.0}).cells),
    )
    assert decide(study(), blotted, seed=1).called == "necroptosis/needs_tnf"


def test_a_weaker_claim_is_called_where_only_the_sum_of_its_variants_suffices() -> None:
    unsure = NECROPTOSIS | {"SM+TNF+zVAD+GSK872": 0.55}
    verdict = decide(study(), effects(unsure, seed=7), seed=1)
    assert verdict.leaves.get("necroptosis/needs_tnf", 0.0) < 0.8
    assert verdict.called == "necroptosis_presumed/needs_tnf"


def test_the_same_inputs_give_the_same_verdict() -> None:
    assert decide(study(), effects(APOPTOSIS), seed=7) == decide(study(), effects(APOPTOSIS), seed=7)


def test_a_threshold_of_the_study_is_obeyed() -> None:
    verdict = decide(study(kill=0.7), effects(APOPTOSIS | {"SM": 0.4}), seed=1)
    assert verdict.called != "apoptosis/autocrine"
    assert verdict.rules["kill"] == 0.7


def test_cells_that_tnf_alone_kills_do_not_resist() -> None:
    verdict = decide(study(), effects(RESISTANT | {"TNF": 0.30, "SM+TNF": 0.29}), seed=1)
    assert verdict.called == "not_determined"
    assert "dose of TNF that does not kill by itself" in verdict.missing[0]
    assert "tnf_kills_alone" in verdict.flags


def test_a_rescue_without_a_kill_is_not_estimable() -> None:
    rows = {row.name: row.estimate for row in decide(study(), effects(APOPTOSIS | {"SM": 0.99}), seed=1).effects}
    assert rows["rescue_caspase:SM"].state == "not_estimable"
    assert rows["kill:SM+TNF"].state == "measured"


def test_what_a_missing_condition_would_bring_does_not_depend_on_how_the_plates_are_laid_out() -> None:
    without_tnf = effects({k: v for k, v in NECROPTOSIS.items() if "TNF" not in k})
    cells = tuple(
        replace(cell, block="one of two plates", log_value=cell.log_value - 1) for cell in without_tnf.viability.cells
    )
    blocks = replace(without_tnf, viability=replace(without_tnf.viability, cells=cells))
    gains = [decide(study(), measured, seed=1).advice[0].expected_gain for measured in (without_tnf, blocks)]
    assert gains[0] is not None
    assert gains[0] > 0.1
    assert gains[1] == pytest.approx(gains[0], abs=0.05)
