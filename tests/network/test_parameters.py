"""Every number of the pathway says what it is, in which unit, and who measured it or that nobody did."""

from __future__ import annotations

import pytest

from avpi.network.assemble import pathway
from avpi.network.parameters import parameters, scaled_by
from tests.network.formulas import UNITS, Dimensions

HIDDEN_CONSTANTS = {"active_share", "RD_by_GSK872"}
"""Formulas in which a bare number still stands for an amount; none may be added to them."""


def test_every_parameter_has_a_unit_a_meaning_and_a_source() -> None:
    without = [
        p.name for p in parameters().values() if p.unit not in UNITS or not p.what.strip() or not p.source.strip()
    ]
    assert without == []


def test_every_value_lies_in_its_range() -> None:
    def fits(name: str) -> bool:
        p = parameters()[name]
        off = p.value == 0 and bool(p.protein)  # a gene that most lines do not express
        return p.low <= p.high and (off or p.low <= p.value <= p.high)

    assert [name for name in parameters() if not fits(name)] == []


def test_what_is_assumed_says_so_and_what_is_measured_names_somebody() -> None:
    for p in parameters().values():
        assert len(p.source) > 3, p.name
        assert p.cv == 0 or 0.1 <= p.cv <= 1, p.name


def test_each_protein_scales_something() -> None:
    proteins = {p.protein for p in parameters().values() if p.protein}
    assert len(proteins) > 40
    assert all(scaled_by(protein) for protein in proteins)
    assert scaled_by("no such protein") == ()


def test_what_is_added_has_the_same_unit() -> None:
    dimensions = Dimensions()
    for reaction in pathway().reactions:
        dimensions.formula(reaction.rate, reaction.name)
    assert {where for where, _ in dimensions.faults} <= HIDDEN_CONSTANTS, dimensions.faults


def test_every_rate_is_an_amount_per_hour() -> None:
    dimensions = Dimensions()
    for reaction in pathway().reactions:
        rate = dimensions.formula(reaction.rate, reaction.name)
        for species in (*reaction.reactants, *reaction.products):
            assert rate == {**dimensions.of[species], "hour": -1}, (reaction.name, species, rate)


def test_every_start_is_an_amount() -> None:
    dimensions = Dimensions()
    for species in pathway().species:
        found = dimensions.formula(species.start, species.name)
        assert not found or found == dimensions.of[species.name], species.name


@pytest.mark.parametrize("name", ["C1_total", "XIAP_total", "CASP8_total", "RIPK3_total"])
def test_amounts_of_proteins_are_those_of_cells(name: str) -> None:
    assert 1_000 < 602 * parameters()[name].high < 200_000
