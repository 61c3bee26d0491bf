"""Condition values and membrane factors in one step by maximum likelihood, with a relative and an absolute error.

Model of lane k with condition i on membrane j, after blotIt (Kemmer et al. 2022 PLoS ONE 17:e0264295,
doi:10.1371/journal.pone.0264295)::

    value_k = x_i / s_j + noise,    sd of the noise = sqrt(relative² x_i² + absolute²) / s_j

so that ``value * s_j`` lies on the common scale. With ``absolute = 0`` this is the model whose fits blotIt ships, and
the optimum is theirs. Maximum likelihood takes a variance for smaller than it is where lanes are few: this is for
comparison with others, and ``avpi.blot.scaling`` is what reports use.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, sparse

from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CONSTRAINT = 1e3
"""How strongly blotIt holds the mean of the condition values at 1; it enters its standard errors."""
SMALLEST_LOG_SD = math.log(1e-8)
"""Below this a relative or absolute error is none."""
NEGLIGIBLE = 1e-6
"""An absolute error below this share of the mean condition value is reported as 0."""
POLISHING, SETTLED = 60, 1e-11
"""Newton steps after the descent, and the gradient at which they end."""
STEP = 1e-5
"""Of the differences of the gradient that make its slope."""
SINGULAR = math.sqrt(np.finfo(float).eps)
"""Singular values below this share of the largest are zeros, as in R's ``ginv``."""
ABSOLUTE_STARTS = (0.003, 0.03)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneStepFit:
    """Values on one scale.

    Attributes
    ----------
    conditions, membranes : labels, in order of appearance.
    condition_values : (conditions,) with mean 1.
    membrane_factors : (membranes,) by which a raw value is multiplied to lie on the common scale.
    relative_sd, absolute_sd : of a lane; the absolute one in units of the condition values.
    standard_errors : (conditions + membranes + 1,) of values, factors and ``relative_sd`` by the Gauss-Newton matrix,
        times sqrt(n / (n - parameters)).
    deviance : -2 log likelihood of the values divided by their mean, with ln(2 pi) in it.
    degrees_of_freedom : lanes less free parameters.
    """

    conditions: tuple[str, ...]
    membranes: tuple[str, ...]
    condition_values: Floats
    membrane_factors: Floats
    relative_sd: float
    absolute_sd: float
    standard_errors: Floats
    deviance: float
    degrees_of_freedom: int


def fit_one_step(
    values: ArrayLike, conditions: Sequence[str], membranes: Sequence[str], *, absolute: bool = False
) -> OneStepFit:
    """Fit condition values, membrane factors and errors together by maximum likelihood.

    Parameters
    ----------
    values : (n,) positive; raw signals, each membrane in a unit of its own.
    conditions, membranes : (n,) labels.
    absolute : also fit an absolute error; otherwise it is 0.

    Raises
    ------
    InputError
        If a value is not positive, lengths differ, membranes share no conditions, or as many parameters as lanes leave
        no residual.

    Notes
    -----
    Assumes normal noise whose standard deviation follows the fitted value; lanes independent.
    """
    raw = np.asarray(values, float)
    _check(raw, conditions, membranes)
    names, places = tuple(dict.fromkeys(conditions)), tuple(dict.fromkeys(membranes))
    data = _Lanes(
        value=raw / raw.mean(),
        condition=np.array([names.index(name) for name in conditions]),
        membrane=np.array([places.index(name) for name in membranes]),
        conditions=len(names),
        membranes=len(places),
    )
    parts = linked_parts(data.condition, data.membrane, data.conditions, data.membranes)
    if parts > 1:
        what = f"the membranes fall into {parts} groups that share no condition"
        hint = "Load one condition, such as vehicle, on every membrane"
        raise InputError(Problem(file="membranes", what=what, expected="membranes linked by conditions", hint=hint))
    free = data.conditions + data.membranes - 1 + 1
    if raw.size < free or raw.size <= data.conditions + data.membranes - 1:
        what = f"there are {raw.size} lanes for {data.conditions} conditions and {data.membranes} membranes"
        raise InputError(Problem(file="values", what=what, expected="conditions that are measured more than once"))
    best = _best(data, absolute=absolute)
    return _drawn_up(best, data, raw, names, places, absolute=absolute)


def linked_parts(condition: Ints, membrane: Ints, conditions: int, membranes: int) -> int:
    """Return how many groups of conditions and membranes there are that share no lane."""
    size = conditions + membranes
    edges = sparse.coo_matrix((np.ones(condition.size), (condition, conditions + membrane)), shape=(size, size))
    return int(sparse.csgraph.connected_components(edges, directed=False)[0])


