"""One number from several independent experiments: days differ, and the interval has to know it.

Pooling the points of several days into one curve treats lanes as if they were experiments. Here each experiment gives
one value with its own standard error, and the values are combined by a random-effects model: variance between
experiments by REML, interval by Hartung & Knapp 2001 Stat Med 20:3875, doi:10.1002/sim.1009, with n - 1 degrees of
freedom. With equal standard errors it is Student's t over the experiments, unless these agree better than their own
errors let them: then the errors decide, as Röver, Knapp & Friede 2015 BMC Med Res Methodol 15:99,
doi:10.1186/s12874-015-0091-1, recommend for few experiments. Three days that agree by chance would look too sure.

Experiments whose value lies beyond what was tested enter as censored: in a normal model for the values of the
experiments, with the interval by likelihood ratio, scaled so that it is Student's where nothing is censored.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats

from avpi.errors import InputError, Problem
from avpi.estimate import Caveat, Estimate, not_estimable

Floats = NDArray[np.float64]
Scale = Literal["linear", "log10"]

MOST_REML_STEPS, SETTLED = 500, 1e-10
FEW_EXPERIMENTS = 2
"""With so many the interval rests on one degree of freedom (12.7 standard errors either way)."""
FARTHEST = 40.0
"""Spreads of the experiments within which an end of a likelihood interval is looked for."""
LEAST_SQUARE = 1.0
"""Scatter of the experiments, relative to what their errors and the variance between them explain, below which it is
taken for chance."""
LEAST_MEASURED = 2
"""Measured experiments without which the spread between experiments is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomEffects:
    """Mean over experiments.

    Attributes
    ----------
    mean, error : mean and its standard error by Hartung and Knapp, but no smaller than the experiments' own errors and
        the variance between them make it.
    between_sd : standard deviation between experiments by REML.
    df : n - 1.
    """

    mean: float
    error: float
    between_sd: float
    df: int

    def interval(self, level: float) -> tuple[float, float]:
        """Return Student's interval of the mean."""
        reach = float(stats.t.ppf(0.5 + level / 2, self.df)) * self.error
        return self.mean - reach, self.mean + reach

    def chance_below(self, bound: float) -> float:
        """Return the probability that the mean lies below ``bound``, from its t distribution."""
        return float(stats.t.cdf((bound - self.mean) / self.error, self.df))


def random_effects(values: ArrayLike, errors: ArrayLike) -> RandomEffects:
    """Combine the values of independent experiments.

    Parameters
    ----------
    values, errors : (n,) with n of 2 or more; an error that is nan or not positive makes all weights equal.

    Notes
    -----
    Assumes normal values; the weights are taken as known, which with few points in each experiment they are not:
    Hartung and Knapp's error answers for that approximately. Of experiments that do not differ, intervals hold the
    truth more often than they say (see ``docs/explanation/degradation.md``).
    """
    y, se = np.asarray(values, float), np.asarray(errors, float)
    df = y.size - 1
    if not np.all(np.isfinite(se) & (se > 0)):
        spread = float(np.std(y, ddof=1))
        return RandomEffects(mean=float(np.mean(y)), error=spread / math.sqrt(y.size), between_sd=spread, df=df)
    between = _reml_variance(y, se**2)
    w = 1 / (se**2 + between)
    mean = float(np.sum(w * y) / np.sum(w))
    square = float(np.sum(w * (y - mean) ** 2)) / df
    error = math.sqrt(max(square, LEAST_SQUARE) / float(np.sum(w)))
    return RandomEffects(mean=mean, error=error, between_sd=math.sqrt(between), df=df)


def _reml_variance(y: Floats, v: Floats) -> float:
    """Return the variance between experiments that maximises the restricted likelihood; 0 or more."""
    between = max(float(np.var(y, ddof=1) - np.mean(v)), 0.0)
    for _ in range(MOST_REML_STEPS):
        w = 1 / (v + between)
        mean = np.sum(w * y) / np.sum(w)
        new = max(float(np.sum(w**2 * ((y - mean) ** 2 - v)) / np.sum(w**2) + 1 / np.sum(w)), 0.0)
        if abs(new - between) <= SETTLED * (between + float(np.mean(v))):
            return new
        between = new
    return between


