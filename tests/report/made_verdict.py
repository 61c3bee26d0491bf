"""A made-up verdict: a called leaf with rivals, effects of every state, a tree in which two arms were walked."""

from __future__ import annotations

import math
from collections.abc import Mapping

from avpi.estimate import Caveat, Estimate, Finding, missing
from avpi.verdict.results import Advice, Effect, NodeShares, Step, Verdict


def make_verdict() -> Verdict:
    def effect(name: str, label: str, value: float, rule: str, threshold: float, p: float, source: str) -> Effect:
        estimate = Estimate(value=value, low=value - 0.12, high=value + 0.09, n=3, method="posterior, multivariate t")
        return Effect(
            name=name, label=label, estimate=estimate, threshold=threshold, rule=rule, probability=p, source=source
        )

    leaves: Mapping[str, float] = {
        "apoptosis/autocrine_tnf_presumed": 0.928,
        "mixed/autocrine_tnf_presumed": 0.051,
        "not_engaged": 0.0209,
        "apoptosis/needs_tnf": 0.0001,
    }
    wild = Estimate(value=0.4, low=-3.0, high=4.0, n=3, caveats=(Caveat(code="wide", text="little kill to rescue"),))
    return Verdict(
        called="apoptosis/autocrine_tnf_presumed",
        probability=0.928,
        best="apoptosis/autocrine_tnf_presumed",
        leaves=leaves,
        reason="",
        sentence="Birinapant kills by caspase-dependent apoptosis, through the cells' own TNF, presumed: no arm "
        "with a TNF blocker "
        "was run, in MDA-MB-231 (probability 0.93, 3 independent experiments).",
        flags=("autocrine_tnf_presumed", "partially_engaged"),
        effects=(
            effect("engagement", "cIAP1 lost by 30 min", 0.95, "engaged", 0.9, 0.979, "blot1, blot2, blot3"),
            effect("kill:SM", "killed by SM", 0.59, "kill", 0.3, 0.9999, "SM, DMSO; plate1, plate2"),
            effect(
                "rescue_caspase:SM",
                "SM rescued by a caspase inhibitor",
                0.86,
                "caspase_dependent",
                0.5,
                0.949,
                "plate1",
            ),
            Effect(
                name="rescue_ripk1:SM",
                label="SM with caspases blocked, rescued by necrostatin-1",
                estimate=wild,
                threshold=0.5,
                rule="ripk1_dependent",
                probability=0.45,
                source="plate1",
            ),
            Effect(
                name="rescue_anti_tnf:SM",
                label="rescued by a TNF blocker",
                estimate=missing("no arm with a TNF blocker"),
                threshold=0.5,
                rule="tnf_dependent",
                probability=math.nan,
                source="",
            ),
            effect("tnf_synergy", "synergy of the mimetic and TNF (log scale)", 1.2, "", math.nan, math.nan, "plates"),
        ),
        trace=(
            Step(
                node="engaged",
                question="Is cIAP1 gone within 30 minutes at the working dose?",
                answer="engaged",
                share=0.93,
                taken=True,
                text="cIAP1 lost by 30 min: 0.95 (0.83–1.04, 95%, n = 3); engaged ≥ 0.90: engaged.",
            ),
            Step(
                node="kills_alone",
                question="Does the mimetic kill alone?",
                answer="yes",
                share=0.9999,
                taken=True,
                text="",
            ),
            Step(
                node="autocrine",
                question="Does blocking TNF take the death away?",
                answer="not tested",
                share=1.0,
                taken=True,
                text="",
            ),
            Step(
                node="caspase_dependent",
                question="Does a caspase inhibitor rescue?",
                answer="yes",
                share=0.948,
                taken=True,
                text="",
            ),
        ),
        nodes=_nodes(),
        findings=(
            Finding(
                code="viability_loss_only", severity="warning", text="ATP fell; death itself was not read on plate2."
            ),
            Finding(
                code="autocrine_tnf_presumed",
                severity="note",
                text="Death by the mimetic alone does not prove autocrine TNF.",
            ),
        ),
        advice=(
            Advice(
                add="SM + anti-TNF",
                kind="condition",
                why="tells autocrine TNF from TNF-independent death",
                expected_gain=0.04,
                how="200 posterior draws, one more experiment",
            ),
            Advice(add="a fourth experiment", kind="replicate", why="narrows every effect", expected_gain=None, how=""),
        ),
        missing=("SM+anti-TNF",),
        leaves_if_engaged={},
        experiments={"engagement": 3, "viability": 3, "death": 1},
        tree_version="1",
        rules={"kill": 0.3, "call": 0.8},
        seed=12345678901234567890,
        draws=10_000,
    )


def _nodes() -> tuple[NodeShares, ...]:
    return (
        NodeShares(
            node="engaged",
            question="Is cIAP1 gone within 30 minutes at the working dose?",
            reached=1.0,
            branches=(
                ("engaged", "kills_alone", 0.93),
                ("partially engaged", "kills_alone", 0.0491),
                ("not engaged", "not_engaged", 0.0209),
            ),
        ),
        NodeShares(
            node="kills_alone",
            question="Does the mimetic kill alone?",
            reached=0.9791,
            branches=(("yes", "autocrine", 0.979), ("no", "kills_with_tnf", 0.0001)),
        ),
        NodeShares(
            node="autocrine:SM",
            question="Does blocking TNF take the death away? (SM)",
            reached=0.979,
            branches=(("not tested", "caspase_dependent", 0.979),),
        ),
        NodeShares(
            node="kills_with_tnf",
            question="Does it kill together with TNF?",
            reached=0.0001,
            branches=(("yes", "caspase_dependent", 0.0001), ("no", "resistant_downstream_of_tnf", 0.0)),
        ),
        NodeShares(
            node="caspase_dependent:SM",
            question="Does a caspase inhibitor rescue? (SM)",
            reached=0.979,
            branches=(
                ("yes", "apoptosis", 0.928),
                ("in part", "partly_caspase_dependent", 0.051),
                ("no", "ripk1_dependent", 0.0),
            ),
        ),
        NodeShares(
            node="partly_caspase_dependent:SM",
            question="Does necrostatin-1 take away what the caspase inhibitor leaves? (SM)",
            reached=0.051,
            branches=(("yes", "mixed", 0.051), ("no", "caspase_and_ripk1_independent", 0.0)),
        ),
        NodeShares(
            node="caspase_dependent:SM+TNF",
            question="Does a caspase inhibitor rescue? (SM+TNF)",
            reached=0.0001,
            branches=(("yes", "apoptosis", 0.0001),),
        ),
    )
