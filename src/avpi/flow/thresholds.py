"""The intensity above which a cell counts as positive for a stain.

Three origins, best first: set by hand; from control tubes (a percentile of the cells that do not carry the
stain, pooled over the unstained tube and the tubes that carry only other stains); from the valley between the
populations of the sample itself, which is a guess and comes with a finding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from avpi.errors import Problem, StudyError, nearest_word
from avpi.estimate import Finding
from avpi.flow.cells import ScatterReference
from avpi.flow.channels import find_stain
from avpi.flow.compensation import Spillover, compensated
from avpi.flow.controls import ControlCells
from avpi.flow.density import smoothed
from avpi.flow.scales import logicle_for
from avpi.study.manifest import OVERRIDES_FILE
from avpi.study.schema import Cytometry

NEGATIVE_PERCENTILE = 99.0
"""Of the cells without the stain: the usual cut; higher ones rest on the few odd cells of every unstained tube."""

_PEAK = 0.03  # of the highest peak; assumed: a smaller rise is no population
_VALLEY_DEPTH = 0.8  # of the lower of two peaks; assumed: a shallower dip separates nothing
_BANDWIDTH_DECADES = 0.10  # of the density at 2,000 cells; assumed: a population spans about half a decade
_BANDWIDTH_CELLS = 2_000
_BANDWIDTH_LIMITS = (0.05, 0.20)  # decades
_LONE_SPREADS = 3.0  # robust standard deviations above a lone population's mode
_MAD_TO_SD = 1.4826  # of a normal distribution
_LEAST_SPAN = 1e-3  # decades: cells nearer than this are one population
_BINS = 256  # of the histogram that is resampled
_RESAMPLES = 50  # of that histogram, for the valley's standard error
_SEED = 20_100_131  # any fixed number: the same sample always gives the same standard error


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """One stain's threshold.

    Attributes
    ----------
    value : linear intensity after compensation; cells above it are positive.
    low, high : ``value`` less and plus one standard error (both equal to it where set by hand).
    false_positive : share of cells without the stain that lie above, 0 where it is not known.
    separated : False where the sample showed one population only.
    """

    stain: str
    value: float
    low: float
    high: float
    origin: Literal["auto", "controls", "manual"]
    false_positive: float = 0.0
    separated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What an experiment's control tubes give its samples; without control tubes, only how it was stained.

    Attributes
    ----------
    controls : single cells of the usable control tubes, linear, not compensated.
    computed, declared : spillover from single stains; from a table that the study names.
    scatter : forward scatter of whole cells.
    findings : about the control tubes; each sample that uses them carries them.
    """

    cytometry: Cytometry
    controls: tuple[ControlCells, ...] = ()
    computed: Spillover | None = None
    declared: Spillover | None = None
    scatter: ScatterReference | None = None
    findings: tuple[Finding, ...] = ()

    def cutoff(self, stain: str, detector: str, spillover: Spillover | None) -> Cutoff | None:
        """Return a stain's threshold under a compensation; None if no control tube shows cells without it."""
        negatives = [
            values
            for tube in self.controls
            if tube.stain != stain and (values := _detector_values(tube, detector, spillover)) is not None
        ]
        return cutoff_from_negatives(stain, negatives) if negatives else None


def cutoff_from_negatives(stain: str, negatives: Sequence[NDArray[np.float64]]) -> Cutoff:
    """Return the threshold from cells without the stain, one array of intensities for each tube.

    The standard error joins that of a percentile (order statistics) with half the range of the tubes'
    percentiles, because tubes that disagree say how well negatives are known.
    """
    pooled = np.sort(np.concatenate(negatives))
    share = NEGATIVE_PERCENTILE / 100
    value = float(np.quantile(pooled, share))
    step = math.sqrt(share * (1 - share) / len(pooled))
    sampling = (np.quantile(pooled, min(share + step, 1.0)) - np.quantile(pooled, share - step)) / 2
    each = [float(np.quantile(tube, share)) for tube in negatives]
    error = math.hypot(float(sampling), (max(each) - min(each)) / 2)
    return Cutoff(
        stain=stain,
        value=value,
        low=value - error,
        high=value + error,
        origin="controls",
        false_positive=float((pooled > value).mean()),
    )


