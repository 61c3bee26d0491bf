"""Numbers of a fitted curve with their profile-likelihood intervals, as estimates that a verdict may use."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avpi.dose.effective_dose import delta_error, effective_dose
from avpi.dose.fit_shape import ShapeFit, level_at_0
from avpi.dose.likelihood_interval import Profiled, profile_interval
from avpi.dose.logistic_columns import LogisticColumns
from avpi.dose.model_derivatives import bind_model
from avpi.dose.shape_starts import BEYOND_DOSES_LOG10, position_box
from avpi.dose.shapes import FOUR_PARAMETERS, HOOK
from avpi.errors import InputError, Problem, nearest_word
from avpi.estimate import Estimate, not_estimable

Floats = NDArray[np.float64]
Which = Literal["relative", "absolute"]

WIDEST_STEP = 0.5
"""Of a profile, log10 dose: where the slope runs away, the standard error of the EC50 means nothing."""
OTHER_SLOPES = (0.4, 2.5)
"""Times the fitted slope: where refits that look too bad begin again."""


def estimate_ec50(fit: ShapeFit, which: Which = "relative", *, level: float = 0.95, n: int = 1) -> Estimate:
    """Return the EC50 of a curve in molar, with its profile-likelihood interval.

    An EC50 beyond the tested doses is censored at the last of them (state ``above`` or ``below``), never extrapolated.
    An end of the interval that the data do not bound is infinite (0 on the lower side).

    Parameters
    ----------
    which : ``"relative"``, half of the fitted fall, or ``"absolute"``, half of the control.
    n : independent experiments behind the curve.
    """
    method = f"{which} EC50 of a {fit.shape.name} by least squares, profile likelihood"
    if which == "relative":
        log10_ec50 = fit.log10_relative_ec50
        error = fit.log10_relative_ec50_error
    else:
        log10_ec50, error = fit.log10_absolute_ec50, fit.log10_absolute_ec50_error
    if not fit.converged:
        return not_estimable(f"{method}: {fit.least_squares.reason}", unit="M", n=n)
    if math.isnan(log10_ec50):
        why = "the curve does not cross half of the control" if which == "absolute" else "the shape has no EC50"
        return not_estimable(f"{method}: {why}", unit="M", n=n)

    reach = position_box(fit.points.given, BEYOND_DOSES_LOG10)
    # Where the EC50 is a parameter it is held, which is quicker than to solve for it
    closed = fit.shape.name in (FOUR_PARAMETERS.name, HOOK.name) and "log10_ec50" in fit.shape.free
    quantity = fit.shape.parameters.index("log10_ec50") if which == "relative" and closed else ec50_of(fit, which)
    low, high = profile_interval(
        profiled(fit), quantity, scale=error if 0 < error < WIDEST_STEP else WIDEST_STEP, reach=reach, level=level
    )
    first, last = float(fit.points.given[0]), float(fit.points.given[-1])
    low_molar, high_molar = (0.0 if low == -math.inf else 10.0**low), (math.inf if high == math.inf else 10.0**high)
    if low == -math.inf and high == math.inf:
        return not_estimable(f"{method}: the data bound it on neither side", unit="M", n=n)
    if log10_ec50 > math.log10(last):
        return Estimate(
            value=last, low=low_molar, high=math.inf, level=level, unit="M", n=n, method=method, state="above"
        )
    if log10_ec50 < math.log10(first):
        return Estimate(value=first, low=0.0, high=high_molar, level=level, unit="M", n=n, method=method, state="below")
    return Estimate(value=10.0**log10_ec50, low=low_molar, high=high_molar, level=level, unit="M", n=n, method=method)


def estimate_quantity(
    fit: ShapeFit,
    quantity: str | Callable[[Floats], float],
    *,
    level: float = 0.95,
    unit: str = "",
    n: int = 1,
    reach: tuple[float, float] = (-math.inf, math.inf),
) -> Estimate:
    """Return a parameter, or anything that follows from the parameters, with its profile-likelihood interval.

    Parameters
    ----------
    quantity : name of a parameter, or parameters (p,) in the order of ``fit.shape.parameters`` -> value.
    reach : values beyond which an end of the interval is open.

    Raises
    ------
    InputError
        If the shape has no parameter of that name, or it was held.
    """
    if not fit.converged:
        return not_estimable(fit.least_squares.reason, unit=unit, n=n)
    b, covariance = fit.least_squares.parameters, fit.least_squares.covariance
    if isinstance(quantity, str):
        if quantity not in fit.shape.free:
            what = f"'{quantity}' is no fitted parameter of the shape '{fit.shape.name}'"
            hint = nearest_word(quantity, fit.shape.free)
            raise InputError(Problem(file="quantity", what=what, expected=", ".join(fit.shape.free), hint=hint))
        j = fit.shape.parameters.index(quantity)
        error = fit.standard_error(quantity)
        low, high = profile_interval(profiled(fit), j, scale=error, reach=reach, level=level)
        value, named = float(b[j]), quantity
    else:
        value, named = float(quantity(b)), "quantity"
        if not math.isfinite(value):
            return not_estimable("the quantity is not defined at the fitted parameters", unit=unit, n=n)
        error = delta_error(quantity, b, covariance, fit.edges)
        scale = error if error > 0 else 0.1 * max(abs(value), 1e-6)
        low, high = profile_interval(profiled(fit), quantity, scale=scale, reach=reach, level=level)
    method = f"{named} of a {fit.shape.name} by least squares, profile likelihood"
    return Estimate(value=value, low=low, high=high, level=level, unit=unit, n=n, method=method)


def ec50_of(fit: ShapeFit, which: Which) -> Callable[[Floats], float]:
    """Return the function from parameters (p,) to the log10 EC50 of a kind."""
    given = fit.points.given

    def relative(b: Floats) -> float:
        return effective_dose(fit.shape, b, given, share=0.5)

    def absolute(b: Floats) -> float:
        control = fit.control if fit.control is not None else level_at_0(fit.shape, b)
        return effective_dose(fit.shape, b, given, level=0.5 * control)

    return relative if which == "relative" else absolute


def profiled(fit: ShapeFit) -> Profiled:
    """Return the problem of a fit, ready for constrained refits."""
    shape, points, best = fit.shape, fit.points, fit.least_squares.parameters
    root = np.sqrt(points.weights)
    values, columns = _model(fit)
    slopes = [len(shape.linear) + i for i, place in enumerate(shape.places) if place == "slope"]
    others = []
    for factor in OTHER_SLOPES:
        other = best.copy()
        other[slopes] *= factor
        others.append(np.clip(other, fit.edges[:, 0], fit.edges[:, 1]))
    return Profiled(
        residuals=lambda b: root * (points.responses - values(b)),
        jacobian=lambda b: root[:, None] * columns(b),
        best=best,
        low=fit.edges[:, 0],
        high=fit.edges[:, 1],
        rss=fit.rss,
        df=fit.least_squares.df,
        others=tuple(others),
        walls=tuple(len(shape.linear) + i for i, place in enumerate(shape.places) if place == "position"),
    )


def _model(fit: ShapeFit) -> tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]:
    """Return the curve (n,) and its Jacobian (n, p) as functions of the parameters."""
    points = fit.points
    if fit.shape.name == FOUR_PARAMETERS.name:
        logistic = LogisticColumns.at(points.doses_molar)
        return logistic.values, logistic.jacobian
    best = fit.least_squares.parameters
    bound = bind_model(fit.shape.response, points.doses_molar, points.responses.size, best, None)
    return lambda b: np.asarray(bound.values(b), float), bound.quick
