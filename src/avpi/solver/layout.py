"""The workspace of one group of lanes: which quantity lies in which slot.

A slot holds one number for each lane, side by side, so that one vector instruction works on all lanes. The compiled
kernels know the places as constants; the driver knows them from here.
"""

from __future__ import annotations

from dataclasses import dataclass

CONTROL = (
    "since_start",  # of the segment, which is the piece of a run between two changes from outside
    "length",  # of the segment
    "segment_time",  # time of the run at which the segment starts
    "step",  # to be tried
    "step_used",  # what was tried: the end of the segment may be nearer
    "error",  # of that step in units of the tolerance; above 1 it is rejected, nan where something is not finite
    "step_next",  # what to try next
    "theta",  # where between the ends of the step the dense output is wanted
    "stage_time",  # since the start of the segment
    "rtol",
    "atol",
    "keep",  # 1 where the step is accepted, 0 where the lane stays where it is
    "own_share",  # of the largest amount that a state has held, which its tolerance is never below; 0 with a given atol
    "floor_share",  # of the largest amount that the cell has held, which atol is never below; 0 with a given atol
)
"""The first slots, by name."""

(
    SINCE_START,
    LENGTH,
    SEGMENT_TIME,
    STEP,
    STEP_USED,
    ERROR,
    STEP_NEXT,
    THETA,
    STAGE_TIME,
    RTOL,
    ATOL,
    KEEP,
    OWN_SHARE,
    FLOOR_SHARE,
) = range(14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """First slots of the blocks of a workspace, and how many slots there are.

    Attributes
    ----------
    states, new_states, stage : x where the step starts, x where it ends, x of the stage or of the dense output.
    largest : the largest that each state has been.
    parameters, hoisted : p, and the expressions of p alone that the rates need.
    inputs, slopes : forcing inputs at the start of the segment and their slopes.
    outputs : what is observed; the last one is what the run is stopped by.
    """

    lanes: int
    states: int
    new_states: int
    stage: int
    largest: int
    parameters: int
    hoisted: int
    inputs: int
    slopes: int
    rates: int
    partials: int
    matrix: int
    right_side: int
    time_slope: int
    stages: int
    outputs: int
    size: int


def lay_out(lanes: int, **blocks: int) -> Layout:
    """Return the layout for blocks of given numbers of slots, in their order."""
    places, at = {}, len(CONTROL)
    for name, slots in blocks.items():
        places[name] = at
        at += slots
    return Layout(lanes=lanes, size=at, **places)
