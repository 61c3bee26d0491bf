"""What a least-squares fit is given, checked: responses, weights, start and bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.dose.model_derivatives import as_written
from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]
Array = NDArray[Any]


def read_responses(y: ArrayLike, weights: ArrayLike | None) -> tuple[Array, Array, int]:
    """Return responses and roots of the weights (n,) as long doubles, and how many points count.

    Raises
    ------
    InputError
        If a response is no finite number, or the weights do not fit.
    """
    values = np.asarray(y)
    if values.dtype.kind not in "fiu" or values.ndim != 1:
        what = f"the responses are {values.dtype} of the shape {values.shape}"
        raise InputError(Problem(file="responses", what=what, expected="one row of numbers"))
    long = as_written(values)
    wrong = np.flatnonzero(~np.isfinite(long))
    if wrong.size:
        what = f"response {wrong[0] + 1} of {values.size} is '{values[wrong[0]]}'"
        hint = "Leave a missing response out, together with its x"
        raise InputError(Problem(file="responses", what=what, expected="a finite number", hint=hint))
    if weights is None:
        return long, np.ones(values.size, np.longdouble), values.size
    w = np.asarray(weights, np.longdouble)
    if w.shape != values.shape or not np.all(np.isfinite(w) & (w >= 0)):
        what = f"the weights have the shape {w.shape}, or one of them is negative or no number"
        raise InputError(Problem(file="weights", what=what, expected=f"{values.size} numbers of 0 or more"))
    return long, np.sqrt(w), int(np.sum(w > 0))


def read_start(start: ArrayLike, bounds: Sequence[tuple[float, float]] | None) -> tuple[Floats, Floats, Floats]:
    """Return start, lower and upper edges (p,) of the parameters.

    Raises
    ------
    InputError
        If the start is no row of finite numbers, the bounds are not p pairs, or the start lies outside.
    """
    first = np.asarray(start, float)
    if first.ndim != 1 or first.size == 0 or not np.all(np.isfinite(first)):
        what = f"the start is {np.array2string(first, precision=6)}"
        raise InputError(Problem(file="start", what=what, expected="one finite number for each parameter"))
    if bounds is None:
        return first, np.full(first.size, -np.inf), np.full(first.size, np.inf)
    edges = np.asarray(bounds, float)
    if edges.shape != (first.size, 2) or np.any(np.isnan(edges)) or np.any(edges[:, 0] > edges[:, 1]):
        what = f"the bounds have the shape {edges.shape}, or a lower end above its upper one"
        raise InputError(Problem(file="bounds", what=what, expected=f"{first.size} pairs of lowest and highest value"))
    if np.any((first < edges[:, 0]) | (first > edges[:, 1])):
        j = int(np.flatnonzero((first < edges[:, 0]) | (first > edges[:, 1]))[0])
        what = f"parameter {j + 1} starts at {first[j]:g}"
        raise InputError(Problem(file="start", what=what, expected=f"{edges[j, 0]:g} to {edges[j, 1]:g}"))
    return first, edges[:, 0], edges[:, 1]
