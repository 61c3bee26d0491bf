"""``avpi run``: data on standard output, nothing lost whatever happens."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from avpi.cli.main import DONE, SECTIONS_FAILED, WRONG_INPUT, run_command
from avpi.cli.results import percent, require_writable
from avpi.errors import StudyError
from avpi.study.template import write_template
from tests.cli.conftest import Done, Shell
from tests.cli.small_study import change, make_small_study

AVPI = (sys.executable, "-c", "from avpi.cli.main import main; main()")
PATIENCE_S = 120
"""How long a run may take on a busy machine before the test gives up."""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return make_small_study(tmp_path / "small")


@pytest.fixture
def bare_study(tmp_path: Path) -> Path:
    """A study whose files are all missing: it runs to a report in no time, and every part of it fails."""
    write_template(tmp_path / "bare")
    return tmp_path / "bare"


@dataclass(frozen=True, slots=True)
class TwoRuns:
    """A study that was run twice: for a person, then for a program and locked."""

    study: Path
    home: Path
    first: Done
    second: Done


@pytest.fixture(scope="module")
def ran_twice(tmp_path_factory: pytest.TempPathFactory) -> TwoRuns:
    folder = tmp_path_factory.mktemp("ran")
    study = make_small_study(folder / "small")
    done = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVPI_HOME", str(folder / "home"))
        for options in ([], ["--locked", "--json", "--quiet"]):
            out, err = io.StringIO(), io.StringIO()
            with redirect_stdout(out), redirect_stderr(err):
                code = run_command(["run", str(study), *options])
            done.append(Done(code, out.getvalue(), err.getvalue()))
    return TwoRuns(study, folder / "home", *done)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def whole_runs(study: Path) -> list[Path]:
    return sorted(path for path in (study / "results").iterdir() if not path.name.startswith("."))


def test_the_verdict_is_one_line_of_data_and_the_rest_is_talk(ran_twice: TwoRuns) -> None:
    done = ran_twice.first
    assert done.code == DONE, done.err
    assert len(done.out.splitlines()) == 1
    assert "blots 1/1: blot1" in done.err
    warnings = [f for f in json.loads(ran_twice.second.out)["findings"] if f["severity"] == "warning"]
    told = [line for line in done.err.splitlines() if line.startswith("warning: ")]
    assert len(told) == len({finding["code"] for finding in warnings}) > 0
    assert all(any(finding["text"] in line for finding in warnings) for line in told)
    folder = whole_runs(ran_twice.study)[0]
    assert f"report: {folder / 'report.html'}" in done.err
    assert (folder / "report.html").is_file()


def test_json_holds_the_call_and_everything_that_qualifies_it(ran_twice: TwoRuns) -> None:
    done = ran_twice.second
    assert (done.code, done.err) == (DONE, "")
    called = json.loads(done.out)
    expected = {"called", "probability", "leaves", "findings", "report", "reason", "sentence", "missing", "run"}
    assert expected <= set(called)
    assert called["called"] in ("not_determined", "inconclusive"), "one experiment without TNF arms carries no call"
    assert sum(called["leaves"].values()) == pytest.approx(1)
    assert Path(called["report"]).is_file()


def test_the_same_inputs_give_the_same_verdict(ran_twice: TwoRuns) -> None:
    first, second = (json.loads((run / "verdict.json").read_text("utf-8")) for run in whole_runs(ran_twice.study))
    assert first == second


def test_a_run_is_found_again(shell: Shell, ran_twice: TwoRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVPI_HOME", str(ran_twice.home))
    first, second = whole_runs(ran_twice.study)
    (row,) = json.loads(shell("studies", "--json").out)
    assert (row["title"], row["runs"], row["latest"]["run"]) == ("A small study", 2, second.name)
    assert ran_twice.first.out.strip() in shell("show", first.name).out
    assert str(second / "report.html") in shell("show", ran_twice.study).out


def test_a_part_that_fails_is_told_and_the_rest_goes_on(shell: Shell, study: Path) -> None:
    (study / "raw" / "exp1_actin.tif").unlink()
    done = shell("run", study, "--json")
    assert done.code == SECTIONS_FAILED
    called = json.loads(done.out)
    assert [part["name"] for part in called["failed"]] == ["blot1"]
    assert "blot 'blot1' was not analysed, because" in done.err
    assert Path(called["report"]).is_file()
    strict = shell("run", study, "--strict")
    assert (strict.code, strict.out) == (WRONG_INPUT, "")
    assert len(whole_runs(study)) == 1


def test_a_fault_of_study_yaml_is_told_before_anything_is_written(shell: Shell, study: Path, tmp_path: Path) -> None:
    change(study, "schema: 1", "schema: 7")
    assert shell("run", study).code == WRONG_INPUT
    as_json = shell("run", study, "--json")
    assert as_json.code == WRONG_INPUT
    (problem,) = json.loads(as_json.out)["problems"]
    assert (problem["file"], problem["place"]) == ("study.yaml", "1")
    assert not (study / "results").exists()
    assert shell("run", "nowhere").code == WRONG_INPUT
    assert not (tmp_path / "nowhere").exists()


def test_results_that_cannot_be_written_name_the_way_out(shell: Shell, bare_study: Path, tmp_path: Path) -> None:
    (bare_study / "results").write_text("a file where the folder should be", "utf-8")
    done = shell("run", bare_study)
    assert done.code == WRONG_INPUT
    assert "--results FOLDER" in done.err
    done = shell("run", bare_study, "--results", "elsewhere", "--json")
    elsewhere = json.loads(done.out)
    assert Path(elsewhere["report"]).is_absolute()
    assert Path(elsewhere["report"]).is_file()
    following = shlex.split(next(line for line in done.err.splitlines() if line.startswith("next:")))
    assert following[1:3] == ["avpi", "show"]
    assert shell(*following[2:]).code == DONE
    assert Path(elsewhere["report"]).is_relative_to(tmp_path / "elsewhere")
    (row,) = json.loads(shell("studies", "--json").out)
    assert row["folder"] == str(bare_study)


def test_a_read_only_folder_is_seen_before_the_work(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    nobody = 65534
    as_root = os.geteuid() == 0
    if as_root:  # root writes anywhere: look at the folder as somebody else
        os.seteuid(nobody)
    try:
        with pytest.raises(StudyError, match=r"Permission denied.*--results FOLDER"):
            require_writable(locked / "results")
    finally:
        if as_root:
            os.seteuid(0)


def test_an_index_that_cannot_be_written_costs_a_warning_and_no_run(
    shell: Shell, bare_study: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").write_text("a file where the folder should be", "utf-8")
    done = shell("run", bare_study)
    assert done.code == SECTIONS_FAILED, "the parts failed, the index did not matter"
    assert len(whole_runs(bare_study)) == 1
    assert "The run is whole, but 'avpi studies' will not list it" in done.err
    assert f"avpi studies --rebuild {bare_study}" in done.err
    away = shell("run", bare_study, "--results", tmp_path / "away").err
    assert f"avpi studies --rebuild {tmp_path / 'away'}" in away, "the hint leads to where the run is"
    (tmp_path / "home").unlink()
    assert "not_determined" in shell("studies", "--rebuild", bare_study).out


def test_locked_refuses_inputs_that_differ_from_the_run_before(
    shell: Shell, ran_twice: TwoRuns, bare_study: Path, tmp_path: Path
) -> None:
    assert "no run yet" in shell("run", bare_study, "--locked").err
    study = tmp_path / "copy"
    shutil.copytree(ran_twice.study, study)
    image = study / "raw" / "exp1_cIAP1.tif"
    image.write_bytes(image.read_bytes() + b"\0")
    done = shell("run", study, "--locked")
    assert (done.code, len(whole_runs(study))) == (WRONG_INPUT, 2)
    assert "raw/exp1_cIAP1.tif: has changed since run" in done.err
    assert "exp1_plate_guide" not in done.err


def test_a_killed_run_leaves_the_earlier_ones_whole_and_the_next_one_goes_on(
    shell: Shell, ran_twice: TwoRuns, tmp_path: Path
) -> None:
    study = tmp_path / "copy"
    shutil.copytree(ran_twice.study, study)
    before = whole_runs(study)
    content = digests(study / "results")
    running = subprocess.Popen([*AVPI, "run", str(study)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + PATIENCE_S
    while not list((study / "results").glob(".*/*")) and time.monotonic() < until:
        assert running.poll() is None, "the run ended before it could be killed"
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert whole_runs(study) == before
    assert {name: sha for name, sha in digests(study / "results").items() if not name.startswith(".")} == content
    assert before[-1].name in shell("show", study).out
    (study / "raw" / "exp1_actin.tif").unlink()  # a shorter run will do
    assert shell("run", study).code == SECTIONS_FAILED
    assert len(whole_runs(study)) == 3
    assert [path for path in (study / "results").iterdir() if path.name.startswith(".")] == []


def test_two_runs_at_the_same_time_both_arrive(bare_study: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "AVPI_HOME": str(tmp_path / "home")}
    command = [*AVPI, "run", str(bare_study), "--json", "--quiet"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) for _ in "ab"]
    talk = [process.communicate(timeout=PATIENCE_S) for process in running]
    assert [process.returncode for process in running] == [SECTIONS_FAILED, SECTIONS_FAILED], talk
    assert {json.loads(out)["run"] for out, _ in talk} == {path.name for path in whole_runs(bare_study)}
    assert len(whole_runs(bare_study)) == 2
    with sqlite3.connect(tmp_path / "home" / "index.sqlite") as index:
        assert index.execute("SELECT count(*) FROM runs").fetchone() == (2,)
    index.close()


def test_a_plate_that_its_gate_stopped_is_not_a_run_without_reserve(shell: Shell, study: Path) -> None:
    change(study, "working_dose: 100 nM", "working_dose: 100 nM\nrules: {z_prime_fail: 0.98, z_prime_warn: 0.99}")
    done = shell("run", study, "--json")
    assert done.code == SECTIONS_FAILED
    called = json.loads(done.out)
    assert called["failed"] == []
    assert [(part["kind"], part["name"]) for part in called["not_used"]] == [("plate", "plate1")]
    assert "plate 'plate1' is not used in the verdict, because" in done.err


def test_the_module_is_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "avpi", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.startswith("avpi ")


@pytest.mark.slow
def test_the_demonstration_says_whether_the_call_is_the_truth(shell: Shell, tmp_path: Path) -> None:
    done = shell("demo", "no-tnf-arms", "--folder", tmp_path / "demo")
    assert done.code == DONE, done.err
    verdict, report = done.out.splitlines()
    assert verdict.startswith("not_determined: ")
    assert Path(report).is_file()
    assert "truth of the simulation: not_determined; called: not_determined" in done.err


@pytest.mark.parametrize(
    ("share", "words"), [(1.0, "> 99.9 %"), (0.9996, "> 99.9 %"), (0.973, "97.3 %"), (0.0004, "< 0.1 %"), (0.0, "0 %")]
)
def test_a_share_of_draws_is_never_printed_as_certain(share: float, words: str) -> None:
    assert percent(share) == words
