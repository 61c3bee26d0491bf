"""What the page about degradation shows is run: its table, its commands and its Python."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from avpi.cli.main import DONE, run_command
from tests.house.checkout import CHECKOUT

PAGE = (CHECKOUT / "docs" / "explanation" / "degradation.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TABLE = next(text for language, text in BLOCKS if language == "csv")
PYTHON = [text for language, text in BLOCKS if language == "python"]
COMMANDS = [line for language, text in BLOCKS if not language for line in text.splitlines() if line.startswith("avpi ")]


@pytest.fixture(autouse=True)
def folder_with_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ciap1.csv").write_text(TABLE, "utf-8")


def test_the_python_of_the_page_runs_from_top_to_bottom() -> None:
    names: dict[str, Any] = {}
    for number, block in enumerate(PYTHON):
        exec(compile(block, f"degradation.md, block {number + 1}", "exec"), names)
    assert len(PYTHON) == 2


def test_the_commands_of_the_page_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(COMMANDS) == 2
    for command in COMMANDS:
        assert run_command(shlex.split(command)[1:]) == DONE, capsys.readouterr().err
    assert "cIAP1, 3 experiments, 21 lanes: loss to a floor" in capsys.readouterr().out
    assert Path("ciap1_numbers.csv").is_file()


def test_every_caveat_that_a_number_may_carry_is_explained() -> None:
    for code in ("hook_not_fitted", "hook_not_excluded", "rebound_not_fitted", "floor_not_reached", "no_harvest_near"):
        assert f"`{code}`" in PAGE
