"""What the tree must not be fooled by: the traps of verdict.md, each found in the study's own numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from avpi.estimate import Finding
from avpi.quantity import format_molar
from avpi.study.schema import Rules
from avpi.verdict.effects import Effects
from avpi.verdict.posterior import BlockTable
from avpi.verdict.quantities import Quantities, Reference

TOXIC_ALONE = 0.15
"""An addition that alone takes 15 % of the viability is called toxic by itself (assumed: twice a plate's usual CV)."""
RISES = 0.10
"""A kill that grows by a tenth when caspases are blocked counts as growing (assumed)."""
HALF = 0.5
SIDES = 0.10
"""Experiments disagree when they lie this far on both sides of the rule for a kill (assumed)."""
DISAGREE = 0.20
"""Kill by ATP and kill by Annexin V/PI further apart than this disagree (assumed)."""


def find_traps(effects: Effects, quantities: Quantities, rules: Rules) -> Iterator[Finding]:
    """Yield every trap that the study fell into or has left open."""
    measured = set(effects.viability.keys)
    yield from _engagement_traps(effects, quantities, rules)
    yield from _control_traps(measured, quantities.references)
    yield from _arm_traps(effects.viability, measured, quantities, rules)
    yield from _readout_traps(effects, quantities, rules)
    if effects.working_dose_molar >= rules.lytic_dose:
        yield Finding(
            code="lytic_off_target",
            severity="warning",
            text=f"The working dose is {format_molar(effects.working_dose_molar)}: at or above "
            f"{format_molar(rules.lytic_dose)} lysis that does not need cIAP has been reported. Repeat at a "
            f"dose near the DC50.",
        )


def _engagement_traps(effects: Effects, quantities: Quantities, rules: Rules) -> Iterator[Finding]:
    if effects.late_only:
        yield Finding(
            code="late_only",
            severity="warning",
            text="cIAP1 was harvested only after 4 h: rebound and death hide the event, and engagement is "
            "not determined. "
            "Harvest at 15 and 30 min.",
        )
    if effects.engagement_censored:
        yield Finding(
            code="below_detection",
            severity="note",
            text="cIAP1 fell below the blot's detection limit at "
            + ", ".join(f"{key} min" for key in effects.engagement_censored)
            + ": it enters as anything between nothing and that limit. Where the limit is high, expose longer or load "
            "more.",
        )
    back = quantities.values.get(("rebound", ""))
    if back is not None and float(np.median(back)) >= 1 - rules.engaged:
        yield Finding(
            code="rebound",
            severity="note",
            text=f"cIAP1 comes back by {np.median(back):.0%} of vehicle at the last harvest: late lysates "
            f"understate the loss.",
        )


def _control_traps(measured: set[str], references: Mapping[str, Reference]) -> Iterator[Finding]:
    wanted: dict[str, list[str]] = {}
    for arm, reference in references.items():
        for control in reference.missing:
            wanted.setdefault(control, []).append(arm)
    for control, arms in wanted.items():
        if control not in measured:
            yield Finding(
                code="missing_control",
                severity="warning",
                text=f"{control} alone was not measured: what it does by itself in {', '.join(arms)} is counted as the "
                "mimetic's doing.",
                subject=control,
            )
    combined = [arm for arm, r in references.items() if r.kind == "single_agents" and len(r.keys) > 1]
    if combined:
        # TNF with zVAD kills some lines by itself, so independence is more than a formality there.
        together = any({"TNF", "zVAD"} <= set(references[arm].keys) for arm in combined)
        yield Finding(
            code="reference_from_single_agents",
            severity="warning" if together else "note",
            text=f"{', '.join(combined)}: the same additions without the mimetic were not measured together; the "
            "product of the single agents stands for them (Bliss independence)."
            + (" TNF with zVAD alone kills some lines: run TNF+zVAD." if together else ""),
        )


def _arm_traps(table: BlockTable, measured: set[str], quantities: Quantities, rules: Rules) -> Iterator[Finding]:
    silent = _share(quantities, "kill", "SM", rules.kill) < HALF and ("kill", "SM") in quantities.values
    unmasked = _share(quantities, "kill", "SM+zVAD", rules.kill) >= HALF
    inhibitor_arms = sorted(label for label in measured if label.startswith("SM+") and "TNF" not in label.split("+"))
    blocked = [label for label in inhibitor_arms if {"zVAD", "emricasan", "Nec-1", "Nec-1s"} & set(label.split("+"))]
    if silent and blocked and not unmasked:
        wanted = ("SM+TNF+zVAD", "SM+TNF+zVAD+Nec-1s")
        add = [arm for arm in wanted if arm not in measured and arm.removesuffix("s") not in measured]
        ask = f" Add {' and '.join(add)}." if add else ""
        yield Finding(
            code="uninformative_arm",
            severity="warning" if add else "note",
            text=f"The mimetic alone does not kill, so {', '.join(blocked)} can show no rescue and carry no "
            f"information.{ask}",
        )
    if silent and unmasked:
        yield Finding(
            code="killed_when_caspases_blocked",
            severity="warning",
            text="The mimetic kills with zVAD though it does not kill alone and no TNF was added: necroptosis from the "
            "cells' own TNF, unmasked by blocking caspases. They do not lack TNF; an anti-TNF arm with zVAD "
            "would show it.",
        )
    for agent in sorted(key for key in measured if key != table.reference and "SM" not in key.split("+")):
        left = _left_by(table, agent)
        if left < 1 - TOXIC_ALONE:
            yield Finding(
                code="toxic_alone",
                severity="warning",
                text=f"{agent} alone leaves {left:.0%} viability; arms with it are held against it"
                + (", and it cannot show a rescue." if left <= 1 - rules.toxic_alone and agent != "TNF" else "."),
                subject=agent,
            )
    for (effect, arm), conditions in quantities.thin.items():
        yield Finding(
            code="evidence_from_one_experiment",
            severity="warning",
            subject=arm or effect,
            text=f"{', '.join(c for c in conditions if c != table.reference)}: read in one experiment only, "
            f"so it counts as "
            "not measured. Repeat it.",
        )
    yield from _spread_traps(table, quantities, rules)
    if any("Nec-1" in label.split("+") for label in measured):
        yield Finding(
            code="nec1_hits_ido",
            severity="note",
            text="Necrostatin-1 also inhibits IDO and is less stable than Nec-1s; repeat the decisive arm with Nec-1s.",
            subject="Nec-1",
        )
    rescue = quantities.values.get(("rescue_caspase", "SM"))
    no_blocker = ("rescue_anti_tnf", "") not in quantities.values
    if rescue is not None and not silent and no_blocker and float(np.median(rescue)) < -RISES:
        yield Finding(
            code="zvad_may_raise_tnf",
            severity="note",
            text="More cells die with the caspase inhibitor than without. zVAD itself can raise TNF (seen in "
            "L929); an anti-TNF "
            "arm would tell.",
        )


def _spread_traps(table: BlockTable, quantities: Quantities, rules: Rules) -> Iterator[Finding]:
    """Yield what experiments disagree about: arms that vary more than the others, or fall on both sides of a rule."""
    if quantities.own_variance:
        yield Finding(
            code="varies_between_experiments",
            severity="note",
            text=f"{', '.join(quantities.own_variance)} vary more between experiments than the other "
            f"conditions; they keep a "
            "variance of their own, and their intervals rest on few degrees of freedom.",
        )
    for arm in ("SM", "SM+TNF"):
        without = arm.removeprefix("SM").removeprefix("+") or table.reference
        kills = [1 - np.exp(value) for value in _by_experiment(table, arm, without)]
        if kills and min(kills) < rules.kill - SIDES and max(kills) >= rules.kill + SIDES:
            yield Finding(
                code="experiments_disagree",
                severity="warning",
                subject=arm,
                text=f"{arm} kills in some experiments and not in others ("
                + ", ".join(f"{kill:.0%}" for kill in kills)
                + "): find out what differed before trusting their mean.",
            )


def _by_experiment(table: BlockTable, key: str, reference: str) -> list[float]:
    """Return log(condition / reference) of each experiment that holds both on one block."""
    at = {(c.experiment, c.block, c.key): c.log_value for c in table.cells}
    return [v - at[e, b, reference] for (e, b, k), v in at.items() if k == key and (e, b, reference) in at]


def _left_by(table: BlockTable, agent: str) -> float:
    ratios = _by_experiment(table, agent, table.reference)
    return float(np.exp(np.mean(ratios))) if ratios else 1.0


def _share(quantities: Quantities, effect: str, arm: str, threshold: float) -> float:
    """Return the share of draws in which an effect reaches a threshold; 0 where it was not measured."""
    value = quantities.values.get((effect, arm))
    return 0.0 if value is None else float(np.mean(value >= threshold))


def _readout_traps(effects: Effects, quantities: Quantities, rules: Rules) -> Iterator[Finding]:
    killing = [
        arm for arm in ("SM", "SM+TNF")
        if _share(quantities, "kill", arm, rules.kill) >= HALF
    ]  # fmt: skip
    if effects.viability_source == "plate" and not effects.death.cells:
        yield Finding(
            code="viability_loss_only",
            severity="warning" if killing else "note",
            text="Only ATP was read. A fall of ATP is a loss of viability, not yet death: confirm with "
            "Annexin V/PI or another "
            "death readout.",
        )
    for arm in killing:
        death = quantities.values.get(("death", arm))
        if effects.viability_source != "plate" or not effects.death.cells:
            continue
        if death is None:
            yield Finding(
                code="death_not_read_in_arm", severity="warning", subject=arm,
                text=f"{arm} was read by ATP and not by Annexin V/PI: its loss of viability is not shown to be death.",
            )  # fmt: skip
        elif float(np.median(quantities.values["kill", arm]) - np.median(death)) > DISAGREE:
            yield Finding(
                code="readouts_disagree", severity="warning", subject=arm,
                text=f"{arm}: ATP falls by {np.median(quantities.values['kill', arm]):.0%} and Annexin V/PI shows "
                f"{np.median(death):.0%} dead. Growth arrest or metabolic change would look like this.",
            )  # fmt: skip
    if killing and effects.viability_source == "plate":
        plate = "A time-zero plate is there and not used yet" if effects.has_time_zero else "No time-zero plate"
        yield Finding(
            code="growth_arrest_not_excluded", severity="note",
            text=f"{plate}: slower growth and death cannot be told apart on the plate alone.",
        )  # fmt: skip
    if effects.death.cells:
        yield Finding(
            code="late_quadrant_is_no_mechanism", severity="note",
            text="Late apoptosis and necroptosis share the Annexin V+/PI+ quadrant: the inhibitor arms "
            "decide, not the quadrant.",
        )  # fmt: skip
    for name in effects.blocked:
        yield Finding(
            code="not_used", severity="warning", subject=name,
            text=f"{name} was stopped by its quality gate and is not part of the verdict.",
        )  # fmt: skip
