"""The threshold that ends a cell's run: when, and what is left of the cell."""

from __future__ import annotations

import numpy as np
import pytest

from avpi.errors import InputError
from avpi.solver.model import Model
from avpi.solver.programme import Forcing, Phase
from avpi.solver.simulate import simulate
from avpi.solver.status import Status
from tests.solver.networks import decay, network, reaction, system

TIMES = np.linspace(0, 10, 41)
EXACT = 1e-6


@pytest.fixture(scope="module")
def conversion() -> Model:
    return network({"A": 1.0, "B": 0.0}, [reaction("A -> B", "k * A")], k=1.0)


@pytest.mark.parametrize("level", [0.1, 0.3, 0.5, 0.77, 0.999])
@pytest.mark.parametrize("condition", ["B >= {}", "B > {}", "1 - A >= {}", "{} <= B", "B/(A+B) > {}"])
def test_a_rising_quantity_stops_at_its_analytic_crossing(conversion: Model, level: float, condition: str) -> None:
    result = simulate(conversion, times=TIMES, stop=condition.format(level), rtol=1e-9)
    assert result.status[0] == Status.STOPPED
    assert result.end_time[0] == pytest.approx(-np.log(1 - level), abs=EXACT)


@pytest.mark.parametrize("level", [0.9, 0.5, 1e-3])
@pytest.mark.parametrize("condition", ["A <= {}", "A < {}", "{} >= A"])
def test_a_falling_quantity_stops_at_its_analytic_crossing(conversion: Model, level: float, condition: str) -> None:
    result = simulate(conversion, times=TIMES, stop=condition.format(level), rtol=1e-9)
    assert result.end_time[0] == pytest.approx(-np.log(level), abs=EXACT)


def test_the_stop_is_as_exact_as_the_tolerance(conversion: Model) -> None:
    found = simulate(conversion, times=TIMES, stop="B >= 0.6")
    assert found.end_time[0] == pytest.approx(-np.log(0.4), abs=1e-4)


def test_the_condition_holds_where_the_run_stops_and_not_before(conversion: Model) -> None:
    stopped = simulate(conversion, times=TIMES, stop="B >= 0.6")
    end = stopped.end_time[0]
    around = simulate(conversion, times=[end * (1 - 1e-6), end * (1 + 1e-6)])
    assert around.of("B")[0, 0] < 0.6 < around.of("B")[0, 1]


def test_what_lies_after_the_stop_is_nan_and_what_lies_before_is_the_run_without_one(conversion: Model) -> None:
    stopped = simulate(conversion, times=TIMES, stop="B >= 0.8", rtol=1e-9)
    free = simulate(conversion, times=TIMES, rtol=1e-9)
    before = -np.log(0.2) >= TIMES
    assert (stopped.values[0, before] == free.values[0, before]).all()
    assert np.isnan(stopped.values[0, ~before]).all()
    assert not stopped.failed[0]


def test_cells_stop_each_at_their_own_time(conversion: Model) -> None:
    rates = np.array([0.5, 1.0, 2.0, 0.01, 3.0, 7.0, 0.02])
    result = simulate(conversion, {"k": rates}, times=TIMES, stop="B >= 0.5", rtol=1e-9)
    times = np.log(2) / rates
    slow = times > 10
    assert (result.status == np.where(slow, Status.FINISHED, Status.STOPPED)).all()
    np.testing.assert_allclose(result.end_time, np.where(slow, 10.0, times), atol=EXACT)


def test_a_condition_that_holds_already_stops_at_the_start(conversion: Model) -> None:
    result = simulate(conversion, times=TIMES, stop="A >= 0.5")
    assert (result.status[0], result.end_time[0], result.steps[0]) == (Status.STOPPED, 0.0, 0)
    assert result.values[0, 0].tolist() == [1.0, 0.0]
    assert np.isnan(result.values[0, 1:]).all()


def test_a_condition_that_never_holds_changes_nothing(conversion: Model) -> None:
    watched = simulate(conversion, times=TIMES, stop="B >= 2")
    free = simulate(conversion, times=TIMES)
    assert watched.status[0] == Status.FINISHED
    assert (watched.values == free.values).all()


