"""Lint: a sound plan passes, and each mistake of a bad one is found before cells are seeded."""

from __future__ import annotations

from pathlib import Path

import pytest

from avpi.planning.dose_series import Potency
from avpi.planning.lint import OF_RESULTS, Lint, lint_study
from avpi.study.read import Study, read_study
from tests.planning.plans import BAD_STUDY, bad_study, planned

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
