"""The TNF that the cells of a well share.

    dT/dt = live(t) * mean secretion of the living cells(t) - loss(t) * T,     T(0) = 0: fresh medium
    loss(t) = decay + live(t) * uptake / (1 + all TNF / K):                    dead cells take nothing up

The cells answer to T and T answers to the cells. That is solved by iteration over the whole course (waveform
relaxation; Lelarasmee 1982 IEEE Trans CAD 1:131): the cells are simulated in a given course of T, their mean secretion
gives a new course, and so on until the course stands still (``settling.py``). It converges for any finite time, because
what is secreted now changes only what is secreted later.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NEGLIGIBLE_NG_PER_ML = 1e-5
"""TNF that no cell notices: a hundredth of what is measurable."""
LOOK_HOURS = 0.5
"""Cells are looked at at least so often, whatever was asked for: what they secrete is summed up from these looks, and
how a cell died, and what it held then, is read off the last look before its death."""


def looks(hours: float) -> Floats:
    """Return when cells are looked at in any case (n,), from 0 to ``hours``; the corners of the course are among it."""
    return np.union1d(knots(hours), np.arange(0.0, hours, LOOK_HOURS))


def knots(hours: float) -> Floats:
    """Return the corners of the course (n,): close together at first, when everything moves, from 0 to ``hours``."""
    early = np.array([0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0])
    late = np.arange(15.0, hours, 3.0)
    found = np.concatenate([early, late])
    return np.append(found[found < hours], hours)


def course_of(times_hours: Floats, secreted: Floats, loss_per_hour: Floats) -> Floats:
    """Return TNF in the medium (times,), ng/mL, for a secretion (times,) that is linear between the times.

    The exact solution of the linear equation over each interval, with the mean of the loss at its ends.
    """
    course = np.zeros(times_hours.size)
    for i in range(1, times_hours.size):
        step = times_hours[i] - times_hours[i - 1]
        slope = (secreted[i] - secreted[i - 1]) / step
        loss = (loss_per_hour[i - 1] + loss_per_hour[i]) / 2
        decay = np.exp(-loss * step)
        rest = secreted[i - 1] / loss - slope / loss**2
        course[i] = course[i - 1] * decay + rest * (1 - decay) + slope * step / loss
    return course


def change(old: Floats, new: Floats, given: Floats) -> float:
    """Return the largest change between two courses relative to what there is: the course's maximum, or what was given.

    A course that is nothing beside the TNF that was added need not be known to a per cent of itself.
    """
    there = np.maximum(given, max(float(np.max(new)), NEGLIGIBLE_NG_PER_ML))
    return float(np.max(np.abs(new - old) / there))
