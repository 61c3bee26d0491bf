"""The events that the report draws: scatter with the debris gate, singlets, stains with their thresholds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from avpi.flow.cells import SingleCells
from avpi.flow.channels import channel_label, find_scatter
from avpi.flow.results import Scatter
from avpi.flow.scales import Logicle, logicle_for, top_of_scale
from avpi.flow.thresholds import Cutoff

MOST_POINTS = 3000
"""Of one picture: more only hide each other and make the report heavy."""


def scatters_of(
    cells: SingleCells, columns: Sequence[int], stained: NDArray[np.float64], cutoffs: Sequence[Cutoff]
) -> tuple[Scatter, ...]:
    """Return a sample's pictures.

    Parameters
    ----------
    cells : the gated sample.
    columns : column of each stain; ``stained`` (k, stains) are its compensated intensities in single cells.
    """
    pictures = [
        _scatter_picture(cells),
        _singlet_picture(cells),
        _stain_picture(cells, columns, stained, cutoffs),
        _time_picture(cells),
    ]
    return tuple(picture for picture in pictures if picture is not None)


def stain_scale(cells: SingleCells, column: int, intensities: NDArray[np.float64]) -> Logicle:
    """Return the scale on which a stain is drawn; its parameters stand in the sample's method."""
    return logicle_for(intensities, top=top_of_scale(cells.events, column))


def evenly_chosen(n: int) -> NDArray[np.int64]:
    """Return the indices of at most ``MOST_POINTS`` of n events, evenly over the acquisition."""
    return (
        np.unique(np.linspace(0, n - 1, min(n, MOST_POINTS)).round().astype(np.int64)) if n else np.empty(0, np.int64)
    )


def _scatter_picture(cells: SingleCells) -> Scatter | None:
    if cells.forward is None or cells.side is None:
        return None
    chosen = evenly_chosen(len(cells.linear))
    channels = cells.events.channels
    return Scatter(
        title="Cells and debris",
        x_label=f"{channels[cells.forward].name} (linear)",
        y_label=f"{channels[cells.side].name} (linear)",
        x=cells.linear[chosen, cells.forward],
        y=cells.linear[chosen, cells.side],
        gates=tuple(gate.name for gate in cells.gates if gate.name == "cells"),
    )


def _singlet_picture(cells: SingleCells) -> Scatter | None:
    area = find_scatter(cells.events, "FSC-A")
    if area is None or cells.height is None:
        return None
    inside = cells.linear[cells.is_cell]
    chosen = evenly_chosen(len(inside))
    channels = cells.events.channels
    return Scatter(
        title="Single cells",
        x_label=f"{channels[area].name} (linear)",
        y_label=f"{channels[cells.height].name} (linear)",
        x=inside[chosen, area],
        y=inside[chosen, cells.height],
        gates=tuple(gate.name for gate in cells.gates if gate.name == "singlets"),
    )


def _time_picture(cells: SingleCells) -> Scatter | None:
    """Return forward scatter over time where the acquisition was not stable."""
    odd = len(cells.acquisition.unstable) > 0 or cells.acquisition.drifts
    if not odd or cells.time is None or cells.forward is None:
        return None
    chosen = evenly_chosen(len(cells.linear))
    channels = cells.events.channels
    return Scatter(
        title="Acquisition",
        x_label=f"{channels[cells.time].name} (as stored)",
        y_label=f"{channels[cells.forward].name} (linear)",
        x=cells.linear[chosen, cells.time],
        y=cells.linear[chosen, cells.forward],
        gates=tuple(gate.name for gate in cells.gates if gate.name.startswith("left out")),
    )


def _stain_picture(
    cells: SingleCells, columns: Sequence[int], stained: NDArray[np.float64], cutoffs: Sequence[Cutoff]
) -> Scatter | None:
    """Return Annexin V against PI; a single stain is drawn against forward scatter."""
    if not len(stained):
        return None
    chosen = evenly_chosen(len(stained))
    drawn, labels, places = [], [], []
    for i, column in enumerate(columns):
        scale = stain_scale(cells, column, stained[:, i])
        drawn.append(scale.apply(stained[chosen, i]))
        labels.append(f"{channel_label(cells.events.channels[column])}, logicle decades")
        places.append(float(scale.apply(np.array([cutoffs[i].value]))[0]))
    if len(columns) > 1:
        return Scatter(
            title="Stains of single cells",
            x_label=labels[0],
            y_label=labels[1],
            x=drawn[0],
            y=drawn[1],
            gates=(),
            thresholds=(places[0], places[1]),
        )
    beside = cells.forward if cells.forward is not None else columns[0]
    y = cells.singlets[chosen, beside]
    return Scatter(
        title="Stain of single cells",
        x_label=labels[0],
        y_label=f"{cells.events.channels[beside].name} (linear)",
        x=drawn[0],
        y=y,
        gates=(),
        thresholds=(places[0], float("nan")),
    )
