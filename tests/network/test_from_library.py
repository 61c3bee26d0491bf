"""The pathway model takes what is published from the library, and adds nothing but priors that it names."""

from __future__ import annotations

import pytest

from avpi.compounds.library import library, sources
from avpi.network.mimetics import compounds, model_priors
from avpi.network.pharmacology import pharmacology

MIMETICS = [name for name, one in library().items() if one.is_mimetic]
TARGETS = {"kd_ciap1_nM": "cIAP1", "kd_ciap2_nM": "cIAP2", "kd_xiap_nM": "XIAP"}


def test_the_model_knows_the_compounds_of_the_library_and_two_classes() -> None:
    assert set(compounds()) - set(library()) == {"bivalent-SM", "monovalent-SM"}
    assert set(library()) <= set(compounds())


@pytest.mark.parametrize("name", MIMETICS)
def test_a_constant_is_a_number_of_the_library_or_a_prior_that_says_so(name: str) -> None:
    made, record = pharmacology(name), library()[name]
    assert made is not None
    for constant, target in TARGETS.items():
        found = getattr(made, constant)
        known = [one for one in record.affinities if one.target == target and one.excluded is None]
        if not known:
            assert found.origin == "prior", "null in the library"
            assert constant in made.priors
            assert found.source.startswith("prior: ")
        else:
            assert found.value in {one.value_nM for one in known}
            assert (found.origin == "prior") == all(one.verified == "recalled" for one in known)


@pytest.mark.parametrize("name", MIMETICS)
def test_the_dose_that_takes_ciap1_is_the_librarys_or_none(name: str) -> None:
    made, losses = pharmacology(name), [one.value_nM for one in library()[name].degradation if one.target == "cIAP1"]
    assert made is not None
    assert (made.ciap1_loss_ic50_nM.value if made.ciap1_loss_ic50_nM else None) == (losses[0] if losses else None)


def test_every_source_that_the_model_prints_has_a_short_form() -> None:
    used = {one.source for record in library().values() for one in (*record.affinities, *record.degradation)}
    assert [key for key in used if key is not None and not sources()[key].short] == []


def test_a_recalled_formula_stands_only_where_the_library_has_no_structure() -> None:
    own = {name: entry["formula"] for name, entry in model_priors()["compounds"].items() if "formula" in entry}
    assert all(library()[name].structure is None for name in own)
    assert all(compounds()[name].formula == formula for name, formula in own.items())
