"""Fit the MuSyC surface to a combination: the best of several valleys, and the model that the data can carry."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.compute.places import Cancel, InProcess, Place
from avpi.compute.progress import SILENT, Progress
from avpi.dose.fit_shape import corrected_aic
from avpi.dose.synergy import musyc_kernel as kernel
from avpi.dose.synergy.combination import Combination
from avpi.dose.synergy.musyc_descent import NEGLIGIBLE
from avpi.dose.synergy.musyc_problem import (
    MODELS,
    PLACES,
    Boxes,
    ModelName,
    MusycProblem,
    Response,
    model_surface,
    parameters_of,
    problem_of,
)
from avpi.dose.synergy.musyc_search import PLAN, search
from avpi.dose.synergy.musyc_surface import EFFECTS, NAMES, musyc_response, synergy_of_efficacy
from avpi.errors import InputError, Problem

Floats = NDArray[np.float64]
Wanted = Literal["auto", "independent", "no_cooperativity", "full"]

AT_EDGE = 1e-9
"""So near to the edge of its box, natural logarithm, a parameter lies at it."""
UNSEEN = 1e-7
"""Smallest singular value of the derivatives, columns of length 1, of the largest: below it parameters are one."""
TAKES_PART = 1e-3
"""Share of a direction that the data do not see from which on a parameter is not fixed by them."""
BLOCK = 8
"""Surfaces of a task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MusycCandidate:
    """One of the models that were compared, with its theta (8,) and effects (4,), and whether these are a minimum."""

    name: ModelName
    parameters: int
    rss: float
    aicc: float
    theta: Floats
    effects: Floats
    converged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MusycFit:
    """A MuSyC surface fitted to a combination; compound A is 1, compound B is 2.

    Attributes
    ----------
    response_scale : whether E0 to E3, and ``response``, are fractions affected or viabilities.
    model : the model these numbers are of.
    candidates : the models that were asked, the smallest first.
    parameters : (12,) in the order of ``avpi.dose.synergy.musyc_surface.NAMES``; C in the units of the doses. What the
        model holds is 1. Whether the data fix a number, only its ``estimate_musyc`` says.
    at_edge : (12,) ``"low"``, ``"high"``, ``"held"`` or empty.
    rss : residual sum of squares of the wells.
    df : wells less free parameters.
    residual_sd : sqrt(rss / df).
    r_squared : share of the variation of all wells that the surface takes up.
    converged : whether the parameters are a minimum.
    problem : the cells and boxes.
    starts : (models, 8) where descents of this surface ended, for those that refit it.
    """

    combination: Combination
    response_scale: Response
    level: float
    model: ModelName
    candidates: tuple[MusycCandidate, ...]
    parameters: Floats
    at_edge: tuple[str, ...]
    rss: float
    df: int
    residual_sd: float
    r_squared: float
    aicc: float
    converged: bool
    problem: MusycProblem = field(repr=False)
    starts: Floats = field(repr=False)

    @property
    def covariance(self) -> Floats:
        """Covariance (12, 12): of effects as they are, of the others as natural logarithms.

        0 for what is held or lies at the edge of its box; nan for what the data do not fix.
        """
        surface = model_surface(self.problem.surface, self.model)
        columns = derivatives(surface, theta_of(self.parameters), self.effects)
        known = covariance_of(columns, np.array([not edge for edge in self.at_edge])) * self.residual_sd**2
        if self.response_scale == "viability":
            signs = np.array([-1.0] * len(EFFECTS) + [1.0] * len(PLACES))
            known *= np.outer(signs, signs)
        return known

    @property
    def standard_errors(self) -> Floats:
        """Standard errors (12,): of effects as they are, of the others as log10; nan where there is none."""
        errors = np.sqrt(np.diag(self.covariance))
        errors[4:] /= math.log(10)
        return np.where(errors > 0, errors, np.nan)

    @property
    def beta(self) -> float:
        """Synergy of efficacy; see ``synergy_of_efficacy``."""
        return synergy_of_efficacy(self.effects)

    @property
    def effects(self) -> Floats:
        """E0 to E3 (4,) as fractions affected."""
        given = self.parameters[:4]
        return 1 - given if self.response_scale == "viability" else given.copy()

    def value(self, name: str) -> float:
        """Return a parameter, such as ``"alpha12"``."""
        return float(self.parameters[NAMES.index(name)])

    def under(self, model: ModelName) -> MusycFit:
        """Return the same surface under another of the ``candidates``."""
        chosen = next(one for one in self.candidates if one.name == model)
        return _finished(
            self.combination, self.problem, self.candidates, chosen, self.response_scale, self.level, self.starts
        )

    def response(self, doses_a: ArrayLike, doses_b: ArrayLike) -> Floats:
        """Return the fitted response (n,) at pairs of doses (n,), on ``response_scale``."""
        return musyc_response(doses_a, doses_b, self.parameters)

    def response_error(self, doses_a: ArrayLike, doses_b: ArrayLike) -> Floats:
        """Return the standard error (n,) of the fitted response, linearised; nan where parameters are not fixed."""
        a, b = np.broadcast_arrays(np.asarray(doses_a, float), np.asarray(doses_b, float))
        places = np.arange(a.size)
        with np.errstate(divide="ignore"):
            xa, xb = (np.maximum(np.log(np.ravel(doses)), kernel.FAR) for doses in (a, b))
        surface = self.problem.surface._replace(
            xa=xa, xb=xb, row=places, column=places, cell_a=xa, cell_b=xb, y=np.zeros(a.size), root=np.ones(a.size)
        )
        columns = derivatives(surface, theta_of(self.parameters), self.effects)
        if self.response_scale == "viability":
            columns[len(EFFECTS) :] *= -1
        known = self.covariance
        used = np.any(np.abs(columns) > 0, axis=1) & (np.diag(known) != 0)
        variance = np.einsum("in,ij,jn->n", columns[used], known[np.ix_(used, used)], columns[used])
        return np.asarray(np.sqrt(np.maximum(variance, 0.0)).reshape(a.shape), float)


