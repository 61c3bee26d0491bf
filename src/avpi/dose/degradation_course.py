"""Half-life, floor and return of a protein after a compound, from remaining protein at several times.

Each experiment is fitted by itself and the numbers are combined over experiments; lanes of several days in one fit
would pass for experiments.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.dose import course_estimates as numbers
from avpi.dose.course_choice import CourseChoice, Kind, choose_course, fit_choice
from avpi.dose.course_complete import CompleteLoss, find_complete_loss
from avpi.dose.course_fit import BLOT, CourseFit, CoursePoints, Noise
from avpi.dose.course_input import read_course, require_start, start_is_known
from avpi.dose.course_profile import chance_below
from avpi.dose.falling_test import falling_p_value
from avpi.dose.jackknife import jackknife_estimate
from avpi.dose.over_experiments import (
    combine_estimates,
    error_factors,
    one_experiment,
    random_effects,
    read_experiments,
    standard_error,
)
from avpi.estimate import Caveat, Estimate, not_estimable

Floats = NDArray[np.float64]

EARLY_MINUTES, NEARLY_ALL = 30.0, 0.1
"""By when a Smac mimetic should have taken 90 % of cIAP1: minutes, and what is then left."""
SURE = 0.05
"""A fall counts as one below this p-value."""
TEST_HALF_LIVES = 24
LOGARITHMIC = frozenset(
    {
        "half_life_minutes",
        "time_to_half_of_loss_minutes",
        "time_to_half_remaining_minutes",
        "recovery_half_life_minutes",
    }
)
OF_REBOUND = {
    "rebound_onset_minutes": numbers.ONSET,
    "recovery_half_life_minutes": numbers.RECOVERY,
    "regained": numbers.REGAINED,
}
"""Numbers of the return and what they are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseNumbers:
    """What a course gives, of one experiment or over several.

    Attributes
    ----------
    half_life_minutes : ln 2 / k of the loss to its floor.
    time_to_half_of_loss_minutes : from the compound to half of the loss; longer than the half-life after a lag.
    time_to_half_remaining_minutes : until half of the protein is left; not estimable where more than half stays.
    floor : fraction of the start to which the loss tends.
    lowest_remaining : smallest fraction of the fitted course within the times.
    remaining_at_30_minutes : fraction left at 30 min.
    lag_minutes : how long nothing happens; not estimable where no lag was asked for.
    rebound_onset_minutes, recovery_half_life_minutes, regained : when the protein begins to return, how fast, and what
        fraction of the start is back by the last time.
    """

    half_life_minutes: Estimate
    time_to_half_of_loss_minutes: Estimate
    time_to_half_remaining_minutes: Estimate
    floor: Estimate
    lowest_remaining: Estimate
    remaining_at_30_minutes: Estimate
    lag_minutes: Estimate
    rebound_onset_minutes: Estimate
    recovery_half_life_minutes: Estimate
    regained: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentCourse:
    """One independent experiment: its numbers and its fit, or why there is none.

    Of a loss that was complete at the first harvest there are bounds without a fit.
    """

    experiment: str
    numbers: CourseNumbers
    fit: CourseFit | None
    why_no_fit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DegradationCourse:
    """Degradation against time.

    Attributes
    ----------
    numbers : over all experiments.
    chance_of_90_percent_loss_at_30_minutes : confidence that less than a tenth is left at 30 min; nan where that is not
        estimable.
    kind : ``loss``, ``loss_and_rebound``, ``loss_until_minimum`` (a return is suspected but not fitted) or ``none``,
        where none is shown or can be fitted.
    why : why that.
    falling_p : p-value of no fall, against a null simulated for these times.
    by_experiment : what each experiment gives.
    pooled : the fit of all lanes, for drawing only: its errors know nothing of days. None where there is none, as of a
        loss that was complete at the first harvest.
    caveats : reservations for all numbers.
    """

    numbers: CourseNumbers
    chance_of_90_percent_loss_at_30_minutes: float
    kind: Kind | str
    why: str
    falling_p: float
    by_experiment: tuple[ExperimentCourse, ...]
    pooled: CourseFit | None
    caveats: tuple[Caveat, ...]


