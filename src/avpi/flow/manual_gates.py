"""Gates that a person set in ``overrides.jsonl``, target ``"<sample>/gates"``.

``{"debris": 30000}`` is the forward scatter below which events are debris, ``{"singlets": [0.9, 1.4]}`` the ratios of
area to height of single cells, ``{"time": [[10, 20]]}`` windows to leave out. ``false`` switches a gate off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from avpi.errors import Problem, StudyError, nearest_word
from avpi.study.manifest import OVERRIDES_FILE

_KEYS = ("debris", "singlets", "time")


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """Limits set by hand; None where the gate is found automatically, False where it is switched off."""

    debris: float | Literal[False] | None = None
    singlets: tuple[float, float] | Literal[False] | None = None
    unstable: NDArray[np.float64] | None = None


NO_HAND = ByHand()


def manual_gates(sample: str, declared: Mapping[str, Any]) -> ByHand:
    """Return the gates that a correction sets.

    Raises
    ------
    StudyError
        With every key that is no gate and every value that is no limit.
    """
    problems = [
        _problem(sample, f"'{word}' is no gate", f"one of {', '.join(_KEYS)}", nearest_word(word, _KEYS))
        for word in declared
        if word not in _KEYS
    ]
    debris: float | Literal[False] | None = None
    singlets: tuple[float, float] | Literal[False] | None = None
    unstable: NDArray[np.float64] | None = None
    if (value := declared.get("debris")) is not None:
        debris = False if value is False else float(value) if _is_number(value) and value > 0 else None
        if debris is None:
            problems.append(_problem(sample, f"'debris' is set to '{value}'", "a forward scatter above 0, or false"))
    if (value := declared.get("singlets")) is not None:
        singlets = False if value is False else _pair(value)
        if singlets is None:
            problems.append(_problem(sample, f"'singlets' is set to '{value}'", "two rising ratios, or false"))
    if (value := declared.get("time")) is not None:
        windows = [] if value is False else [_pair(one) for one in value] if isinstance(value, list) else [None]
        kept = [window for window in windows if window is not None]
        if len(kept) < len(windows):
            problems.append(_problem(sample, f"'time' is set to '{value}'", "a list of [from, to], or false"))
        unstable = np.array(kept, dtype=np.float64).reshape(-1, 2)
    if problems:
        raise StudyError(problems)
    return ByHand(debris=debris, singlets=singlets, unstable=unstable)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _pair(value: Any) -> tuple[float, float] | None:
    if isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)) and value[0] < value[1]:
        return float(value[0]), float(value[1])
    return None


def _problem(sample: str, what: str, expected: str, hint: str = "") -> Problem:
    return Problem(file=OVERRIDES_FILE, place=f"target '{sample}/gates'", what=what, expected=expected, hint=hint)
