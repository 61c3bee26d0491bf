"""Stocks, intermediates and fill-up: doses as planned, one DMSO in every well, volumes that can be pipetted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avpi.errors import InputError
from avpi.names import Addition, Condition
from avpi.planning.dilutions import LEAST_NL, MOST_STEP, dilution_steps, stock_needed
from avpi.planning.liquids import split_volume
from avpi.planning.recipe import Grain, Stock, make_recipe, portion_of

SM = Stock(reagent="SM", concentration=10e-3, unit="molar", vehicle="DMSO")
ZVAD = Stock(reagent="zVAD", concentration=20e-3, unit="molar", vehicle="DMSO")
TNF = Stock(reagent="TNF", concentration=1e5, unit="ng_per_ml", vehicle="aqueous")
STOCKS = {"SM": SM, "zVAD": ZVAD, "TNF": TNF}
ECHO = Grain(total_nl=50_000.0, step_nl=2.5, least_nl=2.5)
PIPETTE = Grain(total_nl=2_000_000.0, step_nl=10.0, least_nl=2000.0)


def dosed(**doses: float) -> Condition:
    return Condition.of(*(Addition(name, dose) for name, dose in doses.items()))


def test_a_stock_is_used_as_it_is_where_its_part_can_be_dispensed() -> None:
    portion = portion_of(Addition("zVAD", 20e-6), ZVAD, ECHO)
    assert portion.liquid.concentration == ZVAD.concentration
    assert portion.steps * ECHO.step_nl == 50.0


def test_an_intermediate_is_made_where_the_stock_would_be_too_little() -> None:
    portion = portion_of(Addition("SM", 16e-9), SM, PIPETTE)
    assert portion.liquid.concentration == pytest.approx(16e-6)
    assert portion.steps * PIPETTE.step_nl == 2000.0


def test_a_stock_that_is_too_weak_is_refused_with_what_would_do() -> None:
    with pytest.raises(InputError, match="at least 2 mM"):
        portion_of(
            Addition("zVAD", 20e-6), Stock(reagent="zVAD", concentration=1e-3, unit="molar", vehicle="DMSO"), ECHO
        )


@settings(max_examples=80, deadline=None)
@given(
    dose=st.floats(1e-11, 5e-6),
    stock=st.floats(1e-3, 20e-3),
    grain=st.sampled_from([ECHO, PIPETTE, Grain(total_nl=8000.0, step_nl=2.5, least_nl=2.5)]),
)
def test_every_dose_is_met_to_one_per_cent_by_whole_steps_of_at_most_a_hundredth(
    dose: float, stock: float, grain: Grain
) -> None:
    own = Stock(reagent="SM", concentration=stock, unit="molar", vehicle="DMSO")
    portion = portion_of(Addition("SM", dose), own, grain)
    part = portion.steps * grain.step_nl
    assert part * portion.liquid.concentration / grain.total_nl == pytest.approx(dose, rel=0.01)
    assert grain.least_nl <= part <= grain.total_nl / 100 * (1 + 1e-9)
    assert portion.liquid.concentration <= stock * (1 + 1e-9)


def test_every_condition_has_the_same_dmso_and_the_same_buffer() -> None:
    conditions = [Condition.DMSO, dosed(SM=1e-7), dosed(SM=1e-7, zVAD=20e-6), dosed(SM=1e-7, TNF=10.0), dosed(TNF=0.1)]
    for grain in (ECHO, PIPETTE):
        recipe = make_recipe(conditions, STOCKS, grain, most_dmso=0.005)
        for portions in recipe.portions.values():
            for vehicle, total in recipe.totals.items():
                assert sum(p.steps for p in portions if p.liquid.vehicle == vehicle) == total
            assert all(p.steps * grain.step_nl >= grain.least_nl for p in portions)


def test_a_fill_up_below_the_smallest_volume_raises_the_total_instead() -> None:
    odd = Stock(reagent="zVAD", concentration=16e-3, unit="molar", vehicle="DMSO")
    conditions = [dosed(zVAD=20e-6), dosed(SM=1e-7)]
    recipe = make_recipe(conditions, {"SM": SM, "zVAD": odd}, PIPETTE, most_dmso=0.01)
    assert {p.steps for portions in recipe.portions.values() for p in portions} == {250, 200}
    assert recipe.totals == {"DMSO": 450}


def test_too_much_dmso_is_refused_and_names_the_condition() -> None:
    with pytest.raises(InputError, match=r"SM\+zVAD needs 0.2 % DMSO, and 0.1 % is allowed"):
        make_recipe([dosed(SM=1e-7, zVAD=20e-6)], STOCKS, PIPETTE, most_dmso=0.001)


def test_a_reagent_without_a_stock_is_named() -> None:
    with pytest.raises(InputError, match="'TNF' has no stock"):
        make_recipe([dosed(TNF=1.0)], {"SM": SM}, ECHO, most_dmso=0.005)


def test_dilutions_go_down_in_steps_that_a_hand_can_do_and_give_what_is_needed() -> None:
    doses = [1e-6, 1e-8, 1e-11]
    recipe = make_recipe([dosed(SM=dose) for dose in doses], STOCKS, PIPETTE, most_dmso=0.005)
    loads = {liquid: 19_000.0 for liquid in recipe.intermediates}
    steps = dilution_steps(recipe.intermediates, loads, STOCKS)
    taken: dict[str, float] = {}
    for step in steps:
        assert step.from_nl >= LEAST_NL
        assert step.total_nl / step.from_nl <= MOST_STEP * 1.001
        got = step.made_from.concentration * step.from_nl / step.total_nl
        assert got == pytest.approx(step.liquid.concentration, rel=0.002)
        taken[step.made_from.name] = taken.get(step.made_from.name, 0.0) + step.from_nl
    for step in steps:
        assert step.total_nl >= loads.get(step.liquid, 0.0) + taken.get(step.liquid.name, 0.0)
    assert stock_needed(steps, loads, SM) == taken["SM 10 mM"]


@given(droplets=st.integers(1, 5000))
def test_a_split_volume_adds_up_in_parts_that_are_not_too_large(droplets: int) -> None:
    parts = split_volume(droplets * 2.5, 500.0, 2.5)
    assert sum(parts) == droplets * 2.5
    assert max(parts) <= 500.0
    assert max(parts) - min(parts) <= 2.5
