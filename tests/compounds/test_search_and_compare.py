"""Searches of the library, and affinities beside each other: a ratio only where two numbers are of one kind."""

from __future__ import annotations

import pytest

from avpi.compounds.citation import bibtex, parse_reference, plain_text, ris
from avpi.compounds.compare import best_affinity, between, fold, selectivity
from avpi.compounds.library import library, sources
from avpi.compounds.schema import Affinity
from avpi.compounds.search import find_alike, find_by_substructure, find_by_word, without_structure
from avpi.errors import InputError
from avpi.report.methods import references

ALL = library()


def affinity(value: float, kind: str = "Ki", relation: str = "=", **more: str) -> Affinity:
    content = {
        "target": "XIAP", "domain": None, "type": kind, "relation": relation, "value_nM": value, "source": "CAI2011",
        "verified": "read",
    }  # fmt: skip
    return Affinity.model_validate({**content, **more})


# --- search ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("at406", ["xevinapant"]),
        ("401913-57-3", ["AVPIAQK"]),
        ("PKWRMUKBEYJEIX-DXXQBUJASA-N", ["birinapant"]),
        ("PROTAC", ["IAP-PROTAC-BTK", "IAP-PROTAC-IRAK4"]),
        ("bicyclic", ["APG-1387", "Peng2008-6", "SM-164", "xevinapant"]),
        ("chimera", ["IAP-PROTAC-BTK", "IAP-PROTAC-IRAK4", "SNIPER-LCL161-AR"]),
        ("nothing of the kind", []),
        ("-", []),
    ],
)
def test_a_word_finds_names_numbers_and_classes(word: str, names: list[str]) -> None:
    assert [one.name for one in find_by_word(word)] == names


def test_a_valency_finds_its_compounds() -> None:
    assert {one.name for one in find_by_word("bivalent")} >= {"birinapant", "SM-164", "BV6"}
    assert "LCL161" not in {one.name for one in find_by_word("bivalent")}


def test_a_substructure_is_found_as_smarts_and_as_smiles() -> None:
    biindole = [one.name for one in find_by_substructure("c1ccc2c(c1)[nH]c(c2)-c1cc2ccccc2[nH]1")]
    assert biindole == ["birinapant"]
    assert [one.name for one in find_by_substructure("C1=CC2=C(C=C1)NC(=C2)C1=CC2=CC=CC=C2N1")] == biindole
    assert {one.name for one in find_by_substructure("[NX3;H1]([CH3])[C@@H](C)C(=O)N")} >= {"LCL161", "xevinapant"}
    assert "tolinapant" not in {one.name for one in find_by_substructure("CNC(C)C(=O)N")}
    with pytest.raises(InputError, match="cannot be read as a pattern"):
        find_by_substructure("[C")


def test_what_resembles_comes_in_order_and_a_compound_resembles_itself_most() -> None:
    asked = ALL["GDC-0152"].structure
    assert asked is not None
    found = find_alike(asked.smiles)
    assert (found[0].record.name, found[0].similarity) == ("GDC-0152", 1.0)
    assert "CUDC-427" in [one.record.name for one in found[:3]]
    assert [one.similarity for one in found] == sorted((one.similarity for one in found), reverse=True)
    assert find_alike("CCO") == []
    assert find_alike(f"{asked.smiles}.Cl")[0].similarity == 1.0


def test_what_resembles_a_compound_is_found_by_its_name() -> None:
    assert find_alike("GDC0152")[0].record.name == "GDC-0152"
    assert [one.record.name for one in find_alike("GDC-0152")] == [
        one.record.name for one in find_alike("WZRFLSDVFPIXOV-LRQRDZAKSA-N")
    ]
    with pytest.raises(InputError, match="no structure of BV6 is known"):
        find_alike("BV6")


def test_compounds_without_a_structure_are_told() -> None:
    assert set(without_structure()) == {name for name, one in ALL.items() if one.structure is None}
    assert {"BV6", "HGS1029"} <= set(without_structure())


# --- comparison ------------------------------------------------------------------------------------------------------


def test_folds_are_those_of_the_published_constants() -> None:
    xevinapant = selectivity(ALL["xevinapant"])
    assert xevinapant.folds["XIAP"].value == pytest.approx(66.4 / 1.9)
    assert selectivity(ALL["birinapant"]).folds["cIAP2"].value == pytest.approx(36)
    assert between(ALL["birinapant"], ALL["xevinapant"])["cIAP1"].value == pytest.approx(1.9)


