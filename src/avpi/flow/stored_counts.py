"""Counts that a workspace stored beside exact ones, and the reason where they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avpi.flow.gating import View
from avpi.gates import EllipsoidGate, GateSet, PolygonGate
from avpi.readings import CellEvents

_BIN = 1 / 256
"""Side of FlowJo's bins: it asks whether a bin lies in a polygon or an ellipse, not whether an event does."""

Reason = Literal["equal", "none_stored", "other_events", "binned_border", "parent_differs", "unexplained"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCount:
    """One gate: the exact count, the stored one (None where FlowJo had not counted), and why they differ.

    ``near_border`` : events in the gate's parent that lie within a bin of its border; 0 for a rectangle.
    """

    gate: str
    counted: int
    stored: int | None
    near_border: int
    reason: Reason

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return {
            "equal": "equal",
            "none_stored": "no count is stored with it",
            "other_events": "the workspace was saved with another number of events in the sample",
            "binned_border": f"FlowJo puts events into bins first; {self.near_border:,} events lie within a bin of the "
            "border",
            "parent_differs": "the count of its parent differs",
            "unexplained": "not explained",
        }[self.reason]


def compare_counts(events: CellEvents, gates: GateSet) -> tuple[dict[str, NDArray[np.bool_]], list[ComparedCount]]:
    """Return which events lie in each gate, and each count beside the stored one."""
    view = View.of(events, gates)
    members = {name: view.inside(name, ()) for name in gates.gates}
    compared: dict[str, ComparedCount] = {}
    for name, gate in gates.gates.items():
        counted, stored = int(members[name].sum()), gate.stored_count
        near = 0
        if counted != stored and stored is not None and isinstance(gate.shape, PolygonGate | EllipsoidGate):
            parent = members[gate.parent] if gate.parent else np.ones(len(view.linear), dtype=bool)
            near = int((_near_border(view, name, gate.shape) & parent).sum())
        reason = _reason(counted, stored, near, gates, compared.get(gate.parent), len(view.linear))
        compared[name] = ComparedCount(gate=name, counted=counted, stored=stored, near_border=near, reason=reason)
    return members, list(compared.values())


def _reason(
    counted: int, stored: int | None, near: int, gates: GateSet, parent: ComparedCount | None, events: int
) -> Reason:
    if stored is None:
        return "none_stored"
    if counted == stored:
        return "equal"
    if gates.events is not None and gates.events != events:
        return "other_events"
    if abs(counted - stored) <= near:
        return "binned_border"
    if parent is not None and parent.reason not in ("equal", "none_stored"):
        return "parent_differs"
    return "unexplained"


def _near_border(view: View, name: str, shape: PolygonGate | EllipsoidGate) -> NDArray[np.bool_]:
    x, y = (view.axis(name, axis) for axis in shape.dimensions)
    if isinstance(shape, PolygonGate):
        edge = view.vertices(shape)
        side = _bin_of(shape, edge)
    else:
        angles = np.linspace(0, 2 * np.pi, 128, endpoint=False)
        root = np.linalg.cholesky(shape.covariance) * np.sqrt(shape.distance_square)
        edge = shape.mean + (root @ np.array([np.cos(angles), np.sin(angles)])).T
        side = np.array([_BIN, _BIN])
    near = np.zeros(len(x), dtype=bool)
    for one, other in zip(edge / side, np.roll(edge, -1, axis=0) / side, strict=True):
        near |= _near_line(x / side[0], y / side[1], one, other)
    return near


def _bin_of(shape: PolygonGate, vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the side of a bin in each dimension: of an unscaled one, of the polygon's own extent."""
    spans = [
        _BIN if axis.scale else max(float(np.ptp(vertices[:, i])), 1e-12) * _BIN
        for i, axis in enumerate(shape.dimensions)
    ]
    return np.array(spans)


def _near_line(
    x: NDArray[np.float64], y: NDArray[np.float64], one: NDArray[np.float64], other: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which points lie within one unit of a line between two points."""
    along = other - one
    length = float(along @ along)
    part = np.clip(((x - one[0]) * along[0] + (y - one[1]) * along[1]) / length, 0, 1) if length > 0 else 0.0
    return np.asarray(np.hypot(x - one[0] - part * along[0], y - one[1] - part * along[1]) <= 1.0)
