"""The confidence band of a fitted curve: pointwise, for the mean response and not for single points.

By the delta method the band at a dose is ``f +- t(n - k) sqrt(g' V g)``, with the gradient ``g`` of the response and
the covariance ``V`` of the parameters (Bates & Watts 1988 Nonlinear Regression Analysis and Its Applications, ch. 2).
The exact band holds every response for which the best curve through it at this dose has a residual sum of squares
below the limit of a profile likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from avpi.dose.estimate_dose import profiled
from avpi.dose.fit_shape import ShapeFit
from avpi.dose.likelihood_interval import profile_interval
from avpi.dose.model_derivatives import bind_model
from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]
By = Literal["delta", "profile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A fitted curve with its pointwise confidence band.

    Attributes
    ----------
    doses_molar : (n,) where it was asked for; 0 for the level without compound.
    fitted : (n,) the curve.
    low, high : (n,) the band; nan throughout where ``why_none`` says why there is none, infinite where the data do not
        bound the response.
    level : coverage at each dose alone. The whole curve lies within the band less often.
    method : how it was obtained, with the parameters that counted as known.
    known : parameters that counted as known, because they were held or lie at the edge of their box. The band is too
        narrow by what is not known of them, the exact one only by what lies beyond the box.
    why_none : empty where there is a band.
    """

    doses_molar: Floats
    fitted: Floats
    low: Floats
    high: Floats
    level: float
    method: str
    known: tuple[str, ...]
    why_none: str = ""


def confidence_band(fit: ShapeFit, doses_molar: ArrayLike, level: float = 0.95, *, by: By = "delta") -> Band:
    """Return the pointwise confidence band of a fitted curve.

    Points are assumed independent, of variance ``1 / weight`` up to a common factor. Points that share an experiment
    are not: then the band is too narrow, and one of the experiments' means is the honest one.

    Parameters
    ----------
    doses_molar : (n,) where the band is wanted; 0 for controls.
    by : ``"delta"``, symmetric and instant, or ``"profile"``, exact and about a tenth of a second for each dose.

    Raises
    ------
    InputError
        If a dose is negative or no finite number, or the level not between 0 and 1.
    """
    doses = _checked(doses_molar, level)
    fitted = fit.response(doses)
    found = fit.least_squares
    known = tuple(name for name, edge in zip(found.names, found.at_edge, strict=True) if edge)
    counted = f", {' and '.join(known)} as known" if known and by == "delta" else ""
    words = "delta method with t" if by == "delta" else "profile likelihood"
    method = f"pointwise {level:.0%} band, {words} on {found.df} degrees of freedom{counted}"
    why = _why_none(fit)
    if why or doses.size == 0:
        low = high = np.full(doses.size, np.nan)
    else:
        half = float(stats.t.ppf(0.5 + level / 2, found.df)) * _standard_errors(fit, doses)
        low, high = fitted - half, fitted + half
        if by == "profile":
            low, high = _profiled_band(fit, doses, half, level)
    return Band(
        doses_molar=doses, fitted=fitted, low=low, high=high, level=level, method=method, known=known, why_none=why
    )


def _checked(doses_molar: ArrayLike, level: float) -> Floats:
    doses = np.asarray(doses_molar, float)
    problems = [
        Problem(file="doses", place=f"dose {i + 1}", what=f"it is '{dose:g}'", expected="0 or more, in molar")
        for i, dose in enumerate(doses.ravel())
        if not np.isfinite(dose) or dose < 0
    ]
    if doses.ndim != 1:
        problems.append(Problem(file="doses", what=f"they have the shape '{doses.shape}'", expected="one row of doses"))
    if not 0 < level < 1:
        problems.append(Problem(file="level", what=f"it is '{level:g}'", expected="between 0 and 1, such as 0.95"))
    if problems:
        raise InputError(problems)
    return doses


def _why_none(fit: ShapeFit) -> str:
    if not fit.converged:
        return fit.least_squares.reason
    if fit.least_squares.df < 1:
        return "there are no more points than parameters"
    # A curve through all points leaves a covariance of 0, which is a band of no width; nan means unknown
    return "" if np.any(np.isfinite(np.diag(fit.least_squares.covariance))) else "no parameter has a standard error"


def _standard_errors(fit: ShapeFit, doses: Floats) -> Floats:
    """Return the standard error (n,) of the response; parameters without a variance count as known."""
    b, covariance = fit.least_squares.parameters, fit.least_squares.covariance
    gradients = np.asarray(bind_model(fit.shape.response, doses, doses.size, b, None).quick(b), float)
    free = np.isfinite(np.diag(covariance))
    known = np.where(free[:, None] & free[None, :], covariance, 0.0)
    return np.asarray(np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", gradients, known, gradients), 0.0)))


def _profiled_band(fit: ShapeFit, doses: Floats, half: Floats, level: float) -> tuple[Floats, Floats]:
    problem = profiled(fit)
    # Where the delta method sees no width, the scatter is a step of the right order
    smallest = 0.1 * fit.least_squares.residual_sd
    ends = [
        profile_interval(
            problem,
            lambda b, dose=dose: float(fit.shape.response(np.array([dose]), b)[0]),  # type: ignore[misc]
            scale=max(width / 2, smallest),
            level=level,
        )
        for dose, width in zip(doses, half, strict=True)
    ]
    low, high = np.array(ends, float).T
    return low, high
