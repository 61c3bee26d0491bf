"""The course that is drawn over several membranes: a mean over experiments with its interval at each time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from avpi.dose.course_fit import CourseFit
from avpi.dose.degradation_course import DegradationCourse
from avpi.dose.over_experiments import random_effects

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseBand:
    """Remaining protein at times.

    Attributes
    ----------
    minutes, remaining, low, high : (t,); fractions of the start.
    experiments : how many fitted courses it rests on.
    """

    minutes: Floats
    remaining: Floats
    low: Floats
    high: Floats
    experiments: int


def course_band(course: DegradationCourse, minutes: ArrayLike, *, level: float = 0.95) -> CourseBand | None:
    """Return the mean course over experiments with a pointwise interval; None where no course was fitted.

    Notes
    -----
    With several experiments the fitted courses are combined at each time by random effects, as all numbers are; with
    one the interval is of its own scatter, by linearisation.
    """
    times = np.asarray(minutes, float)
    fits = [one.fit for one in course.by_experiment if one.fit is not None]
    if not fits and course.pooled is not None:
        fits = [course.pooled]
    if not fits:
        return None
    parts = [_with_error(fit, times) for fit in fits]
    if len(fits) == 1:
        values, errors = parts[0]
        reach = float(stats.t.ppf(0.5 + level / 2, max(fits[0].df, 1))) * errors
        low, high = values - reach, values + reach
    else:
        ends = []
        for i in range(times.size):
            over = random_effects([part[0][i] for part in parts], [part[1][i] for part in parts])
            ends.append((over.mean, *over.interval(level)))
        values, low, high = np.array(ends).T
    return CourseBand(minutes=times, remaining=values, low=np.maximum(low, 0.0), high=high, experiments=len(fits))


def _with_error(fit: CourseFit, minutes: Floats) -> tuple[Floats, Floats]:
    """Return the fitted course as fractions of its start, and its standard errors by linearisation."""
    start = fit.value("start")
    slopes = fit.model.derivatives(minutes, fit.parameters) / start
    slopes[:, fit.model.place("start")] = 0.0
    variance = np.einsum("ti,ij,tj->t", slopes, fit.covariance, slopes)
    values = fit.model.relative(minutes, fit.parameters)
    floor = (1e-6 * max(math.fabs(fit.sd), 1e-6)) ** 2
    return values, np.sqrt(np.maximum(variance, floor))
