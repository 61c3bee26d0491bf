"""``avpi dose fit``: a table of wells in, a table of curves out, and plain words for what cannot be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from avpi.cli.main import DONE, SECTIONS_FAILED, WRONG_INPUT
from avpi.dose import fit_table as module
from avpi.dose import table_nulls
from avpi.dose.fit_columns import DESCRIPTIONS
from tests.cli.conftest import Shell
from tests.compute.cluster_processes import ClusterProcesses
from tests.dose.test_curve_table import SMALL_NULL, wells


@pytest.fixture(autouse=True)
def small_nulls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_nulls, "NULL_SIZES", SMALL_NULL)


@pytest.fixture
def good(tmp_path: Path) -> pd.DataFrame:
    """A screen without the curve that has too few wells."""
    frame = wells(9).reset_index(drop=True)
    frame.to_csv(tmp_path / "screen.csv", index=False)
    return frame


@pytest.mark.usefixtures("good")
def test_each_curve_is_a_line(shell: Shell) -> None:
    done = shell("dose", "fit", "screen.csv")
    assert done.code == DONE
    lines = done.out.splitlines()
    assert len(lines) == 9
    assert lines[0].startswith(
        "c0, l0  EC50 38.1 nM (36.4 nM to 39.9 nM, 95 %), slope 1.7, from 1.00 to 0.22, p < 0.0001"
    )
    assert lines[4].startswith("c2, l0  EC50 not estimable: flat (p = 0.0")
    assert "curve: compound, cell_line; dose: dose_nM; response: viability, a fraction of the control" in done.err
    assert "not constant within curves, so not in the result: well" in done.err
    assert "9 curves: EC50 7 measured, 0 above a bound, 0 below a bound, 2 not estimable" in done.err
    assert "curves 1/1: rows 1-72" in done.err


def test_no_more_lines_than_a_screen_holds(shell: Shell, tmp_path: Path) -> None:
    frame = wells(9)
    many = pd.concat([frame.assign(plate=i) for i in range(6)])
    many.to_parquet(tmp_path / "many.parquet")
    done = shell("dose", "fit", "many.parquet", "--threads", "2")
    assert len(done.out.splitlines()) == 40
    assert "14 more curves: write them all with '--out FILE.csv' or '.parquet'" in done.err


def test_a_bound_is_told_as_one(shell: Shell, tmp_path: Path) -> None:
    frame = wells(30)
    frame[frame.compound == "c11"].to_csv(tmp_path / "high.csv", index=False)
    done = shell("dose", "fit", "high.csv", "--curve", "compound", "--curve", "cell_line")
    assert "c11, l1  EC50 > 3 µM: fitted beyond the highest dose, p " in done.out


def test_curves_that_cannot_be_fitted_are_told_and_give_exit_code_1(shell: Shell, tmp_path: Path) -> None:
    wells(12).to_csv(tmp_path / "short.csv", index=False)
    done = shell("dose", "fit", "short.csv")
    assert done.code == SECTIONS_FAILED
    assert "c5, l1  EC50 not estimable: 2 different doses above 0" in done.out
    assert "1 of them could not be fitted" in done.err


@pytest.mark.usefixtures("good")
def test_json_holds_every_column_and_null_for_what_is_not_there(shell: Shell) -> None:
    done = shell("dose", "fit", "screen.csv", "--json", "--seed", "3", "--level", "0.9")
    found = json.loads(done.out)
    assert (found["curves"], found["level"], found["seed"]) == (9, 0.9, 3)
    assert found["counts"] == {"measured": 7, "above": 0, "below": 0, "not_estimable": 2}
    first, flat = found["fits"][0], found["fits"][4]
    assert set(first) == {"compound", "cell_line", "supplier", *DESCRIPTIONS}
    assert first["ec50_molar"] == pytest.approx(3.81e-8, rel=1e-2)
    assert (flat["ec50_molar"], flat["ec50_state"], flat["refused"]) == (None, "not_estimable", False)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_holds_what_a_notebook_gets(shell: Shell, good: pd.DataFrame, ending: str) -> None:
    done = shell("dose", "fit", "screen.csv", "--out", f"fits.{ending}")
    assert (done.code, done.out) == (DONE, "")
    path = Path(f"fits.{ending}")
    found = pd.read_csv(path) if ending == "csv" else pd.read_parquet(path)
    notebook = module.fit_table(good)
    assert list(found.columns) == list(notebook.columns)
    pd.testing.assert_frame_equal(found, notebook, check_dtype=False, check_exact=ending == "parquet", rtol=1e-12)
    again = shell("dose", "fit", "screen.csv", "--out", f"fits.{ending}")
    assert again.code == WRONG_INPUT
    assert "is there already" in again.err


def test_with_a_file_json_counts(shell: Shell, good: pd.DataFrame) -> None:
    found = json.loads(shell("dose", "fit", "screen.csv", "--out", "fits.csv", "--json").out)
    assert (found["out"], found["curves"]) == ("fits.csv", 9)
    assert "fits" not in found
    assert sum(found["counts"].values()) == len(good.groupby(["compound", "cell_line"]))


@pytest.mark.parametrize("mixed", [False, True])
def test_in_chunks_the_file_is_the_same_to_the_byte(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mixed: bool
) -> None:
    frame = wells(30)
    frame = frame.sample(frac=1.0, random_state=1) if mixed else frame
    frame.to_parquet(tmp_path / "wells.parquet", row_group_size=50)
    assert shell("dose", "fit", "wells.parquet", "--out", "whole.parquet").code == SECTIONS_FAILED
    monkeypatch.setattr(module, "BLOCK_CURVES", 7)
    chunks, fitted_table = [], module.fitted_table

    def in_small_chunks(*arguments: Any, **options: Any) -> Any:
        chunks.append(1)
        return fitted_table(*arguments, **options, chunk_rows=25)

    monkeypatch.setattr(module, "fitted_table", in_small_chunks)
    done = shell("dose", "fit", "wells.parquet", "--out", "parts.parquet")
    assert "curves 10/10: rows 226-234" in done.err
    assert pq.ParquetFile("parts.parquet").num_row_groups == 5
    pd.testing.assert_frame_equal(pd.read_parquet("parts.parquet"), pd.read_parquet("whole.parquet"), check_exact=True)
    for setting, value in (("BLOCK_CURVES", 65_536), ("fitted_table", fitted_table)):
        monkeypatch.setattr(module, setting, value)
    assert shell("dose", "fit", "wells.parquet", "--out", "again.parquet", "--threads", "1").code == SECTIONS_FAILED
    assert Path("again.parquet").read_bytes() == Path("whole.parquet").read_bytes()


def test_boxes_and_alpha_are_obeyed(shell: Shell, good: pd.DataFrame) -> None:
    arguments = ("--bottom", "0.3,0.4", "--slope", "1,2", "--top", "0.9,1.1", "--alpha", "0.5")
    found = json.loads(shell("dose", "fit", "screen.csv", "--json", *arguments).out)
    own = [row for row in found["fits"] if row["fit_bottom"] is not None]
    assert all(0.3 <= row["fit_bottom"] <= 0.4 for row in own)
    assert all(1 <= row["fit_hill_slope"] <= 2.0000001 for row in own)
    assert all(row["p_flat"] > 0.5 for row in own if (row["reason"] or "").startswith("flat"))
    assert len(good) == 72


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.csv",), "none.csv: there is no such file"),
        (("screen.csv", "--bottom", "1"), "--bottom: '1' is no pair of numbers"),
        (("screen.csv", "--slope", "3,1"), "--slope: '3,1' ends below where it begins"),
        (("screen.csv", "--slope", "0,1"), "--slope: the slope may lie from 0.0 to 1.0"),
        (("screen.csv", "--level", "95"), "--level: '95.0' is no coverage"),
        (("screen.csv", "--curve", "compoud"), "there is no column 'compoud' for the curve. Did you mean 'compound'?"),
        (("screen.csv", "--column", "doze=x"), "--column: 'doze=x' names no role and column"),
        (("screen.csv", "--dose-unit", "uM"), "the dose's unit is said to be 'uM', and its column is named 'dose_nM'"),
        (("screen.csv", "--dose-unit", "ng/mL"), "'ng/mL' is no unit of a dose in molar"),
        (("screen.csv", "--threads", "1", "--cluster", "x:1"), "'--threads' and '--cluster' exclude each other"),
        (("screen.csv", "--out", "fits.xlsx"), "'.xlsx' names no format"),
        (("screen.csv", "--seed", "-1"), "--seed: '-1' is no seed"),
        (("screen.csv", "--alpha", "2"), "--alpha: '2.0' is no bound of p-values"),
        (("screen.csv", "--wide"), "0 of 6 headings are doses"),
    ],
)
@pytest.mark.usefixtures("good")
def test_what_cannot_be_done_is_said_before_the_work(shell: Shell, arguments: tuple[str, ...], message: str) -> None:
    done = shell("dose", "fit", *arguments)
    assert (done.code, done.out) == (WRONG_INPUT, "")
    assert message in done.err


@pytest.mark.usefixtures("good")
def test_all_that_is_wrong_is_told_at_once(shell: Shell) -> None:
    done = shell("dose", "fit", "screen.csv", "--bottom", "x", "--level", "2", "--curve", "kurve", "--column", "z=1")
    for word in ("--bottom", "--level", "kurve", "z=1"):
        assert word in done.err


def test_a_bad_cell_is_named_by_its_line(shell: Shell, good: pd.DataFrame) -> None:
    path = Path("screen.csv")
    path.write_text(path.read_text("utf-8").replace(f",{good.dose_nM[3]},", ",thirty,", 1), "utf-8")
    done = shell("dose", "fit", "screen.csv", "--out", "fits.csv")
    assert "screen.csv, line 5, column 'dose_nM': 'thirty' is no number" in done.err
    assert (done.code, Path("fits.csv").exists()) == (WRONG_INPUT, False)
    good.loc[7, "dose_nM"] = -5
    good.to_csv("screen.csv", index=False)
    assert "screen.csv, line 9, column 'dose_nM': '-5' is negative" in shell("dose", "fit", "screen.csv").err


def test_a_workbook_with_units_in_its_cells_gives_the_same(shell: Shell, good: pd.DataFrame, tmp_path: Path) -> None:
    plain = shell("dose", "fit", "screen.csv")
    words = [f"{dose:g} nM" if dose < 100 else f"{dose / 1000:.10g} µM" for dose in good["dose_nM"]]
    good.drop(columns="dose_nM").assign(dose=words).to_excel(tmp_path / "screen.xlsx", index=False)
    done = shell("dose", "fit", "screen.xlsx")
    assert (done.code, done.out) == (DONE, plain.out)
    good.assign(dose_nM=words).to_csv(tmp_path / "two_units.csv", index=False)
    done = shell("dose", "fit", "two_units.csv")
    assert done.code == WRONG_INPUT
    assert "column 'dose_nM': '0.1 µM' is in another unit than its column, which is in nM" in done.err


def test_a_wide_table_is_read_when_said_and_else_refused(shell: Shell, tmp_path: Path) -> None:
    header = "compound;DMSO;1 nM;10 nM;100 nM;1 µM;10 µM"
    (tmp_path / "wide.csv").write_text(f"{header}\na;1;0,98;0,9;0,5;0,12;0,1\na;1,02;0,99;0,91;0,52;0,13;0,11\n")
    done = shell("dose", "fit", "wide.csv", "--wide")
    assert done.code == DONE
    assert done.out.startswith("a  EC50 85.2 nM (")
    refused = shell("dose", "fit", "wide.csv")
    assert refused.code == WRONG_INPUT
    assert "Say '--wide', or in pandas: frame.melt(['compound']" in refused.err
    best = shell("dose", "fit", "wide.csv", "--wide", "--shape", "four")
    assert best.out.startswith("a  EC50 85.2 nM (")


def test_doses_as_logarithms_and_responses_in_percent(shell: Shell, good: pd.DataFrame) -> None:
    expected = json.loads(shell("dose", "fit", "screen.csv", "--json").out)["fits"][0]
    good["log10_dose_molar"] = np.log10(good.pop("dose_nM") * 1e-9)
    good["% viability"] = 100 * good.pop("viability")
    good.to_csv("log.csv", index=False)
    found = json.loads(shell("dose", "fit", "log.csv", "--json").out)["fits"][0]
    assert found["ec50_molar"] == pytest.approx(expected["ec50_molar"], rel=1e-6)
    assert found["bottom"] == pytest.approx(expected["bottom"], abs=1e-6)


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterProcesses]:
    running = ClusterProcesses(tmp_path_factory.mktemp("cluster"), copied=False)
    try:
        yield running
    finally:
        running.end()


@pytest.mark.slow
def test_a_cluster_gives_the_same_file(shell: Shell, good: pd.DataFrame, processes: ClusterProcesses) -> None:
    address = processes.have_workers(1)
    assert shell("dose", "fit", "screen.csv", "--out", "here.parquet").code == DONE
    done = shell("dose", "fit", "screen.csv", "--out", "there.parquet", "--cluster", address)
    assert done.code == DONE, done.err
    assert f"cluster {address}: 1 threads" in done.err
    pd.testing.assert_frame_equal(pd.read_parquet("there.parquet"), pd.read_parquet("here.parquet"), check_exact=True)
    assert Path("there.parquet").read_bytes() == Path("here.parquet").read_bytes()
    assert len(good) == 72
