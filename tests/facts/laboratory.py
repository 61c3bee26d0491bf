"""A laboratory without a model: what is measured in an arm is whatever a test says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from avpi.facts.check import Report, check
from avpi.facts.read import parse_facts
from avpi.facts.schema import Arm
from avpi.facts.simulator import NotInModel

Law = Callable[[Arm, str, float], float | list[float]]
"""Arm, "kind argument", time in hours -> a number, or one for each line of a panel."""


def dose(arm: Arm, reagent: str) -> float:
    """What an arm has of a reagent in all."""
    return sum(addition.dose or 0.0 for addition in arm.add if addition.reagent == reagent)


@dataclass(frozen=True, slots=True)
class Run:
    arm: Arm
    law: Law
    times: tuple[float, ...]

    def measure(self, kind: str, argument: str, times_hours: Sequence[float]) -> NDArray[np.float64]:
        assert set(times_hours) <= set(self.times), "measured at a time that was not simulated"
        found = [self.law(self.arm, f"{kind} {argument}".strip(), time) for time in times_hours]
        if self.arm.panel is None:
            return np.array(found, dtype=float)
        return np.array([np.broadcast_to(one, self.arm.panel.n) for one in found], dtype=float).T


@dataclass
class Laboratory:
    law: Law
    lines: tuple[str, ...] = ("HeLa", "HT-29")
    runs: list[tuple[Arm, tuple[float, ...], int, int]] = field(default_factory=list)

    def run(self, arm: Arm, *, times_hours: Sequence[float], cells: int, seed: int) -> Run:
        if arm.line is not None and arm.line not in self.lines:
            lack = f"line '{arm.line}'"
            raise NotInModel(lack)
        self.runs.append((arm, tuple(times_hours), cells, seed))
        return Run(arm, self.law, tuple(times_hours))


def fact(expect: str, *, arms: str = "", measure: str = "{viability: true, at: 24 h}", name: str = "F001") -> str:
    """A file of one fact with a vehicle, a treated arm 'sm' and whatever else is given."""
    listed = "vehicle: {line: HeLa}, sm: {line: HeLa, add: [{reagent: SM, dose: 100 nM}]}" + (
        f", {arms}" if arms else ""
    )
    return (
        f"schema: 1\nfacts:\n- id: {name}\n  topic: killing\n  arms: {{{listed}}}\n"
        + (f"  measure: {measure}\n" if measure else "")
        + f"  expect:\n  - {expect}\n"
    )


def checked(text: str, law: Law) -> Report:
    """What comes of a file in a laboratory."""
    return check(parse_facts(text, "facts.yaml"), Laboratory(law))
