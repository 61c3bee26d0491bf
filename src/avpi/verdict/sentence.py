"""The verdict in one sentence for a reader, with what qualifies it in the sentence itself."""

from __future__ import annotations

from collections.abc import Sequence

from avpi.quantity import format_molar
from avpi.study.read import Study
from avpi.verdict.call import Call
from avpi.verdict.tree import NOT_DETERMINED, Tree, Walk, leaf_name

QUALIFIED = {
    "viability_loss_only": "judged by loss of viability; death itself was not read",
    "missing_control": "held against vehicle in part, because a single-agent control is missing",
    "killed_when_caspases_blocked": "and without added TNF once caspases are blocked",
}
"""Flag -> what the sentence says of it."""
EVIDENCE = {
    "death_for_necroptosis": "a death readout",
    "ripk1_kinase_alone": "the arm with Nec-1s and no zVAD",
    "necrosome": "RIPK3 or MLKL evidence",
    "necrosome_decides": "RIPK3 or MLKL evidence",
}
"""Node of the tree -> the evidence that a presumed mechanism lacks where the node was not answered."""
MOST_NAMES = 4


def sentence_of(study: Study, tree: Tree, walked: Walk, call: Call, experiments: int, flags: set[str]) -> str:
    """Return the verdict as one sentence."""
    line = study.file.cell_line
    shown = shown_probability(call.probability)
    if call.called == NOT_DETERMINED:
        asked = call.reason.removeprefix("not measured: ")
        return f"Not determined in {line}: no usable measurement of {asked}."
    leaf = call.called if call.called != "inconclusive" else call.best
    text = _leaf_text(study, tree, walked, leaf, flags)
    count = f"{experiments} independent experiment{'s' if experiments != 1 else ''}"
    if call.called != "inconclusive":
        return f"{_opened(text)}, in {line} (probability {shown}, {count})."
    if call.reason == "one_experiment":
        start = f"Inconclusive in {line}: too few independent experiments stand behind a call."
        return f"{start} Within them, the numbers read: {text} (share {shown})."
    needed = f"{study.rules.call:.2f} is needed"
    return f"Inconclusive in {line}: best supported is that {text} (probability {shown}, {count}; {needed})."


def _leaf_text(study: Study, tree: Tree, walked: Walk, full: str, flags: set[str]) -> str:
    name = leaf_name(full)
    if name == NOT_DETERMINED:
        node = full.split("/", 1)[1]
        asked = walked.missing.get(node, "its reading")
        return f"'{tree.nodes[node].question}' has no answer, for want of {asked}"
    origin = full.split("/", 1)[1] if "/" in full else ""
    text = tree.leaves[name].text.format(
        compound=study.file.compound,
        dose=format_molar(study.working_dose_molar),
        lost="falls, though by less than the rule asks," if "partially_engaged" in flags else "is lost",
    )
    text = f"{text}, {tree.origins[origin]}" if origin in tree.origins else text
    if walked.leaf_arm.get(full) or origin:
        text += "".join(f" ({said})" for flag, said in QUALIFIED.items() if flag in flags and flag != origin)
    lacking = _not_tested(walked, full) if name != "necroptosis" else ""
    return f"{text} (to show it, add {lacking})" if lacking else text


def _not_tested(walked: Walk, leaf: str) -> str:
    """Return the evidence that the path to a presumed mechanism asked for and did not find."""
    path = walked.paths.get(leaf, ())
    found = [EVIDENCE[w.node] for w in path if w.node in EVIDENCE and w.answer in ("not tested", "not read")]
    return ", ".join(dict.fromkeys(found))


def further(walked: Walk, asked: Walk) -> str:
    """Return what the death arms lack besides, where the walk already ended at engagement."""
    more = [condition for condition in asked.missing.values() if condition not in walked.missing.values()]
    return f" To read the death arms, {', '.join(more)} would be needed too." if more else ""


def not_in_it(names: Sequence[str]) -> str:
    """Return which declared parts the verdict does without, so that "no measurement" is not taken for "not tried"."""
    if not names:
        return ""
    shown = ", ".join(names[:MOST_NAMES]) + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")
    return f" Declared but not usable, and so not in the verdict: {shown}."


def shown_probability(probability: float) -> str:
    """Return a probability for a sentence; draws cannot show that it is one."""
    return "> 0.99" if probability > 0.99 else f"{probability:.2f}"


def _opened(text: str) -> str:
    """Return a sentence with a capital first letter, names such as cIAP1 left alone."""
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]
