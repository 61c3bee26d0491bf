"""What somebody asks of a well, checked before it is grown: every fault names its argument and what would be right."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.errors import Faults, InputError, Problem
from avpi.population.cells import BITS_OF_A_SEED

Floats = NDArray[np.float64]

LONGEST_HOURS = 14 * 24.0
"""Two weeks. Medium is changed and cells are passaged long before, and the model has neither."""
LARGEST_SEED = 2**BITS_OF_A_SEED - 1
"""Beyond it the cells of one seed would be what those of another become."""


class Asked(Faults):
    """Collects what is wrong in the arguments of one call."""

    def fault(self, name: str, value: Any, what: str, expected: str, hint: str = "") -> None:
        """Keep that the argument ``name`` has a value that is not ``what``."""
        plain = f"{value:g}" if isinstance(value, float) else value
        shown = f"'{plain}'" if isinstance(value, str | int | float | None) else f"a {type(value).__name__}"
        self.problems.append(Problem(file=name, what=f"{shown} is {what}", expected=expected, hint=hint))

    def whole(self, name: str, value: Any, least: int, most: int | None = None) -> None:
        """Check a whole number, such as a number of cells."""
        is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not is_whole or value < least or (most is not None and value > most):
            upper = "or more" if most is None else f"to {most}"
            self.fault(name, value, "no number that fits", f"a whole number, {least} {upper}")

    def hours(self, name: str, value: Any) -> None:
        """Check a duration above zero."""
        if not (is_number(value) and 0 < value <= LONGEST_HOURS):
            self.fault(name, value, "no duration that fits", f"hours, above 0 and up to {LONGEST_HOURS:g}")

    def times(self, name: str, value: ArrayLike) -> Floats:
        """Return times to look at, (times,)."""
        expected = f"hours from 0 to {LONGEST_HOURS:g}, ascending"
        try:
            times = np.atleast_1d(np.asarray(value, float))
        except (TypeError, ValueError):
            self.fault(name, value, "no list of times", expected)
            return np.zeros(1)
        if times.ndim != 1 or not times.size:
            what = "no time at all" if not times.size else f"an array of {times.ndim} axes"
            self.problems.append(Problem(file=name, what=what, expected=expected))
            return np.zeros(1)
        wrong = ~((times >= 0) & (times <= LONGEST_HOURS))  # true for nan too
        if wrong.any():
            self.fault(name, float(times[wrong][0]), "no time that fits", expected)
        elif (np.diff(times) < 0).any():
            at = int(np.flatnonzero(np.diff(times) < 0)[0])
            what = f"'{times[at + 1]:g}' comes after '{times[at]:g}'"
            self.problems.append(Problem(file=name, what=what, expected=expected))
        return times

    def factors(self, name: str, value: Any, least: float) -> None:
        """Check a mapping from words to finite numbers."""
        if not isinstance(value, Mapping):
            self.fault(name, value, "no mapping", "one such as {'RIPK3': 0.0}")
            return
        for word, number in value.items():
            if not (is_number(number) and number >= least):
                self.fault(f"{name} of '{word}'", number, "no number that fits", "a finite number, 0 or more")


def is_number(value: Any) -> bool:
    """Return whether something is a finite number; True and False are none."""
    is_real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return is_real and math.isfinite(value)


def asked_of_grow(
    times_hours: ArrayLike, cells: int, seed: int, observe: Sequence[str] | str
) -> tuple[Floats, tuple[str, ...]]:
    """Return when to look and what to keep, from the arguments of ``grow``.

    Raises
    ------
    InputError
        With every argument that cannot be meant.
    """
    asked = Asked()
    times = asked.times("times_hours", times_hours)
    asked.whole("cells", cells, 1)
    asked.whole("seed", seed, 0, LARGEST_SEED)
    formulas: Any = (observe,) if isinstance(observe, str) else observe
    if not isinstance(formulas, Iterable):
        asked.fault("observe", observe, "no list of formulas", "such as ['C1', 'NIK / (NIK + 1)']")
        formulas = ()
    asked.stop()
    return np.unique(times), tuple(dict.fromkeys(formulas))


def require_finite(formula: str, values: Floats, alive: NDArray[np.bool_]) -> None:
    """Refuse a formula that is infinite wherever a cell lives, such as one that divides by zero.

    One that is undefined (0 / 0) is left: a knock-out makes many a share so, and that is its right value.

    Raises
    ------
    InputError
        If it is.
    """
    there = values[alive]
    if there.size and np.isinf(there).all():
        what = f"'{formula}' is infinite in every cell at every time"
        raise InputError(Problem(file="observe", what=what, expected="a formula that does not divide by zero"))


def looked_at(end_hours: float, times_hours: ArrayLike) -> Floats:
    """Return times at which a well that was grown to ``end_hours`` can be read, (times,).

    Raises
    ------
    InputError
        If one of them lies outside of the run.
    """
    asked = Asked()
    try:
        times = np.atleast_1d(np.asarray(times_hours, float))
    except (TypeError, ValueError):
        asked.fault("times_hours", times_hours, "no list of times", f"hours from 0 to {end_hours:g}")
        asked.stop()
        raise
    outside = ~((times >= 0) & (times <= end_hours + 1e-9))  # true for nan too
    for time in times[outside][:1]:
        hint = f"Grow the well for longer, to {time:g} h" if time > end_hours else ""
        asked.fault("times_hours", float(time), "outside of the run", f"hours from 0 to {end_hours:g}", hint)
    asked.stop()
    return times
