"""Write gates as Gating-ML 2.0, the same text for the same gates."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

from avpi.formats.gatingml_read import SCALES
from avpi.gates import (
    BooleanGate,
    Dimension,
    Divider,
    EllipsoidGate,
    GateSet,
    Matrix,
    NamedGate,
    PolygonGate,
    QuadrantGate,
    RectangleGate,
)

_ROOT = "http://www.isac-net.org/std/Gating-ML/v2.0/"
GATING, TRANSFORMS, DATATYPES = (_ROOT + part for part in ("gating", "transformations", "datatypes"))
_IDENTIFIER = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_ELEMENTS = {kind: (element, names) for element, (kind, names) in SCALES.items()}


def write_gatingml(path: Path, gates: GateSet) -> None:
    """Write a Gating-ML 2.0 file; an existing one is replaced.

    Raises
    ------
    ValueError
        If a gate has no form in Gating-ML 2.0: events outside a shape, vertices that are not on their scales,
        FlowJo's own scales, or a name that is no identifier of XML (letters, digits, ``_``, ``-`` and ``.``).
    """
    path.write_bytes(gatingml_text(gates).encode("utf-8"))


def gatingml_text(gates: GateSet) -> str:
    """Return gates as the text of a Gating-ML 2.0 file; errors as :func:`write_gatingml`."""
    _require_identifiers(gates)
    for prefix, space in (("gating", GATING), ("transforms", TRANSFORMS), ("data-type", DATATYPES)):
        ElementTree.register_namespace(prefix, space)
    root = Element(f"{{{GATING}}}Gating-ML")
    for name, scale in gates.scales.items():
        if scale.kind not in _ELEMENTS:
            message = f"the scale '{name}' is '{scale.kind}', which Gating-ML 2.0 does not have"
            raise ValueError(message)
        element, keys = _ELEMENTS[scale.kind]
        outer = SubElement(root, f"{{{TRANSFORMS}}}transformation", _named(TRANSFORMS, id=name))
        own = {key: _number(scale.parameters[key]) for key in keys}
        SubElement(outer, f"{{{TRANSFORMS}}}{element}", _named(TRANSFORMS, **own))
    for name, ratio in gates.ratios.items():
        outer = SubElement(root, f"{{{TRANSFORMS}}}transformation", _named(TRANSFORMS, id=name))
        own = {"A": _number(ratio.a), "B": _number(ratio.b), "C": _number(ratio.c)}
        inner = SubElement(outer, f"{{{TRANSFORMS}}}fratio", _named(TRANSFORMS, **own))
        for channel in (ratio.numerator, ratio.denominator):
            SubElement(inner, f"{{{DATATYPES}}}fcs-dimension", _named(DATATYPES, name=channel))
    for name, matrix in gates.matrices.items():
        _write_matrix(root, name, matrix)
    divisions: dict[tuple[str, tuple[Divider, ...]], list[tuple[str, QuadrantGate]]] = {}
    for name, gate in gates.gates.items():
        if isinstance(gate.shape, QuadrantGate):
            dividers = tuple(divider for divider, _ in gate.shape.positions)
            divisions.setdefault((gate.parent, dividers), []).append((name, gate.shape))
        else:
            _write_gate(root, name, gate)
    for number, ((parent, dividers), quadrants) in enumerate(divisions.items(), start=1):
        _write_division(root, f"division_{number}", parent, dividers, quadrants)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _require_identifiers(gates: GateSet) -> None:
    names = [*gates.gates, *gates.scales, *gates.ratios, *gates.matrices]
    odd = next((name for name in names if not _IDENTIFIER.fullmatch(name)), None)
    if odd is not None:
        message = f"'{odd}' is no identifier of XML"
        raise ValueError(message)


def _write_gate(root: Element, name: str, gate: NamedGate) -> None:
    shape = gate.shape
    if gate.outside or (
        isinstance(shape, PolygonGate) and shape.vertices_linear and any(a.scale for a in shape.dimensions)
    ):
        message = f"the gate '{name}' has no form in Gating-ML 2.0"
        raise ValueError(message)
    attributes = {"id": name, **({"parent_id": gate.parent} if gate.parent else {})}
    element = SubElement(root, f"{{{GATING}}}{type(shape).__name__}", _named(GATING, **attributes))
    match shape:
        case RectangleGate():
            for axis, low, high in zip(shape.dimensions, shape.low, shape.high, strict=True):
                edges = {"min": low, "max": high}
                _write_dimension(
                    element, "dimension", axis, **{k: _number(v) for k, v in edges.items() if v is not None}
                )
        case PolygonGate():
            for axis in shape.dimensions:
                _write_dimension(element, "dimension", axis)
            for vertex in shape.vertices:
                _write_point(SubElement(element, f"{{{GATING}}}vertex"), vertex)
        case EllipsoidGate():
            for axis in shape.dimensions:
                _write_dimension(element, "dimension", axis)
            _write_point(SubElement(element, f"{{{GATING}}}mean"), shape.mean)
            matrix = SubElement(element, f"{{{GATING}}}covarianceMatrix")
            for row in shape.covariance:
                _write_point(SubElement(matrix, f"{{{GATING}}}row"), row, "entry")
            _value(SubElement(element, f"{{{GATING}}}distanceSquare"), shape.distance_square)
        case BooleanGate():
            joined = SubElement(element, f"{{{GATING}}}{shape.operation}")
            for reference, complement in shape.references:
                own = {"ref": reference, **({"use-as-complement": "true"} if complement else {})}
                SubElement(joined, f"{{{GATING}}}gateReference", _named(GATING, **own))


def _write_division(
    root: Element, name: str, parent: str, dividers: tuple[Divider, ...], quadrants: list[tuple[str, QuadrantGate]]
) -> None:
    attributes = {"id": name, **({"parent_id": parent} if parent else {})}
    element = SubElement(root, f"{{{GATING}}}QuadrantGate", _named(GATING, **attributes))
    for number, divider in enumerate(dividers, start=1):
        own = _write_dimension(element, "divider", divider.dimension, id=f"{name}.{number}")
        for value in divider.values:
            SubElement(own, f"{{{GATING}}}value").text = _number(value)
    for quadrant, shape in quadrants:
        inner = SubElement(element, f"{{{GATING}}}Quadrant", _named(GATING, id=quadrant))
        for number, (_, location) in enumerate(shape.positions, start=1):
            position = {"divider_ref": f"{name}.{number}", "location": _number(location)}
            SubElement(inner, f"{{{GATING}}}position", _named(GATING, **position))


def _write_dimension(element: Element, tag: str, axis: Dimension, **attributes: str) -> Element:
    own = {"compensation-ref": axis.compensation, **({"transformation-ref": axis.scale} if axis.scale else {})}
    outer = SubElement(element, f"{{{GATING}}}{tag}", _named(GATING, **own, **attributes))
    if axis.ratio:
        SubElement(outer, f"{{{DATATYPES}}}new-dimension", {f"{{{DATATYPES}}}transformation-ref": axis.channel})
    else:
        SubElement(outer, f"{{{DATATYPES}}}fcs-dimension", _named(DATATYPES, name=axis.channel))
    return outer


def _write_matrix(root: Element, name: str, matrix: Matrix) -> None:
    own = {"id": name, **({"matrix-inverted-already": "true"} if matrix.inverted else {})}
    element = SubElement(root, f"{{{TRANSFORMS}}}spectrumMatrix", _named(TRANSFORMS, **own))
    for tag, names in (("fluorochromes", matrix.fluorochromes), ("detectors", matrix.detectors)):
        listed = SubElement(element, f"{{{TRANSFORMS}}}{tag}")
        for one in names:
            SubElement(listed, f"{{{DATATYPES}}}fcs-dimension", _named(DATATYPES, name=one))
    for row in matrix.values:
        spectrum = SubElement(element, f"{{{TRANSFORMS}}}spectrum")
        for value in row:
            SubElement(spectrum, f"{{{TRANSFORMS}}}coefficient", _named(TRANSFORMS, value=_number(value)))


def _write_point(element: Element, values: Iterable[float], tag: str = "coordinate") -> None:
    for value in values:
        _value(SubElement(element, f"{{{GATING}}}{tag}"), value)


def _value(element: Element, value: float) -> None:
    element.set(f"{{{DATATYPES}}}value", _number(value))


def _named(space: str, **attributes: str) -> dict[str, str]:
    return {f"{{{space}}}{key}": value for key, value in attributes.items()}


def _number(value: float) -> str:
    return repr(float(value))
