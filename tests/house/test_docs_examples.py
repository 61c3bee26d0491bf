"""What the page about simulation shows is run: its commands and its Python, against a model as it describes it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from avpi.cli.main import DONE, run_command
from avpi.solver.status import Status
from tests.compute.cascade import DEATH
from tests.house.checkout import CHECKOUT

PAGE = (CHECKOUT / "docs" / "howto" / "simulate.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PYTHON = [text for language, text in BLOCKS if language == "python"]
COMMANDS = [line for _, text in BLOCKS for line in text.splitlines() if line.startswith("avpi ")]


@pytest.fixture(autouse=True)
def folder_with_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AVPI_CACHE", str(tmp_path / "cache"))
    Path("death.xml").write_text(DEATH, "utf-8")


def test_the_python_of_the_page_runs_from_top_to_bottom() -> None:
    names: dict[str, Any] = {}
    for number, block in enumerate(PYTHON):
        exec(compile(block, f"simulate.md, block {number + 1}", "exec"), names)
    assert len(PYTHON) > 5
    assert names["dying"].status[0] == Status.STOPPED


def test_the_commands_of_the_page_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(COMMANDS) > 4
    for command in COMMANDS:
        assert run_command(shlex.split(command)[1:]) == DONE, capsys.readouterr().err
    assert "stopped: " in capsys.readouterr().out
    assert Path("cells.parquet").is_file()


def test_the_page_explains_every_status() -> None:
    assert re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE) == [status.name for status in Status]
