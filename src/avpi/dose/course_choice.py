"""Whether a course returns: compared by AICc, looked for among the means, and refused where too few times follow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from avpi.dose.course_fit import CourseFit, CoursePoints, Noise, fit_course_model
from avpi.dose.course_model import CourseModel
from avpi.dose.hook import LEAST_REPLICATION, LEAST_RISE, SURE
from avpi.estimate import Caveat

Floats = NDArray[np.float64]
Kind = Literal["loss", "loss_and_rebound", "loss_until_minimum"]

LEAST_AFTER_MINIMUM = 3
"""Times after that of the lowest mean without which a return is not fitted: it has three parameters of its own."""
MUCH_BETTER = 6.0
"""Gain in AICc from which a return is believed that the means alone do not show (evidence 20 to 1)."""
LEAST_TIMES = 4
"""Different times, that of the start included, without which start, floor and half-life cannot be told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseChoice:
    """Which model all lanes together have.

    Attributes
    ----------
    kind, why : the choice and the reason.
    last_minutes : the last time that is used where only the loss is.
    caveats : reservations for every number.
    """

    kind: Kind
    why: str
    last_minutes: float
    caveats: tuple[Caveat, ...]


def choose_course(points: CoursePoints, *, lag: bool, anchored: bool, noise: Noise) -> CourseChoice:
    """Return whether a return is fitted, suspected only, or absent."""
    if why := too_few_times(points, anchored=anchored):
        return CourseChoice(kind="loss", why=why, last_minutes=math.inf, caveats=())
    plain = fit_course_model(CourseModel(lag=lag), points, anchored=anchored, noise=noise)
    means, _ = time_means(points)
    lowest = int(np.argmin(means))
    after, last = means.size - 1 - lowest, float(points.times[lowest])
    if isinstance(plain, str):
        return CourseChoice(kind="loss", why=plain, last_minutes=math.inf, caveats=())
    suspected = suspect_rebound(plain, points)
    refused, gain = "", -math.inf
    if after < LEAST_AFTER_MINIMUM:
        refused = f"a return needs {LEAST_AFTER_MINIMUM} times after the lowest and there are {after}"
    else:
        both = fit_course_model(CourseModel(lag=lag, rebound=True), points, anchored=anchored, noise=noise)
        if isinstance(both, str):
            refused = both
        elif both.df < 1 or both.aicc == math.inf:
            refused = f"a return has 3 parameters more and there are {points.minutes.size} lanes"
        else:
            gain = plain.aicc - both.aicc
    if (suspected and gain > 0) or gain > MUCH_BETTER:
        why = f"AICc is lower by {gain:.3g} with a return than without" + (f"; {suspected}" if suspected else "")
        return CourseChoice(kind="loss_and_rebound", why=why, last_minutes=math.inf, caveats=())
    if suspected:
        because = refused or "AICc does not pay for the parameters of a return"
        text = f"A return is suspected ({suspected}) but not fitted: {because}. Only times up to {last:g} min are used."
        caveat = Caveat(code="rebound_not_fitted", text=text)
        return CourseChoice(kind="loss_until_minimum", why=text, last_minutes=last, caveats=(caveat,))
    told = refused or f"AICc is {'lower' if gain > 0 else 'higher'} by {abs(gain):.3g} with a return"
    caveats: tuple[Caveat, ...] = ()
    if gain > 0:
        text = f"{told[0].upper()}{told[1:]}, but no rise stands out of the scatter: a return is not excluded."
        caveats = (Caveat(code="rebound_not_excluded", text=text),)
    why = f"no rise after the lowest time stands out of the scatter; {told}"
    return CourseChoice(kind="loss", why=why, last_minutes=math.inf, caveats=caveats)


