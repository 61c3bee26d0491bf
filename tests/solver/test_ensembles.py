"""Ensembles: the same bits for a cell in whatever company, parameters drawn, and what becomes of cells that fail."""

from __future__ import annotations

import numpy as np
import pytest

from avpi.compute.places import Threads
from avpi.errors import InputError
from avpi.solver.draws import LogNormal
from avpi.solver.model import Model
from avpi.solver.programme import Phase
from avpi.solver.simulate import Floats, Trajectories, simulate
from avpi.solver.status import Status
from tests.solver.networks import decay, network, reaction, sbml, system

CELLS = 37
TIMES = np.linspace(0.0, 30.0, 13)
PHASES = (Phase(duration=4.0), Phase(duration=100.0, add={"L": 20.0}, parameters={"off": 0.01}))


@pytest.fixture(scope="module")
def signalling() -> Model:
    """A stiff little network with a Hill term, so that cells differ much in their steps."""
    return network(
        {"L": 1.0, "R": 50.0, "C": 0.0, "X": 0.0},
        [
            reaction("L + R -> C", "on * L * R"),
            reaction("C -> L + R", "off * C"),
            reaction("-> X", "v * C^n / (K^n + C^n)"),
            reaction("X ->", "d * X"),
        ],
        on=10.0,
        off=1.0,
        v=5.0,
        K=3.0,
        n=2.7,
        d=0.5,
    )


@pytest.fixture(scope="module")
def rows(signalling: Model) -> Floats:
    medians = np.array(list(signalling.parameters.values()))
    scatter = np.exp(np.random.default_rng(5).normal(0, 1.0, (CELLS, medians.size)))
    scatter[:, list(signalling.parameters).index("cell")] = 1.0
    return np.asarray(medians * scatter)


@pytest.fixture(scope="module")
def whole(signalling: Model, rows: Floats) -> Trajectories:
    return simulate(signalling, rows, times=TIMES, phases=PHASES, stop="X >= 9.4")


def same(a: Trajectories, b: Trajectories, order: np.ndarray | slice = slice(None)) -> bool:
    """Return True if b is a in another order, to the bit."""
    return all(
        np.array_equal(getattr(a, name)[order], getattr(b, name), equal_nan=name in ("values", "end_time"))
        for name in ("values", "status", "end_time", "steps", "rejected")
    )


