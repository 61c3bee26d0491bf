"""Rows of numbers that belong together, one for each point, checked in the same words wherever they come from."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def read_pairs(
    first: ArrayLike, second: ArrayLike, *, names: tuple[str, str], point: str, file: str
) -> tuple[Floats, Floats]:
    """Return two rows (n,) of floats, one of each for every point.

    Parameters
    ----------
    names : of what the rows hold, such as ``("dose", "response")``.
    point : what a pair is called, such as ``"lane"``.
    file : what the rows are, for messages.

    Raises
    ------
    InputError
        If they are not two rows of one length, or are empty.
    """
    one, other = np.asarray(first, float), np.asarray(second, float)
    if one.ndim != 1 or one.size == 0 or other.shape != one.shape:
        what = f"there are {names[0]}s of the shape {one.shape} and {names[1]}s of the shape {other.shape}"
        raise InputError(Problem(file=file, what=what, expected=f"one {names[0]} and one {names[1]} for each {point}"))
    return one, other


def number_problems(
    values: Floats, wrong: Flags, *, file: str, point: str, name: str, expected: str, hint: str = ""
) -> list[Problem]:
    """Return a problem for each value (n,) that is ``wrong`` (n,).

    Parameters
    ----------
    file : what the row is called by who gives it, such as ``"responses"``.
    point : what a value belongs to, counted from 1.
    name : what it is, such as ``"the response"``.
    """
    return [
        Problem(file=file, place=f"{point} {i + 1}", what=f"{name} is '{values[i]:g}'", expected=expected, hint=hint)
        for i in np.flatnonzero(wrong)
    ]
