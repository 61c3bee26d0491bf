"""What may turn out to be true: four kinds of cells, as viabilities of any set of reagents and cIAP1 of any harvest.

Linting asks of each what the verdict could say of it; power asks how often it would be right. The numbers are assumed:
effects that are clear and not extreme, so that a design which fails on them fails on real cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from avpi.names import Condition, reagents

INERT = 0.98
"""What each addition leaves by itself: nobody's control is exactly 100 %."""
CIAP1_LEFT: Mapping[float, float] = {15.0: 0.06, 30.0: 0.04, 60.0: 0.04, 240.0: 0.06, 1440.0: 0.20}
"""Minutes after the mimetic -> cIAP1 as a fraction of vehicle: gone within 30 min, back by a day (Protocol A)."""
LIVE_LOG_SE = 0.02
"""Error of a tube's log viable share by counting and thresholds (assumed; 17,000 singlets count to half of it)."""
PMLKL_UP = 4.0
"""Fold of pMLKL where cells die by necroptosis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One kind of cells.

    Attributes
    ----------
    name : such as ``needs_tnf``; ``title`` : a clause for a reader, after "if".
    alone, with_tnf : share killed by the mimetic without and with TNF.
    caspase, ripk1, both, necrosome : share of that kill that is taken away by a caspase inhibitor, by an inhibitor of
        RIPK1, by both, and by an inhibitor of RIPK3 or MLKL beside the caspase inhibitor.
    anti_tnf : share of the kill without added TNF that a TNF blocker takes away.
    """

    name: str
    title: str
    alone: float
    with_tnf: float
    caspase: float = 0.0
    ripk1: float = 0.0
    both: float = 0.0
    necrosome: float = 0.0
    anti_tnf: float = 0.0

    def viability(self, condition: Condition) -> float:
        """Return what a set of reagents leaves alive, as a fraction of vehicle; doses do not count."""
        known = reagents()
        roles = {known[r].role if r in known else "other" for r in condition.reagents}
        names = condition.reagents
        left = INERT ** sum(1 for reagent in names if reagent != "SM")
        if "SM" not in names:
            return left
        ligand, blocked = "death_ligand" in roles, "tnf_blocker" in roles
        kill = self.with_tnf if ligand and not blocked else self.alone * (1 - (self.anti_tnf if blocked else 0.0))
        return left * (1 - kill * (1 - self._rescued(roles, names)))

    def _rescued(self, roles: Iterable[str], names: Iterable[str]) -> float:
        held = set(roles)
        caspase = "caspase_inhibitor" in held
        necrosome = bool({"ripk3_inhibitor", "mlkl_inhibitor"} & held) or bool({"RIPK3-loss", "MLKL-loss"} & set(names))
        if caspase and "ripk1_inhibitor" in held:
            return self.both
        if caspase:
            return self.necrosome if necrosome else self.caspase
        return self.ripk1 if "ripk1_inhibitor" in held else 0.0

    def ciap1(self, minutes: float) -> float:
        """Return cIAP1 after so many minutes, of the nearest harvest that is known."""
        return CIAP1_LEFT[min(CIAP1_LEFT, key=lambda known: abs(known - minutes))]

    def pmlkl(self, condition: Condition) -> float:
        """Return pMLKL as a fraction of vehicle."""
        dying = self.necrosome > 0 and self.viability(condition) < 1 - self.with_tnf / 2
        return PMLKL_UP if dying else 1.0


def weakened(scenario: Scenario, effect: float) -> Scenario:
    """Return a scenario whose kills are this share of what they were; what rescues rescues as before."""
    return replace(scenario, alone=scenario.alone * effect, with_tnf=scenario.with_tnf * effect)


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="apoptosis_autocrine", title="the cells die by apoptosis through their own TNF",
        alone=0.60, with_tnf=0.80, caspase=0.85, ripk1=0.15, both=0.88, anti_tnf=0.80,
    ),
    Scenario(
        name="apoptosis_needs_tnf", title="the cells make no TNF of their own and die by apoptosis with it",
        alone=0.03, with_tnf=0.65, caspase=0.85, ripk1=0.15, both=0.88,
    ),
    Scenario(
        name="necroptosis", title="the cells need added TNF and die by necroptosis where caspases are blocked",
        alone=0.03, with_tnf=0.65, caspase=-0.10, ripk1=0.15, both=0.85, necrosome=0.80,
    ),
    Scenario(name="resistant", title="the cells resist downstream of TNF", alone=0.03, with_tnf=0.08),
)  # fmt: skip
"""The four that a study of a Smac mimetic must tell apart."""
