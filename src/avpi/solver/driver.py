"""The loop around the compiled step: which cell is in which lane, what is observed, when a lane is done.

Each lane has its own cell, time and step size, and takes the next cell as soon as its own is done, so that no lane
waits for the slowest. What happens to a lane depends on that lane alone, hence the same bits in whatever company. The
loop knows no model: it calls the kernels. It is plain Python here and translated once for all models (scalar_code.py).

Whatever is put into a lane from outside (parameters and starting values of a cell, jumps and overrides of a phase,
slopes of forcing inputs) is a *write*: three numbers (slot, adds, column) that put a column of the cell's own numbers,
or of the numbers shared by all cells, into a slot. Writes are sorted by the segment at whose beginning they are made;
those of a new cell come first.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, isnan
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from avpi.solver.layout import (
    ERROR,
    KEEP,
    LENGTH,
    SEGMENT_TIME,
    SINCE_START,
    STEP,
    STEP_NEXT,
    STEP_USED,
    THETA,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Kernel = Any
"""The address of compiled code; untranslated, anything that is called with a workspace."""

FINISHED, STOPPED, STEP_LIMIT, NOT_FINITE, STEP_TOO_SMALL = 0, 1, 2, 3, 4  # of status.Status

CELL, SEGMENT, NEXT_TIME, TRIES, KEPT, REJECTED, FRESH, LANE_ROWS = 0, 1, 2, 3, 4, 5, 6, 7
"""Rows of ``lanes``. CELL is -1 where a lane is idle; REJECTED counts in a row; FRESH is 2 for a new cell, 1 for a new
phase, 0 under way."""

NOT_FINITE_IN_A_ROW = 40
"""So many steps in a row, each a tenth of the one before, that are not finite: there is nothing to come closer to."""
SMALLEST_STEP = 4e-16
"""Of the time since the start of the segment: below, the time would not advance."""
SMALLEST_FIRST_STEP = 1e-30
"""Of the segment's length, where it has just begun."""
LOOKS_IN_A_STEP = 4
"""Places in a step at which a stop condition is looked at: one that holds only between two of them is missed."""
BISECTIONS = 60
NOWHERE = 2.0
"""Where in a step, as theta, a stop condition is met that is not met."""


@dataclass
class Run:
    """A run of some cells on one thread: what to do, where each lane is, and what has come out."""

    step: Kernel
    first_step: Kernel
    interpolate: Kernel
    commit: Kernel
    hoist: Kernel
    start: Kernel
    observe: Kernel
    width: int  # number of lanes
    w: Annotated[Floats, "width"]  # (slots, lanes) the workspace of layout.py
    lanes: Annotated[Ints, "width"]  # (LANE_ROWS, lanes)
    stop_theta: Floats  # (lanes,) where in the step the stop condition is met
    outputs: int  # first slot of the observables; the stop condition lies behind them
    observables: int
    own_columns: int
    own: Annotated[Floats, "own_columns"]  # (cells, own_columns)
    shared: Floats
    write_columns: int  # 3
    writes: Annotated[Ints, "write_columns"]  # (writes, 3)
    write_end: Ints  # (segments + 1,) behind the last write of a new cell, of segment 0, 1, ...
    begins_phase: Ints  # (segments,) 1 where it does, 0 where only a forcing input has a corner
    segments: int
    cells: int
    time_count: int
    times: Floats  # (times,)
    max_steps: int
    stops: bool
    replays: bool  # take the recorded steps instead of choosing
    record_size: int
    record: Floats  # (record_size,) sizes of the steps that were kept
    values: Annotated[Floats, "time_count", "observables"]  # (cells, times, observables)
    end_columns: int  # 3
    ends: Annotated[Ints, "end_columns"]  # (cells, 3) status, steps kept, steps rejected
    end_time: Floats  # (cells,)


def write(run: Run, lane: int, first: int, last: int) -> None:
    """Make some writes; column 0 and up are the cell's own numbers, -1 and down the shared ones."""
    for i in range(first, last):
        column = run.writes[i, 2]
        slot = run.writes[i, 0]
        value = run.own[run.lanes[CELL, lane], column] if column >= 0 else run.shared[-1 - column]
        run.w[slot, lane] = run.w[slot, lane] + value if run.writes[i, 1] == 1 else value