def fit_choice(
    points: CoursePoints, choice: CourseChoice, *, lag: bool, anchored: bool, noise: Noise
) -> CourseFit | str:
    """Return the fit of some lanes in the chosen model, or why there is none.

    Where one experiment has too few lanes for a return, its loss up to the lowest time is fitted.
    """
    if why := too_few_times(points, anchored=anchored):
        return why
    if choice.kind == "loss_and_rebound":
        both = fit_course_model(CourseModel(lag=lag, rebound=True), points, anchored=anchored, noise=noise)
        if isinstance(both, CourseFit) and both.df >= 1:
            return both
    if choice.kind != "loss":
        last = choice.last_minutes
        if not math.isfinite(last):
            means, _ = time_means(points)
            last = float(points.times[int(np.argmin(means))])
        points = points.only(points.minutes <= last)
        if why := too_few_times(points, anchored=anchored):
            return f"up to the lowest, at {last:g} min, {why}"
    found = fit_course_model(CourseModel(lag=lag), points, anchored=anchored, noise=noise)
    if isinstance(found, CourseFit) and found.df < 1:
        return f"as many parameters as measured lanes ({found.model.words}): nothing is left to judge errors by"
    return found


def too_few_times(points: CoursePoints, *, anchored: bool) -> str:
    """Return why the times do not suffice for a half-life, or an empty string; a start that is held is one of them."""
    given = points.times[points.times > 0] if anchored else points.times
    wanted = LEAST_TIMES - 1 if anchored else LEAST_TIMES
    if given.size >= wanted and np.any(given > 0):
        return ""
    after = " after 0" if anchored else ""
    return f"there are {given.size} different times{after}, and start, floor and half-life need {wanted}"


def time_means(points: CoursePoints) -> tuple[Floats, NDArray[np.int64]]:
    """Return mean (d,) and number (d,) of the lanes at each time; a lane below detection counts as its limit."""
    groups = [points.minutes == time for time in points.times]
    means = np.array([points.remaining[group].mean() for group in groups])
    return means, np.array([int(group.sum()) for group in groups], np.int64)


def suspect_rebound(plain: CourseFit, points: CoursePoints) -> str:
    """Return why a course looks as if it returned, or an empty string.

    The mean at each time after the lowest is held against the lowest by a one-sided t test, Bonferroni over the times,
    as ``avpi.dose.hook.suspect_hook`` does over doses.
    """
    means, counts = time_means(points)
    lowest, span = int(np.argmin(means)), float(np.ptp(means))
    if lowest == means.size - 1 or span <= 0:
        return ""
    sd, df = _scatter(plain, points)
    if df < 1 or not sd > 0:
        return ""
    scale = plain.sd_scale_at(points.times)
    spread = sd * np.sqrt(scale[lowest + 1 :] ** 2 / counts[lowest + 1 :] + scale[lowest] ** 2 / counts[lowest])
    rises = means[lowest + 1 :] - means[lowest]
    p = stats.t.sf(rises / spread, df) * means.size
    sure = np.flatnonzero((p < SURE) & (rises > LEAST_RISE * span))
    if not sure.size:
        return ""
    at = int(sure[np.argmax(rises[sure])])
    return (
        f"{rises[at] / span:.0%} of the span come back from {points.times[lowest]:g} min to"
        f" {points.times[lowest + 1 + at]:g} min (p = {max(float(p[at]), 1e-12):.1g})"
    )


def _scatter(plain: CourseFit, points: CoursePoints) -> tuple[float, int]:
    """Return the standard deviation of a lane of scale 1 by replicates, else by the fit without return."""
    total, df = 0.0, 0
    scale = plain.sd_scale_at(points.minutes)
    for time in points.times:
        group = (points.minutes == time) & ~points.below_detection
        if group.sum() > 1:
            values = points.remaining[group] / scale[group]
            total += float(np.sum((values - values.mean()) ** 2))
            df += values.size - 1
    if df >= LEAST_REPLICATION and total > 0:
        return math.sqrt(total / df), df
    return plain.sd, plain.df
