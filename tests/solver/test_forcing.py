"""Forcing inputs: a parameter that follows a piecewise linear course."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from avpi.errors import InputError
from avpi.solver.model import Model
from avpi.solver.programme import Forcing, Phase
from avpi.solver.simulate import Floats, simulate
from tests.solver.networks import network, reaction, sbml

KNOTS = np.array([1.0, 2.0, 2.5, 6.0])
COURSE = np.array([0.5, 3.0, 0.0, 1.0])


@pytest.fixture(scope="module")
def driven() -> Model:
    """R is turned on by the input and turns on X, with saturation; Z does nothing."""
    return network(
        {"R": 0.1, "X": 0.0, "Z": 1.0},
        [
            reaction("-> R", "u / (1 + u) * (2 - R)"),
            reaction("R ->", "0.5 * R"),
            reaction("-> X", "u * R^2"),
            reaction("X ->", "X"),
            reaction("Z ->", "0 * Z"),
        ],
        u=7.0,
    )


def by_segments(course: Sequence[float], start: Sequence[float], times: Floats) -> Floats:
    """Return R and X at some times from autonomous models, one for each segment, in which the input is a state."""
    bounds = np.array([0.0, *KNOTS, 8.0])
    levels = np.interp(bounds, KNOTS, course)
    state = {"R": start[0], "X": start[1]}
    found = np.full((times.size, 2), np.nan)
    for begin, end, low, high in zip(bounds[:-1], bounds[1:], levels[:-1], levels[1:], strict=True):
        text = sbml(
            parameters={**state, "u": low, "slope": (high - low) / (end - begin)},
            rate_rules={"R": "u / (1 + u) * (2 - R) - 0.5 * R", "X": "u * R^2 - X", "u": "slope"},
        )
        here = np.flatnonzero((times > begin) & (times <= end))
        grid = np.unique([*times[here] - begin, end - begin])
        values = simulate(Model.from_sbml_text(text), times=grid, rtol=1e-10, atol=1e-13).values[0]
        found[here] = values[np.searchsorted(grid, times[here] - begin), :2]
        state = dict(zip(("R", "X"), values[-1, :2], strict=True))
    return found


def test_a_forced_run_is_the_system_in_which_the_input_is_a_state(driven: Model) -> None:
    times = np.array([0.5, 1.0, 1.3, 2.0, 2.2, 2.5, 3.0, 5.9, 6.0, 7.0])
    expected = by_segments(COURSE.tolist(), [0.1, 0.0], times)
    result = simulate(driven, times=times, forcing={"u": Forcing(times=KNOTS, values=COURSE)}, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(result.values[0, :, :2], expected, rtol=1e-8)
    at_default = simulate(driven, times=times, forcing={"u": Forcing(times=KNOTS, values=COURSE)})
    np.testing.assert_allclose(at_default.values[0, :, :2], expected, rtol=1e-4)


def test_the_input_itself_is_observed_as_it_was_given(driven: Model) -> None:
    times = np.linspace(0.0, 8.0, 161)
    result = simulate(driven, times=times, forcing={"u": Forcing(times=KNOTS, values=COURSE)}, observables=["u", "2*u"])
    np.testing.assert_allclose(result.values[0, :, 0], np.interp(times, KNOTS, COURSE), atol=1e-12)
    np.testing.assert_allclose(result.values[0, :, 1], 2 * np.interp(times, KNOTS, COURSE), atol=1e-12)


def test_the_integral_of_the_input_is_exact() -> None:
    model = network({"A": 0.0, "Z": 1.0}, [reaction("-> A", "u"), reaction("Z ->", "0*Z")], u=0.0)
    result = simulate(model, times=[1.0, 2.5, 8.0], forcing={"u": Forcing(times=KNOTS, values=COURSE)})
    exact = [0.5, 0.5 + 1.75 + 0.75, 0.5 + 1.75 + 0.75 + 1.75 + 2.0]
    np.testing.assert_allclose(result.of("A")[0], exact, rtol=1e-10)


def test_each_cell_follows_its_own_course_as_if_it_were_alone(driven: Model) -> None:
    courses = np.random.default_rng(3).uniform(0, 4, (7, KNOTS.size))
    times = [0.5, 2.0, 3.0, 8.0]
    whole = simulate(driven, times=times, forcing={"u": Forcing(times=KNOTS, values=courses)}).values
    assert np.unique(whole[:, 1, 0]).size == 7
    for cell, course in enumerate(courses):
        alone = simulate(driven, times=times, forcing={"u": Forcing(times=KNOTS, values=course)}).values
        assert (alone[0] == whole[cell]).all()


def test_two_inputs_with_corners_at_different_times() -> None:
    steps = [reaction("-> A", "u"), reaction("-> B", "v"), reaction("Z ->", "0*Z")]
    model = network({"A": 0.0, "B": 0.0, "Z": 1.0}, steps, u=0.0, v=0.0)
    forcing = {
        "v": Forcing(times=[0.0, 3.0], values=[0.0, 3.0]),
        "u": Forcing(times=[1.0, 2.0], values=[[0.0, 1.0], [5.0, 5.0]]),
    }
    result = simulate(model, times=[4.0], forcing=forcing)
    np.testing.assert_allclose(result.of("A")[:, 0], [2.5, 20.0], rtol=1e-10)
    np.testing.assert_allclose(result.of("B")[:, 0], 7.5, rtol=1e-10)


def test_corners_inside_phases_and_jumps_between_corners(driven: Model) -> None:
    forcing = {"u": Forcing(times=KNOTS, values=COURSE)}
    phases = [Phase(duration=2.25), Phase(duration=2.0, add={"X": 5.0}), Phase(duration=9.0, set={"R": 0.0})]
    result = simulate(driven, times=[2.25, 4.25, 8.0], forcing=forcing, phases=phases, rtol=1e-10, atol=1e-13)
    state = result.values[0, 0, :2] + [0.0, 5.0]
    # The second phase by itself, its time counted from its beginning.
    later = {"u": Forcing(times=KNOTS - 2.25, values=COURSE)}
    begin = {"R": state[0], "X": state[1]}
    again = simulate(driven, initial=begin, times=[2.0], forcing=later, rtol=1e-10, atol=1e-13).values[0, 0]
    np.testing.assert_allclose(result.values[0, 1], again, rtol=1e-9)
    begin = {"R": 0.0, "X": again[1]}
    last = {"u": Forcing(times=KNOTS - 4.25, values=COURSE)}
    again = simulate(driven, initial=begin, times=[3.75], forcing=last, rtol=1e-10, atol=1e-13).values[0, 0]
    np.testing.assert_allclose(result.values[0, 2], again, rtol=1e-9)


def test_an_input_that_stays_is_a_parameter(driven: Model) -> None:
    forced = simulate(driven, times=[1.0, 5.0], forcing={"u": Forcing(times=[2.0], values=[1.5])}, rtol=1e-9)
    plain = simulate(driven, {"u": 1.5}, times=[1.0, 5.0], rtol=1e-9)
    np.testing.assert_allclose(forced.values, plain.values, rtol=1e-8)


def test_a_pulse_shorter_than_every_step_is_not_missed() -> None:
    model = network({"A": 1.0}, [reaction("-> A", "u"), reaction("A ->", "0 * A")], u=0.0)
    pulse = Forcing(times=[500.0, 500.001, 500.002], values=[0.0, 1000.0, 0.0])
    result = simulate(model, times=[499.0, 1000.0], forcing={"u": pulse})
    np.testing.assert_allclose(result.of("A")[0], [1.0, 2.0], rtol=1e-9)


def test_the_start_before_0_and_the_model_time() -> None:
    model = network({"A": 0.0, "Z": 1.0}, [reaction("-> A", "u * (time + 10)"), reaction("Z ->", "0*Z")], u=0.0)
    ramp = Forcing(times=[-5.0, 5.0], values=[0.0, 10.0])
    result = simulate(model, times=[0.0, 5.0], start=-5.0, forcing={"u": ramp})
    # The integral of (t + 5)(t + 10).
    exact = [sum(c * (t**n - (-5.0) ** n) for n, c in ((3, 1 / 3), (2, 7.5), (1, 50.0))) for t in (0.0, 5.0)]
    np.testing.assert_allclose(result.of("A")[0], exact, rtol=1e-10)


def test_a_start_that_depends_on_the_input_has_its_value_at_the_start() -> None:
    text = sbml({"A": None}, [reaction("A ->", "0 * A * k")], {"k": 5.0}, initial_assignments={"A": "2 * k"})
    model = Model.from_sbml_text(text)
    levels = np.arange(3.0, 9.0)
    try:
        result = simulate(
            model, times=[0.0, 1.0], forcing={"k": Forcing(times=[0, 1], values=np.stack([levels, levels], 1))}, lanes=4
        )
    except InputError:
        return  # to refuse it is as good
    start = result.of("A")[:, 0]
    assert (start == 2 * levels).all() or (start == 10.0).all()


def test_a_start_that_depends_on_the_time_has_the_time_of_the_start() -> None:
    text = sbml({"A": None}, [reaction("A ->", "0 * A")], {"k": 5.0}, initial_assignments={"A": "k + time"})
    model = Model.from_sbml_text(text)
    try:
        result = simulate(model, {"k": np.full(6, 5.0)}, times=[3.0, 4.0], start=2.0, lanes=4)
    except InputError:
        return  # to refuse it is as good
    assert (result.of("A")[:, 0] == 7.0).all()


def test_an_input_that_a_phase_overrides_is_refused(driven: Model) -> None:
    phases = [Phase(duration=1.0), Phase(duration=9.0, parameters={"u": 0.0})]
    with pytest.raises(InputError, match="'u'"):
        simulate(driven, times=[2.0], forcing={"u": Forcing(times=KNOTS, values=COURSE)}, phases=phases)


def test_a_volume_that_would_change_is_refused(driven: Model) -> None:
    with pytest.raises(InputError, match="cell"):
        simulate(driven, times=[2.0], forcing={"cell": Forcing(times=[0.0, 1.0], values=[1.0, 2.0])})
