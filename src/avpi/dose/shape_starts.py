"""Where the fit of a shape may lie, and where it begins.

A grid of nonlinear parameters covers what the doses can show; plateaus are solved for at each point of it. The best
point of each class of slopes (and shares, and asymmetries) begins a descent: classes lie in different basins.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from avpi.dose.design import VIABILITY
from avpi.dose.shapes import LEAST_GAP, Place, Shape
from avpi.errors import InputError, Problem, nearest_word

Floats = NDArray[np.float64]
Boxes = Mapping[str, tuple[float, float]]

BEYOND_DOSES_LOG10 = 3.0
STEEPNESS = (2.0, 5.0, 12.0, 35.0, 100.0)
"""Start slopes, times the range of the doses in log10: from a fall over all doses to one between two of them."""
SHALLOWEST, STEEPEST = 0.05, 400.0
"""Slopes that are looked at, times the range: beyond, a curve is a line or a step and the slope has no meaning."""
MOST_RECOVERY = 1.5
"""Times the span of the responses: a rise whose end was not seen is not drawn higher."""
POSITIONS, COARSE_POSITIONS = 17, 9

VIABILITY_BOXES: Boxes = {"bottom": VIABILITY.bottom, "hill_slope": VIABILITY.slope}
"""Boxes of a viability relative to its control, to be combined with ``position_box``."""


def position_box(doses_molar: Floats, beyond_log10: float = VIABILITY.beyond_doses_log10) -> tuple[float, float]:
    """Return the box of a log10 EC50 that reaches ``beyond_log10`` further than the doses (n,) above 0."""
    given = np.log10(doses_molar[doses_molar > 0])
    return float(given.min() - beyond_log10), float(given.max() + beyond_log10)


def boxes_of(shape: Shape, doses_molar: Floats, span: float, boxes: Boxes | None = None) -> Floats:
    """Return lowest and highest value (p, 2) of each parameter; equal ones where it is held.

    Parameters
    ----------
    doses_molar : (d,) doses above 0.
    span : highest less lowest response.
    boxes : name of a parameter -> its box, for those that are to have another than the widest.

    Raises
    ------
    InputError
        If a box is that of a parameter which the shape does not have, empty, or leaves out a value that is held.
    """
    own = dict(boxes or {})
    for name in own:
        if name not in shape.parameters:
            what = f"there is a box for '{name}', which the shape '{shape.name}' does not have"
            hint = nearest_word(name, shape.parameters)
            raise InputError(Problem(file="boxes", what=what, expected=", ".join(shape.parameters), hint=hint))
    held = dict(shape.held)
    edges = []
    for name in shape.parameters:
        low, high = own.get(name, _widest(shape, name, doses_molar, span))
        if not low < high:
            what = f"the box of {name} goes from {low} to {high}"
            raise InputError(Problem(file="boxes", what=what, expected="a lower end below the upper one"))
        if name in held:
            if not low <= held[name] <= high:
                what = f"{name} is held at {held[name]:g}"
                raise InputError(Problem(file="shape", what=what, expected=f"{low:g} to {high:g}, the box of {name}"))
            low = high = held[name]
        edges.append((low, high))
    return np.array(edges, float).reshape(len(shape.parameters), 2)


def _widest(shape: Shape, name: str, doses_molar: Floats, span: float) -> tuple[float, float]:
    """Return the box of a parameter where none is given: where it still has a meaning for these doses."""
    if name == "recovery":
        return 0.0, MOST_RECOVERY * span if span > 0 else math.inf
    if name in shape.linear:
        return -math.inf, math.inf
    first, last = position_box(doses_molar, 0.0)
    width = max(last - first, 0.3)
    widest: dict[Place, tuple[float, float]] = {
        "position": position_box(doses_molar, max(BEYOND_DOSES_LOG10, width)),
        "slope": (SHALLOWEST / width, STEEPEST / width),
        "ratio": (0.01, 100.0),
        "share": (0.02, 0.98),
        "gap": (LEAST_GAP, 2 * width),
    }
    return widest[shape.places[shape.nonlinear.index(name)]]


def start_grid(shape: Shape, doses_molar: Floats, edges: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return starts (m, nonlinear) within ``edges`` (p, 2), and the class (m,) of each."""
    first, last = position_box(doses_molar, 0.0)
    width = max(last - first, 0.3)
    coarse = "gap" in shape.places
    slopes = STEEPNESS[1:4:2] if coarse else STEEPNESS
    choices: dict[Place, list[float]] = {
        "position": list(
            np.linspace(first - 0.1 * width, last + 0.1 * width, COARSE_POSITIONS if coarse else POSITIONS)
        ),
        "slope": [steepness / width for steepness in slopes],
        "ratio": [0.3, 1.0, 3.0],
        "share": [0.25, 0.5, 0.75],
        "gap": [width * part for part in (0.1, 0.2, 0.35, 0.55)],
    }
    low, high = edges[len(shape.linear) :].T
    points = [range(len(choices[place])) for place in shape.places]
    starts, classes = [], []
    for chosen in itertools.product(*points):
        start = [choices[place][i] for place, i in zip(shape.places, chosen, strict=True)]
        starts.append(np.clip(np.array(start, float), low, high))
        of_class = [i for place, i in zip(shape.places, chosen, strict=True) if place not in ("position", "gap")]
        classes.append(int(np.ravel_multi_index(of_class, [9] * len(of_class))) if of_class else 0)
    return np.array(starts).reshape(len(starts), len(shape.nonlinear)), np.array(classes, np.int64)


