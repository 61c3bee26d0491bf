"""What instruments see of a well: each word gives a number, and the number is that of the cells."""

from __future__ import annotations

import numpy as np
import pytest

from avpi.population.experiment import NotInModelError
from avpi.population.fates import MODES
from avpi.population.measure import QUADRANTS, formulas_for, measure
from avpi.population.readouts import KINDS
from avpi.population.well import Well, grow
from tests.population.wells import SM, TNF, ZVAD, experiment

HOURS = (0.0, 6.0, 24.0)
WHILE_SOME_LIVE = (0.5, 2.0)
READOUTS = [(kind, word) for kind, table in KINDS.items() for word in table]
OTHERS = [
    ("viability", ""),
    ("dead", ""),
    ("elisa", "TNF"),
    *(("quadrant", word) for word in QUADRANTS),
    *(("mode", word) for word in MODES),
]


@pytest.fixture(scope="module")
def well() -> Well:
    formulas = {f for kind, word in [*READOUTS, ("momp_time", "")] for f in formulas_for(kind, word)}
    return grow(
        experiment("HT-29", SM, TNF), times_hours=sorted((*HOURS, *WHILE_SOME_LIVE)), cells=60, observe=sorted(formulas)
    )


@pytest.mark.parametrize(("kind", "word"), [*READOUTS, *OTHERS], ids=lambda x: x or "-")
def test_every_word_gives_a_number(well: Well, kind: str, word: str) -> None:
    times = HOURS[1:] if kind == "mode" else WHILE_SOME_LIVE
    found = measure(well, kind, word, times)
    assert found.shape == (2,)
    assert np.all(np.isfinite(found))
    assert np.all(found >= 0)


def test_each_readout_moves_or_is_an_amount_that_stays(well: Well) -> None:
    still = {word for kind, word in READOUTS if np.ptp(measure(well, kind, word, (0.0, *WHILE_SOME_LIVE))) == 0}
    assert still <= {"RIPK3", "MLKL", "SMAC", "TRAF2", "TRADD", "FADD", "RelA", "BAX", "BAK", "DISC"}


def test_shares_are_those_of_the_cells(well: Well) -> None:
    dead = measure(well, "dead", "", HOURS)
    assert dead[-1] == np.mean(well.fates.death_hours <= 24)
    assert sum(measure(well, "quadrant", word, HOURS) for word in QUADRANTS) == pytest.approx(np.ones(3))
    assert sum(measure(well, "mode", word, HOURS[1:]) for word in MODES) == pytest.approx(np.ones(2))


def test_viability_is_relative_to_the_untreated_well(well: Well) -> None:
    untreated = grow(experiment("HT-29"), times_hours=HOURS, cells=60)
    found = measure(well, "viability", "", HOURS, untreated)
    assert found[0] == pytest.approx(1)
    assert found[0] > found[-1] > 0
    assert found[-1] == well.counts.atp[-1] / untreated.counts.atp[-1]


def test_elisa_is_in_picograms(well: Well) -> None:
    assert measure(well, "elisa", "TNF", [0.25])[0] == pytest.approx(10_000, rel=0.1)


def test_half_of_the_cells_are_dead_at_the_median_time_of_death(well: Well) -> None:
    late = float(well.times_hours[-1])
    median = float(measure(well, "death_time", "median", [late])[0])
    assert np.mean(well.fates.death_hours <= median) == pytest.approx(0.5, abs=0.05)
    assert measure(well, "death_time", "median", [0.5])[0] == np.inf


def test_mitochondria_open_before_an_apoptotic_cell_dies(well: Well) -> None:
    opened = measure(well, "momp_time", "median", [24.0])[0]
    assert 0.3 < opened < measure(well, "death_time", "median", [24.0])[0]
    assert 0 < measure(well, "momp_time", "cv", [24.0])[0] < 2


def test_caspases_of_cells_that_just_died_are_still_seen(well: Well) -> None:
    half = float(np.median(well.fates.death_hours[np.isfinite(well.fates.death_hours)]))
    assert measure(well, "activity", "caspase-3/7", [half])[0] > 1
    assert measure(well, "activity", "caspase-3/7", [0.0])[0] < 0.1


@pytest.mark.parametrize(("kind", "word"), [("band", "insulin"), ("activity", "kinase of nobody"), ("mrna", "XIAP")])
def test_what_cannot_be_measured_is_told(kind: str, word: str) -> None:
    with pytest.raises(NotInModelError, match=word):
        formulas_for(kind, word)


@pytest.mark.parametrize(("kind", "word"), [("quadrant", "upper left"), ("mode", "boredom"), ("colour", "")])
def test_a_measurement_that_does_not_exist_is_told(well: Well, kind: str, word: str) -> None:
    with pytest.raises(NotInModelError, match=kind):
        measure(well, kind, word, HOURS)


def test_caspase_3_that_killed_a_cell_is_in_the_lysate_until_the_cell_opens(well: Well) -> None:
    assert measure(well, "dead", "", [8.0])[0] > 0.5
    living = well.mean_of_living(formulas_for("band", "cleaved-CASP3")[0])[np.searchsorted(well.times_hours, 8.0)]
    assert measure(well, "band", "cleaved-CASP3", [8.0])[0] > 1.5 * living


@pytest.fixture(scope="module")
def necroptotic() -> Well:
    formulas = [formulas_for("band", word)[0] for word in ("cIAP1", "pMLKL")]
    return grow(experiment("HT-29", SM, TNF, ZVAD), times_hours=[0.0, 4.0, 36.0], cells=40, observe=formulas)


def test_broken_cells_leave_no_cytosol_to_lyse_but_their_ghosts_hold_phosphorylated_mlkl(necroptotic: Well) -> None:
    assert measure(necroptotic, "dead", "", [36.0])[0] == 1
    assert np.isnan(measure(necroptotic, "band", "cIAP1", [36.0])[0])
    late, early = measure(necroptotic, "band", "pMLKL", [36.0, 4.0])
    assert late > early > 0