def test_the_cells_differ_as_these_tests_need(whole: Trajectories) -> None:
    assert set(whole.counts()) == {Status.FINISHED, Status.STOPPED}
    assert np.unique(whole.steps).size > 10


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_cells_does_not_matter(signalling: Model, rows: Floats, whole: Trajectories, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(CELLS)
    assert same(whole, simulate(signalling, rows[order], times=TIMES, phases=PHASES, stop="X >= 9.4"), order)


@pytest.mark.parametrize("lanes", [1, 2, 8, 16])
def test_the_number_of_lanes_does_not_matter(signalling: Model, rows: Floats, whole: Trajectories, lanes: int) -> None:
    assert same(whole, simulate(signalling, rows, times=TIMES, phases=PHASES, stop="X >= 9.4", lanes=lanes))


@pytest.mark.parametrize("size", [1, 2, 5, 36])
def test_the_size_of_chunks_does_not_matter(
    signalling: Model, rows: Floats, whole: Trajectories, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avpi.solver.simulate.MOST_CELLS_A_CHUNK", size)
    assert same(whole, simulate(signalling, rows, times=TIMES, phases=PHASES, stop="X >= 9.4"))


def test_threads_do_not_matter(
    signalling: Model, rows: Floats, whole: Trajectories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avpi.solver.simulate.MOST_CELLS_A_CHUNK", 4)
    assert same(whole, simulate(signalling, rows, times=TIMES, phases=PHASES, stop="X >= 9.4", place=Threads(2)))


def test_a_cell_alone_is_what_it_is_among_others(signalling: Model, rows: Floats, whole: Trajectories) -> None:
    for cell in range(0, CELLS, 5):
        alone = simulate(signalling, rows[cell], times=TIMES, phases=PHASES, stop="X >= 9.4")
        assert same(whole, alone, slice(cell, cell + 1))


def test_names_and_rows_are_two_ways_to_say_the_same(signalling: Model, rows: Floats, whole: Trajectories) -> None:
    named = {name: rows[:, i] for i, name in enumerate(signalling.parameters)}
    assert same(whole, simulate(signalling, named, times=TIMES, phases=PHASES, stop="X >= 9.4"))


def parameters_of(model: Model, cells: LogNormal) -> Floats:
    drawn = simulate(model, cells, times=[1.0], observables=list(model.parameters))
    return drawn.values[:, 0]


def test_drawn_cells_do_not_depend_on_where_they_are_drawn(signalling: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = LogNormal(cells=CELLS, sigma=0.7, seed=9)
    at_once = simulate(signalling, cells, times=TIMES)
    monkeypatch.setattr("avpi.solver.simulate.MOST_CELLS_A_CHUNK", 5)
    assert same(at_once, simulate(signalling, cells, times=TIMES, lanes=2, place=Threads(2)))


def test_a_larger_ensemble_begins_with_the_cells_of_a_smaller_one(signalling: Model) -> None:
    small, large = (parameters_of(signalling, LogNormal(cells=n, sigma=0.7, seed=9)) for n in (10, 50))
    assert (large[:10] == small).all()


def test_drawn_parameters_given_as_numbers_make_the_same_cells(signalling: Model) -> None:
    cells = LogNormal(cells=CELLS, sigma=0.7, seed=9)
    drawn = simulate(signalling, cells, times=TIMES)
    assert same(drawn, simulate(signalling, parameters_of(signalling, cells), times=TIMES))


def test_seeds_differ_and_repeat(signalling: Model) -> None:
    first, again, other = (parameters_of(signalling, LogNormal(cells=20, sigma=0.7, seed=s)) for s in (1, 1, 2))
    varied = [i for i, name in enumerate(signalling.parameters) if name != "cell"]
    assert (first == again).all()
    assert (first[:, varied] != other[:, varied]).all()


def test_medians_and_scatter_are_those_asked_for_and_independent(signalling: Model) -> None:
    cells = LogNormal(cells=20_000, sigma=0.7, seed=3, around={"off": 8.0})
    drawn = parameters_of(signalling, cells)
    names = list(signalling.parameters)
    assert (drawn[:, names.index("cell")] == 1.0).all()
    logs = np.log(np.delete(drawn, names.index("cell"), axis=1))
    medians = {**signalling.parameters, "off": 8.0}
    expected = np.log([medians[name] for name in names if name != "cell"])
    assert np.abs(logs.mean(axis=0) - expected).max() < 5 * 0.7 / np.sqrt(20_000)
    assert np.abs(logs.std(axis=0) - 0.7).max() < 5 * 0.7 / np.sqrt(2 * 20_000)
    correlation = np.corrcoef(logs.T) - np.eye(logs.shape[1])
    assert np.abs(correlation).max() < 5 / np.sqrt(20_000)
    assert np.unique(drawn[:, 1:]).size == drawn[:, 1:].size


def test_only_what_is_named_is_drawn_and_states_are_too(signalling: Model) -> None:
    cells = LogNormal(cells=2000, sigma={"R": 0.3, "v": 0.0, "d": 1.0}, seed=4)
    result = simulate(signalling, cells, times=[0.0, 1.0], observables=["R", "v", "d", "L", "K"])
    start = result.values[:, 0]
    assert (start[:, [1, 3, 4]] == [5.0, 1.0, 3.0]).all()
    np.testing.assert_allclose(np.log(start[:, 0] / 50).std(), 0.3, rtol=0.1)
    np.testing.assert_allclose(np.log(start[:, 2] / 0.5).std(), 1.0, rtol=0.1)


@pytest.mark.parametrize("name", ["A", "k2"])
def test_what_an_initial_assignment_gives_scatters_if_it_is_named(name: str) -> None:
    text = sbml(
        {"A": None}, [reaction("A ->", "0 * A * k2")], {"k": 3.0, "k2": None},
        initial_assignments={"A": "2 * k", "k2": "k"},
    )  # fmt: skip
    model = Model.from_sbml_text(text)
    cells = LogNormal(cells=500, sigma={name: 0.5}, seed=4)
    drawn = simulate(model, cells, times=[0.0, 1.0], observables=[name]).values[:, 0, 0]
    assert np.log(drawn).std() == pytest.approx(0.5, rel=0.2)


def test_a_parameter_whose_median_is_0_stays_0() -> None:
    model = network({"A": 1.0}, [reaction("A ->", "(k + z) * A")], k=1.0, z=0.0)
    drawn = simulate(model, LogNormal(cells=9, sigma=1.0), times=[1.0], observables=["z", "k"]).values[:, 0]
    assert (drawn[:, 0] == 0).all()
    assert np.unique(drawn[:, 1]).size == 9


def test_the_step_limit_ends_a_cell_and_only_that_cell(signalling: Model, rows: Floats) -> None:
    free = simulate(signalling, rows, times=TIMES)
    tried = free.steps + free.rejected
    limit = int(np.median(tried))
    limited = simulate(signalling, rows, times=TIMES, max_steps=limit)
    assert (limited.status[tried > limit] == Status.STEP_LIMIT).all()
    assert (limited.status[tried <= limit] == Status.FINISHED).all()
    assert ((limited.steps + limited.rejected)[tried > limit] == limit).all()
    for cell in range(CELLS):
        reached = limited.end_time[cell] >= TIMES
        assert (limited.values[cell, reached] == free.values[cell, reached]).all()
        assert np.isnan(limited.values[cell, ~reached]).all()
        assert limited.failed[cell] == (tried[cell] > limit)


@pytest.mark.parametrize("rtol", [1e-3, 1e-5, 1e-8, 1e-11])
@pytest.mark.parametrize("method", ["rodas5p", "rodas4"])
def test_a_blow_up_in_finite_time_is_never_passed(rtol: float, method: str) -> None:
    model = system({"x": "x^2", "y": "-y"}, {"x": 1.0, "y": 1.0})
    starts = np.array([1.0, 0.09, 2.0, 0.02, 0.55, -3.0])
    result = simulate(model, initial={"x": starts}, times=[0.25, 1.5, 10.0], rtol=rtol, method=method)
    poles = np.where(starts > 0, 1 / starts, np.inf)
    assert (result.failed == (poles < 10)).all()
    assert (result.end_time[result.failed] <= poles[result.failed] * (1 + 10 * rtol)).all()
    for cell in range(starts.size):
        exact = starts[cell] / (1 - starts[cell] * result.times)
        before = result.times < poles[cell]
        np.testing.assert_allclose(result.values[cell, before, 0], exact[before], rtol=max(300 * rtol, 1e-8))
        assert np.isnan(result.values[cell, ~before]).all()


def test_a_division_by_an_amount_that_is_0_is_told_and_spares_the_neighbours() -> None:
    model = network({"A": 1.0, "B": 1.0}, [reaction("A ->", "k * A / B"), reaction("B ->", "0 * B")], k=1.0)
    starts = np.array([1.0, 0.0, 2.0, 0.0, 0.0, 0.5, 1.0])
    result = simulate(model, initial={"B": starts}, times=[0.0, 1.0])
    assert (result.status == np.where(starts == 0, Status.NOT_FINITE, Status.FINISHED)).all()
    assert np.isnan(result.values[starts == 0]).all()
    good = starts > 0
    np.testing.assert_allclose(result.of("A")[good, 1], np.exp(-1 / starts[good]), rtol=1e-4)
    alone = simulate(model, initial={"B": 2.0}, times=[0.0, 1.0])
    assert (result.values[2] == alone.values[0]).all()


def test_a_division_by_an_amount_that_becomes_0_is_told() -> None:
    model = network({"A": 1.0, "B": 1.0}, [reaction("A ->", "A^0.5"), reaction("-> B", "1 / A")])
    result = simulate(model, times=[1.0, 1.9, 3.0], max_steps=20_000)
    assert result.failed[0]
    assert result.end_time[0] < 2.1
    assert np.isnan(result.values[0, 2]).all()
    # B = 1 + 4 t / (2 (2 - t)) from the integral of 1 / (1 - t/2)^2.
    np.testing.assert_allclose(result.of("B")[0, :2], [1 + 2.0, 1 + 38.0], rtol=1e-3)


def test_the_frame_and_the_sentence_of_an_ensemble(signalling: Model, rows: Floats, whole: Trajectories) -> None:
    frame = whole.frame()
    assert frame.shape == (CELLS * TIMES.size, 2 + 4)
    row = frame[(frame["cell"] == 3) & (frame["time"] == TIMES[2])]
    assert row["X"].item() == whole.of("X")[3, 2]
    assert sum(whole.counts().values()) == CELLS
    assert f"{CELLS} cells" in repr(whole)


def test_a_label_may_say_what_scatters() -> None:
    text = sbml({"A": 1.0}, [reaction("A ->", "k * A")], {"k": 1.0}, names={"A": "protein A"})
    model = Model.from_sbml_text(text)
    by_label, by_name = (
        simulate(model, LogNormal(cells=9, sigma={name: 0.2}), times=[1.0]).values for name in ("protein A", "A")
    )
    assert np.array_equal(by_label, by_name)
    assert np.ptp(by_label) > 0


def test_an_observable_that_is_asked_for_twice_is_refused() -> None:
    with pytest.raises(InputError, match="'A' is asked for twice"):
        simulate(decay(), times=[1.0], observables=["A", "A"])


def test_a_result_that_no_memory_holds_is_refused() -> None:
    with pytest.raises(InputError, match="GB"):
        simulate(decay(), LogNormal(cells=10**15, sigma=0.1), times=[1.0])
