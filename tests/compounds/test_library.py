"""The library: a source behind every number, structures that are what they say, null where nothing is known."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from pydantic import ValidationError

from avpi.compounds.library import (
    cited,
    file_name,
    find_record,
    library,
    library_files,
    read_record,
    require_record,
    sources,
    statements,
)
from avpi.compounds.schema import CompoundRecord, cas_is_sound
from avpi.compounds.sequence import sequence_smiles
from avpi.compounds.structure import identify, read_structure
from avpi.compounds.write_record import record_text
from avpi.errors import InputError, OurFault
from avpi.names import loose_form, vocabulary

ALL = library()
WITH_STRUCTURE = [name for name, one in ALL.items() if one.structure is not None]


# --- sources ---------------------------------------------------------------------------------------------------------


def numbers_without_source(part: Any, place: str = "") -> list[str]:
    """Return where a number stands in plain values without a source beside it or above it, whatever the schema says."""
    if isinstance(part, dict):
        sourced = bool(part.get("source")) or ("nct" in part and "read" in part)
        if sourced:
            return []
        return [found for key, value in part.items() for found in numbers_without_source(value, f"{place}.{key}")]
    if isinstance(part, list):
        return [found for i, value in enumerate(part) for found in numbers_without_source(value, f"{place}.{i}")]
    return [place] if isinstance(part, int | float) and not isinstance(part, bool) else []


@pytest.mark.parametrize("name", ALL)
def test_every_number_has_a_source(name: str) -> None:
    assert numbers_without_source(ALL[name].model_dump(mode="json")) == []


def test_every_affinity_and_every_status_is_traceable() -> None:
    for name, record in ALL.items():
        for one in (*record.affinities, *record.degradation, *record.cell_effects, *record.trials):
            assert one.source in sources(), (name, one)
        if record.status.state is not None or record.status.highest_phase is not None:
            assert record.status.source in sources(), name
        assert record.status.as_of.startswith("20"), name


def test_every_source_that_is_cited_is_listed_and_every_listed_one_is_cited() -> None:
    used = {key for record in ALL.values() for key in cited(record)}
    assert used <= set(sources())
    assert set(sources()) - used == set()


def test_every_source_can_be_found_by_a_reader() -> None:
    for key, source in sources().items():
        assert source.title or (source.journal and source.year), key
        assert source.doi or source.pmid or source.url or source.journal or source.authors or source.title, key
        assert not source.doi or source.doi.startswith("10."), key
        assert not source.pmid or source.pmid.isdigit(), key


def test_every_statement_says_how_far_it_was_verified() -> None:
    assert sum(1 for record in ALL.values() for _ in statements(record)) > 200
    for name, record in ALL.items():
        for place, statement in statements(record):
            assert statement.verified, (name, place)


def test_what_nobody_looked_up_is_never_called_read() -> None:
    not_read = {key for key, source in sources().items() if source.seen.startswith("not read")}
    wrong = [
        (name, place)
        for name, record in ALL.items()
        for place, statement in statements(record)
        if statement.source in not_read and statement.verified == "read"
    ]
    assert wrong == []


def test_a_quotation_of_a_vendor_or_of_the_news_is_called_one() -> None:
    quoting = {key for key, source in sources().items() if source.tier in ("vendor", "news")}
    for name, record in ALL.items():
        for one in (*record.affinities, *record.trials):
            assert one.source not in quoting or one.verified == "secondary", (name, one)


# --- the guide's compounds -------------------------------------------------------------------------------------------


def test_published_affinities_are_those_of_their_sources() -> None:
    read = {
        (name, a.target, a.type): a.value_nM
        for name, record in ALL.items()
        for a in record.affinities
        if a.verified == "read"
    }
    assert [read["birinapant", target, "Ki"] for target in ("cIAP1", "cIAP2", "XIAP")] == [1, 36, 45]
    assert [read["xevinapant", target, "Ki"] for target in ("cIAP1", "cIAP2", "XIAP")] == [1.9, 5.1, 66.4]
    assert [read["GDC-0152", t, "Ki"] for t in ("cIAP1", "cIAP2", "XIAP", "ML-IAP")] == [17, 43, 28, 14]
    assert [read["SM-1200", target, "Ki"] for target in ("cIAP1", "cIAP2", "XIAP")] == [3.7, 5.4, 0.5]
    assert (read["AVPI", "cIAP1", "IC50"], read["AVPI", "XIAP", "IC50"]) == (16, 300)
    assert not [a for a in ALL["tolinapant"].affinities], "the abstract gives no number, so there is none"


def test_the_number_of_lcl161_that_nobody_understands_is_kept_and_not_used() -> None:
    unclear = next(one for one in ALL["LCL161"].affinities if one.value_nM == 0.4)
    assert unclear.excluded
    assert unclear.verified == "secondary"


def test_trilynx_was_stopped_and_was_worse() -> None:
    trial = next(one for one in ALL["xevinapant"].trials if one.name == "TrilynX")
    assert (trial.nct, trial.phase, trial.participants, trial.ended) == ("NCT04459715", "3", 730, "2024-06-24")
    assert "1.33 (1.05 to 1.67)" in next(f.value for f in trial.findings if f.what == "event-free survival")
    assert ALL["xevinapant"].status.state == "discontinued"


def findings(compound: str, trial: str) -> dict[str, str]:
    """Return what was found in a trial, by what it is of."""
    return {f.what: f.value for one in ALL[compound].trials if one.name == trial for f in one.findings}


def test_the_harm_of_xevinapant_is_told_beside_its_promise() -> None:
    late, early = findings("xevinapant", "TrilynX"), findings("xevinapant", "Debio 1143-201")
    assert late["serious adverse events"] == "194 (53.3 %) against 129 (36.2 %)"
    assert "HR 1.24 (0.97 to 1.57)" in late["progression-free survival"]
    assert "HR 0.65 (0.32 to 1.33)" in early["overall survival, 2 years"]
    assert "median not reached (40.3 to not reached) against 36.1 months" in early["overall survival, 5 years"]
    assert "z = -3.33" in early["against TrilynX"]


def test_the_counts_of_the_trial_by_signature_give_its_percentages() -> None:
    told = findings("LCL161", "TNBC by signature")
    counts = [(int(a), int(n)) for a, n in re.findall(r"(\d+) of (\d+)", told["counts by signature"])]
    shares = re.findall(r"\d+\.\d(?= %| against)", told["signature positive"] + told["signature negative"])
    assert [f"{100 * a / n:.1f}" for a, n in counts] == [
        share for share in shares if share in ("38.2", "17.2", "5.6", "16.4")
    ]
    with_it, without = counts[:2], counts[2:]
    ratios = [(a + 0.5) * (m - b + 0.5) / ((n - a + 0.5) * (b + 0.5)) for (a, n), (b, m) in (with_it, without)]
    assert [f"{ratio:.2f}" for ratio in ratios] == ["2.80", "0.33"]


def test_what_was_only_recalled_is_not_called_read() -> None:
    assert {ALL[name].developers[0].verified for name in ("AZD5582", "LCL161", "LBW242", "BV6", "MV1", "SM-83")} == {
        "recalled"
    }
    assert ALL["AZD5582"].status.verified == "recalled"


def test_a_potency_in_cells_names_the_cells() -> None:
    assert [one.cells for one in ALL["LCL161"].affinities] == ["HEK293", "MDA-MB-231"]


def test_the_known_compounds_are_all_there() -> None:
    assert len(ALL) >= 32
    for word in ("AVPI", "H-AVPIAQK-OH", "LCL161", "SM-406", "TL32711", "GDC-0917", "ASTX660", "APG-1387", "HGS1029"):
        assert find_record(word) is not None, word


# --- structures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WITH_STRUCTURE)
def test_inchikey_formula_and_masses_are_those_that_rdkit_computes(name: str) -> None:
    stated = ALL[name].structure
    assert stated is not None
    structure = read_structure(stated.smiles)
    found = identify(structure.mol)
    assert structure.changes == (), "the library has free bases"
    assert (found.inchikey, found.formula) == (stated.inchikey, stated.formula)
    assert found.molar_mass == pytest.approx(stated.molar_mass, abs=0.02)
    assert found.monoisotopic_mass == pytest.approx(stated.monoisotopic_mass, abs=0.001)


@pytest.mark.parametrize("name", ["AVPI", "AVPIAQK"])
def test_a_peptide_is_built_from_its_sequence(name: str) -> None:
    stated = ALL[name].structure
    assert stated is not None
    assert stated.sequence is not None
    assert identify(read_structure(stated.sequence).mol).inchikey == stated.inchikey
    assert identify(read_structure(sequence_smiles(stated.sequence)).mol).inchikey == stated.inchikey


def test_no_structure_stands_twice() -> None:
    keys = [one.structure.inchikey for one in ALL.values() if one.structure is not None]
    assert len(set(keys)) == len(keys)


# --- names -----------------------------------------------------------------------------------------------------------


def test_no_name_means_two_compounds_or_something_else() -> None:
    owner: dict[str, str] = {}
    for kind in ("reagents", "proteins", "readouts"):
        for name, entry in vocabulary()[kind].items():
            owner.update({loose_form(word): f"{kind}/{name}" for word in (name, *entry["synonyms"])})
    for name, record in ALL.items():
        for word in (name, *record.synonyms):
            assert owner.setdefault(loose_form(word), name) == name, word


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("debio 1143", "xevinapant"), ("TL-32711", "birinapant"), ("401913-57-3", "AVPIAQK"), ("db12085", "LCL161"),
        ("WZRFLSDVFPIXOV-LRQRDZAKSA-N", "GDC-0152"), ("WZRFLSDVFPIXOV", "GDC-0152"), ("Smac-N7", "AVPIAQK"),
    ],
)  # fmt: skip
def test_a_compound_is_found_by_any_of_its_names_and_numbers(word: str, name: str) -> None:
    assert require_record(word).name == name


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError, match="Did you mean 'birinapant'"):
        require_record("birinapent")


# --- the files -------------------------------------------------------------------------------------------------------


def test_there_is_one_file_for_each_compound_named_after_it() -> None:
    assert sorted(path.name for path in library_files()) == sorted(file_name(name) for name in ALL)


@pytest.mark.parametrize("path", library_files(), ids=lambda path: path.name)
def test_every_file_is_as_an_update_would_write_it(path: Any) -> None:
    text = path.read_text("utf-8")
    assert record_text(read_record(text, path.name)) == text


def plain(name: str) -> dict[str, Any]:
    return copy.deepcopy(ALL[name].model_dump())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c["affinities"][0].update(source=None), "needs a source"),
        (lambda c: c["affinities"][0].update(value_nM="1"), "valid number"),
        (lambda c: c["affinities"][0].update(value_nM=0.0), "greater than 0"),
        (lambda c: c["affinities"][0].update(target="cIAP-1"), "cIAP1"),
        (lambda c: c["affinities"][0].pop("verified"), "Field required"),
        (lambda c: c["affinities"][0].update(value_um=1), "Extra inputs"),
        (lambda c: c["status"].update(source=None, verified="recalled"), "without one it is null"),
        (lambda c: c["status"].pop("as_of"), "Field required"),
        (lambda c: c["trials"][2].update(nct="NCT123"), "pattern"),
        (lambda c: c["structure"].update(inchikey="ABC"), "pattern"),
        (lambda c: c.update(cas={"value": "401913-57-4", "source": "HUB2020", "verified": "read"}), "last digit"),
    ],
)
def test_what_has_no_source_or_does_not_fit_is_refused(change: Any, told: str) -> None:
    content = plain("birinapant")
    change(content)
    with pytest.raises(ValidationError, match=told):
        CompoundRecord.model_validate(content)


def test_a_source_that_is_not_listed_is_refused() -> None:
    text = record_text(ALL["birinapant"]).replace("source: ACSML2016", "source: NOBODY1999")
    with pytest.raises(OurFault, match="NOBODY1999"):
        read_record(text, "birinapant.yaml")


def test_a_cas_number_has_a_digit_that_checks_it() -> None:
    assert cas_is_sound("401913-57-3")
    assert cas_is_sound("50-00-0")
    assert not cas_is_sound("401913-57-2")
    assert not cas_is_sound("50-000")