def cutoff_from_valley(stain: str, values: NDArray[np.float64]) -> Cutoff:
    """Return the threshold at the valley between the dimmest population of a sample and the next.

    With one population only, the threshold lies three robust standard deviations above its mode, which takes
    the population for negative. ``values`` (n,) are compensated intensities of single cells.
    """
    if not len(values):
        return Cutoff(stain=stain, value=math.nan, low=math.nan, high=math.nan, origin="auto", separated=False)
    scale = logicle_for(values)
    decades = scale.apply(values)
    counts, edges = np.histogram(decades, bins=_BINS, range=_span(decades))
    bandwidth = _BANDWIDTH_DECADES * (_BANDWIDTH_CELLS / max(len(values), 1)) ** 0.2
    bandwidth = float(np.clip(bandwidth, *_BANDWIDTH_LIMITS))
    place = _valley(counts.astype(np.float64), edges, bandwidth)
    random = np.random.default_rng(_SEED)
    if place is None:
        density = smoothed(counts.astype(np.float64), edges, bandwidth=bandwidth)
        mode = float(density.places[np.argmax(density.heights)])
        below = mode - decades[decades <= mode]
        spread = max(_MAD_TO_SD * float(np.median(below)) if len(below) else 0.0, bandwidth)
        place, error = mode + _LONE_SPREADS * spread, spread / 2  # half a spread: the factor 3 is itself a choice
    else:
        resampled = random.multinomial(len(values), counts / counts.sum(), size=_RESAMPLES)
        found = [v for row in resampled if (v := _valley(row.astype(np.float64), edges, bandwidth)) is not None]
        error = float(np.std(found)) if len(found) > 1 else bandwidth
    low, value, high = scale.inverse(np.array([place - error, place, place + error]))
    separated = _valley(counts.astype(np.float64), edges, bandwidth) is not None
    return Cutoff(stain=stain, value=float(value), low=float(low), high=float(high), origin="auto", separated=separated)


def manual_cutoffs(sample: str, declared: Mapping[str, Any], stains: Sequence[str]) -> dict[str, Cutoff]:
    """Return the thresholds that ``overrides.jsonl`` sets for a sample.

    Raises
    ------
    StudyError
        If a value is no finite number, or its stain is none of the readout's.
    """
    cutoffs = {}
    for word, value in declared.items():
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number:
            raise StudyError(
                Problem(
                    file=OVERRIDES_FILE,
                    place=f"target '{sample}/thresholds'",
                    what=f"'{word}' is set to '{value}'",
                    expected="a number: the intensity above which a cell is positive",
                )
            )
        stain = find_stain(word)
        if stain not in stains:
            raise StudyError(
                Problem(
                    file=OVERRIDES_FILE,
                    place=f"target '{sample}/thresholds'",
                    what=f"'{word}' is no stain of the readout",
                    expected=" or ".join(stains),
                    hint=nearest_word(word, stains),
                )
            )
        cutoffs[stain] = Cutoff(stain=stain, value=float(value), low=float(value), high=float(value), origin="manual")
    return cutoffs


def _detector_values(tube: ControlCells, detector: str, spillover: Spillover | None) -> NDArray[np.float64] | None:
    needed = {detector, *(spillover.detectors if spillover else ())}
    if not needed <= set(tube.names):
        return None
    return compensated(tube.linear, tube.names, spillover)[:, tube.names.index(detector)]


def _span(decades: NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of a histogram; a decade around cells that hardly differ, which bins could not part."""
    low, high = float(decades.min()), float(decades.max())
    return (low, high) if high - low > _LEAST_SPAN else ((low + high) / 2 - 0.5, (low + high) / 2 + 0.5)


def _valley(counts: NDArray[np.float64], edges: NDArray[np.float64], bandwidth: float) -> float | None:
    density = smoothed(counts, edges, bandwidth=bandwidth)
    peaks = density.peaks(least=_PEAK)
    for left, right in pairwise(peaks):
        lowest = density.valley(left, right)
        if density.heights[lowest] <= _VALLEY_DEPTH * min(density.heights[left], density.heights[right]):
            return float(density.places[lowest])
    return None
