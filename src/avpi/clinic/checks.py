"""What may be asked of a design or an analysis: every fault names its argument and what would be right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.errors import Faults, InputError, Problem

Floats = NDArray[np.float64]
EXPLORATORY = "Exploratory model, not a prediction for patients; research use only."
"""What every result of this room says."""


class Checks(Faults):
    """Collects what is wrong in the arguments of one call, and stops with all of it."""

    def fault(self, name: str, value: Any, what: str, expected: str, hint: str = "") -> None:
        """Keep that the argument ``name`` has a value that is not ``what``."""
        shown = f"'{value:g}'" if isinstance(value, float) else f"'{value}'"
        self.problems.append(Problem(file=name, what=f"{shown} is {what}", expected=expected, hint=hint))

    def share(self, name: str, value: Any, *, ends: bool = True) -> None:
        """Check a share from 0 to 1, with or without its ends."""
        inside = is_number(value) and (0 <= value <= 1 if ends else 0 < value < 1)
        if not inside:
            self.fault(
                name, value, "no share that fits", "a number from 0 to 1" if ends else "a number between 0 and 1"
            )

    def above_zero(self, name: str, value: Any) -> None:
        """Check a number above 0."""
        if not (is_number(value) and value > 0):
            self.fault(name, value, "no number that fits", "a finite number above 0")

    def not_below_zero(self, name: str, value: Any) -> None:
        """Check a number of 0 or more."""
        if not (is_number(value) and value >= 0):
            self.fault(name, value, "no number that fits", "a finite number, 0 or more")

    def whole(self, name: str, value: Any, least: int, most: int | None = None) -> None:
        """Check a whole number."""
        is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not is_whole or value < least or (most is not None and value > most):
            upper = "or more" if most is None else f"to {most}"
            self.fault(name, value, "no number that fits", f"a whole number, {least} {upper}")

    def alpha(self, name: str, value: Any) -> None:
        """Check a one-sided level."""
        if not (is_number(value) and 0 < value < 0.5):
            self.fault(name, value, "no one-sided level", "a number between 0 and 0.5, such as 0.025")


def is_number(value: Any) -> bool:
    """Return whether something is a finite number; True and False are none."""
    is_real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return is_real and math.isfinite(value)


def numbers(name: str, values: ArrayLike, length: int | None = None) -> Floats:
    """Return values as an array (n,).

    Raises
    ------
    InputError
        If they are no numbers, not finite, or not as many as ``length``.
    """
    expected = "a list of finite numbers" if length is None else f"{length} finite numbers"
    try:
        found = np.atleast_1d(np.asarray(values, float))
    except (TypeError, ValueError):
        raise InputError(Problem(file=name, what=_no_number(values), expected=expected)) from None
    if found.ndim != 1 or (length is not None and found.size != length):
        raise InputError(Problem(file=name, what=f"has {found.size} values", expected=expected))
    if not np.isfinite(found).all():
        place = int(np.flatnonzero(~np.isfinite(found))[0])
        what = f"'{found[place]:g}' stands at place {place + 1}"
        raise InputError(Problem(file=name, what=what, expected=expected))
    return found


def _no_number(values: ArrayLike) -> str:
    """Return words for the first value that is no number."""
    for place, value in enumerate(np.asarray(values, object).ravel()):
        try:
            float(value)
        except (TypeError, ValueError):
            return f"'{value}' at place {place + 1} is no number"
    return "holds something that is no number"


def require_one_of(name: str, value: str, known: Sequence[str]) -> None:
    """Refuse a word that is none of those known.

    Raises
    ------
    InputError
        With the nearest one.
    """
    from avpi.errors import nearest_word

    if value not in known:
        expected = f"one of {', '.join(known)}"
        raise InputError(
            Problem(file=name, what=f"'{value}' is not known", expected=expected, hint=nearest_word(value, known))
        )
