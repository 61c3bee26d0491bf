"""``avpi plan export`` and ``avpi plan power``: files for every instrument, and how many experiments it takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from avpi.cli.main import DONE, WRONG_INPUT
from avpi.planning.export import TARGETS
from tests.cli.conftest import Shell

ASKED = ("plan", "new", "p", "--compound", "birinapant", "--line", "HT-29", "--experiments", "2")


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_is_written_for_every_experiment(shell: Shell, target: str) -> None:
    shell(*ASKED, "--matrix", "guide")
    done = shell("plan", "export", "p", "--to", target)
    assert done.code == DONE, done.err
    files = [Path(line) for line in done.out.splitlines()]
    assert len(files) == 6
    assert all(path.is_file() for path in files)
    assert {path.parent.name for path in files} == {"E1", "E2"}
    assert done.err.count("read back, every well as planned") == 2


def test_json_and_another_folder(shell: Shell) -> None:
    shell(*ASKED, "--matrix", "guide")
    done = shell("plan", "export", "p", "--to", "echo", "--out", "elsewhere", "--json")
    told = json.loads(done.out)
    assert [own["experiment"] for own in told["experiments"]] == ["E1", "E2"]
    assert told["experiments"][0]["dmso"] <= 0.005
    assert Path("elsewhere/E2/echo-picklist.csv").is_file()


def test_the_flex_is_asked_for_by_name(shell: Shell) -> None:
    shell(*ASKED, "--matrix", "guide")
    shell("plan", "export", "p", "--to", "opentrons", "--robot", "Flex")
    assert "flex_1channel_1000" in Path("p/transfers/opentrons/E1/opentrons.py").read_text("utf-8")


def test_a_folder_without_a_plan_is_told_how_to_make_one(shell: Shell) -> None:
    Path("empty").mkdir()
    done = shell("plan", "export", "empty", "--to", "echo")
    assert done.code == WRONG_INPUT
    assert "'plan.yaml' was not found in 'empty'" in done.err
    assert "avpi plan new FOLDER" in done.err


def test_a_plan_of_blots_alone_has_nothing_to_dispense(shell: Shell) -> None:
    shell(*ASKED, "--question", "engagement")
    done = shell("plan", "export", "p", "--to", "echo")
    assert done.code == WRONG_INPUT
    assert "declares no plates" in done.err
    sheet = shell("plan", "export", "p", "--to", "bench")
    assert sheet.code == DONE, sheet.err
    page = Path(sheet.out.splitlines()[0]).read_text("utf-8")
    assert "Gel map" in page
    assert "Master mixes" not in page


def test_power_is_a_table_with_errors(shell: Shell) -> None:
    shell(*ASKED, "--matrix", "guide", "--no-cytometry")
    done = shell("plan", "power", "p", "--simulations", "1", "--json")
    assert done.code == DONE, done.err
    told = json.loads(done.out)
    assert len(told["power"]) == 4 * 7
    assert {row["experiments"] for row in told["power"]} == set(range(2, 9))
    assert set(told["fewest_experiments"]) == {row["scenario"] for row in told["power"]}


def test_a_scatter_that_is_none_is_refused(shell: Shell) -> None:
    shell(*ASKED, "--matrix", "guide")
    assert "'0 %' is too little" in shell("plan", "power", "p", "--well-cv", "0 %").err
    assert "--effect" in shell("plan", "power", "p", "--effect", "0 %").err
    assert "is not a share" in shell("plan", "power", "p", "--well-cv", "loud").err
