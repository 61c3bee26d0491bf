"""A new study folder is complete, harmless, and reads without a fault."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from avpi.cli.main import DONE, WRONG_INPUT
from avpi.study.read import declared_files, missing_files, read_study
from avpi.study.template import EXTENDED_MATRIX, REPLICATES, layout_csv
from tests.cli.conftest import Shell


def test_the_template_reads_without_a_fault_once_its_files_are_there(shell: Shell, tmp_path: Path) -> None:
    assert shell("init", "my-study").code == DONE
    study = read_study(tmp_path / "my-study")
    assert len(missing_files(study)) == 3
    for name, _ in declared_files(study):
        (tmp_path / "my-study" / name).touch()
    assert missing_files(study) == []


COMMENTED_OUT = re.compile(
    r"cytometry:|samples:|rules:|readout: annexin|channels:|controls:|unstained:|single_stains:|- experiment:|- \{"
)


def test_every_line_that_is_commented_out_reads_once_the_hash_signs_are_gone(shell: Shell, tmp_path: Path) -> None:
    shell("init", "my-study")
    path = tmp_path / "my-study" / "study.yaml"
    lines = [
        line.replace("# ", "", 1) if re.match(rf"\s*# +({COMMENTED_OUT.pattern})", line) else line
        for line in path.read_text("utf-8").splitlines()
    ]
    path.write_text("\n".join(lines), "utf-8")
    study = read_study(tmp_path / "my-study")
    assert len(study.samples) == 4
    assert study.cytometry.controls[0].unstained == "raw/E1_unstained.fcs"
    assert study.blots[0].lanes[-1].ladder
    assert study.rules == type(study.rules)(), "the commented rules are the defaults"


def test_the_layout_holds_the_extended_matrix_away_from_the_rim(shell: Shell, tmp_path: Path) -> None:
    rows = list(csv.DictReader(layout_csv().splitlines()))
    counts = Counter(row["condition"] for row in rows)
    assert {arm: counts[arm] for arm in EXTENDED_MATRIX} == dict.fromkeys(EXTENDED_MATRIX, REPLICATES)
    assert counts["DMSO"] == 2 * REPLICATES
    assert len({row["well"] for row in rows}) == 60
    assert not any(row["well"][0] in "AH" or row["well"][1:] in ("01", "12") for row in rows)
    shell("init", "my-study")
    speak = read_study(tmp_path / "my-study").words
    for row in rows:
        assert speak.role(row["condition"]) or speak.condition(row["condition"]).additions


def test_a_folder_that_holds_anything_is_left_alone(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep", "utf-8")
    done = shell("init", "mine")
    assert done.code == WRONG_INPUT
    assert "'mine' is not empty" in done.err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
    assert shell("init", "mine/notes.txt").code == WRONG_INPUT


def test_an_empty_folder_is_filled_and_the_next_command_is_named(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    done = shell("init", "new", "--json")
    assert json.loads(done.out)["files"] == ["new/study.yaml", "new/README.md", "new/raw/plate1-layout.csv"]
    assert "avpi check new" in done.err


@pytest.mark.parametrize("name", ["study with blanks", "µ-Studie"])
def test_names_of_folders_may_be_what_people_write(shell: Shell, tmp_path: Path, name: str) -> None:
    assert shell("init", name).code == DONE
    assert read_study(tmp_path / name).title


def test_a_place_where_no_folder_can_be_made_is_wrong_input(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    for place in (tmp_path / "file" / "study", Path("/proc/study")):
        done = shell("init", place)
        assert done.code == WRONG_INPUT
        assert "no folder for a study can be made there" in done.err
