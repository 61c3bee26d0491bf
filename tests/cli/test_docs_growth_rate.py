"""What the page about growth-rate inhibition shows is run: its Python writes the table that its command reads."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from avpi.cli.main import DONE, run_command
from tests.house.checkout import CHECKOUT

PAGE = (CHECKOUT / "docs" / "howto" / "growth-rate.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_blocks_of_the_page_run_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    commands = 0
    for number, (language, text) in enumerate(BLOCKS):
        if language == "python":
            exec(compile(text, f"growth-rate.md, block {number + 1}", "exec"), names)
            continue
        for line in text.splitlines():
            commands += 1
            assert run_command(shlex.split(line)[1:]) == DONE, capsys.readouterr().err
    assert commands == 1
    printed = capsys.readouterr()
    assert "GR50" in printed.out
    assert "untreated cells hardly grew" in printed.out
    assert "ATP" not in printed.err
    assert Path("metrics.csv").is_file()
    assert Path("values.csv").is_file()
    assert names["fit"].gr50.value == pytest.approx(2.5e-7, rel=0.3)


def test_every_option_that_the_page_names_exists(capsys: pytest.CaptureFixture[str]) -> None:
    run_command(["dose", "gr", "--help"])
    told = capsys.readouterr().out
    for option in set(re.findall(r"--[a-z][a-z-]+", PAGE)):
        assert option in told