def finish(run: Run, lane: int, how: int, since: float) -> None:
    """Note how a cell's run ended, and leave its lane idle."""
    cell = run.lanes[CELL, lane]
    run.ends[cell, 0] = how
    run.ends[cell, 1] = run.lanes[KEPT, lane]
    run.ends[cell, 2] = run.lanes[TRIES, lane] - run.lanes[KEPT, lane]
    run.end_time[cell] = run.w[SEGMENT_TIME, lane] + since
    run.lanes[CELL, lane] = -1
    run.lanes[FRESH, lane] = 0
    run.w[KEEP, lane] = 0.0


def end_of_step(run: Run, lane: int) -> float:
    """Return the time since the start of the segment at which a step ends: the segment's end to the last bit."""
    since = run.w[SINCE_START, lane]
    end: float = since + run.w[STEP_USED, lane]
    if run.w[STEP_USED, lane] == run.w[LENGTH, lane] - since:
        end = run.w[LENGTH, lane]
    return end


def copy_observables(run: Run, lane: int) -> None:
    """Copy a lane's observables to where they are wanted."""
    for i in range(run.observables):
        run.values[run.lanes[CELL, lane], run.lanes[NEXT_TIME, lane], i] = run.w[run.outputs + i, lane]
    run.lanes[NEXT_TIME, lane] += 1


def begin(run: Run) -> None:
    """Bring lanes with a new cell or a new phase to their first step; some may end at once."""
    run.commit(run.w)  # the other lanes, before the jumps of these
    for lane in range(run.width):
        run.w[KEEP, lane] = 0.0
        if run.lanes[FRESH, lane] == 2:
            write(run, lane, 0, run.write_end[0])
    run.start(run.w)
    for lane in range(run.width):
        if run.lanes[FRESH, lane] > 0:
            segment = run.lanes[SEGMENT, lane]
            write(run, lane, run.write_end[segment], run.write_end[segment + 1])
            run.w[SINCE_START, lane] = 0.0
    run.hoist(run.w)
    run.first_step(run.w)
    if run.stops:
        run.observe(run.w)
    for lane in range(run.width):
        if run.lanes[FRESH, lane] > 0:
            run.lanes[FRESH, lane] = 0
            run.w[STEP, lane] = run.record[run.lanes[KEPT, lane]] if run.replays else run.w[STEP_NEXT, lane]
            if not isfinite(run.w[ERROR, lane]):
                finish(run, lane, NOT_FINITE, 0.0)
            elif run.stops and run.w[run.outputs + run.observables, lane] >= 0.0:
                now = run.w[SEGMENT_TIME, lane]
                if run.lanes[NEXT_TIME, lane] < run.time_count and run.times[run.lanes[NEXT_TIME, lane]] <= now:
                    copy_observables(run, lane)
                finish(run, lane, STOPPED, 0.0)


def judge(run: Run, lane: int) -> None:
    """Keep a step or not, and say what to try next; end a lane that cannot go on."""
    error = run.w[ERROR, lane]
    used = run.w[STEP_USED, lane]
    following = run.w[STEP_NEXT, lane]
    since = run.w[SINCE_START, lane]
    rejected = run.lanes[REJECTED, lane]
    run.lanes[TRIES, lane] += 1
    if error <= 1.0 or (run.replays and isfinite(error)):
        run.w[KEEP, lane] = 1.0
        if used < run.w[STEP, lane]:  # cut short by the end of the segment
            following = max(following, run.w[STEP, lane])
        if rejected > 0:  # the step before was rejected: do not grow at once
            following = min(following, used)
        run.w[STEP, lane] = following
        run.lanes[REJECTED, lane] = 0
        return
    rejected = rejected + 1 if isnan(error) else 1
    run.lanes[REJECTED, lane] = rejected
    run.w[STEP, lane] = following
    too_small = following < max(SMALLEST_STEP * since, SMALLEST_FIRST_STEP * run.w[LENGTH, lane])
    if rejected > NOT_FINITE_IN_A_ROW or (isnan(error) and (too_small or run.replays)):
        finish(run, lane, NOT_FINITE, since)
    elif too_small:
        finish(run, lane, STEP_TOO_SMALL, since)
    elif run.lanes[TRIES, lane] >= run.max_steps:
        finish(run, lane, STEP_LIMIT, since)


