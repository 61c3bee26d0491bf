"""Which events lie in which gate: gates of Gating-ML 2.0 and of FlowJo workspaces, applied exactly.

FlowJo itself puts events into bins before it asks whether they lie in a polygon or an ellipse, so its counts differ
from exact ones by the events near a border.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from avpi.errors import NotAnalysed
from avpi.flow.gate_scales import on_scale
from avpi.flow.scales import scaled
from avpi.gates import (
    OF_FILE,
    UNCOMPENSATED,
    BooleanGate,
    Dimension,
    EllipsoidGate,
    GateSet,
    Matrix,
    PolygonGate,
    QuadrantGate,
    RectangleGate,
    Shape,
)
from avpi.readings import CellEvents

_DEEPEST = 200  # gates in one another; assumed: more are a loop that no one meant


def gate_memberships(events: CellEvents, gates: GateSet) -> dict[str, NDArray[np.bool_]]:
    """Return for each gate which events (n,) it holds, its parents' limits included.

    Raises
    ------
    NotAnalysed
        ``gate_not_applied`` if a gate names a channel, scale, matrix or gate that is not there, or itself.
    """
    view = View.of(events, gates)
    return {name: view.inside(name, ()) for name in gates.gates}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One file's events under one set of gates; what was worked out is kept."""

    events: CellEvents
    gates: GateSet
    linear: NDArray[np.float64]
    found: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    unmixed: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    values: dict[Dimension, NDArray[np.float64]] = field(default_factory=dict)

    @classmethod
    def of(cls, events: CellEvents, gates: GateSet) -> View:
        """Return the view of a file as read."""
        return cls(events=events, gates=gates, linear=scaled(events))

    def inside(self, name: str, path: Sequence[str]) -> NDArray[np.bool_]:
        """Return which events lie in a gate and in all its parents."""
        if name in self.found:
            return self.found[name]
        gate = self.gates.gates.get(name)
        if gate is None:
            raise _refused(path[-1] if path else name, f"it refers to the gate '{name}', which is not there")
        if name in path or len(path) > _DEEPEST:
            raise _refused(name, "it refers to itself")
        here = (*path, name)
        own = self._shape(name, gate.shape, here)
        if gate.outside:
            own = ~own
        if gate.parent:
            own = own & self.inside(gate.parent, here)
        self.found[name] = own
        return own

    def _shape(self, name: str, shape: Shape, path: Sequence[str]) -> NDArray[np.bool_]:
        match shape:
            case RectangleGate():
                inside = np.ones(len(self.linear), dtype=bool)
                for axis, low, high in zip(shape.dimensions, shape.low, shape.high, strict=True):
                    x = self.axis(name, axis)
                    inside &= np.isfinite(x)
                    if low is not None:
                        inside &= x >= low
                    if high is not None:
                        inside &= x < high
                return inside
            case PolygonGate():
                x, y = (self.axis(name, axis) for axis in shape.dimensions)
                return inside_polygon(x, y, self.vertices(shape))
            case EllipsoidGate():
                from_mean = np.column_stack([self.axis(name, axis) for axis in shape.dimensions]) - shape.mean
                square = (from_mean * np.linalg.solve(shape.covariance, from_mean.T).T).sum(axis=1)
                return np.asarray(square <= shape.distance_square)
            case QuadrantGate():
                parts = [
                    np.searchsorted(divider.values, self.axis(name, divider.dimension), side="right")
                    == np.searchsorted(divider.values, location, side="right")
                    for divider, location in shape.positions
                ]
                return np.asarray(np.logical_and.reduce(parts))
            case BooleanGate():
                members = [self.inside(one, path) ^ other for one, other in shape.references]
                if shape.operation == "not":
                    return ~members[0]
                join = np.logical_and if shape.operation == "and" else np.logical_or
                return np.asarray(join.reduce(members))

    def vertices(self, shape: PolygonGate) -> NDArray[np.float64]:
        """Return a polygon's vertices on the scales of its dimensions."""
        if not shape.vertices_linear:
            return shape.vertices
        columns = [
            on_scale(shape.vertices[:, i], self.gates.scales[axis.scale]) if axis.scale else shape.vertices[:, i]
            for i, axis in enumerate(shape.dimensions)
        ]
        return np.column_stack(columns)

    def axis(self, name: str, axis: Dimension) -> NDArray[np.float64]:
        """Return the events' values (n,) in a dimension of the gate ``name``, on its scale."""
        if axis in self.values:
            return self.values[axis]
        if axis.ratio:
            ratio = self.gates.ratios.get(axis.channel)
            if ratio is None:
                raise _refused(name, f"it refers to the ratio '{axis.channel}', which is not there")
            above, below = (self._channel(name, one) for one in (ratio.numerator, ratio.denominator))
            with np.errstate(all="ignore"):
                values = ratio.a * (above - ratio.b) / (below - ratio.c)
        else:
            values = self._compensated(name, axis)
        if axis.scale:
            if axis.scale not in self.gates.scales:
                raise _refused(name, f"it refers to the scale '{axis.scale}', which is not there")
            values = on_scale(values, self.gates.scales[axis.scale])
        self.values[axis] = values
        return values

    def _channel(self, name: str, channel: str) -> NDArray[np.float64]:
        names = [own.name for own in self.events.channels]
        if channel not in names:
            listed = ", ".join(names[:40])
            raise _refused(name, f"'{channel}' is no channel of '{self.events.source}', which has {listed}")
        return self.linear[:, names.index(channel)]

    def _compensated(self, name: str, axis: Dimension) -> NDArray[np.float64]:
        if axis.compensation == UNCOMPENSATED:
            return self._channel(name, axis.channel)
        if axis.compensation == OF_FILE:
            if self.events.spillover is None:
                return self._channel(name, axis.channel)
            detectors, values = self.events.spillover
            matrix = Matrix(fluorochromes=detectors, detectors=detectors, values=values)
        elif axis.compensation in self.gates.matrices:
            matrix = self.gates.matrices[axis.compensation]
        else:
            raise _refused(name, f"it refers to the matrix '{axis.compensation}', which is not there")
        if axis.channel not in matrix.fluorochromes:
            return self._channel(name, axis.channel)  # scatter and time are in no matrix
        if axis.compensation not in self.unmixed:
            measured = np.column_stack([self._channel(name, detector) for detector in matrix.detectors])
            self.unmixed[axis.compensation] = unmixed(measured, matrix)
        return self.unmixed[axis.compensation][:, matrix.fluorochromes.index(axis.channel)]


