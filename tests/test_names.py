from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.names import (
    Addition,
    Condition,
    find_protein,
    find_readout,
    find_reagent,
    find_well_role,
    loose_form,
    normal_form,
    reagent_sets,
    reagents,
    vocabulary,
    words,
)
from avpi.quantity import parse_quantity


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("TNFα", "TNF"), ("tnf-alpha", "TNF"), (" TNF ", "TNF"), ("Z-VAD-FMK", "zVAD"), ("necrostatin 1", "Nec-1"),
        ("necrostatin-1s", "Nec-1s"), ("GSK’872", "GSK872"), ("Smac  mimetic", "SM"), ("infliximab", "anti-TNF"),
        ("recombinant human TNF", "TNF"), ("rhTNFα", "TNF"), ("rmTNF", "TNF"), ("hTNF-alpha", "TNF"),
        ("murine TNF", "TNF"), ("Tumor necrosis factor alpha", "TNF"), ("etanercept", "anti-TNF"),
        ("superkillerTRAIL", "TRAIL"), ("recombinant human TRAIL", "TRAIL"), ("QVD-OPh", "Q-VD-OPh"),
        ("z-VAD.fmk", "zVAD"), ("zIETD-fmk", "z-IETD-fmk"), ("IDN 6556", "emricasan"), ("BocD-fmk", "Boc-D-fmk"),
        ("7-Cl-O-Nec1", "Nec-1s"), ("Nec-1 stable", "Nec-1s"), ("GSK 872", "GSK872"), ("GSK'843", "GSK843"),
        ("GSK2399872A", "GSK872"), ("IFNβ", "IFN-beta"), ("interferon alpha", "IFN-alpha"), ("poly(I:C)", "poly-IC"),
        ("(5Z)-7-Oxozeaenol", "TAK1-inhibitor"), ("NG 25", "TAK1-inhibitor"), ("TPCA 1", "IKK-inhibitor"),
        ("IKK-16", "IKK-inhibitor"), ("Bay11-7082", "IKK-inhibitor"), ("NIK SMI-1", "NIK-inhibitor"),
        ("LY 294002", "PI3K-inhibitor"), ("actinomycin D", "actinomycin-D"),
        ("TNFR1-Fc", "anti-TNF"), ("qVD", "Q-VD-OPh"),
    ],
)  # fmt: skip
def test_a_synonym_is_its_reagent_whatever_the_case(word: str, name: str) -> None:
    found = find_reagent(word)
    assert found is not None
    assert found.name == name


def test_necrostatin_1_and_1s_are_two_reagents() -> None:
    first, second = find_reagent("Nec-1"), find_reagent("Nec-1s")
    assert first is not None
    assert second is not None
    assert first.name != second.name


@pytest.mark.parametrize("word", ["human", "recombinant", "rh", "", "-", "human zVAD", "ponatinib", "z-DEVD-fmk"])
def test_what_is_no_reagent_stays_unknown(word: str) -> None:
    assert find_reagent(word) is None


@pytest.mark.parametrize("kind", ["reagents", "proteins"])
def test_no_two_ids_share_a_loose_form(kind: Literal["reagents", "proteins"]) -> None:
    meant: dict[str, str] = {}
    for name, entry in vocabulary()[kind].items():
        for spelling in (name, *entry["synonyms"]):
            assert meant.setdefault(loose_form(spelling), name) == name, spelling


def test_genes_name_their_proteins() -> None:
    assert find_protein("BIRC2") == "cIAP1"
    assert find_protein("caspase-8") == "CASP8"
    assert find_protein("ciap9") is None
    assert find_readout("CTG") == "CellTiter-Glo"
    assert find_readout("Annexin V/PI") == "annexin_v_pi"


def test_words_of_a_layout_name_roles() -> None:
    assert find_well_role("DMSO") == "vehicle"
    assert find_well_role("Medium only") == "blank"
    assert find_well_role("positive control") == "kill"
    assert find_well_role("-") == "empty"
    assert find_well_role("SM") is None


@pytest.mark.parametrize("kind", ["reagents", "proteins", "readouts"])
def test_no_word_names_two_things(kind: str) -> None:
    spellings: dict[str, str] = {}
    for name, entry in vocabulary()[kind].items():
        for spelling in (name, *entry["synonyms"]):
            assert spellings.setdefault(normal_form(spelling), name) == name, spelling


def test_no_word_of_a_well_is_also_a_reagent() -> None:
    for role_words in vocabulary()["wells"].values():
        assert not [word for word in role_words if find_reagent(word)]


def test_every_default_dose_is_in_the_reagents_unit() -> None:
    for reagent in reagents().values():
        if reagent.default_dose:
            kind = {"molar": "concentration", "ng_per_ml": "mass_concentration"}[reagent.unit]
            assert parse_quantity(reagent.default_dose).kind == kind


def test_the_guides_five_conditions_are_named_constants() -> None:
    five = (Condition.DMSO, Condition.SM, Condition.SM_TNF, Condition.SM_ZVAD, Condition.SM_ZVAD_NEC1)
    assert [c.label for c in five] == ["DMSO", "SM", "SM+TNF", "SM+zVAD", "SM+zVAD+Nec-1"]
    assert len(reagent_sets(five)) == 5


@given(st.permutations(["SM", "TNF", "zVAD", "Nec-1", "my-own"]))
def test_the_order_of_reagents_does_not_make_another_condition(order: list[str]) -> None:
    assert Condition.of(*order) == Condition.of("SM", "TNF", "zVAD", "Nec-1", "my-own")
    assert Condition.of(*order).label == "SM+TNF+zVAD+Nec-1+my-own"


def test_doses_make_another_condition_and_can_be_left_out() -> None:
    low, high = Condition.of(Addition("SM", 1e-8)), Condition.of(Addition("SM", 1e-7))
    assert low != high
    assert low.without_doses() == high.without_doses() == Condition.SM
    assert low.dose_of("SM") == 1e-8
    assert low.dose_of("TNF") is None
    assert str(low) == "SM"


def test_every_word_is_offered_for_did_you_mean() -> None:
    assert {"TNF", "TNFα", "SM"} <= set(words("reagents"))


@given(st.text(max_size=20))
def test_any_text_has_one_normal_form(text: str) -> None:
    assert normal_form(normal_form(text)) == normal_form(text)
