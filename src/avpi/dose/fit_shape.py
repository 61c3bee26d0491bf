"""One curve, one shape: the best fit over several basins, with standard errors and both kinds of EC50.

The *relative* EC50 is the dose at which half of the fitted fall from top to bottom is done; the *absolute* one that at
which the response is half of the control. They answer different questions and agree only for a fall from the control to
0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.dose.curve_points import CurvePoints, read_points
from avpi.dose.effective_dose import delta_error, effective_dose
from avpi.dose.least_squares import LeastSquaresFit, fit_least_squares
from avpi.dose.shape_descents import ShapeProblem, descend_from
from avpi.dose.shape_starts import Boxes, best_starts, boxes_of
from avpi.dose.shapes import Shape
from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]

BASINS, BASINS_WHERE_BOXES_BIND, BASINS_OF_TWO_STEPS = 4, 8, 12
"""Descents of a fit, of one where a box binds or a parameter is held, and of a shape of two steps."""
MOST_STEPS, NO_GAIN = 100, 1e-9
"""Of the descents: the lowest is finished by ``fit_least_squares``."""
SAME_BASIN = 1e-6
"""Descents whose sums of squares differ by less, relatively, ended in one basin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeFit:
    """A shape fitted to the points of one curve.

    Attributes
    ----------
    shape : the shape, with what was held.
    points : the points it was fitted to.
    edges : (p, 2) boxes of all parameters; infinite ends are no limits, equal ends a parameter that was held.
    least_squares : parameters, standard errors, covariance, convergence; in the order of ``shape.parameters``.
    control : the response that counts as 100 % for the absolute EC50; None for the fitted level at dose 0.
    log10_relative_ec50, log10_relative_ec50_error : log10 molar, with its standard error by the delta method; nan where
        the shape has none.
    log10_absolute_ec50, log10_absolute_ec50_error : the same for half of ``control``; nan where the curve does not
        cross it.
    log10_relative_ec50_observed_error : by observed information, as R's drc gives it.
    aicc : Akaike's criterion with the correction for few points; the residual variance counts as a parameter.
    basins : different minima that the descents found.
    """

    shape: Shape
    points: CurvePoints
    edges: Floats
    least_squares: LeastSquaresFit
    control: float | None
    log10_relative_ec50: float
    log10_relative_ec50_error: float
    log10_relative_ec50_observed_error: float
    log10_absolute_ec50: float
    log10_absolute_ec50_error: float
    aicc: float
    basins: int

    @property
    def relative_ec50_molar(self) -> float:
        """Dose at half of the fitted fall; nan where there is none."""
        return _power(self.log10_relative_ec50)

    @property
    def absolute_ec50_molar(self) -> float:
        """Dose at half of the control; nan where the curve does not cross it."""
        return _power(self.log10_absolute_ec50)

    @property
    def rss(self) -> float:
        """Weighted residual sum of squares."""
        return self.least_squares.rss

    @property
    def converged(self) -> bool:
        """Whether the parameters are a minimum that the data fix."""
        return self.least_squares.converged

    def value(self, name: str) -> float:
        """Return a parameter, such as ``"hill_slope"``."""
        return float(self.least_squares.parameters[self.shape.parameters.index(name)])

    def standard_error(self, name: str) -> float:
        """Return a parameter's standard error; nan where it was held or lies at the edge of its box."""
        return float(self.least_squares.standard_errors[self.shape.parameters.index(name)])

    def response(self, doses_molar: ArrayLike) -> Floats:
        """Return the fitted curve (n,) at doses (n,) in molar."""
        return np.asarray(
            self.shape.response(np.asarray(doses_molar, float), self.least_squares.parameters), dtype=np.float64
        )


