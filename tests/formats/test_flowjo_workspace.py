"""FlowJo's gates give FlowJo's counts, or the difference has a reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avpi.errors import FileFormatError
from avpi.flow.gate_scales import biex_table
from avpi.flow.stored_counts import compare_counts
from avpi.formats.fcs import read_fcs
from avpi.formats.flowjo_workspace import read_workspace
from avpi.readings import CellEvents, Channel

SPACES = (
    'xmlns:gating="http://www.isac-net.org/std/Gating-ML/v2.0/gating" '
    'xmlns:data-type="http://www.isac-net.org/std/Gating-ML/v2.0/datatypes"'
)


def workspace(folder: Path, populations: str, events: int = 4) -> Path:
    path = folder / "w.wsp"
    path.write_text(
        f'<Workspace {SPACES}><SampleList><Sample><SampleNode name="a.fcs" count="{events}"><Subpopulations>'
        f"{populations}</Subpopulations></SampleNode></Sample></SampleList></Workspace>",
        "utf-8",
    )
    return path


def rectangle(name: str, low: float, count: int, inside: str = "", events_inside: int = 1) -> str:
    return (
        f'<Population name="{name}" count="{count}"><Gate><gating:RectangleGate eventsInside="{events_inside}">'
        f'<gating:dimension gating:min="{low}"><data-type:fcs-dimension data-type:name="x"/></gating:dimension>'
        f"</gating:RectangleGate></Gate><Subpopulations>{inside}</Subpopulations></Population>"
    )


EVENTS = CellEvents(
    stored=np.array([[1.0], [2.0], [3.0], [4.0]]), channels=(Channel(name="x"),), version="FCS3.1", source="a.fcs"
)


def test_gates_stand_in_one_another_and_reasons_are_told(tmp_path: Path) -> None:
    inner = rectangle("high", 3.5, 1) + rectangle("odd", 3.5, 2) + '<NotNode name="no" count="-1"/>'
    (gates,) = read_workspace(
        workspace(tmp_path, rectangle("low", 2, 3, inner) + rectangle("out", 2, 1, "", 0)), "w.wsp"
    )
    members, compared = compare_counts(EVENTS, gates)
    assert members["low/high"].tolist() == [False, False, False, True]
    assert members["out"].tolist() == [True, False, False, False]
    reasons = {one.gate: one.reason for one in compared}
    assert reasons == {"low": "equal", "low/high": "equal", "low/odd": "unexplained", "out": "equal"}
    assert "'low/no'" in gates.caveats[0].text


def test_another_number_of_events_is_the_reason(tmp_path: Path) -> None:
    (gates,) = read_workspace(workspace(tmp_path, rectangle("low", 2, 30), events=40), "w.wsp")
    assert compare_counts(EVENTS, gates)[1][0].reason == "other_events"


def test_a_count_that_flowjo_did_not_store_is_none_and_not_zero(tmp_path: Path) -> None:
    (gates,) = read_workspace(workspace(tmp_path, rectangle("low", 2, -1)), "w.wsp")
    (one,) = compare_counts(EVENTS, gates)[1]
    assert (one.counted, one.stored, one.reason) == (3, None, "none_stored")


def test_another_file_is_no_workspace(tmp_path: Path) -> None:
    (tmp_path / "w.wsp").write_text("<Workspace/>", "utf-8")
    with pytest.raises(FileFormatError, match="lists no samples"):
        read_workspace(tmp_path / "w.wsp", "w.wsp")


@pytest.mark.shared_data
def test_stored_counts_of_real_workspaces_are_ours(shared_data: Path) -> None:
    stored = 0
    for path in sorted((shared_data / "fcs").glob("flowjo_wsp_*/*.wsp")):
        for gates in read_workspace(path, path.name):
            events = read_fcs(path.parent / gates.sample, gates.sample)
            for one in compare_counts(events, gates)[1]:
                if one.stored:
                    stored += 1
                    assert one.counted == one.stored, (path.name, one)
    assert stored == 8


@pytest.mark.shared_data
def test_a_real_workspace_without_its_file_is_read_with_what_is_left_out(shared_data: Path) -> None:
    (gates,) = read_workspace(shared_data / "fcs" / "facsdiva_ws" / "allotropy_flowjo_example_2.wsp", "w.wsp")
    assert gates.events == 65_121
    assert len(gates.gates) == 15
    assert "4 gates of kinds that are not read" in gates.caveats[0].text


@pytest.mark.shared_data
def test_the_biex_scale_is_flowjos_to_its_six_digits(shared_data: Path) -> None:
    table = np.loadtxt(next((shared_data / "fcs" / "flowjo_xforms").glob("*.csv")), delimiter=",", skiprows=1)[:, 1]
    _, raw = biex_table(1.0, -7.943282, 4.418540, 262144.000029)
    np.testing.assert_allclose(raw[: len(table)], table, rtol=6e-6, atol=1e-4)
