"""The commands on loose FCS files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from avpi.cli.main import DONE, SECTIONS_FAILED, WRONG_INPUT
from avpi.formats.fcs_write import write_fcs
from avpi.readings import CellEvents
from tests.cli.conftest import Shell
from tests.flow.simulated_cells import SPILLOVER, control_tubes, quadrants, tube

CONTROLS = ("--unstained", "unstained.fcs", "--single-stain", "annexin_v=annexin_v.fcs", "--single-stain", "pi=pi.fcs")


def write(name: str, events: CellEvents) -> None:
    names = [channel.name for channel in events.channels]
    Path(name).parent.mkdir(exist_ok=True)
    write_fcs(Path(name), events.stored, names, stains=[channel.stain for channel in events.channels])


@pytest.fixture
def tubes(shell: Shell) -> None:
    """Control tubes and two samples in the shell's folder."""
    random = np.random.default_rng(8)
    for control in control_tubes(random, cells=3000):
        write(control.events.source, control.events)
    for name in ("sm.fcs", "sm2.fcs"):
        write(name, tube(quadrants(0.5, 0.2, 0.25, 0.05), random, cells=3000))


@pytest.mark.usefixtures("tubes")
def test_read_prints_the_agreed_json(shell: Shell) -> None:
    told = json.loads(shell("flow", "read", "sm.fcs", "--json").out)
    assert list(told) == ["version", "events", "channels", "sums", "caveats"]
    assert told["version"] == "FCS3.1"
    assert told["channels"][3] == {"name": "FL1-A", "stain": "Annexin V FITC", "bits": 32, "amplification": [0, 0]}
    assert len(told["sums"]) == len(told["channels"])
    lines = shell("flow", "read", "./../" + Path.cwd().name + "/sm.fcs").out.splitlines()
    assert lines[1].split() == ["channel", "stain", "bits", "amplification", "mean", "as", "stored"]


@pytest.mark.usefixtures("tubes")
def test_a_truncated_file_is_refused_with_its_bytes(shell: Shell) -> None:
    Path("cut.fcs").write_bytes(Path("sm.fcs").read_bytes()[:-1000])
    done = shell("flow", "read", "cut.fcs", "--json")
    assert done.code == WRONG_INPUT
    assert "bytes follow" in json.loads(done.out)["problems"][0]["text"]
    assert shell("flow", "read", "sm.fcs", "--data-set", "2").code == WRONG_INPUT


@pytest.mark.usefixtures("tubes")
def test_quadrants_counts_with_and_without_debris_and_over_replicates(shell: Shell) -> None:
    done = shell("flow", "quadrants", "sm.fcs", "sm2.fcs", *CONTROLS, "--replicates", "--json")
    assert done.code == DONE
    told = json.loads(done.out)
    one = told["samples"][0]
    assert one["fractions"]["annexin_negative_pi_negative"]["value"] == pytest.approx(0.5, abs=0.04)
    assert sum(one["counts"].values()) == one["singlets"] < one["cells"] < one["events"]
    assert set(one["fractions_with_debris"]) == set(one["fractions"])
    assert one["compensation"] == "single_stains"
    assert one["thresholds"]["pi"]["origin"] == "controls"
    assert told["replicates"][0]["files"] == ["sm.fcs", "sm2.fcs"]
    assert "apopto" not in done.out + done.err
    assert "necro" not in done.out + done.err


@pytest.mark.usefixtures("tubes")
def test_figures_and_gating_ml_are_written_and_the_gates_give_the_counts(shell: Shell) -> None:
    done = shell("flow", "quadrants", "sm.fcs", *CONTROLS, "--json", "--figures", "figures", "--gating-ml", "gates")
    assert sorted(path.name for path in Path("figures").iterdir()) == ["01-sm-gates.pdf", "01-sm-gates.svg"]
    told = json.loads(shell("flow", "gate", "gates/01-sm.xml", "sm.fcs", "--json").out)
    counts = {gate["gate"]: gate["count"] for gate in told["files"][0]["gates"]}
    own = json.loads(done.out)["samples"][0]
    assert counts == {"cells": own["cells"], "singlets": own["singlets"], **own["counts"]}


@pytest.mark.usefixtures("tubes")
def test_one_file_that_cannot_be_gated_does_not_stop_the_others(shell: Shell) -> None:
    Path("table.fcs").write_text("a,b\n", "utf-8")
    write_fcs(Path("bare.fcs"), np.ones((10, 2)), ["FSC-A", "X"])
    done = shell("flow", "quadrants", "table.fcs", "sm.fcs", "bare.fcs", "--json")
    assert done.code == SECTIONS_FAILED
    told = json.loads(done.out)
    assert [one["file"] for one in told["samples"]] == ["sm.fcs"]
    assert [one["code"] for one in told["failed"]] == ["file_not_read", "channel_not_found"]


