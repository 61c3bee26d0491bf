"""Wells that disagree with their replicates: named, and kept.

A well is held against the median of its condition on a scale where wells of any signal scatter by one SD::

    z(s) = asinh(cv s / floor) / cv        s = reading - background, sd(s)^2 = floor^2 + (cv s)^2

which is linear at the background and logarithmic above it. Both parts of the spread are estimated from all
replicates of the plate by medians, so that the outliers sought do not widen the yardstick they are held to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from avpi.estimate import Finding
from avpi.names import Condition
from avpi.plate.normalise import Scale
from avpi.plate.results import Well
from avpi.study.conditions import ConditionWords

Floats = NDArray[np.float64]

OUTLIER_SDS = 6.0
"""Robust SDs from the median of its replicates at which a well is named. Three replicates of a calm plate exceed it
less than once in a thousand plates; wells have heavier tails than a normal, hence so far out (assumed)."""
LEAST_CV = 0.03
"""Below it replicates are closer than pipetting allows, and small differences would be called outliers (assumed)."""
LEAST_FLOOR = 0.002
"""Of the plate's span: least scatter that is taken to stay at the background (assumed)."""
_ABOVE_FLOOR = 10.0  # floors: signals above it scatter in proportion to themselves
_PAIR_TO_SD = 1 / (0.6745 * math.sqrt(2))  # median absolute difference of two normal values, to their SD


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustSpread:
    """Scatter of replicates by medians: coefficient of variation, and SD that stays at the background."""

    cv: float
    floor: float

    def stabilised(self, signal: Floats) -> Floats:
        """Return signals on the scale where replicates scatter by one SD."""
        stable: Floats = np.arcsinh(self.cv * signal / self.floor) / self.cv
        return stable


def outlying_wells(
    wells: Sequence[Well], scale: Scale, words: ConditionWords, plate: str
) -> tuple[frozenset[str], list[Finding]]:
    """Return the names of the used wells that lie far from their replicates, and a finding for each arm."""
    groups = _groups(wells)
    spread = _robust_spread(list(groups.values()), scale)
    if spread is None:
        return frozenset(), []
    names, findings = set[str](), []
    for condition, group in groups.items():
        if len(group) < 2:
            continue
        stable = spread.stabilised(np.array([well.reading for well in group]) - scale.background)
        away = np.abs(stable - np.median(stable))
        # Two wells lie half their difference from the median, and that difference scatters by sqrt(2).
        limit = OUTLIER_SDS / math.sqrt(2) if len(group) == 2 else OUTLIER_SDS
        far = [well for well, distance in zip(group, away, strict=True) if distance > limit]
        if far:
            names |= {well.name for well in far}
            findings.append(_finding(far, group, words.describe(condition), plate))
    return frozenset(names), findings


def _groups(wells: Sequence[Well]) -> Mapping[Condition, list[Well]]:
    groups: dict[Condition, list[Well]] = {}
    for well in wells:
        if well.state == "used" and well.role in ("sample", "vehicle") and well.condition is not None:
            groups.setdefault(well.condition, []).append(well)
    return groups


def _robust_spread(groups: Sequence[Sequence[Well]], scale: Scale) -> RobustSpread | None:
    """Return the scatter of replicates; None where no condition has two wells that read above the background."""
    floor = LEAST_FLOOR * scale.span
    blanks = scale.background_values
    if len(blanks) > 1:
        pairs = [abs(one - other) for one, other in combinations(blanks.tolist(), 2)]
        floor = max(floor, _PAIR_TO_SD * float(np.median(pairs)))
    differences: list[float] = []
    weights: list[float] = []
    for group in groups:
        signals = [well.reading - scale.background for well in group]
        logs = [math.log(signal) for signal in signals if signal > _ABOVE_FLOOR * floor]
        differences += [abs(one - other) for one, other in combinations(logs, 2)]
        # n wells make n (n - 1) / 2 pairs and n - 1 degrees of freedom.
        weights += [2 / max(len(logs), 1)] * (len(logs) * (len(logs) - 1) // 2)
    if not differences:
        return None
    cv = _PAIR_TO_SD * _weighted_median(np.array(differences), np.array(weights))
    return RobustSpread(cv=max(cv, LEAST_CV), floor=floor)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values, kind="stable")
    running = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(running, running[-1] / 2)])


def _finding(far: Sequence[Well], group: Sequence[Well], arm: str, plate: str) -> Finding:
    named = ", ".join(f"{well.name} at {well.viability:.3g} of DMSO (read {well.raw:.4g})" for well in far)
    lie = "lies" if len(far) == 1 else "lie"
    median = float(np.median([well.viability for well in group]))
    text = (
        f"Of the {len(group)} wells of '{arm}' {named} {lie} more than {OUTLIER_SDS:g} SD of the plate's replicates "
        f"from their median of {median:.3g}. Nothing was dropped: look at the well, and if it failed take it out of "
        "the layout with a reason."
    )
    return Finding(code="outlier_wells", severity="warning", text=text, subject=plate)
