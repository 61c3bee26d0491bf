"""Assurance: what a positive phase 2 is worth before phase 3.

The log hazard ratio of the truth has a prior (normal, or a mixture of points for scenarios), a trial of d events
observes it with standard error 2 / sqrt(d) (equal arms), and goes on where its one-sided p is below a level (O'Hagan
A, Stevens JW, Campbell MJ. Pharm Stat 2005;4:187-201, for assurance). Selection by that rule alone makes what was
observed look better than the truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from avpi.clinic.checks import Checks, Floats
from avpi.clinic.design.events import log_ratio_error
from avpi.errors import InputError, Problem

GRID = 2001
REACH = 7.0
"""Standard deviations of a normal prior on either side that are integrated over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is believed of the true hazard ratio before any trial.

    Attributes
    ----------
    ratios, shares : (n,) hazard ratios and their probabilities.
    """

    ratios: tuple[float, ...]
    shares: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        checks = Checks()
        for ratio in self.ratios:
            checks.above_zero("ratios", ratio)
        for share in self.shares:
            checks.share("shares", share)
        checks.stop()
        if len(self.ratios) != len(self.shares) or abs(math.fsum(self.shares) - 1) > 1e-6:
            what = f"{len(self.ratios)} ratios have shares that add up to '{math.fsum(self.shares):g}'"
            raise InputError(Problem(file="shares", what=what, expected="one for each ratio, 1 in all"))


def one_truth(hazard_ratio: float) -> Truth:
    """Return the belief that the hazard ratio is this one for certain."""
    return Truth(ratios=(hazard_ratio,), shares=(1.0,))


def normal_truth(median: float, spread: float) -> Truth:
    """Return a log-normal belief about the hazard ratio: its median, and the standard deviation of its logarithm."""
    checks = Checks()
    checks.above_zero("median", median)
    checks.not_below_zero("spread", spread)
    checks.stop()
    if spread == 0:
        return one_truth(median)
    z = np.linspace(-REACH, REACH, GRID)
    shares = np.exp(-0.5 * z**2)
    shares /= shares.sum()
    return Truth(ratios=tuple(np.exp(math.log(median) + spread * z).tolist()), shares=tuple(shares.tolist()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assurance:
    """What follows of a go.

    Attributes
    ----------
    go : probability of it.
    observed_given_go : median observed hazard ratio among trials that go on. ``truth_given_go`` : median of the truth.
    shrinkage : how much of the observed effect is true given go: mean true over mean observed log hazard ratio; 1 is
        all.
    harm_given_go : probability that the true ratio is above 1 given go.
    success_given_go : probability that the next trial succeeds given go; nan without a next trial.
    reversal_given_go : probability that the next trial observes a ratio above 1 given go; nan without one.
    """

    go: float
    observed_given_go: float
    truth_given_go: float
    shrinkage: float
    harm_given_go: float
    success_given_go: float
    reversal_given_go: float


def assurance(
    truth: Truth, *, events: float, go_alpha: float = 0.025, next_events: float | None = None, alpha: float = 0.025
) -> Assurance:
    """Return what a go is worth.

    Parameters
    ----------
    truth : belief about the true hazard ratio, the same in both trials.
    events : of the first trial, above 0; it goes on where its one-sided log-rank p is below ``go_alpha``.
    next_events : of the next trial, which succeeds where its one-sided p is below ``alpha``.

    Raises
    ------
    InputError
        If a number cannot be meant; a rule before any event is one.
    """
    checks = Checks()
    checks.above_zero("events", events)
    if not 0 < go_alpha < 1:
        checks.fault("go_alpha", go_alpha, "no level", "a number between 0 and 1")
    checks.alpha("alpha", alpha)
    if next_events is not None:
        checks.above_zero("next_events", next_events)
    checks.stop()
    theta, weight = np.log(np.array(truth.ratios)), np.array(truth.shares)
    error = log_ratio_error(events)
    limit = -float(ndtri(1 - go_alpha)) * error
    go_each = ndtr((limit - theta) / error)
    go = float(weight @ go_each)
    posterior = weight * go_each / go
    mean_true = float(posterior @ theta)
    mean_seen = float(posterior @ _mean_below(theta, error, limit))
    success = reversal = math.nan
    if next_events is not None:
        next_error = log_ratio_error(next_events)
        success = float(posterior @ ndtr(-theta / next_error - ndtri(1 - alpha)))
        reversal = float(posterior @ ndtr(theta / next_error))
    return Assurance(
        go=go,
        observed_given_go=math.exp(_median_observed(theta, weight, error, limit, go)),
        truth_given_go=math.exp(_weighted_median(theta, posterior)),
        shrinkage=mean_true / mean_seen + 0.0,  # no minus before a zero
        harm_given_go=float(posterior[theta > 1e-12].sum()),
        success_given_go=success,
        reversal_given_go=reversal,
    )


def discordance(
    first: tuple[float, float, float], second: tuple[float, float, float], *, level: float = 0.95
) -> tuple[float, float]:
    """Return z and the two-sided p for two published hazard ratios being estimates of one truth.

    Parameters
    ----------
    first, second : ratio, lower and upper end of its interval.
    """
    for name, (value, low, high) in (("first", first), ("second", second)):
        if not 0 < low < value < high:
            what = f"'{value:g} ({low:g}-{high:g})' is no hazard ratio with its interval"
            raise InputError(
                Problem(file=name, what=what, expected="three ascending numbers above 0: low, ratio, high")
            )
    width = 2 * float(ndtri(0.5 + level / 2))
    errors = [math.log(high / low) / width for _, low, high in (first, second)]
    z = math.log(first[0] / second[0]) / math.hypot(*errors)
    return z, float(2 * ndtr(-abs(z)))


def _mean_below(theta: Floats, error: float, limit: float) -> Floats:
    """Return the mean observed log ratio of trials that go on, for each truth (n,): a truncated normal's."""
    z = (limit - theta) / error
    found: Floats = theta - error * np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi) / np.maximum(ndtr(z), 1e-300)
    return found


def _median_observed(theta: Floats, weight: Floats, error: float, limit: float, go: float) -> float:
    from scipy.optimize import brentq

    low = float(theta.min()) - 10 * error
    return float(
        brentq(lambda x: float(weight @ ndtr((x - theta) / error)) - go / 2, min(low, limit - 10 * error), limit)
    )


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(cumulative, 0.5 * cumulative[-1])])
