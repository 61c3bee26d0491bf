"""Loss of a protein to a floor, and its return: the model, its derivatives, and where fits of it begin.

With t in minutes after the compound was given,

    y / start = floor + (1 - floor) exp(-k (t - lag)+) + regained (1 - exp(-k2 (t - onset)+)),

half-life = ln 2 / k and recovery half-life = ln 2 / k2; (x)+ is x where positive, else 0. First-order loss to a steady
state is what a constant rate of synthesis and a raised rate of degradation give (Schwanhäusser et al. 2011 Nature
473:337, doi:10.1038/nature10098, for the rates of unperturbed proteins); the return is empirical.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LN2 = math.log(2.0)
EARLIEST_HALVINGS = 20.0
"""The first time over this is the shortest half-life: a millionth of the loss is then left undone at that time."""
LONGEST = 100.0
"""Times the last time: a half-life beyond is no loss that these times show."""
MOST_REGAINED = 3.0
"""Times the start: a protein that is induced beyond this is no recovery."""
HALF_LIVES = 13
MOST_STARTS = 6
NEVER_ABOVE = 0.999
"""Highest floor: at 1 there is no loss and the half-life has no meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseModel:
    """Which terms a course has.

    Attributes
    ----------
    lag : whether the loss begins later than the compound.
    rebound : whether the protein returns.
    """

    lag: bool = False
    rebound: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names, in the order of the values; half-lives are natural logarithms of minutes."""
        return (
            "start", "floor", "ln_half_life",
            *(("lag",) if self.lag else ()),
            *(("regained", "ln_recovery_half_life", "onset") if self.rebound else ()),
        )  # fmt: skip

    @property
    def words(self) -> str:
        """What it is called."""
        name = "loss to a floor"
        name += " after a lag" if self.lag else ""
        return name + (" and return" if self.rebound else "")

    def place(self, name: str) -> int:
        """Return the index of a parameter."""
        return self.parameters.index(name)

    def relative(self, minutes: Floats, b: Floats) -> Floats:
        """Return y / start (n,)."""
        rate = LN2 * math.exp(-b[2])
        after = np.maximum(minutes - (b[3] if self.lag else 0.0), 0.0)
        y = b[1] + (1 - b[1]) * np.exp(-rate * after)
        if self.rebound:
            regained, ln_half, onset = b[-3:]
            y = y - regained * np.expm1(-LN2 * math.exp(-ln_half) * np.maximum(minutes - onset, 0.0))
        return np.asarray(y, float)

    def response(self, minutes: Floats, b: Floats) -> Floats:
        """Return y (n,)."""
        return np.asarray(b[0] * self.relative(minutes, b), float)

    def derivatives(self, minutes: Floats, b: Floats) -> Floats:
        """Return dy/db (n, p)."""
        rate = LN2 * math.exp(-b[2])
        after = np.maximum(minutes - (b[3] if self.lag else 0.0), 0.0)
        left = np.exp(-rate * after)
        falling = (1 - b[1]) * left
        columns = [self.relative(minutes, b), b[0] * (1 - left), b[0] * falling * rate * after]
        if self.lag:
            columns.append(b[0] * falling * rate * (after > 0))
        if self.rebound:
            regained, ln_half, onset = b[-3:]
            back = LN2 * math.exp(-ln_half)
            late = np.maximum(minutes - onset, 0.0)
            not_yet = np.exp(-back * late)
            columns += [
                b[0] * (1 - not_yet),
                -b[0] * regained * not_yet * back * late,
                -b[0] * regained * not_yet * back * (late > 0),
            ]
        return np.stack(columns, axis=1)

    def edges(self, minutes: Floats, *, anchored: bool) -> Floats:
        """Return lowest and highest value (p, 2) of each parameter."""
        positive = minutes[minutes > 0]
        first, last = float(positive.min()), float(positive.max())
        half_lives = (math.log(first / EARLIEST_HALVINGS), math.log(LONGEST * last))
        found = [(1.0, 1.0) if anchored else (1e-6, math.inf), (0.0, NEVER_ABOVE), half_lives]
        if self.lag:
            found.append((0.0, last))
        if self.rebound:
            found += [(0.0, MOST_REGAINED), half_lives, (0.0, last)]
        return np.array(found)

    def starts(self, minutes: Floats, values: Floats, root: Floats, edges: Floats) -> list[Floats]:
        """Return starts (p,) of descents, the best of a grid first.

        Parameters
        ----------
        minutes, values, root : (n,) times, remaining protein, and roots of the weights.
        """
        times = np.unique(minutes)
        low, high = edges[2]
        logs = np.linspace(max(low, math.log(times[times > 0][0] / 4)), min(high, math.log(2 * times[-1])), HALF_LIVES)
        lags = [0.0, *(0.5 * (times[:-1] + times[1:]))[: times.size // 2]] if self.lag else [0.0]
        onsets = [float(time) for time in times[1:-1]] if self.rebound else [0.0]
        backs = logs[:: HALF_LIVES // 4] if self.rebound else logs[:1]
        found: list[tuple[float, Floats]] = []
        for ln_half in logs:
            for lag in lags:
                left = np.exp(-LN2 * math.exp(-ln_half) * np.maximum(minutes - lag, 0.0))
                for onset in onsets:
                    for back in backs:
                        late = -np.expm1(-LN2 * math.exp(-back) * np.maximum(minutes - onset, 0.0))
                        columns = np.stack([1 - left, left, late] if self.rebound else [1 - left, left], axis=1)
                        b, rss = self._solved(columns, values, root, edges, (ln_half, lag, back, onset))
                        found.append((rss, b))
        found.sort(key=lambda pair: pair[0])
        return (
            [b for _, b in found[:: max(1, len(found) // 60)][:MOST_STARTS]]
            if self.rebound
            else [b for _, b in found[:MOST_STARTS]]
        )

    def _solved(
        self, columns: Floats, values: Floats, root: Floats, edges: Floats, given: tuple[float, float, float, float]
    ) -> tuple[Floats, float]:
        """Return the start (p,) whose levels fit best for given times, within its boxes, and its sum of squares."""
        ln_half, lag, back, onset = given
        held = edges[0, 0] == edges[0, 1]
        rows, wanted = columns * root[:, None], values * root
        if held:
            free = np.delete(rows, 1, axis=1)
            solved = np.linalg.lstsq(free, wanted - rows[:, 1], rcond=None)[0]
            levels = np.insert(solved, 1, 1.0)
        else:
            levels = np.linalg.lstsq(rows, wanted, rcond=None)[0]
        start = 1.0 if held else max(float(levels[1]), 1e-3)
        b = [start, float(levels[0]) / start, ln_half]
        b += [lag] if self.lag else []
        b += [float(levels[2]) / start, back, onset] if self.rebound else []
        clipped = np.clip(np.array(b), edges[:, 0], edges[:, 1])
        left = columns[:, 1]
        fitted = clipped[0] * (clipped[1] + (1 - clipped[1]) * left)
        if self.rebound:
            fitted = fitted + clipped[0] * clipped[-3] * columns[:, 2]
        return clipped, float(np.sum((root * (values - fitted)) ** 2))
