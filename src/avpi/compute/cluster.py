"""A Dask cluster as a place: the scheduler is somebody else's, known by its address.

A worker that dies costs the time of the tasks it had: the scheduler gives them to another one. A task that kills worker
after worker is given up by the scheduler (``distributed.scheduler.allowed-failures``), and said so. Scheduler and
workers must run the same release as the caller, or results would depend on where they were made.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from avpi.compute.places import Cancel
from avpi.compute.progress import SILENT, Progress
from avpi.compute.release import PACKAGES, Release, difference, release
from avpi.errors import AvpiError, InputError, Problem

Task = TypeVar("Task")
Answer = TypeVar("Answer")

TASKS_AHEAD = 4
"""Tasks for each worker's thread that are sent before their results are fetched."""
LONGEST_WAIT_SECONDS = 0.5
"""How long a cancellation may go unnoticed while a result is awaited."""
LARGEST_TASK = "2GB"
"""From where on dask may warn: a task that brings numbers for each of its cells is large on purpose."""
LOGGERS = ("distributed", "distributed.client", "distributed.gc", "tornado", "tornado.application")
"""Loggers that distributed gives a handler to standard error of their own."""
ADDRESS = re.compile(r"((?P<scheme>tcp|tls)://)?(\[[\w:.%]+\]|[\w.-]+):(?P<port>\d{1,5})")
LARGEST_PORT = 65_535
HOW_TO_INSTALL = "Install it with: pip install 'avpi[cluster]'"


class ClusterError(InputError):
    """A cluster that cannot do the work; its problem says what to do about it."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Runs tasks on a Dask cluster.

    Attributes
    ----------
    address : of the scheduler, such as ``tcp://host:8786``.
    connect_seconds : how long the scheduler may take to answer.
    patience_seconds : how long there may be no worker at all before the work is given up.
    """

    address: str
    connect_seconds: float = 10.0
    patience_seconds: float = 300.0

    @property
    def workers(self) -> int:
        """Threads of all workers there are now.

        Raises
        ------
        ClusterError
            If no scheduler answers, or it or a worker runs another release.
        """
        with self._client() as client:
            return self._threads(client)

    def map(
        self,
        work: Callable[[Task], Answer],
        tasks: Sequence[Task],
        *,
        stage: str,
        progress: Progress = SILENT,
        cancel: Cancel | None = None,
    ) -> Iterator[Answer]:
        """Yield the results in the order of the tasks; few are sent ahead.

        However it ends, what was sent and not begun is taken back; a worker finishes the task that it is at.

        Raises
        ------
        Cancelled
            Within a second, once ``cancel`` was thrown.
        ClusterError
            If no scheduler answers, it or a worker runs another release, there is no worker for too long, or a task
            kills every worker that it meets.
        """
        with self._client() as client:
            waiting = deque(tasks)
            sent: deque[Any] = deque()
            try:
                for _ in progress(tasks, stage):
                    if cancel is not None:
                        cancel.check()
                    ahead = TASKS_AHEAD * max(self._threads(client), 1)
                    while waiting and len(sent) < ahead:
                        sent.append(_submit(client, work, waiting.popleft()))
                    yield self._result(client, sent[0], cancel)
                    # Left to be collected, it would release itself where Python swallows a Control-C.
                    sent[0].release()
                    sent.popleft()
            finally:
                if _connected(client):
                    client.cancel(list(sent))

    def _result(self, client: Any, future: Any, cancel: Cancel | None) -> Any:
        """Wait for a result, fetch it and return it."""
        look = self._look_after(client, cancel)
        done = False
        while not done:
            next(look)
            with suppress(TimeoutError):  # ours: that of a task would be returned
                fault = future.exception(timeout=LONGEST_WAIT_SECONDS)
                done = True
        if fault is not None:
            self._raise(client, fault)
        # One request that we look at now and then: one with a time limit of its own would begin anew for ever where a
        # large result takes longer than that to arrive.
        answer = asyncio.run_coroutine_threadsafe(client.gather(future, asynchronous=True), client.loop.asyncio_loop)
        try:
            while not wait([answer], LONGEST_WAIT_SECONDS).done:
                next(look)
        finally:
            answer.cancel()
        fault = CancelledError() if answer.cancelled() else answer.exception()
        if fault is not None:
            self._raise(client, fault)
        return answer.result()

    def _look_after(self, client: Any, cancel: Cancel | None) -> Iterator[None]:
        """Yield each time that nothing speaks against waiting on."""
        last_seen = time.monotonic()
        while True:
            if cancel is not None:
                cancel.check()
            if self._threads(client):
                last_seen = time.monotonic()
            elif time.monotonic() - last_seen > self.patience_seconds:
                raise self._no_worker()
            yield

    def _raise(self, client: Any, fault: BaseException) -> NoReturn:
        """Raise what became of a task, in words that help."""
        from distributed.scheduler import KilledWorker, NoValidWorkerError, NoWorkerError

        if isinstance(fault, AvpiError):
            raise fault
        if isinstance(fault, KilledWorker):
            what = f"a task was given up, because '{fault.allowed_failures + 1}' workers died while they ran it"
            hint = "Most often memory ran out: give each worker more of it, or fewer threads; the workers' logs tell"
            raise self._error(what, hint)
        if isinstance(fault, NoWorkerError | NoValidWorkerError):
            raise self._no_worker()
        if isinstance(fault, CancelledError | OSError) and not _connected(client):
            raise self._lost()
        if isinstance(fault, CancelledError):
            what = "the scheduler was restarted, or somebody took the tasks back"
            raise self._error(what, "Run it again")
        self._require_same_release(client)  # what a worker of another release makes of a task can be any error
        raise fault

    @contextmanager
    def _client(self) -> Iterator[Any]:
        client = self._connect()
        try:
            self._require_same_release(client)
            yield client
        finally:
            with suppress(TimeoutError):  # of a scheduler that is gone there is nothing to take leave of
                client.close(timeout=self.connect_seconds)

    def _connect(self) -> Any:
        quiet = "distributed" not in sys.modules  # whoever uses it besides us has decided where its log goes
        try:
            from distributed import Client
            from distributed.versions import VersionMismatchWarning
        except ImportError:
            what = "dask.distributed is not installed"
            raise self._error(what, HOW_TO_INSTALL) from None
        if quiet:
            for name in LOGGERS:
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self._require_scheduler()
        try:
            with warnings.catch_warnings():
                # What matters to our results is compared below; of the rest, distributed gets along with itself.
                warnings.simplefilter("ignore", VersionMismatchWarning)
                return Client(  # type: ignore[no-untyped-call]
                    self.address, timeout=self.connect_seconds, set_as_default=False
                )
        except (OSError, ImportError) as fault:
            reason = str(fault).partition("\n")[0] or type(fault).__name__
            what = f"no Dask scheduler answers at '{self.address}' ({reason})"
            raise self._no_scheduler(what) from None

    def _require_scheduler(self) -> None:
        """Refuse what distributed would stumble over halfway, leaving a client that cannot be closed, or wait for."""
        import dask
        from distributed.security import Security

        parts = ADDRESS.fullmatch(self.address)
        if parts is None or int(parts["port"]) > LARGEST_PORT:
            what = f"'{self.address}' is no address of a scheduler"
            raise self._no_scheduler(what)
        if dask.config.get("distributed.client.security-loader", None):
            return  # certificates come from where only distributed can get them
        security: Any = Security()  # type: ignore[no-untyped-call]
        certificates = security.get_connection_args("client")
        if parts["scheme"] == "tls" and certificates["ssl_context"] is None:
            what = f"'{self.address}' asks for TLS, and no certificates are configured"
            raise self._error(what, "Name them in dask's configuration under 'distributed.comm.tls'")
        with ThreadPoolExecutor(1) as pool:  # a notebook has a loop of its own in this thread
            try:
                pool.submit(asyncio.run, _greet(self.address, self.connect_seconds, certificates)).result()
            except OSError as fault:
                reason = str(fault) or "something else listens there"
                what = f"no Dask scheduler answers at '{self.address}' ({reason})"
                raise self._no_scheduler(what) from None

    def _threads(self, client: Any) -> int:
        """Return how many tasks run at once on all workers that there are now."""
        if not _connected(client):
            raise self._lost()
        try:
            return sum(int(count) for count in client.nthreads().values())
        except (OSError, CancelledError):
            raise self._lost() from None

    def _require_same_release(self, client: Any) -> None:
        """Raise a ClusterError that names the scheduler and every worker that runs another release."""
        if not _connected(client):
            raise self._lost()
        try:
            versions = client.get_versions(packages=list(PACKAGES))
        except (OSError, CancelledError):
            raise self._lost() from None
        found = {"the scheduler": versions["scheduler"]}
        found |= {f"the worker at '{worker}'": one for worker, one in versions["workers"].items()}
        problems = [
            _other_release(self.address, who, release(), {name: one["packages"].get(name) for name in PACKAGES})
            for who, one in found.items()
        ]
        if any(problems):
            raise ClusterError([problem for problem in problems if problem is not None])

    def _no_scheduler(self, what: str) -> ClusterError:
        hint = "Start one with 'dask scheduler', and workers with 'dask worker'"
        return self._error(what, hint, "an address such as 'tcp://host:8786'")

    def _no_worker(self) -> ClusterError:
        what = f"the scheduler has had no worker for '{self.patience_seconds:g}' s"
        return self._error(what, f"Start workers with: dask worker {self.address}")

    def _lost(self) -> ClusterError:
        return self._error("the connection to the scheduler was lost", "See whether it still runs, and run this again")

    def _error(self, what: str, hint: str, expected: str = "") -> ClusterError:
        return ClusterError(Problem(file=self.address, what=what, expected=expected, hint=hint))


