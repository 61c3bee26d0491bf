"""What is done to a cell while it is watched: phases, forcing inputs, the stop.

A run is a list of phases, each with what happens at its beginning. Between the beginnings of phases and the corners of
forcing inputs lie the segments, in which nothing changes from outside; a step never reaches across their ends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    Floats = NDArray[np.float64]

Values = Mapping[str, ArrayLike]
"""Name -> a number for all cells, or an array with one for each."""


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One part of a run.

    Attributes
    ----------
    duration : in the model's unit of time, above 0; the last phase goes on until the run ends where none is given.
    set : states that are set at its beginning: the drug is washed out with ``set={"D": 0}``.
    add : what is added to states at its beginning: the drug is given with ``add={"D": 100}``.
    parameters : parameters that have another value from here on, until a later phase changes them again.
    """

    duration: float = math.inf
    set: Values = field(default_factory=dict)
    add: Values = field(default_factory=dict)
    parameters: Values = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Forcing:
    """A quantity that follows a given course, piecewise linear and constant before its first and after its last time.

    Attributes
    ----------
    times : (n,) ascending, in the time of the run.
    values : (n,), or (cells, n) where each cell has its own course.
    """

    times: ArrayLike
    values: ArrayLike


@dataclass(frozen=True, kw_only=True)
class Segments:
    """A programme cut into pieces.

    Attributes
    ----------
    times : (segments + 1,).
    phase : (segments,) index of the phase that begins with a segment, -1 where none does.
    forcing, slopes : (cells or 1, segments, inputs).
    """

    times: Floats
    phase: NDArray[np.int64]
    forcing: Floats
    slopes: Floats


def cut(start: float, end: float, durations: Sequence[float], forcings: Sequence[Forcing]) -> Segments:
    """Return the segments of a run that begins at ``start``; what lies behind ``end`` is left out.

    Assumes that everything was checked: durations reach ``end``, times ascend, values are finite.
    """
    begins, _ = begins_and_end(start, durations)
    corners = {float(t) for forcing in forcings for t in np.asarray(forcing.times, float)}
    inside = {t for t in (*begins, *corners) if start < t < end}
    times = np.array([start, *sorted(inside), end])
    phase_at = {time: index for index, time in enumerate(begins)}
    phase = np.array([phase_at.get(t, -1) for t in times[:-1].tolist()], np.int64)
    rows = max((np.asarray(f.values).shape[0] for f in forcings if np.ndim(f.values) == 2), default=1)
    at_corners = np.zeros((rows, times.size, len(forcings)))
    for i, forcing in enumerate(forcings):
        knots = np.asarray(forcing.times, float)
        for row, course in enumerate(np.broadcast_to(np.asarray(forcing.values, float), (rows, knots.size))):
            at_corners[row, :, i] = np.interp(times, knots, course)
    slopes = np.diff(at_corners, axis=1) / np.diff(times)[None, :, None]
    return Segments(times=times, phase=phase, forcing=at_corners[:, :-1].copy(), slopes=np.ascontiguousarray(slopes))


def begins_and_end(start: float, durations: Sequence[float]) -> tuple[list[float], float]:
    """Return when each phase begins, and when the last one ends.

    Each is the sum rounded once, so that eight phases of 0.1 end at 0.8, where somebody may want to observe.
    """
    sums = [math.fsum([start, *durations[:i]]) for i in range(len(durations) + 1)]
    return sums[:-1], sums[-1]
