"""Exit codes and the manners of the command line."""

from __future__ import annotations

import errno
import json
import tempfile
from pathlib import Path

import click
import pytest

from avpi.cli import main as command_line
from avpi.cli.main import DONE, INTERRUPTED, OUR_BUG, SECTIONS_FAILED, WRONG_INPUT
from avpi.cli.terminal import Terminal
from avpi.errors import InputError, NotAnalysed, OurFault, Problem
from tests.cli.conftest import Shell


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Make ``avpi studies`` end with an error."""

    def install(error: BaseException) -> None:
        def callback(**_: object) -> None:
            raise error

        command = click.Command("studies", callback=callback)
        monkeypatch.setattr(command_line.avpi, "get_command", lambda _ctx, _name: command)

    return install


def test_version_and_help_are_data(shell: Shell) -> None:
    assert shell("--version").out.startswith("avpi 0.")
    helped = shell("--help")
    assert (helped.code, helped.err) == (DONE, "")
    assert all(name in helped.out for name in ("init", "demo", "check", "run", "show", "studies", "plate"))


@pytest.mark.parametrize("arguments", [["quantify"], ["run"], ["run", "x", "--fast"], ["demo", "trap", "--all"]])
def test_a_command_line_that_cannot_be_meant_is_wrong_input(shell: Shell, arguments: list[str]) -> None:
    done = shell(*arguments)
    assert (done.code, done.out) == (WRONG_INPUT, "")
    assert "Error:" in done.err


def test_every_problem_of_the_input_stands_on_a_line_of_its_own(shell: Shell, failing) -> None:  # type: ignore[no-untyped-def]
    failing(
        InputError([Problem(file="study.yaml", place="3", what="'a' is wrong"), Problem(file="b.tif", what="is cut")])
    )
    done = shell("studies")
    assert done.code == WRONG_INPUT
    assert done.err.splitlines() == ["study.yaml:3: 'a' is wrong.", "b.tif: is cut."]


def test_a_part_that_cannot_be_analysed_is_no_wrong_input(shell: Shell, failing) -> None:  # type: ignore[no-untyped-def]
    failing(NotAnalysed("no_vehicle_wells", "no DMSO wells"))
    done = shell("studies")
    assert (done.code, done.err) == (SECTIONS_FAILED, "Not analysed, because no DMSO wells\n")


@pytest.mark.parametrize("error", [OurFault("two trees"), KeyError("lane"), OSError(errno.EBADF, "Bad descriptor")])
def test_our_bug_leaves_a_file_and_two_lines(shell: Shell, failing, tmp_path: Path, error: Exception) -> None:  # type: ignore[no-untyped-def]
    failing(error)
    done = shell("studies")
    (crash,) = tmp_path.glob("crash-*.txt")
    assert done.code == OUR_BUG
    assert len(done.err.splitlines()) == 2
    assert str(crash) in done.err
    text = crash.read_text("utf-8")
    assert "Traceback" in text
    assert "command: avpi studies" in text


def test_a_crash_in_a_folder_that_is_gone_goes_to_the_temporary_one(  # type: ignore[no-untyped-def]
    shell: Shell, failing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(KeyError("lane"))
    (tmp_path / "gone").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert shell("studies").code == OUR_BUG
    assert len(list((tmp_path / "temporary").glob("crash-*.txt"))) == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_or_locked_disk_is_not_our_bug(shell: Shell, failing, tmp_path: Path, number: int) -> None:  # type: ignore[no-untyped-def]
    failing(OSError(number, "the disk says no", "results/x"))
    done = shell("studies")
    assert done.code == WRONG_INPUT
    assert done.err.startswith("results/x: the disk says no.")
    assert list(tmp_path.glob("crash-*")) == []


def test_an_interrupt_is_said_and_has_its_own_code(shell: Shell, failing) -> None:  # type: ignore[no-untyped-def]
    failing(KeyboardInterrupt())
    done = shell("studies")
    assert done.code == INTERRUPTED
    assert "Interrupted" in done.err


def test_quiet_silences_talk_but_not_data(shell: Shell, tmp_path: Path) -> None:
    for arguments in (["--quiet", "init", "a"], ["init", "b", "--quiet"]):
        done = shell(*arguments)
        assert done.err == ""
        assert "study.yaml" in done.out


def test_progress_is_a_line_for_each_step_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    steps = [Path("a.tif"), Path("b.tif")]
    assert list(Terminal().progress(steps, "blots")) == steps
    assert capsys.readouterr().err.splitlines() == ["blots 1/2: a.tif", "blots 2/2: b.tif"]
    assert list(Terminal(quiet=True).progress(steps, "blots")) == steps
    assert capsys.readouterr().err == ""


def test_a_terminal_shows_a_bar_and_no_colours_where_they_are_not_wanted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    assert list(terminal.progress(["blot1", "blot2"], "blots")) == ["blot1", "blot2"]
    terminal.fault("wrong")
    printed = capsys.readouterr().err
    assert "wrong" in printed
    assert "\x1b[31m" not in printed


def test_json_never_holds_a_number_that_json_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        Terminal().json({"probability": float("nan")})
    Terminal().json({"µ": 1.5})
    assert json.loads(capsys.readouterr().out) == {"µ": 1.5}
