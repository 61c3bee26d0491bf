"""What the page about cytometry shows is run, on simulated tubes of the names that it uses."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from avpi.cli.main import DONE, run_command
from avpi.formats.fcs_write import write_fcs
from avpi.readings import CellEvents
from tests.flow.simulated_cells import control_tubes, quadrants, tube
from tests.house.checkout import CHECKOUT

PAGE = (CHECKOUT / "docs" / "howto" / "flow.md").read_text("utf-8")
COMMANDS = re.findall(r"^avpi .*$", PAGE, re.MULTILINE)


def write(name: str, events: CellEvents) -> None:
    """Write a simulated tube as a cytometer would."""
    names = [channel.name for channel in events.channels]
    write_fcs(Path(name), events.stored, names, stains=[channel.stain for channel in events.channels])


@pytest.fixture(autouse=True)
def _tubes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(8)
    for control in control_tubes(random, cells=2500):
        write(control.events.source, control.events)
    for name in ("sm.fcs", "sm2.fcs", "sm3.fcs", "tube.fcs"):
        write(name, tube(quadrants(0.5, 0.2, 0.25, 0.05), random, cells=2500))
    write("dmso.fcs", tube(quadrants(0.94, 0.02, 0.03, 0.01), random, cells=2500))


def test_the_commands_of_the_page_run_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(COMMANDS) >= 7
    told = {}
    for command in COMMANDS:
        assert run_command(shlex.split(command)[1:]) == DONE, (command, capsys.readouterr().err)
        told[command] = capsys.readouterr().out
    replicates = json.loads(next(out for command, out in told.items() if "--replicates" in command))
    mean = replicates["replicates"][0]["fractions"]["annexin_negative_pi_negative"]
    assert mean["low"] < 0.5 < mean["high"]
    counted = next(out for command, out in told.items() if "gate gates/01-sm.xml" in command)
    gates = re.findall(r"(annexin\S+)\s+([\d,]+)", counted)
    assert len(gates) == 4
