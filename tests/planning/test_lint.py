"""Lint: a sound plan passes, and each mistake of a bad one is found before cells are seeded."""

from __future__ import annotations

from pathlib import Path

import pytest

from avpi.planning.dose_series import Potency
from avpi.planning.layout import SPREAD_VEHICLE_WELLS
from avpi.planning.lint import OF_RESULTS, Lint, lint_study
from avpi.plate.position import FEWEST_WELLS
from avpi.study.read import Study, read_study
from tests.planning.plans import BAD_STUDY, bad_study, planned

NEAR_10_NM = Potency(dc50_molar=1e-8, ec50_molar=1e-8, bivalent=None, source="as given")
UNKNOWN = Potency(dc50_molar=None, ec50_molar=None, bivalent=None, source="")


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Lint:
    return lint_study(bad_study(tmp_path_factory.mktemp("bad") / "s"))


def found(lint: Lint) -> dict[str, str]:
    return {finding.code: finding.severity for finding in lint.findings}


def text(lint: Lint, code: str) -> str:
    return next(finding.text for finding in lint.findings if finding.code == code)


def study(folder: Path, **changes: str) -> Study:
    """Return the bad study with texts exchanged."""
    written = BAD_STUDY
    for old, new in changes.items():
        assert old in written
        written = written.replace(old, new)
    folder.mkdir()
    (folder / "study.yaml").write_text(written, "utf-8")
    return read_study(folder)


def test_a_plan_of_ours_is_free_of_warnings_and_can_call_every_kind_of_cells(tmp_path: Path) -> None:
    plan = planned(tmp_path / "p", experiments=2, matrix="necroptosis", questions=("engagement", "death", "dose"))
    lint = lint_study(plan.study, potency=plan.potency)
    assert {code for code, severity in found(lint).items() if severity != "note"} == set()
    assert [outcome.called for outcome in lint.outcomes] == [
        "apoptosis/autocrine", "apoptosis/needs_tnf", "necroptosis/needs_tnf", "resistant_downstream_of_tnf",
    ]  # fmt: skip
    assert not {"no_hook_doses", *OF_RESULTS} & set(found(lint))


def test_inhibitor_arms_without_tnf_are_found_in_a_line_without_tnf(bad: Lint) -> None:
    assert found(bad)["uninformative_arm"] == "warning"
    told = text(bad, "uninformative_arm")
    assert "SM+TNF+zVAD" in told
    assert "HT-29 is recorded as such a line" in told


def test_missing_single_agents_late_lysates_and_nec1_are_found(bad: Lint) -> None:
    assert found(bad)["missing_control"] == "warning"
    assert found(bad)["late_only"] == "warning"
    assert found(bad)["nec1_hits_ido"] == "note"
    both = next(finding for finding in bad.findings if finding.code == "z_prime_not_estimable")
    assert both.subject == "plate day 1, plate day 2"
    assert found(bad)["viability_loss_only"] == "warning"


def test_one_plate_declared_for_two_experiments_is_refused_as_wells_counted_as_n(bad: Lint) -> None:
    assert found(bad)["pseudoreplication"] == "blocking"


def test_doses_that_are_all_saturated_are_found(bad: Lint) -> None:
    assert found(bad)["saturated_doses_only"] == "warning"
    assert "6.2 times its EC50 of 16 nM" in text(bad, "saturated_doses_only")


def test_only_what_would_help_is_asked_for_where_doses_are_saturated(tmp_path: Path) -> None:
    wells = {"B1-B3: SM,": "B1-B3: SM 5 nM,", "C1-C3: SM+zVAD,": "C1-C3: SM + TNF 10 ng/mL,"}
    lint = lint_study(study(tmp_path / "s", **wells), potency=NEAR_10_NM)
    assert text(lint, "saturated_doses_only").endswith("carry little information. Add TNF at 0.1 to 1 ng/mL.")


def test_a_bivalent_compound_without_doses_for_a_hook_is_found(bad: Lint) -> None:
    assert found(bad)["no_hook_doses"] == "note"
    assert "up to 1.6 µM" in text(bad, "no_hook_doses")


def test_wells_in_rows_at_the_rim_are_found_and_so_is_the_same_layout_again(bad: Lint) -> None:
    assert found(bad)["arms_on_the_rim"] == "warning"
    assert found(bad)["layout_not_spread"] == "warning"
    assert found(bad)["same_layout_again"] == "note"


def test_of_what_such_a_study_could_not_call_nothing_is_hidden(bad: Lint) -> None:
    assert text(bad, "no_call_possible").startswith("Whatever is true, no call could be made (not measured: cIAP1")
    assert bad.worst == "blocking"


def test_one_experiment_can_make_no_call_whatever_its_wells(tmp_path: Path) -> None:
    plan = planned(tmp_path / "p", experiments=1)
    lint = lint_study(plan.study, potency=plan.potency)
    assert found(lint)["one_experiment"] == "blocking"


def test_a_plate_without_vehicle_and_a_blot_without_a_vehicle_lane_are_refused(tmp_path: Path) -> None:
    own = study(tmp_path / "s", **{"A1-A3: DMSO, ": "", "{time: 24 h, dose: 0 M}, ": ""})
    lint = lint_study(own, potency=UNKNOWN)
    assert found(lint)["no_vehicle_wells"] == "blocking"
    assert found(lint)["no_vehicle_lane"] == "blocking"
    assert "saturated_doses_only" not in found(lint)


