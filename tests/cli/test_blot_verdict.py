"""``avpi blot verdict`` on tables of lanes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from avpi.cli.blot_verdict import verdict

ROWS = "experiment,membrane,condition,minutes,ratio\n" + "".join(
    f"day{i},b{i},DMSO,0,1\nday{i},b{i},SM,30,{ratio}\n" for i, ratio in enumerate((0.04, 0.05, 0.06), start=1)
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "lanes.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_three_days_pass(table: Path) -> None:
    done = CliRunner().invoke(verdict, [str(table)])
    assert done.exit_code == 0, done.output
    assert "target: PASS" in done.output


def test_earlier_harvests_are_told_and_do_not_decide(table: Path) -> None:
    lines = ROWS.strip().splitlines()
    early = [line.replace(",SM,30,", ",SM,15,") for line in lines if ",SM,30," in line]
    table.write_text("\n".join([*lines, *early]) + "\n", encoding="utf-8")
    done = CliRunner().invoke(verdict, [str(table)])
    assert "does not decide" in next(line for line in done.output.splitlines() if "P at 15 min" in line)
    assert "lost by 30 min" in done.output
    assert "1 - ratio of means  0.95" in done.output


def test_json_has_the_call_and_what_it_rests_on(table: Path) -> None:
    done = CliRunner().invoke(verdict, [str(table), "--json", "--quiet"])
    found = json.loads(done.stdout)["targets"][0]
    assert found["verdict"]["call"] == "pass"
    assert found["experiments"] == 3
    assert [one["remaining"] for one in found["verdict"]["experiments"]] == pytest.approx([0.04, 0.05, 0.06])
    assert found["verdict"]["loss"]["n"] == 3


def test_membranes_without_experiments_are_one_experiment(table: Path) -> None:
    table.write_text(ROWS.replace("experiment", "number"), encoding="utf-8")
    done = CliRunner().invoke(verdict, [str(table)])
    assert "INCONCLUSIVE" in done.output
    assert "no column 'experiment'" in done.output


def test_another_question_has_another_answer(table: Path) -> None:
    assert "FAIL" in CliRunner().invoke(verdict, [str(table), "--loss", "0.99"]).output
    late = CliRunner().invoke(verdict, [str(table), "--by", "15min"], standalone_mode=False)
    assert "no harvest" in late.output
    assert late.return_value != 0


def test_the_help_is_short() -> None:
    done = CliRunner().invoke(verdict, ["--help"])
    assert len(done.output.splitlines()) <= 40
