"""The plainest test of two compounds: whether the pair does more than independence says, over experiments.

    E(A+B) - E(A) - E(B) + E(A) E(B)

This is the Bliss score of one experiment. Where B alone does nothing (TNF, an inhibitor), Bliss and the highest single
agent both expect the effect of A alone, and this contrast is what is left to ask.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from avpi.dose.design import SAME_DOSE
from avpi.dose.synergy.combination import Combination
from avpi.dose.synergy.reference_models import bliss
from avpi.dose.synergy.vehicle import vehicle_caveats
from avpi.errors import InputError, Problem
from avpi.estimate import Estimate, not_estimable

Floats = NDArray[np.float64]

ALL_THE_SAME = 1e-12
"""Contrasts of experiments that differ by less are copies of one experiment, whose spread says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionContrast:
    """The interaction contrast of a pair: positive is synergy, 0 is Bliss independence.

    Attributes
    ----------
    experiments : names of those in which the pair and both compounds alone were measured.
    values : (experiments,) contrast of each, the mean over pairs of doses.
    pairs : (experiments,) pairs of doses behind each value.
    mean : over experiments, t with n - 1 degrees of freedom.
    p : two-sided p of no interaction; nan with one experiment.
    """

    experiments: tuple[str, ...]
    values: Floats
    pairs: NDArray[np.int64]
    mean: Estimate
    p: float


def interaction_contrast(
    combination: Combination, *, dose_a: float | None = None, dose_b: float | None = None, level: float = 0.95
) -> InteractionContrast:
    """Test for interaction over independent experiments.

    Parameters
    ----------
    dose_a, dose_b : the doses that count, in the units of the combination; all above 0 where none is given. Choose
        them before the experiment: the best of many pairs of doses is synergy by selection. A tested dose within 1 %
        of the one that is asked for is meant.
    level : coverage of the interval.

    Raises
    ------
    InputError
        If the dose was not tested or ``level`` is not between 0 and 1.

    Notes
    -----
    Assumes normal contrasts over experiments. Each experiment counts once, however many wells it has.
    """
    if not 0 < level < 1:
        raise InputError(Problem(file="level", what=f"the coverage is '{level}'", expected="between 0 and 1"))
    names = (combination.compound_a, combination.compound_b)
    rows = _chosen(combination.levels_a, dose_a, names[0], combination.unit_a)
    columns = _chosen(combination.levels_b, dose_b, names[1], combination.unit_b)
    matrices = combination.matrices()
    if combination.levels_a[0] > 0 or combination.levels_b[0] > 0:
        return _without(f"no wells have {names[0]} or {names[1]} alone")
    pair = matrices[:, rows][:, :, columns]
    excess = pair - bliss(matrices[:, rows, :1], matrices[:, :1, columns])
    there = ~np.isnan(excess)
    pairs = there.sum(axis=(1, 2))
    has = pairs > 0
    if not has.any():
        return _without("no experiment has the pair and both compounds alone at the same doses")
    values = np.where(there, excess, 0.0).sum(axis=(1, 2))[has] / pairs[has]
    experiments = tuple(name for name, measured in zip(combination.experiments, has, strict=True) if measured)
    mean, p = _over_experiments(values, level)
    for caveat in vehicle_caveats(combination):
        mean = mean.with_caveat(caveat.code, caveat.text)
    return InteractionContrast(experiments=experiments, values=values, pairs=pairs[has], mean=mean, p=p)


def _chosen(levels: Floats, dose: float | None, name: str, unit: str) -> NDArray[np.intp]:
    if dose is None:
        return np.flatnonzero(levels > 0)
    apart = np.where(levels > 0, np.abs(levels - dose), np.inf)
    nearest = int(np.argmin(apart))
    if not apart[nearest] <= SAME_DOSE * min(levels[nearest], dose):
        tested = ", ".join(f"{level:g}" for level in levels if level > 0)
        what = f"'{dose:g} {unit}' of {name} was not tested"
        raise InputError(Problem(file="combination", what=what, expected=f"one of {tested} {unit}"))
    return np.array([nearest])


def _over_experiments(values: Floats, level: float) -> tuple[Estimate, float]:
    n, mean = values.size, float(values.mean())
    if n < 2:
        return not_estimable(f"one experiment (its contrast is {mean:.3g}): 2 or more are needed", n=n), math.nan
    if np.ptp(values) <= ALL_THE_SAME:
        return not_estimable("the contrast does not vary between experiments", n=n), math.nan
    error = float(values.std(ddof=1)) / math.sqrt(n)
    half = float(stats.t.ppf(0.5 + level / 2, n - 1)) * error
    p = 2 * float(stats.t.sf(abs(mean) / error, n - 1))
    method = f"E(A+B) - E(A) - E(B) + E(A)E(B), t with {n - 1} df from {n} independent experiments"
    return Estimate(value=mean, low=mean - half, high=mean + half, level=level, n=n, method=method), p


def _without(why: str) -> InteractionContrast:
    empty = np.empty(0)
    return InteractionContrast(
        experiments=(), values=empty, pairs=empty.astype(np.int64), mean=not_estimable(why), p=math.nan
    )
