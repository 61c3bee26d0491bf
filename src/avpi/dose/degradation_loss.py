"""How much of a protein is lost at one time: treated against control, from replicates of both.

The remaining fraction is a ratio of two means, and its interval is Fieller's (1954 J R Stat Soc B 16:175,
doi:10.1111/j.2517-6161.1954.tb00159.x) with Welch's degrees of freedom (1947 Biometrika 34:28,
doi:10.1093/biomet/34.1-2.28), since a band that is nearly gone scatters less than a full one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from avpi.dose.over_experiments import read_experiments
from avpi.errors import InputError, Problem
from avpi.estimate import Estimate, not_estimable

Floats = NDArray[np.float64]

LEAST_REPLICATES = 2
NEARLY_ALL = 0.1
"""What is left where 90 % are lost."""
WIDEST = 1e3
"""Fraction of the control up to which an upper end is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DegradationLoss:
    """What is left at one time.

    Attributes
    ----------
    remaining : mean of treated over mean of control.
    chance_of_90_percent_loss : confidence that less than a tenth is left; nan where that is not estimable.
    """

    remaining: Estimate
    chance_of_90_percent_loss: float


def measure_loss(
    treated: ArrayLike,
    control: ArrayLike,
    *,
    experiments: tuple[Sequence[str], Sequence[str]] | None = None,
    paired: bool | None = None,
    level: float = 0.95,
) -> DegradationLoss:
    """Compare treated with control replicates, each the loading-normalised protein of one independent experiment.

    Parameters
    ----------
    treated, control : (n,) and (m,) in one unit, such as the ratio of target and loading control.
    experiments : labels (n,) of the treated and (m,) of the control values. Lanes of one experiment are averaged. Where
        both have the same experiments the values are paired by them, since what the lanes of a blot share cancels then.
    paired : without labels, whether the i-th of both are of one experiment; then n = m. Where nothing is said, values
        without labels are not paired.
    level : coverage of the interval.

    Raises
    ------
    InputError
        If a value is no finite number, labels do not fit the values, pairs have no partner, or ``paired`` is said
        beside labels that show it.

    Notes
    -----
    Assumes normal values. The interval holds each fraction r for which treated - r control is compatible with 0; the
    confidence in a loss of 90 % is that of treated - 0.1 control < 0. Pairs that are taken as unpaired have an interval
    that is too wide where what they share is large. The method of the result says which it was, and why.
    """
    values, whole = np.asarray(treated, float), np.asarray(control, float)
    problems = [
        Problem(file=name, place=f"value {i + 1}", what=f"the value is '{group.flat[i]:g}'", expected="a finite number")
        for name, group in (("treated", values), ("control", whole))
        for i in np.flatnonzero(~np.isfinite(group))
    ]
    if paired and experiments is None and values.size != whole.size:
        what = f"there are {values.size} treated and {whole.size} control values"
        problems.append(Problem(file="treated", what=what, expected="as many of both where they are paired"))
    if paired is not None and experiments is not None:
        what = f"paired is '{paired}', and experiments are given too"
        problems.append(Problem(file="paired", what=what, expected="labels of experiments, or paired, not both"))
    if problems:
        raise InputError(problems)
    why_paired = "as said" if paired is not None else "no experiments are named"
    if experiments is not None:
        values, whole, paired, why_paired = _by_experiment(values, whole, experiments)
    paired = bool(paired)
    n = min(values.size, whole.size)
    named = "mean of treated over mean of control"
    if n < LEAST_REPLICATES:
        why = f"{named}: {values.size} treated and {whole.size} control values have no scatter to judge by"
        return DegradationLoss(remaining=not_estimable(why, n=n), chance_of_90_percent_loss=math.nan)
    if not whole.mean() > 0:
        why = f"{named}: the control is not above 0"
        return DegradationLoss(remaining=not_estimable(why, n=n), chance_of_90_percent_loss=math.nan)

    def excess(r: float) -> tuple[float, float]:
        return _t_of(values - r * whole) if paired else _welch(values, whole, r)

    value = float(values.mean() / whole.mean())

    def beyond(r: float) -> float:
        t, df = excess(r)
        return abs(t) - float(stats.t.ppf(0.5 + level / 2, df))

    low = 0.0 if beyond(0.0) <= 0 else float(optimize.brentq(beyond, 0.0, value))
    high = float(optimize.brentq(beyond, value, WIDEST)) if beyond(WIDEST) > 0 else math.inf
    t, df = excess(NEARLY_ALL)
    kind = "paired" if paired else "unpaired, Welch"
    method = f"{named}, Fieller ({kind}: {why_paired}) of {values.size} and {whole.size} replicates"
    remaining = Estimate(value=value, low=low, high=high, level=level, n=n, method=method)
    return DegradationLoss(remaining=remaining, chance_of_90_percent_loss=float(stats.t.cdf(-t, df)))


def _by_experiment(
    values: Floats, whole: Floats, experiments: tuple[Sequence[str], Sequence[str]]
) -> tuple[Floats, Floats, bool, str]:
    """Return a mean for each experiment, in one order where both have the same ones, whether they do, and in words."""
    means = []
    for group, labels in zip((values, whole), experiments, strict=True):
        known = np.array(read_experiments(labels, group.size))
        means.append({str(label): float(group[known == label].mean()) for label in dict.fromkeys(known.tolist())})
    ones, others = means
    alone = [label for label in (*ones, *others) if (label in ones) != (label in others)]
    if alone:
        arm = "control" if alone[0] in ones else "treated"
        why = f"experiment '{alone[0]}' has no {arm} value"
        return np.array(list(ones.values())), np.array(list(others.values())), False, why
    return np.array(list(ones.values())), np.array([others[label] for label in ones]), True, "by experiment"


def _t_of(differences: Floats) -> tuple[float, float]:
    error = float(np.std(differences, ddof=1)) / math.sqrt(differences.size)
    return _ratio(float(differences.mean()), error), float(differences.size - 1)


def _welch(values: Floats, whole: Floats, r: float) -> tuple[float, float]:
    ones = float(np.var(values, ddof=1)) / values.size
    others = r * r * float(np.var(whole, ddof=1)) / whole.size
    both = ones + others
    parts = ones**2 / (values.size - 1) + others**2 / (whole.size - 1)
    df = both**2 / parts if parts > 0 else float(values.size + whole.size - 2)
    return _ratio(float(values.mean() - r * whole.mean()), math.sqrt(both)), df


def _ratio(difference: float, error: float) -> float:
    if error > 0:
        return difference / error
    return math.copysign(math.inf, difference) if difference else 0.0
