"""SBML against libroadrunner: small models, simulated by both from start to end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import roadrunner
from numpy.typing import NDArray

from avpi.errors import InputError
from avpi.solver.model import Model
from avpi.solver.simulate import simulate
from tests.solver.models import (
    assignment_rule,
    compartment,
    decay,
    document,
    function,
    initial_assignment,
    parameter,
    rate_rule,
    reaction,
    species,
)

Floats = NDArray[np.float64]

TIMES = (0.0, 0.5, 2.0, 7.0)
RTOL, ATOL = 1e-10, 1e-13
AGREEMENT = 1e-8
"""Of two solvers that each keep a local error of RTOL or less."""


def by_roadrunner(text: str, selections: Sequence[str]) -> Floats:
    """Return what libroadrunner gives, (times, selections): 'A' is an amount there and '[A]' a concentration."""
    runner = roadrunner.RoadRunner(text)
    runner.integrator.setValue("relative_tolerance", RTOL / 100)
    runner.integrator.setValue("absolute_tolerance", ATOL / 100)
    runner.timeCourseSelections = list(selections)
    return np.array(runner.simulate(times=list(TIMES)))


def assert_like_roadrunner(text: str, *selections: str) -> Floats:
    """Compare a document's course; return ours, (times, selections)."""
    names = [selection.strip("[]") for selection in selections]
    found = simulate(Model.from_sbml_text(text), times=TIMES, observables=names, rtol=RTOL, atol=ATOL)
    assert not found.failed.any()
    np.testing.assert_allclose(found.values[0], by_roadrunner(text, selections), rtol=AGREEMENT, atol=AGREEMENT)
    assert np.ptp(found.values[0], axis=0).any()  # something happened
    return np.asarray(found.values[0])


def test_a_concentration_decays() -> None:
    assert_like_roadrunner(decay(), "[A]")


def test_an_amount_is_not_divided_by_the_volume() -> None:
    text = document(
        compartments=compartment("cell", 2.5),
        species=species("A", amount=10.0, only_substance=True) + species("B", concentration=2.0, only_substance=True),
        parameters=parameter("k", 0.3),
        reactions=reaction("R", "A -> B", "k * A"),
    )
    course = assert_like_roadrunner(text, "A", "B")
    np.testing.assert_array_equal(course[0], [10.0, 5.0])


def test_a_concentration_in_a_volume_changes_by_the_amount_over_the_volume() -> None:
    text = document(
        compartments=compartment("cell", 2.5),
        species=species("A", amount=10.0) + species("B", concentration=2.0),
        parameters=parameter("k", 0.3),
        reactions=reaction("R", "A -> B", "k * A"),
    )
    course = assert_like_roadrunner(text, "[A]", "[B]")
    np.testing.assert_array_equal(course[0], [4.0, 2.0])


def test_a_transport_between_two_volumes_keeps_the_amount() -> None:
    text = document(
        compartments=compartment("cytosol", 2.0) + compartment("nucleus", 0.25),
        species=species("A", concentration=3.0, where="cytosol") + species("B", concentration=0.0, where="nucleus"),
        parameters=parameter("k", 0.3),
        reactions=reaction("R", "A -> B", "k * (cytosol * A - nucleus * B)"),
    )
    course = assert_like_roadrunner(text, "[A]", "[B]")
    np.testing.assert_allclose(course @ [2.0, 0.25], 6.0, rtol=AGREEMENT)


def test_amounts_and_concentrations_may_react_with_each_other() -> None:
    text = document(
        compartments=compartment("cell", 4.0),
        species=species("A", concentration=3.0) + species("B", amount=2.0, only_substance=True),
        parameters=parameter("k", 0.2),
        reactions=reaction("R", "A + B ->", "k * A * B"),
    )
    assert_like_roadrunner(text, "[A]", "B")


def test_a_boundary_species_is_not_used_up() -> None:
    text = document(
        species=species("A", concentration=3.0, boundary=True) + species("B", concentration=0.0),
        parameters=parameter("k", 0.2),
        reactions=reaction("R", "A -> B", "k * A"),
    )
    assert assert_like_roadrunner(text, "[B]", "[A]")[-1, 1] == 3.0


def test_a_constant_species_is_a_parameter() -> None:
    text = document(
        compartments=compartment("cell", 2.0),
        species=species("E", amount=3.0, constant=True, boundary=True) + species("A", concentration=1.0),
        parameters=parameter("k", 0.2),
        reactions=reaction("R", "A ->", "k * A * E", modifiers="E"),
    )
    assert Model.from_sbml_text(text).parameters["E"] == 1.5
    assert_like_roadrunner(text, "[A]")


