"""Where a command cannot write, it says so before it computes: exit code 2, one line, and no crash file."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from avpi.cli.main import WRONG_INPUT
from avpi.facts.read import shipped_facts
from tests.cli.conftest import Shell

COMMANDS = {
    "network export": ("network", "export", "{}", "--line", "HT-29"),
    "lab make, declared": ("lab", "make", "{}", "--study", "trap"),
    "lab make, simulated": ("lab", "make", "{}", "--line", "HT-29", "--compound", "birinapant"),
    "simulate": ("simulate", "--line", "HT-29", "--condition", "SM", "--out", "{}"),
    "simulate matrix": ("simulate", "matrix", "--line", "HT-29", "--out", "{}"),
    "simulate blot": ("simulate", "blot", "--line", "HT-29", "--compound", "SM", "--out", "{}"),
    "calibrate": ("calibrate", "--out", "{}", "--fact", "{fact}"),
    "demo": ("demo", "trap", "--folder", "{}"),
}
COMPUTES = (
    "avpi.population.simulated.grow",
    "avpi.population.engagement.grow",
    "avpi.virtual_lab.from_pathway.grow_all",
    "avpi.population.petab.petab_files",
    "avpi.virtual_lab.lab_study.write_membranes",
    "avpi.calibration.sampler.sample",
)
"""Where each of these begins to compute."""


def _never(*_: object, **__: object) -> None:
    raise AssertionError("something was computed for a folder that takes nothing")


@pytest.fixture
def nothing_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in COMPUTES:
        monkeypatch.setattr(name, _never)


@cache
def first_fact() -> str:
    return shipped_facts().facts[0].id


@pytest.mark.usefixtures("nothing_is_computed")
@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("place", ["file", "file/below", "/proc/avpi", "dangling"])
def test_a_place_that_takes_no_files_is_wrong_input(
    shell: Shell, tmp_path: Path, words: tuple[str, ...], place: str
) -> None:
    if place.startswith("/proc") and not Path("/proc").is_dir():
        pytest.skip("a folder of Linux")
    (tmp_path / "file").write_text("x")
    (tmp_path / "dangling").symlink_to("nowhere")
    done = shell(*(word.format(place, fact=first_fact()) for word in words))
    assert done.code == WRONG_INPUT, done.err
    assert "is a file" in done.err or "files cannot be made in" in done.err or "leads nowhere" in done.err
    assert done.out == ""
    assert not list(tmp_path.glob("crash-*"))


EMPTY = {
    **COMMANDS,
    "simulate model": ("simulate", "m.xml", "--until", "1", "--out", "{}"),
    "init": ("init", "{}"),
    "run": ("run", "x", "--results", "{}"),
    "blanks": ("network", "export", "  {}", "--line", "HT-29"),
}


@pytest.mark.usefixtures("nothing_is_computed")
@pytest.mark.parametrize("words", EMPTY.values(), ids=EMPTY)
def test_an_empty_name_is_not_the_folder_one_is_in(shell: Shell, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = shell(*(word.format("", fact="x") for word in words))
    place = next((option for option in ("--out", "--results", "--folder") if option in words), "FOLDER")
    assert (done.code, done.out) == (WRONG_INPUT, "")
    assert (
        done.err
        == f"{place}: {place} is empty. Expected the name of a file or folder. Is a variable of the shell unset?\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_reader_that_closes_its_end_is_told_and_is_no_crash(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "avpi", "network", "show", "--json"],
            stdout=closed, stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False,
        )  # fmt: skip
    assert done.returncode == WRONG_INPUT
    assert done.stderr.startswith("standard output: its reader closed it before everything was written")
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.glob("crash-*"))
