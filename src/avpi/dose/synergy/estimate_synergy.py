"""Synergy of two compounds: observed less expected effect under four reference models, each with its interval.

The sign is the same throughout: positive is synergy (the pair does more than expected), negative antagonism.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.dose.synergy.combination import Combination, mean_over_experiments
from avpi.dose.synergy.interaction_contrast import InteractionContrast, interaction_contrast
from avpi.dose.synergy.resample import MOST_UNDEFINED, Draws, draw_matrices
from avpi.dose.synergy.score_matrices import MODELS, NAMES, MatrixScores, Model, SingleCurves, score_matrices
from avpi.dose.synergy.vehicle import vehicle_caveats
from avpi.errors import InputError, Problem, nearest_word
from avpi.estimate import Caveat, Estimate, not_estimable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIGN = "score = observed - expected effect: positive is synergy, negative antagonism"
INERT = 0.1
"""A compound whose effect alone stays below this at every dose counts as inert: a tenth, the usual scatter of wells."""
USUAL_MARGIN = 0.1
"""Score above which a pair is usually called synergistic: ten points of effect, as in synergyfinder's guide."""
USUAL_DRAWS, MOST_DRAWS = 1000, 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelScores:
    """What one reference model says of each pair of doses; every array is (wells,).

    Attributes
    ----------
    model : ``bliss``, ``hsa``, ``loewe`` or ``zip``.
    observed : mean effect; for ZIP that of the curves through row and column.
    expected : effect without interaction; nan where the model has none.
    scores : observed less expected; nan where undefined.
    low, high : interval of the score; nan where it cannot be told.
    probability_above : that the score lies above the margin; nan as the interval.
    undefined : why there is no score; an empty text where there is one.
    mean : over the wells that have a score.
    probability_mean_above : that the mean lies above the margin.
    """

    model: Model
    observed: Floats
    expected: Floats
    scores: Floats
    low: Floats
    high: Floats
    probability_above: Floats
    undefined: tuple[str, ...]
    mean: Estimate
    probability_mean_above: float

    @property
    def defined(self) -> NDArray[np.bool_]:
        """Which wells (wells,) have a score."""
        return ~np.isnan(self.scores)


@dataclass(frozen=True, slots=True, kw_only=True)
class SynergyScores:
    """Scores of a pair of compounds. A *well* here is a pair of doses above 0, whatever its replicates.

    Attributes
    ----------
    combination : what was scored.
    doses_a, doses_b : (wells,) in the units of the combination.
    counts : (wells,) wells behind each.
    models : what each model says, in the order in which they were asked for.
    contrast : Bliss' contrast over independent experiments, the plainest test where one compound alone is inert.
    curves : fitted curves of the compounds alone, where Loewe or ZIP were asked for.
    margin, level, draws, seed : as they were asked for.
    uncertainty : what the intervals are made of.
    sign : what a positive score means.
    """

    combination: Combination
    doses_a: Floats
    doses_b: Floats
    counts: Ints
    models: tuple[ModelScores, ...]
    contrast: InteractionContrast
    curves: SingleCurves | None
    margin: float
    level: float
    draws: int
    seed: int
    uncertainty: str
    sign: str = SIGN

    def of(self, model: Model) -> ModelScores:
        """Return the scores of a model.

        Raises
        ------
        InputError
            If it was not asked for.
        """
        for scores in self.models:
            if scores.model == model:
                return scores
        asked = ", ".join(scores.model for scores in self.models)
        raise InputError(Problem(file="models", what=f"'{model}' was not asked for", expected=f"one of {asked}"))