@pytest.mark.usefixtures("tubes")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--channel", "annexin_v"), "'annexin_v' has no '='"),
        (("--readout", "CellTiter-Glo"), "'CellTiter-Glo'"),
        (("--threshold", "pi=high"), "'high' is no number"),
        (("--threshold", "pi=nan"), "--threshold: 'nan' is no number"),
        (("--threshold", "7-aad=600"), "--threshold: '7-aad' is no stain of annexin_v_pi"),
        (("--channel", "anexin=FL1-A"), "--channel: 'anexin' is no stain of annexin_v_pi"),
        (("--spillover", "sm.fcs"), "holds no spillover matrix"),
        (("--unstained", "none.fcs"), "none.fcs: cannot be read"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(shell: Shell, arguments: tuple[str, ...], words: str) -> None:
    done = shell("flow", "quadrants", "sm.fcs", *arguments)
    assert done.code == WRONG_INPUT
    assert words in done.err


@pytest.mark.usefixtures("tubes")
def test_compensate_recognises_tubes_and_writes_a_table_that_quadrants_takes(shell: Shell) -> None:
    done = shell("flow", "compensate", "pi.fcs", "unstained.fcs", "annexin_v.fcs", "--csv", "s.csv", "--json")
    told = json.loads(done.out)
    assert told["detectors"] == ["FL1-A", "FL3-A"]
    np.testing.assert_allclose(told["matrix"], SPILLOVER, atol=0.02)
    assert {one["file"]: one["channel"] for one in told["controls"]}["unstained.fcs"] == "unstained"
    assert told["caveats"] == []
    one = json.loads(shell("flow", "quadrants", "sm.fcs", "--spillover", "s.csv", "--json").out)["samples"][0]
    assert one["compensation"] == "table"


@pytest.mark.usefixtures("tubes")
def test_what_is_found_is_told_with_its_file_and_a_misspelt_control_is_not_used(shell: Shell) -> None:
    write("small.fcs", tube(quadrants(0.5, 0.2, 0.25, 0.05), np.random.default_rng(4), cells=800))
    done = shell("flow", "quadrants", "sm.fcs", "small.fcs", "--unstained", "unstained.fcs",
                 "--single-stain", "anexin=annexin_v.fcs")  # fmt: skip
    assert "small.fcs: " in done.err.replace("small.fcs: 8", "")
    assert "annexin_v.fcs: The control was not used, because 'anexin' is no stain that is known" in done.err


@pytest.mark.usefixtures("tubes")
def test_an_unstained_tube_that_nobody_named_is_told(shell: Shell) -> None:
    told = json.loads(shell("flow", "compensate", "annexin_v.fcs", "pi.fcs", "--json").out)
    assert [caveat["code"] for caveat in told["caveats"]] == ["unstained_guessed"]


def test_a_dead_control_is_told(shell: Shell) -> None:
    random = np.random.default_rng(3)
    half = quadrants(0.5, 0.05, 0.4, 0.05)
    write("unstained.fcs", tube(half, random, stains=(False, False)))
    write("annexin_v.fcs", tube(half, random, stains=(True, False)))
    write("pi.fcs", tube(half, random, stains=(False, False)))
    told = json.loads(shell("flow", "compensate", "unstained.fcs", "annexin_v.fcs", "pi.fcs", "--json").out)
    assert [caveat["code"] for caveat in told["caveats"]] == ["dead_control"]
    assert told["matrix"][1] == [0, 1]


@pytest.mark.usefixtures("tubes")
def test_compensate_refuses_what_it_cannot_tell_apart(shell: Shell) -> None:
    cases = {
        ("unstained.fcs", "annexin_v.fcs", "--tube", "annexin_v.fcs=FL9-A"): "'FL9-A' is no channel that sees a dye",
        ("unstained.fcs", "annexin_v.fcs", "--tube", "x.fcs=FL1-A"): "'x.fcs' is none of the tubes",
        ("annexin_v.fcs",): "no tube is unstained",
        ("unstained.fcs",): "there is no single stain",
    }
    for arguments, words in cases.items():
        done = shell("flow", "compensate", *arguments)
        assert done.code == WRONG_INPUT
        assert words in done.err


@pytest.mark.shared_data
def test_controls_of_a_folder_give_the_matrix_of_r(shell: Shell, shared_data: Path) -> None:
    folder = shared_data / "fcs" / "compensation_facscalibur_fitc_pe_7aad_apc"
    match = folder / "reference" / "comp_match"
    told = json.loads(shell("flow", "compensate", folder, "--match", match, "--method", "median", "--json").out)
    lines = (folder / "reference" / "compref").read_text("utf-8").splitlines()[1:]
    by_r = [[float(word) for word in line.split()[1:]] for line in lines]
    np.testing.assert_allclose(told["matrix"], by_r, rtol=0, atol=1e-12)


@pytest.mark.shared_data
def test_gate_shows_flowjos_count_beside_its_own(shell: Shell, shared_data: Path) -> None:
    folder = shared_data / "fcs" / "flowjo_wsp_line"
    done = shell("flow", "gate", folder / "single_ellipse_51_events.wsp", folder / "data_set_simple_line_100.fcs")
    assert "51  stored 51 (equal)" in done.out
