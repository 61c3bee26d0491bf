"""The doses of a set of curves: which wells are replicates, within which boxes curves lie, and where fits begin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.dose.kernels.descent import Starts
from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SAME_DOSE = 0.01
"""Relative difference up to which two doses are one and the same to whoever planned them: what rounding to two or three
digits, or a dispenser's droplets, make of it. No titration has steps so small."""
EXACT_DOSE = 1e-6
"""The same for the place at which a curve is fitted: there doses stay where they were."""
START_SLOPES = (0.5, 1.2, 3.0, 10.0)
STARTS_OF_A_SLOPE = 17
BESIDE = (0.05, 0.12)
"""How far beside a dose, in log10, the steepest curves begin as well."""
MOST_PLACES, MOST_STEP_PLACES = 200, 300
"""Of a slope, and of the steepest; enough for 50 doses. Together they fit into ``descent.MOST_STARTS``."""
FAR = 1000.0
"""A dose of 0 in log10: so far below the others that the sigmoid is 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """Where the parameters of a curve may lie; an infinite end is no limit.

    Attributes
    ----------
    bottom, top : lowest and highest plateau at high and at low dose, in units of the response.
    slope : lowest and highest Hill slope.
    beyond_doses_log10 : how far outside the doses the EC50 may lie, in log10.
    """

    bottom: tuple[float, float] = (0.0, 1.2)
    top: tuple[float, float] = (-math.inf, math.inf)
    slope: tuple[float, float] = (0.1, 10.0)
    beyond_doses_log10: float = 1.0

    def __post_init__(self) -> None:
        for name, (low, high) in (("bottom", self.bottom), ("top", self.top), ("slope", self.slope)):
            if not low < high:
                what = f"the box of {name} goes from {low} to {high}"
                raise InputError(Problem(file="boxes", what=what, expected="a lower end below the upper one"))
        if not self.slope[0] > 0 or not math.isfinite(self.slope[1]):
            what = f"the slope may lie from {self.slope[0]} to {self.slope[1]}"
            raise InputError(
                Problem(file="boxes", what=what, expected="positive, finite ends; direction is top and bottom")
            )
        if not (0 <= self.beyond_doses_log10 <= 10):
            what = f"the EC50 may lie {self.beyond_doses_log10} log10 beyond the doses"
            raise InputError(Problem(file="boxes", what=what, expected="0 to 10"))


VIABILITY = Boxes()
"""Those of a viability relative to its control."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Doses and weights of the wells of a curve, and where its fit begins.

    Attributes
    ----------
    log10_doses : (doses,) ascending; dose 0 stands ``FAR`` below.
    groups : (wells,) which dose each well has.
    weights : (wells,) relative inverse variances, of mean 1.
    """

    log10_doses: Floats
    groups: Ints
    weights: Floats
    boxes: Boxes

    @property
    def given(self) -> Floats:
        """The doses above 0 (doses,), log10 molar."""
        return self.log10_doses[self.log10_doses > -FAR / 2]

    @property
    def box(self) -> Floats:
        """Ends of p and k = ln slope (4,)."""
        low, high = self.boxes.slope
        beyond = self.boxes.beyond_doses_log10
        return np.array([self.given[0] - beyond, self.given[-1] + beyond, math.log(low), math.log(high)])

    @property
    def plateaus(self) -> Floats:
        """Ends of bottom and top (4,)."""
        return np.array([*self.boxes.bottom, *self.boxes.top], float)

    def starts(self) -> Starts:
        """Return where the fits of its curves begin."""
        first, last = self.given[0], self.given[-1]
        low, high = self.boxes.slope
        slopes = [float(np.clip(slope, low, high)) for slope in START_SLOPES]
        places = np.linspace(first - min(0.5, self.boxes.beyond_doses_log10), last + 0.5, STARTS_OF_A_SLOPE)
        places = _thinned(np.sort(np.concatenate([places, _unvisited_gaps(self.given, places)])), MOST_PLACES)
        by_slope = [*[places] * (len(slopes) - 1), _step_places(self.given)]
        grid = np.array([(p, math.log(slope)) for slope, own in zip(slopes, by_slope, strict=True) for p in own])
        bounds = np.cumsum([0, *(own.size for own in by_slope)])
        heights = np.bincount(self.groups, self.weights, self.log10_doses.size)
        exponent = np.clip(np.exp(grid[:, 1:]) * math.log(10) * (self.log10_doses - grid[:, :1]), -700, 700)
        curves = 1 / (1 + np.exp(exponent))
        curves -= (curves @ heights / heights.sum())[:, None]
        length = np.sqrt(curves**2 @ heights)
        curves = curves * heights / np.maximum(length, 1e-9)[:, None]
        middle = 0.5 * (first + last)
        shallow = 0.2 if low >= 0.05 else 3 * low
        beyond = self.boxes.beyond_doses_log10
        ends = [(first - beyond, shallow), (last + beyond, shallow)]  # a slow trend, beside a control or without one
        more = np.array([(first - 0.8, 1.0), (last + 0.8, 1.0), (middle, shallow), *ends])
        more[:, 1] = np.log(more[:, 1])
        return Starts(grid, bounds, np.ascontiguousarray(curves), more)


def _step_places(given: Floats) -> Floats:
    """Return where a curve so steep that it is a step may have it: between two doses, at one, or on either side of it.

    At a dose the curve is half down; beside it, a tenth. Between two doses that are far apart it does not matter where.
    """
    beside = [given + side * far for side in (-1, 1) for far in BESIDE]
    places = [0.5 * (given[1:] + given[:-1]), given, *beside]
    return _thinned(np.sort(np.concatenate(places)), MOST_STEP_PLACES)


def _thinned(places: Floats, most: int) -> Floats:
    """Return places, or so many of them at even distances in their order."""
    return np.asarray(places[np.linspace(0, places.size - 1, min(places.size, most)).round().astype(int)])


def _unvisited_gaps(given: Floats, places: Floats) -> Floats:
    """Return the middles of gaps between doses in whose middle half no place lies: a step there has a start as well."""
    gaps = np.diff(given)
    middles = given[:-1] + 0.5 * gaps
    nearest = np.min(np.abs(middles[:, None] - places), axis=1)
    return np.asarray(middles[nearest > 0.25 * gaps])


def design_of(doses_molar: ArrayLike, weights: ArrayLike | None = None, boxes: Boxes | None = None) -> Design:
    """Return the design of some wells.

    Parameters
    ----------
    doses_molar : (wells,) 0 for a control without compound.
    weights : (wells,) relative inverse variances; equal ones where none are given.
    boxes : where the parameters may lie; those of viability where none are given.

    Raises
    ------
    InputError
        If a dose is no number, negative or infinite, if there are fewer than four different doses above 0, or if the
        weights do not fit.
    """
    doses = np.asarray(doses_molar, float)
    if doses.ndim != 1 or doses.size == 0:
        what = f"the doses have the shape {doses.shape}"
        raise InputError(Problem(file="doses", what=what, expected="one dose for each well"))
    wrong = np.flatnonzero(~np.isfinite(doses) | (doses < 0))
    if wrong.size:
        what = f"dose {wrong[0] + 1} of {doses.size} is {doses[wrong[0]]:g}"
        hint = "A log10 dose must be turned into molar first; a control has dose 0"
        raise InputError(Problem(file="doses", what=what, expected="0 or a positive number, in molar", hint=hint))
    groups, means = group_doses(doses, EXACT_DOSE)
    above = group_doses(doses[doses > 0])[1].size
    if above < 4:
        what = f"there are {above} different doses above 0"
        hint = "" if above == np.sum(means > 0) else f"Doses within {100 * SAME_DOSE:g} % are one"
        expected = "4 or more: a curve of four parameters needs them"
        raise InputError(Problem(file="doses", what=what, expected=expected, hint=hint))
    log10 = np.where(means > 0, np.log10(np.where(means > 0, means, 1.0)), -FAR)
    return Design(log10_doses=log10, groups=groups, weights=_weights(weights, doses.size), boxes=boxes or VIABILITY)


def group_doses(doses: Floats, within: float = SAME_DOSE) -> tuple[Ints, Floats]:
    """Return which dose each well has (wells,), and the different doses (doses,), ascending.

    Doses that differ by rounding are one, their mean; equal ones keep every digit. All of one dose lie ``within`` that
    share of the lowest of them, so that a row of close doses does not become one.
    """
    if doses.size == 0:
        return np.empty(0, np.int64), np.empty(0)
    order = np.argsort(doses, kind="stable")
    ascending = doses[order]
    apart = np.zeros(doses.size - 1, bool)
    lowest = ascending[0]
    for at in np.flatnonzero(np.diff(ascending) > 0).tolist():
        if ascending[at + 1] > (1 + within) * lowest:
            apart[at], lowest = True, ascending[at + 1]
    groups = np.empty(doses.size, np.int64)
    groups[order] = np.concatenate([[0], np.cumsum(apart)])
    low = ascending[np.concatenate([[True], apart])]
    high = ascending[np.concatenate([apart, [True]])]
    means = np.bincount(groups, doses) / np.bincount(groups)
    return groups, np.where(low == high, low, means)


def _weights(weights: ArrayLike | None, wells: int) -> Floats:
    if weights is None:
        return np.ones(wells)
    found = np.asarray(weights, float)
    if found.shape != (wells,) or not np.all(np.isfinite(found) & (found > 0)):
        what = f"the weights have the shape {found.shape}, or one of them is not positive"
        raise InputError(Problem(file="weights", what=what, expected=f"{wells} positive numbers, one for each well"))
    return np.asarray(found / found.mean(), float)
