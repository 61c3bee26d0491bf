"""Replicate tubes differ by more than counting: beta-binomial intervals of shares.

Tubes of one condition, experiment and time are replicates. How much more they differ than counting says is one
number for each population, the intra-tube correlation rho of a beta-binomial, estimated over all groups of replicates
together by Pearson's statistic (Williams 1982, Appl Stat 31:144-148): a group of two or three says little, ten
groups do. Shares of a condition, and of each tube as a draw from it, then have intervals with that spread, and
the wider for having learnt it from few tubes (Student's t). Replicates are not independent experiments: n stays 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import norm, t

from avpi.estimate import Estimate
from avpi.flow.channels import STAINS_OF_READOUT
from avpi.flow.fractions import LEVEL, logarithm_of, share_estimate
from avpi.flow.results import SampleResult
from avpi.flow.stain_patterns import patterns_of

_LARGEST_RHO = 0.9  # beyond it tubes are all one or the other, and a share of them means nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdispersion:
    """How replicate tubes differ in one population's share.

    Attributes
    ----------
    rho : correlation between two cells of a tube; 0 where tubes differ as counting says.
    freedom : tubes less groups that it was learnt from.
    """

    rho: float
    freedom: int

    def variance(self, share: float, cells: int) -> float:
        """Return the variance that tubes add to counting ``cells`` of this share, as wide as it is well known."""
        stretch = float(t.ppf(0.5 + LEVEL / 2, self.freedom) / norm.ppf(0.5 + LEVEL / 2)) ** 2
        counting = share * (1 - share) / max(cells, 1)
        return (counting * (1 + (cells - 1) * self.rho)) * stretch - counting


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicateShares:
    """The shares of a condition over its replicate tubes in one experiment."""

    experiment: str
    described: str
    tubes: tuple[str, ...]
    fractions: Mapping[str, Estimate]


def overdispersion(groups: Sequence[Sequence[tuple[int, int]]]) -> Overdispersion | None:
    """Return the correlation within tubes from groups of (counted, of) pairs; None without replicates.

    Groups of one tube, and groups in which the population is absent or everything, say nothing.
    """
    statistic, freedom, weight = 0.0, 0, 0.0
    for group in groups:
        counts = np.array([(k, n) for k, n in group if n > 1], dtype=np.float64)
        if len(counts) < 2:
            continue
        share = counts[:, 0].sum() / counts[:, 1].sum()
        if not 0 < share < 1:
            continue
        statistic += float(
            (np.square(counts[:, 0] - counts[:, 1] * share) / (counts[:, 1] * share * (1 - share))).sum()
        )
        freedom += len(counts) - 1
        total = counts[:, 1].sum()
        # What each unit of rho adds to the expected statistic of this group.
        weight += float(((counts[:, 1] - 1) * (1 - counts[:, 1] / total)).sum())
    if freedom < 1 or not weight > 0:
        return None
    return Overdispersion(rho=float(np.clip((statistic - freedom) / weight, 0.0, _LARGEST_RHO)), freedom=freedom)


def with_replicates(samples: Sequence[SampleResult]) -> list[SampleResult]:
    """Return samples whose intervals have the spread of replicates.

    Samples of a readout without any replicates come back as they are: their intervals know counting and thresholds.
    """
    spreads = _spreads(samples)
    return [_widened(sample, spreads[sample.readout]) for sample in samples]


def replicate_shares(samples: Sequence[SampleResult]) -> list[ReplicateShares]:
    """Return each condition's shares over its replicate tubes, where it has two or more that pass."""
    spreads = _spreads(samples)
    groups = _groups([sample for sample in samples if sample.passes])
    return [_together(group, spreads[group[0].readout]) for group in groups if len(group) > 1]


