"""Cytometry against what others made: real files, the Gating-ML compliance set, FlowJo's counts, matrices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.errors import FileFormatError
from avpi.flow.cells import single_cells
from avpi.flow.gate_scales import biex_table
from avpi.flow.gating import gate_memberships
from avpi.flow.scales import scaled, top_of_scale
from avpi.flow.spillover_fit import fit_spillover
from avpi.flow.stored_counts import compare_counts
from avpi.formats.fcs import read_fcs
from avpi.formats.fcs_json import events_to_json
from avpi.formats.flowjo_workspace import read_workspace
from avpi.formats.gatingml_read import read_gatingml

DETECTORS = {"FL1-H": "060909.002", "FL2-H": "060909.003", "FL3-H": "060909.005", "FL4-H": "060909.004"}


def row(what: str, value: float, goal: str, *, met: bool | None) -> dict[str, Any]:
    """Return one line of the table."""
    return {"what": what, "value": round(value, 18), "goal": goal, "met": met}


def reference_rows(shared: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows that need real files; none where they are not there."""
    if not (shared / "manifest.json").is_file():
        return
    yield from _files(shared)
    yield from _gating_ml(shared / "gatingml2_reference")
    yield from _workspaces(shared)
    yield from _matrices(shared / "compensation_facscalibur_fitc_pe_7aad_apc")
    table = np.loadtxt(next((shared / "flowjo_xforms").glob("*.csv")), delimiter=",", skiprows=1)[:, 1]
    _, raw = biex_table(1.0, -7.943282, 4.418540, 262144.000029)
    away = float((np.abs(raw[: len(table)] - table) / np.maximum(1, np.abs(table))).max())
    yield row("FlowJo's biex table of six digits, largest relative difference", away, "<= 1e-5", met=away <= 1e-5)


def _files(shared: Path) -> Iterator[dict[str, Any]]:
    right, wrong, refused, silent = 0, 0, 0, 0
    for entry in json.loads((shared / "manifest.json").read_text("utf-8")):
        readable = entry.get("events") is not None
        try:
            found = events_to_json(read_fcs(shared / entry["path"], entry["path"]))
        except FileFormatError:
            refused += not readable
            wrong += readable
            continue
        silent += not readable
        same = found["events"] == entry["events"] and [c["name"] for c in found["channels"]] == entry["channels"]
        same = same and np.allclose(found["sums"], entry["raw_sum"], rtol=1e-12)
        right, wrong = right + same, wrong + (not same)
    yield row(f"real files read as the consensus has them, of {right + wrong}", right, "all", met=wrong == 0)
    yield row(f"corrupt files refused by name, of {refused + silent}", refused, "all", met=silent == 0)


def _gating_ml(folder: Path) -> Iterator[dict[str, Any]]:
    events = read_fcs(folder / "data1.fcs", "data1.fcs")
    members: dict[str, NDArray[np.bool_]] = {}
    for path in sorted((folder / "gml").glob("*.xml")):
        members |= gate_memberships(events, read_gatingml(path, path.name))
    members["ParQuadRect"] = members["ParRectangle1"]  # the truth's file is not named as its gate
    truths = {path.stem.removeprefix("Results_"): path for path in (folder / "truth").glob("*.txt")}
    right = sum(
        name in members and np.array_equal(members[name], np.loadtxt(path).astype(bool))
        for name, path in truths.items()
    )
    yield row(f"Gating-ML 2.0 memberships, of {len(truths)}", right, "all", met=right == len(truths))


def _workspaces(shared: Path) -> Iterator[dict[str, Any]]:
    equal, explained, open_ = 0, 0, 0
    for path in sorted(shared.glob("flowjo_wsp_*/*.wsp")):
        for gates in read_workspace(path, path.name):
            _, compared = compare_counts(read_fcs(path.parent / gates.sample, gates.sample), gates)
            kept = [one for one in compared if one.stored]
            equal += sum(one.reason == "equal" for one in kept)
            explained += sum(one.reason not in ("equal", "unexplained") for one in kept)
            open_ += sum(one.reason == "unexplained" for one in kept)
    told = f"FlowJo counts equal, of {equal + explained + open_}; {explained} explained"
    yield row(told, equal, "all, or the difference explained", met=open_ == 0)


def _matrices(folder: Path) -> Iterator[dict[str, Any]]:
    tubes = {name: read_fcs(folder / name, name) for name in ("060909.001", *DETECTORS.values())}
    first = tubes["060909.001"]
    columns = [[channel.name for channel in first.channels].index(name) for name in DETECTORS]
    lines = (folder / "reference" / "compref").read_text("utf-8").splitlines()[1:]
    by_r = np.array([[float(word) for word in line.split()[1:]] for line in lines])
    every = {name: scaled(tube)[:, columns] for name, tube in tubes.items()}
    stained = {i: every[name] for i, name in enumerate(DETECTORS.values())}
    found = fit_spillover(every["060909.001"], stained, list(DETECTORS), [0.0] * 4, method="median").matrix
    away = float(np.abs(found - by_r).max())
    yield row("spillover by medians, largest difference from R", away, "<= 1e-12", met=away <= 1e-12)
    by_hand = (folder / "reference" / "compmatrix").read_text("latin-1").replace("\r", "\n").splitlines()[-4:]
    hand = np.array([[float(word) for word in line.split()] for line in by_hand])
    cells = {name: single_cells(tube, name).singlets[:, columns] for name, tube in tubes.items()}
    stained = {i: cells[name] for i, name in enumerate(DETECTORS.values())}
    tops = [top_of_scale(first, column) for column in columns]
    found = fit_spillover(cells["060909.001"], stained, list(DETECTORS), tops).matrix
    away = float(np.abs(found - hand).max())
    yield row("spillover by the robust line, largest difference from hand-made", away, "<= 0.02", met=away <= 0.02)