def test_a_condition_that_a_jump_makes_true_stops_at_the_jump(conversion: Model) -> None:
    phases = [Phase(duration=2.0), Phase(duration=20.0, add={"B": 5.0})]
    result = simulate(conversion, times=[1.0, 2.0, 3.0], stop="B >= 3", phases=phases)
    assert (result.status[0], result.end_time[0]) == (Status.STOPPED, 2.0)
    assert result.of("B")[0, 1] == pytest.approx(1 - np.exp(-2), rel=1e-4)  # before the jump
    assert np.isnan(result.of("B")[0, 2])


def test_a_condition_that_an_override_makes_true_stops_there(conversion: Model) -> None:
    phases = [Phase(duration=2.0), Phase(duration=20.0, parameters={"k": 9.0})]
    result = simulate(conversion, times=TIMES, stop="k >= 5", phases=phases)
    assert (result.status[0], result.end_time[0]) == (Status.STOPPED, 2.0)


def test_a_stop_in_a_later_phase_has_the_time_of_the_run() -> None:
    phases = [Phase(duration=3.0), Phase(duration=20.0, set={"A": 100.0})]
    result = simulate(decay(100.0, 1.0), times=TIMES, start=-1.0, phases=phases, stop="A <= 2", rtol=1e-9)
    assert result.end_time[0] == pytest.approx(2.0 + np.log(50), abs=EXACT)


def test_a_condition_on_the_time_and_on_an_input() -> None:
    by_time = simulate(decay(), times=TIMES, stop="time >= 3.3")
    assert by_time.end_time[0] == pytest.approx(3.3, abs=EXACT)
    model = network({"A": 1.0}, [reaction("A ->", "0.1 * u * A")], u=0.0)
    ramp = Forcing(times=[0.0, 5.0, 10.0], values=[0.0, 1.0, 0.0])
    by_input = simulate(model, times=TIMES, forcing={"u": ramp}, stop="u >= 0.64")
    assert by_input.end_time[0] == pytest.approx(3.2, abs=EXACT)


def test_a_strict_condition_does_not_hold_at_equality() -> None:
    model = network({"A": 1.0, "P": 0.0}, [reaction("A ->", "A"), reaction("P ->", "P")])
    phases = [Phase(duration=1.0), Phase(duration=2.0, add={"P": 1.0})]
    result = simulate(model, times=[3.0], stop="P > 0", phases=phases)
    assert (result.status[0], result.end_time[0]) == (Status.STOPPED, 1.0)


@pytest.mark.parametrize(
    "level",
    [
        0.9,
        0.99,
        0.999,
    ],
)
def test_a_threshold_that_is_passed_both_ways_within_a_step_is_seen(level: float) -> None:
    model = system({"x": "y", "y": "-x"}, {"x": 0.0, "y": 1.0})
    result = simulate(model, times=[2.5], stop=f"x >= {level}")
    assert result.status[0] == Status.STOPPED
    assert result.end_time[0] == pytest.approx(np.arcsin(level), abs=1e-3)


def test_a_cell_that_stops_does_not_touch_the_others(conversion: Model) -> None:
    rates = np.array([5.0, 1e-3, 5.0, 1e-3, 1e-3])
    together = simulate(conversion, {"k": rates}, times=TIMES, stop="B >= 0.5")
    alone = simulate(conversion, {"k": 1e-3}, times=TIMES, stop="B >= 0.5")
    for cell in (1, 3, 4):
        assert (together.values[cell] == alone.values[0]).all()


@pytest.mark.parametrize(
    "condition", ["A", "A == 3", "A = 3", "A >= ", ">= 3", "1 < A < 3", "A >= Q", "A > 1 or A < 0", "A ! 3"]
)
def test_a_condition_that_cannot_be_read_is_refused_with_its_text(conversion: Model, condition: str) -> None:
    with pytest.raises(InputError) as caught:
        simulate(conversion, times=TIMES, stop=condition)
    assert condition in str(caught.value)
