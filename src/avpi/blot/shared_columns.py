"""Columns between two lanes that hold signal of both, and whose it is.

Bands of lanes that stand close run into each other, and a lane that is wider than most reaches into the next. Between
the middles of two neighbouring lanes the heights of the fitted bands are taken for two plateaus with soft ends (a
logistic edge each; height and slope of a plateau are solved in closed form, the places of both edges and their softness
by Gauss-Newton steps with weak priors). Each column's signal then belongs to either lane by its share of the model
there. Where a gap parts the lanes nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

EDGE, EDGE_SD = 0.08, 0.12
"""Where a lane is expected to end before the middle between two lanes, and how surely (sd), in pitches (assumed)."""
SOFTNESS, SOFTNESS_SD = 0.03, 0.7
"""Expected length over which a band ends, in pitches, and how surely (sd of its logarithm; assumed)."""
ALIKE_SD = 0.15
"""How much the softness of one row's edges differs between lanes (sd of its logarithm; assumed)."""
UNEVEN, LEVEL_ERROR = 0.04, 0.004
"""How far a real band's height is from a sloping plateau, as a share of itself and of the highest (assumed)."""
SLOPE_SD = 0.4
"""How much of its height a plateau may lose or gain from a lane's middle to its end (assumed)."""
STEPS = 8
NUDGE = 1e-3
"""Step of the numerical derivatives: in pitches for edges, in logarithms for softness."""
WITHIN = np.array([-1 / 3, 0.0, 1 / 3])
"""Places within a column at which an edge is looked at, in columns."""
WIDEST_HOLE = 0.25
"""Lanes whose columns lie farther apart than this, in pitches, share none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Across:
    """The heights of a row's bands along the lanes' length.

    Attributes
    ----------
    x_px, width_px : (lanes, strips) middle and width of each strip in the image.
    height, sd : (lanes, strips, bands) fitted height, and its standard deviation by noise.
    """

    x_px: Values
    width_px: Values
    height: Values
    sd: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What lanes are given and lose: (lanes, bands) summed heights.

    Attributes
    ----------
    net : to be added to each lane.
    moved : how much went either way (root of the sum of squares): its error is a share of this.
    """

    net: Values
    moved: Values


