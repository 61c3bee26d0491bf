"""Read gates from a FlowJo workspace (.wsp, version 10), with the counts that FlowJo stored beside them.

A workspace is XML near Gating-ML 2.0, with differences: vertices of polygons are intensities whatever the scale, an
ellipse is given by foci and edge on a grid of 256 channels, gates stand within their parents, and compensated
channels carry a prefix. What cannot be read (curly quadrants, derived parameters) is a caveat, never left out silently.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element

import numpy as np

from avpi.errors import FileFormatError, Problem
from avpi.estimate import Caveat
from avpi.formats.gatingml_read import OPERATIONS, ElementReader
from avpi.formats.xml_tree import attribute, child, children, local, read_xml
from avpi.gates import (
    UNCOMPENSATED,
    BooleanGate,
    Dimension,
    EllipsoidGate,
    GateSet,
    Matrix,
    NamedGate,
    PolygonGate,
    RectangleGate,
    Scale,
    Shape,
)

_GRID = 256.0  # channels of the grid on which FlowJo gives ellipses
_OWN = "workspace matrix"
_DEEPEST = 200  # assumed: populations are never so deep in one another


def read_workspace(path: Path, source: str) -> tuple[GateSet, ...]:
    """Read the gates of every sample of a workspace.

    Raises
    ------
    FileFormatError
        If the file is no workspace of FlowJo 10.
    """
    root = read_xml(path, source)
    samples = child(root, "SampleList")
    if local(root.tag) != "Workspace" or samples is None:
        what = f"its root is '{root.tag[:80]}' and it lists no samples"
        raise FileFormatError(Problem(file=source, what=what, expected="a workspace of FlowJo 10"))
    return tuple(_read_sample(sample, source) for sample in children(samples, "Sample"))


@dataclass(slots=True)
class _SampleReader:
    """What is gathered of one sample."""

    source: str
    prefix: str = ""
    suffix: str = ""
    matrix: Matrix | None = None
    scales: dict[str, Scale] = field(default_factory=dict)
    gates: dict[str, NamedGate] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def dimension(self, axis: Dimension, *, scaled: bool) -> Dimension:
        """Return an axis with its matrix and scale from its written name."""
        name, compensation = axis.channel, UNCOMPENSATED
        if self.matrix is not None and self.prefix + self.suffix:
            bare = name.removeprefix(self.prefix).removesuffix(self.suffix)
            if bare != name and bare in self.matrix.fluorochromes:
                name, compensation = bare, _OWN
        scale = next((key for key in (axis.channel, name) if key in self.scales), "") if scaled else ""
        return Dimension(channel=name, compensation=compensation, scale=scale)

    def shape(self, element: Element, place: str) -> Shape | None:
        """Return the shape of a gate; None for one that is not read."""
        reader = ElementReader(source=self.source, place=place)
        if local(element.tag) == "EllipsoidGate":
            return self._ellipse(element, reader)
        shape = reader.shape(element) if local(element.tag) in ("RectangleGate", "PolygonGate") else None
        if isinstance(shape, RectangleGate):  # its edges are intensities, and a scale keeps their order
            axes = tuple(self.dimension(axis, scaled=False) for axis in shape.dimensions)
            return RectangleGate(dimensions=axes, low=shape.low, high=shape.high)
        if isinstance(shape, PolygonGate):
            first, second = (self.dimension(axis, scaled=True) for axis in shape.dimensions)
            return PolygonGate(dimensions=(first, second), vertices=shape.vertices, vertices_linear=True)
        return None

    def _ellipse(self, element: Element, reader: ElementReader) -> EllipsoidGate:
        axes = tuple(self.dimension(axis, scaled=True) for axis in reader.dimensions(element))
        parts = [child(element, name) for name in ("foci", "edge")]
        points = [reader.points(children(part, "vertex"), 2) / _GRID for part in parts if part is not None]
        if len(axes) != 2 or len(points) != 2 or len(points[0]) != 2 or not len(points[1]):
            reader.refuse("an ellipse needs two dimensions, two foci and points of its edge")
        foci, edge = points
        half = float(np.linalg.norm(edge[0] - foci, axis=1).sum()) / 2
        apart = float(np.linalg.norm(foci[1] - foci[0])) / 2
        if half <= apart:
            reader.refuse("the edge of an ellipse lies between its foci")
        along = (foci[1] - foci[0]) / (2 * apart) if apart > 0 else np.array([1.0, 0.0])
        across = np.array([-along[1], along[0]])
        covariance = half**2 * np.outer(along, along) + (half**2 - apart**2) * np.outer(across, across)
        return EllipsoidGate(dimensions=axes, mean=foci.mean(axis=0), covariance=covariance, distance_square=1.0)


def _read_sample(sample: Element, source: str) -> GateSet:
    node = child(sample, "SampleNode")
    data = child(sample, "DataSet")
    found = _SampleReader(source=source)
    _read_matrix(sample, found)
    _read_scales(child(sample, "Transformations"), found)
    name = (attribute(node, "name") if node is not None else None) or ""
    if not name and data is not None:
        name = unquote(attribute(data, "uri") or "").rpartition("/")[2]
    if node is not None:
        _read_populations(node, "", found)
    caveats = []
    if found.unread:
        listed = ", ".join(f"'{one}'" for one in found.unread[:5])
        sentence = (
            f"{len(found.unread)} gates of kinds that are not read were left out, with what lies in them: {listed}."
        )
        caveats.append(Caveat(code="gate_not_read", text=sentence))
    return GateSet(
        gates=found.gates,
        scales=found.scales,
        matrices={} if found.matrix is None else {_OWN: found.matrix},
        source=source,
        sample=name,
        events=None if node is None else _count(node),
        caveats=tuple(caveats),
    )


def _read_matrix(sample: Element, found: _SampleReader) -> None:
    element = child(sample, "spilloverMatrix")
    if element is None:
        return
    listed = child(element, "parameters")
    reader = ElementReader(source=found.source, place="spilloverMatrix")
    names = tuple(attribute(one, "name") or "" for one in (listed if listed is not None else ()))
    rows, own = [], []
    for row in children(element, "spillover"):
        values = {attribute(c, "parameter"): reader.number(c, "value") for c in children(row, "coefficient")}
        rows.append([values.get(name, 0.0) for name in names])
        own.append(attribute(row, "parameter") or "")
    if not rows or len(rows) != len(names):
        return
    found.matrix = Matrix(fluorochromes=tuple(own), detectors=names, values=np.array(rows))
    found.prefix, found.suffix = attribute(element, "prefix") or "", attribute(element, "suffix") or ""


def _read_scales(element: Element | None, found: _SampleReader) -> None:
    kinds = {
        "linear": ("span", ("minRange", "maxRange")),
        "log": ("decades", ("offset", "decades")),
        "biex": ("biex", ("neg", "width", "pos", "maxRange")),
        "fasinh": ("asinh", ("T", "M", "A")),
        "logicle": ("logicle", ("T", "W", "M", "A")),
        "hyperlog": ("hyperlog", ("T", "W", "M", "A")),
    }
    for one in element if element is not None else ():
        named = child(one, "parameter")
        name = None if named is None else attribute(named, "name")
        if name and local(one.tag) in kinds:
            kind, keys = kinds[local(one.tag)]
            reader = ElementReader(source=found.source, place=f"scale of {name}")
            parameters = {key: reader.number(one, key) for key in keys}
            found.scales[name] = Scale(kind=kind, parameters=parameters)  # type: ignore[arg-type]


def _read_populations(node: Element, parent: str, found: _SampleReader, depth: int = 0) -> None:
    inner = child(node, "Subpopulations")
    if inner is None or depth > _DEEPEST:
        return
    for one in inner:
        name = "/".join(filter(None, (parent, attribute(one, "name") or "unnamed")))
        if local(one.tag) == "Population":
            shape, outside = _population(one, name, found)
        elif local(one.tag) in ("AndNode", "OrNode", "NotNode"):
            shape, outside = _boolean(one), False
        else:
            continue
        if shape is None:
            found.unread.append(name)
            continue
        while name in found.gates:  # FlowJo allows two populations of a name in one place
            name += " (2)"
        found.gates[name] = NamedGate(shape=shape, parent=parent, outside=outside, stored_count=_count(one))
        _read_populations(one, name, found, depth + 1)


def _population(element: Element, name: str, found: _SampleReader) -> tuple[Shape | None, bool]:
    gate = child(element, "Gate")
    shape = next(iter(gate), None) if gate is not None else None
    if shape is None:
        return None, False
    return found.shape(shape, name), attribute(shape, "eventsInside") == "0"


def _boolean(element: Element) -> Shape | None:
    operation = next((one for one in OPERATIONS if local(element.tag).lower() == f"{one}node"), None)
    references = tuple((name, False) for name in _dependents(element))
    if operation is None or not references or (operation == "not" and len(references) != 1):
        return None
    return BooleanGate(operation=operation, references=references)


def _dependents(element: Element) -> Iterator[str]:
    listed = child(element, "Dependents")
    for one in listed if listed is not None else ():
        name = attribute(one, "name")
        if name:
            yield name


def _count(element: Element) -> int | None:
    """Return the stored count; None where FlowJo had not counted, which it writes as -1."""
    text = attribute(element, "count") or ""
    return int(text) if text.isascii() and text.isdigit() else None
