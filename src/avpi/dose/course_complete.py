"""A loss that was complete at the first harvest: no lane after it shows the protein, and bounds are all that is known.

No model can be fitted to lanes that all lie below detection, but each of them says that less than its limit is left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.dose.course_choice import too_few_times
from avpi.dose.course_fit import CoursePoints
from avpi.estimate import Estimate, not_estimable

Floats = NDArray[np.float64]

HALF = 0.5
"""A limit below half of the start shows that half of the loss is done: at least half-way to any floor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteLoss:
    """Lanes of which none after the start shows the protein.

    Attributes
    ----------
    times : (d,) minutes of the harvests, ascending.
    limits : (d,) the highest detection limit at each, as a fraction of the start.
    first : minutes of the first harvest whose limit lies below half of the start.
    """

    times: Floats
    limits: Floats
    first: float

    @property
    def words(self) -> str:
        """What was found."""
        return (
            f"the loss was complete at the harvest at {self.first:g} min: the protein is below detection from there on"
        )

    def time(self, named: str, level: float) -> Estimate:
        """Return a time of the loss: below the first harvest."""
        return Estimate(
            value=self.first, low=0.0, high=self.first, level=level, unit="min", n=1,
            method=f"{named}: {self.words}", state="below",
        )  # fmt: skip

    def lowest(self, named: str, level: float) -> Estimate:
        """Return what is left at the lowest: below the lowest limit."""
        return self._below(float(self.limits.min()), named, level)

    def remaining_at(self, minutes: float, level: float) -> Estimate:
        """Return what is left at a time: below the lowest limit up to it, if the protein does not return before."""
        named = f"remaining protein at {minutes:g} min"
        if not self.times[0] <= minutes <= self.times[-1]:
            which, at = ("first", self.times[0]) if minutes < self.times[0] else ("last", self.times[-1])
            return not_estimable(f"{named}: the {which} harvest is at {at:g} min", n=1)
        return self._below(float(self.limits[self.times <= minutes].min()), named, level)

    def _below(self, limit: float, named: str, level: float) -> Estimate:
        return Estimate(
            value=limit, low=0.0, high=limit, level=level, n=1, method=f"{named}: {self.words}", state="below"
        )


def find_complete_loss(points: CoursePoints, *, anchored: bool) -> CompleteLoss | None:
    """Return the bounds that lanes give of which none after the start shows the protein; None for all others.

    Parameters
    ----------
    points : lanes of one experiment.
    anchored : the course starts at 1; otherwise at the mean of its measured lanes at time 0.
    """
    after = points.minutes > 0
    starts = points.remaining[~after & ~points.below_detection]
    start = 1.0 if anchored else float(starts.mean()) if starts.size else math.nan
    if too_few_times(points, anchored=anchored) or not np.all(points.below_detection[after]) or not start > 0:
        return None
    times = np.unique(points.minutes[after])
    limits = np.array([points.remaining[points.minutes == time].max() for time in times]) / start
    low = np.flatnonzero(limits < HALF)
    return CompleteLoss(times=times, limits=limits, first=float(times[low[0]])) if low.size else None
