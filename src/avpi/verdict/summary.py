"""The numbers and the path behind a call, as a reader wants to see them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from avpi.estimate import Caveat, Estimate
from avpi.study.schema import Rules
from avpi.verdict.call import effect_key
from avpi.verdict.effects import Effects
from avpi.verdict.quantities import Quantities
from avpi.verdict.results import Effect, NodeShares, Step
from avpi.verdict.tree import Tree, Walk, Way

LEVEL = 0.95
LABELS = {
    "engagement": ("cIAP1 lost by 30 min", "engaged"),
    "rebound": ("cIAP1 back at the last harvest", ""),
    "kill": ("killed by {arm}", "kill"),
    "kill_alone": ("killed by {arm} alone", "toxic_alone"),
    "rescue_anti_tnf": ("rescued by a TNF blocker", "tnf_dependent"),
    "rescue_caspase": ("{arm} rescued by a caspase inhibitor", "caspase_dependent"),
    "rescue_ripk1": ("{arm} with caspases blocked, rescued by necrostatin-1", "ripk1_dependent"),
    "rescue_ripk1_alone": ("{arm} rescued by necrostatin-1 alone", "ripk1_dependent"),
    "necrosome": ("RIPK3 / MLKL evidence in {arm}", "ripk1_dependent"),
    "death": ("dead by Annexin V/PI in {arm}", "kill"),
    "tnf_synergy": ("synergy of the mimetic and TNF (log scale)", ""),
}
"""Effect -> (label, the rule it is held against)."""


RULE_WORDS = {
    "engaged": "engaged",
    "partially_engaged": "partially engaged",
    "kill": "kills",
    "tnf_dependent": "TNF-dependent",
    "caspase_dependent": "caspase-dependent",
    "partly_caspase_dependent": "partly caspase-dependent",
    "ripk1_dependent": "RIPK1-dependent",
    "toxic_alone": "kills by itself",
}
"""Rules as a sentence has them."""


def effect_rows(effects: Effects, quantities: Quantities, rules: Rules) -> Iterator[Effect]:
    """Yield every computed effect with its interval and the share of draws at or above its threshold."""
    for (name, arm), draws in quantities.values.items():
        label, rule = LABELS[name]
        threshold = float(getattr(rules, rule)) if rule else np.nan
        yield Effect(
            name=f"{name}:{arm}" if arm else name,
            label=label.format(arm=arm),
            estimate=estimate_of(name, arm, effects, quantities),
            threshold=threshold,
            rule=rule,
            probability=float(np.mean(draws >= threshold)) if rule else np.nan,
            source=", ".join(quantities.conditions[name, arm]),
        )


def estimate_of(name: str, arm: str, effects: Effects, quantities: Quantities) -> Estimate:
    """Return the median of the draws with the central interval, and what qualifies it."""
    draws, n = quantities.values[name, arm], quantities.n[name, arm]
    finite = draws[np.isfinite(draws)]
    caveats = []
    if not quantities.between[name, arm]:
        caveats.append(Caveat(code="one_experiment", text="One experiment: the interval holds measurement error only."))
    if name == "engagement" and effects.engagement_censored:
        caveats.append(
            Caveat(
                code="below_detection",
                text="Bands below detection enter as anything up to that limit.",
            )
        )
    reference = quantities.references.get(arm)
    if name == "kill" and reference is not None and reference.missing:
        caveats.append(
            Caveat(
                code="missing_control",
                text=f"Not held against every single agent: {', '.join(reference.missing)} alone was not measured.",
            )
        )
    if finite.size < 0.5 * draws.size or not _has_a_kill(name, arm, quantities):
        return Estimate(
            value=np.nan,
            n=n,
            method="there is no kill to rescue in most draws",
            state="not_estimable",
            caveats=tuple(caveats),
        )
    low, middle, high = np.quantile(finite, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
    degrees = quantities.degrees_of_freedom.get((name, arm), 0)
    return Estimate(
        value=float(middle), low=float(low), high=float(high), level=LEVEL, n=n, caveats=tuple(caveats),
        method=f"posterior of the block design, multivariate t, {degrees} residual degrees of freedom",
    )  # fmt: skip


RESCUED_ARM = {"rescue_caspase": "", "rescue_ripk1_alone": "", "rescue_ripk1": "+zVAD", "rescue_anti_tnf": ""}
"""Rescue -> what the arm holds besides when its kill is the thing to be rescued."""
LEAST_KILL = 0.15
"""A share of a kill smaller than this, about twice the error of a viability, is a ratio of noise (assumed)."""


def _has_a_kill(name: str, arm: str, quantities: Quantities) -> bool:
    """Return whether there is a kill of which a rescue could be a share."""
    if name not in RESCUED_ARM:
        return True
    rescued = arm or "SM"
    kill = quantities.values.get(("kill", rescued))
    if kill is None:
        return True
    if RESCUED_ARM[name]:
        # What necrostatin-1 rescues is what the caspase inhibitor left of the kill.
        caspase = quantities.values.get(("rescue_caspase", arm))
        kill = kill if caspase is None else kill * (1 - np.where(np.isfinite(caspase), caspase, 1.0))
    return float(np.median(kill)) >= LEAST_KILL


def trace_of(
    tree: Tree, walked: Walk, leaf: str, effects: Effects, quantities: Quantities, rules: Rules
) -> tuple[Step, ...]:
    """Return the path to a leaf in words, one step a node."""
    shares = {
        (node.node, answer): share / node.reached
        for node in node_shares(tree, walked)
        for answer, _, share in node.branches
    }
    return tuple(
        Step(
            node=way.node,
            question=tree.nodes[way.node].question,
            answer=way.answer,
            share=shares[_node_name(way.node, way.arm), way.answer],
            taken=True,
            text=_step_text(tree, way, effects, quantities, rules),
        )
        for way in walked.paths.get(leaf, ())
    )


def _step_text(tree: Tree, way: Way, effects: Effects, quantities: Quantities, rules: Rules) -> str:
    """Return what was measured at a node and which answer follows."""
    node = tree.nodes[way.node]
    name, arm = effect_key(way.node, way.arm)
    label = LABELS[name][0].format(arm=arm)
    if (name, arm) not in quantities.values:
        wanted = quantities.wanted.get((name, arm), name)
        return f"{node.question} Not measured ({wanted})."
    bounds = [
        f"{RULE_WORDS[branch.at_least]} ≥ {getattr(rules, branch.at_least):.2f}"
        for branch in node.branches
        if branch.at_least
    ]
    return f"{label}: {estimate_of(name, arm, effects, quantities)}; {', '.join(bounds)}: {way.answer}."


def node_shares(tree: Tree, walked: Walk) -> tuple[NodeShares, ...]:
    """Return how the draws left every node that was asked."""
    reached = _reached(walked)
    ways: dict[tuple[str, str], dict[tuple[str, str], float]] = {}
    for way in walked.ways:
        branches = ways.setdefault((way.node, way.arm), {})
        branches[way.answer, way.to] = branches.get((way.answer, way.to), 0.0) + way.share
    return tuple(
        NodeShares(
            node=_node_name(node, arm),
            question=tree.nodes[node].question + (f" ({arm})" if arm else ""),
            reached=reached[node, arm],
            branches=tuple((answer, to, share) for (answer, to), share in branches.items()),
        )
        for (node, arm), branches in ways.items()
        if reached[node, arm] > 0
    )


def _node_name(node: str, arm: str) -> str:
    return f"{node}:{arm}" if arm else node


def _reached(walked: Walk) -> dict[tuple[str, str], float]:
    reached: dict[tuple[str, str], float] = {}
    for way in walked.ways:
        reached[way.node, way.arm] = reached.get((way.node, way.arm), 0.0) + way.share
    return reached