def fit_course(
    minutes_after_dose: ArrayLike,
    remaining: ArrayLike,
    *,
    experiments: Sequence[str] | None = None,
    below_detection: ArrayLike | None = None,
    noise: Noise = BLOT,
    lag: bool = False,
    anchored: bool = False,
    level: float = 0.95,
) -> DegradationCourse:
    """Measure how fast, how far and for how long a protein is lost.

    Parameters
    ----------
    minutes_after_dose : (n,) 0 for lanes without compound, or harvested when it was given.
    remaining : (n,) protein left, as a fraction of the start or of vehicle, not clipped; for a lane below detection its
        detection limit.
    experiments : (n,) label of the independent experiment (day) of each lane; one where none are given.
    below_detection : (n,) which lanes lie somewhere below the value given.
    noise : how the scatter grows with the signal; as ``BLOT`` where not given.
    lag : let the loss begin later than the compound.
    anchored : the course starts exactly at 1. Otherwise the start is fitted and all fractions are of it.
    level : coverage of the intervals.

    Raises
    ------
    InputError
        If a time is negative or no number, values look like percent, lanes at time 0 show no protein, or shapes
        disagree.

    Notes
    -----
    Where the lane at time 0 is the normaliser, it is exactly 1 in every experiment and its own error sits in all other
    lanes as a common factor. The fitted start takes that factor out, so leave ``anchored`` off. ``anchored`` is right
    where the start is known much better than a lane, such as the mean of many vehicle lanes; those at time 0 are then
    not fitted. Without any lane at time 0 the course is anchored (caveat ``start_assumed``).

    Two or three different times give no half-life. A half-life says nothing of synthesis and degradation apart: what is
    seen is the approach to a new balance. Intervals are profile likelihood with F(1, measured lanes less parameters);
    with several experiments those of ``avpi.dose.over_experiments``.
    """
    points, caveats = read_course(minutes_after_dose, remaining, below_detection)
    labels = read_experiments(experiments, points.minutes.size)
    require_start(points, labels)
    anchored, assumed = start_is_known(points, labels, anchored=anchored)
    options = _Options(lag=lag, anchored=anchored, noise=noise, level=level)
    caveats = (*caveats, *assumed)
    names = tuple(dict.fromkeys(labels))
    falling_p = falling_p_value(points.remaining, labels, _test_curves(points.minutes))
    choice = choose_course(points, lag=lag, anchored=anchored, noise=noise)
    falls = falling_p <= SURE
    pooled = options.fit(points, choice)
    ones = []
    for name in names:
        own = points.only(np.array([label == name for label in labels]))
        fit = pooled if len(names) == 1 else options.fit(own, choice)
        ones.append(_of_experiment(name, fit, own, choice, options))
    caveats = (*caveats, *choice.caveats)
    over = _over_experiments(ones, options)
    if len(names) > 1 and choice.kind == "loss_and_rebound" and isinstance(pooled, CourseFit):
        over = _with_jackknife(over, points, labels, pooled, choice, options)
    kind, why = (choice.kind, choice.why) if isinstance(pooled, CourseFit) else _without_fit(ones, pooled)
    if not falls and kind != "none":
        kind = "none"
        why = f"no loss is shown (p = {falling_p:.2g} that lanes without any change would fall as clearly)"
        over = _without_loss(over, why)
    return DegradationCourse(
        numbers=over if not caveats else _qualified(over, caveats),
        chance_of_90_percent_loss_at_30_minutes=_chance(ones, over, options),
        kind=kind,
        why=why,
        falling_p=falling_p,
        by_experiment=tuple(ones),
        pooled=pooled if isinstance(pooled, CourseFit) else None,
        caveats=caveats,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    lag: bool
    anchored: bool
    noise: Noise
    level: float

    def fit(self, points: CoursePoints, choice: CourseChoice) -> CourseFit | str:
        return fit_choice(points, choice, lag=self.lag, anchored=self.anchored, noise=self.noise)


def _of_experiment(
    name: str, fit: CourseFit | str, points: CoursePoints, choice: CourseChoice, options: _Options
) -> ExperimentCourse:
    if isinstance(fit, str):
        complete = find_complete_loss(points, anchored=options.anchored)
        found = _nothing(fit) if complete is None else _of_complete(complete, options.level)
        why = fit if complete is None else complete.words
        return ExperimentCourse(experiment=name, numbers=found, fit=None, why_no_fit=why)
    level = options.level
    no_lag = not_estimable("no lag was fitted", unit="min", n=1)
    why = "the return could not be fitted" if choice.kind != "loss" else "no return after the lowest time is shown"
    no_return, nothing_back = not_estimable(why, unit="min", n=1), not_estimable(why, n=1)
    returns = fit.model.rebound
    found = CourseNumbers(
        half_life_minutes=numbers.half_life(fit, level),
        time_to_half_of_loss_minutes=numbers.half_of_loss(fit, level),
        time_to_half_remaining_minutes=numbers.half_remaining(fit, level),
        floor=numbers.floor(fit, level),
        lowest_remaining=numbers.lowest(fit, level),
        remaining_at_30_minutes=numbers.remaining_at(fit, EARLY_MINUTES, level),
        lag_minutes=numbers.lag(fit, level) if fit.model.lag else no_lag,
        rebound_onset_minutes=numbers.onset(fit, level) if returns else no_return,
        recovery_half_life_minutes=numbers.recovery_half_life(fit, level) if returns else no_return,
        regained=numbers.regained(fit, level) if returns else nothing_back,
    )
    return ExperimentCourse(experiment=name, numbers=found, fit=fit, why_no_fit="")


def _nothing(why: str) -> CourseNumbers:
    time, share = not_estimable(why, unit="min", n=1), not_estimable(why, n=1)
    return CourseNumbers(
        half_life_minutes=time, time_to_half_of_loss_minutes=time, time_to_half_remaining_minutes=time, floor=share,
        lowest_remaining=share, remaining_at_30_minutes=share, lag_minutes=time, rebound_onset_minutes=time,
        recovery_half_life_minutes=time, regained=share,
    )  # fmt: skip


def _of_complete(loss: CompleteLoss, level: float) -> CourseNumbers:
    return replace(
        _nothing(loss.words),
        half_life_minutes=loss.time(numbers.HALF_LIFE, level),
        time_to_half_of_loss_minutes=loss.time(numbers.HALF_OF_LOSS, level),
        time_to_half_remaining_minutes=loss.time(numbers.HALF_REMAINING, level),
        floor=loss.lowest(numbers.FLOOR, level),
        lowest_remaining=loss.lowest(numbers.LOWEST, level),
        remaining_at_30_minutes=loss.remaining_at(EARLY_MINUTES, level),
    )


def _without_fit(ones: Sequence[ExperimentCourse], why: str) -> tuple[Kind | str, str]:
    """Return kind and reason where no fit of all lanes is: a loss where the experiments show that it was complete."""
    shown = [one for one in ones if one.numbers.half_life_minutes.state != "not_estimable"]
    if not shown or any(one.fit is not None for one in shown):
        return "none", why
    return "loss", "; ".join(dict.fromkeys(one.why_no_fit for one in shown))


def _over_experiments(ones: Sequence[ExperimentCourse], options: _Options) -> CourseNumbers:
    factors = _factors(ones, options)

    def combined(field: str, what: str) -> Estimate:
        parts = [(one.experiment, getattr(one.numbers, field)) for one in ones]
        if len(parts) == 1:
            single: Estimate = parts[0][1]
            if single.state == "not_estimable":
                return single
            return replace(single, caveats=(*single.caveats, one_experiment()))
        logarithmic = field in LOGARITHMIC
        bounds = (-math.inf, math.inf) if field == "regained" else (0.0, math.inf)
        return combine_estimates(
            parts, what, scale="log10" if logarithmic else "linear", level=options.level, bounds=bounds,
            error_factors=factors,
        )  # fmt: skip

    return CourseNumbers(
        half_life_minutes=combined("half_life_minutes", numbers.HALF_LIFE),
        time_to_half_of_loss_minutes=combined("time_to_half_of_loss_minutes", numbers.HALF_OF_LOSS),
        time_to_half_remaining_minutes=combined("time_to_half_remaining_minutes", numbers.HALF_REMAINING),
        floor=numbers.or_less(combined("floor", numbers.FLOOR)),
        lowest_remaining=numbers.or_less(combined("lowest_remaining", numbers.LOWEST)),
        remaining_at_30_minutes=combined("remaining_at_30_minutes", "remaining protein at 30 min"),
        lag_minutes=combined("lag_minutes", numbers.LAG),
        rebound_onset_minutes=combined("rebound_onset_minutes", numbers.ONSET),
        recovery_half_life_minutes=combined("recovery_half_life_minutes", numbers.RECOVERY),
        regained=combined("regained", numbers.REGAINED),
    )


def _factors(ones: Sequence[ExperimentCourse], options: _Options) -> list[float]:
    rss = [one.fit.sd**2 * one.fit.df if one.fit else 0.0 for one in ones]
    df = [one.fit.df if one.fit else 0 for one in ones]
    return error_factors(rss, df, options.level)


def _with_jackknife(
    over: CourseNumbers,
    points: CoursePoints,
    labels: Sequence[str],
    pooled: CourseFit,
    choice: CourseChoice,
    options: _Options,
) -> CourseNumbers:
    """Return the numbers with those of the return, where no experiment gives them alone, by leaving each one out."""
    wanted = [field for field in OF_REBOUND if getattr(over, field).state == "not_estimable"]
    if not wanted or not pooled.model.rebound:
        return over
    names = tuple(dict.fromkeys(labels))
    fits = [options.fit(points.only(np.array([label != name for label in labels])), choice) for name in names]
    quantity: dict[str, Callable[[CourseFit], float]] = {
        "rebound_onset_minutes": lambda fit: fit.value("onset"),
        "recovery_half_life_minutes": lambda fit: math.exp(fit.value("ln_recovery_half_life")),
        "regained": numbers.regained_value,
    }
    found = {}
    for field in wanted:
        of = quantity[field]
        left_out = [of(fit) if isinstance(fit, CourseFit) and fit.model.rebound else math.nan for fit in fits]
        found[field] = jackknife_estimate(
            of(pooled), left_out, OF_REBOUND[field], level=options.level,
            unit="" if field == "regained" else "min", logarithmic=field != "regained",
        )  # fmt: skip
    return replace(over, **found)


def _without_loss(over: CourseNumbers, why: str) -> CourseNumbers:
    """Return the numbers where nothing falls: what is left can be said, how fast it went cannot."""
    n = max(over.remaining_at_30_minutes.n, over.lowest_remaining.n)
    time = not_estimable(why, unit="min", n=n)
    half = over.time_to_half_remaining_minutes
    return replace(
        over,
        half_life_minutes=time,
        time_to_half_of_loss_minutes=time,
        time_to_half_remaining_minutes=half if half.state == "above" else time,
        floor=not_estimable(why, n=n),
        lag_minutes=time,
        rebound_onset_minutes=time,
        recovery_half_life_minutes=time,
        regained=not_estimable(why, n=n),
    )


def _qualified(over: CourseNumbers, caveats: tuple[Caveat, ...]) -> CourseNumbers:
    found = {}
    for field in CourseNumbers.__dataclass_fields__:
        one: Estimate = getattr(over, field)
        if one.state != "not_estimable":
            found[field] = replace(one, caveats=(*one.caveats, *caveats))
    return replace(over, **found)


def _chance(ones: Sequence[ExperimentCourse], over: CourseNumbers, options: _Options) -> float:
    """Return the confidence that less than a tenth is left at 30 min."""
    if over.remaining_at_30_minutes.state != "measured":
        return math.nan
    used = [one for one in ones if one.numbers.remaining_at_30_minutes.state == "measured"]
    if len(used) == 1 and used[0].fit is not None:
        fit = used[0].fit
        return chance_below(fit, numbers.left_at(fit, EARLY_MINUTES), NEARLY_ALL)
    parts = [one.numbers.remaining_at_30_minutes for one in used]
    factors = [f for one, f in zip(ones, _factors(ones, options), strict=True) if one in used]
    errors = [standard_error(part, options.level) * f for part, f in zip(parts, factors, strict=True)]
    return random_effects([part.value for part in parts], errors).chance_below(NEARLY_ALL)


def _test_curves(minutes: Floats) -> Floats:
    """Return courses (m, n) that fall, and that fall and return, for the test of a fall."""
    positive = minutes[minutes > 0]
    if not positive.size:
        return np.zeros((0, minutes.size))
    halves = np.geomspace(positive.min() / 4, 4 * positive.max(), TEST_HALF_LIVES)
    falls = np.array([np.exp2(-minutes / half) for half in halves])
    returns = [
        1 - (1 - np.exp2(-minutes / fast)) * np.exp2(-minutes / slow)
        for fast in halves[::2]
        for slow in halves[::2]
        if slow > fast
    ]
    return np.concatenate([falls, np.array(returns)])
