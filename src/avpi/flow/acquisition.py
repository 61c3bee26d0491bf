"""Was the acquisition stable? Windows of time in which signals jump or cells rush, as clogs and air bubbles make.

Events are parted into bins of equal number, in order of time. In each bin a signal's median is told as a rank among
all events, so that no scale matters: where nothing happens its standard error is known. Bins that lie far out on any
signal are a window that is left out. Judging by medians of bins is what flowAI does (Monaco et al. 2016,
Bioinformatics 32:2473-2480), here without its tuning.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_EVENTS_OF_BIN = 200  # at least; assumed: fewer have medians that tell nothing
_MOST_BINS = 100
_LEAST_BINS = 10  # assumed: with fewer no bin is known to be the odd one
_OUT = 5.0  # standard errors of a median rank; one bin in two million by chance
_MOVED = 0.15  # of all events that the median has passed; assumed: less moves no share by more than the counting error
_RUSH = 8.0  # times the usual rate; assumed: Poisson arrivals of 200 cells never do that
_SLID = 0.05  # of all ranks, from the first events to the last; assumed: less moves a share by less than that
_LARGEST_SHARE = 0.5  # of events; beyond it nobody knows which half is the odd one


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """What time tells.

    Attributes
    ----------
    unstable : (k, 2) first and last time of each window to leave out.
    share : of events in these windows.
    drifts : more than half of the events lie in odd windows: none is left out.
    slid : how far a signal's mean rank goes from the first to the last stable events, as a share of all events; 0
        where that is little or may be chance. No window can be left out for it.
    """

    unstable: NDArray[np.float64]
    share: float
    drifts: bool
    slid: float = 0.0


STABLE = Acquisition(unstable=np.empty((0, 2)), share=0.0, drifts=False)
"""Nothing was seen, or nothing can be said."""


def judge_acquisition(time: NDArray[np.float64], signals: NDArray[np.float64]) -> Acquisition:
    """Return the windows in which an acquisition was not stable.

    Parameters
    ----------
    time : (n,) times of the events, in any unit and order.
    signals : (n, k) linear scatter and stains.
    """
    n = len(time)
    bins = min(n // _EVENTS_OF_BIN, _MOST_BINS)
    if bins < _LEAST_BINS or not time.max() > time.min():
        return STABLE
    order = np.argsort(time, kind="stable")
    edges = np.linspace(0, n, bins + 1).astype(np.int64)
    ordered = time[order]
    odd = _rushes(ordered, edges)
    error = 0.5 / math.sqrt(n / bins + 2)  # of the median of uniform ranks
    courses = []
    for k in range(signals.shape[1]):
        ranks = np.empty(n)
        ranks[np.argsort(signals[:, k], kind="stable")] = (np.arange(n) + 0.5) / n
        if _tied(signals[:, k]):
            continue
        placed = ranks[order]
        medians = np.array([np.median(placed[a:b]) for a, b in pairwise(edges)])
        away = np.abs(medians - np.median(medians))
        odd |= (away > _OUT * error) & (away > _MOVED)
        courses.append(np.array([placed[a:b].mean() for a, b in pairwise(edges)]))
    share = float(np.diff(edges)[odd].sum() / n)
    if share > _LARGEST_SHARE:
        return Acquisition(unstable=np.empty((0, 2)), share=share, drifts=True)
    begins = np.flatnonzero(odd & ~np.concatenate(([False], odd[:-1])))
    ends = np.flatnonzero(odd & ~np.concatenate((odd[1:], [False])))
    windows = [(ordered[edges[a]], ordered[edges[b + 1] - 1]) for a, b in zip(begins, ends, strict=True)]
    slid = max((_slide(means, odd, 1 / math.sqrt(12 * n / bins)) for means in courses), default=0.0)
    unstable = np.array(windows, dtype=np.float64).reshape(-1, 2)
    return Acquisition(unstable=unstable, share=share, drifts=False, slid=slid)


def are_stable(time: NDArray[np.float64], unstable: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which events (n,) lie in no window."""
    stable = np.ones(len(time), dtype=bool)
    for low, high in unstable:
        stable &= ~((time >= low) & (time <= high))
    return stable


def _slide(means: NDArray[np.float64], odd: NDArray[np.bool_], error: float) -> float:
    """Return how far the line through the mean ranks of stable bins goes; 0 where it may be level.

    Means, because a median that lies between two populations stays there while both move.
    """
    place = np.linspace(-0.5, 0.5, len(means))[~odd]
    place -= place.mean()
    squares = float(np.square(place).sum())
    far = abs(float((place * means[~odd]).sum())) / squares
    return far if far > max(_SLID, _OUT * error / math.sqrt(squares)) else 0.0


def _rushes(ordered: NDArray[np.float64], edges: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return bins whose events came many times faster than usual; clocks that tick coarsely tell nothing."""
    lasted = ordered[edges[1:] - 1] - ordered[edges[:-1]]
    usual = float(np.median(lasted))
    steps = np.diff(ordered)
    tick = float(steps[steps > 0].min()) if (steps > 0).any() else 0.0
    if not usual > 2 * _RUSH * tick:
        return np.zeros(len(lasted), dtype=bool)
    return np.asarray(lasted < usual / _RUSH)


def _tied(values: NDArray[np.float64]) -> bool:
    """Return True where a fifth of all events have one value: ranks then follow the order and not the signal."""
    _, counts = np.unique(values, return_counts=True)
    return bool(counts.max() > len(values) / 5)