def read_experiments(experiments: Sequence[str] | None, points: int) -> tuple[str, ...]:
    """Return the experiment of each point; one, without a name, where none are given.

    Raises
    ------
    InputError
        If there is not one label for each point, or one is empty.
    """
    if experiments is None:
        return ("",) * points
    labels = tuple(str(label).strip() for label in experiments)
    if len(labels) != points:
        what = f"there are {len(labels)} labels of experiments for {points} points"
        raise InputError(Problem(file="experiments", what=what, expected="one label for each point"))
    empty = [i + 1 for i, label in enumerate(labels) if not label]
    if empty:
        what = f"point {empty[0]} has no experiment, and {len(empty)} points in all have none"
        hint = "Leave the labels out altogether where all points are of one experiment"
        raise InputError(Problem(file="experiments", what=what, expected="a label for each point", hint=hint))
    return labels


def combine_estimates(
    parts: Sequence[tuple[str, Estimate]],
    what: str,
    *,
    scale: Scale = "linear",
    level: float = 0.95,
    bounds: tuple[float, float] = (-math.inf, math.inf),
    error_factors: Sequence[float] | None = None,
) -> Estimate:
    """Combine the estimates of independent experiments into one over experiments.

    Parameters
    ----------
    parts : (name of the experiment, its estimate); those that are not estimable are left out and named.
    what : what the number is, for the method.
    scale : on which values are combined: ``log10`` for doses and times.
    bounds : natural limits of the number, at which the interval is cut.
    error_factors : for each part what half its interval over the normal quantile is to be multiplied with to give its
        standard error, see ``error_factors``.
    """
    unit = parts[0][1].unit if parts else ""
    factors = list(error_factors) if error_factors is not None else [1.0] * len(parts)
    used = [(name, one, f) for (name, one), f in zip(parts, factors, strict=True) if one.state in _USED]
    left_out = [(name, one) for name, one in parts if one.state not in _USED]
    caveats = [_left_out(left_out, len(parts))] if left_out and used else []
    n = len(used)
    if n == 0:
        reasons = {one.method for _, one in left_out}
        why = "; ".join(f"{name}: {one.method}" for name, one in left_out)
        told = reasons.pop() if len(reasons) == 1 else f"{what}: no experiment gives one ({why})"
        return not_estimable(told, unit=unit, n=len(left_out))
    if n == 1:
        single = used[0][1]
        return Estimate(
            value=single.value, low=single.low, high=single.high, level=single.level, unit=unit, n=1,
            method=single.method, state=single.state, caveats=(*single.caveats, *caveats, one_experiment()),
        )  # fmt: skip
    if n == FEW_EXPERIMENTS:
        text = "Two experiments give one degree of freedom: the interval is wide for that reason alone."
        caveats.append(Caveat(code="two_experiments", text=text))
    caveats += _shared_caveats([one for _, one, _ in used])
    to, back = (_identity, _identity) if scale == "linear" else (_log10, _power)
    measured = [(to(one.value), standard_error(one, level, to) * f) for _, one, f in used if one.state == "measured"]
    kwargs: dict[str, object] = {"unit": unit, "level": level, "n": n, "caveats": tuple(caveats)}
    if len(measured) == n:
        over = random_effects([m[0] for m in measured], [m[1] for m in measured])
        low, high = (min(max(back(end), bounds[0]), bounds[1]) for end in over.interval(level))
        method = f"{what}: random effects over {n} independent experiments (REML, modified Hartung-Knapp, {over.df} df)"
        method += " of the log10" if scale == "log10" else ""
        return Estimate(value=back(over.mean), low=low, high=high, method=method, **kwargs)  # type: ignore[arg-type]
    beyond = [one for _, one, _ in used if one.state != "measured"]
    return _with_censored(measured, beyond, what, (to, back), bounds, kwargs)


_USED = ("measured", "below", "above")


def error_factors(rss: Sequence[float], df: Sequence[int], level: float) -> list[float]:
    """Return what makes standard errors of intervals that rest on few points each.

    The scatter of all experiments is used in place of that of each: of two or three degrees of freedom it says little,
    and weights by it would follow chance. Student's quantile of each is taken out.

    Parameters
    ----------
    rss, df : weighted residual sum of squares and degrees of freedom of each experiment's fit.
    level : coverage of the intervals.
    """
    pooled = sum(rss) / max(sum(df), 1)
    normal = float(stats.norm.ppf(0.5 + level / 2))
    factors = []
    for own, freedom in zip(rss, df, strict=True):
        student = float(stats.t.ppf(0.5 + level / 2, max(freedom, 1)))
        factors.append(normal / student * (math.sqrt(pooled * freedom / own) if own > 0 and freedom > 0 else 1.0))
    return factors


def one_experiment() -> Caveat:
    """Return the reservation of a number from one experiment."""
    text = "One experiment: the interval is of its own scatter only, and the next day may give another value."
    return Caveat(code="single_experiment", text=text)


