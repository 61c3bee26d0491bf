"""How far the residual sum may rise within an interval, learnt for a design; compiled.

The limit of Fisher's F is multiplied with a factor that depends on where the EC50 is held and on what is fitted there:
the slope k, the noise relative to the span, how far the bottom lies above its box in units of the noise, and where
between two doses the EC50 lies. ``interval_limits`` says why, and how the factor is found. Its logarithm is a sum of
products of hat functions of these.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avpi.compute.compiled import compiled
from avpi.dose.kernels.logistic import BOTTOM, RSS, TOP

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PLACES = np.array([-0.1, 0.0, 0.15, 0.4, 0.6, 0.85, 1.0, 1.1])
"""Nodes of the place of the EC50, from the lowest dose (0) to the highest (1)."""
SLOPES = np.array([-1.2, 0.0, 0.7, 1.6])
"""Nodes of ln slope."""
NOISES = np.array([-3.5, -2.3, -1.2])
"""Nodes of ln(residual standard deviation / span)."""
HEIGHTS = np.array([0.0, 1.0, 4.0])
"""Nodes of the bottom above its box, in residual standard deviations."""
STEEP = np.array([0.2, 0.8, 1.6])
"""Nodes of ln slope where a curve is so steep that it matters how its EC50 lies between two doses."""
_P, _K, _R, _Z = PLACES.size, SLOPES.size, NOISES.size, HEIGHTS.size
_PLACE_HEIGHT = _P * _K * _R
_SLOPE_HEIGHT = _PLACE_HEIGHT + _P * _Z
_HEIGHT_NOISE = _SLOPE_HEIGHT + _K * _Z
_PHASE = _HEIGHT_NOISE + _Z * _R
COEFFICIENTS = _PHASE + STEEP.size
TERMS = 23
"""Coefficients that matter at one place: eight of one product, four of each of three, and three of steepness."""
FARTHEST_HEIGHT = 1e9
PRODUCTS = 4
"""Each of which has the weight 1 at every place."""
_COARSE, _COARSE_ROUNDS = 8, 12
_RELAXED = 1.7
"""By how much more than a round asks for the coefficients are moved: such rounds approach from one side and slowly, and
below a factor of 2 the longer step cannot leave the minimum (Ortega & Rheinboldt 1970, Iterative Solution of Nonlinear
Equations in Several Variables, ch. 10)."""
_LEAST = 1e-300


class Limits(NamedTuple):
    """What the factor of a design follows from.

    Attributes
    ----------
    first, spread : lowest dose and distance to the highest, log10 molar.
    lowest_bottom : of the box; -inf for none.
    coefficients : (144,); none for the plain limit of F.
    indices, values : (23,) room.
    """

    first: float
    spread: float
    lowest_bottom: float
    coefficients: Floats
    indices: Ints
    values: Floats

    def own(self) -> Limits:
        """Return the same limits with room of their own, for one thread."""
        return self._replace(indices=np.zeros(TERMS, np.int64), values=np.zeros(TERMS))


@compiled(inner=True, forceinline=True)
def factor(
    limits: Limits, x: Floats, p: float, k: float, at: Floats, within: float, df: float
) -> float:  # pragma: no cover - compiled
    """Return by what the limit of F is multiplied where the EC50 is held at p; ``df`` is wells less 3."""
    if limits.coefficients.size == 0:
        return 1.0
    describe(limits, x, p, k, at, within, df)
    total = 0.0
    for i in range(TERMS):
        total += limits.values[i] * limits.coefficients[limits.indices[i]]
    return math.exp(total)


@compiled(inner=True, forceinline=True)
def describe(
    limits: Limits, x: Floats, p: float, k: float, at: Floats, within: float, df: float
) -> None:  # pragma: no cover - compiled
    """Fill the hat functions (23,) that are not 0 for a curve whose EC50 is held at p, and which these are.

    ``at`` (9,) is what was evaluated there, ``within`` the scatter within doses.
    """
    noise = math.sqrt((2 * at[RSS] + within) / df) + _LEAST
    span = max(abs(at[TOP] - at[BOTTOM]), 1e-3 * noise)
    height = (at[BOTTOM] - limits.lowest_bottom) / noise if math.isfinite(limits.lowest_bottom) else FARTHEST_HEIGHT
    i_p, t_p = _hat((p - limits.first) / limits.spread, PLACES)
    i_k, t_k = _hat(k, SLOPES)
    i_r, t_r = _hat(math.log(noise / span), NOISES)
    i_z, t_z = _hat(height, HEIGHTS)
    _product(limits, 0, (i_p * _K + i_k) * _R + i_r, _R, t_k, t_r, 1.0 - t_p)
    _product(limits, 4, ((i_p + 1) * _K + i_k) * _R + i_r, _R, t_k, t_r, t_p)
    _product(limits, 8, _PLACE_HEIGHT + i_p * _Z + i_z, _Z, t_p, t_z, 1.0)
    _product(limits, 12, _SLOPE_HEIGHT + i_k * _Z + i_z, _Z, t_k, t_z, 1.0)
    _product(limits, 16, _HEIGHT_NOISE + i_z * _R + i_r, _R, t_z, t_r, 1.0)
    i_s, t_s = _hat(k, STEEP)
    phase = _phase(p, x)
    for i in range(3):
        limits.indices[20 + i], limits.values[20 + i] = _PHASE + i, 0.0
    limits.values[20 + i_s], limits.values[21 + i_s] = phase * (1.0 - t_s), phase * t_s
    limits.values[20] = 0.0  # of shallow curves it does not matter


@compiled(inner=True, forceinline=True)
def _hat(v: float, nodes: Floats) -> tuple[int, float]:  # pragma: no cover - compiled
    """Return the node below, and how far it is to the next."""
    if not v > nodes[0]:
        return 0, 0.0
    i = 0
    while i < nodes.size - 2 and v > nodes[i + 1]:
        i += 1
    return i, min((v - nodes[i]) / (nodes[i + 1] - nodes[i]), 1.0)


@compiled(inner=True, forceinline=True)
def _product(
    limits: Limits, place: int, index: int, row: int, down: float, along: float, share: float
) -> None:  # pragma: no cover - compiled
    for i in range(2):
        weight = share * (down if i else 1.0 - down)
        limits.indices[place + 2 * i], limits.indices[place + 2 * i + 1] = index + i * row, index + i * row + 1
        limits.values[place + 2 * i], limits.values[place + 2 * i + 1] = weight * (1.0 - along), weight * along


@compiled(inner=True, forceinline=True)
def _phase(p: float, x: Floats) -> float:  # pragma: no cover - compiled
    """Return 1 where p is a dose, -1 halfway between two; 1 beyond the doses."""
    for j in range(x.size - 1):
        if x[j] <= p < x[j + 1] and x[j] > -100.0:
            return math.cos(2 * math.pi * (p - x[j]) / (x[j + 1] - x[j]))
    return 1.0


@compiled(nogil=True)
def fit_coefficients(
    indices: Ints,
    values: Floats,
    log_ratios: Floats,
    quantiles: Floats,
    centre: float,
    ridge: float,
    rounds: int,
) -> Floats:  # pragma: no cover - compiled
    """Return the coefficients (144,) of several quantiles of one shape together, by reweighted least squares.

    The first rounds look at every eighth curve: they bring the coefficients near, and cost an eighth.

    Parameters
    ----------
    indices, values : (curves, 23) the hat functions of each curve.
    log_ratios : (curves, quantiles) logarithm of the rise over the limit of F at each quantile.
    centre : what the factor's logarithm is drawn to where few curves are, and how strongly: ``ridge``.
    rounds : of reweighting with all curves.
    """
    n = COEFFICIENTS
    found = np.full(n, centre / PRODUCTS)
    near = 0.3
    for done in range(_COARSE_ROUNDS + rounds):
        step = _COARSE if done < _COARSE_ROUNDS else 1
        matrix, side = np.zeros((n, n)), np.zeros(n)
        for c in range(0, indices.shape[0], step):
            fitted = 0.0
            for i in range(TERMS):
                fitted += values[c, i] * found[indices[c, i]]
            weight, pull = 0.0, 0.0
            for j in range(quantiles.size):
                rest = log_ratios[c, j] - fitted
                share = quantiles[j] if rest > 0 else 1.0 - quantiles[j]
                own = share / (max(abs(rest), near) * (1.0 - quantiles[j]))
                weight += own
                pull += own * rest
            for i in range(TERMS):
                a, of_a = indices[c, i], values[c, i]
                if of_a == 0.0:
                    continue
                side[a] += of_a * pull
                for j in range(TERMS):
                    matrix[a, indices[c, j]] += of_a * weight * values[c, j]
        for a in range(n):
            matrix[a, a] += ridge / step
            side[a] -= ridge / step * (found[a] - centre / PRODUCTS)
        found = found + (_RELAXED if done >= _COARSE_ROUNDS else 1.0) * np.linalg.solve(matrix, side)
        near = max(0.7 * near, 0.02)
    return found
