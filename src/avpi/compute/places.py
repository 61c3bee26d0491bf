"""Where work runs: in this process, on its threads, or on a Dask cluster that somebody gave the address of.

Work is a function and a list of tasks; a place runs the function on each and gives the results back in the order of the
tasks, as they are wanted. The results are the same in every place: whoever calls cannot tell where they were made.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

from avpi.compute.progress import SILENT, Progress
from avpi.errors import AvpiError, InputError, Problem

Task = TypeVar("Task")
Answer = TypeVar("Answer")

TASKS_AHEAD = 2
"""Tasks for each thread that are begun before their results are fetched: enough to keep threads busy."""


class Cancelled(AvpiError):  # noqa: N818 - a decision of the user, not a fault
    """The work was cancelled; what was not done is not there."""


class Cancel:
    """A switch that whoever started some work may throw, from any thread."""

    def __init__(self) -> None:
        self._thrown = threading.Event()

    def cancel(self) -> None:
        """Stop the work before its next task; running tasks are waited for."""
        self._thrown.set()

    @property
    def cancelled(self) -> bool:
        """True once cancel was called."""
        return self._thrown.is_set()

    def check(self) -> None:
        """Raise Cancelled once cancel was called."""
        if self.cancelled:
            message = "The work was cancelled."
            raise Cancelled(message)


class Place(Protocol):
    """Runs a function on tasks."""

    @property
    def workers(self) -> int:
        """How many tasks run at the same time."""
        ...

    def map(
        self,
        work: Callable[[Task], Answer],
        tasks: Sequence[Task],
        *,
        stage: str,
        progress: Progress = SILENT,
        cancel: Cancel | None = None,
    ) -> Iterator[Answer]:
        """Yield the results in the order of the tasks.

        Raises
        ------
        Cancelled
            Before the next result, once ``cancel`` was thrown.
        """
        ...


@dataclass(frozen=True, slots=True)
class InProcess:
    """One task after the other, in the calling thread."""

    @property
    def workers(self) -> int:
        """One."""
        return 1

    def map(
        self,
        work: Callable[[Task], Answer],
        tasks: Sequence[Task],
        *,
        stage: str,
        progress: Progress = SILENT,
        cancel: Cancel | None = None,
    ) -> Iterator[Answer]:
        """Yield the results in the order of the tasks."""
        for task in progress(tasks, stage):
            if cancel is not None:
                cancel.check()
            yield work(task)


@dataclass(frozen=True, slots=True)
class Threads:
    """Several tasks at once on threads of this process, for work that releases Python's lock.

    Attributes
    ----------
    count : number of threads; 0 for one on each processor that this process may use.

    Raises
    ------
    InputError
        If the number is below 0.
    """

    count: int = 0

    def __post_init__(self) -> None:
        if self.count < 0:
            what = f"'{self.count}' threads cannot be started"
            raise InputError(Problem(file="place", what=what, expected="1 or more, or 0 for one on each processor"))

    @property
    def workers(self) -> int:
        """How many threads."""
        return self.count or _processors()

    def map(
        self,
        work: Callable[[Task], Answer],
        tasks: Sequence[Task],
        *,
        stage: str,
        progress: Progress = SILENT,
        cancel: Cancel | None = None,
    ) -> Iterator[Answer]:
        """Yield the results in the order of the tasks; few are begun ahead, so that results do not pile up.

        However it ends, no task still runs afterwards: those that had begun are waited for.
        """
        waiting = deque(tasks)
        begun: deque[Future[Answer]] = deque()
        with ThreadPoolExecutor(self.workers) as pool:
            try:
                for _ in progress(tasks, stage):
                    while waiting and len(begun) < self.workers * TASKS_AHEAD:
                        begun.append(pool.submit(work, waiting.popleft()))
                    if cancel is not None:
                        cancel.check()
                    yield begun.popleft().result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def _processors() -> int:
    """Return how many processors this process may use, which on a shared machine may be fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
