"""Compiled code is taken again only from the very sources that it was made of, and is no condition of a result."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numba
import pytest

from avpi.compute import compiled as module
from avpi.compute.compiled import compiled, compiled_folder, is_kept


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    compiled_folder.cache_clear()
    yield
    compiled_folder.cache_clear()


HERE = Path(__file__).parent


def doubled(x: float) -> float:
    return 2 * x


def test_other_sources_have_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVPI_CACHE", str(tmp_path))
    first = compiled_folder(HERE)
    compiled_folder.cache_clear()
    monkeypatch.setattr(module, "digest_of_sources", lambda folder: "another version")
    second = compiled_folder(HERE)
    assert first is not None
    assert second is not None
    assert first != second


def test_what_was_compiled_lies_there_and_numba_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVPI_CACHE", str(tmp_path))
    settings = vars(numba.config)
    before = settings["CACHE_DIR"]
    assert compiled()(doubled)(1.5) == 3.0
    assert settings["CACHE_DIR"] == before
    assert list(tmp_path.rglob("*.nbc")), "nothing was kept"


def test_what_was_kept_by_an_earlier_run_is_known_before_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVPI_CACHE", str(tmp_path))
    first = compiled()(doubled)
    assert not is_kept(first)
    first(1.5)
    assert is_kept(first)
    assert is_kept(compiled()(doubled)), "another run finds it on disc"


def test_without_a_place_to_write_it_is_compiled_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AVPI_CACHE", str(tmp_path / "file"))
    assert compiled_folder(HERE) is None
    assert compiled()(doubled)(1.5) == 3.0