@pytest.mark.parametrize(("level", "version"), [(2, 1), (2, 4), (3, 1), (3, 2)])
def test_local_parameters_hide_global_ones_in_their_reaction_alone(level: int, version: int) -> None:
    attributes = 'name="b"' if (level, version) == (3, 2) else 'fast="false"'
    text = document(
        level,
        version,
        species=species("A", concentration=3.0) + species("B", concentration=1.0),
        parameters=parameter("k", 0.2),
        reactions=reaction("R", "A -> B", "k * A", level=level, attributes=attributes, k=1.5)
        + reaction("S", "B ->", "k * B", level=level, attributes=attributes),
    )
    model = Model.from_sbml_text(text)
    assert (model.parameters["k"], model.parameters["R.k"]) == (0.2, 1.5)
    assert_like_roadrunner(text, "[A]", "[B]")


def test_a_function_is_written_out_with_its_arguments() -> None:
    text = document(
        functions=function("hill", "x, K, n", "x^n / (K^n + x^n)") + function("twice", "K", "hill(K, 2, 1.7) * 2"),
        species=species("A", concentration=3.0) + species("B", concentration=0.0),
        parameters=parameter("K", 0.7) + parameter("n", 2.3),
        reactions=reaction("R", "A ->", "hill(A, K, n)") + reaction("S", "-> B", "twice(A)", modifiers="A"),
    )
    assert_like_roadrunner(text, "[A]", "[B]")


def test_initial_assignments_may_depend_on_each_other_in_any_order() -> None:
    text = document(
        species=species("A", concentration=99.0) + species("B", concentration=1.0),
        parameters=parameter("k", 99.0) + parameter("q", 0.1) + parameter("total", None),
        initial=initial_assignment("A", "total - B")
        + initial_assignment("total", "20 * q + s")
        + initial_assignment("k", "q * A"),
        rules=assignment_rule("s", "2 * B"),
        reactions=reaction("R", "A -> B", "k * A"),
    ).replace('<parameter id="k"', '<parameter id="s" constant="false"/>\n<parameter id="k"')
    assert_like_roadrunner(text, "[A]", "[B]", "s")
    assert Model.from_sbml_text(text).parameters["k"] == pytest.approx(0.1 * 3.0)


def test_a_starting_amount_is_divided_by_the_volume_that_is_assigned() -> None:
    text = document(
        compartments=compartment("cell", None) + compartment("box", 7.0),
        species=species("A", amount=10.0)
        + species("B", amount=4.0, where="box", boundary=True)
        + species("C", concentration=3.0, where="box", only_substance=True),
        parameters=parameter("k", 0.2) + parameter("v", 2.5),
        initial=initial_assignment("cell", "v") + initial_assignment("box", "2 * cell"),
        reactions=reaction("R", "A -> C", "k * A * B"),
    )
    course = assert_like_roadrunner(text, "[A]", "C")
    np.testing.assert_allclose(course[0], [4.0, 15.0], rtol=1e-15)


def test_assignment_rules_may_come_in_any_order() -> None:
    text = document(
        species=species("A", concentration=3.0),
        parameters="".join(parameter(name, None, constant=False) for name in "xyz") + parameter("k", 0.2),
        rules=assignment_rule("x", "y + z") + assignment_rule("y", "z * A") + assignment_rule("z", "A^2 + 1"),
        reactions=reaction("R", "A ->", "k * x * A"),
    )
    assert_like_roadrunner(text, "[A]", "x", "y", "z")


def test_an_assignment_rule_may_give_a_boundary_species() -> None:
    text = document(
        species=species("A", concentration=3.0) + species("B", boundary=True),
        parameters=parameter("k", 0.2),
        rules=assignment_rule("B", "k * A"),
        reactions=reaction("R", "A + B ->", "A * B"),
    )
    assert_like_roadrunner(text, "[A]", "[B]")


def test_a_rate_rule_changes_a_parameter_even_below_zero() -> None:
    text = document(
        species=species("A", concentration=3.0),
        parameters=parameter("x", 1.0, constant=False) + parameter("v", 0.0, constant=False) + parameter("k", 0.2),
        rules=rate_rule("x", "v") + rate_rule("v", "-x"),
        reactions=reaction("R", "A ->", "k * A * (2 + x)"),
    )
    assert assert_like_roadrunner(text, "x", "v", "[A]")[:, 0].min() < 0


def test_a_rate_rule_may_give_a_species_in_a_volume() -> None:
    text = document(
        compartments=compartment("cell", 2.0),
        species=species("A", concentration=3.0, boundary=True)
        + species("B", amount=3.0, only_substance=True)
        + species("C", amount=0.0),
        parameters=parameter("k", 0.2),
        rules=rate_rule("A", "-k * A") + rate_rule("B", "-k * B * A"),
        reactions=reaction("R", "A -> C", "k * A"),
    )
    assert_like_roadrunner(text, "[A]", "B", "[C]")


