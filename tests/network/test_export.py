"""The exported model is the model: libroadrunner simulates it to the same numbers, whatever line and variant it is of.

Both sides settle for ten days and are then followed for two, beyond death, at tolerances far below what is asked. An
error is relative to the largest amount of its state over the course; below ``NOTHING`` an amount is rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import libsbml
import numpy as np
import pytest
import roadrunner

from avpi.errors import InputError
from avpi.network.export import antimony_files, line_values, sbml_files, write_new
from avpi.network.lines import lines
from avpi.network.reagents import mimetic, mimetic_parameters
from avpi.network.variants import REFERENCE, Variant, find_variant
from avpi.solver.model import Model
from avpi.solver.programme import Phase
from avpi.solver.simulate import Floats, simulate

REST_HOURS, HOURS = 240.0, np.linspace(0, 48, 49)
AGREE, NOTHING = 1e-5, 1e-9
TSZ_CONSTANTS = {"D_medium": 100.0}
TSZ_STATES = {"TNF_given": 10.0, "zV": 20.0}
ARCHETYPES = ("MDA-MB-231", "HT-29", "L929", "SUM149", "Jurkat-FADD-null")
OTHER = find_variant("A20- TNF- TRAF2- leak+")
CASES = [(name, REFERENCE) for name in ARCHETYPES] + [("HT-29", OTHER), ("MDA-MB-231", find_variant("A20-"))]


def expected_by_roadrunner(text: str, constants: Mapping[str, float], states: Mapping[str, float]) -> dict[str, Floats]:
    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_CRITICAL)
    reference = roadrunner.RoadRunner(text)
    reference.integrator.relative_tolerance = 1e-10
    reference.integrator.absolute_tolerance = 1e-14
    reference.integrator.maximum_num_steps = 10**6
    names = list(reference.model.getFloatingSpeciesIds())
    reference.timeCourseSelections = names
    reference.simulate(0, REST_HOURS, 2)
    for name, value in {**constants, **states}.items():
        reference[name] = value
    course = np.array(reference.simulate(REST_HOURS, REST_HOURS + HOURS[-1], HOURS.size))
    return {name: course[:, i] for i, name in enumerate(names)}


def ours(text: str, constants: Mapping[str, float], states: Mapping[str, float]) -> dict[str, Floats]:
    model = Model.from_sbml_text(text)
    phases = [Phase(duration=REST_HOURS), Phase(parameters=constants, set=states)]
    times = [REST_HOURS + 1e-9, *(REST_HOURS + HOURS[1:])]
    values = simulate(model, times=times, phases=phases, rtol=1e-9).values[0]
    return {name: values[:, i] for i, name in enumerate(model.states)}


@pytest.mark.parametrize("treated", [False, True], ids=["rest", "SM+TNF+zVAD"])
@pytest.mark.parametrize(("name", "variant"), CASES, ids=lambda x: getattr(x, "label", x))
def test_every_state_is_that_of_libroadrunner(name: str, variant: Variant, treated: bool) -> None:
    (text,) = sbml_files(lines()[name], variant).values()
    compound = mimetic("SM")
    assert compound is not None
    constants = {**mimetic_parameters(compound), **TSZ_CONSTANTS} if treated else {}
    states = TSZ_STATES if treated else {}
    expected, found = expected_by_roadrunner(text, constants, states), ours(text, constants, states)
    assert set(expected) == set(found)
    worst = {
        state: float(np.abs(found[state] - course)[1:].max() / (np.abs(course).max() + NOTHING))
        for state, course in expected.items()
    }
    assert {state: error for state, error in worst.items() if error > AGREE} == {}


def test_the_sbml_is_consistent_and_names_its_line() -> None:
    assert OTHER is not None
    (text,) = sbml_files(lines()["HT-29"], OTHER).values()
    document = libsbml.readSBMLFromString(text)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, True)
    document.checkConsistency()
    faults = [document.getError(i).getMessage() for i in range(document.getNumErrors())]
    assert [fault for fault in faults if fault] == []
    assert "HT-29, variant A20- TNF- TRAF2- leak+" in document.getModel().getName()
    assert document.getModel().getParameter("RIPK3_total").getValue() == line_values(lines()["HT-29"])["RIPK3_total"]


def test_nothing_is_overwritten_and_then_nothing_is_written(tmp_path: Path) -> None:
    line: Any = lines()["HT-29"]
    write_new(tmp_path / "new", sbml_files(line))
    with pytest.raises(InputError, match=r"ht-29\.xml.*already"):
        write_new(tmp_path / "new", {**antimony_files(line), **sbml_files(line)})
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["ht-29.xml"]
    with pytest.raises(InputError, match="is a file"):
        write_new(tmp_path / "new" / "ht-29.xml", {"a": "b"})


def test_words_of_a_variant() -> None:
    assert find_variant("") == REFERENCE
    assert find_variant("leak+, a20-") == Variant(strong_leak=True, a20_protects=False)
    assert find_variant(Variant(traf2_pool=False).label) == Variant(traf2_pool=False)
    assert find_variant("nonsense") is None
