"""Some cells of a run, and what runs them: the task that goes to a thread or to another machine."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from avpi.solver.cells import Cells, Changes
from avpi.solver.compiled import Compiled, Request, compiled, driver
from avpi.solver.driver import LANE_ROWS, Floats, Ints, Run
from avpi.solver.equations import Equations
from avpi.solver.layout import ATOL, FLOOR_SHARE, LENGTH, OWN_SHARE, RTOL, SEGMENT_TIME, STAGE_TIME, Layout
from avpi.solver.programme import Segments
from avpi.solver.scalar_code import pack

ATOL_OF_OWN, ATOL_OF_CELL = 1e-3, 1e-12
"""Default absolute tolerance of a state: rtol times the first times the largest that it has been itself, or times the
second times the largest amount that the cell has held, whichever is larger. The first keeps a large bystander from
deciding how well a small one is computed; the second lets go of what is nothing, but not of a seed that grows."""


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """What simulate was asked for, for some of its cells."""

    equations: Equations
    request: Request
    cells: Cells
    times: Floats
    rtol: float
    atol: float  # nan for the default
    max_steps: int

    @property
    def name(self) -> str:
        """What progress is told of."""
        return f"cells {self.cells.first} to {self.cells.first + self.cells.count - 1}"

    def split(self, size: int) -> list[Chunk]:
        """Return chunks of ``size`` cells each, the last one of what is left."""
        count = self.cells.count
        return [replace(self, cells=self.cells.part(i, min(i + size, count))) for i in range(0, count, size)]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How the cells of a chunk fared: (cells, times, observables), and (cells,) each.

    ``steps_taken`` are the sizes of the steps of the last cell, where they were asked for.
    """

    values: Floats
    status: Ints
    steps: Ints
    rejected: Ints
    end_time: Floats
    steps_taken: Floats


def run_chunk(chunk: Chunk, *, record_size: int = 0, replayed: Floats | None = None) -> Outcome:
    """Return how some cells fared; a function of its arguments alone, in whatever process.

    ``record_size`` is the number of steps to note; ``replayed`` are steps to take instead of choosing them.
    """
    code = compiled(chunk.equations, chunk.request)
    run = _prepared(chunk, code, np.zeros(record_size) if replayed is None else replayed, replays=replayed is not None)
    driver()(pack(run))
    return Outcome(
        values=run.values,
        status=run.ends[:, 0],
        steps=run.ends[:, 1],
        rejected=run.ends[:, 2],
        end_time=run.end_time,
        steps_taken=run.record[: run.ends[-1, 1]],
    )


def _prepared(chunk: Chunk, code: Compiled, record: Floats, *, replays: bool) -> Run:
    cells, at = chunk.cells, code.plan.layout
    writes = _writes(chunk, code)
    workspace = code.workspace()
    lanes = np.zeros((LANE_ROWS, at.lanes), np.int64)
    lanes[0] = -1
    segments = cells.segments.phase.size
    return Run(
        **code.addresses,
        width=at.lanes,
        w=workspace,
        lanes=lanes,
        stop_theta=np.zeros(at.lanes),
        outputs=at.outputs,
        observables=len(chunk.request.observables),
        own_columns=len(writes.own),
        own=np.ascontiguousarray(np.stack(writes.own, axis=1)) if writes.own else np.zeros((1, 1)),
        shared=np.array(writes.shared),
        write_columns=3,
        writes=np.array(writes.rows, np.int64),
        write_end=np.array(writes.ends, np.int64),
        begins_phase=(cells.segments.phase >= 0).astype(np.int64),
        segments=segments,
        cells=cells.count,
        time_count=chunk.times.size,
        times=chunk.times,
        max_steps=chunk.max_steps,
        stops=bool(chunk.request.stop),
        replays=replays,
        record_size=record.size,
        record=record,
        values=np.full((cells.count, chunk.times.size, len(chunk.request.observables)), np.nan),
        end_columns=3,
        ends=np.zeros((cells.count, 3), np.int64),
        end_time=np.full(cells.count, np.nan),
    )


@dataclass
class _Writes:
    """What is put into a lane, and when; see driver.py."""

    rows: list[tuple[int, int, int]] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    own: list[Floats] = field(default_factory=list)
    shared: list[float] = field(default_factory=list)

    def add(self, slot: int, values: Floats, *, adds: bool = False) -> None:
        """Put the only value, or each cell's own, into a slot."""
        if values.size == 1:
            self.rows.append((slot, int(adds), -1 - len(self.shared)))
            self.shared.append(float(values[0]))
        else:
            self.rows.append((slot, int(adds), len(self.own)))
            self.own.append(values)

    def end(self) -> None:
        """End the writes of a segment."""
        self.ends.append(len(self.rows))


def _writes(chunk: Chunk, code: Compiled) -> _Writes:
    cells, at, segments = chunk.cells, code.plan.layout, chunk.cells.segments
    writes = _Writes()
    parameters, initial = cells.rows(code.plan.equations)
    for first, table in ((at.parameters, parameters), (at.states, initial)):
        for i in range(table.shape[1]):
            writes.add(first + i, table[:, i])
    automatic = math.isnan(chunk.atol)
    for slot, value in (
        (RTOL, chunk.rtol),
        (ATOL, 0.0 if automatic else chunk.atol),
        (OWN_SHARE, chunk.rtol * ATOL_OF_OWN if automatic else 0.0),
        (FLOOR_SHARE, chunk.rtol * ATOL_OF_CELL if automatic else 0.0),
        (STAGE_TIME, 0.0),
    ):
        writes.add(slot, np.array([value]))
    for i in range(initial.shape[1]):
        writes.add(at.largest + i, np.zeros(1))
    _add_segment(writes, at, segments, 0)  # starting values may depend on the time and on inputs
    writes.end()
    for s, phase in enumerate(segments.phase):
        _add_segment(writes, at, segments, s)
        for first, changes in ((at.states, cells.jumps), (at.parameters, cells.overrides)):
            _add_changes(writes, first, changes, int(phase))
        writes.end()
    return writes


def _add_segment(writes: _Writes, at: Layout, segments: Segments, s: int) -> None:
    writes.add(SEGMENT_TIME, segments.times[s : s + 1])
    writes.add(LENGTH, np.diff(segments.times)[s : s + 1])
    for i in range(segments.forcing.shape[2]):
        writes.add(at.inputs + i, segments.forcing[:, s, i])
        writes.add(at.slopes + i, segments.slopes[:, s, i])


def _add_changes(writes: _Writes, first: int, changes: Changes, phase: int) -> None:
    for i in np.flatnonzero(changes.phase == phase):
        writes.add(first + int(changes.target[i]), changes.values[:, i], adds=bool(changes.adds[i]))
