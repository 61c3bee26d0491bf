"""The shapes that a curve of dose and response can have.

Every shape is linear in its plateaus and nonlinear in the rest: ``y = basis(dose; nonlinear) @ linear``. The dose axis
is log10 molar; at dose 0 a falling sigmoid is exactly 1. ``bottom`` is the level at high dose and ``top`` that without
compound, whichever is larger: slopes are positive, and a rising curve has ``top < bottom``.

Four and five parameters: Ritz, Baty, Streibig & Gerhard 2015 PLoS ONE 10:e0146021, doi:10.1371/journal.pone.0146021
(also Weibull 1, Weibull 2 and log-normal, there with natural logarithms). Hormesis: Brain & Cousens 1989 Weed Res
29:93, doi:10.1111/j.1365-3180.1989.tb00845.x. Hook: the sum of a falling and a later rising sigmoid, as degraders show
it where both partners saturate (Douglass et al. 2013 JACS 135:6092, doi:10.1021/ja311795d).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from avpi.errors import InputError, Problem, nearest_word

Array = NDArray[Any]
Place = Literal["linear", "position", "slope", "ratio", "share", "gap"]
"""What a parameter is: a level, a log10 dose, a slope, a factor about 1, a fraction, or a distance in log10 dose."""

LN10 = math.log(10.0)
COMPLEX_STEP = 1e-30
"""Im f(b + i h) / h is the derivative by b: Squire & Trapp 1998 SIAM Rev 40:110, doi:10.1137/S003614459631241X."""
FARTHEST = 300.0
"""Beyond e^300 a sigmoid is 0, in complex numbers too."""
FARTHEST_WEIBULL = 20.0
"""Beyond e^20 the Weibull shapes, exponentials of exponentials, are 0."""
LEAST_GAP = 0.1
"""The two steps of a shape lie at least so far apart, log10 dose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A family of curves.

    Attributes
    ----------
    name : such as ``"four_parameter_logistic"``.
    linear : names of the parameters that the response is linear in.
    nonlinear : names of the others.
    places : what each of the nonlinear ones is.
    basis : (doses (n,) molar, nonlinear parameters) -> (n, linear), of real or complex numbers of any length.
    dose_of_share : (share of the fall that is left, nonlinear parameters) -> log10 dose; None where it is not monotone
        or has no closed form.
    least_doses : different doses without which the shape is not fitted.
    held : parameters that are given rather than fitted, such as ``(("top", 1.0),)``.
    """

    name: str
    linear: tuple[str, ...]
    nonlinear: tuple[str, ...]
    places: tuple[Place, ...]
    basis: Callable[[Array, Sequence[Any]], Array]
    dose_of_share: Callable[[float, Sequence[float]], float] | None = None
    least_doses: int = 1
    held: tuple[tuple[str, float], ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of all parameters, the linear ones first."""
        return (*self.linear, *self.nonlinear)

    @property
    def free(self) -> tuple[str, ...]:
        """Names of the parameters that are fitted."""
        given = dict(self.held)
        return tuple(name for name in self.parameters if name not in given)

    def hold(self, **values: float) -> Shape:
        """Return the shape with parameters given: ``FOUR_PARAMETERS.hold(top=1.0)`` has three.

        Raises
        ------
        InputError
            If the shape has no parameter of that name, or the value is not finite.
        """
        for name, value in values.items():
            if name not in self.parameters:
                what = f"the shape '{self.name}' has no parameter '{name}'"
                hint = nearest_word(name, self.parameters)
                raise InputError(Problem(file="shape", what=what, expected=", ".join(self.parameters), hint=hint))
            if not math.isfinite(value):
                raise InputError(Problem(file="shape", what=f"{name} is held at {value}", expected="a finite number"))
        return replace(self, held=tuple({**dict(self.held), **values}.items()))

    def response(self, doses_molar: Array, parameters: Array) -> Array:
        """Return the curve (n,) at ``doses_molar`` (n,) for all parameters in the order of ``parameters``."""
        b = parameters
        k = len(self.linear)
        columns = self.basis(doses_molar, [b[j] for j in range(k, b.size)])
        return np.asarray(columns @ b[:k])

    def bases(self, doses_molar: Array, nonlinear: Array) -> Array:
        """Return the bases (..., n, linear) of many nonlinear parameters (..., q) at ``doses_molar`` (n,)."""
        values = self.basis(doses_molar, list(np.moveaxis(nonlinear[..., None], -2, 0)))
        return np.broadcast_to(values, (*nonlinear.shape[:-1], *values.shape[-2:]))

    def derivatives(self, doses_molar: Array, parameters: Array) -> Array:
        """Return the derivatives (..., n, p) of curves at ``doses_molar`` (n,) by their parameters (..., p).

        Those by nonlinear parameters are complex steps, which every shape takes: exact to the last digit.
        """
        k, number = len(self.linear), len(self.nonlinear)
        linear, q = parameters[..., :k], parameters[..., k:]
        columns = [self.bases(doses_molar, q)]
        if number:
            kind = np.result_type(q.dtype, np.complex128)
            shifts = np.eye(number, dtype=q.dtype) * kind.type(complex(0.0, COMPLEX_STEP))
            slopes = (self.bases(doses_molar, q[..., None, :] + shifts) @ linear[..., None, :, None])[..., 0]
            columns.append(np.moveaxis(slopes.imag / q.dtype.type(COMPLEX_STEP), -2, -1))
        return np.concatenate(columns, axis=-1)


