"""How likely a mean loss is, given one log ratio from each of a few independent experiments.

Model: d_e ~ N(delta, between² + w_e) with a flat prior on delta and the prior of ``avpi.blot.variance_prior`` on the
standard deviation between experiments; w_e is the variance that densitometry gives. delta is integrated out exactly,
the standard deviation by quadrature.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from avpi.blot.membrane_lanes import LaneState
from avpi.blot.variance_prior import RATIO_SD, chance_below, normalised, quantile, sd_nodes

Floats = NDArray[np.float64]

SMALLEST, LARGEST = math.log(1e-3), math.log(5.0)
"""Range of the log ratio, a thousandth to five times vehicle, in which a ratio that was not seen may lie (assumed)."""
RATIO_NODES = 601


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRatio:
    """What one independent experiment says of treated over vehicle at one time.

    Attributes
    ----------
    log_ratio : natural logarithm; for ``below`` and ``above`` the bound.
    variance : of it, by densitometry; 0 where not known.
    membranes : those that gave it; they are averaged.
    """

    experiment: str
    log_ratio: float
    variance: float
    state: LaneState
    membranes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossPosterior:
    """Posterior of the mean log ratio: a mixture of normals, bounds taken as values.

    Attributes
    ----------
    between_sd : posterior median of the standard deviation between experiments.
    """

    means: Floats
    sds: Floats
    weights: Floats
    between_sd: float

    def chance_below(self, bound: float) -> float:
        """Return the probability that the mean log ratio is below a bound."""
        return chance_below(bound, self.means, self.sds, self.weights)

    def ends(self, level: float) -> tuple[float, float, float]:
        """Return median, low and high end of the mean log ratio."""
        shares = (0.5, 0.5 - level / 2, 0.5 + level / 2)
        middle, low, high = (quantile(share, self.means, self.sds, self.weights) for share in shares)
        return middle, low, high


def mean_ratio(ratios: Sequence[ExperimentRatio]) -> LossPosterior:
    """Return the posterior of the mean log ratio with every bound taken as a value.

    Parameters
    ----------
    ratios : one of each experiment, one at least.
    """
    d = np.array([one.log_ratio for one in ratios])
    w = np.array([one.variance for one in ratios])
    nodes, prior = sd_nodes(RATIO_SD)
    total = nodes[:, None] ** 2 + w
    precision = np.sum(1 / total, axis=1)
    means = np.sum(d / total, axis=1) / precision
    evidence = -0.5 * (
        np.sum(np.log(total), axis=1) + np.log(precision) + np.sum((d - means[:, None]) ** 2 / total, axis=1)
    )
    weights = normalised(evidence + prior)
    middle = float(np.interp(0.5, np.cumsum(weights), nodes))
    return LossPosterior(means=means, sds=1 / np.sqrt(precision), weights=weights, between_sd=middle)


def chance_with_bounds(ratios: Sequence[ExperimentRatio], bound: float) -> tuple[float, float]:
    """Return the lowest and highest probability of a mean log ratio below ``bound``.

    A bound can be read in two ways: as if the value stood at it, or as what it is, somewhere beyond, where before the
    experiment every logarithm between ``SMALLEST`` and ``LARGEST`` was as likely. The first makes too little of a band
    that was not seen; the second rests on that range where all bands were not seen. Both are computed, and a verdict
    asks both. Without bounds they are one number.
    """
    plain = mean_ratio(ratios).chance_below(bound)
    if all(one.state == "measured" for one in ratios):
        return plain, plain
    grid = np.linspace(SMALLEST, LARGEST, RATIO_NODES)
    nodes, prior = sd_nodes(RATIO_SD)
    logs = np.tile(prior[:, None], (1, grid.size))
    for one in ratios:
        sd = np.sqrt(nodes**2 + one.variance)[:, None]
        z = (one.log_ratio - grid) / sd
        if one.state == "measured":
            logs += -0.5 * z * z - np.log(sd)
        else:
            logs += special.log_ndtr(z if one.state == "below" else -z)
    weights = normalised(logs)
    beyond = float(weights[:, grid < bound].sum())
    return min(plain, beyond), max(plain, beyond)
