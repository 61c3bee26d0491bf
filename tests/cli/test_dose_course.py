"""``avpi dose course``: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from avpi.cli.main import DONE, SECTIONS_FAILED, WRONG_INPUT
from tests.cli.conftest import Shell

COURSE = [
    [1.00, 0.69, 0.43, 0.33, 0.12, 0.06, 0.05],
    [1.00, 0.63, 0.44, 0.27, 0.09, 0.05, 0.06],
    [1.00, 0.72, 0.51, 0.35, 0.14, 0.07, 0.05],
]
MINUTES = [0, 5, 10, 15, 30, 60, 120]


@pytest.fixture
def ciap1(tmp_path: Path) -> Path:
    path = tmp_path / "ciap1.csv"
    rows = [
        f"cIAP1,day {day},{minutes},{left}"
        for day, lanes in enumerate(COURSE, start=1)
        for minutes, left in zip(MINUTES, lanes, strict=True)
    ]
    path.write_text("\n".join(["protein,experiment,minutes,remaining", *rows]) + "\n", "utf-8")
    return path


def test_it_prints_the_numbers_and_says_how_the_table_was_read(shell: Shell, ciap1: Path) -> None:
    done = shell("dose", "course", ciap1)
    assert done.code == DONE, done.err
    assert done.out.startswith("cIAP1, 3 experiments, 21 lanes: loss to a floor (p < 0.0001 for no change)\n")
    assert "half-life" in done.out
    assert "n = 3)" in done.out
    assert "P(> 90 % lost by then)" in done.out
    assert "returns from" not in done.out
    assert "Times are minutes; what remains is fractions." in done.err


def test_json_and_table_hold_the_same_numbers(shell: Shell, ciap1: Path, tmp_path: Path) -> None:
    done = shell("dose", "course", ciap1, "--json", "--out", tmp_path / "out.csv")
    (series,) = json.loads(done.out)["series"]
    half_life = series["numbers"]["half_life_minutes"]
    assert half_life["state"] == "measured"
    assert half_life["n"] == 3
    assert [one["experiment"] for one in series["by_experiment"]] == ["day 1", "day 2", "day 3"]
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["experiment"] for row in rows] == ["", "day 1", "day 2", "day 3"]
    assert float(rows[0]["half_life_minutes_low"]) == pytest.approx(half_life["low"])
    assert rows[0]["lag_minutes"] == ""
    assert rows[0]["lag_minutes_state"] == "not_estimable"


def test_an_error_that_grows_with_the_band_changes_the_floor(shell: Shell, ciap1: Path) -> None:
    def floor(*more: str) -> dict[str, float]:
        told = json.loads(shell("dose", "course", ciap1, "--json", *more).out)
        found: dict[str, float] = told["series"][0]["by_experiment"][0]["numbers"]["floor"]
        return found

    plain, grown = floor("--relative-error", "0"), floor()
    assert grown["high"] - grown["low"] < plain["high"] - plain["low"]


def test_too_few_times_are_a_section_that_failed(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_text("minutes,remaining\n0,1\n30,0.1\n", "utf-8")
    done = shell("dose", "course", "few.csv")
    assert done.code == SECTIONS_FAILED
    assert "there are 2 different times" in done.out


def test_every_series_with_a_fault_is_named_before_anything_is_written(shell: Shell, tmp_path: Path) -> None:
    rows = "protein,minutes,remaining\ncIAP1,-5,1\ncIAP1,5,0.5\nXIAP,-1,1\n"
    (tmp_path / "wrong.csv").write_text(rows, "utf-8")
    done = shell("dose", "course", "wrong.csv", "--out", "out.csv")
    assert done.code == WRONG_INPUT
    assert "wrong.csv, cIAP1, lane 1: the time is '-5'" in done.err.replace("\n", " ")
    assert "the time is '-1'" in done.err
    assert not (tmp_path / "out.csv").exists()


def test_a_file_that_is_there_is_not_overwritten(shell: Shell, ciap1: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("mine", "utf-8")
    assert shell("dose", "course", ciap1, "--out", "out.csv").code == WRONG_INPUT
    assert (tmp_path / "out.csv").read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--relative-error", "-1"), "--relative-error: the relative error is '-1.0'"),
        (("--absolute-error", "0"), "--absolute-error: the absolute error is '0.0'"),
    ],
)
def test_a_wrong_error_is_named_by_its_option(option: tuple[str, str], message: str, shell: Shell, ciap1: Path) -> None:
    done = shell("dose", "course", ciap1, *option)
    assert (done.code, done.out) == (WRONG_INPUT, "")
    assert message in done.err


def test_a_loss_complete_at_the_first_harvest_is_a_loss(shell: Shell, tmp_path: Path) -> None:
    rows = "".join(f"{minutes},<0.05\n" for minutes in (5, 10, 20, 30, 60))
    (tmp_path / "gone.csv").write_text(f"minutes,remaining\n0,1\n{rows}", "utf-8")
    done = shell("dose", "course", "gone.csv")
    assert done.code == DONE, done.err
    assert done.out.startswith("course, 1 experiment, 6 lanes: loss, complete at the first harvest (p = 0.00025")
    assert "half-life               < 5 min" in done.out
    assert "left at 30 min          < 0.05" in done.out
    assert "not estimable" not in done.out


def test_a_loss_that_cannot_be_fitted_is_not_called_none(shell: Shell, tmp_path: Path) -> None:
    rows = "".join(f"{minutes},<0.05\n" for minutes in (10, 20, 30, 60))
    (tmp_path / "two.csv").write_text(f"minutes,remaining\n0,1\n5,0.1\n{rows}", "utf-8")
    done = shell("dose", "course", "two.csv")
    assert done.code == SECTIONS_FAILED
    assert done.out.startswith("course, 1 experiment, 6 lanes: a loss that cannot be fitted (p")


def test_a_start_of_nothing_is_refused_by_its_series(shell: Shell, tmp_path: Path) -> None:
    rows = "".join(f"XIAP,{minutes},0\n" for minutes in (0, 5, 10, 20, 30))
    (tmp_path / "nothing.csv").write_text(f"protein,minutes,remaining\n{rows}", "utf-8")
    done = shell("dose", "course", "nothing.csv")
    assert (done.code, done.out) == (WRONG_INPUT, "")
    assert "nothing.csv, XIAP: '0' remains at time 0" in done.err.replace("\n", " ")
