"""Gates as they are written down: shapes on channels, the scales they were drawn on, and their spillover matrices.

The terms are those of Gating-ML 2.0 (Spidlen, Moore, ISAC Data Standards Task Force, Brinkman 2015, Cytometry A
87A:683-687). ``avpi.formats`` reads and writes them, ``avpi.flow.gating`` applies them to events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avpi.estimate import Caveat

UNCOMPENSATED, OF_FILE = "uncompensated", "FCS"
"""References to no spillover matrix, and to the one that the FCS file carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A function of one channel.

    Attributes
    ----------
    kind : ``linear`` (T, A), ``log`` (T, M), ``asinh`` (T, M, A), ``logicle`` and ``hyperlog`` (T, W, M, A) of
        Gating-ML; ``biex`` (``neg``, ``width``, ``pos``, ``maxRange``), ``span`` (``minRange``, ``maxRange``) and
        ``decades`` (``offset``, ``decades``) of FlowJo. All put their range on 0 to 1.
    """

    kind: Literal["linear", "log", "asinh", "logicle", "hyperlog", "biex", "span", "decades"]
    parameters: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A new dimension of two channels: ``A * (x - B) / (y - C)``."""

    numerator: str
    denominator: str
    a: float
    b: float
    c: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Spillover: a row for each fluorochrome, a column for each detector; ``inverted`` where that was done already."""

    fluorochromes: tuple[str, ...]
    detectors: tuple[str, ...]
    values: NDArray[np.float64]
    inverted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One axis of a gate: a channel or a fluorochrome, or (``ratio``) the name of a :class:`Ratio`."""

    channel: str
    compensation: str = UNCOMPENSATED
    scale: str = ""
    ratio: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RectangleGate:
    """Values from ``low`` on and below ``high``, in each dimension; None is open."""

    dimensions: tuple[Dimension, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolygonGate:
    """Inside or on the border of a polygon.

    ``vertices`` (k, 2) stand on the dimensions' scales, or (``vertices_linear``, as FlowJo writes them) are intensities
    that are still to be brought there.
    """

    dimensions: tuple[Dimension, Dimension]
    vertices: NDArray[np.float64]
    vertices_linear: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EllipsoidGate:
    """Mahalanobis distance from ``mean`` under ``covariance``, squared, up to ``distance_square``."""

    dimensions: tuple[Dimension, ...]
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    distance_square: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Divider:
    """One dimension cut at ``values`` (ascending); a value belongs to the part above it."""

    dimension: Dimension
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuadrantGate:
    """A part of a division: for each divider named, the part that holds ``location``."""

    positions: tuple[tuple[Divider, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BooleanGate:
    """Other gates joined: ``references`` are their names, with True where the complement is meant."""

    operation: Literal["and", "or", "not"]
    references: tuple[tuple[str, bool], ...]


Shape = RectangleGate | PolygonGate | EllipsoidGate | QuadrantGate | BooleanGate


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedGate:
    """A gate with its parent ("" for all events) and, from a workspace, the count that is stored with it."""

    shape: Shape
    parent: str = ""
    outside: bool = False
    stored_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSet:
    """Gates by name, parents named; scales, ratios and matrices by the names that gates use.

    ``sample`` is the FCS file that the gates belong to, where a workspace says so, and ``events`` its stored count.
    """

    gates: Mapping[str, NamedGate]
    scales: Mapping[str, Scale] = field(default_factory=dict)
    ratios: Mapping[str, Ratio] = field(default_factory=dict)
    matrices: Mapping[str, Matrix] = field(default_factory=dict)
    source: str = ""
    sample: str = ""
    events: int | None = None
    caveats: tuple[Caveat, ...] = ()
