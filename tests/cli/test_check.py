"""``avpi check`` names every fault at once and stops nothing that may go on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from avpi.cli.main import DONE, SECTIONS_FAILED, WRONG_INPUT
from tests.cli.conftest import Shell
from tests.cli.small_study import change, make_small_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return make_small_study(tmp_path / "small")


def test_a_whole_study_passes_and_its_weak_points_are_notes(shell: Shell, study: Path) -> None:
    done = shell("check", study)
    assert done.code == DONE, done.err
    assert "blot 'blot1' raw/exp1_cIAP1.tif: 16-bit, 700 x 450 pixels, 6 lanes of cIAP1 declared" in done.out
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


def test_a_plate_without_dmso_wells_will_not_be_used(shell: Shell, study: Path) -> None:
    layout = study / "raw" / "layout.csv"
    layout.write_text("well,condition\n" + "\n".join(f"C{n:02d},SM" for n in range(3, 10)), "utf-8")
    change(study, "raw/exp1_layout_guide.toml", "raw/layout.csv")
    done = shell("check", study, "--json")
    assert done.code == SECTIONS_FAILED
    (part,) = json.loads(done.out)["not_used"]
    assert (part["kind"], part["name"]) == ("plate", "plate1")
    assert "No DMSO well" in part["why"]
    assert "plate 'plate1' was not analysed, because no DMSO well on plate1" in done.err


def test_a_jpeg_a_wrong_lane_count_and_a_missing_vehicle_lane_are_told_before_the_run(
    shell: Shell, study: Path
) -> None:
    from PIL import Image

    picture = np.asarray(Image.open(study / "raw" / "exp1_cIAP1.tif"))
    Image.fromarray((picture / picture.max() * 255).astype(np.uint8)).save(study / "raw" / "blot.jpg")
    change(study, "image: raw/exp1_cIAP1.tif", "image: raw/blot.jpg")
    lossy = shell("check", study)
    assert (lossy.code, "JPEG" in lossy.err) == (SECTIONS_FAILED, True)
    change(study, "image: raw/blot.jpg", "image: raw/exp1_cIAP1.tif")
    change(study, "{time: 0 min}, ", "")
    assert shell("check", study).code == SECTIONS_FAILED
    change(study, "lanes: [", "lanes: [{time: 5 min}, ")
    without = shell("check", study)
    assert (without.code, "no lane holds vehicle" in without.err) == (SECTIONS_FAILED, True)


def test_one_file_declared_as_two_experiments_is_told_before_the_run(shell: Shell, study: Path) -> None:
    text = (study / "study.yaml").read_text("utf-8").replace("experiments: [exp1]", "experiments: [exp1, exp2]")
    plate = (
        text[text.index("  - name: plate1") :]
        .replace("plate1", "again")
        .replace("experiment: exp1", "experiment: exp2")
    )
    (study / "study.yaml").write_text(text + plate, "utf-8")
    done = shell("check", study, "--json")
    assert done.code == SECTIONS_FAILED
    assert [part["name"] for part in json.loads(done.out)["not_used"]] == ["again"]
    ran = shell("run", study, "--json")
    assert ran.code == SECTIONS_FAILED, "what check tells is what run does"
    called = json.loads(ran.out)
    assert (called["failed"], [part["name"] for part in called["not_used"]]) == ([], ["again"])
    verdict = json.loads((Path(called["results"]) / "verdict.json").read_text("utf-8"))
    assert verdict["not_used"] == called["not_used"]


def test_a_folder_without_a_study_is_wrong_input(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = shell("check", "empty")
    assert done.code == WRONG_INPUT
    assert "avpi init" in done.err
