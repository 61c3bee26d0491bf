"""Curves of many designs as tasks of equal size: what a thread or a worker of a cluster does at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpi.compute.places import Cancel, Place
from avpi.dose.batch import CurveFits, fit_design
from avpi.dose.curve_designs import KnownDesign
from avpi.dose.curve_table import SameDesign
from avpi.dose.design import Design
from avpi.dose.fit_columns import array_fields
from avpi.dose.kernels.limits import Limits

Floats = NDArray[np.float64]

PART = 2048
"""Curves of a task: some twenty milliseconds of work, beside which sending it costs little."""
MOST_DESIGNS = 64
"""Designs of a task: each costs as much as a hundred curves before its first."""

Part = list[tuple[Design, Limits, Floats]]


@dataclass(frozen=True, slots=True)
class FitPart:
    """Fits the curves of a part; the level is that of the intervals, the control what the absolute EC50 halves."""

    level: float
    control: float

    def __call__(self, part: Part) -> list[CurveFits]:
        """Return the fits of each design's curves."""
        return [
            fit_design(design, responses, level=self.level, limits=limits, control=self.control)
            for design, limits, responses in part
        ]


def fit_same_designs(
    sets: Iterable[SameDesign],
    *,
    work: FitPart,
    limits_of: Callable[[KnownDesign], Limits],
    place: Place,
    cancel: Cancel | None,
) -> Iterator[tuple[SameDesign, CurveFits]]:
    """Yield the fits of sets of curves, in their order and in pieces of one design; sets without a design are left out.

    Every curve has the same fit whatever stands beside it.
    """
    parts: list[Part] = [[]]
    pieces: list[list[SameDesign]] = [[]]
    room = PART
    for one in sets:
        if one.known.design is None:
            continue
        at, limits = 0, limits_of(one.known)
        while at < one.curves.size:
            if room <= 0 or len(parts[-1]) >= MOST_DESIGNS:
                parts.append([])
                pieces.append([])
                room = PART
            end = min(at + room, one.curves.size)
            piece = SameDesign(known=one.known, curves=one.curves[at:end], responses=one.responses[at:end])
            parts[-1].append((one.known.design, limits, piece.responses))
            pieces[-1].append(piece)
            room -= end - at
            at = end
    if not parts[0]:
        return
    for piece_list, fitted in zip(pieces, place.map(work, parts, stage="curves", cancel=cancel), strict=True):
        yield from zip(piece_list, fitted, strict=True)


def empty_arrays(like: CurveFits, curves: int) -> dict[str, NDArray[Any]]:
    """Return the arrays of curves that have no fit yet: nan, or 0 where there is no nan."""
    return {
        name: np.full(curves, np.nan) if value.dtype.kind == "f" else np.zeros(curves, value.dtype)
        for name, value in array_fields(like).items()
    }
