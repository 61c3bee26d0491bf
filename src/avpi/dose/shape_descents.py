"""Descents of one shape from several starts at once: what a single curve costs is numpy's calls, and these are shared.

Each is the descent of :mod:`avpi.dose.marquardt`, with the scale of each variable remembered (Moré). None hears of the
others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.dose.marquardt import MOST_DAMPING
from avpi.dose.marquardt import NO_GAIN as ROUNDING
from avpi.dose.shapes import Shape

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST_DAMPING, LEAST_DAMPING = 1e-3, 1e-16


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeProblem:
    """The points of a curve and the shape that they are to have.

    Attributes
    ----------
    doses_molar, responses, root : (n,) doses, responses and roots of the weights.
    low, high : (p,) boxes of the parameters; infinite ends are no limits.
    """

    shape: Shape
    doses_molar: Floats
    responses: Floats
    root: Floats
    low: Floats
    high: Floats

    def residuals(self, b: Floats) -> Floats:
        """Return the weighted residuals (s, n) of parameters (s, p)."""
        k = len(self.shape.linear)
        fitted = (self.shape.bases(self.doses_molar, b[:, k:]) @ b[:, :k, None])[..., 0]
        return np.asarray(self.root * (self.responses - fitted), float)

    def jacobians(self, b: Floats) -> Floats:
        """Return the weighted derivatives (s, n, p) of the curves of parameters (s, p)."""
        return np.asarray(self.shape.derivatives(self.doses_molar, b) * self.root[:, None], float)


def descend_from(problem: ShapeProblem, starts: Floats, *, most_steps: int, no_gain: float) -> tuple[Floats, Floats]:
    """Return the ends (s, p) of descents from ``starts`` (s, p), and their residual sums (s,).

    Parameters
    ----------
    most_steps, no_gain : of each descent, as ``avpi.dose.marquardt.descend`` takes them.
    """
    with np.errstate(all="ignore"):
        ways = _Ways(problem, starts)
        while ways.going.any():
            ways.look(most_steps)
            ways.step(no_gain)
    return ways.b, ways.rss


class _Ways:
    """Where each descent is, and what it knows of its neighbourhood; first axis: descents."""

    def __init__(self, problem: ShapeProblem, starts: Floats) -> None:
        many, p = starts.shape
        self.problem = problem
        self.b = np.clip(starts, problem.low, problem.high)
        self.r = problem.residuals(self.b)
        self.rss = np.sum(self.r * self.r, axis=1)
        self.damping, self.growth = np.full(many, FIRST_DAMPING), np.full(many, 2.0)
        self.going, self.moved, self.looks = np.ones(many, bool), np.ones(many, bool), np.zeros(many, np.int64)
        self.scale, self.free = np.zeros((many, p)), np.zeros((many, p), bool)
        rank = min(self.r.shape[1], p)
        self.turned, self.values, self.right = np.zeros((many, rank)), np.zeros((many, rank)), np.zeros((many, rank, p))

    def look(self, most_steps: int) -> None:
        """Take the Jacobian where a descent has moved; stop those that have nowhere to go."""
        self.going &= ~(self.moved & (self.looks >= most_steps))
        at = np.flatnonzero(self.going & self.moved)
        if not at.size:
            return
        columns = self.problem.jacobians(self.b[at])
        finite = np.isfinite(columns).all(axis=(1, 2))
        self.going[at[~finite]] = False
        at, columns = at[finite], columns[finite]
        if not at.size:
            return
        self.looks[at] += 1
        self.moved[at] = False
        longest = np.maximum(self.scale[at], np.sqrt(np.sum(columns**2, axis=1)))
        longest[longest == 0] = 1.0
        self.scale[at] = longest
        b, low, high = self.b[at], self.problem.low, self.problem.high
        uphill = np.einsum("snp,sn->sp", columns, self.r[at])
        free = ~(((b <= low) & (uphill < 0)) | ((b >= high) & (uphill > 0))) & (high > low)
        self.free[at] = free
        left, values, right = np.linalg.svd(
            np.where(free[:, None, :], columns / longest[:, None, :], 0.0), full_matrices=False
        )
        self.turned[at] = np.einsum("snk,sn->sk", left, self.r[at])
        self.values[at], self.right[at] = values, right
        self.going[at] = free.any(axis=1)

    def step(self, no_gain: float) -> None:
        """Try a step of each descent that is not at its end."""
        at = np.flatnonzero(self.going)
        if not at.size:
            return
        damping, turned, values = self.damping[at, None], self.turned[at], self.values[at]
        shares = values**2 + damping
        scaled = np.einsum("skp,sk->sp", self.right[at], turned * values / shares)
        step = np.where(self.free[at], scaled / self.scale[at], 0.0)
        to = np.clip(self.b[at] + step, self.problem.low, self.problem.high)
        predicted = np.sum(turned**2 * (1 - (damping / shares) ** 2), axis=1)
        ended = np.all(to == self.b[at], axis=1) | (predicted <= ROUNDING * ROUNDING * self.rss[at])
        self.going[at[ended]] = False
        at, to, predicted = at[~ended], to[~ended], predicted[~ended]
        if not at.size:
            return
        there = self.problem.residuals(to)
        new = np.sum(there * there, axis=1)
        lower = np.isfinite(new) & (new < self.rss[at])
        self._keep(at[lower], to[lower], there[lower], new[lower], predicted[lower], no_gain)
        up = at[~lower]
        self.damping[up] *= self.growth[up]
        self.growth[up] *= 2
        self.going[up] = self.damping[up] < MOST_DAMPING

    def _keep(self, at: Ints, to: Floats, there: Floats, new: Floats, predicted: Floats, no_gain: float) -> None:
        rss = self.rss[at]
        gain = (rss - new) / np.maximum(predicted, 1e-300)
        self.damping[at] = np.maximum(self.damping[at] * np.maximum(1 / 5, 1 - (2 * gain - 1) ** 3), LEAST_DAMPING)
        self.growth[at] = 2.0
        self.moved[at] = True
        self.b[at], self.r[at], self.rss[at] = to, there, new
        little = (rss - new <= no_gain * rss) & (predicted <= no_gain * rss)
        self.going[at[little]] = False
