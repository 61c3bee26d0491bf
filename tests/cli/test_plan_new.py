"""``avpi plan new``: a folder that check, lint, export and run understand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from avpi.cli import plan_export, plan_new
from avpi.cli.main import DONE, SECTIONS_FAILED, WRONG_INPUT
from avpi.cli.plan_power import USUAL_BETWEEN_CV, USUAL_SIMULATIONS, USUAL_WELL_CV
from avpi.planning import power
from avpi.planning.export import TARGETS
from avpi.planning.layout import SHAPES
from avpi.planning.matrix import MATRICES
from avpi.planning.opentrons_protocol import ROBOTS
from avpi.planning.request import QUESTIONS
from avpi.planning.volumes import parse_share
from avpi.study.read import read_study
from avpi.workflow import run_study
from tests.cli.conftest import Shell

ASKED = ("plan", "new", "p", "--compound", "birinapant", "--line", "HT-29")


def test_a_plan_is_written_and_says_what_comes_next(shell: Shell) -> None:
    done = shell(*ASKED)
    assert done.code == DONE, done.err
    assert done.out.splitlines()[:2] == ["p/plan.yaml", "p/study.yaml"]
    assert "3 experiments of 2 plates with 96 wells: 18 arms of 4 wells" in done.err
    assert "No constraints of placing are broken." in done.err
    assert "Next: avpi plan lint p" in done.err


def test_the_study_of_a_plan_misses_nothing_but_its_raw_files(shell: Shell) -> None:
    shell(*ASKED)
    done = shell("check", "p")
    assert done.code == WRONG_INPUT
    told = [line for line in done.err.splitlines() if line.startswith("study.yaml")]
    assert told
    assert all("was not found in the study folder" in line for line in told)
    assert not any("layout" in line for line in told)


def test_plates_that_are_read_as_planned_are_analysed_with_their_layouts(shell: Shell, tmp_path: Path) -> None:
    shell(*ASKED, "--no-cytometry", "--question", "death", "--experiments", "2")
    study = read_study(tmp_path / "p")
    light = {"DMSO": 1e6, "kill control": 2e3, "medium only": 1e3, "empty": 1e3}
    for number, plate in enumerate(study.plates):
        rows = (tmp_path / "p" / str(plate.layout)).read_text("utf-8").splitlines()[1:]
        wells = (row.split(",") for row in rows)
        read = [f"{w},{light.get(c, 4e5) * (1 + 0.01 * ((i + number) % 7)):.0f}" for i, (w, c) in enumerate(wells)]
        (tmp_path / "p" / plate.file).write_text("\n".join(["well,value", *read]) + "\n", "utf-8")
    result = run_study(tmp_path / "p")
    assert result.failed == ()
    assert all(plate.passes for plate in result.plates)
    planned = json.loads(shell(*ASKED[:2], "q", *ASKED[3:], "--json").out)["arms"]
    assert {arm.described for arm in result.plates[0].arms} == {
        study.words.describe(study.words.condition(arm)) for arm in ("DMSO", *planned)
    }


def test_json_tells_the_design(shell: Shell) -> None:
    told = json.loads(shell(*ASKED, "--question", "dose", "--json").out)
    assert told["arms"][0] == "SM 510 pM"
    assert told["violations"] == []
    assert {plate["wells"]["DMSO"] for plate in told["plates"]} == {told["plates"][0]["wells"]["DMSO"]}
    assert told["tubes"] == []


def test_every_fault_of_the_options_is_told_at_once(shell: Shell) -> None:
    done = shell(*ASKED, "--stock", "zVAD", "--dose", "Foo=1 uM", "--ec50", "9", "--volume", "two")
    assert done.code == WRONG_INPUT
    for word in ("'zVAD' has no value", "'Foo' is not a known reagent", "--ec50", "'two' is not a volume"):
        assert word in done.err
    assert not Path("p").exists()


def test_a_dose_series_without_a_potency_asks_for_one(shell: Shell) -> None:
    done = shell("plan", "new", "p", "--compound", "ours", "--line", "A549", "--question", "dose")
    assert done.code == WRONG_INPUT
    assert "no potency of 'ours' is known here" in done.err
    assert "--ec50 20 nM" in done.err


def test_a_stock_that_cannot_do_it_is_refused_before_anything_is_written(shell: Shell) -> None:
    done = shell(*ASKED, "--stock", "zVAD=1 mM")
    assert done.code == WRONG_INPUT
    assert "'1 mM' is too weak a stock for zVAD at 20 µM" in done.err
    assert not Path("p").exists()


def test_a_compound_named_like_another_reagent_is_refused_as_a_study_would(shell: Shell) -> None:
    done = shell("plan", "new", "p", "--compound", "necrostatin-1", "--line", "HT-29")
    assert done.code == WRONG_INPUT
    assert "already means the reagent 'Nec-1'" in done.err
    assert not Path("p").exists()


def test_what_works_one_way_only_is_written_and_said(shell: Shell) -> None:
    done = shell(*ASKED, "--plate", "1536", "--replicates", "16", "--volume", "4uL")
    assert done.code == DONE, done.err


def test_a_folder_with_files_is_left_alone(shell: Shell) -> None:
    Path("p").mkdir()
    Path("p/mine.txt").write_text("mine", "utf-8")
    done = shell(*ASKED)
    assert done.code == WRONG_INPUT
    assert "is not empty" in done.err


def test_words_of_the_options_are_those_of_the_planner() -> None:
    assert plan_new.QUESTIONS == QUESTIONS
    assert plan_new.MATRICES == MATRICES
    assert [int(word) for word in plan_new.FORMATS] == list(SHAPES)
    assert plan_export.TARGETS == TARGETS
    assert tuple(ROBOTS) == plan_export.ROBOTS
    assert parse_share(USUAL_WELL_CV) == power.WELL_CV
    assert parse_share(USUAL_BETWEEN_CV) == power.BETWEEN_CV
    assert USUAL_SIMULATIONS == power.SIMULATIONS


def test_lint_passes_a_new_plan_and_ends_with_1_on_a_bad_one(shell: Shell) -> None:
    shell(*ASKED, "--experiments", "2")
    good = shell("plan", "lint", "p")
    assert good.code == DONE, good.out
    assert "if the cells resist downstream of TNF: resistant_downstream_of_tnf" in good.out
    shell("plan", "new", "q", "--compound", "birinapant", "--line", "HT-29", "--experiments", "1", "--matrix", "guide")
    bad = shell("plan", "lint", "q", "--json")
    assert bad.code == SECTIONS_FAILED
    codes = {finding["code"] for finding in json.loads(bad.out)["findings"]}
    assert {"one_experiment", "missing_control", "saturated_doses_only", "nec1_hits_ido"} <= codes


def test_a_compound_and_a_line_that_are_not_in_the_records_are_told_with_what_they_may_mean(shell: Shell) -> None:
    done = shell("plan", "new", "p", "--compound", "birinapnt", "--line", "HT29x")
    assert done.code == DONE, done.err
    assert "The compound 'birinapnt' is not in the records. Did you mean 'birinapant'?" in done.err
    assert "The line 'HT29x' is not in the records. Did you mean 'HT-29'?" in done.err
    own = shell("plan", "new", "q", "--compound", "QQQQ-4711X", "--line", "our own line", "--json")
    assert own.code == DONE, own.err
    assert "The compound 'QQQQ-4711X' is not in the records.\n" in own.err
    known = shell("plan", "new", "r", "--compound", "Birinapant", "--line", "ht29")
    assert "not in the records" not in known.err


def test_nothing_can_be_planned_without_the_mimetic(shell: Shell) -> None:
    for word in ("SM", "birinapant"):
        done = shell(*ASKED, "--without", word, "--without", "Foo")
        assert done.code == WRONG_INPUT
        assert f"'{word}' is the mimetic itself" in done.err
        assert "'Foo' is not a known reagent" in done.err
    assert not Path("p").exists()


@pytest.mark.parametrize("volume", ["0uL", "5nL", "5mL"])
def test_a_volume_that_no_well_holds_is_refused_before_anything_is_written(
    shell: Shell, tmp_path: Path, volume: str
) -> None:
    done = shell(*ASKED, "--volume", volume)
    assert done.code == WRONG_INPUT
    assert "--volume: a well of a 96-well plate cannot hold" in done.err
    assert not (tmp_path / "p").exists()


def test_one_experiment_is_not_counted_as_several(shell: Shell) -> None:
    done = shell(*ASKED, "--experiments", "1")
    assert "1 experiment of 2 plates" in done.err
    assert "on 1 membrane in all" in done.err
