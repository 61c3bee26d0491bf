"""The gates of one sample, frozen: what counts its cells, and the same as Gating-ML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from avpi.flow.cells import SingleCells
from avpi.flow.channels import find_scatter
from avpi.flow.compensation import Spillover
from avpi.flow.count_cells import CellCounts, FrozenGates, weights_of
from avpi.flow.fractions import levels_of
from avpi.flow.results import Gate
from avpi.flow.thresholds import Cutoff
from avpi.gates import (
    UNCOMPENSATED,
    Dimension,
    Divider,
    GateSet,
    Matrix,
    NamedGate,
    QuadrantGate,
    Ratio,
    RectangleGate,
)

_MATRIX, _RATIO = "spillover", "area_over_height"


def freeze(
    cells: SingleCells, columns: Sequence[int], spillover: Spillover | None, cutoffs: Sequence[Cutoff]
) -> FrozenGates:
    """Return the gates that count a sample's cells; ``columns`` are those of the stains."""
    names = [channel.name for channel in cells.events.channels]
    detectors, weights = weights_of(names, columns, spillover)
    return FrozenGates(
        channels=len(names),
        detectors=detectors,
        weights=weights,
        levels=levels_of(cutoffs),
        forward=cells.forward,
        debris_limit=cells.debris_limit,
        area=find_scatter(cells.events, "FSC-A"),
        height=cells.height,
        ratios=cells.ratios,
        time=cells.time,
        unstable=cells.acquisition.unstable,
    )


def counted_gates(gates: Sequence[Gate], counts: CellCounts) -> tuple[Gate, ...]:
    """Return gates with the numbers of all events, where they were learnt from some."""
    numbers = {"cells": (counts.cells, counts.stable), "singlets": (counts.singlets, counts.cells)}
    found = ((gate, numbers.get(gate.name, (gate.passed, gate.of))) for gate in gates)
    return tuple(replace(gate, passed=passed, of=of) for gate, (passed, of) in found)


def as_gating_ml(
    frozen: FrozenGates, names: Sequence[str], columns: Sequence[int], spillover: Spillover | None,
    patterns: Mapping[tuple[bool, ...], str],
) -> GateSet:  # fmt: skip
    """Return frozen gates in the terms of Gating-ML 2.0; windows of time are left to the events that are counted."""
    gates: dict[str, NamedGate] = {}
    parent = ""
    if frozen.forward is not None and frozen.debris_limit is not None:
        axis = Dimension(channel=names[frozen.forward])
        gates["cells"] = NamedGate(shape=RectangleGate(dimensions=(axis,), low=(frozen.debris_limit,), high=(None,)))
        parent = "cells"
    ratios = {}
    if frozen.area is not None and frozen.height is not None and frozen.ratios is not None:
        ratios[_RATIO] = Ratio(numerator=names[frozen.area], denominator=names[frozen.height], a=1.0, b=0.0, c=0.0)
        low, high = frozen.ratios
        shape = RectangleGate(
            dimensions=(Dimension(channel=_RATIO, ratio=True),), low=(low,), high=(float(np.nextafter(high, np.inf)),)
        )
        gates["singlets"] = NamedGate(shape=shape, parent=parent)
        parent = "singlets"
    matrices = {}
    if spillover is not None:
        matrices[_MATRIX] = Matrix(
            fluorochromes=spillover.detectors, detectors=spillover.detectors, values=spillover.matrix
        )
    dividers = []
    for column, levels in zip(columns, frozen.levels, strict=True):
        inside = spillover is not None and names[column] in spillover.detectors
        axis = Dimension(channel=names[column], compensation=_MATRIX if inside else UNCOMPENSATED)
        # A value at the threshold is negative here and above it in Gating-ML.
        dividers.append(Divider(dimension=axis, values=(float(np.nextafter(levels[1], np.inf)),)))
    for pattern, name in patterns.items():
        positions = tuple(
            (divider, divider.values[0] + (1.0 if positive else -1.0) * max(abs(divider.values[0]), 1.0))
            for divider, positive in zip(dividers, pattern, strict=True)
        )
        gates[name] = NamedGate(shape=QuadrantGate(positions=positions), parent=parent)
    return GateSet(gates=gates, ratios=ratios, matrices=matrices)
