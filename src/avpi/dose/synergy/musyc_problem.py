"""A combination made ready for a MuSyC fit: cells, boxes, and which of the models the doses allow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avpi.dose.synergy import musyc_kernel as kernel
from avpi.dose.synergy.combination import Combination
from avpi.dose.synergy.musyc_kernel import FAR, STATES, Surface
from avpi.dose.synergy.musyc_surface import EFFECTS, NAMES
from avpi.errors import InputError, Problem, nearest_word

Floats = NDArray[np.float64]
Boxes = Mapping[str, tuple[float, float]]
Response = Literal["effect", "viability"]
ModelName = Literal["independent", "no_cooperativity", "full"]

MODELS: tuple[ModelName, ...] = ("independent", "no_cooperativity", "full")
"""alpha = gamma = 1; gamma = 1; all twelve parameters free."""
CURVED_FREE = (4, 6, 8)
"""Parameters of each model that are not linear."""
PLACES = {
    "C1": kernel.C1,
    "C2": kernel.C2,
    "h1": kernel.H1,
    "h2": kernel.H2,
    "alpha12": kernel.ALPHA12,
    "alpha21": kernel.ALPHA21,
    "gamma12": kernel.GAMMA12,
    "gamma21": kernel.GAMMA21,
}
"""Where the compiled code has each parameter, as a natural logarithm."""

SLOPE_BOX = (0.1, 10.0)
"""From nearly a line to nearly a step, as for single curves."""
BEYOND_DOSES = 100.0
"""So many times below the lowest and above the highest dose C may lie; further out the data cannot place it."""
ALPHA_BOX = (1e-4, 1e4)
"""A shift beyond the range of any dose matrix."""
GAMMA_BOX = (0.05, 20.0)
"""Wider than the ratio of any two slopes that a dose matrix tells apart."""
_WIDEST = np.log([SLOPE_BOX] * 4 + [ALPHA_BOX] * 2 + [GAMMA_BOX] * 2).T
"""Ends of the boxes of theta (2, 8); those of C depend on the doses."""
LEAST_DOSES = 2
"""Doses above 0 of each compound: one dose fixes no potency."""
DOSES_FOR_A_SLOPE = 3
"""Doses above 0 from which on a slope is fitted; with two it is held at 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MusycProblem:
    """A surface of mean effects, and what of the wells is not in it.

    Attributes
    ----------
    surface : the cells as the compiled code takes them, effects as fractions affected.
    within : sum of squares of replicate wells about their cells.
    total : sum of squares of the wells about their mean.
    wells : how many.
    models : which models the number of cells allows.
    held : parameters that are held: by their boxes, or slopes for want of doses.
    """

    surface: Surface
    within: float
    total: float
    wells: int
    models: tuple[ModelName, ...]
    held: tuple[str, ...]


def problem_of(combination: Combination, boxes: Boxes | None, response: Response) -> MusycProblem:
    """Return the problem of a combination.

    Raises
    ------
    InputError
        If a box is of no parameter or has its ends the wrong way round, a compound has fewer than two doses above 0, or
        there are fewer cells than the smallest model has parameters.
    """
    _stop_at_boxes(boxes or {})
    _stop_at_doses(combination)
    xa, xb = _ln(combination.levels_a), _ln(combination.levels_b)
    columns = xb.size
    place = combination.row * columns + combination.column
    counts = np.bincount(place, minlength=xa.size * columns)
    sums = np.bincount(place, combination.effects, xa.size * columns)
    cells = np.flatnonzero(counts)
    means = sums / np.maximum(counts, 1)
    off = combination.effects - means[place]
    about = combination.effects - combination.effects.mean()
    low, high = _curved_boxes(xa, xb, boxes or {})
    e_low, e_high = _effect_boxes(boxes or {}, response)
    row, column = cells // columns, cells % columns
    surface = Surface(
        xa,
        xb,
        row,
        column,
        xa[row],
        xb[column],
        means[cells],
        np.sqrt(counts[cells].astype(float)),
        np.eye(STATES),
        np.zeros(STATES),
        e_low,
        e_high,
        low,
        high,
    )
    held = tuple(name for name, i in PLACES.items() if low[i] == high[i])
    most = min(cells.size, combination.effects.size - 1)
    models = tuple(model for model in MODELS if parameters_of(model, held) <= most)
    if not models:
        least = parameters_of("independent", held)
        what = f"there are '{cells.size}' different pairs of doses in '{combination.effects.size}' wells"
        expected = f"{least} pairs and {least + 1} wells or more: the smallest model has {least} parameters"
        raise InputError(Problem(file="combination", what=what, expected=expected))
    return MusycProblem(
        surface=surface,
        within=float(off @ off),
        total=float(about @ about),
        wells=combination.effects.size,
        models=models,
        held=held,
    )


