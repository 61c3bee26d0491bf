"""Power: more experiments decide more, quiet plates decide sooner, and the numbers repeat."""

from __future__ import annotations

import numpy as np
import pytest

from avpi.planning.matrix import MATRIX_ARMS, TUBES
from avpi.planning.power import (
    Noise,
    Power,
    PowerDesign,
    draw_effects,
    fewest_experiments,
    ratio_half_width,
    simulate_power,
)
from avpi.planning.scenarios import SCENARIOS, weakened

ARMS = ("SM", "TNF", "SM+TNF", "zVAD", "SM+zVAD", "TNF+zVAD", "SM+TNF+zVAD", "Nec-1s", "SM+anti-TNF", "anti-TNF")
DESIGN = PowerDesign(
    conditions=dict.fromkeys(ARMS, 4), vehicle_wells=8, harvests=(15.0, 30.0), tubes=("DMSO", "SM", "TNF", "SM+TNF")
)
AUTOCRINE, NEEDS_TNF, NECROPTOSIS, RESISTANT = SCENARIOS


def test_a_ratio_of_six_wells_each_is_known_to_twelve_per_cent_at_9_4() -> None:
    assert ratio_half_width(0.094, 6, 6) == pytest.approx(0.12, abs=0.002)


def test_equal_seeds_give_equal_power_and_its_error_is_told() -> None:
    one = simulate_power(DESIGN, experiments=(2,), simulations=6, scenarios=(NEEDS_TNF,), seed=3)
    assert one == simulate_power(DESIGN, experiments=(2,), simulations=6, scenarios=(NEEDS_TNF,), seed=3)
    assert 0 < one[0].standard_error < 0.25


def test_quiet_plates_make_the_right_call_and_wild_ones_do_not() -> None:
    quiet = Noise(well_cv=0.02, between_cv=0.02, lane_cv=0.03)
    wild = Noise(well_cv=0.5, between_cv=0.6, lane_cv=0.03)
    for scenario in (AUTOCRINE, RESISTANT):
        sure = simulate_power(DESIGN, noise=quiet, experiments=(3,), simulations=5, scenarios=(scenario,))[0]
        lost = simulate_power(DESIGN, noise=wild, experiments=(2,), simulations=5, scenarios=(scenario,))[0]
        assert sure.right == 1.0
        assert lost.right < 0.9
    assert sure.leaf == "resistant_downstream_of_tnf"


def test_the_right_call_is_what_the_design_allows() -> None:
    full = PowerDesign(
        conditions=dict.fromkeys(MATRIX_ARMS["necroptosis"], 4), vehicle_wells=16, harvests=(15.0, 30.0),
        tubes=(*TUBES, "SM+TNF+zVAD+GSK872"),
    )  # fmt: skip
    quiet = Noise(well_cv=0.01, between_cv=0.01, lane_cv=0.02)
    decided = simulate_power(full, noise=quiet, experiments=(3,), simulations=2, scenarios=(NECROPTOSIS,))[0]
    assert decided.leaf == "necroptosis/needs_tnf"
    short = simulate_power(DESIGN, noise=quiet, experiments=(3,), simulations=2, scenarios=(NECROPTOSIS,))[0]
    assert short.leaf == "not_determined"
    assert short.right == 0.0


def test_the_fewest_experiments_are_those_from_which_on_it_is_enough() -> None:
    def powers(*shares: float) -> list[Power]:
        return [
            Power(scenario="x", experiments=n, leaf="", right=share, standard_error=0.1, wrong=0.0)
            for n, share in enumerate(shares, start=2)
        ]

    assert fewest_experiments(powers(0.5, 0.9, 0.95), "x") == 3
    assert fewest_experiments(powers(0.9, 0.7, 0.95), "x") == 4
    assert fewest_experiments(powers(0.9, 0.95, 0.7), "x") is None


def test_a_drawn_ratio_scatters_as_wells_and_days_do() -> None:
    rng = np.random.default_rng(5)
    noise = Noise(well_cv=0.2, between_cv=0.1, lane_cv=0.15)
    cells = draw_effects(DESIGN, noise, RESISTANT, 400, rng).viability.cells
    ratios = [cell.log_value for cell in cells if cell.key == "SM"]
    within = 0.2**2 * (1 / 4 + 1 / 8)
    assert np.std(ratios) == pytest.approx(np.sqrt(within + 0.1**2), rel=0.1)
    assert np.mean(ratios) == pytest.approx(np.log(0.97), abs=0.03)
    assert max(cell.variance for cell in cells) == pytest.approx(within)


def test_weaker_effects_are_harder_to_call() -> None:
    weak = weakened(NEEDS_TNF, 0.5)
    assert weak.with_tnf == NEEDS_TNF.with_tnf / 2
    clear, hard = (
        simulate_power(DESIGN, experiments=(3,), simulations=12, scenarios=(s,), seed=2)[0].right
        for s in (NEEDS_TNF, weak)
    )
    assert hard < clear


def test_scenarios_are_what_their_titles_say() -> None:
    from avpi.names import Condition

    sm_tnf, rescued = Condition.of("SM", "TNF"), Condition.of("SM", "TNF", "zVAD")
    assert NEEDS_TNF.viability(Condition.SM) > 0.9 > NEEDS_TNF.viability(sm_tnf)
    assert NEEDS_TNF.viability(rescued) > 0.8
    assert NECROPTOSIS.viability(rescued) < NECROPTOSIS.viability(sm_tnf)
    assert NECROPTOSIS.viability(Condition.of("SM", "TNF", "zVAD", "Nec-1s")) > 0.8
    assert AUTOCRINE.viability(Condition.of("SM", "anti-TNF")) > AUTOCRINE.viability(Condition.SM)
    assert all(s.ciap1(30) < 0.1 for s in SCENARIOS)
