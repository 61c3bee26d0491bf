"""The Kaplan-Meier curve of one arm, with its interval, its median and who is still at risk."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from avpi.clinic.checks import Floats, numbers
from avpi.errors import InputError, Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KaplanMeier:
    """A curve; it stays at its last value up to ``followed``.

    Attributes
    ----------
    months : (steps,) at which it falls, after a first 0.
    survival, low, high : (steps,) share without the event, and the interval on the scale log(-log S).
    at_risk : (steps,) patients at risk just before each step. ``events`` : (steps,).
    censored : (k,) months at which follow-up ended without an event.
    """

    months: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    censored: Floats
    followed: float
    level: float

    def at(self, months: ArrayLike) -> Floats:
        """Return the share without the event at times (n,); nan beyond the follow-up unless the curve is at 0."""
        wanted = np.atleast_1d(np.asarray(months, float))
        found = self.survival[np.searchsorted(self.months, wanted, side="right") - 1]
        return np.where((wanted > self.followed) & (found > 0), np.nan, found)

    @property
    def median(self) -> tuple[float, float, float]:
        """Median and its interval (Brookmeyer and Crowley 1982): first times at or below 0.5; infinite if never."""
        return (
            _first_below(self.months, self.survival),
            _first_below(self.months, self.low),
            _first_below(self.months, self.high),
        )


def _first_below(months: Floats, curve: Floats) -> float:
    below = np.flatnonzero(curve <= 0.5 + 1e-12)
    return float(months[below[0]]) if below.size else math.inf


def kaplan_meier(months: ArrayLike, event: ArrayLike, *, level: float = 0.95) -> KaplanMeier:
    """Return the Kaplan-Meier curve of patients.

    The variance is Greenwood's; the interval is symmetric in log(-log S), so it stays between 0 and 1. Where nobody has
    had an event the curve is 1 and its interval is not known (nan). Assumes that who leaves is like who stays.

    Parameters
    ----------
    months, event : (n,) each: time to event or end of follow-up; 1 or 0.

    Raises
    ------
    InputError
        If a time is negative or no number, or an event is neither 0 nor 1.
    """
    times = numbers("months", months)
    events = numbers("event", event, times.size)
    if not times.size or (times < 0).any() or not np.isin(events, (0, 1)).all():
        raise InputError(Problem(file="months", what="holds a negative time, or 'event' is not 0 or 1",
                                 expected="times of 0 or more, with 0 or 1 for each"))  # fmt: skip
    steps, died = np.unique(times[events == 1], return_counts=True)
    at_risk = times.size - np.searchsorted(np.sort(times), steps, side="left")
    survival = np.cumprod(1 - died / at_risk) if steps.size else np.zeros(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(died / (at_risk * (at_risk - died)))
        half = float(ndtri(0.5 + level / 2)) * np.sqrt(greenwood) / np.abs(np.log(survival))
        low, high = survival ** np.exp(half), survival ** np.exp(-half)
    return KaplanMeier(
        months=np.concatenate([[0.0], steps]),
        survival=np.concatenate([[1.0], survival]),
        low=np.concatenate([[np.nan], np.where(survival > 0, low, np.nan)]),
        high=np.concatenate([[np.nan], np.where(survival > 0, high, np.nan)]),
        at_risk=np.concatenate([[times.size], at_risk]).astype(np.int64),
        events=np.concatenate([[0], died]).astype(np.int64),
        censored=np.sort(times[events == 0]),
        followed=float(times.max()),
        level=level,
    )


def numbers_at_risk(months: ArrayLike, marks: ArrayLike) -> NDArray[np.int64]:
    """Return how many patients are followed to each mark or beyond, (marks,): the row below a curve."""
    times = numbers("months", months)
    wanted = np.atleast_1d(np.asarray(marks, float))
    return np.asarray(times.size - np.searchsorted(np.sort(times), wanted, side="left"), np.int64)
