"""What the page about trials shows is run: its commands and its Python."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from avpi.cli.main import DONE, run_command
from avpi.clinic.scenario_schema import (
    ClassFile,
    ControlFile,
    DesignFile,
    DilutionFile,
    ExposureFile,
    PublishedFile,
    ScenarioFile,
    VariantFile,
)
from tests.house.checkout import CHECKOUT

PAGE = (CHECKOUT / "docs" / "howto" / "trials.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [line for _, text in BLOCKS for line in text.splitlines() if line.startswith("avpi ")]
FEWER = {"200": "20", "100": "20", "12": "4"}
"""Trials and tumours that the page asks for -> those that this test has time for."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_python_of_the_page_runs_from_top_to_bottom(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    python = [text for language, text in BLOCKS if language == "python"]
    for number, block in enumerate(python):
        exec(compile(block, f"trials.md, block {number + 1}", "exec"), names)
    assert len(python) == 2
    assert "±" in str(names["found"].shown[0].operating.rejects["log-rank"])
    assert float(capsys.readouterr().out.split()[-1]) < 1


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_page_run(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(command)[1:]
    quick = [
        FEWER.get(word, word) if words[i - 1] in ("--trials", "--tumours") else word for i, word in enumerate(words)
    ]
    assert run_command(quick) == DONE, capsys.readouterr().err


@pytest.mark.parametrize(
    "model",
    [ScenarioFile, PublishedFile, DesignFile, ControlFile, VariantFile, ClassFile, ExposureFile, DilutionFile],
)
def test_the_page_explains_every_key(model: Any) -> None:
    keys = {own.alias or name for name, own in model.model_fields.items()}
    assert {key for key in keys if f"`{key}`" not in PAGE} == set()
