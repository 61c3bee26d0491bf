"""Intervals of a four-parameter curve by resampling whole experiments, for six or more of them.

Wells of one experiment share its day, so single wells are never drawn: an experiment comes with all its wells or not at
all (cluster bootstrap; Davison & Hinkley 1997 Bootstrap Methods and their Application, section 3.8). Every draw is
fitted by ``avpi.dose.batch``. With few experiments plain percentiles are too narrow (a half-width of
``1.96 sqrt((n - 1) / n)`` standard errors where Student's t takes 2.4 for n = 8), so the percentiles are moved outwards
until they would give Student's interval for a mean: Hesterberg 2015 Am Stat 69:371, doi:10.1080/00031305.2015.1089789.

With five experiments or fewer the draws repeat themselves and no percentile helps; fit each experiment, and use
``estimate_over_experiments``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from avpi.compute.places import Place
from avpi.dose.batch import CurveFits, fit_curves
from avpi.dose.curve_points import CurvePoints, read_points
from avpi.dose.design import Boxes
from avpi.dose.over_experiments import Scale, random_effects, read_experiments
from avpi.errors import InputError, Problem
from avpi.estimate import Estimate, not_estimable

Floats = NDArray[np.float64]

LEAST_EXPERIMENTS = 6
"""Below this the draws are too alike: 5 experiments give 126 different ones."""
DRAWS = 4000
"""Draws: the outermost percentile that is needed, 0.24 % for six experiments, then has ten draws beyond it."""
WEIGHT_STEPS = 20
"""Binary digits of the weight of a dose: a weight is exact to a millionth of the largest."""
LEAST_DRAWS = 1000
LOG10_MOLAR = "log10 M"
FLAT = 1e-6
"""Of the level at dose 0: a fall smaller than this is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentBootstrap:
    """Numbers of a curve with intervals over experiments.

    Attributes
    ----------
    log10_relative_ec50, log10_absolute_ec50 : log10 molar; half of the fitted fall, and half of the control. Open ends
        are infinite, and an estimate beyond the doses has the state ``above`` or ``below`` at the last of them.
    emax : effect at the highest dose: 1 less the fitted response there, relative to the control.
    bottom, hill_slope : parameters.
    draws : curves that were fitted.
    share_without_relative_ec50, share_without_absolute_ec50 : of the draws: flat, rising, not fitted, or with the EC50
        outside the tested doses.
    experiments : how many there are.
    """

    log10_relative_ec50: Estimate
    log10_absolute_ec50: Estimate
    emax: Estimate
    bottom: Estimate
    hill_slope: Estimate
    draws: int
    share_without_relative_ec50: float
    share_without_absolute_ec50: float
    experiments: int


def bootstrap_experiments(
    doses_molar: ArrayLike,
    responses: ArrayLike,
    experiments: Sequence[str],
    weights: ArrayLike | None = None,
    boxes: Boxes | None = None,
    *,
    control: float = 1.0,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 1,
    place: Place | None = None,
) -> ExperimentBootstrap:
    """Fit a four-parameter logistic to all experiments and take its intervals from resampled experiments.

    Experiments are taken as independent and alike; within one, wells may depend on each other in any way. Doses and
    numbers of wells may differ between experiments.

    Parameters
    ----------
    doses_molar, responses : (wells,) 0 for a control; normalised within each experiment.
    experiments : (wells,) label of the experiment.
    weights : (wells,) relative inverse variances; equal ones where none are given.
    boxes : where the parameters may lie; those of viability where none are given.
    control : response that counts as 100 %.
    draws : curves that are fitted.
    seed : equal seeds give equal intervals.

    Raises
    ------
    InputError
        If there are fewer than six experiments, or the wells cannot be used.
    """
    points = read_points(doses_molar, responses, weights)
    labels = read_experiments(experiments, points.responses.size)
    names, which = np.unique(np.asarray(labels), return_inverse=True)
    _check(names.size, level, draws, control)
    random = np.random.Generator(np.random.Philox(key=seed))
    drawn = random.multinomial(names.size, np.full(names.size, 1 / names.size), size=draws)
    times = np.vstack([np.ones((1, names.size)), drawn])
    fits = fit_resampled(points, which, times, boxes, place)
    first, last = float(fits.design.given[0]), float(fits.design.given[-1])
    relative, absolute = _relative(fits), _absolute(fits, control)
    if not fits.converged[0]:
        relative[0] = math.nan  # a draw may end in a valley and still say on which side it lies; the estimate may not
    at_last = _heights(fits, last)
    reading = _Reading(level=level, n=names.size)
    return ExperimentBootstrap(
        log10_relative_ec50=reading.position(relative, first, last, "relative"),
        log10_absolute_ec50=reading.position(absolute, first, last, "absolute"),
        emax=reading.number(1 - at_last / control, "effect at the highest dose"),
        bottom=reading.number(fits.bottom, "bottom"),
        hill_slope=reading.number(fits.hill_slope, "Hill slope"),
        draws=draws,
        share_without_relative_ec50=_share_outside(relative[1:], first, last),
        share_without_absolute_ec50=_share_outside(absolute[1:], first, last),
        experiments=names.size,
    )


