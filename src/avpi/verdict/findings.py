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
"""An inhibitor that alone takes 15 % of the viability is called toxic by itself (assumed: twice a plate's usual CV)."""
RISES = 0.10
"""A kill that grows by a tenth when caspases are blocked counts as growing (assumed)."""
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
            + ": it enters at that limit, so the loss is at least what is stated.",
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
                text=f"{control} alone was not measured, so {', '.join(arms)} {'is' if len(arms) == 1 else 'are'} held "
                f"against vehicle: what {control} does by itself is counted as the mimetic's doing.",
                subject=control,
            )
    combined = [
        arm for arm, reference in references.items() if reference.kind == "single_agents" and len(reference.keys) > 1
    ]
    if combined:
        yield Finding(
            code="reference_from_single_agents",
            severity="note",
            text=f"{', '.join(combined)}: the same additions without the mimetic were not measured together; "
            f"the product of "
            "the single agents stands for them (Bliss independence).",
        )


def _arm_traps(table: BlockTable, measured: set[str], quantities: Quantities, rules: Rules) -> Iterator[Finding]:
    kill_alone = quantities.values.get(("kill", "SM"))
    silent = kill_alone is not None and float(np.mean(kill_alone >= rules.kill)) < 0.5
    inhibitor_arms = sorted(label for label in measured if label.startswith("SM+") and "TNF" not in label.split("+"))
    blocked = [label for label in inhibitor_arms if {"zVAD", "emricasan", "Nec-1", "Nec-1s"} & set(label.split("+"))]
    if silent and blocked:
        add = [
            a
            for a in ("SM+TNF+zVAD", "SM+TNF+zVAD+Nec-1s")
            if a not in measured and a.removesuffix("s") not in measured
        ]
        ask = f" Add {' and '.join(add)}." if add else ""
        yield Finding(
            code="uninformative_arm",
            severity="warning" if add else "note",
            text=f"The mimetic alone does not kill, so {', '.join(blocked)} can show no rescue and carry no "
            f"information.{ask}",
        )
    for inhibitor in ("zVAD", "emricasan", "Nec-1", "Nec-1s", "anti-TNF"):
        values = [cell.log_value for cell in table.cells if cell.key == inhibitor]
        if values and np.exp(np.mean(values)) < 1 - TOXIC_ALONE:
            yield Finding(
                code="inhibitor_toxic_alone",
                severity="warning",
                text=f"{inhibitor} alone leaves {np.exp(np.mean(values)):.0%} viability; arms with it are "
                f"held against it.",
                subject=inhibitor,
            )
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


def _readout_traps(effects: Effects, quantities: Quantities, rules: Rules) -> Iterator[Finding]:
    killing = [
        arm for arm in ("SM", "SM+TNF")
        if (k := quantities.values.get(("kill", arm))) is not None and float(np.mean(k >= rules.kill)) >= 0.5
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
    if killing and effects.viability_source == "plate" and not effects.has_time_zero:
        yield Finding(
            code="growth_arrest_not_excluded", severity="note",
            text="No time-zero plate: slower growth and death cannot be told apart on the plate alone.",
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
