"""Read Gating-ML 2.0: gates, scales, ratios and spillover matrices."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NoReturn
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from avpi.errors import FileFormatError, Problem
from avpi.formats.xml_tree import attribute, child, children, local, read_xml
from avpi.gates import (
    UNCOMPENSATED,
    BooleanGate,
    Dimension,
    Divider,
    EllipsoidGate,
    GateSet,
    Matrix,
    NamedGate,
    PolygonGate,
    QuadrantGate,
    Ratio,
    RectangleGate,
    Scale,
    Shape,
)

SCALES = {
    "flin": ("linear", ("T", "A")),
    "flog": ("log", ("T", "M")),
    "fasinh": ("asinh", ("T", "M", "A")),
    "logicle": ("logicle", ("T", "W", "M", "A")),
    "hyperlog": ("hyperlog", ("T", "W", "M", "A")),
}
"""Element of Gating-ML -> kind and parameters of the scale."""

OPERATIONS: tuple[Literal["and", "or", "not"], ...] = ("and", "or", "not")


def read_gatingml(path: Path, source: str) -> GateSet:
    """Read a Gating-ML 2.0 file.

    Raises
    ------
    FileFormatError
        If it is no Gating-ML 2.0, or a gate in it cannot be understood; the message names the gate.
    """
    root = read_xml(path, source)
    if local(root.tag) != "Gating-ML" or "v2.0" not in root.tag:
        what = f"its root is '{root.tag[:80]}', not Gating-ML 2.0"
        raise FileFormatError(Problem(file=source, what=what, expected="a Gating-ML 2.0 file"))
    scales: dict[str, Scale] = {}
    ratios: dict[str, Ratio] = {}
    matrices: dict[str, Matrix] = {}
    gates: dict[str, NamedGate] = {}
    for element in root:
        place = attribute(element, "id") or local(element.tag)
        reader = ElementReader(source=source, place=place)
        if local(element.tag) == "transformation":
            _read_transformation(element, reader, scales, ratios)
        elif local(element.tag) == "spectrumMatrix":
            matrices[place] = reader.matrix(element)
        elif local(element.tag) == "QuadrantGate":
            gates.update(_read_quadrants(element, reader))
        elif (shape := reader.shape(element)) is not None:
            gates[place] = NamedGate(shape=shape, parent=attribute(element, "parent_id") or "")
    return GateSet(gates=gates, scales=scales, ratios=ratios, matrices=matrices, source=source)


class ElementReader:
    """Reads parts of one gate; a fault is told with the file and the gate."""

    def __init__(self, *, source: str, place: str) -> None:
        self.source, self.place = source, place

    def refuse(self, what: str) -> NoReturn:
        """Raise the error that says what is wrong with this gate."""
        raise FileFormatError(Problem(file=self.source, place=f"'{self.place[:80]}'", what=what))

    def number(self, element: Element, name: str) -> float:
        """Return a number that must be there."""
        text = attribute(element, name)
        value = self.number_or_none(element, name)
        if value is None:
            self.refuse(f"'{name}' of '{local(element.tag)}' is {'missing' if text is None else repr(text[:40])}")
        return value

    def number_or_none(self, element: Element, name: str) -> float | None:
        """Return a number, or None where the attribute is not there."""
        text = attribute(element, name)
        if text is None:
            return None
        try:
            value = float(text)
        except ValueError:
            self.refuse(f"'{name}' is '{text[:40]}', which is no number")
        if not math.isfinite(value):
            self.refuse(f"'{name}' is '{text[:40]}', which is not finite")
        return value

    def dimension(self, element: Element) -> Dimension:
        """Return one axis of a gate."""
        compensation = attribute(element, "compensation-ref") or UNCOMPENSATED
        scale = attribute(element, "transformation-ref") or ""
        new = child(element, "new-dimension")
        if new is not None:
            name = attribute(new, "transformation-ref")
        else:
            named = child(element, "fcs-dimension")
            name = None if named is None else attribute(named, "name")
        if not name:
            self.refuse("a dimension has no name")
        return Dimension(channel=name, compensation=compensation, scale=scale, ratio=new is not None)

    def dimensions(self, element: Element) -> tuple[Dimension, ...]:
        """Return the axes of a gate, at least one."""
        found = tuple(self.dimension(one) for one in children(element, "dimension"))
        if not found:
            self.refuse("has no dimensions")
        return found

    def coordinates(self, element: Element) -> list[float]:
        """Return the coordinates of a point."""
        return [self.number(one, "value") for one in children(element, "coordinate")]

    def points(self, elements: Iterator[Element], width: int) -> NDArray[np.float64]:
        """Return points (k, width)."""
        found = [self.coordinates(one) for one in elements]
        if any(len(point) != width for point in found):
            self.refuse(f"a point has not {width} coordinates")
        return np.array(found, dtype=np.float64).reshape(-1, width)

    def shape(self, element: Element) -> Shape | None:
        """Return a gate's shape; None for an element that is no gate."""
        kind = local(element.tag)
        if kind == "RectangleGate":
            edges = list(children(element, "dimension"))
            return RectangleGate(
                dimensions=self.dimensions(element),
                low=tuple(self.number_or_none(edge, "min") for edge in edges),
                high=tuple(self.number_or_none(edge, "max") for edge in edges),
            )
        if kind == "PolygonGate":
            axes = self.dimensions(element)
            vertices = self.points(children(element, "vertex"), 2)
            if len(axes) != 2 or len(vertices) < 3:
                self.refuse(f"a polygon of {len(axes)} dimensions and {len(vertices)} vertices is none")
            return PolygonGate(dimensions=(axes[0], axes[1]), vertices=vertices)
        if kind == "EllipsoidGate":
            return self._ellipsoid(element)
        if kind == "BooleanGate":
            return self._boolean(element)
        return None

    def matrix(self, element: Element) -> Matrix:
        """Return a spectrum matrix."""
        names = []
        for part in ("fluorochromes", "detectors"):
            listed = child(element, part)
            names.append(tuple(attribute(one, "name") or "" for one in (listed if listed is not None else ())))
        rows = [
            [self.number(one, "value") for one in children(row, "coefficient")] for row in children(element, "spectrum")
        ]
        if len(rows) != len(names[0]) or any(len(row) != len(names[1]) for row in rows) or not rows:
            self.refuse(f"{len(rows)} rows do not make a matrix of {len(names[0])} by {len(names[1])}")
        inverted = attribute(element, "matrix-inverted-already") in ("true", "1")
        return Matrix(fluorochromes=names[0], detectors=names[1], values=np.array(rows), inverted=inverted)

    def _ellipsoid(self, element: Element) -> EllipsoidGate:
        axes = self.dimensions(element)
        mean, covariance = child(element, "mean"), child(element, "covarianceMatrix")
        distance = child(element, "distanceSquare")
        if mean is None or covariance is None or distance is None:
            self.refuse("an ellipsoid needs a mean, a covariance matrix and a squared distance")
        rows = [[self.number(one, "value") for one in children(row, "entry")] for row in children(covariance, "row")]
        k = len(axes)
        centre = self.coordinates(mean)
        if len(centre) != k or len(rows) != k or any(len(row) != k for row in rows):
            self.refuse(f"mean and covariance do not have the gate's {k} dimensions")
        # The compliance set has a matrix that is not positive definite, so only what cannot be applied is refused.
        if np.linalg.matrix_rank(np.array(rows)) != k:
            self.refuse("the covariance matrix has no inverse")
        return EllipsoidGate(
            dimensions=axes,
            mean=np.array(centre),
            covariance=np.array(rows),
            distance_square=self.number(distance, "value"),
        )

    def _boolean(self, element: Element) -> BooleanGate:
        joined = next((one for one in element if local(one.tag) in OPERATIONS), None)
        if joined is None:
            self.refuse("a Boolean gate has neither 'and', 'or' nor 'not'")
        operation = OPERATIONS[OPERATIONS.index(local(joined.tag))]
        references = tuple(
            (attribute(one, "ref") or "", attribute(one, "use-as-complement") in ("true", "1"))
            for one in children(joined, "gateReference")
        )
        if not references or (operation == "not" and len(references) != 1):
            self.refuse(f"'{operation}' joins {len(references)} gates")
        return BooleanGate(operation=operation, references=references)