def _fall(doses: Array, p: Any, h: Any, farthest: float = FARTHEST) -> tuple[Array, Array]:
    """Return h (x - p) ln 10 (n,), cut at both ends, and where the dose is 0."""
    none = doses <= 0
    x = np.log10(np.where(none, 1, doses))
    u = h * (x - p) * LN10
    real = np.real(u)
    u = np.where(real > farthest, farthest, np.where(real < -farthest, -farthest, u))
    return u, none


def _sigmoid(doses: Array, p: Any, h: Any) -> Array:
    u, none = _fall(doses, p, h)
    return np.where(none, 1, 1 / (1 + np.exp(u)))


def _between(s: Array) -> Array:
    """Return the basis of a curve that goes from top to bottom as ``s`` goes from 1 to 0."""
    return np.stack([1 - s, s], axis=-1)


def _level(doses: Array, _: Sequence[Any]) -> Array:
    return np.ones((doses.size, 1))


def _four(doses: Array, q: Sequence[Any]) -> Array:
    return _between(_sigmoid(doses, q[0], q[1]))


def _five(doses: Array, q: Sequence[Any]) -> Array:
    u, none = _fall(doses, q[0], q[1])
    return _between(np.where(none, 1, np.exp(-q[2] * np.log1p(np.exp(u)))))


def _weibull_1(doses: Array, q: Sequence[Any]) -> Array:
    u, none = _fall(doses, q[0], q[1], FARTHEST_WEIBULL)
    return _between(np.where(none, 1, np.exp(-np.exp(u))))


def _weibull_2(doses: Array, q: Sequence[Any]) -> Array:
    u, none = _fall(doses, q[0], q[1], FARTHEST_WEIBULL)
    return _between(np.where(none, 1, -np.expm1(-np.exp(-u))))


def _log_normal(doses: Array, q: Sequence[Any]) -> Array:
    u, none = _fall(doses, q[0], q[1], FARTHEST_WEIBULL)
    return _between(np.where(none, 1, ndtr(-u)))


def _brain_cousens(doses: Array, q: Sequence[Any]) -> Array:
    s = _sigmoid(doses, q[0], q[1])
    return np.stack([1 - s, s, doses * s], axis=-1)


def _biphasic(doses: Array, q: Sequence[Any]) -> Array:
    first, second = _sigmoid(doses, q[0], q[2]), _sigmoid(doses, q[0] + q[1], q[3])
    return _between(q[4] * first + (1 - q[4]) * second)


def _hook(doses: Array, q: Sequence[Any]) -> Array:
    first, second = _sigmoid(doses, q[0], q[2]), _sigmoid(doses, q[0] + q[1], q[3])
    return np.stack([1 - first, first, 1 - second], axis=-1)


