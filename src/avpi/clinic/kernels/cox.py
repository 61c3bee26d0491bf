"""The hazard ratio of two arms by Cox's partial likelihood, with Efron's treatment of ties.

For a single covariate that is 0 or 1, an event time adds ``d1 b - sum_l log(R0_l + R1_l e^b)`` to the log likelihood,
where in the l-th of its d events ``R_l`` is who is at risk less l/d of who has an event (Efron B. J Am Stat Assoc
1977;72:557-565). Newton's method on one number, strata one after the other.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from avpi.clinic.kernels.events import AT_RISK_0, AT_RISK_1, EVENTS_0, EVENTS_1
from avpi.compute.compiled import compiled

Floats = Any
STEPS, CLOSE = 40, 1e-10
FARTHEST = 15.0
"""A log hazard ratio beyond this has no maximum: all events that could tell the arms apart are in one of them."""


@compiled(inner=True, nogil=True, error_model="numpy")
def score_and_information(table: Floats, begin: int, end: int, b: float) -> tuple[float, float]:
    """Return the first derivative of the log partial likelihood and its negative second at ``b``."""
    ratio, score, information = math.exp(b), 0.0, 0.0
    for i in range(begin, end):
        d0, d1 = table[i, EVENTS_0], table[i, EVENTS_1]
        n0, n1 = table[i, AT_RISK_0], table[i, AT_RISK_1]
        d = d0 + d1
        score += d1
        for own in range(int(d)):
            part = own / d
            treated = (n1 - part * d1) * ratio
            share = treated / (treated + n0 - part * d0)
            score -= share
            information += share * (1.0 - share)
    return score, information


@compiled(inner=True, nogil=True, error_model="numpy")
def fit_ratio(table: Floats, rows: int) -> tuple[float, float]:
    """Return the log hazard ratio of the experimental arm and its standard error, of the rows of one or more strata.

    Plus or minus infinity where the likelihood has no maximum, nan where no event tells the arms apart.
    """
    score, information = score_and_information(table, 0, rows, 0.0)
    if information <= 0.0:
        return np.nan, np.nan
    b = score / information
    for _ in range(STEPS):
        b = min(max(b, -FARTHEST - 1.0), FARTHEST + 1.0)
        score, information = score_and_information(table, 0, rows, b)
        if information <= 1e-12:
            break
        step = score / information
        if abs(step) > 2.0:
            step = math.copysign(2.0, step)
        b += step
        if abs(step) < CLOSE or abs(b) > FARTHEST:
            break
    if abs(b) > FARTHEST:
        return math.copysign(np.inf, b), np.inf
    return b, 1.0 / math.sqrt(information)
