"""Doses: when they come and go, how they add up, and that their order in a list is no order in time."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from avpi.population.experiment import Dose, Experiment, NotInModelError
from avpi.population.well import Well, grow
from tests.population.wells import SM, TNF, ZVAD, dose, experiment, line

OBSERVED = ("D", "D_medium", "zV", "TNF_given", "TRAIL", "Nec1s", "anti_TNF")


def looked_at(*doses: Dose, hours: tuple[float, ...] = (0.0, 2.0, 2.5, 8.0, 12.0)) -> Well:
    quiet = Experiment(line=line("HCT116", TNFR1_total=0.0, DR_level=0.0), doses=doses)
    return grow(quiet, times_hours=hours, cells=2, observe=OBSERVED)


def seen(well: Well, name: str, hour: float) -> float:
    return float(well.mean_of_living(name)[np.searchsorted(well.times_hours, hour)])


def test_nothing_is_there_before_its_time() -> None:
    well = looked_at(dose("birinapant", 100e-9, at_hours=2), dose("zVAD", 20e-6, at_hours=2))
    assert (seen(well, "D", 2.0), seen(well, "zV", 2.0)) == (0, 0)
    assert seen(well, "D", 2.5) > 0
    assert seen(well, "zV", 2.5) > 19


def test_what_is_washed_out_is_gone() -> None:
    well = looked_at(dose("birinapant", 100e-9, until_hours=2), dose("zVAD", 20e-6, until_hours=2))
    assert seen(well, "D_medium", 1.0) == pytest.approx(100)
    assert (seen(well, "D_medium", 2.5), seen(well, "zV", 2.5)) == (0, 0)
    assert seen(well, "D", 8.0) < 1e-3 * seen(well, "D", 2.0)


def test_two_doses_of_what_fades_add_up() -> None:
    once, later = dose("zVAD", 20e-6), dose("zVAD", 10e-6, at_hours=2)
    both, first, second = (seen(looked_at(*d), "zV", 8.0) for d in ((once, later), (once,), (later,)))
    assert both == pytest.approx(first + second, rel=1e-3)


def test_two_doses_of_what_stays_add_up_and_go_one_by_one() -> None:
    well = looked_at(dose("birinapant", 100e-9, until_hours=8), dose("birinapant", 50e-9, at_hours=2))
    assert [seen(well, "D_medium", t) for t in (1.0, 2.5, 12.0)] == pytest.approx([100, 150, 50])


def test_reagents_with_one_target_add_up() -> None:
    well = looked_at(dose("Nec-1s", 1e-6), dose("GSK963", 0.1e-6))
    assert seen(well, "Nec1s", 1.0) == pytest.approx(2)


def test_fresh_medium_with_the_reagent_holds_what_is_fresh() -> None:
    doses = (dose("zVAD", 20e-6, until_hours=2), dose("zVAD", 5e-6, at_hours=2))
    for order in permutations(doses):
        assert seen(looked_at(*order), "zV", 2.5) == pytest.approx(5, rel=0.05)


def test_the_order_of_the_list_does_not_matter() -> None:
    doses = (SM, TNF, ZVAD, dose("TNF", 5, at_hours=6), dose("TRAIL", 3, until_hours=6), dose("TRAIL", 5, at_hours=6))
    wells = [
        grow(experiment("HT-29", *order), times_hours=[12.0], cells=6, observe=("C8a",))
        for order in (doses, doses[::-1], doses[3:] + doses[:3])
    ]
    assert len({well.values["C8a"].tobytes() for well in wells}) == 1


def test_what_comes_after_the_end_changes_nothing() -> None:
    late = dose("TRAIL", 100, at_hours=30)
    one, other = (grow(experiment("HT-29", *d), times_hours=[24.0], cells=4, observe=("C8a",)) for d in ((), (late,)))
    assert np.array_equal(one.values["C8a"], other.values["C8a"])


def test_a_later_dose_kills_later() -> None:
    now, later = (grow(experiment("HT-29", SM, dose("TNF", 10, at)), times_hours=[48.0], cells=40) for at in (0, 12))
    assert np.min(later.fates.death_hours) > 12 > np.min(now.fates.death_hours)


@pytest.mark.parametrize(
    ("doses", "told"),
    [
        ((dose("water of life", 1),), "reagent 'water of life'"),
        ((SM, dose("LCL161", 1e-7)), "two Smac mimetics"),
        ((dose("TNF", 10, at_hours=-1),), "before the cells have settled"),
    ],
)
def test_what_the_model_cannot_do_is_told(doses: tuple[Dose, ...], told: str) -> None:
    with pytest.raises(NotInModelError, match=told):
        grow(experiment("HT-29", *doses), times_hours=[1.0], cells=1)


def test_a_protein_that_the_model_lacks_is_told() -> None:
    with pytest.raises(NotInModelError, match="insulin"):
        grow(experiment("HT-29", insulin=0.0), times_hours=[1.0], cells=1)