def fit_musyc(
    combination: Combination,
    *,
    boxes: Boxes | None = None,
    model: Wanted = "auto",
    response: Response = "effect",
    level: float = 0.95,
) -> MusycFit:
    """Fit a MuSyC surface by least squares.

    Wells are taken as independent, with normal errors of equal variance. Of the models that the doses allow, the one
    of the lowest AICc is taken: all twelve parameters, gamma = 1, or alpha = gamma = 1. Intervals and states of the
    numbers come from ``estimate_musyc``.

    Parameters
    ----------
    boxes : parameter -> lowest and highest value, equal ones to hold it. Effects are free where none is given, C may
        lie two decades beyond the doses, h from 0.1 to 10, alpha from 1e-4 to 1e4, gamma from 0.05 to 20.
    model : ``auto``, or one of the models whatever its AICc.
    response : the scale of E0 to E3, also in ``boxes``: ``effect`` (fraction affected) or ``viability``.
    level : coverage of the intervals.

    Raises
    ------
    InputError
        If a box cannot be meant, a compound has fewer than two doses above 0, or there are too few wells for the model.
    """
    problem = problem_of(combination, boxes, response)
    _stop_at_model(model, problem)
    if not 0 < level < 1:
        raise InputError(Problem(file="level", what=f"the coverage is '{level:g}'", expected="between 0 and 1"))
    most = len(problem.models) - 1 if model == "auto" else MODELS.index(model)
    found, sums = np.zeros((len(MODELS), kernel.CURVED)), np.full(len(MODELS), math.inf)
    effects, reached = np.zeros((len(MODELS), kernel.STATES)), np.zeros(len(MODELS), np.bool_)
    search(problem.surface, PLAN, found, sums, effects, reached, most, model != "auto")
    asked = range(most + 1) if model == "auto" else (most,)
    candidates = tuple(
        _candidate(problem, MODELS[i], found[i], sums[i], effects[i], converged=bool(reached[i])) for i in asked
    )
    chosen = min(candidates, key=lambda one: one.aicc)
    return _finished(combination, problem, candidates, chosen, response, level, found[: most + 1])


def fit_musyc_screen(
    combinations: Sequence[Combination],
    *,
    boxes: Boxes | None = None,
    model: Wanted = "auto",
    response: Response = "effect",
    level: float = 0.95,
    place: Place | None = None,
    progress: Progress = SILENT,
    cancel: Cancel | None = None,
) -> tuple[MusycFit, ...]:
    """Fit the surfaces of a screen, in the order in which they are given; see ``fit_musyc``."""
    work = _Block(boxes, model, response, level)
    tasks = [tuple(combinations[i : i + BLOCK]) for i in range(0, len(combinations), BLOCK)]
    done = (place or InProcess()).map(work, tasks, stage="surfaces", progress=progress, cancel=cancel)
    return tuple(fit for block in done for fit in block)


@dataclass(frozen=True, slots=True)
class _Block:
    boxes: Boxes | None
    model: Wanted
    response: Response
    level: float

    def __call__(self, combinations: tuple[Combination, ...]) -> list[MusycFit]:
        return [
            fit_musyc(one, boxes=self.boxes, model=self.model, response=self.response, level=self.level)
            for one in combinations
        ]