def estimate_over_experiments(
    values: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    scale: Scale = "log10",
    unit: str = "",
    level: float = 0.95,
) -> Estimate:
    """Return the mean of one value per experiment with Student's interval between experiments.

    The remedy where experiments are too few to be resampled: 3 experiments give 2 degrees of freedom and 4.3 standard
    errors either way, and that is what is known. With standard errors it is the random-effects mean of
    ``avpi.dose.over_experiments.random_effects``.

    Parameters
    ----------
    values : (experiments,) such as log10 EC50 in molar of each experiment's own fit.
    errors : (experiments,) their standard errors.
    scale : ``"log10"`` if the values are logarithms: the estimate is their antilogarithm, in ``unit``.
    unit : of the estimate.

    Returns
    -------
    Estimate; not estimable with one experiment (``insufficient``), or where an experiment has no value: one that lies
    beyond the doses must not be left out of a mean, see ``avpi.dose.over_experiments.combine_estimates``.

    Raises
    ------
    InputError
        If there are no values, the errors do not fit them, or the coverage is out of range.
    """
    y = np.asarray(values, float)
    own = np.full(y.shape, np.nan) if errors is None else np.asarray(errors, float)
    if y.ndim != 1 or y.size == 0 or own.shape != y.shape:
        what = f"there are values of the shape {y.shape} and errors of the shape {own.shape}"
        raise InputError(Problem(file="values", what=what, expected="one value, and one error or none, per experiment"))
    _check_level(level)
    without = np.flatnonzero(~np.isfinite(y))
    if without.size:
        why = f"experiment {without[0] + 1} of {y.size} has no value; a mean of the others would leave out its reason"
        return not_estimable(why, unit=unit, n=y.size)
    if y.size == 1:
        return not_estimable("insufficient: one experiment", unit=unit, n=1)
    found = random_effects(y, own)
    low, high = found.interval(level)
    back = _antilogarithm if scale == "log10" else float
    return Estimate(
        value=back(found.mean), low=back(low), high=back(high), level=level, unit=unit, n=y.size,
        method=f"mean over {y.size} experiments, Student's t with {found.df} degrees of freedom",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """Turns the values of the draws, after that of the curve itself, into an estimate."""

    level: float
    n: int

    @property
    def method(self) -> str:
        return f"four-parameter logistic by least squares, {self.n} experiments resampled, expanded percentiles"

    def ends(self, values: Floats) -> tuple[float, float]:
        """Return the ends of the interval; a draw without value, nan, stands beyond both."""
        t = float(stats.t.ppf(0.5 + self.level / 2, self.n - 1))
        beyond = float(stats.norm.sf(math.sqrt(self.n / (self.n - 1)) * t))
        nowhere = np.isnan(values)
        low = np.sort(np.where(nowhere, -np.inf, values))
        high = np.sort(np.where(nowhere, np.inf, values))
        at = beyond * (values.size + 1) - 1
        return _between(low, at), _between(high, values.size - 1 - at)

    def number(self, values: Floats, name: str) -> Estimate:
        """Return the estimate of a number that every curve has."""
        low, high = self.ends(values[1:])
        if math.isinf(low) or math.isinf(high):
            return not_estimable(f"{name} of a {self.method}: too many draws have no curve", n=self.n)
        return Estimate(
            value=float(values[0]), low=low, high=high, level=self.level, n=self.n, method=f"{name} of a {self.method}"
        )

    def position(self, values: Floats, first: float, last: float, name: str) -> Estimate:
        """Return the estimate of a log10 dose; what lies outside the doses is censored at their ends."""
        value, method = float(values[0]), f"{name} EC50 of a {self.method}"
        low, high = self.ends(values[1:])
        low = min(low, last) if low >= first else -math.inf
        high = max(high, first) if high <= last else math.inf
        if math.isnan(value) or (low == -math.inf and high == math.inf):
            why = "the curve has none" if math.isnan(value) else "the experiments bound it on neither side"
            return not_estimable(f"{method}: {why}", unit=LOG10_MOLAR, n=self.n)
        found = Estimate(value=value, low=low, high=high, level=self.level, unit=LOG10_MOLAR, n=self.n, method=method)
        if value > last:
            return replace(found, value=last, high=math.inf, state="above")
        if value < first:
            return replace(found, value=first, low=-math.inf, state="below")
        return found


def fit_resampled(
    points: CurvePoints, which: NDArray[np.int64], times: Floats, boxes: Boxes | None, place: Place | None
) -> CurveFits:
    """Fit curves (draws,) in which the wells of experiment e count ``times[:, e]``-fold.

    A least-squares curve depends on the wells of a dose only through their mean and summed weight. The engine takes one
    set of weights for all curves, so each dose gets wells of weight 1, 1, 2, 4, 8, ... and a draw fills in those that
    add up to its weight.
    """
    doses, level = np.unique(points.doses_molar, return_inverse=True)
    weight, total = np.zeros((times.shape[1], doses.size)), np.zeros((times.shape[1], doses.size))
    np.add.at(weight, (which, level), points.weights)
    np.add.at(total, (which, level), points.weights * points.responses)
    heights = times @ weight
    with np.errstate(divide="ignore", invalid="ignore"):
        means = (times @ total) / heights
    counts = np.array_equal(points.weights, np.round(points.weights))
    step = 1.0 if counts and heights.max() < 2**WEIGHT_STEPS else heights.max() / 2**WEIGHT_STEPS
    whole = np.maximum(np.round(heights / step), 1).astype(np.int64)
    digits = max(int(whole.max() - 1).bit_length(), 1)
    filled = np.empty((*heights.shape, digits + 1), bool)
    filled[..., 0] = heights > 0
    for digit in range(digits):
        filled[..., digit + 1] = filled[..., 0] & ((whole - 1) >> digit & 1 > 0)
    wells = np.where(filled, means[..., None], np.nan).reshape(len(times), -1)
    weights = np.tile(np.concatenate([[1.0], 2.0 ** np.arange(digits)]), doses.size)
    return fit_curves(np.repeat(doses, digits + 1), wells, weights=weights, boxes=boxes, intervals=False, place=place)


def _relative(fits: CurveFits) -> Floats:
    """Return log10 EC50s; nan where a curve does not fall."""
    falls = fits.top - fits.bottom > FLAT * np.abs(fits.top)
    return np.where(falls, fits.log10_ec50_molar, np.nan)


def _absolute(fits: CurveFits, control: float) -> Floats:
    """Return log10 doses of half of the control; infinite where a falling curve stays above or below it."""
    half = 0.5 * control
    with np.errstate(divide="ignore", invalid="ignore"):
        at = fits.log10_ec50_molar + np.log10((fits.top - half) / (half - fits.bottom)) / fits.hill_slope
    at = np.where(fits.bottom >= half, np.inf, np.where(fits.top <= half, -np.inf, at))
    falls = fits.top - fits.bottom > FLAT * np.abs(fits.top)
    flat = np.where(fits.mean > half, np.inf, -np.inf)
    return np.where(np.isnan(fits.rss), np.nan, np.where(falls, at, flat))


def _heights(fits: CurveFits, log10_dose: float) -> Floats:
    with np.errstate(over="ignore", invalid="ignore"):
        share = 1 / (1 + 10 ** (fits.hill_slope * (log10_dose - fits.log10_ec50_molar)))
    return np.asarray(fits.bottom + (fits.top - fits.bottom) * share, float)


def _share_outside(values: Floats, first: float, last: float) -> float:
    return float(np.mean(~((values >= first) & (values <= last))))


def _between(ascending: Floats, at: float) -> float:
    """Return the value at a place between two of a row; infinite where either is."""
    place = min(max(at, 0.0), ascending.size - 1.0)
    below, above = float(ascending[math.floor(place)]), float(ascending[math.ceil(place)])
    if math.isinf(below) or math.isinf(above):
        return below if math.isinf(below) else above
    return below + (place - math.floor(place)) * (above - below)


def _check(experiments: int, level: float, draws: int, control: float) -> None:
    problems = []
    if experiments < LEAST_EXPERIMENTS:
        problems.append(
            Problem(
                file="experiments",
                what=f"there are {experiments} experiments to resample",
                expected=f"{LEAST_EXPERIMENTS} or more",
                hint="Fit each experiment and use estimate_over_experiments: Student's t between experiments",
            )
        )
    if draws < LEAST_DRAWS:
        problems.append(Problem(file="draws", what=f"there are '{draws}' draws", expected=f"{LEAST_DRAWS} or more"))
    if not (math.isfinite(control) and control > 0):
        problems.append(Problem(file="control", what=f"the control is '{control}'", expected="a positive number"))
    if problems:
        raise InputError(problems)
    _check_level(level)


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise InputError(Problem(file="level", what=f"the coverage is '{level}'", expected="between 0 and 1"))


def _antilogarithm(value: float) -> float:
    return 10.0**value if value < 300 else math.inf
