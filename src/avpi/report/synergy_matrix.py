"""Scores of a dose matrix as they are drawn, with their units, notes and table."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avpi.dose.isobole import Isobole
from avpi.errors import InputError, Problem
from avpi.quantity import format_molar, format_ng_per_ml
from avpi.report.tables import frame
from avpi.report.words import count_words

if TYPE_CHECKING:
    from avpi.dose.synergy.estimate_synergy import SynergyScores
    from avpi.dose.synergy.score_matrices import Model

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

POINTS: Final = 100.0
"""Scores, fractions inside, are shown in points of effect (0-100)."""
MOLAR_UNITS: Final = (("M", 1.0), ("mM", 1e-3), ("µM", 1e-6), ("nM", 1e-9), ("pM", 1e-12))
MODEL_WORDS: Final[Mapping[Model, str]] = {"bliss": "Bliss", "hsa": "HSA", "loewe": "Loewe", "zip": "ZIP"}
LETTER_MM: Final = 0.95
"""Mean width of a letter of 5 pt in a sentence, measured on DejaVu Sans."""
COLUMNS: Final[Mapping[str, str]] = {
    "kind": "str", "dose_a": "float64", "unit_a": "str", "dose_b": "float64", "unit_b": "str", "model": "str",
    "score": "float64", "low": "float64", "high": "float64", "state": "str", "effect": "float64", "index": "float64",
}  # fmt: skip
"""Of the CSV. ``kind`` is ``pair``, ``isobole`` or ``alone``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SynergyMatrix:
    """Scores of pairs of doses.

    Attributes
    ----------
    compound_a, compound_b : names.
    unit_a, unit_b : ``"M"``, ``"ng/mL"`` or any other, which is then written as it is.
    doses_a, doses_b : (rows,) and (columns,) above 0, ascending.
    scores : (rows, columns) observed less expected effect, as a fraction: positive is synergy.
    undefined : (rows, columns) where the model expects nothing that the score could be held against.
    low, high : (rows, columns) intervals of the scores; None where there are none.
    model : name of the reference model.
    why_undefined : why scores are undefined, in words.
    level : coverage of the intervals.
    """

    compound_a: str
    compound_b: str
    unit_a: str
    unit_b: str
    doses_a: Floats
    doses_b: Floats
    scores: Floats
    undefined: Flags
    low: Floats | None = None
    high: Floats | None = None
    model: str = "Bliss"
    why_undefined: str = ""
    level: float = 0.95

    @property
    def hatched(self) -> Flags:
        """Which pairs (rows, columns) have no score, for whatever reason."""
        return self.undefined | ~np.isfinite(self.scores)

    @property
    def sure(self) -> Flags:
        """Which pairs (rows, columns) have an interval without 0."""
        if self.low is None or self.high is None:
            return np.zeros(self.scores.shape, bool)
        return ~self.hatched & ((self.low > 0) | (self.high < 0))


def matrix_of_scores(found: SynergyScores, model: Model) -> SynergyMatrix:
    """Return the scores of one model as a matrix; pairs that were not tested have none."""
    scores, pair = found.of(model), found.combination
    doses_a, row = np.unique(found.doses_a, return_inverse=True)
    doses_b, column = np.unique(found.doses_b, return_inverse=True)

    def spread(values: Any, empty: Any) -> Any:
        whole = np.full((doses_a.size, doses_b.size), empty)
        whole[row, column] = values
        return whole

    return SynergyMatrix(
        compound_a=pair.compound_a, compound_b=pair.compound_b, unit_a=pair.unit_a, unit_b=pair.unit_b,
        doses_a=doses_a, doses_b=doses_b, scores=spread(scores.scores, np.nan),
        undefined=spread(np.array([bool(why) for why in scores.undefined]), False),  # noqa: FBT003
        low=spread(scores.low, np.nan), high=spread(scores.high, np.nan),
        model=MODEL_WORDS[model],
        why_undefined="; ".join(dict.fromkeys(why for why in scores.undefined if why)), level=found.level,
    )  # fmt: skip


