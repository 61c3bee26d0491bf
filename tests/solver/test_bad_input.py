"""What a user can give wrongly: each is told as an InputError that names it, all of them at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from avpi.errors import FileFormatError, InputError
from avpi.solver.draws import LogNormal
from avpi.solver.model import Model
from avpi.solver.programme import Forcing, Phase
from avpi.solver.simulate import simulate
from tests.solver.networks import decay, network, reaction, sbml

SECONDS_TO_REFUSE = 5.0


@pytest.fixture(scope="module")
def binding() -> Model:
    return network(
        {"Drug": 5.0, "Receptor": 10.0, "Complex": 0.0},
        [reaction("Drug + Receptor -> Complex", "on * Drug * Receptor"), reaction("Complex ->", "off * Complex")],
        on=1.0,
        off=0.3,
    )


def refusal(model: Model, parameters: Any = None, initial: Any = None, **arguments: Any) -> str:
    """Return what the user is told; fail if nothing, or anything else than an InputError, comes."""
    given: dict[str, Any] = {"times": [1.0, 2.0], **arguments}
    with pytest.raises(InputError) as caught:
        simulate(model, parameters, initial, **given)
    return str(caught.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), [1.0, float("nan"), 2.0], None])
def test_a_parameter_that_is_not_finite_is_named(binding: Model, value: Any) -> None:
    assert "'on'" in refusal(binding, {"on": value})


def test_the_cell_of_a_number_that_is_not_finite_is_named(binding: Model) -> None:
    assert "cell 2" in refusal(binding, {"on": [1.0, 2.0, float("nan")]})


def test_a_negative_parameter_or_amount_is_named(binding: Model) -> None:
    assert "'on' is '-1'" in refusal(binding, {"on": -1.0})
    assert "'Drug' is '-2'" in refusal(binding, initial={"Drug": [1.0, -2.0]})
    assert "phase 1" in refusal(binding, phases=[Phase(duration=9.0, set={"Drug": -1.0})])
    assert "phase 1" in refusal(binding, phases=[Phase(duration=9.0, parameters={"on": -1.0})])


def test_a_parameter_that_the_model_has_below_0_may_be_negative() -> None:
    model = network({"A": 1.0}, [reaction("A ->", "exp(e) * A")], e=-1.0)
    assert not simulate(model, {"e": [-2.0, 1.0]}, times=[1.0]).failed.any()


@pytest.mark.parametrize("volume", [0.0, -1.0, [1.0, 0.0]])
def test_a_volume_must_be_above_0(binding: Model, volume: Any) -> None:
    assert "'cell'" in refusal(binding, {"cell": volume})


def test_a_compartment_of_size_0_is_refused_when_the_model_is_read() -> None:
    with pytest.raises(FileFormatError, match="'cell' of size 0"):
        Model.from_sbml_text(sbml({"A": 1.0}, [reaction("A ->", "A")], volume=0.0))


def test_a_model_in_which_nothing_happens_is_refused_when_it_is_read() -> None:
    with pytest.raises(FileFormatError, match="nothing in the model changes"):
        Model.from_sbml_text(sbml())
    with pytest.raises(FileFormatError, match="nothing in the model changes"):
        Model.from_sbml_text(sbml({"A": 1.0}))


@pytest.mark.parametrize("text", ["", "no SBML", "<sbml/>", "<html></html>"])
def test_what_is_no_sbml_is_refused(text: str) -> None:
    with pytest.raises(FileFormatError):
        Model.from_sbml_text(text)


@pytest.mark.parametrize(
    "times",
    [
        [2.0, 1.0],
        [1.0, 1.0],
        [-1.0, 1.0],
        [0.0],
        [],
        [1.0, float("nan")],
        [float("inf")],
        [[1.0, 2.0]],
        None,
        ["one"],
    ],
)
def test_times_that_cannot_be_observed_at_are_refused(binding: Model, times: Any) -> None:
    assert "times" in refusal(binding, times=times)


@pytest.mark.parametrize("start", [float("nan"), float("inf"), 5.0])
def test_a_start_that_cannot_be_is_refused(binding: Model, start: float) -> None:
    assert "start" in refusal(binding, start=start)


@pytest.mark.parametrize(
    ("arguments", "wrong", "right"),
    [
        ({"parameters": {"onn": 1.0}}, "onn", "on"),
        ({"initial": {"Drugs": 1.0}}, "Drugs", "Drug"),
        ({"observables": ["Drug", "Komplex"]}, "Komplex", "Complex"),
        ({"stop": "Receptors <= 3"}, "Receptors", "Receptor"),
        ({"phases": [Phase(duration=9.0, add={"Dug": 1.0})]}, "Dug", "Drug"),
        ({"phases": [Phase(duration=9.0, parameters={"of": 1.0})]}, "of", "off"),
        ({"forcing": {"offf": Forcing(times=[0.0], values=[1.0])}}, "offf", "off"),
        ({"parameters": LogNormal(cells=2, sigma={"offf": 1.0})}, "offf", "off"),
        ({"parameters": LogNormal(cells=2, sigma=0.1, around={"offf": 1.0})}, "offf", "off"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_known_one(
    binding: Model, arguments: dict[str, Any], wrong: str, right: str
) -> None:
    told = refusal(binding, **arguments)
    assert f"'{wrong}'" in told
    assert f"Did you mean '{right}'" in told


@pytest.mark.parametrize(
    "parameters",
    [
        np.ones((4, 2)),
        np.ones((2, 3, 3)),
        np.ones((0, 3)),
        np.ones(7),
        {"on": np.ones((2, 2))},
        {"on": []},
        {"on": "fast"},
    ],
)
def test_arrays_of_the_wrong_shape_are_refused(binding: Model, parameters: Any) -> None:
    assert "parameters" in refusal(binding, parameters)


def test_rows_that_are_not_finite_are_named_by_parameter(binding: Model) -> None:
    rows = np.ones((3, len(binding.parameters)))
    rows[1, list(binding.parameters).index("off")] = np.nan
    assert "'off' is 'nan' in cell 1" in refusal(binding, rows)


@pytest.mark.parametrize(
    "arguments",
    [
        {"parameters": {"on": [1.0, 2.0], "off": [1.0, 2.0, 3.0]}},
        {"parameters": {"on": [1.0, 2.0]}, "initial": {"Drug": [1.0, 2.0, 3.0]}},
        {"initial": {"Drug": [1.0, 2.0], "Receptor": [1.0, 2.0, 3.0]}},
        {"parameters": {"on": [1.0, 2.0]}, "phases": [Phase(duration=9.0, add={"Drug": [1.0, 2.0, 3.0]})]},
        {"parameters": {"on": [1.0, 2.0]}, "forcing": {"off": Forcing(times=[0.0], values=np.ones((3, 1)))}},
        {"parameters": LogNormal(cells=2, sigma=0.1), "initial": {"Drug": [1.0, 2.0, 3.0]}},
    ],
)
def test_numbers_of_cells_that_disagree_are_told(binding: Model, arguments: dict[str, Any]) -> None:
    told = refusal(binding, **arguments)
    assert "2, 3" in told


@pytest.mark.parametrize("rtol", [0.0, -1e-5, 1.0, 1e-16, float("nan"), float("inf")])
def test_a_relative_tolerance_out_of_range_is_refused(binding: Model, rtol: float) -> None:
    assert "rtol" in refusal(binding, rtol=rtol)


@pytest.mark.parametrize("atol", [0.0, -1e-5, float("nan"), float("inf")])
def test_an_absolute_tolerance_out_of_range_is_refused(binding: Model, atol: float) -> None:
    assert "atol" in refusal(binding, atol=atol)


@pytest.mark.parametrize(
    "forcing",
    [
        Forcing(times=[1.0, 1.0], values=[1.0, 2.0]),
        Forcing(times=[2.0, 1.0], values=[1.0, 2.0]),
        Forcing(times=[], values=[]),
        Forcing(times=[1.0, float("nan")], values=[1.0, 2.0]),
        Forcing(times=[1.0, 2.0], values=[1.0]),
        Forcing(times=[1.0, 2.0], values=[1.0, float("inf")]),
        Forcing(times=[1.0, 2.0], values=[[[1.0, 2.0]]]),
        Forcing(times=[1.0, 2.0], values=[1.0, -2.0]),
        Forcing(times=["a", "b"], values=[1.0, 2.0]),
    ],
)
def test_a_forcing_that_is_no_course_is_refused(binding: Model, forcing: Forcing) -> None:
    assert "'on'" in refusal(binding, forcing={"on": forcing})


@pytest.mark.parametrize(
    ("draw", "told"),
    [
        ({"cells": 0}, "cells"),
        ({"cells": -3}, "cells"),
        ({"cells": 2.5}, "cells"),
        ({"sigma": -0.1}, "sigma"),
        ({"sigma": float("nan")}, "sigma"),
        ({"sigma": {"on": -1.0}}, "sigma"),
        ({"seed": -1}, "seed"),
    ],
)
def test_an_ensemble_that_cannot_be_drawn_is_refused(binding: Model, draw: dict[str, Any], told: str) -> None:
    assert told in refusal(binding, LogNormal(**{"cells": 3, "sigma": 0.1, **draw}))


@pytest.mark.parametrize("method", ["rodas", "", "cvode"])
def test_an_unknown_method_is_told_with_the_known_ones(binding: Model, method: str) -> None:
    told = refusal(binding, method=method)
    assert "method" in told
    assert "rodas5p" in told


@pytest.mark.parametrize("lanes", [0, 3, -2, 2.5])
def test_a_number_of_lanes_that_cannot_be_is_refused(binding: Model, lanes: Any) -> None:
    assert "lanes" in refusal(binding, lanes=lanes)


@pytest.mark.parametrize("steps", [0, -1, 2.5])
def test_a_number_of_steps_that_cannot_be_is_refused(binding: Model, steps: Any) -> None:
    assert "max_steps" in refusal(binding, max_steps=steps)


@pytest.mark.parametrize(
    "formula",
    [
        "",
        " ",
        "Drug +",
        "Drug Receptor",
        "max(Drug, 1)",
        "Drug > 1",
        "__import__('os')",
        "(lambda: 1)()",
        "Drug[0]",
        "'Drug'",
        "1e200^2",
        "1" + "0" * 400,
        "1e400",
        "-" * 5000 + "Drug",
        "(" * 300 + "Drug" + ")" * 300,
        "Drug + " * 2000,
        "Drug\nReceptor",
        "True",
        "1j",
    ],
)
def test_a_formula_that_cannot_be_read_is_refused(binding: Model, formula: str) -> None:
    assert "observables" in refusal(binding, observables=["Drug", formula])


def test_observables_given_as_one_name_are_not_taken_letter_by_letter() -> None:
    model = network({"A": 1.0, "B": 2.0}, [reaction("A -> B", "A")])
    assert "observables" in refusal(model, observables="AB")


@pytest.mark.parametrize("name", ["lambda", "is", "None", "in", "def", "_x", "e1"])
def test_a_species_may_have_any_name_that_sbml_allows(name: str) -> None:
    model = network({name: 1.0}, [reaction(f"{name} ->", f"k * {name}")], k=1.0)
    result = simulate(model, times=[1.0])
    assert result.of(name)[0, 0] == pytest.approx(np.exp(-1), rel=1e-4)


def test_an_id_is_never_taken_for_what_another_quantity_is_called() -> None:
    text = sbml({"A": 1.0, "B": 7.0}, [reaction("A ->", "0*A"), reaction("B ->", "0*B")], names={"A": "B"})
    result = simulate(Model.from_sbml_text(text), times=[0.0, 1.0])
    assert result.of("B")[0, 0] == 7.0


def test_a_label_that_two_quantities_share_is_refused() -> None:
    text = sbml({"A": 1.0, "B": 7.0}, [reaction("A ->", "0*A"), reaction("B ->", "0*B")], names={"A": "R", "B": "R"})
    assert "'R'" in refusal(Model.from_sbml_text(text), initial={"R": 3.0})


def test_a_number_that_the_model_lacks_is_asked_for() -> None:
    model = Model.from_sbml_text(sbml({"A": None}, [reaction("A ->", "k * A")], {"k": None}))
    told = refusal(model)
    assert "'A'" in told
    assert "'k'" in told
    result = simulate(model, {"k": 1.0}, {"A": 2.0}, times=[1.0])
    assert result.of("A")[0, 0] == pytest.approx(2 * np.exp(-1), rel=1e-4)


def test_every_fault_of_a_call_is_told_at_once(binding: Model) -> None:
    told = refusal(
        binding,
        {"onn": 1.0, "off": -1.0},
        {"Drugs": 1.0},
        rtol=7.0,
        atol=-1.0,
        phases=[Phase(duration=-1.0, add={"Dug": 1.0})],
        forcing={"offf": Forcing(times=[0.0], values=[1.0])},
    )
    for word in ("onn", "'off'", "Drugs", "rtol", "atol", "duration", "Dug", "offf"):
        assert word in told


def test_faults_of_times_names_and_formulas_are_told_together(binding: Model) -> None:
    told = refusal(binding, {"onn": 1.0}, times=[2.0, 1.0], observables=["Komplex"], stop="Drug", method="rodas")
    for word in ("onn", "times", "Komplex", "stop", "rodas"):
        assert word in told


def _mixed(states: int) -> Model:
    names = [f"s{i}" for i in range(states)]
    partner: Callable[[int], str] = lambda i: names[(i * 7 + 3) % states]  # noqa: E731
    steps = [
        reaction(f"{a} + {partner(i)} -> {names[(i * 11 + 5) % states]}", f"k * {a} * {partner(i)}")
        for i, a in enumerate(names)
    ]
    return network(dict.fromkeys(names, 1.0), steps, k=1.0)


@pytest.mark.slow
def test_a_model_too_large_for_straight_line_code_is_refused_quickly() -> None:
    model = _mixed(2500)
    began = time.process_time()  # not the clock: other tests may keep the machine busy
    told = refusal(model)
    assert "2500 states" in told
    assert time.process_time() - began < SECONDS_TO_REFUSE


def test_the_decay_that_these_tests_lean_on_is_right() -> None:
    assert simulate(decay(), times=[2.0]).of("A")[0, 0] == pytest.approx(100 * np.exp(-1), rel=1e-4)