def watch(run: Run) -> None:
    """Find where in the step the stop condition first holds: looked for at some places, then by bisection."""
    watched = run.outputs + run.observables
    for i in range(LOOKS_IN_A_STEP):
        for lane in range(run.width):
            run.w[THETA, lane] = (i + 1.0) / LOOKS_IN_A_STEP
        run.interpolate(run.w)
        run.observe(run.w)
        for lane in range(run.width):
            found = run.w[KEEP, lane] == 1.0 and run.w[watched, lane] >= 0.0
            if found and run.stop_theta[lane] == NOWHERE:
                run.stop_theta[lane] = run.w[THETA, lane]
    for lane in range(run.width):
        before = run.stop_theta[lane] - 1.0 / LOOKS_IN_A_STEP
        bisections = 0 if run.stop_theta[lane] == NOWHERE else BISECTIONS
        for _i in range(bisections):
            middle = 0.5 * (before + run.stop_theta[lane])
            run.w[THETA, lane] = middle
            run.interpolate(run.w)
            run.observe(run.w)
            if run.w[watched, lane] >= 0.0:
                run.stop_theta[lane] = middle
            else:
                before = middle


def observe_reached(run: Run) -> None:
    """Write the observables at every wanted time that lies in a step that is kept, up to where a lane stops."""
    wanted = True
    while wanted:
        wanted = False
        for lane in range(run.width):
            run.w[THETA, lane] = -1.0
            if run.w[KEEP, lane] == 1.0 and run.lanes[NEXT_TIME, lane] < run.time_count:
                since = run.times[run.lanes[NEXT_TIME, lane]] - run.w[SEGMENT_TIME, lane]
                if since <= end_of_step(run, lane):
                    theta = (since - run.w[SINCE_START, lane]) / run.w[STEP_USED, lane]
                    if theta <= run.stop_theta[lane]:
                        run.w[THETA, lane] = min(max(theta, 0.0), 1.0)
                        wanted = True
        if wanted:
            run.interpolate(run.w)
            run.observe(run.w)
            for lane in range(run.width):
                if run.w[THETA, lane] >= 0.0:
                    copy_observables(run, lane)


def advance(run: Run, lane: int) -> None:
    """Move a lane to the end of its step, to the next segment where it ends there, or out."""
    kept = run.lanes[KEPT, lane]
    run.lanes[KEPT, lane] = kept + 1
    if run.replays:
        run.w[STEP, lane] = run.record[kept + 1] if kept + 1 < run.record_size else 0.0
    elif kept < run.record_size:
        run.record[kept] = run.w[STEP_USED, lane]
    if run.stop_theta[lane] != NOWHERE:
        finish(run, lane, STOPPED, run.w[SINCE_START, lane] + run.stop_theta[lane] * run.w[STEP_USED, lane])
        return
    since = end_of_step(run, lane)
    run.w[SINCE_START, lane] = since
    if since < run.w[LENGTH, lane]:
        if run.lanes[TRIES, lane] >= run.max_steps:
            finish(run, lane, STEP_LIMIT, since)
        return
    segment = run.lanes[SEGMENT, lane] + 1
    run.lanes[SEGMENT, lane] = segment
    if segment == run.segments:
        finish(run, lane, FINISHED, since)
    elif run.begins_phase[segment] == 1:
        run.lanes[FRESH, lane] = 1
    else:
        run.w[SINCE_START, lane] = 0.0
        write(run, lane, run.write_end[segment], run.write_end[segment + 1])


def refill(run: Run, begun: int) -> int:
    """Give idle lanes the next cells; return how many cells have been begun."""
    for lane in range(run.width):
        if run.lanes[CELL, lane] < 0 and begun < run.cells:
            for row in range(LANE_ROWS):
                run.lanes[row, lane] = 0
            run.lanes[CELL, lane] = begun
            run.lanes[FRESH, lane] = 2
            begun += 1
    return begun


def any_lane(run: Run, row: int, least: int) -> bool:
    """Return True if a row of the lanes holds a number that is ``least`` or larger."""
    found = False
    for lane in range(run.width):
        found = found or run.lanes[row, lane] >= least
    return found


def run_cells(run: Run) -> None:
    """Run every cell. Lanes that are idle compute along and are never kept."""
    begun = refill(run, 0)
    while any_lane(run, CELL, 0):
        while any_lane(run, FRESH, 1):
            begin(run)
            begun = refill(run, begun)
        run.step(run.w)
        for lane in range(run.width):
            run.w[KEEP, lane] = 0.0
            run.stop_theta[lane] = NOWHERE
            if run.lanes[CELL, lane] >= 0:
                judge(run, lane)
        if run.stops:
            watch(run)
        observe_reached(run)
        for lane in range(run.width):
            if run.w[KEEP, lane] == 1.0:
                advance(run, lane)
        begun = refill(run, begun)


FUNCTIONS = (
    write,
    finish,
    end_of_step,
    copy_observables,
    begin,
    judge,
    watch,
    observe_reached,
    advance,
    refill,
    any_lane,
    run_cells,
)
"""In the order in which they need each other."""
