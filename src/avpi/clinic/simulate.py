"""Simulate many trials of a population under a design, on threads or a cluster; equal seeds give equal bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from avpi.clinic.checks import Checks, Floats
from avpi.clinic.conduct import Conduct
from avpi.clinic.kernels.patients import (
    ARM,
    ASSAY,
    CLASS,
    ENTRY,
    EVENT,
    LABELS,
    NUMBERS,
    RESPONSE,
    STRATUM,
    TIME,
    TOXIC,
    ConductArrays,
    PatientArrays,
    draw_trial,
)  # fmt: skip
from avpi.clinic.kernels.trials import FIRST_Z, RESULT, AnalysisArrays, LookArrays, run_trials
from avpi.clinic.patients import Population
from avpi.compute.places import Cancel, Place, Threads
from avpi.compute.progress import SILENT, Progress

CHUNK = 200
"""Trials in one task: a tenth of a second's work, so that threads end together and a cluster is kept busy."""
LARGEST_SEED = 2**63 - 1
MOST_TRIALS = 10_000_000


@dataclass(frozen=True, slots=True)
class _Task:
    seed: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class _Work:
    """What each task is done with; sent to a cluster as it is."""

    patients: PatientArrays
    conduct: ConductArrays
    looks: LookArrays
    analyses: AnalysisArrays
    columns: int

    def run(self, task: _Task) -> Floats:
        results = np.zeros((task.count, self.looks.events.size, self.columns))
        run_trials(np.uint64(task.seed), task.first, self.patients, self.conduct, self.looks, self.analyses, results)
        return results


def _run(task: _Task, *, work: _Work) -> Floats:
    return work.run(task)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrialResults:
    """Results of many trials.

    Attributes
    ----------
    values : (trials, looks, columns).
    tests : names of the weighted tests, whose z are the last columns.
    population, conduct, seed : what was simulated.
    """

    values: Floats
    tests: tuple[str, ...]
    population: Population
    conduct: Conduct
    seed: int

    @property
    def trials(self) -> int:
        """How many trials."""
        return int(self.values.shape[0])

    @property
    def looks(self) -> int:
        """How many looks each has."""
        return int(self.values.shape[1])

    def column(self, name: str, look: int = -1) -> Floats:
        """Return a column of ``RESULT`` at a look, the last by default, (trials,)."""
        return self.values[:, look, RESULT.index(name)]

    def z(self, test: str = "log-rank", look: int = -1) -> Floats:
        """Return the z of a weighted test at a look, (trials,); above 0 favours the experimental arm."""
        return self.values[:, look, FIRST_Z + self.tests.index(test)]

    def events(self, look: int = -1) -> Floats:
        """Return the events of both arms at a look, (trials,)."""
        return self.column("events_control", look) + self.column("events_experimental", look)


def simulate_trials(
    population: Population,
    conduct: Conduct,
    *,
    trials: int,
    seed: int = 1,
    place: Place | None = None,
    progress: Progress = SILENT,
    cancel: Cancel | None = None,
) -> TrialResults:
    """Simulate trials.

    Trial number i has a stream of its own (seed, i), so results do not depend on the place or on the number of trials,
    and equal seeds give the same patients under different designs: differences between designs are then known better
    than either.

    Parameters
    ----------
    place : where it runs; None for one thread on each processor. It changes no number.

    Raises
    ------
    InputError
        If a number cannot be meant, or nobody could be enrolled.
    """
    checks = Checks()
    checks.whole("trials", trials, 1, MOST_TRIALS)
    checks.whole("seed", seed, 0, LARGEST_SEED)
    checks.stop()
    names = conduct.tests.names
    work = _Work(
        population.arrays(), conduct.arrays(population), conduct.looks_arrays(), conduct.tests.arrays(),
        FIRST_Z + len(names),
    )  # fmt: skip
    tasks = [_Task(seed, first, min(CHUNK, trials - first)) for first in range(0, trials, CHUNK)]
    where = place or Threads()
    found = where.map(partial(_run, work=work), tasks, stage="trials", progress=progress, cancel=cancel)
    return TrialResults(
        values=np.concatenate(list(found)), tests=names, population=population, conduct=conduct, seed=seed
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrialData:
    """The patients of one simulated trial, in the order of entry, followed to a month or for ever.

    Attributes
    ----------
    months, event, arm, stratum : as :class:`~avpi.clinic.survival.Survival` has them, (n,).
    entry_month, kind, assay, toxic, response : (n,) calendar month; number of the class; 1 positive, 0 negative, -1
        missing; 1 died of treatment; 1 responded.
    """

    months: Floats
    event: NDArray[np.int64]
    arm: NDArray[np.int64]
    stratum: NDArray[np.int64]
    entry_month: Floats
    kind: NDArray[np.int64]
    assay: NDArray[np.int64]
    toxic: NDArray[np.int64]
    response: NDArray[np.int64]


def draw_patients(
    population: Population, conduct: Conduct, *, trial: int = 0, seed: int = 1, at_month: float | None = None
) -> TrialData:
    """Return the patients of one trial of :func:`simulate_trials`.

    Parameters
    ----------
    at_month : calendar month at which follow-up ends; None to follow everybody to the end.
    """
    own = conduct.arrays(population)
    numbers, labels = np.zeros((own.patients, NUMBERS)), np.zeros((own.patients, LABELS), np.int64)
    enrolled, _ = draw_trial(np.uint64(seed), np.uint64(trial), population.arrays(), own, numbers, labels)
    numbers, labels = numbers[:enrolled], labels[:enrolled]
    times, events = numbers[:, TIME].copy(), numbers[:, EVENT] > 0
    if at_month is not None:
        there = numbers[:, ENTRY] < at_month
        numbers, labels, times, events = numbers[there], labels[there], times[there], events[there]
        seen = numbers[:, ENTRY] + times <= at_month
        events &= seen
        times = np.where(seen, times, at_month - numbers[:, ENTRY])
    return TrialData(
        months=times,
        event=events.astype(np.int64),
        arm=labels[:, ARM],
        stratum=labels[:, STRATUM],
        entry_month=numbers[:, ENTRY],
        kind=labels[:, CLASS],
        assay=labels[:, ASSAY],
        toxic=(numbers[:, TOXIC] > 0).astype(np.int64),
        response=(numbers[:, RESPONSE] > 0).astype(np.int64),
    )


def same_trials(results: Sequence[TrialResults]) -> bool:
    """Return whether results are of the same streams, so that they may be compared trial by trial."""
    return len({(own.seed, own.trials) for own in results}) <= 1
