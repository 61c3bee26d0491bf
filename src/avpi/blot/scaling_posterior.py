"""The posterior behind joint scaling: a normal for each node of the standard deviations, and the nodes' weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from avpi.blot.membrane_lanes import MembraneLane
from avpi.blot.truncated_normal import truncated_moments
from avpi.blot.variance_prior import BAND_SD, normalised, quantile, sd_nodes
from avpi.estimate import Estimate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ALONE_NODES, TOGETHER_NODES, REACH = 41, 19, 2.7
"""Nodes of a standard deviation that is integrated over alone, and of each of several; both reach so many widths of
the prior, from 1 % to more than all of a band."""
ABSOLUTE_SDS = (0.0, 0.003, 0.01, 0.03)
"""Nodes of the error that does not shrink with the band, as fractions of the reference: alike in weight (assumed:
background of blots is below 3 % of a full band)."""
LEAST_FRACTION = 1e-3
"""Of the reference: fractions below it are taken for it where an absolute error is divided by them."""
DROPPED = 1e-9
"""Nodes of less weight are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPosterior:
    """Nodes and their normals.

    Attributes
    ----------
    conditions, membranes : labels; ``reference`` is a condition.
    weights : (nodes,) of sum 1.
    sds : name of a standard deviation -> its value (nodes,) at each node.
    means : (nodes, conditions + membranes) of log values and log factors, the reference at 0.
    variances : (nodes, conditions + membranes).
    not_estimable : name of a standard deviation -> why there is none.
    """

    conditions: tuple[str, ...]
    membranes: tuple[str, ...]
    reference: str
    weights: Floats
    sds: Mapping[str, Floats]
    means: Floats
    variances: Floats
    degrees_of_freedom: int
    experiments: int
    not_estimable: Mapping[str, str]

    def _ends(self, column: int, level: float) -> tuple[float, float, float]:
        means, sds = self.means[:, column], np.sqrt(self.variances[:, column])
        if not np.any(sds > 0):
            middle = float(self.weights @ means)
            return middle, middle, middle
        shares = (0.5, 0.5 - level / 2, 0.5 + level / 2)
        middle, low, high = (quantile(share, means, sds, self.weights) for share in shares)
        return middle, low, high

    def ratio(self, condition: str, level: float, n: int) -> Estimate:
        """Return a condition as a fraction of the reference."""
        ends = [math.exp(end) for end in self._ends(self.conditions.index(condition), level)]
        method = "joint scaling of membranes; posterior median"
        return Estimate(value=ends[0], low=ends[1], high=ends[2], level=level, n=n, method=method)

    def factor(self, membrane: str) -> float:
        """Return the median factor of a membrane."""
        return math.exp(self._ends(len(self.conditions) + self.membranes.index(membrane), 0.5)[0])

    def factor_estimate(self, membrane: str, level: float) -> Estimate:
        """Return the factor of a membrane with its interval."""
        ends = [math.exp(end) for end in self._ends(len(self.conditions) + self.membranes.index(membrane), level)]
        method = "joint scaling of membranes; raw value times this is a fraction of the reference"
        return Estimate(value=ends[0], low=ends[1], high=ends[2], level=level, n=1, method=method)

    def sd(self, which: str, level: float) -> Estimate:
        """Return a standard deviation with its interval: quantiles over the nodes."""
        values = self.sds[which]
        order = np.argsort(values, kind="stable")
        share = np.cumsum(self.weights[order])
        ends = [float(np.interp(s, share, values[order])) for s in (0.5, 0.5 - level / 2, 0.5 + level / 2)]
        return Estimate(value=ends[0], low=ends[1], high=ends[2], level=level, n=self.experiments)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Design:
    """Lanes in numbers; ``x`` has columns for the conditions other than the reference and for the membranes."""

    y: Floats
    x: Floats
    known: Floats
    same_day: Floats
    fraction_column: Ints
    limits: Floats
    sides: Floats
    censored_x: Floats
    censored_known: Floats
    censored_column: Ints
    cross_day: Floats
    censored_day: Floats