def test_a_reversible_and_a_catalysed_reaction() -> None:
    text = document(
        species="".join(species(name, concentration=c) for name, c in (("A", 3.0), ("B", 0.0), ("E", 0.4), ("P", 0.0))),
        parameters=parameter("k", 0.2) + parameter("r", 0.1),
        reactions=reaction("R", "A -> B", "k * A - r * B").replace('reversible="false"', 'reversible="true"')
        + reaction("S", "B + E -> P + E", "k * B * E / (1 + B)"),
    )
    course = assert_like_roadrunner(text, "[A]", "[B]", "[P]", "[E]")
    assert np.ptp(course[:, 3]) == 0


def test_stoichiometry_counts() -> None:
    text = document(
        species=species("A", concentration=3.0) + species("B", concentration=1.0),
        parameters=parameter("k", 0.2),
        reactions=reaction("R", "2 A -> 0.5 B", "k * A^2") + reaction("S", "B + B -> A", "k * B"),
    )
    assert_like_roadrunner(text, "[A]", "[B]")


def test_time_is_the_time_of_the_run() -> None:
    text = document(
        species=species("A", concentration=3.0),
        parameters=parameter("k", 0.2) + parameter("x", None, constant=False),
        rules=assignment_rule("x", "exp(-time) + 1"),
        reactions=reaction("R", "A ->", "k * A * time * x"),
    )
    assert_like_roadrunner(text, "[A]", "x")


def test_every_operation_that_is_taken_means_what_it_does_in_sbml() -> None:
    functions = "sqrt(A) + root(3, A) + ln(A + 1) + log10(A + 2) + log(3, A + 2) + exp(-A)"
    operators = "A^1.5 + A^-1 + A^7 - -A + 4 / A + pi + 3e-1"
    text = document(
        species=species("A", concentration=4.0),
        parameters=parameter("k", 0.01),
        reactions=reaction("R", "A ->", f"k * ({functions} + {operators})"),
    )
    assert_like_roadrunner(text, "[A]")


def test_a_hill_term_starts_from_nothing() -> None:
    text = document(
        species=species("A", concentration=0.0) + species("B", concentration=0.0),
        parameters=parameter("k", 0.2) + parameter("n", 1.4) + parameter("K", 0.6),
        reactions=reaction("R", "-> A", "k") + reaction("S", "-> B", "A^n / (K^n + A^n)", modifiers="A"),
    )
    assert_like_roadrunner(text, "[A]", "[B]")


def test_a_missing_value_must_be_given() -> None:
    text = document(
        species=species("A") + species("B", concentration=1.0),
        parameters=parameter("k", None),
        reactions=reaction("R", "A -> B", "k * A"),
    )
    model = Model.from_sbml_text(text)
    with pytest.raises(InputError) as refused:
        simulate(model, times=[1.0])
    assert [problem.what for problem in refused.value.problems] == [
        "'k' has no value in the model",
        "'A' has no starting value in the model",
    ]
    found = simulate(model, {"k": 0.5}, {"A": 2.0}, times=TIMES, rtol=RTOL).of("A")
    np.testing.assert_allclose(found[0], 2 * np.exp(-0.5 * np.array(TIMES)), rtol=AGREEMENT)


def test_a_missing_value_that_nothing_needs_is_not_asked_for() -> None:
    text = decay().replace("</listOfParameters>", parameter("unused", None) + "</listOfParameters>")
    assert not simulate(Model.from_sbml_text(text), times=[1.0]).failed.any()


def test_the_names_that_people_use_are_kept() -> None:
    text = document(
        species=species("s1", concentration=1.0, label="cleaved PARP"),
        parameters=parameter("k", 0.2, label="rate"),
        reactions=reaction("R", "s1 ->", "k * s1"),
    )
    assert Model.from_sbml_text(text).labels == {"s1": "cleaved PARP", "k": "rate"}


def test_a_species_whose_name_is_a_word_of_python_is_observed() -> None:
    text = decay().replace('"A"', '"lambda"').replace("<ci> A </ci>", "<ci> lambda </ci>")
    assert simulate(Model.from_sbml_text(text), times=[1.0]).observables == ("lambda",)


def test_an_identifier_wins_over_the_label_of_another_quantity() -> None:
    text = document(
        species=species("A", concentration=1.0, label="B") + species("B", concentration=7.0, label="A"),
        parameters=parameter("k", 0.2),
        reactions=reaction("R", "A -> B", "k * A"),
    )
    assert_like_roadrunner(text, "[A]", "[B]")
