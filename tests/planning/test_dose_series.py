"""Doses around a potency, and beyond it where a bivalent compound may show a hook."""

from __future__ import annotations

import pytest

from avpi.errors import InputError
from avpi.planning.dose_series import dose_series, find_potency, hook_doses
from avpi.planning.matrix import GUIDE_FIVE, MATRIX_ARMS, informative_arms


def test_a_series_is_spread_evenly_around_its_centre() -> None:
    doses = dose_series(20e-9)
    assert [f"{dose:.1e}" for dose in doses] == [
        "6.3e-10", "2.0e-09", "6.3e-09", "2.0e-08", "6.3e-08", "2.0e-07", "6.3e-07",
    ]  # fmt: skip


def test_a_bivalent_compound_gets_at_least_three_doses_beyond_ten_times_its_dc50_up_to_a_hundred() -> None:
    doses = dose_series(16e-9, hook_dc50_molar=16e-9)
    beyond = [dose for dose in doses if dose > 10 * 16e-9]
    assert len(beyond) >= 3
    assert doses[-1] == 1.6e-6
    assert doses == tuple(sorted(set(doses)))
    assert hook_doses(1e-9)[0] == 1e-8


def test_the_compound_records_tell_what_they_know_and_the_user_goes_before_them() -> None:
    known = find_potency("birinapant")
    assert known.dc50_molar == known.ec50_molar == 16e-9
    assert known.bivalent is True
    assert "TetraLogic" in known.source
    own = find_potency("birinapant", dc50_molar=5e-9, ec50_molar=9e-9)
    assert (own.dc50_molar, own.ec50_molar) == (5e-9, 9e-9)
    nobody = find_potency("a compound of our own")
    assert nobody.dc50_molar is nobody.ec50_molar is nobody.bivalent is None


def test_a_potency_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be the centre"):
        dose_series(0.0)


def test_the_guides_five_are_a_named_subset_and_the_extended_matrix_has_what_it_lacks() -> None:
    assert GUIDE_FIVE == ("DMSO", "SM", "SM+TNF", "SM+zVAD", "SM+zVAD+Nec-1")
    extended = set(MATRIX_ARMS["extended"])
    assert {
        "TNF", "zVAD", "Nec-1s", "SM+Nec-1s", "SM+TNF+zVAD", "SM+TNF+zVAD+Nec-1s", "SM+anti-TNF", "anti-TNF",
    } <= extended  # fmt: skip
    assert "SM+TNF+zVAD+GSK872" in MATRIX_ARMS["necroptosis"]
    assert informative_arms(16e-9) == ("SM 16 nM", "SM 16 nM + TNF 1 ng/mL", "SM + TNF 100 pg/mL")
    assert informative_arms(None) == ("SM + TNF 100 pg/mL", "SM + TNF 1 ng/mL")


def test_cells_that_die_far_above_the_dc50_keep_their_curve_beside_the_hook() -> None:
    doses = dose_series(300e-9, hook_dc50_molar=1e-9)
    assert doses[-1] == 9.5e-6
    assert {1e-8, 1e-7} <= set(doses)
    assert sum(dose > 3 * 300e-9 for dose in doses) >= 2
    assert sum(dose < 300e-9 / 3 for dose in doses) >= 2