def _spreads(samples: Sequence[SampleResult]) -> dict[str, dict[str, Overdispersion]]:
    """Return the spread of each population, by readout."""
    kinds: dict[str, list[SampleResult]] = {}
    for sample in samples:
        kinds.setdefault(sample.readout, []).append(sample)
    return {
        readout: {
            name: spread
            for name in own[0].fractions
            if (spread := overdispersion([[_pair(s, name) for s in g if s.passes] for g in _groups(own)])) is not None
        }
        for readout, own in kinds.items()
    }


def _groups(samples: Sequence[SampleResult]) -> list[list[SampleResult]]:
    groups: dict[tuple[object, ...], list[SampleResult]] = {}
    for sample in samples:
        key = (sample.readout, sample.experiment, sample.described, sample.condition, sample.minutes_after_dose)
        groups.setdefault(key, []).append(sample)
    return list(groups.values())


def _pair(sample: SampleResult, name: str) -> tuple[int, int]:
    return sample.counts.get(name, 0), sample.singlets


def _widened(sample: SampleResult, spreads: Mapping[str, Overdispersion]) -> SampleResult:
    if not spreads or not sample.singlets:
        return sample
    fractions = {
        name: _widened_share(share, sample.singlets, spreads.get(name)) for name, share in sample.fractions.items()
    }
    viable, log, error = sample.viable, sample.viable_log, sample.viable_log_se
    stains = STAINS_OF_READOUT.get(sample.readout, ())
    name = patterns_of(sample.readout)[(False,) * len(stains)] if stains else ""
    if math.isfinite(log) and name in spreads:
        viable = fractions[name]
        extra = spreads[name].variance(viable.value, sample.singlets)
        before = error * max(sample.viable.value, 0.5 / (sample.singlets + 1))
        log, error = logarithm_of(viable, math.sqrt(before**2 + extra), sample.singlets)
    method = {**sample.method, "rho_of_replicates": {n: round(s.rho, 6) for n, s in spreads.items()}}
    return replace(sample, fractions=fractions, viable=viable, viable_log=log, viable_log_se=error, method=method)


def _widened_share(share: Estimate, cells: int, spread: Overdispersion | None) -> Estimate:
    if spread is None or not math.isfinite(share.value):
        return share
    half = (share.high - share.low) / 2
    known = (half / float(norm.ppf(0.5 + LEVEL / 2))) ** 2
    middle = (share.value * cells + 0.5) / (cells + 1)
    method = f"{share.method}; beta-binomial over replicate tubes (rho {spread.rho:.2g}, {spread.freedom} degrees of "
    method += "freedom)"
    wide = share_estimate(share.value, known + max(spread.variance(middle, cells), 0.0), method)
    return replace(wide, low=min(wide.low, share.low), high=max(wide.high, share.high))


def _together(group: Sequence[SampleResult], spreads: Mapping[str, Overdispersion]) -> ReplicateShares:
    fractions = {}
    for name in group[0].fractions:
        spread = spreads.get(name, Overdispersion(rho=0.0, freedom=len(group) - 1))
        cells = np.array([sample.singlets for sample in group], dtype=np.float64)
        worth = cells / (1 + (cells - 1) * spread.rho)  # independent cells that a tube is worth
        values = np.array([sample.fractions[name].value for sample in group])
        share = float((worth * values).sum() / worth.sum())
        middle = (share * worth.sum() + 0.5) / (worth.sum() + 1)
        stretch = float(t.ppf(0.5 + LEVEL / 2, spread.freedom) / norm.ppf(0.5 + LEVEL / 2)) ** 2
        variance = middle * (1 - middle) / (worth.sum() + 1) * stretch
        method = f"mean of {len(group)} replicate tubes, beta-binomial (rho {spread.rho:.2g})"
        fractions[name] = share_estimate(share, variance, method)
    return ReplicateShares(
        experiment=group[0].experiment,
        described=group[0].described or group[0].condition.label,
        tubes=tuple(sample.name for sample in group),
        fractions=fractions,
    )