def score_synergy(
    combination: Combination,
    *,
    models: Sequence[Model] = MODELS,
    margin: float = USUAL_MARGIN,
    level: float = 0.95,
    draws: int = USUAL_DRAWS,
    seed: int = 0,
) -> SynergyScores:
    """Score how far a pair of compounds exceeds what each reference model expects.

    Experiments are averaged first, each counting once, and the mean matrix is scored. Intervals are by experiments
    where there are several, else by the scatter of wells; see ``avpi.dose.synergy.resample``.

    Parameters
    ----------
    models : which of ``bliss``, ``hsa``, ``loewe`` and ``zip``.
    margin : score that counts as synergy; write it down before the experiment.
    level : coverage of the intervals.
    draws : of a bootstrap.
    seed : of its chance; the same seed gives the same bytes.

    Raises
    ------
    InputError
        If a model is not known, or margin, level or draws are out of range.

    Notes
    -----
    A model may be undefined in a well, and then says why. Loewe is where the expected effect exceeds what the weaker
    compound alone can do; nothing is put in its place.
    """
    _stop_at_request(models, margin, level, draws)
    doses_a, doses_b, matrices = _with_dose_0(combination)
    counts = np.zeros(matrices.shape, np.int64)
    counts[:, -combination.shape[0] :, -combination.shape[1] :] = combination.counts()
    rows, columns = np.nonzero(counts.sum(axis=0)[1:, 1:])
    wells = (rows + 1, columns + 1)
    seen, curves = score_matrices(mean_over_experiments(matrices)[None], doses_a, doses_b, wells, models)
    drawn = draw_matrices(combination, matrices, doses_a, doses_b, draws=draws, seed=seed, level=level)
    again: dict[Model, MatrixScores] = {}
    if drawn.kind != "none":
        again, _ = score_matrices(drawn.matrices, doses_a, doses_b, wells, models)
    caveats = _caveats(combination)
    n = len(matrices)
    return SynergyScores(
        combination=combination,
        doses_a=doses_a[wells[0]],
        doses_b=doses_b[wells[1]],
        counts=counts.sum(axis=0)[wells],
        models=tuple(
            _of_model(model, seen[model], again.get(model), drawn, margin, level, n, caveats)
            for model in dict.fromkeys(models)
        ),
        contrast=interaction_contrast(combination, level=level),
        curves=curves,
        margin=margin,
        level=level,
        draws=draws,
        seed=seed,
        uncertainty=drawn.method,
    )


def _of_model(
    model: Model,
    seen: MatrixScores,
    again: MatrixScores | None,
    drawn: Draws,
    margin: float,
    level: float,
    n: int,
    caveats: tuple[Caveat, ...],
) -> ModelScores:
    scores = seen.scores[0]
    defined = ~np.isnan(scores)
    over = again.scores if again is not None else np.full((0, scores.size), math.nan)
    low, high = drawn.interval(scores, over, level)
    mean, above = _mean(model, scores, defined, over, drawn, margin, level, n, seen.reasons)
    return ModelScores(
        model=model,
        observed=seen.observed[0],
        expected=seen.expected[0],
        scores=scores,
        low=low,
        high=high,
        probability_above=drawn.probability_above(scores, over, margin),
        undefined=seen.reasons,
        mean=_with_caveats(mean, caveats),
        probability_mean_above=above,
    )


def _mean(
    model: Model,
    scores: Floats,
    defined: NDArray[np.bool_],
    over: Floats,
    drawn: Draws,
    margin: float,
    level: float,
    n: int,
    reasons: tuple[str, ...],
) -> tuple[Estimate, float]:
    """Return the mean score of the wells that have one, and the probability that it lies above the margin."""
    if not defined.any():
        return not_estimable("; ".join(dict.fromkeys(filter(None, reasons))), n=n), math.nan
    name = NAMES[model]
    value = np.array([scores[defined].mean()])
    means = _means_of_draws(over[:, defined])
    low, high = drawn.interval(value, means, level)
    above = drawn.probability_above(value, means, margin)
    count = f"mean of {int(defined.sum())} pairs of doses" if defined.all() else _some(defined)
    estimate = Estimate(
        value=float(value[0]),
        low=float(low[0]),
        high=float(high[0]),
        level=level,
        n=n,
        method=f"{name}: {count}; {drawn.method}",
    )
    if not defined.all():
        why = "; ".join(f"{reasons.count(one)} {one}" for one in dict.fromkeys(filter(None, reasons)))
        text = f"{name}: {int((~defined).sum())} of {defined.size} pairs of doses have no score and are left out: {why}"
        estimate = estimate.with_caveat("undefined_wells", text)
    if drawn.kind != "none" and math.isnan(estimate.low):
        text = f"{name}: no interval, because the score is undefined in too many of the draws or does not vary in them."
        estimate = estimate.with_caveat("no_interval", text)
    return estimate, float(above[0])


