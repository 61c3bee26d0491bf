"""Models: what they say of themselves, what makes two of them equal, and that they travel."""

from __future__ import annotations

import pickle  # noqa: TID251 - how work travels to other processes
from pathlib import Path

import numpy as np
import pytest

from avpi.solver.equations import Equations
from avpi.solver.model import Model
from avpi.solver.simulate import simulate
from tests.solver.models import (
    assignment_rule,
    compartment,
    decay,
    document,
    initial_assignment,
    parameter,
    reaction,
    species,
)


def binding() -> Model:
    """Return a model with something of everything."""
    return Model.from_sbml_text(
        document(
            compartments=compartment("cell", 2.0),
            species=species("A", concentration=3.0, label="agonist")
            + species("B", amount=1.0, only_substance=True)
            + species("E", concentration=0.5, boundary=True),
            parameters=parameter("k", 0.3)
            + parameter("q", None)
            + parameter("n", 1.4)
            + parameter("f", None, constant=False),
            initial=initial_assignment("q", "2 * k"),
            rules=assignment_rule("f", "A^n / (1 + A^n)"),
            reactions=reaction("R", "2 A -> B", "cell * k * f * E", modifiers="E")
            + reaction("S", "B -> A", "p * q * B", p=0.1),
        )
    )


def test_a_model_names_its_states_parameters_and_what_is_derived() -> None:
    model = binding()
    assert model.states == ("A", "B")
    assert model.derived == ("f",)
    assert list(model.parameters) == ["cell", "E", "k", "q", "n", "S.p"]
    assert model.parameters["q"] == pytest.approx(0.6)  # computed from k
    assert model.labels == {"A": "agonist"}
    assert repr(model) == "Model(2 states, 4 rates, 6 parameters)"  # a rate for each unit


def test_equations_know_what_is_a_volume_and_what_is_held() -> None:
    own = binding().equations
    assert (own.volumes, own.held, own.amounts) == (("cell",), ("E",), (True, True))


def test_a_model_travels_to_another_process_and_back() -> None:
    model = binding()
    assert model.parameters  # looked at before it travels
    again = pickle.loads(pickle.dumps(model))
    assert again == model
    assert hash(again) == hash(model)
    assert again.content_hash == model.content_hash
    assert again.equations.graph.nodes == model.equations.graph.nodes
    course = [simulate(m, times=[1.0, 5.0]).values for m in (model, again)]
    np.testing.assert_array_equal(course[0], course[1])


def test_equations_are_the_same_after_being_written_and_read() -> None:
    own = binding().equations
    again = Equations.from_text(own.as_text())
    assert again.as_text() == own.as_text()
    assert (again.rates, again.stoichiometry, again.starts) == (own.rates, own.stoichiometry, own.starts)


def test_models_with_the_same_equations_are_equal_whatever_their_text_looks_like() -> None:
    text = decay()
    spaced = text.replace("\n", "\n\n").replace("<model", "<!-- the smallest there is -->\n<model")
    assert Model.from_sbml_text(spaced) == Model.from_sbml_text(text)


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ('value="0.5"', 'value="0.25"'),
        ('initialConcentration="10.0"', 'initialConcentration="11.0"'),
        ('stoichiometry="1"', 'stoichiometry="2"'),
        ('size="1.0"', 'size="2.0"'),
        ("<times/>", "<plus/>"),
        ('species id="A"', 'species id="A" name="label"'),
        ('hasOnlySubstanceUnits="false"', 'hasOnlySubstanceUnits="true"'),
    ],
)
def test_models_that_differ_in_anything_have_other_hashes(part: str, other: str) -> None:
    text = decay()
    assert part in text
    assert Model.from_sbml_text(text.replace(part, other)).content_hash != Model.from_sbml_text(text).content_hash


def test_a_hash_stays_what_it_is_when_the_model_has_been_simulated() -> None:
    model, fresh = binding(), binding()
    simulate(model, times=[1.0])
    assert model.content_hash == fresh.content_hash


def test_a_model_read_from_the_cache_is_the_model_that_was_put_there(tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    path.write_text(decay(rate=0.123))
    first, second = Model.from_sbml(path), Model.from_sbml(str(path))
    assert first == second == Model.from_sbml_text(decay(rate=0.123))


def test_partial_rates_are_those_that_are_not_0() -> None:
    own = binding().equations
    names = {(r, own.states[j]) for r, j in own.partial_rates()}
    expected = {(r, name) for r, rate in enumerate(own.rates) for name in own.graph.symbols(rate) & set(own.states)}
    assert names == expected
    assert own.jacobian_pattern(own.partial_rates()) == [{0, 1}, {0, 1}]


def test_a_rate_that_only_seems_to_depend_on_a_state_has_no_partial_rate() -> None:
    text = decay().replace("<ci> A </ci>", "<apply> <minus/> <ci> A </ci> <ci> A </ci> </apply>")
    assert Model.from_sbml_text(text).equations.partial_rates() == {}
