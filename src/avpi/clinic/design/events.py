"""Events that a log-rank test needs, and the power that events give (Schoenfeld D. Biometrics 1983;39:499-503).

    d = (z_alpha + z_power)^2 / ( p (1 - p) log(HR / HR0)^2 )

with p the share of patients in the experimental arm. Assumes proportional hazards, equal censoring in both arms and a
hazard ratio near enough to 1 that the variance of the statistic is that under the null hypothesis: at a ratio of 0.5 it
is a few per cent off. One-sided throughout.
"""

from __future__ import annotations

import math

from scipy.special import ndtr, ndtri

from avpi.clinic.checks import Checks
from avpi.errors import InputError, Problem


def schoenfeld_events(
    hazard_ratio: float, *, alpha: float = 0.025, power: float = 0.9, experimental: float = 0.5, null_ratio: float = 1.0
) -> float:
    """Return the number of events, not rounded; infinity where the ratio is that of the null hypothesis.

    Parameters
    ----------
    hazard_ratio : of experimental over control that is to be found; either side of 1.
    alpha : one-sided level. ``power`` : chance to find it.
    experimental : share of patients in the experimental arm.
    null_ratio : hazard ratio of the null hypothesis; above 1 for non-inferiority.

    Raises
    ------
    InputError
        If an argument cannot be meant.
    """
    checks = _checked(alpha, experimental)
    checks.above_zero("hazard_ratio", hazard_ratio)
    checks.above_zero("null_ratio", null_ratio)
    checks.share("power", power, ends=False)
    checks.stop()
    if power <= alpha:
        raise InputError(Problem(file="power", what=f"'{power:g}' is not above alpha", expected=f"above {alpha:g}"))
    distance = math.log(hazard_ratio / null_ratio)
    if distance == 0:
        return math.inf
    quantiles = float(ndtri(1 - alpha) + ndtri(power))
    return quantiles**2 / (experimental * (1 - experimental) * distance**2)


def schoenfeld_power(hazard_ratio: float, events: float, *, alpha: float = 0.025, experimental: float = 0.5) -> float:
    """Return the power that a number of events gives against a hazard ratio below 1; see :func:`schoenfeld_events`."""
    checks = _checked(alpha, experimental)
    checks.above_zero("hazard_ratio", hazard_ratio)
    checks.not_below_zero("events", events)
    checks.stop()
    drift = -math.log(hazard_ratio) * math.sqrt(events * experimental * (1 - experimental))
    return float(ndtr(drift - ndtri(1 - alpha)))


def log_ratio_error(events: float, *, experimental: float = 0.5) -> float:
    """Return the standard error of a log hazard ratio from so many events, near a ratio of 1."""
    checks = Checks()
    checks.above_zero("events", events)
    checks.share("experimental", experimental, ends=False)
    checks.stop()
    return 1.0 / math.sqrt(events * experimental * (1 - experimental))


def _checked(alpha: float, experimental: float) -> Checks:
    checks = Checks()
    checks.alpha("alpha", alpha)
    checks.share("experimental", experimental, ends=False)
    return checks
