"""How far a model is from the facts: the weighted share of expectations that it does not meet, in steps.

An expectation that is met costs 0. One that is missed is asked again with its limit moved out, in four steps; it costs
a fifth for each step until it holds, and 1 if it does not hold at the last. A limit on a share, a band or a ratio
moves by 0.05, 0.1, 0.2 and 0.4 or by a factor of 1.25, 1.6, 2.5 and 5, whichever is more; one on a time, a dose or a
concentration by the factor. An order whose margin is 0 holds or does not. A fact costs the mean of its expectations,
one that the model cannot express costs 1, and the distance is their mean by weight: 0 where everything holds. The file
of facts gives what is known at second hand (``verified: memory``) half the weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from avpi.errors import InputError, OurFault, Problem
from avpi.facts.check import Checked, check
from avpi.facts.schema import (
    Bound,
    Expectation,
    Fact,
    FactsFile,
    HalfLife,
    Order,
    PeakAt,
    Series,
    Unit,
    Value,
)
from avpi.facts.schema import Difference as DifferenceOfArms
from avpi.facts.simulator import Simulator

SHIFTS = (0.05, 0.1, 0.2, 0.4)
FACTORS = (1.25, 1.6, 2.5, 5.0)
RUNGS = len(FACTORS) + 1
"""How often an expectation is asked: as it stands, and at each step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A model against the facts.

    Attributes
    ----------
    distance : from 0 (everything holds) to 1.
    shortfalls : fact -> from 0 to 1.
    passed : the facts of which every expectation holds as it stands.
    lost : why nothing could be simulated, where that is so; every fact then costs 1.
    """

    distance: float
    shortfalls: Mapping[str, float]
    passed: tuple[str, ...]
    lost: str = ""


def score(facts: FactsFile, simulator: Simulator, *, cells: int, seed: int) -> Scored:
    """Return how far a model is from the facts; equal arguments give an equal score.

    Parameters
    ----------
    cells : how many a line has.
    seed : of the cells; the same for every model that is compared, so that models differ and not the draws.

    Raises
    ------
    InputError
        If the facts have no weight at all.
    """
    total = sum(fact.weight for fact in facts.facts)
    if not total > 0:
        raise InputError(Problem(file="facts", what="there is no fact with a weight above 0 to calibrate on"))
    laddered = replace(facts, facts=tuple(_with_rungs(fact) for fact in facts.facts))
    report = check(laddered, simulator, cells=cells, seed=seed)
    faults = [one.fault for one in report.not_executable if one.fault is not None]
    for fault in faults:
        if not isinstance(fault, OurFault):  # equations that the solver cannot follow are a bad particle, bugs are not
            raise fault
    shortfalls = {fact.id: 1.0 for fact in facts.facts} | {one.id: _shortfall(one) for one in report.facts}
    distance = sum(fact.weight * shortfalls[fact.id] for fact in facts.facts) / total
    passed = tuple(one.id for one in report.facts if all(rung.passed for rung in one.judged[::RUNGS]))
    lost = "" if report.facts or not faults else str(faults[0])
    return Scored(distance=round(distance, 12), shortfalls=shortfalls, passed=passed, lost=lost)


def _with_rungs(fact: Fact) -> Fact:
    """Return a fact whose every expectation stands five times, each time more lenient."""
    return replace(fact, expect=tuple(rung for one in fact.expect for rung in (one, *_lenient(one))))


def _lenient(expectation: Expectation) -> list[Expectation]:
    steps = list(zip(SHIFTS, FACTORS, strict=True))
    match expectation:
        case Order(margin=margin):
            return [replace(expectation, margin=margin * (1 - k / RUNGS)) for k in range(1, RUNGS)]
        case Series(tolerance=tolerance):
            return [replace(expectation, tolerance=tolerance * factor) for _, factor in steps]
        case Value() | DifferenceOfArms():
            unit: Unit = expectation.measure.unit
            return [replace(expectation, bound=_wider(expectation.bound, s, f, unit)) for s, f in steps]
        case PeakAt() | HalfLife():
            return [replace(expectation, bound=_wider(expectation.bound, s, f, "h")) for s, f in steps]
        case _:
            return [replace(expectation, bound=_wider(expectation.bound, s, f, "")) for s, f in steps]


def _wider(bound: Bound, shift: float, factor: float, unit: Unit) -> Bound:
    moved = shift if unit == "" else 0.0

    def lower(limit: float) -> float:
        return min(limit - moved, limit / factor)

    def higher(limit: float) -> float:
        return max(limit + moved, limit * factor)

    return Bound(
        above=None if bound.above is None else lower(bound.above),
        below=None if bound.below is None else higher(bound.below),
        within=None if bound.within is None else (lower(bound.within[0]), higher(bound.within[1])),
    )


def _shortfall(checked: Checked) -> float:
    groups = [checked.judged[i : i + RUNGS] for i in range(0, len(checked.judged), RUNGS)]
    costs = [next((k for k, rung in enumerate(group) if rung.passed), RUNGS) / RUNGS for group in groups]
    return sum(costs) / len(costs)