def parameters_of(model: ModelName, held: tuple[str, ...]) -> int:
    """Return how many parameters a model leaves free where some are held by their boxes."""
    free = CURVED_FREE[MODELS.index(model)]
    return STATES + free - sum(PLACES[name] < free for name in held)


def model_surface(surface: Surface, model: ModelName) -> Surface:
    """Return a surface on which the parameters that a model does not have are held at 1."""
    low, high = surface.low.copy(), surface.high.copy()
    free = CURVED_FREE[MODELS.index(model)]
    low[free:] = high[free:] = np.minimum(np.maximum(0.0, low[free:]), high[free:])
    return surface._replace(low=low, high=high)


def _ln(doses: Floats) -> Floats:
    return np.where(doses > 0, np.log(np.where(doses > 0, doses, 1.0)), FAR)


def _curved_boxes(xa: Floats, xb: Floats, boxes: Boxes) -> tuple[Floats, Floats]:
    low, high = _WIDEST.copy()
    beyond = math.log(BEYOND_DOSES)
    for x, c, h in ((xa, kernel.C1, kernel.H1), (xb, kernel.C2, kernel.H2)):
        given = x[x != FAR]
        low[c], high[c] = given[0] - beyond, given[-1] + beyond
        if given.size < DOSES_FOR_A_SLOPE:
            low[h] = high[h] = 0.0
    for name in PLACES.keys() & boxes.keys():
        low[PLACES[name]], high[PLACES[name]] = np.log(boxes[name])
    return low, high


def _effect_boxes(boxes: Boxes, response: Response) -> tuple[Floats, Floats]:
    if boxes.keys().isdisjoint(EFFECTS):
        return np.full(STATES, -math.inf), np.full(STATES, math.inf)
    ends = np.array([boxes.get(name, (-math.inf, math.inf)) for name in EFFECTS], float)
    if response == "viability":
        ends = 1 - ends[:, ::-1]
    return np.ascontiguousarray(ends[:, 0]), np.ascontiguousarray(ends[:, 1])


def _stop_at_boxes(boxes: Boxes) -> None:
    problems = []
    for name, ends in boxes.items():
        if name not in NAMES:
            hint = nearest_word(name, NAMES)
            problems.append(
                Problem(file="boxes", what=f"'{name}' is no parameter", expected=", ".join(NAMES), hint=hint)
            )
            continue
        low, high = ends
        linear = name in EFFECTS
        right = low < high if linear else 0 < low <= high < math.inf
        if not right:
            expected = "a lower end below the upper one" if linear else "finite ends above 0, the lower one first"
            problems.append(
                Problem(file="boxes", what=f"the box of {name} is '{low:g} to {high:g}'", expected=expected)
            )
    if problems:
        raise InputError(problems)


def _stop_at_doses(combination: Combination) -> None:
    problems = [
        Problem(
            file="combination",
            what=f"{name} has '{np.sum(levels > 0)}' dose above 0",
            expected=f"{LEAST_DOSES} or more of each compound: one dose fixes no potency",
            hint="With one dose of a compound, use Bliss or HSA, which need no curve",
        )
        for name, levels in (
            (combination.compound_a, combination.levels_a),
            (combination.compound_b, combination.levels_b),
        )
        if np.sum(levels > 0) < LEAST_DOSES
    ]
    if problems:
        raise InputError(problems)
