"""Sequential Monte Carlo for models without a likelihood: from the prior towards the facts, generation by generation.

The sampler is that of Toni 2009 (J R Soc Interface 6:187, doi:10.1098/rsif.2008.0172), with the threshold chosen from
what came out (Del Moral 2012). Toni proposes until enough particles are accepted; a model that takes a minute cannot
afford to throw most away. So each generation simulates a fixed number and is judged together with those that it came
from, which keep their weights (Lenormand 2013 Comput Stat 28:2777, doi:10.1007/s00180-013-0428-3). The cost is known
before it starts, and the best particle is never lost.

The first particle is the model as it ships. It is no draw from the prior: one particle too many where the posterior is
wide, and the reason that a calibration cannot end worse than it began.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from avpi.calibration.chosen import Floats, Free
from avpi.calibration.distance import Scored
from avpi.calibration.kernel import effective_size, importance, moved, threshold
from avpi.calibration.ledger import Ledger
from avpi.compute.progress import SILENT, Progress
from avpi.errors import InputError, Problem

KEPT = 0.5
"""Effective number of particles that outlive a generation, of those that a generation simulates."""

Evaluate = Callable[[Mapping[str, float]], Scored]
"""Values of the free parameters -> how far that model is from the facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is simulated: ``particles`` models in each of ``generations``; equal seeds propose equal particles."""

    particles: int
    generations: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Particle:
    """One model that was simulated; ``place`` is where it stands in the unit box of the prior."""

    generation: int
    number: int
    place: tuple[float, ...]
    values: Mapping[str, float]
    scored: Scored


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """Generations in order, the posterior last; ``shipped`` is the first particle, kept or not."""

    shipped: Particle
    generations: tuple[Generation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """What outlived a generation.

    Attributes
    ----------
    particles : kept, in the order in which they were simulated.
    weights : of each, sum 1.
    mass : the sum of the weights on the scale on which a draw from the prior weighs 1.
    threshold : the largest distance that was kept.
    accepted : how many of the particles of this very generation were kept.
    effective_size : how many equal particles they are worth.
    """

    number: int
    particles: tuple[Particle, ...]
    weights: tuple[float, ...]
    mass: float
    threshold: float
    accepted: int
    effective_size: float

    @property
    def best(self) -> Particle:
        """The nearest particle, of equally near ones the first."""
        return min(self.particles, key=lambda one: one.scored.distance)


def sample(
    free: Sequence[Free], evaluate: Evaluate, plan: Plan, ledger: Ledger, progress: Progress = SILENT
) -> Calibrated:
    """Calibrate; what the ledger has is not simulated again."""
    found: list[Generation] = []
    first: list[Particle] = []
    for number in range(plan.generations):
        before = found[-1] if found else None
        places = np.array([_propose(free, plan.seed, number, i, before) for i in range(plan.particles)])
        names = [(f"particle {i + 1}", i) for i in range(plan.particles)]
        stage = f"generation {number + 1} of {plan.generations}"
        new = [_simulated(free, evaluate, ledger, (number, i), places[i]) for _, i in progress(names, stage)]
        first = first or new
        found.append(_next(number, new, places, before, KEPT * plan.particles))
    return Calibrated(shipped=first[0], generations=tuple(found))


def _propose(free: Sequence[Free], seed: int, generation: int, number: int, before: Generation | None) -> Floats:
    # Every particle draws from a stream of its own, so that a run that continues draws as one that was never stopped.
    random = np.random.default_rng([seed, generation, number])
    if before is not None:
        return moved(random, np.array([p.place for p in before.particles]), np.array(before.weights))
    if number == 0:
        return np.array([one.place for one in free])
    return random.random(len(free))


def _simulated(
    free: Sequence[Free], evaluate: Evaluate, ledger: Ledger, key: tuple[int, int], place: Floats
) -> Particle:
    shipped = key == (0, 0)  # exactly, and not as the logarithm gives it back
    values = {one.name: one.shipped if shipped else one.value(x) for one, x in zip(free, place, strict=True)}
    scored = remembered(ledger, f"{key[0]}/{key[1]}", values, evaluate)
    return Particle(generation=key[0], number=key[1], place=tuple(place.tolist()), values=values, scored=scored)


def remembered(ledger: Ledger, key: str, values: Mapping[str, float], evaluate: Evaluate) -> Scored:
    """Return the score of a model: from the ledger, or simulated and written there.

    Raises
    ------
    InputError
        If the ledger has other values under this key.
    """
    record = ledger.recall(key)
    if record is None:
        scored = evaluate(values)
        text = {"distance": scored.distance, "passed": list(scored.passed), "shortfalls": dict(scored.shortfalls)}
        ledger.write(key, {"values": dict(values), **text, "lost": scored.lost})
        return scored
    if record["values"] != dict(values):
        what = f"particle {key} of the folder has other values than this calibration proposes"
        hint = "It was made on another machine or changed by hand; give another folder"
        raise InputError(Problem(file="--out", what=what, hint=hint))
    return Scored(
        distance=record["distance"],
        shortfalls=record["shortfalls"],
        passed=tuple(record["passed"]),
        lost=record["lost"],
    )


def _next(number: int, new: list[Particle], places: Floats, before: Generation | None, wanted: float) -> Generation:
    """Return what outlives a generation: of its particles and those before them the nearest."""
    if before is None:
        particles, weights = new, np.ones(len(new))
    else:
        old, own = np.array([p.place for p in before.particles]), np.array(before.weights)
        particles = [*before.particles, *new]
        weights = np.concatenate([own * before.mass, importance(places, old, own)])
    distances = np.array([p.scored.distance for p in particles])
    limit = threshold(distances, weights, wanted)
    within = distances <= limit
    kept, left = [p for p, stays in zip(particles, within, strict=True) if stays], weights[within]
    return Generation(
        number=number,
        particles=tuple(kept),
        weights=tuple((left / left.sum()).tolist()),
        mass=float(left.sum()),
        threshold=limit,
        accepted=sum(p.generation == number for p in kept),
        effective_size=effective_size(left),
    )