def fit_posterior(lanes: Sequence[MembraneLane], reference: str, *, fit_absolute: bool) -> ScalingPosterior:
    """Return the posterior of lanes whose conditions and membranes are all linked by measured lanes."""
    conditions = tuple(dict.fromkeys(lane.condition for lane in lanes))
    membranes = tuple(dict.fromkeys(lane.membrane for lane in lanes))
    experiments = len({lane.experiment for lane in lanes})
    design = _design(lanes, conditions, membranes, reference)
    missing: dict[str, str] = {}
    repeated = np.any(np.triu(design.same_day, 1) > 0)
    days = experiments > 1
    if not days:
        missing["between"] = "there is one experiment"
    elif not repeated:
        missing["between"] = "no experiment repeats a condition, so it is part of the scatter of a lane"
    if not fit_absolute:
        missing["absolute"] = "not fitted: lanes bring the errors of their densitometry"
    both = days and bool(repeated)
    count = TOGETHER_NODES if both or fit_absolute else ALONE_NODES
    nodes, log_prior = sd_nodes(BAND_SD, count, REACH)
    between = list(zip(nodes, log_prior, strict=True)) if both else [(0.0, 0.0)]
    absolute = ABSOLUTE_SDS if fit_absolute else (0.0,)
    fraction = _plain_fractions(design)
    found = []
    for (sd, prior), (day, day_prior), far in product(zip(nodes, log_prior, strict=True), between, absolute):
        evidence, mean, variance = _node(design, fraction, sd, day, far)
        found.append((evidence + prior + day_prior, sd, day, far, mean, variance))
    weights = normalised(np.array([node[0] for node in found]))
    kept = np.flatnonzero(weights > DROPPED)
    at = conditions.index(reference)
    return ScalingPosterior(
        conditions=conditions,
        membranes=membranes,
        reference=reference,
        weights=weights[kept] / weights[kept].sum(),
        sds={
            name: np.array([found[i][place] for i in kept], float)
            for name, place in (("relative", 1), ("between", 2), ("absolute", 3))
        },
        means=np.array([np.insert(found[i][4], at, 0.0) for i in kept]),
        variances=np.array([np.insert(found[i][5], at, 0.0) for i in kept]),
        degrees_of_freedom=design.y.size - design.x.shape[1],
        experiments=experiments,
        not_estimable=missing,
    )


def _design(
    lanes: Sequence[MembraneLane], conditions: tuple[str, ...], membranes: tuple[str, ...], reference: str
) -> _Design:
    others = [name for name in conditions if name != reference]
    x = np.zeros((len(lanes), len(others) + len(membranes)))
    columns = np.full(len(lanes), -1)
    for row, lane in enumerate(lanes):
        if lane.condition != reference:
            columns[row] = others.index(lane.condition)
            x[row, columns[row]] = 1.0
        x[row, len(others) + membranes.index(lane.membrane)] = -1.0
    y = np.array([lane.log_value for lane in lanes])
    known = np.array([lane.log_se**2 for lane in lanes])
    day = np.array([[a.experiment == b.experiment and a.condition == b.condition for b in lanes] for a in lanes], float)
    seen = np.array([lane.state == "measured" for lane in lanes])
    sides = np.array([-1.0 if lane.state == "below" else 1.0 for lane in lanes])
    return _Design(
        y=y[seen], x=x[seen], known=known[seen], same_day=day[np.ix_(seen, seen)], fraction_column=columns[seen],
        limits=y[~seen], sides=sides[~seen], censored_x=x[~seen], censored_known=known[~seen],
        censored_column=columns[~seen], cross_day=day[np.ix_(~seen, seen)], censored_day=day[np.ix_(~seen, ~seen)],
    )  # fmt: skip


def _plain_fractions(design: _Design) -> Floats:
    """Return each condition as a fraction of the reference (columns + 1,) by least squares; the last is the 1."""
    solved = np.linalg.lstsq(design.x, design.y, rcond=None)[0]
    return np.append(np.maximum(np.exp(solved), LEAST_FRACTION), 1.0)


def _node(design: _Design, fraction: Floats, sd: float, day: float, far: float) -> tuple[float, Floats, Floats]:
    """Return log restricted likelihood, means and variances of the columns for given standard deviations."""
    own = sd**2 + design.known + (far / fraction[design.fraction_column]) ** 2
    v = np.diag(own) + day**2 * design.same_day
    root = linalg.cholesky(v, lower=True)
    z = linalg.solve_triangular(root, np.column_stack([design.x, design.y]), lower=True)
    columns, target = z[:, :-1], z[:, -1]
    inverse = np.linalg.inv(columns.T @ columns)
    mean = inverse @ (columns.T @ target)
    residual = target - columns @ mean
    evidence = float(
        -np.sum(np.log(np.diag(root))) + 0.5 * np.linalg.slogdet(inverse)[1] - 0.5 * float(residual @ residual)
    )
    if not design.limits.size:
        return evidence, mean, np.diag(inverse).copy()
    # Censored lanes given the measured ones: their means follow the columns and what their day shares
    share = linalg.solve_triangular(root, day**2 * design.cross_day.T, lower=True)
    slope = design.censored_x - share.T @ columns
    before = share.T @ target + slope @ mean
    noise = np.diag(design.censored_known + sd**2 + (far / fraction[design.censored_column]) ** 2)
    noise = noise + day**2 * design.censored_day - share.T @ share
    spread = slope @ inverse @ slope.T + noise
    after, narrowed, log_chance = truncated_moments(before, spread, design.limits, design.sides)
    gain = inverse @ slope.T @ np.linalg.inv(spread)
    covariance = inverse - gain @ (spread - narrowed) @ gain.T
    return evidence + log_chance, mean + gain @ (after - before), np.maximum(np.diag(covariance), 0.0)
