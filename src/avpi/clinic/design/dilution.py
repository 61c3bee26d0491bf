"""What a mixture of patients can show: the marginal hazard ratio of classes that benefit, do not, or are harmed.

Let class c have share w_c and constant hazard ratio r_c, with the same control hazard in all classes, H the cumulative
hazard of the control arm. Then at H the ratio of the arms' hazards is

    R(H) = sum_c w_c r_c exp(-r_c H) / sum_c w_c exp(-r_c H),

a mean of the r_c with positive weights. It therefore lies between the smallest and the largest r_c at all times, and so
does every average of it over time: **dilution of a benefit by indifference cannot give a ratio above 1**.

The same holds where control hazards differ between classes, though hazards may then cross (those who were saved are at
risk longer). If in no class the experimental arm has more events by any time, randomisation gives S1(t) >= S0(t) at all
times, that is, the integral of h0 - h1 is never below 0. The log-rank statistic has the mean of
the integral of (h0 - h1) p0 p1 / (p0 + p1), with p the shares still at risk, and that weight never rises where
censoring is equal; by summation by parts the mean is 0 or more, so Cox's score at a ratio of 1 is, too, and its
maximum, the log likelihood being concave, lies at 1 or below. :func:`largest_average` shows it by search.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, minimize

from avpi.clinic.checks import Checks, Floats, numbers
from avpi.errors import InputError, Problem

STEPS = 400
"""Steps over which an average is integrated: it is then right to 1e-5."""


def marginal_ratio(
    shares: Sequence[float] | Floats, ratios: Sequence[float] | Floats, cumulative_hazard: ArrayLike
) -> Floats:
    """Return the ratio of the arms' hazards where the control arm's cumulative hazard is H, (n,); see the module."""
    w, r = _classes(shares, ratios)
    h = np.atleast_1d(np.asarray(cumulative_hazard, float))
    alive = w[:, None] * np.exp(-np.outer(r, h))
    found: Floats = (r[:, None] * alive).sum(axis=0) / alive.sum(axis=0)
    return found


def average_ratio(shares: Sequence[float] | Floats, ratios: Sequence[float] | Floats, control_survival: float) -> float:
    """Return the hazard ratio that Cox's model estimates when this share of the control arm has had no event.

    The geometric mean of R(H) weighted by events of both arms, where all patients are followed to the same time.

    Parameters
    ----------
    control_survival : share of the control arm without an event at the end, above 0 and below 1.
    """
    checks = Checks()
    checks.share("control_survival", control_survival, ends=False)
    checks.stop()
    w, r = _classes(shares, ratios)
    h = np.linspace(0, -math.log(control_survival), STEPS + 1)
    middle = 0.5 * (h[1:] + h[:-1])
    survival_1 = (w[:, None] * np.exp(-np.outer(r, h))).sum(axis=0)
    events = -np.diff(survival_1) - np.diff(np.exp(-h))
    with np.errstate(divide="ignore"):
        logs = np.log(marginal_ratio(shares, ratios, middle))
    return float(np.exp(np.sum(events * logs) / events.sum()))


def largest_average(*, classes: int = 3, control_survival: float = 0.5, starts: int = 20, seed: int = 1) -> float:
    """Return the largest average hazard ratio that a search finds over all mixtures of benefit and indifference.

    Shares are free and ratios lie between 0.01 and 1; the search starts from many places. The answer is 1: it is
    reached where nobody benefits, and never passed.
    """
    random = np.random.Generator(np.random.Philox(key=seed))

    def negative(x: Floats) -> float:
        weights = np.exp(x[:classes])
        return -average_ratio(weights / weights.sum(), np.clip(x[classes:], 0.01, 1.0), control_survival)

    bounds = [(-4.0, 4.0)] * classes + [(0.01, 1.0)] * classes
    best = 0.0
    for _ in range(starts):
        start = np.concatenate([random.uniform(-2, 2, classes), random.uniform(0.05, 1, classes)])
        best = max(best, -float(minimize(negative, start, bounds=bounds, method="L-BFGS-B").fun))
    return best


def harm_needed(
    observed: float, *, benefiting: float, ratio_benefit: float, harmed: float, control_survival: float
) -> float:
    """Return the hazard ratio that harm must have for the whole trial to show a ratio.

    Parameters
    ----------
    observed : average hazard ratio of the whole trial.
    benefiting, harmed : shares of patients; the rest is indifferent. ``ratio_benefit`` : of the former.
    control_survival : as :func:`average_ratio` takes it.

    Returns
    -------
    The ratio; infinity where no harm to so few is enough within a trial of this follow-up.

    Raises
    ------
    InputError
        If shares add up to more than 1 or nobody is harmed.
    """
    checks = Checks()
    checks.above_zero("observed", observed)
    checks.share("benefiting", benefiting)
    checks.share("harmed", harmed)
    checks.above_zero("ratio_benefit", ratio_benefit)
    checks.stop()
    if benefiting + harmed > 1 + 1e-12 or harmed == 0:
        what = f"'{benefiting:g}' benefit and '{harmed:g}' are harmed"
        raise InputError(Problem(file="harmed", what=what, expected="a share above 0 that leaves room for the others"))
    shares = (benefiting, max(1 - benefiting - harmed, 0.0), harmed)

    def missing(log_ratio: float) -> float:
        found = average_ratio(shares, (ratio_benefit, 1.0, math.exp(log_ratio)), control_survival)
        return math.log(found / observed)

    most = math.log(200.0)
    if missing(most) < 0:
        return math.inf
    least = -10.0
    return math.exp(float(brentq(missing, least, most, xtol=1e-10))) if missing(least) < 0 else 0.0


def _classes(shares: Sequence[float] | Floats, ratios: Sequence[float] | Floats) -> tuple[Floats, Floats]:
    w = numbers("shares", shares)
    r = numbers("ratios", ratios, w.size)
    if (w < 0).any() or abs(w.sum() - 1) > 1e-9 or (r < 0).any():
        what = f"shares add up to '{w.sum():g}', the smallest ratio is '{r.min():g}'"
        raise InputError(Problem(file="shares", what=what, expected="shares that add up to 1, ratios of 0 or more"))
    return w, r