def _read_transformation(
    element: Element, reader: ElementReader, scales: dict[str, Scale], ratios: dict[str, Ratio]
) -> None:
    for one in element:
        kind = local(one.tag)
        if kind == "fratio":
            named = [attribute(axis, "name") or "" for axis in children(one, "fcs-dimension")]
            if len(named) != 2:
                reader.refuse(f"a ratio of {len(named)} channels is none")
            a, b, c = (reader.number(one, name) for name in ("A", "B", "C"))
            ratios[reader.place] = Ratio(numerator=named[0], denominator=named[1], a=a, b=b, c=c)
        elif kind in SCALES:
            own, names = SCALES[kind]
            parameters = {name: reader.number(one, name) for name in names}
            if not parameters["T"] > 0:
                reader.refuse(f"T is {parameters['T']:g}, which is not above 0")
            scales[reader.place] = Scale(kind=own, parameters=parameters)  # type: ignore[arg-type]
        elif kind != "custom_info":
            reader.refuse(f"'{kind}' is no scale of Gating-ML 2.0")


def _read_quadrants(element: Element, reader: ElementReader) -> dict[str, NamedGate]:
    dividers = {}
    for one in children(element, "divider"):
        values = []
        for value in children(one, "value"):
            try:
                values.append(float(value.text or ""))
            except ValueError:
                reader.refuse(f"a divider's value is '{(value.text or '')[:40]}'")
        dividers[attribute(one, "id")] = Divider(dimension=reader.dimension(one), values=tuple(sorted(values)))
    found = {}
    for quadrant in children(element, "Quadrant"):
        positions = []
        for position in children(quadrant, "position"):
            named = attribute(position, "divider_ref")
            if named not in dividers:
                reader.refuse(f"a quadrant names the divider '{named}', which is not there")
            positions.append((dividers[named], reader.number(position, "location")))
        name = attribute(quadrant, "id")
        if not name or not positions:
            reader.refuse("a quadrant has no name or no position")
        found[name] = NamedGate(
            shape=QuadrantGate(positions=tuple(positions)), parent=attribute(element, "parent_id") or ""
        )
    return found
