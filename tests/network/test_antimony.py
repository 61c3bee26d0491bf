"""The Antimony text, read by the antimony package and written as SBML, is the same model to the last digits."""

from __future__ import annotations

import antimony
import numpy as np
import pytest

from avpi.network.antimony import MODEL, antimony_text, exact
from avpi.network.assemble import pathway
from avpi.network.export import antimony_files, line_values
from avpi.network.lines import lines
from avpi.network.sbml import sbml_text
from avpi.solver.model import Model
from avpi.solver.programme import Phase
from avpi.solver.simulate import simulate


def sbml_of(text: str) -> str:
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(text) >= 0, antimony.getLastError()
    return str(antimony.getSBMLString(MODEL))


@pytest.mark.parametrize("name", ["HT-29", "L929"])
def test_antimony_becomes_sbml_that_simulates_to_the_same_numbers(name: str) -> None:
    (text,) = antimony_files(lines()[name]).values()
    direct = Model.from_sbml_text(sbml_text(tuple(line_values(lines()[name]).items())))
    around = Model.from_sbml_text(sbml_of(text))
    assert set(around.states) == set(direct.states)
    phases = [Phase(duration=240.0), Phase(parameters={"D_medium": 100.0}, add={"TNF_given": 10.0, "zV": 20.0})]
    expected, found = (
        simulate(model, times=[240, 240.5, 244, 264, 288], phases=phases, rtol=1e-8, observables=direct.states).values
        for model in (direct, around)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-12)


def test_every_module_is_a_section_and_every_why_a_comment() -> None:
    text = antimony_text()
    for module in pathway().modules:
        assert f"// ==== {module.title} ====" in text
    flat = " ".join(text.replace("//", "").split())
    missing = [r.name for r in pathway().reactions if " ".join(r.why.split()) not in flat]
    assert missing == []


@pytest.mark.parametrize("value", [0.0, 1.0, 1e-9, 0.1, 30000.0, 1 / 3])
def test_numbers_come_back_as_they_were(value: float) -> None:
    assert float(exact(value)) == value


def test_what_is_no_number_is_not_written() -> None:
    with pytest.raises(ValueError, match="no value"):
        exact(float("inf"))
