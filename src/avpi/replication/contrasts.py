"""Tests of contrasts of the fixed effects of a mixed model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg, stats

from avpi.errors import InputError, Problem, nearest_word
from avpi.estimate import Estimate, State, not_estimable
from avpi.replication.degrees_of_freedom import satterthwaite_df, satterthwaite_f, variance_of_covariance
from avpi.replication.kenward_roger import kenward_roger, kenward_roger_f
from avpi.replication.mixed_model import MixedModel
from avpi.replication.numeric_input import numbers

Floats = NDArray[np.float64]
DegreesOfFreedom = Literal["kenward_roger", "satterthwaite"]
Weights = ArrayLike | Mapping[str, float]

SPELLED: dict[str, str] = {"kenward_roger": "Kenward-Roger", "satterthwaite": "Satterthwaite"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """One linear combination of fixed effects with its t test.

    Attributes
    ----------
    estimate, standard_error : in units of the response; nan where not estimable.
    df : denominator degrees of freedom.
    t, p : statistic and two-sided p-value of the hypothesis that the contrast equals ``null``.
    low, high : interval of coverage ``level``.
    n : number of independent experiments.
    method : how df and interval were obtained and how many experiments bear them, or why there are none.
    state : ``measured`` or ``not_estimable``.
    """

    estimate: float
    standard_error: float
    df: float
    t: float
    p: float
    low: float
    high: float
    level: float
    null: float
    n: int
    method: str
    state: State = "measured"

    def to_estimate(self, *, unit: str = "") -> Estimate:
        """Return the contrast as a number that a verdict may use."""
        if self.state == "not_estimable":
            return not_estimable(self.method, unit=unit, n=self.n)
        return Estimate(
            value=self.estimate, low=self.low, high=self.high, level=self.level, unit=unit, n=self.n, method=self.method
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JointTest:
    """F test that several contrasts are 0 at once.

    Attributes
    ----------
    f : the statistic, multiplied by ``scaling``.
    scaling : Kenward and Roger's lambda; 1 for Satterthwaite.
    numerator_df, denominator_df : degrees of freedom.
    p : nan where not estimable.
    n : number of independent experiments.
    """

    f: float
    scaling: float
    numerator_df: int
    denominator_df: float
    p: float
    n: int
    method: str
    state: State = "measured"


def contrast(
    model: MixedModel,
    weights: Weights,
    *,
    df: DegreesOfFreedom = "kenward_roger",
    level: float = 0.95,
    null: float = 0.0,
) -> Contrast:
    """Test one contrast of the fixed effects.

    Parameters
    ----------
    weights : (p,) one for each fixed effect, or names with weights; the others are 0.
    df : ``"kenward_roger"`` also enlarges the standard error and holds its level with few experiments;
        ``"satterthwaite"`` does not, and counts rows where a variance is estimated as 0.
    level : coverage of the interval.
    null : value of the contrast under the hypothesis, in units of the response.

    Raises
    ------
    InputError
        If the weights do not fit the model or are all 0, or Kenward-Roger is asked of a model fitted by ML.

    Notes
    -----
    Kenward and Roger 1997, doi:10.2307/2533558; Kuznetsova et al. 2017, doi:10.18637/jss.v082.i13. Both are
    approximations that are exact in balanced designs without a variance at 0.
    """
    stop_at_level(level)
    _stop_at_method(model, df)
    rows = weights_of(model, weights)[None, :]
    turned = _turned(model, rows)
    if df == "kenward_roger":
        known = kenward_roger(model.data, model.solution)
        freedom, _ = kenward_roger_f(known, turned)
        variance = float(turned[0] @ known.adjusted @ turned[0])
    else:
        spread = variance_of_covariance(model.data, model.solution)
        freedom = satterthwaite_df(spread, turned[0])
        variance = float(turned[0] @ spread.covariance @ turned[0])
    if not (math.isfinite(freedom) and freedom > 0 and variance > 0):
        why = f"the variance of the contrast is not known well enough for a test ({SPELLED[df]})"
        return insufficient(why, n=model.experiments, level=level, null=null)
    value = float(rows[0] @ model.fixed_effects)
    error = model.data.scale * math.sqrt(variance)
    method = _described(model, SPELLED[df], freedom)
    return t_test(value, error, freedom, n=model.experiments, method=method, level=level, null=null)


def joint_test(model: MixedModel, weights: ArrayLike, *, df: DegreesOfFreedom = "kenward_roger") -> JointTest:
    """Test that several contrasts are 0 at once.

    Parameters
    ----------
    weights : (contrasts, p); rows that follow from others are allowed and not counted.
    df : the denominator degrees of freedom, see ``contrast``. Satterthwaite's are 2 where a direction has 2 or fewer.

    Raises
    ------
    InputError
        As ``contrast``.
    """
    _stop_at_method(model, df)
    rows = np.atleast_2d(numbers(weights, "weights"))
    if rows.ndim != 2 or rows.shape[1] != len(model.names) or not np.isfinite(rows).all() or not rows.any():
        what = f"the weights have the shape {rows.shape}"
        expected = f"(contrasts, {len(model.names)}) finite numbers that are not all 0"
        raise InputError(Problem(file="weights", what=what, expected=expected))
    # An orthonormal basis of the rows: the hypothesis is the same and the matrices below have full rank.
    basis = linalg.orth(rows.T).T
    turned, estimates = _turned(model, basis), basis @ model.fixed_effects
    if df == "kenward_roger":
        known = kenward_roger(model.data, model.solution)
        freedom, scaling = kenward_roger_f(known, turned)
        spread = model.data.scale**2 * turned @ known.adjusted @ turned.T
        raw = float(estimates @ np.linalg.solve(spread, estimates)) / len(basis)
    else:
        scaling = 1.0
        known_spread = variance_of_covariance(model.data, model.solution)
        raw, _, freedom = satterthwaite_f(known_spread, turned, estimates / model.data.scale)
    method = f"mixed model by {model.likelihood}, {SPELLED[df]}, {_bearing(model.experiments)}"
    state: State = "measured"
    if not math.isfinite(freedom):
        method = f"too little is known of the variances for an F test ({SPELLED[df]})"
        state, raw = "not_estimable", math.nan
    return JointTest(
        f=raw * scaling,
        scaling=scaling,
        numerator_df=len(basis),
        denominator_df=freedom,
        p=float(stats.f.sf(raw * scaling, len(basis), freedom)),
        n=model.experiments,
        method=method,
        state=state,
    )


def contrast_covariance(model: MixedModel, weights: ArrayLike, *, df: DegreesOfFreedom = "kenward_roger") -> Floats:
    """Return the (contrasts, contrasts) covariance of contrasts (contrasts, p), adjusted if Kenward-Roger is asked."""
    _stop_at_method(model, df)
    turned = _turned(model, np.atleast_2d(np.asarray(weights, float)))
    at = model.solution
    inner = kenward_roger(model.data, at).adjusted if df == "kenward_roger" else at.variance * at.covariance
    covariance: Floats = model.data.scale**2 * turned @ inner @ turned.T
    return covariance


def insufficient(why: str, *, n: int, level: float = 0.95, null: float = 0.0) -> Contrast:
    """Return the contrast that says there is none, and why."""
    nan = math.nan
    return Contrast(
        estimate=nan, standard_error=nan, df=nan, t=nan, p=nan, low=nan, high=nan, level=level, null=null, n=n,
        method=why, state="not_estimable",
    )  # fmt: skip


def weights_of(model: MixedModel, weights: Weights) -> Floats:
    """Return the weights as an array (p,), or say what is wrong with them."""
    if isinstance(weights, Mapping):
        unknown = [name for name in weights if name not in model.names]
        if unknown:
            what = f"there is no fixed effect '{unknown[0]}'"
            expected, hint = f"one of {', '.join(model.names)}", nearest_word(unknown[0], model.names)
            raise InputError(Problem(file="weights", what=what, expected=expected, hint=hint))
        array = np.array([float(weights.get(name, 0.0)) for name in model.names])
    else:
        array = numbers(weights, "weights")
    if array.shape != (len(model.names),) or not np.isfinite(array).all() or not array.any():
        what = f"the weights are {array}"
        expected = f"{len(model.names)} finite numbers that are not all 0, one for each fixed effect"
        raise InputError(Problem(file="weights", what=what, expected=expected))
    return array


def stop_at_level(level: float) -> None:
    """Raise an InputError unless the coverage lies between 0 and 1."""
    if not 0 < level < 1:
        raise InputError(Problem(file="level", what=f"the coverage is {level}", expected="between 0 and 1"))


def _bearing(experiments: int) -> str:
    return f"{experiments} independent experiment{'s' if experiments > 1 else ''}"


def t_test(
    value: float, error: float, df: float, *, n: int, method: str, level: float = 0.95, null: float = 0.0
) -> Contrast:
    """Return the t test of an estimate with its standard error and degrees of freedom."""
    t = (value - null) / error
    half = float(stats.t.ppf(0.5 + level / 2, df)) * error
    return Contrast(
        estimate=value, standard_error=error, df=df, t=t, p=float(2 * stats.t.sf(abs(t), df)), low=value - half,
        high=value + half, level=level, null=null, n=n, method=method,
    )  # fmt: skip


def _described(model: MixedModel, spelled: str, df: float) -> str:
    """Return how a t test came about, with what a reader must know of its degrees of freedom."""
    method = f"mixed model by {model.likelihood}, {spelled} with {df:.3g} df from {_bearing(model.experiments)}"
    if df > model.experiments - 1 + 1e-6:
        method += f", which alone give {model.experiments - 1}: spread within experiments is pooled"
    if df < 1:
        method += "; with less than 1 df too little is known of the variances for any call"
    if model.singular:
        method += "; a variance between groups is estimated as 0"
    if not model.converged:
        method += "; the search for the variances did not converge"
    return method


def _turned(model: MixedModel, rows: Floats) -> Floats:
    """Return contrasts of X's columns as contrasts of Q's: l R^-1."""
    turned: Floats = linalg.solve_triangular(model.data.r, rows.T, trans="T").T
    return turned


def _stop_at_method(model: MixedModel, df: str) -> None:
    if df not in SPELLED:
        what = f"'{df}' are no degrees of freedom"
        raise InputError(Problem(file="df", what=what, expected=" or ".join(f"'{name}'" for name in SPELLED)))
    if df == "kenward_roger" and model.likelihood != "REML":
        what = "Kenward and Roger's method was asked of a model fitted by ML"
        raise InputError(Problem(file="df", what=what, expected="a model fitted by REML"))
