"""What the page about the virtual lab shows is run, and what it tabulates is what there is."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from avpi.cli.main import DONE, run_command
from avpi.virtual_lab.design import DESIGNS, READERS, Design
from avpi.virtual_lab.faults import FAULT_NAMES, FAULTS, parse_fault
from avpi.virtual_lab.studies import DEMO_STUDIES
from avpi.virtual_lab.truth import Truth
from tests.virtual_lab.small_truth import truth_for

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "howto" / "virtual-lab.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [line for _, text in BLOCKS for line in text.splitlines() if line.startswith("avpi lab ")]
EXPERIMENTS = ("exp1", "exp2", "exp3")


@pytest.fixture(autouse=True)
def folder_and_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def truth_of(*, design: Design, **_: Any) -> Truth:
        return truth_for(design)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "avpi.virtual_lab.from_pathway", SimpleNamespace(truth_of=truth_of))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(shlex.split(command)[1:]) == DONE, capsys.readouterr().err


def test_the_python_of_the_page_runs() -> None:
    (block,) = (text for language, text in BLOCKS if language == "python")
    exec(compile(block, "virtual-lab.md", "exec"), {})
    assert Path("from-python/study.yaml").is_file()


def test_the_page_tabulates_every_fault_with_its_usual_strength_and_place() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]*: ([\d.]+)[^|]*\| (every|first|last) experiment ", PAGE, re.MULTILINE)
    assert [row[0] for row in rows] == list(FAULT_NAMES)
    for name, strength, where in rows:
        fault = parse_fault(name, EXPERIMENTS)
        assert fault.strength == float(strength)
        assert FAULTS[fault.name].where == where


def test_the_page_names_every_study_design_and_reader() -> None:
    assert re.findall(r"^\| `([a-z][\w-]*)` \| [^|]*\|$", PAGE, re.MULTILINE) == list(DEMO_STUDIES)
    assert re.findall(r"^\| `--design (\w+)`", PAGE, re.MULTILINE) == list(DESIGNS)
    assert all(f"`{reader}` (" in PAGE for reader in READERS)
