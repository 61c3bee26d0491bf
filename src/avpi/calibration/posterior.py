"""What a calibration learned: each parameter before and after, and which facts hold now that did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import kstwo

from avpi.calibration.chosen import Floats, Free
from avpi.calibration.sampler import Generation, Particle
from avpi.facts.schema import FactsFile

INTERVAL = (0.05, 0.5, 0.95)
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """A parameter after calibration; values in its unit.

    Attributes
    ----------
    best : in the particle nearest to the facts.
    low_90, median, high_90 : of the posterior.
    width_ratio : of the 90 % interval to that of the prior, both on the logarithmic scale.
    distance_from_prior : the largest difference between the distributions of posterior and prior, 0 to 1.
    moved : whether that is more than as many draws from the prior would show one time in twenty.
    """

    free: Free
    best: float
    low_90: float
    median: float
    high_90: float
    width_ratio: float
    distance_from_prior: float
    moved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCount:
    """Facts of a topic, and how many of them hold as shipped and in the best particle."""

    topic: str
    facts: int
    shipped: int
    best: int


def learned(free: Sequence[Free], generation: Generation) -> tuple[Learned, ...]:
    """Return what a generation says of each parameter."""
    places = np.array([one.place for one in generation.particles])
    weights = np.array(generation.weights)
    # A few equal draws differ from the prior by chance; the effective number says by how much.
    usual = float(kstwo.ppf(CONFIDENCE, max(1, round(generation.effective_size))))
    found = []
    for i, one in enumerate(free):
        low, middle, high = _quantiles(places[:, i], weights)
        away = _distance_from_uniform(places[:, i], weights)
        found.append(
            Learned(
                free=one,
                best=generation.best.values[one.name],
                low_90=one.value(low),
                median=one.value(middle),
                high_90=one.value(high),
                width_ratio=(high - low) / (INTERVAL[2] - INTERVAL[0]),
                distance_from_prior=away,
                moved=away > usual,
            )
        )
    return tuple(found)


def count_topics(facts: FactsFile, shipped: Particle, best: Particle) -> tuple[TopicCount, ...]:
    """Return how many facts hold before and after, by topic in the order of the file, and the sum as "all"."""
    topics = dict.fromkeys(fact.topic for fact in facts.facts)
    rows = {topic: [fact.id for fact in facts.facts if fact.topic == topic] for topic in topics}
    rows["all"] = [fact.id for fact in facts.facts]
    return tuple(
        TopicCount(
            topic=topic,
            facts=len(ids),
            shipped=len(set(ids) & set(shipped.scored.passed)),
            best=len(set(ids) & set(best.scored.passed)),
        )
        for topic, ids in rows.items()
    )


def _quantiles(values: Floats, weights: Floats) -> list[float]:
    order = np.argsort(values, kind="stable")
    middles = np.cumsum(weights[order]) - weights[order] / 2
    return [float(q) for q in np.interp(INTERVAL, middles / weights.sum(), values[order])]


def _distance_from_uniform(values: Floats, weights: Floats) -> float:
    order = np.argsort(values, kind="stable")
    after = np.cumsum(weights[order]) / weights.sum()
    before = after - weights[order] / weights.sum()
    return float(np.max(np.maximum(after - values[order], values[order] - before)))
