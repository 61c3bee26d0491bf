"""The designs of the curves of a table, each made once, and the few nulls that all of them share.

Two designs may share the null of the flat test: where all doses are moved by one factor nothing changes, since the fit
knows the doses by their logarithms and its boxes move along.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from avpi.dose.design import FAR, Boxes, Design, design_of, group_doses
from avpi.dose.kernels.columns import PARAMETERS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DIGITS = 12
"""Of a dose: 0.1 uM and 100 nM are one dose, and no two that anybody dispensed become one."""
NULL_STEP_LOG10 = 0.01
"""Doses, relative to the lowest, that agree to this share a null: 2 % of a dose, as the best dispensers err, moves a
p-value by less than the simulation does."""
WEIGHT_DIGITS = 3
FEWEST_WELLS = PARAMETERS + 1
"""Four parameters and one well to judge them by."""
FEWEST_DOSES = PARAMETERS


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDesign:
    """A design, or why there is none.

    Attributes
    ----------
    design : its wells ascend by dose; None where no curve can be fitted.
    refusal : why not, by its number in ``DesignBook.refusals``; 0 where there is a design.
    null : number of its null in ``DesignBook.nulls``; -1 without a design.
    lowest_molar, highest_molar : doses above 0; nan where there is none.
    doses : how many different ones above 0.
    """

    design: Design | None
    refusal: int
    null: int
    lowest_molar: float
    highest_molar: float
    doses: int


@dataclass(slots=True)
class DesignBook:
    """Every design that was met, in the order in which they were met.

    Attributes
    ----------
    boxes : of all curves.
    nulls : designs whose flat curves stand for those of all others.
    refusals : sentences why there is no design.
    """

    boxes: Boxes
    nulls: list[Design] = field(default_factory=list)
    refusals: list[str] = field(default_factory=lambda: [""])
    _known: dict[bytes, KnownDesign] = field(default_factory=dict)
    _nulls: dict[bytes, int] = field(default_factory=dict)

    def find(self, doses_molar: Floats, weights: Floats | None) -> tuple[KnownDesign, Ints]:
        """Return the design of some wells, and the order in which it has them.

        Parameters
        ----------
        doses_molar : (wells,) at least 0 and finite.
        weights : (wells,) positive, or None for equal ones.
        """
        doses = _rounded(doses_molar, DIGITS)
        order = np.argsort(doses, kind="stable") if weights is None else np.lexsort((weights, doses))
        doses, own = doses[order], None if weights is None else _rounded(weights[order], DIGITS)
        key = doses.tobytes() + (b"" if own is None else b"w" + own.tobytes())
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._make(doses, own)
        return found, order.astype(np.int64)

    def _make(self, doses: Floats, weights: Floats | None) -> KnownDesign:
        _, given = group_doses(doses[doses > 0])
        refusal = self._number_of(_refusal(doses.size, given.size))
        lowest, highest = (float(given[0]), float(given[-1])) if given.size else (np.nan, np.nan)
        design = None if refusal else design_of(doses, weights, self.boxes)
        null = -1 if design is None else self._null_of(design)
        return KnownDesign(
            design=design, refusal=refusal, null=null, lowest_molar=lowest, highest_molar=highest, doses=given.size
        )

    def _number_of(self, refusal: str) -> int:
        if refusal not in self.refusals:
            self.refusals.append(refusal)
        return self.refusals.index(refusal)

    def _null_of(self, design: Design) -> int:
        key, made = null_design(design)
        if key not in self._nulls:
            self._nulls[key] = len(self.nulls)
            self.nulls.append(made)
        return self._nulls[key]


def null_design(design: Design) -> tuple[bytes, Design]:
    """Return the design whose flat curves stand for those of another, and what tells it from further ones."""
    steps = np.rint((design.log10_doses - design.given[0]) / NULL_STEP_LOG10)
    if np.any(np.diff(steps) == 0):  # doses closer than the step: nothing is moved
        steps = (design.log10_doses - design.given[0]) / NULL_STEP_LOG10
    steps[design.log10_doses < -FAR / 2] = -np.inf
    weights = _rounded(design.weights, WEIGHT_DIGITS)
    key = steps.tobytes() + design.groups.tobytes() + weights.tobytes()
    doses = 1e-9 * 10 ** (steps * NULL_STEP_LOG10)
    return key, design_of(doses[design.groups], weights, design.boxes)


def _refusal(wells: int, doses: int) -> str:
    if not wells:
        return "no response was measured"
    if doses < FEWEST_DOSES:
        named = "1 dose" if doses == 1 else f"{doses} different doses"
        return f"{named} above 0, and a curve of four parameters needs {FEWEST_DOSES}"
    if wells < FEWEST_WELLS:
        return f"{wells} wells with a response, and a curve of four parameters needs {FEWEST_WELLS}"
    return ""


def _rounded(values: Floats, digits: int) -> Floats:
    """Return values as they read with so many significant digits."""
    return np.array([float(f"{value:.{digits - 1}e}") for value in values.tolist()])
