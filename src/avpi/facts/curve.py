"""The EC50 and the Emax of a simulated dose response.

**Relative EC50**: the dose at which the response has gone half of the way from the undosed response to the extreme one,
found by straight interpolation over log10 of the dose between the two doses around it, from the low doses on. A fit
would add nothing: simulated points have almost no scatter, and a curve that turns back at high doses (the hook of a
bivalent compound) has no four-parameter form. **Limits**: a curve that is not flat at the highest dose gives too small
an EC50; one that moves by less than :data:`LEAST_EFFECT` has none; one that is half way before the lowest dose is
known only to lie below it. Both are intervals, not numbers.

A dose at which nothing is left to measure (no lysate of dead cells: nan) is left out, as in a laboratory.

**Emax**: of a response that falls, the share of the undosed response that is lost; of one that rises, the rise.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

LEAST_EFFECT = 0.05
"""The smallest change that is an effect, as a share of the largest response: about what an assay can tell apart."""


FEWEST_DOSES = 3
"""Of a curve, that gave a number."""


def ec50(doses: NDArray[np.float64], responses: NDArray[np.float64], undosed: float) -> tuple[float, float]:
    """Return the interval in which the relative EC50 lies, in the unit of the doses.

    Parameters
    ----------
    doses : (n,) rising.
    responses : (n,) at the doses.
    undosed : without the reagent.

    Returns
    -------
    Twice the EC50 where it was crossed; 0 and the lowest dose; or the highest dose that gave a number and infinity.
    nan with fewer than :data:`FEWEST_DOSES` numbers.
    """
    there = np.isfinite(responses)
    doses, responses = doses[there], responses[there]
    if not math.isfinite(undosed) or responses.size < FEWEST_DOSES:
        return math.nan, math.nan
    extreme = _extreme(responses, undosed)
    scale = max(float(np.abs(responses).max()), abs(undosed))
    if abs(extreme - undosed) <= LEAST_EFFECT * scale:
        return float(doses[-1]), math.inf
    effect = (responses - undosed) / (extreme - undosed)
    first = int(np.argmax(effect >= 0.5))
    if first == 0:
        return 0.0, float(doses[0])
    low, high = effect[first - 1], effect[first]
    share = (0.5 - low) / (high - low)
    logs = np.log10(doses)
    found = float(10 ** (logs[first - 1] + share * (logs[first] - logs[first - 1])))
    return found, found


def emax(responses: NDArray[np.float64], undosed: float) -> float:
    """Return the largest effect; see the top of the file."""
    responses = responses[np.isfinite(responses)]
    if not math.isfinite(undosed) or not responses.size:
        return math.nan
    extreme = _extreme(responses, undosed)
    if extreme < undosed and undosed > 0:
        return (undosed - extreme) / undosed
    return extreme - undosed


def _extreme(responses: NDArray[np.float64], undosed: float) -> float:
    """Return the response that is farthest from the undosed one."""
    return float(responses[np.argmax(np.abs(responses - undosed))])
