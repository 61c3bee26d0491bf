"""What the verdict consists of, as frozen types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from avpi.estimate import Estimate, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One number behind the verdict: what it is, its estimate, the threshold it is held against.

    ``probability`` is the share of posterior draws at or above ``threshold``; nan where there are no draws.
    """

    name: str
    label: str
    estimate: Estimate
    threshold: float
    rule: str
    probability: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One node of the tree on the most probable path.

    ``answer`` is the branch most draws took, ``share`` the share of the draws that reached the node and took it.
    """

    node: str
    question: str
    answer: str
    share: float
    taken: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeShares:
    """How the draws left one node of the tree: branch -> (share of all draws, where it leads)."""

    node: str
    question: str
    reached: float
    branches: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One thing to add, and what it is expected to bring.

    ``expected_gain`` is the expected rise of the probability of the best-supported leaf if this is done, by
    simulation from the posterior (method in ``how``).
    """

    add: str
    kind: Literal["condition", "harvest", "replicate", "control", "readout"]
    why: str
    expected_gain: float | None
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The call.

    Attributes
    ----------
    called : the leaf with probability of at least ``rules.call``, such as ``"apoptosis/autocrine"``; else
        ``"inconclusive"``; ``"not_determined"`` where an unmeasured branch holds that probability.
    probability : of the called leaf; of the best-supported leaf where inconclusive.
    best : the best-supported leaf.
    leaves : leaf -> probability, largest first, summing to 1.
    reason : why it is inconclusive or not determined (``one_experiment``, ``undecided``, ``blocked``, a missing
        condition); empty where called.
    sentence : the verdict in one sentence for a reader.
    flags : qualifications such as ``no_autocrine_tnf``, ``viability_loss_only``, ``partially_engaged``.
    trace : the most probable path, step by step; ``nodes`` : every node with how the draws left it.
    leaves_if_engaged : leaf probabilities of the death arms alone, where target engagement was not measured.
    """

    called: str
    probability: float
    best: str
    leaves: Mapping[str, float]
    reason: str
    sentence: str
    flags: tuple[str, ...]
    effects: tuple[Effect, ...]
    trace: tuple[Step, ...]
    nodes: tuple[NodeShares, ...]
    findings: tuple[Finding, ...]
    advice: tuple[Advice, ...]
    missing: tuple[str, ...]
    leaves_if_engaged: Mapping[str, float]
    experiments: Mapping[str, int]
    tree_version: str
    rules: Mapping[str, Any]
    seed: int
    draws: int
