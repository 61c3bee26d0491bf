"""How the scatter of a response grows with its height, learnt once from all replicates of a set of plates.

The variance of one well is ``s^2`` (constant), ``(a mean^b)^2`` (power) or ``s0^2 + (cv mean)^2`` (additive and
multiplicative), fitted to the pooled scatter within groups of replicates. A standard deviation of three wells at one
dose is known to a factor of two and is never used by itself. Davidian & Carroll 1987 J Am Stat Assoc 82:1079; Carroll &
Ruppert 1988 Transformation and Weighting in Regression.

Constant it is unless replicates refute it: the likelihood ratio of the power is held against that of replicates
simulated for the same groups, so that the test is right for few replicates too. It assumes normal scatter about each
mean; failed wells among the replicates make it too ready to refute.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.dose.fit_shape import ShapeFit, fit_shape
from avpi.dose.shape_starts import Boxes
from avpi.dose.shapes import Shape
from avpi.dose.variance_models import (
    ReplicateScatter,
    VarianceFit,
    VarianceParameter,
    fit_constant,
    fit_power,
    fit_sum,
    power_p_value,
)
from avpi.errors import InputError, Problem
from avpi.estimate import Caveat

Floats = NDArray[np.float64]
VarianceModel = Literal["constant", "power", "additive and multiplicative"]

LOWEST_SHARE = 0.01
"""Of the median height: lower means, and those of 0 or less, count as so high, since a power of them has no meaning."""
REFUTED = 0.05
"""p-value below which the variance is not taken as constant."""
LEAST_GROUPS, LEAST_DF = 3, 6
"""Different heights, and degrees of freedom, below which only a constant is estimated."""
SEED = 20
MOST_ROUNDS, SETTLED = 6, 0.01
"""Of weighted fits: rounds, and the change of the curve, of a well's standard deviation, below which it is at rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseVariance:
    """The variance of one well as a function of its expected response.

    Attributes
    ----------
    model : the one to use.
    why : one sentence: why this one.
    parameters : those of ``model``: ``standard_deviation``; ``scale`` and ``exponent``; or ``additive``, in units of
        the response, and ``coefficient_of_variation``.
    exponent, exponent_error : of the power of the standard deviation, whatever model is used; nan where too little is
        known.
    p_against_constant : of the likelihood ratio of the power against a constant; nan where it was not tested.
    aic : model -> Akaike's criterion less the lowest one.
    groups : groups with two or more replicates.
    df : degrees of freedom: wells in them less groups.
    lowest, highest : range of group means; expected responses beyond it count as its ends.
    caveats : what to mind.
    """

    model: VarianceModel
    why: str
    parameters: tuple[VarianceParameter, ...]
    exponent: float
    exponent_error: float
    p_against_constant: float
    aic: dict[VarianceModel, float]
    groups: int
    df: int
    lowest: float
    highest: float
    caveats: tuple[Caveat, ...] = ()

    def variance(self, expected_responses: ArrayLike) -> Floats:
        """Return the variance of one well (n,) at expected responses (n,)."""
        height = np.clip(np.asarray(expected_responses, float), self.lowest, self.highest)
        values = [parameter.value for parameter in self.parameters]
        if self.model == "constant":
            return np.full(height.shape, values[0] ** 2)
        if self.model == "power":
            return np.asarray((values[0] * height ** values[1]) ** 2, float)
        return np.asarray(values[0] ** 2 + (values[1] * height) ** 2, float)

    def weights(self, expected_responses: ArrayLike) -> Floats:
        """Return relative inverse variances (n,), of mean 1, at expected responses (n,).

        Give it what is expected, a fitted curve or a mean, never the well itself: low wells would weigh more because
        they happened to be low.
        """
        variance = self.variance(expected_responses)
        if not np.all(variance > 0):  # replicates that agree to the last digit say nothing about weights
            return np.ones(variance.shape)
        return np.asarray(1 / variance / np.mean(1 / variance), float)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedFit:
    """A curve fitted with weights that follow from the curve itself.

    Attributes
    ----------
    fit : the curve of the last round, with its weights in ``fit.points``.
    weights : (n,) relative inverse variances of mean 1.
    rounds : fits that were made; the first is unweighted.
    settled : whether the last round moved the curve by less than a hundredth of a well's standard deviation.
    """

    fit: ShapeFit
    weights: Floats
    rounds: int
    settled: bool


def estimate_variance(
    responses: ArrayLike, groups: Iterable[object], *, model: VarianceModel | None = None, seed: int = SEED
) -> ResponseVariance:
    """Estimate the variance of one well from all replicates of a set of plates.

    Parameters
    ----------
    responses : (n,) raw or normalised, not clipped; nan where a well is missing.
    groups : (n,) label of each well; wells of one label are replicates: same plate, treatment and dose.
    model : the one to use; None for a constant unless replicates refute it, then the other one of lower AIC.
    seed : of the simulated replicates behind the p-value.

    Raises
    ------
    InputError
        If the labels do not fit the responses, a response is infinite, or no group has two wells; if a model is asked
        for that the replicates are too few for.
    """
    found = _scatter(responses, groups)
    fits: dict[VarianceModel, VarianceFit] = {"constant": fit_constant(found)}
    too_little = _too_little(found)
    if too_little:
        if model not in (None, "constant"):
            what = f"the model '{model}' cannot be estimated: {too_little}"
            expected = f"{LEAST_GROUPS} or more heights and {LEAST_DF} or more degrees of freedom"
            raise InputError(Problem(file="responses", what=what, expected=expected))
        return _result(found, "constant", too_little, fits, p=math.nan)
    fits |= {"power": fit_power(found), "additive and multiplicative": fit_sum(found)}
    p = power_p_value(found, seed)
    if model is not None:
        return _result(found, model, "it was asked for", fits, p=p)
    if p >= REFUTED:
        return _result(found, "constant", f"replicates do not refute it (p = {p:.2g})", fits, p=p)
    chosen: VarianceModel = "power"
    if fits["additive and multiplicative"].aic < fits["power"].aic:
        chosen = "additive and multiplicative"
    why = f"replicates refute a constant variance (p = {max(p, 1e-12):.1g}), and its AIC is the lowest"
    return _result(found, chosen, why, fits, p=p)


