"""From all events of a tube to its single cells: finite values, debris gate, singlet gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avpi.errors import NotAnalysed
from avpi.estimate import Finding
from avpi.flow.channels import find_scatter
from avpi.flow.debris import cell_mode, debris_limit
from avpi.flow.results import Gate
from avpi.flow.scales import scaled
from avpi.flow.singlets import are_single, singlet_ratios
from avpi.readings import CellEvents

_LARGEST_INTENSITY = 1e15  # no detector counts so far; nan and infinities fail the comparison too


@dataclass(frozen=True, slots=True, kw_only=True)
class ScatterReference:
    """What control tubes tell of whole cells on one forward-scatter channel: their mode, and where debris ends."""

    channel: str
    cell_mode: float
    debris_limit: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleCells:
    """A tube's events on linear scales, with those that are single cells.

    Attributes
    ----------
    linear : (n, channels) finite events.
    is_cell, is_single : (n,) passed the debris gate; passed both gates.
    forward, side : columns of forward and side scatter, None where there is none.
    """

    events: CellEvents
    linear: NDArray[np.float64]
    is_cell: NDArray[np.bool_]
    is_single: NDArray[np.bool_]
    forward: int | None
    side: int | None
    height: int | None
    gates: tuple[Gate, ...]
    findings: tuple[Finding, ...]

    @property
    def singlets(self) -> NDArray[np.float64]:
        """Linear intensities of the single cells (k, channels)."""
        return self.linear[self.is_single]


def single_cells(events: CellEvents, subject: str, *, reference: ScatterReference | None = None) -> SingleCells:
    """Gate a tube down to its single cells.

    Parameters
    ----------
    events : as read.
    subject : name of the sample or control, for findings.
    reference : forward scatter of whole cells from control tubes; the tube's own where None or of another channel.

    Raises
    ------
    NotAnalysed
        ``no_events`` if no event has finite values.
    """
    linear = scaled(events)
    finite: NDArray[np.bool_] = np.all(np.abs(linear) < _LARGEST_INTENSITY, axis=1)
    findings = []
    if not finite.all():
        linear = linear[finite]
        sentence = (
            f"{int((~finite).sum()):,} of {len(finite):,} events have values that are not finite; they were left out."
        )
        findings.append(Finding(code="events_not_finite", severity="warning", text=sentence, subject=subject))
    if not len(linear):
        raise NotAnalysed(code="no_events", why=f"no event of '{events.source}' has finite values")
    area, height = find_scatter(events, "FSC-A"), find_scatter(events, "FSC-H")
    side = find_scatter(events, "SSC-A")
    side = find_scatter(events, "SSC-H") if side is None else side
    forward = height if area is None else area
    gates = []

    is_cell = np.ones(len(linear), dtype=bool)
    if forward is None:
        sentence = "The file has no forward-scatter channel: debris and doublets are counted as cells."
        findings.append(Finding(code="no_scatter_channels", severity="warning", text=sentence, subject=subject))
    else:
        limit, origin = _debris_limit(linear[:, forward], events.channels[forward].name, reference)
        if limit is not None:
            is_cell = linear[:, forward] >= limit
            gates.append(_debris_gate(events, linear, forward, side, limit, is_cell, origin))

    is_single = is_cell
    ratios = None
    if area is not None and height is not None and is_cell.any():
        ratios = singlet_ratios(linear[is_cell, area], linear[is_cell, height])
    if ratios is not None and area is not None and height is not None:
        is_single = is_cell & are_single(linear[:, area], linear[:, height], ratios)
        gates.append(_singlet_gate(events, linear, area, height, ratios, is_cell, is_single))
    elif forward is not None:
        sentence = "The file lacks forward scatter as both area and height: doublets could not be removed."
        findings.append(Finding(code="no_singlet_gate", severity="note", text=sentence, subject=subject))
    return SingleCells(
        events=events,
        linear=linear,
        is_cell=is_cell,
        is_single=is_single,
        forward=forward,
        side=side,
        height=height if area is not None else None,
        gates=tuple(gates),
        findings=tuple(findings),
    )


def scatter_reference(tubes: list[CellEvents]) -> ScatterReference | None:
    """Return what control tubes, pooled, tell of whole cells; None if they share no forward-scatter channel."""
    pooled: dict[str, list[NDArray[np.float64]]] = {}
    for events in tubes:
        column = find_scatter(events, "FSC-A")
        column = find_scatter(events, "FSC-H") if column is None else column
        if column is not None:
            values = scaled(events)[:, column]
            pooled.setdefault(events.channels[column].name, []).append(values[np.abs(values) < _LARGEST_INTENSITY])
    if not pooled:
        return None
    channel = max(pooled, key=lambda name: sum(len(values) for values in pooled[name]))
    forward = np.concatenate(pooled[channel])
    if not forward.size:
        return None
    mode = cell_mode(forward)
    return ScatterReference(channel=channel, cell_mode=mode, debris_limit=debris_limit(forward, mode=mode))


def _debris_limit(
    forward: NDArray[np.float64], channel: str, reference: ScatterReference | None
) -> tuple[float | None, Literal["auto", "controls"]]:
    if reference is not None and reference.channel == channel:
        if reference.debris_limit is not None:
            return reference.debris_limit, "controls"
        return debris_limit(forward, mode=reference.cell_mode), "auto"
    return debris_limit(forward, mode=cell_mode(forward)), "auto"


def _debris_gate(
    events: CellEvents,
    linear: NDArray[np.float64],
    forward: int,
    side: int | None,
    limit: float,
    is_cell: NDArray[np.bool_],
    origin: Literal["auto", "controls"],
) -> Gate:
    right = max(float(linear[:, forward].max()), limit)
    low, high = (0.0, 1.0) if side is None else (float(linear[:, side].min()), float(linear[:, side].max()))
    return Gate(
        name="cells",
        x_channel=events.channels[forward].name,
        y_channel="" if side is None else events.channels[side].name,
        vertices=np.array([[limit, low], [right, low], [right, high], [limit, high]]),
        passed=int(is_cell.sum()),
        of=len(is_cell),
        origin=origin,
    )


def _singlet_gate(
    events: CellEvents,
    linear: NDArray[np.float64],
    area: int,
    height: int,
    ratios: tuple[float, float],
    is_cell: NDArray[np.bool_],
    is_single: NDArray[np.bool_],
) -> Gate:
    top = float(linear[is_cell, height].max())
    return Gate(
        name="singlets",
        x_channel=events.channels[area].name,
        y_channel=events.channels[height].name,
        vertices=np.array([[0.0, 0.0], [ratios[1] * top, top], [ratios[0] * top, top]]),
        passed=int(is_single.sum()),
        of=int(is_cell.sum()),
    )
