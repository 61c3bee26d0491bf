"""What the model knows of a study and no laboratory sees: how each cell died, and whose TNF it was.

A laboratory infers the way of death from what inhibitors rescue. The model has it cell by cell. Most of the time they
agree; where they do not, the difference is told, because that is what a simulated study can teach.
"""

from __future__ import annotations

from collections.abc import Mapping

from avpi.population.fates import MODES
from avpi.study.schema import Rules
from avpi.verdict.tree import leaf_name
from avpi.virtual_lab.truth import Deaths, Expectation, Mechanism

MOST = 0.8
"""A way of death that takes four of five dead cells is the way in which they died (assumed)."""
READ_AS: Mapping[str, str] = {
    "apoptosis": "apoptosis",
    "necroptosis": "necroptosis",
    "necroptosis_presumed": "necroptosis",
    "ripk1_kinase_dependent_apoptosis_competes": "necroptosis",
}
"""Leaf -> the way of death that it names."""
OWN_TNF: Mapping[str, bool] = {"autocrine": True, "autocrine_tnf_presumed": True, "tnf_independent": False}
"""Origin of a leaf -> whether it says that the cells' own TNF kills."""


def told_beside(
    expected: Expectation, deaths: Mapping[str, Deaths], alone: Mapping[str, float], tnf_blocked: Mapping[str, float]
) -> Mechanism:
    """Return what stands beside a call: how cells died, whose TNF it was, and where the call says otherwise."""
    differs = differences(expected, deaths, tnf_blocked)
    return Mechanism(deaths=deaths, alone=alone, tnf_blocked=tnf_blocked, differs=differs)


def differences(
    expected: Expectation, deaths: Mapping[str, Deaths], tnf_blocked: Mapping[str, float]
) -> tuple[str, ...]:
    """Return in which respects a call and the model's own account of the deaths differ, in words."""
    found, (name, origin) = [], _parts(expected.leaf)
    died = deaths.get(expected.arm)
    called = READ_AS.get(name)
    if died is not None and called is not None and (share := getattr(died, called)) < MOST:
        others = ", ".join(f"{getattr(died, mode):.0%} by {mode}" for mode in MODES if mode != called)
        found.append(
            f"The call names {called}; in {expected.arm} {share:.0%} of the deaths are by {called}, {others}. "
            "Inhibitors show what cells can do once a way is closed, not which way they took."
        )
    kill = expected.effects.get("kill:SM", 0.0)
    if origin in OWN_TNF and "SM" in tnf_blocked and kill > 0:
        taken = 1 - (1 - tnf_blocked["SM"]) / kill
        if (taken >= Rules().tnf_dependent) != OWN_TNF[origin]:
            found.append(
                f"The call names the origin of the killing TNF as {origin.replace('_', ' ')}; with TNF blocked "
                f"{taken:.0%} of the killing is gone."
            )
    resists = name in ("resistant_downstream_of_tnf", "not_engaged")
    killed = [label for label in ("SM", "SM+TNF") if label in deaths and deaths[label].dead >= Rules().kill]
    if resists and killed:
        found.append(f"The call names no death; {deaths[killed[-1]].dead:.0%} of the cells in {killed[-1]} die.")
    return tuple(found)


def _parts(leaf: str) -> tuple[str, str]:
    """Return a leaf's own name and its origin."""
    name = leaf_name(leaf)
    return name, leaf.removeprefix(name).removeprefix("/")
