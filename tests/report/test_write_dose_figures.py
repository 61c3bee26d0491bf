"""The folder of curve figures: whole or not at all, names that do not clash, all formats with the table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from avpi.dose.fit_shape import fit_shape
from avpi.dose.shapes import FOUR_PARAMETERS
from avpi.errors import InputError
from avpi.report.drawn_curve import DrawnCurve
from avpi.report.write_dose_figures import file_names, write_curve_figures

LEVELS = np.array([0.0, *10.0 ** np.arange(-9, -4.9, 0.5)])


def curve(label: str, log10_ec50: float) -> DrawnCurve:
    y = FOUR_PARAMETERS.response(LEVELS, np.array([0.1, 1.0, log10_ec50, 1.2]))
    return DrawnCurve(label=label, fit=fit_shape(FOUR_PARAMETERS, LEVELS, y + 0.01 * np.cos(np.arange(y.size))))


def test_every_curve_has_its_files_and_its_legend(tmp_path: Path) -> None:
    curves = {"HT-29 / birinapant": curve("birinapant", -7.5), "HT-29 / BV6": curve("BV6", -8.0)}
    written = write_curve_figures(tmp_path / "figures", curves, together=True)
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    stems = ("ht-29-birinapant", "ht-29-bv6", "all-curves")
    assert names == {f"{stem}.{end}" for stem in stems for end in ("svg", "pdf", "png", "csv")} | {"captions.md"}
    assert {path.name for path in written} == names
    assert all(path.exists() for path in written)
    assert "# ht-29-bv6.svg" in (tmp_path / "figures" / "captions.md").read_text("utf-8")
    table = pd.read_csv(tmp_path / "figures" / "ht-29-bv6.csv")
    assert len(table.query("kind == 'point'")) == LEVELS.size


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="has files already"):
        write_curve_figures(tmp_path, {"a": curve("a", -7.0)})
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_curve_that_cannot_be_drawn_leaves_no_folder(tmp_path: Path) -> None:
    broken = DrawnCurve(label="b", fit=curve("b", -7.0).fit, experiments=("one",))
    with pytest.raises(InputError, match="1 experiments for 10 points"):
        write_curve_figures(tmp_path / "figures", {"a": curve("a", -7.0), "b": broken}, formats=("svg",))
    assert list(tmp_path.iterdir()) == []


def test_names_that_become_the_same_are_numbered() -> None:
    assert file_names(["A 1", "a-1", "A/1", "All curves"]) == ["a-1", "a-1-2", "a-1-3", "all-curves-2"]
