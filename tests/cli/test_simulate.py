"""``avpi simulate``: tables for people, JSON and files for programs, and words for what is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from avpi.cli.main import DONE, INTERRUPTED, SECTIONS_FAILED, WRONG_INPUT
from avpi.solver.draws import LogNormal
from avpi.solver.model import Model
from avpi.solver.programme import Phase
from avpi.solver.simulate import simulate
from tests.cli.conftest import Done, Shell
from tests.compute.cascade import CASCADE, REFUSED
from tests.compute.cluster_processes import ClusterProcesses

POPULATION = ("--cells", "300", "--sigma", "0.3", "--seed", "5")


@pytest.fixture(autouse=True)
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Model:
    monkeypatch.setenv("AVPI_CACHE", str(tmp_path_factory.getbasetemp() / "cache-of-simulate"))
    (tmp_path / "m.xml").write_text(CASCADE, "utf-8")
    return Model.from_sbml_text(CASCADE)


def printed(done: Done) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(done.out)
    return loaded


def test_one_cell_is_a_table_of_its_course(shell: Shell) -> None:
    done = shell("simulate", "m.xml", "--until", "4", "--points", "3", "--observe", "A", "--observe", "A + B + C")
    assert (done.code, done.err) == (DONE, "")
    header, *rows = (line.split() for line in done.out.replace("A + B + C", "sum").splitlines())
    assert header == ["time", "A", "sum"]
    assert [row[0] for row in rows] == ["0", "2", "4"]
    assert [row[2] for row in rows] == ["100"] * 3
    assert float(rows[2][1]) == pytest.approx(100 * np.exp(-0.5 * 4), rel=1e-4)


def test_a_table_that_no_screen_is_wide_enough_for_goes_on_below(shell: Shell) -> None:
    observed = [word for number in range(12) for word in ("--observe", f"A + {number}00000000")]
    done = shell("simulate", "m.xml", "--times", "0,1", *observed)
    assert max(map(len, done.out.splitlines())) <= 100
    assert done.out.count("time") == 2
    assert all(f"A + {number}00000000" in done.out for number in range(12))


def test_a_population_is_summed_up_for_each_time(shell: Shell, model: Model) -> None:
    done = shell("simulate", "m.xml", "--times", "0,3", *POPULATION, "--observe", "C", "--threads", "2")
    assert done.code == DONE
    assert done.err.splitlines()[::4] == ["cells 1/5: 1-64", "cells 5/5: 257-300"]
    title, header, first, last = done.out.splitlines()
    assert title == "C, of 300 cells"
    assert header.split() == ["time", "5", "%", "median", "95", "%", "cells"]
    assert first.split() == ["0", "0", "0", "0", "300"]
    cells = simulate(model, LogNormal(cells=300, sigma=0.3, seed=5), times=[0, 3]).of("C")[:, 1]
    assert [float(word) for word in last.split()] == pytest.approx(
        [3, *np.percentile(cells, [5, 50, 95]), 300], rel=1e-5
    )


def test_json_holds_the_course_of_one_cell_and_the_spread_of_many(shell: Shell) -> None:
    one = printed(shell("simulate", "m.xml", "--times", "0,3", "--json"))
    assert (one["model"], one["cells"], one["times"], one["failed"]) == ("m.xml", 1, [0, 3], [])
    assert one["status"] == {"finished": 1}
    assert set(one["values"]) == {"A", "B", "C"}
    many = printed(shell("simulate", "m.xml", "--times", "0,3", *POPULATION, "--json"))
    assert many["summary"]["C"]["cells"] == [300, 300]
    assert many["summary"]["C"]["low"][1] < many["summary"]["C"]["median"][1] < many["summary"]["C"]["high"][1]


@pytest.mark.parametrize(("name", "read"), [("cells.csv", pd.read_csv), ("cells.parquet", pd.read_parquet)])
def test_the_file_holds_every_cell_at_every_time(
    shell: Shell, model: Model, tmp_path: Path, name: str, read: Any
) -> None:
    done = shell("simulate", "m.xml", "--times", "0,3", *POPULATION, "--out", name)
    assert (done.code, f"every cell: {name}" in done.err) == (DONE, True)
    table = read(tmp_path / name)
    assert list(table.columns) == ["cell", "time", "A", "B", "C"]
    result = simulate(model, LogNormal(cells=300, sigma=0.3, seed=5), times=[0, 3])
    assert np.array_equal(table["C"].to_numpy().reshape(300, 2), result.of("C")), "every digit is written"
    assert [path.name for path in tmp_path.glob(".*part")] == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cells.txt", "'.txt' names no format"),
        ("m.csv", "'m.csv' is there already"),
        ("none/m.csv", "'none/m.csv' cannot be written"),
    ],
)
def test_a_file_that_cannot_be_written_is_told_before_the_work(
    shell: Shell, tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / "m.csv").write_text("mine", "utf-8")
    done = shell("simulate", "m.xml", "--until", "3", "--cells", "100000", "--sigma", "1", "--out", name)
    assert (done.code, done.out) == (WRONG_INPUT, "")
    assert said in done.err
    assert "cells 1/" not in done.err
    assert (tmp_path / "m.csv").read_text("utf-8") == "mine"


def test_phases_add_set_and_change_what_their_text_says(shell: Shell, model: Model) -> None:
    texts = ["4", "2: add A=50, set C=1, k_cut=0.3", "rest: set B = 2"]
    done = shell(
        "simulate",
        "m.xml",
        "--start",
        "-4",
        "--times",
        "0,1,2,5",
        "--json",
        *(w for t in texts for w in ("--phase", t)),
    )
    expected = simulate(
        model,
        times=[0, 1, 2, 5],
        start=-4,
        phases=[
            Phase(duration=4),
            Phase(duration=2, add={"A": 50}, set={"C": 1}, parameters={"k_cut": 0.3}),
            Phase(duration=np.inf, set={"B": 2}),
        ],
    )
    for name, values in printed(done)["values"].items():
        assert values == expected.of(name)[0].tolist()


def test_names_may_be_those_that_the_model_shows_to_people(shell: Shell) -> None:
    for name in ("A", "protein A"):
        done = shell("simulate", "m.xml", "--times", "0,1", "--json", "--set", f"{name}=7", "--set", "k_on=0")
        assert printed(done)["values"]["A"] == [7, 7]


def test_single_quantities_may_scatter_and_the_rest_stay(shell: Shell) -> None:
    options = ("--cells", "50", "--sigma", "k_cut=0.5", "--sigma", "A=0.2", "--set", "A=10", "--json")
    summary = printed(shell("simulate", "m.xml", "--times", "0,1", *options))["summary"]
    assert summary["A"]["low"][0] < 10 < summary["A"]["high"][0]
    assert summary["B"]["high"][0] == 0


def test_a_stop_is_told_with_its_time_and_what_lies_behind_is_missing(shell: Shell) -> None:
    done = shell("simulate", "m.xml", "--until", "4", "--points", "2", "--stop", "A <= 50")
    assert done.code == DONE
    assert done.out.splitlines()[2].split() == ["4", ".", ".", "."]
    assert done.out.splitlines()[-1] == f"stopped at {np.log(2) / 0.5:.6g}"
    many = printed(shell("simulate", "m.xml", "--until", "4", "--stop", "A <= 50", *POPULATION, "--json"))
    assert many["stopped"]["cells"] == many["status"]["stopped"] == 300
    assert many["summary"]["A"]["median"][-1] is None
    assert (
        "stopped: 300 of 300 cells" in shell("simulate", "m.xml", "--until", "4", "--stop", "A <= 50", *POPULATION).out
    )


def test_cells_that_failed_are_counted_with_their_status_and_numbered_in_json(shell: Shell) -> None:
    options = ("--until", "9", "--max-steps", "5", *POPULATION)
    done = shell("simulate", "m.xml", *options, "--json")
    assert done.code == SECTIONS_FAILED
    assert "300 of 300 cells: step_limit. The limit of steps was reached." in done.err
    assert [one["cell"] for one in printed(done)["failed"]] == list(range(300))
    assert {one["status"] for one in printed(done)["failed"]} == {"step_limit"}
    quiet = shell("simulate", "m.xml", *options, "--quiet")
    assert (quiet.code, len(quiet.err.splitlines())) == (SECTIONS_FAILED, 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--set", "k_onn=1"), "'k_onn' is neither a parameter nor a state of the model. Did you mean 'k_on'?"),
        (("--set", "k_on"), "--set: 'k_on' cannot be read. Expected NAME=VALUE."),
        (("--set", "k_on=fast"), "'k_on=fast' cannot be read"),
        (("--set", "k_on=nan"), "'k_on=nan' cannot be read"),
        (("--set", "C=-1"), "'C' is '-1'"),
        (("--observe", "CC"), "'CC' is not a quantity of the model"),
        (("--observe", "A +"), "it cannot be read as a formula"),
        (("--stop", "A"), "a condition compares two formulas"),
        (("--phase", "24 add A=1"), "'24 add A=1' is no duration. Expected a phase such as '24: add D=100"),
        (("--phase", "9: add A"), "'add A' cannot be read. Expected a phase such as"),
        (("--phase", "9: add A=1, add A=2"), "'A' stands twice in"),
        (("--phase", "9: k_onn=1"), "phase 1: 'k_onn' is not a parameter of the model. Did you mean 'k_on'?"),
        (("--phase", "rest: set k_on=100"), "'set k_on=100': k_on is a parameter and no state. Write k_on=100."),
        (("--phase", "1"), "phases: they end at 1, the last time is 4"),
        (("--sigma", "k_onn=1"), "'k_onn' is not a quantity of the model. Did you mean 'k_on'?"),
        (("--sigma", "wide"), "'wide' cannot be read. Expected one number for all parameters"),
        (("--sigma", "-1"), "'-1.0'"),
        (("--cells", "9"), "'9' cells would all be the same. Let their parameters scatter"),
        (("--cells", "999999999999", "--sigma", "1"), "GB of numbers, and this machine has"),
        (("--rtol", "7"), "'7.0' is no relative tolerance"),
        (("--times", "0,1"), "'--times' and '--until' exclude each other"),
        (("--cluster", "nowhere"), "'nowhere' is no address of a scheduler"),
        (("--cluster", "tcp://h:1", "--threads", "2"), "'--threads' and '--cluster' exclude each other"),
        (("--threads", "0"), "0 is not in the range"),
        (("--points", "1"), "1 is not in the range"),
        (("--seed", "-1"), "-1 is not in the range"),
    ],
)
def test_what_cannot_be_meant_is_wrong_input_in_words(shell: Shell, options: tuple[str, ...], said: str) -> None:
    done = shell("simulate", "m.xml", "--until", "4", *options)
    assert (done.code, done.out) == (WRONG_INPUT, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "no time is given. Say '--until 24', or '--times 0,6,12'"),
        (("--until", "nan"), "'nan' is no end"),
        (("--until", "-3"), "'-3' is no end. Expected a time after 0"),
        (("--until", "soon"), "'soon' is not a valid float"),
        (("--times", "0,x"), "'x' in '0,x' is no time"),
        (("--times", "2,1"), "ascending times"),
    ],
)
def test_times_that_cannot_be_meant_are_wrong_input(shell: Shell, options: tuple[str, ...], said: str) -> None:
    done = shell("simulate", "m.xml", *options)
    assert (done.code, done.out) == (WRONG_INPUT, "")
    assert said in done.err


def test_every_wrong_name_is_told_at_once_and_in_json_too(shell: Shell) -> None:
    done = shell("simulate", "m.xml", "--until", "4", "--set", "x1=1", "--set", "x2=1", "--set", "y", "--json")
    assert done.code == WRONG_INPUT
    assert [problem["file"] for problem in printed(done)["problems"]] == ["--set"] * 3
    assert len(done.err.splitlines()) == 3


def test_a_missing_model_and_a_folder_are_named(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name, what in (("none.xml", "There is no such file"), ("folder", "is a folder")):
        done = shell("simulate", name, "--until", "4")
        assert (done.code, done.out) == (WRONG_INPUT, "")
        assert done.err.startswith(f"{name}: {what}.")
    assert shell("simulate", "none.xml").err.startswith("none.xml: There is no such file.")


def test_a_construct_that_is_not_taken_is_named_with_its_line(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "event.xml").write_text(REFUSED, "utf-8")
    line = next(number for number, text in enumerate(REFUSED.splitlines(), 1) if "<event" in text)
    done = shell("simulate", "event.xml", "--until", "4")
    assert done.code == WRONG_INPUT
    assert done.err.startswith(f"event.xml:{line}: the event 'dose'")


def test_control_c_ends_a_run_with_its_own_code_and_leaves_no_file(tmp_path: Path) -> None:
    options = ["--cells", "20000000", "--sigma", "0.5", "--times", "50", "--observe", "C", "--out", "all.csv"]
    program = [sys.executable, "-m", "avpi", "simulate", "m.xml", *options]
    with subprocess.Popen(program, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            assert process.stderr.readline().startswith("cells 1/")
            process.send_signal(signal.SIGINT)
            out, said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, out) == (INTERRUPTED, "")
    assert said.splitlines()[-1].startswith("Interrupted.")
    assert "Traceback" not in said
    assert sorted(os.listdir(tmp_path)) == ["m.xml"]  # noqa: PTH208 - hidden files count


@pytest.mark.slow
def test_on_a_cluster_the_same_comes_out_as_here(shell: Shell, tmp_path_factory: pytest.TempPathFactory) -> None:
    processes = ClusterProcesses(tmp_path_factory.mktemp("cluster"))
    try:
        processes.have_workers(1)
        options = ("m.xml", "--until", "4", "--cells", "5000", "--sigma", "0.3", "--json")
        there = shell("simulate", *options, "--cluster", processes.address)
        here = shell("simulate", *options)
    finally:
        processes.end()
    assert (there.code, here.code) == (DONE, DONE)
    assert there.out == here.out
    assert there.err.splitlines() == [f"cluster {processes.address}: 1 threads", *here.err.splitlines()]
    assert there.err.splitlines()[1::15] == ["cells 1/16: 1-313", "cells 16/16: 4696-5000"]
