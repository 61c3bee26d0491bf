"""A real scheduler and real workers on the loopback: what dies there, and what comes of it here."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from avpi.compute import cluster as cluster_place
from avpi.compute.cluster import Cluster, ClusterError
from avpi.compute.places import Cancel, Cancelled, InProcess
from avpi.compute.release import PACKAGES, SOURCES, difference, release
from avpi.errors import InputError, NotAnalysed
from avpi.solver import simulate as simulation
from avpi.solver.draws import LogNormal
from avpi.solver.model import Model
from avpi.solver.simulate import simulate
from tests.compute import tasks
from tests.compute.cluster_processes import ClusterProcesses, until

T = TypeVar("T")
pytestmark = pytest.mark.slow


class At:
    """Progress that does something at one step."""

    def __init__(self, step: int, action: object) -> None:
        self.step, self.action = step, action
        self.told = 0

    def __call__(self, steps: Sequence[T], stage: str) -> Iterator[T]:
        for number, step in enumerate(steps):
            if number == self.step:
                assert callable(self.action)
                self.action()
            self.told += 1
            yield step


def test_results_come_in_the_order_of_the_tasks_and_progress_is_told(processes: ClusterProcesses) -> None:
    processes.have_workers(2)
    told = At(0, lambda: None)
    results = Cluster(processes.address).map(tasks.late_if_first, range(12), stage="cells", progress=told)
    assert list(results) == list(range(12))
    assert told.told == 12
    assert Cluster(processes.address).workers == 2


def test_a_worker_killed_during_a_simulation_costs_nothing_of_the_result(
    processes: ClusterProcesses, model: Model, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    processes.have_workers(2)
    monkeypatch.setattr(simulation, "MOST_CELLS_A_CHUNK", 500)
    times, cells = np.linspace(1, 50, 40), LogNormal(cells=15_000, sigma=0.4, seed=11)
    killing = At(5, processes.kill_worker)
    there = simulate(model, cells, times=times, place=Cluster(processes.address), progress=killing)
    here = simulate(model, cells, times=times, place=InProcess())
    assert killing.told == 30
    for name in ("values", "status", "steps", "rejected", "end_time"):
        assert np.array_equal(getattr(there, name), getattr(here, name)), name
    assert capfd.readouterr().err == ""


def test_when_every_worker_is_gone_the_next_one_takes_over(processes: ClusterProcesses) -> None:
    processes.have_workers(1)
    arrival = threading.Timer(0.5, processes.add_worker)

    def all_die() -> None:
        processes.have_workers(0)
        arrival.start()

    results = Cluster(processes.address).map(tasks.slow, range(14), stage="cells", progress=At(3, all_die))
    assert list(results) == list(range(14))
    arrival.join(30)


@pytest.mark.parametrize("work", [tasks.refused, tasks.not_analysed, tasks.faulty, tasks.out_of_time])
def test_a_fault_of_a_task_arrives_as_it_was_raised(processes: ClusterProcesses, work: object) -> None:
    processes.have_workers(1)
    kinds = {"refused": InputError, "not_analysed": NotAnalysed, "faulty": ZeroDivisionError}
    name = work.__name__  # type: ignore[attr-defined]
    with pytest.raises(kinds.get(name, TimeoutError)) as caught:
        list(Cluster(processes.address).map(work, range(3), stage="cells"))  # type: ignore[arg-type]
    if isinstance(caught.value, InputError):
        assert [problem.what for problem in caught.value.problems] == ["'a' is wrong", "'b' is wrong"]
    if isinstance(caught.value, NotAnalysed):
        assert caught.value.code == "no_vehicle_wells"


def test_a_cancelled_run_ends_within_a_second_and_takes_its_tasks_back(processes: ClusterProcesses) -> None:
    processes.have_workers(1)
    cancel, place = Cancel(), Cluster(processes.address)
    assert place.workers == 1
    soon = At(0, threading.Timer(0.5, cancel.cancel).start)
    results = place.map(tasks.long, range(1000), stage="cells", progress=soon, cancel=cancel)
    start = time.monotonic()
    with pytest.raises(Cancelled):
        list(results)
    assert 0.4 < time.monotonic() - start < 3, "the task that runs takes 4 s, and is not waited for"
    assert list(Cluster(processes.address).map(tasks.doubled, [4], stage="cells")) == [8], "the workers are free"


def test_a_result_may_take_longer_to_arrive_than_we_wait_at_a_time(
    processes: ClusterProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes.have_workers(1)
    monkeypatch.setattr(cluster_place, "LONGEST_WAIT_SECONDS", 0.005)
    (result,) = Cluster(processes.address).map(tasks.large, [60], stage="cells")
    assert len(result) == 60_000_000


def test_a_run_that_is_left_closes_its_connection(processes: ClusterProcesses) -> None:
    processes.have_workers(1)
    threads = threading.active_count()
    results = Cluster(processes.address).map(tasks.slow, range(1000), stage="cells")
    next(results)
    del results
    until(lambda: threading.active_count() <= threads + 1, "threads of the client are left", 10)
    assert threading.active_count() <= threads + 1


@contextmanager
def python_process(program: str, processes: ClusterProcesses) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that uses the cluster."""
    own = {**os.environ, "PYTHONPATH": os.pathsep.join(processes.paths)}
    command = [sys.executable, "-c", program.format(address=processes.address)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=own) as process:
        try:
            yield process
        finally:
            process.kill()


