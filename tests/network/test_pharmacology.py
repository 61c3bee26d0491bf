"""The constants of the Smac mimetics: from the best record, with a source, and a prior where nobody measured."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.errors import OurFault
from avpi.names import normal_form, vocabulary
from avpi.network.pharmacology import Compound, Constant, Pharmacology, Record, compounds, pharmacology

MIMETICS = [name for name, compound in compounds().items() if compound.is_mimetic]


def known(word: str) -> Pharmacology:
    found = pharmacology(word)
    assert found is not None, word
    return found


def affinities(word: str) -> tuple[float, float, float]:
    found = known(word)
    return found.kd_ciap1_nM.value, found.kd_ciap2_nM.value, found.kd_xiap_nM.value


def records(*given_: Record) -> Compound:
    return Compound(
        name="x", names=(), kind="peptidomimetic", valency="monovalent", basis="structure", affinities=given_
    )


def record(value: float, type_: str = "Ki", verified: str = "read", **more: str) -> Record:
    return Record(type=type_, value_nM=value, source="CAI2011", verified=verified, target="XIAP", **more)


# --- the published numbers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "ciap1_ciap2_xiap"),
    [
        ("birinapant", (1, 36, 45)),
        ("xevinapant", (1.9, 5.1, 66.4)),
        ("GDC-0152", (17, 43, 28)),
        ("SM-1200", (3.7, 5.4, 0.5)),
        ("diazabicyclic compound 6", (1.5, 4.2, 8.4)),
        ("compound 10 (Sun 2009)", (0.37, 0.25, 3.9)),
    ],
)
def test_measured_constants_are_those_of_the_sources(word: str, ciap1_ciap2_xiap: tuple[float, ...]) -> None:
    found = known(word)
    assert affinities(word) == ciap1_ciap2_xiap
    assert {found.kd_ciap1_nM.origin, found.kd_ciap2_nM.origin, found.kd_xiap_nM.origin} == {"measured"}
    assert not {"kd_ciap1_nM", "kd_ciap2_nM", "kd_xiap_nM"} & set(found.priors)


def test_a_value_that_was_read_goes_before_a_tighter_one_that_was_recalled() -> None:
    found = known("SM-164")
    assert (found.kd_xiap_nM.value, found.kd_xiap_nM.origin) == (1.39, "measured")
    assert (found.kd_ciap1_nM.value, found.kd_ciap2_nM.value) == (0.31, 1.1)
    assert {"kd_ciap1_nM", "kd_ciap2_nM"} <= set(found.priors)
    assert "recalled" in found.kd_ciap1_nM.source


def test_avpi_has_its_ic50s_and_no_number_for_ciap2() -> None:
    found = known("AVPI")
    assert (found.kd_ciap1_nM.value, found.kd_xiap_nM.value) == (16, 300)
    assert "IC50 taken as the Kd" in found.kd_ciap1_nM.source
    assert found.kd_ciap2_nM.origin == "prior"


def test_lcl161_has_no_ciap1_constant_but_a_quoted_one_for_xiap() -> None:
    found = known("LCL161")
    assert found.kd_ciap1_nM.origin == "prior"
    assert found.kd_ciap1_nM.value != 0.4, "0.4 nM must not be used as a BIR3 Ki"
    assert (found.kd_xiap_nM.value, found.kd_xiap_nM.origin) == (35, "secondary")
    assert "in cells" in found.kd_xiap_nM.source
    assert found.kd_xiap_nM.low < 35 < found.kd_xiap_nM.high


def test_a_bound_becomes_the_value_with_a_range_beyond_it() -> None:
    xiap = known("GT13402").kd_xiap_nM
    assert (xiap.value, xiap.low, xiap.high) == (1000, 1000, 10_000)
    assert "bound" in xiap.source


def test_cells_and_constants_agree() -> None:
    birinapant, single = known("birinapant"), known("MV711")
    assert birinapant.ciap1_loss_ic50_nM is not None
    assert single.ciap1_loss_ic50_nM is not None
    assert single.ciap1_loss_ic50_nM.value / birinapant.ciap1_loss_ic50_nM.value == pytest.approx(7.4, abs=0.05)
    # Heads bind alike, so what separates the two compounds in cells must come from their valency.
    assert single.kd_ciap1_nM.low <= birinapant.kd_ciap1_nM.value <= single.kd_ciap1_nM.high
    for found in (birinapant, single):
        assert found.ciap1_loss_ic50_nM is not None
        assert found.ciap1_loss_ic50_nM.value > found.kd_ciap1_nM.value
    assert affinities("SM-406")[2] / affinities("SM-406")[0] == pytest.approx(35, abs=0.1)


# --- how a constant is chosen ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (record(45), record(0.56, verified="recalled")),
        (record(45), record(1, verified="secondary")),
        (record(9730, verified="derived"), record(1, verified="secondary")),
        (record(45), record(1, "IC50")),
        (record(45, "Kd"), record(1, "IC50")),
        (record(45, "IC50"), record(1, "Ki", assay="cell")),
        (record(300, "IC50", domain="BIR3"), record(9730, "IC50", domain="BIR2-BIR3")),
        (record(45), record(1, excluded="do not use as BIR3 Ki")),
    ],
)
def test_the_best_record_is_used_whatever_the_order(better: Record, worse: Record) -> None:
    assert records(worse, better).best("XIAP") == records(better, worse).best("XIAP") == better


def test_no_record_of_the_target_is_no_constant() -> None:
    assert records(record(45)).best("cIAP1") is None
    assert records(record(1, excluded="unclear")).best("XIAP") is None


def test_an_unmeasured_constant_is_the_geometric_mean_of_its_class() -> None:
    constant = known("tolinapant").kd_ciap1_nM
    measured = [1.9, 17, 1.5, 0.37]
    assert constant.value == pytest.approx(math.prod(measured) ** 0.25)
    assert (constant.low, constant.high) == (0.37, 17)
    assert constant.origin == "prior"
    for word in ("geometric mean", "4 measured monovalent", "xevinapant", "WSun2009-10"):
        assert word in constant.source


def test_the_range_of_a_small_class_is_widened_and_says_so() -> None:
    constant = known("BV6").kd_ciap1_nM
    assert constant.value == pytest.approx(math.sqrt(1 * 3.7))
    assert (constant.low, constant.high) == pytest.approx((1 / 3, 3.7 * 3))
    assert "widened" in constant.source


def test_peptides_do_not_shape_the_class_and_enter_worse() -> None:
    assert "AVPI" not in known("monovalent-SM").kd_ciap1_nM.source
    peptide, mimetic = known("AVPIAQK"), known("LCL161")
    assert 100 <= mimetic.partition.value / peptide.partition.value <= 1000
    assert peptide.kd_ciap1_nM.value == known("AVPI").kd_ciap1_nM.value
    assert "AVPI" in peptide.kd_ciap1_nM.source


@pytest.mark.parametrize(("name", "member"), [("bivalent-SM", "BV6"), ("monovalent-SM", "CUDC-427")])
def test_the_typical_member_of_a_class_is_what_an_unmeasured_one_gets(name: str, member: str) -> None:
    assert affinities(name) == affinities(member)
    assert known(name).valency == known(member).valency


# --- what every compound must have -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MIMETICS)
def test_every_constant_has_a_source_and_every_prior_is_said(name: str) -> None:
    found = known(name)
    for key, constant in found.constants.items():
        assert 0 < constant.low <= constant.value <= constant.high < math.inf, key
        assert constant.unit == ("nM" if key.endswith("_nM") else "1/h" if key == "entry_per_hour" else "1")
        assert len(constant.source) > 10, key
        assert (constant.origin == "prior") == constant.source.startswith("prior: ") == (key in found.priors), key
        assert (constant.low < constant.high) == (key in found.ranges), key
    assert {"partition", "entry_per_hour", "lysis_ec50_nM"} <= set(found.priors)


@pytest.mark.parametrize("name", MIMETICS)
def test_two_heads_reach_traf2_and_one_head_makes_no_ternary_complex(name: str) -> None:
    found = known(name)
    assert ("traf2_reach" in found.priors) == (found.valency == "monovalent")
    assert ("cooperativity" in found.priors) == (found.valency == "bivalent")
    assert found.traf2_reach.value == (1 if found.valency == "bivalent" else 0.03)


@pytest.mark.parametrize("name", ["HGS1029", "BI 891065", "AS03157", "AEG40730", "SMC3"])
def test_an_assumed_valency_is_said(name: str) -> None:
    assert "valency" in known(name).priors
    assert known(name).valency_source.startswith("assumed")


def test_a_valency_that_is_known_is_no_prior() -> None:
    assert not [name for name in ("birinapant", "LCL161", "GT13402", "MV711") if "valency" in known(name).priors]


def test_a_constant_out_of_its_range_is_our_fault() -> None:
    with pytest.raises(OurFault, match="within its range"):
        Constant(value=2, unit="nM", origin="prior", source="prior: none", low=0.1, high=1)


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("AT-406", "xevinapant"), ("debio 1143", "xevinapant"), ("SM-406", "xevinapant"), ("ASTX660", "tolinapant"),
        (" tl32711 ", "birinapant"), ("NVP-LCL161", "LCL161"), ("GDC-0917", "CUDC-427"), ("compound  a", "CompoundA"),
        ("H-AVPIAQK-OH", "AVPIAQK"), ("BIVALENT-SM", "bivalent-SM"), ("Smac83", "SM-83"), ("BV–6", "BV6"),
    ],
)  # fmt: skip
def test_a_synonym_is_its_compound_whatever_the_case(word: str, name: str) -> None:
    assert known(word).compound == name


@pytest.mark.parametrize("word", ["", "SM", "TNF", "aspirin", "embelin"])
def test_what_is_no_known_mimetic_has_no_pharmacology(word: str) -> None:
    assert pharmacology(word) is None


def test_embelin_is_listed_as_no_mimetic() -> None:
    assert not compounds()["embelin"].is_mimetic


def test_no_name_means_two_compounds_or_a_reagent_or_a_protein() -> None:
    owner: dict[str, str] = {}
    for kind in ("reagents", "proteins", "readouts"):
        for name, entry in vocabulary()[kind].items():
            owner.update({normal_form(word): f"{kind}/{name}" for word in (name, *entry["synonyms"])})
    for name, compound in compounds().items():
        for word in (name, *compound.names):
            assert owner.setdefault(normal_form(word), name) == name, word


@given(st.text(max_size=15))
def test_any_word_is_a_compound_or_none(word: str) -> None:
    found = pharmacology(word)
    assert found is None or found.compound in compounds()
