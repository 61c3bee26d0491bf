"""Earlier runs are found again, by their folder or by their name."""

from __future__ import annotations

import json
from pathlib import Path

from avpi.cli.main import DONE, SECTIONS_FAILED, WRONG_INPUT
from tests.cli.conftest import Shell
from tests.store.finished_run import write_run

FIRST, SECOND = "20260131-091502-000001-abababab", "20260201-091502-000001-abababab"


def test_show_gives_the_latest_run_of_a_study(shell: Shell, tmp_path: Path) -> None:
    write_run(tmp_path / "s", SECOND, run_at="2026-02-01T09:15:02+00:00", called="mixed/autocrine")
    write_run(tmp_path / "s", FIRST)
    done = shell("show", "s")
    assert done.code == DONE
    assert "mixed/autocrine: Birinapant kills by apoptosis." in done.out
    assert "Does the mimetic kill alone? yes (99 %)" in done.out
    assert "warning: plate1: Z' is 0.35." in done.out
    assert "add: SM+anti-TNF, because it tells whose TNF it is" in done.out
    assert json.loads(shell("show", "s", "--json").out)["run"] == SECOND
    assert "apoptosis/autocrine: Birinapant" in shell("show", f"s/results/{FIRST}").out


def test_show_finds_a_run_by_the_beginning_of_its_name(shell: Shell, tmp_path: Path) -> None:
    write_run(tmp_path / "s", FIRST)
    write_run(tmp_path / "s", SECOND)
    assert shell("studies", "--rebuild", ".").code == DONE
    assert json.loads(shell("show", "20260131", "--json").out)["run"] == FIRST
    ambiguous = shell("show", "2026")
    assert ambiguous.code == WRONG_INPUT
    first, *runs = ambiguous.err.splitlines()
    assert "names 2 runs" in first
    assert [line.split(":")[0] for line in runs] == [SECOND, FIRST]


def test_show_of_something_else_says_what_it_looked_for(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "'empty' holds no run yet" in shell("show", "empty").err
    unknown = shell("show", "nothing")
    assert unknown.code == WRONG_INPUT
    assert "neither a study folder nor a run" in unknown.err


def test_show_of_a_study_that_was_moved_names_the_remedy(shell: Shell, tmp_path: Path) -> None:
    write_run(tmp_path / "s", FIRST)
    shell("studies", "--rebuild", ".")
    (tmp_path / "s").rename(tmp_path / "t")
    done = shell("show", FIRST)
    assert done.code == WRONG_INPUT
    assert "--rebuild" in done.err


def test_studies_lists_each_study_with_its_latest_call(shell: Shell, tmp_path: Path) -> None:
    none = shell("studies")
    assert (none.code, none.out) == (DONE, "")
    write_run(tmp_path / "s", FIRST, title="Birinapant in 231")
    listed = shell("studies", "--rebuild", ".")
    assert "2026-01-31 09:15Z  apoptosis/autocrine (97 %)  Birinapant in 231" in listed.out
    (row,) = json.loads(shell("studies", "--json").out)
    assert (row["runs"], row["latest"]["run"]) == (1, FIRST)


def test_a_run_that_cannot_be_read_is_told_and_the_rest_is_listed(shell: Shell, tmp_path: Path) -> None:
    write_run(tmp_path / "s", FIRST)
    (write_run(tmp_path / "t", FIRST) / "verdict.json").write_text("[]", "utf-8")
    done = shell("studies", "--rebuild", ".", "--json")
    assert done.code == SECTIONS_FAILED
    assert "holds no JSON object" in done.err
    assert len(json.loads(done.out)) == 1


def test_an_index_that_cannot_be_opened_is_wrong_input(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be", "utf-8")
    done = shell("studies")
    assert done.code == WRONG_INPUT
    assert "AVPI_HOME" in done.err
