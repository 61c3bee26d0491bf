"""What a mole weighs: formulas against the masses on a bottle, and doses by weight as molar and back."""

from __future__ import annotations

import pytest

from avpi.errors import OurFault
from avpi.names import reagents
from avpi.network.doses import counted_in, own_dose, usual_dose
from avpi.network.molar_mass import formula_mass, molar_mass
from avpi.network.pharmacology import compounds


@pytest.mark.parametrize(
    ("word", "grams_per_mol"),
    [
        ("birinapant", 806.9), ("TL32711", 806.9), ("LCL161", 500.6), ("GDC-0152", 498.6), ("Debio 1143", 561.7),
        ("BV6", 1205.6), ("SM-164", 1121.4), ("AZD5582", 1015.3), ("tolinapant", 539.7), ("CUDC-427", 564.7),
        ("AVPI", 398.5), ("zVAD-fmk", 467.5), ("emricasan", 569.5), ("Nec-1", 259.3), ("necrostatin-1s", 277.7),
        ("GSK'872", 383.5), ("necrosulfonamide", 461.5), ("cycloheximide", 281.35), ("MG132", 475.6),
        ("bortezomib", 384.2), ("dexamethasone", 392.5), ("TPCA-1", 279.3), ("LY294002", 307.3), ("takinib", 322.4),
        ("TNFα", 17350), ("infliximab", 145_000),
    ],
)  # fmt: skip
def test_a_mole_weighs_what_the_bottle_says(word: str, grams_per_mol: float) -> None:
    assert molar_mass(word) == pytest.approx(grams_per_mol, rel=3e-4)


@pytest.mark.parametrize("word", ["bivalent-SM", "SM-83", "IKK-inhibitor", "LPS", "my own compound"])
def test_what_is_not_known_for_certain_weighs_nothing_that_is_told(word: str) -> None:
    assert molar_mass(word) is None


def test_a_formula_of_something_else_is_refused() -> None:
    assert formula_mass("H2O") == pytest.approx(18.015)
    for wrong in ("Xx2", "h2o", "C2H5OH.HCl", ""):
        with pytest.raises(OurFault):
            formula_mass(wrong)


def test_every_formula_of_a_compound_can_be_weighed() -> None:
    masses = [formula_mass(compound.formula) for compound in compounds().values() if compound.formula]
    assert len(masses) >= 12
    assert all(300 < mass < 1300 for mass in masses)


def test_a_dose_is_told_in_what_the_reagent_is_counted_in() -> None:
    assert own_dose("birinapant", 806.956, "ng_per_ml") == pytest.approx(1e-6)
    assert own_dose("birinapant", 1e-7, "molar") == 1e-7
    assert own_dose("TNF", 1e-9, "molar") == pytest.approx(17.35)
    assert own_dose("TNF", 10.0, "ng_per_ml") == 10.0
    assert own_dose("bivalent-SM", 10.0, "ng_per_ml") is None
    assert (counted_in("LCL161"), counted_in("TRAIL")) == ("molar", "ng_per_ml")


def test_every_reagent_has_a_usual_dose_and_every_mimetic_that_of_the_guide() -> None:
    without = [name for name, own in reagents().items() if own.unit != "none" and usual_dose(name) is None]
    assert without == []
    assert {usual_dose(word) for word in ("SM", "LCL161", "Debio 1143", "bivalent-SM")} == {1e-7}
    assert usual_dose("anti-TNF") == 10_000.0
    assert usual_dose("TNF") == 10.0
    assert usual_dose("water") is None
