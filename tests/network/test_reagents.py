"""Reagents that act where another one does: on what, how much of it they leave, and under which names."""

from __future__ import annotations

import pytest

from avpi.network.reagents import given, mimetic, reagents_that_enter, stands_in
from avpi.population.well import grow
from tests.population.wells import dose, experiment


@pytest.mark.parametrize(
    ("reagent", "molar", "formulas"),
    [
        ("Q-VD-OPh", 10e-6, {"g_C8": 0.05, "g_C8F": 0.05, "g_C3": 0.05, "g_C9": 0.05}),
        ("Boc-D-fmk", 50e-6, {"g_C8": 0.05, "g_C3": 0.05, "g_C9": 0.05}),
        ("z-IETD-fmk", 20e-6, {"g_C8": 0.1}),
        ("RIPK1-inhibitor", 1e-6, {"g_Nec": 0.1}),
        ("GSK843", 3e-6, {"g_GSK872": 0.1}),
        ("actinomycin-D", 0.8e-6, {"translation": 0.15}),
        ("carfilzomib", 100e-9, {"proteasome": 0.15}),
    ],
)
def test_an_inhibitor_leaves_little_of_what_it_acts_on(reagent: str, molar: float, formulas: dict[str, float]) -> None:
    every = ("g_C8", "g_C8F", "g_C3", "g_C9", "g_Nec", "g_GSK872", "translation", "proteasome")
    well = grow(experiment("HT-29", dose(reagent, molar)), times_hours=[1.0], cells=4, observe=every)
    left = {name: float(well.values[name][:, -1].mean()) for name in every}
    assert all(left[name] < most for name, most in formulas.items()), left
    spared = {name for name in every if name not in formulas} - {"g_C8F"}
    assert all(left[name] == pytest.approx(1) for name in spared), left


@pytest.mark.parametrize(("one", "other"), [("IFN-beta", "IFN-gamma"), ("IL-1a", "IL-1b"), ("poly-IC", "LPS")])
def test_a_relative_acts_where_its_relative_acts(one: str, other: str) -> None:
    entry, like = given(one), given(other)
    assert entry is not None
    assert like is not None
    assert like.name == entry.name


def test_what_stands_for_something_else_says_so() -> None:
    for name, entry in reagents_that_enter().items():
        said = stands_in(name)
        assert bool(said) == bool(entry.why), name
        assert entry.why in said, name
    told = "FasL acts in the model as TRAIL does: the receptors of TRAIL stand for those of FasL (assumed)."
    assert stands_in("CD95L") == told
    assert stands_in("GSK963").startswith("GSK963 acts in the model as 10 times as much Nec-1s does: ")
    assert stands_in("birinapant") == stands_in("no such reagent") == ""


@pytest.mark.parametrize(("word", "compound"), [("SM 164", "SM-164"), ("BV 6", "BV6"), ("LCL 161", "LCL161")])
def test_a_mimetic_is_found_by_loose_spelling(word: str, compound: str) -> None:
    found = mimetic(word)
    assert found is not None
    assert found.compound == compound
