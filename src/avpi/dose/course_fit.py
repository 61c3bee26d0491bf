"""A course fitted by maximum likelihood, with lanes below detection as what they are: somewhere below their limit.

Measured lanes are normal about the course; a lane below its detection limit L adds the probability that it lies there,
Phi((L - y) / sd) (Tobin 1958 Econometrica 26:24, doi:10.2307/1907382). Without such lanes this is least squares. Both
kinds enter one sum: a censored lane has the residual sqrt(-2 ln Phi), so that the same descents serve.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from avpi.dose.course_model import CourseModel
from avpi.dose.likelihood_interval import Profiled, profile_interval
from avpi.dose.marquardt import descend
from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ROUNDS, SETTLED = 40, 1e-6
"""Of scatter and course in turn, each given the other."""
NO_GAIN = 1e-11
"""Of a descent, of its sum of squares."""
SMALLEST_SD = 1e-9
"""Scatter of lanes that lie on the course exactly."""
SMALLEST_PROBABILITY = 1e-300
OTHER_HALF_LIVES = (-1.0, 1.0)
"""Added to the logarithm of the fitted half-life: where refits that look too bad begin again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How the scatter of a lane grows with its signal: ``sqrt(absolute^2 + (relative y)^2)``, up to a common factor.

    Attributes
    ----------
    relative : such as 0.1 for loading and blotting errors of a tenth.
    absolute : as a fraction of the start, such as 0.02 for background; above 0.
    """

    relative: float = 0.0
    absolute: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.relative) and self.relative >= 0):
            what = f"the relative error is '{self.relative}'"
            raise InputError(Problem(file="noise", what=what, expected="0 or a positive number"))
        if not (math.isfinite(self.absolute) and self.absolute > 0):
            what = f"the absolute error is '{self.absolute}'"
            hint = "Without it a lane near 0 would outweigh all others"
            raise InputError(Problem(file="noise", what=what, expected="a positive number", hint=hint))

    def scale(self, fitted: Floats) -> Floats:
        """Return relative standard deviations (n,)."""
        return np.sqrt(self.absolute**2 + (self.relative * fitted) ** 2)


CONSTANT = Noise()
"""The same scatter in every lane."""
BLOT = Noise(relative=0.1, absolute=0.02)
"""A tenth of the band, as loading and transfer make it, beside background of 2 % of the start (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePoints:
    """Lanes of a course: minutes after dose (n,), remaining (n,), and which lie below the value given (n,)."""

    minutes: Floats
    remaining: Floats
    below_detection: Bools

    def only(self, which: Bools) -> CoursePoints:
        """Return some of the lanes."""
        return CoursePoints(
            minutes=self.minutes[which],
            remaining=self.remaining[which],
            below_detection=self.below_detection[which],
        )

    @property
    def times(self) -> Floats:
        """The different times, ascending."""
        return np.unique(self.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseFit:
    """A model fitted to lanes.

    Attributes
    ----------
    parameters, edges : (p,) and (p, 2) in the order of ``model.parameters``.
    noise : how the scatter grows with the signal.
    scale : (n,) relative standard deviations of the lanes.
    sd : standard deviation of a lane of scale 1, corrected for the parameters.
    deviance : the summed squared residuals over ``sd``, censored lanes included.
    df : measured lanes less free parameters.
    aicc : Akaike's criterion with the correction for few points.
    covariance : (p, p) by linearisation; 0 for parameters that are held or at an edge.
    """

    model: CourseModel
    points: CoursePoints
    parameters: Floats
    edges: Floats
    noise: Noise
    scale: Floats
    sd: float
    deviance: float
    df: int
    aicc: float
    covariance: Floats

    def residuals(self, b: Floats) -> Floats:
        """Return residuals (n,) in standard deviations."""
        return _residuals(self.points, self.model.response(self.points.minutes, b), self.sd * self.scale)

    def jacobian(self, b: Floats) -> Floats:
        """Return minus the derivatives (n, p) of the residuals."""
        fitted = self.model.response(self.points.minutes, b)
        spread = self.sd * self.scale
        columns = self.model.derivatives(self.points.minutes, b) / spread[:, None]
        return _slopes(self.points, fitted, spread)[:, None] * columns

    def sd_scale_at(self, minutes: Floats) -> Floats:
        """Return relative standard deviations (m,) of lanes at other times."""
        return self.noise.scale(np.maximum(self.model.response(minutes, self.parameters), 0.0))

    def value(self, name: str) -> float:
        """Return a parameter."""
        return float(self.parameters[self.model.place(name)])

    def interval_of(self, name: str, reach: tuple[float, float], level: float) -> tuple[float, float]:
        """Return the profile-likelihood interval of a parameter; ends beyond ``reach`` or its box are infinite."""
        if self.df < 1:
            return -math.inf, math.inf
        j = self.model.place(name)
        problem = Profiled(
            residuals=self.residuals, jacobian=self.jacobian, best=self.parameters,
            low=self.edges[:, 0], high=self.edges[:, 1], rss=self.deviance, df=self.df, others=self.others(),
        )  # fmt: skip
        # The scatter is known here up to its degrees of freedom: the rise is F itself, whatever censored lanes add
        rise = float(stats.f.ppf(level, 1, self.df))
        coverage = float(stats.f.cdf(rise * self.df / self.deviance, 1, self.df))
        error = math.sqrt(float(self.covariance[j, j]))
        scale = error if error > 0 else 0.1 * max(abs(float(self.parameters[j])), 0.1)
        return profile_interval(problem, j, scale=scale, reach=reach, level=coverage)

    def others(self) -> tuple[Floats, ...]:
        """Return courses of other half-lives, where refits that look too bad begin again."""
        others = []
        for shift in OTHER_HALF_LIVES:
            other = self.parameters.copy()
            other[2] += shift
            others.append(np.clip(other, self.edges[:, 0], self.edges[:, 1]))
        return tuple(others)


def fit_course_model(
    model: CourseModel, points: CoursePoints, *, anchored: bool, noise: Noise = CONSTANT
) -> CourseFit | str:
    """Return the maximum-likelihood fit of a model, or why there is none.

    Parameters
    ----------
    anchored : the course starts exactly at 1; lanes at time 0 then say nothing and are left out.
    """
    used = points.only(points.minutes > 0) if anchored else points
    edges = model.edges(points.minutes, anchored=anchored)
    free = int(np.sum(edges[:, 1] > edges[:, 0]))
    measured = int(np.sum(~used.below_detection))
    wanted = free - (1 if np.any(used.below_detection) else 0)
    if used.minutes.size < free or measured < max(wanted, 1):
        return f"there are {measured} measured lanes for {free} parameters ({model.words})"
    guessed = np.where(used.below_detection, 0.5 * used.remaining, used.remaining)
    scale = noise.scale(np.maximum(guessed, 0.0))
    begin = model.starts(used.minutes, guessed, 1 / scale, edges)
    sd = _spread(used, guessed, scale, model, begin[0], free)
    ends = [_descended(model, used, b, edges, sd * scale) for b in begin]
    best = min(ends, key=lambda end: end[1])[0]
    for _ in range(ROUNDS):
        scale = noise.scale(np.maximum(model.response(used.minutes, best), 0.0))
        new = _likely_sd(used, model.response(used.minutes, best), scale)
        best, _ = _descended(model, used, best, edges, max(new, SMALLEST_SD) * scale)
        settled = abs(new - sd) <= SETTLED * max(sd, SMALLEST_SD)
        sd = new
        if settled:
            break
    return _drawn_up(model, used, best, edges, noise, free)


def _drawn_up(
    model: CourseModel, points: CoursePoints, best: Floats, edges: Floats, noise: Noise, free: int
) -> CourseFit:
    fitted = model.response(points.minutes, best)
    scale = noise.scale(np.maximum(fitted, 0.0))
    measured = int(np.sum(~points.below_detection))
    df = measured - free
    likely = max(_likely_sd(points, fitted, scale), SMALLEST_SD)
    sd = likely * math.sqrt(measured / max(df, 1))
    k, n = free + 1, points.minutes.size
    aicc = math.inf
    if n - k - 1 > 0:
        deviance = float(np.sum(_residuals(points, fitted, likely * scale) ** 2))
        logs = 2 * float(np.sum(np.log(likely * scale[~points.below_detection])))
        aicc = deviance + logs + 2 * k + 2 * k * (k + 1) / (n - k - 1)
    fit = CourseFit(
        model=model, points=points, parameters=best, edges=edges, noise=noise, scale=scale, sd=sd, deviance=0.0, df=df,
        aicc=aicc, covariance=np.zeros((best.size, best.size)),
    )  # fmt: skip
    columns = fit.jacobian(best)
    inside = (best > edges[:, 0]) & (best < edges[:, 1])
    covariance = np.zeros((best.size, best.size))
    covariance[np.ix_(inside, inside)] = np.linalg.pinv(columns[:, inside].T @ columns[:, inside])
    deviance = float(np.sum(fit.residuals(best) ** 2))
    return replace(fit, deviance=max(deviance, 1e-12), covariance=covariance)


def _descended(
    model: CourseModel, points: CoursePoints, b: Floats, edges: Floats, spread: Floats
) -> tuple[Floats, float]:
    def residuals(b: Floats) -> Floats:
        return _residuals(points, model.response(points.minutes, b), spread)

    def jacobian(b: Floats) -> Floats:
        slopes = _slopes(points, model.response(points.minutes, b), spread)
        return slopes[:, None] * model.derivatives(points.minutes, b) / spread[:, None]

    end = descend(residuals, jacobian, b, edges[:, 0], edges[:, 1], no_gain=NO_GAIN)
    return end.parameters, end.rss


def _residuals(points: CoursePoints, fitted: Floats, spread: Floats) -> Floats:
    z = (points.remaining - fitted) / spread
    censored = np.sqrt(np.maximum(-2 * special.log_ndtr(z), 0.0))
    # Of the sign of what pulls the course: a censored lane pulls it down
    return np.where(points.below_detection, -censored, z)


def _slopes(points: CoursePoints, fitted: Floats, spread: Floats) -> Floats:
    """Return minus the derivative (n,) of each residual by the fitted value, times its spread."""
    z = (points.remaining - fitted) / spread
    r = np.sqrt(np.maximum(-2 * special.log_ndtr(z), SMALLEST_PROBABILITY))
    ratio = np.exp(-0.5 * z * z - 0.5 * math.log(2 * math.pi) - special.log_ndtr(z))
    return np.where(points.below_detection, np.minimum(ratio / r, 1.0), 1.0)


def _likely_sd(points: CoursePoints, fitted: Floats, scale: Floats) -> float:
    """Return the standard deviation of largest likelihood for a given course."""
    z = (points.remaining - fitted) / scale
    seen, unseen = z[~points.below_detection], z[points.below_detection]
    sd = math.sqrt(float(np.mean(seen**2))) if seen.size else SMALLEST_SD
    if not unseen.size:
        return sd
    sd = max(sd, 1e-6)
    for _ in range(ROUNDS):
        u = unseen / sd
        pull = np.sum(u * np.exp(-0.5 * u * u - 0.5 * math.log(2 * math.pi) - special.log_ndtr(u)))
        new = math.sqrt(max(float(np.sum(seen**2)) / max(seen.size + float(pull), 0.1), SMALLEST_SD**2))
        if abs(new - sd) <= SETTLED * sd:
            break
        sd = math.sqrt(new * sd)
    return sd


def _spread(points: CoursePoints, guessed: Floats, scale: Floats, model: CourseModel, b: Floats, free: int) -> float:
    rss = float(np.sum(((guessed - model.response(points.minutes, b)) / scale) ** 2))
    return max(math.sqrt(rss / max(points.minutes.size - free, 1)), 1e-6)