def _check(raw: Floats, conditions: Sequence[str], membranes: Sequence[str]) -> None:
    problems = [
        Problem(file="values", place=f"lane {i + 1}", what=f"the value is '{raw[i]:g}'", expected="a positive number")
        for i in np.flatnonzero(~(np.isfinite(raw) & (raw > 0)))
    ]
    if not raw.size or not raw.size == len(conditions) == len(membranes):
        what = f"there are {raw.size} values, {len(conditions)} conditions and {len(membranes)} membranes"
        problems.append(Problem(file="values", what=what, expected="as many of each, and one at least"))
    if problems:
        raise InputError(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lanes:
    value: Floats
    condition: Ints
    membrane: Ints
    conditions: int
    membranes: int

    def split(self, p: Floats) -> tuple[Floats, Floats, float, float]:
        """Return log condition values (c,), log factors (m,) with the first 0, and log errors."""
        c, m = self.conditions, self.membranes
        factors = np.concatenate([[0.0], p[c : c + m - 1]])
        absolute = float(p[c + m]) if p.size > c + m else -math.inf
        return p[:c], factors, float(p[c + m - 1]), absolute

    def deviance(self, p: Floats) -> tuple[float, Floats]:
        """Return -2 log likelihood without ln(2 pi), and its gradient."""
        logs, factors, relative, absolute = self.split(p)
        log_mean = logs[self.condition] - factors[self.membrane]
        u = self.value * np.exp(-log_mean)
        far = math.exp(2 * absolute) * np.exp(-2 * logs[self.condition]) if absolute > -math.inf else np.zeros(u.size)
        near = math.exp(2 * relative)
        h = near + far
        square = (1 - u) ** 2
        by_mean = 2 * (1 - u) * u / h + 2
        by_h = (1 - square / h) / h
        by_condition = np.bincount(self.condition, by_mean - 2 * by_h * far, minlength=self.conditions)
        by_membrane = -np.bincount(self.membrane, by_mean, minlength=self.membranes)[1:]
        slope = [by_condition, by_membrane, np.array([float(np.sum(by_h)) * 2 * near])]
        if absolute > -math.inf:
            slope.append(np.array([float(np.sum(by_h * 2 * far))]))
        return float(np.sum(square / h + 2 * log_mean + np.log(h))), np.concatenate(slope)


def _best(data: _Lanes, *, absolute: bool) -> Floats:
    """Return the parameters (p,) of the smallest deviance: a descent from the fit of the logarithms, then Newton."""
    design = np.zeros((data.value.size, data.conditions + data.membranes - 1))
    rows = np.arange(data.value.size)
    design[rows, data.condition] = 1.0
    later = data.membrane > 0
    design[rows[later], data.conditions + data.membrane[later] - 1] = -1.0
    solved = np.linalg.lstsq(design, np.log(data.value), rcond=None)[0]
    residual = np.log(data.value) - design @ solved
    spread = math.log(max(math.sqrt(float(np.mean(residual**2))), 1e-3))
    starts = [np.append(solved, spread)]
    if absolute:
        starts = [np.append(start, math.log(share)) for start in starts for share in ABSOLUTE_STARTS]
    bounds = [(None, None)] * solved.size + [(SMALLEST_LOG_SD, None)] * (2 if absolute else 1)
    ends = [
        optimize.minimize(data.deviance, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2000})
        for start in starts
    ]
    return _polished(min(ends, key=lambda end: float(end.fun)).x, data)


def _polished(p: Floats, data: _Lanes) -> Floats:
    value, slope = data.deviance(p)
    for _ in range(POLISHING):
        free = p > SMALLEST_LOG_SD + 1e-9
        if np.max(np.abs(slope[free])) < SETTLED:
            break
        curvature = _curvature(p, data)[np.ix_(free, free)]
        size, axes = np.linalg.eigh(curvature)
        step = np.zeros(p.size)
        step[free] = -axes @ ((axes.T @ slope[free]) / np.maximum(np.abs(size), 1e-8))
        scale = 1.0
        while scale > 1e-6:
            new_value, new_slope = data.deviance(p + scale * step)
            if new_value <= value + 1e-12 * abs(value):
                break
            scale /= 2
        else:
            break
        p, value, slope = p + scale * step, new_value, new_slope
    return p


def _curvature(p: Floats, data: _Lanes) -> Floats:
    rows = []
    for i in range(p.size):
        shift = np.zeros(p.size)
        shift[i] = STEP
        rows.append((data.deviance(p + shift)[1] - data.deviance(p - shift)[1]) / (2 * STEP))
    found = np.array(rows)
    return (found + found.T) / 2


def _drawn_up(
    p: Floats, data: _Lanes, raw: Floats, names: tuple[str, ...], places: tuple[str, ...], *, absolute: bool
) -> OneStepFit:
    logs, factors, relative, far = data.split(p)
    mean = float(np.mean(np.exp(logs)))
    x, s = np.exp(logs) / mean, np.exp(factors) / mean
    relative_sd = math.exp(relative)
    absolute_sd = math.exp(far) / mean if absolute else 0.0
    absolute_sd = absolute_sd if absolute_sd > NEGLIGIBLE else 0.0
    n = raw.size
    parameters = data.conditions + data.membranes + (1 if absolute_sd else 0)
    return OneStepFit(
        conditions=names,
        membranes=places,
        condition_values=x,
        # Factors act on the raw values, which were divided by their mean
        membrane_factors=s / raw.mean(),
        relative_sd=relative_sd,
        absolute_sd=absolute_sd,
        standard_errors=_errors(data, x, s, relative_sd, raw) * math.sqrt(n / max(n - parameters, 1)),
        deviance=data.deviance(p)[0] + n * math.log(2 * math.pi),
        degrees_of_freedom=n - parameters,
    )


def _errors(data: _Lanes, x: Floats, s: Floats, relative_sd: float, raw: Floats) -> Floats:
    """Return standard errors (c + m + 1,) of values, factors and relative error as blotIt has them.

    They come from the residuals' slopes by the logarithms of the parameters, the variance's own slopes left out.
    """
    c, m = data.conditions, data.membranes
    mean = x[data.condition] / s[data.membrane]
    u = data.value / mean
    rows = np.arange(data.value.size)
    slopes = np.zeros((data.value.size + 1, c + m + 1))
    slopes[rows, data.condition] = u / relative_sd
    slopes[rows, c + data.membrane] = -u / relative_sd
    slopes[rows, -1] = -(1 - u) / relative_sd
    slopes[-1, :c] = CONSTRAINT * x / c
    inverse = np.linalg.pinv(slopes.T @ slopes, rcond=SINGULAR, hermitian=True)
    scale = np.concatenate([x, s / raw.mean(), [relative_sd]])
    return scale * np.sqrt(np.maximum(np.diag(inverse), 0.0))
