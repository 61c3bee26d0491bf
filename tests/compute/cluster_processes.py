"""A real Dask scheduler and its workers, each a process of its own on the loopback."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import avpi
from avpi.compute.release import release

CHECKOUT = Path(__file__).resolve().parents[2]
SETTINGS = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
"""A task that took two workers with it is given up, and not only after four."""
LONGEST_START_SECONDS = 30.0


class ClusterProcesses:
    """Starts the processes and ends them all.

    Attributes
    ----------
    address : of the scheduler.
    paths : where they import from: a copy of the package, and the tests.
    """

    def __init__(self, folder: Path, *, copied: bool = True) -> None:
        """Start a scheduler.

        Parameters
        ----------
        copied : whether the processes import a copy of the package. numba keeps what it compiled by the place of the
            sources: a copy would compile for half a minute what is there already.
        """
        self.folder = folder
        self.paths = (*([str(copied_package())] if copied else ()), str(CHECKOUT))
        self.address = ""
        self.workers: list[subprocess.Popen[bytes]] = []
        self._started: list[subprocess.Popen[bytes]] = []
        contact = folder / "scheduler.json"
        self.scheduler = self._start(
            ["distributed.cli.dask_scheduler", "--port", "0", "--scheduler-file", str(contact)], {}
        )
        try:
            until(lambda: contact.is_file() and contact.read_text("utf-8").endswith("}"), self.log)
        except AssertionError:
            self.end()
            raise
        self.address = json.loads(contact.read_text("utf-8"))["address"]

    def add_worker(self, environment: Mapping[str, str] | None = None, *, wait: bool = True) -> None:
        """Start a worker with one thread that nobody starts again when it dies."""
        arguments = ["distributed.cli.dask_worker", self.address, "--no-nanny", "--nthreads", "1"]
        number = len(self._started)
        arguments += ["--memory-limit", "0", "--local-directory", str(self.folder / "scratch")]
        self.workers.append(self._start(arguments, environment or {}))
        if wait:
            until(lambda: b"Registered to" in (self.folder / f"{number}.log").read_bytes(), self.log)

    def have_workers(self, number: int) -> str:
        """Start workers until there are so many, or kill them all for 0; return the scheduler's address."""
        while len(self.workers) < number:
            self.add_worker()
        while self.workers and not number:
            self.kill_worker()
        return self.address

    def kill_worker(self, index: int = 0) -> None:
        """End a worker as a crash of its machine would."""
        process = self.workers.pop(index)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def end(self) -> None:
        """End everything."""
        for process in reversed(self._started):
            process.kill()
        for process in self._started:
            process.wait(10)

    def log(self) -> str:
        """What the processes said."""
        return "\n".join(path.read_text("utf-8", "replace") for path in sorted(self.folder.glob("*.log")))

    def _start(self, arguments: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        program = [sys.executable, "-W", "ignore", "-m", *arguments]
        program += ["--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
        paths = [*filter(None, [environment.get("PYTHONPATH")]), *self.paths]
        own = {**os.environ, **SETTINGS, **environment, "PYTHONPATH": os.pathsep.join(paths)}
        with (self.folder / f"{len(self._started)}.log").open("wb") as log:
            process = subprocess.Popen(program, stdout=log, stderr=log, env=own, cwd=self.folder)
        self._started.append(process)
        return process


@cache
def copied_package() -> Path:
    """A folder with a copy of avpi, as it would be on another machine; an edit of the checkout does not reach it."""
    folder = tempfile.mkdtemp(prefix="avpi-copy-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    release()  # that of this process is asked for in the same moment, and then kept
    shutil.copytree(Path(avpi.__file__).parent, Path(folder) / "avpi", ignore=shutil.ignore_patterns("__pycache__"))
    return Path(folder)


def until(condition: Callable[[], bool], what: Callable[[], str] | str, seconds: float = LONGEST_START_SECONDS) -> None:
    """Wait until something is so, and fail if it takes too long."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what if isinstance(what, str) else what()
        time.sleep(0.02)
