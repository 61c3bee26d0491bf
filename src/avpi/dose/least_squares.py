"""Nonlinear least squares of certified quality, for curves of any kind.

Descents in doubles, with long and short first steps and with linear parameters eliminated, find the minimum.
Gauss-Newton steps in long doubles then polish it: residuals, Jacobian and triangle carry about 19 digits where the
platform has them, so that what is left is the rounding of the data. Standard errors come from the triangle of the
scaled Jacobian, never from an inverted normal matrix (Bates & Watts 1988 Nonlinear Regression Analysis, ch. 2,
doi:10.1002/9780470316757). A solution counts as converged by the relative offset: the part of the residuals that the
tangent plane could still take up, against the part that it cannot (Bates & Watts 1981 Technometrics 23:179).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.dose.extended_qr import solve_triangle, triangle_of
from avpi.dose.least_squares_input import read_responses, read_start
from avpi.dose.linear_elimination import descend_eliminated
from avpi.dose.marquardt import descend
from avpi.dose.model_derivatives import Derivatives, Model, bind_model
from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]
Array = NDArray[Any]

WAYS = ((1e-3, True), (1e-3, False), (10.0, False))
"""First damping, and whether the scale of variables is remembered, of the descents."""
MOST_POLISHING, FEW_POLISHING = 300, 30
"""Steps of a polish, and of one whose start is a minimum already: it takes ten where the data fix the parameters."""
SETTLED = 1e-15
"""Relative step below which a parameter has all its digits."""
SETTLED_OF_ERROR = 1e-11
"""The same as a share of the parameter's standard error: no digit that matters is missing."""
SMALL_OFFSET = 1e-4
"""Relative offset up to which a solution counts as converged: so near, of the radius of the confidence region."""
LAST_BITS = 1e-6
"""Relative offset below which what is left is the rounding of the parameters."""
EXACT = 1e-30
"""Residual sum of squares, of the responses' own, below which a curve goes through the points."""
HESSIAN_STEP = 1e-3
"""Of the standard error."""
ROUNDING, DITHERS = 1e7, 512
"""Residuals below so many roundings of the largest response are averaged over so many neighbours."""
SINGULAR = 1e-11
"""Smallest singular value of the scaled Jacobian, of the largest, below which the data do not fix the parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastSquaresFit:
    """A least-squares fit and how far it can be trusted.

    Attributes
    ----------
    names : (p,) of the parameters; ``b1`` ... where none were given.
    parameters : (p,) estimates.
    standard_errors : (p,) asymptotic; nan where ``no_error_because`` says why.
    no_error_because : (p,) empty, or why the parameter has no standard error.
    covariance : (p, p) of the parameters; nan in rows and columns of those without standard error.
    observed_covariance : (p, p) the same from the whole second derivative of the sum of squares (observed information),
        curvature of the model included: what R's drc reports. nan where that is no minimum.
    rss : weighted residual sum of squares.
    df : points of positive weight less free parameters.
    residual_sd : sqrt(rss / df); nan for df 0.
    iterations : Jacobians that were taken, polishing included.
    converged : whether ``parameters`` is a minimum that the data fix.
    reason : why it counts as converged, or why not.
    at_edge : (p,) ``"low"``, ``"high"``, ``"fixed"`` (both edges are the same) or empty.
    relative_offset : what is left to gain, see the module; 0 for a curve through all points.
    condition : largest over smallest singular value of the Jacobian with columns of length 1; infinite if singular.
    fitted, residuals : (n,) the model at the solution and y less the model, unweighted.
    """

    names: tuple[str, ...]
    parameters: Floats
    standard_errors: Floats
    no_error_because: tuple[str, ...]
    covariance: Floats
    observed_covariance: Floats
    rss: float
    df: int
    residual_sd: float
    iterations: int
    converged: bool
    reason: str
    at_edge: tuple[str, ...]
    relative_offset: float
    condition: float
    fitted: Floats
    residuals: Floats

    @property
    def binding(self) -> tuple[str, ...]:
        """Names of the parameters that a box holds at its edge."""
        return tuple(name for name, edge in zip(self.names, self.at_edge, strict=True) if edge in ("low", "high"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """A problem made ready: long arrays for the polish and the root of the weights."""

    bound: Derivatives
    y: Array
    root: Array
    low: Floats
    high: Floats
    names: tuple[str, ...]
    points: int

    def residuals(self, b: Array) -> Array:
        values = self.bound.values(b)
        found: Array = (self.root * (self.y - values)).astype(np.result_type(b.dtype, np.float64))
        return found

    def columns(self, b: Array) -> Array:
        return np.asarray(self.root[:, None] * self.bound.careful(b), b.dtype)


def fit_least_squares(
    model: Model,
    x: Any,
    y: ArrayLike,
    start: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    bounds: Sequence[tuple[float, float]] | None = None,
    jacobian: Model | None = None,
    names: Sequence[str] | None = None,
    descended: bool = False,
) -> LeastSquaresFit:
    """Fit ``y = model(x, parameters)`` by weighted least squares.

    Independent errors of constant variance over weight are assumed, and one minimum downhill of ``start`` is found:
    another start may lead to another. Where the model passes complex numbers and long doubles on (any composition of
    numpy's elementary functions does), derivatives are exact.

    Parameters
    ----------
    model : (x, parameters (p,)) -> (n,).
    x : whatever the model takes; arrays of floats are handed on as long doubles too.
    y : (n,) responses; long doubles are kept.
    start : (p,) where to begin, within ``bounds``.
    weights : (n,) relative inverse variances, 0 for points that do not count; equal where none are given.
    bounds : p pairs of lowest and highest value; infinite ends are no limits, equal ends fix the parameter.
    jacobian : (x, parameters (p,)) -> (n, p) where it is known.
    names : p names for the parameters.
    descended : whether ``start`` is where other descents ended: then one more does, unless it finds no minimum.

    Raises
    ------
    InputError
        If responses, start, weights or bounds hold a value that is no number, if shapes disagree, if there are fewer
        points than free parameters, or if the model is not finite at the start.
    """
    y_long, root, points = read_responses(y, weights)
    first, low, high = read_start(start, bounds)
    free = int(np.sum(high > low))
    if points < max(free, 1):
        what = f"there are {points} points for {free} parameters"
        raise InputError(Problem(file="responses", what=what, expected=f"{free} or more points of positive weight"))
    named = tuple(names) if names is not None else tuple(f"b{j + 1}" for j in range(first.size))
    if len(named) != first.size:
        what = f"there are {len(named)} names for {first.size} parameters"
        raise InputError(Problem(file="names", what=what, expected="one name for each parameter"))
    bound = bind_model(model, x, y_long.size, first, jacobian)
    task = _Task(bound=bound, y=y_long, root=root, low=low, high=high, names=named, points=points)
    if descended:
        fit = _polished(task, *_descended(task, first, WAYS[:1]), FEW_POLISHING)
        if fit.converged or not np.isfinite(fit.condition):
            return fit
    return _polished(task, *_descended(task, first, WAYS), MOST_POLISHING)


def _descended(task: _Task, start: Floats, ways: Sequence[tuple[float, bool]]) -> tuple[Floats, int]:
    """Return the lowest end of descents, with linear parameters eliminated too on all ways, and the steps of all."""
    y, root = task.y.astype(float), task.root.astype(float)

    def residuals(b: Floats) -> Floats:
        with np.errstate(all="ignore"):
            found: Floats = root * (y - np.asarray(task.bound.values(b), float))
            return found

    def jacobian(b: Floats) -> Floats:
        return root[:, None] * task.bound.quick(b)

    ends = []
    with np.errstate(all="ignore"):
        for damping, remember in ways:
            ends.append(
                descend(residuals, jacobian, start, task.low, task.high, damping=damping, remember_scale=remember)
            )
        if len(ways) == len(WAYS):
            eliminated = descend_eliminated(task.bound, y, root, start, task.low, task.high)
            ends += [eliminated] if eliminated is not None else []
    best = min(ends, key=lambda end: end.rss if np.isfinite(end.rss) else np.inf)
    return best.parameters, sum(end.steps for end in ends)


def _polished(task: _Task, found: Floats, steps: int, most: int) -> LeastSquaresFit:
    """Take Gauss-Newton steps in long doubles until no digit changes, and draw up the result."""
    b: Array = found.astype(np.longdouble if task.bound.extended else np.float64)
    number, shortest = 0, np.inf
    with np.errstate(all="ignore"):
        r = task.residuals(b)
        for number in range(1, most + 1):  # noqa: B007 - counted for the result
            step, length, settled = _newton_step(task, b, r)
            if not np.all(np.isfinite(step)):
                break
            # Near the end the sum changes by less than its rounding; then steps must get shorter instead
            noise = (
                8 * np.finfo(b.dtype).eps * np.sum(np.abs(r * task.root * task.y)) if length < shortest / 1.01 else 0
            )
            to, there = _went_down(task, b, r, step, noise)
            if there is None:
                break
            b, r, shortest = to, there, min(length, shortest)
            if settled:
                break
        return _drawn_up(task, b, r, steps + number)


def _went_down(task: _Task, b: Array, r: Array, step: Array, noise: float) -> tuple[Array, Array | None]:
    """Return the first of ever shorter steps that does not raise the sum by more than ``noise``, and its residuals."""
    rss = np.sum(r * r)
    for halving in range(12):
        to = np.clip(b + step * b.dtype.type(0.5**halving), task.low, task.high).astype(b.dtype)
        there = task.residuals(to)
        new = np.sum(there * there)
        if np.isfinite(new) and (new < rss or new <= rss + noise) and not np.array_equal(to, b):
            return to, there
    return b, None


def _newton_step(task: _Task, b: Array, r: Array) -> tuple[Array, float, bool]:
    """Return the Gauss-Newton step (p,), its length in standard errors, and whether it is below all that matters."""
    columns = task.columns(b)
    free = _free(task, b, columns.T @ r)
    step = np.zeros(b.size, b.dtype)
    if not np.any(free):
        return step, 0.0, True
    lengths = np.sqrt(np.sum(columns[:, free] ** 2, axis=0))
    lengths[lengths == 0] = 1
    upper, turned = triangle_of(columns[:, free] / lengths, r)
    number = int(free.sum())
    if np.any(np.diag(upper) == 0):
        return np.full(b.size, np.nan, b.dtype), 0.0, False
    scaled = solve_triangle(upper, turned[:number])
    step[free] = scaled / lengths
    spread = np.sqrt(np.sum(turned[number:] ** 2) / max(task.points - number, 1))
    errors = spread * np.sqrt(np.sum(solve_triangle(upper, np.eye(number, dtype=b.dtype)) ** 2, axis=1)) / lengths
    small = np.abs(step[free]) <= np.maximum(SETTLED * np.abs(b[free]), SETTLED_OF_ERROR * errors)
    length = float(np.max(np.abs(step[free]) / np.maximum(errors, np.finfo(b.dtype).tiny)))
    return step, length, bool(np.all(small))


def _free(task: _Task, b: Array, downhill: Array) -> NDArray[np.bool_]:
    held = ((b <= task.low) & (downhill <= 0)) | ((b >= task.high) & (downhill >= 0))
    return ~held & (task.high > task.low)


def _drawn_up(task: _Task, b: Array, r: Array, iterations: int) -> LeastSquaresFit:
    columns = task.columns(b)
    r = _dithered(task, b, r, columns)
    p = b.size
    edges = _edges(task, b)
    free = np.array([edge == "" for edge in edges])
    df = task.points - int(free.sum())
    rss = np.sum(r * r)
    size = np.sum((task.root * task.y) ** 2)
    covariance, errors = np.full((p, p), np.nan), np.full(p, np.nan)
    because = ["" if edge == "" else _why_no_error(edge) for edge in edges]
    offset, condition, unfixed = 0.0, 1.0, ""
    if np.any(free) and np.all(np.isfinite(columns)):
        lengths = np.sqrt(np.sum(columns[:, free] ** 2, axis=0))
        lengths[lengths == 0] = 1
        upper, turned = triangle_of(columns[:, free] / lengths, r)
        condition, unfixed = _condition(upper, [n for n, f in zip(task.names, free, strict=True) if f])
        number = upper.shape[0]
        left = np.sum(turned[number:] ** 2)
        if np.sum(turned[:number] ** 2) < LAST_BITS**2 * left:
            rss = left  # what the last bits of the parameters add to the sum is not the data's doing
        if rss > EXACT * size and left > 0 and df > 0:
            offset = float(np.sqrt(np.sum(turned[:number] ** 2) / number) / np.sqrt(left / df))
        if not unfixed and df > 0:
            inverse = solve_triangle(upper, np.eye(number, dtype=b.dtype)) / lengths[:, None]
            of_free = (inverse @ inverse.T) * (rss / df)
            covariance[np.ix_(free, free)] = of_free.astype(float)
            errors[free] = np.sqrt(np.sum(inverse**2, axis=1) * (rss / df)).astype(float)
        for j in np.flatnonzero(free):
            because[j] = unfixed or (
                "" if df > 0 else "as many parameters as points: nothing is left to judge errors by"
            )
    converged, reason = _judged(
        b, offset, unfixed, exact=bool(rss <= EXACT * size), finite=bool(np.all(np.isfinite(columns)))
    )
    if not converged:
        covariance[:], errors[:] = np.nan, np.nan
        because = [why or reason for why in because]
    fitted = np.asarray(task.bound.values(b))
    return LeastSquaresFit(
        names=task.names,
        parameters=b.astype(float),
        standard_errors=errors,
        no_error_because=tuple(because),
        covariance=covariance,
        observed_covariance=_observed(task, b, covariance, float(rss / df) if df > 0 else 0.0),
        rss=float(rss),
        df=df,
        residual_sd=float(np.sqrt(rss / df)) if df > 0 else float("nan"),
        iterations=iterations,
        converged=converged,
        reason=reason,
        at_edge=edges,
        relative_offset=offset,
        condition=condition,
        fitted=fitted.astype(float),
        residuals=(task.y - fitted).astype(float),
    )


def _observed(task: _Task, b: Array, covariance: Floats, variance: float) -> Floats:
    """Return the covariance (p, p) by observed information: differences of the exact gradient."""
    free = np.flatnonzero(np.isfinite(np.diag(covariance)))
    found = np.full(covariance.shape, np.nan)
    if free.size == 0 or variance <= 0:
        return found
    steps = HESSIAN_STEP * np.sqrt(np.diag(covariance)[free])
    hessian = np.empty((free.size, free.size))
    for i, (j, step) in enumerate(zip(free, steps, strict=True)):
        high, low = b.copy(), b.copy()
        high[j] += step
        low[j] -= step
        slopes = [-(task.columns(at)[:, free].T @ task.residuals(at)) for at in (high, low)]
        hessian[i] = ((slopes[0] - slopes[1]) / (high[j] - low[j])).astype(float)
    lengths = steps / HESSIAN_STEP
    scaled = 0.5 * (hessian + hessian.T) * np.outer(lengths, lengths)
    if not np.all(np.isfinite(scaled)) or np.linalg.eigvalsh(scaled)[0] <= 0:
        return found
    found[np.ix_(free, free)] = np.linalg.inv(scaled) * np.outer(lengths, lengths) * variance
    return found


def _dithered(task: _Task, b: Array, r: Array, columns: Array) -> Array:
    """Return residuals hardly larger than the rounding of the model, as the mean over close neighbours of ``b``.

    A rounding error of f depends on the last bits of the parameters; its mean over many of them is smaller.
    """
    eps = np.finfo(b.dtype).eps
    if np.sqrt(np.mean(r * r)) > ROUNDING * eps * np.max(np.abs(task.root * task.y)):
        return r
    draws = np.random.default_rng(0).uniform(-64, 64, (DITHERS, b.size))
    shifts = [(b * (1 + eps * draw.astype(b.dtype))) - b for draw in draws]
    return np.asarray(np.mean([task.residuals(b + shift) + columns @ shift for shift in shifts], axis=0), b.dtype)


def _edges(task: _Task, b: Array) -> tuple[str, ...]:
    edges = []
    for value, low, high in zip(b, task.low, task.high, strict=True):
        if low == high:
            edges.append("fixed")
        else:
            edges.append("low" if value <= low else "high" if value >= high else "")
    return tuple(edges)


def _why_no_error(edge: str) -> str:
    return (
        "it was fixed" if edge == "fixed" else f"it lies at the {edge} edge of its box, where errors are not symmetric"
    )


def _condition(upper: Array, names: Sequence[str]) -> tuple[float, str]:
    """Return the condition of the scaled Jacobian, and what the data do not fix, or an empty string."""
    _, values, right = np.linalg.svd(upper.astype(float))
    if values[-1] > SINGULAR * values[0]:
        return float(values[0] / values[-1]), ""
    loose = [name for name, share in zip(names, np.abs(right[-1]), strict=True) if share > 0.1]
    if len(loose) == 1:
        return float("inf"), f"the data do not fix {loose[0]}: the model does not depend on it here"
    return float("inf"), f"the data fix only a combination of {', '.join(loose)}"


def _judged(b: Array, offset: float, unfixed: str, *, exact: bool, finite: bool) -> tuple[bool, str]:
    if not finite or not np.all(np.isfinite(b)):
        return False, "the model has no finite derivatives at the end of the descent"
    if unfixed:
        return False, unfixed
    if exact:
        return True, "the curve goes through the points"
    if offset > SMALL_OFFSET:
        return (
            False,
            f"steps ended with a relative offset of {offset:.2g}; {SMALL_OFFSET:g} was wanted. Try another start",
        )
    return True, f"relative offset {offset:.1g}"
