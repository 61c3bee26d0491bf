"""Would a few odd wells change the answer? One shape fitted again with wells far from the curve counting less.

A sensitivity analysis beside the least-squares fit, not instead of it: no well is dropped, and there are no intervals,
since weights that were chosen by looking at the residuals would make them too narrow. Iteratively reweighted least
squares with Tukey's biweight (Beaton & Tukey 1974 Technometrics 16:147, doi:10.1080/00401706.1974.10489171) after a
start by Huber's weights (1964 Ann Math Stat 35:73, doi:10.1214/aoms/1177703732), or with the weights of Student's t
(Lange, Little & Taylor 1989 J Am Stat Assoc 84:881, doi:10.1080/01621459.1989.10478852). The scale is the median
absolute residual (Holland & Welsch 1977 Commun Stat A 6:813, doi:10.1080/03610927708827533).

A rule that removes wells (such as ROUT) is not offered: a well is left out with a recorded reason, or it stays.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from avpi.dose.effective_dose import effective_dose
from avpi.dose.estimate_dose import ec50_of
from avpi.dose.fit_shape import ShapeFit, fit_shape
from avpi.dose.marquardt import descend
from avpi.dose.model_derivatives import bind_model
from avpi.dose.shape_starts import Boxes
from avpi.dose.shapes import Shape
from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]
Weighting = Literal["tukey", "student"]
Place = Literal["within the doses", "above the doses", "below the doses", "none"]

TUKEY, HUBER = 4.685, 1.345
"""Scaled residuals where Tukey's weight becomes 0 and Huber's falls: 95 % efficient with normal errors."""
STUDENT_DF = 4.0
"""Degrees of freedom of the t: heavy tails, by convention; one curve has too few wells to fit them."""
NORMAL_MAD = 0.6744897501960817
"""Median absolute value of a standard normal number."""
MOST_ROUNDS, SETTLED = 200, 1e-5
"""Rounds of reweighting, and the change of the curve, of the scale, below which it rests."""
SMALLEST_SCALE = 1e-9
"""Of the span of the responses: a scale of 0, where more than half of the wells lie on the curve, becomes this."""
OUTLYING = 0.05
"""Chance that any well of a curve without odd ones is called an outlier (Bonferroni over the wells)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlier:
    """A well far from the robust curve. It was kept; look up what happened to it.

    Attributes
    ----------
    index : of the point, from 0.
    studentised_residual : residual over its standard error, with the robust scale and what the well itself pulls.
    weight : what was left of its weight, 0 to 1.
    """

    index: int
    dose_molar: float
    response: float
    fitted: float
    studentised_residual: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustFit:
    """A shape fitted robustly, and how its numbers compare with least squares.

    Attributes
    ----------
    least_squares : the fit of all wells alike.
    parameters : (p,) of the robust curve, in the order of ``shape.parameters``.
    scale : standard deviation of a well of weight 1, from the median absolute residual.
    robust_weights : (n,) from 0, ignored, to 1.
    studentised_residuals : (n,) of the robust curve.
    outliers : wells whose residual is too large for their number, the largest first.
    log10_relative_ec50, log10_absolute_ec50 : log10 molar; nan where there is none.
    relative_shift, absolute_shift : log10 EC50 less that by least squares; nan where either has none.
    changes : what would be called otherwise, one sentence each; empty if nothing.
    rounds, converged : of the reweighting.
    """

    least_squares: ShapeFit
    parameters: Floats
    scale: float
    robust_weights: Floats
    studentised_residuals: Floats
    outliers: tuple[Outlier, ...]
    log10_relative_ec50: float
    log10_absolute_ec50: float
    relative_shift: float
    absolute_shift: float
    changes: tuple[str, ...]
    rounds: int
    converged: bool

    @property
    def call_changes(self) -> bool:
        """Whether an EC50 appears, vanishes, or moves across an end of the tested doses."""
        return bool(self.changes)

    @property
    def relative_shift_in_errors(self) -> float:
        """The shift of the relative EC50 in its standard errors by least squares; nan where there is none."""
        error = self.least_squares.log10_relative_ec50_error
        return self.relative_shift / error if error > 0 else math.nan

    def value(self, name: str) -> float:
        """Return a parameter of the robust curve, such as ``"bottom"``."""
        return float(self.parameters[self.least_squares.shape.parameters.index(name)])

    def response(self, doses_molar: ArrayLike) -> Floats:
        """Return the robust curve (n,) at doses (n,) in molar."""
        shape = self.least_squares.shape
        return np.asarray(shape.response(np.asarray(doses_molar, float), self.parameters), np.float64)


