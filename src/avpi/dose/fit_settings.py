"""How the curves of a table are fitted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avpi.dose.design import Boxes
from avpi.errors import InputError, Problem

RAW_BOXES = Boxes(bottom=(-np.inf, np.inf))
"""Of responses in no unit that is known: the slope alone is limited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """How the curves are fitted.

    Attributes
    ----------
    boxes : where parameters may lie; None for those of viability, or no limit of the plateaus for raw responses.
    level : coverage of the intervals.
    alpha : a curve whose p-value against a flat line is larger has no EC50.
    seed : of the simulated flat curves.
    """

    boxes: Boxes | None = None
    level: float = 0.95
    alpha: float = 0.05
    seed: int = 1

    def __post_init__(self) -> None:
        problems = [
            Problem(file=name, what=f"'{value}' is no {what}", expected="a number between 0 and 1")
            for name, value, what in (("level", self.level, "coverage"), ("alpha", self.alpha, "bound of p-values"))
            if not 0 < value < 1
        ]
        if not 0 <= self.seed < 2**64:
            problems.append(Problem(file="seed", what=f"'{self.seed}' is no seed", expected="0 to 2**64 - 1"))
        if problems:
            raise InputError(problems)
