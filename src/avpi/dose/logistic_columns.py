"""A four-parameter logistic and its Jacobian in closed form, for refits that ask for both thousands of times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpi.dose.shapes import FARTHEST, LN10

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LogisticColumns:
    """The curve at fixed doses: log10 molar (n,), and which of them are no compound (n,)."""

    log10_doses: Floats
    control: NDArray[np.bool_]

    @staticmethod
    def at(doses_molar: Floats) -> LogisticColumns:
        """Return the curve at doses (n,) in molar."""
        control = doses_molar <= 0
        return LogisticColumns(np.log10(np.where(control, 1.0, doses_molar)), control)

    def values(self, b: Floats) -> Floats:
        """Return the responses (n,) for bottom, top, log10 EC50 and slope."""
        share = self._share(b)
        found: Floats = b[0] * (1 - share) + b[1] * share
        return found

    def jacobian(self, b: Floats) -> Floats:
        """Return the derivatives (n, 4)."""
        share = self._share(b)
        bend = (b[1] - b[0]) * share * (1 - share) * LN10
        return np.stack([1 - share, share, bend * b[3], -bend * (self.log10_doses - b[2])], axis=1)

    def _share(self, b: Floats) -> Floats:
        u = np.clip(b[3] * (self.log10_doses - b[2]) * LN10, -FARTHEST, FARTHEST)
        found: Floats = np.where(self.control, 1.0, 1 / (1 + np.exp(u)))
        return found
