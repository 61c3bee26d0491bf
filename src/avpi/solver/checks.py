"""What a user gives for a simulation, checked: every fault at once, each with its place and what would be right."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.errors import Faults, Problem, nearest_word
from avpi.solver.cells import filled
from avpi.solver.draws import LARGEST_SEED, LogNormal
from avpi.solver.model import Model
from avpi.solver.programme import Forcing, Phase, Values, begins_and_end
from avpi.solver.tableau import METHODS

Floats = NDArray[np.float64]

LANES = (1, 2, 4, 8, 16)
START_OF = "start of "
SMALLEST_RTOL, LARGEST_RTOL = 1e-13, 0.1


class Checks(Faults):
    """Collects the faults of one call; what its methods return is only of use where there was none."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model
        own = model.equations
        names = [*own.parameters, *own.states]
        self._labelled: dict[str, list[str]] = {}
        for name, label in own.labels.items():
            if name in names:
                self._labelled.setdefault(label, []).append(name)

    def fault(self, where: str, what: str, expected: str = "", hint: str = "") -> None:
        """Note a fault."""
        self.problems.append(Problem(file=where, what=what, expected=expected, hint=hint))

    def times(self, given: Any, start: float) -> Floats:
        """Return the times to observe at."""
        grid = self._numbers(given, "times", "times")
        if not _is_number(start):
            self.fault("start", f"'{start}' is no time", "a finite number")
        elif grid is None or grid.size == 0:
            self.fault("times", "there is none", "one time or more") if grid is not None else None
        elif (np.diff(grid) <= 0).any():
            i = int(np.flatnonzero(np.diff(grid) <= 0)[0])
            self.fault("times", f"{grid[i + 1]:g} comes after {grid[i]:g}", "ascending times, none of them twice")
        elif grid[0] < start:
            self.fault("times", f"{grid[0]:g} lies before the start of the run at {start:g}", "times from the start on")
        elif grid[-1] <= start:
            self.fault("times", f"the last time is the start of the run, {start:g}", "a time after it")
        return np.zeros(1) if grid is None else grid

    def options(self, rtol: Any, atol: Any, max_steps: Any, method: Any, lanes: Any) -> None:
        """Check what has one number or word."""
        if not (_is_number(rtol) and SMALLEST_RTOL <= rtol <= LARGEST_RTOL):
            self.fault("rtol", f"'{rtol}' is no relative tolerance", f"{SMALLEST_RTOL:g} to {LARGEST_RTOL:g}")
        if atol is not None and not (_is_number(atol) and atol > 0):
            self.fault("atol", f"'{atol}' is no absolute tolerance", "a number above 0")
        if not _is_whole(max_steps, 1):
            self.fault("max_steps", f"'{max_steps}' is no number of steps", "1 or more")
        if method not in METHODS:
            expected = " or ".join(f"'{name}'" for name in METHODS)
            self.fault("method", f"'{method}' is not a method", expected, nearest_word(str(method), METHODS))
        if lanes not in LANES:
            self.fault("lanes", f"'{lanes}' is no number of lanes", ", ".join(map(str, LANES)))

    def parameters(self, given: Any, forced: Iterable[str]) -> Floats:
        """Return (cells or 1, parameters)."""
        own, computed = self.model.equations.parameters, self.model.equations.starts
        defaults = np.array([[math.nan if name in computed else value for name, value in own.items()]])
        if given is None:
            return defaults
        if isinstance(given, Mapping):
            columns = self.values(given, own, "parameters", "parameter")
            for name in columns.keys() & set(forced):
                self.fault("parameters", f"'{name}' is a forcing input", "either a value or a course")
            places = {name: i for i, name in enumerate(own)}
            lengths = {column.size for column in columns.values()} - {1}
            if len(lengths) > 1:
                self._differ(lengths)
                return defaults
            return filled(defaults, {places[name]: value for name, value in columns.items()})
        try:
            table = np.array(given, dtype=float)
        except (TypeError, ValueError):
            self.fault("parameters", f"{type(given).__name__} is no table of numbers", f"(cells, {len(own)}) numbers")
            return defaults
        table = table[None] if table.ndim == 1 else table
        if table.ndim != 2 or table.shape[1] != len(own) or table.shape[0] == 0:
            expected = f"(cells, {len(own)}), in the order of model.parameters"
            self.fault("parameters", f"an array of shape {table.shape}", expected)
            return defaults
        given_ = {
            name: table[:, i] for i, name in enumerate(own) if not (name in computed and np.isnan(table[:, i]).all())
        }
        self.values(given_, own, "parameters", "parameter")
        return table

    def values(
        self, given: Values, known: Iterable[str], where: str, kind: str, *, adds: bool = False
    ) -> dict[str, Floats]:
        """Return name -> (1,) or (cells,), each finite and of a sign that it can have."""
        names = set(known)
        found: dict[str, Floats] = {}
        for name, value in given.items():
            own = self._own_name(name, names, where, kind)
            array = self._numbers(value, where, f"'{name}'") if own else None
            if own is None or array is None:
                continue
            if own in found:
                self.fault(where, f"'{name}' is given twice", f"either '{own}' or '{self.model.labels[own]}'")
            elif array.size == 0:
                self.fault(where, f"'{name}' has no number", "a number, or one for each cell")
            elif own in self.model.equations.volumes and (array <= 0).any():
                self.fault(where, f"'{name}' is '{array.min():g}'", "a volume above 0")
            elif (array < 0).any() and not adds and self._cannot_be_negative(own):
                cell = int(np.flatnonzero(array < 0)[0])
                self.fault(where, f"'{name}' is '{array[cell]:g}' in cell {cell}", "0 or more, as in the model")
            found[own] = array
        return found

    def draws(self, drawn: LogNormal) -> LogNormal:
        """Return an ensemble that is to be drawn, with names for labels."""
        if not _is_whole(drawn.cells, 1):
            self.fault("parameters", f"'{drawn.cells}' is no number of cells", "1 or more")
        if not _is_whole(drawn.seed, 0, LARGEST_SEED):
            self.fault("parameters", f"'{drawn.seed}' is no seed", f"a whole number from 0 to {LARGEST_SEED}")
        own = self.model.equations
        known = {*own.parameters, *own.states}
        if not isinstance(drawn.sigma, Mapping):
            sigmas: dict[str, Any] = {"sigma": drawn.sigma}
        else:
            resolved = [(self._own_name(name, known, "parameters", "quantity"), s) for name, s in drawn.sigma.items()]
            sigmas = {name: sigma for name, sigma in resolved if name is not None}
            drawn = replace(drawn, sigma=sigmas)
        for name, sigma in sigmas.items():
            if not (_is_number(sigma) and sigma >= 0):
                self.fault("parameters", f"sigma of '{name}' is '{sigma}'", "a number of 0 or more")
            elif name in own.starts:
                both = sorted(own.graph.symbols(own.starts[name]) & {n for n in sigmas if sigmas[n]})
                if both:
                    what = f"'{name}' starts at what is computed from '{both[0]}', and both are to be drawn"
                    self.fault("parameters", what, "one of them")
        return drawn

    def phases(self, phases: Sequence[Phase], start: float, end: float | None) -> list[float]:
        """Return the durations; whether they reach the end is only looked at where there is one."""
        durations = [phase.duration for phase in phases] or [math.inf]
        sound = True
        for index, duration in enumerate(durations):
            endless = duration == math.inf and index == len(durations) - 1
            if not endless and not (_is_number(duration) and duration > 0):
                expected = "a number above 0; the last phase may go on for ever"
                self.fault(f"phase {index + 1}", f"its duration is '{duration}'", expected)
                sound = False
        if sound:
            begins, reached = begins_and_end(start, durations)
            for index in np.flatnonzero(np.diff([*begins, reached]) <= 0).tolist():
                what = f"its duration '{durations[index]:g}' does not move the time {begins[index]:g}"
                self.fault(f"phase {index + 1}", what, "a longer one; or put its changes into one phase with the next")
            if end is not None and reached < end:
                self.fault("phases", f"they end at {reached:g}, the last time is {end:g}", "phases that reach it")
        return durations

    def forcing(self, forcing: Mapping[str, Forcing]) -> list[Floats]:
        """Return a column of each course that has a row for each cell."""
        columns = []
        for name, course in forcing.items():
            where = f"forcing of '{name}'"
            own = self.model.equations
            times = self._numbers(course.times, where, "its times")
            values = self._numbers(course.values, where, "its values", most_axes=2)
            if name in own.volumes:
                self.fault(where, f"'{name}' is a volume", "a parameter: volumes are constant")
            elif name not in own.parameters or name.startswith(START_OF):
                hint = nearest_word(name, self.model.parameters)
                self.fault(where, f"'{name}' is not a parameter of the model", hint=hint)
            elif times is None or values is None:
                continue
            elif times.size == 0 or (np.diff(times) <= 0).any():
                self.fault(where, "its times do not ascend", "ascending times, none of them twice")
            elif values.shape[-1] != times.size or values.size == 0:
                self.fault(where, f"values of shape {values.shape}", f"({times.size},) or (cells, {times.size})")
            elif (values < 0).any() and self._cannot_be_negative(name):
                self.fault(where, f"it falls to '{values.min():g}'", "0 or more, as in the model")
            elif values.ndim == 2:
                columns.append(values[:, 0])
        return columns

    def count(self, arrays: Sequence[Floats], drawn: LogNormal | None) -> int:
        """Return the number of cells that all arrays agree on."""
        lengths = {array.shape[0] for array in arrays} - {1}
        if drawn is not None:
            lengths.add(drawn.cells)
        if len(lengths) > 1:
            self._differ(lengths)
        return max(lengths, default=1)

    def complete(self, base: Floats, starts: Mapping[str, Floats]) -> None:
        """Refuse a model with a number missing that the model does not give either."""
        own = self.model.equations
        missing = [
            name for i, name in enumerate(own.parameters) if name not in own.starts and np.isnan(base[:, i]).any()
        ]
        if not missing:
            return
        nodes = [*own.rates, *(node for name, node in own.starts.items() if name not in starts)]
        needed = frozenset[str]().union(*(own.graph.symbols(node) for node in nodes))
        for name in filter(needed.__contains__, missing):
            state = name.removeprefix(START_OF)
            if state == name:
                self.fault("parameters", f"'{name}' has no value in the model", "one to be given")
            elif state not in starts:
                self.fault("initial", f"'{state}' has no starting value in the model", "one to be given")

    def _own_name(self, name: str, names: set[str], where: str, kind: str) -> str | None:
        """Return the name that a name or a label stands for."""
        if name in names:
            return name
        labelled = [own for own in self._labelled.get(name, []) if own in names]
        if len(labelled) == 1:
            return labelled[0]
        if labelled:
            what = f"'{name}' is what several are called: {', '.join(labelled)}"
            self.fault(where, what, "one of these")
            return None
        self.fault(where, f"'{name}' is not a {kind} of the model", hint=nearest_word(name, [*names, *self._labelled]))
        return None

    def _numbers(self, given: Any, where: str, what: str, *, most_axes: int = 1) -> Floats | None:
        try:
            array = np.array(given, dtype=float, ndmin=1)
        except (TypeError, ValueError):
            self.fault(where, f"{what}: '{given}' cannot be read as numbers", "finite numbers")
            return None
        if array.ndim > most_axes:
            self.fault(where, f"{what}: an array of shape {array.shape}", "a number, or a row of them")
            return None
        if not np.isfinite(array).all():
            place = np.argwhere(~np.isfinite(array))[0]
            at = f" in cell {place[0]}" if array.size > 1 else ""
            self.fault(where, f"{what} is '{array[tuple(place)]}'{at}", "a finite number")
            return None
        return array

    def _cannot_be_negative(self, name: str) -> bool:
        own = self.model.equations
        if name in own.states:
            return own.amounts[own.states.index(name)]
        return not own.parameters[name] < 0  # a parameter that the model itself has below 0 may be anything

    def _differ(self, lengths: set[int]) -> None:
        numbers = ", ".join(map(str, sorted(lengths)))
        self.fault("cells", f"arrays are of different lengths: {numbers}", "one number of cells")


def _is_whole(value: Any, least: int, most: float = math.inf) -> bool:
    """Return True for a whole number (True and False are none) within bounds."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and least <= int(value) <= most


def _is_number(value: Any) -> bool:
    """Return True for a finite number of Python or numpy."""
    return isinstance(value, int | float | np.integer | np.floating) and math.isfinite(value)


def by_name(given: Any) -> Any:
    """Return a table of pandas as a mapping: its columns, or the index of a series, say what its numbers are."""
    if hasattr(given, "columns"):
        return {str(name): np.asarray(given[name]) for name in given.columns}
    if hasattr(given, "index") and hasattr(given, "items"):
        return {str(name): value for name, value in given.items()}
    return given