def share_columns(across: Across) -> Exchange:
    """Return how much of each band is another lane's."""
    lanes, strips, bands = across.height.shape
    net, moved = np.zeros((lanes, bands)), np.zeros((lanes, bands))
    middle = across.x_px[:, strips // 2]
    if lanes < 2 or strips < 5 or np.any(np.diff(middle) <= 0):
        return Exchange(net=net, moved=moved)
    borders = _Borders(across, middle)
    shares = borders.shares(borders.search())
    amount = borders.height * borders.width[:, :, None]
    half = strips // 2 + 1
    given = (amount[:, :half] * (1 - shares[:, :half])).sum(axis=1)
    taken = (amount[:, half:] * shares[:, half:]).sum(axis=1)
    given, taken = (np.where(borders.apart[:, None], 0.0, x) for x in (given, taken))
    net[:-1] += taken - given
    net[1:] += given - taken
    moved[:-1] += given**2 + taken**2
    moved[1:] += given**2 + taken**2
    return Exchange(net=net, moved=np.sqrt(moved))


class _Borders:
    """The stretches between neighbouring lanes' middles: (borders, columns), the left lane's half first."""

    def __init__(self, across: Across, middle: Values) -> None:
        half = across.x_px.shape[1] // 2
        self.x = np.concatenate([across.x_px[:-1, half:], across.x_px[1:, : half + 1]], axis=1)
        self.width = np.concatenate([across.width_px[:-1, half:], across.width_px[1:, : half + 1]], axis=1)
        self.height = np.concatenate([across.height[:-1, half:], across.height[1:, : half + 1]], axis=1)
        self.sd = np.concatenate([across.sd[:-1, half:], across.sd[1:, : half + 1]], axis=1)
        self.half = half + 1
        self.pitch = np.diff(middle)
        self.usual = float(np.median(self.pitch))
        ends = self.x[:, half] + self.width[:, half] / 2, self.x[:, half + 1] - self.width[:, half + 1] / 2
        self.apart = ends[1] - ends[0] > WIDEST_HOLE * self.usual
        top = np.abs(self.height).max(axis=1, keepdims=True)
        self.weight = 1 / np.sqrt(self.sd**2 + (UNEVEN * self.height) ** 2 + (LEVEL_ERROR * top) ** 2 + 1e-12)
        self.top = np.maximum(top[:, 0], 1e-9)
        self.z = (self.x[:, :, None] - np.stack([middle[:-1], middle[1:]], axis=1)[:, None, :]) / self.usual
        border = (middle[:-1] + middle[1:]) / 2
        self.from_border = (self.x - border[:, None]) / self.usual
        self.start = np.tile([-EDGE, EDGE, np.log(SOFTNESS)], (self.x.shape[0], 1))
        self.spread = np.tile([EDGE_SD, EDGE_SD, SOFTNESS_SD], (self.x.shape[0], 1))

    def _ends(self, at: Values) -> Values:
        """Return (borders, columns, 2) how much of the left and of the right lane's plateau reaches each column."""
        inside = self.from_border[:, :, None] + WITHIN * (self.width / self.usual)[:, :, None]
        soft = np.exp(at[:, 2])[:, None, None]
        left = _logistic((at[:, 0, None, None] - inside) / soft).mean(axis=2)
        right = _logistic((inside - at[:, 1, None, None]) / soft).mean(axis=2)
        return np.stack([left, right], axis=2)

    def _solved(self, at: Values) -> tuple[Values, Values]:
        """Return the weighted residual (borders, columns x bands) and the model (borders, columns, 2, bands)."""
        ends = self._ends(at)
        design = np.concatenate([ends, ends * self.z], axis=2)
        weighted = design[:, :, None, :] * self.weight[..., None]
        by_band = np.moveaxis(weighted, 2, 1)
        turned = np.swapaxes(by_band, 2, 3)
        normal = turned @ by_band
        normal = normal + np.eye(4) * 1e-9 * np.trace(normal, axis1=2, axis2=3)[..., None, None]
        slope = 1 / (SLOPE_SD * 2 * self.top) ** 2
        normal[:, :, 2, 2] += slope
        normal[:, :, 3, 3] += slope
        seen = np.moveaxis(self.height * self.weight, 2, 1)
        levels = np.linalg.solve(normal, turned @ seen[..., None])[..., 0]
        residual = seen - (by_band @ levels[..., None])[..., 0]
        plateau = levels[:, :, None, :2] + levels[:, :, None, 2:] * self.z[:, None, :, :]
        model = np.moveaxis(np.maximum(plateau, 0.0) * ends[:, None], 1, 3)
        return residual.reshape(residual.shape[0], -1), model

    def _misfit(self, at: Values, residual: Values) -> Values:
        misfit: Values = (residual**2).sum(axis=1) + (((at - self.start) / self.spread) ** 2).sum(axis=1)
        return misfit

    def search(self) -> Values:
        """Return (borders, 3) both edges, in pitches from the middle between the lanes, and log softness."""
        at, normal = self._descend(self.start.copy())
        # What all edges of a row tell of their softness, each by how well it is known there.
        known = np.maximum(1 / np.linalg.inv(normal)[:, 2, 2] - 1 / SOFTNESS_SD**2, 0.0)
        if known.sum() > 0:
            common = (known @ at[:, 2] + np.log(SOFTNESS) / SOFTNESS_SD**2) / (known.sum() + 1 / SOFTNESS_SD**2)
            self.start[:, 2], self.spread[:, 2] = common, ALIKE_SD
            at[:, 2] = common
            at, _ = self._descend(at)
        return at

    def _descend(self, at: Values) -> tuple[Values, Values]:
        residual, _ = self._solved(at)
        misfit = self._misfit(at, residual)
        damping = np.full(at.shape[0], 1e-2)
        prior = np.eye(3) / self.spread[:, None, :] ** 2
        normal = np.broadcast_to(prior, (at.shape[0], 3, 3))
        for _ in range(STEPS):
            slopes = [(self._solved(at + NUDGE * unit)[0] - residual) / NUDGE for unit in np.eye(3)]
            by = np.stack(slopes, axis=2)
            turned = np.swapaxes(by, 1, 2)
            normal = turned @ by + prior
            down = -(turned @ residual[..., None])[..., 0] - (at - self.start) / self.spread**2
            damped = normal * (1 + damping[:, None, None] * np.eye(3))
            step = np.clip(np.linalg.solve(damped, down[..., None])[..., 0], -0.15, 0.15)
            tried = at + step
            left, _ = self._solved(tried)
            lower = self._misfit(tried, left)
            better = lower < misfit
            at, residual = np.where(better[:, None], tried, at), np.where(better[:, None], left, residual)
            misfit = np.where(better, lower, misfit)
            damping = np.where(better, 0.3 * damping, 10 * damping)
        return at, normal

    def shares(self, at: Values) -> Values:
        """Return (borders, columns, bands) which share of each column is the left lane's."""
        _, model = self._solved(at)
        own = np.zeros(self.x.shape[1])
        own[: self.half] = 1.0
        # Where there is nothing but noise, a column stays with its lane.
        shares: Values = (model[:, :, 0] + self.sd * own[None, :, None]) / (model.sum(axis=2) + self.sd)
        return shares


def _logistic(u: Values) -> Values:
    flat: Values = 1 / (1 + np.exp(-np.clip(u, -40, 40)))
    return flat
