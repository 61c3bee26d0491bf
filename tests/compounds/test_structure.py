"""Structures as chemists write them: salts, charges, tautomers, mixtures, peptides, and what cannot be read."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from avpi.compounds.depict import draw_structure
from avpi.compounds.judge import count_heads, judge
from avpi.compounds.library import library
from avpi.compounds.sequence import SIDE_CHAINS, is_sequence, sequence_smiles
from avpi.compounds.structure import identify, read_structure
from avpi.errors import InputError

LCL161 = "CN[C@@H](C)C(=O)N[C@H](C(=O)N1CCC[C@H]1c1nc(C(=O)c2ccc(F)cc2)cs1)C1CCCCC1"
KEY = "UFPFGVNKHCLJJO-SSKFGXFMSA-N"
AVPI = "CC[C@H](C)[C@H](NC(=O)[C@@H]1CCCN1C(=O)[C@@H](NC(=O)[C@H](C)N)C(C)C)C(=O)O"


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        (f"{LCL161}.Cl", "counter-ions"),
        (f"Cl.Cl.{LCL161}", "counter-ions"),
        (f"{LCL161}.OC(=O)C(F)(F)F", "counter-ions"),
        (f"{LCL161}.CS(=O)(=O)O.O", "counter-ions"),
        (f"{LCL161}.OC(=O)/C=C\\C(=O)O", "counter-ions"),
        (f"{LCL161}.O[C@@H]([C@H](O)C(=O)O)C(=O)O", "counter-ions"),
        (f"{LCL161}.O=C(O)c1cc2ccccc2c(Cc2c(O)c(C(=O)O)cc3ccccc23)c1O", "counter-ions"),
        (LCL161.replace("CN[C", "C[NH2+][C", 1) + ".[Cl-]", "charges"),
        (LCL161.replace("CN[C", "C[NH2+][C", 1), "charges"),
        (LCL161.replace("C(=O)N[C@H](C(=O)", "C(O)=N[C@H](C(=O)", 1), "tautomer"),
    ],
)
def test_a_salt_or_a_tautomer_is_the_compound_and_says_so(text: str, flag: str) -> None:
    found = judge(text)
    assert (found.call, found.heads, found.identity.inchikey) == ("Smac mimetic", 1, KEY)
    assert found.known is not None
    assert found.known.name == "LCL161"
    assert any(flag in one for one in found.flags)


@pytest.mark.parametrize(
    "text",
    [
        "CNC(C)=C(O)NC(C(=O)N1CCCC1c1nc(C(=O)c2ccc(F)cc2)cs1)C1CCCCC1",
        "CNC(C)=C(O)NC(=C(O)N1CCCC1c1nc(C(=O)c2ccc(F)cc2)cs1)C1CCCCC1",
        "CNC(C)C(S)=NC(C(=O)N1CCCC1C(=O)NC(c1ccccc1)c1ccccc1)C1CCCCC1",
        "COCC1CNC(C)CN1C=C(O)N1CC(C)(C)c2ccc(Cc3ccccc3)cc21",
    ],
)
def test_an_enol_of_an_amide_is_the_amide_and_says_so(text: str) -> None:
    found = judge(text)
    assert (found.call, found.heads) == ("Smac mimetic", 1)
    assert any("tautomer" in flag for flag in found.flags)
    assert list(count_heads([text])) == [1]


@pytest.mark.parametrize("text", ["CNC(O)=CC(C)=O", "CN1CC(O)=C(C(C)=O)C1=O", "NC(O)=C(C#N)C#N"])
def test_an_enol_that_its_neighbour_holds_stays_one(text: str) -> None:
    assert read_structure(text).changes == ()


def test_an_inchi_is_a_structure() -> None:
    inchi = Chem.MolToInchi(Chem.MolFromSmiles(LCL161))
    assert (judge(inchi).identity.inchikey, judge(inchi).heads) == (KEY, 1)


def test_another_tautomer_of_a_known_compound_is_told() -> None:
    ortho = judge("CCCCCCCCCCCC1=C(O)C(O)=CC(=O)C1=O")
    assert ortho.known is None
    assert "a tautomer of embelin, as the library draws it" in ortho.flags
    assert ortho.call == "no Smac mimetic"


def test_what_inchi_has_no_name_for_is_no_compound_of_the_library(capfd: pytest.CaptureFixture[str]) -> None:
    for text in ("*", "CC*", "C" * 1_024):
        found = judge(text)
        assert (found.identity.inchikey, found.known, found.same_skeleton) == ("", None, ())
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "word", ["birinapant", "BI 891065", "401913-57-3", "UFPFGVNKHCLJJO-SSKFGXFMSA-N", "UFPFGVNKHCLJJO", "DB12085"]
)
def test_a_name_or_a_number_is_no_structure_and_is_told_as_what_it_is(word: str) -> None:
    with pytest.raises(InputError, match="and no structure"):
        judge(word)


def test_the_mirror_image_of_tolinapant_is_flagged() -> None:
    record = library()["tolinapant"].structure
    assert record is not None
    assert judge(record.smiles).flags == ()
    mirrored = judge(record.smiles.replace("@@", "!").replace("@", "@@").replace("!", "@"))
    assert mirrored.same_skeleton == ("tolinapant",)
    assert any("mirror image" in flag for flag in mirrored.flags)
    flat = judge(Chem.MolToSmiles(Chem.MolFromSmiles(record.smiles), isomericSmiles=False))
    assert any("configuration of the piperazine is not drawn" in flag for flag in flat.flags)


def test_a_zwitterion_is_the_peptide() -> None:
    found = judge(AVPI.replace("[C@H](C)N)", "[C@H](C)[NH3+])").replace("C(=O)O", "C(=O)[O-]"))
    assert (found.heads, found.identity.inchikey) == (1, "YARBOBGBIYUVQB-YTFOTSKYSA-N")


def test_a_mixture_is_told_and_the_mimetic_in_it_is_meant() -> None:
    larger = "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC(=O)OCCCCCCCCCCCCCC"
    found = judge(f"{larger}.{AVPI}")
    assert found.heads == 1
    assert any("mixture" in flag for flag in found.flags)


def test_two_molecules_of_one_compound_are_one_compound() -> None:
    found = read_structure(f"{AVPI}.{AVPI}.OS(=O)(=O)O")
    assert found.others == ()
    assert identify(found.mol).inchikey == "YARBOBGBIYUVQB-YTFOTSKYSA-N"


def test_what_is_only_a_counter_ion_stays_what_it_is() -> None:
    assert judge("CC(=O)O").identity.formula == "C2H4O2"
    assert judge("[Na+].[Cl-]").call == "no Smac mimetic"


def test_an_alanine_that_is_not_drawn_in_space_is_flagged() -> None:
    found = judge(Chem.MolToSmiles(Chem.MolFromSmiles(LCL161), isomericSmiles=False))
    assert (found.call, found.motifs[0].handedness) == ("Smac mimetic", "not drawn")
    assert any("not drawn" in flag for flag in found.flags)
    assert found.same_skeleton == ("LCL161",)


def test_deuterium_changes_nothing_but_the_mass() -> None:
    found = judge(LCL161.replace("CN[C", "[2H]C([2H])([2H])N[C", 1))
    assert found.heads == 1
    assert found.motifs[0].methylated
    assert any("isotopes" in flag for flag in found.flags)


@pytest.mark.parametrize("name", [name for name, one in library().items() if one.structure is not None])
def test_the_judgement_does_not_depend_on_how_the_smiles_is_written(name: str) -> None:
    record = library()[name].structure
    assert record is not None
    mol = Chem.MolFromSmiles(record.smiles)
    random.seed(7)
    expected = judge(record.smiles)
    for _ in range(5):
        order = list(range(mol.GetNumAtoms()))
        random.shuffle(order)
        written = Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False)
        kekule = Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False, kekuleSmiles=False)
        for text in (written, kekule):
            found = judge(text)
            assert (found.call, found.heads, found.identity.inchikey) == (
                expected.call,
                expected.heads,
                expected.identity.inchikey,
            )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CC(", "is not closed"),
        ("C1CC", "is not closed"),
        ("", "no structure is given"),
        ("hello", "cannot be read"),
        ("TL32711", "is a name and no structure"),
        ("InChI=1S/nonsense", "cannot be read"),
        ("C(C)(C)(C)(C)C", "valence"),
        ("c1cccc1", "kekulize"),
        ("C" * 6000, "6,000 characters"),
        ("H-AVPX-OH", "'X' in 'H-AVPX-OH' is no one-letter code"),
        ("H-B-OH", "'B'"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, told: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match=told.replace("(", r"\(")):
        judge(text)
    assert capfd.readouterr().err == "", "RDKit's own words do not reach the screen"


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_structure_or_an_input_error(text: str) -> None:
    with suppress(InputError):  # anything else fails
        assert judge(text).identity.smiles is not None


# --- peptides --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("letters", ["AVPIAQK", "GACDEFGHIKLMNPQRSTVWY", "PP", "WPT", "IT"])
def test_a_sequence_gives_the_peptide_that_rdkit_builds(letters: str) -> None:
    expected = Chem.MolToSmiles(Chem.MolFromSequence(letters))
    assert Chem.MolToSmiles(Chem.MolFromSmiles(sequence_smiles(f"H-{letters}-OH"))) == expected


@given(st.text(alphabet=[*SIDE_CHAINS, "G", "P"], min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_every_sequence_is_l_and_its_small_letters_are_its_mirror_image(letters: str) -> None:
    smiles = sequence_smiles(f"H-{letters}-OH")
    assert Chem.MolToSmiles(Chem.MolFromSmiles(smiles)) == Chem.MolToSmiles(Chem.MolFromSequence(letters))
    mirrored = Chem.MolFromSmiles(sequence_smiles(f"H-{letters.lower()}-OH"))
    turned = smiles.replace("@@", "!").replace("@", "@@").replace("!", "@")
    assert Chem.MolToSmiles(mirrored) == Chem.MolToSmiles(Chem.MolFromSmiles(turned))


def test_the_ends_of_a_sequence_are_those_that_are_written() -> None:
    assert identify(read_structure("Ac-A-NH2").mol).formula == "C5H10N2O2"
    assert identify(read_structure("Me-A-OH").mol).formula == "C4H9NO2"
    assert not is_sequence("CCO")
    assert not is_sequence("C-C-O")
    with pytest.raises(InputError, match="methylates proline"):
        sequence_smiles("Me-PV-OH")


# --- drawings --------------------------------------------------------------------------------------------------------


def test_a_drawing_says_what_it_shows_and_is_the_same_each_time() -> None:
    drawn = draw_structure(judge(LCL161), name="LCL161")
    assert drawn == draw_structure(judge(LCL161), name="LCL161")
    root = ET.fromstring(drawn)
    name = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{name}title") == "LCL161"
    assert "Smac mimetic, monovalent" in (root.findtext(f"{name}desc") or "")
    words = [element.text for element in root.iter(f"{name}text")]
    assert "alanine" in words
    assert "rest of the head" in words


def test_a_head_is_highlighted_and_an_epimer_in_another_colour_with_words() -> None:
    blue, red = "#55B4E9", "#EC9966"
    bound, epimer = (draw_structure(judge(text)) for text in (LCL161, LCL161.replace("CN[C@@H]", "CN[C@H]", 1)))
    plain = draw_structure(judge("CCO"))
    assert blue.lower() in bound.lower()
    assert red.lower() not in bound.lower()
    assert red.lower() in epimer.lower()
    assert "does not bind" in epimer
    assert blue.lower() not in plain.lower()


@pytest.mark.parametrize("text", ["<script>", 'a"&<b>'])
def test_a_name_cannot_break_a_drawing(text: str) -> None:
    assert ET.fromstring(draw_structure(judge("CCO"), name=text)) is not None
    assert "<script>" not in draw_structure(judge("CCO"), name=text)
