"""DC50 and Dmax of a protein that a compound degrades, from remaining protein at several doses.

DC50 is read from the falling limb only. Where the curve rises again at high dose (a hook) a plain logistic would mix
both limbs; then either a hook is fitted, or only the doses up to the lowest response are used. Two DC50s are given and
named: the relative one (half of the largest degradation) and the absolute one (half of the control).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.dose.curve_points import CurvePoints, read_points
from avpi.dose.degradation_limb import (
    ABSOLUTE,
    HOOK_ONSET,
    LEAST_DOSES,
    RELATIVE,
    LimbFit,
    choose_shape,
    dc50,
    fit_limb,
    fitted_dmax,
    hook_onset,
    observed_dmax,
)
from avpi.dose.falling_test import falling_p_value
from avpi.dose.over_experiments import combine_estimates, error_factors, one_experiment, read_experiments
from avpi.errors import InputError, Problem
from avpi.estimate import Caveat, Estimate, not_estimable

Floats = NDArray[np.float64]

SURE = 0.05
"""A fall counts as one below this p-value of the test for a fall."""
LOOKS_LIKE_PERCENT = 5.0
"""Times the control: remaining protein above this is percent that was called a fraction."""
TEST_SLOPES = (0.7, 1.5, 4.0)
TEST_PLACES = 21
"""Of the sigmoids that the test for a fall fits."""
BEST_OF_DOSES = "the lowest of several means was picked for being low: it overstates the degradation a little"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentDegradation:
    """What one independent experiment gives; the fields are those of ``DegradationCurve``."""

    experiment: str
    dc50_molar: Estimate
    dc50_absolute_molar: Estimate
    dmax: Estimate
    dmax_observed: Estimate
    hook_onset_molar: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class DegradationCurve:
    """Degradation against dose.

    Attributes
    ----------
    dc50_molar : *relative* DC50: the dose at which half of the largest degradation is reached, on the falling limb.
    dc50_absolute_molar : *absolute* DC50: the dose at which half of the control is left; not estimable where more than
        half is left at every dose.
    dmax : largest degraded fraction of the control within the tested doses, from the fitted curve.
    dmax_observed : the same from the mean at the lowest dose.
    hook_onset_molar : dose from which the protein rises again, the minimum of a fitted hook.
    shape : ``four_parameter_logistic``, ``hook``, ``falling_limb`` (only doses up to the lowest response were used), or
        ``none`` where no fall is shown.
    why : why that shape.
    falling_p : p-value of no fall, against a null simulated for these doses.
    by_experiment : what each experiment gives; empty where no fall is shown.
    pooled : the fit of all points, for drawing only: its errors know nothing of days. None where there is none.
    """

    dc50_molar: Estimate
    dc50_absolute_molar: Estimate
    dmax: Estimate
    dmax_observed: Estimate
    hook_onset_molar: Estimate
    shape: str
    why: str
    falling_p: float
    by_experiment: tuple[ExperimentDegradation, ...]
    pooled: LimbFit | None


def measure_degradation(
    doses_molar: ArrayLike,
    remaining: ArrayLike,
    *,
    experiments: Sequence[str] | None = None,
    weights: ArrayLike | None = None,
    control: float = 1.0,
    level: float = 0.95,
) -> DegradationCurve:
    """Measure DC50, Dmax and the onset of a hook.

    With several experiments each is fitted by itself and the numbers are combined over experiments (see
    ``avpi.dose.over_experiments``); n is the number of experiments. With one, n is 1 and the intervals are profile
    likelihood within it.

    Parameters
    ----------
    doses_molar : (n,) 0 for vehicle.
    remaining : (n,) protein left, as a fraction of ``control``, not clipped.
    experiments : (n,) label of the independent experiment (day) of each point; all points are of one where none are
        given. Lanes and wells are no experiments.
    weights : (n,) relative inverse variances.
    control : what counts as all of the protein.
    level : coverage of the intervals.

    Raises
    ------
    InputError
        If doses or values are no finite numbers, a dose is negative, or values look like percent.

    Notes
    -----
    Assumes that the protein was measured before it recovers and before cells die: a lysate of 24 h shows what is left
    of degradation, resynthesis and death together. A hook needs 3 doses beyond the lowest response. Hook effect:
    Douglass et al. 2013 JACS 135:6092, doi:10.1021/ja311795d.
    """
    points = read_points(doses_molar, remaining, weights)
    labels = read_experiments(experiments, points.doses_molar.size)
    if not (math.isfinite(control) and control > 0):
        raise InputError(Problem(file="control", what=f"the control is '{control:g}'", expected="a positive number"))
    _stop_at_percent(points, control)
    points = replace(points, responses=points.responses / control)
    experiments_in = tuple(dict.fromkeys(labels))
    if points.levels.size < LEAST_DOSES:
        why = f"there are {points.levels.size} different doses, and a DC50 needs {LEAST_DOSES}"
        return _without(points, labels, why, math.nan, level)
    falling_p = falling_p_value(points.responses[points.counted], _counted(labels, points), _test_curves(points))
    choice = choose_shape(points)
    if falling_p > SURE and not choice.sure_of_fall:
        why = f"no degradation is shown (p = {falling_p:.2g} that lanes without any change would fall as clearly)"
        return _without(points, labels, why, falling_p, level)
    pooled = fit_limb(points, choice)
    if isinstance(pooled, str):
        return _without(points, labels, pooled, falling_p, level)
    fits = []
    for name in experiments_in:
        own = _of_experiment(points, labels, name)
        fits.append((name, own, pooled if len(experiments_in) == 1 else fit_limb(own, choice)))
    several = len(experiments_in) > 1
    parts = tuple(_one_experiment(name, own, fit, level, quick=several) for name, own, fit in fits)
    rss = [fit.fit.rss if isinstance(fit, LimbFit) else 0.0 for _, _, fit in fits]
    df = [fit.fit.least_squares.df if isinstance(fit, LimbFit) else 0 for _, _, fit in fits]
    factors = error_factors(rss, df, level)
    caveats = choice.caveats
    over = _Over(parts=parts, factors=factors, level=level, caveats=caveats)
    return DegradationCurve(
        dc50_molar=over.combined("dc50_molar", RELATIVE, logarithmic=True),
        dc50_absolute_molar=over.combined("dc50_absolute_molar", ABSOLUTE, logarithmic=True),
        dmax=over.combined("dmax", "Dmax, fitted within the tested doses"),
        dmax_observed=over.combined("dmax_observed", "Dmax, mean at the lowest dose").with_caveat(
            "picked_as_lowest", BEST_OF_DOSES[0].upper() + BEST_OF_DOSES[1:] + "."
        ),
        hook_onset_molar=over.combined("hook_onset_molar", HOOK_ONSET, logarithmic=True),
        shape=choice.kind,
        why=choice.why,
        falling_p=falling_p,
        by_experiment=parts,
        pooled=pooled,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Over:
    """The experiments' numbers on their way to one."""

    parts: tuple[ExperimentDegradation, ...]
    factors: list[float]
    level: float
    caveats: tuple[Caveat, ...]

    def combined(self, field: str, what: str, *, logarithmic: bool = False) -> Estimate:
        ones = [(part.experiment, getattr(part, field)) for part in self.parts]
        if len(ones) == 1:
            single: Estimate = ones[0][1]
            found = replace(single, caveats=(*single.caveats, one_experiment())) if single.n else single
        else:
            found = combine_estimates(
                ones,
                what,
                scale="log10" if logarithmic else "linear",
                level=self.level,
                bounds=(0.0, math.inf) if logarithmic else (-math.inf, 1.0),
                error_factors=self.factors,
            )
        return replace(found, caveats=(*found.caveats, *self.caveats)) if found.state != "not_estimable" else found


