"""Effects to a verdict: draw, walk, call, and say why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from avpi.estimate import Finding
from avpi.quantity import format_molar
from avpi.study.read import Study
from avpi.verdict.advice import advise
from avpi.verdict.call import Call, call_leaf, experiments_behind
from avpi.verdict.effects import Effects
from avpi.verdict.findings import find_traps
from avpi.verdict.quantities import draw_quantities
from avpi.verdict.results import Verdict
from avpi.verdict.summary import effect_rows, node_shares, trace_of
from avpi.verdict.tree import NOT_DETERMINED, Tree, Walk, leaf_name, read_tree, walk

FLAG_SHARE = 0.5
"""A flag qualifies the verdict when at least half of the draws carry it."""


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
    quantities = draw_quantities(effects, draws=rules.draws, rng=np.random.default_rng(seed))
    walked = walk(tree, quantities, thresholds)
    call = call_leaf(tree, walked, quantities, rules.call)
    traps = list(find_traps(effects, quantities, rules))
    if call.reason == "one_experiment":
        traps.append(_one_experiment())
    flags = {flag for flag, share in walked.flags.items() if share >= FLAG_SHARE}
    flags |= {trap.code for trap in traps if trap.code in ("viability_loss_only", "lytic_off_target")}
    asked = (
        walked if ("engagement", "") in quantities.values else walk(tree, quantities, thresholds, start="kills_alone")
    )
    return Verdict(
        called=call.called,
        probability=call.probability,
        best=call.best,
        leaves=walked.probabilities,
        reason=call.reason,
        sentence=_sentence(study, tree, walked, call, experiments_behind(walked, quantities, call.best), flags)
        + _further(walked, asked)
        + _not_in_it((*lost, *effects.blocked)),
        flags=tuple(sorted(flags)),
        effects=tuple(effect_rows(effects, quantities, rules)),
        trace=trace_of(tree, walked, call.best, effects, quantities, rules),
        nodes=node_shares(tree, walked),
        findings=(*effects.findings, *findings, *traps, *_flag_findings(flags)),
        advice=advise(effects, tree, walked, quantities, thresholds, call=call.called, seed=seed),
        missing=tuple(dict.fromkeys([*walked.missing.values(), *asked.missing.values()])),
        leaves_if_engaged={} if asked is walked else asked.probabilities,
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


def _one_experiment() -> Finding:
    return Finding(
        code="one_experiment",
        severity="blocking",
        text="One independent experiment stands behind the call. How much experiments differ cannot be known "
        "from one, so no "
        "call is made; the shares shown are of this experiment's measurement error only.",
    )


def _flag_findings(flags: set[str]) -> list[Finding]:
    texts = {
        "no_autocrine_tnf": "Kills only with TNF: the cells lack an autocrine TNF loop, or make little TNF, "
        "or hold high FLIP or "
        "cIAP2. A TNF ELISA or an anti-TNF arm tells which.",
        "autocrine_tnf_presumed": "Death by the mimetic alone does not prove autocrine TNF (SUM149 and "
        "SUM190 die without it): add "
        "an arm with a TNF blocker.",
        "tnf_independent": "Blocking TNF does not rescue: this death does not run through secreted TNF.",
        "partially_engaged": "cIAP1 falls by less than the rule asks. A monovalent mimetic may do so while "
        "on target, because a "
        "TRAF2-bound pool stays.",
    }
    return [Finding(code=flag, severity="note", text=text) for flag, text in texts.items() if flag in flags]


def _sentence(study: Study, tree: Tree, walked: Walk, call: Call, experiments: int, flags: set[str]) -> str:
    """Return the verdict as one sentence for a reader."""
    line = study.file.cell_line
    if call.called == NOT_DETERMINED:
        asked = call.reason.removeprefix("not measured: ")
        return (
            f"Not determined in {line}: {asked} {'was' if ',' not in asked else 'were'} not measured "
            f"(probability {shown_probability(call.probability)})."
        )
    leaf = call.called if call.called != "inconclusive" else call.best
    text = _leaf_text(study, tree, walked, leaf)
    if "viability_loss_only" in flags and walked.leaf_arm.get(call.best):
        text += " (judged by loss of viability; death itself was not read)"
    count = f"{experiments} independent experiment{'s' if experiments != 1 else ''}"
    if call.called != "inconclusive":
        return f"{_opened(text)}, in {line} (probability {shown_probability(call.probability)}, {count})."
    if call.reason == "one_experiment":
        return (
            f"Inconclusive in {line}: one independent experiment cannot carry a call. Within it, the "
            f"numbers read: {text} (share {shown_probability(call.probability)})."
        )
    return (
        f"Inconclusive in {line}: best supported is that {text} (probability {shown_probability(call.probability)}, "
        f"{count}; {study.rules.call:.2f} is needed)."
    )


def _further(walked: Walk, asked: Walk) -> str:
    """Return what the death arms lack besides, where the walk already ended at engagement."""
    more = [condition for condition in asked.missing.values() if condition not in walked.missing.values()]
    return f" To read the death arms, {', '.join(more)} would be needed too." if more else ""


def _not_in_it(names: Sequence[str]) -> str:
    """Return which declared parts the verdict does without, so that "not measured" is not taken for "not tried"."""
    if not names:
        return ""
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return f" Declared but not usable, and so not in the verdict: {shown}."


def shown_probability(probability: float) -> str:
    """Return a probability for a sentence; draws cannot show that it is one."""
    return "> 0.99" if probability > 0.99 else f"{probability:.2f}"


def _opened(text: str) -> str:
    """Return a sentence with a capital first letter, names such as cIAP1 left alone."""
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]


def _leaf_text(study: Study, tree: Tree, walked: Walk, full: str) -> str:
    name = leaf_name(full)
    if name == NOT_DETERMINED:
        node = full.split("/", 1)[1]
        return (
            f"'{tree.nodes[node].question}' has no answer, because "
            f"{walked.missing.get(node, 'its reading')} was not measured"
        )
    origin = full.split("/", 1)[1] if "/" in full else ""
    text = tree.leaves[name].text.format(compound=study.file.compound, dose=format_molar(study.working_dose_molar))
    return f"{text}, {tree.origins[origin]}" if origin in tree.origins else text
