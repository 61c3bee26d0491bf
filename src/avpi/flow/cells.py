"""From all events of a tube to its single cells: finite values, stable time, debris gate, singlet gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avpi.errors import NotAnalysed
from avpi.estimate import Finding
from avpi.flow.acquisition import STABLE, Acquisition, are_stable, judge_acquisition
from avpi.flow.channels import find_scatter, find_time
from avpi.flow.count_cells import LARGEST_INTENSITY
from avpi.flow.debris import cell_mode, debris_limit
from avpi.flow.manual_gates import NO_HAND, ByHand
from avpi.flow.results import Gate, GateOrigin
from avpi.flow.scales import scaled
from avpi.flow.singlets import are_single, singlet_ratios
from avpi.readings import CellEvents

MOST_LEARNT_FROM: Final = 100_000
"""Events, evenly chosen, from which gates are learnt: more do not move them, and every event is counted."""
_MOST_VALUES = 20_000_000  # that are learnt from: of very many channels fewer events, so that memory stays small
_LEAST_LEARNT_FROM = 2_000  # events, whatever the channels
_NOTED, _WARNED = 0.0, 0.1  # of events left out for time; assumed: a tenth is more than a bubble


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
    linear : (n, channels) finite events in stable time; evenly chosen ones where there are very many.
    is_cell, is_single : (n,) passed the debris gate; passed both gates.
    forward, side, time : columns, None where there is none; ``height`` only beside an area.
    debris_limit, ratios : the gates' limits, None where there is no gate.
    acquisition : windows of time that were left out.
    """

    events: CellEvents
    linear: NDArray[np.float64]
    is_cell: NDArray[np.bool_]
    is_single: NDArray[np.bool_]
    forward: int | None
    side: int | None
    height: int | None
    time: int | None
    debris_limit: float | None
    ratios: tuple[float, float] | None
    acquisition: Acquisition
    gates: tuple[Gate, ...]
    findings: tuple[Finding, ...]

    @property
    def singlets(self) -> NDArray[np.float64]:
        """Linear intensities of the single cells (k, channels)."""
        return self.linear[self.is_single]


def single_cells(
    events: CellEvents,
    subject: str,
    *,
    reference: ScatterReference | None = None,
    stains: Sequence[int] = (),
    by_hand: ByHand = NO_HAND,
) -> SingleCells:
    """Gate a tube down to its single cells.

    Parameters
    ----------
    events : as read.
    subject : name of the sample or control, for findings.
    reference : forward scatter of whole cells from control tubes; the tube's own where None or of another channel.
    stains : columns of stains; with forward scatter they tell whether the acquisition was stable.
    by_hand : limits that a person set.

    Raises
    ------
    NotAnalysed
        ``no_events`` if no event has finite values.
    """
    linear, findings = _finite(events, subject)
    area, height = find_scatter(events, "FSC-A"), find_scatter(events, "FSC-H")
    side = find_scatter(events, "SSC-A")
    side = find_scatter(events, "SSC-H") if side is None else side
    forward = height if area is None else area
    time = find_time(events)
    acquisition, time_findings = _acquisition(linear, time, [forward, *stains], by_hand, subject)
    findings += time_findings
    if time is not None and len(acquisition.unstable):
        linear = linear[are_stable(linear[:, time], acquisition.unstable)]
    if not len(linear):
        raise NotAnalysed(code="no_events", why=f"no event of '{events.source}' lies in the time that is kept")
    gates = _windows(events, linear, time, forward, acquisition, "auto" if by_hand.unstable is None else "manual")
    is_cell = np.ones(len(linear), dtype=bool)
    limit: float | None = None
    if forward is None:
        sentence = "The file has no forward-scatter channel: debris and doublets are counted as cells."
        findings.append(Finding(code="no_scatter_channels", severity="warning", text=sentence, subject=subject))
    else:
        limit, origin = _debris_limit(linear[:, forward], events.channels[forward].name, reference, by_hand)
        if limit is not None:
            is_cell = linear[:, forward] >= limit
            gates.append(_debris_gate(events, linear, forward, side, limit, is_cell, origin))
    is_single, ratios = is_cell, None
    if area is not None and height is not None and is_cell.any():
        ratios, origin = _ratios(linear[is_cell][:, [area, height]], by_hand)
    if ratios is not None and area is not None and height is not None:
        is_single = is_cell & are_single(linear[:, area], linear[:, height], ratios)
        gates.append(_singlet_gate(events, linear, area, height, ratios, is_cell, is_single, origin))
    elif forward is not None and by_hand.singlets is not False:
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
        time=time,
        debris_limit=limit,
        ratios=ratios,
        acquisition=acquisition,
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
            values = scaled(thinned(events))[:, column]
            pooled.setdefault(events.channels[column].name, []).append(values[np.abs(values) < LARGEST_INTENSITY])
    if not pooled:
        return None
    channel = max(pooled, key=lambda name: sum(len(values) for values in pooled[name]))
    forward = np.concatenate(pooled[channel])
    if not forward.size:
        return None
    mode = cell_mode(forward)
    return ScatterReference(channel=channel, cell_mode=mode, debris_limit=debris_limit(forward, mode=mode))