def _some(defined: NDArray[np.bool_]) -> str:
    return f"mean of {int(defined.sum())} of {defined.size} pairs of doses, the others being undefined"


def _means_of_draws(over: Floats) -> Floats:
    """Return the mean score of each draw (draws, 1) over the wells that have one; nan where too many have none."""
    there = ~np.isnan(over)
    share = there.mean(axis=1, keepdims=True) if over.size else np.empty((len(over), 1))
    sums = np.where(there, over, 0.0).sum(axis=1, keepdims=True)
    counts = there.sum(axis=1, keepdims=True)
    return np.asarray(np.where(share >= 1 - MOST_UNDEFINED, sums / np.maximum(counts, 1), math.nan))


def _with_caveats(estimate: Estimate, caveats: tuple[Caveat, ...]) -> Estimate:
    for caveat in caveats:
        estimate = estimate.with_caveat(caveat.code, caveat.text)
    return estimate


def _caveats(combination: Combination) -> tuple[Caveat, ...]:
    """Return what must be known of the pair before any of its scores is believed."""
    found = []
    if len(combination.experiments) == 1:
        text = "One experiment: the interval is that of its wells, and says nothing of what another one would give."
        found.append(Caveat(code="wells_of_one_experiment", text=text))
    there = combination.counts() > 0
    if not np.all(there == there[0]):
        text = (
            "The experiments have not the same pairs of doses: a mean score compares wells of different experiments."
            " The contrast compares within each."
        )
        found.append(Caveat(code="unbalanced_experiments", text=text))
    matrix = combination.matrix()
    alone = (
        (combination.compound_a, combination.levels_a, matrix[:, 0], combination.levels_b[0] == 0),
        (combination.compound_b, combination.levels_b, matrix[0, :], combination.levels_a[0] == 0),
    )
    for name, levels, effects, tested in alone:
        given = effects[(levels > 0) & ~np.isnan(effects)]
        if tested and given.size and np.max(np.abs(given)) < INERT:
            text = (
                f"{name} alone does next to nothing (at most {np.max(np.abs(given)):.2g}): Bliss and HSA both expect"
                " the effect of the other compound alone, and Loewe has an answer only for effects as small. Read the"
                " contrast."
            )
            found.append(Caveat(code="inert_alone", text=text))
    return (*found, *vehicle_caveats(combination))


def _with_dose_0(combination: Combination) -> tuple[Floats, Floats, Floats]:
    """Return doses from 0 and matrices (experiments, rows, columns); what was not tested alone is nan."""
    matrices = combination.matrices()
    doses_a, doses_b = combination.levels_a, combination.levels_b
    pad_a, pad_b = int(doses_a[0] > 0), int(doses_b[0] > 0)
    matrices = np.pad(matrices, ((0, 0), (pad_a, 0), (pad_b, 0)), constant_values=math.nan)
    return np.pad(doses_a, (pad_a, 0)), np.pad(doses_b, (pad_b, 0)), matrices


def _stop_at_request(models: Sequence[Model], margin: float, level: float, draws: int) -> None:
    problems = [
        Problem(
            file="models",
            what=f"'{model}' is no reference model",
            expected=", ".join(MODELS),
            hint=nearest_word(str(model), MODELS),
        )
        for model in models
        if model not in MODELS
    ]
    if not models:
        problems.append(Problem(file="models", what="none is given", expected=", ".join(MODELS)))
    if not math.isfinite(margin):
        problems.append(Problem(file="margin", what=f"the margin is '{margin}'", expected="a finite score"))
    if not 0 < level < 1:
        problems.append(Problem(file="level", what=f"the coverage is '{level}'", expected="between 0 and 1"))
    if not 1 < draws <= MOST_DRAWS:
        problems.append(Problem(file="draws", what=f"'{draws}' draws", expected=f"2 to {MOST_DRAWS}"))
    if problems:
        raise InputError(problems)
