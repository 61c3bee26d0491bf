"""Phases: what is done to cells on the way, against runs that are ended and begun anew by hand."""

from __future__ import annotations

import numpy as np
import pytest

from avpi.errors import InputError
from avpi.solver.model import Model
from avpi.solver.programme import Phase
from avpi.solver.simulate import Floats, simulate
from avpi.solver.status import Status
from tests.solver.networks import decay, network, reaction

RTOL, CLOSE = 1e-9, 1e-12
ATOL = 1e-12


@pytest.fixture(scope="module")
def binding() -> Model:
    return network(
        {"D": 0.0, "R": 10.0, "C": 0.0},
        [reaction("D + R -> C", "on * D * R"), reaction("C -> D + R", "off * C"), reaction("C ->", "0.1 * C")],
        on=1.0,
        off=0.3,
    )


def restarted(model: Model, pieces: list[tuple[float, dict[str, float], dict[str, float]]]) -> list[Floats]:
    """Return the states at the end of each piece: (duration, what is added at its beginning, parameters)."""
    state = simulate(model, times=[0.0, 1.0], atol=ATOL, rtol=RTOL).values[0, 0]
    found = []
    for duration, adds, parameters in pieces:
        begin = {name: value + adds.get(name, 0.0) for name, value in zip(model.states, state, strict=True)}
        state = simulate(model, parameters, begin, times=[duration], rtol=RTOL, atol=ATOL).values[0, 0]
        found.append(state)
    return found


def test_phases_are_runs_begun_anew(binding: Model) -> None:
    pieces: list[tuple[float, dict[str, float], dict[str, float]]] = [
        (2.0, {}, {}),
        (1.5, {"D": 4.0}, {}),
        (0.25, {"R": -1.0}, {"off": 2.0}),
        (8.0, {"D": 1.0, "C": 0.5}, {"off": 2.0, "on": 0.1}),
    ]
    expected = restarted(binding, pieces)
    phases = [
        Phase(duration=2.0),
        Phase(duration=1.5, add={"D": 4.0}),
        Phase(duration=0.25, add={"R": -1.0}, parameters={"off": 2.0}),
        Phase(duration=8.0, add={"D": 1.0, "C": 0.5}, parameters={"on": 0.1}),
    ]
    result = simulate(binding, times=[2.0, 3.5, 3.75, 11.75], phases=phases, rtol=RTOL, atol=ATOL)
    np.testing.assert_allclose(result.values[0], expected, rtol=CLOSE, atol=CLOSE)


def test_a_boundary_is_observed_before_the_jump_and_the_start_after_it(binding: Model) -> None:
    phases = [Phase(duration=1.0, set={"D": 3.0}), Phase(duration=1.0, set={"D": 50.0}), Phase(duration=1.0)]
    result = simulate(binding, times=[0.0, 1.0, 1.0 + 1e-9, 2.0], phases=phases)
    at_start, before, after, _ = result.of("D")[0]
    assert at_start == 3.0
    assert before < 3.0
    assert after == pytest.approx(50.0, rel=1e-6)


def test_set_comes_before_add_in_the_same_phase() -> None:
    phases = [Phase(duration=1.0), Phase(duration=1.0, set={"A": 5.0}, add={"A": 2.0})]
    assert simulate(decay(), times=[1.0, 2.0], phases=phases).of("A")[0, 1] == pytest.approx(7 * np.exp(-0.5), rel=1e-4)


def test_an_override_lasts_until_it_is_changed() -> None:
    model = network({"A": 0.0, "B": 1.0}, [reaction("-> A", "v"), reaction("B ->", "1e-9 * B")], v=1.0)
    phases = [
        Phase(duration=1.0),
        Phase(duration=1.0, parameters={"v": 10.0}),
        Phase(duration=1.0),
        Phase(duration=1.0, parameters={"v": 0.0}),
        Phase(duration=1.0, add={"A": 100.0}),
    ]
    found = simulate(model, times=[1.0, 1.5, 2.0, 3.0, 4.0, 5.0], phases=phases).of("A")[0]
    np.testing.assert_allclose(found, [1.0, 6.0, 11.0, 21.0, 21.0, 121.0], rtol=1e-9)


def test_an_override_of_one_cell_is_not_left_to_the_next_cell_of_its_lane() -> None:
    model = network({"A": 0.0, "B": 1.0}, [reaction("-> A", "v"), reaction("B ->", "1e-9 * B")], v=1.0)
    phases = [Phase(duration=1.0), Phase(duration=1.0, parameters={"v": np.arange(7.0)})]
    found = simulate(model, times=[1.0, 2.0], phases=phases, lanes=2).of("A")
    np.testing.assert_allclose(found[:, 0], 1.0, rtol=1e-9)
    np.testing.assert_allclose(found[:, 1], 1.0 + np.arange(7), rtol=1e-9)


def test_each_cell_may_have_its_own_jump() -> None:
    doses = np.array([0.0, 1.0, 2.5, 40.0, 3.0])
    phases = [Phase(duration=1.0), Phase(duration=4.0, add={"A": doses})]
    result = simulate(decay(), times=[1.0, 3.0], phases=phases, rtol=1e-8)
    np.testing.assert_allclose(result.of("A")[:, 1], (100 * np.exp(-0.5) + doses) * np.exp(-1.0), rtol=1e-6)