def unmixed(measured: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    """Return fluorochromes (n, rows) from detectors (n, columns); least squares where there are more detectors."""
    if matrix.inverted:
        return measured @ matrix.values
    if matrix.values.shape[0] == matrix.values.shape[1]:
        try:
            return np.asarray(np.linalg.solve(matrix.values.T, measured.T).T)
        except np.linalg.LinAlgError:
            raise _refused("matrix", "its spillover matrix cannot be inverted") from None
    return np.asarray(measured @ np.linalg.pinv(matrix.values))


def inside_polygon(x: NDArray[np.float64], y: NDArray[np.float64], vertices: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points (n,) lie in a polygon (k, 2), by the even-odd rule; its border belongs to it."""
    inside = np.zeros(len(x), dtype=bool)
    border = np.zeros(len(x), dtype=bool)
    ends = np.roll(vertices, -1, axis=0)
    with np.errstate(all="ignore"):
        for (x1, y1), (x2, y2) in zip(vertices, ends, strict=True):
            side = (x2 - x1) * (y - y1) - (x - x1) * (y2 - y1)
            within_x = (x >= min(x1, x2)) & (x <= max(x1, x2))
            within_y = (y >= min(y1, y2)) & (y <= max(y1, y2))
            border |= (side == 0) & within_x & within_y
            if y1 != y2:
                crosses = ((y1 > y) != (y2 > y)) & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
                inside ^= crosses
    return inside | border


def membership_counts(memberships: Mapping[str, NDArray[np.bool_]]) -> dict[str, int]:
    """Return the number of events in each gate."""
    return {name: int(members.sum()) for name, members in memberships.items()}


def _refused(name: str, why: str) -> NotAnalysed:
    return NotAnalysed(code="gate_not_applied", why=f"the gate '{name}' cannot be applied: {why}")