FLAT = Shape(name="flat", linear=("level",), nonlinear=(), places=(), basis=_level)
"""No response to the dose: one level."""

FOUR_PARAMETERS = Shape(
    name="four_parameter_logistic",
    linear=("bottom", "top"),
    nonlinear=("log10_ec50", "hill_slope"),
    places=("position", "slope"),
    basis=_four,
    dose_of_share=lambda s, q: q[0] + math.log10(1 / s - 1) / q[1],
    least_doses=4,
)
"""``bottom + (top - bottom) / (1 + 10^(h (x - p)))``; hold ``top`` or ``bottom`` for three parameters."""

FIVE_PARAMETERS = Shape(
    name="five_parameter_logistic",
    linear=("bottom", "top"),
    nonlinear=("log10_scale", "hill_slope", "asymmetry"),
    places=("position", "slope", "ratio"),
    basis=_five,
    dose_of_share=lambda s, q: q[0] + math.log10(s ** (-1 / q[2]) - 1) / q[1],
    least_doses=5,
)
"""The denominator to the power g: asymmetric. log10 EC50 = p + log10(2^(1/g) - 1) / h, not p."""

WEIBULL_1 = Shape(
    name="weibull_1",
    linear=("bottom", "top"),
    nonlinear=("log10_scale", "slope"),
    places=("position", "slope"),
    basis=_weibull_1,
    dose_of_share=lambda s, q: q[0] + math.log10(-math.log(s)) / q[1],
    least_doses=4,
)
"""Share left: ``exp(-10^(h (x - p)))``; steep towards the bottom."""

WEIBULL_2 = Shape(
    name="weibull_2",
    linear=("bottom", "top"),
    nonlinear=("log10_scale", "slope"),
    places=("position", "slope"),
    basis=_weibull_2,
    dose_of_share=lambda s, q: q[0] - math.log10(-math.log1p(-s)) / q[1],
    least_doses=4,
)
"""Share left: ``1 - exp(-10^(-h (x - p)))``; steep at the top."""

LOG_NORMAL = Shape(
    name="log_normal",
    linear=("bottom", "top"),
    nonlinear=("log10_ec50", "slope"),
    places=("position", "slope"),
    basis=_log_normal,
    dose_of_share=lambda s, q: q[0] - float(ndtri(s)) / (q[1] * LN10),
    least_doses=4,
)
"""Share left: the normal integral of ``-h (x - p) ln 10``."""

BRAIN_COUSENS = Shape(
    name="brain_cousens",
    linear=("bottom", "top", "hormesis_per_molar"),
    nonlinear=("log10_scale", "hill_slope"),
    places=("position", "slope"),
    basis=_brain_cousens,
    least_doses=5,
)
"""Four parameters whose top rises with the dose by ``hormesis_per_molar`` before the fall."""

BIPHASIC = Shape(
    name="biphasic",
    linear=("bottom", "top"),
    nonlinear=("log10_ec50_1", "log10_gap", "hill_slope_1", "hill_slope_2", "share_1"),
    places=("position", "gap", "slope", "slope", "share"),
    basis=_biphasic,
    least_doses=8,
)
"""Two falls, ``share_1`` of the whole at the first EC50 and the rest ``log10_gap`` later."""

HOOK = Shape(
    name="hook",
    linear=("bottom", "top", "recovery"),
    nonlinear=("log10_ec50", "log10_gap", "hill_slope", "hill_slope_of_recovery"),
    places=("position", "gap", "slope", "slope"),
    basis=_hook,
    least_doses=7,
)
"""A fall to ``bottom`` and, ``log10_gap`` later, a rise by ``recovery``. The EC50 is that of the fall."""

SHAPES = (
    FLAT, FOUR_PARAMETERS, FIVE_PARAMETERS, WEIBULL_1, WEIBULL_2, LOG_NORMAL, BRAIN_COUSENS, BIPHASIC, HOOK,
)  # fmt: skip
"""Every shape."""