def theta_of(parameters: Floats) -> Floats:
    """Return the natural logarithms (8,) that the compiled code takes, of parameters (12,)."""
    return np.array([math.log(parameters[NAMES.index(name)]) for name in PLACES])


def derivatives(surface: kernel.Surface, theta: Floats, effects: Floats) -> Floats:
    """Return the derivatives (12, cells) of the weighted effect, in the order of ``NAMES``, logarithms after E3."""
    shares, columns = kernel.derivatives_of(theta, surface, np.asarray(effects, float))
    return np.concatenate([shares * surface.root, columns[_ORDER]])


_ORDER = [PLACES[name] for name in NAMES[len(EFFECTS) :]]


def _candidate(
    problem: MusycProblem, name: ModelName, theta: Floats, rss: float, effects: Floats, *, converged: bool
) -> MusycCandidate:
    number = parameters_of(name, problem.held)
    whole = rss + problem.within
    floor = NEGLIGIBLE * (problem.total + problem.wells)
    return MusycCandidate(
        name=name,
        parameters=number,
        rss=whole,
        aicc=corrected_aic(max(whole, floor), problem.wells, number),
        theta=theta,
        effects=effects,
        converged=converged,
    )


def _finished(
    combination: Combination,
    problem: MusycProblem,
    candidates: tuple[MusycCandidate, ...],
    chosen: MusycCandidate,
    response: Response,
    level: float,
    starts: Floats,
) -> MusycFit:
    theta, rss, effects = chosen.theta, chosen.rss, chosen.effects
    edges = _edges(model_surface(problem.surface, chosen.name), theta, effects)
    df = problem.wells - chosen.parameters
    given = 1 - effects if response == "viability" else effects
    if response == "viability":
        swapped = {"low": "high", "high": "low"}
        edges = tuple(swapped.get(edge, edge) if i < len(EFFECTS) else edge for i, edge in enumerate(edges))
    return MusycFit(
        combination=combination,
        response_scale=response,
        level=level,
        model=chosen.name,
        candidates=candidates,
        parameters=np.concatenate([given, np.exp(theta[_ORDER])]),
        at_edge=edges,
        rss=rss,
        df=df,
        residual_sd=math.sqrt(rss / df),
        r_squared=1 - rss / problem.total if problem.total > 0 else math.nan,
        aicc=chosen.aicc,
        converged=chosen.converged,
        problem=problem,
        starts=starts,
    )


def covariance_of(columns: Floats, free: NDArray[np.bool_]) -> Floats:
    """Return the covariance (p, p), of unit variance, of derivatives (p, n); 0 for parameters that are not free.

    By the singular values of the orthogonal triangle of columns of length 1. Parameters that take part in a direction
    that the data do not see are nan.
    """
    known = np.zeros((free.size, free.size))
    used = columns[free]
    lengths = np.sqrt(np.sum(used**2, axis=1))
    scale = np.where(lengths > 0, lengths, 1.0)
    triangle = np.linalg.qr((used / scale[:, None]).T, mode="r")
    _, values, directions = np.linalg.svd(triangle, full_matrices=True)
    values = np.concatenate([values, np.zeros(len(directions) - values.size)])
    seen = values > UNSEEN * values[0]
    half = directions[seen] / values[seen, None]
    inner = half.T @ half
    unseen = np.any(np.abs(directions[~seen]) > TAKES_PART, axis=0)
    inner[unseen, :] = inner[:, unseen] = np.nan
    known[np.ix_(free, free)] = inner / np.outer(scale, scale)
    return known


def _edges(surface: kernel.Surface, theta: Floats, effects: Floats) -> tuple[str, ...]:
    values = np.concatenate([effects, theta[_ORDER]])
    low = np.concatenate([surface.e_low, surface.low[_ORDER]])
    high = np.concatenate([surface.e_high, surface.high[_ORDER]])
    found = np.where(values <= low + AT_EDGE, "low", np.where(values >= high - AT_EDGE, "high", ""))
    return tuple(np.where(low == high, "held", found).tolist())


def _stop_at_model(model: str, problem: MusycProblem) -> None:
    if model not in ("auto", *MODELS):
        raise InputError(Problem(file="model", what=f"'{model}' is no model", expected=f"auto, {', '.join(MODELS)}"))
    if model != "auto" and model not in problem.models:
        what = f"the model '{model}' has more parameters than there are pairs of doses, or wells to spare"
        raise InputError(Problem(file="model", what=what, expected=f"auto, or one of {', '.join(problem.models)}"))
