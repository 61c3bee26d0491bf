"""A Dask cluster as a place: the scheduler is somebody else's, known by its address.

A worker that dies costs the time of the tasks it had: the scheduler gives them to another one. A task that takes worker
after worker with it is given up after RETRIES, with the error of the last one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from avpi.compute.places import Cancel
from avpi.compute.progress import SILENT, Progress
from avpi.errors import InputError, Problem

Task = TypeVar("Task")
Answer = TypeVar("Answer")

CONNECT_TIMEOUT = "20s"
RETRIES = 3
TASKS_AHEAD = 4
"""Tasks for each worker's thread that are sent before their results are fetched."""
LONGEST_WAIT_SECONDS = 0.5
"""How long a cancellation may go unnoticed while a result is awaited."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Runs tasks on a Dask cluster.

    Attributes
    ----------
    address : of the scheduler, such as ``tcp://host:8786``. The workers need the same version of avpi.
    """

    address: str

    @property
    def workers(self) -> int:
        """Threads of all workers there are now."""
        with self._client() as client:
            return _threads(client)

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
        with self._client() as client:
            waiting = deque(tasks)
            sent: deque[Any] = deque()
            try:
                for _ in progress(tasks, stage):
                    ahead = TASKS_AHEAD * _threads(client)
                    while waiting and len(sent) < ahead:
                        sent.append(client.submit(work, waiting.popleft(), pure=False, retries=RETRIES))
                    yield self._result(sent.popleft(), cancel)
            finally:
                client.cancel(list(sent))

    def _result(self, future: Any, cancel: Cancel | None) -> Any:
        from distributed import TimeoutError as StillRunningError

        while True:
            if cancel is not None:
                cancel.check()
            try:
                return future.result(timeout=LONGEST_WAIT_SECONDS)
            except StillRunningError:
                if future.done():
                    raise

    def _client(self) -> Any:
        try:
            from distributed import Client
        except ImportError:
            missing = Problem(file=self.address, what="dask.distributed is not installed", hint=HOW_TO_INSTALL)
            raise InputError(missing) from None
        try:
            return Client(  # type: ignore[no-untyped-call]
                self.address, timeout=CONNECT_TIMEOUT, set_as_default=False
            )
        except (OSError, ValueError) as fault:
            what = f"no Dask scheduler answers there ({fault})"
            raise InputError(
                Problem(
                    file=self.address, what=what, hint="Start one with 'dask scheduler', and workers with 'dask worker'"
                )
            ) from None


def _threads(client: Any) -> int:
    """Return how many tasks run at once on all workers that there are now, 1 while there is none."""
    return max(sum(int(count) for count in client.nthreads().values()), 1)


HOW_TO_INSTALL = "Install it with: pip install 'avpi[cluster]'"
