"""What to add next, and what it is expected to bring.

For a missing condition the unknown viability is laid over a grid of hypothetical truths, each equally likely, and the
tree is walked again for every one of them: the expected gain is the mean rise of the probability of the best-supported
determined leaf. For one more experiment the study is simulated once more from the posterior: truths are drawn,
a further experiment is drawn around each, the posterior is taken again and the rise averaged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from avpi.names import reagents
from avpi.verdict.effects import Effects
from avpi.verdict.posterior import BlockTable, Cell, draw_log_ratios
from avpi.verdict.quantities import Quantities, draw_quantities
from avpi.verdict.results import Advice
from avpi.verdict.tree import NOT_DETERMINED, Tree, Walk, leaf_name, walk

HYPOTHETICAL_VIABILITIES = (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)
"""Truths over which an unmeasured condition is laid, each equally likely (assumed: nothing is known of it)."""
HYPOTHETICAL_CV = 0.08
"""Variation between experiments of a condition not yet measured (vehicle CV of real plates: 5.5-9.4 %)."""
HYPOTHETICAL_HARVEST = "30"
REPLICATE_TRUTHS = 60
ADVICE_DRAWS = 1000
MOST = 4
CONFIRMING = (
    ("rescue_anti_tnf", "SM+anti-TNF", "tells whether the cells' own TNF does the killing"),
    ("rescue_ripk1_alone", "{arm}+Nec-1s", "tells RIPK1-kinase-dependent apoptosis from necroptosis"),
    ("necrosome", "{arm}+zVAD+GSK872", "shows that RIPK3 and MLKL carry the death (or blot pMLKL)"),
)
"""Evidence that the specification asks for before a presumed mechanism is confirmed: effect, condition, why."""


def advise(
    effects: Effects,
    tree: Tree,
    walked: Walk,
    quantities: Quantities,
    thresholds: Mapping[str, float],
    *,
    call: str,
    seed: int,
) -> tuple[Advice, ...]:
    """Return what to add next, the largest expected gain first."""
    advice: list[Advice] = []
    rng = np.random.default_rng([seed, 1])
    base = _best_determined(walked)
    for node, condition in walked.missing.items():
        harvest = tree.nodes[node].effect == "engagement"
        gain = _gain_of_condition(effects, tree, thresholds, condition, base, rng, harvest=harvest)
        advice.append(
            Advice(
                add=condition, kind="harvest" if harvest else "condition", expected_gain=gain,
                why=f"without it the question '{tree.nodes[node].question}' has no answer",
                how="mean over equally likely truths of the missing number, the tree walked again for each",
            )
        )  # fmt: skip
    if call == "inconclusive" and not walked.missing:
        gain = _gain_of_replicate(effects, tree, thresholds, base, rng)
        advice.append(
            Advice(
                add="one more independent experiment", kind="replicate", expected_gain=gain,
                why="the leaves are not yet told apart",
                how=f"{REPLICATE_TRUTHS} further experiments simulated from the posterior",
            )
        )  # fmt: skip
    advice += _confirmations(walked, quantities, effects)
    advice.sort(key=lambda item: -(item.expected_gain if item.expected_gain is not None else -1.0))
    return tuple(advice[:MOST])


def _best_determined(walked: Walk) -> float:
    return max((p for leaf, p in walked.probabilities.items() if leaf_name(leaf) != NOT_DETERMINED), default=0.0)


def _walk_again(effects: Effects, tree: Tree, thresholds: Mapping[str, float], rng: np.random.Generator) -> float:
    drawn = draw_quantities(effects, draws=ADVICE_DRAWS, rng=rng, toxic_alone=thresholds["toxic_alone"])
    return _best_determined(walk(tree, drawn, thresholds))


def _gain_of_condition(
    effects: Effects,
    tree: Tree,
    thresholds: Mapping[str, float],
    condition: str,
    base: float,
    rng: np.random.Generator,
    *,
    harvest: bool,
) -> float | None:
    """Return the expected gain of a condition (or of an early harvest); None where it is no plain condition."""
    if not harvest and not set(condition.split("+")) <= set(reagents()):
        return None
    table = effects.engagement if harvest else effects.viability
    experiments = table.experiments or effects.viability.experiments or effects.engagement.experiments
    if len(experiments) < 2:
        return None
    key = HYPOTHETICAL_HARVEST if harvest else condition
    # The new condition stands beside the reference, on a block that holds it.
    reference = {cell.experiment: cell for cell in table.cells if cell.key == table.reference}
    for experiment in experiments:
        reference.setdefault(experiment, Cell(experiment=experiment, key=table.reference, log_value=0.0, variance=0.0))
    known = set(table.cells)
    beside = [cell for cell in reference.values() if cell not in known]
    gains = []
    for truth in HYPOTHETICAL_VIABILITIES:
        cells = [
            replace(
                cell,
                key=key,
                log_value=cell.log_value + float(np.log(truth)) + HYPOTHETICAL_CV * float(z),
                variance=0.0,
            )
            for cell, z in zip(reference.values(), rng.standard_normal(len(reference)), strict=True)
        ]
        wider = BlockTable(cells=(*table.cells, *beside, *cells), reference=table.reference)
        changed = replace(effects, engagement=wider) if harvest else replace(effects, viability=wider)
        gains.append(_walk_again(changed, tree, thresholds, rng) - base)
    return float(np.mean(gains))


def _gain_of_replicate(
    effects: Effects, tree: Tree, thresholds: Mapping[str, float], base: float, rng: np.random.Generator
) -> float | None:
    """Return the expected gain of one more independent experiment of everything; None if one is all there is."""
    gains = []
    for _ in range(REPLICATE_TRUTHS):
        tables: dict[str, Any] = {}
        for name in ("engagement", "viability", "death"):
            table: BlockTable = getattr(effects, name)
            if not table.cells:
                continue
            drawn = draw_log_ratios(table, 1, rng)
            if not drawn.between:
                return None
            further = [
                _one_more(table, key, float(value[0]), float(drawn.sigma[key][0]), rng)
                for key, value in drawn.log_ratio.items()
            ]
            tables[name] = BlockTable(cells=(*table.cells, *further), reference=table.reference)
        gains.append(_walk_again(replace(effects, **tables), tree, thresholds, rng) - base)
    return float(np.mean(gains))


def _one_more(table: BlockTable, key: str, truth: float, sigma: float, rng: np.random.Generator) -> Cell:
    """Return one condition of a further experiment, drawn around a truth."""
    variance = _mean_variance(table, key)
    value = truth + float(np.hypot(sigma, variance**0.5)) * float(rng.standard_normal())
    return Cell(experiment="one more", key=key, log_value=value, variance=variance)


def _mean_variance(table: BlockTable, key: str) -> float:
    return float(np.mean([cell.variance for cell in table.cells if cell.key == key]))


def _confirmations(walked: Walk, quantities: Quantities, effects: Effects) -> list[Advice]:
    """Return the arms that would turn a presumed mechanism into a shown one."""
    best = next(iter(walked.probabilities))
    arm = walked.leaf_arm.get(best, "")
    wanted = {
        "rescue_anti_tnf": "autocrine_tnf_presumed" in best,
        "rescue_ripk1_alone": "necroptosis_presumed" in best,
        "necrosome": leaf_name(best) in ("necroptosis_presumed", "ripk1_kinase_dependent_apoptosis_competes"),
    }
    found = [
        Advice(
            add=condition.format(arm=arm),
            kind="condition",
            why=why,
            expected_gain=None,
            how="evidence the rules ask for",
        )
        for effect, condition, why in CONFIRMING
        if wanted[effect] and (effect, "" if effect == "rescue_anti_tnf" else arm) not in quantities.values
    ]
    if arm and effects.viability_source == "plate" and ("death", arm) not in quantities.values:
        found.append(
            Advice(
                add=f"Annexin V/PI of {arm}", kind="readout", expected_gain=None, how="evidence the rules ask for",
                why="a fall of ATP is not yet death",
            )
        )  # fmt: skip
    return found
