"""Gating-ML 2.0 is read as the compliance set wants it, and what is written is read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from avpi.errors import FileFormatError, NotAnalysed
from avpi.flow.gating import gate_memberships
from avpi.formats.fcs import read_fcs
from avpi.formats.gatingml_read import read_gatingml
from avpi.formats.gatingml_write import gatingml_text, write_gatingml
from avpi.gates import BooleanGate, Dimension, GateSet, NamedGate, PolygonGate, RectangleGate
from avpi.readings import CellEvents, Channel

SPACES = (
    'xmlns:gating="http://www.isac-net.org/std/Gating-ML/v2.0/gating" '
    'xmlns:transforms="http://www.isac-net.org/std/Gating-ML/v2.0/transformations" '
    'xmlns:data-type="http://www.isac-net.org/std/Gating-ML/v2.0/datatypes"'
)
EVENTS = CellEvents(
    stored=np.array([[1.0, 1.0], [5.0, 5.0], [9.0, 1.0], [np.nan, 5.0]]),
    channels=(Channel(name="x"), Channel(name="y")),
    version="FCS3.1",
    source="a.fcs",
)


def written(folder: Path, body: str, *, before: str = "") -> Path:
    path = folder / "gates.xml"
    path.write_text(f'<?xml version="1.0"?>{before}<gating:Gating-ML {SPACES}>{body}</gating:Gating-ML>', "utf-8")
    return path


def rectangle(low: str, high: str) -> str:
    return (
        f'<gating:RectangleGate gating:id="r"><gating:dimension gating:compensation-ref="uncompensated" '
        f'gating:min="{low}" gating:max="{high}"><data-type:fcs-dimension data-type:name="x"/></gating:dimension>'
        "</gating:RectangleGate>"
    )


def test_a_rectangle_holds_its_lower_edge_and_not_its_upper(tmp_path: Path) -> None:
    gates = read_gatingml(written(tmp_path, rectangle("1", "9")), "g.xml")
    assert gate_memberships(EVENTS, gates)["r"].tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (rectangle("low", "9"), r"g\.xml, 'r': 'min' is 'low', which is no number"),
        (rectangle("1", "inf"), "which is not finite"),
        ('<gating:PolygonGate gating:id="p"></gating:PolygonGate>', "'p': has no dimensions"),
        ('<gating:BooleanGate gating:id="b"></gating:BooleanGate>', "neither 'and', 'or' nor 'not'"),
        ('<transforms:transformation transforms:id="t"><transforms:x/></transforms:transformation>', "no scale"),
    ],
)
def test_what_cannot_be_understood_is_named_with_its_gate(tmp_path: Path, body: str, words: str) -> None:
    with pytest.raises(FileFormatError, match=words):
        read_gatingml(written(tmp_path, body), "g.xml")


def test_entities_are_not_read(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    for encoding in ("utf-8", "utf-16"):
        path = written(tmp_path, rectangle("1", "9"), before=bomb)
        path.write_bytes(path.read_text("utf-8").encode(encoding))
        with pytest.raises(FileFormatError, match="document type"):
            read_gatingml(path, "g.xml")


@pytest.mark.parametrize("content", [b"", b"<a/>", b"<a", b"\xff\xfe\x00", b"FCS3.1"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "g.xml").write_bytes(content)
    with pytest.raises(FileFormatError, match=r"g\.xml"):
        read_gatingml(tmp_path / "g.xml", "g.xml")


def test_gates_that_refer_to_nothing_or_to_themselves_are_named() -> None:
    x = Dimension(channel="x")
    whole = RectangleGate(dimensions=(x,), low=(None,), high=(None,))
    cases = {
        "'missing', which is not there": NamedGate(shape=whole, parent="missing"),
        "refers to itself": NamedGate(shape=BooleanGate(operation="not", references=(("g", False),))),
        "is no channel of 'a.fcs', which has x, y": NamedGate(
            shape=RectangleGate(dimensions=(Dimension(channel="z"),), low=(1.0,), high=(None,))
        ),
        "the scale 's', which is not there": NamedGate(
            shape=RectangleGate(dimensions=(Dimension(channel="x", scale="s"),), low=(1.0,), high=(None,))
        ),
    }
    for words, gate in cases.items():
        with pytest.raises(NotAnalysed, match=words) as caught:
            gate_memberships(EVENTS, GateSet(gates={"g": gate}))
        assert caught.value.code == "gate_not_applied"


def test_what_gating_ml_has_no_form_for_is_not_written() -> None:
    x = Dimension(channel="x", scale="s")
    polygon = PolygonGate(dimensions=(x, x), vertices=np.eye(3)[:, :2], vertices_linear=True)
    plain = RectangleGate(dimensions=(Dimension(channel="x"),), low=(1.0,), high=(None,))
    for name, gate in (
        ("p", NamedGate(shape=polygon)), ("o", NamedGate(shape=plain, outside=True)), ("a b", NamedGate(shape=plain))
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"no form|no identifier"):
            gatingml_text(GateSet(gates={name: gate}))


@pytest.mark.shared_data
def test_all_fifty_one_memberships_are_those_of_the_compliance_set(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "fcs" / "gatingml2_reference"
    events = read_fcs(folder / "data1.fcs", "data1.fcs")
    members: dict[str, NDArray[np.bool_]] = {}
    again: dict[str, NDArray[np.bool_]] = {}
    for path in sorted((folder / "gml").glob("*.xml")):
        gates = read_gatingml(path, path.name)
        write_gatingml(tmp_path / path.name, gates)
        members |= gate_memberships(events, gates)
        again |= gate_memberships(events, read_gatingml(tmp_path / path.name, path.name))
    truths = {path.stem.removeprefix("Results_"): path for path in (folder / "truth").glob("*.txt")}
    members["ParQuadRect"] = members["ParRectangle1"]  # the truth's file is not named as its gate
    assert len(truths) == 51
    for name, path in truths.items():
        np.testing.assert_array_equal(members[name], np.loadtxt(path).astype(bool), err_msg=name)
    for name in again:
        np.testing.assert_array_equal(again[name], members[name], err_msg=name)
