"""The demonstration studies end to end: raw files to the call that their truth asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from avpi.virtual_lab.studies import DEMO_STUDIES, make_study
from avpi.workflow import run_study


@pytest.mark.parametrize("name", DEMO_STUDIES)
@pytest.mark.parametrize("seed", [None, 11])
def test_a_simulated_study_is_called_as_it_was_made(name: str, seed: int | None, tmp_path: Path) -> None:
    made = make_study(name, tmp_path / name, seed=seed)
    verdict = run_study(tmp_path / name).verdict
    assert verdict.called == made.truth
    assert verdict.probability >= 0.8
    assert set(made.missing) <= set(verdict.missing)


def test_the_same_files_give_the_same_verdict_to_the_last_digit(tmp_path: Path) -> None:
    make_study("trap", tmp_path / "a")
    make_study("trap", tmp_path / "b")
    assert run_study(tmp_path / "a").verdict == run_study(tmp_path / "b").verdict
