"""``avpi dose fit --shape`` and ``--figures``: both EC50s in the shape asked for, and figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from avpi.cli.main import DONE, WRONG_INPUT
from avpi.dose import table_nulls
from avpi.dose.shapes import FLAT, FOUR_PARAMETERS, HOOK
from tests.cli.conftest import Shell
from tests.dose.test_curve_table import SMALL_NULL

DOSES = np.array([0.0, *10.0 ** np.arange(-9, -4.9, 0.5)])
TRUTHS = {
    "fall": (FOUR_PARAMETERS, [0.15, 1.0, -7.3, 1.3]),
    "inert": (FLAT, [1.0]),
    "degrader": (HOOK, [0.1, 1.0, 0.7, -8.0, 2.0, 1.5, 1.5]),
}


@pytest.fixture(autouse=True)
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    monkeypatch.setattr(table_nulls, "NULL_SIZES", SMALL_NULL)
    random = np.random.default_rng(4)
    rows = []
    for name, (shape, truth) in TRUTHS.items():
        for experiment in ("day 1", "day 2"):
            y = shape.response(DOSES, np.array(truth)) + 0.04 * random.standard_normal(DOSES.size)
            rows += [
                {"compound": name, "experiment": experiment, "dose_nM": 1e9 * dose, "viability": value}
                for dose, value in zip(DOSES, y, strict=True)
            ]
    frame = pd.DataFrame(rows)
    frame.to_csv(tmp_path / "wells.csv", index=False)
    return frame


def test_both_ec50s_are_told_with_what_qualifies_them(shell: Shell) -> None:
    done = shell("dose", "fit", "wells.csv", "--curve", "compound", "--shape", "four", "--figures", "f", "--json")
    assert done.code == DONE, done.err
    found = json.loads(done.out)
    fall, inert, degrader = found["fits"]
    assert fall["ec50_relative"]["low"] < 10**-7.3 < fall["ec50_relative"]["high"]
    assert fall["ec50_absolute"]["value"] > fall["ec50_relative"]["value"]
    assert fall["ec50_relative"]["n"] == fall["n_experiments"] == 2
    assert inert["ec50_relative"]["state"] == "not_estimable"
    assert inert["reason"].startswith("flat (p = ")
    assert "rises again" in degrader["suspected_hook"]
    assert "hook_suspected" in {caveat["code"] for caveat in degrader["ec50_relative"]["caveats"]}
    assert found["figures"] == "f"


def test_each_curve_has_its_figure_and_no_folder_is_overwritten(shell: Shell, tmp_path: Path) -> None:
    wells = pd.read_csv(tmp_path / "wells.csv")
    wells[wells["compound"] == "fall"].to_csv(tmp_path / "one.csv", index=False)
    command = ("dose", "fit", "one.csv", "--curve", "compound", "--figures", "figures")
    assert shell(*command).code == DONE
    made = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert made == ["captions.md", "fall.csv", "fall.pdf", "fall.png", "fall.svg"]
    points = pd.read_csv(tmp_path / "figures" / "fall.csv")
    assert set(points.loc[points["kind"] == "point", "experiment"]) == {"day 1", "day 2"}
    again = shell(*command)
    assert again.code == WRONG_INPUT
    assert "has files already" in again.err


def test_more_figures_than_anybody_looks_at_are_refused_before_the_fit(shell: Shell, tmp_path: Path) -> None:
    wells = pd.read_csv(tmp_path / "wells.csv")
    many = pd.concat([wells.assign(plate=i) for i in range(10)])
    many.to_csv(tmp_path / "many.csv", index=False)
    done = shell("dose", "fit", "many.csv", "--figures", "figures")
    assert done.code == WRONG_INPUT
    assert "there are 60 curves" in done.err
    assert not (tmp_path / "figures").exists()


def test_the_table_has_a_row_for_each_curve(shell: Shell, tmp_path: Path) -> None:
    done = shell("dose", "fit", "wells.csv", "--curve", "compound", "--shape", "three", "--out", "o.csv")
    assert done.code == DONE, done.err
    found = pd.read_csv(tmp_path / "o.csv").set_index("compound")
    assert list(found.index) == list(TRUTHS)
    assert found["held"]["fall"] == "top=1"
    assert found["ec50_absolute_low_molar"]["fall"] < found["ec50_absolute_molar"]["fall"]
    assert np.isnan(found["ec50_relative_molar"]["inert"])


def test_three_parameters_of_raw_responses_are_refused(shell: Shell) -> None:
    done = shell("dose", "fit", "wells.csv", "--shape", "three", "--scale", "raw")
    assert done.code == WRONG_INPUT
    assert "'three' holds the top at the control" in done.err


def test_the_best_shape_of_a_hook_is_a_hook(shell: Shell, tmp_path: Path) -> None:
    wells = pd.read_csv(tmp_path / "wells.csv")
    wells[wells["compound"] == "degrader"].to_csv(tmp_path / "one.csv", index=False)
    done = shell("dose", "fit", "one.csv", "--curve", "compound", "--shape", "best")
    assert done.code == DONE, done.err
    first, relative, absolute = done.out.splitlines()
    assert first.startswith("degrader  hook, Akaike weight 1.00")
    assert relative.startswith("  relative EC50 ")
    assert absolute.startswith("  absolute EC50 ")
