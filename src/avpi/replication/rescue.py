"""Whether an inhibitor takes a kill away: restored fraction with Fieller's interval, superiority and equivalence.

With the viabilities y_v of vehicle, y_s of the mimetic and y_z of the mimetic with the inhibitor, the restored fraction
is R = (y_z - y_s) / (y_v - y_s). Its interval is Fieller's (1954, J R Stat Soc B 16:175,
doi:10.1111/j.2517-6161.1954.tb00159.x): all R for which y_z - y_s - R (y_v - y_s) is compatible with 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from avpi.errors import InputError, Problem
from avpi.estimate import Estimate, not_estimable
from avpi.replication.conditions import ONE_EXPERIMENT
from avpi.replication.contrasts import (
    Contrast,
    DegreesOfFreedom,
    Weights,
    contrast,
    contrast_covariance,
    insufficient,
    stop_at_level,
    t_test,
    weights_of,
)
from avpi.replication.equivalence import EXACT, EquivalenceTest, tost_contrast
from avpi.replication.mixed_model import MixedModel
from avpi.replication.numeric_input import numbers

Floats = NDArray[np.float64]
RescueCall = Literal["complete rescue", "rescue", "no rescue", "undetermined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RescueMargins:
    """What counts as rescue; to be written down before the experiment, in units of the response.

    Attributes
    ----------
    complete : how far from vehicle a rescued arm may lie either way to be as good as vehicle.
    none : how far from the mimetic alone an arm may lie either way to be no rescue.
    fraction : what the lower end of R's interval must exceed for rescue.
    smallest_kill : the smallest y_v - y_s of which a fraction can be restored.
    """

    complete: float = 15.0
    none: float = 10.0
    fraction: float = 0.5
    smallest_kill: float = 20.0

    def __post_init__(self) -> None:
        for name in ("complete", "none", "smallest_kill"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                what = f"the margin '{name}' is {value}"
                raise InputError(Problem(file="margins", what=what, expected="a positive number"))
        if not 0 <= self.fraction < 1:
            what = f"the margin 'fraction' is {self.fraction}"
            raise InputError(Problem(file="margins", what=what, expected="0 or more and below 1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescue:
    """The call on a rescue and all that it rests on.

    Attributes
    ----------
    call : ``complete rescue`` (above the mimetic and equivalent to vehicle), ``rescue`` (above the mimetic and R above
        the fraction), ``no rescue`` (equivalent to the mimetic) or ``undetermined``.
    reason : one sentence: why.
    restored : R with its interval; infinite ends where Fieller's interval is not bounded.
    kill : y_v - y_s.
    gain : y_z - y_s; superiority is its interval above 0.
    to_vehicle : equivalence test of y_z - y_v.
    to_mimetic : equivalence test of y_z - y_s.
    """

    call: RescueCall
    reason: str
    restored: Estimate
    kill: Contrast
    gain: Contrast
    to_vehicle: EquivalenceTest
    to_mimetic: EquivalenceTest


def rescue_over_experiments(
    vehicle: ArrayLike,
    mimetic: ArrayLike,
    rescued: ArrayLike,
    margins: RescueMargins | None = None,
    *,
    level: float = 0.95,
    alpha: float = 0.05,
) -> Rescue:
    """Judge a rescue by the means of three arms in each experiment.

    Parameters
    ----------
    vehicle, mimetic, rescued : (experiments,) mean viability of the arm, in percent of vehicle or in any unit that the
        margins share; paired by position. Three experiments give 2 degrees of freedom.
    margins : what counts as rescue; those of the statistics' rules, in percent, where none are given.
    level : coverage of R's interval and of the superiority test.
    alpha : of the equivalence tests.

    Raises
    ------
    InputError
        If lengths differ, a value is no number, there is none, or level or alpha are out of range.

    Notes
    -----
    Assumes normal differences between arms over experiments. Where vehicle is 100 in every experiment by
    normalisation, its own error must be in the values of the other arms.
    """
    stop_at_level(level)
    arms = [numbers(arm, "rescue") for arm in (vehicle, mimetic, rescued)]
    sizes = {arm.shape for arm in arms}
    if len(sizes) != 1 or arms[0].ndim != 1 or arms[0].size == 0 or not all(np.isfinite(arm).all() for arm in arms):
        what = f"the arms have the shapes {', '.join(str(arm.shape) for arm in arms)}, or hold what is no number"
        expected = "one finite number for each arm in every experiment"
        raise InputError(Problem(file="rescue", what=what, expected=expected))
    n, size = arms[0].size, float(np.max(np.abs(arms)))
    gains, kills = arms[2] - arms[1], arms[0] - arms[1]
    gain, kill, to_vehicle = (_paired(values, size, level) for values in (gains, kills, arms[2] - arms[0]))
    covariance = np.cov(gains, kills) / n if n > 1 else np.full((2, 2), math.nan)
    return _judged(gain, kill, to_vehicle, covariance, float(n - 1), margins or RescueMargins(), alpha)


def rescue_in_model(
    model: MixedModel,
    vehicle: Weights,
    mimetic: Weights,
    rescued: Weights,
    margins: RescueMargins | None = None,
    *,
    df: DegreesOfFreedom = "kenward_roger",
    level: float = 0.95,
    alpha: float = 0.05,
) -> Rescue:
    """Judge a rescue by the means of three arms in a mixed model.

    Parameters
    ----------
    vehicle, mimetic, rescued : weights of the fixed effects that give the mean of each arm: of ``fit_conditions``,
        ``{"(Intercept)": 1}`` for the reference and ``{"(Intercept)": 1, "SM": 1}`` for another condition.
    margins, df, level, alpha : as in ``rescue_over_experiments`` and ``contrast``.

    Raises
    ------
    InputError
        As ``contrast``.

    Notes
    -----
    The contrasts y_z - y_s - R (y_v - y_s) have degrees of freedom of their own; R's interval takes the smallest of
    those of the gain, of the kill and at the estimate.
    """
    v, s, z = (weights_of(model, weights) for weights in (vehicle, mimetic, rescued))
    gain, kill, to_vehicle = (contrast(model, rows, df=df, level=level) for rows in (z - s, v - s, z - v))
    covariance = contrast_covariance(model, np.array([z - s, v - s]), df=df)
    freedoms = [gain.df, kill.df]
    if kill.estimate != 0:
        freedoms.append(contrast(model, z - s - gain.estimate / kill.estimate * (v - s), df=df).df)
    return _judged(gain, kill, to_vehicle, covariance, min(freedoms), margins or RescueMargins(), alpha)


def fieller_interval(
    numerator: float, denominator: float, covariance: ArrayLike, df: float, *, level: float = 0.95
) -> tuple[float, float]:
    """Return Fieller's interval of numerator / denominator.

    Parameters
    ----------
    covariance : (2, 2) of numerator and denominator.
    df : degrees of freedom of the covariance.

    Returns
    -------
    low, high : infinite both where the denominator does not differ from 0 at this level: every ratio, or every ratio
        but those of an interval, is compatible with the data.

    Raises
    ------
    InputError
        If the level is out of range, or a number is not finite, or df is not positive.
    """
    stop_at_level(level)
    spread = numbers(covariance, "covariance")
    finite = math.isfinite(numerator) and math.isfinite(denominator) and np.isfinite(spread).all()
    if spread.shape != (2, 2) or not finite or not df > 0:
        what = f"the ratio is {numerator} / {denominator}, its covariance {spread.tolist()}, with {df} df"
        raise InputError(
            Problem(file="ratio", what=what, expected="finite numbers, a (2, 2) covariance and df above 0")
        )
    square = float(stats.t.ppf(0.5 + level / 2, df)) ** 2
    lead = denominator**2 - square * spread[1, 1]
    if lead <= 0:
        return -math.inf, math.inf
    half = numerator * denominator - square * spread[0, 1]
    last = numerator**2 - square * spread[0, 0]
    root = math.sqrt(max(half**2 - lead * last, 0.0))
    return (half - root) / lead, (half + root) / lead


def _paired(values: Floats, size: float, level: float) -> Contrast:
    n = values.size
    if n < 2:
        return insufficient(ONE_EXPERIMENT, n=n, level=level)
    if np.ptp(values) <= EXACT * size:
        return insufficient("the difference does not vary between experiments", n=n, level=level)
    error = float(values.std(ddof=1)) / math.sqrt(n)
    method = f"paired t with {n - 1} df from {n} independent experiments"
    return t_test(float(values.mean()), error, float(n - 1), n=n, method=method, level=level)


def _judged(
    gain: Contrast,
    kill: Contrast,
    to_vehicle: Contrast,
    covariance: Floats,
    df: float,
    margins: RescueMargins,
    alpha: float,
) -> Rescue:
    restored = _restored(gain, kill, to_vehicle, covariance, df, margins)
    as_vehicle = tost_contrast(to_vehicle, (-margins.complete, margins.complete), alpha=alpha)
    as_mimetic = tost_contrast(gain, (-margins.none, margins.none), alpha=alpha)
    call, reason = _called(gain, restored, as_vehicle, as_mimetic, margins)
    return Rescue(
        call=call,
        reason=reason,
        restored=restored,
        kill=kill,
        gain=gain,
        to_vehicle=as_vehicle,
        to_mimetic=as_mimetic,
    )


def _restored(
    gain: Contrast, kill: Contrast, to_vehicle: Contrast, covariance: Floats, df: float, margins: RescueMargins
) -> Estimate:
    without = _first_without((gain, kill, to_vehicle))
    if without is not None:
        return not_estimable(without.method, n=without.n)
    if kill.estimate < margins.smallest_kill:
        why = f"the kill is {kill.estimate:.3g}, below {margins.smallest_kill:g}: there is nothing to restore"
        return not_estimable(why, n=kill.n)
    low, high = fieller_interval(gain.estimate, kill.estimate, covariance, df, level=gain.level)
    method = f"Fieller, {df:.3g} df from {gain.n} independent experiments"
    if math.isinf(low):
        method += "; not bounded: the kill does not differ from 0"
    value = gain.estimate / kill.estimate
    return Estimate(value=value, low=low, high=high, level=gain.level, n=gain.n, method=method)


def _called(
    gain: Contrast, restored: Estimate, as_vehicle: EquivalenceTest, as_mimetic: EquivalenceTest, margins: RescueMargins
) -> tuple[RescueCall, str]:
    if restored.state == "not_estimable":
        return "undetermined", restored.method
    superior = gain.low > 0
    complete = superior and as_vehicle.equivalent
    partial = superior and restored.low > margins.fraction
    if (complete or partial) and as_mimetic.equivalent:
        return "undetermined", "rescue and no rescue both hold: the margins overlap at a kill this small"
    if complete:
        return "complete rescue", f"above the mimetic alone and within {margins.complete:g} of vehicle"
    if partial:
        return "rescue", f"above the mimetic alone, and more than {margins.fraction:g} of the kill is restored"
    if as_mimetic.equivalent:
        return "no rescue", f"within {margins.none:g} of the mimetic alone"
    return "undetermined", "neither a rescue nor its absence is shown"


def _first_without(contrasts: Sequence[Contrast]) -> Contrast | None:
    return next((one for one in contrasts if one.state == "not_estimable"), None)