def fit_robustly(
    shape: Shape,
    doses_molar: ArrayLike,
    responses: ArrayLike,
    weights: ArrayLike | None = None,
    boxes: Boxes | None = None,
    *,
    control: float | None = None,
    weighting: Weighting = "tukey",
) -> RobustFit:
    """Fit a shape so that a few odd wells hardly matter, and say what that changes.

    Parameters
    ----------
    shape, doses_molar, responses, weights, boxes, control : as ``fit_shape`` takes them.
    weighting : ``"tukey"``, which ignores wells beyond 4.7 scales, or ``"student"``, which never quite does.

    Raises
    ------
    InputError
        If the points cannot be used, are too few for the shape, or leave no degree of freedom for a scale.
    """
    if weighting not in ("tukey", "student"):
        raise InputError(Problem(file="weighting", what=f"it is '{weighting}'", expected="'tukey' or 'student'"))
    plain = fit_shape(shape, doses_molar, responses, weights, boxes, control=control)
    if plain.least_squares.df < 1:
        what = f"there are {plain.points.size} points for {len(shape.free)} parameters"
        raise InputError(Problem(file="curve", what=what, expected="more: no scatter is left to measure a scale by"))
    curve = _Curve(plain)
    b = plain.least_squares.parameters
    if weighting == "student":
        b, scale, rounds, rests = curve.reweight(b, lambda u: (STUDENT_DF + 1) / (STUDENT_DF + u**2))
    else:
        b, scale, first, _ = curve.reweight(b, _huber)
        # Scale held: one that shrinks with the weights it makes would ignore ever more wells
        b, _, rounds, rests = curve.reweight(b, _tukey, scale)
        rounds += first
    scale = curve.scale(curve.residuals(b))
    scaled = curve.residuals(b) / scale
    own = _tukey(scaled) if weighting == "tukey" else (1 + 1 / STUDENT_DF) / (1 + scaled**2 / STUDENT_DF)
    own = np.minimum(own, 1.0)
    studentised = curve.studentised(b, scale, own)
    relative = effective_dose(shape, b, plain.points.given, share=0.5)
    absolute = ec50_of(plain, "absolute")(b)
    return RobustFit(
        least_squares=plain,
        parameters=b,
        scale=scale,
        robust_weights=own,
        studentised_residuals=studentised,
        outliers=_outliers(plain, b, studentised, own),
        log10_relative_ec50=relative,
        log10_absolute_ec50=absolute,
        relative_shift=relative - plain.log10_relative_ec50,
        absolute_shift=absolute - plain.log10_absolute_ec50,
        changes=_changes(plain, relative, absolute),
        rounds=rounds,
        converged=rests,
    )


