"""Names that would be taken for others are refused with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.study.studies import WHOLE, told


@pytest.mark.parametrize(
    ("compound", "meaning"), [("TNF", "reagent 'TNF'"), ("z-VAD-fmk", "reagent 'zVAD'"), ("DMSO", "'vehicle' wells")]
)
def test_a_compound_that_is_another_word_already_is_refused(tmp_path: Path, compound: str, meaning: str) -> None:
    text = "\n".join(told(tmp_path, WHOLE.replace("compound: birinapant", f"compound: {compound}")))
    assert f"study.yaml:3: 'compound' is '{compound}', which already means" in text
    assert meaning in text


def test_experiments_that_differ_only_in_capitals_are_refused(tmp_path: Path) -> None:
    text = "\n".join(told(tmp_path, WHOLE.replace("[day1, day2]", "[day1, day2, Day1]")))
    assert "experiment 'Day1' differs from 'day1' only in capitals or blanks" in text
