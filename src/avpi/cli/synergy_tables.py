"""Synergy scores as people read them and as programs do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from avpi.quantity import format_molar, format_ng_per_ml

if TYPE_CHECKING:
    import pandas as pd

    from avpi.dose.synergy.combination import Combination
    from avpi.dose.synergy.estimate_synergy import ModelScores, SynergyScores
    from avpi.dose.synergy.musyc_fit import MusycFit
    from avpi.estimate import Estimate

    Surface = MusycFit | str
    """A MuSyC surface, or why there is none."""

WIDTHS = (7, 9, 19, 11, 12)
"""Characters of the columns of the summary."""


def summary_lines(label: str, scores: SynergyScores) -> Iterator[str]:
    """Yield the summary of a pair: a line for each model, in points of effect."""
    from avpi.dose.synergy.score_matrices import NAMES

    wells, n = scores.doses_a.size, len(scores.combination.experiments)
    yield f"{label}: {_counted(wells, 'pair')} of doses, {_counted(n, 'experiment')}"
    margin = f"P(> {100 * scores.margin:g})"
    yield _line(("model", "score", f"{100 * scores.level:g} % interval", margin, "defined"))
    for model in scores.models:
        chance = "." if math.isnan(model.probability_mean_above) else f"{model.probability_mean_above:.3f}"
        defined = f"{int(model.defined.sum())} of {wells}"
        if model.mean.state == "not_estimable":
            yield _line((NAMES[model.model], "not estimable", "", "", defined))
            yield f"  {model.mean.method}"
        else:
            yield _line((NAMES[model.model], _points(model.mean.value), _interval(model.mean), chance, defined))
    yield f"contrast E(A+B) - E(A) - E(B) + E(A)E(B): {_contrast(scores)}"
    yield f"intervals: {scores.uncertainty}"


def musyc_lines(surface: Surface, combination: Combination) -> Iterator[str]:
    """Yield what MuSyC says of a pair: a line for each kind of synergy, 0 being none."""
    from avpi.dose.synergy.musyc_estimates import SYNERGY, estimate_musyc

    if isinstance(surface, str):
        yield f"MuSyC: not estimable, {surface}"
        return
    yield f"MuSyC, 1 = {combination.compound_a}, 2 = {combination.compound_b}: 0 is no synergy, above 0 synergy"
    cells = ("number", "value", f"{100 * surface.level:g} % interval", "state")
    yield _musyc_line(cells)
    found = estimate_musyc(surface)
    for name in SYNERGY:
        one = found[name]
        label = name.replace("_", " ")
        if any(caveat.code == "held" for caveat in one.caveats):
            yield _musyc_line((label, f"{one.value:.2f}", "", "held, not fitted"))
        elif one.state == "not_estimable":
            yield _musyc_line((label, "", "", f"not estimable: {one.method.partition(': ')[2] or one.method}"))
        else:
            yield _musyc_line((label, _signed(one.value), f"{_signed(one.low)} to {_signed(one.high)}", one.state))
    yield "intervals of MuSyC: wells of all experiments as independent"


def musyc_json(surface: Surface) -> dict[str, Any]:
    """Return a MuSyC surface: model, all its numbers and kinds of synergy; or why there is none."""
    from avpi.dose.synergy.musyc_estimates import estimate_musyc

    if isinstance(surface, str):
        return {"model": None, "why": surface}
    return {
        "model": surface.model,
        "response": surface.response_scale,
        "r_squared": _or_none(surface.r_squared),
        "aicc": {one.name: _or_none(one.aicc) for one in surface.candidates},
        "numbers": {name: one.to_json() for name, one in estimate_musyc(surface).items()},
    }


def caveat_lines(scores: SynergyScores) -> list[str]:
    """Return what must be known of the numbers, each thing once."""
    return list(dict.fromkeys(caveat.text for model in scores.models for caveat in model.mean.caveats))


def highest_line(scores: SynergyScores) -> str:
    """Return where the first model that has scores is farthest from what it expects."""
    model = next((one for one in scores.models if one.defined.any()), None)
    if model is None:
        return ""
    import numpy as np

    from avpi.dose.synergy.score_matrices import NAMES

    at = int(np.nanargmax(np.abs(model.scores)))
    a = format_dose(scores.doses_a[at], scores.combination.unit_a)
    b = format_dose(scores.doses_b[at], scores.combination.unit_b)
    return f"farthest from {NAMES[model.model]}: {_points(model.scores[at])} at {a} and {b}"


def format_dose(dose: float, unit: str) -> str:
    """Return a dose as people write it."""
    if unit == "M":
        return format_molar(dose)
    return format_ng_per_ml(dose) if unit == "ng/mL" else f"{dose:g} {unit}".strip()


def scores_json(label: str, scores: SynergyScores) -> dict[str, Any]:
    """Return the scores of a pair; a number that is not there is null."""
    own = scores.combination
    contrast = scores.contrast
    return {
        "pair": label,
        "compound_a": own.compound_a,
        "compound_b": own.compound_b,
        "unit_a": own.unit_a,
        "unit_b": own.unit_b,
        "experiments": list(own.experiments) if own.experiments != ("",) else [],
        "missing_wells": own.missing,
        "uncertainty": scores.uncertainty,
        "models": {model.model: _model_json(model, scores) for model in scores.models},
        "contrast": {
            "mean": contrast.mean.to_json(),
            "p": _or_none(contrast.p),
            "experiments": [
                {"experiment": name, "value": float(value), "pairs": int(pairs)}
                for name, value, pairs in zip(contrast.experiments, contrast.values, contrast.pairs, strict=True)
            ],
        },
    }


def wells_frame(labelled: Sequence[tuple[str, SynergyScores]]) -> pd.DataFrame:
    """Return a row for each pair of compounds, model and pair of doses."""
    import pandas as pd

    frames = [
        pd.DataFrame(
            {
                "pair": label,
                "compound_a": scores.combination.compound_a,
                "compound_b": scores.combination.compound_b,
                "dose_a": scores.doses_a,
                "dose_a_unit": scores.combination.unit_a,
                "dose_b": scores.doses_b,
                "dose_b_unit": scores.combination.unit_b,
                "model": model.model,
                "observed": model.observed,
                "expected": model.expected,
                "score": model.scores,
                "low": model.low,
                "high": model.high,
                "probability_above_margin": model.probability_above,
                "wells": scores.counts,
                "undefined": list(model.undefined),
            }
        )
        for label, scores in labelled
        for model in scores.models
    ]
    return pd.concat(frames, ignore_index=True)


def _model_json(model: ModelScores, scores: SynergyScores) -> dict[str, Any]:
    return {
        "mean": model.mean.to_json(),
        "probability_mean_above_margin": _or_none(model.probability_mean_above),
        "defined": int(model.defined.sum()),
        "wells": [
            {
                "dose_a": float(scores.doses_a[i]),
                "dose_b": float(scores.doses_b[i]),
                "observed": _or_none(model.observed[i]),
                "expected": _or_none(model.expected[i]),
                "score": _or_none(model.scores[i]),
                "low": _or_none(model.low[i]),
                "high": _or_none(model.high[i]),
                "probability_above_margin": _or_none(model.probability_above[i]),
                "undefined": model.undefined[i],
            }
            for i in range(model.scores.size)
        ],
    }


def _contrast(scores: SynergyScores) -> str:
    mean = scores.contrast.mean
    if mean.state == "not_estimable":
        return f"not estimable, {mean.method}"
    p = scores.contrast.p
    return f"{_points(mean.value)} ({_interval(mean)}), p = {p:.2g}, n = {mean.n} experiments"


def _interval(estimate: Estimate) -> str:
    if math.isnan(estimate.low) or math.isnan(estimate.high):
        return "no interval"
    return f"{_points(estimate.low)} to {_points(estimate.high)}"


def _points(score: float) -> str:
    """Return a score in points of effect (hundredths), always with its sign."""
    text = f"{100 * score:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def _signed(value: float) -> str:
    if math.isinf(value):
        return "−∞" if value < 0 else "+∞"
    return f"{value:+.2f}".replace("-", "−")


def _musyc_line(cells: Sequence[str]) -> str:
    name, value, interval, state = cells
    return f"{name:<14}{value:>8}{interval:>19}   {state}".rstrip()


def _line(cells: Sequence[str]) -> str:
    first, *others = cells
    return f"{first:<{WIDTHS[0]}}" + "".join(f"{text:>{width}}" for text, width in zip(others, WIDTHS[1:], strict=True))


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _or_none(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
