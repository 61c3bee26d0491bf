"""A well of cells: reproducible, the same however closely one looks, honest about cells that were lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpi.errors import OurFault
from avpi.network.genotype import genotype_parameters
from avpi.network.parameters import parameters
from avpi.population import medium
from avpi.population import well as module
from avpi.population.cells import cell_parameters
from avpi.population.experiment import Dose, Experiment
from avpi.population.fates import MODES, Mode
from avpi.population.well import Well, grow
from tests.population.wells import SM, TNF, ZVAD, Floats, experiment, line

PROTEINS = sorted({p.protein for p in parameters().values() if p.protein})


def test_equal_seeds_give_equal_wells_to_the_byte_and_others_do_not() -> None:
    def values(seed: int) -> bytes:
        found = grow(experiment("HT-29", SM, TNF), times_hours=[24.0], cells=20, seed=seed, observe=("C8a",))
        return found.values["C8a"].tobytes() + found.fates.death_hours.tobytes()

    assert values(1) == values(1)
    assert values(1) != values(2)


def test_cells_die_when_they_die_however_closely_one_looks() -> None:
    found = experiment("HT-29", SM, TNF)
    rare, close = (grow(found, times_hours=times, cells=60) for times in ([48.0], np.linspace(0, 48, 200)))
    assert rare.fates.death_hours.tobytes() == close.fates.death_hours.tobytes()
    assert rare.fates.mode.tobytes() == close.fates.mode.tobytes()
    assert np.isfinite(rare.fates.death_hours).mean() > 0.3


def test_the_first_cells_of_a_larger_well_are_those_of_a_smaller_one() -> None:
    found = experiment("HT-29", SM, TNF, shared_tnf=False)
    few, many = (grow(found, times_hours=[24.0], cells=cells).fates.death_hours for cells in (10, 30))
    assert np.array_equal(few, many[:10])


def test_a_dead_cell_is_no_longer_seen() -> None:
    found = grow(experiment("HT-29", SM, TNF), times_hours=[48.0], cells=30, observe=("C3a",))
    seen = np.isfinite(found.values["C3a"])
    assert np.array_equal(seen[:, 1:], found.fates.alive(found.times_hours)[:, 1:])


@pytest.mark.parametrize(
    ("doses", "mode"), [((SM, TNF), "apoptosis"), ((SM, TNF, ZVAD), "necroptosis")], ids=["SM, TNF", "with zVAD"]
)
def test_ht_29_dies_as_the_textbook_says(doses: tuple[Dose, ...], mode: Mode) -> None:
    found = grow(experiment("HT-29", *doses), times_hours=[48.0], cells=60)
    dead = found.fates.mode[found.fates.mode >= 0]
    assert dead.size > 20
    assert np.mean(dead == MODES.index(mode)) > 0.75


def broken(monkeypatch: pytest.MonkeyPatch, *which: int) -> None:
    """Give some cells an amount that no solver can follow."""
    usual = cell_parameters

    def cells(base: dict[str, float], number: int, seed: int) -> dict[str, Floats | float]:
        values = usual(base, number, seed)
        absurd = np.broadcast_to(np.asarray(values["k_C1"], float), number).copy()
        absurd[list(which)] = 1e300
        return {**values, "k_C1": absurd, "C1_total": np.where(absurd > 1e299, 1e300, values["C1_total"])}

    monkeypatch.setattr(module, "cell_parameters", cells)
    module._rested.cache_clear()


def test_cells_that_the_solver_loses_are_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    found = experiment("HT-29", SM, TNF)
    sound = grow(found, times_hours=[24.0], cells=20, observe=("C1",))
    broken(monkeypatch, 3, 11)
    lost = grow(found, times_hours=[24.0], cells=20, observe=("C1",))
    module._rested.cache_clear()
    assert lost.failed == 2
    assert lost.values["C1"].shape[0] == lost.fates.mode.size == 18
    kept = np.delete(sound.fates.death_hours, [3, 11])
    assert lost.fates.death_hours == pytest.approx(kept, rel=0.01)
    assert np.all(np.isfinite(lost.mean_of_living("C1")[:4]))


def test_a_cell_that_was_lost_while_it_settled_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = module._rested
    lost = np.arange(6) == 2
    monkeypatch.setattr(module, "_rested", lambda rest: replace(usual(rest), failed=lost))
    found = grow(experiment("HT-29", SM), times_hours=[4.0], cells=6)
    assert (found.failed, found.fates.mode.size) == (1, 5)


def test_how_a_cell_died_is_known_between_two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    found = experiment("HT-29", SM, TNF, RIPK3=2.0, shared_tnf=False)  # both ways of dying race
    usual = grow(found, times_hours=[48.0], cells=150)
    monkeypatch.setattr(medium, "LOOK_HOURS", 0.02)
    close = grow(found, times_hours=[48.0], cells=150)
    assert {0, 1} <= set(close.fates.mode)
    assert np.mean(usual.fates.mode != close.fates.mode) < 0.01


def test_a_well_of_which_no_cell_is_left_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, 0, 1)
    with pytest.raises(OurFault):
        grow(experiment("HT-29", SM), times_hours=[1.0], cells=2)
    module._rested.cache_clear()


def knocked_out(protein: str) -> Well:
    found = Experiment(line=line("HT-29"), genotype={protein: 0.0}, doses=(SM, TNF, ZVAD))
    return grow(found, times_hours=[24.0], cells=8, observe=("C1", "NFn", "C3_act", "N", "pM + pMo", "X", "tBid"))


@pytest.mark.parametrize("protein", PROTEINS)
def test_without_any_one_protein_everything_is_still_a_number(protein: str) -> None:
    assert genotype_parameters(protein, 0.0, experiment("HT-29").base())
    found = knocked_out(protein)
    assert found.failed == 0
    someone = found.fates.alive(found.times_hours).any(axis=0)
    for formula in found.values:
        assert np.all(np.isfinite(found.mean_of_living(formula)[someone])), formula
        assert np.all(np.isfinite(found.mean_of_all(formula, 0.1))), formula
        assert np.nanmin(found.values[formula]) >= -1e-9, formula
    assert np.all(np.isfinite(found.counts.atp))
    assert np.all(np.isfinite(found.tnf_ng_per_ml))


def test_what_needs_a_protein_does_not_happen_without_it() -> None:
    for protein in ("RIPK3", "MLKL"):
        assert not np.any(knocked_out(protein).fates.mode == MODES.index("necroptosis"))


def test_a_mimetic_slows_the_lines_that_it_arrests() -> None:
    wells = [Experiment(line=line("HCT116", arrest=arrest, TNFR1_total=0.0), doses=(SM,)) for arrest in (0.0, 1.0)]
    free, slowed = (grow(found, times_hours=[24.0], cells=10).counts.live[-1] for found in wells)
    assert free > 1.5
    assert 1 < slowed < 0.9 * free