def run_task(theirs: Release, work: Callable[[Task], Answer], task: Task) -> Answer:
    """Run a task on a worker, if the worker runs the release of whoever sent the task.

    Raises
    ------
    ClusterError
        If it does not: it came after the others had been looked at.
    """
    if theirs != release():
        from distributed import get_worker

        worker = get_worker()
        problem = _other_release(worker.scheduler.address, f"the worker at '{worker.address}'", theirs, release())
        if problem is not None:
            raise ClusterError(problem)
    return work(task)


async def _greet(address: str, seconds: float, certificates: dict[str, Any]) -> None:
    """Shake hands with a scheduler; if that takes too long fail with an OSError, where distributed waits for ever."""
    from distributed.comm.core import connect

    async with asyncio.timeout(seconds + 1):  # if nobody listens, 'connect' says so itself after 'seconds'
        comm = await connect(address, timeout=seconds, **certificates)  # type: ignore[no-untyped-call]
    comm.abort()


def _submit(client: Any, work: Callable[[Task], Any], task: Task) -> Any:
    import dask

    with dask.config.set({"distributed.admin.large-graph-warning-threshold": LARGEST_TASK}):
        # If it were 'pure', dask would hash every number of the task to find out whether it has run before.
        return client.submit(run_task, release(), work, task, pure=False)


def _connected(client: Any) -> bool:
    return bool(client.status == "running")


def _other_release(address: str, who: str, here: Release, there: Release) -> Problem | None:
    found = difference(here, there)
    if found is None:
        return None
    return Problem(file=address, what=f"{who} {found[0]}", hint=found[1])