def _with_censored(
    measured: Sequence[tuple[float, float]],
    beyond: Sequence[Estimate],
    what: str,
    scale: tuple[Callable[[float], float], Callable[[float], float]],
    bounds: tuple[float, float],
    kwargs: dict[str, object],
) -> Estimate:
    to, back = scale
    sides = {one.state for one in beyond}
    n = len(measured) + len(beyond)
    says = f"{what}: {len(beyond)} of {n} experiments lie {' or '.join(sorted(sides))} what was tested"
    if len(sides) > 1:
        return not_estimable(says, unit=str(kwargs["unit"]), n=n)
    side = 1 if "above" in sides else -1
    limits = [one.value for one in beyond]
    # The nearest of the tested bounds is the one that holds for every experiment
    limit = min(limits) if side > 0 else max(limits)
    if len(measured) < LEAST_MEASURED or len(measured) < len(beyond):
        state: Literal["above", "below"] = "above" if side > 0 else "below"
        low, high = (bounds[0], math.inf) if side > 0 else (bounds[0], limit)
        return Estimate(value=limit, low=low, high=high, state=state, method=says, **kwargs)  # type: ignore[arg-type]
    y = np.array([value for value, _ in measured])
    ends = np.array([to(value) for value in limits])
    value, low, high = _censored_interval(y, ends, side, float(kwargs["level"]))  # type: ignore[arg-type]
    method = f"{says}; censored there, normal over experiments, likelihood ratio"
    cut = [min(max(back(end), bounds[0]), bounds[1]) for end in (value, low, high)]
    return Estimate(value=cut[0], low=cut[1], high=cut[2], method=method, **kwargs)  # type: ignore[arg-type]


def _censored_interval(y: Floats, ends: Floats, side: int, level: float) -> tuple[float, float, float]:
    """Return mean and interval of a normal sample ``y`` with further members beyond ``ends`` on one side."""
    n = y.size + ends.size
    unit = max(float(np.std(np.concatenate([y, ends]))), 1e-6 * max(float(np.max(np.abs(y))), 1e-6))

    def deviance(mean: float) -> float:
        def of_spread(log_sd: float) -> float:
            sd = unit * math.exp(log_sd)
            inside = np.sum(((y - mean) / sd) ** 2) + 2 * y.size * math.log(sd)
            return float(inside - 2 * np.sum(special.log_ndtr(side * (mean - ends) / sd)))

        return float(optimize.minimize_scalar(of_spread, bounds=(-6.0, 6.0), method="bounded").fun)

    middle = float(np.mean(np.concatenate([y, ends])))
    found = optimize.minimize_scalar(deviance, bounds=(middle - 10 * unit, middle + 10 * unit), method="bounded")
    best, least = float(found.x), float(found.fun)
    df = n - 1
    rise = n * math.log1p(float(stats.f.ppf(level, 1, df)) / df)

    def beyond(mean: float) -> float:
        return deviance(mean) - least - rise

    edges = []
    for direction in (-1, 1):
        far = best + direction * FARTHEST * unit
        edges.append(direction * math.inf if beyond(far) < 0 else float(optimize.brentq(beyond, best, far)))
    return best, edges[0], edges[1]


def _identity(value: float) -> float:
    return value


def standard_error(one: Estimate, level: float, to: Callable[[float], float] = _identity) -> float:
    """Return the standard error that an interval stands for, on the scale of combination; nan where it is open."""
    if math.isnan(one.low) or math.isnan(one.high):
        return math.nan
    value = to(one.value)
    below = value - to(one.low) if one.low > 0 or to is _identity else math.inf
    above = to(one.high) - value
    known = [reach for reach in (below, above) if math.isfinite(reach)]
    return float(np.mean(known)) / float(stats.norm.ppf(0.5 + level / 2)) if known else math.nan


def _left_out(left_out: Sequence[tuple[str, Estimate]], n: int) -> Caveat:
    named = "; ".join(f"{name}: {one.method}" for name, one in left_out)
    return Caveat(code="experiment_left_out", text=f"{len(left_out)} of {n} experiments do not give it ({named}).")


def _shared_caveats(parts: Sequence[Estimate]) -> list[Caveat]:
    """Return each reservation of the experiments once."""
    return list({caveat.code: caveat for one in parts for caveat in one.caveats}.values())


def _log10(value: float) -> float:
    return math.log10(value) if value > 0 else -math.inf


def _power(value: float) -> float:
    return 10.0**value if value < 300 else math.inf