def fit_shape(
    shape: Shape,
    doses_molar: ArrayLike,
    responses: ArrayLike,
    weights: ArrayLike | None = None,
    boxes: Boxes | None = None,
    *,
    control: float | None = None,
) -> ShapeFit:
    """Fit a shape to the points of one curve.

    Independent errors of variance ``1 / weight`` are assumed. Look at ``converged`` before a number is used: a curve
    that is flat, or whose plateau was not reached, has a fit but no EC50 that the data fix.

    Parameters
    ----------
    shape : one of ``avpi.dose.shapes``, with ``hold`` for parameters that are given.
    doses_molar : (n,) 0 for controls.
    responses : (n,) not clipped.
    weights : (n,) relative inverse variances; equal where none are given.
    boxes : name of a parameter -> lowest and highest value. Plateaus are free where none is given; positions reach
        three decades (or the range of the doses) beyond the doses, slopes from a line to a step. ``VIABILITY_BOXES``
        are those of a viability.
    control : response that the absolute EC50 takes half of, such as 1 for a viability; the fitted level at dose 0 if
        not given.

    Raises
    ------
    InputError
        If a dose or a response is no number, a dose negative, or if there are too few different doses for the shape.
    """
    points = read_points(doses_molar, responses, weights)
    _enough(shape, points)
    doses = points.given if points.given.size else np.ones(1)
    edges = boxes_of(shape, doses, float(np.ptp(points.responses[points.counted])), boxes)
    start, basins = _lowest(shape, points, edges)
    fit = fit_least_squares(
        shape.response,
        points.doses_molar,
        points.responses,
        start,
        weights=points.weights,
        bounds=[(float(low), float(high)) for low, high in edges],
        jacobian=shape.derivatives,
        names=shape.parameters,
        descended=True,
    )
    if shape.nonlinear and np.ptp(points.responses[points.counted]) == 0:
        fit = _unfixed(fit, "all responses are the same: there is no curve")

    def half_of_fall(b: Floats) -> float:
        return effective_dose(shape, b, points.given, share=0.5)

    def half_of_control(b: Floats) -> float:
        return effective_dose(
            shape, b, points.given, level=0.5 * (control if control is not None else level_at_0(shape, b))
        )

    b, known, observed = fit.parameters, fit.covariance, fit.observed_covariance
    return ShapeFit(
        shape=shape,
        points=points,
        edges=edges,
        least_squares=fit,
        control=control,
        log10_relative_ec50=half_of_fall(b),
        log10_relative_ec50_error=delta_error(half_of_fall, b, known, edges),
        log10_relative_ec50_observed_error=delta_error(half_of_fall, b, observed, edges),
        log10_absolute_ec50=half_of_control(b),
        log10_absolute_ec50_error=delta_error(half_of_control, b, known, edges),
        aicc=corrected_aic(fit.rss, points.size, len(shape.free)),
        basins=basins,
    )


def _unfixed(fit: LeastSquaresFit, why: str) -> LeastSquaresFit:
    """Return a fit whose parameters mean nothing, saying so: rounding alone would give them standard errors."""
    unknown = np.full(fit.covariance.shape, math.nan)
    return replace(
        fit,
        converged=False,
        reason=why,
        covariance=unknown,
        observed_covariance=unknown,
        standard_errors=unknown[0],
        no_error_because=tuple(why for _ in fit.names),
    )


def corrected_aic(rss: float, points: int, parameters: int) -> float:
    """Return AICc of a least-squares fit; infinite where there are too few points for it.

    Hurvich & Tsai 1989 Biometrika 76:297, doi:10.1093/biomet/76.2.297. Up to a constant that all shapes share.
    """
    k = parameters + 1
    if points - k - 1 <= 0:
        return math.inf
    spread = math.log(rss / points) if rss > 0 else -math.inf
    return points * spread + 2 * k + 2 * k * (k + 1) / (points - k - 1)


def _enough(shape: Shape, points: CurvePoints) -> None:
    if not shape.nonlinear:
        return
    wanted = max(shape.least_doses - len(shape.held), len(shape.free))
    if points.levels.size < wanted:
        what = f"there are {points.levels.size} different doses for the shape '{shape.name}'"
        hint = "Doses within a millionth of each other count as one"
        raise InputError(Problem(file="doses", what=what, expected=f"{wanted} or more", hint=hint))
    if points.given.size < 2:
        what = f"there is {points.given.size} dose above 0"
        raise InputError(Problem(file="doses", what=what, expected="2 or more: one dose has no curve"))


def _lowest(shape: Shape, points: CurvePoints, edges: Floats) -> tuple[Floats, int]:
    """Return the lowest minimum (p,) of descents from several basins, and how many different ones were found."""
    root = np.sqrt(points.weights)
    two_steps = "gap" in shape.places
    most = BASINS_OF_TWO_STEPS if two_steps else BASINS_WHERE_BOXES_BIND
    starts = best_starts(shape, points.doses_molar, points.responses, root, edges, most)
    low, high = edges.T
    problem = ShapeProblem(
        shape=shape, doses_molar=points.doses_molar, responses=points.responses, root=root, low=low, high=high
    )
    ends, sums = descend_from(problem, starts[:BASINS], most_steps=MOST_STEPS, no_gain=NO_GAIN)
    if two_steps or shape.held or np.any((ends <= low) | (ends >= high)):
        others, their = descend_from(problem, starts[BASINS:], most_steps=MOST_STEPS, no_gain=NO_GAIN)
        ends, sums = np.concatenate([ends, others]), np.concatenate([sums, their])
    order = np.argsort(sums, kind="stable")
    ends, sums = ends[order], sums[order]
    size = SAME_BASIN * float(np.sum((root * points.responses) ** 2)) * 1e-6
    basins = 1 + sum(b - a > SAME_BASIN * a + size for a, b in pairwise(sums.tolist()))
    return ends[0], basins


def level_at_0(shape: Shape, b: Floats) -> float:
    """Return the fitted response at dose 0."""
    return float(b[0] if len(shape.linear) == 1 else b[1])


def _power(log10_dose: float) -> float:
    return 10.0**log10_dose if log10_dose < 300 else math.inf if log10_dose >= 300 else math.nan
