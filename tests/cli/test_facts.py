"""``avpi facts check``: tables, JSON, choices and exit codes, with a laboratory in place of the model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from avpi.cli.main import DONE, SECTIONS_FAILED, WRONG_INPUT
from tests.cli.conftest import Shell
from tests.facts.laboratory import Laboratory
from tests.facts.test_check import FILE, law


@pytest.fixture(autouse=True)
def laboratory(monkeypatch: pytest.MonkeyPatch) -> Laboratory:
    made = Laboratory(law)
    monkeypatch.setattr("avpi.cli.facts._simulator", lambda: made)
    return made


@pytest.fixture
def file(shell: Shell) -> Path:
    path = Path("facts.yaml")
    path.write_text(FILE, "utf-8")
    return path


def test_the_table_by_topic_then_what_failed_with_its_numbers(shell: Shell, file: Path) -> None:
    done = shell("facts", "check", file)
    assert done.code == SECTIONS_FAILED
    assert done.out.splitlines() == [
        "topic        passed  share  95 % interval  not executable",
        "loss         1/3     33%    6% to 79%      1",
        "other lines  0/1     0%     0% to 79%      1",
        "all          1/4     25%    5% to 70%      2",
        "",
        "A2 (loss) failed",
        "  expected  treated, viability at 48 h: below 0.5",
        "  got       1",
        "",
        "Not executable, counted as not passed:",
        "  A3 (other lines): line 'Jurkat'",
        "  A4 (loss): measurement 'pyroptosis'",
        "",
        "Findings that the file does not express as experiments, counted nowhere: 1",
        "  A5: patients",
        "",
        "1 of 4 facts hold; by weight 17%.",
    ]
    assert "facts 1/4: A1" in done.err


def test_json_and_quiet(shell: Shell, file: Path) -> None:
    done = shell("facts", "check", file, "--json", "--quiet")
    found = json.loads(done.out)
    assert set(found) == {"facts", "not_executable", "not_expressed"}
    assert set(found["facts"][0]) == {"id", "topic", "passed", "expected", "got"}
    assert set(found["not_executable"][0]) == {"id", "why"}
    assert done.err == ""


def test_all_facts_passed_is_done(shell: Shell, file: Path) -> None:
    done = shell("facts", "check", file, "--fact", "A1")
    assert done.code == DONE
    assert "1 of 1 facts hold" in done.out


def test_a_topic_cells_and_a_seed(shell: Shell, file: Path, laboratory: Laboratory) -> None:
    shell("facts", "check", file, "--topic", "loss", "--cells", 9, "--seed", 8)
    assert {(cells, seed) for *_, cells, seed in laboratory.runs} == {(9, 8)}
    assert all(arm.line == "HeLa" for arm, *_ in laboratory.runs)


def test_words_that_choose_nothing(shell: Shell, file: Path) -> None:
    done = shell("facts", "check", file, "--topic", "los", "--fact", "B9")
    assert done.code == WRONG_INPUT
    assert "--topic: 'los' is not a topic of the file. Did you mean 'loss'?" in done.err
    assert "--fact: 'B9' is not a fact of the file." in done.err
    done = shell("facts", "check", file, "--fact", "F999")
    assert "'F999' is not a fact of the file. Known here: A1, A2, A3, A4." in done.err
    done = shell("facts", "check", file, "--fact", "A5")
    assert "'A5' is not a fact of the file. The file does not express it as an experiment: patients." in done.err
    assert "  A5: patients" not in shell("facts", "check", file, "--fact", "A1").out
    done = shell("facts", "check", file, "--topic", "other lines", "--fact", "A1")
    assert done.code == WRONG_INPUT
    assert "no fact is both" in done.err


def test_without_a_file_the_facts_that_ship_are_checked(shell: Shell) -> None:
    done = shell("facts", "check", "--fact", "F071", "--json", "--quiet")
    assert [one["id"] for one in json.loads(done.out)["not_executable"]] == ["F071"]


def test_a_file_without_facts_is_no_success(shell: Shell, file: Path) -> None:
    file.write_text("schema: 1\nfacts: []\n", "utf-8")
    done = shell("facts", "check", file)
    assert done.code == WRONG_INPUT
    assert "facts.yaml:2: 'facts' has no fact, so there is nothing to check. Expected at least one fact" in done.err


def test_a_file_with_faults(shell: Shell, file: Path) -> None:
    file.write_text(FILE.replace("topic: loss", "topc: loss", 1), "utf-8")
    done = shell("facts", "check", file)
    assert done.code == WRONG_INPUT
    assert "facts.yaml:5: 'facts.0.topc' is not a known key. Did you mean 'topic'?" in done.err


def test_of_several_expectations_those_that_failed_are_shown(shell: Shell, file: Path) -> None:
    file.write_text(FILE.replace("above: 0.9", "above: 1.9"), "utf-8")
    lines = shell("facts", "check", file, "--fact", "A1", "--quiet").out.splitlines()
    start = lines.index("A1 (loss) failed, 1 of 2 expectations")
    assert lines[start + 1 : start + 4] == ["  expected  sm, viability at 24 h: above 1.9", "  got       1", ""]
