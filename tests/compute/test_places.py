"""The same call in this process and on its threads: same results, order, progress, and an end when it is wanted."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
import pytest

from avpi.compute.cluster import Cluster
from avpi.compute.named import place_named
from avpi.compute.places import Cancel, Cancelled, InProcess, Place, Threads
from avpi.errors import InputError
from avpi.solver import simulate as simulation
from avpi.solver.draws import LogNormal
from avpi.solver.model import Model
from avpi.solver.simulate import simulate
from tests.compute import tasks

T = TypeVar("T")
HERE: list[Place] = [InProcess(), Threads(3)]


class Told:
    """Progress that remembers."""

    def __init__(self) -> None:
        self.steps: list[object] = []

    def __call__(self, steps: Sequence[T], stage: str) -> Iterator[T]:
        for step in steps:
            self.steps.append((stage, step))
            yield step


@pytest.mark.parametrize("place", HERE)
def test_results_come_in_the_order_of_the_tasks(place: Place) -> None:
    assert list(place.map(tasks.late_if_first, range(8), stage="cells")) == list(range(8))
    assert list(place.map(tasks.doubled, [], stage="cells")) == []


@pytest.mark.parametrize("place", HERE)
def test_progress_is_told_of_every_task(place: Place) -> None:
    told = Told()
    list(place.map(tasks.doubled, range(5), stage="cells", progress=told))
    assert told.steps == [("cells", number) for number in range(5)]


@pytest.mark.parametrize("place", HERE)
def test_a_fault_of_a_task_is_raised_with_its_problems_and_nothing_runs_on(place: Place) -> None:
    threads = threading.active_count()
    with pytest.raises(InputError) as caught:
        list(place.map(tasks.refused, range(50), stage="cells"))
    assert [problem.what for problem in caught.value.problems] == ["'a' is wrong", "'b' is wrong"]
    assert threading.active_count() == threads


@pytest.mark.parametrize("place", HERE)
def test_once_cancelled_no_further_result_comes_and_no_further_task_begins(place: Place) -> None:
    cancel = Cancel()
    begun: list[int] = []

    def note(number: int) -> int:
        begun.append(number)
        return number

    results = place.map(note, range(1000), stage="cells", cancel=cancel)
    assert next(results) == 0
    cancel.cancel()
    with pytest.raises(Cancelled):
        next(results)
    count = len(begun)
    assert count < 20
    time.sleep(0.05)
    assert len(begun) == count


@pytest.mark.parametrize("place", HERE)
def test_what_was_cancelled_before_it_began_does_not_begin(place: Place) -> None:
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(Cancelled):
        next(place.map(tasks.faulty, [1], stage="cells", cancel=cancel))


def test_threads_begin_few_tasks_ahead_of_what_is_fetched() -> None:
    begun: list[int] = []
    results = Threads(2).map(begun.append, range(1000), stage="cells")
    next(results)
    time.sleep(0.1)
    assert len(begun) <= 4
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("how", ["left", "interrupted"])
def test_threads_end_with_a_run_that_is_left_or_interrupted(how: str) -> None:
    threads = threading.active_count()
    results = Threads(2).map(tasks.slow, range(1000), stage="cells")
    next(results)
    assert threading.active_count() > threads
    start = time.monotonic()
    if how == "left":
        del results
    else:
        with pytest.raises(KeyboardInterrupt):
            results.throw(KeyboardInterrupt)  # type: ignore[attr-defined]
    assert threading.active_count() == threads
    assert time.monotonic() - start < 5


def test_threads_really_run_side_by_side() -> None:
    both = threading.Barrier(2, timeout=10)
    assert sorted(Threads(2).map(lambda _: both.wait(), range(2), stage="cells")) == [0, 1]


def test_threads_are_as_many_as_asked_for_whatever_the_system_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 7)
    assert (Threads(3).workers, Threads().workers, InProcess().workers) == (3, 7, 1)


def test_a_place_is_named_by_a_text() -> None:
    named = ["here", "threads", "threads:4", "tcp://host:8786"]
    assert [place_named(text) for text in named] == [InProcess(), Threads(), Threads(4), Cluster("tcp://host:8786")]


@pytest.mark.parametrize("text", ["", "there", "threads:", "threads:0", "threads:-1", "threads:²", "host:8786"])
def test_a_text_that_names_no_place_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(InputError, match=f"'{text}' is no place where work can run.*'threads:4'"):
        place_named(text)


def test_a_negative_number_of_threads_is_refused() -> None:
    with pytest.raises(InputError, match="'-2' threads cannot be started"):
        Threads(-2)


@pytest.mark.parametrize("place", [Threads(1), Threads(3)])
def test_a_simulation_on_threads_is_that_of_this_process_to_the_bit(
    model: Model, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulation, "MOST_CELLS_A_CHUNK", 16)
    cells = LogNormal(cells=200, sigma=0.3, seed=4)
    here, there = (simulate(model, cells, times=[1, 5, 20], place=one) for one in (InProcess(), place))
    assert np.array_equal(here.values, there.values)
    assert np.array_equal(here.steps, there.steps)


def test_a_cancelled_simulation_is_no_result(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "MOST_CELLS_A_CHUNK", 16)
    cancel = Cancel()

    def impatient(steps: Sequence[T], stage: str) -> Iterator[T]:
        for number, step in enumerate(steps):
            if number == 3:
                cancel.cancel()
            yield step

    for place in HERE:
        with pytest.raises(Cancelled):
            simulate(model, LogNormal(cells=200, sigma=0.3), times=[1], place=place, progress=impatient, cancel=cancel)


def test_nothing_of_dask_is_imported_before_a_cluster_is_asked_for() -> None:
    program = """
import sys
from avpi.compute.cluster import Cluster
from avpi.compute.named import place_named
from avpi.compute.places import Threads
from avpi.solver.simulate import simulate
place_named("tcp://127.0.0.1:8786")
list(Threads(2).map(abs, [1, 2], stage="cells"))
print(sorted({name.partition(".")[0] for name in sys.modules} & {"dask", "distributed", "tornado"}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