class _Curve:
    """The wells of a fit, weighted as they were, for refits with further weights."""

    def __init__(self, fit: ShapeFit) -> None:
        self.points, self.fit = fit.points, fit
        self.root = np.sqrt(fit.points.weights)
        self.low, self.high = fit.edges.T
        best = fit.least_squares.parameters
        self.bound = bind_model(fit.shape.response, self.points.doses_molar, self.root.size, best, None)
        self.smallest = SMALLEST_SCALE * max(float(np.ptp(self.points.responses)), 1e-300)

    def residuals(self, b: Floats) -> Floats:
        """Return weighted residuals (n,)."""
        return np.asarray(self.root * (self.points.responses - self.bound.values(b)), np.float64)

    def columns(self, b: Floats) -> Floats:
        """Return weighted derivatives (n, p)."""
        return np.asarray(self.root[:, None] * self.bound.quick(b), np.float64)

    def scale(self, residuals: Floats) -> float:
        """Return the scale from the median absolute residual; the smallest, which the parameters made small, left out.

        A curve of p parameters goes almost through p - 1 of its wells.
        """
        ascending = np.sort(np.abs(residuals[self.points.counted]))
        kept = ascending[len(self.fit.shape.free) - 1 :]
        return max(float(np.median(kept)) / NORMAL_MAD, self.smallest)

    def reweight(
        self, start: Floats, weight: Callable[[Floats], Floats], fixed: float | None = None
    ) -> tuple[Floats, float, int, bool]:
        """Return the parameters at rest, the scale, the rounds, and whether they rest."""
        b, scale = start, fixed or self.scale(self.residuals(start))
        for number in range(1, MOST_ROUNDS + 1):
            root = np.sqrt(weight(self.residuals(b) / scale))

            def residuals(c: Floats, root: Floats = root) -> Floats:
                return root * self.residuals(c)

            def columns(c: Floats, root: Floats = root) -> Floats:
                return root[:, None] * self.columns(c)

            with np.errstate(all="ignore"):
                to = descend(residuals, columns, b, self.low, self.high).parameters
            moved = float(np.max(np.abs(self.residuals(to) - self.residuals(b))))
            b = to
            if moved <= SETTLED * scale:
                return b, scale, number, True
            scale = fixed or self.scale(self.residuals(b))
        return b, scale, MOST_ROUNDS, False

    def studentised(self, b: Floats, scale: float, own: Floats) -> Floats:
        """Return residuals (n,) over their standard errors, with curve and residual as far dependent as they are.

        The weighted curve moves by ``H w e`` for errors e, with ``H = J (J' W J)^-1 J'``.
        """
        free = (self.high > self.low) & (b > self.low) & (b < self.high)
        columns = self.columns(b)[:, free]
        hat = columns @ np.linalg.pinv(columns.T @ (own[:, None] * columns)) @ columns.T * own
        left = np.eye(own.size) - hat
        spread = np.sqrt(np.maximum(np.sum(left**2, axis=1), 1e-12))
        return np.asarray(self.residuals(b) / (scale * spread), np.float64)


def _huber(scaled: Floats) -> Floats:
    return np.asarray(HUBER / np.maximum(np.abs(scaled), HUBER), np.float64)


def _tukey(scaled: Floats) -> Floats:
    return np.asarray(np.maximum(1 - (scaled / TUKEY) ** 2, 0.0) ** 2, np.float64)


def _outliers(fit: ShapeFit, b: Floats, studentised: Floats, own: Floats) -> tuple[Outlier, ...]:
    limit = float(stats.t.isf(OUTLYING / (2 * fit.points.size), fit.least_squares.df))
    fitted = fit.shape.response(fit.points.doses_molar, b)
    found = [
        Outlier(
            index=int(i),
            dose_molar=float(fit.points.doses_molar[i]),
            response=float(fit.points.responses[i]),
            fitted=float(fitted[i]),
            studentised_residual=float(studentised[i]),
            weight=float(own[i]),
        )
        for i in np.flatnonzero((np.abs(studentised) > limit) & fit.points.counted)
    ]
    return tuple(sorted(found, key=lambda one: -abs(one.studentised_residual)))


def _changes(fit: ShapeFit, relative: float, absolute: float) -> tuple[str, ...]:
    given = fit.points.given
    found = []
    for name, before, after in (
        ("relative", fit.log10_relative_ec50, relative),
        ("absolute", fit.log10_absolute_ec50, absolute),
    ):
        was, now = _place(before, given), _place(after, given)
        if was != now:
            found.append(f"the {name} EC50 is {_worded(was)} by least squares and {_worded(now)} robustly")
    return tuple(found)


def _place(log10_ec50: float, given: Floats) -> Place:
    if not math.isfinite(log10_ec50):
        return "none"
    if log10_ec50 > math.log10(given[-1]):
        return "above the doses"
    return "below the doses" if log10_ec50 < math.log10(given[0]) else "within the doses"


def _worded(place: Place) -> str:
    return "missing" if place == "none" else place
