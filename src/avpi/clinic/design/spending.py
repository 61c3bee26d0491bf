"""Alpha spending: how much of the level may be used up by a share of the information.

Lan KKG, DeMets DL. Biometrika 1983;70:659-663; Hwang IK, Shih WJ, DeCani JS. Stat Med 1990;9:1439-1445.
"""

from __future__ import annotations

import math
from typing import Literal

from scipy.special import ndtr, ndtri

from avpi.clinic.checks import Checks, is_number, require_one_of
from avpi.errors import InputError, Problem

Spending = Literal["obrien-fleming", "pocock", "hwang-shih-decani"]
SPENDINGS: tuple[Spending, ...] = ("obrien-fleming", "pocock", "hwang-shih-decani")
USUAL_GAMMA = -4.0
"""Of Hwang, Shih and DeCani: close to O'Brien and Fleming; 1 is close to Pocock, 0 spends evenly."""


def spend(kind: Spending, share: float, alpha: float, *, gamma: float = USUAL_GAMMA) -> float:
    """Return the level spent when a share of the information is there.

    ``obrien-fleming``: 2 (1 - Phi(z_{alpha/2} / sqrt(t))). ``pocock``: alpha log(1 + (e - 1) t). ``hwang-shih-decani``:
    alpha (1 - exp(-gamma t)) / (1 - exp(-gamma)).

    Parameters
    ----------
    share : of the information, 0 or more; nothing more is spent beyond 1.
    gamma : of ``hwang-shih-decani`` alone.

    Raises
    ------
    InputError
        If an argument cannot be meant.
    """
    require_one_of("spending", kind, SPENDINGS)
    checks = Checks()
    checks.share("alpha", alpha, ends=False)
    checks.not_below_zero("share", share)
    checks.stop()
    if not (is_number(gamma) and -40 <= gamma <= 40):
        raise InputError(Problem(file="gamma", what=f"'{gamma}' is no gamma", expected="a number from -40 to 40"))
    t = min(float(share), 1.0)
    if t == 0:
        return 0.0
    if kind == "obrien-fleming":
        return float(2 * ndtr(-ndtri(1 - alpha / 2) / math.sqrt(t)))
    if kind == "pocock":
        return alpha * math.log1p((math.e - 1) * t)
    return alpha * t if gamma == 0 else alpha * math.expm1(-gamma * t) / math.expm1(-gamma)
