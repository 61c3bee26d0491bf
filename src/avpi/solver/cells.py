"""An ensemble as the driver wants it: which numbers are shared by all cells, and which are each cell's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avpi.solver.draws import LogNormal
from avpi.solver.equations import Equations
from avpi.solver.programme import Segments

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Change = tuple[int, str, bool, Floats]
"""Index of a phase, name, whether it is added, and what: (1,) or (cells,)."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Changes at the beginnings of phases: (changes,) each, and values (cells or 1, changes)."""

    phase: Ints
    target: Ints
    adds: Ints
    values: Floats


@dataclass(frozen=True, kw_only=True)
class Cells:
    """An ensemble; first axes of length 1 hold for every cell.

    Attributes
    ----------
    first : number of the first cell in the whole ensemble.
    parameters : (cells or 1, parameters), nan where a starting expression counts.
    initial : (cells or 1, states), nan likewise.
    drawn : the ensemble that parameters (and initial) are the medians of, if they are drawn.
    jumps, overrides : of states, and of parameters.
    """

    first: int
    count: int
    parameters: Floats
    initial: Floats
    drawn: LogNormal | None
    segments: Segments
    jumps: Changes
    overrides: Changes

    def part(self, first: int, last: int) -> Cells:
        """Return the cells from ``first`` up to and without ``last``."""

        def rows(array: Floats) -> Floats:
            return array if array.shape[0] == 1 else array[first:last]

        return replace(
            self,
            first=self.first + first,
            count=last - first,
            parameters=rows(self.parameters),
            initial=rows(self.initial),
            segments=replace(self.segments, forcing=rows(self.segments.forcing), slopes=rows(self.segments.slopes)),
            jumps=replace(self.jumps, values=rows(self.jumps.values)),
            overrides=replace(self.overrides, values=rows(self.overrides.values)),
        )

    def rows(self, equations: Equations) -> tuple[Floats, Floats]:
        """Return the parameters and the starting values of these cells, drawn if they are to be drawn."""
        if self.drawn is None:
            return self.parameters, self.initial
        return self.drawn.rows(equations, self.parameters, self.initial, self.first, self.first + self.count)


def filled(defaults: Floats, columns: Mapping[int, Floats]) -> Floats:
    """Return a row (1, n), or as many as the longest column needs, with some columns replaced."""
    rows = max((column.size for column in columns.values()), default=1)
    table = np.repeat(defaults, rows, axis=0)
    for i, column in columns.items():
        table[:, i] = column
    return table


def laid_out(changes: Sequence[Change], names: Sequence[str]) -> Changes:
    """Return changes with names replaced by their places."""
    columns = {i: value for i, (*_, value) in enumerate(changes)}
    return Changes(
        phase=np.array([phase for phase, *_ in changes], np.int64),
        target=np.array([names.index(name) for _, name, *_ in changes], np.int64),
        adds=np.array([adds for _, _, adds, _ in changes], np.int64),
        values=filled(np.empty((1, len(changes))), columns),
    )