def fit_weighted(
    shape: Shape,
    doses_molar: ArrayLike,
    responses: ArrayLike,
    variance: ResponseVariance,
    boxes: Boxes | None = None,
    *,
    control: float | None = None,
) -> WeightedFit:
    """Fit a shape with the weights that its own curve gives, anew until the curve rests.

    Iteratively reweighted least squares (Carroll & Ruppert 1988): weights are those of the fitted curve, so a well does
    not weigh more for having come out low. With a constant variance one unweighted fit is all.

    Parameters
    ----------
    variance : from ``estimate_variance`` of responses in the same unit.
    shape, doses_molar, responses, boxes, control : as ``fit_shape`` takes them.

    Raises
    ------
    InputError
        If the points cannot be used, or are too few for the shape.
    """
    fit = fit_shape(shape, doses_molar, responses, None, boxes, control=control)
    weights = np.ones(fit.points.responses.size)
    if variance.model == "constant":
        return WeightedFit(fit=fit, weights=weights, rounds=1, settled=True)
    for number in range(2, MOST_ROUNDS + 1):
        curve = fit.least_squares.fitted
        weights = variance.weights(curve)
        fit = fit_shape(shape, doses_molar, responses, weights, boxes, control=control)
        moved = np.abs(fit.least_squares.fitted - curve)
        if np.all(moved <= SETTLED * np.sqrt(variance.variance(curve))):
            return WeightedFit(fit=fit, weights=weights, rounds=number, settled=True)
    return WeightedFit(fit=fit, weights=weights, rounds=MOST_ROUNDS, settled=False)


def _scatter(responses: ArrayLike, groups: Iterable[object]) -> ReplicateScatter:
    values, labels = np.asarray(responses, float), list(groups)
    if values.ndim != 1 or len(labels) != values.size:
        what = f"there are responses of the shape {values.shape} and {len(labels)} labels"
        raise InputError(Problem(file="responses", what=what, expected="one label for each response"))
    if np.any(np.isinf(values)):
        what = f"response {int(np.argmax(np.isinf(values))) + 1} is infinite"
        raise InputError(Problem(file="responses", what=what, expected="a number, or nan where a well is missing"))
    numbers: dict[object, int] = {}
    where = np.array([numbers.setdefault(label, len(numbers)) for label in labels], np.int64)
    kept = np.isfinite(values)
    where, values = where[kept], values[kept]
    counts = np.bincount(where, minlength=len(numbers))
    means = np.bincount(where, values, len(numbers)) / np.maximum(counts, 1)
    squares = np.bincount(where, (values - means[where]) ** 2, len(numbers))
    replicated = counts > 1
    if not np.any(replicated):
        what = f"none of {len(numbers)} groups has two wells"
        hint = "Wells of the same plate, treatment and dose need the same label"
        raise InputError(Problem(file="groups", what=what, expected="replicates", hint=hint))
    heights = means[replicated]
    middle = float(np.median(np.abs(heights)))
    floor = LOWEST_SHARE * middle if middle > 0 else 1.0
    return ReplicateScatter(
        heights=np.maximum(heights, floor),
        df=np.asarray(counts[replicated] - 1, np.float64),
        squares=np.asarray(squares[replicated], np.float64),
    )


def _too_little(found: ReplicateScatter) -> str:
    """Return why nothing but a constant can be estimated, or an empty string."""
    heights, df = np.unique(found.heights).size, int(found.df.sum())
    if found.pooled_variance <= 0:
        return "all replicates are equal"
    if heights < LEAST_GROUPS or df < LEAST_DF:
        return f"{heights} heights with {df} degrees of freedom cannot tell more"
    return ""


def _result(
    found: ReplicateScatter, model: VarianceModel, why: str, fits: dict[VarianceModel, VarianceFit], *, p: float
) -> ResponseVariance:
    lowest = min(fit.aic for fit in fits.values())
    caveats = []
    if any(math.isnan(parameter.standard_error) for parameter in fits[model].parameters):
        text = "A parameter of the variance lies at the edge of what it may be and has no standard error."
        caveats.append(Caveat(code="variance_at_edge", text=text))
    power = fits["power"].parameters[1] if "power" in fits else None
    return ResponseVariance(
        model=model,
        why=why,
        parameters=fits[model].parameters,
        exponent=power.value if power else math.nan,
        exponent_error=power.standard_error if power else math.nan,
        p_against_constant=p,
        aic={name: fit.aic - lowest if math.isfinite(lowest) else 0.0 for name, fit in fits.items()},
        groups=found.df.size,
        df=int(found.df.sum()),
        lowest=float(found.heights.min()),
        highest=float(found.heights.max()),
        caveats=tuple(caveats),
    )
