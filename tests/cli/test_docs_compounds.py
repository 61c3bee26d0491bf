"""What the page about compounds shows is run, and what the page of corrections cites is in the library."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from avpi.cli.main import DONE
from avpi.compounds.library import library, sources
from tests.cli.conftest import Shell
from tests.compounds.registered import study
from tests.house.checkout import CHECKOUT

PAGE = (CHECKOUT / "docs" / "howto" / "compounds.md").read_text("utf-8")
CORRECTIONS = (CHECKOUT / "docs" / "explanation" / "corrections.md").read_text("utf-8")
COMMANDS = [line.strip().partition(" > ")[0] for line in PAGE.splitlines() if line.startswith("    avpi ")]


def test_the_page_has_every_command() -> None:
    assert {command.split()[2] for command in COMMANDS if command.startswith("avpi compound")} == {
        "list", "show", "compare", "check", "update",
    }  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_of_the_page_run(command: str, shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "trials.json").write_text(json.dumps({"studies": [study("NCT04459715")]}), "utf-8")
    done = shell(*shlex.split(command)[1:])
    assert done.code == DONE, done.err
    assert done.out


def test_the_python_of_the_page_runs() -> None:
    names: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        exec(compile(block, "compounds.md", "exec"), names)
    assert names["heads"] == [0, 1]
    assert names["constants"]["cIAP1"] == 1.9


def test_the_page_explains_every_degree_of_verification() -> None:
    from avpi.cli.compound_words import VERIFIED

    used = {one.verified for record in library().values() for one in record.affinities}
    assert all(f"| {VERIFIED[word] or '(nothing)'} |" in PAGE for word in used)


def test_corrections_cite_sources_and_numbers_of_the_library() -> None:
    cited = {key for group in re.findall(r"\[([A-Z][A-Z0-9_, ]+)\]", CORRECTIONS) for key in group.split(", ")}
    assert len(cited) > 10
    assert cited <= set(sources())
    for name, values in {"xevinapant": "1.9 5.1 66.4", "birinapant": "1 36 45", "GDC-0152": "17 43 28 14"}.items():
        known = {one.value_nM for one in library()[name].affinities}
        assert {float(value) for value in values.split()} <= known
        row = next(line for line in CORRECTIONS.splitlines() if line.startswith(f"| {name} ") and "Ki" in line)
        assert all(re.search(rf"\b{re.escape(value)}\b", row) for value in values.split())
    numbers = {trial.nct for record in library().values() for trial in record.trials}
    assert set(re.findall(r"NCT\d{8}", CORRECTIONS)) <= numbers
