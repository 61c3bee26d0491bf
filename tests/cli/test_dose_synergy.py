"""``avpi dose synergy``: what it prints, writes and refuses, and that its page is true."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from avpi.cli.main import DONE, WRONG_INPUT
from avpi.dose.synergy.musyc_surface import musyc_response
from tests.cli.conftest import Shell
from tests.house.checkout import CHECKOUT

PAGE = (CHECKOUT / "docs" / "howto" / "synergy.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PYTHON = [text for language, text in BLOCKS if language == "python"]
COMMANDS = [line for language, text in BLOCKS if not language for line in text.splitlines() if line.startswith("avpi ")]
PRINTED = [text for language, text in BLOCKS if language == "text"]


def write_matrix(path: Path, *, percent: bool = False, effect: bool = False, experiments: int = 1) -> None:
    """A matrix of 5 by 5 with synergy, as viability unless it is to be an effect."""
    random = np.random.default_rng(5)
    rows = []
    for experiment in range(experiments):
        for a in (0, 10, 40, 160, 640):
            for b in (0, 1, 4, 16, 64):
                left = (1 - 0.8 * a / (a + 80)) * (1 - 0.5 * b / (b + 8)) * (0.5 if a and b else 1)
                left += random.normal(0, 0.02)
                response = (1 - left if effect else left) * (100 if percent else 1)
                rows.append({"dose_a_nM": a, "dose_b_ng_per_ml": b, "response": response, "experiment": experiment})
    pd.DataFrame(rows).to_csv(path, index=False)


def write_surface(path: Path) -> None:
    """A matrix of 6 by 6 of two compounds that do half more together and of which A makes B more potent."""
    random = np.random.default_rng(6)
    doses = np.array([0, 1, 5, 25, 125, 625])
    a, b = (side.ravel() for side in np.meshgrid(doses, doses, indexing="ij"))
    left = 1 - musyc_response(a, b, [0, 0.5, 0.4, 0.75, 1.2, 1.0, 20, 40, 4, 1, 1, 1])
    columns = [{"dose_a_nM": a, "dose_b_nM": b, "response": left + random.normal(0, 0.01, a.size), "experiment": e}
               for e in "xyz"]  # fmt: skip
    pd.concat(map(pd.DataFrame, columns)).to_csv(path, index=False)


def test_a_summary_for_people(shell: Shell) -> None:
    write_matrix(Path("m.csv"), experiments=3)
    done = shell("dose", "synergy", "m.csv")
    assert done.code == DONE, done.err
    lines = done.out.splitlines()
    assert "positive is synergy, negative antagonism" in lines[0]
    assert lines[2] == "A + B: 16 pairs of doses, 3 experiments"
    for model in ("Bliss", "HSA", "Loewe", "ZIP"):
        assert re.search(rf"^{model} +\+\d+\.\d ", done.out, re.MULTILINE), model
    assert "jackknife over 3 independent experiments" in done.out
    assert re.search(r"contrast .*p = \S+, n = 3 experiments", done.out)
    assert re.search(r"farthest from Bliss: \+\S+ at \d+ nM and \d+ ng/mL", done.out)


def test_one_experiment_is_said_to_be_one(shell: Shell) -> None:
    write_matrix(Path("m.csv"))
    done = shell("dose", "synergy", "m.csv", "--models", "bliss")
    assert "contrast E(A+B) - E(A) - E(B) + E(A)E(B): not estimable, one experiment" in done.out
    assert "One experiment: the interval is that of its wells" in done.err


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_scores_of_every_well_are_written(ending: str, shell: Shell) -> None:
    write_matrix(Path("m.csv"), experiments=2)
    done = shell("dose", "synergy", "m.csv", "--out", f"scores.{ending}", "--quiet")
    assert done.code == DONE, done.err
    frame = pd.read_csv("scores.csv") if ending == "csv" else pd.read_parquet("scores.parquet")
    assert len(frame) == 4 * 16
    assert set(frame["model"]) == {"bliss", "hsa", "loewe", "zip"}
    assert np.allclose(frame["score"], frame["observed"] - frame["expected"], equal_nan=True)
    assert set(frame["dose_a_unit"]) == {"M"}
    undefined = frame["undefined"].fillna("") != ""
    assert (undefined == frame["score"].isna()).all()
    assert shell("dose", "synergy", "m.csv", "--out", f"scores.{ending}").code == WRONG_INPUT


def test_json_has_every_number_or_null(shell: Shell) -> None:
    write_matrix(Path("m.csv"), experiments=2)
    told: dict[str, Any] = json.loads(shell("dose", "synergy", "m.csv", "--json", "--draws", 50).out)
    assert told["sign"].endswith("positive is synergy, negative antagonism")
    (pair,) = told["pairs"]
    assert pair["unit_b"] == "ng/mL"
    assert pair["models"]["bliss"]["mean"]["n"] == 2
    assert len(pair["models"]["zip"]["wells"]) == 16
    assert [one["experiment"] for one in pair["contrast"]["experiments"]] == ["0", "1"]


def test_musyc_adds_kinds_of_synergy_where_asked(shell: Shell) -> None:
    write_surface(Path("m.csv"))
    done = shell("dose", "synergy", "m.csv", "--models", "bliss", "--musyc")
    assert done.code == DONE, done.err
    assert "MuSyC, 1 = A, 2 = B: 0 is no synergy, above 0 synergy" in done.out
    found = re.search(r"^beta +\+(\d\.\d\d) +\+(\d\.\d\d) to \+(\d\.\d\d) +measured$", done.out, re.MULTILINE)
    assert found, done.out
    beta, low, high = map(float, found.groups())
    assert 0 < low < 0.5 < high < 1
    assert low < beta < high
    assert re.search(r"^log10 alpha12 +\+0\.[56]\d +\+0\.\d\d to \+0\.\d\d +measured$", done.out, re.MULTILINE), (
        done.out
    )
    for name in ("alpha21", "gamma12", "gamma21"):
        assert re.search(rf"^log10 {name} ", done.out, re.MULTILINE), name
    assert "MuSyC" not in shell("dose", "synergy", "m.csv", "--models", "bliss").out


def test_musyc_as_json_has_states_and_intervals(shell: Shell) -> None:
    write_surface(Path("m.csv"))
    told = json.loads(shell("dose", "synergy", "m.csv", "--models", "bliss", "--musyc", "--json").out)
    surface = told["pairs"][0]["musyc"]
    assert surface["model"] in surface["aicc"]
    assert surface["response"] == "viability"
    beta = surface["numbers"]["beta"]
    assert beta["state"] == "measured"
    assert beta["low"] < beta["value"] < beta["high"]
    assert {"log10_alpha12", "log10_gamma21", "C1", "E3"} <= set(surface["numbers"])
    plain = json.loads(shell("dose", "synergy", "m.csv", "--models", "bliss", "--json").out)
    assert "musyc" not in plain["pairs"][0]


def test_a_pair_that_carries_no_surface_keeps_its_other_scores(shell: Shell) -> None:
    rows = [{"dose_a": x, "dose_b": y, "response": 1 - 0.2 * (x + y)} for x in (0, 1) for y in (0, 1)]
    pd.DataFrame(rows).to_csv("m.csv", index=False)
    done = shell("dose", "synergy", "m.csv", "--models", "bliss", "--musyc")
    assert done.code == DONE, done.err
    assert "MuSyC: not estimable, A has '1' dose above 0" in done.out
    assert json.loads(shell("dose", "synergy", "m.csv", "--musyc", "--json").out)["pairs"][0]["musyc"]["model"] is None


@pytest.mark.parametrize(("percent", "effect"), [(False, False), (True, False), (False, True), (True, True)])
def test_the_response_may_be_told_in_four_ways_and_no_other_is_taken(percent: bool, effect: bool, shell: Shell) -> None:
    write_matrix(Path("m.csv"), percent=percent, effect=effect)
    words = ["--response", "effect" if effect else "viability", "--scale", "percent" if percent else "fraction"]
    right = shell("dose", "synergy", "m.csv", "--models", "bliss,hsa", *words)
    assert right.code == DONE, right.err
    assert re.search(r"^Bliss +\+2\d\.\d ", right.out, re.MULTILINE)
    wrong = shell("dose", "synergy", "m.csv", "--response", "viability" if effect else "effect", *words[2:])
    assert wrong.code == WRONG_INPUT
    assert f"--response {words[1]}" in wrong.err
    other = shell("dose", "synergy", "m.csv", *words[:2], "--scale", "fraction" if percent else "percent")
    assert other.code == WRONG_INPUT
    assert f"--scale {words[3]}" in other.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["none.csv"], "none.csv"),
        (
            ["m.csv", "--models", "blis"],
            "--models: 'blis' is no reference model. Expected bliss, hsa, loewe, zip. Did you mean 'bliss'?",
        ),
        (["m.csv", "--models", ","], "none is given"),
        (["m.csv", "--column", "dose_a"], "'dose_a' says no column"),
        (["m.csv", "--column", "dose_a=x"], "there is no column 'x'"),
        (["m.csv", "--column", "dose_a=x", "--column", "dose_a=y"], "'dose_a' is given twice"),
        (["m.csv", "--level", "2"], "--level: the coverage is '2.0'"),
        (["m.csv", "--draws", "0"], "--draws: '0' draws"),
        (["m.csv", "--seed", "-1"], "--seed"),
        (["m.csv", "--out", "x.txt"], "'.txt' names no format"),
    ],
)
def test_wrong_words_are_told(words: list[str], told: str, shell: Shell) -> None:
    write_matrix(Path("m.csv"))
    done = shell("dose", "synergy", *words)
    assert done.code == WRONG_INPUT
    assert told in done.err


def test_several_pairs_are_told_apart_and_the_bad_ones_all_at_once(shell: Shell) -> None:
    rows = [
        {"compound_a": a, "dose_a": x, "compound_b": b, "dose_b": y, "response": 1 - 0.2 * (x + y)}
        for a, b in (("SM", "TNF"), ("SM", "zVAD"))
        for x in (0, 1)
        for y in (0, 1)
    ]
    pd.DataFrame(rows).to_csv("m.csv", index=False)
    done = shell("dose", "synergy", "m.csv", "--models", "bliss,loewe")
    assert done.code == DONE, done.err
    assert "SM + TNF: 1 pair of doses" in done.out
    assert "SM + zVAD: 1 pair of doses" in done.out
    assert "not estimable" in done.out
    bad = [row for row in rows if not (row["dose_a"] and row["dose_b"])]
    pd.DataFrame(bad).to_csv("bad.csv", index=False)
    refused = shell("dose", "synergy", "bad.csv")
    assert refused.code == WRONG_INPUT
    assert refused.err.count("no well has both") == 2


def test_no_single_agents_is_not_estimable_and_no_crash(shell: Shell) -> None:
    with Path("m.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["dose_a", "dose_b", "response"])
        writer.writerows([1, y, 0.5] for y in (1, 2))
    done = shell("dose", "synergy", "m.csv")
    assert done.code == DONE, done.err
    assert done.out.count("not estimable") == 5


def test_the_page_runs_and_prints_what_it_says(shell: Shell) -> None:
    names: dict[str, Any] = {}
    exec(compile(PYTHON[0], "synergy.md, block 1", "exec"), names)
    assert len(COMMANDS) >= 3
    for command in COMMANDS:
        assert shell(*shlex.split(command)[1:]).code == DONE, command
    assert Path("scores.csv").is_file()
    assert shell("dose", "synergy", "matrix.csv").out.strip() == PRINTED[0].strip()
    for number, block in enumerate(PYTHON[1:], 2):
        exec(compile(block, f"synergy.md, block {number}", "exec"), names)
    assert names["scores"].of("loewe").mean.n == 4


def test_doses_that_differ_by_rounding_are_one_pair_of_doses(shell: Shell) -> None:
    write_matrix(Path("m.csv"))
    plain = shell("dose", "synergy", "m.csv", "--models", "bliss,hsa").out
    frame = pd.read_csv("m.csv")
    both = (frame["dose_a_nM"] > 0) & (frame["dose_b_ng_per_ml"] > 0)
    for column, factor in (("dose_a_nM", 1.0004), ("dose_b_ng_per_ml", 0.9997)):
        frame[column] = frame[column].where(~both, frame[column] * factor)
    frame.to_csv("rounded.csv", index=False)
    rounded = shell("dose", "synergy", "rounded.csv", "--models", "bliss,hsa").out
    assert "16 pairs of doses" in rounded
    assert rounded.count("16 of 16") == 2
    row = re.compile(r"^(?:Bliss|HSA) +\S+", re.MULTILINE)
    assert row.findall(rounded) == row.findall(plain)


def test_a_vehicle_that_is_off_and_one_that_is_missing_are_told(shell: Shell) -> None:
    write_matrix(Path("m.csv"))
    assert "ehicle" not in shell("dose", "synergy", "m.csv", "--models", "bliss").err
    frame = pd.read_csv("m.csv")
    frame.assign(response=0.8).to_csv("off.csv", index=False)
    done = shell("dose", "synergy", "off.csv", "--models", "bliss")
    assert re.search(r"^Bliss +−16\.0 ", done.out, re.MULTILINE)
    assert "the table is not normalised to its vehicle" in done.err
    told = json.loads(shell("dose", "synergy", "off.csv", "--models", "bliss", "--json").out)["pairs"][0]
    for mean in (told["models"]["bliss"]["mean"], told["contrast"]["mean"]):
        assert "vehicle_not_normalised" in {caveat["code"] for caveat in mean["caveats"]}
    vehicle = (frame["dose_a_nM"] == 0) & (frame["dose_b_ng_per_ml"] == 0)
    frame[~vehicle].to_csv("without.csv", index=False)
    without = shell("dose", "synergy", "without.csv", "--models", "bliss")
    assert without.code == DONE, without.err
    assert "No vehicle well: that effect 0 is the vehicle cannot be checked. Bliss, HSA" in without.err
