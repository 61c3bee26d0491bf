"""Knock-outs, knock-downs, over-expression and mutants do something, and words that are none are refused."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avpi.network.genotype import (
    MUTANT_NAMES,
    MUTANTS,
    NOT_HELD,
    TOGETHER,
    WITHOUT_CONSEQUENCE,
    genotype_parameters,
    no_consequence,
    why_not_held,
)
from avpi.network.genotype_spelling import genotype_file, parts_of
from avpi.network.lines import lines
from avpi.network.parameters import parameters, scaled_by
from avpi.population.well import pathway_model
from avpi.solver.programme import Phase
from avpi.solver.simulate import Floats, simulate

PROTEINS = sorted({p.protein for p in parameters().values() if p.protein})
HT_29: Mapping[str, float] = {p.name: p.value for p in parameters().values()} | dict(lines()["HT-29"].parameters)
EVERYTHING = {"D_medium": 100.0, "TRAIL": 20.0, "LPS": 10.0, "NSA": 0.3, "GSK872": 0.02, "IFN": 3.0, "TWEAK": 10.0}
"""A little of everything, so that each protein has something to do."""


def change(word: str, factor: float) -> dict[str, float]:
    found = genotype_parameters(word, factor, HT_29)
    assert found is not None, word
    return found


@pytest.mark.parametrize("protein", PROTEINS)
def test_every_protein_can_be_lost_lowered_and_raised(protein: str) -> None:
    names = scaled_by(protein)
    assert {name: 0.0 for name in names} == change(protein, 0)
    assert change(protein, 0.1) == pytest.approx({name: 0.1 * HT_29[name] for name in names})
    assert change(protein, 5) == pytest.approx({name: 5 * HT_29[name] for name in names})
    assert any(HT_29[name] for name in names), "there is something to lose"


@given(factor=st.floats(0, 20), protein=st.sampled_from(PROTEINS))
def test_a_wild_type_is_a_wild_type_and_no_parameter_becomes_negative(factor: float, protein: str) -> None:
    assert change(protein, 1) == pytest.approx({name: HT_29[name] for name in scaled_by(protein)})
    assert all(value >= 0 for value in change(protein, factor).values())


def simulated(changes: list[dict[str, float]]) -> Floats:
    """Return the states of a cell of each genotype over two days in which everything is given (genotypes, numbers)."""
    values = {name: np.array([{**HT_29, **c}[name] for c in changes]) for name in HT_29}
    model = pathway_model()
    rest = simulate(model, values, times=[240.0], rtol=1e-6)
    start = {name: rest.of(name)[:, -1] for name in rest.observables}
    phase = Phase(parameters=EVERYTHING, add={"TNF_given": 1.0})
    run = simulate(model, values, start, times=[0.5, 4, 12, 48], phases=[phase], rtol=1e-6)
    assert not run.failed.any()
    return run.values.reshape(len(changes), -1)


def test_every_genotype_changes_what_the_cell_does() -> None:
    words = [*PROTEINS, *MUTANT_NAMES, *TOGETHER]
    wild, *others = simulated([{}, *(change(word, 1.0 if word in MUTANT_NAMES else 0.0) for word in words)])
    idle = [
        w for w, other in zip(words, others, strict=True) if np.max(np.abs(other - wild) / (np.abs(wild) + 1e-3)) < 1e-3
    ]
    assert idle == []


@pytest.mark.parametrize(("one", "other"), [("cIAP1", "BIRC2"), ("RIPK1", "RIP1"), ("Caspase-8", "CASP8")])
def test_a_protein_has_its_names(one: str, other: str) -> None:
    assert change(one, 0) == change(other, 0)


@pytest.mark.parametrize("word", ["", "insulin", "RIPK1-X999Z", "cIAP9"])
def test_a_word_that_is_no_protein_is_none(word: str) -> None:
    assert genotype_parameters(word, 0, HT_29) is None


@pytest.mark.parametrize("word", ["BAX-BAK", "BAX/BAK", "Bax/Bak-/-", "BAX/BAK DKO", "BAX and BAK"])
def test_pairs_are_lost_together(word: str) -> None:
    assert change(word, 0) == {"BAX": 0.0, "BAK": 0.0}


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("cIAP1/2", ["cIAP1", "cIAP2"]), ("BIRC2/BIRC3", ["cIAP1", "cIAP2"]), ("BIRC2/3", ["cIAP1", "cIAP2"]),
        ("RIPK1/3", ["RIPK1", "RIPK3"]), ("caspase-8/RIPK3", ["CASP8", "RIPK3"]), ("BCL2/BCL-XL", ["BCL2", "BCLXL"]),
        ("caspase-8 C362A", ["CASP8-C362A"]), ("kinase-dead RIPK1 (D138N/K45A)", ["RIPK1-D138N"]),
        ("kinase-dead RIPK1", ["RIPK1-kinase-dead"]), ("RIP1 D138N/D138N", ["RIPK1-D138N"]),
        ("RIPK3 kinase dead", ["RIPK3-kinase-dead"]), ("MLKL T357A/S358A", ["MLKL-T357A-S358A"]),
        ("catalytically inactive caspase-8", ["CASP8-inactive"]), ("non-cleavable RIPK1", ["RIPK1-uncleavable"]),
        ("IκBα S32A/S36A", ["IkBa-S32A-S36A"]), ("IκBα super-repressor", ["IkBa super-repressor"]),
        ("cIAP1 (BIRC2)", ["cIAP1"]), ("siRIPK3", ["RIPK3"]), ("RIPK3 knock-down", ["RIPK3"]), ("shMLKL", ["MLKL"]),
        ("RIPK3-/-", ["RIPK3"]), ("MLKL knock-out", ["MLKL"]), ("TNFRSF1A", ["TNFR1"]), ("p55", ["TNFR1"]),
        ("FLICE", ["CASP8"]), ("CFLAR", ["FLIP"]), ("cFLIP(L)", ["FLIP-L"]), ("TNFAIP3", ["A20"]), ("MAP3K14", ["NIK"]),
        ("MAP3K7", ["TAK1"]), ("IKBKG", ["NEMO"]), ("IKBKB", ["IKKb"]), ("CHUK", ["IKKa"]), ("IKKα/β", ["IKKa/b"]),
        ("p65", ["RelA"]), ("NFKB2", ["p100"]), ("p52", ["p100"]), ("HOIP", ["HOIP"]), ("RBCK1", ["HOIL-1"]),
        ("TNFRSF10B", ["DR5"]), ("DIABLO", ["SMAC"]), ("Bcl-xL", ["BCLXL"]), ("TNF-α", ["TNF"]), ("MYD88", ["MyD88"]),
    ],
)  # fmt: skip
def test_changes_are_read_as_people_write_them(word: str, names: list[str]) -> None:
    assert tuple(names) == parts_of(word)
    assert genotype_parameters(word, 0, HT_29) is not None


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("RIPK1-D138N/CASP8-C362A", ("RIPK1-D138N", "CASP8-C362A")),
        ("RIPK1 D138N/K377R", ()),  # two mutations that do different things are no one mutant of the file
        ("cIAP9 D138N", ()),
        ("kinase-dead", ()),
        ("D138N", ()),
        ("RIPK1/insulin", ()),
        ("RIPK1 (RIPK3)", ()),
        ("/", ()),
    ],
)
def test_what_is_only_half_known_is_not_guessed(word: str, names: tuple[str, ...]) -> None:
    assert names == parts_of(word)


@given(
    word=st.text(max_size=30)
    | st.lists(st.sampled_from(["RIPK1", "D138N", "/", "-", " ", "cIAP1", "2", "KO"])).map("".join)
)
def test_any_text_is_read_or_refused(word: str) -> None:
    names = parts_of(word)
    assert all(parts_of(name) == (name,) for name in names)


def test_a_pair_is_both_and_two_that_share_a_parameter_add_up() -> None:
    assert change("cIAP1/2", 0.1) == {**change("cIAP1", 0.1), **change("cIAP2", 0.1)}
    once = change("SHARPIN", 0.5)["LUBAC"]
    assert change("SHARPIN/HOIP", 0.5)["LUBAC"] == pytest.approx(once * 0.5)


def test_every_word_of_the_file_means_its_own_entry() -> None:
    file = genotype_file()
    named = [(word, protein) for protein, words in file["words"].items() for word in words]
    named += [(word, name) for name, own in file["together"].items() for word in (name, *own.get("words", ()))]
    named += [(name, name) for name in MUTANTS]
    named += [(word, word) for word in (*WITHOUT_CONSEQUENCE, *NOT_HELD)]
    assert [word for word, name in named if genotype_parts(word) != name] == []
    assert all(mutant.why and mutant.source for mutant in MUTANTS.values())
    assert all(own.why and own.source for own in TOGETHER.values())


def genotype_parts(word: str) -> str:
    return "/".join(parts_of(word))


def test_the_files_of_genotypes_name_what_the_pathway_has() -> None:
    known = set(parameters())
    for mutant in MUTANTS.values():
        assert {*mutant.sets, *mutant.foreign} <= known, mutant
        assert {mutant.protein, *mutant.leaves} - {""} <= set(PROTEINS), mutant
    for own in TOGETHER.values():
        assert set(own.parameters) <= known, own
        assert set(own.proteins) <= set(PROTEINS), own


def test_the_loss_of_what_is_no_part_of_the_route_changes_nothing_and_says_so() -> None:
    assert change("ZBP1", 0) == change("ZBP1", 0.1) == {}
    assert "no part of the TNF route" in no_consequence("ZBP1")
    assert no_consequence("RIPK3") == no_consequence("insulin") == no_consequence("caspase-3/7") == ""
    assert genotype_parameters("ZBP1", 5, HT_29) is None, "more of it may kill, and the model cannot tell"
    assert change("caspase-3/7", 0) == change("CASP3", 0)


@pytest.mark.parametrize(
    ("word", "said"), [("TRAF6", "TRAF2 and TRAF3"), ("IFNGR1", "say 'STAT1'"), ("RIPK1/p38", "MK2")]
)
def test_a_gene_that_is_not_held_is_refused_with_the_reason(word: str, said: str) -> None:
    assert genotype_parameters(word, 0, HT_29) is None
    assert said in why_not_held(word)


def test_a_super_repressor_leaves_less_rela_the_more_of_it_there_is() -> None:
    none, little, one, much = (change("IkBa-SR", factor)["RelA"] for factor in (0, 0.5, 1, 5))
    assert (HT_29["RelA"], 0.05 * HT_29["RelA"]) == pytest.approx((none, one))
    assert none > little > one > much > 0


def test_less_sharpin_leaves_some_lubac() -> None:
    assert 0 < change("SHARPIN", 0)["LUBAC"] < HT_29["LUBAC"]
    assert change("SHARPIN", 1)["LUBAC"] == pytest.approx(HT_29["LUBAC"])


def test_a_mutant_replaces_its_protein_in_the_amount_given() -> None:
    dead = change("RIPK1-D138N", 0.5)
    assert (0.0, 0.5 * HT_29["RIPK1_level"]) == (dead["RIPK1_kinase"], dead["RIPK1_level"])
