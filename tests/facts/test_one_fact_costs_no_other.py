"""Facts that share cells: whatever goes wrong in one is that fact's alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from avpi.errors import InputError, OurFault, Problem
from avpi.facts.check import Report, check
from avpi.facts.pathway import PathwaySimulator
from avpi.facts.read import parse_facts
from avpi.facts.schema import Arm
from avpi.facts.simulator import NotInModel, Simulator

LAST = 100.0


def fact(name: str, hours: float, arm: str = "{line: HT-29}", measure: str = "viability: true") -> str:
    expect = f"[{{value: a, measure: {{{measure}, at: {hours:g} h}}, above: -1}}]"
    return f"- id: {name}\n  arms: {{a: {arm}}}\n  expect: {expect}\n"


def run(*facts: str, simulator: Simulator) -> Report:
    return check(parse_facts("schema: 1\ndefaults: {cells: 8}\nfacts:\n" + "".join(facts), "f"), simulator)


def became(report: Report) -> tuple[list[str], list[str]]:
    return [one.id for one in report.facts], [one.id for one in report.not_executable]


@dataclass
class Breaking:
    """Breaks with an error where an experiment is looked at after :data:`LAST`: when it is run, or measured."""

    error: Exception
    when_run: bool
    runs: list[tuple[float, ...]] = field(default_factory=list)

    def run(self, arm: Arm, *, times_hours: Sequence[float], cells: int, seed: int) -> Breaking.Run:
        self.runs.append(tuple(times_hours))
        if self.when_run and max(times_hours) > LAST:
            raise self.error
        return Breaking.Run(self, max(times_hours))

    @dataclass
    class Run:
        laboratory: Breaking
        last: float

        def measure(self, kind: str, argument: str, times_hours: Sequence[float]) -> NDArray[np.float64]:
            if self.last > LAST:
                raise self.laboratory.error
            return np.ones(len(times_hours))


ERRORS = [
    NotInModel("culture of 337 h"),
    OurFault("the solver could follow no cell"),
    InputError(Problem(file="observe", what="'x' is infinite")),
    ValueError("arrays of another shape"),
    FloatingPointError("overflow"),
    ZeroDivisionError(),
    KeyError("C1"),
    RecursionError(),
    MemoryError(),
]


@pytest.mark.parametrize("when_run", [True, False])
@pytest.mark.parametrize("error", ERRORS, ids=[type(error).__name__ for error in ERRORS])
def test_of_facts_with_the_same_cells_only_the_one_that_breaks_is_lost(error: Exception, *, when_run: bool) -> None:
    facts = (fact("short", 8), fact("long", 337), fact("other", 24), fact("else", 8, "{line: HeLa}"))
    report = run(*facts, simulator=Breaking(error, when_run))
    assert became(report) == (["short", "other", "else"], ["long"])
    (lost,) = report.not_executable
    assert str(error) in lost.why
    assert (lost.fault is None) == isinstance(error, NotInModel | InputError)
    assert lost.why.startswith("avpi failed at it: ") == (lost.fault is not None)


def test_a_fact_is_run_by_itself_only_if_others_look_at_other_times() -> None:
    laboratory = Breaking(NotInModel("x"), when_run=True)
    run(fact("short", 8), fact("long", 337), fact("lone", 337, "{line: HeLa}"), simulator=laboratory)
    assert laboratory.runs == [(8.0, 337.0), (8.0,), (337.0,), (337.0,)]
    laboratory = Breaking(NotInModel("x"), when_run=True)
    run(fact("a", 8), fact("b", 24), simulator=laboratory)
    assert laboratory.runs == [(8.0, 24.0)]


def test_a_failing_machine_is_no_facts_fault() -> None:
    with pytest.raises(OSError, match="No space left"):
        run(fact("a", 337), simulator=Breaking(OSError(28, "No space left on device"), when_run=True))


def test_in_the_pathway_a_fact_that_asks_for_too_long_a_culture_costs_no_other() -> None:
    treated = "{line: HT-29, add: [{reagent: birinapant}, {reagent: TNF}]}"
    short, long = fact("short", 4, treated), fact("long", 337, treated)
    report = run(short, long, fact("band", 2, treated, "band: cIAP1"), simulator=PathwaySimulator())
    assert became(report) == (["short", "band"], ["long"])
    assert report.not_executable[0].why == "culture of 337 h: cells are followed for 336 h at most"
    alone = run(short, simulator=PathwaySimulator())
    assert report.facts[0].got == alone.facts[0].got
