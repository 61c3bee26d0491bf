"""The points of one curve, checked: doses in molar, responses, weights; replicates share one dose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.dose.design import EXACT_DOSE, group_doses
from avpi.dose.number_rows import number_problems, read_pairs
from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoints:
    """Doses and responses of one curve.

    Attributes
    ----------
    doses_molar : (n,) 0 for controls; doses that differ by rounding are made one, their mean.
    responses : (n,).
    weights : (n,) relative inverse variances; 0 for a point that does not count.
    """

    doses_molar: Floats
    responses: Floats
    weights: Floats

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Which points (n,) have weight."""
        return self.weights > 0

    @property
    def size(self) -> int:
        """How many points count."""
        return int(np.sum(self.counted))

    @property
    def levels(self) -> Floats:
        """The different doses (d,) of points that count, ascending."""
        return group_doses(self.doses_molar[self.counted])[1]

    @property
    def of_levels(self) -> list[NDArray[np.bool_]]:
        """Which points (n,) that count are of each of the ``levels``."""
        at = np.flatnonzero(self.counted)
        groups, levels = group_doses(self.doses_molar[at])
        found = np.zeros((levels.size, self.doses_molar.size), bool)
        found[groups, at] = True
        return list(found)

    @property
    def given(self) -> Floats:
        """The different doses above 0, ascending."""
        levels = self.levels
        return levels[levels > 0]


def read_points(doses_molar: ArrayLike, responses: ArrayLike, weights: ArrayLike | None = None) -> CurvePoints:
    """Return the points of a curve.

    Raises
    ------
    InputError
        If doses, responses or weights are not rows of the same length, if a dose is negative, or if any of them is no
        finite number.
    """
    doses, values = read_pairs(doses_molar, responses, names=("dose", "response"), point="point", file="curve")
    own = np.ones(doses.size) if weights is None else np.asarray(weights, float)
    if own.shape != doses.shape or not np.all(np.isfinite(own) & (own >= 0)) or not np.any(own > 0):
        what = f"the weights have the shape {own.shape}, or one is negative or no number, or none is positive"
        raise InputError(Problem(file="weights", what=what, expected=f"{doses.size} numbers of 0 or more"))
    problems = number_problems(
        doses,
        ~np.isfinite(doses) | (doses < 0),
        file="doses",
        point="point",
        name="the dose",
        expected="0 (a control) or a positive number, in molar",
        hint="A log10 dose must be turned into molar first",
    )
    problems += number_problems(
        values,
        ~np.isfinite(values),
        file="responses",
        point="point",
        name="the response",
        expected="a finite number",
        hint="Leave a missing response out, together with its dose",
    )
    if problems:
        raise InputError(problems)
    groups, different = group_doses(doses, EXACT_DOSE)
    return CurvePoints(doses_molar=different[groups], responses=values, weights=own)
