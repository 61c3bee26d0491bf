"""Knock-outs, knock-downs, over-expression and mutants do something, and words that are none are refused."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.network.genotype import MUTANT_NAMES, TOGETHER, genotype_parameters
from avpi.network.lines import lines
from avpi.network.parameters import parameters, scaled_by
from avpi.population.well import pathway_model
from avpi.solver.programme import Phase
from avpi.solver.simulate import Floats, simulate

PROTEINS = sorted({p.protein for p in parameters().values() if p.protein})
HT_29: Mapping[str, float] = {p.name: p.value for p in parameters().values()} | dict(lines()["HT-29"].parameters)
EVERYTHING = {"D_medium": 100.0, "TRAIL": 20.0, "LPS": 10.0, "NSA": 0.3, "GSK872": 0.02}
"""A little of everything, so that each protein has something to do."""


def change(word: str, factor: float) -> dict[str, float]:
    found = genotype_parameters(word, factor, HT_29)
    assert found is not None, word
    return found


@pytest.mark.parametrize("protein", PROTEINS)
def test_every_protein_can_be_lost_lowered_and_raised(protein: str) -> None:
    names = scaled_by(protein)
    assert {name: 0.0 for name in names} == change(protein, 0)
    assert change(protein, 0.1) == pytest.approx({name: 0.1 * HT_29[name] for name in names})
    assert change(protein, 5) == pytest.approx({name: 5 * HT_29[name] for name in names})
    assert any(HT_29[name] for name in names), "there is something to lose"


@given(factor=st.floats(0, 20), protein=st.sampled_from(PROTEINS))
def test_a_wild_type_is_a_wild_type_and_no_parameter_becomes_negative(factor: float, protein: str) -> None:
    assert change(protein, 1) == pytest.approx({name: HT_29[name] for name in scaled_by(protein)})
    assert all(value >= 0 for value in change(protein, factor).values())


def simulated(changes: list[dict[str, float]]) -> Floats:
    """Return the states of a cell of each genotype over two days in which everything is given (genotypes, numbers)."""
    values = {name: np.array([{**HT_29, **c}[name] for c in changes]) for name in HT_29}
    model = pathway_model()
    rest = simulate(model, values, times=[240.0], rtol=1e-6)
    start = {name: rest.of(name)[:, -1] for name in rest.observables}
    phase = Phase(parameters=EVERYTHING, add={"TNF_given": 1.0})
    run = simulate(model, values, start, times=[0.5, 4, 12, 48], phases=[phase], rtol=1e-6)
    assert not run.failed.any()
    return run.values.reshape(len(changes), -1)


def test_every_genotype_changes_what_the_cell_does() -> None:
    words = [*PROTEINS, *MUTANT_NAMES, *TOGETHER]
    wild, *others = simulated([{}, *(change(word, 1.0 if word in MUTANT_NAMES else 0.0) for word in words)])
    idle = [
        w for w, other in zip(words, others, strict=True) if np.max(np.abs(other - wild) / (np.abs(wild) + 1e-3)) < 1e-3
    ]
    assert idle == []


@pytest.mark.parametrize(("one", "other"), [("cIAP1", "BIRC2"), ("RIPK1", "RIP1"), ("Caspase-8", "CASP8")])
def test_a_protein_has_its_names(one: str, other: str) -> None:
    assert change(one, 0) == change(other, 0)


@pytest.mark.parametrize("word", ["", "insulin", "RIPK1-X999Z", "cIAP9"])
def test_a_word_that_is_no_protein_is_none(word: str) -> None:
    assert genotype_parameters(word, 0, HT_29) is None


def test_pairs_are_lost_together() -> None:
    assert change("BAX-BAK", 0) == {"BAX": 0.0, "BAK": 0.0}


def test_less_sharpin_leaves_some_lubac() -> None:
    assert 0 < change("SHARPIN", 0)["LUBAC"] < HT_29["LUBAC"]
    assert change("SHARPIN", 1)["LUBAC"] == pytest.approx(HT_29["LUBAC"])


def test_a_mutant_replaces_its_protein_in_the_amount_given() -> None:
    dead = change("RIPK1-D138N", 0.5)
    assert (0.0, 0.5 * HT_29["RIPK1_level"]) == (dead["RIPK1_kinase"], dead["RIPK1_level"])
