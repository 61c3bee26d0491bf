"""FCS 3.1 files that other programs read, the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import flowio
import numpy as np
import pytest

from avpi.formats.fcs import read_fcs
from avpi.formats.fcs_write import write_fcs

EVENTS = np.array([[1.5, -2.0, 3e5], [4.0, 5.0, 6.0]], dtype="f4")
NAMES = ("FSC-A", "FL1-A", "FL3-A")
SPILLOVER = np.array([[1.0, 0.12], [0.03, 1.0]])


def write(path: Path) -> None:
    write_fcs(
        path,
        EVENTS,
        NAMES,
        stains=("", "Annexin V", "PI"),
        spillover=(NAMES[1:], SPILLOVER),
        keywords={"$CYT": "simulated", "note": "50 µM, a/b", "$P1R": "1024", "$COM": ""},
    )


def test_flowio_reads_what_is_written(tmp_path: Path) -> None:
    write(tmp_path / "a.fcs")
    other = flowio.FlowData(tmp_path / "a.fcs")
    assert other.version == "3.1"
    assert np.array(other.events).reshape(-1, 3).tolist() == EVENTS.tolist()
    assert other.pnn_labels == list(NAMES)
    assert other.pns_labels == ["", "Annexin V", "PI"]
    assert other.text["spillover"] == "2,FL1-A,FL3-A,1.0,0.12,0.03,1.0"
    assert other.text["note"] == "50 µM, a/b"
    assert other.text["cyt"] == "simulated"


def test_we_read_what_is_written_without_caveats(tmp_path: Path) -> None:
    write(tmp_path / "a.fcs")
    events = read_fcs(tmp_path / "a.fcs", "a.fcs")
    assert events.caveats == ()
    assert events.events.tolist() == EVENTS.tolist()
    assert events.spillover is not None
    assert events.spillover[0] == NAMES[1:]
    assert events.spillover[1].tolist() == SPILLOVER.tolist()
    assert events.channels[0].range == 1024


def test_the_same_events_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.fcs", "b.fcs"):
        write(tmp_path / name)
    assert (tmp_path / "a.fcs").read_bytes() == (tmp_path / "b.fcs").read_bytes()


@pytest.mark.parametrize(
    ("names", "options", "words"),
    [
        (("a", "b"), {}, "2 channels are named"),
        (("a", "a", "b"), {}, "not unique"),
        (("a", "b,c", "d"), {}, "'b,c' cannot name a channel"),
        (("a", "", "d"), {}, "cannot name a channel"),
        (NAMES, {"stains": ("x",)}, "1 stains for 3 channels"),
        (NAMES, {"keywords": {"$TOT": "7"}}, "'\\$TOT' cannot be set"),
        (NAMES, {"spillover": (("FL9-A",), np.eye(1))}, "does not fit the channels"),
    ],
)
def test_what_makes_no_fcs_file_is_refused(
    tmp_path: Path, names: tuple[str, ...], options: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        write_fcs(tmp_path / "a.fcs", EVENTS, names, **options)  # type: ignore[arg-type]
    assert not (tmp_path / "a.fcs").exists()
