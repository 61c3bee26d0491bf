"""What the page about simulating a line shows is run, with fewer cells."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from avpi.cli.main import DONE, run_command
from avpi.population.open_questions import QUESTIONS
from tests.house.checkout import CHECKOUT

PAGE = (CHECKOUT / "docs" / "howto" / "simulate-a-line.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [line for _, text in BLOCKS for line in text.splitlines() if line.startswith("avpi ")]
FEWER = ["--cells", "20", "--variant", "reference"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_python_of_the_page_runs_from_top_to_bottom() -> None:
    names: dict[str, Any] = {}
    python = [text for language, text in BLOCKS if language == "python"]
    for number, block in enumerate(python):
        exec(compile(block, f"simulate-a-line.md, block {number + 1}", "exec"), names)
    assert len(python) == 3
    assert names["well"].mode == "necroptosis"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_page_run(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([*shlex.split(command)[1:], *FEWER]) == DONE, capsys.readouterr().err


def test_the_page_has_a_command_of_each_kind_and_every_open_question() -> None:
    assert len(COMMANDS) > 6
    assert {command.split()[2] for command in COMMANDS} == {"--line", "matrix", "blot"}
    assert len(re.findall(r"^\| .+ \| `\w+\+` / `\w+-` \|$", PAGE, re.MULTILINE)) == len(QUESTIONS)
