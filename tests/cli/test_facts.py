"""``avpi facts check``: tables, JSON, choices and exit codes, with a laboratory in place of the model."""

from __future__ import annotations

import io
import json
import os
import threading
import unicodedata
from pathlib import Path

import pytest

from avpi.cli.main import DONE, SECTIONS_FAILED, WRONG_INPUT
from avpi.facts.pathway import PathwaySimulator
from avpi.facts.schema import Arm
from tests.cli.conftest import Shell
from tests.facts.laboratory import Laboratory, dose
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


def _stdin(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))


def test_standard_input_is_a_file(shell: Shell, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from_file = shell("facts", "check", file, "--json")
    _stdin(monkeypatch, FILE.encode())
    done = shell("facts", "check", "-", "--json")
    assert (done.code, done.out) == (SECTIONS_FAILED, from_file.out)
    _stdin(monkeypatch, FILE.replace("topic: loss", "topc: loss", 1).encode())
    done = shell("facts", "check", "-")
    assert done.code == WRONG_INPUT
    assert done.err.startswith("standard input:5: 'facts.0.topc' is not a known key.")
    for raw, said in ((b"", "holds nothing"), (b"\xff", "is not UTF-8"), (b"#" * 1_100_000, "is too large")):
        _stdin(monkeypatch, raw)
        done = shell("facts", "check", "-")
        assert (done.code, said in done.err) == (WRONG_INPUT, True)


def test_a_pipe_is_a_file(shell: Shell) -> None:
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_text(FILE, "utf-8"))
    writer.start()
    done = shell("facts", "check", "pipe", "--fact", "A1")
    writer.join()
    assert (done.code, "1 of 1 facts hold" in done.out) == (DONE, True)


def test_a_folder_and_what_is_not_there_are_told_by_their_names(shell: Shell) -> None:
    Path("some").mkdir()
    for word, what in ((".", "'.' is a folder"), ("some/", "'some' is a folder"), ("none.yaml", "'none.yaml' was not")):
        done = shell("facts", "check", word)
        assert (done.code, what in done.err) == (WRONG_INPUT, True), done.err


ESCAPE = "\\e[31m\\x9b\\u202e"


def test_control_characters_of_a_file_do_not_reach_the_terminal(shell: Shell, file: Path) -> None:
    text = FILE.replace("id: A1", f'id: "A1{ESCAPE}"').replace("topic: loss", f'topic: "a\\nb{ESCAPE}"')
    text = text.replace("line: Jurkat", f'line: "x{ESCAPE}"').replace("why: patients", f'why: "{ESCAPE}"')
    text = text.replace("treated", f'"t{ESCAPE}"')
    file.write_text(text, "utf-8")
    told = [shell("facts", "check", file), shell("facts", "check", file, "--topic", "zzz")]
    file.write_text(text.replace("band: cIAP1", f'"b{ESCAPE}": x, "c": y').replace("below: 0.5", f'"{ESCAPE}": 1'))
    told.append(shell("facts", "check", file))
    for done in told:
        shown = done.out + done.err
        assert [c for c in shown if unicodedata.category(c) in ("Cc", "Cf") and c != "\n"] == []
        assert "\\x1b[31m\\x9b\\u202e" in shown
    assert "a\\nb\\x1b" in told[0].out
    assert told[2].code == WRONG_INPUT


def test_a_reagent_that_is_no_word_is_counted_and_told_and_no_fact_is_lost(
    shell: Shell, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avpi.cli.facts._simulator", PathwaySimulator)
    fact = "- id: {0}\n  arms: {{a: {{line: HeLa, add: [{{reagent: {1}, dose: 1 nM}}]}}}}\n  expect: [{2}]\n"
    limit = "{value: a, measure: {viability: true, at: 1 h}, above: 0}"
    file.write_text("schema: 1\ndefaults: {cells: 4}\nfacts:\n" + "".join(
        fact.format(name, word, limit) for name, word in (("A", "birinapnt"), ("B", "birinapant"))
    ))  # fmt: skip
    done = shell("facts", "check", file)
    assert done.code == SECTIONS_FAILED
    assert done.out.splitlines()[1:] == [
        "other  1/2     50%    9% to 91%      1",
        "all    1/2     50%    9% to 91%      1",
        "",
        "Not executable, counted as not passed:",
        "  A (other): reagent 'birinapnt', which is an unknown word. Did you mean 'birinapant'?",
        "",
        "1 of 2 facts hold; by weight 50%.",
    ]


def test_a_bug_at_one_fact_is_told_with_a_file_and_the_others_are_checked(
    shell: Shell, file: Path, laboratory: Laboratory
) -> None:
    def broken(arm: Arm, what: str, time: float) -> float:
        if not dose(arm, "SM"):
            return law(arm, what, time)
        bug = "index 3 is out of bounds"
        raise IndexError(bug)

    laboratory.law = broken
    file.write_text(FILE.replace("line: Jurkat", "line: HeLa").replace("below: 0.5", "below: 1.5"), "utf-8")
    done = shell("facts", "check", file)
    assert done.code == SECTIONS_FAILED
    assert "  A1 (loss): avpi failed at it: IndexError: index 3 is out of bounds" in done.out
    assert "1 of 4 facts hold" in done.out
    assert "A fault of avpi's own kept fact 'A1' from being checked." in done.err
    (crash,) = Path().glob("crash-*.txt")
    assert str(crash.absolute()) in done.err
    assert "IndexError: index 3" in crash.read_text("utf-8")
