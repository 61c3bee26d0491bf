"""What a user gives for an ensemble, checked and laid out: every fault at once, by name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.errors import InputError, Problem, nearest_word
from avpi.solver.draws import LogNormal
from avpi.solver.equations import Equations
from avpi.solver.model import Model
from avpi.solver.programme import Forcing, Phase, Segments, Values, cut, reaches

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Changes at the beginnings of phases: (changes,) each, and values (cells or 1, changes)."""

    phase: Integers
    target: Integers
    adds: Integers
    values: Floats


@dataclass(frozen=True, kw_only=True)
class Cells:
    """An ensemble as the driver wants it; first axes of length 1 hold for every cell.

    Attributes
    ----------
    first : number of the first cell in the whole ensemble.
    parameters : (cells or 1, parameters), nan where a starting expression counts.
    initial : (cells or 1, states), nan likewise.
    drawn : the ensemble that parameters (and initial) are the medians of, if they are drawn.
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


def check_times(times: ArrayLike, start: float) -> Floats:
    """Return the times to observe at.

    Raises
    ------
    InputError
        If they are not finite, do not ascend, or begin before the start of the run.
    """
    grid = np.array(times, dtype=float, ndmin=1)
    if grid.ndim != 1 or grid.size == 0 or not np.isfinite(grid).all() or not math.isfinite(start):
        raise _fault("times", f"'{times!r}' are not times", "finite numbers in one row")
    behind = np.flatnonzero(np.diff(grid) <= 0)
    if behind.size:
        i = int(behind[0])
        raise _fault("times", f"{grid[i + 1]:g} comes after {grid[i]:g}", "ascending times, none of them twice")
    if grid[0] < start:
        raise _fault("times", f"{grid[0]:g} lies before the start of the run at {start:g}", "times from the start on")
    if grid[-1] <= start:
        raise _fault("times", f"the last time is the start of the run, {start:g}", "a time after it")
    return grid


def gather(
    model: Model,
    parameters: Mapping[str, ArrayLike] | ArrayLike | LogNormal | None,
    initial: Mapping[str, ArrayLike] | None,
    times: Floats,
    start: float,
    phases: Sequence[Phase],
    forcing: Mapping[str, Forcing],
    rtol: float,
    atol: float | None,
) -> Cells:
    """Return the ensemble that simulate was asked for.

    Raises
    ------
    InputError
        With every fault found.
    """
    check = _Check(model)
    check.tolerances(rtol, atol)
    drawn = parameters if isinstance(parameters, LogNormal) else None
    given = parameters.around if isinstance(parameters, LogNormal) else parameters
    base = check.parameters(given)
    starts = check.values(initial or {}, model.states, "initial", "state")
    if drawn is not None:
        check.draws(drawn)
    durations = check.phases(phases, start, float(times[-1]))
    courses = check.forcing(forcing)
    jumps = [
        (index, name, adds, value)
        for index, phase in enumerate(phases)
        for adds, values in ((0, phase.set), (1, phase.add))
        for name, value in check.values(values, model.states, f"phase {index + 1}", "state", signed=bool(adds)).items()
    ]
    overrides = [
        (index, name, 0, value)
        for index, phase in enumerate(phases)
        for name, value in check.values(
            phase.parameters, model.parameters, f"phase {index + 1}", "parameter", least=model.parameters
        ).items()
    ]
    check.raise_faults()
    every = [*starts.values(), *(item[3] for item in (*jumps, *overrides)), *courses]
    count = check.count([base, *every], drawn)
    check.raise_faults()
    check.complete(model, base, starts)
    check.raise_faults()
    return Cells(
        first=0,
        count=count,
        parameters=np.ascontiguousarray(base),
        initial=_table(starts, model.states),
        drawn=drawn,
        segments=cut(start, float(times[-1]), durations, list(forcing.values())),
        jumps=_changes(jumps, model.states),
        overrides=_changes(overrides, tuple(model.parameters)),
    )


class _Check:
    """Collects the faults of one call."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.problems: list[Problem] = []

    def raise_faults(self) -> None:
        if self.problems:
            raise InputError(self.problems)

    def fault(self, where: str, what: str, expected: str = "", hint: str = "") -> None:
        self.problems.append(Problem(file=where, what=what, expected=expected, hint=hint))

    def tolerances(self, rtol: float, atol: float | None) -> None:
        if not 1e-13 <= rtol <= 0.1:
            self.fault("rtol", f"'{rtol}' is no relative tolerance", "a number from 1e-13 to 0.1")
        if atol is not None and not (math.isfinite(atol) and atol > 0):
            self.fault("atol", f"'{atol}' is no absolute tolerance", "a number above 0")

    def parameters(self, given: Mapping[str, ArrayLike] | ArrayLike | None) -> Floats:
        """Return (cells or 1, parameters)."""
        own = self.model.parameters
        defaults = np.array(list(own.values()), dtype=float)[None]
        if given is None:
            return defaults
        if isinstance(given, Mapping):
            columns = self.values(given, own, "parameters", "parameter", least=own)
            if self.problems:
                return defaults
            return _filled(defaults, {list(own).index(name): value for name, value in columns.items()})
        table = np.asarray(given, dtype=float)
        table = table[None] if table.ndim == 1 else table
        if table.ndim != 2 or table.shape[1] != len(own) or table.shape[0] == 0:
            self.fault(
                "parameters", f"an array of shape {np.shape(given)}", f"(cells, {len(own)}), as model.parameters"
            )
            return defaults
        self.values({name: table[:, i] for i, name in enumerate(own)}, own, "parameters", "parameter", least=own)
        return table

    def values(
        self,
        given: Values,
        known: Iterable[str],
        where: str,
        kind: str,
        *,
        signed: bool = False,
        least: Mapping[str, float] | None = None,
    ) -> dict[str, Floats]:
        """Return name -> (1,) or (cells,), each finite and of a sign that it can have."""
        names = list(known)
        by_label = {label: name for name, label in self.model.labels.items() if name in names}
        found = {}
        for name, value in given.items():
            own = name if name in names else by_label.get(name)
            array = np.array(value, dtype=float, ndmin=1)
            if own is None:
                hint = nearest_word(name, [*names, *by_label])
                self.fault(where, f"'{name}' is not a {kind} of the model", hint=hint)
            elif array.ndim != 1 or array.size == 0:
                self.fault(where, f"'{name}' is an array of shape {array.shape}", "a number, or one for each cell")
            elif not np.isfinite(array).all():
                cell = int(np.flatnonzero(~np.isfinite(array))[0])
                self.fault(where, f"'{name}' is '{array[cell]}' in cell {cell}", "a finite number")
            elif (array < 0).any() and not signed and self._cannot_be_negative(own, least):
                cell = int(np.flatnonzero(array < 0)[0])
                self.fault(where, f"'{name}' is '{array[cell]:g}' in cell {cell}", "0 or more, as in the model")
            elif own in self.model.equations.volumes and (array <= 0).any():
                self.fault(where, f"'{name}' is '{array.min():g}'", "a volume above 0")
            else:
                found[own] = array
        return found

    def _cannot_be_negative(self, name: str, least: Mapping[str, float] | None) -> bool:
        if least is not None:  # a parameter that the model itself has below 0 may be anything
            return not least[name] < 0
        own = self.model.equations
        return own.amounts[own.states.index(name)]

    def draws(self, drawn: LogNormal) -> None:
        if drawn.cells < 1:
            self.fault("parameters", f"'{drawn.cells}' cells", "1 or more")
        sigmas = drawn.sigma if isinstance(drawn.sigma, Mapping) else {"sigma": drawn.sigma}
        for name, sigma in sigmas.items():
            if not (math.isfinite(sigma) and sigma >= 0):
                self.fault("parameters", f"sigma of '{name}' is '{sigma}'", "a number of 0 or more")
        if isinstance(drawn.sigma, Mapping):
            known = [*self.model.parameters, *self.model.states]
            for name in drawn.sigma:
                if name not in known:
                    self.fault("parameters", f"'{name}' is not in the model", hint=nearest_word(name, known))

    def phases(self, phases: Sequence[Phase], start: float, end: float) -> list[float]:
        durations = [phase.duration for phase in phases] or [math.inf]
        for index, duration in enumerate(durations):
            endless = math.isinf(duration) and duration > 0 and index == len(durations) - 1
            if not endless and not (math.isfinite(duration) and duration > 0):
                expected = "a number above 0; the last phase may go on for ever"
                self.fault(f"phase {index + 1}", f"its duration is '{duration}'", expected)
        if not self.problems and reaches(start, durations) < end * (1 - 1e-12):
            what = f"they end at {reaches(start, durations):g}, the last time is {end:g}"
            self.fault("phases", what, "phases that reach the last time")
        return durations

    def forcing(self, forcing: Mapping[str, Forcing]) -> list[Floats]:
        courses = []
        for name, course in forcing.items():
            times, values = np.asarray(course.times, float), np.asarray(course.values, float)
            where = f"forcing of '{name}'"
            if name not in self.model.parameters:
                hint = nearest_word(name, self.model.parameters)
                self.fault(where, f"'{name}' is not a parameter of the model", hint=hint)
            elif times.ndim != 1 or times.size == 0 or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
                self.fault(where, "its times do not ascend", "finite ascending times")
            elif values.ndim not in (1, 2) or values.shape[-1] != times.size or not np.isfinite(values).all():
                self.fault(
                    where, f"values of shape {values.shape}", f"({times.size},) or (cells, {times.size}), finite"
                )
            elif values.ndim == 2:
                courses.append(values[:, 0])
        return courses

    def count(self, arrays: Sequence[Floats], drawn: LogNormal | None) -> int:
        """Return the number of cells that all arrays agree on."""
        lengths = {array.shape[0] for array in arrays if array.shape[0] != 1}
        if drawn is not None:
            lengths.add(drawn.cells)
        if len(lengths) > 1:
            numbers = ", ".join(map(str, sorted(lengths)))
            self.fault("parameters", f"arrays are of different lengths: {numbers}", "one number of cells")
        return max(lengths, default=1)

    def complete(self, model: Model, base: Floats, starts: Mapping[str, Floats]) -> None:
        """Refuse a model with a number missing that the model does not give either."""
        own = model.equations
        for i, name in enumerate(own.parameters):
            computed = name in own.starts or name.removeprefix(START_OF) in starts
            if np.isnan(base[:, i]).any() and not computed and name in self._needed(starts):
                state = name.removeprefix(START_OF)
                what = f"'{state}' has no {'starting ' if state != name else ''}value in the model"
                self.fault("initial" if state != name else "parameters", what, "one to be given")

    def _needed(self, starts: Mapping[str, Floats]) -> set[str]:
        own = self.model.equations
        nodes = [*own.rates, *(node for name, node in own.starts.items() if name not in starts)]
        return set().union(*(own.graph.symbols(node) for node in nodes))


START_OF = "start of "


def _table(columns: Mapping[str, Floats], names: Sequence[str]) -> Floats:
    """Return (cells or 1, names), nan where nothing was given."""
    return _filled(np.full((1, len(names)), np.nan), {names.index(name): value for name, value in columns.items()})


def _filled(defaults: Floats, columns: Mapping[int, Floats]) -> Floats:
    rows = max((column.size for column in columns.values()), default=1)
    table = np.repeat(defaults, rows, axis=0)
    for i, column in columns.items():
        table[:, i] = column
    return table


def _changes(items: Sequence[tuple[int, str, int, Floats]], names: Sequence[str]) -> Changes:
    rows = max((value.size for *_, value in items), default=1)
    values = np.empty((rows, len(items)))
    for i, (*_, value) in enumerate(items):
        values[:, i] = value
    return Changes(
        phase=np.array([item[0] for item in items], np.int64),
        target=np.array([names.index(item[1]) for item in items], np.int64),
        adds=np.array([item[2] for item in items], np.int64),
        values=values,
    )


def _fault(where: str, what: str, expected: str) -> InputError:
    return InputError(Problem(file=where, what=what, expected=expected))