def best_starts(shape: Shape, doses_molar: Floats, responses: Floats, root: Floats, edges: Floats, most: int) -> Floats:
    """Return up to ``most`` starts (m, p), each the best of its class, the best class first.

    Parameters
    ----------
    doses_molar, responses, root : (n,) doses, responses and roots of the weights.
    edges : (p, 2) boxes.
    """
    k = len(shape.linear)
    grid, classes = start_grid(shape, doses_molar, edges)
    columns = np.asarray(shape.bases(doses_molar, grid), float)
    levels = _levels(columns * root[:, None], responses * root, edges[:k])
    sums = np.sum((root * (responses - (columns @ levels[:, :, None])[..., 0])) ** 2, axis=1)
    found: dict[int, tuple[float, Floats]] = {}
    for q, own, rss, number in zip(grid, levels, sums.tolist(), classes.tolist(), strict=True):
        if rss < found.get(number, (math.inf, q))[0]:
            found[number] = rss, np.concatenate([own, q])
    ranked = [start for _, start in sorted(found.values(), key=lambda pair: pair[0])[:most]]
    return np.array(ranked).reshape(len(ranked), len(shape.parameters))


def _levels(columns: Floats, wanted: Floats, edges: Floats) -> Floats:
    """Return levels (m, k) by least squares for columns (m, n, k) of unit height each.

    Levels that leave a box are set to its edge, and the others solved again.
    """
    low, high = edges.T
    levels = np.tile(np.clip(np.zeros(low.size), low, high), (columns.shape[0], 1))
    free = np.tile(low < high, (columns.shape[0], 1))
    going = np.flatnonzero(free.any(axis=1))
    for _ in range(low.size):
        for pattern in np.unique(free[going], axis=0):
            own = going[(free[going] == pattern).all(axis=1)]
            rest = wanted - (columns[own][:, :, ~pattern] @ levels[own][:, ~pattern, None])[..., 0]
            levels[np.ix_(own, np.flatnonzero(pattern))] = _solved(columns[own][:, :, pattern], rest)
        outside = free & ((levels < low) | (levels > high))
        levels = np.clip(levels, low, high)
        free &= ~outside
        going = np.flatnonzero(outside.any(axis=1) & free.any(axis=1))
        if not going.size:
            break
    return levels


def _solved(columns: Floats, wanted: Floats) -> Floats:
    """Return the shortest solutions (m, k) of least squares for columns (m, n, k) and values (m, n)."""
    left, values, right = np.linalg.svd(columns, full_matrices=False)
    least = np.finfo(float).eps * max(columns.shape[1:]) * values[:, :1]
    turned = np.einsum("mnk,mn->mk", left, wanted)
    found: Floats = np.einsum(
        "mkj,mk->mj", right, np.where(values > least, turned / np.where(values > least, values, 1), 0)
    )
    return found