def test_a_dose_curve_that_stops_before_the_hook_is_a_warning(tmp_path: Path) -> None:
    arms = ", ".join(f"D{i + 4}: SM {dose} nM" for i, dose in enumerate((2, 6, 20, 60, 200)))
    own = study(tmp_path / "s", **{"B1-B3: SM, ": f"B1-B3: SM, {arms}, "})
    lint = lint_study(own)
    assert found(lint)["no_hook_doses"] == "warning"
    assert "saturated_doses_only" not in found(lint)
    assert found(lint)["single_wells"] == "note"


def test_a_sound_study_keeps_its_verdicts_thresholds(tmp_path: Path) -> None:
    plan = planned(tmp_path / "p", experiments=2)
    path = plan.folder / "study.yaml"
    path.write_text(path.read_text("utf-8") + "rules: {kill: 0.9}\n", "utf-8")
    outcomes = {outcome.scenario: outcome.called for outcome in lint_study(read_study(plan.folder)).outcomes}
    assert outcomes["apoptosis_needs_tnf"] == "resistant_downstream_of_tnf"


def test_a_study_without_kill_wells_on_any_plate_is_found(bad: Lint, tmp_path: Path) -> None:
    assert found(bad)["no_kill_wells"] == "warning"
    one = study(tmp_path / "s", **{"A1-A3: DMSO": "A4: kill control, A1-A3: DMSO"})
    assert "no_kill_wells" not in found(lint_study(one))


def test_a_line_that_makes_tnf_where_caspases_are_blocked_needs_an_arm_that_blocks_it(tmp_path: Path) -> None:
    l929 = lint_study(study(tmp_path / "a", **{"HT-29": "L929"}))
    assert found(l929)["zvad_may_raise_tnf"] == "warning"
    assert "L929 is recorded to make TNF of its own" in text(l929, "zvad_may_raise_tnf")
    assert "so SM+zVAD may kill" in text(l929, "zvad_may_raise_tnf")
    alone = lint_study(study(tmp_path / "b", **{"HT-29": "L929", "B1-B3: SM,": "B1-B3: SM, E1-E3: SM+anti-TNF,"}))
    assert found(alone)["zvad_may_raise_tnf"] == "note"
    both = {"HT-29": "L929", "B1-B3: SM,": "B1-B3: SM, E1-E3: SM+zVAD+anti-TNF,"}
    assert "zvad_may_raise_tnf" not in found(lint_study(study(tmp_path / "c", **both)))


def test_other_lines_need_no_such_arm(bad: Lint) -> None:
    assert "zvad_may_raise_tnf" not in found(bad)


@pytest.mark.parametrize("questions", [("death",), ("engagement", "death")])
def test_without_anti_tnf_the_cells_own_tnf_could_only_be_presumed_and_that_is_said_once(
    tmp_path: Path, questions: tuple[str, ...]
) -> None:
    plan = planned(tmp_path / "p", experiments=2, questions=questions, lacking=("anti-TNF",))
    told = [f for f in lint_study(plan.study, potency=plan.potency).findings if f.code == "weaker_call_only"]
    own = [f for f in told if f.subject == "apoptosis_autocrine"]
    assert len(own) == 1
    assert "presumed" in own[0].text
    full = planned(tmp_path / "q", experiments=2, questions=questions)
    findings = lint_study(full.study, potency=full.potency).findings
    assert not [f for f in findings if f.code == "weaker_call_only" and f.subject == "apoptosis_autocrine"]


def test_plates_without_vehicle_are_one_fault_and_not_one_for_each_inhibitor(tmp_path: Path) -> None:
    plan = planned(tmp_path / "p", experiments=2)
    before = found(lint_study(plan.study, potency=plan.potency))
    assert "missing_control" not in before
    for file in (plan.folder / "raw").glob("E*-layout.csv"):
        file.write_text(file.read_text("utf-8").replace(",DMSO", ",empty"), "utf-8")
    after = found(lint_study(read_study(plan.folder), potency=plan.potency))
    assert after["no_vehicle_wells"] == "blocking"
    assert not {"missing_control", "uninformative_arm", "reference_from_single_agents"} & set(after)


def test_too_few_vehicle_wells_to_find_what_place_does_are_a_note(bad: Lint, tmp_path: Path) -> None:
    note = next(f for f in bad.findings if f.code == "position_effect_not_estimable")
    assert note.severity == "note"
    assert "It takes 12" in note.text
    assert SPREAD_VEHICLE_WELLS == FEWEST_WELLS
    plan = planned(tmp_path / "p", experiments=2)
    assert "position_effect_not_estimable" not in found(lint_study(plan.study, potency=plan.potency))
    line = "{wells: {B2-B11: DMSO, C2-C11: DMSO, D2-D4: SM, E2-E4: SM+zVAD, F2-F4: SM+zVAD+Nec-1}}"
    old = "{wells: {A1-A3: DMSO, B1-B3: SM, C1-C3: SM+zVAD, D1-D3: SM+zVAD+Nec-1}}"
    in_two_rows = lint_study(study(tmp_path / "s", **{old: line}))
    assert "20 DMSO wells" in text(in_two_rows, "position_effect_not_estimable")


def test_noise_of_expected_readings_is_never_told_as_a_position_effect(tmp_path: Path) -> None:
    plan = planned(tmp_path / "p", compound="ours", potency=NEAR_10_NM, lacking=("anti-TNF",))
    assert "position_effect" not in found(lint_study(plan.study, potency=plan.potency))
