"""The best fit of a four-parameter logistic that is known: a fine grid of all EC50 and slopes, and a general solver.

At each point of the grid the plateaus of least squares within their boxes are exact. Every basin that the grid shows
and that may still win is looked at through finer grids; from the lowest point scipy's ``least_squares`` goes on with
all four parameters. None of this is code of the fitter.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from avpi.dose.design import Boxes
from benchmarks.dose_curves import LN10, Floats, logistic

P_STEP, K_STEP = 0.03, 0.06
"""Of the grid, in log10 dose and ln slope; the steepest curve falls over a tenth of a decade."""
MOST_BASINS, MAY_WIN = 6, 1.1
"""Basins looked at through finer grids: those whose best point is no further above the lowest than by this factor."""
FINER, ZOOMS = 4, 5
"""A finer grid has so many steps in one of the coarser; so many times."""
FAR = -1000.0
"""log10 of dose 0, where a sigmoid is 1."""


class BestKnown:
    """Finds the best known fit of curves of one set of doses (wells,), within boxes."""

    def __init__(self, doses: Floats, boxes: Boxes) -> None:
        levels, self.groups = np.unique(doses, return_inverse=True)
        self.x = np.where(levels > 0, np.log10(np.where(levels > 0, levels, 1.0)), FAR)
        given = self.x[self.x > FAR]
        slopes, beyond = np.log(boxes.slope), boxes.beyond_doses_log10
        self.low = np.array([given.min() - beyond, slopes[0], boxes.bottom[0], boxes.top[0]])
        self.high = np.array([given.max() + beyond, slopes[1], boxes.bottom[1], boxes.top[1]])
        self.p = _ruler(self.low[0], self.high[0], P_STEP)
        self.k = _ruler(self.low[1], self.high[1], K_STEP)
        p, k = np.meshgrid(self.p, self.k, indexing="ij")
        self.s = logistic(self.x, p.reshape(-1, 1), np.exp(k).reshape(-1, 1), 0.0, 1.0)

    def rss(self, wells: Floats) -> float:
        """Return the least residual sum of squares of a curve; nan marks missing wells."""
        seen = np.isfinite(wells)
        count = np.bincount(self.groups[seen], minlength=self.x.size).astype(float)
        sums = np.bincount(self.groups[seen], wells[seen], self.x.size)
        y = np.where(count > 0, sums / np.maximum(count, 1), 0.0)
        within = float(np.sum((wells[seen] - y[self.groups[seen]]) ** 2))
        rss = self._plateaus(y, count, self.s)[2]
        surface = rss.reshape(self.p.size, self.k.size)
        basins = np.flatnonzero(_lowest_of_neighbours(surface) & (rss + within <= MAY_WIN * (rss.min() + within)))
        basins = basins[np.argsort(rss[basins])][:MOST_BASINS]
        ends = [self._finer(y, count, self.p[i // self.k.size], self.k[i % self.k.size]) for i in basins]
        lowest = min(ends, key=lambda end: end[0])
        return within + min(lowest[0], self._descend(y, count, lowest[1]))

    def _finer(self, y: Floats, count: Floats, p: float, k: float) -> tuple[float, Floats]:
        """Return the lowest point, and its parameters, of ever finer grids about a place; a grid may move twice."""
        step, found = np.array([self.p[1] - self.p[0], self.k[1] - self.k[0]]), (math.inf, np.empty(4))
        for _ in range(ZOOMS):
            step /= FINER
            for _ in range(3):
                around = np.arange(-FINER, FINER + 1)
                ps = np.clip(p + step[0] * around, self.low[0], self.high[0]).repeat(around.size)
                ks = np.tile(np.clip(k + step[1] * around, self.low[1], self.high[1]), around.size)
                curves = logistic(self.x, ps[:, None], np.exp(ks)[:, None], 0.0, 1.0)
                bottom, top, rss = self._plateaus(y, count, curves)
                at = int(np.argmin(rss))
                within = max(abs(ps[at] - p) / step[0], abs(ks[at] - k) / step[1]) < FINER - 0.5
                p, k = float(ps[at]), float(ks[at])
                if rss[at] < found[0]:
                    found = (float(rss[at]), np.array([p, k, bottom[at], top[at]]))
                if within:
                    break
        return found

    def _plateaus(self, y: Floats, count: Floats, s: Floats) -> tuple[Floats, Floats, Floats]:
        """Return bottom, top and residual sum of squares (grid,): the free solution, else the best of the edges."""
        f = 1 - s
        a, b, c = (f * f) @ count, (f * s) @ count, (s * s) @ count
        d, e, yy = f @ (count * y), s @ (count * y), float(count @ y**2)
        (low_b, low_t), (high_b, high_t) = self.low[2:], self.high[2:]
        with np.errstate(all="ignore"):
            det = a * c - b * b
            free = ((d * c - e * b) / det, (e * a - d * b) / det)
            inside = (det > 1e-12 * a * c) & (free[0] >= low_b) & (free[0] <= high_b)
            inside &= (free[1] >= low_t) & (free[1] <= high_t)
            edges = [
                *((np.full(a.size, edge), np.clip((e - b * edge) / c, low_t, high_t)) for edge in (low_b, high_b)),
                *((np.clip((d - b * edge) / a, low_b, high_b), np.full(a.size, edge)) for edge in (low_t, high_t)),
            ]
        choices = [(np.where(inside, free[0], 0.0), np.where(inside, free[1], math.inf)), *edges]
        best = (np.zeros(a.size), np.zeros(a.size), np.full(a.size, math.inf))
        for bottom, top in choices:
            with np.errstate(all="ignore"):
                rss = yy + a * bottom**2 + c * top**2 + 2 * (b * bottom * top - d * bottom - e * top)
            rss = np.where(np.isfinite(rss), np.maximum(rss, 0.0), math.inf)
            better = rss < best[2]
            best = (np.where(better, bottom, best[0]), np.where(better, top, best[1]), np.where(better, rss, best[2]))
        return best

    def _descend(self, y: Floats, count: Floats, start: Floats) -> float:
        x, root = self.x, np.sqrt(count)

        def residuals(theta: Floats) -> Floats:
            return np.asarray(root * (logistic(x, theta[0], math.exp(theta[1]), theta[2], theta[3]) - y), float)

        def derivatives(theta: Floats) -> Floats:
            slope, span = math.exp(theta[1]), theta[3] - theta[2]
            s = logistic(x, theta[0], slope, 0.0, 1.0)
            q = s * (1 - s) * slope * LN10 * span
            return np.asarray(root[:, None] * np.stack([q, -q * (x - theta[0]), 1 - s, s], axis=1), float)

        inner = 1e-9 * np.maximum(np.abs(start), 1.0)
        begin = np.clip(start, self.low + inner, self.high - inner)
        found = least_squares(
            residuals, begin, derivatives, bounds=(self.low, self.high), xtol=1e-10, ftol=1e-11, gtol=1e-11, max_nfev=80
        )
        return 2 * float(found.cost)


def _ruler(low: float, high: float, step: float) -> Floats:
    return np.linspace(low, high, math.ceil((high - low) / step) + 1)


def _lowest_of_neighbours(surface: Floats) -> NDArray[np.bool_]:
    """Which points (p, k) are no higher than any of their eight neighbours; flattened."""
    padded = np.pad(surface, 1, constant_values=math.inf)
    rows, columns = surface.shape
    lowest = np.isfinite(surface)
    for i in range(3):
        for j in range(3):
            lowest &= surface <= padded[i : i + rows, j : j + columns]
    return np.asarray(lowest.ravel(), bool)
