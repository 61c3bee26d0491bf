"""Doses around a potency from the literature, and beyond it where a bivalent compound may show a hook.

A series is spread evenly on the log scale around its centre and rounded to two digits, as stocks are pipetted. The hook
of a bivalent mimetic (each head holds a cIAP1 of its own, and none is brought together) shows at doses far above the
DC50; a bell can be told from a plain curve only with at least three doses beyond its minimum, so the steps are halved
from ten times the DC50 up to a hundred times.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from avpi.errors import InputError, Problem
from avpi.network.pharmacology import find_compound, pharmacology

DECADES_EACH_SIDE = 1.5
"""How far a series reaches to each side of its centre: 3 % and 97 % of the effect at a slope of 1 (assumed)."""
STEPS_PER_DECADE = 2
"""Half-log steps: four doses between 10 and 90 % of the effect at a slope of 1, what a 4PL needs (assumed)."""
HOOK_FROM, HOOK_TO = 10.0, 100.0
"""The range of the hook in DC50: cIAP1 is at its least near ten times (assumed), and the series ends at a hundred."""
HOOK_STEPS_PER_DECADE = 4
"""Quarter-log steps, so that four doses lie beyond the minimum; three are the least that can show a hook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Potency:
    """What is known of a compound's potency before the experiment.

    Attributes
    ----------
    dc50_molar : dose that takes half of cIAP1; None where nobody said.
    ec50_molar : dose of half the death; None where nobody said.
    bivalent : it has two IAP-binding heads; None where that is not known.
    source : where the numbers come from, in words.
    """

    dc50_molar: float | None
    ec50_molar: float | None
    bivalent: bool | None
    source: str


def find_potency(compound: str, *, dc50_molar: float | None = None, ec50_molar: float | None = None) -> Potency:
    """Return a compound's potency: the user's numbers, else what the compound records hold.

    The records tell a DC50 for few compounds. Where only one of the two numbers is known it stands for the other: the
    mimetic that removes half of cIAP1 is near the dose that kills half of a sensitive line (assumed).
    """
    record = pharmacology(compound)
    found = find_compound(compound)
    bivalent = None if found is None or not found.valency_is_known else found.valency == "bivalent"
    said = [f"{word} as given" for word, value in (("DC50", dc50_molar), ("EC50", ec50_molar)) if value is not None]
    loss = record.ciap1_loss_ic50_nM if record is not None else None
    if dc50_molar is None and loss is not None:
        dc50_molar = float(f"{loss.value * 1e-9:.6g}")
        said.append(f"DC50: loss of cIAP1, {loss.source}")
    if dc50_molar is None and ec50_molar is not None:
        dc50_molar = ec50_molar
        said.append("DC50 taken to be the EC50")
    elif ec50_molar is None and dc50_molar is not None:
        ec50_molar = dc50_molar
        said.append("EC50 taken to be the DC50")
    return Potency(dc50_molar=dc50_molar, ec50_molar=ec50_molar, bivalent=bivalent, source="; ".join(said))


def dose_series(centre_molar: float, *, hook_dc50_molar: float | None = None) -> tuple[float, ...]:
    """Return doses in molar, ascending: half-log steps around a centre, quarter-log steps through a hook.

    Parameters
    ----------
    centre_molar : the potency that the series is centred on; above zero.
    hook_dc50_molar : DC50 of a bivalent compound; the series then reaches a hundred times it at least.

    Raises
    ------
    InputError
        If a potency is not above zero.
    """
    for value in (centre_molar, *(() if hook_dc50_molar is None else (hook_dc50_molar,))):
        if not value > 0 or not math.isfinite(value):
            what = f"'{value:g}' M cannot be the centre of a dose series"
            raise InputError(Problem(file="dose series", what=what, expected="a concentration above zero"))
    steps = round(DECADES_EACH_SIDE * STEPS_PER_DECADE)
    doses = {two_digits(centre_molar * 10 ** (step / STEPS_PER_DECADE)) for step in range(-steps, steps + 1)}
    if hook_dc50_molar is not None:
        least_step = 10 ** (1 / HOOK_STEPS_PER_DECADE / 2)
        # Cells may die at doses far above those that take cIAP1: the curve's own doses beyond the hook are kept.
        first, last = hook_dc50_molar * HOOK_FROM, hook_dc50_molar * HOOK_TO
        doses = {d for d in doses if d <= first or d > last} | set(hook_doses(hook_dc50_molar))
        ordered = sorted(doses)
        # A dose of the half-log steps beside one of the hook's tells nothing new.
        doses = {d for i, d in enumerate(ordered) if i == len(ordered) - 1 or ordered[i + 1] / d > least_step}
    return tuple(sorted(doses))


def hook_doses(dc50_molar: float) -> tuple[float, ...]:
    """Return the doses from ten to a hundred times the DC50, ascending."""
    decades = math.log10(HOOK_TO / HOOK_FROM)
    steps = round(decades * HOOK_STEPS_PER_DECADE)
    return tuple(two_digits(dc50_molar * HOOK_FROM * 10 ** (i / HOOK_STEPS_PER_DECADE)) for i in range(steps + 1))


def two_digits(molar: float) -> float:
    """Return a dose rounded to two digits: what a bench writes on a tube."""
    return float(f"{molar:.1e}")
