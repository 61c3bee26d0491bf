"""The call to expect of a study: the verdict's own rules walked on what is true, without any noise.

Nothing is decided here. The true values take the place of the readings, exact and one for each condition, and go
through the same effects, thresholds and tree as anybody's files (``verdict/quantities.py``, ``verdict/tree.py``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from avpi.study.schema import Rules
from avpi.verdict.call import effect_key
from avpi.verdict.effects import VEHICLE, Effects
from avpi.verdict.posterior import BlockTable, Cell
from avpi.verdict.quantities import Quantities, draw_quantities
from avpi.verdict.tree import NOT_DETERMINED, Branch, Tree, Way, leaf_name, read_tree, walk
from avpi.virtual_lab.design import Design, Lane
from avpi.virtual_lab.truth import CellsTruth, Expectation

DRAWS = 1
"""Draws of exact values are all alike."""
NOTHING = 1e-6
"""What stands for zero where a logarithm is taken."""


def expected_call(experiments: Sequence[CellsTruth], design: Design, working_dose_molar: float) -> Expectation:
    """Return the call that the rules make of the mean of a study's experiments.

    Parameters
    ----------
    experiments : what was true on each day; their mean is the geometric one, as the verdict's is.
    design : what of it was measured; the default rules of study.yaml apply.
    working_dose_molar : of the mimetic.
    """
    rules, tree = Rules(), read_tree()
    thresholds = {name: float(value) for name, value in rules.model_dump().items()}
    effects = _effects(experiments, design, working_dose_molar, rules)
    quantities = draw_quantities(effects, draws=DRAWS, rng=np.random.default_rng(0), toxic_alone=rules.toxic_alone)
    walked = walk(tree, quantities, thresholds)
    full = next(iter(walked.probabilities))
    missing = dict.fromkeys(walked.missing.values())
    if leaf_name(full) == "not_engaged":  # the verdict asks about the death arms all the same
        missing |= dict.fromkeys(walk(tree, quantities, thresholds, start="kills_alone").missing.values())
    ways = walked.paths[full]
    distances = [d for way in ways for d in _distances(way, tree, quantities, thresholds)]
    return Expectation(
        leaf=NOT_DETERMINED if leaf_name(full) == NOT_DETERMINED else full,
        missing=tuple(missing),
        arm=_arm(full, walked.leaf_arm[full]),
        path=tuple(_told(way, tree, quantities) for way in ways),
        effects={
            f"{name}:{arm}" if arm else name: float(value[0])
            for (name, arm), value in quantities.values.items()
            if math.isfinite(value[0])
        },
        nearest=min(distances, default=math.inf),
    )


def _arm(full: str, arm: str) -> str:
    """Return the condition in which cells die; what only blocked caspases unmask dies with the inhibitor."""
    return f"{arm}+zVAD" if full.endswith("/caspases_blocked") else arm


def _told(way: Way, tree: Tree, quantities: Quantities) -> str:
    value = quantities.values.get(effect_key(way.node, way.arm))
    number = "" if value is None or not math.isfinite(value[0]) else f" ({value[0]:.2f})"
    return f"{tree.nodes[way.node].question} {way.answer}{number}"


def _distances(way: Way, tree: Tree, quantities: Quantities, thresholds: dict[str, float]) -> Iterator[float]:
    """Yield how far a value is from each threshold on whose other side the walk would go elsewhere."""
    value = quantities.values.get(effect_key(way.node, way.arm))
    branches = tree.nodes[way.node].branches
    for above, below in pairwise(branches):
        if value is not None and _where(above) != _where(below):
            yield abs(float(value[0]) - thresholds[above.at_least])


def _where(branch: Branch) -> tuple[str, ...]:
    return (branch.go, branch.leaf, branch.arm, branch.origin)


def _effects(experiments: Sequence[CellsTruth], design: Design, working_dose_molar: float, rules: Rules) -> Effects:
    harvests = {f"{minutes:g}": value for minutes, value in _harvests(experiments, design).items()}
    early = {key: value for key, value in harvests.items() if float(key) <= rules.engagement_by}
    on_plates = dict.fromkeys(label for labels in design.plates.values() for label in labels)
    return Effects(
        engagement=_table({"vehicle": 1.0, **early} if early else {}, "vehicle"),
        rebound=_table({}, "vehicle"),
        viability=_table({x: _mean([e.viability[x] for e in experiments]) for x in on_plates}, VEHICLE),
        viability_source="plate",
        death=_table({x: _mean([e.quadrants[x].live for e in experiments]) for x in design.samples}, VEHICLE),
        pmlkl=_table({}, VEHICLE),
        engagement_censored=(),
        late_only=False,
        has_time_zero=False,
        working_dose_molar=working_dose_molar,
        blocked=(),
        findings=(),
    )


def _harvests(experiments: Sequence[CellsTruth], design: Design) -> dict[float, float]:
    """Return minutes after the working dose -> cIAP1 as a fraction of the vehicle on its membrane."""
    found: dict[float, list[float]] = {}
    for name, lanes in design.membranes.items():
        for i, lane in enumerate(lanes):
            if lane.minutes > 0 and _at_working_dose(lane):
                amounts = [e.blots[name].ciap1 for e in experiments]
                found.setdefault(lane.minutes, []).extend(a[i] / a[0] for a in amounts if a[0] > 0)
    return {minutes: _mean(values) for minutes, values in found.items() if values}


def _at_working_dose(lane: Lane) -> bool:
    return math.isclose(lane.working_doses, 1.0)


def _mean(values: Sequence[float]) -> float:
    return float(np.exp(np.mean(np.log(np.maximum(values, NOTHING)))))


def _table(values: dict[str, float], reference: str) -> BlockTable:
    """Return exact values as a table of one experiment without error."""
    cells = (
        Cell(experiment="truth", key=key, log_value=math.log(value), variance=0.0) for key, value in values.items()
    )
    return BlockTable(cells=tuple(cells), reference=reference)
