"""``avpi check`` names every fault at once and stops nothing that may go on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from avpi.cli.main import DONE, WRONG_INPUT
from tests.cli.conftest import Shell
from tests.cli.small_study import change, make_small_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return make_small_study(tmp_path / "small")


def test_a_whole_study_passes_and_its_weak_points_are_notes(shell: Shell, study: Path) -> None:
    done = shell("check", study)
    assert done.code == DONE, done.err
    assert "blot 'blot1' raw/exp1_cIAP1.tif: 16-bit, 700 x 450 pixels, 6 lanes of cIAP1" in done.out
    assert "plate 'plate1' raw/exp1_plate_guide.csv: EnVision" in done.out
    assert "note: One independent experiment" in done.out
    assert "SM+TNF" in next(line for line in done.out.splitlines() if "extended matrix" in line)
    assert "avpi run" in done.err
    assert not (study / "results").exists(), "a check writes nothing"


def test_everything_that_is_wrong_is_said_at_once(shell: Shell, study: Path) -> None:
    (study / "raw" / "exp1_actin.tif").rename(study / "raw" / "exp1_aktin.tif")
    layout = study / "raw" / "exp1_layout_guide.toml"
    layout.write_text(layout.read_text("utf-8").replace("Nec-1s", "Nec-7"), "utf-8")
    (study / "raw" / "exp1_cIAP1.tif").write_bytes(b"II*\0")
    done = shell("check", study)
    assert done.code == WRONG_INPUT
    assert "'raw/exp1_actin.tif' was not found" in done.err
    assert "Did you mean 'raw/exp1_aktin.tif'?" in done.err
    assert "raw/exp1_cIAP1.tif" in done.err
    assert "Nec-7" in done.err


def test_faults_of_study_yaml_carry_their_lines(shell: Shell, study: Path) -> None:
    change(study, "target: cIAP1", "target: cIAP")
    change(study, "compound: birinapant", "compund: birinapant")
    done = shell("check", study, "--json")
    assert done.code == WRONG_INPUT
    places = {problem["place"] for problem in json.loads(done.out)["problems"]}
    assert "3" in places
    assert "Did you mean 'compound'?" in done.err


def test_a_plate_without_dmso_wells_is_a_note(shell: Shell, study: Path) -> None:
    layout = study / "raw" / "layout.csv"
    layout.write_text("well,condition\n" + "\n".join(f"C{n:02d},SM" for n in range(3, 10)), "utf-8")
    change(study, "raw/exp1_layout_guide.toml", "raw/layout.csv")
    done = shell("check", study, "--json")
    assert done.code == DONE, done.err
    assert any("No DMSO well on plate 'plate1'" in note for note in json.loads(done.out)["notes"])


def test_a_folder_without_a_study_is_wrong_input(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = shell("check", "empty")
    assert done.code == WRONG_INPUT
    assert "avpi init" in done.err
