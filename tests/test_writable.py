"""Whether a folder takes files is known before anything is computed, and nothing is left behind by asking."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from avpi.errors import InputError
from avpi.writable import require_writable, why_not_writable

PROC = Path("/proc")


def test_a_new_folder_below_one_that_is_there_is_fine_and_is_not_made(tmp_path: Path) -> None:
    assert why_not_writable(tmp_path) == ""
    assert why_not_writable(tmp_path / "a" / "b") == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", ["file", "file/a", "file/a/b"])
def test_a_file_is_no_folder_and_has_none_in_it(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("x")
    assert "file' is a file and no folder" in why_not_writable(tmp_path / below)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "Permission denied" in why_not_writable(tmp_path / "new")


def test_a_folder_in_which_the_system_refuses_files_is_refused_whoever_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(
        InputError, match=r"^--out: files cannot be made in .*new': Permission denied\. Expected"
    ) as told:
        require_writable(tmp_path / "new")
    assert "Name a folder in which you may write" in str(told.value)


@pytest.mark.skipif(not PROC.is_dir(), reason="a folder of Linux")
def test_a_folder_of_the_system_itself_is_refused() -> None:
    assert why_not_writable(PROC / "x") == "files cannot be made in '/proc/x': the system takes none there"


def test_links_to_nothing_and_names_that_are_too_long_are_refused(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "is a link that leads nowhere" in why_not_writable(tmp_path / "dangling")
    assert why_not_writable(tmp_path / "loop" / "x")
    long = why_not_writable(tmp_path / ("x" * 300))
    assert long.endswith("File name too long")
    assert len(long) < 300
