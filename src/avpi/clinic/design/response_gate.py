"""A gate on a response rate: go on where the gain is probably larger than a margin, given the patients seen.

Responses are binomial, with independent Beta(a, b) priors in both arms (Jeffreys' Beta(1/2, 1/2) by default):

    P(p1 - p0 > m) = integral of Beta_1(x) F_0(x - m) dx.

The neoadjuvant trial of LCL161 used such a gate with a margin of 7.5 points of pathological complete response (Bardia A
et al. J Clin Oncol 2018, doi 10.1200/JCO.2017.74.8392).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, gammaln, ndtr
from scipy.stats import beta as beta_distribution

from avpi.clinic.checks import Checks, Floats
from avpi.errors import InputError, Problem

JEFFREYS = (0.5, 0.5)
HALF = 0.5
"""Added to each cell of a table, so that an empty one has a logarithm."""
QUANTILES = 4000
"""Evenly spaced quantiles of the experimental arm's posterior over which is averaged: the answer is right to 1e-5."""
EVEN = (np.arange(200) + 0.5) / 200
"""Fewer of them where there are many outcomes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Responses:
    """Responders among patients of an arm."""

    responders: int
    patients: int

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        checks = Checks()
        checks.whole("patients", self.patients, 0)
        checks.stop()
        checks.whole("responders", self.responders, 0, self.patients)
        checks.stop()

    @property
    def share(self) -> float:
        """Share that responded; nan without patients."""
        return self.responders / self.patients if self.patients else math.nan


def gain_probability(
    experimental: Responses, control: Responses, *, margin: float = 0.075, prior: tuple[float, float] = JEFFREYS
) -> float:
    """Return the posterior probability that the response rate is higher by more than a margin.

    Raises
    ------
    InputError
        If the margin or the prior cannot be meant.
    """
    checks = Checks()
    if not -1 <= margin <= 1:
        checks.fault("margin", margin, "no difference of rates", "a number from -1 to 1")
    for value in prior:
        checks.above_zero("prior", value)
    checks.stop()
    a1, b1 = prior[0] + experimental.responders, prior[1] + experimental.patients - experimental.responders
    a0, b0 = prior[0] + control.responders, prior[1] + control.patients - control.responders
    x = beta_distribution.ppf((np.arange(QUANTILES) + 0.5) / QUANTILES, a1, b1)
    return float(np.mean(betainc(a0, b0, np.clip(x - margin, 0, 1))))


def gain_probabilities(
    responders: Floats, patients: Floats, control_responders: Floats, control_patients: Floats, *, margin: float,
    prior: tuple[float, float] = JEFFREYS,
) -> Floats:  # fmt: skip
    """Return :func:`gain_probability` for many trials at once, (trials,), each to about 0.001; counts are (trials,)."""
    counts = np.stack([responders, patients, control_responders, control_patients], axis=1)
    own, where = np.unique(counts, axis=0, return_inverse=True)
    treated, place = np.unique(own[:, :2], axis=0, return_inverse=True)
    rows = prior[0] + treated[:, :1], prior[1] + treated[:, 1:] - treated[:, :1]
    x = np.asarray(beta_distribution.ppf(EVEN[None, :], *rows), float)[place.reshape(-1)]
    a0, b0 = prior[0] + own[:, 2:3], prior[1] + own[:, 3:] - own[:, 2:3]
    found: Floats = betainc(a0, b0, np.clip(x - margin, 0, 1)).mean(axis=1)
    return found[where.reshape(-1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePower:
    """How often a gate opens: exactly, by summing over all outcomes."""

    go: float
    rate_experimental: float
    rate_control: float


def gate_power(
    rate_experimental: float, rate_control: float, patients: tuple[int, int], *, threshold: float,
    margin: float = 0.075, prior: tuple[float, float] = JEFFREYS,
) -> GatePower:  # fmt: skip
    """Return how often the posterior probability of a gain passes a threshold.

    Parameters
    ----------
    patients : of the experimental and the control arm.

    Raises
    ------
    InputError
        If a number cannot be meant.
    """
    checks = Checks()
    checks.share("rate_experimental", rate_experimental)
    checks.share("rate_control", rate_control)
    checks.share("threshold", threshold)
    for value in patients:
        checks.whole("patients", value, 0, 2000)
    checks.stop()
    n1, n0 = patients
    opens = np.zeros((n1 + 1, n0 + 1))
    responders = np.arange(n0 + 1)
    for own in range(n1 + 1):
        x = np.clip(beta_distribution.ppf(EVEN, prior[0] + own, prior[1] + n1 - own) - margin, 0, 1)
        chance = betainc((prior[0] + responders)[:, None], (prior[1] + n0 - responders)[:, None], x[None, :])
        opens[own] = chance.mean(axis=1) > threshold
    go = float(_binomial(n1, rate_experimental) @ opens @ _binomial(n0, rate_control))
    return GatePower(go=go, rate_experimental=rate_experimental, rate_control=rate_control)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """Whether an effect on response differs between two groups.

    Attributes
    ----------
    odds_ratio_positive, odds_ratio_negative : with the experimental treatment, in each group.
    z, p : of the difference of their logarithms (Woolf), two-sided.
    qualitative : whether the two point in opposite directions.
    """

    odds_ratio_positive: float
    odds_ratio_negative: float
    z: float
    p: float
    qualitative: bool


def interaction(
    positive: tuple[Responses, Responses], negative: tuple[Responses, Responses], *, added: float = HALF
) -> Interaction:
    """Return the test of interaction between treatment and group (Woolf B. Ann Hum Genet 1955;19:251-253).

    Parameters
    ----------
    positive, negative : experimental and control arm of each group.
    added : to every cell, so that an empty one has a logarithm (Haldane and Anscombe's one half); 0 for none.

    Raises
    ------
    InputError
        If a cell is empty and nothing is added.
    """
    logs, variances = [], []
    for name, (treated, control) in (("positive", positive), ("negative", negative)):
        cells = [float(treated.responders), treated.patients - treated.responders]
        cells += [float(control.responders), control.patients - control.responders]
        cells = [cell + added for cell in cells]
        if min(cells) <= 0:
            what = f"a cell of the table is empty ({', '.join(f'{cell:g}' for cell in cells)})"
            raise InputError(Problem(file=name, what=what, expected="responders and others in both arms"))
        logs.append(math.log(cells[0] * cells[3] / (cells[1] * cells[2])))
        variances.append(sum(1 / cell for cell in cells))
    z = (logs[0] - logs[1]) / math.sqrt(sum(variances))
    return Interaction(
        odds_ratio_positive=math.exp(logs[0]),
        odds_ratio_negative=math.exp(logs[1]),
        z=z,
        p=float(2 * ndtr(-abs(z))),
        qualitative=logs[0] * logs[1] < 0,
    )


def implied_counts(share: float, patients: int) -> int:
    """Return the whole number of responders that a published share of patients means."""
    checks = Checks()
    checks.share("share", share)
    checks.whole("patients", patients, 1)
    checks.stop()
    return round(share * patients)


def _binomial(n: int, rate: float) -> Floats:
    k = np.arange(n + 1)
    if rate in (0.0, 1.0):
        return np.asarray(k == n * rate, float)
    log = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + k * math.log(rate) + (n - k) * math.log1p(-rate)
    found: Floats = np.exp(log)
    return found
