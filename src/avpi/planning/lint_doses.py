"""What the doses of a planned study can show: wells with information left in them, and a hook where one may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from avpi.estimate import Finding
from avpi.planning.dose_series import HOOK_FROM, HOOK_TO, Potency
from avpi.planning.matrix import INFORMATIVE_TNF
from avpi.plate.wells import Content
from avpi.quantity import format_molar, format_ng_per_ml
from avpi.study.read import Study

NEAR = 3.0
"""A dose within threefold of the EC50 leaves a quarter to three quarters of the effect (slope 1)."""
CURVE_DOSES = 5
"""From so many doses of the mimetic a study holds a dose curve (assumed: a 4PL has four parameters)."""
FEWEST_BEYOND = 3
"""Doses beyond the minimum without which a bell cannot be told from a plain curve."""

Contents = Mapping[str, Mapping[tuple[int, int], Content]]


def dose_findings(study: Study, contents: Contents, potency: Potency) -> Iterator[Finding]:
    """Yield what is wrong with the doses of a planned study.

    Parameters
    ----------
    contents : name of a plate -> what its labelled wells hold.
    """
    plates = _plate_doses(contents, "SM")
    tnf = _plate_doses(contents, "TNF")
    blots = _blot_doses(study)
    yield from _saturated(plates, tnf, potency)
    if potency.bivalent and potency.dc50_molar is not None:
        yield from _hook(study.file.compound, plates | blots, potency.dc50_molar)


def _saturated(doses: set[float], tnf: set[float], potency: Potency) -> Iterator[Finding]:
    told, wanted = [], []
    ec50 = potency.ec50_molar
    if doses and ec50 is not None and min(doses) > NEAR * ec50:
        times = min(doses) / ec50
        lowest = f"the mimetic's lowest dose is {format_molar(min(doses))}"
        taken = " (taken to be its DC50)" if "EC50 taken" in potency.source else ""
        told.append(f"{lowest}, {times:.1f} times its EC50 of {format_molar(ec50)}{taken}")
        wanted.append("the mimetic near its EC50")
    if tnf and min(tnf) > INFORMATIVE_TNF[1]:
        told.append(f"TNF's lowest dose is {format_ng_per_ml(min(tnf))}")
        wanted.append("TNF at 0.1 to 1 ng/mL")
    if told:
        text = ", and ".join(told)
        text = (
            f"{text[0].upper()}{text[1:]}: wells in which everything is dead carry little information. Add "
            f"{', and '.join(wanted)}."
        )
        yield Finding(code="saturated_doses_only", severity="warning", text=text)


def _hook(compound: str, doses: set[float], dc50: float) -> Iterator[Finding]:
    beyond = sorted(dose for dose in doses if dose > HOOK_FROM * dc50)
    enough = len(beyond) >= FEWEST_BEYOND and beyond[-1] >= HOOK_TO * dc50 * (1 - 1 / HOOK_TO)
    if enough or not doses:
        return
    curve = len(doses) >= CURVE_DOSES
    have = f"{len(beyond)} of the {len(doses)} doses lie" if curve else "no dose curve reaches"
    text = (
        f"{compound} is bivalent and may show a hook, and {have} beyond {HOOK_FROM:g} times its DC50 of "
        f"{format_molar(dc50)}. A bell needs {FEWEST_BEYOND} doses there, up to {format_molar(HOOK_TO * dc50)}."
    )
    yield Finding(code="no_hook_doses", severity="warning" if curve else "note", text=text)


def _plate_doses(contents: Contents, reagent: str) -> set[float]:
    found = (
        content.condition.dose_of(reagent)
        for wells in contents.values()
        for content in wells.values()
        if content.condition is not None
    )
    return {dose for dose in found if dose}


def _blot_doses(study: Study) -> set[float]:
    lanes = (lane for blot in study.blots for lane in blot.lanes if not (lane.empty or lane.ladder))
    return {dose for lane in lanes if (dose := study.lane_condition(lane).dose_of("SM"))}