def test_what_is_not_published_has_no_fold() -> None:
    assert selectivity(ALL["tolinapant"]).folds["XIAP"].state == "unknown"
    assert best_affinity(ALL["LCL161"], "cIAP1") is None, "its only number is excluded"


@pytest.mark.parametrize(
    ("over", "under", "state"),
    [
        (affinity(10), affinity(2), "measured"),
        (affinity(10, "Kd"), affinity(2, "Ki"), "measured"),
        (affinity(10, "IC50"), affinity(2, "IC50"), "measured"),
        (affinity(10, "IC50"), affinity(2, "Ki"), "not comparable"),
        (affinity(10, "IC50", assay="cell"), affinity(2, "IC50"), "not comparable"),
        (affinity(10, domain="BIR2-BIR3"), affinity(2, domain="BIR3"), "not comparable"),
        (affinity(10, domain="BIR2-BIR3"), affinity(2, domain="BIR2-BIR3"), "measured"),
        (affinity(10, domain="BIR"), affinity(2, domain="BIR3"), "measured"),
        (affinity(10, relation=">"), affinity(2), "bound"),
        (affinity(10, relation=">"), affinity(2, relation=">"), "not comparable"),
    ],
)
def test_a_ratio_stands_only_where_both_numbers_are_of_one_kind(over: Affinity, under: Affinity, state: str) -> None:
    found = fold(over, under)
    assert found.state == state
    assert (found.value is None) == (state == "not comparable")


def test_two_compounds_are_compared_by_their_best_pair_of_like_numbers() -> None:
    found = between(ALL["SM-164"], ALL["AVPI"])["XIAP"]
    assert found.value == pytest.approx(7_000)
    assert found.verified == "derived"
    assert found.over is not None
    assert found.under is not None
    assert (found.over.value_nM, found.under.value_nM) == (9_730, 1.39)
    assert {found.over.domain, found.under.domain} == {"BIR2-BIR3"}


def test_a_bound_gives_a_bound_in_the_right_direction() -> None:
    assert fold(affinity(10, relation=">"), affinity(2)).relation == ">"
    assert fold(affinity(10), affinity(2, relation=">")).relation == "<"
    assert fold(affinity(10, relation=">"), affinity(2, relation="<")).relation == ">"


def test_a_fold_is_as_well_verified_as_the_worse_of_its_numbers() -> None:
    assert fold(affinity(10, verified="recalled"), affinity(2)).verified == "recalled"


def test_a_number_that_was_read_goes_before_a_tighter_one_that_was_not() -> None:
    best = best_affinity(ALL["SM-164"], "XIAP")
    assert best is not None
    assert (best.value_nM, best.verified) == (1.39, "read")


# --- citations -------------------------------------------------------------------------------------------------------


def test_every_source_makes_an_entry_in_both_formats() -> None:
    for key, source in sources().items():
        entry, record = bibtex(key, source), ris(key, source)
        assert entry.startswith("@")
        assert entry.count("{") == entry.count("}"), key
        assert record.startswith("TY  - ")
        assert record.endswith("ER  - ")
        assert all(len(line) >= 6 and line[2:6] == "  - " for line in record.splitlines()), key
        assert plain_text(source), key


def test_an_article_is_cited_whole() -> None:
    entry = bibtex("FLYGARE2012", sources()["FLYGARE2012"])
    for part in (
        "@article{FLYGARE2012,", "author = {Flygare, J.A. and Beresini, M. and Budha, N. and others}",
        "journal = {J Med Chem}", "pages = {4101--4113}", "doi = {10.1021/jm300060k}", "pmid = {22413863}",
    ):  # fmt: skip
        assert part in entry
    record = ris("FLYGARE2012", sources()["FLYGARE2012"])
    for line in (
        "TY  - JOUR",
        "AU  - Flygare, J.A.",
        "PY  - 2012",
        "SP  - 4101",
        "EP  - 4113",
        "DO  - 10.1021/jm300060k",
    ):
        assert line in record.splitlines()


def test_letters_that_latex_reads_otherwise_are_escaped() -> None:
    assert r"Froedtert \& the Medical" in bibtex("X", sources()["BI_FROEDTERT"])


@pytest.mark.parametrize("key", references())
def test_every_reference_of_the_methods_is_taken_apart(key: str) -> None:
    source = parse_reference(references()[key].text, references()[key].doi)
    assert source.authors
    assert source.journal
    assert source.year
    assert source.volume
    assert source.pages
    assert source.doi == references()[key].doi


def test_a_reference_of_another_form_is_kept_whole() -> None:
    assert parse_reference("Somebody, a talk in Vienna").title == "Somebody, a talk in Vienna"
