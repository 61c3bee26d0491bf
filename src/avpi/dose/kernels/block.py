"""A block of curves of one design, fitted together without Python; compiled."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avpi.compute.compiled import compiled
from avpi.dose.kernels.columns import (
    BOTTOM_HELD,
    K_HIGHEST,
    K_LOWEST,
    NEAR_EDGE,
    NOT_CONVERGED,
    OUT_BOTTOM,
    OUT_HIGH,
    OUT_K,
    OUT_LOW,
    OUT_MEAN,
    OUT_N,
    OUT_P,
    OUT_RSS,
    OUT_RSS_FLAT,
    OUT_TOP,
    P_HIGHEST,
    P_LOWEST,
    PARAMETERS,
    TOO_FEW,
    TOP_HELD,
)
from avpi.dose.kernels.descent import K_HIGH, K_LOW, P_HIGH, P_LOW, Descents, Starts, descents_for, fit_all
from avpi.dose.kernels.errors import ErrorRoom, errors_for, fill_errors
from avpi.dose.kernels.limits import Limits
from avpi.dose.kernels.logistic import BOTTOM, HELD, RSS, TOP, Curves, lanes_for
from avpi.dose.kernels.profile import Ends, ends_for, find_ends

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TOGETHER = 256
"""Curves that go their way together: what they need stays near the processor."""
_DEPENDENT = 1e-10
"""Length that a column of the scaled design must have beyond those before it."""


class Room(NamedTuple):
    """Room to fit curves in, made once for many blocks.

    Attributes
    ----------
    y, w : (curves, doses) mean responses and weights.
    plateaus : (curves, 4) the boxes of bottom and top.
    wells, within, rises : (curves,) wells used, their scatter within doses, by how much half the residual sum may rise.
    each, wanted, asked : (curves,) counting from 0; which curves can be fitted; which get an interval.
    ways, ends, lanes : of the fits, of the intervals, and of the kernel.
    errors : of the standard errors.
    """

    y: Floats
    w: Floats
    plateaus: Floats
    wells: Ints
    within: Floats
    rises: Floats
    each: Ints
    wanted: Ints
    asked: Ints
    ways: Descents
    ends: Ends
    lanes: Floats
    errors: ErrorRoom


def room_for(doses: int, curves: int = TOGETHER) -> Room:
    """Return room for so many curves of so many doses."""
    y, w = np.zeros((curves, doses)), np.zeros((curves, doses))
    wells, wanted, asked = (np.zeros(curves, np.int64) for _ in range(3))
    within, rises = np.zeros(curves), np.zeros(curves)
    return Room(
        y, w, np.zeros((curves, 4)), wells, within, rises, np.arange(curves), wanted, asked, descents_for(curves),
        ends_for(curves), lanes_for(doses), errors_for(doses),
    )  # fmt: skip


@compiled(nogil=True)
def fit_block(
    responses: Floats,
    groups: Ints,
    x: Floats,
    weights: Floats,
    plateaus: Floats,
    box: Floats,
    starts: Starts,
    rises: Floats,
    limits: Limits,
    control: float,
    room: Room,
    out: Floats,
    state: Ints,
) -> None:  # pragma: no cover - compiled
    """Fill ``out`` (curves, columns) and ``state`` (curves,) for a block of curves.

    Parameters
    ----------
    responses : (curves, wells); nan where a well is missing.
    groups : (wells,) index of each well's dose in ``x`` (doses,), log10 molar.
    weights : (wells,) relative inverse variances.
    rises : (wells + 1,) the rise of the residual sum that an interval allows, relative to it, by the number of wells
        used; nan where no interval is wanted.
    limits : what multiplies it, for this design.
    control : the response that half of is looked for; nan for none.
    """
    together = room.wells.size
    room.plateaus[:] = plateaus
    curves = Curves(x, room.y, room.w, room.plateaus, box)
    for first in range(0, responses.shape[0], together):
        number = min(together, responses.shape[0] - first)
        _fit_together(responses[first : first + number], groups, weights, curves, starts, rises, limits, control, room,
                      out[first : first + number], state[first : first + number])  # fmt: skip


@compiled(inner=True)
def _fit_together(
    responses: Floats,
    groups: Ints,
    weights: Floats,
    curves: Curves,
    starts: Starts,
    rises: Floats,
    limits: Limits,
    control: float,
    room: Room,
    out: Floats,
    state: Ints,
) -> None:  # pragma: no cover - compiled
    ways, wanted, asked = room.ways, 0, 0
    for c in range(responses.shape[0]):
        n, within, flat, mean = _gather(responses[c], groups, weights, room.y[c], room.w[c])
        out[c, :] = math.nan
        out[c, OUT_N], out[c, OUT_MEAN], out[c, OUT_RSS_FLAT] = n, mean, flat
        room.wells[c], room.within[c] = n, within
        used = 0
        for j in range(curves.x.size):
            used += room.w[c, j] > 0.0
        if n <= PARAMETERS or used < PARAMETERS:
            state[c], out[c, OUT_RSS_FLAT] = TOO_FEW, math.nan
            continue
        room.wanted[wanted] = c
        wanted += 1
    fit_all(curves, room.wanted, wanted, room.each, starts, ways, room.lanes)
    for i in range(wanted):
        c = room.wanted[i]
        n, best, p, k = room.wells[c], ways.best[c], ways.best_p[c], ways.best_k[c]
        rss = 2 * best[RSS] + room.within[c]
        out[c, OUT_P], out[c, OUT_K], out[c, OUT_BOTTOM], out[c, OUT_TOP] = p, k, best[BOTTOM], best[TOP]
        out[c, OUT_RSS] = rss
        state[c] = _state(p, k, best, curves.box, ways.done[c])
        fill_errors(p, k, best, curves, room.w[c], rss / (n - PARAMETERS), control, room.errors, out[c])
        room.rises[c] = 0.5 * rss * rises[n]
        if not math.isnan(room.rises[c]):
            room.asked[asked] = c
            asked += 1
    find_ends(curves, room.asked, asked, room.rises, room.within, room.wells, limits, ways, room.ends, room.lanes)
    for i in range(asked):
        c = room.asked[i]
        out[c, OUT_LOW], out[c, OUT_HIGH] = room.ends.found[2 * c], room.ends.found[2 * c + 1]


@compiled(inner=True)
def _gather(
    wells: Floats, groups: Ints, weights: Floats, y: Floats, w: Floats
) -> tuple[int, float, float, float]:  # pragma: no cover - compiled
    """Fill mean and weight of each dose; return the wells, their scatter within doses and in all, the mean."""
    for j in range(y.size):
        y[j], w[j] = 0.0, 0.0
    n, whole, mean = 0, 0.0, 0.0
    for i in range(wells.size):
        if not math.isnan(wells[i]):
            n += 1
            y[groups[i]] += weights[i] * wells[i]
            w[groups[i]] += weights[i]
            whole += weights[i]
            mean += weights[i] * wells[i]
    mean /= whole if whole > 0.0 else 1.0
    for j in range(y.size):
        y[j] = y[j] / w[j] if w[j] > 0.0 else mean  # without weight, but starts are chosen by the look of all doses
    within, flat = 0.0, 0.0
    for i in range(wells.size):
        if not math.isnan(wells[i]):
            within += weights[i] * (wells[i] - y[groups[i]]) ** 2
            flat += weights[i] * (wells[i] - mean) ** 2
    return n, within, flat, mean


@compiled(inner=True)
def _state(p: float, k: float, best: Floats, box: Floats, reached: int) -> int:  # pragma: no cover - compiled
    found = 0 if reached else NOT_CONVERGED
    if p <= box[P_LOW] + NEAR_EDGE:
        found |= P_LOWEST
    if p >= box[P_HIGH] - NEAR_EDGE:
        found |= P_HIGHEST
    if k <= box[K_LOW] + NEAR_EDGE:
        found |= K_LOWEST
    if k >= box[K_HIGH] - NEAR_EDGE:
        found |= K_HIGHEST
    held = int(best[HELD])
    if held & 1:
        found |= BOTTOM_HELD
    if held & 2:
        found |= TOP_HELD
    return found