def _one_experiment(
    name: str, own: CurvePoints, fit: LimbFit | str, level: float, *, quick: bool
) -> ExperimentDegradation:
    if isinstance(fit, str):
        none, without = not_estimable(fit, unit="M"), not_estimable(fit)
        return ExperimentDegradation(
            experiment=name, dc50_molar=none, dc50_absolute_molar=none, dmax=without,
            dmax_observed=observed_dmax(own, None, level), hook_onset_molar=none,
        )  # fmt: skip
    return ExperimentDegradation(
        experiment=name,
        dc50_molar=dc50(fit, "relative", level, quick=quick),
        dc50_absolute_molar=dc50(fit, "absolute", level, quick=quick),
        dmax=fitted_dmax(fit, level, quick=quick),
        dmax_observed=observed_dmax(own, fit, level),
        hook_onset_molar=hook_onset(fit, level, quick=quick),
    )


def _without(
    points: CurvePoints, labels: tuple[str, ...], why: str, falling_p: float, level: float
) -> DegradationCurve:
    """Return what is left to say where there is no curve: the lowest mean."""
    names = tuple(dict.fromkeys(labels))
    parts = tuple(_one_experiment(name, _of_experiment(points, labels, name), why, level, quick=True) for name in names)
    over = _Over(parts=parts, factors=[1.0] * len(parts), level=level, caveats=())
    none = not_estimable(why, unit="M", n=len(names))
    return DegradationCurve(
        dc50_molar=none,
        dc50_absolute_molar=none,
        dmax=not_estimable(why, n=len(names)),
        dmax_observed=over.combined("dmax_observed", "Dmax, mean at the lowest dose"),
        hook_onset_molar=none,
        shape="none",
        why=why,
        falling_p=falling_p,
        by_experiment=(),
        pooled=None,
    )


def _of_experiment(points: CurvePoints, labels: tuple[str, ...], name: str) -> CurvePoints:
    own = np.array([label == name for label in labels])
    return CurvePoints(
        doses_molar=points.doses_molar[own], responses=points.responses[own], weights=points.weights[own]
    )


def _counted(labels: tuple[str, ...], points: CurvePoints) -> tuple[str, ...]:
    return tuple(label for label, counts in zip(labels, points.counted, strict=True) if counts)


def _test_curves(points: CurvePoints) -> Floats:
    """Return falls (m, n), with and without a rise after them, for the test of a fall."""
    doses = points.doses_molar[points.counted]
    given = points.given
    x = np.where(doses > 0, np.log10(np.where(doses > 0, doses, 1.0)), -np.inf)
    places = np.linspace(math.log10(given[0]) - 0.5, math.log10(given[-1]) + 0.5, TEST_PLACES)
    falls = np.array([1 / (1 + 10.0 ** np.clip(h * (x - p), -300, 300)) for p in places for h in TEST_SLOPES])
    first = np.repeat(places, len(TEST_SLOPES))
    bells = [
        falls[i] + 1 - falls[j]
        for i in range(0, falls.shape[0], 2)
        for j in range(0, falls.shape[0], 4)
        if first[j] >= first[i] + 1
    ]
    return np.concatenate([falls, np.array(bells).reshape(len(bells), doses.size)])


def _stop_at_percent(points: CurvePoints, control: float) -> None:
    highest = float(np.max(points.responses))
    if highest > LOOKS_LIKE_PERCENT * control:
        what = f"the largest value is '{highest:g}', {highest / control:.3g} times the control '{control:g}'"
        hint = "Divide percentages by 100, or give 'control=100'"
        expected = "remaining protein as a fraction of the control"
        raise InputError(Problem(file="remaining", what=what, expected=expected, hint=hint))
