"""What is kept on disk, and that it can always be done without."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from llvmlite import ir

from avpi.compute.cache_place import cache_folder
from avpi.solver import cache_folder as cache_folder_module
from avpi.solver import machine
from avpi.solver.cache_folder import keep, kept
from avpi.solver.machine import compile_module
from avpi.solver.model import Model
from avpi.solver.simulate import simulate
from tests.solver.models import decay


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "below" / "cache"
    monkeypatch.setenv("AVPI_CACHE", str(folder))
    return folder


def only_entry(folder: Path) -> Path:
    (entry,) = folder.iterdir()
    return entry


def test_what_was_kept_is_found_again(own_folder: Path) -> None:
    assert kept("code-abc") is None
    keep("code-abc", b"some code")
    assert kept("code-abc") == b"some code"
    assert kept("code-abd") is None
    assert only_entry(own_folder).name.startswith("code-")


def test_the_last_that_was_kept_counts() -> None:
    keep("code-abc", b"old")
    keep("code-abc", b"new")
    assert kept("code-abc") == b"new"


def test_nothing_is_kept_as_nothing() -> None:
    keep("code-abc", b"")
    assert kept("code-abc") == b""


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 100])
def test_a_damaged_entry_counts_as_none(own_folder: Path, damage: bytes) -> None:
    keep("code-abc", b"some code")
    only_entry(own_folder).write_bytes(damage)
    assert kept("code-abc") is None


def test_an_entry_with_one_bit_changed_counts_as_none(own_folder: Path) -> None:
    keep("code-abc", b"some code")
    entry = only_entry(own_folder)
    content = bytearray(entry.read_bytes())
    content[-1] ^= 1
    entry.write_bytes(content)
    assert kept("code-abc") is None


def test_what_other_sources_made_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    keep("code-abc", b"some code")
    monkeypatch.setattr(cache_folder_module, "_own_sources", lambda: "another version")
    assert kept("code-abc") is None


def test_a_folder_that_is_a_file_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("AVPI_CACHE", str(file))
    keep("code-abc", b"some code")
    assert kept("code-abc") is None


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_done_without(own_folder: Path) -> None:
    own_folder.mkdir(parents=True, mode=0o500)
    keep("code-abc", b"some code")
    assert kept("code-abc") is None


def test_a_full_disk_leaves_nothing_behind(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    keep("code-abc", b"some code")
    assert kept("code-abc") is None
    assert list(own_folder.iterdir()) == []


def test_an_entry_in_the_way_is_done_without(own_folder: Path) -> None:
    keep("code-abc", b"some code")
    entry = only_entry(own_folder)
    entry.unlink()
    entry.mkdir()
    keep("code-abc", b"some code")
    assert kept("code-abc") is None
    assert list(own_folder.iterdir()) == [entry]


def test_without_a_wish_the_cache_lies_where_the_platform_keeps_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AVPI_CACHE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/tmp/caches")
    assert cache_folder() == Path("/var/tmp/caches/avpi")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "avpi"
    monkeypatch.setattr("sys.platform", "darwin")
    assert cache_folder() == Path.home() / "Library" / "Caches" / "avpi"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    assert cache_folder() == Path("/local/avpi/cache")


def returning(number: int) -> machine.MachineCode:
    """Compile a function that returns 7, counting how often it is written."""

    def write(module: ir.Module) -> None:
        written.append(number)
        function = ir.Function(module, ir.FunctionType(ir.IntType(64), []), "seven")
        ir.IRBuilder(function.append_basic_block()).ret(ir.Constant(ir.IntType(64), 7))

    return compile_module("a test of the cache", write, ("seven",))


written: list[int] = []


def test_code_is_made_once_and_anew_where_it_was_damaged(own_folder: Path) -> None:
    written.clear()
    returning(1)
    returning(2)
    assert written == [1]
    only_entry(own_folder).write_bytes(b"damaged")
    returning(3)
    returning(4)
    assert written == [1, 3]


def test_a_damaged_model_is_read_anew(own_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    path.write_text(decay())
    model = Model.from_sbml(path)
    only_entry(own_folder).write_bytes(b"damaged")
    assert Model.from_sbml(path) == model
    assert kept_models(own_folder) == 1


def kept_models(folder: Path) -> int:
    return len(list(folder.glob("sbml-*")))


def test_a_model_that_changed_is_not_taken_from_the_cache(own_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    path.write_text(decay(rate=0.5))
    first = Model.from_sbml(path)
    path.write_text(decay(rate=0.7))
    assert (first.parameters["k"], Model.from_sbml(path).parameters["k"]) == (0.5, 0.7)
    assert kept_models(own_folder) == 2


def test_a_simulation_needs_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.xml"
    path.write_text(decay(start=11.0))
    monkeypatch.setenv("AVPI_CACHE", str(path))  # a file: nothing can be kept in it
    found = simulate(Model.from_sbml(path), times=[0.0, 1.0])
    np.testing.assert_allclose(found.of("A")[0], 11 * np.exp([0.0, -0.5]), rtol=1e-4)
