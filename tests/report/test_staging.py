"""A results folder is whole or not there, whatever kills the writer."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from avpi.report.staging import REPLACED, WRITING, whole_or_nothing

KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from avpi.report.staging import whole_or_nothing
with whole_or_nothing(Path(sys.argv[1]), "run") as staged:
    (staged / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def write(folder: Path, name: str, text: str) -> None:
    with whole_or_nothing(folder, name) as staged:
        (staged / "report").write_text(text)


def test_a_killed_writer_leaves_the_run_before_whole_and_the_next_one_sweeps(tmp_path: Path) -> None:
    write(tmp_path, "run", "before")
    killed = subprocess.run([sys.executable, "-c", KILLED_WRITER, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / "run" / "report").read_text() == "before"
    assert len(list(tmp_path.glob(f"{WRITING}*"))) == 1
    write(tmp_path, "next", "after")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["next", "run"]


def test_a_living_writer_is_not_swept(tmp_path: Path) -> None:
    with whole_or_nothing(tmp_path, "slow") as staged:
        (staged / "report").write_text("slow")
        write(tmp_path, "quick", "quick")
    assert (tmp_path / "slow" / "report").read_text() == "slow"


def test_a_run_of_the_same_name_is_replaced_whole(tmp_path: Path) -> None:
    write(tmp_path, "run", "before")
    (tmp_path / "run" / "extra").write_text("of the old run")
    write(tmp_path, "run", "after")
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["report"]
    assert (tmp_path / "run" / "report").read_text() == "after"


def test_a_replacement_that_was_cut_short_is_put_back(tmp_path: Path) -> None:
    write(tmp_path, "run", "before")
    (tmp_path / "run").rename(tmp_path / f"{REPLACED}run")
    write(tmp_path, "next", "after")
    assert (tmp_path / "run" / "report").read_text() == "before"


def test_a_rename_that_fails_puts_the_old_run_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "run", "before")
    rename = Path.rename

    def no_room(self: Path, target: Path) -> Path:
        if self.name.startswith(WRITING):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", no_room)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path, "run", "after")
    assert (tmp_path / "run" / "report").read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