def test_a_cell_with_its_own_jump_is_the_cell_that_is_run_alone(binding: Model) -> None:
    doses = np.array([0.0, 1.0, 2.5, 40.0, 3.0])
    whole = simulate(
        binding, times=[1.0, 3.0], phases=[Phase(duration=1.0), Phase(duration=4.0, set={"D": doses})]
    ).values
    for cell, dose in enumerate(doses):
        alone = simulate(binding, times=[1.0, 3.0], phases=[Phase(duration=1.0), Phase(duration=4.0, set={"D": dose})])
        assert (alone.values[0] == whole[cell]).all()


def test_an_equilibration_before_time_0() -> None:
    model = network({"A": 0.0, "B": 1.0}, [reaction("-> A", "2 * B"), reaction("A ->", "A"), reaction("B -> B", "B")])
    phases = [Phase(duration=50.0), Phase(duration=10.0, add={"A": 6.0})]
    result = simulate(model, times=[0.0, 1.0], start=-50.0, phases=phases, rtol=1e-8)
    np.testing.assert_allclose(result.of("A")[0], [2.0, 2 + 6 * np.exp(-1)], rtol=1e-6)
    assert result.end_time[0] == 1.0


def test_the_model_time_runs_on_through_phases() -> None:
    model = network({"A": 0.0, "B": 1.0}, [reaction("-> A", "2 * time + 10"), reaction("B ->", "1e-9 * B")])
    phases = [Phase(duration=3.0), Phase(duration=1.0), Phase(duration=9.0)]
    found = simulate(model, times=[-2.0, 0.0, 5.0], start=-3.0, phases=phases).of("A")[0]
    np.testing.assert_allclose(found, [5.0, 21.0, 96.0], rtol=1e-9)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
def test_a_boundary_that_rounding_moved_is_still_observed_before_its_jump(count: int) -> None:
    # Ten times 0.1 is not 1.0 to the bit; what a person calls the boundary must be it.
    model = network({"A": 1.0}, [reaction("A ->", "1e-12 * A")])
    boundary = float(f"{count * 0.1:.1f}")
    phases = [Phase(duration=0.1)] * count + [Phase(duration=1.0, add={"A": 100.0})]
    found = simulate(model, times=[boundary, boundary + 0.05], phases=phases).of("A")[0]
    np.testing.assert_allclose(found, [1.0, 101.0], rtol=1e-6)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
def test_a_jump_at_the_last_time_is_not_made(count: int) -> None:
    model = network({"A": 1.0}, [reaction("A ->", "1e-12 * A")])
    phases = [Phase(duration=0.1)] * count + [Phase(duration=1.0, add={"A": 100.0})]
    found = simulate(model, times=[float(f"{count * 0.1:.1f}")], phases=phases).of("A")[0]
    np.testing.assert_allclose(found, 1.0, rtol=1e-6)


def test_the_jump_of_a_phase_too_short_to_be_told_from_its_beginning_is_not_lost() -> None:
    model = network({"A": 1.0}, [reaction("A ->", "1e-12 * A")])
    phases = [Phase(duration=1e5), Phase(duration=1e-12, add={"A": 100.0}), Phase(duration=1e6, add={"A": 1000.0})]
    try:
        found = simulate(model, times=[1e5 + 1], phases=phases).of("A")[0, 0]
    except InputError:
        return  # to refuse it is as good
    assert found == pytest.approx(1101.0, rel=1e-6)


def test_phases_that_end_before_the_last_time_are_refused() -> None:
    with pytest.raises(InputError, match=r"end at 3.*last time is 4"):
        simulate(decay(), times=[4.0], phases=[Phase(duration=1.0), Phase(duration=2.0)])


def test_a_run_that_ends_before_time_0_is_not_refused() -> None:
    result = simulate(decay(), times=[-5.0], start=-10.0, phases=[Phase(duration=5.0)])
    assert result.of("A")[0, 0] == pytest.approx(100 * np.exp(-2.5), rel=1e-4)


def test_phases_that_begin_after_the_last_time_change_nothing() -> None:
    alone = simulate(decay(), times=[1.0])
    later = [Phase(duration=2.0), Phase(duration=1.0, set={"A": 0.0}, parameters={"k": 7.0})]
    assert (simulate(decay(), times=[1.0], phases=later).values == alone.values).all()


@pytest.mark.parametrize("duration", [0.0, -1.0, float("nan"), float("inf")])
def test_a_phase_that_cannot_last_as_long_as_it_says_is_refused(duration: float) -> None:
    with pytest.raises(InputError, match=r"phase 1: its duration is"):
        simulate(decay(), times=[1.0], phases=[Phase(duration=duration), Phase(duration=9.0)])


def test_the_last_phase_may_be_endless() -> None:
    phases = [Phase(duration=1.0), Phase(duration=float("inf"), add={"A": 1.0})]
    assert simulate(decay(), times=[3.0], phases=phases).status[0] == Status.FINISHED


def test_taking_away_more_than_there_is_gives_no_number_that_looks_fine() -> None:
    phases = [Phase(duration=1.0), Phase(duration=1.0, add={"A": -500.0})]
    result = simulate(decay(), times=[1.0, 1.5, 2.0], phases=phases)
    assert result.failed[0]
    assert np.isnan(result.values[0, 1:]).all()
    assert result.of("A")[0, 0] == pytest.approx(100 * np.exp(-0.5), rel=1e-4)
