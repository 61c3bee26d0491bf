"""Facts against a simulator: each fact's experiments are run, its expectations judged, the results summed by topic.

An experiment that several facts share is simulated once, at all times that any of them asks for, and forgotten after
the last of them. No fact loses by that: one that fails in shared experiments is run again in experiments of its own, so
that a month of culture in one fact costs no other fact of the same cells its result.

A fact passes if every expectation holds. One that the model cannot express, or at which the simulation breaks, is **not
executable** and counts as not passed in every sum. Findings that the file itself lists under ``not_expressed`` are not
facts: they are passed on and counted nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from avpi.compute.progress import SILENT, Progress
from avpi.errors import AvpiError, InputError
from avpi.facts.expect import Judged, judge
from avpi.facts.proportion import wilson
from avpi.facts.readings import needed
from avpi.facts.schema import Arm, Fact, FactsFile, NotExpressed
from avpi.facts.simulator import NotInModel, Outcome, Simulator


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A fact that was simulated, with its expectations in the order of the file."""

    id: str
    topic: str
    judged: tuple[Judged, ...]
    weight: float = 1.0

    @property
    def passed(self) -> bool:
        """Whether every expectation holds."""
        return all(one.passed for one in self.judged)

    @property
    def failed(self) -> tuple[Judged, ...]:
        """The expectations that do not hold."""
        return tuple(one for one in self.judged if not one.passed)

    @property
    def expected(self) -> str:
        """What was expected, joined by "; "."""
        return "; ".join(one.expected for one in self.judged)

    @property
    def got(self) -> str:
        """What came out, joined by "; "."""
        return "; ".join(one.got for one in self.judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotExecutable:
    """A fact that names something that the model lacks; ``fault`` is the bug of avpi where it is that."""

    id: str
    topic: str
    why: str
    weight: float = 1.0
    fault: Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many facts of a topic passed; ``low`` and ``high`` are the Wilson interval of 95 %."""

    topic: str
    passed: int
    facts: int
    not_executable: int
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came out, in the order of the file."""

    facts: tuple[Checked, ...]
    not_executable: tuple[NotExecutable, ...]
    not_expressed: tuple[NotExpressed, ...] = ()

    @property
    def topics(self) -> tuple[Tally, ...]:
        """The sums by topic, in the order of the facts that could be simulated."""
        named = dict.fromkeys([*(one.topic for one in self.facts), *(one.topic for one in self.not_executable)])
        return tuple(self._tally(topic, topic) for topic in named)

    @property
    def total(self) -> Tally:
        """The sum of all facts."""
        return self._tally("all", None)

    @property
    def weighted(self) -> float:
        """The share that passed by weight; nan without facts."""
        weight = sum(one.weight for one in self.facts) + sum(one.weight for one in self.not_executable)
        passed = sum(one.weight for one in self.facts if one.passed)
        return passed / weight if weight else float("nan")

    @property
    def all_passed(self) -> bool:
        """Whether every fact was executable and passed."""
        return not self.not_executable and all(one.passed for one in self.facts)

    def _tally(self, name: str, topic: str | None) -> Tally:
        checked = [one for one in self.facts if topic in (None, one.topic)]
        missing = [one for one in self.not_executable if topic in (None, one.topic)]
        passed, facts = sum(one.passed for one in checked), len(checked) + len(missing)
        low, high = wilson(passed, facts)
        return Tally(topic=name, passed=passed, facts=facts, not_executable=len(missing), low=low, high=high)

    def to_json(self) -> dict[str, list[dict[str, Any]]]:
        """Return the report as JSON has it; ``facts`` holds those that were simulated."""
        keys = ("id", "topic", "passed", "expected", "got")
        return {
            "facts": [{key: getattr(one, key) for key in keys} for one in self.facts],
            "not_executable": [{"id": one.id, "why": one.why} for one in self.not_executable],
            "not_expressed": [{"id": one.id, "why": one.why} for one in self.not_expressed],
        }


def check(
    facts_file: FactsFile,
    simulator: Simulator,
    progress: Progress = SILENT,
    *,
    cells: int | None = None,
    seed: int | None = None,
) -> Report:
    """Check facts.

    Parameters
    ----------
    progress : told of each fact.
    cells, seed : replace the file's defaults.

    Returns
    -------
    What became of every fact. Whatever goes wrong in one is that fact's: the others are checked all the same.

    Raises
    ------
    OSError
        If the machine fails, such as a full disk.
    """
    defaults = facts_file.defaults
    runs = _Runs(
        simulator,
        facts_file.facts,
        defaults.cells if cells is None else cells,
        defaults.seed if seed is None else seed,
    )
    checked: list[Checked] = []
    missing: list[NotExecutable] = []
    for fact in progress(facts_file.facts, "facts"):
        try:
            checked.append(_check_by_itself_if_need_be(fact, runs))
        except OSError:  # a full disk or a lost terminal is no fact's doing
            raise
        except Exception as error:  # noqa: BLE001 - a bug at one fact must not cost the results of the others; it is told
            bug = None if isinstance(error, NotInModel | InputError) else error
            why = str(error) if bug is None else f"avpi failed at it: {type(error).__name__}: {error}"
            missing.append(NotExecutable(id=fact.id, topic=fact.topic, why=why, weight=fact.weight, fault=bug))
        runs.done_with(fact)
    return Report(facts=tuple(checked), not_executable=tuple(missing), not_expressed=facts_file.not_expressed)


def _check_by_itself_if_need_be(fact: Fact, runs: _Runs) -> Checked:
    try:
        return _check(fact, runs)
    except Exception:
        if not runs.longer_than_needed(fact):
            raise
    return _check(fact, _Runs(runs.simulator, (fact,), runs.cells, runs.seed))


def _check(fact: Fact, runs: _Runs) -> Checked:
    # What the model lacks is found before the first expectation is judged, so that no fact is judged by half.
    for arm in runs.arms_of(fact):
        runs.outcome(arm)
    judged = tuple(judge(expectation, fact, runs.outcome) for expectation in fact.expect)
    return Checked(id=fact.id, topic=fact.topic, judged=judged, weight=fact.weight)


def _times_of(fact: Fact) -> dict[Arm, set[float]]:
    """Return the experiments of a fact with the times in hours at which it looks; none where that cannot be told."""
    try:
        wanted = list(needed(fact))
    except Exception:  # noqa: BLE001 - told when it is this fact's turn
        return {}
    found: dict[Arm, set[float]] = {}
    for arm, times in wanted:
        found.setdefault(arm, set()).update(times)
    return found


class _Runs:
    """The experiments of a file, each simulated when it is first asked for and kept as long as a fact needs it."""

    def __init__(self, simulator: Simulator, facts: Sequence[Fact], cells: int, seed: int) -> None:
        self.simulator, self.cells, self.seed = simulator, cells, seed
        self.times: dict[Arm, set[float]] = {}
        self.waiting: dict[Arm, set[str]] = {}
        self.outcomes: dict[Arm, Outcome | AvpiError] = {}
        for fact in facts:
            for arm, times in _times_of(fact).items():
                self.times.setdefault(arm, set()).update(times)
                self.waiting.setdefault(arm, set()).add(fact.id)

    def longer_than_needed(self, fact: Fact) -> bool:
        """Return whether an experiment of a fact is looked at at other times too, because other facts ask for them."""
        return any(times != self.times[arm] for arm, times in _times_of(fact).items())

    def arms_of(self, fact: Fact) -> list[Arm]:
        """Return a fact's experiments, each once.

        Raises
        ------
        NotInModel
            If a measurement is none that avpi knows.
        """
        return list(dict.fromkeys(arm for arm, _ in needed(fact)))

    def outcome(self, arm: Arm) -> Outcome:
        """Return a simulated experiment.

        Raises
        ------
        AvpiError
            What kept it from being simulated, such as ``NotInModel``; the same each time it is asked for.
        """
        if arm not in self.outcomes:
            try:
                self.outcomes[arm] = self.simulator.run(
                    arm, times_hours=sorted(self.times[arm]), cells=self.cells, seed=self.seed
                )
            except AvpiError as lack:
                self.outcomes[arm] = lack
        found = self.outcomes[arm]
        if isinstance(found, AvpiError):
            raise found
        return found

    def done_with(self, fact: Fact) -> None:
        """Forget the experiments that no later fact needs."""
        for arm, ids in list(self.waiting.items()):
            ids.discard(fact.id)
            if not ids:
                self.waiting.pop(arm)
                self.outcomes.pop(arm, None)
