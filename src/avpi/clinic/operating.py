"""Operating characteristics of simulated trials, each with its Monte Carlo standard error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from avpi.clinic.checks import Checks, Floats
from avpi.clinic.simulate import TrialResults
from avpi.errors import InputError, Problem

QUANTILES = (0.025, 0.5, 0.975)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of simulated trials, with its Monte Carlo standard error.

    The error is that of a share of n, and where none or all count, that of one half of one trial: 0 would claim too
    much.
    """

    value: float
    standard_error: float
    trials: int

    def __str__(self) -> str:
        return f"{self.value:.3f} ± {self.standard_error:.3f}"


def share_of(counts: ArrayLike) -> Share:
    """Return the share of trials of which something is true, (trials,)."""
    found = np.asarray(counts, bool)
    n = int(found.size)
    value = float(found.mean()) if n else math.nan
    held = min(max(value, 0.5 / n), 1 - 0.5 / n) if n else math.nan
    return Share(value=value, standard_error=math.sqrt(held * (1 - held) / n) if n else math.nan, trials=n)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How a number varies between trials: its 2.5, 50 and 97.5 % points, mean, and the mean's standard error.

    Trials in which it could not be estimated are left out and counted.
    """

    low: float
    median: float
    high: float
    mean: float
    standard_error: float
    left_out: int


def spread_of(values: Floats) -> Spread:
    """Return how a number varies between trials, (trials,)."""
    there = values[np.isfinite(values)]
    if not there.size:
        return Spread(low=math.nan, median=math.nan, high=math.nan, mean=math.nan, standard_error=math.nan,
                      left_out=int(values.size))  # fmt: skip
    low, median, high = np.quantile(there, QUANTILES)
    error = float(there.std(ddof=1) / math.sqrt(there.size)) if there.size > 1 else math.nan
    return Spread(
        low=float(low), median=float(median), high=float(high), mean=float(there.mean()), standard_error=error,
        left_out=int(values.size - there.size),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Operating:
    """What trials of one design show.

    Attributes
    ----------
    rejects : test -> share of trials in which it finds the experimental arm better, one-sided at ``alpha``.
    harm : share in which the log-rank test finds it worse at the same level.
    ratio_above_one : share in which the observed hazard ratio is above 1.
    hazard_ratio : spread of the observed ratio; its mean is that of the logarithm, taken back.
    months, events, enrolled, screened : at the last look.
    groups : assay's group -> spread of the hazard ratio there; empty where it was not asked for.
    mean_difference : of restricted means, months; None where it was not asked for.
    toxic_deaths : mean number in the control and the experimental arm.
    """

    alpha: float
    trials: int
    rejects: dict[str, Share]
    harm: Share
    ratio_above_one: Share
    hazard_ratio: Spread
    months: Spread
    events: Spread
    enrolled: float
    screened: float
    groups: dict[str, Spread]
    mean_difference: Spread | None
    toxic_deaths: tuple[float, float]


def operating(results: TrialResults, *, alpha: float = 0.025, look: int = -1) -> Operating:
    """Return the operating characteristics at a look, the last by default.

    A trial whose test has no result (no event tells the arms apart) does not reject.

    Raises
    ------
    InputError
        If alpha is no one-sided level.
    """
    checks = Checks()
    checks.alpha("alpha", alpha)
    checks.stop()
    bound = float(ndtri(1 - alpha))
    rejects = {name: share_of(results.z(name, look) > bound) for name in results.tests}
    if results.conduct.tests.max_combo:
        rejects["MaxCombo"] = share_of(results.column("max_p", look) < alpha)
    mean = None
    if results.conduct.tests.means:
        with np.errstate(divide="ignore", invalid="ignore"):
            z = results.column("mean_difference", look) / results.column("mean_error", look)
        rejects["restricted mean"] = share_of(z > bound)
        mean = spread_of(results.column("mean_difference", look))
    log_ratio = results.column("log_ratio", look)
    groups = {}
    if results.conduct.tests.groups:
        groups = {own: ratio_spread(results.column(f"log_ratio_{own}", look)) for own in ("positive", "negative")}
    toxic = [float(results.column(f"toxic_deaths_{arm}", look).mean()) for arm in ("control", "experimental")]
    return Operating(
        alpha=alpha,
        trials=results.trials,
        rejects=rejects,
        harm=share_of(results.z(results.tests[0], look) < -bound),
        ratio_above_one=share_of(log_ratio > 0),
        hazard_ratio=ratio_spread(log_ratio),
        months=spread_of(results.column("months", look)),
        events=spread_of(results.events(look)),
        enrolled=float(results.column("enrolled", look).mean()),
        screened=float(results.column("screened", look).mean()),
        groups=groups,
        mean_difference=mean,
        toxic_deaths=(toxic[0], toxic[1]),
    )


def ratio_spread(log_ratio: Floats) -> Spread:
    """Return the spread of a ratio from its logarithms, (trials,); infinite ones are left out and counted."""
    own = spread_of(log_ratio)
    return Spread(
        low=math.exp(own.low), median=math.exp(own.median), high=math.exp(own.high), mean=math.exp(own.mean),
        standard_error=own.standard_error, left_out=own.left_out,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequential:
    """A group-sequential trial's operating characteristics.

    Attributes
    ----------
    efficacy, futility : (looks,) share that stops for it at each look. ``power`` : share that claims efficacy at all.
    months, events : where the trials stop.
    ratio_at_efficacy : spread of the observed ratio among those that claim efficacy: larger effects than the truth.
    """

    efficacy: tuple[Share, ...]
    futility: tuple[Share, ...]
    power: Share
    months: Spread
    events: Spread
    ratio_at_efficacy: Spread


def sequential(results: TrialResults, upper: Sequence[float], lower: Sequence[float] | None = None) -> Sequential:
    """Return what happens where trials stop at boundaries of the log-rank z.

    Parameters
    ----------
    upper, lower : (looks,) as :func:`avpi.clinic.design.boundaries.group_sequential` gives them; the last lower
        boundary stops nothing that has not stopped anyway.

    Raises
    ------
    InputError
        If there is not one boundary for each look. A futility boundary at a look that may come before any event is met
        by trials whose test has no result: they go on.
    """
    looks = results.looks
    down = [-math.inf] * looks if lower is None else list(lower)
    if len(upper) != looks or len(down) != looks:
        what = f"{len(upper)} upper and {len(down)} lower boundaries for {looks} looks"
        raise InputError(Problem(file="boundaries", what=what, expected="one of each for each look"))
    running = np.ones(results.trials, bool)
    stop = np.full(results.trials, looks - 1)
    won = np.zeros(results.trials, bool)
    efficacy, futility = [], []
    for look in range(looks):
        z = results.z(results.tests[0], look)
        ups = running & (z >= upper[look])
        downs = running & ~ups & (z <= down[look])
        efficacy.append(share_of(ups))
        futility.append(share_of(downs))
        stop[ups | downs] = look
        won |= ups
        running &= ~(ups | downs)
    rows = np.arange(results.trials)
    months = np.stack([results.column("months", k) for k in range(looks)], axis=1)[rows, stop]
    events = np.stack([results.events(k) for k in range(looks)], axis=1)[rows, stop]
    ratios = np.stack([results.column("log_ratio", k) for k in range(looks)], axis=1)[rows, stop]
    return Sequential(
        efficacy=tuple(efficacy), futility=tuple(futility), power=share_of(won), months=spread_of(months),
        events=spread_of(events), ratio_at_efficacy=ratio_spread(ratios[won]),
    )  # fmt: skip
