"""``avpi dose gr``: a table of counts in, GR metrics out; a curve that cannot be used stops no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from avpi.cli.main import DONE, SECTIONS_FAILED, WRONG_INPUT
from avpi.dose.growth_rate_fit import NUMBERS
from tests.cli.conftest import Done, Shell
from tests.formats.growth_counts import EC50_UM, Counts, made_counts, write_columns, write_files, write_rows

FEW = made_counts()
SMALL = Counts(
    treated={key: count for key, count in FEW.treated.items() if key[0] == "HT-29" and key[2] == "1"},
    control={("HT-29", "1"): FEW.control["HT-29", "1"]},
    time_zero={"HT-29": FEW.time_zero["HT-29"]},
)
"""The wells of one cell line and one replicate: two curves."""


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    return write_columns(SMALL, tmp_path / "counts.csv")


def printed(done: Done, code: int = DONE) -> dict[str, Any]:
    assert done.code == code, done.err
    loaded: dict[str, Any] = json.loads(done.out)
    return loaded


def test_a_line_for_each_curve_with_the_interval_of_its_gr50(shell: Shell, counts: Path) -> None:
    done = shell("dose", "gr", counts, "--unit", "uM")
    assert done.code == DONE, done.err
    same, header, *lines = done.out.splitlines()
    assert same == "cell_line HT-29, replicate 1, time 72"
    assert header.split() == ["agent", "GR50", "GRmax", "GRinf", "h", "AOC", "growth"]
    assert len(lines) == len(EC50_UM)
    assert lines[0].startswith("compound 1  ")
    assert " nM to " in lines[0]
    assert max(map(len, done.out.splitlines())) <= 100
    assert "all curves: what was counted is not stated" in done.err
    assert "scatter of control or time-zero wells is not known" in done.err
    assert "ATP stands for" in shell("dose", "gr", counts, "--unit", "uM", "--readout", "atp").err
    quiet = shell("dose", "gr", counts, "--unit", "uM", "--quiet")
    assert (quiet.out, quiet.err) == (done.out, "")


def test_controls_in_rows_and_in_files_give_the_curves_of_controls_in_columns(
    shell: Shell, counts: Path, tmp_path: Path
) -> None:
    data, ctrl, time0 = write_files(SMALL, tmp_path)
    columns = printed(shell("dose", "gr", counts, "--unit", "uM", "--json"))
    rows = printed(shell("dose", "gr", write_rows(SMALL, tmp_path / "rows.tsv"), "--unit", "uM", "--json"))
    files = shell("dose", "gr", data, "--control", ctrl, "--time-zero", time0, "--unit", "uM", "--json")
    for other in (rows, printed(files)):
        for one, two in zip(columns["curves"], other["curves"], strict=True):
            assert one["key"] == two["key"]
            assert one["gr50"]["value"] == pytest.approx(two["gr50"]["value"], rel=1e-9)
            # the scatter of control wells is known in these two, and widens the interval
            assert two["gr50"]["low"] < one["gr50"]["low"]
            assert "shared_error_unknown" not in {caveat["code"] for caveat in two["gr50"]["caveats"]}


def test_the_numbers_are_those_that_the_counts_were_made_with(shell: Shell, counts: Path) -> None:
    found = printed(shell("dose", "gr", counts, "--unit", "uM", "--json"))
    for curve, gec50 in zip(found["curves"], EC50_UM.values(), strict=True):
        truth = gec50 * 1e-6 * (1.3 / 0.8 - 1) ** (1 / 1.5)
        assert curve["gr50"]["low"] < truth < curve["gr50"]["high"]
        assert curve["growth"] == pytest.approx(4, rel=0.1)
        assert curve["flat_p"] < 1e-3
        assert set(NUMBERS) < set(curve)


def test_a_curve_that_cannot_be_used_has_a_reason_and_stops_no_other(shell: Shell, tmp_path: Path) -> None:
    text = write_columns(SMALL, tmp_path / "counts.csv").read_text("utf-8")
    header, *lines = text.splitlines()
    bad = [line.replace("compound 2", "slow").rsplit(",", 2)[0] + ",500,480" for line in lines if "compound 2" in line]
    few = [line.replace("compound 2", "one dose") for line in lines if "compound 2" in line][:1]
    path = tmp_path / "mixed.csv"
    path.write_text("\n".join([header, *lines, *bad, *few]) + "\n", "utf-8")
    done = shell("dose", "gr", path, "--unit", "uM")
    assert done.code == SECTIONS_FAILED
    assert done.out.count(" nM (") + done.out.count(" µM (") == 2
    assert "slow, 1, 72: untreated cells hardly grew (1.04 times" in done.err
    assert "one dose, 1, 72: GR is known at 1 dose" in done.err
    found = printed(shell("dose", "gr", path, "--unit", "uM", "--json"), SECTIONS_FAILED)
    states = {curve["key"]["agent"]: curve["gr50"]["state"] for curve in found["curves"]}
    assert states == {
        "compound 1": "measured", "compound 2": "measured", "slow": "not_estimable", "one dose": "not_estimable",
    }  # fmt: skip


def test_tables_of_metrics_and_of_values(shell: Shell, counts: Path, tmp_path: Path) -> None:
    metrics, values = tmp_path / "metrics.csv", tmp_path / "values.parquet"
    found = printed(shell("dose", "gr", counts, "--unit", "uM", "--out", metrics, "--values", values, "--json"))
    table, wells = pd.read_csv(metrics), pd.read_parquet(values)
    assert list(table["agent"]) == list(EC50_UM)
    assert list(table["gr50_molar"]) == [curve["gr50"]["value"] for curve in found["curves"]]
    assert set(table["gr50_state"]) == {"measured"}
    assert len(wells) == len(SMALL.treated)
    assert wells["gr"].between(-1, 1.5).all()
    again = shell("dose", "gr", counts, "--unit", "uM", "--out", metrics)
    assert again.code == WRONG_INPUT
    assert "is there already" in again.err
    both = shell("dose", "gr", counts, "--unit", "uM", "--out", "x.csv", "--values", "x.csv")
    assert "is also the file of --out" in both.err


def test_experiments_have_a_mean_with_their_number(shell: Shell, tmp_path: Path) -> None:
    both = Counts(
        treated={key: n for key, n in FEW.treated.items() if key[0] == "HT-29" and key[1] == "compound 1"},
        control=FEW.control,
        time_zero=FEW.time_zero,
    )
    path = write_columns(both, tmp_path / "two.csv")
    done = shell("dose", "gr", path, "--unit", "uM", "--experiment", "replicate")
    assert "over experiments" in done.out
    found = printed(shell("dose", "gr", path, "--unit", "uM", "--experiment", "replicate", "--json"))
    mean = found["experiments"][0]["gr50"]
    single = [curve["gr50"]["value"] for curve in found["curves"]]
    assert mean["n"] == 2
    assert min(single) <= mean["value"] <= max(single)
    assert mean["low"] < min(single)
    assert [curve["gr50"]["n"] for curve in found["curves"]] == [1, 1]


def test_wrong_input_is_told_on_both_channels(shell: Shell, counts: Path) -> None:
    done = shell("dose", "gr", counts)
    assert done.code == WRONG_INPUT
    assert "the concentrations have no unit" in done.err
    problems = json.loads(shell("dose", "gr", counts, "--json").out)["problems"]
    assert "--unit uM" in problems[0]["text"]
    assert "'CTG' is no such pair" in shell("dose", "gr", counts, "--column", "CTG").err
    twice = shell("dose", "gr", counts, "--column", "time=a", "--column", "time=b")
    assert "said to be 'a' and 'b'" in twice.err
    assert "no column 'lot' that could tell experiments apart" in shell(
        "dose", "gr", counts, "--unit", "uM", "--experiment", "lot"
    ).err  # fmt: skip


def test_the_help_fits_on_a_screen_and_shows_two_examples(shell: Shell) -> None:
    lines = shell("dose", "gr", "--help").out.splitlines()
    assert len(lines) <= 40
    assert sum(line.strip().startswith("avpi dose gr") for line in lines) == 2


def test_two_planned_doses_have_no_curve_however_they_were_rounded(shell: Shell, tmp_path: Path) -> None:
    lines = ["cell_line,agent,concentration_nM,cell_count,cell_count__ctrl,cell_count__time0"]
    wells = zip((10, 10.01, 9.99, 33.3, 33.33, 33.3), (1700, 1720, 1690, 900, 930, 890), strict=True)
    lines += [f"A,x,{dose},{count},2000,500" for dose, count in wells]
    path = tmp_path / "two.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    done = shell("dose", "gr", path)
    assert done.code == SECTIONS_FAILED
    assert "GR is known at 2 doses (those within 1 % are one), and a curve needs 3" in done.err
