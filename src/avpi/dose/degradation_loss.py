"""How much of a protein is lost at one time: treated against control, from replicates of both.

The remaining fraction is a ratio of two means, and its interval is Fieller's (1954 J R Stat Soc B 16:175,
doi:10.1111/j.2517-6161.1954.tb00159.x) with Welch's degrees of freedom (1947 Biometrika 34:28,
doi:10.1093/biomet/34.1-2.28), since a band that is nearly gone scatters less than a full one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

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
    treated: ArrayLike, control: ArrayLike, *, paired: bool = False, level: float = 0.95
) -> DegradationLoss:
    """Compare treated with control replicates, each the loading-normalised protein of one independent experiment.

    Parameters
    ----------
    treated, control : (n,) and (m,) in one unit, such as the ratio of target and loading control.
    paired : the i-th of both are of one experiment; then n = m, and what they share cancels.
    level : coverage of the interval.

    Raises
    ------
    InputError
        If a value is no finite number, or pairs have no partner.

    Notes
    -----
    Assumes normal values. The interval holds each fraction r for which treated - r control is compatible with 0; the
    confidence in a loss of 90 % is that of treated - 0.1 control < 0.
    """
    values, whole = np.asarray(treated, float), np.asarray(control, float)
    problems = [
        Problem(file=name, place=f"value {i + 1}", what=f"the value is '{group.flat[i]:g}'", expected="a finite number")
        for name, group in (("treated", values), ("control", whole))
        for i in np.flatnonzero(~np.isfinite(group))
    ]
    if paired and values.size != whole.size:
        what = f"there are {values.size} treated and {whole.size} control values"
        problems.append(Problem(file="treated", what=what, expected="as many of both where they are paired"))
    if problems:
        raise InputError(problems)
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
    kind = "paired" if paired else "Welch"
    method = f"{named}, Fieller ({kind}) of {values.size} and {whole.size} replicates"
    remaining = Estimate(value=value, low=low, high=high, level=level, n=n, method=method)
    return DegradationLoss(remaining=remaining, chance_of_90_percent_loss=float(stats.t.cdf(-t, df)))


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
