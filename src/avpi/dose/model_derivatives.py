"""The value of a model and its derivatives by the parameters, as exactly as the model allows.

A model of elementary functions takes complex parameters, and then ``Im f(b + i h) / h`` with a step of 1e-30 is the
derivative to the last bit: nothing is subtracted (Squire & Trapp 1998 SIAM Rev 40:110, doi:10.1137/S003614459631241X).
It is wrong without a warning where a model takes absolute values or compares parameters, so it is tried against
differences first. Other models get Ridders' extrapolated central differences (Ridders 1982 Adv Eng Softw 4:75,
doi:10.1016/S0141-1195(82)80057-0), which choose their own step.

Numbers are as long as the platform has them (80 bits on x86, 64 on ARM): what a data set of tiny residuals needs.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.errors import InputError, Problem

Array = NDArray[Any]
Long = NDArray[np.longdouble]
Model = Callable[[Any, Any], Any]

COMPLEX_STEP = 1e-30
AGREES = 1e-4
"""Of the longest of the two columns: what complex steps and differences may differ by where both are right."""
FIRST_STEP, SHRINK, TABLE = 0.02, 2.0, 10
"""Ridders' first step, as a share of the parameter, by what it shrinks, and how often."""
MOST_WRITTEN = 20_000
"""Numbers beyond which their decimals are not worth the time."""
QUICK_STEP = 6e-6
"""Third root of the double's precision: where central differences are best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivatives:
    """A model bound to its data: values and Jacobian, in doubles or as long as they go.

    Attributes
    ----------
    model : (x, parameters (p,)) -> (n,).
    x : what the model is given, in doubles.
    x_long : the same in long doubles where it is an array of floats.
    size : n.
    complex_step : whether complex steps give the derivatives.
    extended : whether the model takes long doubles.
    jacobian : (x, parameters (p,)) -> (n, p) where the caller knows it.
    """

    model: Model
    x: Any
    x_long: Any
    size: int
    complex_step: bool
    extended: bool
    jacobian: Model | None

    def values(self, b: Array) -> Array:
        """Return the model at ``b`` (n,), as long as ``b`` is; nan where it has no value."""
        with np.errstate(all="ignore"):
            found = np.asarray(self.model(self._x_for(b), b))
        return np.broadcast_to(found, (self.size,))

    def quick(self, b: Array) -> Array:
        """Return the Jacobian (n, p) in doubles, for the way to the solution."""
        if self.jacobian is not None or self.complex_step:
            return np.asarray(self.careful(np.asarray(b, float)), float)
        columns = []
        for j, step in enumerate(QUICK_STEP * _sizes(b)):
            high, low = np.array(b, float), np.array(b, float)
            high[j] += step
            low[j] -= step
            columns.append((self.values(high) - self.values(low)) / (high[j] - low[j]))
        return np.stack(columns, axis=1)

    def careful(self, b: Array) -> Array:
        """Return the Jacobian (n, p) as exactly as the model allows, as long as ``b`` is."""
        if self.jacobian is not None:
            with np.errstate(all="ignore"):
                return np.asarray(self.jacobian(self._x_for(b), b)).reshape(self.size, b.size)
        if self.complex_step:
            kind = np.clongdouble if b.dtype == np.longdouble else np.complex128
            columns = []
            for j in range(b.size):
                shifted = b.astype(kind)
                shifted[j] += kind(complex(0.0, COMPLEX_STEP))
                columns.append(self.values(shifted).imag / b.dtype.type(COMPLEX_STEP))
            return np.stack(columns, axis=1)
        return np.stack([self._ridders(b, j) for j in range(b.size)], axis=1)

    def _x_for(self, b: Array) -> Any:
        return self.x_long if b.dtype in (np.longdouble, np.clongdouble) else self.x

    def _ridders(self, b: Array, j: int) -> Array:
        """Return one column by central differences of ever smaller steps, extrapolated to a step of 0."""
        step = b.dtype.type(FIRST_STEP * _sizes(b)[j])
        row: list[Array] = []
        best, least = np.full(self.size, np.nan, b.dtype), np.inf
        for i in range(TABLE):
            high, low = b.copy(), b.copy()
            high[j] += step
            low[j] -= step
            new = [(self.values(high) - self.values(low)) / (high[j] - low[j])]
            factor = SHRINK**2
            for k in range(i):
                new.append((new[k] * factor - row[k]) / (factor - 1))
                factor *= SHRINK**2
                error = max(_length(new[k + 1] - new[k]), _length(new[k + 1] - row[k]))
                if error <= least:
                    best, least = new[k + 1], error
            row = new
            step /= b.dtype.type(SHRINK)
        return best


def bind_model(model: Model, x: Any, size: int, start: Array, jacobian: Model | None) -> Derivatives:
    """Return the model bound to its data, after trying at ``start`` which arithmetic it takes.

    Raises
    ------
    InputError
        If the model gives something else than one finite number for each point at the start.
    """
    plain = np.asarray(x)
    floats = plain.dtype.kind in "fiu"
    x_short, x_long = (plain.astype(float), as_written(plain)) if floats else (x, x)
    b = np.asarray(start, float)
    _checked_start(model, x_short, size, b)
    trial = Derivatives(
        model=model, x=x_short, x_long=x_long, size=size, complex_step=False, extended=False, jacobian=jacobian
    )
    if jacobian is not None:
        with np.errstate(all="ignore"):
            shape = np.asarray(jacobian(x_short, b)).shape
        if shape != (size, b.size):
            what = f"the Jacobian has the shape {shape}"
            raise InputError(Problem(file="jacobian", what=what, expected=f"({size}, {b.size}): points x parameters"))
    extended = _takes_long(trial, b)
    complex_step = jacobian is None and _takes_complex(trial, b, extended=extended)
    return Derivatives(
        model=model,
        x=x_short,
        x_long=x_long,
        size=size,
        complex_step=complex_step,
        extended=extended,
        jacobian=jacobian,
    )


def as_written(numbers: Array) -> Long:
    """Return numbers as long doubles of the decimals that they print as.

    A double read from "2.0443" is off by up to 1e-16 of it, and where residuals are not much larger than that, their
    sum is that of other data. The shortest decimal that gives the double is what was typed.
    """
    if numbers.dtype != np.float64 or numbers.size > MOST_WRITTEN:
        return numbers.astype(np.longdouble)
    long = [np.longdouble(repr(float(number))) for number in numbers.ravel()]
    return np.array(long, np.longdouble).reshape(numbers.shape)


def _checked_start(model: Model, x: Any, size: int, b: Array) -> None:
    with np.errstate(all="ignore"):
        values = np.asarray(model(x, b))
    if values.shape not in ((size,), ()) or values.dtype.kind not in "fiu":
        what = f"the model gives {values.dtype} numbers of the shape {values.shape}"
        raise InputError(Problem(file="model", what=what, expected=f"{size} real numbers, one for each response"))
    if not np.all(np.isfinite(values)):
        what = f"the model is not finite at the start {np.array2string(b, precision=6)}"
        hint = "Start from parameters at which every point has a value"
        raise InputError(Problem(file="start", what=what, expected="a finite value for each point", hint=hint))


def _takes_long(trial: Derivatives, b: Array) -> bool:
    """Whether the model, given long doubles, answers with long doubles that agree with the short ones."""
    long = b.astype(np.longdouble)
    try:
        values = trial.values(long)
        if trial.jacobian is not None and not np.all(np.isfinite(trial.careful(long))):
            return False
    except (TypeError, ValueError, ArithmeticError):
        return False
    short = trial.values(b)
    near = _length(values - short) <= 1e-9 * (_length(short) + 1e-300)
    return bool(values.dtype == np.longdouble and np.all(np.isfinite(values)) and near)


def _takes_complex(trial: Derivatives, b: Array, *, extended: bool) -> bool:
    """Whether complex steps agree with differences: absolute values and comparisons break them silently."""
    kinds = (np.float64, np.longdouble) if extended else (np.float64,)
    differences = trial.quick(b)
    stepping = Derivatives(
        model=trial.model,
        x=trial.x,
        x_long=trial.x_long,
        size=trial.size,
        complex_step=True,
        extended=extended,
        jacobian=None,
    )
    for kind in kinds:
        try:
            with warnings.catch_warnings():
                # A model that drops the imaginary part warns of it; its derivatives would be 0
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                columns = stepping.careful(b.astype(kind))
        except (TypeError, ValueError, ArithmeticError, np.exceptions.ComplexWarning):
            return False
        if not np.all(np.isfinite(columns)):
            return False
        for j in range(b.size):
            longest = max(_length(columns[:, j]), _length(differences[:, j]))
            # What differences cannot see: a column lost in the rounding of the values
            unseen = 1e-9 * _length(trial.values(b)) / _sizes(b)[j]
            if np.isfinite(differences[:, j]).all() and (
                _length(columns[:, j] - differences[:, j]) > AGREES * longest + unseen
            ):
                return False
    return True


def _sizes(b: Array) -> NDArray[np.float64]:
    """Return how large each parameter is; 1 for one that is 0."""
    size = np.abs(np.asarray(b, float))
    return np.where(size > 0, size, 1.0)


def _length(column: Array) -> float:
    scale = float(np.max(np.abs(column), initial=0.0))
    if not np.isfinite(scale) or scale == 0:
        return scale if scale == 0 else np.inf
    return scale * float(np.sqrt(np.sum((column / scale) ** 2)))
