"""A model of two numbers whose best place is known, in place of the pathway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from avpi.calibration.chosen import Free
from avpi.calibration.distance import Scored

A = Free(name="a", shipped=1.0, low=0.1, high=10.0, unit="nM", what="the first")
B = Free(name="b", shipped=50.0, low=1.0, high=100.0, unit="per_hour", what="the second")
OPTIMUM = {"a": 4.0, "b": 3.0}


@dataclass
class Valley:
    """Distance grows with the logarithmic distance from the optimum; ``seen`` counts what was evaluated."""

    seen: list[Mapping[str, float]] = field(default_factory=list)
    breaks_after: int | None = None

    def __call__(self, values: Mapping[str, float]) -> Scored:
        if self.breaks_after is not None and len(self.seen) >= self.breaks_after:
            raise KeyboardInterrupt
        self.seen.append(dict(values))
        away = sum((np.log10(values[name]) - np.log10(best)) ** 2 for name, best in OPTIMUM.items())
        far = float(min(np.sqrt(away) / 2, 1.0))
        return Scored(distance=far, shortfalls={"F1": far}, passed=("F1",) if far < 0.05 else ())
