"""Other dyes than PI, gates set by hand, a declared matrix, and the gates as Gating-ML."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from avpi.errors import NotAnalysed, StudyError
from avpi.flow.analyse import analyse_tube, gate_by_controls
from avpi.flow.channels import DEATH_DYES
from avpi.flow.compensation import Spillover
from avpi.flow.controls import ControlTube
from avpi.flow.gating import gate_memberships, membership_counts
from avpi.flow.results import SampleResult
from avpi.readings import CellEvents
from avpi.study.overrides import Override, Overrides
from avpi.study.schema import Cytometry, Rules
from tests.flow.simulated_cells import NAMES, SPILLOVER, control_tubes, quadrants, tube

DYING = quadrants(0.5, 0.2, 0.25, 0.05)
LABELS = {
    "pi": "Propidium iodide", "7-aad": "7-AAD", "dapi": "DAPI", "sytox": "SYTOX Green", "fixable_dye": "Zombie Aqua",
}  # fmt: skip


def relabelled(events: CellEvents, first: str, second: str) -> CellEvents:
    labels = {"FL1-A": first, "FL3-A": second}
    return replace(events, channels=tuple(replace(c, stain=labels.get(c.name, c.stain)) for c in events.channels))


def found(
    readout: str, first: str, second: str, dye: str, *, by_hand: dict[str, Any] | None = None
) -> tuple[SampleResult, CellEvents]:
    controls = [
        ControlTube(
            stain={"pi": dye, "annexin_v": first}.get(tube_.stain, tube_.stain), experiment=None,
            events=relabelled(tube_.events, first, second),
        )
        for tube_ in control_tubes(np.random.default_rng(2))
    ]  # fmt: skip
    events = relabelled(tube(DYING, np.random.default_rng(1)), first, second)
    line = Override(number=1, at="", by="ada", target="s/gates", set=by_hand or {}, reason="seen")
    learnt = gate_by_controls(controls, Cytometry(readout=readout))
    return analyse_tube(events, "s", learnt, Rules(), Overrides(lines=(line,))), events


@pytest.mark.parametrize("dye", DEATH_DYES)
def test_every_death_dye_is_found_by_its_label_and_names_its_quadrants(dye: str) -> None:
    result, _ = found(f"annexin_v_{dye}", "Annexin V", LABELS[dye], dye)
    word = {"7-aad": "7aad"}.get(dye, dye)
    assert list(result.counts) == [
        f"annexin_{a}_{word}_{d}"
        for a, d in (
            ("negative", "negative"),
            ("positive", "negative"),
            ("positive", "positive"),
            ("negative", "positive"),
        )
    ]
    assert [share.value for share in result.fractions.values()] == pytest.approx(list(DYING.values()), abs=0.03)
    assert result.viable == result.fractions[f"annexin_negative_{word}_negative"]
    assert result.findings == ()


def test_caspase_3_with_a_dye_is_no_viability() -> None:
    result, _ = found("caspase-3/7-AAD", "Active caspase-3", "7-AAD", "7-aad")
    assert result.fractions["caspase3_positive_7aad_negative"].value == pytest.approx(0.2, abs=0.03)
    assert result.viable.state == "missing"


def test_a_dye_alone_gives_the_share_that_excludes_it() -> None:
    result, _ = found("DAPI exclusion", "x", "DAPI", "dapi")
    assert list(result.fractions) == ["dapi_negative", "dapi_positive"]
    assert result.viable.value == pytest.approx(0.7, abs=0.04)


def test_shares_without_the_debris_gate_stand_beside() -> None:
    result, _ = found("annexin_v_pi", "Annexin V", "PI", "pi")
    name = "annexin_negative_pi_positive"
    assert result.fractions_with_debris[name].value > result.fractions[name].value + 0.005
    assert sum(share.value for share in result.fractions_with_debris.values()) == pytest.approx(1)


def test_a_gate_set_by_hand_is_used_and_marked() -> None:
    result, _ = found("annexin_v_pi", "Annexin V", "PI", "pi", by_hand={"debris": 70_000, "singlets": [1.0, 1.5]})
    assert {gate.name: gate.origin for gate in result.gates} == {"cells": "manual", "singlets": "manual"}
    automatic, _ = found("annexin_v_pi", "Annexin V", "PI", "pi")
    assert result.cells < 0.8 * automatic.cells
    off, _ = found("annexin_v_pi", "Annexin V", "PI", "pi", by_hand={"debris": False, "singlets": False, "time": False})
    assert off.gates == ()
    assert off.singlets == off.cells == off.events
    window, _ = found("annexin_v_pi", "Annexin V", "PI", "pi", by_hand={"time": [[0, 2000]]})
    assert automatic.cells - window.cells == pytest.approx(2000 * 0.9, rel=0.1)


@pytest.mark.parametrize(
    ("by_hand", "words"),
    [
        ({"debrid": 1}, "'debrid' is no gate. Expected one of debris, singlets, time. Did you mean 'debris'"),
        ({"debris": -5}, "'debris' is set to '-5'"),
        ({"debris": "high"}, "'debris' is set to 'high'"),
        ({"singlets": [2, 1]}, "'singlets' is set to"),
        ({"time": [[1]]}, "'time' is set to"),
    ],
)
def test_a_correction_that_is_no_gate_is_refused(by_hand: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError) as caught:
        found("annexin_v_pi", "Annexin V", "PI", "pi", by_hand=by_hand)
    assert words in str(caught.value)
    assert "target 's/gates'" in str(caught.value)


def test_the_gates_as_gating_ml_hold_the_same_cells() -> None:
    result, events = found("annexin_v_pi", "Annexin V", "PI", "pi")
    assert result.gating is not None
    counts = membership_counts(gate_memberships(events, result.gating))
    assert counts == {"cells": result.cells, "singlets": result.singlets, **result.counts}


def test_a_declared_matrix_comes_first_and_must_fit() -> None:
    events = tube(DYING, np.random.default_rng(1))
    declared = Spillover(detectors=NAMES[3:5], matrix=SPILLOVER, origin="table")
    result = analyse_tube(events, "s", gate_by_controls([], Cytometry(), declared), Rules())
    assert result.method["compensation"] == "table"
    other = Spillover(detectors=("FL1-A", "FL9-A"), matrix=SPILLOVER, origin="table")
    with pytest.raises(NotAnalysed, match="FL9-A") as caught:
        analyse_tube(events, "s", gate_by_controls([], Cytometry(), other), Rules())
    assert caught.value.code == "spillover_does_not_fit"


def test_very_many_events_are_all_counted_though_gates_are_learnt_from_some() -> None:
    random = np.random.default_rng(7)
    events = tube(DYING, random, cells=150_000)
    learnt = gate_by_controls(control_tubes(random), Cytometry())
    result = analyse_tube(replace(events, stored=events.stored.astype("<f4")), "s", learnt, Rules())
    assert result.events == len(events.stored) > 100_000
    assert [share.value for share in result.fractions.values()] == pytest.approx(list(DYING.values()), abs=0.01)


def test_detector_voltages_of_the_channels_that_were_used_are_kept() -> None:
    events = replace(tube(DYING, np.random.default_rng(1)), text={"$P1V": "300", "$P4V": "450", "$P6V": "1"})
    result = analyse_tube(events, "s", gate_by_controls([], Cytometry(readout="annexin_v_pi")), Rules())
    assert result.instrument == {"$PnV": "FSC-A 300, FL1-A 450"}
