"""What the vehicle wells of a dose matrix say about its scores: that the responses are fractions of it, or are not.

Every reference model takes the vehicle for 1. Where all responses are ``v`` times what they should be, Bliss has the
factor once in what was observed and squared in what it expects, which moves its score by up to ``v (v - 1)``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from avpi.dose.synergy.combination import Combination
from avpi.estimate import Caveat

MOST_OFF = 0.1
"""Effect of the vehicle of an experiment above which it is not taken for scatter about 0: the usual scatter of wells,
and as much as the usual margin of a synergy (assumed)."""
ROUNDING = 1e-9
"""Effects are differences: a viability of 1.1 is no more than a tenth off."""
MOST_NAMED = 3
"""Experiments that are named one by one."""


def vehicle_caveats(combination: Combination) -> tuple[Caveat, ...]:
    """Return a reservation for experiments without a vehicle well, and one for those whose vehicle is not near 0.

    Each experiment is asked by itself: two that are off on either side would look right together.
    """
    effects = np.full(len(combination.experiments), math.nan)
    if combination.levels_a[0] == 0 and combination.levels_b[0] == 0:
        effects = combination.matrices()[:, 0, 0]
    found = []
    without = np.flatnonzero(np.isnan(effects))
    if without.size:
        text = (
            f"No vehicle well{_of(combination, without)}: that effect 0 is the vehicle cannot be checked. Bliss, HSA"
            " and the contrast take the responses for fractions of it as they are; curves begin where they may."
        )
        found.append(Caveat(code="no_vehicle", text=text))
    off = np.flatnonzero(np.abs(effects) > MOST_OFF + ROUNDING)
    if off.size:
        worst = float(effects[off[np.argmax(np.abs(effects[off]))]])
        points = 100 * abs(worst * (1 - worst))
        text = (
            f"The vehicle{_of(combination, off)} has a mean effect of {worst:.2g} (viability {1 - worst:.2g})"
            f"{' at the farthest' if off.size > 1 else ''}, where 0 is meant: the table is not normalised to its"
            f" vehicle. That alone moves Bliss, ZIP and the contrast {'down' if worst > 0 else 'up'} by up to"
            f" {points:.0f} points. Divide the viabilities of each plate by the mean of its vehicle wells."
        )
        found.append(Caveat(code="vehicle_not_normalised", text=text))
    return tuple(found)


def _of(combination: Combination, which: NDArray[np.intp]) -> str:
    """Return which experiments are meant; nothing where all are, and where they have no names."""
    if which.size == len(combination.experiments):
        return ""
    names = ", ".join(f"'{combination.experiments[i]}'" for i in which[:MOST_NAMED])
    more = f" and {which.size - MOST_NAMED} more" if which.size > MOST_NAMED else ""
    return f" of experiment{'s' if which.size > 1 else ''} {names}{more}"
