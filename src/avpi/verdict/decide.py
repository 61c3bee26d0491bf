"""Effects to a verdict: draw, walk, call, and say why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from avpi.estimate import Finding
from avpi.network.pharmacology import pharmacology
from avpi.study.read import Study
from avpi.study.schema import Rules
from avpi.verdict.advice import advise
from avpi.verdict.call import Call, call_leaf, experiments_behind
from avpi.verdict.effects import Effects
from avpi.verdict.findings import find_traps
from avpi.verdict.quantities import ARMS, Quantities, draw_quantities
from avpi.verdict.results import Verdict
from avpi.verdict.sentence import further, not_in_it, sentence_of
from avpi.verdict.summary import effect_rows, node_shares, trace_of
from avpi.verdict.tree import Walk, leaf_name, read_tree, walk

FLAG_SHARE = 0.5
"""A flag qualifies the verdict when at least half of the draws carry it."""
FLAGGING = ("lytic_off_target", "viability_loss_only", "death_not_read_in_arm", "readouts_disagree")
"""Findings that are flags as well."""
FLAG_TEXTS = {
    "no_autocrine_tnf": "Kills only with TNF: the cells lack an autocrine TNF loop, or make little TNF, or "
    "hold high FLIP "
    "or cIAP2. A TNF ELISA or an anti-TNF arm tells which.",
    "autocrine_tnf_presumed": "Death by the mimetic alone does not prove autocrine TNF (SUM149 and SUM190 "
    "die without it): "
    "add an arm with a TNF blocker.",
    "tnf_independent": "Blocking TNF does not rescue: this death does not run through secreted TNF, if the "
    "blocker worked. "
    "SM+TNF+anti-TNF would show that it does.",
    "partially_engaged": "cIAP1 falls by less than the rule asks. {why_partly} Where cells do not die, incomplete "
    "loss is a rival explanation.",
    "tnf_kills_alone": "TNF alone kills these cells at this dose, so SM+TNF cannot show what the mimetic "
    "adds. Repeat with "
    "0.1 to 1 ng/mL.",
    "ripk1_kinase_dependent": "Necrostatin-1 alone rescues as well: the apoptosis depends on RIPK1's kinase.",
    "necrosome_negative": "RIPK3 or MLKL was tested, and losing or inhibiting it does not rescue: that "
    "evidence does not "
    "support necroptosis.",
}
"""Flag of the tree -> the finding that explains it."""
MONOVALENT_WHY = "A monovalent mimetic may do so while on target, because a TRAF2-bound pool stays."
WHY_PARTLY = {
    "monovalent": "{compound} is monovalent, and such a mimetic may do so while on target, because a TRAF2-bound pool "
    "stays.",
    "bivalent": "{compound} is bivalent and takes the TRAF2-bound pool as well, so that this speaks for a dose too "
    "low, a harvest too early, or an antibody that sees cIAP2 too.",
}
"""Valency -> why a band of cIAP1 may go in part only."""


def decide(
    study: Study, effects: Effects, *, seed: int, findings: Sequence[Finding] = (), lost: Sequence[str] = ()
) -> Verdict:
    """Call the mechanism of death.

    Parameters
    ----------
    effects : the study's readings as tables of experiments (:func:`avpi.verdict.effects.gather_effects`).
    seed : from the content of the inputs, so that the same inputs give the same verdict.
    findings : what the workflow found about the study as a whole.
    lost : names of blots, plates and tubes that were declared and not analysed.
    """
    rules, tree = study.rules, read_tree()
    thresholds = {name: float(value) for name, value in rules.model_dump().items()}
    rng = np.random.default_rng(seed)
    quantities = draw_quantities(effects, draws=rules.draws, rng=rng, toxic_alone=rules.toxic_alone)
    walked = walk(tree, quantities, thresholds)
    call = call_leaf(tree, walked, quantities, rules.call)
    traps = [*find_traps(effects, quantities, rules), *_traps_of_the_call(call, walked, quantities, rules)]
    flags = _flags(traps, call, walked, quantities)
    # The death arms are judged apart as well where engagement stops the walk.
    stopped = ("engagement", "") not in quantities.values or leaf_name(call.best) == "not_engaged"
    asked = walk(tree, quantities, thresholds, start="kills_alone") if stopped else walked
    experiments = experiments_behind(walked, quantities, call.best)
    return Verdict(
        called=call.called,
        probability=call.probability,
        best=call.best,
        leaves=walked.probabilities,
        reason=call.reason,
        sentence=sentence_of(study, tree, walked, call, experiments, flags)
        + further(walked, asked)
        + not_in_it((*lost, *effects.blocked)),
        flags=tuple(sorted(flags)),
        effects=tuple(effect_rows(effects, quantities, rules)),
        trace=trace_of(tree, walked, call.best, effects, quantities, rules),
        nodes=node_shares(tree, walked),
        findings=(*effects.findings, *findings, *traps, *_flag_findings(flags, study.file.compound)),
        advice=advise(effects, tree, walked, quantities, thresholds, call=call.called, seed=seed),
        missing=tuple(dict.fromkeys([*walked.missing.values(), *asked.missing.values()])),
        leaves_if_engaged=asked.probabilities if stopped else {},
        experiments={
            "engagement": len(effects.engagement.experiments),
            "viability": len(effects.viability.experiments),
            "death": len(effects.death.experiments),
        },
        tree_version=tree.version,
        rules=rules.model_dump(),
        seed=seed,
        draws=rules.draws,
    )


def _flags(traps: Sequence[Finding], call: Call, walked: Walk, quantities: Quantities) -> set[str]:
    """Return what qualifies the call: flags of the tree, of findings, and of a control that its arm lacks."""
    flags = {flag for flag, share in walked.flags.items() if share >= FLAG_SHARE}
    flags |= {trap.code for trap in traps if trap.code in FLAGGING}
    reference = quantities.references.get(walked.leaf_arm.get(call.best, ""))
    if reference is not None and reference.missing:
        flags.add("missing_control")
    if "killed_when_caspases_blocked" in {trap.code for trap in traps}:
        flags = (flags - {"no_autocrine_tnf"}) | {"killed_when_caspases_blocked"}
    return flags


def _traps_of_the_call(call: Call, walked: Walk, quantities: Quantities, rules: Rules) -> list[Finding]:
    """Return what is known only once the call is made: too few experiments, or a kill without engagement."""
    if call.reason == "one_experiment":
        start = (
            "No experiment holds all the conditions that the call needs side by side."
            if experiments_behind(walked, quantities, call.best) == 0
            else "Fewer than two independent experiments stand behind a decision on the way to the call."
        )
        text = (
            f"{start} How much experiments differ cannot be known from one, so no call is made; the shares "
            f"shown are of "
            "measurement error only."
        )
        return [Finding(code="one_experiment", severity="blocking", text=text)]
    if leaf_name(call.called) != "not_engaged":
        return []
    kills = {arm: quantities.values[key] for arm in ARMS if (key := ("kill", arm)) in quantities.values}
    arms = [arm for arm, kill in kills.items() if np.mean(kill >= rules.kill) >= FLAG_SHARE]
    text = f"{' and '.join(arms)} kills though cIAP1 stays: an effect off target, or cIAP1 is lost only later."
    return [Finding(code="kills_without_engagement", severity="warning", text=text)] if arms else []


def _flag_findings(flags: set[str], compound: str) -> list[Finding]:
    said = {flag: text for flag, text in FLAG_TEXTS.items() if flag in flags}
    return [
        Finding(code=flag, severity="note", text=text.replace("{why_partly}", _why_partly(compound)))
        for flag, text in said.items()
    ]


def _why_partly(compound: str) -> str:
    """Return why a compound may take a part of cIAP1 only, by how many heads it has."""
    own = pharmacology(compound)
    if own is None or own.valency_source.startswith("assumed"):
        unknown = f"How many heads '{compound}' has is not known here; a bivalent one takes that pool too."
        return f"{MONOVALENT_WHY} {unknown}"
    text = WHY_PARTLY[own.valency].format(compound=own.compound)
    return text[0].upper() + text[1:]