def require_agreement(matrix: SynergyMatrix) -> None:
    """Refuse a matrix whose parts do not fit together.

    Raises
    ------
    InputError
        If shapes do not agree, or doses are not above 0 and ascending.
    """
    wanted = (matrix.doses_a.size, matrix.doses_b.size)
    problems = [
        Problem(file=name, what=f"they have the shape '{found.shape}'", expected=f"{wanted}: doses of A x doses of B")
        for name, found in (("scores", matrix.scores), ("undefined", matrix.undefined))
        if found.shape != wanted
    ]
    problems += [
        Problem(file=name, what=f"they are '{', '.join(f'{x:g}' for x in doses)}'", expected="above 0 and ascending")
        for name, doses in (("doses_a", matrix.doses_a), ("doses_b", matrix.doses_b))
        if not doses.size or not np.all(doses > 0) or not np.all(np.diff(doses) > 0)
    ]
    if problems:
        raise InputError(problems)


def signed(points: float) -> str:
    """Return a score in points with its sign: the sign says what the colour says."""
    whole = round(points)
    return f"{'+' if whole > 0 else '−' if whole < 0 else ''}{abs(whole)}"


def shared_unit(doses: Floats, unit: str) -> tuple[str, float]:
    """Return the unit in which doses are written with the fewest letters, and its factor."""
    if unit != "M":
        return unit, 1.0
    letters = [(sum(len(dose_number(dose, factor)) for dose in doses), name, factor) for name, factor in MOLAR_UNITS]
    least = min(count for count, _, _ in letters)
    return next((name, factor) for count, name, factor in letters if count == least)


def dose_number(dose: float, factor: float) -> str:
    """Return a dose in a shared unit, without exponent as far as people write it."""
    return f"{float(f'{dose / factor:.3g}'):g}"


def writer(unit: str) -> Callable[[float], str]:
    """Return the function that writes a dose of a unit for people."""
    if unit == "M":
        return format_molar
    return format_ng_per_ml if unit == "ng/mL" else partial(_plainly, unit=unit)


def _plainly(dose: float, *, unit: str) -> str:
    return f"{dose:.3g} {unit}"


def notes_below(matrix: SynergyMatrix, room_mm: float) -> list[str]:
    """Return what is said below the map: what is hatched, and what is framed."""
    letters = max(20, int(room_mm / LETTER_MM)) if math.isfinite(room_mm) else 1000
    said = []
    if np.any(matrix.hatched):
        why = f": {matrix.why_undefined}" if matrix.why_undefined else ""
        said.append(f"Hatched: no score, {count_words(int(matrix.hatched.sum()), 'pair')}{why}.")
    if np.any(matrix.sure):
        said.append(f"Framed: {100 * matrix.level:g} % interval without 0.")
    return [line for text in said for line in textwrap.wrap(text, letters)]


def matrix_rows(matrix: SynergyMatrix, isobole: Isobole | None) -> pd.DataFrame:
    """Return every pair with its score, and the isobole's pairs, as a table."""
    empty = {
        "unit_a": matrix.unit_a, "unit_b": matrix.unit_b, "model": matrix.model, "score": math.nan, "low": math.nan,
        "high": math.nan, "state": "", "effect": math.nan, "index": math.nan,
    }  # fmt: skip
    rows: list[dict[str, Any]] = []
    for i, j in np.ndindex(*matrix.scores.shape):
        state = "undefined" if matrix.undefined[i, j] else "missing" if matrix.hatched[i, j] else "measured"
        known = state == "measured"
        rows.append(
            {
                **empty, "kind": "pair", "dose_a": matrix.doses_a[i], "dose_b": matrix.doses_b[j], "state": state,
                "score": matrix.scores[i, j] if known else math.nan,
                "low": matrix.low[i, j] if known and matrix.low is not None else math.nan,
                "high": matrix.high[i, j] if known and matrix.high is not None else math.nan,
            }
        )  # fmt: skip
    if isobole is not None:
        shared = {**empty, "model": "Loewe", "effect": isobole.effect, "state": "measured"}
        rows += [
            {**shared, "kind": "isobole", "dose_a": a, "dose_b": b, "index": index}
            for a, b, index in zip(isobole.doses_a, isobole.doses_b, isobole.index, strict=True)
        ]
        alone = ((isobole.alone_a, 0.0), (0.0, isobole.alone_b))
        rows += [
            {**shared, "kind": "alone", "dose_a": a, "dose_b": b,
             "state": "not_estimable" if math.isnan(a + b) else "measured"}
            for a, b in alone
        ]  # fmt: skip
    return frame(rows, COLUMNS)