INTERRUPTED = """
from avpi.compute.cluster import Cluster
from tests.compute import tasks
print("begun", flush=True)
for _ in Cluster({address!r}).map(tasks.slow, range(1000), stage="cells"):
    print("result", flush=True)
"""


def test_control_c_ends_the_process_without_noise_and_frees_the_workers(processes: ClusterProcesses) -> None:
    processes.have_workers(1)
    own = {**os.environ, "PYTHONPATH": os.pathsep.join([*processes.paths])}
    program = [sys.executable, "-c", INTERRUPTED.format(address=processes.address)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=own) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        assert process.stdout.readline() == "result\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert said.splitlines()[-1] == "KeyboardInterrupt"
    assert said.count("Traceback") == 1, said
    assert list(Cluster(processes.address).map(tasks.doubled, [4], stage="cells")) == [8]


def test_a_task_that_kills_its_workers_is_given_up_and_the_remedy_named(processes: ClusterProcesses) -> None:
    processes.have_workers(2)
    with pytest.raises(ClusterError, match=r"'2' workers died while they ran it.*give each worker more"):
        list(Cluster(processes.address).map(tasks.deadly, [0], stage="cells"))
    for process in processes.workers:
        process.wait(10)
    processes.workers.clear()


def test_without_a_worker_the_work_is_given_up_when_patience_ends(processes: ClusterProcesses) -> None:
    processes.have_workers(0)
    place = Cluster(processes.address, patience_seconds=0.5)
    until(lambda: place.workers == 0, "the scheduler did not notice that its workers are gone")
    with pytest.raises(ClusterError, match=f"no worker for '0.5' s.*dask worker {processes.address}"):
        list(place.map(tasks.doubled, range(3), stage="cells"))


def test_workers_of_another_release_are_named_before_and_while_they_work(
    processes: ClusterProcesses, tmp_path: Path
) -> None:
    processes.have_workers(0)
    place = Cluster(processes.address)
    until(lambda: place.workers == 0, "the scheduler did not notice that its workers are gone")
    (tmp_path / "avpi-9.9.9.dist-info").mkdir()
    (tmp_path / "avpi-9.9.9.dist-info" / "METADATA").write_text("Name: avpi\nVersion: 9.9.9\n", "utf-8")
    arrival = threading.Thread(target=lambda: processes.add_worker({"PYTHONPATH": str(tmp_path)}))
    message = f"the worker at 'tcp://.*' has avpi '9.9.9', here it is '{release()['avpi']}'.*pip install 'avpi=="
    with pytest.raises(ClusterError, match=message):
        list(place.map(tasks.doubled, range(3), stage="cells", progress=At(0, arrival.start)))
    arrival.join(30)
    before = At(0, lambda: None)
    with pytest.raises(ClusterError, match=message):
        list(place.map(tasks.doubled, range(3), stage="cells", progress=before))
    assert before.told == 0
    processes.kill_worker()


def test_another_version_and_other_sources_are_told_apart() -> None:
    here = dict(release())
    assert set(here) == {*PACKAGES, SOURCES}
    assert difference(here, here) is None
    assert difference(here, {"avpi": here["avpi"]}) is None, "what the other does not tell is not compared"
    assert "does not have scipy" in (difference(here, {**here, "scipy": None}) or ("",))[0]
    assert "other sources of avpi" in (difference(here, {**here, SOURCES: "f"}) or ("",))[0]


@pytest.mark.parametrize("address", ["", "host", "http://127.0.0.1:80", "tcp://127.0.0.1:x", "tcp://127.0.0.1:99999"])
def test_what_is_no_address_is_refused_at_once(address: str) -> None:
    with pytest.raises(ClusterError, match=f"'{address}' is no address of a scheduler.*'tcp://host:8786'"):
        Cluster(address).workers  # noqa: B018 - asking is what fails


def test_an_address_for_tls_without_certificates_says_where_to_name_them() -> None:
    with pytest.raises(ClusterError, match=r"no certificates are configured.*distributed\.comm\.tls"):
        Cluster("tls://127.0.0.1:8786").workers  # noqa: B018


@pytest.mark.parametrize("listens", [False, True])
def test_where_no_scheduler_answers_the_address_is_named(listens: bool, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if listens:
            silent.listen()
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(ClusterError, match=f"no Dask scheduler answers at '{address}'.*dask scheduler"):
            list(Cluster(address, connect_seconds=0.5).map(tasks.doubled, [1], stage="cells"))
        assert time.monotonic() - start < 10
    assert capfd.readouterr().err == ""


LEFT_ALONE = """
import logging
from avpi.compute.cluster import Cluster, ClusterError
from tests.compute import tasks
print("begun", flush=True)
try:
    for _ in Cluster({address!r}).map(tasks.slow, range(1000), stage="cells"):
        print("result", flush=True)
except ClusterError as error:
    print(error)
for name in ("distributed.client", "distributed.core", "tornado.application"):
    logging.getLogger(name).error("what dask says to itself")
"""


def test_when_the_scheduler_dies_it_is_said_and_the_log_of_dask_stays_silent(processes: ClusterProcesses) -> None:
    processes.have_workers(1)
    with python_process(LEFT_ALONE, processes) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["begun\n", "result\n"]
        processes.scheduler.kill()
        said, noise = process.communicate(timeout=20)
    assert said.splitlines()[-1].startswith(f"{processes.address}: the connection to the scheduler was lost.")
    assert noise == ""