def thinned(events: CellEvents) -> CellEvents:
    """Return the events that gates are learnt from: all, or of very many an even choice."""
    n = len(events.stored)
    most = min(MOST_LEARNT_FROM, max(_LEAST_LEARNT_FROM, _MOST_VALUES // len(events.channels)))
    if n <= most:
        return events
    return replace(events, stored=events.stored[np.linspace(0, n - 1, most).astype(np.int64)])


def _finite(events: CellEvents, subject: str) -> tuple[NDArray[np.float64], list[Finding]]:
    linear = scaled(thinned(events))
    finite: NDArray[np.bool_] = np.all(np.abs(linear) < LARGEST_INTENSITY, axis=1)
    if not finite.any():
        raise NotAnalysed(code="no_events", why=f"no event of '{events.source}' has finite values")
    if finite.all():
        return linear, []
    sentence = (
        f"{int((~finite).sum()):,} of {len(finite):,} events have values that are not finite; they were left out."
    )
    return linear[finite], [Finding(code="events_not_finite", severity="warning", text=sentence, subject=subject)]


def _acquisition(
    linear: NDArray[np.float64], time: int | None, signals: Sequence[int | None], by_hand: ByHand, subject: str
) -> tuple[Acquisition, list[Finding]]:
    if by_hand.unstable is not None:
        return Acquisition(unstable=by_hand.unstable, share=0.0, drifts=False), []
    if time is None:
        return STABLE, []
    columns = [column for column in signals if column is not None]
    found = judge_acquisition(linear[:, time], linear[:, columns])
    if found.drifts:
        sentence = "Signals or the flow rate change over most of the acquisition; no time was left out."
        return found, [Finding(code="acquisition_unstable", severity="warning", text=sentence, subject=subject)]
    findings = []
    if found.slid > 0:
        sentence = (
            f"A signal slides: from the first to the last events its mean rank among all moves by {found.slid:.0%}. "
            "No threshold fits all of the time: acquire again, or leave out a part by hand."
        )
        findings.append(Finding(code="acquisition_slides", severity="warning", text=sentence, subject=subject))
    if found.share > _NOTED:
        windows = "1 window" if len(found.unstable) == 1 else f"{len(found.unstable)} windows"
        sentence = f"Signals or the flow rate jump in {windows} of time with {found.share:.1%} of the events: left out."
        severity = "warning" if found.share > _WARNED else "note"
        findings.append(Finding(code="acquisition_window", severity=severity, text=sentence, subject=subject))  # type: ignore[arg-type]
    return found, findings


def _windows(
    events: CellEvents,
    linear: NDArray[np.float64],
    time: int | None,
    forward: int | None,
    acquisition: Acquisition,
    origin: GateOrigin,
) -> list[Gate]:
    """Return a gate for each window of time that was left out."""
    if time is None or forward is None:
        return []
    low, high = float(linear[:, forward].min()), float(linear[:, forward].max())
    return [
        Gate(
            name=f"left out {number}",
            x_channel=events.channels[time].name,
            y_channel=events.channels[forward].name,
            vertices=np.array([[first, low], [last, low], [last, high], [first, high]]),
            passed=0,
            of=0,
            origin=origin,
        )
        for number, (first, last) in enumerate(acquisition.unstable, start=1)
    ]


def _debris_limit(
    forward: NDArray[np.float64], channel: str, reference: ScatterReference | None, by_hand: ByHand
) -> tuple[float | None, GateOrigin]:
    if by_hand.debris is not None:
        return by_hand.debris or None, "manual"
    if reference is not None and reference.channel == channel:
        if reference.debris_limit is not None:
            return reference.debris_limit, "controls"
        return debris_limit(forward, mode=reference.cell_mode), "auto"
    return debris_limit(forward, mode=cell_mode(forward)), "auto"


def _ratios(pulses: NDArray[np.float64], by_hand: ByHand) -> tuple[tuple[float, float] | None, GateOrigin]:
    if by_hand.singlets is not None:
        return by_hand.singlets or None, "manual"
    return singlet_ratios(pulses[:, 0], pulses[:, 1]), "auto"


def _debris_gate(
    events: CellEvents,
    linear: NDArray[np.float64],
    forward: int,
    side: int | None,
    limit: float,
    is_cell: NDArray[np.bool_],
    origin: GateOrigin,
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
    origin: GateOrigin,
) -> Gate:
    top = float(linear[is_cell, height].max()) if is_cell.any() else 1.0
    return Gate(
        name="singlets",
        x_channel=events.channels[area].name,
        y_channel=events.channels[height].name,
        vertices=np.array([[0.0, 0.0], [ratios[1] * top, top], [ratios[0] * top, top]]),
        passed=int(is_single.sum()),
        of=int(is_cell.sum()),
        origin=origin,
    )
