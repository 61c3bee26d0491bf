"""When cells died and how, and what a well of dividing, dying and decaying cells then holds.

Each simulated cell stands for equally many cells of the well. While it lives its share grows as the well does,
``w' = mu (1 - L/C) w`` with ``L`` the living cells relative to those that were seeded; when it dies its share stays and
goes through the stages that cytometry sees. The expected shares are computed, no further chance is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mode = Literal["apoptosis", "necroptosis", "lysis"]
MODES: tuple[Mode, ...] = ("apoptosis", "necroptosis", "lysis")

CROWDED = 8.0
"""Living cells, relative to those seeded, at which a well is full (assumed: seeded at an eighth of confluence)."""
OPENING_PER_HOUR = {"apoptosis": 0.12, "necroptosis": 0.8, "lysis": np.inf}
"""Rate at which a dead cell that binds annexin V also lets propidium iodide in. Apoptotic cells in culture take most
of a working day; necroptotic ones expose phosphatidylserine only shortly before they break (Zargarian 2017 PLoS Biol
15:e2002711); sizes assumed."""
DEBRIS_PER_HOUR = 0.03
"""Rate at which a broken cell falls apart and is no longer counted as a cell (assumed)."""
GROWTH_STEP_HOURS = 0.25
"""Step of the equation of growth; a well divides once a day."""
ATP_LEFT = {"apoptosis": 0.35, "necroptosis": 0.3, "lysis": 0.0}
"""ATP of a dead cell that is still closed, relative to a living one (assumed)."""


@dataclass(frozen=True, kw_only=True)
class Fates:
    """What became of each simulated cell.

    Attributes
    ----------
    death_hours : (cells,) when it died; infinite where it lived to the end.
    mode : (cells,) index into ``MODES``; -1 where it lived.
    """

    death_hours: Floats
    mode: NDArray[np.int8]

    def alive(self, times_hours: Floats) -> NDArray[np.bool_]:
        """Return which cells are alive (cells, times)."""
        return self.death_hours[:, None] > times_hours[None, :]


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Cells in the well over time, relative to those seeded, each (times,).

    ``annexin_positive_pi_negative`` and the other quadrants are named for what cytometry sees, never for a mechanism.
    """

    times_hours: Floats
    live: Floats
    closed: dict[Mode, Floats]
    opened: dict[Mode, Floats]

    @property
    def atp(self) -> Floats:
        """ATP relative to that of the seeded cells."""
        return self.live + sum((ATP_LEFT[mode] * self.closed[mode] for mode in MODES), np.zeros_like(self.live))

    @property
    def quadrants(self) -> dict[str, Floats]:
        """Quadrant of Annexin V and PI -> share of the cells that are still counted, (times,)."""
        single = self.closed["apoptosis"] + self.closed["necroptosis"]
        double = self.opened["apoptosis"] + self.opened["necroptosis"]
        lysed = self.opened["lysis"]
        whole = np.maximum(self.live + single + double + lysed, 1e-12)
        return {
            "annexin_negative_pi_negative": self.live / whole,
            "annexin_positive_pi_negative": single / whole,
            "annexin_positive_pi_positive": double / whole,
            "annexin_negative_pi_positive": lysed / whole,
        }


def count(fates: Fates, times_hours: Floats, growth_per_hour: Floats) -> Counts:
    """Return the cells of the well.

    Parameters
    ----------
    fates : of the simulated cells.
    times_hours : (times,) ascending from 0.
    growth_per_hour : (times,) of a cell in an empty well, by time.
    """
    weight = _weights(times_hours, fates, growth_per_hour)
    closed: dict[Mode, Floats] = {}
    opened: dict[Mode, Floats] = {}
    for i, mode in enumerate(MODES):
        died = fates.death_hours[fates.mode == i]
        shares = np.interp(died, times_hours, weight) / fates.death_hours.size
        since = times_hours[:, None] - died[None, :]
        there = since >= 0
        age = np.where(there, since, 0.0)
        opening = OPENING_PER_HOUR[mode]
        if np.isinf(opening):
            shut, open_ = np.zeros_like(age), np.exp(-DEBRIS_PER_HOUR * age)
        else:
            shut = np.exp(-opening * age)
            open_ = opening / (opening - DEBRIS_PER_HOUR) * (np.exp(-DEBRIS_PER_HOUR * age) - shut)
        closed[mode] = (there * shut) @ shares
        opened[mode] = (there * open_) @ shares
    return Counts(
        times_hours=times_hours, live=weight * fates.alive(times_hours).mean(axis=0), closed=closed, opened=opened
    )


def living(fates: Fates, times_hours: Floats, growth_per_hour: Floats) -> Floats:
    """Return the living cells of the well (times,), relative to those seeded; the arguments are those of count."""
    live: Floats = _weights(times_hours, fates, growth_per_hour) * fates.alive(times_hours).mean(axis=0)
    return live


def _weights(times_hours: Floats, fates: Fates, growth_per_hour: Floats) -> Floats:
    """Return the share of a living cell over time; the logistic equation by the midpoint rule on a fine grid."""
    steps = int(np.ceil(times_hours[-1] / GROWTH_STEP_HOURS)) + 1
    fine = np.unique(np.concatenate([times_hours, np.linspace(0, times_hours[-1], steps)]))
    alive, rate = fates.alive(fine).mean(axis=0), np.interp(fine, times_hours, growth_per_hour)
    logs = np.zeros(fine.size)
    for i in range(1, fine.size):
        step = fine[i] - fine[i - 1]
        at = logs[i - 1]
        half = at + step / 2 * rate[i - 1] * (1 - np.exp(at) * alive[i - 1] / CROWDED)
        middle = (alive[i - 1] + alive[i]) / 2
        logs[i] = at + step * (rate[i - 1] + rate[i]) / 2 * (1 - np.exp(half) * middle / CROWDED)
    weights: Floats = np.exp(np.interp(times_hours, fine, logs))
    return weights
